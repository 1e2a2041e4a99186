# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs on pseudo-terminals of their own, joined to peers: pty:."""
import os
import pathlib
import re
import signal
import socket
import sys

import pexpect.fdpexpect
import pytest

from support import (DEADLINE, POLLCAT, Background, Collector, accept, dial, half_close, need, payload, port_of, receive, receive_all,
                     reset, serve, until_resting)
from terminal import Terminal

SIZE = 1 << 20
BASH = "bash --norc --noprofile -i"


@pytest.fixture
def service(pollcat):
    """service(COMMAND): a listener for many, each with the program on a terminal."""
    def start(command, *args, term="vt220", **more):
        cat = pollcat("-v", "-l", "-k", "127.0.0.1", "0", "--to", f"pty:{command}", *args,
                      env={"TERM": term, "PS1": "ready> ", "HISTFILE": "/dev/null"}, **more)
        cat.bound()
        return cat

    return start


def script(text):
    """A command that runs `text` in a shell."""
    return "sh -c '%s'" % text


def collect(sock):
    sock.settimeout(None)
    return Collector(sock.makefile("rb", buffering=0))


@pytest.fixture
def talk():
    """talk(PORT): a client that passes keys on as they are, driven by pexpect."""
    def start(port):
        sock = dial(port)
        sock.settimeout(None)
        client = pexpect.fdpexpect.fdspawn(sock, timeout=DEADLINE)
        client.socket = sock
        started.append(client)
        return client

    started = []
    yield start
    for client in started:
        client.close()


def shell(talk, cat):
    client = talk(cat.port)
    client.expect("ready> ")
    return client


def test_a_terminal_it_is(service):
    cat = service(script("tty && tty <&1 && tty <&2; stty size; echo $TERM ${LINES-no} ${COLUMNS-no} $POLLCAT_PROTO; "
                         "ps -o tty=,tpgid=,pgid=,sid= -p $$"))
    *ttys, size, names, ids = receive_all(dial(cat.port)).decode().replace("\r\n", "\n").splitlines()
    assert len(ttys) == 3 and len(set(ttys)) == 1 and ttys[0].startswith("/dev/pts/")
    assert size == "24 80" and names == "vt220 no no tcp"
    own, *groups = ids.split()
    assert "/dev/" + own == ttys[0] and len(set(groups)) == 1


def test_kind_of_terminal_where_there_is_none(service):
    assert receive_all(dial(service(script("echo $TERM"), term="").port)) == b"dumb\r\n"


def test_nothing_is_inherited(service):
    cat = service("ls /proc/self/fd")
    held = dial(cat.port), dial(cat.port)
    assert [receive_all(peer).split() for peer in held] == [[b"0", b"1", b"2", b"3"]] * 2  # 3 is ls itself


def test_job_control(service, talk):
    client = shell(talk, service(BASH, term="dumb"))
    client.send("sleep 1000 &\n")
    client.expect(r"\[1\] (\d+)\r\n")
    client.send("jobs\n")
    client.expect(r"\[1\]\+  Running +sleep 1000 &\r\n")
    client.send("kill -9 %1\n")
    for key, told in (("\x1a", r"\[\d\]\+  Stopped +sh -c.*ready> "), ("\x03", r"\^C.*ready> ")):
        client.send("sh -c 'echo sleep\"\"ing; exec sleep 1000'; echo $?\n")
        client.expect("\nsleeping\r\n")
        client.send(key)
        client.expect(told)
    client.send("echo status $?; kill -9 $$\n")
    client.expect("status 130\r\n")
    client.expect(pexpect.EOF)


def test_window_of_ours(tmp_path):
    server = serve()
    command = script('trap "stty size" WINCH; stty size; while :; do read x && echo $x; done')
    with Terminal([POLLCAT, "127.0.0.1", port_of(server), "--to", f"pty:{command}"], columns=100, rows=30, home=tmp_path) as t:
        peer = collect(accept(server))
        peer.until(lambda seen: b"30 100\r\n" in seen)
        t.resize(90, 20)
        peer.until(lambda seen: b"20 90\r\n" in seen)


def test_window_of_ours_at_our_prompt(tmp_path):
    """Who edits the line there and the program both learn of another size."""
    command = script('trap "stty size" WINCH; stty size; while :; do read x && echo $x; done')
    with Terminal([POLLCAT, f"pty:{command}"], columns=100, rows=30, home=tmp_path) as t:
        t.wait_text("30 100")
        t.wait_prompt()
        t.resize(90, 20)
        t.wait_text("20 90")
        t.type("typed")
        t.wait_text("> typed")


def test_pager(service, talk, tmp_path):
    need("less")
    (tmp_path / "text").write_text("".join(f"line {i}\n" for i in range(100)))
    client = talk(service(f"less -X {tmp_path / 'text'}").port)
    client.expect("line 0\r\n")
    client.expect("line 22\r\n")
    client.send("G")
    client.expect("line 99\r\n")
    client.send("q")
    client.expect(pexpect.EOF)


def test_editor(service, talk, tmp_path):
    need("vi")
    cat = service(f"vi {tmp_path / 'file'}")
    client = talk(cat.port)
    client.expect("file")
    client.send("ihello\x1b:wq\r")
    client.expect(pexpect.EOF)
    cat.until_err("ended with status 0")
    assert (tmp_path / "file").read_text() == "hello\n"


@pytest.mark.parametrize("text, status", [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137)])
def test_status_of_the_only_program(pollcat, text, status):
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"pty:sh -c '{text}'")
    assert receive_all(dial(cat.port)) == b""
    assert cat.wait() == status and cat.err == ""


@pytest.mark.parametrize("command, status", [
    ("cat", 0), ("sh -c 'cat; exit 3'", 0), ("sh -c 'trap \"\" HUP; cat; exit 3'", 3),
])
def test_our_hang_up_is_no_failure(pollcat, command, status):
    """It is how a terminal ends."""
    cat = pollcat(f"pty:{command}").send(b"x\n").close()
    assert cat.wait() == status


def test_the_hang_up_of_another_is_one(pollcat):
    assert pollcat("pty:sh -c 'read x; kill -HUP $$'").send(b"x\n").wait() == 129
