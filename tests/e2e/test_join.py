# SPDX-License-Identifier: GPL-3.0-or-later
"""Each peer is joined to an end of its own: bytes, half-closes and resets go through; what fails fails alone."""
import contextlib
import os
import re
import resource
import select
import signal
import socket

import pytest

from support import (LEEWAY, Background, Held, accept, deaf, dial, fill, half_close, need, payload, port_of, receive,
                     receive_all, refusing, reset, room_for_files, serve, serve_unix, until_resting, with_hosts)
from terminal import wait_for

SIZE = 3 << 20


@pytest.fixture
def relay(pollcat):
    """relay(END, *ARGS): a listener for many whose peers are joined to END."""
    def start(end, *args, **more):
        cat = pollcat("-l", "-k", *args, "127.0.0.1", "0", "--to", end, **more)
        cat.bound()
        return cat

    return start


@pytest.fixture
def joined(relay):
    """joined(*ARGS): both ends of a pair through a relay, and the relay."""
    def start(*args):
        server = serve()
        cat = relay(f"127.0.0.1:{port_of(server)}", *args)
        return dial(cat.port), accept(server), cat

    return start


def places(tmp_path):
    return {"tcp": (lambda: serve(), lambda s: f"tcp:127.0.0.1:{port_of(s)}"),
            "plain": (lambda: serve(), lambda s: f"localhost:{port_of(s)}"),
            "tcp6": (lambda: serve("::1"), lambda s: f"tcp:[::1]:{port_of(s)}"),
            "unix": (lambda: serve_unix(tmp_path / "end"), lambda s: f"unix:{tmp_path / 'end'}"),
            "abstract": (lambda: serve_unix(f"@end-{os.getpid()}"), lambda s: f"unix:@end-{os.getpid()}")}


@pytest.mark.parametrize("splice", [{}, {"POLLCAT_SPLICE": "1"}, {"POLLCAT_NO_SPLICE": "1"}], ids=["", "kernel", "buffer"])
@pytest.mark.parametrize("kind", ["tcp", "plain", "tcp6", "unix", "abstract"])
def test_both_ways(relay, tmp_path, kind, splice):
    make, name = places(tmp_path)[kind]
    server = make()
    cat = relay(name(server), env=splice)
    peer, data = dial(cat.port), payload(SIZE)
    end = accept(server)
    senders = [Background(lambda: (peer.sendall(data), half_close(peer))),
               Background(lambda: (end.sendall(data[::-1]), half_close(end)))]
    readers = [Background(lambda: receive_all(peer)), Background(lambda: receive_all(end))]
    assert readers[0].result() == data[::-1] and readers[1].result() == data
    for sender in senders:
        sender.result()


def has_probes(sock):
    """Whether the other end of a connection has keep-alive on: then its only timer is that one (proc(5))."""
    ends = f":{sock.getpeername()[1]:04X}", f":{sock.getsockname()[1]:04X}"
    with open("/proc/net/tcp") as lines:
        rows = [line.split() for line in lines]
    return any(row[1].endswith(ends[0]) and row[2].endswith(ends[1]) and row[5].startswith("02:") for row in rows)


@pytest.mark.parametrize("first", ["peer", "end"])
def test_who_ended_is_asked_whether_it_is_there(joined, first):
    one, other, _cat = joined()
    if first == "end":
        one, other = other, one
    half_close(one)
    assert receive_all(other) == b""
    wait_for(lambda: has_probes(one), "keep-alive", lambda: select.select([one], [], [], 0.01))
    assert not has_probes(other)


@pytest.mark.parametrize("first", ["peer", "end"])
def test_half_close(joined, first):
    one, other, _cat = joined()
    if first == "end":
        one, other = other, one
    one.sendall(b"question")
    half_close(one)
    assert receive_all(other) == b"question"
    other.sendall(b"answer")
    assert receive(one, 6) == b"answer"
    other.close()
    assert receive_all(one) == b""


@pytest.mark.parametrize("first", ["peer", "end"])
@pytest.mark.parametrize("busy", [False, True])
def test_reset_is_passed_on(joined, first, busy):
    one, other, cat = joined("-v")
    if first == "end":
        one, other = other, one
    one.sendall(b"x")
    assert receive(other, 1) == b"x"
    if busy:
        fill(other, cat.pid)
    reset(one)
    with pytest.raises(ConnectionResetError):
        receive_all(other)
    cat.until_err("reset by peer")


def test_single_pair_ends_the_program(pollcat):
    server = serve()
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(server)}")
    peer = dial(cat.port)
    end = accept(server)
    peer.sendall(payload(SIZE // 4))
    peer.close()
    assert receive_all(end) == payload(SIZE // 4)
    end.close()
    assert cat.wait() == 0 and cat.err == "" and cat.out == b""


def test_client_is_joined(pollcat, tmp_path):
    server, far = serve(), serve_unix(tmp_path / "far")
    cat = pollcat("127.0.0.1", port_of(server), "--to", f"unix:{tmp_path / 'far'}")
    one, other = accept(server), accept(far)
    one.sendall(b"there")
    assert receive(other, 5) == b"there"
    other.sendall(b"and back")
    half_close(other)
    assert receive_all(one) == b"and back"
    one.close()
    assert receive_all(other) == b""
    assert cat.wait() == 0


def test_seqpacket(pollcat, tmp_path):
    server = serve_unix(tmp_path / "end", socket.SOCK_SEQPACKET)
    cat = pollcat("-l", "-k", "--seqpacket", tmp_path / "here", "--to", f"seqpacket:{tmp_path / 'end'}")
    cat.bound()
    peer = dial(tmp_path / "here", kind=socket.SOCK_SEQPACKET)
    end = accept(server)
    for size in (1, 3000, 70_000):
        peer.send(payload(size))
        end.send(payload(size)[::-1])
    assert [end.recv(1 << 20) for _ in range(3)] == [payload(size) for size in (1, 3000, 70_000)]
    assert [peer.recv(1 << 20) for _ in range(3)] == [payload(size)[::-1] for size in (1, 3000, 70_000)]
    assert half_close(peer) and end.recv(1) == b""


def test_what_comes_early_is_kept(relay, tmp_path):
    """The end's queue is full: it is made when there is room, and has all then."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "end"))
    server.listen(0)
    server.settimeout(10)
    other = dial(tmp_path / "end")
    cat = relay(f"unix:{tmp_path / 'end'}", "-vv")
    peer, closed = dial(cat.port), dial(cat.port)
    peer.sendall(b"early")
    closed.sendall(b"and gone")
    closed.close()
    cat.until_err("connecting to")
    accept(server)
    ends = [accept(server) for _ in range(2)]
    assert sorted([receive(ends[0], 5), receive(ends[1], 5)]) == [b"and g", b"early"]
    other.close()


def test_end_that_refuses(relay, pollcat):
    with refusing() as nobody:
        cat = relay(f"127.0.0.1:{port_of(nobody)}")
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                dial(cat.port).recv(1)
        cat.until_err(rf"connect to 127\.0\.0\.1 port {port_of(nobody)}: Connection refused\n.*\n")
        single = pollcat("-l", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(nobody)}")
        with pytest.raises(ConnectionResetError):
            dial(single.port).recv(1)
        assert single.wait() == 1 and single.err.count("\n") == 1


def test_end_that_never_answers(relay):
    sockets = deaf()
    cat = relay(f"127.0.0.1:{port_of(sockets[0])}", "-w", "100ms")
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    cat.until_err("timed out")


def test_name_that_is_none(relay):
    cat = relay("no-such-host.invalid:80")
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            dial(cat.port).recv(1)
    cat.until_err("no-such-host.invalid")


@pytest.mark.parametrize("first", ["peer", "end"])
def test_stall_is_bounded_and_harms_nobody(relay, first):
    server = serve()
    cat = relay(f"127.0.0.1:{port_of(server)}")
    one, other = dial(cat.port), accept(server)
    if first == "end":
        one, other = other, one
    before = cat.memory()
    sent = fill(one, cat.pid)
    assert cat.memory() - before < (2 << 20) * LEEWAY
    with dial(cat.port) as second:
        second.sendall(b"x")
        assert receive(accept(server), 1) == b"x"
    half_close(one)
    assert receive_all(other) == bytes(sent)


def test_echo_and_discard(relay):
    echo, discard = relay("echo:", "-v"), relay("discard:")
    peer = dial(echo.port)
    sender = Background(lambda: (peer.sendall(payload(SIZE)), half_close(peer)))
    assert receive_all(peer) == payload(SIZE)
    sender.result()
    echo.until_err(f"sent {SIZE} bytes, received {SIZE} bytes")
    peer = dial(discard.port)
    peer.sendall(payload(SIZE))
    assert receive_all(half_close(peer)) == b""


def test_files(relay, pollcat, tmp_path):
    file, data = tmp_path / "file", payload(SIZE)
    file.write_bytes(b"before")
    for kind, found in (("append", b"before" + data), ("file", data)):
        cat = pollcat("-l", "127.0.0.1", "0", "--to", f"{kind}:{file}")
        peer = dial(cat.port)
        peer.sendall(data)
        peer.close()
        assert cat.wait() == 0 and file.read_bytes() == found and cat.err == ""
    cat = relay(f"read:{file}")
    for sends in (b"", b"what nobody reads"):
        peer = dial(cat.port)
        peer.sendall(sends)
        assert receive_all(half_close(peer)) == data
    peers = [dial(cat.port) for _ in range(20)]
    assert [receive_all(peer) for peer in peers] == [data] * 20


def test_new_file_for_all(relay, tmp_path):
    cat = relay(f"append:{tmp_path / 'new'}")
    for _ in range(3):
        peer = dial(cat.port)
        peer.sendall(b"line\n")
        assert receive_all(half_close(peer)) == b""
    assert (tmp_path / "new").read_bytes() == b"line\n" * 3


@pytest.mark.parametrize("end, status, says", [
    ("read:/no/such/file", 2, "/no/such/file: No such file or directory"),
    ("file:/", 2, "/: Is a directory"),
    ("file:/dev/full", 2, "No space left on device"),
    ("read:/", 2, "Is a directory"),
])
def test_files_that_fail(pollcat, end, status, says):
    cat = pollcat("-l", "127.0.0.1", "0", "--to", end)
    try:
        peer = dial(cat.port)  # it may be reset as soon as it is there
        peer.sendall(b"x")
        assert peer.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        pass
    assert cat.wait() == status and says in cat.err and cat.err.count("\n") == 1


def test_a_full_disk_is_told_of_each_of_many(relay):
    cat = relay("append:/dev/full")
    for count in (1, 2):
        peer = dial(cat.port)
        peer.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
        cat.until_err("(?s)" + count * "send to append: No space left on device.*")


@pytest.mark.parametrize("end", ["-", "fd:0,1"])
def test_our_own_streams(pollcat, end):
    cat = pollcat("-l", "127.0.0.1", "0", "--to", end)
    peer = dial(cat.port)
    cat.send(payload(SIZE // 4)).close()
    assert receive_all(peer) == payload(SIZE // 4)
    peer.sendall(b"and back")
    peer.close()
    assert cat.wait() == 0 and cat.out == b"and back"


def test_descriptors(pollcat):
    near, far = socket.socketpair()
    reader, writer = os.pipe()
    with far:
        cat = pollcat("-l", "127.0.0.1", "0", "--to", f"fd:{far.fileno()}", pass_fds=[far.fileno()])
        only = pollcat("-l", "127.0.0.1", "0", "--to", f"fd:{writer}", pass_fds=[writer])
        peers = dial(cat.port), dial(only.port)
    os.close(writer)
    peers[0].sendall(b"there")
    assert receive(near, 5) == b"there"
    near.sendall(b"and back")
    assert receive(peers[0], 8) == b"and back"
    half_close(peers[0])
    assert receive_all(near) == b""
    near.close()
    assert receive_all(peers[0]) == b"" and cat.wait() == 0
    peers[1].sendall(b"written")
    half_close(peers[1])
    assert only.wait() == 0 and os.read(reader, 100) == b"written" and os.read(reader, 1) == b""
    os.close(reader)


def test_a_socket_that_blocks_holds_up_its_own_direction_alone(pollcat):
    """Its other side speaks, too, before it has read all."""
    near, far = socket.socketpair()
    with far:
        far.setblocking(True)
        cat = pollcat("-l", "127.0.0.1", "0", "--to", f"fd:{far.fileno()}", pass_fds=[far.fileno()])
        peer = dial(cat.port)
    fill(peer, cat.pid)
    near.sendall(b"meanwhile")
    assert receive(peer, 9) == b"meanwhile"


def test_more_streams_than_pipes(relay):
    """With so few descriptors there are four pipes: who gets none is copied for."""
    server = serve(backlog=64)
    cat = relay(f"127.0.0.1:{port_of(server)}",
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    data, pairs = payload(SIZE), []
    for _ in range(9):
        peer = dial(cat.port)
        pairs.append((peer, accept(server)))
    senders = [Background(lambda peer=peer: (peer.sendall(data), half_close(peer))) for peer, _end in pairs]
    until_resting(cat.pid)  # nobody reads: all that there is holds something
    readers = [Background(lambda end=end: receive_all(end)) for _peer, end in pairs]
    assert all(reader.result() == data for reader in readers)
    for sender in senders:
        sender.result()


def test_at_the_limit_of_descriptors_others_wait(relay):
    room_for_files(2000)
    count = 500
    server = serve(backlog=count)

    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))

    cat = relay(f"127.0.0.1:{port_of(server)}", preexec_fn=lower)
    peers = [dial(cat.port) for _ in range(count)]
    for number, peer in enumerate(peers):
        peer.sendall(b"%d\n" % number)
    served = []
    for _ in range(count):
        end = accept(server)
        line = receive(end, 1)
        while not line.endswith(b"\n"):
            line += receive(end, 1)
        served.append(int(line))
        end.sendall(line)
        end.close()
        assert receive_all(peers[served[-1]]) == line
        peers[served[-1]].close()
    assert sorted(served) == list(range(count))
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    assert re.fullmatch(r"pollcat: listening on .* rests: .*open files.*goes on when a peer leaves\n", cat.err)


def test_signal_during_many_transfers(relay):
    """All are in full flow: each end has a part of what was sent, in its order, and the program ends by the signal at once."""
    room_for_files(1000)
    server = serve(backlog=128)
    cat = relay(f"127.0.0.1:{port_of(server)}")
    pairs = [(dial(cat.port), accept(server)) for _ in range(100)]
    data = payload(1 << 18)
    twice = data + data

    def flood(peer):
        with contextlib.suppress(ConnectionError):
            while True:
                peer.sendall(data)

    def hear(end):
        heard = 0
        with contextlib.suppress(ConnectionError):
            while chunk := end.recv(1 << 16):
                at = heard % len(data)
                assert chunk == twice[at:at + len(chunk)]
                heard += len(chunk)
        return heard

    jobs = [Background(flood, peer) for peer, _end in pairs]
    first = [receive(end, len(data)) for _peer, end in pairs]
    jobs += [Background(hear, end) for _peer, end in pairs]
    assert first == [data] * 100
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    for job in jobs:
        job.result()
    assert cat.err == ""


@pytest.mark.parametrize("option", ["-w", "--wait"])
@pytest.mark.parametrize("end", ["slow", "udp:slow"])
def test_a_name_that_takes_too_long(pollcat, tmp_path, end, option):
    """The time for a connection is that for the look-up of its name as well."""
    cat = pollcat("-4", "-l", "-k", option, "0.5", "127.0.0.1", "0", "--to", f"{end}:9",
                  wrap=with_hosts(tmp_path, "127.0.0.1 slow\n"))
    cat.bound()
    with Held(tmp_path / "hosts"):
        for _ in range(2):
            client = dial(cat.port)
            with pytest.raises(ConnectionResetError):
                receive_all(client)
            cat.until_err("connect to slow port 9: Connection timed out$")


@pytest.mark.parametrize("args", [["-l", "0", "-e", "cat"], ["-lk", "0", "--to", "echo:"], ["exec:cat"]])
def test_without_a_connection_there_is_no_time_for_it(pollcat, args):
    cat = pollcat("--wait", "1", *args)
    assert cat.wait() == 2
    assert cat.err == "pollcat: --wait needs a connection: one of ours, or --to an end that is one\n"


def test_memory_of_idle_pairs(relay):
    server = serve(backlog=128)
    cat = relay(f"127.0.0.1:{port_of(server)}")
    pairs = [(dial(cat.port), accept(server)) for _ in range(100)]
    before = cat.memory()
    for _ in range(300):
        pairs.append((dial(cat.port), accept(server)))
    assert cat.memory() - before < 300 * 2048 * LEEWAY


def test_with_socat(relay, program, tmp_path):
    program(need("socat"), f"UNIX-LISTEN:{tmp_path / 'end'},fork", "EXEC:cat")
    while socket.socket(socket.AF_UNIX).connect_ex(str(tmp_path / "end")) != 0:
        os.sched_yield()
    cat = relay(f"unix:{tmp_path / 'end'}")
    client = program(need("socat"), "-", f"TCP:127.0.0.1:{cat.port}").send(payload(SIZE)).close()
    assert client.out == payload(SIZE)


@pytest.mark.parametrize("args, says", [
    (("-l", "1", "--to", "exce:cat"), "'exce:cat' is no end: HOST:PORT, - or one of tcp: tls: unix: seqpacket: udp: dtls:"),
    (("-l", "1", "--to", "host"), "'host' is no end"),
    (("-l", "1", "--to", "host:0"), "'host:0' is no end"),
    (("-l", "1", "--to", "tcp:host"), "tcp:host: HOST:PORT is needed"),
    (("-l", "1", "--to", "tcp:host:99999"), "'99999' is no port"),
    (("-l", "1", "--to", "unix:"), "a path is missing"),
    (("-l", "1", "--to", "unix:" + "x" * 200), "is too long"),
    (("-l", "1", "--to", "echo:1"), "echo: takes nothing"),
    (("-l", "1", "--to", "fd:400"), "fd:400: Bad file descriptor"),
    (("-l", "1", "--to", "fd:x"), "'x' is no number"),
    (("-l", "-k", "1", "--to", "-"), "--keep-open excludes --to -"),
    (("-l", "-k", "1", "--to", "file:x"), "--keep-open excludes --to file:x"),
    (("-E", "1", "--to", "echo:"), "--echo excludes --to"),
    (("-z", "host", "1", "--to", "echo:"), "excludes"),
    (("-l", "1", "--to", "echo:", "-d"), "--no-stdin excludes --to"),
    (("-l", "1", "--to", "echo:", "-q", "1"), "--quit-after excludes --to"),
], ids=lambda x: x if isinstance(x, str) else None)
def test_what_does_not_go_together(pollcat, args, says):
    cat = pollcat(*args)
    assert cat.wait() == 2 and says in cat.err
