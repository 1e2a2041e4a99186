# SPDX-License-Identifier: GPL-3.0-or-later
"""--chat: what peers send goes to all others by whole lines, each behind the name of who said it."""

import os
import signal
import socket
import subprocess

import pytest

from circle import circle
from support import LEEWAY, SANITIZED, Background, half_close, need, receive, receive_all, reset
from terminal import many


class Talk:
    """One who chats, line by line."""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")

    def say(self, data):
        self.sock.sendall(data)
        return self

    def line(self):
        line = self.file.readline()
        assert line, "the end came"
        return line

    def hears(self, *lines):
        assert [self.line() for _ in lines] == [line if line.endswith(b"\n") else line + b"\n" for line in lines]
        return self

    def until(self, line):
        """Drops what comes before this line."""
        while self.line().rstrip(b"\r\n") != line:
            pass
        return self


@pytest.fixture
def chat(circle):
    """chat(*OPTIONS, count=2): the room, and those who joined and have heard of all others."""
    def begin(*options, count=2, **how):
        room = circle("--chat", *options, **how)
        talks = [Talk(sock) for sock in room.join_many(count)]
        for talk in talks[:-1]:
            talk.until(b"*** %d joined" % count)
        talks[-1].line(), talks[-1].line()
        return room, *talks

    return begin


def test_lines_have_names(chat):
    room, one, two = chat()
    one.say(b"hello\r\nworld\n\n")
    two.hears(b"<1> hello", b"<1> world", b"<1> ")
    two.say(b"hi\n")
    one.hears(b"<2> hi")  # and nothing of its own
    room.cat.send(b"here I am\n")
    one.hears(b"<0> here I am")
    two.hears(b"<0> here I am")
    room.cat.until_out(b"<2> hi\n")
    assert bytes(room.cat.stdout.data) == b"*** 1 joined\n*** 2 joined\n<1> hello\n<1> world\n<1> \n<2> hi\n"


def test_coming_and_going_is_told(circle):
    room = circle("--chat", "--nick", "boss")
    one = Talk(room.join()).hears(b"*** 1 joined", b"*** you are 1; others here: boss")
    two = Talk(room.join()).hears(b"*** 2 joined", b"*** you are 2; others here: boss, 1")
    one.hears(b"*** 2 joined")
    reset(two.sock)
    two.file.close()
    one.hears(b"*** 2 left")
    three = Talk(room.join()).hears(b"*** 3 joined", b"*** you are 3; others here: boss, 1")
    three.file.close()
    three.sock.close()
    one.hears(b"*** 3 joined", b"*** 3 left")


def test_a_line_is_whole_however_it_comes(chat):
    room, one, two = chat()
    one.say(b"un")
    two.say(b"meanwhile\n")
    one.hears(b"<2> meanwhile")
    one.say(b"finished")
    half_close(one.sock)
    two.hears(b"<1> unfinished")  # its end is that of the line
    two.say(b"still heard\n")
    one.hears(b"*** you ended your side, and still hear the others", b"<2> still heard")
    room.cat.send(b"ours").close()
    two.hears(b"<0> ours")


def test_crlf(chat):
    _, one, two = chat("--crlf")
    one.say(b"x\n")
    two.hears(b"<1> x\r\n")


def test_nicks(chat):
    room, one, two = chat()
    one.say(b"/nick alice\n")
    one.hears(b"*** 1 is now alice")
    two.hears(b"*** 1 is now alice")
    two.say(b"/nick Alice\n").hears(b"*** Alice is taken")
    for name in (b"", b"17", b"a b", b"x" * 33, b"<0>", b"\xc3\xa4", b"a\0b"):
        two.say(b"/nick " + name + b"\n")
        if b"\0" in name:
            one.hears(b"<2> /nick a\\x00b")
        else:
            two.hears(b"*** a name has 1 to 32 letters, digits, _ and -, and is no number")
    two.say(b"/nick " + b"x" * 32 + b"\n").hears(b"*** 2 is now " + b"x" * 32)
    one.hears(b"*** 2 is now " + b"x" * 32)
    one.say(b"hello\n")
    two.hears(b"<alice> hello")
    two.say(b"/nick bob\n").hears(b"*** " + b"x" * 32 + b" is now bob")
    one.hears(b"*** " + b"x" * 32 + b" is now bob")
    one.say(b"/names\n").hears(b"*** you are alice; others here: 0, bob")
    one.say(b"/help\n")
    assert b"/nick NAME" in one.line()
    one.say(b"/etc/passwd\n/nickname\n")
    two.hears(b"<alice> /etc/passwd", b"<alice> /nickname")
    one.sock.close()
    one.file.close()
    two.hears(b"*** alice left").say(b"/nick alice\n").hears(b"*** bob is now alice")


def test_our_nick_is_taken(chat):
    room, one, two = chat("--nick", "boss")
    one.say(b"/nick BOSS\n").hears(b"*** BOSS is taken")
    room.cat.send(b"quiet\n/nick chief\nplease\n")
    two.hears(b"<boss> quiet", b"*** boss is now chief", b"<chief> please")


@pytest.mark.parametrize("said, heard", [
    (b"\x1b[2J\x1b]0;title\x07", b"\\x1b[2J\\x1b]0;title\\x07"),
    (b"a\0b", b"a\\x00b"),
    (b"\xff\xc3\x28", b"\\xff\\xc3("),
    (b"\xe2\x80\xaeevil", b"\\xe2\\x80\\xaeevil"),
    (b"a\rb\r", b"a\\x0db"),
    (b"<0> I am not", b"<0> I am not"),
    (b"*** 2 left", b"*** 2 left"),
    ("Grüße\t☺".encode(), "Grüße\t☺".encode()),
], ids=repr)
def test_hostile_lines(chat, said, heard):
    _, one, two = chat()
    one.say(said + b"\n")
    two.hears(b"<1> " + heard)


def test_a_line_that_is_too_long_is_cut(chat):
    room, one, two = chat()
    one.say(b"x" * 4096 + b"\r\n")
    two.hears(b"<1> " + b"x" * 4096)
    one.say("ä".encode() * 2049 + b"\n")
    one.hears(b"*** your line has more than 4096 bytes: it is said in parts")
    two.hears(b"<1> " + "ä".encode() * 2048, b"<1> " + "ä".encode())
    one.say(b"y" * 4096 + b"/nick evil\n")  # what goes on is no command
    one.hears(b"*** your line has more than 4096 bytes: it is said in parts")
    two.hears(b"<1> " + b"y" * 4096, b"<1> /nick evil")


def test_a_line_without_end_takes_no_memory(chat):
    room, one, two = chat()
    before = room.cat.memory()
    eaten = Background(receive, two.sock, 2 << 20)
    sending = Background(one.sock.sendall, b"z" * (4 << 20))
    eaten.result()
    Background(receive_all, two.sock)
    sending.result()
    assert room.cat.memory() - before < LEEWAY * (8 << 20)


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep what was freed")
def test_who_asks_much_and_reads_nothing_fills_only_its_own_queue(chat):
    room, one, two = chat("--send-buffer=16k", stdout=subprocess.DEVNULL)
    before = room.cat.memory()
    flood = room.join(receive_buffer=4096)
    two.until(b"*** 3 joined")
    Background(flood.sendall, b"/help\n/names\n" * 100_000)
    for i in range(100):
        one.say(b"%d\n" % i)
        two.hears(b"<1> %d" % i)
    assert room.cat.memory() - before < LEEWAY * (8 << 20)


@pytest.mark.parametrize("flood, listener", [(b"x\n", 3), (b"/names\n", 1), (b"/nick a\n/nick b\n", 3)],
                         ids=["lines", "names", "nicks"])
def test_a_flood_leaves_others_their_turn(chat, flood, listener):
    room, *talks = chat(count=4, stdout=subprocess.DEVNULL)
    os.kill(room.cat.pid, signal.SIGSTOP)  # until all is there
    talks[1].say(flood * (40_000 // len(flood)))
    pings = [b"<1> ping\n", b"<3> ping\n"]  # on either side of it
    talks[0].say(b"ping\n"), talks[2].say(b"ping\n")
    os.kill(room.cat.pid, signal.SIGCONT)
    before = 0
    while pings:
        line = talks[listener].line()
        pings = [ping for ping in pings if ping != line]
        before += 1
    assert before < 2500


def test_a_flood_of_nicks(chat):
    _, one, two = chat(stdout=subprocess.DEVNULL)
    count = 3000
    sending = Background(one.sock.sendall, b"".join(b"/nick a%d\n" % i for i in range(count)))
    one_heard = Background(lambda: [one.line() for _ in range(count)])
    assert [two.line() for _ in range(count)][-1] == b"*** a%d is now a%d\n" % (count - 2, count - 1)
    sending.result()
    one_heard.result()


def test_who_is_slow_misses_lines_and_is_told_how_many(chat):
    room, one, two = chat("--send-buffer=16k", stdout=subprocess.DEVNULL)
    slow = Talk(room.join(receive_buffer=4096))
    two.until(b"*** 3 joined")
    count = 20_000
    sending = Background(one.sock.sendall, b"".join(b"%05d %s\n" % (i, b"." * 200) for i in range(count)))
    assert [two.line()[4:9] for _ in range(count)] == [b"%05d" % i for i in range(count)]
    sending.result()
    room.cat.until_err("is too slow and misses bytes; see --slow-peer")
    heard = []
    while not heard or b"missed" not in heard[-1]:
        heard.append(slow.line())
    missed = int(heard[-1].removeprefix(b"*** you missed ").removesuffix(b" lines\n"))
    assert len([line for line in heard if line.startswith(b"<1>")]) + missed == count
    one.say(b"again\n")
    slow.hears(b"<1> again")


def test_slow_peers_can_be_closed_instead(chat):
    room, one, two = chat("--slow-peer=close", "--send-buffer=16k", stdout=subprocess.DEVNULL)
    room.join(receive_buffer=4096)
    two.until(b"*** 3 joined")
    eaten = Background(two.until, b"*** 3 left")
    sending = Background(one.sock.sendall, b"x" * 1000 + b"\n" + (b"." * 999 + b"\n") * 4000)
    room.cat.until_err("is too slow and was closed")
    eaten.result()
    Background(receive_all, two.sock)
    sending.result()


@pytest.mark.parametrize("argv", [("nc",), ("socat", "STDIO"), ("ncat",)], ids=lambda argv: argv[0])
def test_other_programs_chat(chat, program, argv):
    room, one, two = chat()
    where = [f"TCP4:127.0.0.1:{room.cat.port}"] if argv[0] == "socat" else ["127.0.0.1", room.cat.port]
    peer = program(need(argv[0]), *argv[1:], *where)
    peer.until_out(b"*** you are 3; others here: 0, 1, 2\n")
    peer.send(b"hello\n")
    one.hears(b"*** 3 joined", b"<3> hello").say(b"hi\n")
    peer.until_out(b"<1> hi\n")


def test_seqpacket(circle, tmp_path):
    path = tmp_path / "s"
    room = circle("--chat", "--seqpacket", where=(str(path),))
    one = room.join_unix(path, socket.SOCK_SEQPACKET)
    two = room.join_unix(path, socket.SOCK_SEQPACKET)
    two.send(b"two\nlines\n")
    said = []
    while b"<2> lines\n" not in said:
        said.append(one.recv(5000))
    assert b"<2> two\n" in said


def test_datagrams_are_whole_lines(circle):
    room = circle("--chat", "-u")
    one, two = room.join_datagrams(), room.join_datagrams()
    two.send(b"no end"), two.send(b"two\nlines"), two.send(b"/nick me"), two.send(b"x")
    said = []
    while b"<me> x\n" not in said:
        said.append(one.recv(5000))
    assert said[-5:] == [b"<2> no end\n", b"<2> two\n", b"<2> lines\n", b"*** 2 is now me\n", b"<me> x\n"]


def test_at_the_prompt(many):
    t, one, two = many("--chat", "--nick", "boss")
    one, two = Talk(one), Talk(two)
    one.until(b"*** 2 joined")
    two.hears(b"*** 2 joined", b"*** you are 2; others here: boss, 1")
    one.say(b"hello\x1b[31m\n")
    two.hears(b"<1> hello\\x1b[31m")
    t.wait_text("[1] hello\\x1b[31m")
    t.type("good morning\r")
    one.hears(b"<boss> good morning")
    two.hears(b"<boss> good morning")
    one.say(b"/nick alice\n")
    two.hears(b"*** 1 is now alice")
    t.wait_text("*** 1 is now alice")
    one.say(b"it is me\n")
    t.wait_text("[alice] it is me")
    t.type("~to 2\r")
    t.type("for you alone\r")
    two.hears(b"<alice> it is me", b"<boss> for you alone")
    two.say(b"thanks\n")
    one.until(b"*** 1 is now alice").hears(b"<2> thanks")
    t.type("/names\r")
    t.wait_text("*** you are boss; others here: alice, 2")
    t.type("~close alice\r")
    two.hears(b"*** alice left")


def test_at_the_prompt_nobody_has_the_name_of_another(many):
    t, one, two = many("--chat")
    one, two = Talk(one).until(b"*** 2 joined"), Talk(two).until(b"*** you are 2; others here: 0, 1")
    t.type("~name 1 alice\r")
    t.wait_text("1 is called alice")
    two.say(b"/nick alice\n/nick all\n")
    two.hears(b"*** alice is taken", b"*** all is taken")
    one.say(b"/nick alice\n")
    two.hears(b"*** 1 is now alice")


def test_at_the_prompt_an_unfinished_line_stays_with_whom_it_is_for(many):
    t, one, two = many("--chat")
    one, two = Talk(one).until(b"*** 2 joined"), Talk(two).until(b"*** you are 2; others here: 0, 1")
    for line in ("~eol none", "~@2 a secret", "~eol lf", "for all", "~eol none", "~@2 another"):
        t.type(line + "\r")
    one.hears(b"<0> for all")
    two.hears(b"<0> a secret", b"<0> for all")
    t.type("~close 2\r")
    one.hears(b"*** 2 left")
    t.type("\x04")
    t.wait_text("our direction has ended")


def test_at_the_prompt_an_unfinished_file_is_said(many, tmp_path):
    (tmp_path / "file").write_bytes(b"first\nlast")
    t, one, two = many("--chat")
    one = Talk(one).until(b"*** 2 joined")
    t.type(f"~send {tmp_path}/file\r")
    one.hears(b"<0> first")
    t.type("\x04")
    one.hears(b"<0> last")
