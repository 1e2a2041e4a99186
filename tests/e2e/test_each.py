# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that each peer is sent before all else."""
import socket

import pytest

from support import POLLCAT, Background, accept, dial, fill, half_close, need, payload, port_of, receive, receive_all, reset, serve, udp
from terminal import listen

PATHS = [{}, {"POLLCAT_SPLICE": "1"}, {"POLLCAT_NO_SPLICE": "1"}]
SIZE = 5 << 20


@pytest.fixture
def greet(pollcat, tmp_path):
    """greet(DATA, *ARGS): a listener that greets each peer with DATA."""
    def start(data, *args, **more):
        (tmp_path / "greeting").write_bytes(data)
        cat = pollcat("--each", tmp_path / "greeting", *args, "127.0.0.1", "0", **more)
        cat.bound()
        return cat

    return start


@pytest.mark.parametrize("path", PATHS, ids=["", "kernel", "buffer"])
@pytest.mark.parametrize("size", [0, 6, SIZE])
@pytest.mark.parametrize("args", [["-l"], ["-lk"], ["-E"], ["-lk", "--to", "echo:"], ["-lk", "-c", "cat"]], ids=" ".join)
def test_it_comes_first(greet, args, size, path):
    data = payload(size)
    cat = greet(data, *args, env=path)
    for _ in range(2 if len(args) > 2 or args == ["-E"] else 1):
        with dial(cat.port) as peer:
            peer.sendall(b"question")
            if args[0] == "-l" or args == ["-lk"]:
                cat.send(b"answered")
            assert receive(peer, size) == data
            if args[0] == "-l" or args == ["-lk"]:
                assert receive(peer, 8) == b"answered"
                cat.until_out(b"question")
            else:
                assert receive(peer, 8) == b"question"


def test_many_are_each_at_their_own_place(greet):
    data = payload(SIZE)
    cat = greet(data, "-lk", "--to", "discard:")
    peers = [dial(cat.port) for _ in range(20)]
    for reader in [Background(lambda peer=peer: receive_all(peer)) for peer in peers]:
        assert reader.result() == data
    for peer in peers:
        peer.close()


def test_curl_gets_a_whole_answer(greet, program):
    answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + payload(100000)
    cat = greet(answer, "-lk", "--to", "discard:")
    for _ in range(2):
        curl = program(need("curl"), "-s", f"http://127.0.0.1:{cat.port}/")
        assert (curl.out, curl.wait()) == (payload(100000), 0)
    curl = program(need("curl"), "-s", "--data-binary", "@-", f"http://127.0.0.1:{cat.port}/").send(payload(SIZE)).close()
    assert (curl.out, curl.wait()) == (payload(100000), 0)


def test_a_request(pollcat, tmp_path):
    (tmp_path / "request").write_bytes(b"GET / HTTP/1.0\r\n\r\n")
    with serve() as server:
        cat = pollcat("--each", tmp_path / "request", "127.0.0.1", port_of(server))
        with accept(server) as peer:
            cat.send(b"more").close()
            assert receive_all(peer) == b"GET / HTTP/1.0\r\n\r\nmore"
            peer.sendall(b"answer")
        assert (cat.out, cat.wait()) == (b"answer", 0)


def test_a_datagram(pollcat, tmp_path):
    (tmp_path / "question").write_bytes(b"who?")
    with udp() as server:
        cat = pollcat("-u", "--each", tmp_path / "question", "127.0.0.1", port_of(server))
        data, address = server.recvfrom(99)
        assert data == b"who?"
        server.sendto(b"me", address)
        cat.until_out(b"me")
        cat.close()
        assert cat.wait() == 0


def test_each_sender_of_datagrams(greet):
    cat = greet(b"welcome", "-lu", "--to", "discard:")
    with udp() as one, udp() as two:
        for sock in (one, two):
            sock.sendto(b"hello", ("127.0.0.1", cat.port))
            assert sock.recv(99) == b"welcome"
        one.sendto(b"again", ("127.0.0.1", cat.port))
        two.setblocking(False)
        with pytest.raises(BlockingIOError):
            two.recv(99)


def test_what_is_changed_counts_from_the_next_peer_on(greet, tmp_path):
    cat = greet(b"one", "-E")
    with dial(cat.port) as first, half_close(first):
        assert receive_all(first) == b"one"
    (tmp_path / "greeting").write_bytes(b"two")
    with dial(cat.port) as second:
        assert receive(second, 3) == b"two"
        (tmp_path / "greeting").unlink()
        with pytest.raises(ConnectionResetError), dial(cat.port) as third:
            receive_all(third)
        cat.until_err(rf"^pollcat: {tmp_path}/greeting: No such file or directory$")
        second.sendall(b"on")
        assert receive(second, 2) == b"on"
    (tmp_path / "greeting").write_bytes(b"three")
    with dial(cat.port) as fourth:
        assert receive(fourth, 5) == b"three"


def test_one_peer_whose_file_is_gone(greet, tmp_path):
    cat = greet(b"one", "-l")
    (tmp_path / "greeting").unlink()
    with pytest.raises(ConnectionResetError), dial(cat.port) as peer:
        receive_all(peer)
    assert (cat.wait(), cat.err) == (2, f"pollcat: {tmp_path}/greeting: No such file or directory\n")


@pytest.mark.parametrize("how", ["reset", "deaf"])
def test_who_does_not_take_it_disturbs_nobody(greet, how):
    cat = greet(payload(SIZE), "-E", "-v")
    with dial(cat.port) as bad:
        if how == "reset":
            assert receive(bad, 1) == payload(1)
            reset(bad)
            cat.until_err("^pollcat: send to 127.0.0.1 port .*: (Connection reset by peer|Broken pipe)$")
        with dial(cat.port) as good:
            assert receive(good, SIZE) == payload(SIZE)
            good.sendall(b"on")
            assert receive(good, 2) == b"on"


def test_records_have_it(greet, tmp_path):
    cat = greet(b"welcome", "-l", "--hex-dump", tmp_path / "dump")
    with dial(cat.port) as peer:
        assert receive(peer, 7) == b"welcome"
        cat.close()
        assert receive_all(peer) == b""
    assert cat.wait() == 0
    assert "welcome" in (tmp_path / "dump").read_text()


def test_at_the_prompt(tmp_path):
    (tmp_path / "greeting").write_bytes(b"welcome\n")
    t, port = listen(tmp_path, "-lk", "--each", tmp_path / "greeting", "127.0.0.1", 0)
    with t, dial(port) as peer:
        assert receive(peer, 8) == b"welcome\n"
        t.wait_text("joined")
        t.type("hello\r")
        assert receive(peer, 6) == b"hello\n"


@pytest.mark.parametrize("args, text", [
    (["-lu", "0"], "--each with --udp and --listen needs --to: else all senders are one peer"),
    (["-z", "127.0.0.1", "1"], "--each excludes --zero")])
def test_what_cannot_be_is_refused(program, tmp_path, args, text):
    (tmp_path / "greeting").touch()
    cat = program(POLLCAT, "--each", tmp_path / "greeting", *args)
    assert (cat.wait(), cat.err) == (2, f"pollcat: {text}\n")


@pytest.mark.parametrize("path, text", [
    ("/nowhere/x", "/nowhere/x: No such file or directory"),
    ("/", "/: only a regular file can be sent to each peer"),
    ("/dev/null", "/dev/null: only a regular file can be sent to each peer")])
def test_the_file_is_looked_at_first(program, path, text):
    cat = program(POLLCAT, "--each", path, "-l", "0")
    assert (cat.wait(), cat.err) == (2, f"pollcat: {text}\n")
