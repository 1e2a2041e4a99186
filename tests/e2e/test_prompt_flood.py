# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt while very much arrives: the line, the keys, ^C, and nothing lost."""

import os
import select
import signal
import time

import pytest

from support import DEADLINE, SLOW, Background
from terminal import Timeout, peer, start

SIZE = (5 if SLOW else 50) << 20
BEHIND = 1 << 20  # bytes that are shown before a key is, at most, however slow the machine


def body():
    line = b"%07d " + b"." * 55 + b"\n"
    return b"".join(line % i for i in range(SIZE // 64))


class Flood:
    """Reads what a terminal shows without drawing it: that would take minutes."""

    def __init__(self, t):
        self.t = t
        self.seen, self.count = b"", 0

    def take(self):
        """Whether there was anything."""
        if not select.select([self.t.fd], [], [], 0.05)[0]:
            return False
        try:
            data = os.read(self.t.fd, 65536)
        except OSError:  # the program is gone
            return False
        self.seen = (self.seen + data)[-(1 << 16):]
        self.count += len(data)
        return True

    def until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if self.take():
                end = time.monotonic() + DEADLINE
            if time.monotonic() > end:
                raise Timeout(f"nothing in {DEADLINE} s; last seen {self.seen[-300:]!r}")

    def key(self, key, shown):
        """Types, and waits until it is shown. Returns how many bytes came before that."""
        self.seen, self.count = b"", 0
        os.write(self.t.fd, key)
        self.until(lambda: shown in self.seen)
        return self.count


@pytest.mark.parametrize("columns", [20, 500])
def test_50_megabytes_while_someone_types(start, peer, tmp_path, columns):
    t = start(columns=columns)
    t.type(f"~save {tmp_path}/got\r")
    t.wait(lambda t: (tmp_path / "got").exists())
    data = body()
    sender = Background(lambda: peer.socket.sendall(data))
    flood = Flood(t)
    flood.until(lambda: b"0001000 " in flood.seen)
    line = b""
    for letter in b"typed":
        line += bytes([letter])
        assert flood.key(bytes([letter]), line) < BEHIND
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
