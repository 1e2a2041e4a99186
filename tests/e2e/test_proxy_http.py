# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain requests of HTTP through us as a proxy: where they end, and what is answered."""
import http.server
import socket
import threading

import pytest

from support import POLLCAT, accept, dial, half_close, need, payload, port_of, receive, receive_all, reset, serve, until_resting

CLOSE = b"Via: 1.1 pollcat\r\nConnection: close\r\n\r\n"


@pytest.fixture
def proxy(pollcat):
    def start(*args):
        cat = pollcat("-v", "-l", "-k", "--proxy-type", "http", "127.0.0.1", "0", *args)
        cat.bound()
        return cat

    return start


def request(port, *fields, method="POST", path="/", body=b""):
    return "\r\n".join([f"{method} http://127.0.0.1:{port}{path} HTTP/1.1", "Host: x", *fields, "", ""]).encode() + body


def head(port, *fields, method="POST", path="/"):
    """The same as the server is to get it."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *fields, ""]).encode() + CLOSE


def chunks(*parts, trailer=b""):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"


BODIES = {"none": ([], b""),
          "length": (["Content-Length: 5"], b"12345"),
          "empty": (["Content-Length: 0"], b""),
          "long": (["Content-Length: 300000"], payload(300000)),
          "chunks": (["Transfer-Encoding: chunked"], chunks(b"12345", b"\r\n0\r\n\r\n", trailer=b"A: b\r\n")),
          "no chunks": (["Transfer-Encoding: chunked"], chunks()),
          "long chunks": (["Transfer-Encoding: chunked"], chunks(payload(100000), payload(70000)))}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("pieces", [1, 1000, 1 << 20])
def test_where_a_request_ends(proxy, kind, pieces):
    """The server gets that and no more; what follows may be for another one."""
    fields, body = BODIES[kind]
    cat, server, other = proxy(), serve(), serve()
    port = port_of(server)
    text = request(port, *fields, body=body) + request(port_of(other), "Content-Length: 5", body=b"never")
    pieces = max(pieces, len(text) // 2000)
    client = dial(cat.port)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sender = threading.Thread(target=lambda: [client.sendall(text[i:i + pieces]) for i in range(0, len(text), pieces)])
    sender.start()
    peer = accept(server)
    wanted = head(port, *fields) + body
    assert receive(peer, len(wanted)) == wanted
    sender.join()
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    peer.settimeout(0.05)
    with pytest.raises(TimeoutError):
        peer.recv(1)
    peer.close()
    assert receive_all(client) == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + CLOSE + b"ok"
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.accept()


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("sent, wanted", [
    (b"HTTP/1.1 200 OK\r\nConnection: keep-alive, A\r\nA: b\r\nB: c\r\n\r\nbody", b"HTTP/1.1 200 OK\r\nB: c\r\n" + CLOSE + b"body"),
    (b"HTTP/1.0 200 OK\nA: b\n\nbody\n\n", b"HTTP/1.0 200 OK\r\nA: b\r\n" + CLOSE.replace(b"1.1", b"1.0") + b"body\n\n"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 x\r\n\r\n",
     b"HTTP/1.1 100 Continue\r\nVia: 1.1 pollcat\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\nVia: 1.1 pollcat\r\n\r\nHTTP/1.1 200 OK\r\n" +
     CLOSE + b"HTTP/1.1 100 x\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n", None), (b"something else\r\n\r\n", None), (b"HTTP/1.1 200 OK\r\nbroken\r\n\r\nbody", None),
    (b"HTT", None), (b"", None), (b"HTTP/1.1 200 OK\r\nA: " + bytes(100), None), (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20000 + b"\r\nbody", None)],
    ids=["head", "old", "interim", "half", "other", "broken", "cut", "nothing", "zeros", "too long"])
def test_answers(proxy, sent, wanted, size):
    """What is none of HTTP goes as it is."""
    size = max(size, len(sent) // 2000)
    cat, server = proxy(), serve()
    client = dial(cat.port)
    client.sendall(request(port_of(server), method="GET"))
    peer = accept(server)
    receive(peer, len(head(port_of(server), method="GET")))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(0, len(sent), size):
        peer.sendall(sent[i:i + size])
    peer.close()
    assert receive_all(client) == (sent if wanted is None else wanted)


def test_long_answers(proxy):
    cat, server = proxy(), serve()
    client = dial(cat.port)
    client.sendall(request(port_of(server), method="GET"))
    peer = accept(server)
    receive(peer, len(head(port_of(server), method="GET")))
    sender = threading.Thread(target=lambda: (peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + payload(5 << 20)), peer.close()))
    sender.start()
    until_resting(cat.pid)  # the client does not read
    assert receive_all(client) == b"HTTP/1.1 200 OK\r\n" + CLOSE + payload(5 << 20)
    sender.join()


@pytest.mark.parametrize("body", [b"x\r\n", b"5\r\n1234567", b"5\n12345x", b"fffffffffffffffff\r\n"])
def test_what_are_no_chunks(proxy, body):
    cat, server = proxy(), serve()
    client = dial(cat.port)
    client.sendall(request(port_of(server), "Transfer-Encoding: chunked", body=body))
    with pytest.raises(ConnectionResetError):
        receive_all(accept(server))
    cat.until_err("what it sent are no chunks of HTTP$")


def test_half_closes_and_resets_pass(proxy):
    cat, server = proxy(), serve()
    client = dial(cat.port)
    client.sendall(request(port_of(server), "Content-Length: 9", body=b"12345"))
    peer = accept(server)
    wanted = head(port_of(server), "Content-Length: 9") + b"12345"
    assert receive(peer, len(wanted)) == wanted
    half_close(client)
    assert receive_all(peer) == b""
    reset(peer)
    with pytest.raises(ConnectionResetError):
        receive_all(client)


@pytest.mark.parametrize("path, wanted", [("", "*"), ("/", "/"), ("?a", "/?a")])
def test_options_of_the_server_itself(proxy, path, wanted):
    cat, server = proxy(), serve()
    dial(cat.port).sendall(request(port_of(server), method="OPTIONS", path=path))
    assert receive(accept(server), 10 + len(wanted)).startswith(f"OPTIONS {wanted} ".encode())


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def echoes():
    servers = []
    for _ in range(2):
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
    yield [server.server_address[1] for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("fields", [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]])
def test_curl_sends(proxy, program, echoes, tmp_path, fields):
    """Several requests, for different servers, of a client that would keep its connection."""
    file = tmp_path / "body"
    file.write_bytes(payload(200000))
    cat = proxy()
    urls = [f"http://127.0.0.1:{port}/" for port in echoes * 2]
    curl = program(need("curl"), "-sS", "-x", f"127.0.0.1:{cat.port}", *fields, "--data-binary", f"@{file}", *urls)
    assert curl.wait() == 0 and curl.out == 4 * payload(200000)


def test_as_ncat(program, tmp_path, free_port):
    """Which has no chunks."""
    (tmp_path / "ncat").symlink_to(POLLCAT)
    cat = program(tmp_path / "ncat", "-v", "-l", "--proxy-type", "http", "127.0.0.1", free_port)
    cat.until_err("Listening on 127.0.0.1")
    client = dial(free_port)
    client.sendall(request(1, "Transfer-Encoding: chunked", body=chunks(b"abc")))
    assert receive_all(client).startswith(b"HTTP/1.1 411 ")
