# SPDX-License-Identifier: GPL-3.0-or-later
"""We as a proxy when things go wrong: many at once, hostile clients, targets that are not to be had."""
import contextlib
import os
import resource
import socket
import ssl
import threading

import pytest

import certificates
from proxying import ASSOCIATE, BIND, CONNECT, answer, ask5
from support import (POLLCAT, Held, accept, deaf, dial, room_for_files, half_close, namespace, need, payload, port_of, receive,
                     receive_all, refusing, reset, serve, until_resting, with_hosts)

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.fixture
def proxy(pollcat):
    def start(*args, host="127.0.0.1", **more):
        cat = pollcat("-v", "-l", "-k", "--proxy-type", "any", host, "0", *args, **more)
        cat.bound()
        return cat

    return start


def ask(cat, text):
    client = dial(cat.port)
    client.sendall(text)
    return client


def connect(host, port):
    return f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode()


def tunnel(cat, server):
    """Both ends of one."""
    client = ask(cat, connect("127.0.0.1", port_of(server)))
    peer = accept(server)
    assert receive(client, len(ESTABLISHED)) == ESTABLISHED
    return client, peer


def test_five_hundred_at_once(proxy):
    room_for_files(1200)
    cat, server = proxy(), serve(backlog=512)
    clients = [ask(cat, connect("127.0.0.1", port_of(server))) for _ in range(500)]
    peers = [accept(server) for _ in clients]
    for i, client in enumerate(clients):
        assert receive(client, len(ESTABLISHED)) == ESTABLISHED
        client.sendall(b"%03d" % i)
    for peer in peers:
        peer.sendall(receive(peer, 3) * 2)
    for i, client in enumerate(clients):
        assert receive(client, 6) == b"%03d" % i * 2
    until_resting(cat.pid)
    for sock in clients + peers:
        sock.close()


def test_many_that_never_ask(proxy):
    """They cost nothing, and hold up nobody."""
    room_for_files(600)
    cat, server = proxy("-w", "30"), serve()
    stalled = [ask(cat, (b"", b"\4", b"\5\1\0", b"GET http", b"CONNECT a:1 HTTP/1.1\r\n" + b"A: b\r\n" * 100)[i % 5]) for i in range(200)]
    until_resting(cat.pid)
    client, peer = tunnel(cat, server)
    peer.sendall(b"here")
    assert receive(client, 4) == b"here"
    assert stalled


@pytest.mark.parametrize("command", [CONNECT, BIND])
def test_names_that_take_long(proxy, tmp_path, command):
    """A hundred clients wait for theirs; one with an address does not."""
    hosts = "127.0.0.1 localhost " + " ".join(f"slow{i}" for i in range(100)) + "\n"
    cat, server, nobody = proxy("-4", wrap=with_hosts(tmp_path, hosts)), serve(), refusing()
    with Held(tmp_path / "hosts"):
        clients = [ask5(cat, command, f"slow{i}", port_of(nobody)) for i in range(100)]
        tunnel(cat, server)
        reset(clients.pop())
        tunnel(cat, server)
    assert {answer(client)[0] for client in clients} == ({5} if command == CONNECT else {0})


ENDS = [reset, socket.socket.close, half_close]
LEFT = {reset: "closed 127|Connection reset by peer", socket.socket.close: "it has left before it was answered$|Broken pipe$",
        half_close: "it has left before it was answered$"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("command", [CONNECT, BIND])
def test_who_leaves_while_a_name_is_looked_up(proxy, tmp_path, end, command):
    cat, nobody = proxy("-4", wrap=with_hosts(tmp_path, "127.0.0.1 slow\n")), refusing()
    with Held(tmp_path / "hosts"):
        client = ask5(cat, command, "slow", port_of(nobody))
        until_resting(cat.pid)
        end(client)
        cat.until_err(LEFT[end])
        if end is half_close:
            assert answer(client)[0] == 1 and receive_all(client) == b""
    assert answer(ask5(cat, CONNECT, "127.0.0.1", port_of(nobody)))[0] == 5


@pytest.mark.parametrize("end", ENDS)
def test_who_leaves_while_the_connection_is_made(proxy, end):
    """It is made no more."""
    cat, silent = proxy(), deaf()
    before = os.listdir(f"/proc/{cat.pid}/fd")
    client = ask(cat, connect("127.0.0.1", port_of(silent[0])))
    until_resting(cat.pid, lambda: len(os.listdir(f"/proc/{cat.pid}/fd")) == len(before) + 2)
    end(client)
    cat.until_err(LEFT[end])
    if end is half_close:
        assert receive_all(client).startswith(b"HTTP/1.1 400 ")
        client.close()
    until_resting(cat.pid, lambda: len(os.listdir(f"/proc/{cat.pid}/fd")) == len(before))


def test_who_ends_its_side_is_given_a_moment(proxy):
    """It may want to hear all the same."""
    cat, server = proxy(), serve()
    client = half_close(ask(cat, connect("127.0.0.1", port_of(server))))
    peer = accept(server)
    assert receive_all(peer) == b""
    peer.sendall(b"welcome")
    peer.close()
    assert receive_all(client) == ESTABLISHED + b"welcome"


@pytest.mark.parametrize("request_", ["tunnel", "plain"])
def test_who_has_said_all_waits_for_the_answer(proxy, tmp_path, request_):
    """What was sent behind a request arrives, and one that is all that is to be said is answered."""
    server = serve()
    cat, port = proxy("-4", wrap=with_hosts(tmp_path, "127.0.0.1 slow\n")), port_of(server)
    text = connect("slow", port) + b"all" if request_ == "tunnel" else f"GET http://slow:{port}/ HTTP/1.0\r\n\r\n".encode()
    with Held(tmp_path / "hosts"):
        client = half_close(ask(cat, text))
        until_resting(cat.pid)
    peer = accept(server)
    if request_ == "tunnel":
        assert receive_all(peer) == b"all"
    else:
        assert receive(peer, 9) == b"GET / HTT"
    peer.sendall(b"HTTP/1.0 200 Fine\r\n\r\nbody")
    half_close(peer)
    assert receive_all(client).endswith(b"\r\n\r\nbody")


def test_targets_that_do_not_answer(proxy):
    cat, silent = proxy("-w", "0.5"), deaf()
    port = port_of(silent[0])
    assert answer(ask5(cat, CONNECT, "127.0.0.1", port))[0] == 6
    assert receive_all(ask(cat, connect("127.0.0.1", port))).startswith(b"HTTP/1.1 504 ")
    assert receive_all(ask(cat, b"\4\1" + port.to_bytes(2, "big") + b"\x7f\0\0\1\0"))[:2] == b"\0\x5b"


def test_targets_that_cannot_be_reached(pollcat, program):
    inside = namespace(program)
    cat = pollcat("-l", "-k", "--proxy-type", "any", "::1", "0", wrap=inside)
    for kind, refused in (("http", "502 Bad Gateway"), ("socks5", "unreachable")):
        client = program(*inside, POLLCAT, "--proxy-type", kind, "--proxy", f"[::1]:{cat.port}", "192.0.2.1", "80")
        assert client.wait() == 1
        assert refused in client.err


@pytest.mark.parametrize("side", ["client", "target"])
def test_resets_pass(proxy, side):
    cat, server = proxy(), serve()
    ends = dict(zip(("client", "target"), tunnel(cat, server)))
    ends[side].sendall(b"x")
    other = ends["target" if side == "client" else "client"]
    assert receive(other, 1) == b"x"
    reset(ends[side])
    with pytest.raises(ConnectionResetError):
        receive_all(other)


@pytest.mark.parametrize("side", ["client", "target"])
def test_half_closes_pass(proxy, side):
    cat, server = proxy(), serve()
    ends = dict(zip(("client", "target"), tunnel(cat, server)))
    other = ends["target" if side == "client" else "client"]
    ends[side].sendall(b"the last")
    half_close(ends[side])
    assert receive_all(other) == b"the last"
    sender = threading.Thread(target=lambda: (other.sendall(payload(1 << 20)), other.close()))
    sender.start()
    assert receive_all(ends[side]) == payload(1 << 20)
    sender.join()


def test_a_request_for_ourselves(proxy):
    """It does not come back again and again, whatever we are called."""
    cat = proxy(host="0.0.0.0")
    for host in ("127.0.0.1", "127.0.0.2", "localhost"):
        text = receive_all(ask(cat, f"GET http://{host}:{cat.port}/ HTTP/1.1\r\n\r\n".encode()))
        assert text.startswith(b"HTTP/1.1 403 " if host != "127.0.0.2" else b"HTTP/1.1 400 ")
    nested = connect("127.0.0.1", cat.port) * 20 + connect("127.0.0.1", 1)
    client = ask(cat, nested)
    assert receive(client, 20 * len(ESTABLISHED)) == 20 * ESTABLISHED
    assert receive_all(client).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize("command", [CONNECT, BIND, ASSOCIATE])
def test_descriptors_run_out(proxy, command):
    """Each is granted or refused, and when they have gone all is as before."""
    cat, server = proxy(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))), serve(backlog=64)
    before = len(os.listdir(f"/proc/{cat.pid}/fd"))
    clients = [dial(cat.port) for _ in range(40)]
    for client in clients:
        client.sendall(b"\5\1\0\5" + bytes([command]) + b"\0\1\x7f\0\0\1" + port_of(server).to_bytes(2, "big"))
    assert receive(clients[0], 2) == b"\5\0" and answer(clients[0])[0] == 0
    until_resting(cat.pid)
    for client in clients:
        reset(client)
    kept = 9  # a place for the next name, and pipes for the next streams
    until_resting(cat.pid, lambda: len(os.listdir(f"/proc/{cat.pid}/fd")) <= before + kept)
    assert answer(ask5(cat, command, "127.0.0.1", port_of(server)))[0] == 0


@contextlib.contextmanager
def secure_web(directory, host):
    """A server of HTTPS that says "secure" to each."""
    certs = certificates.make(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs["good.pem"], certs["good.key"])
    server = serve(host)

    def answer_all():
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as sock:
                    while b"\r\n\r\n" not in sock.recv(4096):
                        pass
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecure")

    thread = threading.Thread(target=answer_all, daemon=True)
    thread.start()
    yield port_of(server)
    server.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_curl_with_tls(proxy, program, tmp_path, host):
    """All ways to a server of HTTPS, by its address and by its name."""
    cat = proxy("--proxy-auth", "joe:secret", host=host, wrap=with_hosts(tmp_path, f"{host} secure.example\n"))
    with secure_web(tmp_path, host) as port:
        brackets = f"[{host}]" if ":" in host else host
        for scheme in ("http", "socks5", "socks5h"):
            for target in (brackets, "secure.example"):
                curl = program(need("curl"), "-sSk", "-x", f"{scheme}://{brackets}:{cat.port}", "-U", "joe:secret", "--resolve",
                               f"secure.example:{port}:{host}", f"https://{target}:{port}/")
                assert curl.wait() == 0, (scheme, target, curl.err)
                assert curl.out == b"secure"
