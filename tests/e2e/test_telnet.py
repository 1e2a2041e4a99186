# SPDX-License-Identifier: GPL-3.0-or-later
"""--telnet: with telnet(1), with telnetd(8), and with a server and a client that do as they are told here."""

import os
import shutil
import socket
import termios

import pytest

from support import POLLCAT, Processes, dial, need, port_of, receive, serve
from terminal import Terminal, listen, peer, says, start

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
ECHO, SGA, TTYPE, NAWS = 1, 3, 24, 31


def iac(*codes):
    return bytes((IAC, *codes))


@pytest.fixture
def processes():
    running = Processes()
    yield running
    running.kill()


def is_all_raw(t):
    return not t.modes()[1] & termios.OPOST


def resizes(t, columns, rows):
    """The program at the shell of `t` hears of the new size of the terminal."""
    t.wait(lambda t: t.row() == "$")
    t.type("sh -c 'trap \"stty size\" WINCH; echo read''y; while :; do sleep 0.05; done'\r")
    t.wait(lambda t: "ready" in t.lines())
    t.resize(columns, rows)
    t.wait_text(f"{rows} {columns}")
    t.type("\x03")
    t.wait(lambda t: t.row() == "$")


def answers(peer, *expected):
    wanted = b"".join(expected)
    assert receive(peer.socket, len(wanted)) == wanted


# As a client.


def test_what_a_server_asks_is_answered(start, peer):
    start("-t", columns=100, rows=30)
    peer.send(iac(DO, TTYPE) + iac(DO, NAWS) + iac(DO, 36) + iac(WILL, SGA) + iac(WILL, 5) + iac(WILL, SGA))
    answers(peer, iac(WILL, TTYPE), iac(WILL, NAWS), iac(WONT, 36), iac(DO, SGA),
            iac(SB, NAWS, 0, 100, 0, 30) + iac(SE), iac(DONT, 5))
    peer.send(iac(SB, TTYPE, 1) + iac(SE))
    answers(peer, iac(SB, TTYPE, 0) + b"XTERM" + iac(SE))


def test_one_byte_at_a_time(start, peer):
    start("-t")
    for byte in iac(DO, TTYPE) + iac(SB, TTYPE, 1) + iac(SE):
        peer.send(bytes([byte]))
    answers(peer, iac(WILL, TTYPE), iac(SB, TTYPE, 0) + b"XTERM" + iac(SE))


def test_break(start, peer):
    t = start("-t")
    t.type("one\r~break\rtwo\r")
    assert peer.receive(b"two\r\n") == b"one\r\n\xff\xf3two\r\n"


def test_window_is_told_as_it_changes(start, peer):
    t = start("-t")
    peer.send(iac(DO, NAWS))
    answers(peer, iac(WILL, NAWS), iac(SB, NAWS, 0, 80, 0, 24) + iac(SE))
    t.resize(90, 20)
    answers(peer, iac(SB, NAWS, 0, 90, 0, 20) + iac(SE))


def test_lines(start, peer):
    t = start("-t")
    t.type("hello \u00ff\r")
    assert receive(peer.socket, 10) == "hello \u00ff\r\n".encode()
    t.type("~input hex\rff 0d 41\r")
    assert receive(peer.socket, 5) == b"\xff\xff\r\0A"
    peer.send(b"one\r\ntwo" + iac(IAC) + b"\r\0\r\n" + iac(241) + b"three")
    t.wait_text("three")
    assert t.lines()[-3].startswith("one")


def test_password_is_hidden(start, peer):
    t = start("-t", marked=True)
    peer.send(b"login: ")
    t.wait_text("login:")
    t.type("joe\r")
    assert receive(peer.socket, 5) == b"joe\r\n"
    peer.send(iac(WILL, ECHO) + b"Password: ")
    assert receive(peer.socket, 3) == iac(DO, ECHO)
    t.wait_text("Password:")
    t.type("geheim\r")
    assert receive(peer.socket, 8) == b"geheim\r\n"
    t.type("again\r")
    assert receive(peer.socket, 7) == b"again\r\n"
    peer.send(b"\r\n" + iac(WONT, ECHO) + b"welcome\r\n")
    assert receive(peer.socket, 3) == iac(DONT, ECHO)
    t.wait_text("welcome")
    t.type("seen\r")
    assert receive(peer.socket, 6) == b"seen\r\n"
    t.wait_text("seen")
    assert b"geheim" not in t.output and b"again" not in t.output
    t.type("\x1b[A\x1b[A")
    t.wait(lambda t: "joe" in t.row())


def test_server_decides_about_keys(start, peer):
    t = start("-t", marked=True)
    peer.send(iac(WILL, ECHO) + iac(WILL, SGA) + b"\x1b[2;5H$ ")
    answers(peer, iac(DO, ECHO), iac(DO, SGA))
    t.wait(is_all_raw)
    t.type("ls\r\x03")
    assert receive(peer.socket, 5) == b"ls\r\0\x03"
    peer.send(iac(WONT, ECHO) + iac(WONT, SGA))
    answers(peer, iac(DONT, ECHO), iac(DONT, SGA))
    t.wait(lambda t: t.row() == ">")
    t.type("a line\r")
    assert receive(peer.socket, 8) == b"a line\r\n"


def test_without_a_terminal(processes):
    with serve() as server:
        p = processes.pollcat("-t", "127.0.0.1", port_of(server))
        sock = server.accept()[0]
        sock.sendall(iac(DO, TTYPE) + iac(DO, NAWS) + iac(WILL, ECHO) + iac(WILL, SGA) + b"a\r\0" + iac(IAC) + b"\r\n")
        assert receive(sock, 12) == iac(WONT, TTYPE) + iac(WONT, NAWS) + iac(DO, ECHO) + iac(DO, SGA)
        p.send(b"x\n")
        p.until_out(b"a\r\xff\r\n")
        sock.close()


def test_urgent_mark_is_no_data(processes):
    with serve() as server:
        p = processes.pollcat("-t", "--recv-only", "127.0.0.1", port_of(server))
        sock = server.accept()[0]
        sock.sendall(b"before" + iac())
        sock.send(bytes([242]), socket.MSG_OOB)
        sock.sendall(b"after")
        sock.close()
        assert p.wait() == 0
        assert p.out == b"beforeafter"


def test_flood_is_bounded(processes):
    """Who asks and does not read is not read; no memory grows."""
    with serve() as server:
        p = processes.pollcat("-t", "--recv-only", "127.0.0.1", port_of(server))
        sock = server.accept()[0]
        before = p.memory()
        sock.setblocking(False)
        sent = 0
        try:
            while sent < 1 << 26:
                sent += sock.send(iac(DO, ECHO) * 10000)
        except BlockingIOError:
            pass
        assert sent < 1 << 26
        assert p.memory() - before < 4 << 20
        sock.close()


# As a listener.


def telnet(home, port, **how):
    need("telnet")
    return Terminal([shutil.which("telnet"), "-E", "127.0.0.1", str(port)], home=home, **how)


def test_telnet_and_a_prompt(tmp_path):
    t, port = listen(tmp_path, "-l", "-t", "127.0.0.1", 0)
    with t, telnet(tmp_path, port, term="vt220") as client:
        t.wait_text("connected")
        t.type("from here\r")
        client.wait_text("from here")
        client.type("from there\r")
        t.wait_text("from there")
        says(t, "~info", "telnet: terminal vt220, 80 columns, 24 rows")


def test_telnet_and_keys(tmp_path):
    """The listener takes every key, and says so."""
    t, port = listen(tmp_path, "-l", "-t", "--keys", "127.0.0.1", 0)
    with t, telnet(tmp_path, port) as client:
        t.wait_text("keys go to")
        t.type("from here")
        client.wait_text("from here")
        client.type("there")
        t.wait_text("there")
        t.type("\r~:keys\r")
        t.wait(lambda t: t.row() == ">")
        client.type("a line\r")
        t.wait_text("a line")
        client.wait_text("a line")


def test_telnet_and_an_echo(tmp_path, processes):
    p = processes.pollcat("-t", "--echo", "127.0.0.1", 0)
    with telnet(tmp_path, p.port) as client:
        client.wait_text("Connected")
        client.type("a line\r")
        client.wait(lambda c: c.lines().count("a line") == 2)


def test_telnet_and_a_shell(tmp_path, processes):
    p = processes.pollcat("-l", "-t", "127.0.0.1", 0, "--to", "pty:/bin/sh -i", env={**os.environ, "PS1": "$ ", "ENV": ""})
    with telnet(tmp_path, p.port, term="vt100", columns=91, rows=31) as client:
        client.wait(lambda c: c.row() == "$")
        client.type("echo $TERM $(stty size)\r")
        client.wait_text("vt100 31 91")
        resizes(client, 77, 22)
        client.type("exit\r")
        client.wait_exit()


def test_nobody_is_made_to_negotiate(tmp_path, processes):
    """A client that speaks no TELNET gets its shell all the same."""
    p = processes.pollcat("-l", "-t", "127.0.0.1", 0, "--to", "pty:/bin/echo served")
    with dial(p.port) as sock:
        said = receive(sock, 12)
        assert said == iac(WILL, ECHO) + iac(WILL, SGA) + iac(DO, TTYPE) + iac(DO, NAWS)
        assert receive(sock, 8) == b"served\r\n"


def test_offers_of_a_listener_of_lines(processes):
    p = processes.pollcat("-l", "-t", "127.0.0.1", 0)
    with dial(p.port) as sock:
        assert receive(sock, 6) == iac(DO, TTYPE) + iac(DO, NAWS)
        sock.sendall(iac(DO, ECHO) + iac(DO, SGA) + iac(WILL, 34) + b"line\r\nbare\r\0")
        assert receive(sock, 9) == iac(WONT, ECHO) + iac(WONT, SGA) + iac(DONT, 34)
        p.until_out(b"line\nbare\r")
        p.send(b"out\n\xff")
        assert receive(sock, 7) == b"out\r\n\xff\xff"


# With telnetd(8), which gets the socket as from inetd(8).


def test_telnetd(tmp_path, processes):
    need("telnetd")
    login = tmp_path / "login"
    login.write_text("#!/bin/sh\nread -p 'name: ' name; stty -echo; read -p 'secret: ' word; stty echo; echo\n"
                     "echo $name, ${#word} letters, $TERM $(stty size); PS1='$ ' exec /bin/sh -i\n")
    login.chmod(0o755)
    p = processes.pollcat("-l", "127.0.0.1", 0, "--exec-direct", "-e", f"{shutil.which('telnetd')} -h -E {login}")
    with Terminal([POLLCAT, "-t", "127.0.0.1", str(p.port)], home=tmp_path, term="vt100", columns=81, rows=23) as t:
        t.wait(lambda t: t.row() == "name:")
        assert is_all_raw(t)
        t.type("joe\r")
        t.wait(lambda t: t.row() == "secret:")
        t.type("abcde\r")
        t.wait_text("joe, 5 letters, vt100 23 81")
        t.wait(lambda t: t.row() == "$")
        resizes(t, 70, 20)
        t.type("exit\r")
        assert t.wait_exit() == 0
        assert t.modes() == t.first_modes
        assert b"abcde" not in t.output


# Both ends are ours.


def test_between_two(processes, tmp_path):
    data = bytes(range(256)).replace(b"\r", b"") * 3000
    sink = tmp_path / "sink"
    p = processes.pollcat("-l", "-t", "--recv-only", "127.0.0.1", 0, stdout=open(sink, "wb"))
    client = processes.pollcat("-t", "-q", "0", "127.0.0.1", p.port)
    client.send(data)
    client.close()
    assert client.wait() == 0
    assert p.wait() == 0
    assert sink.read_bytes() == data


def test_shell_between_two(tmp_path, processes):
    p = processes.pollcat("-l", "-t", "127.0.0.1", 0, "--to", "pty:/bin/sh -i", env={**os.environ, "PS1": "$ ", "ENV": ""})
    with Terminal([POLLCAT, "-t", "127.0.0.1", str(p.port)], home=tmp_path, term="xterm", columns=72, rows=21) as t:
        t.wait(is_all_raw)
        t.wait(lambda t: t.row() == "$")
        t.type("echo $TERM $(stty size)\r")
        t.wait_text("xterm 21 72")
        resizes(t, 60, 15)
        (tmp_path / "text").write_text("one\ntwo\n")
        t.type(f"clear; less {tmp_path}/text\r")
        t.wait(lambda t: t.lines()[:2] == ["one", "two"])
        t.type("q")
        t.wait(lambda t: t.row() == "$")
        t.type("\r~.")
        assert t.wait_exit() == 0
        assert t.modes() == t.first_modes


# As other programs.


def test_nc_refuses(processes):
    with serve() as server:
        p = processes.program(POLLCAT, "--dialect", "nc", "-t", "127.0.0.1", port_of(server))
        sock = server.accept()[0]
        sock.sendall(iac(WILL, SGA) + b"x" + iac(DO, ECHO) + b"\r\0")
        assert receive(sock, 6) == iac(DONT, SGA) + iac(WONT, ECHO)
        p.until_out(iac(WILL, SGA) + b"x" + iac(DO, ECHO) + b"\r\0")
        p.send(b"\xff\n")
        assert receive(sock, 2) == b"\xff\n"
        sock.close()


def test_ncat_refuses(processes):
    with serve() as server:
        p = processes.program(POLLCAT, "--dialect", "ncat", "--telnet", "127.0.0.1", port_of(server))
        sock = server.accept()[0]
        sock.sendall(iac(WILL, SGA) + b"x" + iac(DO, ECHO) + b"y\n")
        assert receive(sock, 6) == iac(DONT, SGA) + iac(WONT, ECHO)
        p.until_out(b"xy\n")
        sock.close()
