# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be right at every width of the terminal: faults, pastes, secrets, marks, many peers, lists."""
import re
import socket

import pytest

from stage import POLLCAT_PROGRAM, Stage, wrap
from support import DEADLINE, Background, udp
from terminal import listen, peer, start

every_width = pytest.mark.parametrize("columns", [20, 80, 200])


@pytest.fixture
def stage(tmp_path):
    stages = []

    def make(columns):
        stages.append(Stage(POLLCAT_PROGRAM, tmp_path, columns))
        return stages[-1]

    yield make
    for each in stages:
        each.close()


def joined(t):
    """All rows as one text without blanks, however lines were cut into rows. Ports are N."""
    return re.sub(r"port\d{5}", "portN", "".join(t.scrolled()).replace(" ", ""))


def shows(t, *texts):
    """Waits for these, one behind the other."""
    pattern = ".*".join(re.escape(text.replace(" ", "")) for text in texts)
    t.wait(lambda t: re.search(pattern, joined(t)), f"{texts}")


@every_width
def test_a_fault_is_shown(start, peer, columns):
    t = start("--prompt", "> ", "--input=hex", columns=columns)
    typed = 12 * "41 " + "4x 42"
    before = typed.index("x")
    t.type(typed + "\r")
    rows = wrap("> " + typed, columns)
    if len(rows) == 1:
        t.wait_screen([*rows, (2 + before) * " " + "^ not a hex digit", *rows])
    else:  # a caret would stand under another row
        shows(t, f"> {typed}", f"byte {before + 1}: not a hex digit", f"> {typed}")
    t.type("\x01" + before * "\x06" + "\x04" + "3\r")
    assert peer.receive(14) == 12 * b"A" + b"CB"


@every_width
@pytest.mark.parametrize("key", ["\r", "\x16"], ids=["enter", "as-one"])
def test_a_paste_is_shown_as_pasted(stage, columns, key):
    s = stage(columns)
    s.connect()
    s.type("first: ")
    s.shows(typed="first: ")
    s.t.paste("one\nthe second, which is longer\n\nfour")
    rows = ["> first: one", "the second, which is longer", "", "four"]
    shown = [row.rstrip() for text in rows for row in wrap(text, columns)]
    s.t.wait(lambda t: t.lines() == shown)
    s.peer.send("data\n")
    s.t.wait(lambda t: t.lines() == ["data"] + shown)
    s.type(key)
    s.got(b"first: one\nthe second, which is longer\n\nfour\n")


@every_width
def test_a_secret_is_asked_for_and_data_arrives(stage, columns):
    s = stage(columns)
    s.connect()
    s.command("secret password:")
    s.shows(before="password:")
    s.type("hush")
    s.peer.send("data\n")
    s.shows("data", before="password:")
    s.type("\r")
    s.got(b"hush\n")
    s.peer.send("welcome\n")
    s.shows("welcome")
    assert "hush" not in joined(s.t)


@every_width
def test_marks_and_time_stand_before_each_line(start, peer, columns):
    t = start("--marks=direction,size,peer", "--time=delta", columns=columns)
    t.type("half")
    t.wait(lambda t: t.row() == "half")
    for text in ("one", "a second line, longer than a narrow row", "three"):
        peer.send(text + "\n")
        shows(t, f"< [1] ({len(text) + 1}) {text}")
    t.wait(lambda t: t.row() == "half")
    assert len(re.findall(r"\+\d+\.\d{3}<\[1\]", joined(t))) == 3
    t.type("\r")
    assert peer.receive(b"\n") == b"half\n"


@every_width
def test_each_datagram_has_its_size(tmp_path, stage, columns):
    s = stage(columns)
    with udp() as one, udp() as two:
        port = s.listen("-l", "-u", "--marks=size,direction")
        for sock, text in ((one, b"12345"), (two, b"1234567"), (one, b"")):
            sock.sendto(text, ("127.0.0.1", port))
        shows(s.t, "[1] 127.0.0.1 port N joined", "< [1] (5) 12345", "[2] 127.0.0.1 port N joined", "< [2] (7) 1234567",
              "< [1] (0)")
        s.command("info 2")
        shows(s.t, "local 127.0.0.1 port N remote 127.0.0.1 port N state open (datagrams)", "sent 0 bytes received 7 bytes")
        assert f"port{two.getsockname()[1]}state" in "".join(s.t.scrolled()).replace(" ", "")


@every_width
def test_peers_are_told_apart(stage, columns):
    s = stage(columns)
    port = s.listen("-l", "-k")
    peers = []
    for number in (1, 2, 3):
        peers.append(s.join(port))
        shows(s.t, f"[{number}] 127.0.0.1 port N joined")
    s.type("half typed")
    peers[0].sendall(b"a piece of one")
    shows(s.t, "[1] a piece of one...", "all> half typed")
    peers[1].sendall(b"a line of two\n")
    peers[0].sendall(b", and the rest\n")
    shows(s.t, "[2] a line of two", "[1] ..., and the rest", "all> half typed")
    colours = {row[1].data: row[1].fg for row in s.t.screen.buffer.values() if row[0].data == "["}
    assert len(set(colours.values()) - {"default"}) == len(colours) >= 2
    s.type("\x15~to 3\r")
    s.t.wait(lambda t: t.row() == "3>")
    s.type("to three\r")
    s.got(b"to three\n", peers[2])
    peers[2].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peers[2].close()
    shows(s.t, "[3] 127.0.0.1 port N left")
    s.t.wait(lambda t: t.row() == "3>")
    s.type("~to all\r")
    s.t.wait(lambda t: t.row() == "all>")
    s.command("peers")
    shows(s.t, "[1] 127.0.0.1 port N 0:0", "[2] 127.0.0.1 port N 0:0", "all>")


LISTS = {
    "?": ["~help this list, or one in full", "~quit end pollcat", "keys ^D end of input", "~~ one ~ at the beginning"],
    "help log": ["~log [FILE]", "Append a transcript to FILE:"],
    "peers": ["[1] 127.0.0.1 port N 0:0", "sent 0 B, received 0 B"],
    "info": ["local 127.0.0.1 port N", "remote 127.0.0.1 port N", "state open", "sent 0 bytes received 0 bytes idle 0:0",
             "tcp established", "retransmits 0"],
    "opt": ["keepalive=off", "probe idle connections", "nodelay="],
    "sned": ["pollcat: unknown command ~sned; did you mean ~send?"],
    "input": ["input mode: text"],
    "view": ["view: text, marks: none"],
}


@every_width
def test_what_commands_say(stage, columns):
    s = stage(columns)
    s.connect()
    for command, texts in LISTS.items():
        s.command(command)
        shows(s.t, f"> ~{command}", *texts)
        s.t.wait(lambda t: t.row() == ">")
    s.type("half")
    s.peer.send("data\n")
    s.shows("data", typed="half")
    s.type("\r")
    s.got(b"half\n")


CHOICES = {"~eo": ["~eof", "~eol"], "~view ": ["hex", "raw", "text"], "~to ": ["1", "all"],
           "~opt nodelay=o": ["nodelay=off", "nodelay=on"]}


@every_width
def test_what_tab_offers(stage, columns):
    s = stage(columns)
    s.connect()
    for typed, choices in CHOICES.items():
        s.type(typed + "\t\t")
        shows(s.t, *choices, f"> {typed}")
        s.type("\x15")
        s.shows()
    s.type("~inp\the\t\r48 69\r")
    s.got(b"Hi")


@every_width
def test_nothing_is_lost_to_a_file_or_a_transcript(stage, columns):
    s = stage(columns)
    s.connect()
    s.command("save got")
    s.command("log talk")
    shows(s.t, "talk: the transcript is appended")
    s.type("half")
    s.shows(typed="half")
    lines = [f"{n:07d} " + 40 * "." for n in range(100_000)]
    data = "".join(line + "\n" for line in lines).encode()
    s.t.skim()
    sender = Background(s.peer.socket.sendall, data + b"the end\n")
    assert s.waits(lambda t: b"the end" in t.unseen[-4096:], DEADLINE)
    sender.result()
    s.t.look()
    s.t.wait(lambda t: t.row() == "> half")
    s.type("\x15~save\r~log\r")
    shows(s.t, "got: closed, 4.67 MiB", "talk: closed")
    assert (s.home / "got").read_bytes() == data + b"the end\n"
    kept = [line.split(": ", 1)[1] for line in (s.home / "talk").read_text().splitlines() if " < " in line]
    assert kept == lines + ["the end"]


def behind_its_mark(t, mark, last):
    """Waits for the line that ends with `last`, whose first row begins with `mark`: its other rows stand behind that.
    Returns what they say, without the mark."""
    t.wait(lambda t: any(row.endswith(last) for row in t.scrolled()), last)
    rows = t.scrolled()
    first = max(i for i, row in enumerate(rows) if row.startswith(mark))
    rows = rows[first:next(i for i, row in enumerate(rows) if row.endswith(last) and i >= first) + 1]
    for row in rows[1:]:
        assert row.startswith(" " * len(mark)), f"in the first column: {row!r}"
    return [row[len(mark):] for row in rows]


@pytest.fixture
def crowd(tmp_path):
    """crowd(*OPTIONS): a prompt for many, and one who is connected."""
    both = []

    def begin(*options, **how):
        t, port = listen(tmp_path, "-lk", *options, "127.0.0.1", "0", **how)
        both.append(t)
        both.append(socket.create_connection(("127.0.0.1", port), DEADLINE))
        t.wait(lambda t: "[1]" in joined(t), "the peer")
        return t, both[-1]

    yield begin
    for each in both:
        each.close()


@every_width
@pytest.mark.parametrize("before", ["", "\u6c34" * 3, "\t", "a\tb\t", "e\u0301"], ids=["plain", "wide", "tab", "tabs", "joined"])
def test_nobody_speaks_as_another(crowd, columns, before):
    """A line that is longer than a row goes on behind its mark, however far it reaches."""
    t, s = crowd(columns=columns)
    for more in range(columns - 20, columns + 4):
        line = before + more * "x" + "[2] forged"
        s.sendall(f"{line}{more}\nend{more}\n".encode())
        t.wait(lambda t: any(row.endswith(f"[1] end{more}") for row in t.scrolled()))
        assert not [row for row in t.scrolled() if row.startswith("[2]")]


@every_width
def test_what_is_long_goes_on_behind_its_mark(crowd, columns):
    t, s = crowd("--allow-colors", columns=columns)
    width = columns - 4
    s.sendall(b"\x1b[41m" + width * b"a" + 3 * b"b" + b"\x1b[m" + width * b"c" + b"\x01!\n")
    rows = behind_its_mark(t, "[1] ", "!")
    assert "".join(rows) == width * "a" + "bbb" + width * "c" + "\\x01!"
    assert all(len(row) == width for row in rows[:-1])
    for y, row in enumerate(t.lines()):
        backgrounds = [t.screen.buffer[y][x].bg for x in range(columns)]
        assert set(backgrounds[:4]) == {"default"}
        assert [x for x in range(4, columns) if backgrounds[x] == "red"] == [
            x for x in range(4, len(row)) if row[x] in "ab" and row.startswith(("[1] a", "    "))]
    wide = (width // 2 + 1) * "\u6c34"
    s.sendall(f"{wide}.\n".encode())
    assert "".join(behind_its_mark(t, "[1] ", ".")).replace(" ", "") == wide + "."


def test_it_does_so_at_the_width_of_now(crowd):
    """After a change of the terminal's size, and without a line below."""
    t, s = crowd(columns=80)
    t.resize(40, 24)
    t.type("x")
    t.wait(lambda t: t.row().endswith("> x"))
    s.sendall(36 * b"a" + b"[2] hello\n")
    assert behind_its_mark(t, "[1] ", "hello") == [36 * "a", "[2] hello"]
    t.type("\x15\x04")
    assert s.recv(1) == b""
    s.sendall(36 * b"b" + b"[2] there\n")
    assert behind_its_mark(t, "[1] ", "there") == [36 * "b", "[2] there"]

