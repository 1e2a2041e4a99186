# SPDX-License-Identifier: GPL-3.0-or-later
"""The connected socket given to another program (--pass-fd), which has a connection as good as new then."""
import contextlib
import os
import shlex
import signal
import socket

import pytest

from support import POLLCAT, Background, accept, half_close, need, port_of, receive, receive_all, serve, serve_unix, udp, until_resting

CALLED_NC = ("bash", "-c", 'exec -a nc "$0" "$@"')
NO_SOCKET = "standard output is no UNIX socket, and only one can pass a socket on\n"


@pytest.fixture
def passed(pollcat):
    """passed(*ARGS): the program, and what it passes on, or None."""
    def run(*args, **more):
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                cat = pollcat(*args, stdout=theirs, **more)
            data, descriptors, flags, _ = socket.recv_fds(ours, 100, 4)
            assert (data, flags & socket.MSG_CTRUNC, ours.recv(1)) == (b"\0" if descriptors else b"", 0, b"")
        assert len(descriptors) <= 1
        return cat, socket.socket(fileno=descriptors[0]) if descriptors else None

    return run


def talk(given, peer):
    """Nothing was lost, and nothing ended."""
    given.sendall(b"question")
    assert receive(peer, 8) == b"question"
    peer.sendall(b"answer")
    half_close(peer)
    assert receive_all(given) == b"greetinganswer"
    given.close()
    assert receive_all(peer) == b""


def test_a_connection_goes_on_without_us(passed):
    with serve() as server:
        greeter = Background(lambda: (peer := accept(server), peer.sendall(b"greeting"))[0])
        cat, given = passed("-v", "--pass-fd", "127.0.0.1", port_of(server), stdin=None)
        assert cat.wait() == 0 and " connected to " in cat.err and "closed" not in cat.err
        assert os.get_blocking(given.fileno())
        talk(given, greeter.result())


def test_of_several_ports_the_first_that_answers(passed):
    with serve() as first, serve() as second:
        cat, given = passed("-F", "-nv", "127.0.0.1", port_of(first), port_of(second), wrap=CALLED_NC)
        assert cat.wait() == 0
        assert cat.err == f"Connection to 127.0.0.1 {port_of(first)} port [tcp/*] succeeded!\n"
        with accept(first) as peer:
            peer.sendall(b"greeting")
            talk(given, peer)
        second.setblocking(False)
        with pytest.raises(BlockingIOError):
            second.accept()


def test_a_unix_socket(passed, tmp_path):
    with serve_unix(tmp_path / "s") as server:
        cat, given = passed("-F", "-U", tmp_path / "s")
        assert cat.wait() == 0
        with accept(server) as peer:
            peer.sendall(b"greeting")
            talk(given, peer)


@pytest.mark.parametrize("wrap", [(), CALLED_NC], ids=["pollcat", "nc"])
def test_a_socket_for_datagrams_is_connected(passed, wrap):
    with udp() as peer:
        cat, given = passed("-F", "-u", "127.0.0.1", port_of(peer), wrap=wrap)
        assert cat.wait() == 0
        given.send(b"question")
        assert peer.recvfrom(100) == (b"question", given.getsockname())


def test_nobody_there(passed):
    cat, given = passed("-F", "127.0.0.1", 1)
    assert (cat.wait(), given) == (1, None)


@pytest.mark.parametrize("wrap, status, name", [((), 2, "pollcat"), (CALLED_NC, 1, "nc")], ids=["pollcat", "nc"])
def test_standard_output_must_be_a_unix_socket(pollcat, wrap, status, name):
    with serve() as server, socket.create_connection(server.getsockname()) as tcp:
        for stdout in ({}, {"stdout": tcp}):
            cat = pollcat("-F", "127.0.0.1", port_of(server), wrap=wrap, **stdout)
            assert (cat.wait(), cat.err) == (status, f"{name}: {NO_SOCKET}")


@pytest.fixture
def full():
    """Two sides, the second of which has no more room."""
    with contextlib.ExitStack() as stack:
        ours, theirs = (stack.enter_context(sock) for sock in socket.socketpair())
        theirs.setblocking(False)
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += theirs.send(bytes(1 << 16))
        theirs.setblocking(True)
        yield ours, theirs, filled


def test_room_is_waited_for(pollcat, full):
    ours, theirs, filled = full
    with serve() as server:
        cat = pollcat("-F", "127.0.0.1", port_of(server), stdout=theirs)
        peer = accept(server)
        until_resting(cat.pid)
        receive(ours, filled)
        _, (fd,), *_ = socket.recv_fds(ours, 1, 1)
        assert cat.wait() == 0
        peer.sendall(b"greeting")
        talk(socket.socket(fileno=fd), peer)


def test_who_waits_for_room_can_be_interrupted(pollcat, full):
    with serve() as server:
        cat = pollcat("-F", "127.0.0.1", port_of(server), stdout=full[1])
        accept(server)
        until_resting(cat.pid)
        cat.signal(signal.SIGINT)
        assert cat.wait() == -signal.SIGINT


def test_nobody_takes_it(pollcat):
    ours, theirs = socket.socketpair()
    ours.close()
    with serve() as server, theirs:
        cat = pollcat("-F", "127.0.0.1", port_of(server), stdout=theirs)
        assert (cat.wait(), cat.err) == (2, "pollcat: pass the socket on: Broken pipe\n")


@pytest.mark.parametrize("args", [
    ("-F", "-l", "0"), ("-F", "-E", "0"), ("-F", "-e", "cat", "h", "1"), ("-F", "--to", "echo:", "h", "1"), ("-F", "-z", "h", "1")])
def test_refused(program, args):
    cat = program(POLLCAT, *args)
    assert cat.wait() == 2 and " excludes " in cat.err and "--pass-fd" in cat.err


def test_nc_passes_no_unix_socket(program):
    cat = program(*CALLED_NC, POLLCAT, "-F", "-U", "x")
    assert cat.wait() == 1 and cat.err.startswith("nc: cannot use -F and -U\n")


def test_ssh(program):
    """ProxyUseFdpass, the reason why it is there."""
    with serve() as server:
        proxy = f"ProxyCommand={shlex.quote(str(POLLCAT))} -F %h %p"
        ssh = program(need("ssh"), "-F", "none", "-o", proxy, "-o", "ProxyUseFdpass=yes", "-p", str(port_of(server)), "127.0.0.1")
        with accept(server) as peer:
            peer.sendall(b"SSH-1.0-none\r\n")
            assert receive(peer, 8) == b"SSH-2.0-"
        assert ssh.wait() == 255
        assert "Protocol major versions differ" in ssh.err
