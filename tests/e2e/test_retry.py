# SPDX-License-Identifier: GPL-3.0-or-later
"""--retry: the first connection is tried for until a time is up; with -z that waits for a service."""

import contextlib
import signal

import pytest

from support import (accept, deaf, dial, half_close, port_of, receive_all, refusing, reset, serve, serve_unix,
                     with_hosts)


def listening(sock):
    """A socket that refused everyone does so no more."""
    sock.listen()
    return sock


def test_who_comes_later_is_reached(pollcat):
    with refusing() as nobody:
        p = pollcat("-v", "--retry", "1h", "127.0.0.1", port_of(nobody)).send(b"late").close()
        p.until_err(r"Connection refused; trying again in 100 ms$")
        p.until_err(r"Connection refused; trying again in 200 ms$")
        with accept(listening(nobody)) as sock:
            assert receive_all(sock) == b"late"
    assert p.wait() == 0


def test_the_last_failure_is_told_once(pollcat):
    with refusing() as nobody:
        p = pollcat("--retry", "0.5", "127.0.0.1", port_of(nobody))
        assert p.wait() == 1
        assert p.err == f"pollcat: connect to 127.0.0.1 port {port_of(nobody)}: Connection refused\n"


def test_an_attempt_without_an_answer_ends_with_the_time(pollcat):
    sockets = deaf()
    p = pollcat("--retry", "0.3", "127.0.0.1", port_of(sockets[0]))
    assert p.wait() == 1
    assert p.err == f"pollcat: connect to 127.0.0.1 port {port_of(sockets[0])}: Connection timed out\n"


def test_names_are_looked_up_anew(pollcat, tmp_path):
    wrap = with_hosts(tmp_path, "127.0.0.1 localhost\n")
    with serve() as server:
        p = pollcat("-v", "--retry", "1h", "comes.later.test", port_of(server), wrap=wrap).send(b"x").close()
        p.until_err(r"^pollcat: comes\.later\.test: .*; trying again in 100 ms$")
        (tmp_path / "hosts").write_text("127.0.0.1 comes.later.test\n")
        with accept(server) as sock:
            assert receive_all(sock) == b"x"
    assert p.wait() == 0


def test_a_name_that_never_comes_has_its_own_status(pollcat):
    p = pollcat("--retry", "0.2", "nosuch.invalid", "9")
    assert p.wait() == 2
    assert p.err.startswith("pollcat: nosuch.invalid: ")
    assert p.err.count("\n") == 1


def test_a_path_that_comes_later(pollcat, tmp_path):
    path = tmp_path / "sock"
    p = pollcat("-v", "--retry", "1h", "-U", path).send(b"late").close()
    p.until_err(r"No such file or directory; trying again")
    with serve_unix(path) as server, accept(server) as sock:
        assert receive_all(sock) == b"late"
    assert p.wait() == 0


def test_what_does_not_mend_is_not_tried_again(pollcat):
    p = pollcat("--retry", "1h", "-v", "-s", "::1", "127.0.0.1", "9")
    assert p.wait() == 2
    assert "trying again" not in p.err


def test_a_connection_that_was_there_is_not_made_again(pollcat):
    with serve() as server:
        p = pollcat("--retry", "1h", "127.0.0.1", port_of(server))
        accept(server).close()
        p.close()
        assert p.wait() == 0


def test_only_the_first_one_is_tried_for_so_long(pollcat):
    with refusing() as nobody:
        p = pollcat("--retry", "0.2", "--reconnect", "127.0.0.1", port_of(nobody))
        assert p.wait() == 1
        assert "connecting again" not in p.err


def test_waiting_for_a_port(pollcat):
    with refusing() as nobody:
        p = pollcat("-vvz", "--retry", "1h", "127.0.0.1", port_of(nobody))
        p.until_err(r"Connection refused$")
        listening(nobody)
        assert p.wait() == 0
        assert (p.out, "open" in p.err) == (b"", True)


def test_waiting_for_a_port_in_vain(pollcat):
    with refusing() as nobody:
        p = pollcat("-z", "--retry", "0.3", "127.0.0.1", port_of(nobody))
        assert p.wait() == 1
        assert p.err == f"pollcat: connect to 127.0.0.1 port {port_of(nobody)}: Connection refused\n"
        p = pollcat("-z", "--retry", "0.3", "127.0.0.1", f"{port_of(nobody)},{port_of(nobody)}")
        assert p.wait() == 1
        assert p.err == ""


def test_waiting_for_a_port_that_never_answers(pollcat):
    sockets = deaf()
    p = pollcat("-z", "--retry", "0.3", "127.0.0.1", port_of(sockets[0]))
    assert p.wait() == 1
    assert p.err == f"pollcat: connect to 127.0.0.1 port {port_of(sockets[0])}: Connection timed out\n"


def test_waiting_for_a_name(pollcat, tmp_path):
    wrap = with_hosts(tmp_path, "127.0.0.1 localhost\n")
    with serve() as server:
        p = pollcat("-vvz", "--retry", "1h", "comes.later.test", port_of(server), wrap=wrap)
        p.until_err(r"^pollcat: comes\.later\.test: ")
        (tmp_path / "hosts").write_text("127.0.0.1 comes.later.test\n")
        assert p.wait() == 0


@pytest.mark.parametrize("args, why", [
    (["-l", "127.0.0.1", "0"], "--retry with --listen needs --to"),
    (["--self-connect"], "--retry excludes --self-connect"),
])
def test_what_is_refused(pollcat, args, why):
    p = pollcat("--retry", "1", *args)
    assert p.wait() == 2
    assert p.err == f"pollcat: {why}\n"


# The end of --to

def test_an_end_that_comes_later(pollcat):
    with refusing() as nobody:
        p = pollcat("-v", "-l", "-k", "--retry", "1h", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(nobody)}")
        peers = [dial(p.port) for _ in range(3)]
        for n, peer in enumerate(peers):
            peer.sendall(b"%d" % n)
            half_close(peer)
        p.until_err(r"(?s)(Connection refused; trying again in 200 ms\n.*){3}")
        server = listening(nobody)
        ends = [accept(server) for _ in peers]
        assert sorted(receive_all(end) for end in ends) == [b"0", b"1", b"2"]


def test_an_end_that_never_comes_is_told_once(pollcat):
    with refusing() as nobody:
        p = pollcat("-l", "--retry", "0.5", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(nobody)}")
        with pytest.raises(ConnectionResetError):
            receive_all(dial(p.port))
        assert p.wait() == 1
        assert p.err == f"pollcat: connect to 127.0.0.1 port {port_of(nobody)}: Connection refused\n"


def test_an_end_without_an_answer(pollcat):
    sockets = deaf()
    p = pollcat("-l", "--retry", "0.3", "127.0.0.1", "0", "--to", f"tcp:127.0.0.1:{port_of(sockets[0])}")
    peer = dial(p.port)
    assert p.wait() == 1
    assert p.err == f"pollcat: connect to tcp:127.0.0.1:{port_of(sockets[0])}: Connection timed out\n"
    peer.close()


def test_a_peer_that_leaves_is_not_tried_for(pollcat):
    with refusing() as nobody:
        p = pollcat("-v", "-l", "-k", "--retry", "1h", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(nobody)}")
        peer = dial(p.port)
        p.until_err("trying again")
        reset(peer)
        p.until_err("closed 127.0.0.1")
        p.signal(signal.SIGTERM)
        assert p.wait() == -signal.SIGTERM


def test_both_sides_are_tried_for(pollcat, tmp_path):
    with refusing() as nobody:
        p = pollcat("-v", "--retry", "1h", "127.0.0.1", port_of(nobody), "--to", f"unix:{tmp_path / 'far'}")
        p.until_err("Connection refused; trying again")
        one = accept(listening(nobody))
        p.until_err("No such file or directory; trying again")
        other = accept(serve_unix(tmp_path / "far"))
        one.sendall(b"x")
        one.close()
        assert receive_all(other) == b"x"


@pytest.mark.parametrize("end, status", [("exec:/nonexistent/program", 127), ("exec:/etc/passwd", 126), ("append:/", 2)])
def test_an_end_that_does_not_mend(pollcat, end, status):
    p = pollcat("-v", "--retry", "1h", "-l", "127.0.0.1", "0", "--to", end)
    with contextlib.suppress(ConnectionResetError):
        dial(p.port)
    assert p.wait() == status and "trying again" not in p.err


def test_a_peer_that_is_a_file_to_come(pollcat, tmp_path):
    p = pollcat("-v", "--retry", "1h", f"read:{tmp_path / 'x'}")
    p.until_err("No such file or directory; trying again")
    (tmp_path / "y").write_bytes(b"here")
    (tmp_path / "y").rename(tmp_path / "x")
    assert p.until_out(b"here")
