# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets that are there already: --listen-fd, a service manager's, and inetd's."""
import os
import shlex
import socket
import subprocess

import pytest

from support import (DEADLINE, POLLCAT, accept, dial, half_close, need, payload, port_of, receive, receive_all, serve,
                     serve_unix, udp)

SIZE = 3 << 20

# What a service manager does between fork(2) and exec: its sockets from 3 on, and the program's own number.
MANAGER = """import fcntl, os, sys
argv = sys.argv[2:]
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1].split(",") if fd]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.close(fd)
pid = os.getpid() + int(os.environ.get("WRONG", "0"))
os.environ.update(LISTEN_PID=str(pid), LISTEN_FDS=str(len(high)), LISTEN_FDNAMES="x")
os.execv(argv[0], argv)
"""


@pytest.fixture
def managed(program):
    """managed(SOCKETS, *ARGS): the program as a service manager starts it."""
    def start(sockets, *args, **more):
        fds = [s.fileno() for s in sockets]
        return program("python3", "-c", MANAGER, ",".join(map(str, fds)), POLLCAT, *args, pass_fds=fds, **more)

    return start


def is_echo(sock):
    sock.sendall(b"hello")
    return receive(sock, 5) == b"hello"


@pytest.mark.parametrize("kind", ["tcp", "tcp6", "unix", "seqpacket"])
def test_a_listener(pollcat, tmp_path, kind):
    place = tmp_path / "s"
    server = {"tcp": serve, "tcp6": lambda: serve("::1"), "unix": lambda: serve_unix(place),
              "seqpacket": lambda: serve_unix(place, socket.SOCK_SEQPACKET)}[kind]()
    with server:
        cat = pollcat("-E", "--listen-fd", server.fileno(), pass_fds=[server.fileno()])
        where = place if kind in ("unix", "seqpacket") else port_of(server)
        assert cat.bound()[0] == ((str(place), 0) if where == place else (server.getsockname()[0], where))
        for _ in range(2):
            with dial(where, server.getsockname()[0], server.type) as peer:
                assert is_echo(peer)
    cat.signal(15).wait()
    assert place.exists() == (where == place)  # it is not ours to remove


def test_several(pollcat, tmp_path):
    with serve() as one, serve("::1") as two, serve_unix(tmp_path / "s") as three:
        fds = [s.fileno() for s in (one, two, three)]
        cat = pollcat("-E", *(f"--listen-fd={fd}" for fd in fds), pass_fds=fds)
        cat.bound(3)
        with dial(port_of(one)) as a, dial(port_of(two), "::1") as b, dial(tmp_path / "s") as c:
            assert is_echo(a) and is_echo(b) and is_echo(c)


def test_one_peer(pollcat):
    with serve() as server:
        cat = pollcat("--listen-fd", server.fileno(), pass_fds=[server.fileno()])
        with dial(port_of(server)) as peer:
            cat.send(b"hello").close()
            assert receive_all(peer) == b"hello"
        assert cat.wait() == 0


def test_datagrams(pollcat):
    with udp() as sock, udp() as friend:
        cat = pollcat("-l", "--listen-fd", sock.fileno(), pass_fds=[sock.fileno()])
        cat.bound()
        friend.sendto(b"hello", sock.getsockname())
        cat.until_out(b"hello")
        cat.send(b"answer")
        assert friend.recv(9) == b"answer"


def test_a_service_manager(managed, tmp_path):
    with serve() as one, serve_unix(tmp_path / "s") as two:
        cat = managed([one, two], "-lk", "-v", "-c", "env; cat")
        with dial(port_of(one)) as a, dial(tmp_path / "s") as b:
            for peer in (a, b):
                half_close(peer)
                assert b"LISTEN_" not in receive_all(peer)
        cat.until_err(r"^pollcat: listening on 127\.0\.0\.1 port ")
        cat.until_err(rf"^pollcat: listening on {tmp_path}/s$")


def test_what_is_for_another_process_is_not_taken(managed):
    with serve() as server:
        cat = managed([server], "-l", env={"WRONG": "1"})
        assert (cat.wait(), cat.err) == (2, "pollcat: a port is missing; try 'pollcat -l [HOST] PORT'\n")


def test_an_address_goes_before_a_service_manager(managed):
    with serve() as server:
        cat = managed([server], "-lv", "127.0.0.1", "0")
        port = int(cat.until_err(r"listening on 127\.0\.0\.1 port (\d+)")[1])
        assert port != port_of(server)


def test_systemd_socket_activate(program, free_port):
    tool = need("systemd-socket-activate")
    program(tool, f"--listen=127.0.0.1:{free_port}", POLLCAT, "-l", "--echo").until_err("Listening on")
    with dial(int(free_port)) as peer:
        assert is_echo(peer)


@pytest.mark.parametrize("make, text", [
    (lambda: open("/dev/null"), "descriptor {fd} is no socket"),
    (lambda: socket.socket(), "descriptor {fd} is a socket that neither listens nor is connected"),
    (lambda: socket.socket(type=socket.SOCK_DGRAM), "descriptor {fd} is a socket that neither listens nor is connected"),
    (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), "descriptor {fd} is a socket that neither listens nor is connected"),
    (lambda: socket.socketpair()[0], "descriptor {fd} is connected, and does not listen; try --inetd")])
def test_what_is_no_listener_is_refused(program, make, text):
    with make() as file:
        fd = file.fileno()
        if isinstance(file, socket.socket) and "connected, and" in text:
            pair = socket.socketpair()
            fd = pair[0].fileno()
        cat = program(POLLCAT, "--listen-fd", fd, pass_fds=[fd])
        assert (cat.wait(), cat.err) == (2, f"pollcat: {text.format(fd=fd)}\n")


@pytest.mark.parametrize("args, text", [
    (["--listen-fd", "99"], "descriptor 99: Bad file descriptor"),
    (["--listen-fd", "x"], "--listen-fd: 'x' is no number of a descriptor"),
    (["--listen-fd", "99", "--listen-fd", "99"], "--listen-fd 99 is given twice"),
    (["--listen-fd", "99", "-p", "1"], "--source-port: the socket has its address already"),
    (["--inetd"], "--inetd needs --to, --exec, --sh-exec or --echo: standard input is the peer"),
    (["--inetd", "-E"], "descriptor 0 is no socket"),
    (["--inetd", "-E", "--listen-fd", "99"], "--inetd excludes --listen-fd")])
def test_what_cannot_be_is_refused(program, args, text):
    cat = program(POLLCAT, *args)
    assert (cat.wait(), cat.err) == (2, f"pollcat: {text}\n")


def test_sockets_of_different_types_are_refused(program):
    with serve() as one, udp() as two:
        fds = one.fileno(), two.fileno()
        cat = program(POLLCAT, *(f"--listen-fd={fd}" for fd in fds), pass_fds=fds)
        assert (cat.wait(), cat.err) == (2, f"pollcat: descriptors {fds[0]} and {fds[1]} are sockets of different types\n")


@pytest.mark.parametrize("option, text", [("-u", "is no socket for datagrams, as --udp asks for"),
                                          ("-U", "is no UNIX socket, as --unixsock asks for")])
def test_it_is_what_was_asked_for(program, option, text):
    with serve() as server:
        cat = program(POLLCAT, option, "--listen-fd", server.fileno(), pass_fds=[server.fileno()])
        assert (cat.wait(), cat.err) == (2, f"pollcat: descriptor {server.fileno()} {text}\n")


def test_operands_are_one_too_many(program):
    with serve() as server:
        cat = program(POLLCAT, "--listen-fd", server.fileno(), "0", pass_fds=[server.fileno()])
        assert (cat.wait(), cat.err) == (2, "pollcat: stray argument '0'; try 'pollcat --help'\n")


# inetd


@pytest.fixture
def inetd(program):
    """inetd(SOCKET, *ARGS): the program with this socket as its three descriptors."""
    def start(sock, *args, **more):
        return program(POLLCAT, "--inetd", *args, **{**dict(stdin=sock, stdout=sock, stderr=sock), **more})

    return start


def pair(kind):
    if kind == "tcp":
        with serve() as server:
            peer = dial(port_of(server))
            return peer, accept(server)
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM if kind == "unix" else socket.SOCK_SEQPACKET)


@pytest.mark.parametrize("kind", ["tcp", "unix", "seqpacket"])
@pytest.mark.parametrize("args", [["-E"], ["--to", "echo:"], ["-c", "cat"], ["-e", "cat", "-v"]], ids=" ".join)
def test_inetd(inetd, kind, args):
    peer, sock = pair(kind)
    with peer:
        with sock:
            cat = inetd(sock, *args)
        peer.settimeout(DEADLINE)
        assert is_echo(peer)
        half_close(peer)
        assert receive_all(peer) == b""  # no message of -v, too
        assert cat.wait() == 0


def test_inetd_forwards(inetd):
    data = payload(SIZE)
    peer, sock = pair("tcp")
    with peer, serve() as server:
        with sock:
            cat = inetd(sock, "--to", f"127.0.0.1:{port_of(server)}")
        with accept(server) as end:
            end.sendall(b"hello")
            assert receive(peer, 5) == b"hello"
            peer.sendall(data[:100000])
            assert receive(end, 100000) == data[:100000]
            half_close(peer)
            assert receive_all(end) == b""
        assert receive_all(peer) == b""
        assert cat.wait() == 0


def test_inetd_sets_options(inetd):
    peer, sock = pair("tcp")
    with peer, sock, serve() as server:
        inetd(sock, "--to", f"127.0.0.1:{port_of(server)}", "--sockopt", "ttl=7")
        with accept(server) as end:
            end.sendall(b"hello")
            assert receive(peer, 5) == b"hello"
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
            assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 7


def test_inetd_greets(inetd, tmp_path):
    (tmp_path / "answer").write_bytes(payload(SIZE))
    peer, sock = pair("tcp")
    with peer:
        with sock:
            cat = inetd(sock, "--each", tmp_path / "answer", "--to", "discard:")
        assert receive_all(peer) == payload(SIZE)
        peer.close()
        assert cat.wait() == 0


@pytest.mark.parametrize("args, served", [(["--allow", "127.0.0.1"], True), (["--deny", "127.0.0.0/8"], False)])
def test_inetd_asks_who_may_come(inetd, args, served):
    peer, sock = pair("tcp")
    with peer:
        cat = inetd(sock, "-E", *args)
        if served:
            assert is_echo(peer)
            half_close(peer)
            assert cat.wait() == 0
            return
        sock.close()
        with pytest.raises(ConnectionResetError):
            receive_all(peer)
        assert cat.wait() == 1


def test_inetd_has_no_streams_of_its_own(inetd):
    peer, sock = pair("unix")
    with peer, sock:
        cat = inetd(sock, "--to", "-", stderr=subprocess.PIPE)
        assert (cat.wait(), cat.err) == (2, "pollcat: --inetd excludes --to -: standard input is the peer\n")


def test_inetd_told_elsewhere(inetd):
    peer, sock = pair("tcp")
    with peer:
        with sock:
            cat = inetd(sock, "-E", "-v", stderr=subprocess.PIPE)
        cat.until_err(r"^pollcat: connection from 127\.0\.0\.1 port ")
        half_close(peer)
        assert receive_all(peer) == b"" and cat.wait() == 0


def test_inetd_leaves_the_socket_as_it_is(inetd):
    peer, sock = pair("tcp")
    with peer, sock:
        os.set_blocking(sock.fileno(), True)
        cat = inetd(sock, "-E")
        assert is_echo(peer)
        assert os.get_blocking(sock.fileno())
        half_close(peer)
        assert cat.wait() == 0


def test_inetd_waits_for_datagrams(inetd):
    with udp() as sock, udp() as friend:
        friend.sendto(b"hello", sock.getsockname())
        cat = inetd(sock, "-E", "-w", "0.2")
        assert friend.recv(9) == b"hello"
        assert cat.wait() == 0


def test_socat_as_inetd(program):
    command = shlex.join([POLLCAT, "--inetd", "--echo"])
    socat = program(need("socat"), "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork", f"EXEC:{command},nofork")
    port = int(socat.until_err(r"listening on .*:(\d+)$")[1])
    for _ in range(2):
        with dial(port) as peer:
            assert is_echo(peer)
            half_close(peer)
            assert receive_all(peer) == b""
