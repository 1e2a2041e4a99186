# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage for scenarios: one of several programs on a terminal, and the peers that it talks to.

A scenario is the same for every program. What it expects and does not see it raises as Differs, which tells what is
seen instead.
"""
import select
import shlex
import socket
import unicodedata

from support import DEADLINE, FreePort, POLLCAT
from terminal import Peer, Terminal, Timeout, wait_for

LEFT, UP, INTERRUPT, END, KILL = "\x02", "\x10", "\x03", "\x04", "\x15"  # keys


class Differs(AssertionError):
    """Not what a user expects. The text says what is seen."""


class Program:
    """One that a user talks through. `prompt` is what it shows before what is typed, when the peer shows nothing;
    `escape` begins its commands."""

    def __init__(self, name, argv, prompt="", escape=None, edits=True):
        self.name, self.argv, self.prompt, self.escape, self.edits = name, argv, prompt, escape, edits


POLLCAT_PROGRAM = Program("pollcat", [POLLCAT], prompt="> ", escape="~")
PROGRAMS = [
    POLLCAT_PROGRAM,
    Program("rlwrap nc", ["rlwrap", "nc"]),
    Program("rlwrap ncat", ["rlwrap", "ncat"]),
]


def cells(character):
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text, columns):
    """The rows that a terminal makes of a text."""
    rows, width = [""], 0
    for character in text:
        if width + cells(character) > columns:
            rows.append("")
            width = 0
        rows[-1] += character
        width += cells(character)
    return rows


def place(text, columns, under=" "):
    """Where the cursor stands behind a text, on the character `under` it: row and column."""
    rows = wrap(text + under, columns)
    return len(rows) - 1, sum(map(cells, rows[-1])) - cells(under)


def bare(rows):
    """Without blanks: what a terminal puts beside a wide character is its own business."""
    return [row.replace(" ", "") for row in rows]


class Stage:
    """A program, its terminal `t`, and its `peer`, while one scenario is played at one width."""

    def __init__(self, program, home, columns=80, patience=DEADLINE, timed=False):
        self.program, self.home, self.columns, self.patience = program, home, columns, patience
        self.timed = timed  # how long it takes matters
        self.prompt = program.prompt
        self.t = self.peer = None
        self.open = []

    def close(self):
        for thing in reversed(self.open):
            thing.close()

    def begin(self, *args, to=None, **how):
        """Starts the program, its standard output the file `to`."""
        argv = [*self.program.argv, *map(str, args)]
        if to is not None:
            argv = ["/bin/sh", "-c", f"exec {shlex.join(argv)} >{to}"]
        self.t = Terminal(argv, columns=self.columns, home=self.home, cwd=str(self.home), **how)
        self.open.append(self.t)
        return self.t

    def connect(self, *options, **how):
        """Starts the program, connected to a new peer."""
        self.peer = Peer()
        self.open.append(self.peer)
        self.begin(*options, "127.0.0.1", self.peer.port, **how)
        self.peer.accept()
        self.peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wait_keys()

    def listen(self, *options, **how):
        """Starts the program, as a listener; returns its port."""
        port = FreePort()
        self.begin(*options, "127.0.0.1", int(port), **how)
        table = "/proc/net/udp" if "-u" in options else "/proc/net/tcp"
        state = "07" if "-u" in options else "0A"

        def bound():
            with open(table, encoding="ascii") as rows:
                return any(f":{port:04X}" in row.split()[1] and row.split()[3] == state for row in rows)

        wait_for(bound, "the listener", lambda: self.t.read(0.01))
        self.wait_keys()
        return int(port)

    def wait_keys(self):
        if self.program.edits:
            self.t.wait_prompt()

    def join(self, port, kind=socket.SOCK_STREAM):
        """Another peer, of a listener."""
        s = socket.socket(socket.AF_INET, kind)
        self.open.append(s)
        s.settimeout(self.patience)
        s.connect(("127.0.0.1", port))
        return s

    # What is done.

    def type(self, text):
        self.t.type(text)

    def say(self, *lines):
        """Types lines, each once the peer has the one before."""
        for line in lines:
            self.type(line + "\r")
            self.got(line.encode() + b"\n")

    def command(self, text):
        """A command of the program itself. When this returns, it was taken: the cursor has left its line."""
        if self.program.escape is None:
            raise Differs("there is no command for it")
        line = self.program.escape + text
        self.t.type(line + "\r")
        self.sees(lambda t: line not in t.row() and any(line in row for row in t.scrolled()))

    def paste(self, text):
        """As terminals do: newlines become what Enter sends, and brackets stand around it when that was asked for."""
        text = text.replace("\n", "\r")
        output = self.t.output
        if output.rfind(b"\x1b[?2004h") > output.rfind(b"\x1b[?2004l"):
            self.t.paste(text)
        else:
            self.t.type(text)

    def leave(self):
        """Ends the session with ^D, then by the peer, and where that is not enough by a signal."""
        self.t.type(END)
        self.part()

    def part(self):
        """The peer ends the session, and where that is not enough a signal."""
        self.peer.socket.shutdown(socket.SHUT_WR)
        self.peer.socket.settimeout(self.patience)
        try:
            while self.peer.socket.recv(65536):
                pass
        except OSError:
            pass
        self.peer.socket.close()
        try:
            self.t.wait_exit(self.patience)
        except Timeout:
            self.t.signal(15)
            self.t.wait_exit(self.patience)

    # What is expected.

    def sees(self, condition, seen=None):
        """Waits for the screen to fulfil it."""
        try:
            self.t.wait(condition, deadline=self.patience)
        except Timeout:
            raise Differs(seen or "the screen:\n" + self.screen()) from None

    def screen(self):
        """The screen, the cursor in it as an underscore or, on a character, as brackets."""
        rows = [row.rstrip() for row in self.t.screen.display]
        y, x = self.t.cursor()
        row = rows[y].ljust(x)
        rows[y] = row[:x] + (f"[{row[x]}]" + row[x + 1:] if row[x:] else "_")
        while not rows[-1]:
            rows.pop()
        return "\n".join(rows)

    def shows(self, *above, typed="", point=None, before=None):
        """Waits until the last rows are `above`, and below them the line that is typed, behind `before` (by default
        the program's prompt), with the cursor at `point` in it."""
        before = self.prompt if before is None else before
        below = wrap(before + typed, self.columns)
        point = len(typed) if point is None else point
        y, x = place(before + typed[:point], self.columns, typed[point:point + 1] or " ")
        above = [part for row in above for part in wrap(row, self.columns)]
        rows = bare(above + below)
        while rows and not rows[-1]:
            rows.pop()

        def as_expected(t):
            shown = bare(t.lines())
            top = len(shown) - len(rows)
            return shown[max(top, 0):] == rows and t.cursor() == (top + len(above) + y, x)

        self.sees(as_expected)

    def contains(self, *texts):
        """Waits until the screen, or what scrolled away, shows each of these in one of its rows."""
        self.sees(lambda t: all(any(text in row for row in t.scrolled()) for text in texts))

    def receive(self, sock, size, patience):
        """What a peer receives: `size` bytes, or what comes in time. The terminal is read meanwhile."""
        received = b""

        def enough():
            nonlocal received
            if not select.select([sock], [], [], 0)[0]:
                return False
            try:
                chunk = sock.recv(size - len(received))
            except ConnectionResetError:
                chunk = b""
            received += chunk
            return not chunk or len(received) == size

        self.waits(lambda _: enough(), patience)
        return received

    def got(self, data, sock=None):
        """Waits until the peer has received exactly this since the last time."""
        received = self.receive(sock or self.peer.socket, len(data), self.patience)
        if received != data:
            over = "" if self.t.child.isalive() else "the program has ended; "
            raise Differs(f"{over}the peer received {short(received)}")

    def ended(self):
        """Waits for the end of what the program sends."""
        self.peer.socket.settimeout(self.patience)
        try:
            data = self.peer.socket.recv(65536)
        except TimeoutError:
            raise Differs("the peer sees no end") from None
        if data:
            raise Differs(f"the peer received {short(data)}")

    def waits(self, condition, patience):
        """Reads until the condition is true; whether it came true in time."""
        try:
            return wait_for(lambda: condition(self.t), "the output", self.t.read, patience)
        except Timeout:
            return False

    def exits(self):
        """Waits for the end of the program; returns its status."""
        try:
            return self.t.wait_exit(self.patience)
        except Timeout:
            raise Differs("it does not end") from None

    def interrupts(self):
        """^C until the program ends."""
        try:
            return self.t.interrupt_exit()
        except Timeout:
            raise Differs("it does not end") from None


def short(data):
    """Bytes to be shown, when they are many without their middle."""
    if not data:
        return "nothing"
    shown = repr(data)[1:]
    return shown if len(shown) <= 60 else f"{len(data)} bytes: {shown[:25]} ... {shown[-25:]}"
