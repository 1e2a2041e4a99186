# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt at a terminal: what the screen shows while lines are typed and data arrives."""

import resource
import shlex
import signal
import socket

import pyte
import pytest

from support import LEEWAY, POLLCAT
from terminal import Terminal, peer, start, wait_for


def memory(t):
    """Bytes of the program that are in memory."""
    with open(f"/proc/{t.child.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


# What is typed, and what arrives meanwhile.


def test_lines_reach_the_peer(start, peer):
    t = start()
    t.type("hello\rworld\r\r")
    assert peer.receive(13) == b"hello\nworld\n\n"
    t.wait_screen(["hello", "world"], (3, 0))


@pytest.mark.parametrize("columns", [10, 20, 80, 500])
def test_half_typed_line_stays(start, peer, columns):
    t = start(columns=columns)
    t.type("abcdefgh")
    t.type("\x02\x02\x02")  # three characters back
    t.wait(lambda t: t.cursor() == (0, 5))
    for i in range(5):
        peer.send(f"line {i}\n")
        t.wait_screen([f"line {n}" for n in range(i + 1)] + ["abcdefgh"], (i + 1, 5))
    t.type("X\r")
    assert peer.receive(b"\n") == b"abcdeXfgh\n"


@pytest.mark.parametrize("point", [0, 19, 20, 21, 39, 40, 41, 55, 60])
def test_line_of_several_rows_stays(start, peer, point):
    t = start(columns=20)
    text = "".join(chr(ord("a") + i % 26) for i in range(60))
    t.type(text + "\x01" + "\x06" * point)
    t.wait(lambda t: t.cursor() == (point // 20, point % 20), f"cursor at {point}")
    peer.send("one\ntwo\n")
    rows = [text[i:i + 20] for i in range(0, 60, 20)]
    t.wait_screen(["one", "two"] + rows, (2 + point // 20, point % 20))
    t.type("#\r")
    assert peer.receive(b"\n").decode() == text[:point] + "#" + text[point:] + "\n"
    peer.send("after\n")
    t.wait_text("after")
    shown = text[:point] + "#" + text[point:]
    t.wait_screen(["one", "two"] + [shown[i:i + 20] for i in range(0, 61, 20)] + ["after"])


def test_line_at_the_bottom_of_the_screen(start, peer):
    t = start(columns=20, rows=6)
    text = "x" * 45
    peer.send("".join(f"{i}\n" for i in range(20)))
    t.wait_text("19")
    t.type(text + "\x01")
    t.wait(lambda t: t.cursor() == (3, 0))
    peer.send("20\n21\n")
    t.wait_screen(["19", "20", "21", "x" * 20, "x" * 20, "x" * 5], (3, 0))
    assert t.scrolled()[:22] == [str(i) for i in range(22)]


def test_line_longer_than_the_screen(start, peer):
    t = start(columns=20, rows=5)
    t.type("0123456789" * 20)
    peer.send("one\n")
    wait_for(lambda: b"one\r\n" in t.output, "data", t.read)
    t.type("end\r")
    assert peer.receive(b"\n") == b"0123456789" * 20 + b"end\n"


def test_data_while_searching_history(start, peer):
    t = start()
    t.type("first\rsecond\r")
    peer.receive(13)
    t.type("\x12fir")
    t.wait_text("(reverse-i-search)`fir': first")
    peer.send("news\nlogin: ")
    t.wait(lambda t: t.lines()[-2:] == ["news", "(reverse-i-search)`fir': first"])
    t.type("\x05")  # the end of the line, and of the search
    t.wait(lambda t: t.lines()[-1] == "login: first")
    t.type("\r")
    assert peer.receive(b"\n") == b"first\n"


def test_much_data_leaves_the_line(start, peer):
    t = start()
    t.type("half typed\x02\x02")
    t.wait_text("half typed")
    body = "".join(f"{i} {'.' * 60}\n" for i in range(6000))
    peer.socket.setblocking(True)
    sent = 0
    data = body.encode()
    while sent < len(data):
        sent += peer.socket.send(data[sent:sent + 65536])
        t.read(0)
    t.wait(lambda t: t.lines()[-2:] == ["5999 " + "." * 60, "half typed"] and t.cursor() == (23, 8))
    tail = t.scrolled()[-1000:]
    first = int(tail[0].split()[0])
    assert tail[:-1] == [f"{i} {'.' * 60}" for i in range(first, 6000)]
    t.type("X\r")
    assert peer.receive(b"\n") == b"half typXed\n"


def test_redraws_are_bounded(start, peer):
    t = start()
    t.type("the line that is typed")
    t.wait_text("typed")
    before = t.output.count(b"the line that is typed")
    for i in range(2000):
        peer.send(f"{i}\n")
    peer.send("last\n")
    t.wait(lambda t: t.lines()[-2:] == ["last", "the line that is typed"])
    assert t.output.count(b"the line that is typed") - before < 500


# The peer's unfinished line.


def test_unfinished_line_is_the_prompt(start, peer):
    t = start()
    peer.send("Welcome\nlogin: ")
    t.wait_screen(["Welcome", "login:"], (1, 7))
    t.type("alice\r")
    assert peer.receive(b"\n") == b"alice\n"
    t.wait_screen(["Welcome", "login: alice"], (2, 0))
    peer.send("Password: ")
    t.wait_screen(["Welcome", "login: alice", "Password:"], (2, 10))


def test_unfinished_line_grows_and_ends(start, peer):
    t = start()
    t.type("typed")
    t.wait_screen(["typed"], (0, 5))
    peer.send("log")
    t.wait_screen(["logtyped"], (0, 8))
    peer.send("in: ")
    t.wait_screen(["login: typed"], (0, 12))
    peer.send("timed out\n")
    t.wait_screen(["login: timed out", "typed"], (1, 5))


@pytest.mark.parametrize("length", [19, 20, 21, 39, 40, 41, 100, 5000])
def test_long_unfinished_line(start, peer, length):
    t = start(columns=20)
    text = "".join(chr(ord("a") + i % 26) for i in range(length))
    rows = [text[i:i + 20] for i in range(0, length, 20)]
    peer.send(text)
    t.wait(lambda t: t.lines()[-1:] == rows[-1:])
    t.type("#")
    whole = text + "#"
    t.wait(lambda t: t.scrolled() == [whole[i:i + 20] for i in range(0, length + 1, 20)])
    t.type("\x7f")
    peer.send("\nnext\n")
    t.wait(lambda t: t.scrolled() == rows + ["next"])


def test_unfinished_line_with_wide_characters(start, peer):
    t = start(columns=9)
    peer.send("日本語日本語: ")
    t.type("x")
    t.wait(lambda t: [row.replace(" ", "") for row in t.lines()] == ["日本語日", "本語:x"])
    assert t.cursor() == (1, 7)


def test_unfinished_line_with_tab(start, peer):
    t = start()
    peer.send("a\tb")
    t.type("X")
    t.wait_screen(["a       bX"], (0, 10))
    peer.send("\n")
    t.wait_screen(["a       b", "X"], (1, 1))


OVERWRITTEN = {
    "shorter": ["100%", "\r 5", "7%", "\r\r", "\rdone", "\n", "next: "],
    "bar": ["%3d%% [%-9s]\r" % (i, "=" * (i // 12)) for i in range(0, 101, 25)] + ["\ndone\n"],
    "rows": ["0123456789" * 3, "\rover", "\r", "9876543210" * 2, "\rX\nend"],
    "characters": ["日本語 é e\u0301x", "\r語日", "\r      e\u0301", "\rabcdefghijk\n"],
    "tabs": ["one\ttwo", "\r\tT", "\rO\tT\n"],
    "blanks": ["100%      ", "\r            ", "\rlogin: "],
}


@pytest.mark.parametrize("columns", [10, 17, 80, 500])
@pytest.mark.parametrize("name", OVERWRITTEN)
def test_overwritten_line_is_as_on_a_plain_terminal(start, peer, columns, name):
    t = start(columns=columns)
    plain = pyte.Screen(columns, 24)
    stream = pyte.Stream(plain)
    for piece in OVERWRITTEN[name]:
        peer.send(piece)
        stream.feed(piece.replace("\n", "\r\n"))
        rows = [row.rstrip() for row in plain.display]
        t.wait(lambda t, rows=rows: [row.rstrip() for row in t.screen.display] == rows, f"{piece!r} as {rows}")
    t.type("\r")
    assert peer.receive(1) == b"\n"


@pytest.mark.parametrize("columns", [7, 20, 80])
def test_typed_line_stays_behind_an_overwritten_one(start, peer, columns):
    t = start(columns=columns)
    t.type("typed\x02")
    peer.send("100%")
    peer.send("\r 5")
    shown = " 50%typed"
    rows = [shown[i:i + columns] for i in range(0, len(shown), columns)]
    t.wait_screen(rows, divmod(8, columns))
    peer.send("\r99")
    rows[0] = "99" + rows[0][2:]
    t.wait_screen(rows, divmod(8, columns))
    peer.send("\rready\n")
    t.wait_screen(["ready", "typed"], (1, 4))
    t.type("\r")
    assert peer.receive(b"\n") == b"typed\n"


def test_escaped_bytes_go_over_and_go_as_one(start, peer):
    t = start()
    peer.send("0123456789\r\x1b\x9b")
    t.wait_screen([r"\x1b\xc2\x9b"])
    peer.send("\rab\n")
    t.wait_screen(["ab"])


def test_endless_overwriting_is_bounded(start, peer):
    t = start(columns=30)
    t.type("typed")
    peer.socket.setblocking(True)
    data = b"".join(b"\r%06d of 100000" % i for i in range(100000))
    before = memory(t)
    while data:
        data = data[peer.socket.send(data[:65536]):]
        t.read(0)
    t.wait_screen(["099999 of 100000typed"])
    assert memory(t) - before < LEEWAY * (4 << 20)


def test_prompt_option(start, peer):
    t = start("--prompt", "> ")
    t.wait_screen([">"], (0, 2))
    t.type("one\r")
    peer.receive(b"\n")
    t.wait_screen(["> one", ">"], (1, 2))
    peer.send("login: ")
    t.wait_screen(["> one", "login:"], (1, 7))
    peer.send("no\n")
    t.wait_screen(["> one", "login: no", ">"], (2, 2))


def test_characters_cut_by_reads(start, peer):
    t = start()
    for byte in "é日\n".encode():
        peer.send(bytes([byte]))
    t.wait(lambda t: [row.replace(" ", "") for row in t.lines()] == ["é日"])


# Editing.


def test_wide_and_combining_characters(start, peer):
    t = start()
    t.type("日本e\u0301é")
    t.wait(lambda t: t.cursor() == (0, 6))
    t.type("\x02\x02\x02X")  # before é, e with its accent, 本
    t.type("\r")
    assert peer.receive(b"\n").decode() == "日X本e\u0301é\n"


def test_backspace_takes_a_whole_character(start, peer):
    t = start()
    t.type("aé日\x7f\x7f\r")
    assert peer.receive(b"\n") == b"a\n"


@pytest.mark.parametrize("locale", ["C", "POSIX", None, "xx_XX.UTF-8"])
def test_utf8_in_the_c_locale(start, peer, locale):
    t = start(env={"LC_ALL": locale})
    t.type("日本")
    t.wait(lambda t: t.cursor() == (0, 4))
    t.type("\x7fé\r")
    assert peer.receive(b"\n").decode() == "日é\n"
    t.type("é日\x7f\r")
    assert peer.receive(b"\n").decode() == "é\n"


def test_wide_line_stays_while_data_arrives(start, peer):
    t = start(columns=11)
    t.type("日本語日本語" + "\x02\x02")
    t.wait(lambda t: t.cursor() == (0, 8))
    peer.send("data\n")
    t.wait(lambda t: [r.replace(" ", "") for r in t.lines()] == ["data", "日本語日本", "語"] and t.cursor() == (1, 8))


def test_tab_is_typed(start, peer):
    t = start()
    t.type("a\tb\r")
    assert peer.receive(b"\n") == b"a\tb\n"


def test_inputrc_is_honoured(start, peer, tmp_path):
    rc = tmp_path / "inputrc"
    rc.write_text('set editing-mode vi\nset keymap vi-insert\n$if pollcat\n"\\C-o": "from inputrc"\n$endif\n')
    t = start(env={"INPUTRC": str(rc)})
    t.type("\x0f")
    t.wait_text("from inputrc")
    t.type("\x1b")
    peer.send("data\n")
    t.wait_screen(["data", "from inputrc"])
    t.type("0x\r")
    assert peer.receive(b"\n") == b"rom inputrc\n"


def test_vi_mode_takes_arrow_keys_cut_by_reads(start, peer, tmp_path):
    rc = tmp_path / "inputrc"
    rc.write_text("set editing-mode vi\n")
    t = start(env={"INPUTRC": str(rc)})
    t.type("ab")
    t.wait_text("ab")
    for byte in "\x1b[D":
        t.type(byte)
    t.type("X\r")
    assert peer.receive(b"\n") == b"aXb\n"


def test_long_line(start, peer):
    t = start()
    line = ("0123456789" * 10 + "\t" + "é") * 1000
    t.type(line.replace("\t", "_"))
    t.type("\r")
    assert peer.receive(b"\n").decode() == line.replace("\t", "_") + "\n"


def test_long_paste(start, peer):
    t = start()
    line = "0123456789" * 10240
    t.paste(line)
    t.type("!\r")
    assert peer.receive(b"\n").decode() == line + "!\n"


def test_progress_leaves_the_prompt_alone(start, peer):
    t = start("--progress")
    t.type("half")
    peer.send("data\n" * 3)
    t.wait_screen(["data"] * 3 + ["half"], (3, 4))
    t.type(" a line\r")
    assert peer.receive(b"\n") == b"half a line\n"
    t.type("\x04")
    peer.socket.close()
    t.wait_exit()
    assert t.output.count(b"received") == t.output.count(b"pollcat: sent 12 B, received 15 B") == 1


def test_multi_line_paste_waits_for_enter(start, peer):
    t = start()
    t.wait(lambda t: b"\x1b[?2004h" in t.output)
    t.paste("one\rtwo\r\rthree")
    t.wait_screen(["one", "two", "", "three"], (3, 5))
    peer.send("data\n")
    t.wait_screen(["data", "one", "two", "", "three"], (4, 5))
    t.type("\r")
    assert peer.receive(b"three\n") == b"one\ntwo\n\nthree\n"


@pytest.mark.parametrize("pasted, sent", [
    ("one\rtwo\r", b"one\ntwo\n"),
    ("one\r", b"one\n"),
    ("one\r\r", b"one\n\n"),
    ("~quit\r~~\r", b"~quit\n~~\n"),
    ("one\rtwo\r\x1b[201~three\x1b[200~", b"one\ntwo\nthree\n"),
])
def test_last_newline_of_a_paste_is_the_one_of_enter(start, peer, pasted, sent):
    t = start()
    t.wait(lambda t: b"\x1b[?2004h" in t.output)
    t.paste(pasted)
    t.type("\rnext\r")
    assert peer.receive(b"next\n") == sent + b"next\n"


def test_multi_line_paste_without_brackets(start, peer):
    t = start()
    t.type("one\rtwo\rthree\r")
    assert peer.receive(b"three\n") == b"one\ntwo\nthree\n"


def test_unfinished_paste_is_given_in_the_end(start, peer):
    t = start()
    t.type("\x1b[200~never ended")
    t.wait_text("never ended")
    t.type("!\r")
    assert peer.receive(b"\n") == b"never ended!\n"


@pytest.mark.parametrize("mode", ["emacs", "vi"])
@pytest.mark.parametrize("keys", ["\x12a\x18\x01", "\x1b3\x18\x01", "\x18\x01", "\x12\x07", "ab\x16\x12\x18\x18\x02"])
def test_keys_that_mean_nothing(start, peer, tmp_path, mode, keys):
    rc = tmp_path / "inputrc"
    rc.write_text(f"set editing-mode {mode}\n")
    t = start(env={"INPUTRC": str(rc)})
    t.type("text\r")
    for _ in range(3):
        t.type(keys)
        t.type("\x07")
    t.type("\r")
    peer.receive(6)
    t.type("still here\r")
    assert peer.receive(b"still here\n")


# Safety.


def test_escape_sequences_are_harmless(start, peer):
    t = start()
    peer.send(b"\x1b[2J\x1b]0;title\x07red \x1b[31m \x9b5n \xff \b over\n")
    t.wait_text("over")
    assert t.lines() == [r"\x1b[2J\x1b]0;title\x07red \x1b[31m \x9b5n \xff \x08 over"]
    assert b"\x1b[2J" not in t.output


def test_escape_sequences_in_the_unfinished_line(start, peer):
    t = start()
    peer.send(b"\x1b[31mlogin\x01\x02: ")
    t.type("me")
    t.wait_screen([r"\x1b[31mlogin\x01\x02: me"])


@pytest.mark.parametrize("columns", [12, 80])
def test_text_that_turns_around_is_escaped(start, peer, columns):
    t = start(columns=columns)
    peer.send("a\u202eb\u2066c\u200fd\u0085e\x7f\n")
    whole = r"a\xe2\x80\xaeb\xe2\x81\xa6c\xe2\x80\x8fd\xc2\x85e\x7f"
    t.wait_screen([whole[i:i + columns] for i in range(0, len(whole), columns)])


def test_raw_shows_as_it_is(start, peer):
    t = start("--raw")
    peer.send(b"\x1b[31mred\x1b[0m\n\x1b[32mlogin: \x1b[0m")
    t.type("alice")
    t.wait_screen(["red", "login: alice"], (1, 12))
    assert t.screen.buffer[0][0].fg == "red"
    assert t.screen.buffer[1][0].fg == "green"
    assert t.screen.buffer[1][7].fg == "default"
    peer.send(b"\x1b[2J\x1b[Hcleared\n")
    t.wait(lambda t: "cleared" in t.lines()[0])


def test_raw_progress_line(start, peer):
    t = start("--raw")
    for i in range(0, 101, 10):
        peer.send(f"\r{i:3}%".encode())
    t.wait_screen(["100%"], (0, 4))
    peer.send(b"\r\x1b[K5%")
    t.wait_screen(["5%"], (0, 2))
    for sign in b"|/-\\":
        peer.send(b"\b" + bytes([sign]))
    t.wait_screen(["5\\"], (0, 2))
    peer.send(b"\r\ndone\n")
    t.wait_screen(["5\\", "done"], (2, 0))


# Standard output elsewhere.


def test_output_to_a_file_is_only_data(peer, tmp_path):
    out = tmp_path / "out"
    command = f"exec {shlex.quote(POLLCAT)} --prompt '? ' 127.0.0.1 {peer.port} >{out}"
    with Terminal(["/bin/sh", "-c", command], home=tmp_path) as t:
        peer.accept()
        t.wait_prompt()
        t.type("typed")
        t.wait_screen(["? typed"], (0, 7))
        data = b"\x1b[31m\xff\x00data\r\nunfinished: "
        peer.send(data)
        t.type("\r")
        assert peer.receive(b"\n") == b"typed\n"
        wait_for(lambda: out.read_bytes() == data, "the data in the file", t.read)
        t.type("\x04")
        assert peer.receive_all() == b""
        peer.close()
        assert t.wait_exit() == 0
        assert out.read_bytes() == data
        assert t.lines() == ["? typed"]


# The log.


def test_log_lines_above_the_line(start, peer):
    t = start("-v")
    t.type("half")
    t.wait_text("half")
    t.signal(signal.SIGUSR1)
    t.wait(lambda t: "received 0 bytes" in t.lines()[-2] and t.lines()[-1] == "half" and t.cursor()[1] == 4)
    assert t.lines()[-2].startswith("pollcat: ")


def test_peer_that_ends_is_told_at_once(start, peer):
    t = start("--stay")
    t.type("half")
    peer.send("last: ")
    t.wait_text("last: half")
    peer.socket.shutdown(socket.SHUT_WR)
    t.wait(lambda t: any("ended its side; type to answer, ^D leaves" in row for row in t.lines()))
    t.type(" line\r")
    assert peer.receive(b"\n") == b"half line\n"
    t.type("\x04")
    assert peer.receive_all() == b""
    assert t.wait_exit() == 0
