# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends that are sockets of datagrams, and senders of datagrams that each have an end of their own."""
import os
import re
import resource
import signal
import socket
import time

import pytest

from support import (DEADLINE, LEEWAY, FreePort, accept, dial, half_close, need, payload, port_of, receive, receive_all,
                     refusing, serve, serve_unix, udp, until_resting)

SIZES = (1, 0, 1400, 65_507, 3)


@pytest.fixture
def relay(pollcat):
    """relay(END, *ARGS): a listener for many streams whose peers are joined to END."""
    def start(end, *args, **more):
        cat = pollcat("-l", "-k", *args, "127.0.0.1", "0", "--to", end, **more)
        cat.bound()
        return cat

    return start


def end_of(kind, tmp_path):
    """A socket of datagrams, and the word for it."""
    if kind.startswith("udp"):
        host = "::1" if kind == "udp6" else "127.0.0.1"
        sock = udp(host)
        return sock, f"udp:{'[::1]' if kind == 'udp6' else host}:{port_of(sock)}"
    name = f"@far-{os.getpid()}" if kind == "abstract" else str(tmp_path / "far")
    return serve_unix(name, socket.SOCK_DGRAM), f"unix-dgram:{name}"


KINDS = ["udp", "udp6", "unix-dgram", "abstract"]


@pytest.mark.parametrize("kind", KINDS)
def test_stream_to_datagrams(relay, tmp_path, kind):
    far, word = end_of(kind, tmp_path)
    cat = relay(word)
    one, two = dial(cat.port), dial(cat.port)
    one.sendall(b"one")
    data, first = far.recvfrom(100)
    two.sendall(b"two")
    other, second = far.recvfrom(100)
    assert (data, other) == (b"one", b"two") and first != second
    far.sendto(b"for two", second)
    far.sendto(b"for one", first)
    assert receive(one, 7) == b"for one" and receive(two, 7) == b"for two"


@pytest.mark.parametrize("kind", KINDS)
def test_peer_that_ended_gets_the_answers(relay, tmp_path, kind):
    """There is no end of datagrams to pass on: after some silence the peer is done with."""
    far, word = end_of(kind, tmp_path)
    peer = dial(relay(word, "-w", "300ms").port)
    peer.sendall(b"question")
    data, source = far.recvfrom(100)
    half_close(peer)
    for answer in (b"one ", b"two"):
        far.sendto(answer, source)
    assert data == b"question" and receive_all(peer) == b"one two"


def test_stream_is_reset_when_datagrams_are_refused(relay):
    with refusing(kind=socket.SOCK_DGRAM) as nobody:
        cat = relay(f"udp:127.0.0.1:{port_of(nobody)}", "-v")
        peer = dial(cat.port)
        peer.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
        cat.until_err(rf"127\.0\.0\.1 port {port_of(nobody)}: Connection refused")


@pytest.mark.parametrize("gone", [False, True])
def test_no_such_name(relay, tmp_path, gone):
    if gone:
        serve_unix(tmp_path / "far", socket.SOCK_DGRAM).close()
    cat = relay(f"unix-dgram:{tmp_path / 'far'}")
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    cat.until_err(rf"far: {'Connection refused' if gone else 'No such file'}")


def test_own_name_is_gone_at_the_end(pollcat, tmp_path):
    far = serve_unix(tmp_path / "far", socket.SOCK_DGRAM)
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"unix-dgram:{tmp_path / 'far'}", "-w", "100ms")
    peer = dial(cat.port)
    peer.sendall(b"x")
    source = far.recvfrom(1)[1]
    assert source
    peer.close()
    assert cat.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        far.sendto(b"x", source)
    assert os.listdir(tmp_path) == ["far"]


def test_no_end_is_malformed(pollcat):
    for word, said in (("udp:here", "HOST:PORT is needed"), ("udp:a:0", "'0' is no port"),
                       ("unix-dgram:", "a path is missing")):
        cat = pollcat("-l", "0", "--to", word)
        assert cat.wait() == 2 and said in cat.err


# Senders that each have an end


@pytest.fixture
def forward(pollcat):
    """forward(END, *ARGS): a listener of datagrams whose senders are joined to END."""
    def start(end, *args, host="127.0.0.1", **more):
        cat = pollcat("-l", "-u", *args, host, "0", "--to", end, **more)
        cat.bound()
        return cat

    return start


def until(true):
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, "it does not come about"
        os.sched_yield()


def sender(cat, host="127.0.0.1"):
    return dial(cat.port, host, socket.SOCK_DGRAM)


def until_received(cat, size):
    """Waits until so many bytes came, and have gone on."""
    until(lambda: cat.signal(signal.SIGUSR1) and f"received {size} bytes" in cat.stderr.data.decode())


def count_open(cat):
    """How many descriptors it has."""
    return len(os.listdir(f"/proc/{cat.pid}/fd"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_sender_has_an_end(forward, tmp_path, kind):
    far, word = end_of(kind, tmp_path)
    cat = forward(word)
    senders = [sender(cat) for _ in range(200)]
    sources = {}
    for i, sock in enumerate(senders):
        sock.send(b"%d" % i)
        data, source = far.recvfrom(100)
        assert data == b"%d" % i
        sources[i] = source
    assert len(set(sources.values())) == 200
    for i, source in sources.items():
        far.sendto(b"for %d" % i, source)
    assert [sock.recv(100) for sock in senders] == [b"for %d" % i for i in range(200)]
    senders[7].send(b"again")
    assert far.recvfrom(100) == (b"again", sources[7])


@pytest.mark.parametrize("kind", KINDS)
def test_datagrams_stay_whole(forward, tmp_path, kind):
    far, word = end_of(kind, tmp_path)
    sock = sender(forward(word))
    for size in SIZES:
        sock.send(payload(size))
        data, source = far.recvfrom(1 << 17)
        assert data == payload(size)
        far.sendto(payload(size)[::-1], source)
        assert sock.recv(1 << 17) == payload(size)[::-1]
    for i in range(100):
        sock.send(b"%d" % i)
    assert [far.recv(100) for _ in range(100)] == [b"%d" % i for i in range(100)]


def test_answers_leave_from_the_address_spoken_to(forward):
    far, word = end_of("udp", None)
    cat = forward(word, host="0.0.0.0")
    sock = udp()
    sources = []
    for host in ("127.0.0.1", "127.0.0.2"):
        sock.sendto(b"x", (host, cat.port))
        sources.append(far.recvfrom(10)[1])
    assert sources[0] != sources[1]
    for i in (1, 0):
        far.sendto(b"answer", sources[i])
        assert sock.recvfrom(10) == (b"answer", (f"127.0.0.{i + 1}", cat.port))


def test_both_families(forward):
    far, word = end_of("udp6", None)
    cat = forward(word, host="::")
    for host in ("::1", "127.0.0.1"):
        sock = sender(cat, host)
        sock.send(b"x")
        far.sendto(b"y", far.recvfrom(10)[1])
        assert sock.recv(10) == b"y"


def test_name_server(forward):
    """As a resolver asks: the answer has the number of the question."""
    far, word = end_of("udp", None)
    cat = forward(word)
    asking = [sender(cat) for _ in range(3)]
    for i, sock in enumerate(asking):
        sock.send(bytes([0, i]) + b"\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1")
    for _ in asking:
        data, source = far.recvfrom(512)
        far.sendto(data[:2] + b"\x81\x80" + data[4:], source)
    assert [sock.recv(512)[:4] for sock in asking] == [bytes([0, i, 0x81, 0x80]) for i in range(3)]


def test_to_a_stream(forward):
    server = serve()
    cat = forward(f"127.0.0.1:{port_of(server)}")
    one, two = sender(cat), sender(cat)
    one.send(b"one")
    first = accept(server)
    two.send(b"two")
    second = accept(server)
    assert receive(first, 3) == b"one" and receive(second, 3) == b"two"
    second.sendall(b"2")
    first.sendall(b"1")
    assert one.recv(10) == b"1" and two.recv(10) == b"2"
    first.close()  # who sends again finds an end again
    until_resting(cat.pid)
    one.send(b"more")
    assert receive(accept(server), 4) == b"more"


def test_with_socat(forward, program):
    port = FreePort()
    program(need("socat"), f"UDP4-LISTEN:{port},bind=127.0.0.1,fork", "EXEC:cat")
    cat = forward(f"udp:127.0.0.1:{port}")
    sock = sender(cat)
    sock.settimeout(0.2)
    for _ in range(100):  # until it listens
        sock.send(b"through socat")
        try:
            assert sock.recv(100) == b"through socat"
            return
        except OSError:
            continue
    pytest.fail("no answer")


def test_program_for_each_sender(pollcat):
    cat = pollcat("-l", "-u", "127.0.0.1", "0", "-c",
                  'while read -r line; do echo "$POLLCAT_PROTO $POLLCAT_REMOTE_PORT $line"; done')
    senders = [sender(cat) for _ in range(3)]
    for text in ("first", "second"):
        for sock in senders:
            sock.send(text.encode() + b"\n")
        for sock in senders:
            assert sock.recv(100).decode() == f"udp {port_of(sock)} {text}\n"


def test_program_that_ends_is_started_again(pollcat):
    cat = pollcat("-v", "-l", "-u", "127.0.0.1", "0", "-e", "head -n1")
    sock = sender(cat)
    for i, line in enumerate((b"one\n", b"two\n")):
        sock.send(line)
        assert sock.recv(100) == line
        cat.until_err(rf"(?s)(received 4 bytes\n.*){{{i + 1}}}")


def test_end_that_refuses(forward):
    with refusing(kind=socket.SOCK_DGRAM) as nobody:
        cat = forward(f"udp:127.0.0.1:{port_of(nobody)}")
        rest = count_open(cat)
        one, two = sender(cat), sender(cat)
        for i, sock in enumerate((one, two, one, two)):
            sock.send(b"x")
            until_received(cat, i + 1)
            until(lambda: count_open(cat) == rest)
        assert len(re.findall(rf"127\.0\.0\.1 port {port_of(nobody)}: Connection refused\n", cat.stderr.data.decode())) == 1


def test_sender_that_is_gone_is_its_own(forward):
    far, word = end_of("udp", None)
    cat = forward(word, "-v")
    gone, stays = sender(cat), sender(cat)
    for sock in (gone, stays):
        sock.send(b"x")
    sources = [far.recvfrom(1)[1] for _ in range(2)]
    gone.close()
    for _ in range(2):
        far.sendto(b"y", sources[0])
    cat.until_err("Connection refused")
    far.sendto(b"z", sources[1])
    assert stays.recv(1) == b"z"


def test_silence_ends_a_pair(forward):
    far, word = end_of("udp", None)
    cat = forward(word, "-v", "--idle-timeout", "100ms")
    sock = sender(cat)
    sock.send(b"x")
    first = far.recvfrom(1)[1]
    cat.until_err("closed 127")
    sock.send(b"y")
    assert far.recvfrom(1)[1] != first
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM


def test_limit_of_senders(forward):
    far, word = end_of("udp", None)
    cat = forward(word, "-v", "-k", "--max-conns", "2")
    senders = [sender(cat) for _ in range(3)]
    for sock in senders:
        sock.send(b"x")
        sock.send(b"y")
    got = [far.recvfrom(1) for _ in range(4)]
    assert len({source for _, source in got}) == 2
    cat.until_err("connection refused: there are 2 already|2")
    for sock in senders:
        sock.send(b"z")
    assert {far.recvfrom(1) for _ in range(2)} == {(b"z", source) for _, source in got}
    assert cat.stderr.data.decode().count(f"port {port_of(senders[2])}") <= 2


def test_limit_of_descriptors(forward):
    """Whom there is no descriptor for is not served, and nobody is harmed."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    far, word = end_of("udp", None)
    cat = forward(word, preexec_fn=limit)
    senders = [sender(cat) for _ in range(100)]
    senders[0].send(b"first")
    source = far.recvfrom(10)[1]
    for sock in senders[1:]:
        sock.send(b"x")
    until_resting(cat.pid)
    senders[0].send(b"last")
    while (got := far.recvfrom(10))[0] != b"last":
        assert got[0] == b"x"
    assert got[1] == source
    cat.signal(signal.SIGTERM).wait()
    assert cat.err == ""


def test_slow_end_is_its_own(forward):
    server = serve()
    cat = forward(f"127.0.0.1:{port_of(server)}")
    one, two = sender(cat), sender(cat)
    one.send(b"x")
    stalled = accept(server)
    before = cat.memory()
    for _ in range(400):
        for _ in range(4):
            one.send(payload(60_000))
        until_resting(cat.pid)
    assert cat.memory() - before < (4 << 20) * LEEWAY
    two.send(b"y")
    assert receive(accept(server), 1) == b"y"
    stalled.close()
    cat.until_err(rf"datagrams from 127.0.0.1 port {port_of(one)} were dropped")


@pytest.mark.parametrize("end", ["discard:", "echo:"])
def test_forged_senders_are_bounded(forward, end):
    cat = forward(end)
    before = cat.memory()
    for i in range(40_000):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((f"127.{i % 199 + 1}.{i // 199 % 199}.1", 0))
            sock.sendto(b"x", ("127.0.0.1", cat.port))
    until_resting(cat.pid)
    assert cat.memory() - before < (40 << 20) * LEEWAY
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM


def test_echo_and_files(forward, tmp_path):
    sock = sender(forward("echo:"))
    sock.send(b"back")
    assert sock.recv(10) == b"back"
    for kind in ("file", "append"):
        cat = forward(f"{kind}:{tmp_path / kind}", "-v")
        for _ in range(2):
            sender(cat).send(b"line\n")
        path = tmp_path / kind
        until(lambda: path.exists() and path.read_bytes() == b"line\nline\n")


def test_unix_senders(forward, pollcat, tmp_path):
    far, word = end_of("unix-dgram", tmp_path)
    cat = pollcat("-v", "-l", "-u", "-U", tmp_path / "here", "--to", word)
    cat.bound()
    named = [serve_unix(tmp_path / name, socket.SOCK_DGRAM) for name in ("one", "two")]
    sources = []
    for sock in named:
        sock.sendto(payload(50_000), str(tmp_path / "here"))
        data, source = far.recvfrom(1 << 17)
        assert data == payload(50_000)
        sources.append(source)
    assert sources[0] != sources[1]
    for sock, source in zip(named, sources):
        far.sendto(b"for %a" % source, source)
        assert sock.recv(100) == b"for %a" % source
    nameless = dial(tmp_path / "here", kind=socket.SOCK_DGRAM)
    nameless.send(b"x")
    data, source = far.recvfrom(10)
    far.sendto(b"lost", source)
    cat.until_err("4 bytes have no address to go to")
    nameless.send(b"y")
    assert data == b"x" and far.recvfrom(10) == (b"y", source)
    named[0].close()
    far.sendto(b"nobody", sources[0])
    cat.until_err("Connection refused")
    cat.signal(signal.SIGTERM).wait()
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("how", ["-u", "--udp-connected"])
def test_client_with_a_program(pollcat, how):
    far = udp()
    cat = pollcat(how, "127.0.0.1", port_of(far), "-c", 'echo begin; read -r x; echo "got $x"; exit 3')
    data, source = far.recvfrom(100)
    far.sendto(b"it\n", source)
    assert data == b"begin\n" and far.recv(100) == b"got it\n"
    assert cat.wait() == 3


def test_client_to_a_stream(pollcat):
    far, server = udp(), serve()
    cat = pollcat("-u", "127.0.0.1", port_of(far), "--to", f"127.0.0.1:{port_of(server)}")
    end = accept(server)
    end.sendall(b"out")
    data, source = far.recvfrom(100)
    far.sendto(b"in", source)
    assert data == b"out" and receive(end, 2) == b"in"
    end.close()
    assert cat.wait() == 0


@pytest.mark.parametrize("args, says", [
    (("-l", "-u", "-k", "0", "--max-conns", "2"), "--max-conns with --udp needs --to"),
    (("-l", "-u", "-k", "0", "--to", "fd:0"), "--keep-open excludes --to fd:0")])
def test_what_does_not_go_together(pollcat, args, says):
    cat = pollcat(*args)
    assert cat.wait() == 2 and says in cat.err
