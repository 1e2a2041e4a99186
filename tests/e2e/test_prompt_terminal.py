# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt and its terminal: ways out, job control, sizes, stopped and dumb terminals, history."""

import select
import shlex
import signal
import stat
import termios

import pytest

from support import POLLCAT, SANITIZED, dial
from terminal import Peer, Terminal, peer, start, wait_for


# Ways out. The terminal is as before after each.


def test_eof_is_a_half_close(start, peer):
    t = start()
    peer.send("login: ")
    t.wait_text("login:")
    t.type("\x04")
    assert peer.receive_all() == b""
    wait_for(lambda: not t.is_raw(), "the user's modes", t.read)
    peer.send("more\nrest\n")
    t.wait_screen(["login: more", "rest"], (2, 0))
    peer.close()
    assert t.wait_exit() == 0


def test_eof_key_within_a_line_is_delete(start, peer):
    t = start()
    t.type("ab\x01\x04\r")
    assert peer.receive(b"\n") == b"b\n"


def test_interrupt_clears_then_quits(start, peer):
    t = start()
    peer.send("login: ")
    t.type("half")
    t.wait_text("login: half")
    t.type("\x03")
    t.wait_screen(["login:"], (0, 7))
    t.type("x\r")
    assert peer.receive(b"\n") == b"x\n"
    assert t.interrupt_exit() == -signal.SIGINT
    assert not t.is_raw()


def test_interrupt_ends_a_search(start, peer):
    t = start()
    t.type("one\r\x12on")
    t.wait_text("i-search")
    t.type("\x03")
    t.wait(lambda t: not any("i-search" in row for row in t.lines()))
    t.type("two\r")
    assert peer.receive(b"two\n") == b"one\ntwo\n"


def special_modes(fd):
    modes = termios.tcgetattr(fd)
    modes[0] |= termios.IXANY
    modes[3] &= ~termios.ECHOE
    modes[6][termios.VERASE] = b"\x08"
    modes[6][termios.VLNEXT] = b"\x0f"
    termios.tcsetattr(fd, termios.TCSANOW, modes)


# The sanitizers would report a bad address as a fault.
CRASHES = {"assertion": signal.SIGABRT, **({} if SANITIZED else {"bad address": signal.SIGSEGV})}


@pytest.mark.parametrize("way", ["eof", "interrupt", "term", "hup", "quit", "reset", "closed", *CRASHES])
def test_terminal_is_restored(peer, tmp_path, way):
    command = f"ulimit -c 0; echo ready; read go; exec {shlex.quote(POLLCAT)} 127.0.0.1 {peer.port}"
    with Terminal(["/bin/sh", "-c", command], home=tmp_path, attributes=special_modes) as t:
        t.wait_text("ready")
        before = t.modes()
        t.type("\n")
        peer.accept()
        t.wait_prompt()
        leave(t, peer, way)
        t.wait_exit()
        assert t.modes() == before
        assert t.output.count(b"\x1b[?2004h") == t.output.count(b"\x1b[?2004l")
        assert t.cursor()[1] == 0


def leave(t, peer, way):
    if way == "eof":
        t.type("\x04")
        peer.receive_all()
        peer.close()
    elif way == "interrupt":
        t.interrupt_exit()
    elif way == "term":
        t.type("half")
        t.wait_text("half")
        t.signal(signal.SIGTERM)
    elif way == "hup":
        t.signal(signal.SIGHUP)
    elif way == "quit":
        t.type("\x1c")
    elif way == "reset":
        t.type("half")
        t.wait_text("half")
        peer.reset()
    elif way in CRASHES:
        t.signal(CRASHES[way])
    elif way == "closed":
        peer.close()


def test_typed_text_stays_when_the_peer_resets(start, peer):
    t = start(columns=20)
    t.type("a line that was not sent yet\x01")
    t.wait(lambda t: t.cursor() == (0, 0))
    peer.reset()
    assert t.wait_exit() == 1
    assert t.lines()[-2:] == ["a line that was not ", "sent yet"] or "sent yet" in t.lines()


def test_unfinished_line_stays_at_the_end(start, peer):
    t = start()
    peer.send("all of it")
    t.wait_text("all of it")
    t.signal(signal.SIGTERM)
    t.wait_exit()
    assert t.lines() == ["all of it"]
    assert t.cursor() == (1, 0)


def test_terminal_hang_up(start, peer, tmp_path):
    t = start()
    t.type("kept\r")
    peer.receive(b"\n")
    t.hang_up()
    assert peer.receive_all() == b""
    assert t.wait_exit() in (129, -signal.SIGHUP)  # the signal, or what it shows, comes first
    assert (tmp_path / ".local/state/pollcat/history").read_text() == "kept\n"


def test_terminal_hang_up_without_prompt(start, peer):
    t = start("--no-prompt", accept=False)
    peer.accept()
    t.type("sent\r")
    peer.receive(b"\n")
    t.hang_up()
    assert t.wait_exit() in (129, -signal.SIGHUP)  # the signal, or what it shows, comes first


def test_job_control(peer, tmp_path):
    env = {"PS1": "$ ", "ENV": ""}
    with Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], home=tmp_path, env=env) as t:
        t.wait_text("$")
        t.type(f"{shlex.quote(POLLCAT)} --prompt '' 127.0.0.1 {peer.port}\n")
        peer.accept()
        t.wait_prompt()
        t.type("half")
        t.wait(lambda t: t.row() == "half")
        t.type("\x1a")
        t.wait_text("Stopped")
        wait_for(lambda: not t.is_raw(), "the user's modes", t.read)
        peer.send("meanwhile\n")
        t.wait(lambda t: t.row() == "$")
        t.type("fg\n")
        t.wait(lambda t: t.row() == "half" and "meanwhile" in t.lines() and t.cursor()[1] == 4)
        t.type("!\r")
        assert peer.receive(b"\n") == b"half!\n"
        t.type("\x1a")
        t.wait(lambda t: t.row() == "$" and sum("Stopped" in r for r in t.lines()) == 2)
        t.type("kill %1; fg\n")
        t.wait(lambda t: t.row() == "$" and not t.is_raw())


def test_prompt_of_a_job_from_the_background(peer, tmp_path):
    env = {"PS1": "$ ", "ENV": ""}
    with Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-ib"], home=tmp_path, env=env) as t:
        t.wait_text("$")
        t.type(f"{shlex.quote(POLLCAT)} --prompt 'job> ' 127.0.0.1 {peer.port} &\n")
        peer.accept()
        peer.send("shown\n")
        t.wait_text("shown")
        t.type("jobs\n")
        t.wait_text("Running")
        t.type("fg\n")
        t.wait(lambda t: t.row() == "job>")
        t.type("a line\r")
        assert peer.receive(b"\n") == b"a line\n"


def test_listener_in_the_background_fills_a_file(tmp_path):
    env = {"PS1": "$ ", "ENV": ""}
    ready = tmp_path / "ready"
    with Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-ib"], home=tmp_path, env=env, cwd=str(tmp_path)) as t:
        t.wait_text("$")
        t.type(f"{shlex.quote(POLLCAT)} -l --ready-fd 3 127.0.0.1 0 >copy 3>ready &\n")
        wait_for(lambda: ready.exists() and ready.read_text().endswith("\n"), "the port", lambda: t.read(0.01))
        with dial(int(ready.read_text().split()[1])) as sock:
            sock.sendall(b"all of it")
        t.wait_text("Done")
    assert (tmp_path / "copy").read_bytes() == b"all of it"


def test_no_prompt_into_a_pipe_unless_it_is_asked_for(peer, tmp_path):
    for option, before in (("", ""), ("--prompt-always", "> ")):
        t = Terminal(["/bin/sh", "-c", f"{shlex.quote(POLLCAT)} {option} 127.0.0.1 {peer.port} | cat"], home=tmp_path)
        with t:
            peer.accept()
            t.wait(lambda t: t.row() == before.rstrip())
            t.type("half")
            t.wait(lambda t: t.row() == before + "half")
            peer.socket.close()
            assert t.wait_exit() == 0


# The terminal itself.


@pytest.mark.parametrize("columns", [20, 30, 60, 120])
def test_resize(start, peer, columns):
    t = start(columns=40)
    text = "0123456789" * 7
    t.type(text)
    t.wait_screen([text[:40], text[40:]])
    t.resize(columns, 24)
    rows = [text[i:i + columns] for i in range(0, 70, columns)]
    t.wait(lambda t: t.lines()[-len(rows):] == rows)
    peer.send("data\n")
    t.wait(lambda t: t.lines()[-len(rows) - 1:] == ["data"] + rows)
    t.type("\r")
    assert peer.receive(b"\n").decode() == text + "\n"


def test_resize_of_a_terminal_that_breaks_rows_anew(start, peer):
    t = start("--prompt", "> ", columns=40, env={"TMUX": "/tmp/tmux"})
    text = "> " + "0123456789" * 7
    t.type(text[2:])
    t.wait_screen([text[:40], text[40:]])
    for columns in 30, 60, 25:
        t.screen.resize(24, columns)
        t.screen.reset()
        # As such a terminal does; the row below is there until the line is drawn again.
        t.stream.feed(f"above\r\n{text}\x1b7\r\nbelow\x1b8".encode())
        t.child.setwinsize(24, columns)
        t.wait_screen(["above", *(text[i:i + columns] for i in range(0, len(text), columns))])
    t.type("\r")
    assert peer.receive(b"\n").decode() == text[2:] + "\n"


@pytest.mark.parametrize("columns, term", [(11, "xterm"), (33, "xterm"), (120, "xterm"), (33, "dumb"), (120, "dumb")])
def test_resize_with_wide_characters_and_an_unfinished_line(start, peer, columns, term):
    t = start(columns=40, term=term)
    peer.send("名前: ")
    t.type("日本e\u0301")
    t.wait(lambda t: t.row().replace(" ", "") == "名前:日本é")
    t.resize(columns, 24)
    t.type("語\x02\x02X")
    peer.send("\nnext\n")
    t.wait(lambda t: [row.replace(" ", "") for row in t.lines()][-2:] == ["next", "日本Xé語"])
    t.type("\r")
    assert peer.receive(b"\n").decode() == "日本Xe\u0301語\n"


def test_stopped_terminal_blocks_nothing(start, peer):
    t = start()
    t.type("x\r")
    peer.receive(b"\n")
    t.type("\x13")
    t.stopped = True
    t.type("typed\r")
    assert peer.receive(b"\n") == b"typed\n"
    peer.send("shown later\n" * 10)
    t.type("again\r")
    assert peer.receive(b"\n") == b"again\n"
    t.type("\x11")
    t.stopped = False
    t.wait(lambda t: t.lines().count("shown later") == 10 and "again" in t.lines())


def test_stopped_terminal_holds_the_peer_and_memory(start, peer):
    t = start()
    t.type("\x13")
    t.stopped = True
    peer.socket.setblocking(False)
    sent = 0
    while sent < 64 << 20:
        try:
            sent += peer.socket.send(b"x" * 63 + b"\n")
        except BlockingIOError:
            if not select.select([], [peer.socket], [], 1)[1]:
                break
    assert sent < 64 << 20
    with open(f"/proc/{t.child.pid}/statm", encoding="ascii") as statm:
        assert int(statm.read().split()[1]) * 4096 < 200 << 20


def test_stopped_terminal_can_be_ended(start, peer):
    t = start()
    t.type("\x13")
    t.stopped = True
    peer.send("never shown\n" * 10000)
    t.type("typed\r")
    assert peer.receive(b"\n") == b"typed\n"
    t.signal(signal.SIGTERM)
    wait_for(lambda: not t.child.isalive(), "the end")
    assert not t.is_raw()


def test_dumb_terminal(start, peer):
    t = start(term="dumb")
    peer.send("one\nlogin: ")
    t.wait_screen(["one", "login:"], (1, 7))
    t.type("alice")
    t.wait_screen(["one", "login: alice"], (1, 12))
    t.type("\r")
    assert peer.receive(b"\n") == b"alice\n"
    peer.send("two\n")
    t.wait_text("two")
    t.type("half")
    t.wait_text("half")
    peer.send("three\n")
    t.wait(lambda t: t.lines()[-2:] == ["three", "half"])
    t.type(" more\r")
    assert peer.receive(b"\n") == b"half more\n"
    assert b"\x1b" not in t.output
    peer.send("a")
    t.wait(lambda t: t.row() == "a")
    peer.send("b")
    t.wait(lambda t: t.row() == "ab")
    peer.send("c\nd\n")
    t.wait(lambda t: t.lines()[-2:] == ["abc", "d"])


def test_unknown_terminal(start, peer):
    t = start(term="no-such-terminal")
    peer.send("data\n")
    t.wait_text("data")
    t.type("line\r")
    assert peer.receive(b"\n") == b"line\n"


# History.


def run_history(start, peer, lines, *options, **how):
    """One program that types `lines` and ends."""
    t = start(*options, **how)
    for line in lines:
        t.type(line + "\r")
        peer.receive(line.encode() + b"\n")
    t.type("\x04")
    peer.receive_all()
    peer.socket.close()
    assert t.wait_exit() == 0
    return t


def test_history_persists(start, peer, tmp_path):
    run_history(start, peer, ["one", " secret", "two", "two", "three"], newcomer=True)
    file = tmp_path / ".local/state/pollcat/history"
    assert file.read_text() == "one\ntwo\nthree\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    t = start()
    t.type("\x10\x10\x10")
    t.wait_screen(["one"])
    t.type("\r")
    assert peer.receive(b"\n") == b"one\n"


def test_the_first_prompt_ever_tells_of_help(start, peer):
    t = start(newcomer=True)
    t.wait_screen(["pollcat: ~? lists commands"], (1, 0))
    t.interrupt_exit()
    t = start()
    peer.send("login: ")
    t.wait_screen(["login:"])
    t.interrupt_exit()
    t = start("-v", "--escape-char=%")
    t.wait_text("pollcat: %? lists commands")
    t.interrupt_exit()
    t = start("-v", "--escape-char=none")
    peer.send("login: ")
    t.wait_text("login:")
    assert not any("lists commands" in row for row in t.lines())


def test_history_of_two_programs(peer, tmp_path):
    with Peer() as other, Terminal([POLLCAT, "127.0.0.1", peer.port], home=tmp_path) as a, \
            Terminal([POLLCAT, "127.0.0.1", other.port], home=tmp_path) as b:
        for t, p, line in ((a, peer, "from a"), (b, other, "from b")):
            p.accept()
            t.wait_prompt()
            t.type(line + "\r")
            p.receive(b"\n")
        for t, p in ((a, peer), (b, other)):
            t.type("\x04")
            p.receive_all()
            p.close()
            t.wait_exit()
    assert (tmp_path / ".local/state/pollcat/history").read_text() == "from a\nfrom b\n"


def test_history_options(start, peer, tmp_path):
    state = tmp_path / "state"
    run_history(start, peer, ["one"], env={"XDG_STATE_HOME": str(state)}, newcomer=True)
    assert (state / "pollcat/history").read_text() == "one\n"
    run_history(start, peer, ["two"], "--history", tmp_path / "mine", newcomer=True)
    assert (tmp_path / "mine").read_text() == "two\n"
    run_history(start, peer, ["three"], "--no-history", newcomer=True)
    assert not (tmp_path / ".local").exists()


def test_history_that_can_not_be_written(start, peer, tmp_path):
    t = run_history(start, peer, ["one"], "--history", tmp_path / "none/history")
    assert sum("pollcat: history" in row for row in t.lines()) == 1


def test_history_is_kept_at_sigterm(start, peer, tmp_path):
    t = start()
    t.type("kept\r")
    peer.receive(b"\n")
    t.signal(signal.SIGTERM)
    t.wait_exit()
    assert (tmp_path / ".local/state/pollcat/history").read_text() == "kept\n"
