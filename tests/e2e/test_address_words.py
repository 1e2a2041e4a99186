# SPDX-License-Identifier: GPL-3.0-or-later
"""The main address in the words that ends have: KIND:REST, and a program, a file or descriptors as the peer."""
import os
import signal
import socket

import pytest

from support import (Background, accept, dial, half_close, made, need, payload, port_of, receive, receive_all, serve,
                     serve_unix, udp, until_resting)
from terminal import POLLCAT, Terminal, says

SIZE = 3 << 20
PATHS = pytest.mark.parametrize("path", [{}, {"POLLCAT_SPLICE": "1"}, {"POLLCAT_NO_SPLICE": "1"}],
                                ids=["", "kernel", "buffer"])


@pytest.fixture
def at(tmp_path):
    """at(*ARGS): the prompt."""
    running = []

    def begin(*args, **how):
        running.append(Terminal([POLLCAT, "--prompt", "", *args], home=tmp_path, **how))
        running[-1].wait_prompt()
        return running[-1]

    yield begin
    for t in running:
        t.close()


# Connections

@pytest.mark.parametrize("word", ["tcp:127.0.0.1:{}", "TCP:localhost:{}", "tcp4:localhost:{}", "TCP4-CONNECT:127.0.0.1:{}"])
def test_tcp(pollcat, word):
    server = serve()
    cat = pollcat(word.format(port_of(server)))
    peer = accept(server)
    peer.sendall(b"there")
    assert cat.until_out(b"there")
    cat.send(b"and back").close()
    assert receive_all(peer) == b"and back"
    peer.close()
    assert cat.wait() == 0 and cat.err == ""


@pytest.mark.parametrize("address, host", [("tcp:0", "127.0.0.1"), ("tcp:[::1]:0", "::1"), ("tcp6:[::1]:0", "::1"),
                                           ("tcp:localhost:0", "127.0.0.1")])
def test_listening(pollcat, address, host):
    cat = pollcat("-l", *(["-4"] if host == "127.0.0.1" else []), address)
    peer = dial(cat.port, host)
    peer.sendall(b"x")
    assert cat.until_out(b"x")


@pytest.mark.parametrize("abstract", [False, True])
def test_unix(pollcat, program, tmp_path, abstract):
    name = f"pollcat-word-{os.getpid()}"
    place = f"@{name}" if abstract else tmp_path / name
    cat = pollcat("-l", f"unix:{place}")
    cat.bound()
    other = program(need("socat"), "-", f"ABSTRACT-CONNECT:{name}" if abstract else f"UNIX-CONNECT:{place}")
    other.send(b"question").close()
    assert cat.until_out(b"question")
    cat.send(b"answer").close()
    assert other.out == b"answer" and cat.wait() == 0


def test_seqpacket(pollcat, tmp_path):
    server = serve_unix(tmp_path / "x", socket.SOCK_SEQPACKET)
    cat = pollcat(f"seqpacket:{tmp_path / 'x'}")
    peer = accept(server)
    cat.send(b"one").close()
    assert peer.recv(100) == b"one"


def test_udp(pollcat, program):
    cat = pollcat("-l", "udp:127.0.0.1:0")
    other = program(need("socat"), "-", f"UDP4:127.0.0.1:{cat.port}")
    other.send(b"question")
    assert cat.until_out(b"question")
    cat.send(b"answer")
    assert other.until_out(b"answer")
    server = udp()
    cat = pollcat(f"UDP4:127.0.0.1:{port_of(server)}")
    cat.send(b"x")
    assert server.recv(10) == b"x"


def test_unix_datagrams(pollcat, tmp_path):
    cat = pollcat("-l", f"unix-dgram:{tmp_path / 'x'}")
    cat.bound()
    dial(tmp_path / "x", kind=socket.SOCK_DGRAM).send(b"x")
    assert cat.until_out(b"x")
    server = serve_unix(tmp_path / "y", socket.SOCK_DGRAM)
    pollcat(f"unix-dgram:{tmp_path / 'y'}").send(b"y")
    assert server.recv(10) == b"y"


# Virtual machines: many kernels have no way to themselves

LOCAL = 1  # CID


def reaches_itself(port):
    try:
        with made(socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)) as sock:
            sock.connect((LOCAL, port))
        return True
    except OSError:
        return False


def test_vsock(pollcat, program):
    cat = pollcat("-v", "-l", "-k", "vsock::0", "--to", "exec:cat")
    host, port = cat.bound()[0]
    assert host == "any" and cat.until_err(f"listening on CID any port {port}")
    client = pollcat("-w", "5", f"vsock:local:{port}")
    relay = pollcat("-l", "127.0.0.1", "0", "--to", f"vsock:{LOCAL}:{port}")
    peer = dial(relay.port)
    if reaches_itself(port):
        client.send(payload(SIZE)).close()
        assert client.out == payload(SIZE) and client.wait() == 0
        peer.sendall(b"x")
        assert receive_all(half_close(peer)) == b"x"
        other = program(need("socat"), "-", f"VSOCK-CONNECT:{LOCAL}:{port}")
        other.send(b"y").close()
        assert other.out == b"y"
    else:
        assert client.wait() == 1
        assert client.err.startswith(f"pollcat: connect to CID 1 port {port}: ") and client.err.count("\n") == 1
        with pytest.raises(ConnectionResetError):
            receive_all(peer)
        assert relay.wait() == 1 and f"connect to CID 1 port {port}: " in relay.err


# Programs

def test_calculator(pollcat):
    cat = pollcat(f"exec:{need('bc')} -q")
    cat.send(b"2^10\n").until_out(b"1024\n")
    cat.send(b"6*7\n").until_out(b"42\n")
    cat.close()
    assert cat.wait() == 0 and cat.err == ""


@PATHS
@pytest.mark.parametrize("end", ["exec:cat", "sh:cat", "echo:"])
def test_both_ways(pollcat, end, path):
    cat = pollcat(end, env=path)
    sender = Background(lambda: cat.send(payload(SIZE)).close())
    assert cat.out == payload(SIZE) and cat.wait() == 0
    sender.result()


@PATHS
def test_files_of_our_own_at_both_sides(pollcat, tmp_path, path):
    (tmp_path / "in").write_bytes(payload(SIZE))
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as sink:
        cat = pollcat("exec:cat", env=path, stdin=source, stdout=sink)
        assert cat.wait() == 0
    assert (tmp_path / "out").read_bytes() == payload(SIZE)


@pytest.mark.parametrize("end, status, text", [
    ("sh:exit 3", 3, ""),
    ("exec:true", 0, ""),
    ("sh:kill -9 $$", 137, ""),
    ("exec:/nonexistent/program", 127, "/nonexistent/program: No such file or directory"),
    ("exec:/etc/passwd", 126, "/etc/passwd: Permission denied"),
    ("read:/nonexistent/file", 2, "/nonexistent/file: No such file or directory"),
    ("file:/nonexistent/file", 2, "/nonexistent/file: No such file or directory"),
    ("append:/", 2, "/: Is a directory"),
])
def test_status(pollcat, end, status, text):
    cat = pollcat(end)
    cat.close()
    assert cat.wait() == status and text in cat.err and cat.err.count("\n") == (1 if text else 0)


def test_what_it_does_not_read_is_no_failure(pollcat, tmp_path):
    os.mkfifo(tmp_path / "go")
    cat = pollcat(f"sh:exec 0<&-; echo x; cat {tmp_path / 'go'}")
    cat.until_out(b"x")
    cat.send(b"x" * 100)
    until_resting(cat.pid)
    open(tmp_path / "go", "wb").close()
    assert cat.wait() == 0 and cat.err == ""


def test_endless_input_is_no_failure(pollcat):
    with open("/dev/zero", "rb") as zero:
        cat = pollcat("sh:head -c 5; exit 4", stdin=zero)
        assert cat.out == bytes(5) and cat.wait() == 4 and cat.err == ""


def test_half_close_by_the_program(pollcat, tmp_path):
    """It still listens, after its output has ended."""
    cat = pollcat(f"sh:exec >&-; cat >{tmp_path / 'x'}; echo done >&2")
    until_resting(cat.pid)
    cat.send(b"late").close()
    assert cat.wait() == 0 and (tmp_path / "x").read_bytes() == b"late" and cat.err == "done\n"


def test_what_is_left_running_holds_nobody(pollcat, tmp_path):
    os.mkfifo(tmp_path / "hold")
    cat = pollcat(f"sh:cat {tmp_path / 'hold'} & echo x; exit 5")
    assert cat.wait() == 5 and cat.out == b"x\n"
    open(tmp_path / "hold", "wb").close()


def test_sigterm_hangs_it_up(pollcat):
    cat = pollcat("sh:trap 'echo hup >&2; exit' HUP; echo x; while read line; do :; done; sleep 600 & wait", "-v")
    cat.until_out(b"x")
    cat.signal(signal.SIGTERM)
    assert cat.wait() == -signal.SIGTERM and "hup\n" in cat.err


def test_environment_has_no_peer(pollcat):
    cat = pollcat("exec:env", env={"NCAT_REMOTE_ADDR": "", "LISTEN_FDS": "1"})
    cat.close()
    names = {line.split(b"=")[0] for line in cat.out.splitlines()}
    assert b"POLLCAT_REMOTE_ADDR" not in names and b"LISTEN_FDS" not in names and b"PATH" in names


def test_verbose(pollcat):
    cat = pollcat("-v", "exec:cat")
    cat.send(b"abc").close()
    assert cat.wait() == 0
    assert "opened exec:cat\n" in cat.err and "closed exec:cat: sent 3 bytes, received 3 bytes\n" in cat.err


def test_without_standard_streams(pollcat, tmp_path):
    script = 'exec "$0" "$@" <&- >&- 2>&-'
    cat = pollcat("sh:echo x; exit 6", wrap=["sh", "-c", script])
    assert cat.wait() == 6


def test_without_descriptors(pollcat):
    cat = pollcat("exec:cat", wrap=["sh", "-c", 'ulimit -n 8; exec "$0" "$@"'])
    cat.close()
    assert cat.wait() == 2 and "Too many open files" in cat.err and cat.err.count("\n") == 1


# Files and descriptors

def test_files(pollcat, tmp_path):
    cat = pollcat(f"file:{tmp_path / 'x'}")
    cat.send(payload(SIZE)).close()
    assert cat.wait() == 0 and (tmp_path / "x").read_bytes() == payload(SIZE)
    cat = pollcat(f"append:{tmp_path / 'x'}")
    cat.send(b"more").close()
    assert cat.wait() == 0 and (tmp_path / "x").read_bytes() == payload(SIZE) + b"more"
    cat = pollcat(f"read:{tmp_path / 'x'}")
    assert cat.out == payload(SIZE) + b"more" and cat.wait() == 0 and cat.err == ""  # whatever input there may be
    (tmp_path / "x").write_bytes(b"")
    with open("/dev/zero", "rb") as zero:
        cat = pollcat(f"read:{tmp_path / 'x'}", stdin=zero)
        assert cat.out == b"" and cat.wait() == 0 and cat.err == ""


def test_full_disk(pollcat):
    cat = pollcat("file:/dev/full")
    cat.send(b"x").close()
    assert cat.wait() == 1 and "file:/dev/full: No space left on device" in cat.err


def test_discard(pollcat):
    cat = pollcat("discard:")
    cat.send(payload(SIZE)).close()
    assert cat.wait() == 0 and cat.out == b"" and cat.err == ""


def test_descriptors(pollcat):
    ours, theirs = socket.socketpair()
    cat = pollcat(f"fd:{theirs.fileno()}", pass_fds=(theirs.fileno(),))
    theirs.close()
    sender = Background(lambda: cat.send(payload(SIZE)).close())
    assert receive_all(ours) == payload(SIZE)
    sender.result()
    ours.sendall(b"answer")
    ours.close()
    assert cat.out == b"answer" and cat.wait() == 0


def test_two_descriptors(pollcat):
    (in_reader, in_writer), (out_reader, out_writer) = os.pipe(), os.pipe()
    cat = pollcat(f"fd:{in_reader},{out_writer}", pass_fds=(in_reader, out_writer))
    os.close(in_reader)
    os.close(out_writer)
    cat.send(b"question").close()
    with open(out_reader, "rb") as out:
        assert out.read() == b"question"
    os.write(in_writer, b"answer")
    os.close(in_writer)
    assert cat.out == b"answer" and cat.wait() == 0


# Any two

def test_program_and_connection(pollcat):
    server = serve()
    cat = pollcat("sh:tr a-z A-Z; exit 7", "--to", f"tcp:127.0.0.1:{port_of(server)}")
    peer = accept(server)
    peer.sendall(b"abc")
    half_close(peer)
    assert receive_all(peer) == b"ABC"
    peer.close()
    assert cat.wait() == 7 and cat.err == ""


def test_connection_cannot_be_had(pollcat):
    cat = pollcat("exec:cat", "--to", "unix:/nonexistent/socket")
    assert cat.wait() == 1 and "/nonexistent/socket: No such file or directory" in cat.err


def test_two_programs(pollcat, tmp_path):
    cat = pollcat("sh:echo question; cat >&2", "--to", "sh:read x; echo answer to $x")
    cat.close()
    assert cat.wait() == 0 and cat.err == "answer to question\n"


@PATHS
def test_file_and_program(pollcat, tmp_path, path):
    (tmp_path / "in").write_bytes(payload(SIZE))
    cat = pollcat(f"read:{tmp_path / 'in'}", "--to", f"sh:cat >{tmp_path / 'out'}", env=path)
    assert cat.wait() == 0 and (tmp_path / "out").read_bytes() == payload(SIZE)


def test_standard_streams_and_connection(pollcat):
    server = serve()
    cat = pollcat("-", "--to", f"127.0.0.1:{port_of(server)}")
    peer = accept(server)
    cat.send(b"question").close()
    assert receive_all(peer) == b"question"
    peer.sendall(b"answer")
    peer.close()
    assert cat.out == b"answer" and cat.wait() == 0


# At the prompt

def test_program_at_the_prompt(at):
    t = at(f"exec:{need('bc')} -q")
    t.type("2^10\r")
    t.wait_text("1024")
    t.type("~info\r")
    t.wait_text("remote    exec:")
    t.type("6*7\r")
    t.wait_text("42")
    t.type("\x04")
    assert t.wait_exit() == 0


def test_its_end_is_the_end(at):
    t = at("sh:read x; echo got $x; exit 3")
    t.type("it\r")
    assert t.wait_exit() == 3
    assert t.lines()[-2:] == ["got it", "pollcat: sh:read x; echo got $x; exit 3 closed the connection"]


def test_quit_hangs_it_up(at):
    t = at("sh:echo ready; trap 'echo hup >&2; exit' HUP; sleep 600 & wait")
    t.wait_text("ready")
    t.type("~quit\r")
    assert t.wait_exit() == 0


def test_connect_again(at):
    t = at("sh:echo there; cat")
    t.wait_text("there")
    t.type("~connect\r")
    t.wait(lambda t: sum(row == "there" for row in t.lines()) == 2)
    t.type("~connect localhost 80\r")
    t.wait_text("is no connection")
    t.type("x\r")
    t.wait(lambda t: sum(row == "x" for row in t.lines()) == 2)


def test_reconnect(pollcat):
    cat = pollcat("--reconnect=2", "sh:echo $PPID; read x || sleep 600")
    cat.send(b"x\nx\nx\n")
    cat.stdout.until(lambda seen: seen.count(b"\n") == 2)
    cat.signal(signal.SIGTERM)
    cat.wait()


def test_to_is_no_abbreviation(pollcat):
    cat = pollcat("127.0.0.1", "1", "--to", "lowdelay")
    assert cat.wait() == 2 and "'lowdelay' is no end" in cat.err
