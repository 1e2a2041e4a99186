# SPDX-License-Identifier: GPL-3.0-or-later
"""-z with ws:// and wss://: whether a WebSocket can be had there."""
import re

import pytest

from support import Background, accept, port_of, receive_all, refusing, serve
from test_websocket import answer, code_of, frame, library, read_frame, read_head  # noqa: F401


def probe(pollcat, port, *args, path="/chat", scheme="ws"):
    return pollcat("-z", *args, f"{scheme}://127.0.0.1:{port}{path}")


@pytest.fixture
def listener(pollcat):
    def start(*args):
        return pollcat("-l", "-k", "--websocket=/chat", *args, "127.0.0.1", "0", "--echo").port

    return start


def test_it_is_there(pollcat, listener):
    port = listener()
    cat = probe(pollcat, port)
    assert (cat.wait(), cat.out, cat.err) == (0, b"", "")
    cat = probe(pollcat, port, "-v")
    assert cat.wait() == 0
    assert re.fullmatch(rf"pollcat: 127\.0\.0\.1 port {port}: WebSocket\n(pollcat: WebSocket: the other side closed .*\n)?"
                        rf"pollcat: 127\.0\.0\.1 {port} open\n", cat.err), cat.err


def test_with_tls(pollcat, listener, certs):
    port = listener("--ssl", "--ssl-cert", certs["good.pem"], "--ssl-key", certs["good.key"])
    cat = probe(pollcat, port, "--ssl-trustfile", certs["ca.pem"], scheme="wss")
    assert (cat.wait(), cat.out, cat.err) == (0, b"", "")
    cat = probe(pollcat, port, scheme="wss")
    assert cat.wait() == 1 and "nobody here knows the certificate's issuer" in cat.err


def test_a_refusal_is_told_unasked(pollcat, listener):
    port = listener()
    cat = probe(pollcat, port, path="/other")
    assert (cat.wait(), cat.out) == (1, b"")
    assert cat.err == (f"pollcat: connect to 127.0.0.1 port {port}: WebSocket: the server answered 404 Not Found: "
                       "there is nothing at that path\n")


def test_what_is_no_websocket(pollcat, listener):
    """Nor is one without TLS a wss://: it says so at once."""
    port = listener()
    cat = probe(pollcat, port, scheme="wss")
    assert cat.wait() == 1 and "the peer does not speak TLS" in cat.err
    with refusing() as nobody:
        cat = probe(pollcat, port_of(nobody))
        assert (cat.wait(), cat.out, cat.err) == (1, b"", "")
        cat = probe(pollcat, port_of(nobody), "-v")
        assert cat.wait() == 1 and cat.err.endswith("Connection refused\n")


def test_nothing_is_said_but_the_end(pollcat):
    def take(server):
        with accept(server) as sock:
            assert answer(sock, "Sec-WebSocket-Protocol: b\r\n").startswith("GET /chat?a HTTP/1.1\r\n")
            opcode, data = read_frame(sock)
            assert opcode == 8 and code_of(data) == 1000
            sock.sendall(frame(8, data, mask=False))
            return receive_all(sock)

    with serve() as server:
        other = Background(take, server)
        cat = probe(pollcat, port_of(server), "--ws-protocol", "a,b", path="/chat?a")
        assert other.result() == b""
        assert (cat.wait(), cat.err) == (0, "")


def test_one_that_never_answers(pollcat):
    with serve() as server:
        cat = probe(pollcat, port_of(server), "-v", "-w", "0.5")
        with accept(server) as sock:
            read_head(sock)
            assert cat.wait() == 1
        assert cat.err == f"pollcat: connect to 127.0.0.1 port {port_of(server)}: Connection timed out\n"


def test_until_it_is_there(pollcat, free_port):
    cat = probe(pollcat, free_port, "--retry", "60")
    pollcat("-l", "-k", "--websocket", "127.0.0.1", free_port, "--echo").bound()
    assert (cat.wait(), cat.err) == (0, "")


@pytest.mark.parametrize("args, words", [(["-u"], "ws: excludes --udp"), (["-l"], "excludes --listen"), (["-x", "h:1"], "excludes --zero")])
def test_what_does_not_go_together(pollcat, args, words):
    cat = probe(pollcat, 9, *args)
    assert cat.wait() == 2 and words in cat.err
