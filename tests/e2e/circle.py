# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers among themselves, for the tests of --broker and --chat."""

import socket

import pytest

from support import DEADLINE, dial, port_of, serve_unix, udp


class Circle:
    """The program with --broker or --chat, and those who joined it, one after the other."""

    def __init__(self, pollcat, *options, where=("127.0.0.1", "0"), **how):
        self.cat = pollcat("-v", *options, *where, **how)
        self.sockets = []

    def wait_joined(self, port):
        """Until the peer with this port is there: what is said from now on goes to it."""
        self.cat.until_err(rf"connection from 127\.0\.0\.1 port {port} ")

    def join(self, receive_buffer=0):
        sock = socket.socket()
        self.sockets.append(sock)
        sock.settimeout(DEADLINE)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", self.cat.port))
        self.wait_joined(port_of(sock))
        return sock

    def join_many(self, count, **how):
        return [self.join(**how) for _ in range(count)]

    def join_unix(self, path, kind):
        """A UNIX socket has no port by which its coming could be seen: it says a word, which comes to our output."""
        self.cat.ready.until(lambda seen: seen.endswith(b"\n"))
        return self.say_word(dial(str(path), kind=kind))

    def join_datagrams(self, host="127.0.0.1"):
        """A UDP socket, which says a word and so is there."""
        sock = udp(host)
        sock.connect((host, self.cat.port))
        return self.say_word(sock)

    def join_unix_datagrams(self, path, name):
        """A UNIX socket of datagrams with a name, to which answers can go."""
        self.cat.ready.until(lambda seen: seen.endswith(b"\n"))
        sock = serve_unix(str(name), socket.SOCK_DGRAM)
        sock.connect(str(path))
        return self.say_word(sock)

    def say_word(self, sock):
        self.sockets.append(sock)
        sock.settimeout(DEADLINE)
        word = b"here is %d\n" % len(self.sockets)
        sock.send(word)
        self.cat.until_out(word)
        return sock


@pytest.fixture
def circle(pollcat):
    """circle(*OPTIONS): a Circle."""
    running = []

    def begin(*options, **how):
        running.append(Circle(pollcat, *options, **how))
        return running[-1]

    yield begin
    for one in running:
        for sock in one.sockets:
            sock.close()
