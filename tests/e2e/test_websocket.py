# SPDX-License-Identifier: GPL-3.0-or-later
"""WebSocket: with Python's websockets at the other side, and with peers that send what they are told, right or wrong."""

import asyncio
import base64
import hashlib
import os
import pathlib
import re
import socket
import struct
import threading

import pytest
import websockets

from support import LEEWAY, SANITIZED, Background, accept, dial, payload, port_of, receive, receive_all, reset, serve
from terminal import listen, peer, says, start, wait_for  # noqa: F401

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
GOOD = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def request(path="/", method="GET", version=13, key=KEY, more=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: x\r\n{GOOD}Sec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: {version}\r\n{more}\r\n").encode()


def frame(opcode, data=b"", *, fin=True, mask=True, rsv=0, length=None):
    n = len(data) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    size = bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n) if n < 65536 else b"\x7f" + struct.pack(">Q", n)
    if not mask:
        return head + size + data
    key = os.urandom(4)
    return head + bytes([size[0] | 128]) + size[1:] + key + bytes(b ^ key[i % 4] for i, b in enumerate(data))


def close_frame(code, reason=b"", **more):
    return frame(CLOSE, struct.pack(">H", code) + reason, **more)


def read_head(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(sock, 1)
    return head.decode()


def read_part(sock):
    """Whether the next frame is the last of its message, its opcode and the data."""
    first, size = receive(sock, 2)
    n, masked = size & 127, size & 128
    if n >= 126:
        n = int.from_bytes(receive(sock, 2 if n == 126 else 8), "big")
    key = receive(sock, 4) if masked else bytes(4)
    data = receive(sock, n) if n > 0 else b""
    if any(key):
        data = bytes(b ^ key[i % 4] for i, b in enumerate(data))
    return bool(first & 0x80), first & 15, data


def read_message(sock):
    """The opcode and the data of the next message."""
    whole, opcode, data = read_part(sock)
    while not whole:
        whole, more, part = read_part(sock)
        assert more == 0
        data += part
    return opcode, data


def read_frame(sock):
    """The same of one that comes in one frame."""
    whole, opcode, data = read_part(sock)
    assert whole
    return opcode, data


def code_of(data):
    return int.from_bytes(data[:2], "big")


def join(port, **more):
    """A client that has shaken hands by hand."""
    sock = dial(port)
    sock.sendall(request(**more))
    assert read_head(sock).startswith("HTTP/1.1 101 ")
    return sock


def answer(sock, more=""):
    """Shakes hands as a server; returns the request."""
    head = read_head(sock)
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    proof = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    sock.sendall(f"HTTP/1.1 101 Fine\r\n{GOOD}Sec-WebSocket-Accept: {proof}\r\n{more}\r\n".encode())
    return head


@pytest.fixture
def library():
    """A server of the library, which runs `serve` for each connection: its port."""
    loops = []

    def start(handler, **more):
        ready, box = threading.Event(), []

        async def main():
            stop = asyncio.get_running_loop().create_future()
            async with websockets.serve(handler, "127.0.0.1", 0, **more) as server:
                box.extend((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stop))
                ready.set()
                await stop

        thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
        thread.start()
        ready.wait()
        loops.append((box[1], box[2], thread))
        return box[0]

    yield start
    for loop, stop, thread in loops:
        loop.call_soon_threadsafe(stop.set_result, None)
        thread.join()


async def echo(ws):
    async for message in ws:
        await ws.send(message)


def client(port, talk, path="/", **more):
    async def main():
        async with websockets.connect(f"ws://127.0.0.1:{port}{path}", max_size=None, **more) as ws:
            return await talk(ws)

    return asyncio.run(main())


# As a client.


def test_lines_are_text_messages(pollcat, library):
    cat = pollcat("-v", f"ws://127.0.0.1:{library(echo)}/x")
    cat.send("hello\n\nünï\nlast".encode())
    assert cat.close().wait() == 0
    assert cat.out == "hello\n\nünï\nlast\n".encode()
    assert "WebSocket: the other side closed (1000, normal)" in cat.err


def test_the_answer_to_the_last_line_is_waited_for(pollcat):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    assert answer(sock).startswith("GET / HTTP/1.1\r\n")
    cat.send(b"question\n")
    cat.close()
    assert read_frame(sock) == (TEXT, b"question")
    sock.sendall(frame(TEXT, b"answer", mask=False))
    assert read_frame(sock) == (CLOSE, struct.pack(">H", 1000))
    sock.sendall(close_frame(1000, mask=False))
    sock.close()
    assert cat.wait() == 0 and cat.out == b"answer\n"


def test_binary(pollcat, library):
    data = payload(3 << 20)
    cat = pollcat("--binary", f"ws://127.0.0.1:{library(echo, max_size=None)}/")
    cat.send(data)
    cat.until_out(len(data))
    assert cat.close().wait() == 0 and cat.out == data


def test_what_is_asked_for(pollcat):
    server = serve()
    port = port_of(server)
    cat = pollcat("--ws-protocol", "chat, super", "--ws-header", "X-A: 1", "--ws-header", "X-B: 2", "--ws-origin",
                  "https://example.org", "-v", f"WS://localhost:{port}/a/b?c=d#e")
    sock = accept(server)
    head = answer(sock, "Sec-WebSocket-Protocol: super\r\n")
    assert head.startswith(f"GET /a/b?c=d HTTP/1.1\r\nHost: localhost:{port}\r\n")
    for line in ("Sec-WebSocket-Protocol: chat, super", "X-A: 1", "X-B: 2", "Origin: https://example.org",
                 "Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: Upgrade"):
        assert f"\r\n{line}\r\n" in head
    cat.until_err("WebSocket, subprotocol super")
    sock.sendall(close_frame(1000, mask=False))
    assert cat.wait() == 0


def test_crlf_is_no_part_of_a_line(pollcat):
    server = serve()
    cat = pollcat("-C", f"ws://127.0.0.1:{port_of(server)}/")
    sock = accept(server)
    answer(sock)
    cat.send(b"line\n")
    assert read_frame(sock) == (TEXT, b"line")


def test_a_host_of_ones_own(pollcat):
    server = serve()
    cat = pollcat("--ws-header", "host: example.org", f"ws://127.0.0.1:{port_of(server)}/")
    sock = accept(server)
    head = answer(sock)
    assert head.lower().count("\r\nhost:") == 1 and "\r\nhost: example.org\r\n" in head
    sock.sendall(close_frame(1000, mask=False))
    assert cat.wait() == 0


def test_one_byte_at_a_time(pollcat):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = read_head(sock)
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    proof = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    whole = f"HTTP/1.1 101 Fine\r\n{GOOD}Sec-WebSocket-Accept: {proof}\r\n\r\n".encode()
    whole += frame(TEXT, "grüße".encode(), mask=False) + frame(TEXT, b"a", fin=False, mask=False)
    whole += frame(PING, b"p", mask=False) + frame(0, b"b", mask=False)
    for byte in whole:
        sock.sendall(bytes([byte]))
    assert read_frame(sock) == (PONG, b"p")
    for byte in close_frame(1000, b"bye", mask=False):
        sock.sendall(bytes([byte]))
    assert read_frame(sock) == (CLOSE, struct.pack(">H", 1000) + b"bye")
    sock.close()
    assert cat.wait() == 0 and cat.out == "grüße\nab\n".encode()


@pytest.mark.parametrize("code, words", [(1000, None), (1001, None), (1008, "1008, policy violation"),
                                         (1011, "1011, internal error"), (4000, "4000")])
def test_close_codes(pollcat, code, words):
    server = serve()
    cat = pollcat("-v", f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    answer(sock)
    sock.sendall(frame(TEXT, b"last", mask=False) + close_frame(code, b"why \x1b[31m", mask=False))
    assert read_frame(sock)[0] == CLOSE
    sock.close()
    assert cat.wait() == (0 if words is None else 1)
    assert cat.out == b"last\n" and "\x1b" not in cat.err
    if words is not None:
        assert f"closed the WebSocket ({words}): why " in cat.err


def test_end_without_a_close(pollcat):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    answer(sock)
    sock.sendall(frame(TEXT, b"last", mask=False))
    sock.close()
    assert cat.wait() == 1 and cat.out == b"last\n"
    assert "without a close" in cat.err


@pytest.mark.parametrize("said, words", [
    ("HTTP/1.1 404 Not \x1b[1mFound\r\nContent-Length: 8\r\n\r\nno\r\nhere", "404 Not .*Found: no  here"),
    ("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "403 No$"),
    ("HTTP/1.1 500 Ouch\r\n\r\n" + "x" * 10000, "500 Ouch: xxx"),
    ("HTTP/1.1 503 Wait\r\n\r\nmoment", "503 Wait: moment"),
    ("HTTP/1.1 101 Fine\r\n\r\n", "101, but for no WebSocket"),
    (f"HTTP/1.1 101 Fine\r\n{GOOD}Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n", "101, but not to this request"),
    ("SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"),
    ("HTTP/1.1 101 " + "x" * 20000, "too long"),
    ("SSH-2.0-x", "does not speak HTTP"),
])
def test_refusals(pollcat, said, words):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}/")
    sock = accept(server)
    read_head(sock)
    sock.sendall(said.encode())
    cat.until_err(words)
    assert cat.wait() == 1 and "\x1b" not in cat.err


@pytest.mark.parametrize("more, words", [
    ("Sec-WebSocket-Extensions: permessage-deflate\r\n", "wants extensions"),
    ("Sec-WebSocket-Protocol: other\r\n", "subprotocol 'other'"),
])
def test_what_was_not_asked_for(pollcat, more, words):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}/")
    sock = accept(server)
    answer(sock, more)
    assert cat.wait() == 1 and words in cat.err


@pytest.mark.parametrize("url, words", [
    ("ws://", "host is missing"), ("ws://u:p@h/", "login"), ("ws://h:0/", "no port"), ("ws://h/a b", "blanks"),
])
def test_wrong_addresses(pollcat, url, words):
    cat = pollcat(url)
    assert cat.wait() == 2 and words in cat.err


@pytest.mark.parametrize("args, words", [
    (("--binary", "127.0.0.1", "1"), "nothing here speaks WebSocket"),
    (("--websocket=x", "127.0.0.1", "1"), "begins with /"),
    (("--websocket", "--ws-header", "x", "127.0.0.1", "1"), "NAME: VALUE"),
    (("--websocket", "--ws-header", "upgrade: x", "127.0.0.1", "1"), "the handshake says that"),
    (("--websocket", "--ws-header", "Sec-WebSocket-Protocol: x", "127.0.0.1", "1"), "--ws-protocol says that"),
    (("--websocket", "--ws-protocol", "a b", "127.0.0.1", "1"), "subprotocol"),
    (("--websocket", "-u", "127.0.0.1", "1"), "excludes"),
])
def test_wrong_options(pollcat, args, words):
    cat = pollcat(*args)
    assert cat.wait() == 2 and words in cat.err


def test_at_the_prompt(start, peer):  # noqa: F811
    t = start("--websocket", accept=False)
    peer.accept()
    assert answer(peer.socket).startswith("GET / ")
    t.wait_prompt()
    t.type("typed\r")
    assert read_frame(peer.socket) == (TEXT, b"typed")
    t.type("~input hex\r68 69\r68 ff\r~input text\r")
    assert [read_frame(peer.socket), read_frame(peer.socket)] == [(TEXT, b"hi"), (BINARY, b"h\xff")]
    peer.socket.sendall(frame(TEXT, b"a message", mask=False) + frame(BINARY, b"\x00\x01\n\xff", mask=False) +
                        frame(BINARY, b"two", mask=False) + frame(TEXT, b"esc \x1b[31m", mask=False))
    t.wait(lambda t: [re.sub("  +", " ", line) for line in t.lines()][-4:] == [
        "a message", "00000000 00 01 0a ff |....|", "00000000 74 77 6f |two|", "esc \\x1b[31m"])


def test_watched_messages_stay_what_they_are(tmp_path, library):
    t, port = listen(tmp_path, "-lk", "--websocket", "127.0.0.1", "0", "--to", f"ws://127.0.0.1:{library(echo)}/", "--watch",
                     columns=100, rows=40)
    with t, join(port) as sock:
        for opcode, data in ((TEXT, b"a text"), (BINARY, b"no text"), (TEXT, b""), (TEXT, b"two\nlines\n"), (BINARY, b"\x00\xff")):
            sock.sendall(frame(opcode, data))
            assert read_message(sock) == (opcode, data)
        t.wait(lambda t: {"[1<] a text", "[1<] 00000000 6e 6f 20 74 65 78 74 |no text|", "[1<] two", "[1<] lines",
                          "[1<] 00000000 00 ff |..|"} <= {re.sub("  +", " ", line) for line in t.lines()})


def test_what_is_typed_into_a_long_message(tmp_path):
    server = serve()
    t, port = listen(tmp_path, "-lk", "--websocket", "127.0.0.1", "0", "--to", f"ws://127.0.0.1:{port_of(server)}/", "--watch",
                     columns=100, rows=40)
    long = b"x" * 300_000

    def shown(run):
        job = Background(run)
        wait_for(lambda: not job.is_alive(), "the message", lambda: t.read(0.01))
        return job.result()

    def read_until(what):
        whole, opcode, data = read_part(end)
        while what not in data:
            assert not whole
            whole, _, more = read_part(end)
            data += more
        return whole, opcode, data

    with server, t, join(port) as sock, accept(server) as end:
        answer(end)
        sock.sendall(frame(TEXT, long, fin=False))
        whole, opcode, data = shown(lambda: read_until(b"x" * 200_000))
        assert (whole, opcode) == (False, TEXT)
        t.type("~@1> typed\r")
        whole, opcode, more = shown(lambda: read_until(b"typed\n"))
        assert (whole, opcode) == (False, 0)
        sock.sendall(frame(0, b"end") + frame(TEXT, b"next"))
        whole, opcode, last = shown(lambda: read_until(b"end"))
        assert (whole, opcode) == (True, 0)
        assert (data + more + last).replace(b"typed\n", b"") == long + b"end"
        assert shown(lambda: read_frame(end)) == (TEXT, b"next")


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_through_a_proxy(pollcat, library, kind):
    proxy = pollcat("-lk", "--proxy-type", kind, "127.0.0.1", "0")
    cat = pollcat("--proxy", f"127.0.0.1:{proxy.port}", "--proxy-type", kind, f"ws://127.0.0.1:{library(echo)}/")
    cat.send(b"there and back\n")
    assert cat.close().wait() == 0 and cat.out == b"there and back\n"


def test_an_answer_that_is_cut_off(pollcat):
    whole = f"HTTP/1.1 101 Fine\r\n{GOOD}Sec-WebSocket-Accept: {ACCEPT}\r\n\r".encode()
    for n in range(0, len(whole) + 1, 13):
        server = serve()
        cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
        sock = accept(server)
        read_head(sock)
        sock.sendall(whole[:n])
        sock.close()
        assert cat.wait() == 1 and cat.err != ""


# As a listener.


def test_the_library_as_client(pollcat):
    async def talk(ws):
        assert ws.subprotocol == "b"
        await ws.send("text")
        await ws.send(b"bin\xff")
        return await ws.recv()

    cat = pollcat("-l", "--websocket=/p", "--ws-protocol", "a,b", "0")
    cat.send(b"greeting\n")
    assert client(cat.port, talk, "/p?q=1", subprotocols=["c", "b"]) == "greeting"
    cat.until_out(b"text\nbin\xff\n")
    assert cat.close().wait() == 0


@pytest.mark.parametrize("asked, status, words", [
    (request("/other"), 404, "nothing at that path"),
    (request("/p", version=8), 426, "version 13"),
    (request("/p", key="short"), 400, "Sec-WebSocket-Key"),
    (request("/p", method="POST"), 400, "GET"),
    (request("/p", more="Origin: http://evil\r\n"), 403, "origin"),
    (b"GET /p HTTP/1.1\r\nHost: x\r\n\r\n", 426, "only WebSocket"),
    (b"\x16\x03\x01\x02", 400, "no request"),
    pytest.param(b"GET /" + b"p" * 16384, 431, "too long", id="long"),
])
def test_wrong_requests(pollcat, asked, status, words):
    cat = pollcat("-lk", "-v", "--websocket=/p", "--ws-origin", "http://good", "0")
    sock = dial(cat.port)
    sock.sendall(asked)
    said = receive_all(sock).decode()
    assert said.startswith(f"HTTP/1.1 {status} ") and words in said
    cat.until_err(words)
    assert join(cat.port, path="/p", more="Origin: http://good\r\n")


def test_requests_that_are_cut_off(pollcat):
    """Whoever comes next is served."""
    cat = pollcat("-lk", "--websocket", "0")
    whole = request()
    for n in range(len(whole)):
        sock = dial(cat.port)
        sock.sendall(whole[:n])
        if n % 2 == 0:
            reset(sock)
        sock.close()
    join(cat.port).sendall(frame(TEXT, b"here"))
    cat.until_out(b"here\n")


def test_all_at_once(pollcat):
    """The request, messages and the close in one piece."""
    cat = pollcat("-l", "--websocket", "0")
    sock = dial(cat.port)
    sock.sendall(request() + b"".join(frame(TEXT, b"%d" % i) for i in range(1000)) + close_frame(1000))
    assert read_head(sock).startswith("HTTP/1.1 101 ")
    assert read_frame(sock) == (CLOSE, struct.pack(">H", 1000))
    assert cat.wait() == 0 and cat.out == b"".join(b"%d\n" % i for i in range(1000))


def test_what_is_queued_at_the_end_of_input(pollcat):
    """It all goes before the close, however slow its reader is."""
    data = payload(8 << 20)
    cat = pollcat("-l", "-N", "--websocket", "--binary", "0")
    sock = join(cat.port)
    feeder = threading.Thread(target=lambda: cat.send(data).close())
    feeder.start()
    got = b""
    opcode, part = read_frame(sock)
    while opcode == BINARY:
        got += part
        opcode, part = read_frame(sock)
    assert opcode == CLOSE and got == data
    sock.sendall(close_frame(1000))
    feeder.join()
    assert cat.wait() == 0


BROKEN = [
    (frame(TEXT, b"x", mask=False), 1002), (frame(TEXT, b"x", rsv=4), 1002), (frame(3, b"x"), 1002),
    (frame(TEXT, b"\xff\xfe"), 1007), (frame(TEXT, b"\xe2\x82"), 1007), (frame(0, b"x"), 1002),
    (frame(PING, b"x" * 126), 0), (frame(PING, b"x", fin=False), 0), (frame(CLOSE, b"x"), 0),
    (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002), (close_frame(1005), 1002),
    (frame(BINARY, b"x", length=1 << 63), 0),
]


@pytest.mark.parametrize("sent, code", BROKEN, ids=range(len(BROKEN)))
def test_broken_frames(pollcat, sent, code):
    cat = pollcat("-l", "--websocket", "0")
    sock = join(cat.port)
    sock.sendall(frame(TEXT, b"before") + sent)
    opcode, data = read_frame(sock)
    assert (opcode, code_of(data)) == (CLOSE, code)
    assert cat.wait() == 1 and cat.out == b"before\n"


def most_memory(cat):
    """What it had at its most, in bytes."""
    status = pathlib.Path(f"/proc/{cat.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


@pytest.mark.parametrize("fragments", [1, 100, 5000])
def test_a_huge_message(pollcat, fragments):
    """100 MB are one message, whatever they come in, and never in memory at once."""
    size = 10_000_000 if SANITIZED else 100_000_000
    cat = pollcat("-l", "--websocket", "0")
    sock = join(cat.port)
    sock.sendall(frame(TEXT, b"before"))
    cat.until_out(b"before\n")
    before = most_memory(cat)
    each = size // fragments
    head = (b"\xff" + struct.pack(">Q", each) if each > 65535 else b"\xfe" + struct.pack(">H", each)) + bytes(4)
    for i in range(fragments):
        sock.sendall((b"\x01" if i == 0 else b"\x00") + head + b"x" * each)
    cat.until_out(size - (512 << 10))
    assert most_memory(cat) - before < (4 << 20) * LEEWAY
    sock.sendall(frame(0, b"end") + close_frame(1000))
    assert cat.wait() == 0 and cat.out == b"before\n" + b"x" * size + b"end\n"


def test_a_huge_line(pollcat, library):
    """It is one message at the other side."""
    size = 3_000_001
    got = []

    async def take(ws):
        async for message in ws:
            got.append(message)

    cat = pollcat(f"ws://127.0.0.1:{library(take, max_size=None)}/")
    cat.send("ü".encode() * size + b"\nshort\n" + b"x" * size)
    assert cat.close().wait() == 0
    assert got == ["ü" * size, "short", "x" * size]


def test_a_huge_line_that_is_no_text_at_its_end(pollcat, library):
    """What was sent as text stays so, and nothing is lost."""
    got = []

    async def take(ws):
        async for message in ws:
            got.append(message)

    cat = pollcat(f"ws://127.0.0.1:{library(take, max_size=None)}/")
    cat.send(b"x" * 1_000_000 + b"\xff\nshort\n")
    assert cat.close().wait() == 0
    assert len(got) == 3 and got[0].encode() + got[1] == b"x" * 1_000_000 + b"\xff\n" and got[2] == "short"


def test_an_end_in_the_middle_of_a_message(pollcat):
    cat = pollcat("-l", "--websocket", "0")
    sock = join(cat.port)
    sock.sendall(frame(TEXT, b"whole") + frame(TEXT, b"half", fin=False) + close_frame(1000))
    assert cat.wait() == 1 and cat.out == b"whole\n" and "in the middle of a message" in cat.err


def test_a_long_message_is_whole(pollcat):
    data = payload(5 << 20)
    cat = pollcat("-l", "--websocket", "--binary", "0")

    async def talk(ws):
        await ws.send([data[:1000], data[1000:]])

    client(cat.port, talk)
    assert cat.close().wait() == 0 and cat.out == data


def test_pings_of_who_does_not_read(pollcat):
    cat = pollcat("-l", "--websocket", "0")
    sock = join(cat.port)
    sock.settimeout(None)
    sent = threading.Thread(target=sock.sendall, args=(frame(PING, b"x" * 125) * 40000 + frame(TEXT, b"end"),), daemon=True)
    sent.start()
    for _ in range(40000):
        assert read_frame(sock) == (PONG, b"x" * 125)
    sent.join()
    cat.until_out(b"end\n")


def test_twenty_clients(pollcat):
    cat = pollcat("-lk", "--websocket", "--echo", "0")

    async def main():
        socks = [await websockets.connect(f"ws://127.0.0.1:{cat.port}/") for _ in range(20)]
        for i, ws in enumerate(socks):
            await ws.send(f"text {i}\n")
            await ws.send(bytes([i]))
        for i, ws in enumerate(socks):
            assert await ws.recv() == f"text {i}\n"
            assert await ws.recv() == bytes([i])
            await ws.close()

    asyncio.run(main())


def test_lines_for_all(pollcat):
    cat = pollcat("-lk", "--websocket", "0")
    socks = [join(cat.port) for _ in range(3)]
    for sock in socks:
        sock.sendall(frame(TEXT, b"here"))
    cat.until_out(b"here\n" * 3)
    cat.send(b"one\ntwo\n\n" + b"x" * 600_000 + b"\nend\n")
    for sock in socks:
        assert [read_frame(sock) for _ in range(3)] == [(TEXT, b"one"), (TEXT, b"two"), (TEXT, b"")]
        assert read_message(sock) == (TEXT, b"x" * 600_000)
        assert read_frame(sock) == (TEXT, b"end")


def test_broker(pollcat):
    cat = pollcat("-l", "--websocket", "--broker", "0")
    socks = [join(cat.port) for _ in range(3)]
    socks[0].sendall(frame(TEXT, b"to all") + frame(BINARY, b"no text") + frame(TEXT, b"two\nlines\n"))
    for sock in socks[1:]:
        assert [read_frame(sock) for _ in range(3)] == [(TEXT, b"to all"), (BINARY, b"no text"), (TEXT, b"two\nlines\n")]


def test_broker_at_the_prompt(tmp_path):
    t, port = listen(tmp_path, "--websocket", "--broker", "127.0.0.1", "0")
    with t, join(port) as one, join(port) as two:
        t.wait_text("[2]")
        one.sendall(frame(BINARY, b"no text") + frame(TEXT, b"text"))
        assert [read_frame(two), read_frame(two)] == [(BINARY, b"no text"), (TEXT, b"text")]


def test_chat(pollcat):
    """Each message is a line, and so is each that is said."""
    cat = pollcat("--websocket", "--chat", "0")
    alice, bob = join(cat.port), join(cat.port)
    for sock, name in ((alice, b"alice"), (bob, b"bob")):
        sock.sendall(frame(TEXT, b"/nick " + name))
        while name not in read_frame(sock)[1]:
            pass
    alice.sendall(frame(TEXT, "schön".encode()) + frame(TEXT, b"second"))
    said = []
    while len(said) < 2:
        opcode, data = read_frame(bob)
        assert opcode == TEXT and not data.endswith(b"\n")
        said += [data] if b"sch" in data or b"second" in data else []
    assert said == ["<alice> schön".encode(), b"<alice> second"]


def test_answers_to_a_listener_whose_input_has_ended(pollcat):
    """They are waited for as long as they come."""
    cat = pollcat("-l", "--websocket", "0")
    sock = join(cat.port)
    cat.send(b"question\n").close()
    assert read_frame(sock) == (TEXT, b"question")
    sock.sendall(frame(TEXT, b"answer"))
    assert read_frame(sock) == (CLOSE, struct.pack(">H", 1000))
    sock.sendall(close_frame(1000))
    assert cat.wait() == 0 and cat.out == b"answer\n"


# Gateways.


def test_browsers_to_tcp(pollcat):
    server = serve()
    cat = pollcat("-lk", "--websocket", "--to", f"tcp:127.0.0.1:{port_of(server)}", "0")
    sock = join(cat.port)
    far = accept(server)
    sock.sendall(frame(TEXT, b"one") + frame(BINARY, b"two\n"))
    assert receive(far, 7) == b"onetwo\n"
    far.sendall(b"answer\n")
    assert read_frame(sock) == (BINARY, b"answer\n")
    sock.sendall(close_frame(1000))
    assert read_frame(sock) == (CLOSE, struct.pack(">H", 1000))
    assert receive_all(far) == b""


def test_tcp_to_a_websocket(pollcat, library):
    cat = pollcat("-lk", "--to", f"ws://127.0.0.1:{library(echo)}/", "0")
    sock = dial(cat.port)
    sock.sendall(b"there and back\n")
    assert receive(sock, 15) == b"there and back\n"
    sock.shutdown(socket.SHUT_WR)
    assert receive_all(sock) == b""


def test_websocket_to_websocket(pollcat, library):
    """Messages stay what they are, however long."""
    sent = ["text", b"\xff", b"binary", "", "ü" * 1_000_000, b"x" * 1_000_000, "end"]
    cat = pollcat("-lk", "--websocket", "--to", f"ws://127.0.0.1:{library(echo, max_size=None)}/", "0")

    async def talk(ws):
        for message in sent:
            await ws.send(message)
        return [await ws.recv() for _ in sent]

    assert client(cat.port, talk) == sent


def test_with_tls(pollcat):
    server = pollcat("-l", "--ssl", "--websocket=/s", "0")
    cat = pollcat("--insecure", f"wss://127.0.0.1:{server.port}/s")
    cat.send(b"there\n")
    server.until_out(b"there\n")
    server.send(b"back\n")
    cat.until_out(b"back\n")
    assert cat.close().wait() == 0 and server.wait() == 0
