# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the program in which one call fails, or many: what is injected, who talks to it, and what is allowed.

tests/fault/fault.c makes the calls fail. Each run is one loop over all that the program is connected to.
"""
import errno
import fcntl
import mmap
import os
import pathlib
import pty
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

from support import DEADLINE, POLLCAT, SANITIZED

LIBRARY = pathlib.Path(POLLCAT).parent / "tests/fault/fault.so"
# The order of tests/fault/fault.c
CALLS = ("read readv pread write writev pwrite pwritev2 recv recvmsg recvmmsg send sendmsg sendmmsg splice tee "
         "accept4 poll epoll_wait epoll_ctl open pipe2 socket connect shutdown fcntl malloc calloc realloc").split()
PASSING = ["EINTR", "EAGAIN", "short"]  # nobody may notice these
MOVING = [*PASSING, "ENOMEM"]
NO_ROOM = ["EMFILE", "ENFILE", "ENOMEM"]
FAULTS = {
    **dict.fromkeys(("read", "readv", "pread"), [*MOVING, "EIO"]),
    **dict.fromkeys(("write", "writev", "pwrite", "pwritev2"), [*PASSING, "EPIPE", "ENOSPC", "EIO"]),
    **dict.fromkeys(("recv", "recvmsg", "recvmmsg"), [*MOVING, "ECONNRESET"]),
    **dict.fromkeys(("send", "sendmsg", "sendmmsg"), [*MOVING, "ENOBUFS", "EPIPE", "ECONNRESET"]),
    **dict.fromkeys(("splice", "tee"), [*MOVING, "EINVAL", "EPIPE", "ECONNRESET"]),
    "accept4": ["EINTR", "EAGAIN", "ECONNABORTED", *NO_ROOM, "ENOBUFS"],
    "poll": ["EINTR", "ENOMEM"],
    "epoll_wait": ["EINTR", "short"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "open": ["ENOENT", *NO_ROOM],
    "pipe2": NO_ROOM,
    "socket": [*NO_ROOM, "ENOBUFS"],
    "connect": ["EINTR", "ECONNREFUSED", "EADDRNOTAVAIL", "ENOBUFS"],
    "shutdown": ["ENOBUFS"],
    "fcntl": ["EPERM", "ENOMEM"],
    **dict.fromkeys(("malloc", "calloc", "realloc"), ["ENOMEM"]),
}


class Hangs(Exception):
    """What was waited for did not come in time."""


class Side:
    """One thing the program is connected to: what is to be written there, and what came from there."""

    def __init__(self, file, outgoing=b"", ends=True, reads=True):
        self.file, self.outgoing, self.ends, self.reads = file, memoryview(outgoing), ends, reads
        self.got, self.over, self.shut = bytearray(), False, False
        self.socket = file if isinstance(file, socket.socket) else None
        if self.socket:
            self.socket.setblocking(False)
        os.set_blocking(file.fileno(), False)

    def write(self, data):
        self.outgoing = memoryview(bytes(self.outgoing) + data)

    def keep(self):
        self.ends = False

    def finish(self):
        self.ends = True

    def wants(self):
        writes = not self.shut and (self.outgoing or self.ends)
        return (select.POLLIN if self.reads and not self.over else 0) | (select.POLLOUT if writes else 0)

    def send(self):
        fd = self.file.fileno()
        try:
            if self.outgoing:
                self.outgoing = self.outgoing[os.write(fd, self.outgoing[:1 << 18]):]
            elif self.ends and not self.shut:
                self.end()
        except BlockingIOError:
            pass
        except OSError:
            self.outgoing, self.shut = memoryview(b""), True
            if not self.reads:
                self.end()

    def end(self):
        self.shut = True
        if self.socket:
            self.socket.shutdown(socket.SHUT_WR)
        elif not self.reads:
            self.over = True
            self.file.close()

    def receive(self):
        try:
            data = os.read(self.file.fileno(), 1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.got += data
        self.over = self.over or not data
        return bool(data)

    def close(self):
        self.file.close()


class Datagrams(Side):
    """A UDP socket: the first to send to it is who it talks to."""

    def __init__(self, sock, answers=False):
        super().__init__(sock, ends=False)
        self.answers, self.all, self.who = answers, [], None

    def send(self):
        if self.who is None:
            return
        try:
            self.socket.sendto(bytes(self.outgoing), self.who)
        except OSError:
            pass
        self.outgoing = memoryview(b"")

    def wants(self):
        return select.POLLIN

    def receive(self):
        try:
            data, self.who = self.socket.recvfrom(1 << 16)
        except OSError:
            return False
        self.all.append(data)
        if self.answers:
            self.write(b"for " + data)
            self.send()
        return True


class Server(Side):
    """A listener; who comes becomes the side `peer`."""

    def __init__(self, run, sock, outgoing=b""):
        super().__init__(sock, ends=False)
        self.run, self.answer, self.peer = run, outgoing, None

    def receive(self):
        try:
            sock = self.socket.accept()[0]
        except OSError:
            return False
        self.peer = self.run.add(Side(sock, self.answer))
        return False

    @property
    def data(self):
        return bytes(self.peer.got) if self.peer else b""


class Run:
    """One run of the program with a fault ("CALL:N:HOW", "storm:SEED:PERMILLE", or none)."""

    def __init__(self, fault=None):
        self.fault, self.sides, self.steps, self.process = fault, [], [], None
        self.out = self.err = self.ready = self.modes = None
        self.page = tempfile.TemporaryFile()
        self.page.truncate(mmap.PAGESIZE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for side in self.sides:
            side.close()
        self.page.close()

    def add(self, side):
        self.sides.append(side)
        return side

    def environment(self, env):
        page = self.page.fileno()
        name, turn, how = (self.fault or "none:0:0").split(":")
        number = how if how.isdigit() else getattr(errno, how, "short")
        return {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", "INPUTRC": "/dev/null", "HOME": "/nonexistent",
                "LD_PRELOAD": str(LIBRARY), "POLLCAT_FAULT": f"{name}:{turn}:{number}",
                "POLLCAT_FAULT_PAGE": f"/proc/{os.getpid()}/fd/{page}", **env}

    def start(self, *args, stdin=None, stdout=None, env=None, terminal=None, ready=False):
        """Starts the program. `stdin` is bytes for a pipe, or a file; `stdout` a file, or None for a pipe."""
        pipe, ours = subprocess.PIPE, []
        if ready:
            reader, writer = os.pipe()
            args = ("--ready-fd", str(writer), *args)
            ours = [writer]
        feed = None if stdin is None or hasattr(stdin, "fileno") else stdin
        self.process = subprocess.Popen(
            [POLLCAT, *map(str, args)], bufsize=0, env=self.environment(env or {}), pass_fds=ours,
            stdin=pipe if feed is not None else stdin or subprocess.DEVNULL, stdout=stdout or pipe,
            stderr=pipe if terminal is None else terminal,
            **({} if terminal is None else {"start_new_session": True,
                                            "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}))
        for fd in ours:
            os.close(fd)
        if ready:
            self.ready = self.add(Side(os.fdopen(reader, "rb", 0), ends=False))
        if feed is not None:
            self.add(Side(self.process.stdin, feed, reads=False))
        if stdout is None:
            self.out = self.add(Side(self.process.stdout, ends=False))
        if terminal is None:
            self.err = self.add(Side(self.process.stderr, ends=False))

    def start_at_terminal(self, *args):
        master, slave = pty.openpty()
        self.modes = termios.tcgetattr(slave)
        self.slave = os.fdopen(slave, "rb", 0)
        self.out = self.err = self.add(Side(os.fdopen(master, "r+b", 0), ends=False))
        self.start(*args, stdin=self.slave, stdout=self.slave, terminal=self.slave)

    def then(self, condition, action):
        """When `condition()` holds, after what was said before."""
        self.steps.append((condition, action))

    def port(self):
        """The port that it listens on; 0 when it ended instead."""
        self.turn_until(lambda: b"\n" in self.ready.got or self.ready.over)
        return int(self.ready.got.split()[1]) if b"\n" in self.ready.got else 0

    def dial(self, port, outgoing, kind=socket.SOCK_STREAM):
        sock = socket.socket(socket.AF_INET, kind)
        try:
            if port:
                sock.connect(("127.0.0.1", port))
        except OSError:
            pass
        return self.add(Side(sock, outgoing))

    def turn(self, wait):
        poll = select.poll()
        sides = {side.file.fileno(): side for side in self.sides if side.wants()}
        for fd, side in sides.items():
            poll.register(fd, side.wants())
        for fd, events in poll.poll(wait * 1000):
            side = sides[fd]
            if events & (select.POLLOUT | select.POLLERR) and side.wants() & select.POLLOUT:
                side.send()
            if side.wants() & select.POLLIN and events & ~select.POLLOUT:
                side.receive()
        while self.steps and self.steps[0][0]():
            self.steps.pop(0)[1]()

    def turn_until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                got = [len(side.got) for side in self.sides]
                raise Hangs(f"hangs; messages {self.messages!r}, got {got}, calls {self.calls}")
            self.turn(0.05)

    def ended(self):
        """Whether the program has; its own end wakes the loop by that of its streams."""
        return self.process.poll() is not None

    def finish(self):
        """Goes on to the end of the program, and takes what it left behind."""
        self.turn_until(self.ended)
        self.status = self.process.returncode
        for side in self.sides:
            while side.reads and not side.over and side.receive():
                pass

    def terminate(self):
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)

    @property
    def messages(self):
        if self.modes is None:
            return bytes(self.err.got).decode(errors="replace")

        # At a terminal readline speaks as well; and whether the peer ended before us is no matter here.
        rows = bytes(self.err.got).decode(errors="replace").splitlines()
        return "\n".join(row for row in rows
                         if ("pollcat:" in row and "ended its side" not in row) or "memory" in row)

    def field(self, at):
        return struct.unpack("Q", os.pread(self.page.fileno(), 8, 8 * at))[0]

    @property
    def calls(self):
        return {name: self.field(i) for i, name in enumerate(CALLS) if self.field(i)}

    @property
    def struck(self):
        return self.field(len(CALLS))

    @property
    def open_at_end(self):
        """The descriptors that were open at its end; None when it did not come there."""
        return self.field(len(CALLS) + 2) if self.field(len(CALLS) + 1) else None


def turns(count, budget):
    """Which of `count` calls fail: all, or about `budget` of them, the first and the last among these."""
    if count <= budget or budget <= 0:
        return range(1, count + 1)
    return sorted({1 + round((count - 1) * i / (budget - 1)) for i in range(budget)}) if budget > 1 else [1]


def applies(call, how, terminal):
    """Whether this can happen at all: the sanitizer has the allocations; a terminal is no pipe and no disk, and when
    it is gone reading tells."""
    if terminal and call == "write" and how not in PASSING:
        return False
    return not (SANITIZED and call in ("malloc", "calloc", "realloc"))
