# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may expect of a program that talks to a socket by hand, as scenarios that any such program can be put
through. The first words of each are the expectation; its columns are the widths of terminals that it is played on.
"""
import re
import signal
import socket
import time

from stage import END, INTERRUPT, KILL, LEFT, UP, Differs, Stage
from support import LEEWAY, Background, reset

SCENARIOS = []
FLOOD = (50 << 20) // LEEWAY
LATENCY = 0.1  # seconds, where time is compared
BEHIND = 1 << 20  # bytes that are shown before a key is, at most, however slow the machine


class Scenario:
    def __init__(self, group, expectation, play, columns):
        self.group, self.expectation, self.play, self.columns = group, expectation, play, columns


def scenario(group, expectation, columns=(80,)):
    def add(play):
        SCENARIOS.append(Scenario(group, expectation, play, columns))
        return play

    return add


# Typing while data arrives

TYPING = "Typing while data arrives"


@scenario(TYPING, "Lines that arrive appear above the line being typed, which stays whole with its cursor.",
          (10, 20, 80, 200))
def half_typed_line(s):
    s.connect()
    s.type("abcdefgh" + 3 * LEFT)
    s.shows(typed="abcdefgh", point=5)
    lines = []
    for i in range(5):
        s.peer.send(f"line {i}\n")
        lines.append(f"line {i}")
        s.shows(*lines, typed="abcdefgh", point=5)
    s.type("X\r")
    s.got(b"abcdeXfgh\n")


@scenario(TYPING, "A burst of 300 lines does, too, and none of them is missing.", (20, 80, 200))
def burst(s):
    s.connect()
    s.type("half typed")
    s.shows(typed="half typed")
    s.peer.send("".join(f"line {i}\n" for i in range(300)))
    s.shows("line 298", "line 299", typed="half typed")
    arrived = [row for row in s.t.scrolled() if row.startswith("line")]
    if arrived != [f"line {i}" for i in range(300)]:
        raise Differs(f"{len(arrived)} rows of 300 are as they were sent")
    s.type("\r")
    s.got(b"half typed\n")


@scenario(TYPING, "So does a line that arrives byte by byte.", (20, 80, 200))
def in_pieces(s):
    s.connect()
    s.type("half")
    s.shows(typed="half")
    for i, byte in enumerate("in pieces\n"):
        s.peer.send(byte)
        s.contains("in pieces"[:i + 1])
    s.shows("in pieces", typed="half")
    s.type(" typed\r")
    s.got(b"half typed\n")


@scenario(TYPING, "A typed line of several rows stays, with its cursor where it was.", (20, 33, 50))
def several_rows(s):
    text = "abcdefghijklmnopqrstuvwxyz" * 3
    s.connect()
    s.type(text + 60 * LEFT)
    s.shows(typed=text, point=18)
    s.peer.send("one\ntwo\n")
    s.shows("one", "two", typed=text, point=18)
    s.type("#\r")
    s.got(f"{text[:18]}#{text[18:]}\n".encode())


@scenario(TYPING, "Wide characters are edited as one, and the line stays when data arrives.", (11, 20, 80))
def wide(s):
    s.connect()
    s.type("日本語日本語" + 2 * LEFT)
    s.shows(typed="日本語日本語", point=4)
    s.peer.send("データ\n")
    s.shows("データ", typed="日本語日本語", point=4)
    s.type("\x7fx\r")
    s.got("日本語x本語\n".encode())


@scenario(TYPING, "After a resize the line is redrawn to fit, and stays when data arrives.", (20, 60, 120))
def resized(s):
    text = "0123456789" * 7
    columns, s.columns = s.columns, 40
    s.connect()
    s.type(text)
    s.shows(typed=text)
    s.columns = columns
    s.t.resize(columns, 24)
    s.shows(typed=text)
    s.peer.send("data\n")
    s.shows("data", typed=text)
    s.type("!\r")
    s.got(f"{text}!\n".encode())


@scenario(TYPING, "On the narrowest terminals a line is sent whole, and what arrives can be read.", (1, 2, 3, 5))
def narrow(s):
    s.connect()
    s.type("ab")
    s.peer.send("uvwxyz\n")
    s.sees(lambda t: "uvwxyz" in "".join(t.scrolled()))
    s.type("c\r")
    s.got(b"abc\n")


@scenario(TYPING, "With TERM=dumb the line is shown again below what arrived, and no escape sequence is used.", (20, 80))
def dumb(s):
    s.connect(term="dumb")
    s.type("half")
    s.shows(typed="half")
    s.peer.send("data\n")
    s.shows("data", typed="half")
    s.type("!\r")
    s.got(b"half!\n")
    if b"\x1b" in s.t.output:
        raise Differs(f"the terminal received {s.t.output[s.t.output.index(27):][:20]!r}")


# The peer's unfinished line

UNFINISHED = "The unfinished line of the peer"


@scenario(UNFINISHED, "It is the prompt: what is typed stands behind it, and Backspace does not harm it.", (10, 80, 200))
def prompt(s):
    s.connect()
    s.peer.send("Hi\nlogin: ")
    s.shows("Hi", before="login: ")
    s.type("a\x7f\x7f\x7fme")
    s.shows("Hi", before="login: ", typed="me")
    s.type("\r")
    s.got(b"me\n")
    s.peer.send("no\n")
    s.shows("Hi", "login: me", "no")


@scenario(UNFINISHED, "When more of it arrives, it grows before what is typed.", (20, 80, 200))
def grows(s):
    s.connect()
    s.peer.send("log")
    s.shows(before="log")
    s.type("me")
    s.shows(before="log", typed="me")
    s.peer.send("in: ")
    s.shows(before="login: ", typed="me")
    s.peer.send("timed out\n")
    s.shows("login: timed out", typed="me")


@scenario(UNFINISHED, "A progress bar (`\\r`) stays on one row, and so does what is typed behind it.", (10, 20, 80))
def progress(s):
    s.connect()
    s.peer.send("  0%")
    s.shows(before="  0%")
    s.type("me")
    s.shows(before="  0%", typed="me")
    for percent in range(10, 101, 10):
        s.peer.send(f"\r{percent:3}%")
        s.shows(before=f"{percent:3}%", typed="me")
    s.peer.send("\r100% ok\n")
    s.shows("100% ok", typed="me")
    if any("90%" in row for row in s.t.scrolled()):
        raise Differs("the screen:\n" + s.screen())


# What peers must not do

HOSTILE = "What arrives is not to be trusted"


@scenario(HOSTILE, "Escape sequences are shown, not obeyed: the screen is not cleared, the title not set, the terminal "
          "not asked.", (20, 80))
def escapes(s):
    s.connect()
    s.peer.send("before\n")
    s.contains("before")
    s.peer.send("\x1b[2J\x1b]0;title\x07\x1b[6nafter\n")
    s.sees(lambda t: b"after" in t.output)
    if s.t.screen.title or b"\x1b[6n" in s.t.output:
        raise Differs(f"the terminal's title is {s.t.screen.title!r}; the screen:\n{s.screen()}")
    s.sees(lambda t: "before" in t.lines())


@scenario(HOSTILE, "Nor are C1 controls and the characters that turn the direction of text.", (20, 80))
def bidi(s):
    s.connect()
    s.peer.send("invoice\u202efdp.exe \u009b5n\n")
    s.sees(lambda t: b"5n" in t.output)
    for character in "\u202e\u009b":
        if character.encode() in s.t.output:
            raise Differs(f"the terminal received U+{ord(character):04X}")


@scenario(HOSTILE, "Bytes that are no UTF-8 can be told from each other.", (20, 80))
def invalid(s):
    s.connect()
    s.peer.send(b"caf\xe9 \xff ok\n")
    s.sees(lambda t: b"ok" in t.output)
    try:
        s.t.output.decode()
    except UnicodeDecodeError:
        raise Differs("the terminal received bytes that are no characters") from None
    s.contains("e9", "ff")


# Lines

LINES = "Lines and their history"


@scenario(LINES, "A line of 10,000 characters is sent whole.")
def long_line(s):
    s.connect()
    line = "0123456789" * 1000
    s.type(line + "\r")
    s.got(line.encode() + b"\n")


@scenario(LINES, "Of a pasted text of several lines nothing is sent before Enter.", (20, 80))
def pasted(s):
    s.connect()
    s.type("zero ")
    s.shows(typed="zero ")
    s.paste("one\ntwo\nthree")
    s.contains("three")
    s.type(KILL + "safe\r")
    s.got(b"safe\n")


@scenario(LINES, "A paste of 100 KiB is sent whole.")
def long_paste(s):
    s.connect()
    s.type("0")
    s.shows(typed="0")
    lines = 100 * ["123456789abcdef" * 68]
    s.paste("\n".join(lines))
    s.type("\r")
    s.got(("0" + "\n".join(lines) + "\n").encode())


@scenario(LINES, "^C clears the line that is being typed, and leaves the connection.", (20, 80))
def interrupted(s):
    s.connect()
    s.type("wrong")
    s.shows(typed="wrong")
    s.type(INTERRUPT)
    s.sees(lambda t: not t.row().endswith("wrong"))
    s.type("right\r")
    s.got(b"right\n")


@scenario(LINES, "Lines typed earlier come back with the arrow keys, also in the next session.")
def history(s):
    s.connect()
    s.say("one", "two")
    s.type(UP + UP + "\r")
    s.got(b"one\n")
    s.leave()
    s.connect()
    s.type(UP + "\r")
    s.got(b"one\n")


@scenario(LINES, "Two programs at once leave the lines of both in the history.")
def shared_history(s):
    first = Stage(s.program, s.home, s.columns, s.patience)
    s.open.append(first)
    first.connect()
    s.connect()
    first.say("from one")
    s.say("from two")
    first.leave()
    s.leave()
    s.connect()
    s.type(UP + UP + "\r")
    s.got(b"from one\n")


@scenario(LINES, "A line that begins with a blank is kept out of the history.")
def blank(s):
    s.connect()
    s.say("one", " secret", "two")
    s.leave()
    s.connect()
    s.type(UP + UP + "\r")
    s.got(b"one\n")


@scenario(LINES, "A password can be typed without being seen, and is in no history.")
def secret(s):
    s.connect()
    s.say("one")
    s.command("secret PIN:")
    s.sees(lambda t: t.row() == "PIN:")
    s.type("1234\r")
    s.got(b"1234\n")
    s.leave()
    if any("1234" in row for row in s.t.scrolled()):
        raise Differs("the screen:\n" + s.screen())
    if any(b"1234" in file.read_bytes() for file in s.home.rglob("*") if file.is_file()):
        raise Differs("it is in the history")


# Bytes

BYTES = "Bytes"


@scenario(BYTES, "With `-C` lines end in CRLF, and the CRLF of the peer leaves no trace.", (20, 80))
def crlf(s):
    s.connect("-C")
    s.type("QUIT\r")
    s.got(b"QUIT\r\n")
    s.peer.send("221 Bye\r\n")
    s.shows("QUIT" if not s.prompt else s.prompt + "QUIT", "221 Bye")


@scenario(BYTES, "Any bytes can be sent, as escapes or in hex.")
def sent_bytes(s):
    s.connect()
    s.command("input escapes")
    s.type("a\\x00\\xff\\r\\n\r")
    s.got(b"a\0\xff\r\n")
    s.command("input hex")
    s.type("00 ff 41\r")
    s.got(b"\0\xffA")


@scenario(BYTES, "What arrives can be seen in hex.", (30, 80))
def seen_bytes(s):
    s.connect()
    s.command("view hex")
    s.peer.send(b"\0\xffA\n")
    s.contains("00 ff 41 0a")


# Much data

MUCH = "50 MB arrive while someone types"


def flood(s):
    """Begins to send numbered lines without a letter, then `the end`; returns how many."""
    count = FLOOD // 64
    body = "".join(f"{n:08d} {54 * '.'}\n" for n in range(count)).encode() + b"the end\n"
    s.peer.socket.settimeout(None)
    Background(s.peer.socket.sendall, body)
    return count


@scenario(MUCH, "Keys are answered within a tenth of a second.", (80, 200))
def keys_in_a_flood(s):
    s.connect()
    s.t.skim()
    flood(s)
    times, behind = [], []
    for part, key in enumerate("zywvkjo"):  # neither in the data nor in escape sequences
        wanted = part * FLOOD // 16 + 1
        s.waits(lambda t: len(t.unseen) >= wanted, 0.5)
        mark, began = len(s.t.unseen), time.monotonic()
        s.type(key)
        if not s.waits(lambda t: t.unseen.find(key.encode(), mark) >= 0, s.patience):
            raise Differs("a key is not answered")
        times.append(time.monotonic() - began)
        behind.append(s.t.unseen.find(key.encode(), mark) - mark)
    if max(behind) > BEHIND:
        raise Differs(f"a key is answered behind {max(behind) >> 20} MB")
    slowest = sorted(times)[-2]  # once the machine may have had something else to do
    if s.timed and slowest > LATENCY:
        raise Differs(f"keys wait {slowest:.2f} s")
    return f"{slowest * 1000:.0f} ms"


@scenario(MUCH, "The line that is being typed stays whole, and not one line is missing above it.")
def flooded(s):
    s.connect()
    s.type("half typed")
    s.shows(typed="half typed")
    s.t.skim()
    count = flood(s)
    began = time.monotonic()
    if not s.waits(lambda t: b"the end" in t.unseen[-4096:], 8 * s.patience):
        raise Differs(f"after {time.monotonic() - began:.0f} s the terminal has {len(s.t.unseen) / 1e6:.0f} MB, not the end")
    took = time.monotonic() - began
    lines = re.findall(rb"(\d{8}) \.{54}\r\n", s.t.look())
    if lines != [b"%08d" % n for n in range(count)]:
        raise Differs(f"{len(lines)} of {count} lines are as they were sent")
    s.shows("the end", typed="half typed")
    s.type("!\r")
    s.got(b"half typed!\n")
    return f"{took:.1f} s"


@scenario(MUCH, "^C on an empty line, twice if need be, ends the program at once.")
def interrupted_flood(s):
    s.connect()
    s.t.skim()
    flood(s)
    s.waits(lambda t: len(t.unseen) > 65536, s.patience)
    began = time.monotonic()
    s.interrupts()
    took = time.monotonic() - began
    if s.timed and took > 10 * LATENCY:
        raise Differs(f"it goes on for {took:.1f} s")
    return f"{took * 1000:.0f} ms"


# Ends

ENDS = "Ends"


@scenario(ENDS, "^D on an empty line ends our direction; the answer that comes then is shown.", (20, 80))
def end_of_input(s):
    s.connect()
    s.type("question\r")
    s.got(b"question\n")
    s.type(END)
    s.ended()
    s.peer.send("answer\n")
    s.contains("answer")
    s.peer.socket.close()
    if s.exits() != 0:
        raise Differs("it does not end with status 0")


@scenario(ENDS, "When the server closes, the program says so and ends with status 0, all that came on the screen.",
          (20, 80))
def end_of_server(s):
    s.connect()
    s.say("QUIT")
    s.peer.send("221 Bye\n")
    s.peer.socket.close()
    if s.exits() != 0:
        raise Differs("it does not end with status 0")
    s.contains("221 Bye")
    s.sees(lambda t: "closed" in "".join(row.strip() for row in t.scrolled()))


@scenario(ENDS, "A line that was half typed then is in the history.", (80,))
def half_typed_at_the_end(s):
    s.connect()
    s.type("half typed")
    s.shows(typed="half typed")
    s.part()
    s.connect()
    s.type(UP + "\r")
    s.got(b"half typed\n")


@scenario(ENDS, "A listener goes on when its peer has ended its side, which is told, and can still answer.", (20, 80))
def answered_after_end(s):
    sock = s.join(s.listen("-l"))
    sock.sendall(b"question\n")
    s.contains("question")
    sock.shutdown(socket.SHUT_WR)
    s.sees(lambda t: any(row not in ("", "question", s.prompt.rstrip()) for row in t.scrolled()))
    s.type("answer\r")
    s.got(b"answer\n", sock)


@scenario(ENDS, "A listener whose output is a file ends when the file has come.")
def into_a_file(s):
    sock = s.join(s.listen("-l", to="copy"))
    sock.sendall(b"all of it\n")
    sock.shutdown(socket.SHUT_WR)
    if s.exits() != 0:
        raise Differs("it does not end with status 0")
    if (s.home / "copy").read_bytes() != b"all of it\n":
        raise Differs("the file is not what was sent")


@scenario(ENDS, "When the connection is reset that is told, what was typed can still be read, and the status says so.",
          (20, 80))
def reset_by_peer(s):
    s.connect()
    s.type("half typed")
    s.shows(typed="half typed")
    reset(s.peer.socket)
    status = s.exits()
    s.contains("half typed")
    s.sees(lambda t: "reset" in "".join(t.lines()))
    if status == 0:
        raise Differs("it ends with status 0")


@scenario(ENDS, "After a connection was lost the same program connects again, history and all.")
def again(s):
    s.connect()
    s.command("set stay")
    s.say("one")
    s.peer.socket.shutdown(socket.SHUT_WR)
    s.command("connect")
    s.peer.socket.close()
    s.peer.accept()
    s.type(UP + UP + "\r")
    s.got(b"one\n")


def restores(s, name, leave):
    s.connect()
    leave()
    s.exits()
    if s.t.modes() != s.t.first_modes:
        raise Differs(f"the terminal has other modes after {name}")
    if s.t.output.rfind(b"\x1b[?2004h") > s.t.output.rfind(b"\x1b[?2004l"):
        raise Differs(f"the terminal puts pastes in brackets after {name}")


@scenario(ENDS, "The terminal is as it was after ^D, ^C and a reset.")
def restored(s):
    restores(s, "^D", s.leave)
    restores(s, "^C", s.interrupts)
    restores(s, "a reset", lambda: reset(s.peer.socket))


@scenario(ENDS, "It is so after SIGTERM and SIGHUP, too.")
def restored_by_signals(s):
    restores(s, "SIGTERM", lambda: s.t.signal(signal.SIGTERM))
    restores(s, "SIGHUP", lambda: s.t.signal(signal.SIGHUP))


# More than one peer

MANY = "More than one peer"


@scenario(MANY, "With `-lk` a second peer is heard at once, and each line says whose it is.", (20, 80))
def second_peer(s):
    port = s.listen("-l", "-k")
    first = s.join(port)
    first.sendall(b"hi\n")
    s.contains("hi")
    s.join(port).sendall(b"hi\n")

    def apart(t):
        rows = [row for row in t.lines() if row.endswith("hi")]
        return len(rows) == 2 and rows[0] != rows[1]

    s.sees(apart)


@scenario(MANY, "What is typed goes to all of them, or to the one that was chosen.", (20, 80))
def addressed(s):
    port = s.listen("-l", "-k")
    peers = []
    for name in (b"alice", b"bob"):
        peers.append(s.join(port))
        peers[-1].sendall(name + b"\n")
        s.contains(name.decode())
    s.type("all\r")
    for peer in peers:
        s.got(b"all\n", peer)
    s.command("@2 bob")
    s.type("all\r")
    for peer, lines in zip(peers, (b"all\n", b"bob\nall\n")):
        s.got(lines, peer)


@scenario(MANY, "A UDP listener hears a second sender, says who it is, and its answer gets there.", (40, 80))
def second_sender(s):
    port = s.listen("-l", "-u")
    first, second = s.join(port, socket.SOCK_DGRAM), s.join(port, socket.SOCK_DGRAM)
    first.send(b"one\n")
    s.contains("one")
    second.send(b"two\n")
    s.contains("two", str(second.getsockname()[1]))
    s.type("answer\r")
    s.got(b"answer\n", second)
