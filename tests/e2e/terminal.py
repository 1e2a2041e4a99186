# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal for tests: a program on a pseudo-terminal, and the screen as a person would see it."""

import ast
import fcntl
import mmap
import os
import pathlib
import re
import select
import shlex
import socket
import struct
import termios
import time

import pexpect
import pyte
import pytest

from support import DEADLINE, POLLCAT, port_of


class Timeout(AssertionError):
    """What was waited for did not come in time."""


def wait_for(condition, what="the condition", step=None, deadline=DEADLINE):
    """Calls `step` (something that waits a little for news) until `condition()` is true; returns its value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Timeout(f"{what}: not within {deadline} s")
        if step is not None:
            step()


@pytest.fixture
def may_crash(monkeypatch):
    """A signal that ends a program is no fault of it: a sanitizer would report it as one."""
    ours = "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0"
    monkeypatch.setenv("ASAN_OPTIONS", f"{os.environ.get('ASAN_OPTIONS', '')}:{ours}")


def terminal_name(master):
    """As ptsname(3), which Python has from 3.13 on."""
    number = fcntl.ioctl(master, getattr(termios, "TIOCGPTN", 0x80045430), b"\0" * 4)
    return "/dev/pts/%d" % struct.unpack("i", number)


class Terminal:
    """A program that runs on a terminal of `columns` by `rows`; a `newcomer` has had no prompt in `home` before."""

    def __init__(self, args, columns=80, rows=24, env=None, home=None, term="xterm", attributes=None, pass_fds=(), cwd=None,
                 newcomer=False):
        self.screen = pyte.HistoryScreen(columns, rows, history=5000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.unseen = None
        self.stopped = False
        variables = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "TERM": term,
            "LC_ALL": "C.UTF-8",
            "INPUTRC": "/dev/null",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE", "GCOV_PREFIX"):
            if name in os.environ:
                variables[name] = os.environ[name]
        if home is not None:
            variables["HOME"] = str(home)
        if home is not None and not newcomer:  # whose history is empty, but there
            place = pathlib.Path(home, ".local/state/pollcat")
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            (place / "history").touch(0o600)
        variables.update(env or {})
        variables = {name: value for name, value in variables.items() if value is not None}

        # The modes at the start are what the program must leave behind; it may change them before we can look.
        first = mmap.mmap(-1, 4096)

        def prepare():
            if attributes is not None:
                attributes(0)
            first.write(repr(termios.tcgetattr(0)).encode())

        self.child = pexpect.spawn(
            str(args[0]), [str(a) for a in args[1:]], env=variables, dimensions=(rows, columns), echo=True,
            preexec_fn=prepare, cwd=cwd)
        self.child.delaybeforesend = None
        self.first_modes = ast.literal_eval(first.read().rstrip(b"\0").decode())
        self.child.ptyproc.delayafterclose = 0
        self.child.ptyproc.delayafterterminate = 0
        self.fd = self.child.child_fd
        # Held open, so that the modes can be read after the program has ended.
        self.slave = os.open(terminal_name(self.fd), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.child.isalive():
            self.child.kill(9)
            self.child.wait()
        if self.slave >= 0:
            os.close(self.slave)
            self.slave = -1
        if not self.child.closed:
            self.child.close(force=True)

    # What is seen.

    def read(self, wait=0.05):
        """Takes what the program wrote; waits at most `wait` seconds for the first byte."""
        if self.stopped:
            return False
        ready, _, _ = select.select([self.fd], [], [], wait)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        if self.unseen is not None:
            self.unseen += data
            return bool(data)
        self.output += data
        if len(self.output) > 1 << 20:
            self.output = self.output[-(1 << 19):]
        self.stream.feed(data)
        return bool(data)

    def skim(self):
        """From now on what comes is only collected, in `unseen`: drawing all of it would take too long."""
        self.unseen = bytearray()

    def look(self):
        """Draws the last of what was skimmed, and what comes from now on; returns all that was skimmed."""
        data, self.unseen = bytes(self.unseen), None
        last = data[data.find(b"\n", max(len(data) - 8192, 0)) + 1:]
        self.output += last
        self.stream.feed(last)
        return data

    def lines(self):
        """The rows of the screen, right-trimmed, without the empty ones below the last."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def scrolled(self):
        """The rows that have left the screen at the top, then those on it."""
        width = self.screen.columns
        above = ["".join(row[x].data for x in range(width)).rstrip() for row in self.screen.history.top]
        return above + self.lines()

    def cursor(self):
        """Row and column, from 0. In the last column a terminal waits with wrapping until the next character."""
        return self.screen.cursor.y, self.screen.cursor.x

    def row(self):
        """The row the cursor is in."""
        return self.screen.display[self.screen.cursor.y].rstrip()

    def wait(self, condition, what=None, deadline=DEADLINE):
        try:
            return wait_for(lambda: condition(self), "the screen", self.read, deadline)
        except Timeout:
            raise Timeout(f"{what or 'the screen'}: not within {deadline} s; cursor {self.cursor()}, screen:\n"
                          + "\n".join(f"|{row}|" for row in self.lines())) from None

    def wait_text(self, text, deadline=DEADLINE):
        return self.wait(lambda t: any(text in row for row in t.lines()), f"text {text!r}", deadline)

    def wait_screen(self, lines, cursor=None, deadline=DEADLINE):
        """Waits until the screen shows exactly these rows, and the cursor stands there."""
        self.wait(lambda t: t.lines() == list(lines) and (cursor is None or t.cursor() == cursor),
                  f"{lines} with cursor {cursor}", deadline)

    # What is done.

    def type(self, text):
        data = text.encode() if isinstance(text, str) else text
        while data:
            self.read(0)
            _, ready, _ = select.select([], [self.fd], [], 0.2)
            if ready:
                data = data[os.write(self.fd, data[:1024]):]

    def paste(self, text):
        self.type("\x1b[200~" + text + "\x1b[201~")

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def signal(self, signo):
        self.child.kill(signo)

    def hang_up(self):
        """The terminal goes away."""
        os.close(self.slave)
        self.slave = -1
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self.fd)
        os.close(nothing)
        self.stopped = True

    def modes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.modes()[3] & termios.ICANON

    def wait_prompt(self):
        """Waits until the program takes keys one by one."""
        wait_for(self.is_raw, "the prompt", lambda: self.read(0.01))

    def wait_exit(self, deadline=DEADLINE):
        """The exit status, or the negative number of the signal."""

        def over():
            self.read(0.01)
            return not self.child.isalive()

        wait_for(over, "the end of the program", None, deadline)
        while self.read(0):
            pass
        return -self.child.signalstatus if self.child.signalstatus is not None else self.child.exitstatus


    def interrupt_exit(self):
        """^C, and once more where that is asked for, in time; the exit status, as above."""
        def asked():
            return len(re.findall(rb"\^C again quits", self.output if self.unseen is None else self.unseen))

        while self.child.isalive():
            before = asked()
            self.type("\x03")
            wait_for(lambda: asked() > before or not self.child.isalive(), "the end of the program", self.read)
        return self.wait_exit()


class Peer:
    """The other side: a server for one connection, or, connected, a client."""

    def __init__(self, family=socket.AF_INET):
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1)
        self.listener.settimeout(DEADLINE)
        self.port = self.listener.getsockname()[1]
        self.socket = None
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.socket.settimeout(DEADLINE)

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def receive(self, until):
        """Reads until `until` (bytes at the end, or a length) came; returns all that came since the last time."""
        def enough():
            if isinstance(until, int):
                return len(self.received) >= until
            return self.received.endswith(until)

        while not enough():
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError(f"the end came first, after {self.received[-200:]!r}")
            self.received += data
        got, self.received = self.received, b""
        return got

    def receive_all(self):
        """Reads to the end."""
        while True:
            data = self.socket.recv(65536)
            if not data:
                got, self.received = self.received, b""
                return got
            self.received += data

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.listener.close()


@pytest.fixture
def peer():
    with Peer() as p:
        yield p


@pytest.fixture
def start(peer, tmp_path):
    """Starts a prompt that is connected to `peer`; it shows nothing of its own but with `--prompt`, or `marked`."""
    running = []

    def begin(*options, accept=True, marked=False, **how):
        how.setdefault("home", tmp_path)
        if not marked and "--prompt" not in options:
            options = ("--prompt", "", *options)
        t = Terminal([POLLCAT, *options, "127.0.0.1", peer.port], **how)
        running.append(t)
        if accept:
            peer.accept()
            t.wait_prompt()
        return t

    yield begin
    for t in running:
        t.close()


@pytest.fixture
def at(start, peer, tmp_path):
    """at(*OPTIONS) starts a prompt connected to `peer`, in an empty directory."""
    def begin(*options, **how):
        how.setdefault("columns", 100)
        return start(*options, cwd=str(tmp_path), **how)

    return begin


def listen(home, *args, **how):
    """A prompt that listens, and its port."""
    file = home / "ready"
    file.touch()
    command = shlex.join([POLLCAT, "--ready-fd", "3", *map(str, args)])
    t = Terminal(["/bin/sh", "-c", f"exec {command} 3>{shlex.quote(str(file))}"], home=home, cwd=str(home), **how)
    wait_for(lambda: file.read_text().endswith("\n"), "the port", lambda: t.read(0.01))
    t.wait_prompt()
    return t, int(file.read_text().split()[1])


def typed(t):
    """What stands behind the prompt."""
    return t.row().removeprefix(">").strip()


def says(t, line, *answers):
    """Types a line and waits for each of these, in rows below it."""
    t.type(line + "\r")

    def below(t):
        rows = t.lines()
        shown = [i for i, row in enumerate(rows) if row.endswith(line)]
        return shown and all(any(answer in row for row in rows[shown[-1] + 1:]) for answer in answers)

    t.wait(below, f"{answers} below {line!r}")


def nothing_more(t, peer):
    """Nothing was sent before this line."""
    t.type("last\r")
    assert peer.receive(b"last\n") == b"last\n"


class Many:
    """A prompt that listens, and those who connect to it."""

    def __init__(self, home, *options, columns=100, **how):
        self.terminal, self.port = listen(home, *options, "-lk", "127.0.0.1", 0, columns=columns, **how)
        self.peers = []

    def join(self):
        sock = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
        self.peers.append(sock)
        self.terminal.wait_text(f"[{len(self.peers)}] 127.0.0.1 port {port_of(sock)} joined")
        return sock

    def close(self):
        for sock in self.peers:
            sock.close()
        self.terminal.close()


@pytest.fixture
def many(tmp_path):
    """many(*OPTIONS, count=2) starts a prompt that listens with -k; it, and the sockets of those who joined."""
    running = []

    def begin(*options, count=2, **how):
        running.append(Many(tmp_path, *options, **how))
        for _ in range(count):
            running[-1].join()
        return running[-1].terminal, *running[-1].peers

    yield begin
    for one in running:
        one.close()
