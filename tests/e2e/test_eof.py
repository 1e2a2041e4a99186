# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of data in either direction, resets, timeouts, and standard streams of every kind."""
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import time

import pytest

from support import (SLOW, Background, accept, deaf, dial, fill, half_close, keep_talking, need, payload, port_of,
                     receive, receive_all, reset, serve, wait_tcp)

BIG = (10 if SLOW else 100) << 20


@pytest.fixture(params=["connect", "listen", "listen -k"])
def pair(request, pollcat):
    """pair(*ARGS): the program, connected or listening, and the peer's socket."""
    def connect(*args, **more):
        if request.param == "connect":
            server = serve()
            cat = pollcat(*args, "127.0.0.1", port_of(server), **more)
            return cat, accept(server)
        cat = pollcat(*args, *request.param.replace("listen", "-l").split(), "127.0.0.1", "0", **more)
        return cat, dial(cat.port)

    connect.many = request.param == "listen -k"
    return connect


@pytest.fixture
def client(pollcat):
    """client(*ARGS): the program, connected, and the peer's socket."""
    def connect(*args, **more):
        with serve() as server:
            cat = pollcat(*args, "127.0.0.1", port_of(server), **more)
            return cat, accept(server)

    return connect


def done(pair, cat, status=0):
    if pair.many:
        cat.signal(signal.SIGTERM)
        status = -signal.SIGTERM
    return cat.wait() == status


def test_our_end_travels_and_the_answer_comes(pair):
    cat, peer = pair()
    cat.send(b"question").close()
    assert receive_all(peer) == b"question"
    peer.sendall(payload(300_000))
    peer.close()
    cat.until_out(300_000)
    assert done(pair, cat) and cat.out == payload(300_000)


@pytest.mark.parametrize("option", [(), ("-N",)])
def test_peers_end_leaves_our_direction_open(pair, option):
    cat, peer = pair(*option)
    peer.sendall(b"last")
    half_close(peer)
    cat.until_out(b"last")
    cat.send(payload(300_000)).close()
    assert receive_all(peer) == payload(300_000)
    assert done(pair, cat) and cat.out == b"last"


def test_standard_output_ends_with_the_peers_direction(client):
    cat, peer = client()
    peer.sendall(b"all")
    half_close(peer)
    assert cat.out == b"all"  # to its end, while our direction is open
    cat.close()
    assert cat.wait() == 0


def test_no_shutdown(client):
    cat, peer = client("--no-shutdown", "-v")
    cat.send(b"question").close()
    assert receive(peer, 8) == b"question"
    peer.setblocking(False)
    peer.send(b"answer")
    cat.until_out(b"answer")
    with pytest.raises(BlockingIOError):
        peer.recv(1)
    peer.close()
    assert (cat.wait(), cat.out) == (0, b"answer")


def test_quit_at_once(client):
    cat, peer = client("-q", "0")
    cat.send(payload(300_000)).close()
    assert receive_all(peer) == payload(300_000)
    assert cat.wait() == 0


def test_quit_at_once_sends_all_first(client):
    cat, peer = client("-q", "0")
    sender = Background(lambda: cat.send(payload(20 << 20)).close())
    peer.sendall(b"go")
    cat.until_out(b"go")
    assert receive_all(peer) == payload(20 << 20)
    sender.result()
    assert cat.wait() == 0


@pytest.mark.parametrize("args", [("-q", "0.3"), ("--quit-after", "300ms"), ("-q", "300ms", "--no-shutdown")])
def test_quit_after(client, args):
    start = time.monotonic()
    cat, peer = client(*args)
    cat.send(b"x").close()
    assert (cat.wait(), receive_all(peer)) == (0, b"x")
    assert time.monotonic() - start >= 0.3


def test_quit_after_with_bytes_left_says_so(pollcat):
    server = serve()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    cat = pollcat("-q", "300ms", "-O", "4k", "127.0.0.1", port_of(server))
    peer = accept(server)
    cat.send(bytes(200_000)).close()
    assert cat.wait() == 1
    assert cat.until_err(r"^pollcat: time is up \(--quit-after\) with [1-9]\d* bytes not sent$")
    peer.close()


def test_quit_never(client):
    cat, peer = client("-q", "-1")
    cat.close()
    assert receive_all(peer) == b""
    peer.sendall(b"much later")
    cat.until_out(b"much later")
    peer.close()
    assert cat.wait() == 0


@pytest.mark.parametrize("option", ["-d", "--no-stdin", "--recv-only"])
def test_receive_only(pair, option):
    cat, peer = pair(option)
    cat.send(b"not to be seen").close()
    peer.sendall(b"seen")
    half_close(peer)
    cat.until_out(b"seen")
    assert receive_all(peer) == b""
    assert done(pair, cat) and cat.out == b"seen"


def test_send_only(pair):
    cat, peer = pair("--send-only")
    peer.sendall(payload(1 << 20))
    cat.send(b"one way").close()
    assert receive_all(peer) == b"one way"
    assert done(pair, cat) and cat.out == b""


@pytest.mark.parametrize("sent", [0, 1, 100_000])
def test_reset_after_data(client, sent):
    cat, peer = client()
    name = f"127.0.0.1 port {port_of(peer)}"
    cat.send(b"connected")
    assert receive(peer, 9) == b"connected"
    peer.sendall(payload(sent))
    reset(peer)
    assert (cat.wait(), cat.out) == (1, payload(sent))
    assert cat.err == f"pollcat: receive from {name}: Connection reset by peer\n"


def test_reset_before_the_connection_is_noticed(pollcat):
    server, *queue = deaf()
    cat = pollcat("-s", "127.0.0.2", "127.0.0.1", port_of(server))
    wait_tcp(rf"0200007F:\w+ 0100007F:{port_of(server):04X} 02")  # the SYN is sent
    cat.signal(signal.SIGSTOP)
    for sock in queue:
        sock.close()
    while (peer := accept(server)).getpeername()[0] != "127.0.0.2":
        peer.close()
    peer.sendall(b"banner")
    reset(peer)
    cat.signal(signal.SIGCONT)
    assert (cat.wait(), cat.out) == (1, b"banner")


def test_data_before_a_close_with_unread_input(client):
    """The peer answers and closes without reading what we sent: its answer comes, then the reset."""
    cat, peer = client()
    cat.send(b"never read")
    peer.recv(1)
    peer.sendall(b"answer")
    peer.close()
    assert cat.wait() == 1
    assert cat.out == b"answer"


@pytest.mark.parametrize("option", ["-N", "--no-shutdown"])
def test_write_after_the_peer_closed(client, option):
    cat, peer = client(option)
    name = f"127.0.0.1 port {port_of(peer)}"
    peer.sendall(b"bye")
    peer.close()
    cat.until_out(b"bye")
    cat.send(b"anybody?")
    assert (cat.wait(), cat.err) == (1, f"pollcat: send to {name}: Broken pipe\n")


def test_peer_that_leaves_while_input_is_open(client):
    cat, peer = client("-v")
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 1)  # or its system answers for it, a minute long
    peer.close()
    cat.until_err("has left$")  # some seconds later, when a keep-alive probe is refused
    assert cat.wait() == 0


def test_big_transfer_both_ways(client, tmp_path):
    data = payload(BIG)
    (tmp_path / "in").write_bytes(data)
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as target:
        cat, peer = client(stdin=source, stdout=target)
    sender = Background(lambda: (peer.sendall(data), half_close(peer)))
    assert hashlib.sha256(receive_all(peer)).digest() == hashlib.sha256(data).digest()
    sender.result()
    assert cat.wait() == 0
    assert (tmp_path / "out").read_bytes() == data


def test_big_transfer_through_pipes(client):
    data = payload(BIG)
    cat, peer = client()
    feeder = Background(lambda: cat.send(data).close())
    sender = Background(lambda: (peer.sendall(data), half_close(peer)))
    assert receive_all(peer) == data
    feeder.result()
    sender.result()
    assert (cat.wait(), cat.out) == (0, data)


def test_one_byte_at_a_time(client):
    cat, peer = client()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(500):
        cat.send(payload(500)[i:i + 1])
        peer.send(receive(peer, 1))
        cat.until_out(i + 1)
    cat.close()
    peer.close()
    assert (cat.wait(), cat.out) == (0, payload(500))


def test_stalled_output_does_not_stop_sending(client):
    reader, writer = os.pipe()
    cat, peer = client(stdout=writer)
    os.close(writer)
    stuck = fill(peer, cat.pid)
    cat.send(payload(5 << 20)[:1 << 16])
    assert receive(peer, 1 << 16) == payload(5 << 20)[:1 << 16]
    feeder = Background(lambda: cat.send(payload(5 << 20)).close())
    assert receive_all(peer) == payload(5 << 20)
    feeder.result()
    peer.close()
    with os.fdopen(reader, "rb") as out:
        assert out.read() == bytes(stuck)
    assert cat.wait() == 0


def test_stalled_peer_does_not_stop_receiving(client):
    cat, peer = client()
    feeder = Background(lambda: cat.send(payload(30 << 20)).close())
    peer.sendall(payload(5 << 20))
    cat.until_out(5 << 20)
    half_close(peer)
    assert receive_all(peer) == payload(30 << 20)
    feeder.result()
    assert (cat.wait(), cat.out) == (0, payload(5 << 20))


def test_interval_between_lines(client):
    cat, peer = client("-i", "200ms")
    start = time.monotonic()
    cat.send(b"1\n2\n3\nrest").close()
    assert peer.recv(100) == b"1\n"
    assert receive_all(peer) == b"2\n3\nrest"
    peer.close()
    assert time.monotonic() - start >= 0.6
    assert cat.wait() == 0


@pytest.mark.parametrize("parts, sent", [
    ([b"a\nb\n"], b"a\r\nb\r\n"),
    ([b"a\r\nb\n"], b"a\r\nb\r\n"),
    ([b"a\r", b"\nb"], b"a\r\nb"),
    ([b"a", b"\n", b"\n"], b"a\r\n\r\n"),
    ([b"\r", b"x\n"], b"\rx\r\n"),
    ([b"\r"], b"\r"),
])
def test_crlf(client, parts, sent):
    cat, peer = client("-C")
    seen = b""
    for part in parts:
        cat.send(part)
        seen += receive(peer, len(part))
    cat.close()
    assert seen + receive_all(peer) == sent
    peer.close()
    assert cat.wait() == 0


def test_crlf_of_much(client):
    lines = payload(1 << 20).replace(b"\r", b"")
    cat, peer = client("-C")
    feeder = Background(lambda: cat.send(lines).close())
    assert receive_all(peer) == lines.replace(b"\n", b"\r\n")
    feeder.result()


@pytest.mark.parametrize("option", ["-w", "--idle-timeout"])
def test_idle_connection_ends(client, option):
    cat, peer = client(option, "300ms")
    name = f"127.0.0.1 port {port_of(peer)}"
    peer.sendall(b"before")
    assert receive_all(peer) == b""
    assert (cat.wait(), cat.out, cat.err) == (1, b"before", f"pollcat: {name}: no data for 0.3 s\n")


def test_traffic_keeps_the_connection(client):
    since = time.monotonic()
    cat, peer = client("--idle-timeout", "500ms")

    def exchange():
        try:
            cat.send(b".")
            return peer.recv(1)
        except OSError:
            return False

    keep_talking(exchange, 0.5, since)
    peer.close()
    cat.close().wait()


def test_idle_peer_leaves_the_others(pollcat):
    since = time.monotonic()
    cat = pollcat("-v", "-l", "-k", "--idle-timeout", "500ms", "127.0.0.1", "0")
    idle, busy = dial(cat.port), dial(cat.port)
    count = 0

    def exchange():
        nonlocal count
        try:
            busy.sendall(b".")
        except OSError:
            return False
        count += 1
        return cat.stdout.wait_for(lambda seen: len(seen) >= count)

    keep_talking(exchange, 0.5, since)
    assert idle.recv(1) == b""
    cat.until_err(rf"^pollcat: 127\.0\.0\.1 port {port_of(idle)}: no data for 0\.5 s$")


def test_a_newcomer_ends_only_who_waits_for_nothing(pollcat):
    """A client that half-closed may still have bytes to come, here, or in the kernel."""
    data = payload(8 << 20)
    cat = pollcat("-v", "-l", "-k", "--max-conns", "1", "127.0.0.1", "0")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", cat.port))
    half_close(client)
    feeder = Background(lambda: cat.send(data))
    seen = receive(client, 4 << 20)
    for _ in range(2):  # in the second turn it has read the end
        cat.signal(signal.SIGUSR1)
        cat.stderr.until(lambda err, n=_: err.count(b"received 0 bytes") > n)
    assert dial(cat.port).recv(1) == b""
    cat.until_err("limit of 1 peers")
    seen += receive(client, 4 << 20)
    feeder.result()
    assert seen == data
    wait_tcp(rf"[0-9A-F]+:{cat.port:04X} \S+:{port_of(client):04X} 08 0+:\S+")  # all is acknowledged
    late = dial(cat.port)
    assert receive_all(client) == b""
    cat.send(b"late").close()
    assert receive_all(late) == b"late"


def test_real_half_closes(program, pollcat):
    """A filter at the end of a socat reads all before it answers: it needs our half-close."""
    cat = pollcat("-l", "127.0.0.1", "0")
    socat = program(need("socat"), "-t", "5", f"TCP:127.0.0.1:{cat.port}", "EXEC:sort")
    cat.send(b"b\na\n").close()
    assert (cat.wait(), cat.out, socat.wait()) == (0, b"a\nb\n", 0)


def run_cat(pollcat, data=b"", **more):
    """A run against a peer that answers and ends."""
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), **more)
    peer = accept(server)
    peer.sendall(data)
    return cat, half_close(peer)


@pytest.mark.parametrize("flags", [0, os.O_NONBLOCK])
def test_shared_pipes_keep_their_flags(pollcat, flags):
    inner, feeder = os.pipe()
    reader, outer = os.pipe()
    for fd in (inner, outer):
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_NONBLOCK | flags)
    before = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (inner, outer)]
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), stdin=inner, stdout=outer)
    peer = accept(server)
    sender = Background(lambda: (peer.sendall(payload(1 << 20)), half_close(peer)))
    with os.fdopen(reader, "rb") as out:
        assert out.read(1 << 20) == payload(1 << 20)
        os.write(feeder, b"last")
        assert receive(peer, 4) == b"last"
        assert [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (inner, outer)] == before
        os.close(feeder)
        assert cat.wait() == 0
    sender.result()
    assert [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (inner, outer)] == before


@pytest.mark.parametrize("blocking", [True, False])
def test_sockets_as_standard_streams(pollcat, blocking):
    ours, theirs = socket.socketpair()
    theirs.setblocking(blocking)
    cat, peer = run_cat(pollcat, payload(1 << 20)[:100_000], stdin=theirs, stdout=theirs)
    theirs.close()
    ours.sendall(b"through a socket")
    half_close(ours)
    assert receive_all(peer) == b"through a socket"
    assert receive_all(ours) == payload(1 << 20)[:100_000]
    assert cat.wait() == 0


def test_a_socket_that_blocks_holds_up_its_own_direction_alone(pollcat):
    ours, theirs = socket.socketpair()
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), stdin=theirs, stdout=theirs)
    theirs.close()
    peer = accept(server)
    fill(peer, cat.pid)
    ours.sendall(b"meanwhile")
    assert receive(peer, 9) == b"meanwhile"


def test_standard_input_from_a_file_and_null(pollcat, tmp_path):
    (tmp_path / "f").write_bytes(payload(1 << 20))
    for path, data in ((tmp_path / "f", payload(1 << 20)), ("/dev/null", b"")):
        with open(path, "rb") as source:
            cat, peer = run_cat(pollcat, stdin=source)
        assert receive_all(peer) == data
        assert cat.wait() == 0


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 1, 2)])
def test_missing_standard_streams(pollcat, closed):
    cat, peer = run_cat(pollcat, b"data", preexec_fn=lambda: [os.close(fd) for fd in closed])
    if 0 not in closed:
        cat.send(b"hello").close()
    assert receive_all(peer) == (b"" if 0 in closed else b"hello")
    assert cat.wait() == 0
    assert cat.out == (b"" if 1 in closed else b"data")


def test_closed_output_ends_quietly(client):
    reader, writer = os.pipe()
    cat, peer = client(stdout=writer)
    os.close(writer)
    os.close(reader)
    peer.sendall(b"nobody reads this")
    assert (cat.wait(), cat.err) == (2, "")


def test_closed_output_ends_even_while_idle(client):
    reader, writer = os.pipe()
    cat, peer = client(stdout=writer)
    os.close(writer)
    peer.sendall(b"seen")
    assert os.read(reader, 100) == b"seen"
    os.close(reader)
    assert (cat.wait(), cat.err) == (2, "")


def test_full_output_is_told(client):
    with open("/dev/full", "wb") as full:
        cat, peer = client(stdout=full)
    peer.sendall(b"no room")
    assert (cat.wait(), cat.err) == (2, "pollcat: standard output: No space left on device\n")


def test_unreadable_input_is_told(client):
    directory = os.open("/", os.O_RDONLY)
    cat, _peer = client(stdin=directory)
    os.close(directory)
    assert (cat.wait(), cat.err) == (2, "pollcat: standard input: Is a directory\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("args", [("-l", "0"), ("-l", "-k", "0"), ("-u", "-l", "0"), ("-E", "0")])
def test_death_by_signal(pollcat, args, number):
    cat = pollcat(*args)
    assert cat.port
    assert (cat.signal(number).wait(), cat.err) == (-number, "")


def test_interrupt_in_a_transfer(client):
    cat, peer = client()
    feeder = Background(cat.send, bytes(64 << 20))
    assert receive(peer, 1 << 20) == bytes(1 << 20)
    assert cat.signal(signal.SIGINT).wait() == -signal.SIGINT
    with pytest.raises(BrokenPipeError):
        feeder.result()


def test_counts_on_request(client):
    cat, peer = client()
    cat.send(b"12345")
    assert receive(peer, 5) == b"12345"
    peer.sendall(b"123")
    cat.until_out(3)
    cat.signal(signal.SIGUSR1)
    cat.until_err(r"^pollcat: sent 5 bytes, received 3 bytes$")
    cat.close()
    peer.close()
    assert cat.wait() == 0


def test_ignored_signals_stay_ignored(client):
    cat, peer = client(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    cat.signal(signal.SIGINT).signal(signal.SIGUSR1)
    cat.until_err("sent 0 bytes")
    cat.close()
    peer.close()
    assert cat.wait() == 0


def digest(peer, after_each):
    seen = hashlib.sha256()
    while chunk := peer.recv(1 << 18):
        seen.update(chunk)
        after_each()
    return seen.digest()


def test_signal_storm_in_a_transfer(client):
    cat, peer = client(stderr=subprocess.DEVNULL)
    feeder = Background(lambda: [cat.send(payload(BIG)) for _ in range(5)] and cat.close())
    assert digest(peer, lambda: cat.signal(signal.SIGUSR1)) == hashlib.sha256(payload(BIG) * 5).digest()
    feeder.result()
    peer.close()
    while cat.popen.poll() is None:  # up to the very end
        cat.signal(signal.SIGUSR1)
    assert cat.wait() == 0
