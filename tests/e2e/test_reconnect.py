# SPDX-License-Identifier: GPL-3.0-or-later
"""--reconnect and ~connect: a connection that ends is not the end."""
import os
import re
import signal
import socket

import pytest

from support import (POLLCAT, Held, accept, half_close, payload, port_of, receive, receive_all, refusing, reset, serve,
                     serve_unix, udp, wait_tcp, with_hosts)
from terminal import Peer, Terminal, may_crash, wait_for


def again(pollcat, server, *args, **more):
    return pollcat("--reconnect", *args, "127.0.0.1", port_of(server), **more)


# Raw mode.


@pytest.mark.parametrize("leave", [lambda sock: sock.close(), reset, half_close], ids=["closed", "reset", "half"])
def test_a_connection_that_ends_is_made_again(pollcat, leave):
    with serve() as server:
        p = again(pollcat, server)
        with accept(server) as sock:
            p.send(b"one")
            assert receive(sock, 3) == b"one"
            sock.sendall(b"1")
            p.until_out(b"1")
            leave(sock)
            with accept(server) as second:
                p.send(b"two")
                assert receive(second, 3) == b"two"
                second.sendall(b"2")
                p.until_out(b"12")
                p.close()
                assert receive_all(second) == b""
        assert p.wait() == 0
        assert p.out == b"12"
        why = "receive from .*: Connection reset by peer" if leave is reset else r"127\.0\.0\.1 port \d+ ended its side"
        assert re.search(rf"^pollcat: {why}\npollcat: connecting again \(attempt 1\)\n", p.err, re.MULTILINE)
        assert "pollcat: connected to 127.0.0.1 port" in p.err


def test_a_server_that_is_away_is_waited_for(pollcat):
    with refusing() as nobody:
        p = again(pollcat, nobody)
        p.until_err(r"Connection refused$")
        p.until_err(r"^pollcat: connecting again in 1 s \(attempt 2\)$")
        with nobody:
            nobody.listen()
            with accept(nobody) as sock:
                p.send(b"late").close()
                assert receive_all(sock) == b"late"
    assert p.wait() == 0


def test_attempts_are_limited(pollcat):
    with refusing() as nobody:
        p = pollcat("--reconnect=1", "127.0.0.1", port_of(nobody))
        assert p.wait() == 1
    assert p.err.count("Connection refused") == 2
    assert "connecting again (attempt 1)" in p.err
    assert re.search(r"Connection refused\npollcat: gave up after 1 attempt .*\n$", p.err)


def test_an_unknown_name_is_not_tried_again(pollcat):
    p = pollcat("--reconnect", "name.invalid", 1)
    assert p.wait() == 2
    assert "again" not in p.err


def test_interrupt_ends_the_waiting(pollcat):
    with refusing() as nobody:
        p = again(pollcat, nobody)
        p.until_err("in 1 s")
        assert p.signal(signal.SIGINT).wait() == -signal.SIGINT


def test_input_that_was_read_and_not_delivered_is_told(pollcat):
    size = 1 << 18
    with serve() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        p = again(pollcat, server)
        with accept(server) as sock:
            p.send(payload(size))
            # Ours to the server holds 4 KiB or more that the server's has no room for.
            wait_tcp(rf"\S+ [0-9A-F]+:{port_of(server):04X} 01 0+[1-9A-F][0-9A-F]{{3,}}:\S+")
            reset(sock)
        with accept(server) as second:
            match = p.until_err(r"^pollcat: (\d+) bytes for .* were lost")
            p.close()
            rest = receive_all(second)
        assert payload(size).endswith(rest)
        assert size - 16384 <= int(match[1]) + len(rest) < size  # but for what the server's kernel took
        assert p.wait() == 1


def test_the_end_of_input_ends_it(pollcat):
    with serve() as server:
        p = again(pollcat, server)
        with accept(server) as sock:
            p.send(b"all").close()
            assert receive_all(sock) == b"all"
            sock.sendall(b"answer")
        assert p.wait() == 0
        assert p.out == b"answer"
        assert "again" not in p.err


def test_only_receiving_goes_on(pollcat):
    with serve() as server:
        p = again(pollcat, server, "-d")
        for text in (b"one", b"two"):
            with accept(server) as sock:
                sock.sendall(text)
        p.until_out(b"onetwo")
        assert p.signal(signal.SIGTERM).wait() == -signal.SIGTERM


def test_unix_sockets(pollcat, tmp_path):
    path = tmp_path / "socket"
    with serve_unix(path) as server:
        p = pollcat("--reconnect", "-U", path)
        accept(server).close()
        with accept(server) as sock:
            p.send(b"x").close()
            assert receive_all(sock) == b"x"
    assert p.wait() == 0


def test_output_that_is_gone_ends_it(pollcat):
    with refusing() as nobody:
        reader, writer = os.pipe()
        p = again(pollcat, nobody, stdout=writer)
        os.close(writer)
        p.until_err("in 1 s")
        os.close(reader)
        assert p.wait() == 2


@pytest.mark.parametrize("other", [["-l"], ["--self-connect"], ["-z"], ["-E"]])
def test_only_where_we_connect(pollcat, other):
    p = pollcat("--reconnect", *other, 1)
    assert p.wait() == 2
    assert "--reconnect excludes" in p.err


# At a prompt.


@pytest.fixture
def prompt(tmp_path):
    running = []

    def begin(*args, wrap=()):
        running.append(Terminal([*wrap, POLLCAT, *args], home=tmp_path))
        running[-1].wait_prompt()
        return running[-1]

    yield begin
    for t in running:
        t.close()


def test_an_unfinished_line_does_not_go_on_in_the_next_connection(prompt):
    with Peer() as server:
        t = prompt("--reconnect", "127.0.0.1", server.port)
        server.accept()
        server.send("login: ")
        t.wait_text("login:")
        server.reset()
        server.accept()
        server.send("welcome\nname: ")
        t.wait(lambda t: t.row() == "name:")
        assert [row for row in t.lines() if "login:" in row or "welcome" in row] == ["login:", "welcome"]


def test_the_prompt_stays(prompt):
    with Peer() as server:
        t = prompt("--reconnect", "127.0.0.1", server.port)
        server.accept()
        t.type("one\r")
        assert server.receive(b"\n") == b"one\n"
        t.type("half")
        t.wait_text("half")
        server.socket.close()
        server.accept()
        t.wait_text("connected to 127.0.0.1")
        t.wait(lambda t: t.row().endswith("half"))
        t.type(" whole\r")
        assert server.receive(b"\n") == b"half whole\n"
        t.type("\x1b[A\x1b[A\r")  # the history is there
        assert server.receive(b"\n") == b"one\n"


def test_lines_typed_while_waiting_are_sent(prompt):
    with refusing() as nobody:
        t = prompt("--reconnect", "127.0.0.1", port_of(nobody))
        t.wait_text("in 1 s (attempt 2)")
        t.type("early\rmore\r")
        t.wait_text("pollcat: nobody is connected: what is sent now waits for the connection")
        t.wait_text("more")
        assert sum("waits for" in row for row in t.lines()) == 1
        nobody.listen()
        with accept(nobody) as sock:
            assert receive(sock, 11) == b"early\nmore\n"


@pytest.mark.parametrize("key, status", [("\x03", -signal.SIGINT), ("\x04", 0)], ids=["interrupt", "end"])
def test_keys_end_the_waiting(prompt, key, status):
    with refusing() as nobody:
        t = prompt("--reconnect", "127.0.0.1", port_of(nobody))
        t.wait_text("in 1 s (attempt 2)")
        t.type(key)
        assert t.wait_exit() == status
        assert not t.is_raw()


def test_connect_elsewhere_and_again(prompt):
    with Peer() as one, Peer() as two:
        t = prompt("127.0.0.1", one.port)
        one.accept()
        t.type(f"~connect 127.0.0.1 {two.port}\r")
        two.accept()
        assert one.receive_all() == b""
        t.type("hello\r")
        assert two.receive(b"\n") == b"hello\n"
        old = two.socket
        t.type("~connect\r")
        two.accept()
        with old:
            assert old.recv(1) == b""
        t.type("again\r")
        assert two.receive(b"\n") == b"again\n"
        two.socket.close()
        t.type("\x04")
        assert t.wait_exit() == 0


@pytest.mark.parametrize("leave", ["~close", "~quit", "~connect"])
def test_lines_that_wait_for_one_who_is_left(prompt, leave):
    """What the kernel has is waited for; the rest is told."""
    with serve() as server, Peer() as two:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        t = prompt("-O", "4096", "127.0.0.1", port_of(server))
        one = accept(server)
        for _ in range(60):
            t.type("x" * 900 + "\r")
        t.type(f"~connect 127.0.0.1 {two.port}\r" if leave == "~connect" else f"{leave}\r")
        got = len(receive_all(one))
        assert got < 60 * 901
        t.wait(lambda t: any(f"{60 * 901 - got} bytes for 127.0.0.1" in row for row in t.scrolled()), "the loss")
        if leave == "~connect":
            two.accept()
        if leave != "~quit":
            t.type("~quit\r")
        assert t.wait_exit() == 1


def test_connect_that_fails_leaves_the_prompt(prompt):
    with Peer() as one, refusing() as nobody:
        t = prompt("127.0.0.1", one.port)
        one.accept()
        t.type("~connect name.invalid 1\r")
        t.wait_text("name.invalid:")
        t.type("still\r")
        assert one.receive(b"\n") == b"still\n"
        t.type(f"~connect 127.0.0.1 {port_of(nobody)}\r")
        t.wait_text("Connection refused")
        assert one.receive_all() == b""
        t.type("back\r")
        t.wait_text("nobody is connected: what is sent now waits for the connection")
        t.type(f"~connect 127.0.0.1 {one.port}\r")
        one.accept()
        assert one.receive(b"\n") == b"back\n"


@pytest.mark.parametrize("host, port, options, said", [("127.0.0.1", "none", [], "port none: neither"),
                                                       ("localhost", "1", ["-n"], "localhost: not a numeric")])
def test_a_wrong_address_leaves_datagrams_what_is_open(prompt, host, port, options, said):
    with udp() as one:
        t = prompt("-u", *options, "127.0.0.1", port_of(one))
        t.type(f"~connect {host} {port}\r")
        t.wait_text(said)
        t.type("still\r")
        assert one.recv(100) == b"still\n"
        t.type("\x04")
        assert t.wait_exit() == 0


def test_the_end_after_datagrams_found_no_place(prompt, tmp_path):
    with serve_unix(tmp_path / "one", socket.SOCK_DGRAM) as one:
        t = prompt("-u", "-U", tmp_path / "one")
        t.type("here\r")
        assert one.recv(100) == b"here\n"
        t.type(f"~connect {tmp_path}/none\r")
        t.wait_text("No such file")
        t.type("\x04")
        assert t.wait_exit() == 0


# Names are looked up while the loop goes on.


def test_what_waits_is_sent_after_the_end(prompt):
    """^D while nobody is connected loses nothing of what was typed."""
    with refusing() as nobody:
        t = prompt("--reconnect", "127.0.0.1", port_of(nobody))
        t.wait_text("in 1 s (attempt 2)")
        t.type("one\rtwo\r\x04")
        t.wait_text("8 bytes wait for the connection")
        nobody.listen()
        with accept(nobody) as sock:
            assert receive_all(sock) == b"one\ntwo\n"
            sock.sendall(b"answer\n")
            t.wait_text("answer")
        assert t.wait_exit() == 0


def test_what_nobody_came_for_is_told(prompt):
    with refusing() as nobody:
        t = prompt("--reconnect=2", "127.0.0.1", port_of(nobody))
        t.wait_text("in 1 s (attempt 2)")
        t.type("one\r\x04")
        assert t.wait_exit() == 1
        assert any("4 bytes that were typed were not sent" in row for row in t.lines())


def test_connect_after_eof_speaks_both_ways(prompt):
    with Peer() as one, Peer() as two:
        t = prompt("127.0.0.1", one.port)
        one.accept()
        t.type("~eof\r")
        assert one.receive_all() == b""
        t.type("refused\r")
        t.wait_text("our direction has ended")
        t.type(f"~connect 127.0.0.1 {two.port}\rhello\r")
        two.accept()
        assert two.receive(b"\n") == b"hello\n"
        t.type("again\r")
        assert two.receive(b"\n") == b"again\n"
        t.type("\x04")
        assert two.receive_all() == b""
        two.socket.close()
        assert t.wait_exit() == 0


def test_a_source_that_connects_at_once_tells_what_its_lines_lost(prompt, tmp_path):
    with Peer() as one, Peer() as two:
        (tmp_path / "lines").write_text(f"hello\n~connect 127.0.0.1 {two.port}\nthere\n")
        t = prompt("127.0.0.1", one.port)
        one.accept()
        t.type(f"~source {tmp_path}/lines\r")
        two.accept()
        assert two.receive(b"\n") == b"there\n"
        t.wait_text(f"6 bytes for 127.0.0.1 port {one.port} were lost: read and not delivered")
        t.type("~quit\r")
        assert t.wait_exit() == 1


def test_the_end_after_a_connect_that_failed(prompt):
    with Peer() as one, refusing() as nobody:
        t = prompt("127.0.0.1", one.port)
        one.accept()
        t.type(f"~connect 127.0.0.1 {port_of(nobody)}\r")
        t.wait_text("Connection refused")
        t.type("\x04")
        assert t.wait_exit() == 0


HOSTS = "127.0.0.1 slow\n"


def test_a_name_that_takes_long_does_not_stop_the_prompt(prompt, tmp_path):
    with Peer() as one, Peer() as two:
        t = prompt("127.0.0.1", one.port, wrap=with_hosts(tmp_path, HOSTS))
        one.accept()
        with Held(tmp_path / "hosts") as hosts:
            t.type(f"~connect slow {two.port}\rfor two\r")
            wait_for(hosts.is_waited_for, "the question", t.read)
            one.send("still here\n")
            t.wait_text("still here")
        two.accept()
        assert two.receive(b"\n") == b"for two\n"
        assert one.receive_all() == b""


def test_a_name_that_is_not_found_leaves_what_is_open(prompt, tmp_path):
    with Peer() as one:
        t = prompt("127.0.0.1", one.port, wrap=with_hosts(tmp_path, HOSTS))
        one.accept()
        with Held(tmp_path / "hosts") as hosts:
            t.type("~connect name.invalid 1\rstill\r")
            wait_for(hosts.is_waited_for, "the question", t.read)
        t.wait_text("pollcat: name.invalid:")
        assert one.receive(b"\n") == b"still\n"


def test_the_peer_may_leave_while_a_name_is_looked_up(prompt, tmp_path):
    with Peer() as one, Peer() as two:
        t = prompt("127.0.0.1", one.port, wrap=with_hosts(tmp_path, HOSTS))
        one.accept()
        with Held(tmp_path / "hosts") as hosts:
            t.type(f"~connect slow {two.port}\r")
            wait_for(hosts.is_waited_for, "the question", t.read)
            one.reset()
            t.wait_text("reset by peer")
        two.accept()
        t.type("for two\r")
        assert two.receive(b"\n") == b"for two\n"


@pytest.mark.parametrize("options", [[], ["--reconnect"]], ids=["once", "reconnect"])
def test_the_peer_may_leave_while_a_name_is_not_found(prompt, tmp_path, options):
    with Peer() as one:
        t = prompt(*options, "127.0.0.1", one.port, wrap=with_hosts(tmp_path, HOSTS))
        one.accept()
        with Held(tmp_path / "hosts") as hosts:
            t.type("~connect name.invalid 1\r")
            wait_for(hosts.is_waited_for, "the question", t.read)
            one.reset()
            t.wait_text("reset by peer")
        t.wait_text("pollcat: name.invalid:")
        if options:
            one.accept()
            t.type("again\r")
            assert one.receive(b"\n") == b"again\n"
            one.reset()
            t.wait_text("connecting again")
        t.type("\x04")
        assert t.wait_exit() == 0


@pytest.mark.parametrize("end", [False, True], ids=["found", "ended"])
def test_a_name_that_takes_long_does_not_stop_reconnecting(pollcat, tmp_path, end):
    with serve() as server:
        p = pollcat("--reconnect", "slow", port_of(server), wrap=with_hosts(tmp_path, HOSTS))
        with accept(server) as sock, Held(tmp_path / "hosts") as hosts:
            sock.close()
            wait_for(hosts.is_waited_for, "the question")
            p.signal(signal.SIGUSR1)
            p.until_err(r"^pollcat: sent 0 bytes")
            if end:
                p.signal(signal.SIGTERM)
                assert p.wait() == -signal.SIGTERM
                return
        with accept(server) as sock:
            p.send(b"hello").close()
            assert receive_all(sock) == b"hello"
    assert p.wait() == 0


def test_a_source_that_takes_long_does_not_stop_reconnecting(pollcat, tmp_path):
    with serve() as server:
        p = pollcat("--reconnect", "-s", "slow", "127.0.0.1", port_of(server), wrap=with_hosts(tmp_path, HOSTS))
        with accept(server) as sock, Held(tmp_path / "hosts") as hosts:
            sock.close()
            wait_for(hosts.is_waited_for, "the question")
            p.signal(signal.SIGUSR1)
            p.until_err(r"^pollcat: sent 0 bytes")
        with accept(server) as sock:
            p.send(b"hello").close()
            assert receive_all(sock) == b"hello"
    assert p.wait() == 0


# A crash gives the terminal back.


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE])
def test_a_crash_gives_the_terminal_back(prompt, number, may_crash):
    with Peer() as server:
        t = prompt("127.0.0.1", server.port)
        server.accept()
        t.wait(lambda t: b"\x1b[?2004h" in t.output)
        t.type("half")
        t.wait_text("half")
        t.signal(number)
        assert t.wait_exit() == -number
        assert not t.is_raw()
        assert t.modes()[:4] == t.first_modes[:4]
        assert t.output.rfind(b"\x1b[?2004l") > t.output.rfind(b"\x1b[?2004h")
        t.stream.feed(b"$ ")
        assert t.row() == "$"
