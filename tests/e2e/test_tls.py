# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS: with other programs at the other end, wrong certificates, the end of each direction."""
import hashlib
import re
import socket
import ssl

import pytest

from certificates import identity
from support import (POLLCAT, Background, accept, dial, half_close, need, payload, port_of, receive, receive_all,
                     reset, serve, until_resting)
from terminal import Terminal

LARGE = 100_000_000


def client_context(certs, version=None):
    context = ssl.create_default_context(cafile=certs["ca.pem"])
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def server_context(certs, name="good", version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(certs[f"{name}.pem"], certs[f"{name}.key"])
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def tls_dial(certs, port, context=None):
    return (context or client_context(certs)).wrap_socket(dial(port), server_hostname="localhost")


def tls_accept(server, context):
    return context.wrap_socket(accept(server), server_side=True, suppress_ragged_eofs=False)


def end(sock):
    """Ends our direction of TLS, and takes the other's end."""
    return sock.unwrap()


def trusting(pollcat, certs, where, *args, **more):
    return pollcat(*args, "--ssl", "--ssl-trustfile", certs["ca.pem"], *where, **more)


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


# Both ends ours


@pytest.mark.parametrize("least", ["1.2", "1.3"])
def test_a_large_file_goes_both_ways(pollcat, certs, tmp_path, least):
    data = payload(1 << 20) * (LARGE >> 20)
    (tmp_path / "data").write_bytes(data)
    with open(tmp_path / "data", "rb") as one, open(tmp_path / "data", "rb") as other, \
            open(tmp_path / "a", "wb") as a, open(tmp_path / "b", "wb") as b:
        server = pollcat("-l", "--ssl", "--ssl-min", least, *identity(certs), "127.0.0.1", "0", stdin=one, stdout=a)
        client = trusting(pollcat, certs, ("localhost", server.port), "-4", stdin=other, stdout=b)
        assert (client.wait(), client.err) == (0, "")
        assert (server.wait(), server.err) == (0, "")
    for name in "ab":
        assert hashlib.sha256((tmp_path / name).read_bytes()).digest() == hashlib.sha256(data).digest()


def test_a_listener_makes_its_certificate_and_tells_the_pin(pollcat):
    server = pollcat("-l", "--ssl", "127.0.0.1", "0").send(b"answer").close()
    pin = server.until_err(r"clients know it by --ssl-pin (sha256:[0-9a-f]{64})$")[1]
    client = pollcat("-v", "--tls", "--tls-pin", pin, "127.0.0.1", server.port).send(b"question").close()
    assert (client.wait(), client.out) == (0, b"answer")
    assert re.search(r"port \d+: TLS 1\.3, TLS_\w+\n", client.err)
    assert "the peer's certificate is of CN=localhost, trusted for its pin\n" in client.err
    assert (server.wait(), server.out) == (0, b"question")


def test_a_client_does_not_take_it_unasked(pollcat):
    server = pollcat("-l", "-k", "--ssl", "127.0.0.1", "0")
    pin = server.until_err(r"--ssl-pin (\S+)$")[1]
    client = pollcat("--ssl", "127.0.0.1", server.port)
    assert client.wait() == 1
    assert client.err == (f"pollcat: connect to 127.0.0.1 port {server.port}: the certificate is self-signed; if it is the right "
                          f"one, trust it with --ssl-pin {pin}\n")
    believer = pollcat("--ssl", "--insecure", "-q0", "127.0.0.1", server.port).send(b"x").close()
    server.until_out(b"x")
    assert believer.wait() == 0
    assert believer.err == "pollcat: --insecure: whoever answers is believed to be the server\n"


def test_over_a_unix_socket_a_name_is_needed(pollcat, certs, tmp_path):
    path = tmp_path / "socket"
    server = pollcat("-l", "-U", "--ssl", *identity(certs), path).close()
    assert server.ready.until(lambda seen: b"\n" in seen)
    nameless = trusting(pollcat, certs, (path,), "-U")
    assert nameless.wait() == 2
    assert "whose certificate it is to be is not known: give --ssl-servername NAME" in nameless.err
    server = pollcat("-l", "-U", "--ssl", *identity(certs), path).close()
    assert server.ready.until(lambda seen: b"\n" in seen)
    client = trusting(pollcat, certs, (path,), "-U", "--ssl-servername", "localhost").send(b"x").close()
    assert (client.wait(), server.wait(), server.out) == (0, 0, b"x")


# Who it is


WRONG = [
    ("expired", r"the certificate has expired: it was valid until 2021-02-03 04:05 UTC"),
    ("future", r"the certificate is not valid yet: it will be from 2090-01-01 00:00 UTC on; is the clock right here\?"),
    ("other", r"the certificate is for DNS:www\.example\.org and not for localhost; if that is meant, give --ssl-servername NAME"),
    ("alone", r"the certificate is self-signed; if it is the right one, trust it with --ssl-pin sha256:[0-9a-f]{64}"),
    ("unknown", r"nobody here knows the certificate's issuer, CN=stranger; if it is to be trusted, give --ssl-trustfile FILE"),
    ("purpose", r"the certificate is for another purpose than this"),
    ("weak", r"the certificate's key is too weak"),
    ("sha1", r"the certificate is signed with a digest that is too weak, such as SHA-1"),
    ("child", r"the certificate's issuer may not issue certificates"),
    ("revoked", r"the certificate is revoked by its issuer \(--ssl-crl\)"),
]


def refused(server, context):
    try:
        tls_accept(server, context)
    except (ssl.SSLError, ConnectionError) as error:
        return error
    return None


def offer(client, data):
    """Gives it something to send, which one that is refused may not stay for."""
    try:
        client.send(data).close()
    except BrokenPipeError:
        pass
    return client


@pytest.mark.parametrize("name, told", WRONG, ids=[name for name, _ in WRONG])
def test_a_wrong_certificate_is_told_in_words(pollcat, certs, name, told):
    with serve() as server:
        other = Background(refused, server, server_context(certs, name))
        crl = ("--ssl-crl", certs["crl.pem"]) if name == "revoked" else ()
        client = offer(trusting(pollcat, certs, ("localhost", port_of(server)), "-4", *crl), b"secret")
        assert client.wait() == 1
        assert re.fullmatch(rf"pollcat: connect to 127\.0\.0\.1 port \d+: {told}\n", client.err), client.err
        assert "ALERT" in str(other.result()).upper()


def test_an_address_is_held_against_the_certificate(pollcat, certs):
    with serve("127.0.0.2") as server:
        other = Background(refused, server, server_context(certs))
        client = trusting(pollcat, certs, ("127.0.0.2", port_of(server)))
        assert client.wait() == 1
        assert "and not for 127.0.0.2; if that is meant" in client.err
        assert other.result()


@pytest.mark.parametrize("which", [0, 1], ids=["key", "certificate"])
def test_a_pin_stands_for_all_else(pollcat, certs, which):
    with serve() as server:
        other = Background(tls_accept, server, server_context(certs, "expired"))
        client = pollcat("--ssl", "--ssl-pin", certs.pins("expired")[which], "127.0.0.1", port_of(server))
        other.result().sendall(b"x")
        client.until_out(b"x")
        other = Background(refused, server, server_context(certs))
        client = pollcat("--ssl", "--ssl-pin", certs.pins("expired")[which], "127.0.0.1", port_of(server))
        assert client.wait() == 1
        assert f"the peer has another key than --ssl-pin says: {certs.pins('good')[0]}\n" in client.err
        assert other.result()


def test_the_system_is_asked_whom_to_trust(pollcat, certs):
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0").close()
    client = pollcat("-v", "tls:localhost:%d" % server.port, "-4", env={"SSL_CERT_FILE": str(certs["ca.pem"])}).send(b"x").close()
    assert (client.wait(), server.wait(), server.out) == (0, 0, b"x")
    assert "the peer's certificate is of CN=good for localhost, verified\n" in client.err


def test_clients_show_certificates(pollcat, certs):
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "--ssl-client-ca", certs["ca.pem"], "--ssl-require-client",
                     "127.0.0.1", "0")
    trusting(pollcat, certs, ("127.0.0.1", server.port), *identity(certs, "client")).send(b"mine").close()
    server.until_out(b"mine")
    server.until_err(r"the peer's certificate is of CN=client, verified$")
    nobody = trusting(pollcat, certs, ("127.0.0.1", server.port))
    assert nobody.wait() == 1
    assert "the peer refuses: it wants a certificate from us (--ssl-cert)\n" in nobody.err
    server.until_err(r"the client showed no certificate \(--ssl-require-client\)$")
    stranger = trusting(pollcat, certs, ("127.0.0.1", server.port), *identity(certs, "unknown"))
    assert stranger.wait() == 1
    server.until_err(r"nobody here knows the certificate's issuer, CN=stranger")
    server.kill()


def test_a_listener_may_pin_its_clients(pollcat, certs):
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "--ssl-pin", certs.pins("alone")[0], "127.0.0.1", "0")
    trusting(pollcat, certs, ("127.0.0.1", server.port), *identity(certs, "alone")).send(b"mine").close()
    server.until_out(b"mine")
    assert trusting(pollcat, certs, ("127.0.0.1", server.port), *identity(certs, "client")).wait() == 1
    server.until_err(r"the peer has another key than --ssl-pin says")


# What is no TLS, or another


def test_who_does_not_speak_tls_is_told_so(pollcat, certs):
    with serve() as server:
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)))
        with accept(server) as sock:
            sock.sendall(b"220 mail.example.org\x1b[2J ESMTP\r\n")
            assert client.wait() == 1
        assert client.err.endswith(": the peer does not speak TLS: it says '220 mail.example.org'; that is SMTP or FTP, most likely: "
                                   "try --starttls smtp, or ftp\n")
    listener = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "127.0.0.1", "0")
    with dial(listener.port) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        listener.until_err(r"connection from 127.0.0.1 port \d+: the peer does not speak TLS: it says 'GET / HTTP/1\.0'$")


STRANGERS = [
    (b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request'; that is plain HTTP, which is without --ssl; https has a port of its own"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.2p1'; that is SSH, which is without --ssl"),
    (b"220 mail.test ESMTP\r\n", "220 mail.test ESMTP'; that is SMTP: try --starttls smtp"),
    (b"220 (vsFTPd 3.0.3)\r\n", "220 (vsFTPd 3.0.3)'; that is FTP: try --starttls ftp"),
    (b"* OK [CAPABILITY IMAP4rev1] hi\r\n", "* OK [CAPABILITY IMAP4rev1] hi'; that is IMAP: try --starttls imap"),
    (b"+OK POP3 ready\r\n", "+OK POP3 ready'; that is POP3: try --starttls pop3"),
    (b"200 news.test ready\r\n", "200 news.test ready'; that is NNTP, most likely: try --starttls nntp"),
    (b'"IMPLEMENTATION" "x"\r\n', "\"IMPLEMENTATION\" \"x\"'; that is ManageSieve: try --starttls sieve"),
    (b":irc.test NOTICE * :hello\r\n", ":irc.test NOTICE * :hello'; that is IRC: try --starttls irc"),
    (b"RFB 003.008\n", "RFB 003.008'"),
    (b"\x1b]0;title\x07\x1b[2J", None),
    (b"hello \xff\xfe\n", "hello '"),
]


@pytest.mark.parametrize("said, told", STRANGERS, ids=[repr(said[:7]) for said, _ in STRANGERS])
def test_what_a_stranger_says_is_told_with_advice(pollcat, certs, said, told):
    with serve() as server:
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)))
        with accept(server) as sock:
            sock.sendall(said)
            assert client.wait() == 1
        end_of_it = f": it says '{told}" if told else ""
        assert client.err == f"pollcat: connect to 127.0.0.1 port {port_of(server)}: the peer does not speak TLS{end_of_it}\n"


def test_the_greeting_of_mysql(pollcat, certs):
    with serve() as server:
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)))
        with accept(server) as sock:
            sock.sendall(b"\x4a\0\0\0\x0a8.0.32\0")
            assert client.wait() == 1
    assert client.err.endswith(": the peer does not speak TLS; that is MySQL: try --starttls mysql\n")


GARBAGE = [b"220 mail.test ESMTP\r\n", b"GET / HTTP/1.0\r\n\r\n", b"CONNECT x:1 HTTP/1.0\r\n\r\n", bytes(64), b"\x17\x03\x03\xff\xff" + bytes(99),
           b"\x17\x03\x03\x00\x00", b"\x63\x03\x03\x00\x10" + bytes(16), b"\x17\x03\x03\x00\x20" + bytes(32)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("side", ["client", "listener"])
@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_behind_a_handshake(pollcat, certs, version, side, garbage):
    """What came before it is delivered, and it is told for what it is."""
    if side == "client":
        with serve() as server:
            other = Background(tls_accept, server, server_context(certs, version=version))
            cat = trusting(pollcat, certs, ("127.0.0.1", port_of(server)))
            sock = other.result()
    else:
        cat = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0")
        sock = tls_dial(certs, cat.port, client_context(certs, version))
    sock.sendall(b"good")
    cat.until_out(b"good")
    bare = socket.socket(fileno=sock.detach())
    bare.sendall(garbage)
    assert (cat.wait(), cat.out) == (1, b"good")
    assert re.search(r": (what came is no TLS any more: the peer went on in the clear, or somebody meddled|"
                     r"what came was damaged, or changed on the way)\n$", cat.err), cat.err
    bare.close()


def test_versions_that_do_not_meet(pollcat, certs):
    with serve() as server:
        other = Background(refused, server, server_context(certs, version=ssl.TLSVersion.TLSv1_2))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)), "--ssl-min", "1.3")
        assert client.wait() == 1
        assert "versions of TLS that are allowed here (--ssl-min)\n" in client.err or "no version of TLS" in client.err
        assert other.result()


def test_alpn(pollcat, certs):
    context = client_context(certs)
    context.set_alpn_protocols(["http/1.1", "x"])
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "--ssl-alpn", "h2,http/1.1", "127.0.0.1", "0")
    with tls_dial(certs, server.port, context) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"
    server.until_err(r"ALPN http/1\.1$")
    client = trusting(pollcat, certs, ("127.0.0.1", server.port), "--ssl-alpn", "y")
    assert client.wait() == 1
    assert "the peer refuses: it speaks none of the protocols offered (--ssl-alpn)\n" in client.err


@pytest.mark.parametrize("args, told", [
    (("--ssl-pin", "sha256:12"), "--ssl-pin: 'sha256:12' is not sha256: and 64 hexadecimal digits"),
    (("--ssl-alpn", "a,,b"), "--ssl-alpn: 'a,,b' is no list of protocols such as h2,http/1.1"),
    (("--ssl-cert", "/none"), "--ssl-cert /none: No such file or directory"),
    (("--ssl-key", "/none"), "--ssl-key needs --ssl-cert"),
    (("--ssl-trustfile", "/none"), "--ssl-trustfile /none: No such file or directory"),
    (("--ssl-ciphers", "x"), "--ssl-ciphers x: no cipher match"),
    (("--ssl-min", "1.1"), "--ssl-min: '1.1' is none of: 1.2 1.3"),
    (("--insecure", "--ssl-verify"), "--ssl-verify excludes --insecure"),
])
def test_what_cannot_be_is_said_before_anything_else(pollcat, args, told):
    client = pollcat("--ssl", *args, "127.0.0.1", "1")
    assert (client.wait(), client.err) == (2, f"pollcat: {told}\n")


@pytest.mark.parametrize("args, told", [
    (("--ssl-alpn", "x", "127.0.0.1", "1"), "nothing here has TLS: --ssl, or an end tls:HOST:PORT or dtls:HOST:PORT, is missing"),
    (("-l", "--ssl-cert", "x", "0", "--to", "unix:/x"), "nothing here has TLS: --ssl, or an end tls:HOST:PORT or dtls:HOST:PORT, is missing"),
    (("--ssl", "--ssl-client-ca", "x", "127.0.0.1", "1"), "--ssl-client-ca needs --listen"),
    (("-l", "--ssl-client-ca", "x", "0", "--to", "tls:h:1"), "--ssl-client-ca needs --ssl"),
    (("-l", "--ssl-require-client", "0", "--to", "tls:h:1"), "--ssl-require-client needs --ssl"),
    (("--ssl", "exec:cat"), "exec: excludes --ssl"),
    (("--ssl", "seqpacket:/x"), "seqpacket: excludes --ssl"),
])
def test_options_that_have_nothing_to_do(pollcat, args, told):
    client = pollcat(*args)
    assert (client.wait(), client.err) == (2, f"pollcat: {told}\n")


def test_whose_certificate_it_is(pollcat, certs):
    """A listener's with TLS, and what it trusts is its ends' affair; without, that of its ends."""
    asks = "--ssl-client-ca", certs["ca.pem"], "--ssl-require-client"
    far = pollcat("-l", "-k", "--ssl", *identity(certs), *asks, "127.0.0.1", "0", "--echo")
    near = pollcat("-l", "-k", *identity(certs, "client"), "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", "0", "--to",
                   f"tls:127.0.0.1:{far.port}")
    with dial(near.port) as sock:
        sock.sendall(b"x")
        assert receive(sock, 1) == b"x"
    both = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", "0", "--to",
                   f"tls:127.0.0.1:{far.port}")
    with tls_dial(certs, both.port):
        both.until_err("it wants a certificate from us")


# Ends


@pytest.mark.parametrize("version", VERSIONS)
def test_data_before_a_cut_is_delivered_and_the_cut_told(pollcat, certs, version):
    with serve() as server:
        other = Background(tls_accept, server, server_context(certs, version=version))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)))
        sock = other.result()
        sock.sendall(b"half of it")
        client.until_out(b"half of it")
        half_close(socket.socket(fileno=sock.detach())).close()
        assert (client.wait(), client.out) == (1, b"half of it")
        assert client.err.endswith(": the connection was cut off: it ended without the end that TLS has (close_notify)\n")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_direction_ends_by_itself(pollcat, certs, version):
    """Ours, after which the other still speaks; and the other's, after which we do."""
    with serve() as server:
        other = Background(tls_accept, server, server_context(certs, version=version))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)), "-N").send(b"question").close()
        sock = other.result()
        assert receive_all(sock) == b"question"
        sock.sendall(b"answer")
        client.until_out(b"answer")
        end(sock)
        assert client.wait() == 0
    listener = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0")
    with open(POLLCAT, "rb"):
        client = trusting(pollcat, certs, ("127.0.0.1", listener.port), "-N").send(b"first").close()
        listener.until_out(b"first")
        listener.send(b"second").close()
        assert (client.wait(), client.out) == (0, b"second")
        assert listener.wait() == 0


def test_a_client_waits_for_silence_before_it_ends(pollcat, certs):
    """And with --no-shutdown it does not end: who answers on the end never answers."""
    with serve() as server:
        other = Background(tls_accept, server, server_context(certs))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server))).send(b"x").close()
        assert receive_all(other.result()) == b"x"
        other.result().sendall(b"answer")
        end(other.result())
        assert (client.wait(), client.out) == (0, b"answer")
        other = Background(tls_accept, server, server_context(certs))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)), "--no-shutdown").send(b"x").close()
        sock = other.result()
        assert receive(sock, 1) == b"x"
        until_resting(client.pid)
        sock.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            sock.recv(1)
        client.kill()


def test_what_was_sent_last_arrives_though_the_peer_talks(pollcat, certs):
    """-q 0 ends while the peer still sends: all of ours arrives, and the end of TLS."""
    with serve() as server:
        data = payload(1 << 20)
        other = Background(tls_accept, server, server_context(certs))
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)), "-q", "0")
        sock = other.result()
        sock.sendall(b"y" * 1000)
        client.send(data).close()
        assert receive_all(sock) == data
        assert client.wait() == 0


# Others


def s_server(program, certs, *args):
    """Some of what it says it keeps to itself until data comes: stdbuf makes it say it at once."""
    server = program("stdbuf", "-oL", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certs["good.pem"], "-key",
                     certs["good.key"], *args)
    found = server.stdout.until(lambda seen: re.search(rb"ACCEPT 127\.0\.0\.1:(\d+)\n", bytes(seen)))
    return server, int(found[1])


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_s_server(pollcat, program, certs, version):
    _, port = s_server(program, certs, version, "-rev", "-naccept", "1")
    client = trusting(pollcat, certs, ("127.0.0.1", port)).send(b"abc\n").close()
    assert (client.wait(), client.out) == (0, b"cba\n")
    _, port = s_server(program, certs, version, "-www", "-naccept", "1")
    client = trusting(pollcat, certs, ("127.0.0.1", port)).send(b"GET / HTTP/1.0\r\n\r\n").close()
    assert client.wait() == 0
    assert client.out.startswith(b"HTTP/1.0 200") and client.out.rstrip().endswith(b"</HTML>")


BLOCK = payload(1 << 18).replace(b"\n", b" ")


@pytest.mark.parametrize("version, command", [("-tls1_2", b"r\n"), ("-tls1_3", b"K\n"), ("-tls1_3", b"k\n")],
                         ids=["renegotiation", "both-keys", "a-key"])
def test_s_server_changes_keys_at_full_load(pollcat, program, certs, version, command):
    """In the middle of a stream of ours, and of lines of its own."""
    server, port = s_server(program, certs, version, "-naccept", "1")
    client = trusting(pollcat, certs, ("127.0.0.1", port), "-N")
    for n in range(10):
        client.send(BLOCK)
        server.send(command)
        server.stdout.until(lambda seen, n=n: seen.count(b"SSL_do_handshake -> 1\n") > n)
        server.send(b"line\n")
        client.send(BLOCK)
        client.until_out(b"line\n" * (n + 1))
    client.close()
    assert (client.wait(), client.err) == (0, "")
    server.wait()
    assert len(server.out) > 20 * len(BLOCK)


@pytest.mark.parametrize("command", [b"K\n", b"k\n"], ids=["both-keys", "a-key"])
def test_s_client_changes_keys_at_full_load(pollcat, program, certs, command):
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0")
    client = program("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", certs["ca.pem"])
    client.until_out(b"Verify return code: 0 (ok)")
    for n in range(10):
        server.send(BLOCK)
        client.send(command)
        client.stderr.until(lambda seen, n=n: seen.count(b"KEYUPDATE\n") > n)
        client.send(b"line\n")
        server.send(BLOCK)
        server.until_out(b"line\n" * (n + 1))
    client.until_out(20 * len(BLOCK))
    client.send(b"Q\n")
    client.wait()


def test_who_wants_to_renegotiate_with_a_listener_harms_nobody_else(pollcat, program, certs):
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")
    client = program("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", certs["ca.pem"], "-tls1_2").send(b"R\n")
    with tls_dial(certs, server.port) as sock:
        assert client.wait() != 0
        sock.sendall(b"still here")
        assert receive(sock, 10) == b"still here"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_s_client(pollcat, program, certs, version):
    server = pollcat("-l", "-k", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")
    client = program("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", certs["ca.pem"], "-quiet", version,
                     "-verify_return_error", "-verify_ip", "127.0.0.1").send(b"hello\n")
    client.until_out(b"hello\n")
    client.kill()


def test_s_client_resumes(pollcat, program, certs, tmp_path):
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")
    args = ("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", certs["ca.pem"])
    first = program(*args, "-sess_out", tmp_path / "session").send(b"x\n")
    first.until_out(b"\nx\n")
    first.send(b"Q\n")
    first.wait()
    second = program(*args, "-sess_in", tmp_path / "session").send(b"x\n")
    second.until_out(b"Reused, TLSv1.3")
    second.kill()
    server.until_err(r"TLS 1\.3, \w+, resumed$")


def test_a_client_resumes_with_whom_it_trusted(pollcat, certs, tmp_path):
    server = pollcat("-l", "-k", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")

    def talk(*args):
        client = pollcat("-v", "--ssl", "--ssl-session", tmp_path / "session", *args, "127.0.0.1", server.port).send(b"x").close()
        assert (client.wait(), client.out) == (0, b"x")
        return "resumed" in client.err

    trust = "--ssl-trustfile", certs["ca.pem"]
    assert not talk(*trust)
    assert (tmp_path / "session").stat().st_mode & 0o777 == 0o600
    assert talk(*trust)
    assert not talk(*trust, "--ssl-servername", "localhost")
    assert not talk("--insecure")
    assert not talk(*trust)
    assert talk(*trust)


def anonymous():
    """One that shows no certificate, as its client may wish."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


def test_a_server_without_a_certificate_is_nobody(pollcat, certs):
    wish = "--ssl-ciphers", "aNULL:@SECLEVEL=0"
    with serve() as server:
        for trust in ("--ssl-trustfile", certs["ca.pem"]), ("--ssl-pin", certs.pins("good")[0]):
            other = Background(tls_accept, server, anonymous())
            client = pollcat("--ssl", *trust, *wish, "127.0.0.1", port_of(server))
            assert client.wait() == 1
            assert "the server showed no certificate" in client.err
            other.result().close()
        other = Background(tls_accept, server, anonymous())
        client = pollcat("--ssl", "--insecure", *wish, "127.0.0.1", port_of(server))
        other.result().sendall(b"x")
        client.until_out(b"x")


def test_curl(pollcat, program, certs):
    need("curl")
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0")
    server.send(b"HTTP/1.0 200 OK\r\n\r\nanswer").close()
    curl = program("curl", "-sS", "--cacert", certs["ca.pem"], f"https://localhost:{server.port}/", "-4")
    assert (curl.wait(), curl.out) == (0, b"answer")
    assert server.wait() == 0


def test_ncat(pollcat, program, certs, free_port):
    need("ncat")
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0").send(b"answer").close()
    ncat = program("ncat", "--ssl", "127.0.0.1", str(server.port)).send(b"question")
    ncat.until_out(b"answer")
    server.until_out(b"question")
    ncat.kill()
    other = program("ncat", "-l", "--ssl", "--ssl-cert", certs["good.pem"], "--ssl-key", certs["good.key"], "127.0.0.1",
                    str(free_port), "-c", "read line; echo got $line")
    free_port.wait_listening()
    client = trusting(pollcat, certs, ("127.0.0.1", free_port)).send(b"it\n").close()
    assert (client.wait(), client.out) == (0, b"got it\n")
    other.kill()


def test_the_dialect_of_ncat_verifies_when_asked(program, pollcat, certs):
    server = pollcat("-l", "-k", "--ssl", *identity(certs, "other"), "127.0.0.1", "0")
    ncat = program(POLLCAT, "--dialect", "ncat", "--ssl", "127.0.0.1", str(server.port)).send(b"x")
    server.until_out(b"x")
    ncat.until_err("^Ncat: Warning: whoever answers is believed to be the server: --ssl-verify looks at its certificate\\.$")
    ncat.kill()
    ncat = program(POLLCAT, "--dialect", "ncat", "--ssl-verify", "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", str(server.port))
    assert ncat.wait() == 1
    assert "the certificate is for DNS:www.example.org and not for 127.0.0.1" in ncat.err


def test_ends_have_tls(pollcat, certs):
    """Plain to TLS, and TLS to plain."""
    inner = pollcat("-l", "-k", "--echo", "127.0.0.1", "0")
    outer = pollcat("-l", "-k", "--ssl", *identity(certs), "127.0.0.1", "0", "--to", f"tcp:127.0.0.1:{inner.port}")
    plain = pollcat("-l", "-k", "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", "0", "--to", f"tls:127.0.0.1:{outer.port}")
    with dial(plain.port) as sock:
        data = payload(1 << 20)
        sender = Background(sock.sendall, data)
        assert receive(sock, len(data)) == data
        sender.result()
        half_close(sock)
        assert receive_all(sock) == b""


# Many


def test_a_slow_handshake_stalls_nobody(pollcat, certs):
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "-w", "2", "127.0.0.1", "0", "--echo")
    with dial(server.port) as silent, dial(server.port) as slow:
        slow.sendall(b"\x16\x03\x01")
        peers = [tls_dial(certs, server.port) for _ in range(50)]
        for i, sock in enumerate(peers):
            sock.sendall(b"%d" % i)
        for i, sock in enumerate(peers):
            assert receive(sock, len(b"%d" % i)) == b"%d" % i
            sock.close()
        assert receive_all(silent) == b"" and receive_all(slow) == b""
    server.until_err(r"connection from 127.0.0.1 port \d+: Connection timed out$")


@pytest.mark.parametrize("leave", [half_close, reset], ids=["end", "reset"])
def test_who_leaves_at_each_byte_of_its_hello(pollcat, certs, leave):
    outgoing = ssl.MemoryBIO()
    hello = client_context(certs).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    data = outgoing.read()
    server = pollcat("-l", "-k", "-v", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")
    port = server.port
    for n in [*range(0, 12), *range(12, len(data), 37)]:
        with dial(port) as sock:
            sock.sendall(data[:n])
            leave(sock)
    with tls_dial(certs, port) as sock:
        sock.sendall(b"still here")
        assert receive(sock, 10) == b"still here"


def test_time_for_the_handshake_of_a_client(pollcat, certs):
    with serve() as server:
        client = trusting(pollcat, certs, ("127.0.0.1", port_of(server)), "-w", "0.5")
        with accept(server):
            assert client.wait() == 1
        assert client.err == f"pollcat: connect to 127.0.0.1 port {port_of(server)}: Connection timed out\n"


def test_keys_are_logged_for_who_looks_into_it(pollcat, certs, tmp_path):
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0").close()
    client = trusting(pollcat, certs, ("127.0.0.1", server.port), env={"SSLKEYLOGFILE": str(tmp_path / "keys")}).send(b"x").close()
    assert (client.wait(), server.wait()) == (0, 0)
    lines = (tmp_path / "keys").read_text().splitlines()
    assert any(line.startswith("CLIENT_TRAFFIC_SECRET_0 ") for line in lines)
    assert all(re.fullmatch(r"[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+", line) for line in lines)


# At a prompt


def test_at_a_prompt(pollcat, certs):
    server = pollcat("-l", "-k", "--ssl", *identity(certs), "127.0.0.1", "0", "--echo")
    with Terminal([POLLCAT, "--ssl", "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", str(server.port)], columns=120) as t:
        t.wait_prompt()
        t.type("hello\r")
        t.wait_text("hello")
        t.type("~info\r")
        t.wait_text("layer     TLS 1.3, TLS_")
        t.wait_text("the peer's certificate is of CN=good for 127.0.0.1, verified")
        t.type("~cert\r")
        t.wait_text("0 subject  CN=good")
        t.wait_text("issuer   CN=ca")
        t.wait_text(certs.pins("good")[0])
        t.type("\x04")
        assert t.wait_exit() == 0
