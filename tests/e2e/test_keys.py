# SPDX-License-Identifier: GPL-3.0-or-later
"""Key by key: --keys and ~keys, as in ssh."""

import signal
import termios

import pytest

from support import POLLCAT
from terminal import Terminal, many, may_crash, peer, says, start


def is_all_raw(t):
    flags = t.modes()
    return not flags[3] & (termios.ISIG | termios.ICANON | termios.ECHO) and not flags[1] & termios.OPOST


@pytest.fixture
def by_key(start, peer):
    def begin(*options, **how):
        t = start("--keys", *options, marked=True, accept=False, **how)
        peer.accept()
        t.wait_text("keys go to")
        t.wait(is_all_raw)
        return t

    return begin


def test_every_key_goes_as_it_is(by_key, peer):
    t = by_key()
    typed = "a\x03\x1a\x04\x1c\x11\x13\x16\x0f\x7f\x1b[A\r\n\t\xe9"
    t.type(typed)
    assert peer.receive(len(typed.encode())) == typed.encode()


def test_what_arrives_is_shown_as_it_is(by_key, peer):
    t = by_key()
    peer.send("\x1b[2J\x1b[5;10Hhere\nthere\x1b[31m")
    t.wait(lambda t: t.lines()[4:6] == [" " * 9 + "here", " " * 13 + "there"])


def test_terminal_is_given_back_at_the_end(by_key, peer):
    t = by_key()
    peer.send("\x1b[?1h\x1b[?25l\x1b[?1000h\x1b[?1049h\x1b=full screen")
    t.wait_text("full screen")
    peer.close()
    assert t.wait_exit() == 0
    for reset in (b"\x1b[?1l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1049l", b"\x1b>"):
        assert reset in t.output
    t.wait_text("closed the connection")


def test_what_was_not_changed_is_left_alone(by_key, peer):
    t = by_key()
    peer.send("plain text")
    t.wait_text("plain text")
    peer.close()
    assert t.wait_exit() == 0
    assert b"1049" not in t.output and b"?25" not in t.output


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT, signal.SIGALRM])
def test_terminal_is_given_back_at_signals(by_key, peer, may_crash, signo):
    t = by_key()
    peer.send("\x1b[?1000hhello")
    t.wait_text("hello")
    t.signal(signo)
    t.wait_exit()
    assert t.modes() == t.first_modes
    assert b"1000" in t.output.split(b"hello")[1]


def test_leaving(by_key, peer):
    t = by_key()
    t.type("ls\r~.")
    assert t.wait_exit() == 0
    assert peer.receive_all() == b"ls\r"


def test_leaving_at_once(by_key, peer):
    t = by_key()
    t.type("~.")
    assert t.wait_exit() == 0
    assert peer.receive_all() == b""


def test_escape_is_one_behind_enter_alone(by_key, peer):
    t = by_key()
    t.type("a~.\r~~x\r~y~.")
    assert peer.receive(11) == b"a~.\r~x\r~y~."


def test_another_escape(by_key, peer):
    t = by_key("--escape-char", "%")
    t.type("\r%%~.\r%.")
    assert t.wait_exit() == 0
    assert peer.receive_all() == b"\r%~.\r"


def test_no_escape(by_key, peer):
    t = by_key("--escape-char", "none")
    t.type("\r~.~?")
    assert peer.receive(5) == b"\r~.~?"


def test_help(by_key, peer):
    t = by_key()
    t.type("~?")
    t.wait_text("~^Z  suspend")
    t.type("x")
    assert peer.receive(1) == b"x"


def test_break(by_key, peer):
    t = by_key("-t", "--telnet")
    t.type("one\r~Btwo")
    assert peer.receive(b"two") == b"one\r\0\xff\xf3two"


def test_no_break(by_key, peer):
    t = by_key(columns=120)
    t.type("~B")
    t.wait_text("pollcat: no BREAK can be sent: serial lines (tty:) have it, and telnet (-t --telnet)")
    t.type("x")
    assert peer.receive(1) == b"x"


def test_one_command(by_key, peer):
    t = by_key()
    t.type("one\r~:")
    t.wait(lambda t: t.row() == "command: ~")
    peer.send("meanwhile")
    t.type("info\r")
    t.wait_text("received ")
    t.wait_text("meanwhile")
    t.wait(is_all_raw)
    t.type("two")
    assert peer.receive(7) == b"one\rtwo"


def test_one_command_typed_ahead(by_key, peer):
    t = by_key()
    t.type("one\r~:info\rtwo")
    assert peer.receive(7) == b"one\rtwo"
    t.wait_text("received ")


@pytest.mark.parametrize("key", ["\x03", "\x15\x04", "\r", "\x15\r"])
def test_no_command_after_all(by_key, peer, key):
    t = by_key()
    t.type("~:")
    t.wait(lambda t: t.row() == "command: ~")
    t.type(key)
    t.wait(is_all_raw)
    t.type("x")
    assert peer.receive(1) == b"x"


def test_back_to_lines(by_key, peer):
    t = by_key()
    peer.send("\x1b[?2004h\x1b[4munfinished")
    t.wait_text("unfinished")
    t.type("~:keys\r")
    t.wait(lambda t: t.row() == ">")
    t.type("a line\r")
    assert peer.receive(7) == b"a line\n"
    says(t, "~keys", "keys go to")
    t.wait(is_all_raw)
    t.type("k")
    assert peer.receive(1) == b"k"


def test_keys_begin_behind_an_unfinished_line(start, peer):
    t = start(marked=True)
    peer.send("login: ")
    t.wait_text("login:")
    t.type("~keys\r")
    t.wait_text("keys go to")
    t.wait(is_all_raw)
    peer.send("more")
    t.wait_text("more")


def test_suspend(tmp_path, peer):
    """In a shell with job control."""
    t = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], home=tmp_path, env={"PS1": "sh$ "})
    try:
        t.wait_text("sh$")
        t.type(f"{POLLCAT} --keys 127.0.0.1 {peer.port}\r")
        peer.accept()
        t.wait_text("keys go to")
        t.wait(is_all_raw)
        peer.send("\x1b[?1000hready")
        t.wait_text("ready")
        t.type("\r~\x1a")
        t.wait_text("Stopped")
        assert b"\x1b[?1000l" in t.output
        t.type("echo $((40 + 2))\r")
        t.wait_text("42")
        t.type("fg\r")
        t.wait(is_all_raw)
        t.type("k")
        assert peer.receive(2) == b"\rk"
        t.type("\r~.")
        t.wait(lambda t: t.row() == "sh$")
    finally:
        t.close()


def test_long_command(by_key, peer):
    t = by_key()
    t.type("~:@1 " + 5000 * "x" + "\r")
    assert peer.receive(b"\n") == 5000 * b"x" + b"\n"
    t.wait(is_all_raw)


@pytest.mark.parametrize("options", [["-d"], ["--no-prompt"]])
def test_without_a_prompt(start, options):
    t = start("--keys", *options, marked=True, accept=False)
    assert t.wait_exit() == 2
    assert b"--keys " in t.output


def test_without_a_terminal(tmp_path, peer):
    with Terminal(["/bin/sh", "-c", f"{POLLCAT} --keys 127.0.0.1 {peer.port} >{tmp_path}/out"], home=tmp_path) as t:
        assert t.wait_exit() == 2
        t.wait_text("--keys needs a prompt, and a terminal for what arrives")


def test_who_is_not_chosen_waits(many):
    t, first, second = many()
    t.type("~keys 2\r")
    t.wait_text("keys go to")
    t.wait(is_all_raw)
    first.sendall(b"not now\n")
    second.sendall(b"but this")
    t.wait_text("but this")
    assert b"not now" not in t.output
    second.close()
    t.wait_text("not now")


def test_one_of_several(many):
    t, _, second = many()
    says(t, "~keys", "keys go to one peer: ~to N, or ~keys N")
    t.type("~keys 2\r")
    t.wait_text("keys go to")
    t.wait(is_all_raw)
    t.type("hello")
    assert second.recv(5) == b"hello"


def test_what_is_typed_on_is_for_nobody_else(many):
    t, first, second = many()
    t.type("~keys 2\r")
    t.wait_text("keys go to")
    t.wait(is_all_raw)
    t.type("sec")
    assert second.recv(3) == b"sec"
    second.close()
    t.wait_text("ended its side")
    t.type("ret\r")
    t.wait_text("left")
    says(t, "secret", "not delivered: 2 has left")
    t.type("~@1 hello\r")
    assert first.recv(100) == b"hello\n"


@pytest.mark.parametrize("mode", ["--chat", "--broker"])
def test_keys_are_not_for_all(many, mode):
    t, first = many(mode, count=1)
    says(t, "~keys 1", "keys go to one peer, and here all hear what is said")
