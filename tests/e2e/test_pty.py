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


@pytest.mark.parametrize("command, status", [("/no/such/program", 127), ("/etc/passwd", 126)])
def test_what_cannot_be_executed(pollcat, command, status):
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"pty:{command}")
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    assert cat.wait() == status and cat.err.count("\n") == 1 and command in cat.err


def test_client(pollcat):
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), "--to", "pty:sh -c 'stty -echo; read x; echo got $x; exit 3'")
    peer = accept(server)
    peer.sendall(b"this\n")
    assert b"got this\r\n" in receive_all(peer)
    assert cat.wait() == 3


@pytest.mark.parametrize("how", [socket.socket.close, reset, half_close])
def test_who_leaves_hangs_up(service, how):
    cat = service("sleep 1000")
    peer = dial(cat.port)
    cat.until_err("connection from")
    how(peer)
    cat.until_err("sleep .* was ended by signal 1$")
    if how is half_close:
        assert receive_all(peer) == b""


def test_hang_up_comes_after_what_was_said(service):
    """What was sent before a half-close is read, and what is said to that arrives."""
    cat = service(BASH, term="dumb")
    peer = dial(cat.port)
    peer.sendall(b"sleep 0.3; echo one$((1+1))\necho $(seq 3000 | tail -n 1)x\n")
    said = receive_all(half_close(peer))
    assert b"\none2\r\n" in said and b"\n3000x\r\n" in said
    cat.until_err("bash .* ended")


def test_all_output_is_delivered_after_the_end(service):
    cat = service(script(f"stty -opost; head -c {SIZE} /dev/zero; exit 3"))
    peers = [dial(cat.port) for _ in range(3)]
    readers = [Background(receive_all, peer) for peer in peers]
    assert [len(reader.result()) for reader in readers] == [SIZE] * 3


def test_all_input_is_delivered(service, tmp_path):
    cat = service(script(f"stty raw -echo; echo go; head -c {SIZE} >{tmp_path / 'heard'}"))
    peer = dial(cat.port)
    assert receive(peer, 2) == b"go"
    peer.sendall(payload(SIZE))
    receive_all(half_close(peer))
    cat.until_err("ended with status 0")
    assert (tmp_path / "heard").read_bytes() == payload(SIZE)


def test_flood_is_held_up(service):
    cat = service("yes")
    peer = dial(cat.port)
    assert receive(peer, SIZE // 4 * 3) == b"y\r\n" * (SIZE // 4)
    until_resting(cat.pid)
    with dial(cat.port) as other:
        assert receive(other, 3) == b"y\r\n"
    receive_all(half_close(peer))
    cat.until_err("(?s)(ended by signal (1|13).*){2}")


def test_who_does_not_read_holds_nobody(service):
    """Neither another peer nor, once it has ended, its own."""
    cat = service(script("stty -echo raw; echo go; sleep 1000"))
    peer, other = dial(cat.port), dial(cat.port)
    for each in (peer, other):
        assert receive(each, 2) == b"go"
    Background(peer.sendall, payload(4 * SIZE))
    until_resting(cat.pid)
    receive_all(half_close(other))
    cat.until_err("ended by signal 1")
    peer.close()


def test_what_is_left_in_the_background_holds_nobody(service, tmp_path):
    """Though it has the terminal open, and writes."""
    cat = service(script(f'trap "" HUP; (echo $$; while :; do echo x; done) & read x; echo $! >{tmp_path / "pid"}; echo said'))
    peer = dial(cat.port)
    peer.sendall(b"\n")
    try:
        assert b"said\r\n" in receive_all(peer)
        cat.until_err("closed")
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_our_end_hangs_up(service):
    cat = service(script("echo $$; exec sleep 1000"))
    peers = [dial(cat.port) for _ in range(3)]
    pids = [int(peer.makefile().readline()) for peer in peers]
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def descriptors(cat):
    return sorted(os.readlink(place) for place in pathlib.Path(f"/proc/{cat.pid}/fd").iterdir())


def test_many_leave_nothing_behind(service):
    cat = service("head -n 1")

    def exchange():
        peers = [dial(cat.port) for _ in range(20)]
        for peer in peers:
            peer.sendall(b"x\n")
        assert [receive_all(peer) for peer in peers] == [b"x\r\nx\r\n"] * 20

    exchange()
    cat.stderr.until(lambda seen: seen.count(b"ended with status 0") == 20)
    until_resting(cat.pid)
    before = descriptors(cat)
    for _ in range(9):
        exchange()
    cat.stderr.until(lambda seen: seen.count(b"ended with status 0") == 200)
    until_resting(cat.pid)
    assert descriptors(cat) == before


IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
WILL, DO = b"\xfb", b"\xfd"
TTYPE, NAWS = b"\x18", b"\x1f"


def window(columns, rows):
    return IAC + SB + NAWS + bytes((0, columns, 0, rows)) + IAC + SE


def test_terminal_of_a_telnet_client(service):
    """Its type, and its window as it changes, not ours."""
    cat = service(script('trap "stty size" WINCH; echo $TERM; stty size; while :; do read x && echo $x; done'), "-t")
    peer = dial(cat.port)
    peer.sendall(IAC + WILL + TTYPE + IAC + WILL + NAWS + window(100, 30))
    seen = Background(lambda: b"".join(iter(lambda: peer.recv(1), b"\xf0")))
    assert IAC + SB + TTYPE + b"\x01" + IAC in seen.result()
    peer.sendall(IAC + SB + TTYPE + b"\x00" + b"VT100-W" + IAC + SE)
    said = collect(peer)
    said.until(lambda data: b"vt100-w\r\n30 100\r\n" in data)
    peer.sendall(window(90, 20))
    said.until(lambda data: b"\n20 90\r\n" in data)
