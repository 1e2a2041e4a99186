# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of DTLS, and what may stand between them."""
import select
import socket
import threading

import pytest

from certificates import identity
from support import DEADLINE, port_of, udp


@pytest.fixture
def listener(pollcat, certs):
    def start(*args, name="good", **more):
        server = pollcat("-l", "-u", "--ssl", *identity(certs, name), *args, "127.0.0.1", "0", **more)
        server.bound()
        return server

    return start


@pytest.fixture
def client(pollcat, certs):
    def start(port, *args, host="127.0.0.1", **more):
        return pollcat("-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], *args, host, port, **more)

    return start


class Relay(threading.Thread):
    """Stands between a client and a server on UDP. `rule(up, number, data)` gives what becomes of each datagram: a list of
    those that go on. Number 0 is the first of its direction."""

    def __init__(self, server, rule):
        super().__init__(daemon=True)
        self.front, self.back = udp(), udp()
        self.back.connect(("127.0.0.1", server))
        self.port, self.rule, self.peer, self.seen = port_of(self.front), rule, None, ([], [])
        self.changed = threading.Condition()
        self.wake, self.over = socket.socketpair()
        self.start()

    def run(self):
        while True:
            ready = select.select([self.front, self.back, self.over], [], [])[0]
            if self.over in ready:
                return
            for sock in ready:
                try:
                    data, source = sock.recvfrom(1 << 16)
                except ConnectionRefusedError:
                    continue
                self.pass_on(sock is self.front, data, source)

    def pass_on(self, up, data, source):
        self.peer = source if up else self.peer
        with self.changed:
            self.seen[up].append(data)
            number = len(self.seen[up]) - 1
            self.changed.notify_all()
        for piece in self.rule(up, number, data):
            self.inject(up, piece)

    def inject(self, up, data):
        if up:
            self.back.send(data)
        else:
            self.front.sendto(data, self.peer)

    def until(self, up, count):
        """What came so far, once there are so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.seen[up]) >= count, DEADLINE)
            return list(self.seen[up])

    def close(self):
        self.wake.send(b"x")
        self.join(DEADLINE)
        for sock in (self.front, self.back, self.wake, self.over):
            sock.close()


@pytest.fixture
def relay():
    started = []

    def start(server, rule=lambda up, number, data: [data]):
        started.append(Relay(server, rule))
        return started[-1]

    yield start
    for each in started:
        each.close()


def talk(server, client, question=b"question", answer=b"answer"):
    client.send(question)
    server.until_out(question)
    server.send(answer)
    client.until_out(answer)
