# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that have the socket of their peer itself: --exec-direct."""
import os
import pathlib
import signal
import socket

import pytest

from support import Background, accept, dial, half_close, payload, port_of, receive, receive_all, serve, until_resting

SIZE = 1 << 20


@pytest.fixture
def service(pollcat):
    """service(*ARGS): a listener for many."""
    def start(*args, address=("127.0.0.1", "0"), **more):
        cat = pollcat("-v", "-l", "-k", *address, "--exec-direct", *args, **more)
        cat.bound()
        return cat

    return start


def test_the_socket_itself(service):
    cat = service("-c", "readlink /proc/self/fd/0 /proc/self/fd/1; grep flags /proc/self/fdinfo/0; echo $POLLCAT_REMOTE_PORT; ls /proc/self/fd")
    dial(cat.port)
    peer = dial(cat.port)
    one, other, _, flags, port, *fds = receive_all(peer).decode().split()
    assert one == other and one.startswith("socket:")
    assert not int(flags, 8) & os.O_NONBLOCK
    assert port == str(port_of(peer)) and fds == ["0", "1", "2", "3"]  # 3 is ls itself


@pytest.mark.parametrize("args", [("-e", "cat"), ("--to", "exec:cat"), ("--to", "sh:cat")], ids=" ".join)
@pytest.mark.parametrize("unix", [False, True], ids=["tcp", "unix"])
def test_many_at_once(service, tmp_path, args, unix):
    cat = service(*args, address=("-U", tmp_path / "here") if unix else ("127.0.0.1", "0"))
    peers = [dial(tmp_path / "here" if unix else cat.port) for _ in range(5)]
    senders = [Background(lambda peer=peer: (peer.sendall(payload(SIZE)), half_close(peer))) for peer in peers]
    assert [receive_all(peer) for peer in peers] == [payload(SIZE)] * 5
    for sender in senders:
        sender.result()


def test_messages_stay_apart(service, tmp_path):
    service("-c", "head -c 3; head -c 3", address=("--seqpacket", tmp_path / "here"))
    peer = dial(tmp_path / "here", kind=socket.SOCK_SEQPACKET)
    peer.sendall(b"one")
    peer.sendall(b"two")
    assert [peer.recv(10), peer.recv(10), peer.recv(10)] == [b"one", b"two", b""]


def test_what_came_before_is_there(pollcat):
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), "--exec-direct", "-c", "read x; echo got $x; exit 42")
    peer = accept(server)
    peer.sendall(b"early\n")
    assert receive_all(peer) == b"got early\n"
    assert cat.wait() == 42 and cat.err == ""


def test_peer_counts_while_the_program_runs(service):
    cat = service("--max-conns", "1", "-c", "echo go; read x")
    peer = dial(cat.port)
    assert receive(peer, 3) == b"go\n"
    until_resting(cat.pid)
    assert dial(cat.port).recv(1) == b""
    peer.sendall(b"\n")
    assert receive_all(peer) == b""
    cat.until_err("ended with status 0")
    assert receive(dial(cat.port), 3) == b"go\n"


def test_connection_lasts_as_long_as_somebody_has_it(service, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    cat = service("-c", f"(read x <{tmp_path / 'fifo'}; echo late) & echo said; exit 3")
    peer = dial(cat.port)
    assert receive(peer, 5) == b"said\n"
    cat.until_err("ended with status 3")
    until_resting(cat.pid)
    (tmp_path / "fifo").write_text("\n")
    assert receive_all(peer) == b"late\n"


def test_who_leaves_leaves_the_program_alone(service, tmp_path):
    cat = service("-c", f"cat >{tmp_path / 'out'}; exit 7")
    peer = dial(cat.port)
    peer.sendall(payload(SIZE))
    peer.close()
    cat.until_err("ended with status 7")
    assert (tmp_path / "out").read_bytes() == payload(SIZE)


@pytest.mark.parametrize("command, status", [("/no/such/program", 127), ("/etc/passwd", 126)])
def test_what_cannot_be_executed(pollcat, command, status):
    cat = pollcat("-l", "127.0.0.1", "0", "--exec-direct", "-e", command)
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    assert cat.wait() == status and cat.err.count("\n") == 1 and command in cat.err


def test_our_end_hangs_up(service):
    cat = service("-c", "echo $$; exec sleep 1000")
    peers = [dial(cat.port) for _ in range(3)]
    pids = [int(peer.makefile().readline()) for peer in peers]
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_nothing_is_left_behind(service):
    cat = service("-e", "cat")

    def exchange(count):
        peers = [half_close(dial(cat.port)) for _ in range(20)]
        assert [receive_all(peer) for peer in peers] == [b""] * 20
        cat.stderr.until(lambda seen: seen.count(b"ended with status 0") == count)
        until_resting(cat.pid)
        return sorted(os.readlink(place) for place in pathlib.Path(f"/proc/{cat.pid}/fd").iterdir())

    before = exchange(20)
    for round_ in range(2, 11):
        assert exchange(20 * round_) == before


@pytest.mark.parametrize("args, why", [
    (("-e", "cat", "-C"), "--crlf excludes --exec-direct"),
    (("-e", "cat", "--output", "/dev/null"), "--output excludes --exec-direct"),
    (("-e", "cat", "--log", "/dev/null"), "--log excludes --exec-direct"),
    (("-e", "cat", "--progress"), "--progress excludes --exec-direct"),
    (("-e", "cat", "--watch"), "--watch excludes --exec-direct"),
    (("-e", "cat", "--telnet"), "--telnet excludes --exec-direct"),
    (("-e", "cat", "--ssl"), "--exec-direct excludes --ssl"),
    (("-e", "cat", "-w", "1"), "--timeout with --listen excludes --exec-direct"),
    (("--to", "pty:cat"), "--exec-direct needs a program, exec: or sh:, not pty:"),
    (("--to", "tcp:localhost:80"), "--exec-direct needs a program, exec: or sh:, not tcp:"),
    ((), "--exec-direct needs --to"),
])
def test_what_stands_between_is_refused(pollcat, args, why):
    cat = pollcat("-l", "127.0.0.1", "0", "--exec-direct", *args)
    assert cat.wait() == 2 and cat.err == f"pollcat: {why}\n"
