# SPDX-License-Identifier: GPL-3.0-or-later
"""Datagrams: whom they go to, what stays whole, what is refused, and when it ends."""
import os
import signal
import socket
import subprocess
import time

import pytest

from support import LOOPBACK, Collector, keep_talking, namespace, need, payload, port_of, refusing, udp, with_hosts

MODES = [("-u",), ("--udp-connected",), ("--mode", "udp"), ("--mode", "udp-connected")]


@pytest.fixture
def listener(pollcat):
    """listener(*ARGS): the program bound to a port of 127.0.0.1."""
    return lambda *args, **more: pollcat("-u", "-l", *args, "127.0.0.1", "0", **more)


def to(cat, host="127.0.0.1"):
    return (host, cat.port)


@pytest.mark.parametrize("mode", MODES, ids="".join)
def test_question_and_answer(pollcat, host, mode):
    server = udp(host)
    cat = pollcat(*mode, host, port_of(server)).send(b"question")
    question, sender = server.recvfrom(100)
    server.sendto(b"answer", sender)
    cat.until_out(b"answer")
    assert question == b"question"
    cat.close()
    assert (cat.wait(), cat.out, cat.err) == (0, b"answer", "")


def test_listener_takes_both_families(pollcat):
    cat = pollcat("-v", "-u", "-l", "0")
    for host in LOOPBACK.values():
        peer = udp(host)
        peer.sendto(host.encode(), to(cat, host))
        cat.until_out(host.encode())
        cat.until_err(rf"^pollcat: received {len(host)} bytes from {host} port {port_of(peer)} on ")
        cat.send(b"for " + host.encode())
        data, sender = peer.recvfrom(100)
        assert data == b"for " + host.encode() and sender[:2] == (host, cat.port)


def test_listener_on_a_name_with_two_addresses(pollcat, tmp_path):
    cat = pollcat("-u", "-l", "both", "0", wrap=with_hosts(tmp_path, "127.0.0.1 both\n::1 both\n"))
    for number, (host, port) in enumerate(cat.bound(2) * 2):
        peer = udp(host)
        peer.connect((host, port))
        peer.send(b"<%d>" % number)
        cat.until_out(b"<%d>" % number)
        cat.send(b"answer")
        assert peer.recv(100) == b"answer"


def test_dropped_datagrams_are_told(pollcat):
    reader, writer = os.pipe()
    cat = pollcat("-u", "-l", "127.0.0.1", "0", stdout=writer)
    os.close(writer)
    peer = udp()
    for _ in range(2000):
        peer.sendto(bytes(1000), to(cat))
    out = Collector(os.fdopen(reader, "rb"))
    while not out.data.endswith(b"end"):
        peer.sendto(b"end", to(cat))
        out.wait_for(lambda seen: seen.endswith(b"end"))
    cat.signal(signal.SIGTERM).wait()
    cat.until_err(r"^pollcat: \d+ datagrams were dropped: the receive buffer was full \(try --recv-buffer\)$")


@pytest.mark.parametrize("version", [4, 6])
def test_one_family_only(pollcat, version):
    cat = pollcat("-u", "-l", f"-{version}", "0")
    other, right = udp(LOOPBACK[10 - version]), udp(LOOPBACK[version])
    other.connect((LOOPBACK[10 - version], cat.port))
    other.send(b"x")
    with pytest.raises(ConnectionRefusedError):
        other.recv(1)
    right.sendto(b"y", (LOOPBACK[version], cat.port))
    cat.until_out(b"y")


def test_input_waits_for_the_first_sender(listener):
    cat = listener()
    for word in (b"one", b"two"):
        cat.send(word)
    cat.close()
    peer = udp()
    peer.sendto(b"hello", to(cat))
    got = peer.recv(100)
    assert got + (peer.recv(100) if got == b"one" else b"") == b"onetwo"
    cat.until_out(b"hello")


def test_much_input_waits_for_the_first_sender(listener):
    cat = listener("--line")
    lines = [b"%0499d\n" % i for i in range(100)]
    cat.send(b"".join(lines))
    peer = udp()
    peer.sendto(b"hello", to(cat))
    assert [peer.recv(1000) for _ in lines] == lines


def test_latest_sender_is_answered(listener):
    cat = listener()
    peers = [udp() for _ in range(3)]
    for number, peer in enumerate(peers + peers[::-1]):
        word = b"<%d>" % number
        peer.sendto(word, to(cat))
        cat.until_out(word)
        cat.send(word)
        assert peer.recv(100) == word


def test_unconnected_client_hears_anyone_and_keeps_its_peer(pollcat):
    server, stranger = udp(), udp()
    cat = pollcat("-v", "-u", "127.0.0.1", port_of(server)).send(b"one")
    client = server.recvfrom(100)[1]
    stranger.sendto(b"psst", client)
    cat.until_out(b"psst")
    cat.until_err(rf"^pollcat: received 4 bytes from 127\.0\.0\.1 port {port_of(stranger)} on ")
    cat.send(b"two")
    assert server.recvfrom(100) == (b"two", client)


def test_connected_client_hears_its_peer_alone(pollcat):
    server, stranger = udp(), udp()
    cat = pollcat("--udp-connected", "127.0.0.1", port_of(server)).send(b"one")
    client = server.recvfrom(100)[1]
    stranger.sendto(b"psst", client)
    server.sendto(b"answer", client)
    cat.until_out(b"answer")
    cat.close()
    assert (cat.wait(), cat.out) == (0, b"answer")


@pytest.mark.parametrize("family, address", [(4, "127.0.0.2"), (4, "127.9.8.7")])
@pytest.mark.parametrize("bind", [("0",), ("0.0.0.0", "0"), ("-4", "0")], ids=" ".join)
def test_answers_leave_from_the_address_spoken_to(pollcat, bind, family, address):
    cat = pollcat("-u", "-l", *bind)
    peer = udp(LOOPBACK[family])
    peer.connect((address, cat.port))  # drops what comes from elsewhere
    peer.send(b"hello")
    cat.until_out(b"hello")
    cat.send(b"here")
    assert peer.recv(100) == b"here"


@pytest.mark.parametrize("size", [1, 1472, 65507])
def test_datagrams_arrive_whole(listener, size):
    cat, peer = listener(), udp()
    peer.sendto(payload(size), to(cat))
    cat.until_out(size)
    cat.send(payload(size))
    assert peer.recv(1 << 17) == payload(size)
    assert bytes(cat.stdout.data) == payload(size)


def test_longest_datagram_of_ipv6(pollcat):
    cat, peer = pollcat("-u", "-l", "::1", "0"), udp("::1")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
    peer.sendto(payload(65527), to(cat, "::1"))
    cat.until_out(65527)
    cat.send(payload(65527))
    assert peer.recv(1 << 17) == payload(65527)


def test_empty_datagram_ends_nothing(listener):
    cat, peer = listener("-v"), udp()
    peer.sendto(b"", to(cat))
    cat.until_err(rf"^pollcat: received 0 bytes from 127\.0\.0\.1 port {port_of(peer)} on ")
    peer.sendto(b"more", to(cat))
    cat.until_out(b"more")
    cat.send(b"back")
    assert peer.recv(100) == b"back"


CUTS = {
    "line": (["--line"], b"a\nbc\n\nlast", [b"a\n", b"bc\n", b"\n", b"last"]),
    "size": (["--datagram-size", "4"], b"12345678ab", [b"1234", b"5678", b"ab"]),
    "line, crlf": (["--line", "-C"], b"a\nb\r\n", [b"a\r\n", b"b\r\n"]),
    "interval": (["-i", "50ms"], b"a\nb\n", [b"a\n", b"b\n"]),
    "read": ([], b"a\nb\n", [b"a\nb\n"]),
    "read, crlf": (["-C"], b"a\nb\n", [b"a\r\nb\r\n"]),
    "longest read": ([], payload(65507), [payload(65507)]),
    "longest size": (["--datagram-size", "65507"], bytes(70_000), [bytes(65507), bytes(70_000 - 65507)]),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("mode", ["-u", "--udp-connected"])
def test_where_input_is_cut(pollcat, tmp_path, mode, cut):
    args, sent, datagrams = CUTS[cut]
    server = udp()
    (tmp_path / "in").write_bytes(sent)
    with open(tmp_path / "in", "rb") as source:
        cat = pollcat(mode, "-q", "0", *args, "127.0.0.1", port_of(server), stdin=source)
    assert [server.recv(1 << 17) for _ in datagrams] == datagrams
    assert cat.wait() == 0


@pytest.mark.parametrize("option, shown", [
    (["--line"], b"one\ntwo\n\nlast\n"), ([], b"onetwo\nlast"), (["--line", "--view", "hex"], None)],
    ids=["line", "plain", "view"])
def test_each_datagram_is_a_line(listener, tmp_path, option, shown):
    cat, peer = listener("-v", "--output", tmp_path / "record", *option), udp()
    for datagram in (b"one", b"two\n", b"", b"last"):
        peer.sendto(datagram, to(cat))
        cat.until_err(f"received {len(datagram)} bytes")
    cat.until_out(shown or b"last")
    cat.signal(15).wait()
    assert cat.out == shown or (shown is None and b" 0a" not in cat.out.partition(b"two")[2])
    assert (tmp_path / "record").read_bytes() == b"onetwo\nlast"


def test_datagrams_that_come_at_once_are_lines(listener):
    cat, peer = listener("--line"), udp()
    peer.connect(to(cat))
    cat.signal(signal.SIGSTOP)
    for datagram in (b"x", b"y\n", payload(65507), b"z"):
        peer.send(datagram)
    cat.signal(signal.SIGCONT)
    cat.until_out(b"z\n")
    assert bytes(cat.stdout.data) == b"x\ny\n" + payload(65507) + b"\nz\n"


def test_one_write_is_one_datagram(pollcat):
    server = udp()
    cat = pollcat("-u", "127.0.0.1", port_of(server))
    for message in (b"one\ntwo\n", b"x", payload(4096)):
        cat.send(message)
        assert server.recv(1 << 17) == message


@pytest.mark.parametrize("mode, status", [("-u", 1), ("--udp-connected", 1)])
def test_refusal_is_told(pollcat, host, mode, status):
    with refusing(host, kind=socket.SOCK_DGRAM) as sock:
        cat = pollcat(mode, host, port_of(sock)).send(b"anybody?")
        cat.until_err(rf"^pollcat: .*{host} port {port_of(sock)}: Connection refused$")
        if mode == "-u":
            cat.close()
        assert (cat.wait(), cat.out) == (status, b"")


def test_unconnected_client_goes_on_after_a_refusal(pollcat):
    sock = refusing(kind=socket.SOCK_DGRAM)
    cat = pollcat("-u", "127.0.0.1", port_of(sock)).send(b"too early")
    cat.until_err("Connection refused$")
    port = port_of(sock)
    sock.close()
    server = udp(port=port)
    cat.send(b"now")
    data, client = server.recvfrom(100)
    server.sendto(b"yes", client)
    cat.until_out(b"yes")
    assert data == b"now"


def test_refusals_are_told_once(pollcat):
    with refusing(kind=socket.SOCK_DGRAM) as sock:
        cat = pollcat("-u", "127.0.0.1", port_of(sock), "--line").send(b"1\n2\n3\n").close()
        assert (cat.wait(), cat.err) == (1, f"pollcat: 127.0.0.1 port {port_of(sock)}: Connection refused\n")


def test_refusals_are_told_again_once_it_worked(pollcat):
    sock = refusing(kind=socket.SOCK_DGRAM)
    port = port_of(sock)
    cat = pollcat("-u", "127.0.0.1", port, "--line").send(b"1\n")
    cat.until_err("Connection refused$")
    sock.close()
    server = udp(port=port)
    cat.send(b"4\n5\n")
    assert [server.recvfrom(9)[0] for _ in range(2)] == [b"4\n", b"5\n"]
    server.close()
    refusal = f"pollcat: 127.0.0.1 port {port}: Connection refused\n"
    cat.send(b"6\n7\n").close()
    assert (cat.wait(), cat.err) == (1, refusal * 2)


def test_listener_goes_on_after_a_refusal(listener):
    cat, gone, peer = listener(), udp(), udp()
    gone.sendto(b"bye", to(cat))
    cat.until_out(b"bye")
    name = rf"127\.0\.0\.1 port {port_of(gone)}"
    gone.close()
    cat.send(b"answer")
    cat.until_err(rf"^pollcat: .*{name}: Connection refused$")
    peer.sendto(b"hello", to(cat))
    cat.until_out(b"hello")
    cat.send(b"you")
    assert peer.recv(100) == b"you"


@pytest.mark.parametrize("args, least", [
    ((), 1), (("-w", "300ms"), 0.3), (("-w", "1000s", "-q", "0"), 0), (("-w", "1000s", "-q", "200ms"), 0.2)])
@pytest.mark.parametrize("mode", ["-u", "--udp-connected"])
def test_wait_for_answers_after_the_end_of_input(pollcat, mode, args, least):
    server = udp()
    cat = pollcat(mode, *args, "127.0.0.1", port_of(server)).send(b"x")
    assert server.recv(10) == b"x"
    start = time.monotonic()
    cat.close()
    assert cat.wait() == 0 and time.monotonic() - start >= least


@pytest.mark.parametrize("group, more", [("239.1.2.3", ""), ("239.1.2.3", "%lo"), ("ff02::1234", "%lo")])
def test_a_group_is_joined(pollcat, group, more):
    host = "::" if ":" in group else "127.0.0.1" if more == "" else "0.0.0.0"
    cat = pollcat("-u", "-l", "--join", group + more, group if host == "127.0.0.1" else host, "0",
                  wrap=["unshare", *(["--map-root-user"] if os.getuid() else []), "--net", "sh", "-c",
                        'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec "$@"', "sh"])
    assert cat.bound()
    with open(f"/proc/{cat.popen.pid}/net/{'igmp6' if ':' in group else 'igmp'}") as groups:
        assert ("ff020000000000000000000000001234" if ":" in group else "030201EF") in groups.read()


def test_what_is_sent_to_a_joined_group_arrives(pollcat, program):
    wrap = namespace(program)
    cat = pollcat("-u", "-l", "--join", "239.1.2.3%lo", "0.0.0.0", "0", wrap=wrap)
    send = ("import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
            "s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'));"
            "s.sendto(b'to all', ('239.1.2.3', int(sys.argv[1])))")
    assert program(*wrap, "/usr/bin/python3", "-c", send, cat.port).wait() == 0
    cat.until_out(b"to all")


def test_a_group_that_is_not_joined_is_told(pollcat):
    cat = pollcat("-u", "-l", "239.1.2.3", "0")
    cat.until_err("^pollcat: 239.1.2.3 is a multicast group, and not joined: --join 239.1.2.3$")


def test_what_is_no_group_is_not_joined(pollcat):
    cat = pollcat("-u", "-l", "--join", "127.0.0.1", "0")
    assert (cat.wait(), cat.err) == (2, "pollcat: --join 127.0.0.1: a multicast address is needed\n")
    for where in (["127.0.0.1", "0"], ["-4", "0"]):
        cat = pollcat("-u", "-l", "--join", "ff02::1", *where)
        assert (cat.wait(), cat.err) == (2, "pollcat: --join ff02::1: a group of IPv6, and a socket of IPv4\n")


def test_late_answers_prolong_the_wait(pollcat):
    """It ends when nothing came for so long, and not before."""
    since = time.monotonic()
    server = udp()
    cat = pollcat("-u", "-w", "500ms", "127.0.0.1", port_of(server)).send(b"x").close()
    client = server.recvfrom(10)[1]
    answers = 0

    def answer():
        nonlocal answers
        server.sendto(b".", client)
        answers += 1
        return cat.stdout.wait_for(lambda seen: len(seen) >= answers)

    if keep_talking(answer, 0.5, since):
        assert (cat.wait(), cat.out) == (0, b"." * answers)


def test_quit_never(pollcat):
    server = udp()
    cat = pollcat("-u", "-q", "-1", "127.0.0.1", port_of(server)).send(b"x").close()
    client = server.recvfrom(10)[1]
    with pytest.raises(subprocess.TimeoutExpired):
        cat.popen.wait(1.5)  # more than the second that is the default
    server.sendto(b"late", client)
    cat.until_out(b"late")


def test_listener_stays_after_the_end_of_input(listener):
    cat = listener().close()
    peer = udp()
    peer.sendto(b"still there?", to(cat))
    cat.until_out(b"still there?")
    assert cat.signal(15).wait() == -15


def test_listener_quits_once_sent(listener):
    cat = listener("-q", "0").send(b"answer").close()
    peer = udp()
    peer.sendto(b"hello", to(cat))
    assert peer.recv(100) == b"answer"
    assert cat.wait() == 0


def test_idle_listener_ends(listener):
    cat, peer = listener("-w", "300ms"), udp()
    peer.sendto(b"hello", to(cat))
    cat.until_out(b"hello")
    assert (cat.wait(), cat.err) == (0, "")


@pytest.mark.parametrize("option", ["-w", "--idle-timeout"])
def test_receive_only_client_asks_nobody(pollcat, option):
    server = udp()
    cat = pollcat("-u", "-d", option, "300ms", "127.0.0.1", port_of(server)).send(b"x").close()
    assert (cat.wait(), cat.out) == (0, b"")
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(10)


def test_address_in_use(pollcat):
    with udp() as other:
        cat = pollcat("-u", "-l", "127.0.0.1", port_of(other))
        assert cat.wait() == 2
        assert cat.err == f"pollcat: listen on 127.0.0.1 port {port_of(other)}: Address already in use\n"


def test_source_address_and_port(pollcat):
    with udp("127.0.0.3") as sock:
        port = port_of(sock)
    server = udp()
    cat = pollcat("-u", "-s", "127.0.0.3", "-p", port, "127.0.0.1", port_of(server)).send(b"x")
    assert server.recvfrom(10) == (b"x", ("127.0.0.3", port))
    cat.signal(15).wait()


CLIENTS = [
    ("nc.openbsd", "-u", "{host}", "{port}"),
    ("ncat", "-u", "{host}", "{port}"),
    ("socat", "-", "UDP:{quoted}:{port}"),
]


@pytest.mark.parametrize("argv", CLIENTS, ids=lambda argv: argv[0])
def test_real_clients(pollcat, program, host, argv):
    cat = pollcat("-u", "-l", "0")
    quoted = f"[{host}]" if ":" in host else host
    words = {"host": host, "quoted": quoted, "port": cat.port}
    client = program(need(argv[0]), *(arg.format(**words) for arg in argv[1:]))
    client.send(payload(1000))
    cat.until_out(1000)
    cat.send(b"answer")
    client.until_out(b"answer")
    assert bytes(cat.stdout.data) == payload(1000)


def test_real_nc_as_server(pollcat, program):
    with udp() as sock:
        port = port_of(sock)
    server = program(need("nc.openbsd"), "-v", "-u", "-l", "127.0.0.1", port)
    server.until_err("Bound on")
    cat = pollcat("-u", "127.0.0.1", port).send(b"question")
    server.until_out(b"question")
    server.send(b"answer")
    cat.until_out(b"answer")


@pytest.mark.parametrize("mode", ["-u", "--udp-connected"])
def test_real_server(pollcat, program, mode):
    with udp() as sock:
        port = port_of(sock)
    socat = program(need("socat"), "-d", "-d", f"UDP-RECVFROM:{port},bind=127.0.0.1", "EXEC:rev")
    socat.until_err("receiving on")
    cat = pollcat(mode, "127.0.0.1", port).send(b"drawer\n").close()
    assert (cat.wait(), cat.out) == (0, b"reward\n")


def test_two_of_us(pollcat, host):
    one = pollcat("-u", "-l", host, "0")
    two = pollcat("-u", host, one.port).send(b"ping")
    one.until_out(b"ping")
    one.send(b"pong")
    two.until_out(b"pong")
    two.close()
    assert two.wait() == 0
