# SPDX-License-Identifier: GPL-3.0-or-later
"""--watch of datagrams: each sender and its end are a pair."""
import socket

import pytest

from support import POLLCAT, accept, dial, need, port_of, receive, serve, udp
from terminal import Terminal, listen, says


class Watch:
    """A prompt that watches senders of datagrams, each joined to an end."""

    def __init__(self, home, to, *options):
        self.terminal, self.port = listen(home, *options, "-lu", "127.0.0.1", 0, "--to", to, "--watch", columns=100, rows=40)
        self.senders = []

    def sender(self):
        sock = dial(self.port, kind=socket.SOCK_DGRAM)
        self.senders.append(sock)
        return sock

    def close(self):
        for sock in self.senders:
            sock.close()
        self.terminal.close()


@pytest.fixture
def watch(tmp_path):
    running = []

    def begin(to, *options):
        running.append(Watch(tmp_path, to, *options))
        return running[-1]

    yield begin
    for one in running:
        one.close()


def test_both_directions_are_shown_and_passed(watch):
    with udp("127.0.0.1") as far:
        w = watch(f"udp:127.0.0.1:{port_of(far)}")
        one, two = w.sender(), w.sender()
        one.send(b"question")
        data, first = far.recvfrom(100)
        assert data == b"question"
        w.terminal.wait_text("[1>] question")
        two.send(b"another\n")
        data, second = far.recvfrom(100)
        assert data == b"another\n" and second != first
        w.terminal.wait_text("[2>] another")
        far.sendto(b"answer", first)
        assert one.recv(100) == b"answer"
        w.terminal.wait_text("[1<] answer")
        far.sendto(b"", second)  # empty ones, too
        assert two.recv(100) == b""
        two.send(b"")
        assert far.recvfrom(100) == (b"", second)
        far.sendto(b"x" * 60_000, second)
        assert two.recv(65_536) == b"x" * 60_000


def test_typed_lines_go_into_either_direction(watch):
    with udp("127.0.0.1") as far:
        w = watch(f"udp:127.0.0.1:{port_of(far)}")
        one = w.sender()
        one.send(b"hello")
        assert far.recv(100) == b"hello"
        w.terminal.type("~@1> to the end\r~@1< to the peer\r")
        assert far.recv(100) == b"to the end\n"
        assert one.recv(100) == b"to the peer\n"
        says(w.terminal, "~reset 1", "datagrams come without a connection that could be reset")
        w.terminal.type("~close 1\r")
        w.terminal.wait_text("left")
        one.send(b"again")  # a new pair
        assert far.recv(100) == b"again"
        w.terminal.wait_text("[2>] again")


def test_silence_ends_a_pair(watch):
    with udp("127.0.0.1") as far:
        w = watch(f"udp:127.0.0.1:{port_of(far)}", "--idle-timeout", "300ms")
        w.sender().send(b"hello")
        far.recv(100)
        w.terminal.wait_text("[1] 127.0.0.1 port %d left" % port_of(w.senders[0]))


def test_to_a_stream(watch):
    server = serve()
    w = watch(f"127.0.0.1:{port_of(server)}")
    one = w.sender()
    one.send(b"question")
    end = accept(server)
    assert receive(end, 8) == b"question"
    end.sendall(b"answer")
    assert one.recv(100) == b"answer"
    w.terminal.wait_text("[1<] answer")
    end.close()  # the next one finds an end that is open
    w.terminal.wait_text("left")
    one.send(b"more")
    end = accept(server)
    assert receive(end, 4) == b"more"
    end.close()
    server.close()


@pytest.mark.parametrize("end", ["exec:cat", "sh:cat", "echo:"])
def test_to_what_answers(watch, end):
    w = watch(end)
    one = w.sender()
    one.send(b"hello")
    w.terminal.wait_text("[1>] hello")
    assert one.recv(100) == b"hello"
    w.terminal.wait_text("[1<] hello")


def test_an_end_that_refuses(watch):
    w = watch("udp:127.0.0.1:1")
    one = w.sender()
    one.send(b"hello")
    w.terminal.wait_text("left: Connection refused")
    w.sender().send(b"hello")
    w.terminal.wait_text("[2>] hello")


def test_a_client(tmp_path):
    """We speak first: the pair is there before anything is sent."""
    with udp("127.0.0.1") as far, udp("127.0.0.1") as end:
        t = Terminal([POLLCAT, "-u", "127.0.0.1", str(port_of(far)), "--to", f"udp:127.0.0.1:{port_of(end)}", "--watch"],
                     home=tmp_path, columns=100)
        try:
            t.wait_text("[1<] 127.0.0.1 port %d joined" % port_of(end))
            t.type("~@1< question\r~@1> begin\r")
            data, source = far.recvfrom(100)
            assert data == b"question\n"
            data, other = end.recvfrom(100)
            assert data == b"begin\n"
            far.sendto(b"answer", source)
            assert end.recv(100) == b"answer"
            t.wait_text("[1>] answer")
            end.sendto(b"thanks", other)
            assert far.recv(100) == b"thanks"
            t.wait_text("[1<] thanks")
        finally:
            t.close()


def test_not_at_a_terminal(pollcat, program, free_port):
    """A transcript, with socat as the end and as the sender."""
    server = program(need("socat"), "-d", "-d", f"UDP-RECVFROM:{free_port},bind=127.0.0.1,fork", "SYSTEM:tr a-z A-Z")
    server.until_err("receiving on")
    cat = pollcat("-lu", "--watch", "127.0.0.1", "0", "--to", f"udp:127.0.0.1:{free_port}")
    cat.bound()
    sender = program(need("socat"), "STDIO", f"UDP4:127.0.0.1:{cat.port}")
    sender.send(b"question\n")
    sender.until_out(b"QUESTION\n")
    cat.until_err("question")
    cat.until_err("QUESTION")


def test_datagrams_of_a_proxy(tmp_path, pollcat):
    """They pass beside the connection of who sends them, and are shown all the same."""
    terminal, port = listen(tmp_path, "-lk", "--proxy-type", "socks5", "127.0.0.1", 0, "--watch", columns=100, rows=40)
    with terminal, udp("127.0.0.1") as far:
        one = pollcat("-u", "-x", f"socks5://127.0.0.1:{port}", "127.0.0.1", port_of(far)).send(b"question")
        data, where = far.recvfrom(100)
        assert data == b"question"
        terminal.wait_text("[1>] question")
        far.sendto(b"answer", where)
        one.until_out(b"answer")
        terminal.wait_text("[1<] answer")
        for _ in range(500):  # whatever the screen has room for
            far.sendto(b"x" * 1000, where)
        one.kill()
        terminal.wait_text("left")
