# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that are made through proxies: real ones, and some that answer in any pieces or not at all."""
import hashlib
import re
import signal
import socket

import pytest

from proxies import both_ways, head, http, socks  # noqa: F401
from support import POLLCAT, accept, dial, port_of, receive, receive_all, reset, serve
from terminal import Terminal

GRANTED = {"socks4": b"\0\x5a\0\0\0\0\0\0", "socks4a": b"\0\x5a\0\0\0\0\0\0", "socks5": b"\5\0\0\1\0\0\0\0\0\0",
           "http": b"HTTP/1.1 200 Fine\r\nVia: a test\r\n\r\n"}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_socks5(pollcat, socks, name):
    server = serve()
    port = socks()
    cat = pollcat("-v", "-x", f"socks5://127.0.0.1:{port}", name, str(port_of(server)))
    both_ways(cat, server)
    cat.until_err(f"{name} port {port_of(server)}: through SOCKS5 proxy 127.0.0.1 port {port}\n")
    cat.until_err(f"connected to {name} port {port_of(server)} from ")


def test_socks5_login(pollcat, socks):
    server = serve()
    port = socks("-u", "joe", "-P", "a:b@c")
    proxy = f"127.0.0.1:{port}"
    both_ways(pollcat("-x", f"socks5://joe:a%3Ab%40c@{proxy}", "127.0.0.1", str(port_of(server))), server)
    both_ways(pollcat("-X", "5", "-x", proxy, "-P", "joe:a:b@c", "127.0.0.1", str(port_of(server))), server)
    env = {"POLLCAT_PROXY_AUTH": "joe:a:b@c"}
    both_ways(pollcat("-X", "5", "-x", proxy, "127.0.0.1", str(port_of(server)), env=env), server)
    cat = pollcat("-X", "5", "-x", proxy, "-P", "joe:no", "127.0.0.1", "1")
    assert cat.wait() == 1
    assert cat.err == f"pollcat: connect to 127.0.0.1 port 1: SOCKS5 proxy 127.0.0.1 port {port}: the user or the password is wrong\n"
    cat = pollcat("-X", "5", "-x", proxy, "127.0.0.1", "1")
    assert cat.wait() == 1
    assert cat.err.endswith("it wants a user and a password: --proxy-auth USER:PASSWORD\n")


@pytest.mark.parametrize("login", [False, True])
def test_http(pollcat, http, login):
    server = serve()
    port = http(*(["BasicAuth joe secret"] if login else []))
    proxy = f"http://joe:secret@127.0.0.1:{port}/" if login else f"127.0.0.1:{port}"
    both_ways(pollcat("-x", proxy, "127.0.0.1", str(port_of(server))), server)


def test_http_says_no(pollcat, http):
    port = http("BasicAuth joe secret")
    cat = pollcat("-x", f"127.0.0.1:{port}", "127.0.0.1", "9")
    assert cat.wait() == 1
    assert f"connect to 127.0.0.1 port 9: HTTP proxy 127.0.0.1 port {port}: 407 " in cat.err and cat.err.endswith("--proxy-auth USER:PASSWORD logs in\n")
    port = http("ConnectPort 443")
    cat = pollcat("-x", f"127.0.0.1:{port}", "127.0.0.1", "9")
    assert cat.wait() == 1
    assert f"HTTP proxy 127.0.0.1 port {port}: 403 " in cat.err


def digest(name, *parts):
    return hashlib.new(name, ":".join(parts).encode()).hexdigest()


REFUSAL = "HTTP/1.1 407 Log in\r\nProxy-Authenticate: Basic realm=\"r\", {}\r\nContent-Length: 5\r\n\r\nsorry"
CHALLENGES = [
    ("md5", 'Digest realm="a, b", nonce="n1", qop="auth-int, auth", opaque="op"', True),
    ("md5", 'Digest realm="a, b",nonce="n1",algorithm=MD5', False),
    ("sha256", 'Digest realm="a, b", nonce="n1", qop="auth", algorithm=SHA-256', True),
    ("sha256", 'Digest realm="x", nonce="n0"\r\nProxy-Authenticate: Digest algorithm=SHA-256, realm="a, b", nonce="n1", qop=auth',
     True)]


@pytest.mark.parametrize("name, challenge, qop", CHALLENGES)
@pytest.mark.parametrize("pieces", ["single bytes", "at once"])
def test_digest(pollcat, name, challenge, qop, pieces):
    """The password is not told where the proxy asks so; on the same connection, behind what the refusal says."""
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80").send(b"mine").close()
    peer = accept(proxy)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head(peer)
    text = REFUSAL.format(challenge).encode()
    for i in range(0, len(text), 1 if pieces == "single bytes" else len(text)):
        peer.sendall(text[i:i + 1] if pieces == "single bytes" else text)
    lines = head(peer)
    assert lines[0] == "CONNECT example:80 HTTP/1.1"
    login = [line for line in lines if line.startswith("Proxy-Authorization: Digest ")]
    given = dict(re.findall(r'(\w+)="?([^",]*(?:, b)?)"?', login[0].split("Digest ")[1]))
    assert len(login) == 1 and (given["username"], given["realm"], given["nonce"]) == ("joe", "a, b", "n1")
    assert given.get("opaque") == ("op" if "opaque" in challenge else None)
    middle = [given["nc"], given["cnonce"], given["qop"]] if qop else []
    wanted = digest(name, digest(name, "joe", "a, b", "secret"), "n1", *middle, digest(name, "CONNECT", "example:80"))
    assert given["response"] == wanted and given["uri"] == "example:80"
    peer.sendall(GRANTED["http"] + b"welcome")
    assert receive(peer, 4) == b"mine"
    peer.close()
    assert (cat.wait(), cat.out) == (0, b"welcome")


@pytest.mark.parametrize("answer, why", [
    (REFUSAL.format('Digest realm="r", nonce="n", algorithm=MD4'), "a kind of Digest that is not known here"),
    (REFUSAL.format('Digest realm="r", nonce="n", qop="auth-int"'), "a kind of Digest that is not known here"),
    (REFUSAL.format(f'Digest realm="r", nonce="{400 * "n"}"'), "its challenge is not right"),
    (REFUSAL.format('Digest realm="r"'), "its challenge is not right"),
    (REFUSAL.replace("Basic", "Negotiate").format("NTLM"), "it wants another way to log in than Basic and Digest")])
def test_digest_that_cannot_be(pollcat, answer, why):
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    head(peer)
    peer.sendall(answer.encode())
    assert cat.wait() == 1
    assert why in cat.err


CLOSED = [REFUSAL.replace("1.1", "1.0"), REFUSAL.replace("Content", "Other"), REFUSAL.replace("Length: 5", "Length: 99999"),
          REFUSAL.replace("\r\n", "\r\nConnection: close\r\n", 1), REFUSAL.replace("\r\n", "\r\nProxy-Connection: Close\r\n", 1)]


@pytest.mark.parametrize("answer, end", [*((answer, socket.socket.close) for answer in CLOSED), (REFUSAL, socket.socket.close),
                                         (REFUSAL, reset)])
@pytest.mark.parametrize("challenge, scheme", [('Digest realm="r", nonce="n", qop=auth', "Digest "), ("NTLM", "Basic am9lOnNlY3JldA==")])
def test_a_proxy_that_ends_the_connection(pollcat, answer, end, challenge, scheme):
    """It is answered in another one; also where it had not said that it would end that (the last two of these)."""
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    assert not [line for line in head(peer) if "Authorization" in line]
    peer.sendall(answer.format(challenge).encode())
    if answer == REFUSAL:
        head(peer)
    end(peer)
    peer = accept(proxy)
    assert [line for line in head(peer) if line.startswith(f"Proxy-Authorization: {scheme}")]
    peer.sendall(GRANTED["http"] + b"welcome")
    cat.until_out(b"welcome")
    peer.close()
    assert cat.close().wait() == 0


@pytest.mark.parametrize("answer", CLOSED[:1])
def test_a_wrong_password_in_the_next_connection(pollcat, answer):
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    for _ in range(2):
        peer = accept(proxy)
        head(peer)
        peer.sendall(answer.format('Digest realm="r", nonce="n"').encode())
        peer.close()
    assert cat.wait() == 1
    assert cat.err.endswith("407 Log in: the user or the password is wrong\n")


def test_one_that_ends_every_connection(pollcat):
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    for number in range(4):
        peer = accept(proxy)
        head(peer)
        peer.sendall(CLOSED[0].format(f'Digest realm="r", nonce="n{number}", stale=true').encode())
        peer.close()
    assert cat.wait() == 1
    assert cat.err.endswith("it ends each connection in which one could log in\n")


def test_the_time_for_connecting_is_not_begun_anew(pollcat):
    proxy = serve()
    cat = pollcat("-w", "0.5", "-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    head(peer)
    peer.sendall(CLOSED[0].format("NTLM").encode())
    peer.close()
    peer = accept(proxy)  # keep it: no answer comes
    assert cat.wait() == 1
    assert cat.err.endswith("Connection timed out\n")
    peer.close()


def test_one_in_the_middle_of_a_chain_ends_the_connection(pollcat, socks):
    proxy = serve()
    cat = pollcat("-x", f"socks5://127.0.0.1:{socks()}", "-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    head(peer)
    peer.sendall(CLOSED[0].format("NTLM").encode())
    peer.close()
    peer = accept(proxy)
    assert [line for line in head(peer) if line.startswith("Proxy-Authorization: Basic ")]
    peer.sendall(GRANTED["http"] + b"welcome")
    cat.until_out(b"welcome")
    cat.signal(signal.SIGTERM)


def test_what_a_proxy_wants_is_known_to_the_next_peer(pollcat):
    """It is answered at once, with another number; when the challenge is too old, anew."""
    proxy = serve()
    cat = pollcat("-l", "-k", "127.0.0.1", "0", "--to", "example:80", "-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}")
    cat.bound()
    seen = []
    for challenges in ([1], [], [2]):
        peer = dial(cat.port)
        end = accept(proxy)
        for number in challenges:
            seen.append(head(end))
            end.sendall(REFUSAL.format(f'Digest realm="r", nonce="n{number}", qop=auth, stale=true').encode())
        seen.append(head(end))
        end.sendall(GRANTED["http"] + b"welcome")
        assert receive(peer, 7) == b"welcome"
        end.close()
        peer.close()
    found = [re.search(r'nonce="(n\d)".* nc=(\d+)', "".join(lines)) for lines in seen]
    assert [one and one.groups() for one in found] == [None, ("n1", "00000001"), ("n1", "00000002"), ("n1", "00000003"), ("n2", "00000001")]


def test_digest_with_a_wrong_password(pollcat):
    proxy = serve()
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    for _ in range(2):
        head(peer)
        peer.sendall(REFUSAL.format(CHALLENGES[0][1]).encode())
    assert cat.wait() == 1
    assert "407 Log in: the user or the password is wrong" in cat.err


def test_a_chain(pollcat, socks, http):
    server = serve()
    chain = [f"127.0.0.1:{http()}", f"socks5://127.0.0.1:{socks()}", f"socks5://j:p@127.0.0.1:{socks('-u', 'j', '-P', 'p')}"]
    args = [word for proxy in chain for word in ("--proxy", proxy)]
    both_ways(pollcat(*args, "127.0.0.1", str(port_of(server))), server)


def test_again_through_the_proxy(socks, tmp_path):
    """--reconnect takes the same way, which ~info tells."""
    server = serve()
    port = socks()
    args = ["--no-history", "--reconnect", "-x", f"socks5://127.0.0.1:{port}", "localhost", str(port_of(server))]
    with Terminal([POLLCAT, *args], home=tmp_path, columns=100) as t:
        accept(server).close()
        peer = accept(server)
        t.wait_text(f"connected to localhost port {port_of(server)}")
        t.type("~info\r")
        t.wait_text(f"through   SOCKS5 proxy 127.0.0.1 port {port}")
        t.type("back\r")
        assert receive(peer, 5) == b"back\n"


def test_an_end_through_a_proxy(pollcat, socks):
    server = serve()
    cat = pollcat("-l", "-k", "127.0.0.1", "0", "--to", f"localhost:{port_of(server)}", "-x", f"socks5://127.0.0.1:{socks()}")
    cat.bound()
    for number in range(3):
        peer = dial(cat.port)
        peer.sendall(b"%d" % number)
        end = accept(server)
        assert receive(end, 1) == b"%d" % number
        end.sendall(b"answer")
        end.close()
        assert receive_all(peer) == b"answer"


def question(kind, peer):
    """What a client of this kind asks for `example`, port 80, taking its part of the talk."""
    if kind == "socks5":
        assert receive(peer, 3) == b"\5\1\0"
        peer.sendall(b"\5\0")
    asked = {"socks4": b"\4\1\0\x50\x7f\0\0\1\0", "socks4a": b"\4\1\0\x50\0\0\0\1\0example\0",
             "socks5": b"\5\1\0\3\7example\0\x50",
             "http": b"CONNECT example:80 HTTP/1.1\r\nHost: example:80\r\n\r\n"}[kind]
    assert receive(peer, len(asked)) == asked


@pytest.mark.parametrize("kind", GRANTED)
@pytest.mark.parametrize("pieces", ["single bytes", "at once"])
def test_answers_in_pieces(pollcat, kind, pieces):
    """What comes right behind the answer is the peer's."""
    proxy = serve()
    name = "127.0.0.1" if kind == "socks4" else "example"
    cat = pollcat("-x", f"{kind}://127.0.0.1:{port_of(proxy)}", name, "80").send(b"mine").close()
    peer = accept(proxy)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    question(kind, peer)
    text = GRANTED[kind] + b"welcome"
    for i in range(0, len(text), 1 if pieces == "single bytes" else len(text)):
        peer.sendall(text[i:i + 1] if pieces == "single bytes" else text)
    assert receive(peer, 4) == b"mine"
    peer.close()
    assert (cat.wait(), cat.out) == (0, b"welcome")


@pytest.mark.parametrize("kind", GRANTED)
def test_the_end_at_every_byte(pollcat, kind):
    name = "127.0.0.1" if kind == "socks4" else "example"
    proxy = serve()
    for cut in range(0, len(GRANTED[kind]), 3):
        cat = pollcat("-x", f"{kind}://127.0.0.1:{port_of(proxy)}", name, "80").send(b"mine").close()
        peer = accept(proxy)
        question(kind, peer)
        peer.sendall(GRANTED[kind][:cut])
        peer.close()
        assert cat.wait() == 1
        assert cat.err.endswith(f"proxy 127.0.0.1 port {port_of(proxy)}: it ended the connection instead of answering\n")


def test_one_that_never_answers(pollcat):
    proxy = serve()
    cat = pollcat("-w", "0.2", "-x", f"127.0.0.1:{port_of(proxy)}", "example", "80")
    assert cat.wait() == 1
    assert cat.err == f"pollcat: connect to example port 80 through HTTP proxy 127.0.0.1 port {port_of(proxy)}: Connection timed out\n"


def test_an_answer_without_end(pollcat):
    proxy = serve()
    cat = pollcat("-x", f"127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    try:
        peer.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (1 << 16))
    except ConnectionError:
        pass
    assert cat.wait() == 1
    assert cat.err.endswith(f"HTTP proxy 127.0.0.1 port {port_of(proxy)}: its answer is too long\n")


def test_text_of_the_proxy_is_made_safe(pollcat):
    proxy = serve()
    cat = pollcat("-x", f"127.0.0.1:{port_of(proxy)}", "example", "80")
    peer = accept(proxy)
    peer.sendall(b"HTTP/1.1 500 \x1b]0;oops\x07\r\n\r\n")
    assert cat.wait() == 1
    assert "\x1b" not in cat.err and "500 \\x1b]0;oops\\x07" in cat.err


def test_socks4_looks_names_up(pollcat):
    proxy = serve()
    cat = pollcat("-4", "-x", f"socks4://127.0.0.1:{port_of(proxy)}", "localhost", "80").close()
    peer = accept(proxy)
    assert receive(peer, 9) == b"\4\1\0\x50\x7f\0\0\1\0"
    peer.sendall(GRANTED["socks4"])
    peer.close()
    assert cat.wait() == 0


@pytest.mark.parametrize("where", ["local", "both"])
def test_socks5_with_names_looked_up_here(pollcat, where):
    proxy = serve()
    cat = pollcat("-4", "--proxy-dns", where, "-x", f"socks5://127.0.0.1:{port_of(proxy)}", "localhost", "80").close()
    peer = accept(proxy)
    receive(peer, 3)
    peer.sendall(b"\5\0")
    assert receive(peer, 10) == b"\5\1\0\1\x7f\0\0\1\0\x50"
    peer.sendall(GRANTED["socks5"])
    peer.close()
    assert cat.wait() == 0


def test_environment(pollcat, socks):
    server = serve()
    args = ["-x", "env", "localhost", str(port_of(server))]
    env = {"ALL_PROXY": f"socks5h://127.0.0.1:{socks()}", "NO_PROXY": "example.com, .host"}
    cat = pollcat("-v", *args, env=env)
    both_ways(cat, server)
    cat.until_err(f"connected to localhost port {port_of(server)}")
    cat = pollcat("-v", "-x", "env", "127.0.0.1", str(port_of(server)), env={**env, "NO_PROXY": "10.0.0.0/8, 127.0.0.0/8"})
    both_ways(cat, server)
    assert "through" not in cat.err
    env["NO_PROXY"] = "other,localhost"
    cat = pollcat("-v", *args, env=env)
    both_ways(cat, server)
    cat.until_err(f"connected to 127.0.0.1 port {port_of(server)}")


def test_the_password_is_not_in_the_list_of_processes(pollcat):
    proxy = serve()
    port = port_of(proxy)
    cat = pollcat("-x", f"http://joe:secret@127.0.0.1:{port}", "-x", f"127.0.0.1:{port}", "-P", "ann:hidden", "example", "80")
    peer = accept(proxy)
    assert receive(peer, 8) == b"CONNECT "
    with open(f"/proc/{cat.pid}/cmdline", "rb") as f:
        line = f.read()
    assert b"secret" not in line and b"hidden" not in line and b"\0--\0" not in line
    cat.signal(signal.SIGTERM)


def test_what_does_not_go_together(pollcat):
    for args, text in ((["-u", "-x", "p", "h", "1"], "datagrams go through one SOCKS5 proxy"), (["-z", "-x", "p", "h", "1"], "excludes"),
                       (["-X", "5", "h", "1"], "--proxy-type needs --proxy"), (["-x", "foo://h", "h", "1"], "proxies are http"),
                       (["-x", "h:99999", "h", "1"], "99999"), (["-x", "", "h", "1"], "HOST[:PORT] is needed")):
        cat = pollcat(*args)
        assert cat.wait() == 2
        assert text in cat.err


@pytest.mark.parametrize("args", [["-l", "0"], ["-lk", "0", "--to", "echo:"], ["--chat", "0"], ["exec:cat"]])
def test_without_a_connection_there_is_no_way(pollcat, args):
    cat = pollcat("-x", "127.0.0.1:1", *args)
    assert cat.wait() == 2
    assert cat.err == "pollcat: --proxy needs a connection: one of ours, or --to an end that is one\n"


def test_the_end_of_an_end_goes_through_it(pollcat):
    with serve() as proxy:
        cat = pollcat("-x", f"127.0.0.1:{port_of(proxy)}", "exec:echo hello", "--to", "tcp:example:80")
        assert receive(accept(proxy), 19) == b"CONNECT example:80 "
        cat.signal(signal.SIGTERM)


def test_a_password_is_asked_for(pollcat, tmp_path):
    """At the terminal, without an echo; without one it is an error."""
    cat = pollcat("-x", "127.0.0.1:1", "-P", "joe", "h", "1", start_new_session=True)
    assert cat.wait() == 2
    assert cat.err == "pollcat: password of joe for the proxy 127.0.0.1: there is no terminal to ask at\n"


@pytest.mark.parametrize("name, kind, args", [
    ("nc", "socks", ["-x"]), ("nc", "socks", ["-X", "5", "-x"]), ("nc", "http", ["-X", "connect", "-x"]),
    ("ncat", "http", ["--proxy"]), ("ncat", "socks", ["--proxy-type", "socks5", "--proxy"])])
def test_under_the_names_of_others(program, socks, http, tmp_path, name, kind, args):
    server = serve()
    (tmp_path / name).symlink_to(POLLCAT)
    port = socks() if kind == "socks" else http()
    cat = program(tmp_path / name, *args, f"127.0.0.1:{port}", "127.0.0.1", port_of(server))
    both_ways(cat, server)
