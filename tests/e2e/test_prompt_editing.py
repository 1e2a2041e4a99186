# SPDX-License-Identifier: GPL-3.0-or-later
"""Readline at the prompt: its searches and modes, the editor, lines higher than the screen, tiny terminals."""

import pytest

from terminal import peer, start, wait_for

WIDTHS = [20, 80, 500]


def inputrc(tmp_path, text):
    """The environment with these settings."""
    rc = tmp_path / "inputrc"
    rc.write_text(text)
    return {"INPUTRC": str(rc)}


def script(tmp_path, text):
    """The environment with this shell script as the editor, which has the line's file as $1."""
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\n" + text)
    editor.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return {"EDITOR": f"{editor} --", "TMPDIR": str(tmp_path / "tmp")}


# Searches and modes.


@pytest.mark.parametrize("columns", [30, 80, 500])
def test_search_while_data_arrives(start, peer, columns):
    t = start(columns=columns)
    t.type("first\rsecond\rfinal\r")
    peer.receive(b"final\n")
    t.type("\x12")
    for i, letter in enumerate("fi"):
        t.type(letter)
        peer.send(f"data {i}\n")
        found = "(reverse-i-search)`" + "fi"[:i + 1] + "': final"
        t.wait(lambda t, i=i, found=found: t.lines()[-2:] == [f"data {i}", found])
    t.type("\x12")
    t.wait(lambda t: t.row() == "(reverse-i-search)`fi': first")
    peer.send("login: ")
    t.type("\x05!")
    t.wait(lambda t: t.row() == "login: first!")
    t.type("\r")
    assert peer.receive(b"\n") == b"first!\n"


@pytest.mark.parametrize("columns", WIDTHS)
def test_search_that_is_aborted_leaves_the_line(start, peer, columns):
    t = start(columns=columns)
    t.type("first\rtyped\x12zzz")
    t.wait(lambda t: any("failed" in row for row in t.lines()))
    peer.send("data\n")
    t.type("\x07")
    t.wait(lambda t: t.lines()[-2:] == ["data", "typed"])


def test_history_searches_end_on_the_newest_line(start, peer):
    t = start()
    t.type("first\r\x10\x1bp\x07" + "1\x0e\r" + "\x1b<\r")
    t.type("last\r")
    assert peer.receive(b"last\n").startswith(b"first\nfirst1\n")


@pytest.mark.parametrize("columns", WIDTHS)
def test_inputrc_for_pollcat(start, peer, tmp_path, columns):
    env = inputrc(tmp_path, '$if pollcat\n"\\C-o": "ours"\n$else\n"\\C-o": "theirs"\n$endif\n'
                            '$if Bash\n"\\C-t": "bash"\n$endif\n')
    t = start(columns=columns, env=env)
    t.type("ab\x0f\x14")  # ^T swaps the last two
    t.wait_screen(["abousr"])
    peer.send("data\n")
    t.wait_screen(["data", "abousr"], (1, 6))
    t.type("\r")
    assert peer.receive(b"\n") == b"abousr\n"


@pytest.mark.parametrize("columns", WIDTHS)
def test_vi_mode_while_data_arrives(start, peer, tmp_path, columns):
    t = start(columns=columns, env=inputrc(tmp_path, "set editing-mode vi\n"))
    t.type("one two three")
    t.wait_screen(["one two three"], (0, 13))
    t.type("\x1b")
    t.wait(lambda t: t.cursor() == (0, 12))
    peer.send("data\nlogin: ")
    t.wait_screen(["data", "login: one two three"[:columns]], divmod(columns + 19, columns))
    t.type("bcwTHREE\x1b")
    t.wait(lambda t: t.row().endswith("two THREE"))
    t.type("0dw")
    t.wait(lambda t: t.row() == "login: two THREE")
    peer.send("no\n")
    t.wait_screen(["data", "login: no", "two THREE"], (2, 0))
    t.type("u\r")
    assert peer.receive(b"\n") == b"one two THREE\n"
    t.type("\x1bk")
    t.wait(lambda t: t.row() == "one two THREE")


# The editor.


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("mode, keys", [("emacs", "\x18\x05"), ("vi", "\x1bv")])
def test_the_line_in_the_editor(start, peer, tmp_path, columns, mode, keys):
    env = script(tmp_path, 'echo "editor: $(cat "$2")"; read answer; printf "%s\\n%s\\n" "$answer" two >"$2"\n')
    env.update(inputrc(tmp_path, f"set editing-mode {mode}\n"))
    t = start(columns=columns, env=env)
    t.type("typed")
    t.wait_screen(["typed"])
    t.type(keys)
    t.wait(lambda t: t.lines() == ["editor: typed"])
    wait_for(lambda: not t.is_raw(), "the user's modes", t.read)
    peer.send("data\n")
    t.type("日本\n")
    t.wait(lambda t: [row.replace(" ", "") for row in t.lines()][-3:] == ["data", "日本", "two"])
    wait_for(t.is_raw, "the prompt", t.read)
    t.type("\r")
    assert peer.receive(b"two\n").decode() == "日本\ntwo\n"
    assert not list((tmp_path / "tmp").iterdir())


def test_an_editor_that_fails_leaves_the_line(start, peer, tmp_path):
    t = start(env=script(tmp_path, 'echo changed >"$2"; exit 1\n'))
    t.type("typed\x18\x05")
    t.wait_text("the editor failed")
    t.wait(lambda t: t.row() == "typed")
    t.type("\r")
    assert peer.receive(b"\n") == b"typed\n"


def test_a_secret_does_not_reach_the_editor(start, peer, tmp_path):
    t = start(env=script(tmp_path, 'echo changed >"$2"\n'))
    t.type("~secret\rhush\x18\x05\r")
    assert peer.receive(b"\n") == b"hush\n"


# Lines higher than the screen.


def before_cursor(t):
    """The character left of the cursor."""
    y, x = t.cursor()
    width = t.screen.columns
    at = y * width + min(x, width) - 1
    if x >= width:  # about to wrap
        at = y * width + width - 2
    return t.screen.buffer[at // width][at % width].data


@pytest.mark.parametrize("term", ["xterm", "dumb"])
@pytest.mark.parametrize("columns, rows", [(5, 3), (7, 24), (20, 1), (20, 5), (80, 2), (80, 24), (500, 3)])
def test_a_line_higher_than_the_screen(start, peer, columns, rows, term):
    t = start("--prompt", "> ", columns=columns, rows=rows, term=term)
    text = "abcdefghij" * (columns * rows // 10 * 2 + 20)
    t.type(text + "Z")
    t.wait(lambda t: before_cursor(t) == "Z")
    t.type("\x02" * (len(text) // 2) + "X")
    t.wait(lambda t: before_cursor(t) == "X")
    peer.send("data\n")
    wait_for(lambda: b"data\r\n" in t.output, "data", t.read)
    t.wait(lambda t: before_cursor(t) == "X")
    t.type("\x01Y")
    t.wait(lambda t: before_cursor(t) == "Y")
    t.type("\x05W\r")
    cut = len(text) + 1 - len(text) // 2
    assert peer.receive(b"\n").decode() == "Y" + (text + "Z")[:cut] + "X" + (text + "Z")[cut:] + "W\n"


@pytest.mark.parametrize("columns, rows", [(6, 4), (30, 3), (100, 2)])
def test_resize_with_a_line_higher_than_the_screen(start, peer, columns, rows):
    t = start(columns=20, rows=5)
    text = "日本e\u0301語" * 60
    t.type(text + "\x02" * 100 + "X")
    t.wait(lambda t: before_cursor(t) == "X")
    t.resize(columns, rows)
    t.type("Y")
    t.wait(lambda t: before_cursor(t) == "Y")
    peer.send("data\n")
    t.wait(lambda t: before_cursor(t) == "Y")
    t.resize(80, 24)
    t.type("Z")
    t.wait(lambda t: before_cursor(t) == "Z" and "<" not in "".join(t.lines()))
    t.type("\r")
    assert peer.receive(b"\n").decode().replace("XYZ", "") == text + "\n"


# Tiny terminals, and keys that mean nothing.


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_tiny_terminals(start, peer, columns, term):
    t = start("--prompt", "> ", columns=columns, rows=4, term=term)
    t.type("a日e\u0301b" * 5)
    peer.send("日本\r50%\n\tlogin: ")
    t.type("\x02\x02\x7f!\x01\x06#")
    t.resize(columns + 1, 2)
    t.type("\x12a\x07\x05?\r")
    assert peer.receive(b"\n").decode() == "a#" + "日e\u0301ba" * 3 + "日e\u0301ba!e\u0301b?\n"
    assert t.child.isalive()


def test_large_counts_do_not_stop_the_keys(start, peer):
    t = start()
    t.type("some words\rx\x1b99999999\x1b.\x15\x1b999999y\x15\x1b99999999\x06")
    t.type("alive\r")
    assert peer.receive(b"alive\n") == b"some words\nalive\n"


@pytest.mark.parametrize("keys, typed", [
    (b"a\xffb", "a?b"),
    (b"\xe6\x97z", "??z"),
    (b"\x1b\xc3\xa9\x07e", "e"),
    (b"\x18\xc3\xa9\x07e", "e"),
    (b"\xed\xa0\x80", "???"),
])
def test_what_is_no_character_is_not_typed(start, peer, keys, typed):
    t = start()
    t.type(keys + b"\r")
    assert peer.receive(b"\n").decode() == typed + "\n"


def test_keys_that_mean_nothing_in_completion(start, peer):
    t = start("--escape-char=none")
    t.type("\x1b?\x1b*x\r")
    assert peer.receive(b"\n") == b"x\n"
