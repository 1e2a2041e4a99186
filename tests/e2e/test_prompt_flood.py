# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt while very much arrives: the line, the keys, ^C, and nothing lost."""

import os
import select
import signal
import statistics
import time

import pytest

from support import DEADLINE, LEEWAY, SLOW, Background
from terminal import Timeout, peer, start

SIZE = (5 if SLOW else 50) << 20


def body():
    line = b"%07d " + b"." * 55 + b"\n"
    return b"".join(line % i for i in range(SIZE // 64))


class Flood:
    """Reads what a terminal shows without drawing it: that would take minutes."""

    def __init__(self, t):
        self.t = t
        self.seen = b""

    def take(self):
        if select.select([self.t.fd], [], [], 0.05)[0]:
            try:
                data = os.read(self.t.fd, 65536)
            except OSError:  # the program is gone
                return
            self.seen = (self.seen + data)[-(1 << 18):]

    def until(self, condition):
        """The seconds it took."""
        begin = time.monotonic()
        while not condition():
            self.take()
            if time.monotonic() > begin + DEADLINE:
                raise Timeout(f"not within {DEADLINE} s; last seen {self.seen[-300:]!r}")
        return time.monotonic() - begin

    def key(self, key, shown):
        self.seen = b""
        os.write(self.t.fd, key)
        return self.until(lambda: shown in self.seen)


@pytest.mark.parametrize("columns", [20, 500])
def test_50_megabytes_while_someone_types(start, peer, tmp_path, columns):
    t = start(columns=columns)
    t.type(f"~save {tmp_path}/got\r")
    t.wait(lambda t: (tmp_path / "got").exists())
    data = body()
    sender = Background(lambda: peer.socket.sendall(data))
    flood = Flood(t)
    flood.until(lambda: b"0001000 " in flood.seen)
    times, line = [], b""
    for letter in b"typed":
        line += bytes([letter])
        times.append(flood.key(bytes([letter]), line))
    assert statistics.median(times) < 0.1 * LEEWAY, times
    flood.until(lambda: data[-64:-1] in flood.seen and flood.seen.endswith(b"typed"))
    sender.result()
    assert (tmp_path / "got").read_bytes() == data
    t.type("\r")
    assert peer.receive(b"\n") == b"typed\n"


def test_interrupt_during_a_flood(start, peer):
    """It does not wait for what arrives, which is without end."""
    t = start()
    flood = Flood(t)

    def send():
        data = body()
        while True:
            peer.socket.sendall(data)

    sender = Background(send)
    flood.until(lambda: b"0001000 " in flood.seen)
    flood.key(b"typed", b"typed")
    flood.until(lambda: os.write(t.fd, b"\x03") and not t.child.isalive())  # the first one clears the line
    assert signal.SIGINT in (t.child.signalstatus, (t.child.exitstatus or 0) - 128)
    with pytest.raises(OSError):
        sender.result()
