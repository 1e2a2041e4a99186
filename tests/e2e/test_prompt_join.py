# SPDX-License-Identifier: GPL-3.0-or-later
"""~join END at a prompt: the peer that one talks with is given an end, and taken back."""
import pytest

from support import POLLCAT, accept, half_close, payload, port_of, receive, receive_all, refusing, reset, serve, udp
from terminal import Terminal, at, many, peer, says, start, wait_for
from test_watch import shown_while


@pytest.fixture
def end():
    """A server that is to be the end."""
    sock = serve()
    yield sock
    sock.close()


def join(t, end):
    t.type(f"~join 127.0.0.1:{port_of(end)}\r")
    far = accept(end)
    t.wait_text(f"[1<] 127.0.0.1 port {port_of(end)} joined")
    return far


def test_both_directions(at, peer, end):
    t = at()
    far = join(t, end)
    peer.send("question\n")
    assert receive(far, 9) == b"question\n"
    far.sendall(b"answer\n")
    assert peer.receive(7) == b"answer\n"
    t.wait_text("[1>] question")
    t.wait_text("[1<] answer")
    t.type("typed\r~@1> there\r")
    assert peer.receive(6) == b"typed\n"
    assert receive(far, 6) == b"there\n"


def test_it_is_taken_back(at, peer, end):
    t = at()
    far = join(t, end)
    peer.send("before\n")
    assert receive(far, 7) == b"before\n"
    t.type("~join\r")
    assert receive_all(far) == b""
    peer.send("alone\n")
    t.wait_text("alone")
    assert "[1" not in next(row for row in t.lines() if row.endswith("alone"))
    t.type("hello\r")
    assert peer.receive(6) == b"hello\n"
    says(t, "~join", "has no end")


def test_the_end_of_the_end_takes_it_back(at, peer, end):
    t = at()
    far = join(t, end)
    far.sendall(b"last words\n")
    far.close()
    t.wait_text(f"[1<] 127.0.0.1 port {port_of(end)} is over")
    assert peer.receive(11) == b"last words\n"
    t.type("still here\r")
    assert peer.receive(11) == b"still here\n"
    peer.send("so am I\n")
    t.wait_text("so am I")


def test_a_reset_of_the_end_is_told(at, peer, end):
    t = at()
    far = join(t, end)
    reset(far)
    t.wait_text("Connection reset by peer")
    t.type("still here\r")
    assert peer.receive(11) == b"still here\n"


def test_an_end_that_cannot_be_reached(at, peer):
    t = at()
    nobody = refusing()
    says(t, f"~join 127.0.0.1:{port_of(nobody)}", "Connection refused")
    t.type("still here\r")
    assert peer.receive(11) == b"still here\n"


@pytest.mark.parametrize("end", ["nonsense", "what:ever", "tcp:", "exec:"])
def test_what_is_no_end(at, peer, end):
    t = at()
    t.type(f"~join {end}\r")
    t.wait(lambda t: any(row.startswith("pollcat: ") for row in t.lines()))
    says(t, "~join", "has no end")


def test_a_program(at, peer):
    t = at()
    t.type("~join sh:read x; echo got $x; cat\r")
    t.wait_text("[1<] sh joined")
    peer.send("line\nmore\n")
    assert peer.receive(b"more\n") == b"got line\nmore\n"
    t.wait_text("[1<] got line")
    t.type("~join\r")
    t.wait(lambda t: t.row() == ">" or t.row() == "")
    t.type("after\r")
    assert peer.receive(6) == b"after\n"


def test_a_program_that_ends(at, peer):
    t = at()
    t.type("~join exec:echo hello\r")
    assert peer.receive(6) == b"hello\n"
    t.wait_text("is over")
    t.type("~join exec:/nonexistent/program\r")
    t.wait_text("No such file")
    t.type("after\r")
    assert peer.receive(6) == b"after\n"


def test_a_file(at, peer, tmp_path):
    t = at()
    t.type("~join file:got\r")
    t.wait_text("joined")
    t.skim()
    data = payload(200000) + b"\nthe last line\n"
    shown_while(t, lambda: peer.socket.sendall(data))
    wait_for(lambda: (tmp_path / "got").stat().st_size == len(data), "the file", lambda: t.read(0.01))
    assert (tmp_path / "got").read_bytes() == data
    wait_for(lambda: b"the last line" in t.unseen, "all of it on the screen", lambda: t.read(0.01))
    t.look()
    says(t, "~join", "1 has no end any more")


def test_the_peer_ends_first(at, peer, end):
    """Its end goes to the end, whose answer still comes; then the program is left, as without an end."""
    t = at()
    far = join(t, end)
    peer.send("question\n")
    half_close(peer.socket)
    assert receive_all(far) == b"question\n"
    far.sendall(b"answer\n")
    assert peer.receive(7) == b"answer\n"
    far.close()
    assert t.wait_exit() == 0


def test_the_peer_resets(at, peer, end):
    t = at()
    far = join(t, end)
    peer.reset()
    with pytest.raises(ConnectionResetError):
        receive_all(far)
    assert t.wait_exit() == 1


def test_of_many_one_is_joined(many, end):
    t, one, two = many()
    t.type("~to 2\r")
    t.type(f"~join 127.0.0.1:{port_of(end)}\r")
    far = accept(end)
    t.wait_text("[2<] 127.0.0.1")
    one.sendall(b"of one\n")
    two.sendall(b"of two\n")
    assert receive(far, 7) == b"of two\n"
    t.wait_text("[1] of one")
    t.wait_text("[2>] of two")
    t.type("~to all\rto all\r")
    assert receive(one, 7) == b"to all\n" and receive(two, 7) == b"to all\n"
    t.type("~to 2>\r~join\r")
    assert receive_all(far) == b""
    two.sendall(b"again\n")
    t.wait_text("[2] again")


def test_once_at_a_time(at, peer, end):
    t = at()
    far = join(t, end)
    says(t, "~join exec:cat", "has an end already")
    far.close()


def test_datagrams_have_none(tmp_path):
    with Terminal([POLLCAT, "-u", "127.0.0.1", "9"], home=tmp_path) as t:
        t.wait_prompt()
        says(t, "~join exec:cat", "datagrams")


def test_kinds_are_completed(at, peer):
    t = at()
    t.type("~join se\t")
    t.wait(lambda t: t.row().endswith("~join seqpacket:"))


def test_paths_are_completed(at, peer, tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "socket").touch()
    t = at(columns=200)
    t.type(f"~join unix:{tmp_path}/di\tso\t")
    t.wait(lambda t: t.row().endswith("/directory/socket"))


def test_datagrams_are_an_end(at, peer):
    sock = udp()
    t = at()
    t.type(f"~join udp:127.0.0.1:{port_of(sock)}\r")
    t.wait_text("joined")
    peer.send("one\n")
    data, there = sock.recvfrom(1000)
    assert data == b"one\n"
    sock.sendto(b"two\n", there)
    assert peer.receive(4) == b"two\n"
    t.wait_text("[1<] two")


def test_keys_and_an_end_exclude_each_other(at, peer, end):
    t = at()
    far = join(t, end)
    says(t, "~keys", "keys go to who has no end")
    far.close()
