# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that come, through us as a proxy of SOCKS 4 and 5 (BIND)."""
import contextlib
import os
import socket

import pytest

from proxying import BIND, answer, ask5, place
from support import dial, family, half_close, made, payload, receive, receive_all, reset, until_resting


@pytest.fixture
def proxy(pollcat):
    def start(*args, kind="any", host="127.0.0.1"):
        cat = pollcat("-v", "-l", "-k", "--proxy-type", kind, host, "0", *args)
        cat.bound()
        return cat

    return start


def dial_from(source, where):
    sock = made(socket.socket(family(source), socket.SOCK_STREAM))
    sock.bind((source, 0))
    sock.connect(where)
    return sock


def bind5(cat, host="0.0.0.0", port=0, **more):
    """A client that was told where we listen, and that place."""
    client = ask5(cat, BIND, host, port, **more)
    code, *where = answer(client)
    assert code == 0 and where[1] > 0
    return client, tuple(where)


def bind4(cat, ip=b"\0\0\0\0", name=b""):
    client = dial(cat.port)
    client.sendall(b"\4\2\0\0" + ip + b"user\0" + (name + b"\0" if name else b""))
    reply = receive(client, 8)
    assert reply[:2] == b"\0\x5a"
    return client, (socket.inet_ntoa(reply[4:]), int.from_bytes(reply[2:4], "big"))


def exchange(client, peer):
    """In both directions, with half-closes."""
    client.sendall(payload(100000))
    half_close(client)
    assert receive_all(peer) == payload(100000)
    peer.sendall(b"answer")
    peer.close()
    assert receive_all(client) == b"answer"


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "localhost"])
def test_socks5(proxy, host):
    cat = proxy("-4" if host == "localhost" else "-v")
    client, where = bind5(cat, host)
    assert where[0] == ("::1" if host == "::1" else "127.0.0.1")
    peer = dial_from("127.0.0.2" if host == "127.0.0.2" else where[0], where)
    assert answer(client) == (0, *peer.getsockname()[:2])
    exchange(client, peer)
    cat.until_err(rf": BIND {host} port 0$")


@pytest.mark.parametrize("named", [{}, {"ip": b"\x7f\0\0\1"}, {"ip": b"\0\0\0\1", "name": b"127.0.0.1"}])
def test_socks4(proxy, named):
    client, where = bind4(proxy(), **named)
    peer = dial_from("127.0.0.1", where)
    own = peer.getsockname()
    assert receive(client, 8) == b"\0\x5a" + own[1].to_bytes(2, "big") + socket.inet_aton(own[0])
    exchange(client, peer)


def test_what_is_sent_too_early_waits(proxy):
    """Bytes of the client behind its request, and of the peer behind its connection."""
    cat = proxy()
    client = dial(cat.port)
    client.sendall(b"\5\1\0\5\2\0" + place("0.0.0.0", 0) + b"early")
    assert receive(client, 2) == b"\5\0"
    _, *where = answer(client)
    client.sendall(payload(100000))
    peer = dial_from("127.0.0.1", tuple(where))
    peer.sendall(b"mine")
    assert answer(client)[0] == 0
    assert receive(client, 4) == b"mine" and receive(peer, 100005) == b"early" + payload(100000)


def test_others_than_who_is_named_are_turned_away(proxy):
    cat = proxy()
    client, where = bind5(cat, "127.0.0.2")
    for _ in range(3):
        with contextlib.suppress(ConnectionError):
            assert receive_all(dial_from("127.0.0.1", where)) == b""
    peer = dial_from("127.0.0.2", where)
    assert answer(client) == (0, *peer.getsockname())
    exchange(client, peer)


def test_one_alone_may_come(proxy):
    client, where = bind5(proxy())
    peer = dial_from("127.0.0.1", where)
    assert answer(client)[0] == 0
    with pytest.raises(ConnectionRefusedError):
        dial_from("127.0.0.1", where)
    exchange(client, peer)


@pytest.mark.parametrize("host, code", [("127.0.0.2", 2), ("169.254.1.1", 2), ("nosuch.invalid", 4), ("::ffff:127.0.0.2", 2)])
def test_hosts_that_are_refused(proxy, host, code):
    client = ask5(proxy("--deny-to", "127.0.0.2", "-n"), BIND, host, 0)
    assert answer(client) == (code, "0.0.0.0", 0)
    assert receive_all(client) == b""


def test_who_may_not_be_reached_may_not_come(proxy):
    client, where = bind5(proxy("--deny-to", "127.0.0.2"))
    with contextlib.suppress(ConnectionError):
        assert receive_all(dial_from("127.0.0.2", where)) == b""
    dial_from("127.0.0.1", where)
    assert answer(client)[0] == 0


def test_nobody_comes(proxy):
    cat = proxy("-w", "0.5")
    client, where = bind5(cat)
    assert answer(client)[0] == 6
    assert receive_all(client) == b""
    with pytest.raises(ConnectionRefusedError):
        dial_from("127.0.0.1", where)
    client, _ = bind4(cat)
    assert receive_all(client)[:2] == b"\0\x5b"
    cat.until_err(": nobody has connected in time$")


@pytest.mark.parametrize("end", [socket.socket.close, half_close, reset])
def test_the_client_is_gone_early(proxy, end):
    cat = proxy()
    before = os.listdir(f"/proc/{cat.pid}/fd")
    client, where = bind5(cat)
    end(client)
    if end is half_close:
        receive_all(client)
        client.close()
    until_resting(cat.pid, lambda: len(os.listdir(f"/proc/{cat.pid}/fd")) == len(before))
    with pytest.raises(ConnectionRefusedError):
        dial_from("127.0.0.1", where)


def test_resets_pass(proxy):
    client, where = bind5(proxy())
    peer = dial_from("127.0.0.1", where)
    assert answer(client)[0] == 0
    reset(peer)
    with pytest.raises(ConnectionResetError):
        receive_all(client)


def test_it_needs_the_login(proxy):
    cat = proxy("--proxy-auth", "joe:secret")
    client, where = bind5(cat, login=(b"joe", b"secret"))
    peer = dial_from("127.0.0.1", where)
    assert answer(client)[0] == 0
    exchange(client, peer)
