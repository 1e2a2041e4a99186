# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come: lists, files of them, owners of UNIX sockets, and what becomes of the others."""
import os
import signal
import socket

import pytest

from support import DEADLINE, POLLCAT, Pollcat, dial, half_close, made, receive, receive_all, udp
from terminal import listen, says

CALLED_NCAT = ("bash", "-c", 'exec -a ncat "$0" "$@"')


def come(port, source="127.0.0.1"):
    """A connection from this address of the loopback."""
    return made(socket.create_connection(("127.0.0.1", port), DEADLINE, (source, 0)))


def is_refused(port, source):
    """Whether who comes from there is reset."""
    try:
        with come(port, source) as sock:
            return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def is_served(sock):
    sock.sendall(b"hello")
    return receive(sock, 5) == b"hello"


@pytest.fixture
def echo(pollcat):
    """echo(*ARGS): an echo service on 127.0.0.1, and its port."""
    def start(*args):
        cat = pollcat("-E", "-v", *args, "127.0.0.1", "0")
        return cat, cat.port

    return start


@pytest.mark.parametrize("args, served, refused", [
    (["--allow", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--allow", "127.0.0.1", "--allow", "192.0.2.1,127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.3"]),
    (["--allow", "127.0.0.0/30"], ["127.0.0.3"], ["127.0.0.4"]),
    (["--allow", "127.*.0.1-2"], ["127.0.0.1", "127.9.0.2"], ["127.0.0.3"]),
    (["--allow", "localhost"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--deny", "127.0.0.2"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--deny", "127.0.0.2", "--allow", "127.0.0.0/8"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--allow", "::/0"], ["127.0.0.1"], []),
    (["--allow", "2001:db8::1"], [], ["127.0.0.1"])])
def test_lists(echo, args, served, refused):
    cat, port = echo(*args)
    for source in refused:
        assert is_refused(port, source)
        cat.until_err(rf"^pollcat: refused {source} port \d+: not allowed$")
    for source in served:
        with come(port, source) as sock:
            assert is_served(sock)


def test_a_mapped_address_is_the_ipv4_address(pollcat):
    cat = pollcat("-E", "--allow", "127.0.0.1", "0")
    with dial(cat.port) as sock:
        assert is_served(sock)
    with pytest.raises(ConnectionResetError), dial(cat.port, "::1") as sock:
        receive_all(sock)


def test_who_is_refused_takes_no_place(echo):
    _cat, port = echo("--max-conns", "1", "--deny", "127.0.0.2")
    with come(port, "127.0.0.1") as sock:
        assert is_served(sock)
        for _ in range(3):
            assert is_refused(port, "127.0.0.2")
        assert is_served(sock)


def test_who_is_refused_is_not_the_one_peer(pollcat):
    cat = pollcat("-l", "--deny", "127.0.0.2", "127.0.0.1", "0")
    assert is_refused(cat.port, "127.0.0.2")
    with come(cat.port) as sock:
        sock.sendall(b"served")
        half_close(sock)
        cat.close()
        assert (cat.wait(), cat.out) == (0, b"served")


def test_files(echo, tmp_path):
    (tmp_path / "allow").write_text("# those\n\n127.0.0.1\n127.0.0.2 127.0.0.3 # two more\n")
    (tmp_path / "deny").write_text("127.0.0.3")
    _cat, port = echo("--allowfile", tmp_path / "allow", "--denyfile", tmp_path / "deny")
    assert is_refused(port, "127.0.0.3") and is_refused(port, "127.0.0.4")
    with come(port, "127.0.0.2") as sock:
        assert is_served(sock)


def test_a_file_is_read_again(echo, tmp_path):
    file = tmp_path / "deny"
    file.write_text("127.0.0.2\n")
    cat, port = echo("--denyfile", file)
    with come(port, "127.0.0.1") as first:
        assert is_served(first)
        file.write_text("127.0.0.1\n")
        cat.signal(signal.SIGUSR2).until_err("^pollcat: who may come was read$")
        assert is_refused(port, "127.0.0.1")
        assert is_served(first)
        with come(port, "127.0.0.2") as sock:
            assert is_served(sock)
        file.write_text("127.0.0.2\n\n127.0.0.x/9/9\n")
        cat.signal(signal.SIGUSR2).until_err(rf"^pollcat: {file}:3: .*; who may come stays as it was$")
        assert is_refused(port, "127.0.0.1")
        file.unlink()
        cat.signal(signal.SIGUSR2).until_err(rf"^pollcat: {file}: No such file or directory; who may come stays")
        assert is_refused(port, "127.0.0.1") and is_served(first)


def test_a_long_file(echo, tmp_path):
    (tmp_path / "allow").write_text("".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(100000)) + "127.0.0.1\n")
    _cat, port = echo("--allowfile", tmp_path / "allow")
    with come(port) as sock:
        assert is_served(sock)
    assert is_refused(port, "127.0.0.2")


@pytest.mark.parametrize("args", [[], ["-E"]], ids=["listen", "echo"])
def test_datagrams_are_dropped(pollcat, args):
    cat = pollcat("-l", "-u", "-v", "--allow", "127.0.0.1", *args, "127.0.0.1", "0")
    with udp("127.0.0.2") as stranger, udp() as friend:
        for sock, text in ((stranger, b"no"), (friend, b"yes"), (stranger, b"no"), (friend, b"yes")):
            sock.sendto(text, ("127.0.0.1", cat.port))
        if args:
            assert friend.recv(9) == friend.recv(9) == b"yes"
        else:
            cat.until_out(b"yesyes")
            cat.send(b"answer")
            assert friend.recv(9) == b"answer"
            assert bytes(cat.stdout.data) == b"yesyes"
        cat.until_err(r"^pollcat: refused 127\.0\.0\.2 port \d+: not allowed$")
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(9)


@pytest.mark.parametrize("kind", ["unixsock", "seqpacket"])
@pytest.mark.parametrize("args, served", [
    (["--allow", "uid:{uid}"], True), (["--allow", "uid:{other}"], False), (["--allow", "gid:{gid}"], True),
    (["--deny", "gid:{gid}"], False), (["--deny", "uid:{uid}"], False), (["--deny", "uid:{other},gid:{other}"], True)])
def test_owners(pollcat, tmp_path, kind, args, served):
    ids = {"uid": os.getuid(), "gid": os.getgid(), "other": 3999999999}
    cat = pollcat("-E", f"--{kind}", *(arg.format(**ids) for arg in args), tmp_path / "s")
    cat.bound()
    with dial(tmp_path / "s", kind=socket.SOCK_SEQPACKET if kind == "seqpacket" else socket.SOCK_STREAM) as sock:
        if served:
            assert is_served(sock)
            return
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            pass


@pytest.mark.parametrize("args, text", [
    (["--allow", "127.0.0.1", "127.0.0.1", "1"], "--allow needs --listen"),
    (["--denyfile", "/dev/null", "127.0.0.1", "1"], "--denyfile needs --listen"),
    (["-l", "0", "--allow", ""], "--allow: the list is empty"),
    (["-l", "0", "--deny", "127.0.0.1,127.0.0.300"], "'127.0.0.300' is neither an address nor a pattern of addresses"),
    (["-l", "0", "-n", "--deny", "localhost"],
     "localhost: not a numeric address, and looking up names is turned off"),
    (["-l", "0", "--allow", "uid:0"], "'uid:0': only who comes to a UNIX socket has an owner"),
    (["-lU", "x", "--allow", "::1"], "'::1': of who comes to a UNIX socket only uid: and gid: are known"),
    (["-luU", "x", "--allow", "uid:0"], "'uid:0': nothing is known of who sends here"),
    (["-l", "0", "--allowfile", "/nowhere/x"], "/nowhere/x: No such file or directory")])
def test_what_cannot_be_is_refused(program, args, text):
    cat = program(POLLCAT, *args)
    assert (cat.wait(), cat.err) == (2, f"pollcat: {text}\n")


def test_at_the_prompt(tmp_path):
    t, port = listen(tmp_path, "-lk", "--allow", "127.0.0.1", "127.0.0.1", 0)
    with t:
        says(t, "~allow", "127.0.0.1")
        assert is_refused(port, "127.0.0.2")
        says(t, "~allow 127.0.0.2", "127.0.0.2")
        with come(port, "127.0.0.2") as sock:
            t.wait_text("joined")
            says(t, "~deny 127.0.0.2,127.0.0.3", "127.0.0.3")
            assert is_refused(port, "127.0.0.2")
            t.type("hello\r")
            assert receive(sock, 6) == b"hello\n"
        says(t, "~deny -127.0.0.9", "there is no entry '127.0.0.9'")
        says(t, "~deny -127.0.0.2,-127.0.0.3", "nobody is refused")
        with come(port, "127.0.0.2"):
            t.wait_text("[2]")
        says(t, "~allow 5", "'5' is neither an address nor a pattern of addresses")


def test_as_ncat_tells_it(processes):
    cat = Pollcat("-lkv", "--allow", "127.0.0.1", "127.0.0.1", "0", wrap=CALLED_NCAT)
    processes.all.append(cat)
    assert is_refused(cat.port, "127.0.0.2")
    cat.until_err(r"^Ncat: Connection from 127\.0\.0\.2:\d+\.\nNcat: New connection denied: not allowed$")
    wrong = processes.program(*CALLED_NCAT, POLLCAT, "--allow", "127.0.0.1", "127.0.0.1", "1")
    assert (wrong.wait(), wrong.err) == (2, "Ncat: Invalid option combination: allow/deny with connect. QUITTING.\n")
