# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX sockets of each type, with a path or an abstract name, and what becomes of the path."""
import os
import signal
import socket
import stat
import subprocess

import pytest

from support import Background, accept, dial, half_close, need, payload, receive, receive_all, serve_unix

TYPES = {"stream": ((), socket.SOCK_STREAM), "seqpacket": (("--seqpacket",), socket.SOCK_SEQPACKET),
         "dgram": (("-u",), socket.SOCK_DGRAM)}


@pytest.fixture(params=["path", "abstract"])
def place(request, tmp_path):
    return str(tmp_path / "s") if request.param == "path" else f"@pollcat-{os.getpid()}-{tmp_path.name}"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s"


def test_connect_stream(pollcat, place):
    server = serve_unix(place)
    cat = pollcat("-U", place)
    peer = accept(server)
    sender = Background(lambda: (peer.sendall(payload(5 << 20)), half_close(peer)))
    cat.send(b"question").close()
    assert receive_all(peer) == b"question"
    assert (cat.wait(), cat.out) == (0, payload(5 << 20))
    sender.result()


def test_listen_stream(pollcat, place):
    cat = pollcat("-v", "-l", "-U", place).send(b"hello").close()
    cat.bound()
    cat.until_err(rf"^pollcat: listening on {place}$")
    peer = dial(place)
    peer.sendall(b"hi")
    assert receive_all(half_close(peer)) == b"hello"
    assert (cat.wait(), cat.out) == (0, b"hi")


def test_seqpacket_keeps_boundaries(pollcat, place):
    server = serve_unix(place, socket.SOCK_SEQPACKET)
    cat = pollcat("-U", "--seqpacket", "--line", place).send(b"a\nbc\nd").close()
    peer = accept(server)
    assert [peer.recv(100) for _ in range(4)] == [b"a\n", b"bc\n", b"d", b""]
    peer.send(b"x" * 100_000)
    peer.close()
    assert (cat.wait(), cat.out) == (0, b"x" * 100_000 + b"\n")  # a message is a line, both ways


def test_seqpacket_listener_and_client_of_ours(pollcat, place):
    listener = pollcat("-l", "--seqpacket", place)
    listener.bound()
    client = pollcat("--seqpacket", place).send(b"ping")
    listener.until_out(b"ping")
    listener.send(b"pong").close()
    client.until_out(b"pong")
    client.close()
    assert (client.wait(), listener.wait()) == (0, 0)


def test_datagrams(pollcat, place, tmp_path):
    cat = pollcat("-l", "-u", "-U", place)
    cat.bound()
    peer = serve_unix(tmp_path / "peer", socket.SOCK_DGRAM)
    peer.connect("\0" + place[1:] if place[0] == "@" else place)
    for message in (b"", b"one", b"x" * 100_000):
        peer.send(message)
    cat.until_out(b"one" + b"x" * 100_000)
    cat.send(b"answer")
    assert peer.recv(100) == b"answer"


def test_datagram_client_can_be_answered(pollcat, place):
    server = serve_unix(place, socket.SOCK_DGRAM)
    cat = pollcat("-u", "-U", place).send(b"question")
    data, client = server.recvfrom(100)
    server.sendto(b"answer", client)
    cat.until_out(b"answer")
    assert data == b"question" and client
    assert cat.close().wait() == 0


def test_datagram_client_with_a_path_of_its_own(pollcat, path, tmp_path):
    server = serve_unix(path, socket.SOCK_DGRAM)
    cat = pollcat("-u", "-U", "-s", tmp_path / "own", path).send(b"x")
    assert server.recvfrom(10) == (b"x", str(tmp_path / "own"))
    assert cat.close().wait() == 0
    assert not (tmp_path / "own").exists()


def test_full_datagram_receiver_stalls_and_loses_nothing(pollcat, path):
    server = serve_unix(path, socket.SOCK_DGRAM)
    lines = [b"%d\n" % i for i in range(2000)]
    cat = pollcat("-u", "-U", "--line", "-q", "0", path).send(b"".join(lines)).close()
    assert [server.recv(100) for _ in lines] == lines
    assert cat.wait() == 0


def test_too_long_datagram_is_cut_and_told(pollcat, path, tmp_path):
    cat = pollcat("-l", "-u", "-U", path, "-w", "300ms")
    cat.bound()
    peer = serve_unix(tmp_path / "peer", socket.SOCK_DGRAM)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    peer.sendto(payload(300_000), str(path))
    assert (cat.wait(), cat.out) == (1, payload(300_000)[:1 << 18])
    assert cat.err == f"pollcat: a datagram from {tmp_path / 'peer'} was cut to {1 << 18} bytes\n"


@pytest.mark.parametrize("kind", TYPES)
def test_nobody_there(pollcat, path, kind):
    cat = pollcat("-U", *TYPES[kind][0], path, stdin=subprocess.DEVNULL)
    assert cat.wait() == 1
    assert cat.err == f"pollcat: connect to {path}: No such file or directory\n"


@pytest.mark.parametrize("kind", TYPES)
def test_dead_socket_refuses(pollcat, path, kind):
    serve_unix(path, TYPES[kind][1]).close()
    cat = pollcat("-U", *TYPES[kind][0], path, stdin=subprocess.DEVNULL)
    assert (cat.wait(), cat.err) == (1, f"pollcat: connect to {path}: Connection refused\n")
    assert path.exists()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("dead", TYPES)
def test_dead_socket_is_replaced(pollcat, path, kind, dead):
    serve_unix(path, TYPES[dead][1]).close()
    cat = pollcat("-v", "-l", "-U", *TYPES[kind][0], path)
    cat.bound()
    cat.until_err(rf"^pollcat: removed the dead socket {path}$")
    dial(path, kind=TYPES[kind][1]).close()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("live", TYPES)
def test_live_socket_is_left_alone(pollcat, path, kind, live):
    server = serve_unix(path, TYPES[live][1])
    cat = pollcat("-l", "-U", *TYPES[kind][0], path)
    assert (cat.wait(), cat.err) == (2, f"pollcat: listen on {path}: Address already in use\n")
    peer = dial(path, kind=TYPES[live][1])
    if live == "dgram":
        peer.send(b"x")
        assert server.recv(10) == b"x"


NO_SOCKETS = {
    "directory": os.mkdir,
    "fifo": os.mkfifo,
    "file": lambda path: path.write_text("precious"),
    "link": lambda path: path.symlink_to("/etc"),
}


@pytest.mark.parametrize("what", NO_SOCKETS)
@pytest.mark.parametrize("kind", TYPES)
def test_what_is_no_socket_is_never_removed(pollcat, path, kind, what):
    NO_SOCKETS[what](path)
    before = os.lstat(path)
    cat = pollcat("-l", "-U", *TYPES[kind][0], path)
    assert cat.wait() == 2
    assert cat.err == f"pollcat: listen on {path}: the file exists and is not a socket\n"
    assert os.lstat(path) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("args", ["-l", "-l -k", "-l -u", "-E", "-E -u", "-E --seqpacket"])
def test_own_path_is_removed_on_a_signal(pollcat, path, args, number):
    cat = pollcat(*args.split(), "-U", path)
    cat.bound()
    assert stat.S_ISSOCK(os.lstat(path).st_mode)
    assert cat.signal(number).wait() == -number
    assert not path.exists()


def test_own_path_is_removed_once_the_only_peer_is_there(pollcat, path):
    cat = pollcat("-l", "-U", path)
    cat.bound()
    peer = dial(path)
    peer.sendall(b"x")
    cat.until_out(b"x")
    assert not path.exists()
    peer.close()
    assert cat.close().wait() == 0


def test_path_of_another_is_left_alone_at_the_end(pollcat, path):
    cat = pollcat("-l", "-k", "-U", path)
    cat.bound()
    os.unlink(path)
    server = serve_unix(path)
    cat.signal(signal.SIGTERM).wait()
    dial(path).close()
    accept(server).close()


def test_peer_that_leaves_is_noticed_at_once(pollcat, path):
    server = serve_unix(path)
    cat = pollcat("-v", "-U", path)
    accept(server).close()
    cat.until_err("has left$")
    assert cat.wait() == 0


def test_unread_bytes_of_ours_are_told(pollcat, path):
    server = serve_unix(path)
    cat = pollcat("-U", path).send(b"never read")
    peer = accept(server)
    assert receive(peer, 1) == b"n"
    peer.close()
    assert (cat.wait(), cat.err.count("\n")) == (1, 1)


def test_name_too_long(pollcat):
    cat = pollcat("-U", "/tmp/" + "x" * 200)
    assert cat.wait() == 2
    assert cat.err.count("\n") == 1


@pytest.mark.parametrize("argv", [("nc.openbsd", "-N", "-U", "{0}"), ("ncat", "-U", "{0}"),
                                  ("socat", "-", "UNIX-CONNECT:{0}")], ids=lambda argv: argv[0])
def test_real_clients(pollcat, program, path, argv):
    cat = pollcat("-l", "-U", path)
    cat.bound()
    client = program(need(argv[0]), *(arg.format(path) for arg in argv[1:])).send(payload(100_000))
    cat.until_out(100_000)
    cat.send(b"answer").close()
    client.until_out(b"answer")
    client.close()
    assert (cat.wait(), client.wait()) == (0, 0)


def test_real_server(pollcat, program, path):
    server = program(need("socat"), "-d", "-d", f"UNIX-LISTEN:{path}", "EXEC:sort")
    server.until_err("listening on")
    cat = pollcat("-U", path).send(b"b\na\n").close()
    assert (cat.wait(), cat.out, server.wait()) == (0, b"a\nb\n", 0)
