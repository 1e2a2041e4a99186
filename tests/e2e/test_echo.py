# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo service (RFC 862): exact bytes, for any number of peers, and never for ever."""
import os
import queue
import re
import signal
import socket

import pytest

from support import (DEADLINE, LEEWAY, Background, dial, fill, half_close, namespace, need, payload, port_of, receive,
                     receive_all, reset, serve_unix, udp)

STREAMS = ["tcp4", "tcp6", "unix", "abstract"]
MEMORY = 4 << 20  # bytes that a peer may cost at most


@pytest.fixture
def echo(pollcat, tmp_path):
    """echo(KIND): an echo service and where to dial it."""
    def start(kind, *args):
        places = {"tcp4": ("127.0.0.1", "0"), "tcp6": ("::1", "0"), "unix": ("-U", tmp_path / "echo"),
                  "abstract": ("-U", f"@echo-{os.getpid()}"), "seqpacket": ("--seqpacket", tmp_path / "echo")}
        cat = pollcat("-v", "-E", *args, *places[kind])
        cat.bound()
        if kind.startswith("tcp"):
            return cat, lambda: dial(cat.port, places[kind][0])
        return cat, lambda: dial(places[kind][1], kind=getattr(socket, "SOCK_SEQPACKET" if kind == "seqpacket"
                                                               else "SOCK_STREAM"))

    return start


@pytest.mark.parametrize("kind", STREAMS)
def test_exact_bytes_and_half_close(echo, kind):
    _cat, connect = echo(kind)
    peer = connect()
    sender = Background(lambda: (peer.sendall(payload(20 << 20)), half_close(peer)))
    assert receive_all(peer) == payload(20 << 20)
    sender.result()


def test_each_byte_at_once(echo):
    _cat, connect = echo("tcp4")
    peer = connect()
    for i in range(300):
        peer.sendall(payload(300)[i:i + 1])
        assert peer.recv(10) == payload(300)[i:i + 1]


@pytest.mark.parametrize("kind", ["tcp4", "unix"])
def test_many_peers_at_once(echo, kind):
    cat, connect = echo(kind)
    peers = [connect() for _ in range(100)]
    for number, peer in enumerate(peers):
        peer.sendall(b"%d" % number * 1000)
    for number, peer in enumerate(peers):
        assert receive_all(half_close(peer)) == b"%d" % number * 1000
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM


@pytest.mark.parametrize("args", [(), ("-l",), ("-k",), ("-l", "-k"), ("--mode", "echo")])
def test_listening_is_implied(echo, args):
    cat, connect = echo("tcp4", *args)
    for _ in range(2):
        with connect() as peer:
            peer.sendall(b"x")
            assert receive_all(half_close(peer)) == b"x"
    assert cat.popen.poll() is None


def test_standard_input_is_left_alone(pollcat):
    cat = pollcat("-E", "127.0.0.1", "0").send(b"not to be sent").close()
    with dial(cat.port) as peer:
        peer.sendall(b"x")
        assert receive_all(half_close(peer)) == b"x"
    cat.signal(signal.SIGTERM).wait()
    assert cat.out == b""


@pytest.mark.parametrize("kind", STREAMS)
def test_peer_that_never_reads_costs_little(echo, kind):
    cat, connect = echo(kind)
    warm = connect()
    warm.sendall(payload(1 << 20)[:1000])
    assert receive(warm, 1000) == payload(1 << 20)[:1000]
    before, greedy = cat.memory(), connect()
    sent = fill(greedy, cat.pid, 64 << 20)
    assert sent < 64 << 20 and cat.memory() - before < MEMORY * LEEWAY
    warm.sendall(b"still served")
    assert receive(warm, 12) == b"still served"
    half_close(greedy)
    assert receive_all(greedy) == bytes(sent)


def test_reset_harms_that_peer_alone(echo):
    cat, connect = echo("tcp4")
    other, broken = connect(), connect()
    broken.sendall(b"x")
    assert broken.recv(1) == b"x"
    reset(broken)
    cat.until_err("Connection reset by peer")
    other.sendall(b"fine")
    assert receive(other, 4) == b"fine"


def test_max_conns(echo):
    cat, connect = echo("tcp4", "--max-conns", "1")
    first = connect()
    first.sendall(b"x")
    assert first.recv(1) == b"x"
    assert connect().recv(1) == b""
    cat.until_err("limit of 1 peers reached")


def test_seqpacket(echo):
    _cat, connect = echo("seqpacket")
    peers = [connect() for _ in range(3)]
    for size in (1, 1000, 100_000):
        for peer in peers:
            peer.send(payload(size))
        assert [peer.recv(1 << 20) for peer in peers] == [payload(size)] * 3
    assert half_close(peers[0]).recv(1) == b""


@pytest.mark.parametrize("size", [0, 1, 1400, 65507])
def test_udp_answers_each_sender(pollcat, host, size):
    cat = pollcat("-u", "-E", host, "0")
    peers = [udp(host) for _ in range(10)]
    for number, peer in enumerate(peers):
        peer.sendto(bytes([number]) * size, (host, cat.port))
        data, sender = peer.recvfrom(1 << 17)
        assert data == bytes([number]) * size and sender[:2] == (host, cat.port)


def test_udp_answers_bursts_whole_and_in_order(pollcat, host):
    cat = pollcat("-u", "-E", host, "0")
    place = (host, cat.port)
    peers = [udp(host) for _ in range(3)]
    sizes = [64] * 20 + [63, 64, 1400, 1400, 1, 0, 9000, 0, 64, 65, 64]
    for turn in range(10):
        sent = {peer: [] for peer in peers}
        os.kill(cat.pid, signal.SIGSTOP)  # so that they are there all at once
        for i, size in enumerate(sizes):
            for peer in peers:
                message = bytes([turn + i]) * size
                peer.sendto(message, place)
                sent[peer].append(message)
        os.kill(cat.pid, signal.SIGCONT)
        for peer in peers:
            assert [peer.recv(1 << 17) for _ in sizes] == sent[peer]


@pytest.mark.parametrize("bind", [("0",), ("-4", "0")], ids=" ".join)
def test_udp_answers_from_the_address_spoken_to(pollcat, bind):
    cat = pollcat("-u", "-E", *bind)
    for address in ("127.0.0.1", "127.0.0.2"):
        peer = udp()
        peer.connect((address, cat.port))
        peer.send(b"x")
        assert peer.recv(10) == b"x"


def test_udp_answers_from_the_address_spoken_to_ipv6(pollcat, program):
    wrap = namespace(program)
    cat = pollcat("-u", "-E", "0", wrap=wrap)
    for address in ("::1", "fd00::2", "fe80::1%lo"):
        client = pollcat("--udp-connected", address, cat.port, wrap=wrap).send(b"x")
        client.until_out(b"x")  # it hears that address alone


def test_udp_goes_on_after_a_refusal(pollcat):
    cat = pollcat("-v", "-u", "-E", "127.0.0.1", "0")
    for _ in range(3):
        with udp() as gone:
            gone.sendto(b"x", ("127.0.0.1", cat.port))
            name = rf"127\.0\.0\.1 port {port_of(gone)}"
        cat.until_err(rf"received 1 bytes from {name} on ")
    peer = udp()
    peer.sendto(b"x", ("127.0.0.1", cat.port))
    assert peer.recv(10) == b"x"


def test_unix_datagrams(pollcat, tmp_path):
    cat = pollcat("-u", "-U", "-E", tmp_path / "echo")
    assert cat.bound()
    for name in ("one", "two"):
        peer = serve_unix(tmp_path / name, socket.SOCK_DGRAM)
        for size in (1, 10_000):
            peer.sendto(payload(size), str(tmp_path / "echo"))
            assert peer.recv(1 << 17) == payload(size)


def answered(cat):
    return len(re.findall(rb"received 5 bytes", bytes(cat.stderr.data)))


def test_two_udp_echoes_do_not_play_for_ever(pollcat):
    """A datagram that seems to come from one echo is sent to the other."""
    one = pollcat("-v", "-u", "-E", "127.0.0.1", "0")
    two = pollcat("-v", "-u", "-E", "--sockopt", "reuseaddr", "127.0.0.1", "0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        forger.bind(("0.0.0.0", two.port))  # what comes for 127.0.0.1 goes to its owner
        forger.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 20)
        forger.sendto(b"hello", ("127.0.0.1", one.port))
        two.until_err("received 5 bytes")
    pattern = re.compile(rb"not answering")
    ended = queue.SimpleQueue()
    for cat in (one, two):
        Background(lambda cat=cat: ended.put(cat.stderr.until(pattern.search)))
    assert ended.get(timeout=DEADLINE)
    assert 2 <= answered(one) + answered(two) <= 20


@pytest.mark.skipif(os.getuid() != 0, reason="only root has low ports")
def test_udp_answers_no_well_known_service(pollcat):
    cat = pollcat("-v", "-u", "-E", "127.0.0.1", "0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as low:
        for port in range(7, 1024):
            try:
                low.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        low.sendto(b"x", ("127.0.0.1", cat.port))
        cat.until_err(rf"^pollcat: not answering 127\.0\.0\.1 port {port_of(low)}: ")
        low.setblocking(False)
        with pytest.raises(BlockingIOError):
            low.recv(1)


def test_udp_answers_not_itself(pollcat):
    """Another host's echo on the same port."""
    cat = pollcat("-v", "-u", "-E", "127.0.0.1", "0")
    with udp("127.0.0.2", cat.port) as same:
        same.sendto(b"x", ("127.0.0.1", cat.port))
        cat.until_err(rf"^pollcat: not answering 127\.0\.0\.2 port {cat.port}: ")


@pytest.mark.parametrize("argv", [("nc.openbsd", "-N"), ("ncat",), ("nc.traditional", "-q", "5")],
                         ids=lambda argv: argv[0])
def test_real_clients(echo, program, argv):
    cat, _connect = echo("tcp4")
    client = program(need(argv[0]), *argv[1:], "127.0.0.1", cat.port)
    client.send(payload(100_000))
    client.until_out(100_000)
    client.close()
    assert (client.wait(), client.out) == (0, payload(100_000))


def test_our_own_client(echo, pollcat):
    cat, _connect = echo("tcp6")
    client = pollcat("::1", cat.port).send(payload(100_000)).close()
    assert (client.wait(), client.out) == (0, payload(100_000))
