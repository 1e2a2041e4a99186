# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt with many peers: numbers, labels, whom lines go to, who comes and goes."""

import os
import pathlib
import re
import shlex
import signal
import socket

import pytest

from support import DEADLINE, POLLCAT, Collector, port_of, reset, udp
from terminal import Terminal, listen, wait_for


class Room:
    """A prompt that listens, and those who talk with it."""

    def __init__(self, tmp_path):
        self.home = tmp_path
        self.ready = tmp_path / "ready"
        self.terminal = None
        self.sockets = []

    def listen(self, *options, **how):
        command = " ".join(shlex.quote(str(x)) for x in (POLLCAT, "-l", "--ready-fd", 3, *options, "127.0.0.1", 0))
        how.setdefault("home", self.home)
        self.ready.touch()
        self.terminal = Terminal(["/bin/sh", "-c", f"exec {command} 3>{shlex.quote(str(self.ready))}"], **how)
        wait_for(lambda: self.ready.read_text().endswith("\n"), "the port", lambda: self.terminal.read(0.01))
        self.port = int(self.ready.read_text().split()[-1])
        self.terminal.wait_prompt()
        return self.terminal

    def join(self, kind=socket.SOCK_STREAM, receive_buffer=0):
        s = socket.socket(socket.AF_INET, kind)
        self.sockets.append(s)
        s.settimeout(DEADLINE)
        if receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        s.connect(("127.0.0.1", self.port))
        if kind == socket.SOCK_STREAM:
            number = len(self.sockets)
            self.terminal.wait(lambda t: any(r.startswith(f"[{number}]") for r in text(t)), f"peer {number}")
        return s

    def close(self):
        for s in self.sockets:
            s.close()
        if self.terminal is not None:
            self.terminal.close()


def text(t):
    """What is seen, all that scrolled away included, without ports."""
    return [re.sub(r"port \d+", "port N", row) for row in t.scrolled()]


def wait_rows(t, *rows):
    """Waits until the last rows are these, without ports."""
    t.wait(lambda t: text(t)[-len(rows):] == list(rows), f"{rows}")


@pytest.fixture
def room(tmp_path):
    r = Room(tmp_path)
    yield r
    r.close()


def receive(s, n):
    got = b""
    while len(got) < n:
        data = s.recv(n - len(got))
        assert data, f"the end came after {got!r}"
        got += data
    return got


def test_peers_have_numbers_and_lines_carry_them(room):
    t = room.listen("-k")
    a = room.join()
    wait_rows(t, "[1] 127.0.0.1 port N joined", ">")
    b = room.join()
    wait_rows(t, "[1] 127.0.0.1 port N joined", "[2] 127.0.0.1 port N joined", "all>")
    a.sendall(b"hello\n")
    wait_rows(t, "[1] hello", "all>")
    b.sendall(b"good\nday\n")
    wait_rows(t, "[1] hello", "[2] good", "[2] day", "all>")


@pytest.mark.parametrize("columns", [80, 20, 9])
def test_the_typed_line_stays_while_peers_talk(room, columns):
    t = room.listen("-k", columns=columns)
    a, b = room.join(), room.join()
    t.type("a b c")
    t.wait(lambda t: t.row() == "all> a b c"[-columns:] or t.row().endswith("c"))
    for i in range(5):
        a.sendall(b"a%d\n" % i)
        b.sendall(b"b%d\n" % i)
    t.wait(lambda t: "[1] a4" in text(t) and "[2] b4" in text(t))
    rows = ["all> a b", "c"] if columns == 9 else ["all> a b c"]
    t.wait(lambda t: [r.rstrip() for r in text(t)[-len(rows):]] == rows)
    assert [r for r in text(t) if r.startswith("[1] a")] == [f"[1] a{i}" for i in range(5)]
    assert [r for r in text(t) if r.startswith("[2] b")] == [f"[2] b{i}" for i in range(5)]
    t.type("\r")
    assert receive(a, 6) == b"a b c\n"
    assert receive(b, 6) == b"a b c\n"


def test_unfinished_lines_never_mix(room):
    t = room.listen("-k")
    a, b = room.join(), room.join()
    a.sendall(b"first ")
    wait_rows(t, "[1] first ...", "all>")
    b.sendall(b"whole\n")
    wait_rows(t, "[1] first ...", "[2] whole", "all>")
    a.sendall(b"second\nthird\n")
    wait_rows(t, "[2] whole", "[1] ...second", "[1] third", "all>")


def test_progress_bars_do_not_reach_the_label(room):
    t = room.listen("-k")
    a = room.join()
    a.sendall(b"10%\r20%\r30%\ndone\n")
    wait_rows(t, "[1] 30%", "[1] done", ">")


@pytest.mark.parametrize("columns", [80, 20])
def test_an_overwritten_line_is_shown_whole(room, columns):
    t = room.listen("-k", columns=columns)
    a, b = room.join(), room.join()
    a.sendall(b"100%")
    wait_rows(t, "[1] 100%...", "all>")
    b.sendall(b"whole\n")
    a.sendall(b"\r 5")
    wait_rows(t, "[2] whole", "[1]  50%...", "all>")
    a.sendall(b"7")
    wait_rows(t, "[1]  57%...", "all>")
    a.sendall("\r日\n".encode())
    t.wait(lambda t: text(t)[-2].replace(" ", "") == "[1]日7%")


def test_endless_overwriting_of_one_peer_is_short(room):
    t = room.listen("-k")
    a, b = room.join(), room.join()
    for i in range(2000):
        a.sendall(b"\r%4d of 2000" % i)
    a.sendall(b"\ndone\n")
    b.sendall(b"here\n")
    t.wait(lambda t: {"[1] 1999 of 2000", "[1] done", "[2] here"} <= set(text(t)))
    assert all(re.fullmatch(r"\[1\] ( *\d+ of 2000(\.\.\.)?|127.*|done)", r) for r in text(t) if r.startswith("[1]"))


def test_who_joins_late_gets_no_half_of_it(room, tmp_path):
    """What is sent by a command goes to those who were there when it began."""
    os.mkfifo(tmp_path / "rest")
    t = room.listen("-k")
    a, b = room.join(), room.join()
    t.type(f"~!echo one; cat {tmp_path}/rest\r")
    assert receive(a, 4) == receive(b, 4) == b"one\n"
    late = room.join()
    reset(b)
    t.wait(lambda t: "left" in "".join(text(t)))
    (tmp_path / "rest").write_text("two\n")
    assert receive(a, 4) == b"two\n"
    t.type("last\r")
    assert receive(late, 5) == receive(a, 5) == b"last\n"


def test_a_command_ends_with_those_it_began_for(room):
    t = room.listen("-k")
    a, b = room.join(), room.join()
    t.type("~!echo one; exec sleep 1000\r")
    assert receive(a, 4) == receive(b, 4) == b"one\n"
    room.join()
    reset(a)
    reset(b)
    t.wait(lambda t: "nobody is left to send to" in "".join(text(t)))


def test_pauses_between_lines_lose_nothing(room):
    """After a moment without a line what sending takes is given back, and made anew."""
    t = room.listen("-k")
    a, b = room.join(), room.join()
    t.type("~repeat 2 1500ms hello\r")
    for sock in a, b:
        assert receive(sock, 12) == b"hello\nhello\n"
    t.type("~peers\r")
    t.wait(lambda t: sum("sent 12 B" in row for row in text(t)) == 2)
    t.type("~eof 1\r")
    assert a.recv(1) == b""
    t.type("more\r")
    assert receive(b, 5) == b"more\n"


def test_lines_go_to_the_chosen_one(room):
    t = room.listen("-k")
    a, b = room.join(), room.join()
    t.type("~to 2\r")
    wait_rows(t, "all> ~to 2", "2>")
    t.type("for b\r")
    assert receive(b, 6) == b"for b\n"
    t.type("~@1 for a\r")
    assert receive(a, 6) == b"for a\n"
    t.type("~to all\r")
    t.wait(lambda t: t.row() == "all>")
    t.type("both\r")
    assert receive(a, 5) == b"both\n"
    assert receive(b, 5) == b"both\n"


def test_who_leaves_is_told_and_is_still_chosen(room):
    t = room.listen("-k")
    room.join()
    b, c = room.join(), room.join()
    t.type("~to 2\r")
    t.wait(lambda t: t.row() == "2>")
    b.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    b.close()
    wait_rows(t, "[2] 127.0.0.1 port N left: Connection reset by peer", "2>")
    t.type("~to 3\r")
    t.wait(lambda t: t.row() == "3>")
    t.type("rest\r")
    assert receive(c, 5) == b"rest\n"


def test_names_stand_for_numbers(room):
    t = room.listen("-k", columns=110)
    a, b = room.join(), room.join()
    t.type("~name 2 bob\r")
    wait_rows(t, "all> ~name 2 bob", "2 is called bob", "all>")
    b.sendall(b"hello\n")
    wait_rows(t, "[bob] hello", "all>")
    t.type("~to b\t\r")
    t.wait(lambda t: t.row() == "bob>")
    t.type("for bob\r~to\r")
    assert receive(b, 8) == b"for bob\n"
    wait_rows(t, "lines go to bob, 127.0.0.1 port N", "bob>")
    t.type("~peers\r")
    t.wait(lambda t: any(row.startswith("* [bob] 2, 127.0.0.1 port N  ") for row in text(t)))
    t.type("~@bob again\r~name bob\r")
    assert receive(b, 6) == b"again\n"
    wait_rows(t, "2 has no name", "2>")
    b.sendall(b"more\n")
    wait_rows(t, "[2] more", "2>")
    t.type("~@1 one\r")
    assert receive(a, 4) == b"one\n"


def test_a_name_that_has_left_is_still_chosen(room):
    t = room.listen("-k")
    a, b = room.join(), room.join()
    t.type("~name 2 bob\r~to bob\r")
    t.wait(lambda t: t.row() == "bob>")
    reset(b)
    wait_rows(t, "[bob] 127.0.0.1 port N left: Connection reset by peer", "bob>")
    t.type("~name 1 bob\rfor b\r")
    wait_rows(t, "pollcat: not delivered: bob has left; ~to all or ~to N", "bob>")
    t.type("~to bob\r")
    t.wait(lambda t: t.row() == ">")
    t.type("new\r")
    assert receive(a, 4) == b"new\n"


def test_a_line_to_several(room):
    t = room.listen("-k")
    a, b, c, d = (room.join() for _ in range(4))
    t.type("~name 3 carol\r~@1,carol,1,3 some\r")
    assert receive(a, 5) == receive(c, 5) == b"some\n"
    reset(d)
    wait_rows(t, "[4] 127.0.0.1 port N left: Connection reset by peer", "all>")
    t.type("~@4,1,eve rest\r")
    wait_rows(t, "pollcat: there is no peer 4; ~peers lists them", "pollcat: there is no peer eve; ~peers lists them",
              "all>")
    t.type("~@1,\r~@1, x\r")
    wait_rows(t, "pollcat: '' is not the number or name of a peer", "all>")
    t.type("~@1,c\tall\r")
    assert receive(a, 11) == b"rest\nx\nall\n"
    assert receive(c, 4) == b"all\n"
    t.type("done\r")
    assert receive(b, 5) == b"done\n"


def test_a_fault_in_a_line_to_several_is_told_once(room):
    t = room.listen("-k", "--input", "hex")
    a, b = room.join(), room.join()
    t.type("~@1,2 4g\r")
    t.wait_text("not a hex digit")
    t.type("4a\r")
    assert receive(a, 1) == receive(b, 1) == b"J"
    assert sum("not a hex digit" in row for row in text(t)) == 1


def test_lines_typed_early_wait_for_the_first(room):
    t = room.listen("-k")
    t.type("early\r")
    wait_rows(t, "> early", "pollcat: nobody is connected: what is sent now waits for the first who joins", ">")
    t.type("too\r")
    wait_rows(t, "> too", ">")
    a = room.join()
    assert receive(a, 10) == b"early\ntoo\n"
    b = room.join()
    t.type("later\r")
    assert receive(b, 6) == b"later\n"


def test_the_end_of_the_input_ends_all(room):
    t = room.listen("-k")
    a = room.join()
    t.type("last\r\x04")
    assert receive(a, 5) == b"last\n"
    assert a.recv(1) == b""
    t.wait_text("pollcat: our direction has ended, nothing more is sent; ^D again quits")
    t.type("more\r")
    t.wait_text("pollcat: our direction has ended: nothing more can be sent")
    a.sendall(b"answer\n")
    t.wait_text("[1] answer")
    t.type("~peers\r")
    t.wait_text("received 7 B")
    t.type("\x04")
    assert t.wait_exit() == 0


@pytest.mark.parametrize("heard", [False, True])
def test_the_end_of_the_input_leaves_a_listener_of_datagrams(room, heard):
    t = room.listen("-u")
    a = room.join(socket.SOCK_DGRAM)
    if heard:
        a.sendall(b"early\n")
        t.wait_text("[1] early")
    t.type("\x04")
    t.wait_text("pollcat: our direction has ended, nothing more is sent; ^D again quits")
    a.sendall(b"answer\n")
    t.wait_text("[1] answer")
    t.type("~peers\r")
    t.wait_text("sent 0 B")
    t.type("\x04")
    assert t.wait_exit() == 0


def test_the_end_of_the_input_with_nobody_there(room):
    t = room.listen("-k")
    t.type("\x04")
    assert t.wait_exit() == 0
    assert not any("again quits" in row for row in t.scrolled())


def test_the_end_of_the_input_waits_for_commands(room):
    t = room.listen("-k")
    a = room.join()
    t.type("~!read x; sleep 1000\r\x04")
    t.wait_text("our direction ends when read x; sleep 1000 is done; ^C stops it")
    t.type("\x03")
    t.wait_text("sleep 1000: stopped")
    assert a.recv(1) == b""
    t.type("\x04")
    assert t.wait_exit() == 0


def test_a_slow_peer_does_not_hold_up_the_others(room):
    t = room.listen("-k", "--slow-peer=drop", "--send-buffer=16k")
    slow, quick = room.join(receive_buffer=4096), room.join()
    line = "x" * 65535
    quick.setblocking(False)
    got, told = 0, False

    def take():
        nonlocal got
        try:
            got += len(quick.recv(1 << 20))
        except BlockingIOError:
            pass
        t.read(0.001)

    for i in range(1, 37):
        t.type("\x1b[200~" + line + "\x1b[201~\r")
        wait_for(lambda: got >= i * 65536, f"line {i}", take, 30)
        told = told or b"is too slow and misses bytes" in t.output
    assert told
    assert slow.recv(10) == b"x" * 10


def test_prompt_of_ones_own_stays(room):
    t = room.listen("-k", "--prompt", "me: ")
    room.join()
    room.join()
    t.wait(lambda t: t.row() == "me:")


def test_datagram_senders_become_peers(room):
    t = room.listen("-u")
    a, b = room.join(socket.SOCK_DGRAM), room.join(socket.SOCK_DGRAM)
    a.send(b"one")
    wait_rows(t, "[1] 127.0.0.1 port N joined", "[1] one", ">")
    b.send(b"two\nlines\n")
    wait_rows(t, "[1] one", "[2] 127.0.0.1 port N joined", "[2] two", "[2] lines", "all>")
    t.type("both\r")
    assert a.recv(99) == b"both\n"
    assert b.recv(99) == b"both\n"
    t.type("~to 1\r")
    t.wait(lambda t: t.row() == "1>")
    t.type("for a\r")
    assert a.recv(99) == b"for a\n"
    t.type("~close 1\r")
    wait_rows(t, "[1] 127.0.0.1 port N left", "1>")
    t.type("~to all\r")
    wait_rows(t, "1> ~to all", ">")
    t.type("for b\r")
    assert b.recv(99) == b"for b\n"


def test_lines_wait_for_the_first_sender(room):
    t = room.listen("-u")
    t.type("one\rtwo\r")
    wait_rows(t, "> one", "pollcat: nobody was heard yet: what is sent now waits for the first sender", "> two", ">")
    a = room.join(socket.SOCK_DGRAM)
    a.send(b"hello\n")
    assert [a.recv(9), a.recv(9)] == [b"one\n", b"two\n"]
    t.type("~quit\r")
    assert t.wait_exit() == 0
    assert b"lost" not in t.output


def test_a_sender_has_joined_before_what_it_sent_is_told(room):
    t = room.listen("-u", "-v")
    room.join(socket.SOCK_DGRAM).send(b"one")
    wait_rows(t, "[1] 127.0.0.1 port N joined", "pollcat: received 3 bytes from 127.0.0.1 port N on 127.0.0.1 port N",
              "[1] one", ">")


def test_a_sender_that_refuses_is_told_once(room):
    """By its label, until it works again."""
    t = room.listen("-u", rows=40)
    a, gone = room.join(socket.SOCK_DGRAM), room.join(socket.SOCK_DGRAM)
    a.send(b"one")
    gone.send(b"two")
    wait_rows(t, "[2] two", "all>")
    port = port_of(gone)
    gone.close()
    refusal = "[2] 127.0.0.1 port N: Connection refused"
    for line in ("first", "second", "third"):
        t.type(line + "\r")
        assert a.recv(99) == line.encode() + b"\n"
    a.send(b"and on")
    t.wait_text("[1] and on")
    assert text(t).count(refusal) == 1
    back = udp(port=port)
    back.sendto(b"back", ("127.0.0.1", room.port))
    t.wait_text("[2] back")
    back.close()
    t.type("fourth\r")
    t.wait(lambda t: text(t).count(refusal) == 2, "the refusal again")
    t.type("~quit\r")
    assert t.wait_exit() == 1


def test_datagrams_that_come_at_once_are_told_apart(room):
    t = room.listen("-u", "--marks=size")
    a, b = room.join(socket.SOCK_DGRAM), room.join(socket.SOCK_DGRAM)
    t.signal(signal.SIGSTOP)
    for sender, data in ((a, b"one"), (b, b"three"), (b, b"seven\n"), (a, b"eleven")):
        sender.send(data)
    t.signal(signal.SIGCONT)
    wait_rows(t, "[1] 127.0.0.1 port N joined", "[1] (3) one", "[2] 127.0.0.1 port N joined", "[2] (5) three",
              "[2] (6) seven", "[1] (6) eleven", "all>")


def test_a_datagram_is_a_line(tmp_path):
    with udp() as server, Terminal([POLLCAT, "-u", "127.0.0.1", port_of(server)], home=tmp_path) as t:
        t.wait_prompt()
        t.type("ping\r")
        data, client = server.recvfrom(99)
        for answer in (b"pong", b"", b"two\nlines", b"three\nmore\n"):
            server.sendto(answer, client)
        t.type("half")
        t.wait_screen(["> ping", "pong", "", "two", "lines", "three", "more", "> half"])


def test_another_one_answers_a_datagram_client(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
        for s in (a, b):
            s.bind(("127.0.0.1", 0))
            s.settimeout(DEADLINE)
        with Terminal([POLLCAT, "-u", "127.0.0.1", a.getsockname()[1]], home=tmp_path) as t:
            t.wait_prompt()
            t.type("hello\r")
            data, client = a.recvfrom(99)
            assert data == b"hello\n"
            a.sendto(b"plain\n", client)
            wait_rows(t, "> hello", "plain", ">")
            b.sendto(b"me too\n", client)
            wait_rows(t, "plain", "[2] 127.0.0.1 port N joined", "[2] me too", "1>")
            t.type("still a\r")
            assert a.recv(99) == b"still a\n"
            t.type("~to 2\r")
            t.wait(lambda t: t.row() == "2>")
            t.type("b now\r")
            assert b.recv(99) == b"b now\n"


def test_datagrams_that_were_dropped_are_told(tmp_path):
    """Though none that came later brought their count."""
    t, port = listen(tmp_path, "-lu", "127.0.0.1", 0)
    stat = pathlib.Path(f"/proc/{t.child.pid}/stat")
    with t, udp() as other:
        t.signal(signal.SIGSTOP)
        wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the stop")
        for i in range(5000):
            other.sendto(b"%d\n" % i, ("127.0.0.1", port))
        t.signal(signal.SIGCONT)
        t.wait_text("[1] ")
        t.type("~quit\r")
        assert t.wait_exit() == 1
        t.wait(lambda t: any(re.match(r"pollcat: \d+ datagrams were dropped: the receive buffer was full", row)
                             for row in t.lines()))


def test_a_line_to_one_who_is_too_slow(room):
    """Who is closed for it was still to be named in what is shown of the line."""
    (room.home / "lines").write_text("x" * 1_500_000 + "\n~@1 hello\nstill here\n")
    t = room.listen("-k", "--marks=direction", "--send-buffer=16k")
    slow, quick = room.join(receive_buffer=4096), room.join()
    quick.settimeout(None)
    reader = Collector(quick.makefile("rb", buffering=0))
    t.type(f"~source {room.home}/lines\r")
    t.wait(lambda t: b"is too slow and was closed" in t.output, "the slow one to be closed")
    wait_for(lambda: reader.data.endswith(b"x\nstill here\n"), "the rest", lambda: t.read(0.01))
    t.type("~quit\r")
    assert t.wait_exit() != 0  # something was lost
    slow.close()
