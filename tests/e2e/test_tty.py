# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial lines joined to peers: tty:. A pseudo-terminal stands for the line, and its master for what is at the far end."""
import contextlib
import fcntl
import os
import resource
import signal
import struct
import termios

import pytest

from support import (POLLCAT, SANITIZED, Background, accept, dial, half_close, need, payload, port_of, receive, receive_all, serve,
                     until_resting)
from terminal import Terminal, may_crash

SIZE = 1 << 20
IFLAG, OFLAG, CFLAG, LFLAG, ISPEED, OSPEED, CC = range(7)


class Line:
    """A line, and its far end."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.path = os.ttyname(self.slave)
        self.first = termios.tcgetattr(self.slave)

    def receive(self, size):
        data = b""
        while len(data) < size:
            data += os.read(self.master, size - len(data))
        return data

    def modes(self):
        return termios.tcgetattr(self.slave)

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def close(self):
        for fd in (self.slave, self.master):
            if fd is not None:
                os.close(fd)


@pytest.fixture
def line():
    made = Line()
    yield made
    made.close()


@pytest.fixture
def joined(pollcat):
    """joined(END): who connects to it, and a peer of that which it has."""
    def start(end, *args):
        server = serve()
        cat = pollcat("127.0.0.1", port_of(server), "--to", end, *args)
        return cat, accept(server)

    return start


def speeds(line):
    """In bits a second, which termios does not tell."""
    size = struct.calcsize("4I20B2I")
    told = fcntl.ioctl(line.slave, 2 << 30 | size << 16 | ord("T") << 8 | 0x2a, bytes(size))  # TCGETS2
    return struct.unpack("4I20B2I", told)[-2:]


def until(condition):
    while not condition():
        os.sched_yield()


def test_bytes_pass_as_they_are(joined, line):
    cat, peer = joined(f"tty:{line.path}")
    every = bytes(range(256)) * 4
    peer.sendall(every)
    assert line.receive(len(every)) == every
    os.write(line.master, every)
    assert receive(peer, len(every)) == every
    assert half_close(peer).recv(1) == b""
    assert cat.wait() == 0 and cat.err == ""


# Of sizes and parity a pseudo-terminal knows nothing.
@pytest.mark.parametrize("words, speed, more, less", [
    ("", termios.B38400, termios.CLOCAL | termios.CREAD | termios.CS8, termios.CSTOPB | termios.CRTSCTS),
    (",9600", termios.B9600, termios.CLOCAL, termios.CSTOPB),
    (",115200,8n2", termios.B115200, termios.CSTOPB, termios.CRTSCTS),
    (",4000000,8o2,rtscts", termios.B4000000, termios.PARODD | termios.CSTOPB | termios.CRTSCTS, 0),
    (",b300,raw,echo=0,cstopb=1,clocal=0", termios.B300, termios.CSTOPB, termios.CLOCAL),
])
def test_words(joined, line, words, speed, more, less):
    cat, peer = joined(f"tty:{line.path}{words}")
    peer.sendall(b"x")
    os.read(line.master, 1)
    now = line.modes()
    assert now[ISPEED] == now[OSPEED] == speed
    assert now[CFLAG] & more == more and not now[CFLAG] & less
    assert not now[LFLAG] & (termios.ECHO | termios.ICANON | termios.ISIG) and not now[OFLAG] & termios.OPOST
    assert not now[IFLAG] & (termios.ICRNL | termios.IXON | termios.IXOFF)
    peer.close()
    assert cat.wait() == 0 and line.modes() == line.first


def test_any_speed(joined, line):
    """Also one that termios(3) has no name of; and it is given back as it was."""
    before = speeds(line)
    cat, peer = joined(f"tty:{line.path},250000")
    peer.sendall(b"x")
    os.read(line.master, 1)
    assert speeds(line) == (250000, 250000)
    peer.close()
    assert cat.wait() == 0 and speeds(line) == before and line.modes() == line.first


def test_cooked(joined, line):
    _, peer = joined(f"tty:{line.path},cooked,echo,xonxoff")
    peer.sendall(b"one\n")
    assert os.read(line.master, 10) == b"one\r\n"
    os.write(line.master, b"tpy\x7f\x7fwo\r")
    assert receive(peer, 4) == b"two\n"
    now = line.modes()
    assert now[LFLAG] & termios.ECHO and now[LFLAG] & termios.ICANON and now[IFLAG] & termios.IXOFF


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_modes_are_given_back_at_a_signal(joined, line, signo):
    cat, peer = joined(f"tty:{line.path},9600,7o2")
    peer.sendall(b"x")
    os.read(line.master, 1)
    assert line.modes() != line.first
    assert cat.signal(signo).wait() == -signo
    assert line.modes() == line.first


@pytest.mark.skipif(SANITIZED, reason="sanitizers need memory of their own")
def test_modes_are_given_back_when_memory_is_out(pollcat, line):
    """Those who come wait for the line, and take memory."""
    cat = pollcat("-lk", "127.0.0.1", "0", "--to", f"tty:{line.path},9600,7o2", "--retry", "1h")
    peers = [dial(cat.port)]
    until(lambda: line.modes() != line.first)
    resource.prlimit(cat.pid, resource.RLIMIT_AS, (1, 1))
    with contextlib.suppress(ConnectionError):
        while cat.popen.poll() is None and len(peers) < 900:
            peers.append(dial(cat.port))
    assert cat.wait() == 2 and "out of memory" in cat.err
    assert line.modes() == line.first


@pytest.mark.parametrize("signo", [signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU, signal.SIGALRM])
def test_modes_are_given_back_in_a_crash(joined, line, may_crash, signo):
    cat, peer = joined(f"tty:{line.path},9600,7o2")
    until(lambda: line.modes() != line.first)
    assert cat.signal(signo).wait() == -signo
    assert line.modes() == line.first


def test_hang_up_of_the_line_is_the_end(joined, line):
    cat, peer = joined(f"tty:{line.path}")
    os.write(line.master, b"last words")
    assert receive(peer, 4) == b"last"
    line.hang_up()
    assert receive_all(peer) == b" words"
    assert cat.wait() == 0 and cat.err == ""


def test_what_a_line_that_is_gone_did_not_take_is_told(joined, line):
    cat, peer = joined(f"tty:{line.path}")
    sender = Background(lambda: peer.sendall(payload(16 * SIZE)))
    os.read(line.master, 1)
    until_resting(cat.pid)
    line.hang_up()
    assert cat.wait() == 2 and cat.err.count("\n") == 1 and "send to tty: Input/output error" in cat.err
    with pytest.raises(OSError):
        sender.result()


def test_all_that_was_accepted_goes_out(joined, line):
    cat, peer = joined(f"tty:{line.path}")
    came = Background(line.receive, SIZE)
    peer.sendall(payload(SIZE))
    receive_all(half_close(peer))
    assert cat.wait() == 0 and came.result() == payload(SIZE)


def test_all_that_came_is_delivered(joined, line):
    cat, peer = joined(f"tty:{line.path}")
    until(lambda: not line.modes()[LFLAG] & termios.ECHO)
    sender = Background(os.write, line.master, payload(SIZE))
    assert receive(peer, SIZE) == payload(SIZE) and sender.result() == SIZE
    line.hang_up()
    assert receive_all(peer) == b""
    assert cat.wait() == 0


def test_a_line_is_for_one_at_a_time(pollcat, line):
    cat = pollcat("-lk", "127.0.0.1", "0", "--to", f"tty:{line.path}")
    for _ in range(2):
        peer = dial(cat.port)
        peer.sendall(b"x")
        assert os.read(line.master, 1) == b"x"
        with pytest.raises(BlockingIOError):
            fcntl.flock(line.slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(ConnectionResetError):
            dial(cat.port).recv(1)
        os.write(line.master, b"y")
        assert receive_all(half_close(peer)) == b"y"
        until(lambda: line.modes() == line.first)  # it is, right after the peer has learnt of the end
    cat.stderr.until(lambda seen: seen.count(b"is in use") == 2)


def test_lock_of_others(joined, line):
    fcntl.flock(line.slave, fcntl.LOCK_EX)
    cat, peer = joined(f"tty:{line.path}")
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    assert cat.wait() == 2 and cat.err == f"pollcat: {line.path} is in use\n"
    assert line.modes() == line.first


@pytest.mark.parametrize("path, why", [("/dev/null", "/dev/null is no terminal"), ("/no/such", "/no/such: No such file")])
def test_what_is_no_line(joined, path, why):
    cat, peer = joined(f"tty:{path}")
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    assert cat.wait() == 2 and why in cat.err


def test_socat_at_the_other_end(pollcat, program, tmp_path):
    need("socat")
    link = tmp_path / "line"
    program("socat", f"PTY,link={link},rawer,wait-slave", "EXEC:sed -u s/^/got-/")
    until(link.exists)
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"tty:{link},115200")
    peer = dial(cat.port)
    for word in (b"one", b"two"):
        peer.sendall(word + b"\n")
        assert receive(peer, 8) == b"got-" + word + b"\n"
    peer.close()
    assert cat.wait() == 0


# At a prompt


def test_a_line_is_talked_to(tmp_path, line):
    with Terminal([POLLCAT, "--prompt", "", f"tty:{line.path}"], home=tmp_path) as t:
        t.wait_prompt()
        t.type("typed\r")
        assert line.receive(6) == b"typed\n"
        os.write(line.master, b"said\n")
        t.wait_text("said")
        line.hang_up()
        assert t.wait_exit() == 0


def test_pipes_are_joined_to_a_line(pollcat, line):
    cat = pollcat(f"tty:{line.path}").send(b"sent\n")
    assert line.receive(5) == b"sent\n"
    os.write(line.master, b"said\n")
    cat.until_out(b"said\n")
    line.hang_up()
    assert cat.wait() == 0


def test_break(tmp_path, line):
    with Terminal([POLLCAT, "--prompt", "", f"tty:{line.path}"], home=tmp_path) as t:
        t.wait_prompt()
        t.type("one\r~break\rtwo\r~eof\r")
        assert line.receive(8) == b"one\ntwo\n"
        assert t.wait_exit() == 0
        assert t.lines()[:4] == ["one", "~break", "two", "~eof"] and "no BREAK" not in "".join(t.lines())
