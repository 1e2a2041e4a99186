# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the prompt, as the screen shows them: what each does, and what it says when it cannot."""

import re
import socket

import pytest

from support import fill, port_of, receive, reset, udp
from terminal import Peer, at, listen, many, nothing_more, peer, says, start, typed


def test_help_fits_the_screen(at, peer):
    t = at(rows=24, columns=80)
    says(t, "~?", "~peers ", "~to ", "~send ", "~quit ", "^C  clear, stop, quit", "~~  one ~ at the beginning")
    assert not t.screen.history.top  # nothing has scrolled away
    assert t.lines()[0] == "~?"
    nothing_more(t, peer)


def test_help_of_one_is_the_manual(at, peer):
    t = at(columns=60)
    says(t, "~help send", "~send [FILE]", "Send the bytes of FILE, as they are, to who is connected")
    assert max(len(row) for row in t.lines()) <= 60
    says(t, "~help @", "~@N[,N] TEXT", "Send one line to peer N, or to several, whoever other")
    says(t, "~help ~quit", "~quit, ~.", "End the program.")
    says(t, "~help sned", "unknown command ~sned; did you mean ~send?")
    nothing_more(t, peer)


def test_help_with_another_character(at, peer):
    t = at("--escape-char=%", rows=30)
    says(t, "%help stop", "End all that %send, %repeat, %source and %! began")
    says(t, "%?", "%peers ", "%%  one % at the beginning")


def test_unknown_commands_are_never_sent(at, peer):
    t = at()
    says(t, "~sned file", "pollcat: unknown command ~sned; did you mean ~send?")
    says(t, "~xyzzy", "pollcat: unknown command ~xyzzy; ~? lists them")
    says(t, "~", "pollcat: no command: ~? lists them")
    t.type("~~tilde\r")
    assert peer.receive(b"\n") == b"~tilde\n"


def test_escape_character(at, peer):
    t = at("--escape-char", "%")
    t.type("~quit\r")
    assert peer.receive(b"\n") == b"~quit\n"
    says(t, "%eol", "line end: lf")
    t.type("%%x\r")
    assert peer.receive(b"\n") == b"%x\n"


def test_no_escape_character(at, peer):
    t = at("--escape-char", "none")
    t.type("~quit\r~~\r")
    assert peer.receive(b"~~\n") == b"~quit\n~~\n"


@pytest.mark.parametrize("line", ["~quit", "~."])
def test_quit(at, peer, line):
    t = at()
    t.type(line + "\r")
    assert t.wait_exit() == 0
    assert peer.receive_all() == b""


def test_quit_takes_nothing(at, peer):
    t = at()
    says(t, "~quit now", "usage: ~quit")
    nothing_more(t, peer)


# Peers


def test_peers(many):
    t, one, two = many()
    one.sendall(b"hello\n")
    t.wait_text("hello")
    says(t, "~to 2")
    says(t, "~peers", f"  [1] 127.0.0.1 port {port_of(one)}  0:0", f"* [2] 127.0.0.1 port {port_of(two)}",
         "sent 0 B, received 6 B, rtt ")
    says(t, "~peers 1", "usage: ~peers")


def test_peers_of_nobody(many):
    t, = many(count=0)
    says(t, "~peers", "nobody is connected")


def test_to(many):
    t, one, two = many()
    t.wait(lambda t: t.row() == "all>")
    t.type("~to 2\r")
    t.wait(lambda t: t.row() == "2>")
    t.type("only two\r")
    assert receive(two, 9) == b"only two\n"
    t.type("~to all\r")
    t.wait(lambda t: t.row() == "all>")
    t.type("both\r")
    assert receive(one, 5) == receive(two, 5) == b"both\n"
    says(t, "~to 3", "there is no peer 3; ~peers lists them")
    says(t, "~to", "lines go to all")
    t.type("~to 2\r")
    says(t, "~to", "lines go to 2, 127.0.0.1 port ")
    says(t, "~to 1 2", "usage: ~to [N | all]")


def test_at(many):
    t, one, two = many()
    t.type("~@2 for  two \r~@1 for one\r")
    assert receive(two, 10) == b"for  two \n"
    assert receive(one, 8) == b"for one\n"
    says(t, "~@7 x", "there is no peer 7")
    says(t, "~@1", "usage: ~@N[,N] TEXT")


def test_close_one_of_many(many):
    t, one, two = many()
    says(t, "~close", "which of 2 peers? Give its number; ~peers lists them")
    t.type("~close 1\r")
    assert receive(one, 1) == b""
    t.wait_text(f"[1] 127.0.0.1 port {port_of(one)} left")
    t.type("x\r")
    assert receive(two, 2) == b"x\n"
    says(t, "~close 1", "there is no peer 1")


def test_close_the_only_one(at, peer):
    t = at()
    t.type("~close\r")
    assert peer.receive_all() == b""
    t.type("~quit\r")
    assert t.wait_exit() == 0


def test_reset(many):
    t, one, two = many()
    t.type("~reset 2\r")
    with pytest.raises(ConnectionResetError):
        two.recv(1)
    says(t, "~reset 2", "there is no peer 2")
    t.type("x\r")
    assert receive(one, 2) == b"x\n"


def test_eof(at, peer):
    t = at()
    t.type("x\r~eof\r")
    assert peer.receive_all() == b"x\n"
    peer.send("still heard\n")
    t.wait_text("still heard")


def test_eof_twice(many):
    t, one, two = many()
    t.type("~eof 1\r")
    assert receive(one, 1) == b""
    t.type("x\r")
    assert receive(two, 2) == b"x\n"
    says(t, "~eof 1", "our direction has ended already")
    one.sendall(b"heard\n")
    t.wait_text("heard")


def test_pause(at, peer):
    t = at("--recv-buffer", "8k")
    says(t, "~pause", "reading is paused; ~resume goes on")
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    fill(peer.socket, t.child.pid, block=b"x\n" * 500)  # the window closes
    assert "x" not in t.lines()
    says(t, "~info", "reading is paused")
    t.type("~resume\r")
    peer.send("the end\n")
    t.wait_text("the end")
    says(t, "~pause 9", "there is no peer 9")


def test_resume_of_nobody(many):
    t, = many(count=0)
    says(t, "~resume", "nobody is connected")
    says(t, "~pause", "nobody is connected")


def test_secret_that_is_pasted_with_its_newline(at, peer):
    t = at("--prompt", ">")
    t.type("~secret PIN: \r")
    t.wait(lambda t: t.row() == "PIN:")
    t.paste("1234\n")
    t.type("\r")
    t.wait(lambda t: typed(t) == "")
    t.type("last\r")
    assert peer.receive(b"last\n") == b"1234\nlast\n"


def test_source(at, peer, tmp_path):
    (tmp_path / "script").write_text("one\n~eol crlf\ntwo\n~source inner\n~~last\n")
    (tmp_path / "inner").write_text("~repeat 3 inner\nend of inner")
    t = at()
    t.type("~source script\r")
    assert peer.receive(b"~last\r\n") == b"one\ntwo\r\n" + b"inner\r\n" * 3 + b"end of inner\r\n~last\r\n"


def test_source_ends_at_a_fault(at, peer, tmp_path):
    (tmp_path / "script").write_text("one\n~source inner\nnever\n")
    (tmp_path / "inner").write_text("two\n~sned x\nnever\n")
    t = at()
    says(t, "~source script", "pollcat: inner:2: unknown command ~sned; did you mean ~send?", "pollcat: from script:2")
    t.type("last\r")
    assert peer.receive(b"last\n") == b"one\ntwo\nlast\n"
    says(t, "~source nothing", "nothing: No such file or directory")
    says(t, "~source", "no file is being run")


def test_source_that_runs_itself(at, peer, tmp_path):
    (tmp_path / "script").write_text("x\n~source script\n")
    t = at()
    says(t, "~source script", "files run each other already")
    assert peer.receive(32) == b"x\n" * 16


def test_stop(at, peer):
    t = at()
    t.type("~repeat 0 1ms again\r")
    assert peer.receive(12).startswith(b"again\nagain\n")
    says(t, "~stop", "repeat: stopped")
    t.type("last\r")
    assert peer.receive(b"last\n").replace(b"again\n", b"") == b"last\n"
    says(t, "~stop", "nothing is going on")


# How lines are typed and shown


def test_input(at, peer):
    t = at()
    says(t, "~input", "input mode: text")
    t.type("~input escapes\r\\x00\\r\r~input hex\r48 65\r~input text\rend\r")
    assert peer.receive(b"end\n") == b"\0\rHeend\n"
    says(t, "~input hax", "unknown input mode 'hax'; did you mean hex?")


def test_eol(at, peer):
    t = at()
    t.type("~eol crlf\ra\r~eol none\rb\r~eol nul\rc\r~eol lf\rd\r")
    assert peer.receive(b"d\n") == b"a\r\nbc\0d\n"
    says(t, "~eol", "line end: lf")
    says(t, "~eol CR", "line end: cr")
    t.type("e\r")
    assert peer.receive(2) == b"e\r"
    says(t, "~eol xx", "unknown line end 'xx'")


def test_view(at, peer):
    t = at()
    says(t, "~view hex direction", "view: hex, marks: direction")
    peer.send("hello\n")
    t.wait_text("68 65 6c 6c 6f 0a")
    says(t, "~view", "view: hex, marks: direction")
    says(t, "~view text none", "view: text, marks: none")
    peer.send("hello\n")
    t.wait(lambda t: "hello" in t.lines())
    says(t, "~view hx", "unknown view 'hx'; did you mean hex?")


def test_time(at, peer):
    t = at()
    t.type("~time absolute\r")
    says(t, "~time", "time: absolute")
    peer.send("hello\n")
    t.wait(lambda t: any(re.match(r"\d\d:\d\d:\d\d\.\d{3} .*hello$", row) for row in t.lines()))
    says(t, "~time noon", "unknown time 'noon'")


def test_secret(at, peer, tmp_path):
    t = at()
    t.type("~secret PIN: \r")
    t.wait(lambda t: t.row() == "PIN:")
    t.type("1234\r")
    assert peer.receive(b"\n") == b"1234\n"
    t.wait(lambda t: typed(t) == "")
    assert not any("1234" in row for row in t.lines())
    t.type("~quit\r")
    t.wait_exit()
    assert "1234" not in (tmp_path / ".local/state/pollcat/history").read_text()


def test_paste(peer, at):
    t = at("--eol", "none")
    says(t, "~paste", "the next line is one message")
    t.paste("one\ntwo")
    t.wait_text("two")
    t.type("\r")
    assert peer.receive(7) == b"one\ntwo"
    says(t, "~paste", "the next line is one message")
    t.paste("three\n")
    t.wait_text("three")
    t.type("\r")
    assert peer.receive(6) == b"three\n"
    says(t, "~paste x", "usage: ~paste")


def test_repeat(at, peer):
    t = at()
    t.type("~repeat 3 a b\r")
    assert peer.receive(12) == b"a b\na b\na b\n"
    t.type("~repeat 2 10ms c\r")
    assert peer.receive(4) == b"c\nc\n"
    t.type("~repeat 2 7\r")
    assert peer.receive(4) == b"7\n7\n"
    says(t, "~repeat 2", "usage: ~repeat N [INTERVAL] TEXT")
    t.type("~input hex\r")
    says(t, "~repeat 2 4x", "byte 2 of the text: ")
    t.type("~input text\r")
    nothing_more(t, peer)


def test_repeat_often_stays_bounded(at, peer):
    """A million lines to a peer that does not read: the prompt goes on, and all of them come."""
    t = at()
    t.type("~repeat 1000000 0123456789\r")
    says(t, "~eol", "line end: lf")
    assert peer.receive(11_000_000) == b"0123456789\n" * 1_000_000
    nothing_more(t, peer)


# The connection


def test_opt(at, peer):
    t = at(rows=60)
    says(t, "~opt", "nodelay=off", "keepalive=off")
    says(t, "~opt nodelay=on")
    says(t, "~opt nodelay", "nodelay=on")
    says(t, "~opt nodlay", "nodelay")
    says(t, "~opt nodelay=maybe", "pollcat: ")
    nothing_more(t, peer)


def test_info(at, peer):
    t = at()
    peer.send("hello\n")
    t.wait_text("hello")
    says(t, "~info", "local     127.0.0.1 port ", f"remote    127.0.0.1 port {peer.port}", "state     open",
         "received  6 bytes", "tcp       established, rtt ", "cwnd", "unacked", "retransmits")
    says(t, "~info 2", "there is no peer 2")


def test_connect_again(at, peer):
    t = at()
    t.type("first\r")
    assert peer.receive(b"\n") == b"first\n"
    t.type("~connect\r")
    assert peer.receive_all() == b""
    peer.socket.close()
    peer.accept()
    t.type("\x10\x10\r")  # the history stays
    assert peer.receive(b"\n") == b"first\n"


def test_connect_elsewhere(at, peer):
    with Peer() as other:
        t = at()
        t.type(f"~connect 127.0.0.1 {other.port}\r")
        other.accept()
        assert peer.receive_all() == b""
        t.type("hello\r")
        assert other.receive(b"\n") == b"hello\n"
        says(t, "~connect one two three", "usage: ~connect [HOST PORT]")


def test_connect_of_a_listener(many):
    t, one = many(count=1)
    t.type("~connect 127.0.0.1 1\r")
    t.wait_text("pollcat: ")
    t.type("x\r")
    assert receive(one, 2) == b"x\n"


# Datagrams


def test_senders(tmp_path):
    t, port = listen(tmp_path, "-lu", "127.0.0.1", 0, columns=100)
    with t, udp() as one, udp() as two:
        says(t, "~peers", "nobody is connected")
        says(t, "~opt reuseaddr", "reuseaddr=")
        says(t, "~log talk", "appended")
        for number, sock in enumerate([one, two], 1):
            sock.sendto(b"hello", ("127.0.0.1", port))
            t.wait_text(f"[{number}] 127.0.0.1 port {port_of(sock)} joined")
        t.type("~@1 for one\r")
        assert one.recv(100) == b"for one\n"
        t.type("~to 2\rfor two\r")
        assert two.recv(100) == b"for two\n"
        says(t, "~reset 1", "datagrams come without a connection that could be reset")
        says(t, "~eof 1", "datagrams have no end to send")
        (tmp_path / "data").write_bytes(bytes(3000))
        t.type("~send data\r")
        assert [len(two.recv(4000)) for _ in range(3)] == [1400, 1400, 200]
        t.type("~close 1\r")
        t.wait_text("left")
        says(t, "~log", "closed")
        text = (tmp_path / "talk").read_text()
        assert f"# [1] 127.0.0.1 port {port_of(one)}: was heard for the first time\n" in text
        assert f"< [1] 127.0.0.1 port {port_of(one)}: hello\n" in text
        assert f"> [2] 127.0.0.1 port {port_of(two)}: for two\n" in text
        assert text.index("heard for the first time") < text.index("hello")


# Completion


def test_completion(at, peer, tmp_path):
    (tmp_path / "two words").write_text("content")
    t = at()
    t.type("~se\t")
    t.wait(lambda t: typed(t) == "~se")
    t.type("n\ttw\t\r")
    assert peer.receive(7) == b"content"
    t.type("~opt nod\ton\r~opt nodel\x7f\x7f\tay")
    t.wait_text("~opt nod")
    t.type("\x15~inp\the\t\r48 0a\r")
    assert peer.receive(2) == b"H\n"


def test_completion_leaves_text_alone(at, peer):
    t = at()
    t.type("a\tb\r")
    assert peer.receive(b"\n") in (b"a\tb\n", b"ab\n")


def test_lines_to_who_has_left_go_to_nobody(many):
    t, one, two = many()
    t.type("~to 2\r")
    t.wait(lambda t: t.row() == "2>", "the prompt")
    reset(two)
    t.wait_text("left")
    says(t, "secret", "pollcat: not delivered: 2 has left; ~to all or ~to N")
    says(t, "again", "pollcat: not delivered: 2 has left; ~to all or ~to N")
    t.wait(lambda t: t.row() == "2>", "the prompt")
    says(t, "~to", "lines go to nobody: 2 has left")
    for command in ("~repeat 1 x", "~!echo x", "~eof", "~close", "~secret"):
        says(t, command, "2 has left")
    t.type("~@1 hello\r~to all\rall\r")
    assert receive(one, 10) == b"hello\nall\n"
    t.wait(lambda t: t.row() == ">", "the prompt")


def test_lines_to_who_has_left_wait_for_nobody(many):
    t, one = many(count=1)
    t.type("~to 1\r")
    says(t, "~to", "lines go to 1")
    reset(one)
    t.wait_text("left")
    says(t, "secret", "pollcat: not delivered: 1 has left; ~to all or ~to N")
    t.type("~to all\r")
    says(t, "hello", "nobody is connected: what is sent now waits for the first who joins")


def test_a_line_to_who_has_just_left_is_told(many):
    t, one, two = many()
    t.type("~to 2\r")
    two.close()
    t.wait_text("ended its side")
    t.type("lost\r")
    t.wait_text("left: what was sent last was not delivered")
    reset(one)
    t.wait_text("left: Connection reset by peer")
