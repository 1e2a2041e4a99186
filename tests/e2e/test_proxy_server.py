# SPDX-License-Identifier: GPL-3.0-or-later
"""We as a proxy: real clients, and some that ask in any pieces, too much, or nothing that is right."""
import base64
import concurrent.futures
import contextlib
import hashlib
import http.server
import os
import re
import socket
import threading

import pytest

from support import (POLLCAT, Held, accept, dial, half_close, namespace, need, payload, port_of, receive, receive_all, refusing, reset,
                     serve, with_hosts)

SCHEMES = ["http", "socks4", "socks4a", "socks5", "socks5h"]
LOGIN = base64.b64encode(b"joe:secret")


@pytest.fixture
def proxy(pollcat):
    def start(*args, kind="any", host="127.0.0.1", keep=True):
        cat = pollcat("-v", "-l", *(["-k"] if keep else []), "--proxy-type", kind, host, "0", *args)
        cat.bound()
        return cat

    return start


@contextlib.contextmanager
def web(host="127.0.0.1"):
    """A server of HTTP that answers with what it was asked."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = f"{self.requestline}\n{self.headers}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with Server((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def socks4(port, name=None):
    return (b"\4\1" + port.to_bytes(2, "big") + (b"\0\0\0\1" if name else b"\x7f\0\0\1") + b"user\0" +
            (name.encode() + b"\0" if name else b""))


def socks5(port, ip=b"\x7f\0\0\1", name=None, command=1):
    kind = b"\3" + bytes([len(name.encode())]) + name.encode() if name else (b"\1" if len(ip) == 4 else b"\4") + ip
    return b"\5\1\0", b"\5" + bytes([command]) + b"\0" + kind + port.to_bytes(2, "big")


def connect(where, *fields):
    return "\r\n".join([f"CONNECT {where} HTTP/1.1", f"Host: {where}", *fields, "", ""]).encode()


def requests(port):
    """What clients of each kind say at once, and what they hear when it went well."""
    return {"http": (connect(f"127.0.0.1:{port}"), b"HTTP/1.1 200 Connection established\r\n\r\n"),
            "socks4": (socks4(port), b"\0\x5a" + bytes(6)),
            "socks4a": (socks4(port, "127.0.0.1"), b"\0\x5a" + bytes(6)),
            "socks5": (b"".join(socks5(port)), b"\5\0\5\0\0\1" + bytes(6)),
            "socks5 name": (b"".join(socks5(port, name="127.0.0.1")), b"\5\0\5\0\0\1" + bytes(6))}


KINDS = list(requests(1))


def ask(cat, request):
    client = dial(cat.port)
    client.sendall(request)
    return client


def answered(cat, request):
    """All that the client hears."""
    client = ask(cat, request)
    text = receive_all(client)
    client.close()
    return text


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("tunnel", [True, False])
def test_curl(proxy, program, scheme, name, tunnel):
    cat = proxy(kind="any" if tunnel else scheme.rstrip("ah"))
    with web() as port:
        curl = program(need("curl"), "-4", "-sS", *(["-p"] if tunnel else []), "-x", f"{scheme}://127.0.0.1:{cat.port}",
                       f"http://{name}:{port}/a?b")
        assert curl.wait() == 0
        assert curl.out.startswith(b"GET /a?b HTTP/1.1\n") and f"Host: {name}:{port}".encode() in curl.out
        assert b"Proxy-" not in curl.out
    cat.until_err(rf": {'GET' if scheme == 'http' and not tunnel else 'CONNECT'} .* port {port}$")


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
def test_curl_ipv6(proxy, program, scheme):
    cat = proxy()
    with web("::1") as port:
        curl = program(need("curl"), "-sS", "-p", "-x", f"{scheme}://127.0.0.1:{cat.port}", f"http://[::1]:{port}/")
        assert curl.wait() == 0 and curl.out.startswith(b"GET / HTTP/1.1\n")


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_curl_logs_in(proxy, program, scheme):
    cat = proxy("--proxy-auth", "joe:secret")
    with web() as port:
        for login, status in (("joe:secret", 0), ("joe:wrong", 1), (None, 1)):
            curl = program(need("curl"), "-sS", "-p", "-x", f"{scheme}://127.0.0.1:{cat.port}",
                           *(["-U", login] if login else []), f"http://127.0.0.1:{port}/")
            assert (curl.wait() == 0) == (status == 0)
            assert (b"GET / HTTP/1.1" in curl.out) == (status == 0)
            assert b"am9l" not in curl.out
    with open(f"/proc/{cat.pid}/cmdline", "rb") as f:
        assert b"secret" not in f.read()


@pytest.mark.parametrize("way", ["--proxy-digest", "--proxy-anyauth", "--proxy-basic"])
@pytest.mark.parametrize("tunnel", [True, False])
def test_curl_logs_in_by(proxy, program, way, tunnel):
    cat = proxy("--proxy-auth", "joe:secret")
    with web() as port:
        for login, status in (("joe:secret", 0), ("joe:wrong", 1), ("jim:secret", 1)):
            curl = program(need("curl"), "-sS", *(["-p"] if tunnel else ["-f"]), way, "-x", f"http://127.0.0.1:{cat.port}",
                           "-U", login, f"http://127.0.0.1:{port}/a?b")
            assert (curl.wait() == 0) == (status == 0)
            assert (b"GET /a?b HTTP/1.1" in curl.out) == (status == 0)


def test_the_library_of_hashes_waits_for_who_needs_it(proxy):
    def loaded():
        with open(f"/proc/{cat.pid}/maps", encoding="ascii") as f:
            return "libcrypto" in f.read()

    cat, nobody = proxy("--proxy-auth", "joe:secret"), refusing()
    basic = "Proxy-Authorization: Basic " + LOGIN.decode()
    assert answered(cat, connect(f"127.0.0.1:{port_of(nobody)}", basic)).startswith(b"HTTP/1.1 502 ")
    assert not loaded()
    assert answered(cat, connect(f"127.0.0.1:{port_of(nobody)}")).count(b"Proxy-Authenticate: Digest") == 2
    assert loaded()


def digest(cat, target, *, method="CONNECT", user="joe", password="secret", forged=None, name="MD5", qop=True, **other):
    """A login for what the proxy has asked for, with some parameters that are not right."""
    challenge = next(line for line in answered(cat, connect("127.0.0.1:1")).decode().splitlines()
                     if "Digest" in line and f"algorithm={name}," in line)
    given = dict(re.findall(r'(\w+)="?([^",]*)', challenge))
    nonce = forged(given["nonce"]) if forged else given["nonce"]

    def of(*parts):
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], ":".join(parts).encode()).hexdigest()

    who, what = of(user, given["realm"], password), of(method, target)
    response = of(who, nonce, "00000001", "mine", "auth", what) if qop else of(who, nonce, what)
    fields = {"username": user, "realm": given["realm"], "nonce": nonce, "uri": target, "response": response, "algorithm": name,
              **({"qop": "auth", "nc": "00000001", "cnonce": "mine"} if qop else {}), **other}
    return "Proxy-Authorization: Digest " + ", ".join(f'{k}="{v}"' for k, v in fields.items() if v is not None)


@pytest.mark.parametrize("how, status", [
    ({}, 502), ({"name": "SHA-256"}, 502), ({"qop": False}, 502), ({"qop": False, "algorithm": None}, 502),
    ({"method": "GET"}, 407), ({"user": "jim"}, 407), ({"password": "Secret"}, 407), ({"password": ""}, 407),
    ({"forged": lambda nonce: nonce[:-1] + ("0" if nonce[-1] != "0" else "1")}, 407), ({"forged": lambda nonce: "0" * 32}, 407),
    ({"forged": lambda nonce: ""}, 407), ({"forged": lambda nonce: nonce + "0"}, 407), ({"realm": "other"}, 407), ({"uri": "other:1"}, 407),
    ({"uri": None}, 407), ({"response": None}, 407), ({"response": ""}, 407), ({"username": None}, 407), ({"nonce": None}, 407),
    ({"algorithm": "MD5-sess"}, 407), ({"algorithm": "SHA-256"}, 407), ({"qop": False, "nc": "1", "cnonce": "x" * 5000}, 502),
    ({"cnonce": "x" * 5000}, 407), ({"qop": "auth-int"}, 407)])
def test_digest_by_hand(proxy, how, status):
    cat, nobody = proxy("--proxy-auth", "joe:secret"), refusing()
    target = f"127.0.0.1:{port_of(nobody)}"
    if isinstance(how.get("qop"), str):
        login = digest(cat, target).replace('qop="auth"', f'qop="{how["qop"]}"')
    else:
        login = digest(cat, target, **how)
    assert answered(cat, connect(target, login)).startswith(b"HTTP/1.1 %d " % status)
    if status == 502:
        assert answered(cat, connect(target, login + ', nonce="x"')).startswith(b"HTTP/1.1 407 ")
        assert answered(cat, connect("127.0.0.1:1", login)).startswith(b"HTTP/1.1 407 ")


def test_plain_requests_are_rewritten(proxy):
    server = serve()
    cat = proxy(kind="http")
    port = port_of(server)
    request = (f"POST http://joe@127.0.0.1:{port}?a=b#c HTTP/1.1\r\nHost: other\r\nProxy-Connection: keep-alive\r\n"
               "Proxy-Authorization: Basic x\r\nConnection: keep-alive, Two, content-length\r\nTwo: 2\r\nKeep-Alive: 3\r\n"
               "One: a\r\n  b\r\nContent-Length: 4\r\n\r\nbody").encode()
    client = ask(cat, request)
    peer = accept(server)
    wanted = (f"POST /?a=b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOne: a    b\r\nContent-Length: 4\r\nVia: 1.1 pollcat\r\n"
              "Connection: close\r\n\r\nbody").encode()
    assert receive(peer, len(wanted)) == wanted
    peer.sendall(b"HTTP/1.1 204 Fine\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nA: b\r\n\r\n")
    peer.close()
    assert receive_all(client) == b"HTTP/1.1 204 Fine\r\nA: b\r\nVia: 1.1 pollcat\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pieces", ["single bytes", "at once"])
def test_requests_in_pieces(proxy, kind, pieces):
    """What comes right behind the request is the server's, whatever comes back first; ends pass in both directions."""
    cat, server = proxy(), serve()
    request, granted = requests(port_of(server))[kind]
    client = dial(cat.port)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    text = request + b"mine"
    for i in range(0, len(text), 1 if pieces == "single bytes" else len(text)):
        client.sendall(text[i:i + 1] if pieces == "single bytes" else text)
    peer = accept(server)
    assert receive(peer, 4) == b"mine"
    assert receive(client, len(granted)) == granted
    half_close(client)
    assert receive_all(peer) == b""
    peer.sendall(payload(1 << 20))
    peer.close()
    assert receive_all(client) == payload(1 << 20)


REFUSED = {"http": b"HTTP/1.1 502 ", "socks4": b"\0\x5b", "socks4a": b"\0\x5b", "socks5": b"\5\0\5\5", "socks5 name": b"\5\0\5\5"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_refuses(proxy, kind):
    nobody = refusing()
    cat = proxy()
    assert answered(cat, requests(port_of(nobody))[kind][0]).startswith(REFUSED[kind])
    cat.until_err(r": connect to 127\.0\.0\.1 port \d+: Connection refused$")


def test_a_name_without_address(proxy):
    cat = proxy("-n")
    assert answered(cat, connect("nosuch.invalid:80")).startswith(b"HTTP/1.1 504 ")
    assert answered(cat, b"".join(socks5(80, name="nosuch.invalid"))).startswith(b"\5\0\5\4")


DENIED = {"http": b"HTTP/1.1 403 ", "socks4": b"\0\x5b", "socks4a": b"\0\x5b", "socks5": b"\5\0\5\2", "socks5 name": b"\5\0\5\2"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", [["--deny-to", "127.0.0.0/8"], ["--allow-to", "192.0.2.1"],
                                  ["--allow-to", "127.0.0.1", "--deny-to", "localhost"]])
def test_targets_that_are_not_allowed(proxy, kind, rule):
    server = serve()
    cat = proxy(*rule)
    assert answered(cat, requests(port_of(server))[kind][0]).startswith(DENIED[kind])
    cat.until_err(r": not allowed$")


@pytest.mark.parametrize("target", ["localhost:9", "[::ffff:127.0.0.1]:9", "0.0.0.0:9", "[::1]:9", "[::]:9", "127.1:9"])
def test_the_address_counts_and_not_how_it_is_written(proxy, target):
    cat = proxy("--deny-to", "127.0.0.0/8,::1,::,0.0.0.0/8")
    assert answered(cat, connect(target)).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("rules", [["--deny-to", "127.0.0.0/8,::1"],
                                   ["--allow-to", "0.0.0.0/0,::/0", "--deny-to", "127.0.0.1,::1"]])
@pytest.mark.parametrize("target", ["0.0.0.0", "0", "::ffff:0.0.0.0", "::"])
def test_nobodys_address_is_that_of_this_machine(proxy, rules, target):
    server = serve("::1" if target == "::" else "127.0.0.1")
    cat = proxy(*rules)
    assert answered(cat, connect(f"[{target}]:{port_of(server)}")).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("target", ["169.254.169.254:80", "[::ffff:169.254.1.1]:80", "[fe80::1%lo]:80"])
def test_link_local_targets(proxy, target):
    assert answered(proxy(), connect(target)).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("source, allowed", [("fd00::2", False), ("::1", True)])
def test_loopback_is_not_for_strangers(pollcat, program, source, allowed):
    """Who comes from another address is none of this machine, as far as we know."""
    inside = namespace(program)
    cat = pollcat("-l", "-k", "--proxy-type", "any", "::1", "0", wrap=inside)
    for target in ("127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]", "[::]", "localhost"):
        client = program(*inside, POLLCAT, "-s", source, "::1", cat.port).send(connect(f"{target}:9"))
        client.until_out(b"\r\n\r\n")
        assert client.close().wait() == 0
        assert client.out.startswith(b"HTTP/1.1 502 " if allowed else b"HTTP/1.1 403 ")


@pytest.mark.parametrize("kind, request_, answer", [
    ("any", b"bad\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"\x16\x03\x01", b"HTTP/1.1 400 "),
    ("http", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"GET https://h/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"GET http:// HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"GET http://h:0/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"GET http://h/ HTTP/1.1\r\nA\0: b\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"GET http://h/ HTTP/1.1\r\nA : b\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"CONNECT h HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"CONNECT h: HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"CONNECT h:80 HTTP/2.0\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"POST http://h/ HTTP/1.1\r\nContent-Length: 1,1\r\n\r\n", b"HTTP/1.1 400 "),
    ("http", b"FETCH http://h/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
    ("http", b"GET http://h/ HTTP/1.1\r\n" + b"A: b\r\n" * 4000, b"HTTP/1.1 413 "),
    ("http", b"CONNECT " + b"a" * 20000, b"HTTP/1.1 413 "),
    ("socks4", b"\5\1\0", b""),
    ("socks4", b"\4\3\0\x50\x7f\0\0\1\0", b"\0\x5b"),
    ("socks4", b"\4\1\0\x50\x7f\0\0\1" + b"u" * 300, b"\0\x5b"),
    ("socks4", b"\4\1\0\x50\0\0\0\1\0\0", b"\0\x5b"),
    ("socks5", b"\4\1\0", b""),
    ("socks5", b"\5\1\1", b"\5\xff"),
    ("socks5", b"\5\0", b"\5\xff"),
    ("socks5", b"\5\1\0\5\0\0\1\x7f\0\0\1\0\x50", b"\5\0\5\7"),
    ("socks5", b"\5\1\0\5\4\0\1\x7f\0\0\1\0\x50", b"\5\0\5\7"),
    ("socks5", b"\5\1\0\5\1\0\7\x7f\0\0\1\0\x50", b"\5\0\5\x08"),
    ("socks5", b"\5\1\0\5\1\0\3\0\0\x50", b"\5\0\5\1"),
    ("socks5", b"\5\1\0\5\1\0\3\3a b\0\x50", b"\5\0\5\1")])
def test_nothing_that_is_right(proxy, kind, request_, answer):
    cat = proxy(kind=kind)
    text = answered(cat, request_)
    assert text.startswith(answer) and bool(text) == bool(answer)


@pytest.mark.parametrize("login, status", [("Basic " + LOGIN.decode(), 502), ("basic  \t" + LOGIN.decode(), 502),
                                           ("Basic\r\n " + LOGIN.decode(), 502), ("Basic " + LOGIN.decode() + " x", 407),
                                           ("Basic", 407), ("", 407), ("Digest " + LOGIN.decode(), 407), (None, 407)])
def test_login_of_http(proxy, login, status):
    cat = proxy("--proxy-auth", "joe:secret")
    nobody = refusing()
    text = answered(cat, connect(f"127.0.0.1:{port_of(nobody)}", *([f"Proxy-Authorization: {login}"] if login is not None else [])))
    assert text.startswith(b"HTTP/1.1 %d " % status)
    assert (b"Proxy-Authenticate: Basic realm=" in text) == (status == 407)
    assert (b"Proxy-Authenticate: Digest realm=" in text) == (status == 407)


def test_login_of_socks(proxy):
    cat = proxy("--proxy-auth", "joe:secret")
    nobody = refusing()
    request = socks5(port_of(nobody))[1]
    assert answered(cat, b"\5\2\0\2" b"\1\3joe\6secret" + request).startswith(b"\5\2\1\0\5\5")
    for login in (b"\3joe\6secreT", b"\3joe\5secre", b"\0\0", b"\2jo\7esecret", b"\3joe\7secrets"):
        assert answered(cat, b"\5\2\0\2\1" + login + request) == b"\5\2\1\1"
    assert answered(cat, b"\5\1\0") == b"\5\xff"
    assert answered(cat, socks4(port_of(nobody))).startswith(b"\0\x5d")


def test_clients_that_may_not_come(proxy):
    cat = proxy("--deny", "127.0.0.1")
    with contextlib.suppress(ConnectionError):
        assert receive_all(dial(cat.port)) == b""
    cat.until_err("refused|not allowed|denied")


def test_half_a_request(proxy):
    """It holds up nobody, and is ended by -w."""
    cat, server = proxy("-w", "0.5"), serve()
    stalled = ask(cat, b"CONNECT 127.0.0.1:")
    request, granted = requests(port_of(server))["http"]
    client = ask(cat, request)
    accept(server)
    assert receive(client, len(granted)) == granted
    assert receive_all(stalled) == b""
    cat.until_err(": its request did not come in time$")


def test_a_hundred_at_once(proxy):
    cat = proxy()
    server = serve(backlog=128)
    request, granted = requests(port_of(server))["socks5"]

    def exchange(number):
        client = ask(cat, request + b"%3d" % number)
        assert receive(client, len(granted)) == granted
        half_close(client)
        return receive_all(client) == b"%3d" % number

    def answer_all():
        peers = [accept(server) for _ in range(100)]
        for peer in peers:
            peer.sendall(receive_all(peer))
            peer.close()

    with concurrent.futures.ThreadPoolExecutor(101) as pool:
        done = pool.submit(answer_all)
        assert all(pool.map(exchange, range(100)))
        done.result()


def test_many_names_at_once(pollcat, tmp_path):
    """They do not make as many threads, and those who have left make room."""
    hosts = "127.0.0.1 localhost " + " ".join(f"slow{i}" for i in range(100)) + "\n"
    cat = pollcat("-v", "-4", "-l", "-k", "--proxy-type", "any", "127.0.0.1", "0", wrap=with_hosts(tmp_path, hosts))
    server = serve(backlog=100)
    cat.bound()
    with Held(tmp_path / "hosts"):
        clients = [ask(cat, connect(f"slow{i}:{port_of(server)}")) for i in range(100)]
        for i in range(100):
            cat.until_err(f"CONNECT slow{i} port")
        assert 1 < len(os.listdir(f"/proc/{cat.pid}/task")) <= 17
        for client in clients[:80]:
            reset(client)
        dialled = ask(cat, connect(f"127.0.0.1:{port_of(server)}"))
        accept(server).close()
        assert receive_all(dialled).startswith(b"HTTP/1.1 200 ")
    for client in clients[80:]:
        assert receive(client, 12) == b"HTTP/1.1 200"


def test_a_name_that_takes_too_long(pollcat, tmp_path):
    cat = pollcat("-v", "-4", "-l", "-k", "--wait", "1", "--proxy-type", "any", "127.0.0.1", "0",
                  wrap=with_hosts(tmp_path, "127.0.0.1 slow\n"))
    cat.bound()
    with Held(tmp_path / "hosts"):
        assert answered(cat, connect("slow:9")).startswith(b"HTTP/1.1 504 ")
    cat.until_err("connect to slow port 9: Connection timed out$")


def test_one_client_without_keep_open(proxy):
    server = serve()
    cat = proxy(keep=False)
    request, granted = requests(port_of(server))["http"]
    client = ask(cat, request)
    accept(server).close()
    assert receive_all(client) == granted
    client.close()
    assert cat.wait() == 0


def test_one_client_whose_target_refuses(proxy):
    nobody = refusing()
    cat = proxy(keep=False)
    assert answered(cat, requests(port_of(nobody))["http"][0]).startswith(b"HTTP/1.1 502 ")
    assert cat.wait() == 1
    assert re.search(r"port \d+: connect to 127\.0\.0\.1 port \d+: Connection refused$", cat.err, re.M)


def test_clients_that_leave_early(proxy):
    cat = proxy()
    for request in (b"", b"\5", b"\5\1\0\5\1", b"CONN"):
        client = ask(cat, request)
        half_close(client)
        receive_all(client)
        client.close()
    assert answered(cat, connect("169.254.1.1:1")).startswith(b"HTTP/1.1 403 ")


def test_hosts_are_told_safely(proxy):
    cat = proxy("-n")
    answered(cat, b"".join(socks5(80, name="\u202eh")))
    cat.until_err(r": CONNECT \\xe2\\x80\\xaeh port 80$")


def test_what_passes_is_shown(proxy):
    server = serve()
    cat = proxy("--watch")
    client = ask(cat, requests(port_of(server))["http"][0] + b"hello there\n")
    assert receive(accept(server), 12) == b"hello there\n"
    cat.until_err("hello there")
    client.close()


@pytest.mark.parametrize("args", [["-X", "5", "-x"], ["-X", "4", "-x"], ["-X", "connect", "-x"], ["--proxy-type", "socks4a", "-x"]])
def test_pollcat_as_the_client(proxy, pollcat, args):
    cat, server = proxy(), serve()
    client = pollcat(*args, f"127.0.0.1:{cat.port}", "127.0.0.1", str(port_of(server)))
    client.send(b"hello")
    peer = accept(server)
    assert receive(peer, 5) == b"hello"
    peer.sendall(payload(100000))
    peer.close()
    client.until_out(100000)
    client.close()
    assert client.wait() == 0 and client.out == payload(100000)


@pytest.mark.parametrize("args", [["nc.openbsd", "-X", "5", "-x"], ["nc.openbsd", "-X", "4", "-x"], ["nc.openbsd", "-X", "connect", "-x"],
                                  ["ncat", "--proxy-type", "socks5", "--proxy"], ["ncat", "--proxy-type", "socks4", "--proxy"],
                                  ["ncat", "--proxy-type", "http", "--proxy"]])
def test_others_as_the_client(proxy, program, args):
    cat, server = proxy(), serve()
    client = program(need(args[0]), *args[1:], f"127.0.0.1:{cat.port}", "127.0.0.1", str(port_of(server)))
    client.send(b"hello")
    peer = accept(server)
    assert receive(peer, 5) == b"hello"
    peer.sendall(b"welcome")
    client.until_out(b"welcome")
    peer.close()
    client.close().wait()


def test_under_the_name_of_ncat(program, tmp_path, free_port):
    server = serve()
    (tmp_path / "ncat").symlink_to(POLLCAT)
    cat = program(tmp_path / "ncat", "-v", "-l", "--proxy-type", "http", "--proxy-auth", "joe:secret", "127.0.0.1", free_port)
    cat.until_err("Listening on 127.0.0.1")
    for _ in range(2):
        client = dial(free_port)
        client.sendall(connect(f"127.0.0.1:{port_of(server)}", "Proxy-Authorization: Basic " + LOGIN.decode()))
        accept(server).close()
        assert receive_all(client) == b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize("args, text", [
    (["-l", "0", "--proxy-type", "foo"], "none of http, socks4, socks5 and any"),
    (["--proxy-type", "any", "h", "1"], "--proxy-type needs --proxy"),
    (["-l", "0", "--proxy-type", "http", "--to", "echo:"], "--proxy-type needs --proxy"),
    (["-l", "-u", "0", "--proxy-type", "http"], "--proxy-type needs --proxy"),
    (["-l", "0", "--proxy-type", "http", "--each", "/dev/null"], "--each excludes being a proxy"),
    (["-l", "0", "--to", "proxy:any", "--telnet"], "--telnet excludes being a proxy"),
    (["-l", "0", "--proxy-auth", "a:b"], "--proxy-auth needs --proxy"),
    (["-l", "0", "--allow-to", "::1"], "--allow-to needs --proxy-type"),
    (["-l", "0", "--proxy-type", "http", "--allow-to", ","], "--allow-to: the list is empty"),
    (["-l", "0", "--proxy-type", "http", "--deny-to", "1.2.3.400"], "1.2.3.400"),
    (["-l", "0", "--proxy-type", "http", "--proxy-auth", "joe"], "USER:PASSWORD is needed"),
    (["-l", "0", "--proxy-type", "http", "--send-only"], "excludes --proxy-type with --listen")])
def test_what_does_not_go_together(pollcat, args, text):
    cat = pollcat(*args)
    assert cat.wait() == 2
    assert text in cat.err
