# SPDX-License-Identifier: GPL-3.0-or-later
"""--proxy-protocol: a connection begins with whom it is from; haproxy, pieces, and what is no such header."""
import os
import socket
import struct

import pytest

from support import FreePort, accept, dial, half_close, need, payload, port_of, receive, receive_all, serve

START2 = b"\r\n\r\n\0\r\nQUIT\n"
V1 = b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 80\r\n"
V2 = START2 + b"\x21\x11\0\x0c" + bytes([192, 0, 2, 1, 198, 51, 100, 2]) + struct.pack(">HH", 40000, 80)
V2_MORE = V2[:15] + b"\x0f" + V2[16:] + b"\4\0\0"
REAL = "192.0.2.1 port 40000"


@pytest.fixture
def haproxy(program, tmp_path):
    def start(listen="", server=""):
        """A relay to the port it returns as the second one, once somebody listens there."""
        port, far = FreePort(), FreePort()
        conf = tmp_path / f"haproxy-{port}.cfg"
        conf.write_text(f"""
defaults
    mode tcp
    timeout connect 10s
    timeout client 1m
    timeout server 1m
listen relay
    bind 127.0.0.1:{port} {listen}
    server far 127.0.0.1:{far} {server}
""")
        program(need("haproxy"), "-db", "-f", conf)
        port.wait_listening()
        return port, far

    return start


def listener(pollcat, *args):
    cat = pollcat("-l", "-k", "-v", "--proxy-protocol", "accept", *args, "127.0.0.1", "0")
    cat.bound()
    return cat


@pytest.mark.parametrize("server", ["send-proxy", "send-proxy-v2"])
def test_haproxy_tells(pollcat, haproxy, server):
    port, far = haproxy(server=server)
    cat = pollcat("-l", "-k", "-v", "--proxy-protocol", "accept", "--to", "echo:", "127.0.0.1", str(far))
    cat.bound()
    peer, data = dial(port), payload(1 << 20)
    peer.sendall(data[:5])
    cat.until_err(f"connection from 127.0.0.1 port {port_of(peer)} on 127.0.0.1 port {port}\n")
    assert receive(peer, 5) == data[:5]
    peer.sendall(data[:1 << 15])
    assert receive(peer, 1 << 15) == data[:1 << 15]


@pytest.fixture
def identity(certs, tmp_path):
    """A certificate with its key in one file."""
    (tmp_path / "both.pem").write_bytes(certs["good.pem"].read_bytes() + certs["good.key"].read_bytes())
    return tmp_path / "both.pem"


@pytest.mark.parametrize("server", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn"])
def test_haproxy_ends_tls(pollcat, haproxy, certs, identity, server):
    """And tells of it, of the client's certificate, too; what it tells besides addresses is passed over."""
    port, far = haproxy(listen=f"ssl crt {identity} ca-file {certs['ca.pem']} verify required", server=server)
    cat = pollcat("-l", "-k", "-v", "--proxy-protocol", "accept", "--to", "echo:", "127.0.0.1", str(far))
    cat.bound()
    client = pollcat("--ssl", "--ssl-trustfile", certs["ca.pem"], "--ssl-cert", certs["client.pem"], "--ssl-key", certs["client.key"],
                     "-v", "127.0.0.1", str(port)).send(b"hello")
    client.until_out(b"hello")
    source = client.until_err(r"connected to 127\.0\.0\.1 port \d+ from (127\.0\.0\.1 port \d+)$")[1]
    cat.until_err(f"connection from {source} on 127.0.0.1 port {port}\n")


@pytest.mark.parametrize("server", ["send-proxy", "send-proxy-v2"])
def test_haproxy_begins_tls(pollcat, haproxy, certs, identity, server):
    """Its header stands in the clear before the handshake."""
    port, far = haproxy(server=f"{server} ssl verify required ca-file {certs['ca.pem']} sni str(localhost) verifyhost localhost")
    cat = pollcat("-l", "-k", "-v", "--proxy-protocol", "accept", "--ssl", "--ssl-cert", identity, "--to", "echo:", "127.0.0.1", str(far))
    cat.bound()
    peer = dial(port)
    peer.sendall(b"hello")
    cat.until_err(f"connection from 127.0.0.1 port {port_of(peer)} on 127.0.0.1 port {port}\n")
    assert receive(peer, 5) == b"hello"


@pytest.mark.parametrize("word", ["send", "send-v2"])
@pytest.mark.parametrize("what", ["client", "end"])
def test_haproxy_is_told(pollcat, haproxy, word, what):
    """It tells the next one in turn, in version 1."""
    port, far = haproxy(listen="accept-proxy", server="send-proxy")
    server = socket.create_server(("127.0.0.1", int(far)))
    if what == "client":
        cat = pollcat("--proxy-protocol", word, "127.0.0.1", str(port)).send(b"hello")
    else:
        cat = pollcat("-l", "--proxy-protocol", word, "--to", f"tcp:127.0.0.1:{port}", "127.0.0.1", "0")
        cat.bound()
        peer = dial(cat.port)
        peer.sendall(b"hello")
    end = accept(server)
    line = b""
    while not line.endswith(b"\n"):
        line += receive(end, 1)
    words = line.decode().split()
    assert words[:4] == ["PROXY", "TCP4", "127.0.0.1", "127.0.0.1"]
    if what == "client":
        assert words[5] == str(port)
    else:
        assert words[4:] == [str(port_of(peer)), str(cat.port)]
    assert receive(end, 5) == b"hello"


def test_from_one_to_another(pollcat):
    """What was told is passed on, whatever stands between."""
    server = serve()
    cat = pollcat("-l", "--proxy-protocol", "accept,send", "--to", f"tcp:127.0.0.1:{port_of(server)}", "127.0.0.1", "0")
    cat.bound()
    peer = dial(cat.port)
    peer.sendall(V2 + b"hello")
    end = accept(server)
    assert receive(end, len(V1) + 5) == V1 + b"hello"


@pytest.mark.parametrize("header", [V1, V2, V2_MORE], ids=["v1", "v2", "v2 with more"])
@pytest.mark.parametrize("pieces", ["single bytes", "at once"])
def test_in_pieces(pollcat, header, pieces):
    cat = listener(pollcat, "-c", "echo $POLLCAT_REMOTE_ADDR $POLLCAT_REMOTE_PORT $NCAT_LOCAL_ADDR $NCAT_LOCAL_PORT; cat")
    peer = dial(cat.port)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    text = header + b"hello"
    for i in range(0, len(text), 1 if pieces == "single bytes" else len(text)):
        peer.sendall(text[i:i + 1] if pieces == "single bytes" else text)
    half_close(peer)
    assert receive_all(peer) == b"192.0.2.1 40000 198.51.100.2 80\nhello"
    cat.until_err(f"connection from {REAL} on 198.51.100.2 port 80\n")


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", START2 + b"\x20\0\0\0"], ids=["v1", "v2"])
def test_a_proxy_for_itself(pollcat, header):
    cat = listener(pollcat, "--to", "echo:")
    peer = dial(cat.port)
    peer.sendall(header + b"hello")
    assert receive(peer, 5) == b"hello"
    cat.until_err(f"connection from 127.0.0.1 port {port_of(peer)} on ")


@pytest.mark.parametrize("text, why", [
    (b"GET / HTTP/1.1\r\n\r\n", "it does not begin with a PROXY header"),
    (b"PROXY TCP4 a b 1 2\r\n", "it does not begin with a PROXY header"),
    (b"PROXY UNKNOWN " + 100 * b"a", "its PROXY header is too long"),
    (START2 + b"\x21\x11\xff\xff", "its PROXY header is too long"),
    (b"", "it ended before its PROXY header was whole"),
    (V1[:-1], "it ended before its PROXY header was whole"),
    (V2[:-1], "it ended before its PROXY header was whole")])
def test_what_is_none(pollcat, text, why):
    cat = listener(pollcat, "--to", "echo:")
    peer = dial(cat.port)
    peer.sendall(text)
    half_close(peer)
    cat.until_err(f"connection from 127.0.0.1 port {port_of(peer)}: {why}\n")
    try:
        assert receive_all(peer) == b""
    except ConnectionError:
        pass
    other = dial(cat.port)  # nobody else is harmed
    other.sendall(V1 + b"hello")
    assert receive(other, 5) == b"hello"


def test_one_that_never_says(pollcat):
    """It is given up in time, and holds up nobody."""
    cat = listener(pollcat, "--to", "echo:")
    peer, other = dial(cat.port), dial(cat.port)
    other.sendall(V1 + b"hello")
    assert receive(other, 5) == b"hello"
    cat = listener(pollcat, "--to", "echo:", "-w", "0.2")
    peer = dial(cat.port)
    cat.until_err(f"connection from 127.0.0.1 port {port_of(peer)}: Connection timed out\n")


def test_access_is_of_whom_is_told(pollcat):
    cat = listener(pollcat, "--to", "echo:", "--deny", "192.0.2.0/24", "--allow", "203.0.113.0/24,192.0.2.9")
    peer = dial(cat.port)
    peer.sendall(V1 + b"hello")
    cat.until_err(f"refused {REAL}: not allowed\n")
    try:
        assert receive_all(peer) == b""
    except ConnectionError:
        pass
    peer = dial(cat.port)
    peer.sendall(V1.replace(b"192.0.2.1", b"203.0.113.7") + b"hello")
    assert receive(peer, 5) == b"hello"
    peer = dial(cat.port)
    peer.sendall(b"PROXY UNKNOWN\r\nhello")
    cat.until_err(f"refused 127.0.0.1 port {port_of(peer)}: not allowed\n")


def test_owners_of_unix_sockets_count(pollcat, tmp_path):
    """Whatever they tell."""
    for side, admitted in (("--allow", True), ("--deny", False)):
        path = tmp_path / side
        cat = pollcat("-l", "-k", "-v", "-U", "--proxy-protocol", "accept", side, f"uid:{os.getuid()}", "--to", "echo:", str(path))
        cat.until_err("listening on ")
        peer = dial(path)
        try:
            peer.sendall(V1 + b"hello")
            assert receive(peer, 5) == (b"hello" if admitted else b"")
        except ConnectionError:
            assert not admitted


def test_below_tls(pollcat):
    """The header comes first, in the clear."""
    server = serve()
    cat = pollcat("--ssl", "--insecure", "--proxy-protocol", "send", "127.0.0.1", str(port_of(server)))
    peer = accept(server)
    line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {peer.getpeername()[1]} {port_of(server)}\r\n".encode()
    assert receive(peer, len(line) + 1) == line + b"\x16"
    cat.kill()


def test_what_does_not_go_together(pollcat):
    for args, text in ((["--proxy-protocol", "accept", "h", "1"], "accept needs --listen"),
                       (["-l", "--proxy-protocol", "send", "1"], "needs --to"),
                       (["-l", "--proxy-protocol", "send", "--to", "echo:", "1"], "needs --to"),
                       (["--proxy-protocol", "take", "h", "1"], "none of: accept, send, send-v2"),
                       (["-u", "--proxy-protocol", "send", "h", "1"], "excludes --udp")):
        cat = pollcat(*args)
        assert cat.wait() == 2
        assert text in cat.err
