# SPDX-License-Identifier: GPL-3.0-or-later
"""Datagrams through SOCKS5 proxies: our own, and some that relay in odd ways."""
import contextlib
import re
import socket

import pytest

from certificates import identity
from proxies import questions_and_answers
from support import POLLCAT, accept, payload, port_of, receive, serve, udp
from terminal import Terminal

ASK = b"\5\3\0\1\0\0\0\0\0\0"


@pytest.fixture
def relay(pollcat):
    """We as the proxy."""
    def start(*args):
        cat = pollcat("-l", "-k", "--proxy-type", "socks5", "127.0.0.1", "0", *args)
        return f"socks5://127.0.0.1:{cat.port}"

    return start


class Relay:
    """A proxy that the test itself plays: `answer` is what it says of where datagrams are to go."""

    def __init__(self):
        self.server, self.socket = serve(), udp()
        self.url = f"socks5://127.0.0.1:{port_of(self.server)}"
        self.client = None

    def grant(self, answer=None, pieces=None):
        self.control = accept(self.server)
        self.control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert receive(self.control, 3) == b"\5\1\0"
        self.control.sendall(b"\5\0")
        assert receive(self.control, len(ASK)) == ASK
        answer = answer or b"\5\0\0\1\0\0\0\0" + port_of(self.socket).to_bytes(2, "big")
        for i in range(0, len(answer), pieces or len(answer)):
            self.control.sendall(answer[i:i + (pieces or len(answer))])
        return self

    def receive(self, ahead):
        """The next datagram of the client, behind what must stand ahead of it."""
        data, self.client = self.socket.recvfrom(1 << 16)
        assert data[:len(ahead)] == ahead
        return data[len(ahead):]

    def send(self, data):
        self.socket.sendto(data, self.client)


def name_ahead(name, port):
    return b"\0\0\0\3" + bytes([len(name)]) + name.encode() + port.to_bytes(2, "big")


def ip_ahead(port, ip=b"\x7f\0\0\1"):
    return b"\0\0\0" + (b"\1" if len(ip) == 4 else b"\4") + ip + port.to_bytes(2, "big")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("how", [["-u"], ["--udp-connected"]])
def test_questions_and_answers(pollcat, relay, name, how):
    server = udp()
    cat = pollcat("-v", *how, "-x", relay(), name, port_of(server))
    questions_and_answers(cat, server)
    cat.until_err(rf"^pollcat: {name} port {port_of(server)}: through SOCKS5 proxy 127.0.0.1 port \d+$")
    cat.until_err("^pollcat: sending to ")


def test_login(pollcat, relay):
    server = udp()
    at = relay("--proxy-auth", "joe:secret").replace("//", "//joe:secret@")
    cat = pollcat("-u", "-x", at, "127.0.0.1", port_of(server)).send(b"x")
    assert server.recv(10) == b"x"
    cat = pollcat("-u", "-x", at.replace("secret", "wrong"), "127.0.0.1", port_of(server))
    assert cat.wait() == 1
    assert cat.err.endswith("the user or the password is wrong\n")


@pytest.mark.parametrize("pieces", [1, None])
def test_a_relay_without_an_address_is_the_proxy(pollcat, pieces):
    """And one with an address is there."""
    for answer in (None, b"\x7f\0\0\1"):
        relay = Relay()
        cat = pollcat("-u", "-x", relay.url, "example.org", "53").send(b"mine")
        relay.grant(answer and b"\5\0\0\1" + answer + port_of(relay.socket).to_bytes(2, "big"), pieces)
        assert relay.receive(name_ahead("example.org", 53)) == b"mine"
        relay.send(ip_ahead(53, b"\1\2\3\4") + b"answer")
        cat.until_out(b"answer")


def test_addresses_stand_as_such(pollcat):
    for host, ahead in (("192.0.2.1", ip_ahead(53, b"\xc0\0\2\1")), ("2001:db8::1", ip_ahead(53, b"\x20\1\x0d\xb8" + 11 * b"\0" + b"\1"))):
        relay = Relay()
        pollcat("-u", "-x", relay.url, host, "53").send(b"mine")
        assert relay.grant().receive(ahead) == b"mine"


def test_names_looked_up_here(pollcat):
    relay = Relay()
    pollcat("-4", "-u", "--proxy-dns", "local", "-x", relay.url, "localhost", "53").send(b"mine")
    assert relay.grant().receive(ip_ahead(53)) == b"mine"


def test_what_is_not_right_is_dropped(pollcat):
    """Fragments, heads that are cut or of no known kind, and what others send than the relay."""
    relay = Relay()
    cat = pollcat("-u", "-x", relay.url, "127.0.0.1", "53").send(b"mine")
    relay.grant().receive(ip_ahead(53))
    good = ip_ahead(53)
    stranger = udp()
    stranger.sendto(good + b"stranger", relay.client)
    wrong = [b"", b"\0", good[:9], b"\0\0\1" + good[3:] + b"fragment", b"\1" + good[1:] + b"reserved", b"\0\0\0\2" + good[4:] + b"kind",
             name_ahead("long", 53)[:-3]]
    for data in 20 * wrong:
        relay.send(data)
    relay.send(good + b"right")
    cat.until_out(b"right")
    assert bytes(cat.stdout.data) == b"right"


@pytest.mark.parametrize("host", ["127.0.0.1", "example"])
def test_one_who_was_not_spoken_to(pollcat, host):
    """With --udp-connected it is not heard: of a name that is whoever answers first from that port."""
    relay = Relay()
    cat = pollcat("--udp-connected", "-x", relay.url, host, "53").send(b"mine")
    relay.grant().receive(b"\0\0\0")
    relay.send(ip_ahead(54) + b"other port")
    relay.send(ip_ahead(53) + b"right.")
    relay.send(ip_ahead(53, b"\1\2\3\4") + b"other host")
    relay.send(name_ahead("example", 53) + b"named")
    cat.until_out(b"right.named")
    assert bytes(cat.stdout.data) == b"right.named"


def test_an_empty_datagram(pollcat):
    relay = Relay()
    cat = pollcat("-u", "-x", relay.url, "127.0.0.1", "53").send(b"mine")
    relay.grant().receive(ip_ahead(53))
    relay.send(ip_ahead(53))
    relay.send(ip_ahead(53) + b"more")
    cat.until_out(b"more")


def test_how_long_they_are(pollcat):
    relay = Relay()
    data = payload(10_500)
    pollcat("-u", "--datagram-size", "1000", "-x", relay.url, "example", "53").send(data)
    relay.grant()
    got = [relay.receive(name_ahead("example", 53)) for _ in range(11)]
    assert b"".join(got) == data and {len(part) for part in got} == {1000, 500}


def test_the_longest(pollcat, tmp_path):
    """It has room for what stands ahead."""
    relay = Relay()
    most = 65507 - len(name_ahead("example", 53))
    (tmp_path / "data").write_bytes(payload(most + 10))
    with open(tmp_path / "data", "rb") as data:
        pollcat("-u", "--datagram-size", "65507", "-x", relay.url, "example", "53", stdin=data)
        relay.grant()
        assert relay.receive(name_ahead("example", 53)) == payload(most + 10)[:most]
        assert relay.receive(name_ahead("example", 53)) == payload(most + 10)[most:]
        relay.control.close()


@pytest.mark.parametrize("reset", [False, True])
def test_the_end_of_the_connection_is_that_of_the_association(pollcat, reset):
    relay = Relay()
    cat = pollcat("-u", "-x", relay.url, "127.0.0.1", "53").send(b"mine")
    relay.grant().receive(ip_ahead(53))
    if reset:
        relay.control.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    relay.control.close()
    assert cat.wait() == 1
    assert cat.err == f"pollcat: receive from 127.0.0.1 port 53: SOCKS5 proxy 127.0.0.1 port {port_of(relay.server)}: it ended the association\n"


def test_our_end_ends_it(pollcat):
    relay = Relay()
    cat = pollcat("-u", "-q", "0", "-x", relay.url, "127.0.0.1", "53").send(b"mine").close()
    relay.grant().receive(ip_ahead(53))
    assert relay.control.recv(1) == b""
    assert cat.wait() == 0


@pytest.mark.parametrize("answer, why", [
    (b"\5\7\0\1\0\0\0\0\0\0", "it does not know this command"),
    (b"\5\2\0\1\0\0\0\0\0\0", "its rules do not allow it"),
    (b"\5\0\0\1\x7f\0\0\1\0\0", "it names no port for datagrams"),
    (b"\5\0\0\3\4host\0\1", "it wants datagrams sent to a name"),
    (b"\5\0\0\2\0\0", "its answer has no address"),
    (b"\5\0", "it ended the connection instead of answering")])
def test_refusals(pollcat, answer, why):
    relay = Relay()
    cat = pollcat("-u", "-x", relay.url, "127.0.0.1", "53")
    relay.grant(answer).control.close()
    assert cat.wait() == 1
    assert cat.err.startswith("pollcat: ") and f"SOCKS5 proxy 127.0.0.1 port {port_of(relay.server)}: {why}" in cat.err
    assert cat.err.count("\n") == 1


def test_a_proxy_that_is_not_there(pollcat):
    with contextlib.closing(serve()) as server:
        port = port_of(server)
    cat = pollcat("-u", "-x", f"socks5://127.0.0.1:{port}", "127.0.0.1", "53")
    assert cat.wait() == 1
    assert cat.err == f"pollcat: connect to 127.0.0.1 port {port}: Connection refused\n"


def test_proxies_that_know_no_datagrams(pollcat):
    for args, title in ((["-x", "p"], "HTTP proxy p port 3128"), (["-x", "socks4a://p"], "SOCKS4a proxy p port 1080"),
                        (["-x", "socks5://p", "-x", "socks5://q"], "SOCKS5 proxy p port 1080, SOCKS5 proxy q port 1080")):
        for rest in (["-u", "h", "1"], ["-l", "-u", "0", "--to", "udp:h:1"], ["-l", "0", "--to", "udp:h:1"]):
            cat = pollcat(*args, *rest)
            assert cat.wait() == 2
            assert cat.err == f"pollcat: {title}: datagrams go through one SOCKS5 proxy, and no other\n"


def test_ends(pollcat, relay):
    """Each peer has an association of its own."""
    server = udp()
    cat = pollcat("-l", "-u", "127.0.0.1", "0", "--to", f"udp:localhost:{port_of(server)}", "-x", relay())
    cat.bound()
    for number in range(2):
        peer = udp()
        peer.connect(("127.0.0.1", cat.port))
        for _ in range(2):
            peer.send(b"from %d" % number)
            data, where = server.recvfrom(100)
            assert data == b"from %d" % number
            server.sendto(b"to %d" % number, where)
            assert peer.recv(100) == b"to %d" % number


# DTLS


@pytest.fixture
def secure(pollcat, certs):
    """Who speaks DTLS, and what its clients know it by."""
    def start(*args):
        server = pollcat("-l", "-k", "-u", "--ssl", *identity(certs), *args, "127.0.0.1", "0")
        return server, ("--ssl", "--ssl-trustfile", certs["ca.pem"])

    return start


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("how", ["-u", "--udp-connected"])
def test_dtls(pollcat, relay, secure, name, how):
    server, trust = secure()
    at = relay()
    one = pollcat("-v", how, *trust, "-x", at, name, server.port).send(b"question")
    server.until_out(b"question")
    server.send(b"answer")
    one.until_out(b"answer")
    assert one.close().wait() == 0
    subject = rf"^pollcat: {name} port {server.port}: "
    assert re.search(rf"{subject}through SOCKS5 proxy 127\.0\.0\.1 port \d+\n{subject}DTLS 1\.2, .*\n"
                     rf"{subject}TLS: the peer's certificate is of CN=good for {name}, verified$", one.err, re.M)


def test_a_datagram_of_dtls_has_room_for_what_stands_ahead(pollcat, relay, secure):
    far = udp()
    server, trust = secure("--to", f"udp:127.0.0.1:{port_of(far)}")
    way = pollcat("-l", "-k", "-u", "127.0.0.1", "0", "--to", f"dtls:localhost:{server.port}", *trust[1:], "-x", relay())
    near = udp()
    near.connect(("127.0.0.1", way.port))
    for size in (1, 1400, 16384):
        near.send(payload(size))
        data, source = far.recvfrom(1 << 16)
        assert data == payload(size)
        far.sendto(data[::-1], source)
        assert near.recv(1 << 16) == payload(size)[::-1]


def test_dtls_that_fails_behind_a_proxy(pollcat, relay, secure):
    server, trust = secure()
    at = relay()
    one = pollcat("-u", "--ssl", "-x", at, "localhost", server.port)
    assert one.wait() == 1
    assert re.match(rf"pollcat: connect to localhost port {server.port}: nobody here knows the certificate's issuer", one.err)
    with udp() as silent:
        one = pollcat("-u", *trust, "-w", "3", "-x", at, "127.0.0.1", port_of(silent))
        assert one.wait() == 1
        assert re.fullmatch(rf"pollcat: connect to 127.0.0.1 port {port_of(silent)} through SOCKS5 proxy 127.0.0.1 port \d+: "
                            "Connection timed out\n", one.err)


def test_the_proxy_leaves_in_the_midst_of_a_handshake(pollcat, certs):
    relay = Relay()
    one = pollcat("-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], "-x", relay.url, "127.0.0.1", "7")
    relay.grant()
    assert relay.receive(ip_ahead(7))[:1] == b"\x16"
    relay.control.close()
    assert one.wait() == 1
    assert one.err.endswith(": it ended the association\n")


# People


def test_at_the_prompt(relay, tmp_path):
    server = udp()
    with Terminal([POLLCAT, "--no-history", "-u", "-x", relay(), "127.0.0.1", str(port_of(server))], home=tmp_path, columns=120) as t:
        t.type("hello\r")
        data, where = server.recvfrom(100)
        assert data == b"hello\n"
        server.sendto(b"and back\n", where)
        t.wait_text("and back")
        t.type("~info\r")
        t.wait_text("through   SOCKS5 proxy 127.0.0.1 port ")


@pytest.mark.parametrize("name, status", [("nc", 1), ("ncat", 0)])
def test_under_the_names_of_others(program, relay, tmp_path, name, status):
    """nc has no such thing."""
    server = udp()
    (tmp_path / name).symlink_to(POLLCAT)
    where = relay().split("//")[1]
    args = ["-X", "5", "-x", where] if name == "nc" else ["--proxy-type", "socks5", "--proxy", where]
    cat = program(tmp_path / name, "-u", *args, "127.0.0.1", port_of(server))
    if status:
        assert cat.wait() == status and "no proxy support for UDP mode" in cat.err
        return
    cat.send(b"hello")
    data, where = server.recvfrom(100)
    assert data == b"hello"
    server.sendto(b"back", where)
    cat.until_out(b"back")
