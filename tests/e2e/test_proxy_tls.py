# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies that are spoken to within TLS, and TLS through them."""
import re
import socket
import ssl

import pytest

from proxies import both_ways, head, http, socks  # noqa: F401
from support import POLLCAT, Background, accept, dial, payload, port_of, receive, receive_all, serve
from terminal import Terminal

LARGE = 8 << 20
GRANTED = b"HTTP/1.1 200 Fine\r\n\r\n"


def context(certs, name="good"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certs[f"{name}.pem"], certs[f"{name}.key"])
    return made


@pytest.fixture
def front(pollcat, certs):
    """TLS in front of a proxy, or of another server."""
    def start(port, name="good", *args):
        cat = pollcat("-l", "-k", "--ssl", "--ssl-cert", certs[f"{name}.pem"], "--ssl-key", certs[f"{name}.key"], *args,
                      "--to", f"127.0.0.1:{port}", "127.0.0.1", "0")
        return cat.port

    return start


def trust(certs):
    return "--ssl-trustfile", certs["ca.pem"]


def test_the_proxy_is_verified(pollcat, http, front, certs):
    server = serve()
    port = front(http("BasicAuth joe secret"))
    cat = pollcat("-v", *trust(certs), "-x", f"https://joe:secret@localhost:{port}", "127.0.0.1", str(port_of(server)))
    both_ways(cat, server)
    cat.until_err(rf"127.0.0.1 port {port_of(server)}: through HTTPS proxy localhost port {port}$")
    cat.until_err(rf"HTTPS proxy localhost port {port}: TLS 1.3, TLS_\w+$")
    cat.until_err("HTTPS proxy localhost port .* for localhost, verified$")


def test_with_the_type_told_apart(pollcat, http, front, certs):
    server = serve()
    cat = pollcat(*trust(certs), "-X", "https", "-P", "joe:secret", "-x", f"localhost:{front(http('BasicAuth joe secret'))}",
                  "127.0.0.1", str(port_of(server)))
    both_ways(cat, server)


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
def test_environment(pollcat, http, front, certs, name):
    server = serve()
    url = f"https://joe:s%2Dcret@localhost:{front(http('BasicAuth joe s-cret'))}/"
    cat = pollcat("-v", *trust(certs), "-x", "env", "127.0.0.1", str(port_of(server)), env={name: url})
    both_ways(cat, server)
    cat.until_err("through HTTPS proxy localhost")


@pytest.mark.parametrize("least", ["1.2", "1.3"])
def test_tls_within_tls(pollcat, http, front, certs, least):
    """Both directions at full load, and each of the two ends verified."""
    data = payload(1 << 20) * (LARGE >> 20)
    server = pollcat("-l", "--ssl", "--ssl-min", least, "--ssl-cert", certs["good.pem"], "--ssl-key", certs["good.key"],
                     "127.0.0.1", "0")
    server.bound()
    cat = pollcat("-v", "-4", "--ssl", *trust(certs), "-x", f"https://localhost:{front(http())}", "localhost", server.port)
    sends = [Background(lambda side=side: side.send(data).close()) for side in (server, cat)]
    assert cat.wait() == 0 and server.wait() == 0
    assert cat.out == data and server.out == data
    for send in sends:
        send.result()
    assert len(re.findall("for localhost, verified$", cat.err, re.M)) == 2


def test_a_chain_of_both_kinds(pollcat, http, socks, front, certs):
    server = serve()
    target = front(port_of(server))
    chain = [f"https://localhost:{front(http())}", f"socks5://127.0.0.1:{socks()}", f"https://127.0.0.1:{front(http())}"]
    cat = pollcat("--ssl", *trust(certs), *[word for proxy in chain for word in ("--proxy", proxy)], "localhost", target)
    both_ways(cat, server)


def test_an_end_through_it(pollcat, http, front, certs):
    server = serve()
    cat = pollcat("-l", *trust(certs), "-x", f"https://localhost:{front(http())}", "127.0.0.1", "0",
                  "--to", f"tls:localhost:{front(port_of(server))}")
    cat.bound()
    peer = dial(cat.port)
    peer.sendall(b"question")
    end = accept(server)
    assert receive(end, 8) == b"question"
    end.sendall(b"answer")
    end.close()
    assert receive_all(peer) == b"answer"


class Crumbs:
    """Passes on every byte alone, in both directions, between who connects and `port`."""

    def __init__(self, port):
        self.server, self.port = serve(), port
        self.passes = [Background(self.run)]

    def run(self):
        ends = [accept(self.server), dial(self.port)]
        for end in ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = Background(self.crumble, ends[1], ends[0])
        self.crumble(*ends)
        back.result()
        for end in ends:
            end.close()

    @staticmethod
    def crumble(source, to):
        try:
            while data := source.recv(1 << 16):
                for byte in data:
                    to.sendall(bytes([byte]))
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.mark.parametrize("within", [False, True])
def test_a_byte_at_a_time(pollcat, http, front, certs, within):
    server = serve()
    crumbs = Crumbs(front(http()))
    target = front(port_of(server)) if within else port_of(server)
    cat = pollcat(*(["--ssl"] if within else []), *trust(certs), "-x", f"https://localhost:{port_of(crumbs.server)}", "localhost",
                  "-4", target)
    peer = accept(server)
    peer.sendall(b"welcome")
    cat.until_out(b"welcome")
    cat.send(b"question").close()
    assert receive_all(peer) == b"question"
    peer.close()
    assert cat.wait() == 0


@pytest.mark.parametrize("within", [False, True])
def test_what_stands_right_behind_the_answer(pollcat, certs, within):
    """In one record with it; and the first words of the server's TLS."""
    proxy = serve()
    cat = pollcat(*(["--ssl"] if within else []), *trust(certs), "-x", f"https://localhost:{port_of(proxy)}", "localhost", "80")
    peer = context(certs).wrap_socket(accept(proxy), server_side=True)
    assert head(peer)[0] == "CONNECT localhost:80 HTTP/1.1"
    if not within:
        peer.sendall(GRANTED + b"welcome")
        cat.until_out(b"welcome")
        peer.close()
        return
    peer.sendall(GRANTED)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inner = context(certs).wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            inner.do_handshake()
            break
        except ssl.SSLWantReadError:
            peer.sendall(outgoing.read())
            incoming.write(peer.recv(1 << 16))
    inner.write(b"welcome")
    peer.sendall(outgoing.read())
    cat.until_out(b"welcome")


def test_a_stranger_is_told_nothing(pollcat, front, certs):
    """Nobody knows who signed it, or the name is another: then it hears neither password nor host."""
    server = serve()
    port = port_of(server)
    for name, args, words in (
            ("unknown", trust(certs), "nobody here knows the certificate's issuer, CN=stranger; if it is to be trusted, give"),
            ("other", trust(certs), "the certificate is for DNS:www.example.org and not for localhost; if that is meant, give --proxy-ssl-pin"),
            ("alone", (), f"trust it with --proxy-ssl-pin {certs.pins('alone')[0]}"),
            ("good", ("--proxy-ssl-pin", certs.pins("alone")[0]),
             f"the peer has another key than --proxy-ssl-pin says: {certs.pins('good')[0]}")):
        at = front(port, name)
        cat = pollcat(*args, "-x", f"https://joe:secret@localhost:{at}", "example", "80")
        assert cat.wait() == 1
        assert cat.err.startswith(f"pollcat: connect to example port 80: HTTPS proxy localhost port {at}: ") and words in cat.err


def test_pins(pollcat, http, front, certs):
    """--proxy-ssl-pin is the proxy's alone. Without TLS behind it the options of TLS are the proxy's, with it they are not."""
    server = serve()
    at = f"https://localhost:{front(http(), 'alone')}"
    pin = certs.pins("alone")[0]
    for args in (["--proxy-ssl-pin", pin], ["--ssl-pin", pin], ["--insecure"]):
        both_ways(pollcat(*args, "-x", at, "127.0.0.1", str(port_of(server))), server)
    target = front(port_of(server))
    both_ways(pollcat("--ssl", *trust(certs), "--proxy-ssl-pin", pin, "-4", "-x", at, "localhost", target), server)
    cat = pollcat("--ssl", "--insecure", "-x", at, "localhost", target)
    assert cat.wait() == 1 and "HTTPS proxy localhost port" in cat.err and "self-signed" in cat.err


def test_what_the_proxy_refuses_is_told(pollcat, http, front, certs):
    port = front(http("ConnectPort 443"))
    cat = pollcat(*trust(certs), "-x", f"https://localhost:{port}", "127.0.0.1", "9")
    assert cat.wait() == 1
    assert f"connect to 127.0.0.1 port 9: HTTPS proxy localhost port {port}: 403 " in cat.err


def test_one_without_tls(pollcat):
    proxy = serve()
    cat = pollcat("-x", f"https://localhost:{port_of(proxy)}", "127.0.0.1", "9")
    peer = accept(proxy)
    receive(peer, 1)
    peer.sendall(b"HTTP/1.1 400 What?\r\n\r\n")
    assert cat.wait() == 1
    assert f"HTTPS proxy localhost port {port_of(proxy)}: " in cat.err


def test_the_end_in_the_middle(pollcat, certs):
    """Of TLS, and of the answer."""
    proxy = serve()
    for begins in (False, True):
        cat = pollcat(*trust(certs), "-x", f"https://localhost:{port_of(proxy)}", "example", "80")
        peer = accept(proxy)
        if begins:
            peer = context(certs).wrap_socket(peer, server_side=True)
            head(peer)
            peer.sendall(GRANTED[:9])
            peer.unwrap()
        else:
            receive(peer, 1)
        peer.close()
        assert cat.wait() == 1
        assert cat.err.startswith("pollcat: connect to example port 80")


def test_what_does_not_go_together(pollcat):
    for args, text in ((["--proxy-ssl-pin", "sha256:00"], "--proxy-ssl-pin needs --proxy"),
                       (["--proxy-ssl-pin", "sha256:00", "-x", "h"], "--proxy-ssl-pin needs a proxy https://HOST:PORT"),
                       (["--proxy-ssl-pin", "sha256:00", "-x", "https://h"], "is not sha256: and 64 hexadecimal digits")):
        cat = pollcat(*args, "h", "1")
        assert cat.wait() == 2
        assert text in cat.err


def test_tls_begun_late(http, front, certs, tmp_path):
    """~tls: what is spoken to the proxy is none of it."""
    server = serve()
    args = ["--no-history", *map(str, trust(certs)), "-x", f"https://localhost:{front(http())}", "localhost", str(port_of(server)), "-4"]
    with Terminal([POLLCAT, *args], home=tmp_path, columns=160) as t:
        peer = accept(server)
        t.type("begin\r")
        assert receive(peer, 6) == b"begin\n"
        t.type("~tls\r")
        peer = context(certs).wrap_socket(peer, server_side=True)
        t.wait_text("for localhost, verified")
        t.type("secret\r")
        assert receive(peer, 7) == b"secret\n"
        t.type("~tls\r")
        t.wait_text("TLS is on this connection already")
        peer.close()


def test_info(pollcat, http, front, certs, tmp_path):
    server = serve()
    port = front(http())
    args = ["--no-history", *map(str, trust(certs)), "-x", f"https://localhost:{port}", "127.0.0.1", str(port_of(server))]
    with Terminal([POLLCAT, *args], home=tmp_path, columns=160) as t:
        peer = accept(server)
        t.type("~info\r")
        t.wait_text(f"HTTPS proxy localhost port {port}: TLS 1.3")
        peer.close()
