# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of us as a proxy of SOCKS, by hand."""
import ipaddress

from support import dial, receive

CONNECT, BIND, ASSOCIATE = 1, 2, 3


def place(host, port):
    """As SOCKS5 writes it; what is no address is a name."""
    try:
        packed = ipaddress.ip_address(host).packed
        return (b"\1" if len(packed) == 4 else b"\4") + packed + port.to_bytes(2, "big")
    except ValueError:
        return b"\3" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big")


def read_place(read):
    """The host and port that `read(size)` gives."""
    kind = read(1)[0]
    host = read(read(1)[0]).decode() if kind == 3 else str(ipaddress.ip_address(read({1: 4, 4: 16}[kind])))
    return host, int.from_bytes(read(2), "big")


def answer(client):
    """The next answer of SOCKS5: its code, host and port."""
    head = receive(client, 3)
    assert len(head) == 3 and head[0] == 5 and head[2] == 0
    return head[1], *read_place(lambda size: receive(client, size))


def ask5(cat, command, host, port, login=None, where="127.0.0.1"):
    """A connection that has asked, not yet answered but for the login."""
    client = dial(cat.port, where)
    client.sendall(b"\5\1\2" if login else b"\5\1\0")
    assert receive(client, 2) == (b"\5\2" if login else b"\5\0")
    if login:
        user, password = login
        client.sendall(b"\1" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        assert receive(client, 2) == b"\1\0"
    client.sendall(bytes([5, command, 0]) + place(host, port))
    return client


def wrapped(host, port, data):
    """A datagram for there, or from there."""
    return b"\0\0\0" + place(host, port) + data


def unwrapped(datagram):
    """From whom it is, and what."""
    at = 3

    def read(size):
        nonlocal at
        at += size
        return datagram[at - size:at]

    assert datagram[:3] == b"\0\0\0"
    return *read_place(read), datagram[at:]
