# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end of the peer's direction does: at a terminal, with output elsewhere, without a terminal; --stay and --leave."""
import signal
import socket

import pytest

from support import DEADLINE, accept, dial, half_close, payload, port_of, receive, receive_all, serve
from terminal import POLLCAT, Peer, Terminal, at, listen, peer, says, start, typed, wait_for


def gone(t):
    return [row for row in t.lines() if "closed the connection" in row]


# Who connects from a terminal

def test_client_ends_with_its_server(start, peer):
    t = start()
    peer.send("221 Bye\n")
    peer.close()
    assert t.wait_exit() == 0
    assert t.lines() == ["221 Bye", f"pollcat: 127.0.0.1 port {peer.port} closed the connection"]


def test_what_arrived_last_is_shown_whole(start, peer):
    t = start(rows=10)
    peer.send(b"".join(b"%06d\n" % n for n in range(20_000)) + b"no newline")
    peer.socket.shutdown(socket.SHUT_WR)
    assert t.wait_exit() == 0
    assert [row for row in t.scrolled() if row.startswith("0199")][-1] == "019999"
    assert t.lines()[-2:] == [f"pollcat: 127.0.0.1 port {peer.port} closed the connection", "no newline"]


def test_half_typed_line_is_kept(start, peer, tmp_path):
    t = start(columns=120)
    t.type("half typed")
    t.wait_text("half typed")
    peer.socket.shutdown(socket.SHUT_WR)
    assert t.wait_exit() == 0
    assert gone(t)[0].endswith("closed the connection; what was typed is kept in the history")
    again = Terminal([POLLCAT, "--self-connect"], home=tmp_path)
    with again:
        again.wait_prompt()
        again.type("\x1b[A")
        again.wait(lambda t: typed(t) == "half typed")


@pytest.mark.parametrize("line, options", [(" blank", ()), ("half", ("--no-history",)), ("~secret PIN\r1234", ())])
def test_what_is_in_no_history_is_not_said_to_be(start, peer, line, options):
    t = start(*options)
    t.type(line)
    t.wait_text(line.strip().split("\r")[0].replace("~secret ", ""))
    peer.socket.shutdown(socket.SHUT_WR)
    assert t.wait_exit() == 0
    assert gone(t)[0].endswith("closed the connection")


def test_what_was_on_its_way_is_delivered(at, peer, tmp_path):
    (tmp_path / "file").write_bytes(payload(3 << 20))
    t = at()
    t.type("~send file\r")
    got = peer.receive(1000)
    peer.socket.shutdown(socket.SHUT_WR)
    t.wait_text("our direction ends when file is done")
    assert got + peer.receive_all() == payload(3 << 20)
    assert t.wait_exit() == 0


def test_what_is_on_its_way_and_lost_is_told(at, peer, tmp_path):
    (tmp_path / "file").write_bytes(payload(30 << 20))
    t = at()
    t.type("~send file\r")
    peer.receive(1000)
    peer.socket.shutdown(socket.SHUT_WR)
    t.wait_text("our direction ends when file is done")
    peer.reset()
    assert t.wait_exit() == 1
    assert "file: " in "".join(t.lines())


def test_lines_of_a_file_that_is_run_are_delivered(at, peer, tmp_path):
    (tmp_path / "lines").write_text("~repeat 2 300ms tick\nlast\n")
    t = at()
    t.type("~source lines\r")
    peer.receive(b"tick\n")
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.receive_all() == b"tick\nlast\n"
    assert t.wait_exit() == 0


def test_a_guest_is_waited_for(at, peer, tmp_path):
    t = at(env={"SHELL": "/bin/cat"})
    t.type("~!\r")
    t.wait(lambda t: t.modes() == t.first_modes)
    peer.send("last words\n")
    peer.socket.shutdown(socket.SHUT_WR)
    t.type("still there\r")
    t.wait(lambda t: t.lines().count("still there") == 2)
    t.type("\x04")
    assert peer.receive_all() == b""
    assert t.wait_exit() == 0
    assert "last words" in t.lines() and gone(t)


def test_a_stopped_terminal_is_waited_for(start, peer):
    t = start()
    t.type("\x13")
    t.stopped = True
    peer.send(payload(600_000).hex().encode()[:50_000] + b"\nlast words\n")
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.receive_all() == b""
    t.stopped = False
    t.type("\x11")
    assert t.wait_exit() == 0
    assert "last words" in t.lines()


def test_reset_keeps_its_status(start, peer):
    t = start()
    peer.reset()
    assert t.wait_exit() == 1


def test_idling_keeps_its_status(start, peer):
    t = start("-w", "50ms")
    assert t.wait_exit() == 1


def test_stay(start, peer):
    t = start("--stay")
    peer.socket.shutdown(socket.SHUT_WR)
    t.wait_text(f"127.0.0.1 port {peer.port} ended its side; type to answer, ^D leaves")
    t.type("answer\r")
    assert peer.receive(b"\n") == b"answer\n"
    t.type("\x04")
    assert peer.receive_all() == b""
    assert t.wait_exit() == 0


def test_set(start, peer):
    t = start()
    t.type("~set\r")
    t.wait_text("when the peer ends: leave")
    t.type("~set stay\r~set\r")
    t.wait_text("when the peer ends: stay")
    peer.socket.shutdown(socket.SHUT_WR)
    t.wait_text("ended its side")
    t.type("answer\r")
    assert peer.receive(b"\n") == b"answer\n"
    t.type("~set leave\r")
    assert peer.receive_all() == b""
    assert t.wait_exit() == 0
    assert gone(t)


def test_connecting_again_goes_on(at, peer, tmp_path):
    with Peer() as other:
        (tmp_path / "lines").write_text(f"~connect 127.0.0.1 {other.port}\ntwo\n")
        t = at()
        t.type("~set stay\r")
        t.wait_text("when the peer ends: stay")
        peer.socket.shutdown(socket.SHUT_WR)
        t.wait_text("ended its side")
        t.type("~source lines\r")
        other.accept()
        assert peer.receive_all() == b""
        assert other.receive(b"\n") == b"two\n"
        other.socket.shutdown(socket.SHUT_WR)
        t.wait_text(f"{other.port} ended its side")


def test_without_a_prompt_at_a_terminal(start, peer):
    t = Terminal([POLLCAT, "--no-prompt", "127.0.0.1", peer.port])
    with t:
        peer.accept()
        peer.send("last\n")
        peer.socket.shutdown(socket.SHUT_WR)
        assert t.wait_exit() == 0
        assert t.lines() == ["last", f"pollcat: 127.0.0.1 port {peer.port} closed the connection"]


# Standard output elsewhere

@pytest.mark.parametrize("options", [(), ("--no-prompt",)])
def test_listener_into_a_file_ends_with_its_peer(tmp_path, options):
    file = tmp_path / "copy"
    ready = tmp_path / "ready"
    words = " ".join(("--ready-fd", "3", *options))
    t = Terminal(["/bin/sh", "-c", f"exec {POLLCAT} -l {words} 127.0.0.1 0 >{file} 3>{ready}"], home=tmp_path)
    with t:
        wait_for(lambda: ready.exists() and ready.read_text().endswith("\n"), "the port", lambda: t.read(0.01))
        with dial(int(ready.read_text().split()[1])) as sock:
            sock.sendall(payload(3 << 20))
            half_close(sock)
            assert receive_all(sock) == b""
        assert t.wait_exit() == 0
    assert file.read_bytes() == payload(3 << 20)


# A listener at its prompt

def test_listener_stays(tmp_path):
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0)
    with t, dial(port) as sock:
        half_close(sock)
        t.wait_text(f"127.0.0.1 port {port_of(sock)} ended its side; type to answer, ^D leaves")
        t.type("answer\r")
        assert receive(sock, 7) == b"answer\n"
        t.type("\x04")
        assert receive_all(sock) == b""
        assert t.wait_exit() == 0


def test_listener_leaves_when_told_to(tmp_path):
    t, port = listen(tmp_path, "--leave", "-l", "127.0.0.1", 0)
    with t, dial(port) as sock:
        half_close(sock)
        assert receive_all(sock) == b""
        assert t.wait_exit() == 0


def test_an_answer_that_fails_ends_the_listener(tmp_path):
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0)
    with t:
        dial(port).close()
        t.wait_text("ended its side")
        t.type("answer\r")
        assert t.wait_exit() == 1


def test_a_unix_peer_that_is_gone_ends_the_listener(tmp_path):
    t = Terminal([POLLCAT, "-lU", tmp_path / "s"], home=tmp_path)
    with t:
        wait_for((tmp_path / "s").exists, "the socket", lambda: t.read(0.01))
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(tmp_path / "s"))
        sock.close()
        assert t.wait_exit() == 0


def test_of_many_each_leaves_alone(tmp_path):
    t, port = listen(tmp_path, "--leave", "-lk", "127.0.0.1", 0)
    with t, dial(port) as one, dial(port) as two:
        t.wait_text("[2]")
        half_close(one)
        assert receive_all(one) == b""
        t.wait_text(f"[1] 127.0.0.1 port {port_of(one)} left")
        t.type("hello\r")
        assert receive(two, 6) == b"hello\n"


# Without a terminal

@pytest.mark.parametrize("listens", [False, True])
def test_leave_without_a_terminal(pollcat, listens):
    if listens:
        cat = pollcat("--leave", "-l", "127.0.0.1", "0")
        sock = dial(cat.port)
    else:
        with serve() as server:
            cat = pollcat("--leave", "127.0.0.1", port_of(server))
            sock = accept(server)
    cat.send(b"question")
    assert receive(sock, 8) == b"question"
    sock.sendall(b"answer")
    half_close(sock)
    assert receive_all(sock) == b""
    assert (cat.wait(), cat.out, cat.err) == (0, b"answer", "")


def test_what_was_read_is_delivered_before_it_leaves(pollcat):
    with serve() as server:
        cat = pollcat("--leave", "127.0.0.1", port_of(server))
        sock = accept(server)
    size = 1 << 16
    cat.send(bytes(size))
    assert len(receive(sock, 1)) == 1
    half_close(sock)
    assert len(receive_all(sock)) == size - 1
    assert cat.wait() == 0


def test_of_many_without_a_terminal_each_leaves_alone(pollcat):
    cat = pollcat("--leave", "-lkv", "127.0.0.1", "0")
    with dial(cat.port) as one, dial(cat.port) as two:
        cat.until_err(rf"connection from 127\.0\.0\.1 port {port_of(one)}")
        cat.until_err(rf"connection from 127\.0\.0\.1 port {port_of(two)}")
        cat.send(b"1")
        assert receive(one, 1) == receive(two, 1) == b"1"
        half_close(one)
        assert receive_all(one) == b""
        cat.send(b"2")
        assert receive(two, 1) == b"2"
        half_close(two)
        assert receive_all(two) == b""
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM


def test_waiting_for_input_alone_is_told_once(pollcat):
    with serve() as server:
        cat = pollcat("127.0.0.1", port_of(server))
        sock = accept(server)
    half_close(sock)
    cat.until_err(r"^pollcat: 127\.0\.0\.1 port \d+ ended its side; waiting for standard input to end "
                  r"\(-d would not read it, --leave would not wait\)$")
    cat.send(b"answer").close()
    assert receive_all(sock) == b"answer"
    assert cat.wait() == 0
    assert cat.err.count("\n") == 1


@pytest.mark.parametrize("command", ["~close", "~reset"])
def test_who_closes_at_the_prompt_stays(at, peer, command):
    t = at()
    t.type("one\r")
    assert peer.receive(b"\n") == b"one\n"
    t.type(command + "\r")
    t.wait_text("pollcat: closed; ~connect connects again, ~quit ends")
    says(t, "~close", "nobody is connected")
    t.type("two\r~connect\r")
    t.wait_text("connected to")
    peer.accept()
    assert peer.receive(b"\n") == b"two\n"
    t.type("~close\r")
    t.wait(lambda t: sum("closed; ~connect" in row for row in t.lines()) == 2, "the second end")
    t.type("\x04")
    assert t.wait_exit() == 0


def test_who_listens_and_closes_stays(tmp_path):
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        says(t, "~close", "pollcat: closed; ~quit ends")
        assert sock.recv(9) == b""
        t.type("~quit\r")
        assert t.wait_exit() == 0


def test_an_end_after_eof_is_told(at, peer):
    t = at()
    t.type("~eof\r")
    assert peer.receive_all() == b""
    peer.socket.close()
    t.wait_text("closed the connection")
    assert t.wait_exit() == 0
