# SPDX-License-Identifier: GPL-3.0-or-later
"""~!command and ~!: shell commands, and a shell that has the terminal."""

import os
import re
import resource
import shlex
import signal
import socket

import pytest

from support import POLLCAT, fill
from terminal import Terminal, at, nothing_more, peer, says, start, typed, wait_for


def test_shell_command(at, peer):
    t = at()
    t.type("~!echo out; echo err >&2\r")
    assert peer.receive(b"\n") == b"out\n"
    t.wait(lambda t: "err" in t.lines())
    says(t, "~!exit 3", "pollcat: exit 3: status 3")
    says(t, "~!kill -9 $$", "pollcat: kill -9 $$: ended by signal 9")
    t.type("~!cat\r")  # there is nothing to read
    t.type("~!printf '\\0\\377'\r")
    assert peer.receive(2) == b"\0\xff"
    nothing_more(t, peer)


def test_shell_command_does_not_block(at, peer):
    t = at()
    t.type("~!echo ready; exec cat /dev/zero\r")
    assert peer.receive(1000).startswith(b"ready\n")
    says(t, "~eol", "line end: lf")
    says(t, "~stop", "stopped")
    wait_for(lambda: not children(t.child.pid), "the end of the command", t.read)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def test_shell_command_ends_with_pollcat(at, peer):
    t = at()
    t.type("~!echo ready; exec sleep 1000\r")
    assert peer.receive(b"\n") == b"ready\n"
    child = int(children(t.child.pid)[0])
    t.type("~quit\r")
    assert t.wait_exit() == 0

    def gone():
        try:
            with open(f"/proc/{child}/stat") as file:
                return file.read().split()[2] == "Z"
        except FileNotFoundError:
            return True

    wait_for(gone, "the end of the command", t.read)


def test_shell_has_broken_pipes(at, peer):
    t = at()
    t.type("~!yes | head -1\r")
    assert peer.receive(b"\n") == b"y\n"
    says(t, "~!kill -PIPE $$", "ended by signal 13")


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_shell_on_the_terminal(at, peer, shell):
    if not os.path.exists(shell):
        pytest.skip(f"{shell} is missing")
    t = at(env={"SHELL": shell, "PS1": "here: ", "ENV": ""})
    before = t.modes()
    t.type("half\x01~!\x0b\r")
    t.wait(lambda t: re.search(r"[:$#]$", t.row()), "a shell")
    t.type("echo in the she''ll\r")
    t.wait_text("in the shell")
    peer.send("meanwhile\n")
    shown = len(t.lines())
    t.type("\x03")  # is not ours
    t.wait(lambda t: len(t.lines()) > shown and re.search(r"[:$#]$", t.row()), "the shell's prompt")
    t.type("exit\r")
    t.wait_prompt()
    t.wait(lambda t: "meanwhile" in t.lines() and typed(t) == "")
    assert t.modes() == before
    nothing_more(t, peer)


def test_shell_that_is_none(at, peer):
    t = at(env={"SHELL": "/none"})
    says(t, "~!", "pollcat: /none: No such file or directory")
    nothing_more(t, peer)


def test_a_shell_has_the_limit_that_we_were_started_with(at, peer):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def limit(_):
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))

    t = at(env={"SHELL": "/bin/sh", "PS1": "in ", "ENV": ""}, attributes=limit)
    with open(f"/proc/{t.child.pid}/limits") as file:
        ours = next(line for line in file if line.startswith("Max open files"))
    assert int(ours.split()[3]) == hard
    t.type("~!ulimit -n\r")
    assert peer.receive(b"\n") == b"100\n"
    t.type("~!\r")
    t.wait(lambda t: t.row().endswith("in"), "the shell")
    says(t, "echo =$(ulimit -n)=", "=100=")
    t.type("exit\r")
    t.wait_prompt()


@pytest.fixture
def shell(at, peer):
    """A prompt whose terminal a shell has, that shows nothing of its own but `in `."""
    def begin(*lines, options=(), **how):
        t = at(*options, env={"SHELL": "/bin/sh", "PS1": "in ", "ENV": ""}, **how)
        for line in lines:
            t.type(line + "\r")
        t.type("~!\r")
        t.wait(lambda t: t.row().endswith("in"), "the shell")
        return t

    return begin


def test_loop_goes_on_behind_a_shell(shell, peer, tmp_path):
    t = shell("~save got", "~repeat 0 0.01 tick")
    for i in range(3):
        peer.receive(b"tick\n")
        peer.send(f"line {i}\n")
        wait_for(lambda: f"line {i}\n" in (tmp_path / "got").read_text(), "what arrives", t.read)
    assert not any("line" in row for row in t.lines())
    t.type("echo still he''re\r")
    t.wait_text("still here")
    t.type("exit\r")
    for i in range(3):
        t.wait_text(f"line {i}")
    says(t, "~stop", "stopped")


def test_a_shell_holds_the_peer_back(shell, peer, tmp_path):
    """What waits for the screen is bounded, and nothing of it is lost."""
    t = shell("~save got", options=("--recv-buffer", 4096))
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    lines = b"".join(b"%01023d\n" % i for i in range(1 << 14))
    sent = fill(peer.socket, t.child.pid, block=lines)
    assert sent < len(lines) and (tmp_path / "got").stat().st_size < 1 << 20
    t.type("exit\r")
    t.wait_text(f"00{sent // 1024 - 1}")
    wait_for(lambda: (tmp_path / "got").stat().st_size >= sent, "all of it", t.read)


def test_the_end_waits_for_the_shell(shell, peer):
    t = shell()
    peer.send("bye\n")
    peer.reset()
    t.type("echo still he''re\r")
    t.wait_text("still here")
    t.type("exit\r")
    assert t.wait_exit() == 1
    assert any("bye" in row for row in t.lines())
    assert any("reset" in row for row in t.lines())


def test_a_shell_that_stops_goes_on(shell, peer):
    t = shell()
    says(t, "kill -STOP $$; echo went o''n", "went on")
    t.type("exit\r")
    t.wait_prompt()
    nothing_more(t, peer)


def state(pid):
    """R: runs, S: sleeps..."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_output_that_ends_behind_a_shell(peer, tmp_path):
    """What is over is waited for, at rest."""
    out = tmp_path / "out"
    os.mkfifo(out)
    reader = os.open(out, os.O_RDONLY | os.O_NONBLOCK)
    command = f"exec {shlex.quote(POLLCAT)} --prompt-always --prompt '' 127.0.0.1 {peer.port} >{shlex.quote(str(out))}"
    with Terminal(["/bin/sh", "-c", command], env={"SHELL": "/bin/sh", "PS1": "in ", "ENV": ""}, home=tmp_path) as t:
        peer.accept()
        t.wait_prompt()
        t.type("~!\r")
        t.wait(lambda t: t.row().endswith("in"), "the shell")
        os.close(reader)  # wakes it before this returns
        wait_for(lambda: state(t.child.pid) == "S", "rest", t.read)
        says(t, "echo still he''re", "still here")
        t.type("exit\r")
        assert t.wait_exit() == 2


def test_a_signal_ends_the_shell_too(shell, peer):
    t = shell()
    child = int(children(t.child.pid)[0])
    t.signal(signal.SIGTERM)
    assert t.wait_exit() == -signal.SIGTERM
    assert not t.is_raw()
    wait_for(lambda: not os.path.exists(f"/proc/{child}"), "the end of the shell", t.read)


@pytest.mark.parametrize("way", ["killed", "ended", "left"])
def test_modes_of_a_shell_that_was_killed_do_not_stay(shell, peer, way):
    t = shell()
    before = t.first_modes
    t.type({"killed": "stty raw; kill -9 $$", "ended": "stty raw; echo h''ere; exec sleep 1000",
            "left": "stty -echo; exit"}[way] + "\r")
    if way == "ended":
        t.wait_text("here")
        t.signal(signal.SIGTERM)
        assert t.wait_exit() == -signal.SIGTERM
    else:
        wait_for(lambda: not children(t.child.pid), "the end of the shell", t.read)
        t.type("~quit\r")
        assert t.wait_exit() == 0
    assert (t.modes() == before) == (way != "left")


def test_no_key_of_the_shell_is_ours(shell, peer):
    t = shell()
    t.type("cat\rtyped for cat\r")
    t.wait(lambda t: t.lines().count("typed for cat") == 2, "cat's answer")
    t.signal(signal.SIGWINCH)
    t.signal(signal.SIGTSTP)
    t.type("\x04")
    t.wait(lambda t: t.row().endswith("in"), "the shell")
    t.type("exit\r")
    t.wait_prompt()
    nothing_more(t, peer)
