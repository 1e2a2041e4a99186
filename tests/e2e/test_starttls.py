# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS behind plain text: servers of each protocol that answer in any pieces, refuse, end, or say too much."""
import contextlib
import re
import ssl

import pytest

from support import POLLCAT, accept, dial, half_close, payload, port_of, receive, serve
from terminal import Terminal

XMPP = b"http://etherx.jabber.org/streams"
XMPP_TLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
GREETING = b"N\0\0\0\n8.0.32\0" + b"\1\2\3\4" + b"abcdefgh\0" + b"\xff\xff" + bytes(55)
LDAP = b"0\x1d\2\1\1w\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"
LDAP_GRANTED = b"0\x0c\2\1\1x\7\n\1\0\4\0\4\0"

# What each side says in turn: the server's is bytes, ours a text in brackets (a list).
SCRIPTS = {
    "smtp": [b"220-mail.test\r\n220 ready\r\n", [b"EHLO localhost\r\n"], b"250-mail.test\r\n250-SIZE\r\n250-STARTTLS\r\n250 OK\r\n",
             [b"STARTTLS\r\n"], b"220 go ahead\r\n"],
    "imap": [b"* OK ready\r\n", [b"a1 CAPABILITY\r\n"], b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n",
             [b"a2 STARTTLS\r\n"], b"a2 OK begin\r\n"],
    "pop3": [b"+OK ready\r\n", [b"STLS\r\n"], b"+OK begin\r\n"],
    "ftp": [b"220-hello\r\n 220 no end\r\nmore\r\n220 ready\r\n", [b"AUTH TLS\r\n"], b"234 go\r\n"],
    "xmpp": [[b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" + XMPP + b"' to='localhost' version='1.0'>"],
             b"<?xml version=\"1.0\"?>\n<stream:stream id='a>b' xmlns:stream='" + XMPP + b"'><stream:features><starttls "
             b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
             [XMPP_TLS], b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
    "ldap": [[LDAP], LDAP_GRANTED],
    "postgres": [[b"\0\0\0\x08\x04\xd2\x16\x2f"], b"S"],
    "mysql": [GREETING, [b" \0\0\1\0\x8a\0\0\0\0\0\1!" + bytes(23)]],
    "sieve": [b'"IMPLEMENTATION" "test"\r\n"STARTTLS"\r\nOK "hi"\r\n', [b"STARTTLS\r\n"], b'OK "go"\r\n'],
    "nntp": [b"201 ready\r\n", [b"CAPABILITIES\r\n"], b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", [b"STARTTLS\r\n"], b"382 go\r\n"],
    "irc": [[b"STARTTLS\r\n"], b":irc.test NOTICE * :hello\r\n:irc.test 670 * :go\r\n"],
}
TITLES = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "ftp": "FTP", "xmpp": "XMPP", "ldap": "LDAP", "postgres": "PostgreSQL",
          "mysql": "MySQL", "sieve": "ManageSieve", "nntp": "NNTP", "irc": "IRC"}
protocols = pytest.mark.parametrize("protocol", SCRIPTS)


@pytest.fixture
def start(pollcat, certs):
    """A client that asks for TLS in a protocol, and the server's side of its connection."""
    def run(protocol, *args):
        server = serve()
        cat = pollcat("--starttls", protocol, "--ssl-trustfile", certs["ca.pem"], *args, "localhost", str(port_of(server)))
        return cat, accept(server), f"pollcat: connect to 127.0.0.1 port {port_of(server)}: {TITLES[protocol]} server: "

    return run


def pieces(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


def play(peer, script, size=1 << 16):
    """Says the server's part, in pieces, and wants ours to be word for word."""
    for part in script:
        if isinstance(part, list):
            assert receive(peer, len(part[0])) == part[0]
        else:
            for piece in pieces(part, size):
                peer.sendall(piece)


def go_on(certs, peer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs["good.pem"], certs["good.key"])
    return context.wrap_socket(peer, server_side=True)


@protocols
@pytest.mark.parametrize("size", [1 << 16, 1])
def test_starttls(start, certs, protocol, size):
    cat, peer, _ = start(protocol)
    play(peer, SCRIPTS[protocol], size)
    peer = go_on(certs, peer)
    peer.sendall(b"welcome")
    cat.until_out(b"welcome")
    cat.send(payload(100_000)).close()
    assert receive(peer, 100_000) == payload(100_000)
    peer.unwrap()
    assert cat.wait() == 0 and cat.out == b"welcome" and cat.err == ""


@protocols
def test_injection(start, protocol):
    """What stands in the clear behind the go-ahead is neither shown nor taken for a part of TLS."""
    cat, peer, said = start(protocol)
    script = SCRIPTS[protocol]
    last = max(i for i, part in enumerate(script) if isinstance(part, bytes))
    play(peer, [*script[:last], script[last] + b"250 injected\r\n"])
    assert cat.wait() == 1 and cat.out == b""
    assert cat.err == said + "it sent something behind its answer, where nothing may be\n"


@protocols
def test_injection_later(start, protocol):
    """What comes in the clear when TLS has begun is no part of it."""
    cat, peer, _ = start(protocol)
    play(peer, SCRIPTS[protocol])
    assert receive(peer, 1) == b"\x16"
    peer.sendall(b"250 injected\r\n")
    assert cat.wait() == 1 and cat.out == b"" and "TLS" in cat.err


@protocols
def test_every_end(start, protocol):
    """The server ends at any byte of what it says."""
    script = SCRIPTS[protocol]
    for i, part in enumerate(script):
        if isinstance(part, list):
            continue
        for n in sorted({0, 1, len(part) // 2, len(part) - 1} - {len(part)}):
            cat, peer, said = start(protocol)
            play(peer, [*script[:i], part[:n]])
            peer.close()
            assert cat.wait() == 1 and cat.out == b""
            assert cat.err == said + "it ended the connection instead of answering\n"


REFUSALS = [
    ("smtp", [b"554 go away\r\n"], "it refuses: 554 go away"),
    ("smtp", [*SCRIPTS["smtp"][:2], b"250-mail.test\r\n250 XSTARTTLS\r\n"], "it offers no STARTTLS"),
    ("smtp", [*SCRIPTS["smtp"][:4], b"454 not now \x1b[31m\r\n"], r"it does not start TLS: 454 not now \x1b[31m"),
    ("smtp", [b"SSH-2.0-OpenSSH\r\n"], "what answers speaks another protocol: SSH-2.0-OpenSSH"),
    ("imap", [b"* PREAUTH hello\r\n"], "it has logged us in already, and starts no TLS then (PREAUTH)"),
    ("imap", [b"* BYE no\r\n"], "it refuses: * BYE no"),
    ("imap", [*SCRIPTS["imap"][:2], b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"], "it offers no STARTTLS"),
    ("imap", [*SCRIPTS["imap"][:4], b"a2 NO later\r\n"], "it does not start TLS: a2 NO later"),
    ("pop3", [b"-ERR no\r\n"], "it refuses: -ERR no"),
    ("pop3", [*SCRIPTS["pop3"][:2], b"-ERR what?\r\n"], "it does not start TLS: -ERR what?"),
    ("ftp", [b"421 full\r\n"], "it refuses: 421 full"),
    ("ftp", [*SCRIPTS["ftp"][:2], b"500 what?\r\n"], "it does not start TLS: 500 what?"),
    ("xmpp", [SCRIPTS["xmpp"][0], b"<stream:stream><stream:features/>"], "it offers no STARTTLS"),
    ("xmpp", [*SCRIPTS["xmpp"][:3], b"<failure/>"], "it does not start TLS: <failure/>"),
    ("xmpp", [SCRIPTS["xmpp"][0], b"<stream:stream><stream:error>"], "it refuses: <stream:error>"),
    ("xmpp", [SCRIPTS["xmpp"][0], b"2"], "what answers speaks another protocol: 2"),
    ("ldap", [[LDAP], b"0\x0c\2\1\1x\7\n\1\2\4\0\4\0"], "it knows no StartTLS (2)"),
    ("ldap", [[LDAP], b"0\x0e\2\1\1x\x09\n\1\x34\4\0\4\2no"], "it has no TLS at present: no"),
    ("ldap", [[LDAP], b"220"], "what answers is no LDAP server"),
    ("postgres", [SCRIPTS["postgres"][0], b"N"], "it offers no TLS"),
    ("postgres", [SCRIPTS["postgres"][0], b"E"], "it refuses, or is too old to know of TLS"),
    ("postgres", [SCRIPTS["postgres"][0], b"x"], "what answers is no PostgreSQL server"),
    ("mysql", [GREETING.replace(b"\xff\xff", b"\xff\xf7")], "it offers no TLS"),
    ("mysql", [b"\x0b\0\0\0\xff\x10\4too many"], "it refuses: too many"),
    ("mysql", [b"220 hello\r\n"], "what answers is no MySQL server"),
    ("sieve", [b'"SASL" ""\r\nOK\r\n'], "it offers no STARTTLS"),
    ("sieve", [*SCRIPTS["sieve"][:2], b"NO\r\n"], "it does not start TLS: NO"),
    ("nntp", [b"400 full\r\n"], "it refuses: 400 full"),
    ("nntp", [*SCRIPTS["nntp"][:2], b"101 list\r\nVERSION 2\r\n.\r\n"], "it offers no STARTTLS"),
    ("nntp", [*SCRIPTS["nntp"][:2], b"500 what?\r\n"], "it offers no STARTTLS"),
    ("nntp", [*SCRIPTS["nntp"][:4], b"580 no\r\n"], "it does not start TLS: 580 no"),
    ("irc", [[b"STARTTLS\r\n"], b":irc.test 421 * STARTTLS :what?\r\n"], "it offers no STARTTLS"),
    ("irc", [[b"STARTTLS\r\n"], b":irc.test 691 * :no\r\n"], "it does not start TLS: 691 * :no"),
    ("irc", [[b"STARTTLS\r\n"], b"ERROR :closing\r\n"], "it refuses: ERROR :closing"),
]


@pytest.mark.parametrize("protocol,script,why", REFUSALS)
def test_refusal(start, protocol, script, why):
    cat, peer, said = start(protocol)
    with contextlib.suppress(ConnectionError):  # it need not hear all of it
        play(peer, script, 1)
    assert cat.wait() == 1 and cat.err == said + why + "\n"


@pytest.mark.parametrize("protocol,text", [
    ("smtp", b"220-" + 99 * b"x" + b"\r\n"), ("imap", b"x"), ("xmpp", b"<a>"), ("irc", b"a\r\n"),
    ("ftp", b"220-xx\r\n"),  # of which each read ends with the end of a line
])
def test_endless(start, protocol, text):
    cat, peer, said = start(protocol)
    with contextlib.suppress(ConnectionError):  # it has had enough
        peer.sendall(text * 100_000)
    assert cat.wait() == 1 and cat.err == said + "its answer is too long\n"


def test_silence(start):
    """The time for connecting is that of the whole."""
    cat, peer, said = start("smtp", "-w", "0.3")
    play(peer, SCRIPTS["smtp"][:2])
    assert cat.wait() == 1 and cat.err.endswith("Connection timed out\n")


def test_name(pollcat, certs):
    """An XMPP server is told the name that the certificate is to be for."""
    server = serve()
    cat = pollcat("--starttls", "xmpp", "--ssl-trustfile", certs["ca.pem"], "--ssl-servername", "localhost", "127.0.0.1",
                  str(port_of(server)))
    peer = accept(server)
    play(peer, SCRIPTS["xmpp"])
    peer = go_on(certs, peer)
    cat.close()
    peer.unwrap()
    assert cat.wait() == 0


@pytest.mark.parametrize("args", [[], ["--ssl"]], ids=["plain", "TLS"])
def test_an_end(pollcat, certs, args):
    """Of a listener the ends of its peers begin so; whether it has TLS itself is its own affair."""
    server = serve()
    where = f"tls:localhost:{port_of(server)}"
    cat = pollcat("-l", "--starttls", "smtp", "--ssl-trustfile", certs["ca.pem"], *args, "--to", where, "127.0.0.1", "0")
    client = dial(cat.port)
    if args:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = context.wrap_socket(client)
    peer = accept(server)
    play(peer, SCRIPTS["smtp"], 1)
    peer = go_on(certs, peer)
    client.sendall(b"question")
    assert receive(peer, 8) == b"question"
    peer.sendall(b"answer")
    assert receive(client, 6) == b"answer"


def test_an_end_of_an_address_that_is_none(pollcat, certs):
    server = serve()
    cat = pollcat("--starttls", "pop3", "--ssl-trustfile", certs["ca.pem"], "exec:cat", "--to", f"tls:localhost:{port_of(server)}")
    peer = accept(server)
    play(peer, SCRIPTS["pop3"])
    peer = go_on(certs, peer)
    peer.sendall(b"back")
    assert receive(peer, 4) == b"back"
    peer.unwrap()
    assert cat.wait() == 0


@pytest.mark.parametrize("args,why", [
    (["--starttls", "http", "localhost", "1"], "http"),
    (["--starttls", "smtp", "-l", "1"], "--starttls is for who connects: here --to tls:HOST:PORT is missing for it"),
    (["--starttls", "smtp", "-l", "--to", "tcp:localhost:1", "1"], "--to tls:HOST:PORT is missing for it"),
    (["--starttls", "smtp", "exec:cat"], "--to tls:HOST:PORT is missing for it"),
    (["--starttls", "smtp", "-l", "--ssl", "1"], "--to tls:HOST:PORT is missing for it"),
    (["--starttls", "smtp", "-u", "localhost", "1"], "--starttls"),
])
def test_wrong(pollcat, args, why):
    cat = pollcat(*args)
    assert cat.wait() == 2 and why in cat.err


# By hand, at a prompt


def prompt(certs, server, *args):
    return Terminal([POLLCAT, "--crlf", "--ssl-trustfile", certs["ca.pem"], *args, "-4", "localhost", str(port_of(server))],
                    columns=120)


def consent(t, peer):
    t.wait_prompt()
    peer.sendall(b"220 ready\r\n")
    t.wait_text("220 ready")
    t.type("STARTTLS\r")
    assert receive(peer, 10) == b"STARTTLS\r\n"
    peer.sendall(b"220 go ahead\r\n")
    t.wait_text("220 go ahead")


def test_by_hand(certs):
    server = serve()
    with prompt(certs, server) as t:
        t.wait_text("what is sent is in the clear: --ssl is missing, or ~tls")
        peer = accept(server)
        consent(t, peer)
        t.type("~tls\r")
        t.type("EHLO again\r")  # goes behind the handshake
        peer = go_on(certs, peer)
        assert receive(peer, 12) == b"EHLO again\r\n"
        t.wait_text("TLS 1.3, TLS_")
        t.wait_text("verified")
        peer.sendall(b"250 hello\r\n")
        t.wait_text("250 hello")
        t.type("~tls\r")
        t.wait_text("TLS is on this connection already")
        t.type("~info\r")
        t.wait_text("layer     TLS 1.3")
        t.type("\x1b[A\x1b[A\x1b[A\r")  # the history is that of before
        assert receive(peer, 12) == b"EHLO again\r\n"
        peer.unwrap()
        t.type("\x04")
        assert t.wait_exit() == 0


def test_by_hand_with_a_name(certs):
    server = serve()
    with prompt(certs, server) as t:
        peer = accept(server)
        consent(t, peer)
        t.type("~tls www.example.org\r")
        with contextlib.suppress(OSError):  # it is refused
            go_on(certs, peer).recv(1)
        t.wait_text("www.example.org")
        t.wait_text("the certificate is for")
        assert t.wait_exit() == 1


def test_by_hand_in_the_clear(certs):
    """What the server sends in the clear then is no line of its."""
    server = serve()
    with prompt(certs, server) as t:
        peer = accept(server)
        consent(t, peer)
        t.type("~tls\r")
        assert receive(peer, 1) == b"\x16"
        peer.sendall(b"250 injected\r\n")
        assert t.wait_exit() == 1
        assert b"the peer does not speak TLS: it says '250 injected'" in t.output and t.output.count(b"injected") == 1


@pytest.mark.parametrize("how", ["never", "slowly"])
def test_by_hand_in_time(certs, how):
    """A server that does not go on, or not in time, is given up."""
    server = serve()
    with prompt(certs, server, "--wait", "0.4") as t:
        peer = accept(server)
        consent(t, peer)
        t.type("~tls\r")
        assert receive(peer, 1) == b"\x16"
        if how == "slowly":
            peer.sendall(b"\x16\x03\x03")
        t.wait_text("the handshake of TLS was not done in time")
        assert t.wait_exit() == 1


def test_by_hand_with_who_ends(certs):
    server = serve()
    with prompt(certs, server) as t:
        peer = accept(server)
        consent(t, peer)
        t.type("~tls\r")
        receive(peer, 5)
        half_close(peer)
        t.wait_text("in the middle of the handshake (TLS)")
        assert t.wait_exit() == 1


def test_by_hand_a_listener_does_not():
    with Terminal([POLLCAT, "-v", "-l", "127.0.0.1", "0"], columns=120) as t:
        t.wait_text("listening on")
        with dial(int(re.search(rb"listening on 127\.0\.0\.1 port (\d+)", t.output)[1])):
            t.wait_text("connection from")
            t.type("~tls\r")
            t.wait_text("TLS can be begun by who connects alone")
            t.type("\x04")
