# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs joined to peers: what they get, how they end, and who is held by it: nobody."""
import os
import pathlib
import re
import signal
import socket
import time

import pytest

from support import (LEEWAY, SANITIZED, Background, accept, dial, fill, half_close, need, payload, port_of, receive,
                     receive_all, reset, serve, until_resting)

SIZE = 3 << 20


@pytest.fixture
def service(pollcat):
    """service(*ARGS): a listener for many."""
    def start(*args, **more):
        cat = pollcat("-v", "-l", "-k", "127.0.0.1", "0", *args, **more)
        cat.bound()
        return cat

    return start


def gone(pid):
    end = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}") and "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < end, "it does not end"
        os.sched_yield()
    return True


@pytest.mark.parametrize("splice", [{}, {"POLLCAT_SPLICE": "1"}], ids=["", "kernel"])
@pytest.mark.parametrize("args", [("--to", "exec:cat"), ("--to", "sh:cat"), ("-e", "cat"), ("-c", "cat")], ids=" ".join)
def test_many_at_once(service, args, splice):
    cat = service(*args, env=splice)
    peers = [dial(cat.port) for _ in range(10)]
    senders = [Background(lambda peer=peer: (peer.sendall(payload(SIZE // 4)), half_close(peer))) for peer in peers]
    assert [receive_all(peer) for peer in peers] == [payload(SIZE // 4)] * 10
    for sender in senders:
        sender.result()


def test_words_as_in_a_shell(service):
    cat = service("-e", r"""printf '<%s>' "a b" 'c $HOME *' d\ e ''""")
    assert receive_all(dial(cat.port)) == b"<a b><c $HOME *><d e><>"


def test_lines_end_as_the_peer_likes(service):
    assert receive_all(dial(service("-C", "-c", r"printf 'a\n\nb\r\nc'").port)) == b"a\r\n\r\nb\r\nc"


def test_environment(service, pollcat, tmp_path):
    cat = service("-c", "env", env={"LISTEN_FDS": "1", "LISTEN_PID": "2", "LISTEN_FDNAMES": "x", "OURS": "stays",
                                    "POLLCAT_PROXY_AUTH": "me:secret"})
    peer = dial(cat.port)
    told = dict(line.split("=", 1) for line in receive_all(peer).decode().splitlines())
    for prefix, proto in (("POLLCAT_", "tcp"), ("NCAT_", "TCP")):
        assert {name: told[prefix + name] for name in ("REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT", "PROTO")} == {
            "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": str(port_of(peer)), "LOCAL_ADDR": "127.0.0.1",
            "LOCAL_PORT": str(cat.port), "PROTO": proto}
    assert told["OURS"] == "stays" and "secret" not in str(told) and not any(name.startswith("LISTEN_") for name in told)
    unix = pollcat("-lU", tmp_path / "here", "-c", "env")
    unix.bound()
    told = dict(line.split("=", 1) for line in receive_all(dial(tmp_path / "here")).decode().splitlines())
    assert told["POLLCAT_LOCAL_ADDR"] == str(tmp_path / "here") and told["NCAT_PROTO"] == "UNIX"
    assert told["POLLCAT_REMOTE_ADDR"] == told["POLLCAT_REMOTE_PORT"] == told["NCAT_LOCAL_PORT"] == ""


def test_nothing_is_inherited(service):
    cat = service("-c", "ls /proc/self/fd; grep Sig /proc/self/status; ulimit -n; ls -l /proc/self/fd/0 /proc/self/fd/1")
    dial(cat.port)
    said = receive_all(dial(cat.port)).decode()
    assert said.split("Sig")[0].split() == ["0", "1", "2", "3"]  # 3 is ls itself
    for name in ("Blk", "Ign"):  # the shell catches what it likes, and the C library keeps two signals to itself
        assert int(re.search(rf"Sig{name}:\s+(\w+)$", said, re.M)[1], 16) & ~(3 << 31) == 0
    assert said.count("pipe:") == 2


def test_standard_error_is_ours(service):
    cat = service("-c", "echo complaint >&2")
    assert receive_all(dial(cat.port)) == b""
    cat.until_err("^complaint$")


def test_half_close_is_the_end_of_input(service):
    cat = service("-e", "sort")
    peer = dial(cat.port)
    peer.sendall(b"b\na\n")
    assert receive_all(half_close(peer)) == b"a\nb\n"


def test_closed_output_is_a_half_close(service, tmp_path):
    cat = service("-c", f"echo said; exec >&-; cat >{tmp_path / 'heard'}")
    peer = dial(cat.port)
    assert receive_all(peer) == b"said\n"
    peer.sendall(payload(SIZE))
    half_close(peer)
    cat.until_err("ended with status 0")
    assert (tmp_path / "heard").read_bytes() == payload(SIZE)


def test_all_output_is_delivered_after_the_end(service):
    cat = service("-c", f"head -c {SIZE // 64} /dev/zero; exit 3")
    peers = [dial(cat.port) for _ in range(3)]
    cat.until_err("(?s)(ended with status 3.*){3}")
    assert [len(receive_all(peer)) for peer in peers] == [SIZE // 64] * 3


def test_flood_is_held_up(service):
    cat = service("-c", "cat /dev/zero")
    peer = dial(cat.port)
    assert len(receive(peer, SIZE)) == SIZE
    until_resting(cat.pid)
    with dial(cat.port) as other:
        assert receive(other, 10) == bytes(10)
    peer.close()
    cat.until_err("ended (by signal 13|with status 141)")


def test_what_is_left_in_the_background_holds_nobody(service, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    cat = service("-c", f"(read x <{tmp_path / 'fifo'}; echo $$ late) & echo said; exit 0")
    peer = dial(cat.port)
    assert receive_all(peer) == b"said\n"
    cat.until_err("closed")
    with open(tmp_path / "fifo", "wb") as fifo:
        fifo.write(b"\n")


def test_who_does_not_read_its_input_holds_nobody(service):
    cat = service("-c", "exec <&-; echo done")
    peer = dial(cat.port)
    assert receive_all(peer) == b"done\n"


@pytest.mark.parametrize("how", [socket.socket.close, reset])
def test_peer_that_disappears_is_the_end_of_input_alone(service, tmp_path, how):
    cat = service("-c", f"cat >/dev/null; echo fine >{tmp_path / 'out'}; exit 7")
    peer = dial(cat.port)
    peer.sendall(b"x")
    how(peer)
    cat.until_err("ended with status 7")
    assert (tmp_path / "out").read_text() == "fine\n"


@pytest.mark.parametrize("script, status", [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -TERM $$", 143)])
def test_status_of_the_only_program(pollcat, script, status):
    cat = pollcat("-l", "127.0.0.1", "0", "-c", script)
    assert receive_all(dial(cat.port)) == b""
    assert cat.wait() == status and cat.err == ""


def test_status_waits_for_the_program(pollcat, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    cat = pollcat("-lU", tmp_path / "here", "-c", f"cat; read x <{tmp_path / 'fifo'}; exit 5")
    cat.bound()
    dial(tmp_path / "here").close()
    with open(tmp_path / "fifo", "wb") as fifo:
        fifo.write(b"\n")
    assert cat.wait() == 5


@pytest.mark.parametrize("command, status", [("/no/such/program", 127), ("/etc/passwd", 126), ("no-such-program", 127)])
def test_what_cannot_be_executed(pollcat, service, command, status):
    cat = pollcat("-l", "127.0.0.1", "0", "-e", command)
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    assert cat.wait() == status and cat.err.count("\n") == 1 and command in cat.err
    many = service("-e", command)
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            dial(many.port).recv(1)
    many.until_err(command)
    assert many.popen.poll() is None


def test_client(pollcat):
    server = serve()
    cat = pollcat("127.0.0.1", port_of(server), "-e", "tr a-z A-Z")
    peer = accept(server)
    peer.sendall(b"loud")
    assert receive_all(half_close(peer)) == b"LOUD"
    assert cat.wait() == 0


def test_end_hangs_up_and_then_kills(service):
    cat = service("-c", "trap '' HUP; echo $$; while :; do sleep 1; done")
    polite = service("-c", "trap 'echo bye; exit' HUP; echo $$; read x")
    for server, kind in ((cat, "kills"), (polite, "hangs up")):
        peers = [dial(server.port) for _ in range(3)]
        pids = [int(peer.recv(100)) for peer in peers]
        assert server.signal(signal.SIGTERM).wait() == -signal.SIGTERM
        assert all(gone(pid) for pid in pids), kind


def test_many_programs_at_a_limit(service):
    import resource

    cat = service("-e", "cat", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    peers = [dial(cat.port) for _ in range(30)]
    for number, peer in enumerate(peers):
        peer.sendall(b"%d" % number)
        half_close(peer)
    assert [receive_all(peer) for peer in peers] == [b"%d" % number for number in range(30)]


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep what was freed")
def test_memory_of_idle_programs(service):
    cat = service("-e", "cat")
    peers = [dial(cat.port) for _ in range(10)]
    for peer in peers:
        peer.sendall(b"x")
        assert receive(peer, 1) == b"x"
    before = cat.memory()
    for _ in range(40):
        peers.append(dial(cat.port))
        peers[-1].sendall(b"x")
        assert receive(peers[-1], 1) == b"x"
    assert cat.memory() - before < (40 * 2048 + 16384) * LEEWAY


def test_with_ncat_and_nc(service, program):
    cat = service("-c", "read name; echo hello $name")
    for client in ("ncat", "nc"):
        one = program(need(client), "127.0.0.1", cat.port).send(b"you\n")
        one.until_out(b"hello you\n")


@pytest.mark.parametrize("args, says", [
    (("-l", "1", "-e", ""), "exec: a command is missing"),
    (("-l", "1", "-e", "  "), "exec: a command is missing"),
    (("-l", "1", "-e", "'x"), "exec: "),
    (("-l", "1", "-c", ""), "sh: a script is missing"),
    (("-l", "1", "-e", "a", "-c", "b"), "excludes --exec"),
    (("-l", "1", "-e", "a", "--to", "echo:"), "excludes --"),
    (("-l", "1", "-c", "a", "--to", "echo:"), "excludes --"),
    (("-E", "1", "-e", "a"), "--echo excludes --exec"),
])
def test_what_does_not_go_together(pollcat, args, says):
    cat = pollcat(*args)
    assert cat.wait() == 2 and says in cat.err
