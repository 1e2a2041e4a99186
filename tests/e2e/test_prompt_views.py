# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt's views and input modes: hex, marks, colours, escapes, faults, pastes."""

import socket

import pytest

from support import DEADLINE, POLLCAT
from terminal import Terminal, at, many, peer, says, start

FULL = "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|"


def test_the_default_prompt(start, peer):
    t = start("--prompt", "> ")
    t.wait_screen([">"], (0, 2))
    peer.send("login: ")
    t.wait_screen(["login:"], (0, 7))
    t.type("me\r")
    assert peer.receive(b"\n") == b"me\n"
    t.wait_screen(["login: me", ">"], (1, 2))


def test_hex(start, peer):
    t = start("--view=hex")
    peer.send("0123456789abcdefgh")
    t.wait_screen([FULL, "00000010  67 68                                             |gh|"])


@pytest.mark.parametrize("columns, per_line", [(200, 16), (80, 16), (60, 8), (30, 4)])
def test_hex_fits_the_terminal(start, peer, columns, per_line):
    t = start("--view=hex", columns=columns)
    peer.send("0123456789abcdef")
    t.wait(lambda t: len(t.lines()) == 16 // per_line)
    rows = t.lines()
    assert [row.split()[0] for row in rows] == ["%08x" % i for i in range(0, 16, per_line)]
    assert "".join(row[row.index("|") + 1:-1] for row in rows) == "0123456789abcdef"


def test_hex_on_twenty_columns(start, peer):
    t = start("--view=hex", columns=20)
    peer.send("0123456789")
    t.wait_screen(["0000  30 31 32 33", "0004  34 35 36 37", "0008  38 39"])


def test_each_direction_counts_in_hex(start, peer):
    t = start("--view=hex", "--marks=direction")
    t.type("one\r")
    peer.receive(4)
    peer.send("abc")
    t.wait_text("< 00000000  61 62 63")
    t.type("two\r")
    t.wait_text("> 00000004  74 77 6f 0a")
    peer.send("def")
    t.wait_text("< 00000003  64 65 66")


def test_unfinished_text_with_escapes_is_no_prompt(at, peer):
    t = at(marked=True)
    t.type("half")
    peer.send(b"\0\x05\x7fHELO")
    t.wait_screen([r"\x00\x05\x7fHELO", "> half"], (1, 6))
    t.type(" typed\r")
    assert peer.receive(b"\n") == b"half typed\n"
    peer.send("\n250 ok\nlogin: ")  # its end is on the screen
    t.wait_screen([r"\x00\x05\x7fHELO", "> half typed", "250 ok", "login:"])
    peer.send("\x1b[?2004h")
    t.wait_screen([r"\x00\x05\x7fHELO", "> half typed", "250 ok", r"login: \x1b[?2004h", ">"], (4, 2))


def test_marks(start, peer):
    t = start("--marks=direction,size,peer")
    peer.send("hello\n")
    t.wait_screen(["< [1] (6) hello"])


def test_what_is_sent_is_shown_in_hex(start, peer):
    t = start("--marks=direction", "--view=hex", "--input=escapes", columns=80)
    t.type(r"a\r\n\x00" + "\r")
    assert peer.receive(4) == b"a\r\n\0"
    t.wait_text("> 00000000  61 0d 0a 00")


def test_time(start, peer):
    t = start("--time=start")
    peer.send("hello\n")
    t.wait(lambda t: t.lines() and t.lines()[0].endswith("hello"))
    assert t.lines()[0][0] == "+"
    assert 0 <= float(t.lines()[0].split()[0]) < 60


@pytest.mark.parametrize("options, env, colored", [
    ((), {}, True),
    ((), {"NO_COLOR": "1"}, False),
    (("--color=never",), {}, False),
    (("--color=always",), {"NO_COLOR": "1"}, True),
])
def test_color(start, peer, options, env, colored):
    t = start("--marks=peer", *options, env=env)
    peer.send("a\x1bb\n")
    t.wait_screen([r"[1] a\x1bb"])
    row = t.screen.buffer[0]
    assert (row[0].fg != "default") == colored
    assert row[5].reverse == colored
    assert row[4].fg == "default" and not row[4].reverse


def test_colors_of_the_peer(start, peer):
    t = start("--allow-colors")
    peer.send("\x1b[31mred\nstill: ")
    t.wait_screen(["red", "still:"])
    assert t.screen.buffer[0][0].fg == "red"
    assert t.screen.buffer[1][0].fg == "red"
    t.type("x")
    t.wait_screen(["red", "still: x"])
    assert t.screen.buffer[1][7].fg == "default"
    peer.send("\x1b[2J\n")
    t.wait_screen(["red", r"still: \x1b[2J", "x"])


def test_a_progress_bar_is_one_line(start, peer):
    t = start()
    for i in range(10, 101, 10):
        peer.send(f"\r{i:3}%")
        t.wait(lambda t, i=i: t.lines() == [f"{i:3}%"])
    peer.send("\r100% done\n")
    t.wait_screen(["100% done"], (1, 0))


@pytest.mark.parametrize("columns", [80, 30])
def test_a_malformed_line_is_refused_and_stays(start, peer, columns):
    t = start("--prompt", "> ", "--input=hex", columns=columns)
    t.type("48 6g\r")
    t.wait(lambda t: len(t.lines()) == 3)
    assert t.lines()[0] == "> 48 6g"
    assert t.lines()[1].startswith("      ^ ")
    assert t.row() == "> 48 6g"
    t.type("\x7f5\r")
    assert peer.receive(2) == b"He"


def test_a_line_with_a_fault_is_left_at_its_end(start, peer):
    t = start("--prompt", "> ", "--input=hex")
    t.type("4g 48 49\r")
    t.wait_screen(["> 4g 48 49", "   ^ not a hex digit", "> 4g 48 49"], (2, 10))
    t.type("\x1548\r")
    assert peer.receive(1) == b"H"


def test_a_fault_in_a_paste_tells_the_line(start, peer):
    t = start("--prompt", "> ", "--input=hex")
    t.paste("48 49\n4a\n4b 4x\n4c")
    t.type("\r")
    t.wait_text("line 3, byte 5: not a hex digit")


def test_the_prompt_shows_the_input_mode(at, peer):
    t = at(marked=True)
    t.wait_screen([">"])
    t.type("~input hex\r")
    t.wait_screen(["> ~input hex", "input mode: hex", "hex>"])
    t.type("~input escapes\r")
    t.wait_screen(["> ~input hex", "input mode: hex", "hex> ~input escapes", "input mode: escapes", "esc>"])
    t.type("~input\r~input text\r")
    t.wait(lambda t: t.lines()[-4:] == ["input mode: escapes", "esc> ~input text", "input mode: text", ">"])


def test_the_input_mode_of_the_command_line_is_shown(at, peer):
    t = at("--input", "hex", marked=True)
    t.wait_screen(["hex>"], (0, 5))


def test_choices_are_confirmed(at, peer):
    t = at()
    says(t, "~eol crlf", "line end: crlf")
    says(t, "~view hex", "view: hex, marks: none")
    says(t, "~time delta", "time: delta")


def test_line_ends(start, peer):
    t = start("--eol=crlf")
    t.type("a\r")
    assert peer.receive(3) == b"a\r\n"
    t.type("~eol none\r")
    t.type("b\r~eol nul\rc\r")
    assert peer.receive(3) == b"bc\0"


def test_crlf_leaves_escapes_alone(start, peer):
    t = start("-C")
    t.type("a\r~input escapes\rb\\n\r")
    assert peer.receive(5) == b"a\r\nb\n"


def test_a_paste_is_shown_as_pasted_and_sent_by_lines(start, peer):
    t = start("--prompt", "> ")
    t.paste("one\ntwo\n~three")
    t.wait_screen(["> one", "two", "~three"])
    t.type("\r")
    assert peer.receive(15) == b"one\ntwo\n~three\n"


def test_a_paste_as_one_message(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(DEADLINE)
        with Terminal([POLLCAT, "-u", "127.0.0.1", s.getsockname()[1]], home=tmp_path) as t:
            t.wait_prompt()
            t.paste("one\ntwo")
            t.wait_text("two")
            t.type("\x16")
            assert s.recv(99) == b"one\ntwo\n"
            t.type("~paste\r")
            t.paste("three\nfour")
            t.wait_text("four")
            t.type("\r")
            assert s.recv(99) == b"three\nfour\n"
            t.paste("five\nsix\n")
            t.wait_text("six")
            t.type("\x16")
            assert s.recv(99) == b"five\nsix\n"
            t.type("x\x16\ty\r")
            assert s.recv(99) == b"x\ty\n"


def test_a_secret_is_not_seen(start, peer, tmp_path):
    t = start("--prompt", "> ")
    t.type("~secret\r")
    t.wait(lambda t: len(t.lines()) == 2)
    t.type("hush\x7fh\r")
    assert peer.receive(5) == b"hush\n"
    t.type("seen\r")
    t.wait_text("seen")
    assert not any("hush" in row for row in t.scrolled())
    t.type("\x04")
    peer.receive_all()
    peer.close()
    t.wait_exit()
    saved = [p.read_text() for p in tmp_path.rglob("*") if p.is_file()]
    assert any("seen" in x for x in saved)
    assert not any("hush" in x for x in saved)


def test_two_tildes_send_one(start, peer):
    t = start()
    t.type("~~x\r")
    assert peer.receive(3) == b"~x\n"


def test_another_escape_character(start, peer):
    t = start("--escape-char=:")
    t.type("~x\r:no-such\r::y\r")
    assert peer.receive(6) == b"~x\n:y\n"


def test_a_secret_is_not_in_the_log(at, peer, tmp_path):
    """Nor is the log, or what is saved, for everybody to read."""
    t = at()
    says(t, "~log talk", "talk: the transcript is appended")
    says(t, "~save all", "all: what arrives is written there")
    for text in ("before\r", "~secret\r", "hush\r", "behind\r"):
        t.type(text)
    assert peer.receive(b"behind\n") == b"before\nhush\nbehind\n"
    says(t, "~log", "talk: closed")
    name = f"[1] 127.0.0.1 port {peer.port}"
    assert [line[24:] for line in (tmp_path / "talk").read_text().splitlines()][2:-1] == [
        f"> {name}: before", f"> {name}: (a secret of 5 bytes)", f"> {name}: behind"]
    for file in ("talk", "all"):
        assert (tmp_path / file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("options", [[], ["--marks", "direction"]], ids=["plain", "marked"])
def test_what_goes_over_escapes_leaves_nothing_of_them(start, peer, options):
    t = start("--prompt", "> ", *options)
    mark = "< " if options else ""
    peer.send("\x1b[?2004l\rhello\n\x1b[?2004h\r\n\x1b[?2004hjoe$ \rbob$ ")
    peer.send("\n")
    t.wait_screen([mark + "hello", mark + "\\x1b[?2004h", mark + "bob$", ">"])


def test_what_arrived_is_shown_again(at, peer):
    t = at()
    says(t, "~again", "pollcat: nothing has arrived here")
    peer.send(b"caf\xc3\xa9 \x01\x02\nhello\n")
    t.wait_text("hello")
    says(t, "~again", "00000000  63 61 66 c3 a9 20 01 02  0a 68 65 6c 6c 6f 0a     |caf.. ...hello.|")
    says(t, "~again hex 4", "0000000b  6c 6c 6f 0a                                       |llo.|")
    says(t, "~again text", "café \\x01\\x02", "hello")
    says(t, "~again text 3", "lo")
    says(t, "~again raw 6", "hello")
    says(t, "~again hex 0", "pollcat: a number of bytes is 1 to 4096")
    says(t, "~again hex 4097", "pollcat: a number of bytes is 1 to 4096")
    says(t, "~again hx", "pollcat: unknown view 'hx'; did you mean hex?")
    says(t, "~again 1 2 3", "pollcat: usage: ~again [hex | text | raw] [BYTES [N]]")
    peer.send(b"x" * 5000)
    t.wait_text("x" * 40)
    t.type("\r~again hex 4096\r")
    t.wait(lambda t: any(row.startswith("00001387  78") for row in t.scrolled()))
    assert sum(row.startswith("0000") for row in t.scrolled()) == 256 + 2
    assert peer.receive(b"\n") == b"\n"


def test_what_arrived_from_one_of_many_is_shown_again(many):
    t, one, two = many()
    one.sendall(b"from one\n")
    two.sendall(b"from two\n")
    t.wait_text("[1] from one")
    t.wait_text("[2] from two")
    says(t, "~again", "pollcat: which of 2 peers? Give its number; ~peers lists them")
    says(t, "~again hex 4 2", "[2] 00000005  74 77 6f 0a ")
    t.type("~to 1\r")
    t.wait(lambda t: t.row() == "1>")
    says(t, "~again text 4", "[1] one")
