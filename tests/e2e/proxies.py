# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of others, and what the tests of proxies share."""
import pytest

from support import Background, FreePort, accept, half_close, need, payload, receive


@pytest.fixture
def socks(program):
    def start(*args):
        port = FreePort()
        program(need("microsocks"), "-i", "127.0.0.1", "-p", port, *args)
        port.wait_listening()
        return port

    return start


@pytest.fixture
def http(program, tmp_path):
    def start(*lines):
        port = FreePort()
        conf = tmp_path / f"proxy-{port}.conf"
        conf.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "LogLevel Critical", *lines, ""]))
        program(need("tinyproxy"), "-d", "-c", conf)
        port.wait_listening()
        return port

    return start


def head(peer):
    """The lines of a request."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        text += receive(peer, 1)
    return text.decode().splitlines()


def both_ways(cat, server):
    """What goes to the server and what comes back arrives through the proxy, size and all."""
    peer, data = accept(server), payload(1 << 20)
    peer.sendall(b"welcome")
    cat.until_out(b"welcome")
    cat.send(b"hello")
    assert receive(peer, 5) == b"hello"
    send = Background(lambda: (peer.sendall(data), half_close(peer)))  # which some proxies take for the end of both
    cat.until_out(7 + len(data))
    send.result()
    assert cat.close().wait() == 0 and cat.out == b"welcome" + data


def questions_and_answers(cat, server):
    """Datagrams to and fro: each question has arrived before it is answered."""
    for number in range(3):
        cat.send(b"question %d" % number)
        data, where = server.recvfrom(100)
        assert data == b"question %d" % number
        server.sendto(b"answer %d" % number, where)
        cat.until_out(b"answer %d" % number)
