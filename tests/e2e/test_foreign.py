# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends of every kind with other people's programs on the other side: what they are used for."""
import sys

import pytest

from sshd import sshd
from support import POLLCAT, dial, need, payload, receive

SIZE = 3 << 20


@pytest.fixture
def relay(pollcat):
    """relay(END, *ARGS): a listener for many whose peers are joined to END."""
    def start(end, *args, **more):
        cat = pollcat("-lk", *args, "127.0.0.1", "0", "--to", end, **more)
        cat.bound()
        return cat

    return start


# ssh


@pytest.mark.parametrize("way", ["straight", "relayed"])
def test_ssh_by_proxy_command(sshd, relay, way):
    """Its connection is our standard streams."""
    port = sshd.port if way == "straight" else relay(f"tcp:127.0.0.1:{sshd.port}").port
    client = sshd.ssh_by([POLLCAT, "127.0.0.1", port], "cat; exit 7").send(payload(SIZE)).close()
    assert client.out == payload(SIZE) and client.wait() == 7


def test_ssh_by_proxy_command_and_an_end(sshd):
    client = sshd.ssh_by([POLLCAT, f"tcp:127.0.0.1:{sshd.port}", "--to", "-"], "echo hello")
    assert client.out == b"hello\n" and client.wait() == 0


def test_ssh_through_the_forwarder(sshd, relay):
    cat = relay(f"127.0.0.1:{sshd.port}")
    clients = [sshd.ssh(cat.port, f"head -c {SIZE} /dev/zero; exit {n}") for n in range(3)]
    assert [len(client.out) for client in clients] == [SIZE] * 3
    assert [client.wait() for client in clients] == [0, 1, 2]


# redis


@pytest.fixture
def redis(program, tmp_path, free_port):
    server = program(need("redis-server"), "--bind", "127.0.0.1", "--port", str(free_port), "--unixsocket",
                     str(tmp_path / "redis"), "--save", "", "--appendonly", "no", "--dir", str(tmp_path))
    server.until_out(b"accept connections at")
    return {"tcp": f"tcp:127.0.0.1:{free_port}", "unix": f"unix:{tmp_path / 'redis'}"}


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_redis(redis, relay, program, kind):
    cat = relay(redis[kind])

    def cli(*args):
        return program(need("redis-cli"), "-p", str(cat.port), *args)

    assert cli("set", "key", "value").out == b"OK\n" and cli("get", "key").out == b"value\n"
    waiting = cli("blpop", "queue", "0")  # one that waits holds up nobody
    mass = cli("--pipe").send(b"".join(b"SET key%d %d\r\n" % (n, n) for n in range(20_000))).close()
    assert b"errors: 0, replies: 20000" in mass.out
    assert cli("dbsize").out == b"20001\n"
    cli("rpush", "queue", "here").wait()
    assert waiting.out == b"queue\nhere\n"


def test_redis_at_our_streams(redis, pollcat):
    cat = pollcat(redis["unix"]).send(b"PING\r\nECHO hello\r\nQUIT\r\n")
    assert cat.out == b"+PONG\r\n$5\r\nhello\r\n+OK\r\n" and cat.wait() == 0


# curl


@pytest.fixture
def http(program, tmp_path):
    """A server of Python's, and the port of it; page is a file there."""
    (tmp_path / "page").write_bytes(payload(SIZE))
    server = program(sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", cwd=tmp_path)
    return int(server.stdout.until(lambda seen: seen.endswith(b"...\n") and seen).split(b" port ")[1].split()[0])


def test_curl(http, relay, program, tmp_path):
    cat = relay(f"localhost:{http}")
    many = [str(tmp_path / f"copy{n}") for n in range(8)]
    args = [word for name in many for word in ("-o", name, f"http://127.0.0.1:{cat.port}/page")]
    client = program(need("curl"), "-sS", "--fail", "--parallel", *args)
    assert client.wait() == 0, client.err
    assert all(open(name, "rb").read() == payload(SIZE) for name in many)


def test_curl_asks_a_program(relay, program):
    cat = relay("""sh:read line; printf 'HTTP/1.0 200 OK\\r\\n\\r\\n%s' "$line" """)
    assert program(need("curl"), "-sS", f"http://127.0.0.1:{cat.port}/what").out == b"GET /what HTTP/1.1\r"


# Netcats: each row of the table of ends


def clients(port):
    return {"nc": ["nc", "-N", "127.0.0.1", port], "ncat": ["ncat", "127.0.0.1", port],
            "socat": ["socat", "-t30", "STDIO", f"TCP:127.0.0.1:{port}"]}


@pytest.fixture(params=["nc", "ncat", "socat"])
def exchange(request, program):
    """exchange(PORT, DATA): what comes back to one of them, which half-closes behind DATA."""
    def run(port, data):
        argv = clients(port)[request.param]
        return program(need(argv[0]), *map(str, argv[1:])).send(data).close().out

    return run


@pytest.mark.parametrize("end", ["exec:tr a-z A-Z", "sh:tr a-z A-Z", "exec:socat - EXEC:'tr a-z A-Z'"])
def test_programs(relay, exchange, end):
    assert exchange(relay(end).port, b"loud") == b"LOUD"


def test_terminal(relay, exchange):
    said = exchange(relay("pty:sh -c 'read x; tty -s && echo \"got $x\"'").port, b"it\n")
    assert said == b"it\r\ngot it\r\n"


def test_files(relay, pollcat, exchange, tmp_path):
    (tmp_path / "page").write_bytes(payload(SIZE))
    assert exchange(relay(f"read:{tmp_path / 'page'}").port, b"") == payload(SIZE)
    cat = relay(f"append:{tmp_path / 'log'}")
    assert exchange(cat.port, b"one\n") == exchange(cat.port, b"two\n") == b""
    assert sorted((tmp_path / "log").read_text().split()) == ["one", "two"]
    single = pollcat("-l", "127.0.0.1", "0", "--to", f"file:{tmp_path / 'new'}")
    assert exchange(single.port, payload(SIZE)) == b"" and single.wait() == 0
    assert (tmp_path / "new").read_bytes() == payload(SIZE)


def test_echo_and_discard(relay, exchange):
    assert exchange(relay("echo:").port, payload(SIZE)) == payload(SIZE)
    assert exchange(relay("discard:").port, payload(SIZE)) == b""


@pytest.mark.parametrize("end", ["-", "fd:0,1"])
def test_our_streams(pollcat, exchange, end):
    cat = pollcat("-l", "127.0.0.1", "0", "--to", end).send(b"ours").close()
    assert exchange(cat.port, b"theirs") == b"ours"
    assert cat.out == b"theirs" and cat.wait() == 0


def test_descriptor_of_socat(program, free_port):
    """Which gives a program two of its own."""
    command = rf'SYSTEM:"exec {POLLCAT} -l 127.0.0.1 {free_port} --to fd\:3\,4",fdin=3,fdout=4'
    socat = program(need("socat"), "STDIO", command)
    free_port.wait_listening()
    peer = dial(free_port)
    socat.send(b"through\n")
    assert receive(peer, 8) == b"through\n"
    peer.sendall(b"back\n")
    socat.until_out(b"back\n")
    peer.close()


@pytest.mark.parametrize("server, end", [
    ("TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "tcp:127.0.0.1:{port}"),
    ("TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "localhost:{port}"),
    ("UNIX-LISTEN:{path},fork", "unix:{path}"),
    ("ABSTRACT-LISTEN:{path},fork", "unix:@{path}"),
    ("UNIX-LISTEN:{path},socktype=5,fork", "seqpacket:{path}"),
    ("UDP4-RECVFROM:{port},bind=127.0.0.1,fork", "udp:127.0.0.1:{port}"),
    ("UNIX-RECVFROM:{path},fork", "unix-dgram:{path}"),
], ids=lambda word: word.partition(":")[0])
def test_connections_to_socat(relay, program, tmp_path, free_port, server, end):
    names = {"port": free_port, "path": tmp_path / "end"}
    program(need("socat"), "-d", "-d", server.format(**names), "PIPE").until_err(r" (listening|receiving) on ")
    peer = dial(relay(end.format(**names)).port)
    peer.sendall(b"there and back")
    assert receive(peer, 14) == b"there and back"


@pytest.mark.parametrize("argv", [["ncat", "-l"], ["nc", "-l"]], ids=lambda argv: argv[0])
def test_connections_to_netcats(relay, program, exchange, free_port, argv):
    server = program(need(argv[0]), *argv[1:], "127.0.0.1", str(free_port))
    free_port.wait_listening()
    cat = relay(f"tcp:127.0.0.1:{free_port}")
    server.send(b"hello").close()
    assert exchange(cat.port, b"bye") == b"hello" and server.out == b"bye"
