# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS under the name nc: what OpenBSD's nc does with -c, and what Debian's letters mean without it."""
import pytest

from certificates import identity
from support import POLLCAT, accept, port_of, receive, serve

CALLED_NC = ("bash", "-c", 'exec -a nc "$0" "$@"')


@pytest.fixture
def nc(pollcat):
    return lambda *args, **more: pollcat(*args, wrap=CALLED_NC, **more)


def known(certs, name="good"):
    return "-C", certs[f"{name}.pem"], "-K", certs[f"{name}.key"]


@pytest.fixture
def listen(nc, certs):
    """A listener with a certificate, and the port it is on."""
    def start(*args, name="good"):
        server = nc("-c", *known(certs, name), *args, "-n", "-v", "-l", "127.0.0.1", "0")
        found = server.until_err(r"^Listening on 127\.0\.0\.1 (\d+)$")
        return server, found[1]

    return start


def exchange(server, client):
    server.send(b"greeting\n")
    client.send(b"command\n")
    client.until_out(b"greeting\n")
    server.until_out(b"command\n")


def test_both_ways(nc, listen, certs):
    server, port = listen()
    client = nc("-c", "-R", certs["ca.pem"], "-v", "-4", "localhost", port)
    exchange(server, client)
    client.until_err(r"^Connection to localhost .* succeeded!$")
    client.until_err(r"^TLS handshake negotiated TLSv1\.3/TLS_\w+ with host localhost$")
    client.until_err(r"^Subject: /CN=good\nIssuer: /CN=ca\nValid From: .*\nValid Until: .*\nCert Hash: SHA256:[0-9a-f]{64}$")
    server.until_err(r"^Connection received on 127\.0\.0\.1 \d+$")


@pytest.mark.parametrize("name, args, told", [
    ("unknown", (), "certificate verification failed: unable to get local issuer certificate"),
    ("expired", (), "certificate verification failed: certificate has expired"),
    ("good", ("-e", "www.example.org"), "name `www.example.org' not present in server certificate"),
    ("good", ("-e", "127.0.0.3"), "name `127.0.0.3' not present in server certificate"),
])
def test_whom_a_client_does_not_take(nc, listen, certs, name, args, told):
    server, port = listen(name=name)
    server.send(b"greeting\n")
    client = nc("-c", "-R", certs["ca.pem"], *args, "-v", "-n", "127.0.0.1", port)
    assert (client.wait(), client.out) == (1, b"")
    assert client.err.startswith(f"Connection to 127.0.0.1 {port} port [tcp/*] succeeded!\n")
    assert client.err.endswith(f": {told}\n")
    server.wait()
    assert server.out == b""


@pytest.mark.parametrize("name, args", [
    ("unknown", ("-T", "noverify")), ("other", ("-T", "noname")), ("other", ("-e", "www.example.org")),
    ("good", ("-T", "tlscompat")), ("good", ("-T", "lowdelay", "-T", "ciphers=HIGH")), ("alone", ("-R", "alone.pem")),
])
def test_whom_a_client_takes(nc, listen, certs, name, args):
    server, port = listen(name=name)
    trust = () if "-R" in args else ("-R", certs["ca.pem"])
    args = [certs[arg] if str(arg).endswith(".pem") else arg for arg in args]
    exchange(server, nc("-c", *trust, *args, "127.0.0.1", port))


def test_no_session_goes_on_that_was_trusted_for_less(nc, pollcat, certs, tmp_path):
    """Names were not looked at when it began, or it was trusted for its pin alone."""
    server = pollcat("-l", "-k", "--ssl", *identity(certs, "other"), "127.0.0.1", "0", "--echo")
    session = "--ssl-session", tmp_path / "session", "-4", "localhost", server.port

    def talks(client):
        client.send(b"x")
        client.until_out(b"x")
        client.close().wait()
        assert (tmp_path / "session").exists()

    talks(nc("-c", "-N", "-R", certs["ca.pem"], "-T", "noname", *session))
    client = pollcat("--ssl", "--ssl-trustfile", certs["ca.pem"], *session)
    assert client.wait() == 1 and "and not for localhost" in client.err
    pin = certs.pins("other")[1]
    talks(pollcat("--ssl", "--ssl-pin", pin, *session))
    client = nc("-c", "-H", pin, "-R", certs["stranger.pem"], "-T", "noname", *session)
    assert client.wait() == 1 and "unable to get local issuer" in client.err


def test_a_subject_that_is_an_address(nc, listen, certs):
    """Of a certificate without other names it is one."""
    certs.own("127.0.0.1", "issuer")
    server, port = listen(name="127.0.0.1")
    exchange(server, nc("-c", "-R", certs["127.0.0.1.pem"], "127.0.0.1", port))
    server, port = listen(name="127.0.0.1")
    client = nc("-c", "-R", certs["127.0.0.1.pem"], "-e", "127.0.0.2", "127.0.0.1", port)
    assert client.wait() == 1 and "name `127.0.0.2' not present in server certificate\n" in client.err


def test_a_hash_is_asked_for_besides(nc, listen, certs):
    right, other = (certs.pins(name)[1].replace("sha256", "SHA256") for name in ("good", "ca"))
    server, port = listen()
    exchange(server, nc("-c", "-R", certs["ca.pem"], "-H", right, "127.0.0.1", port))
    server, port = listen()
    client = nc("-c", "-v", "-R", certs["ca.pem"], "-H", other, "127.0.0.1", port)
    assert client.wait() == 1
    assert f"\nCert Hash: {right}\n" in client.err and client.err.endswith(f"peer certificate is not {other}\n")
    server, port = listen()
    client = nc("-c", "-R", certs["stranger.pem"], "-H", right, "127.0.0.1", port)
    assert client.wait() == 1 and "certificate verification failed" in client.err


def client_of(nc, certs, port, name="client"):
    return nc("-c", "-R", certs["ca.pem"], *(known(certs, name) if name else ()), "-v", "127.0.0.1", port)


def test_clients_with_certificates(nc, listen, certs):
    pin = certs.pins("client")[1].replace("sha256", "SHA256")
    for args in [(), ("-e", "localhost"), ("-H", pin), ("-T", "clientcert")]:
        server, port = listen("-R", certs["ca.pem"], *args)
        exchange(server, client_of(nc, certs, port))
        server.until_err(r"^Subject: /CN=client\nIssuer: /CN=ca$")


def test_a_client_without_one(nc, listen, certs):
    """What is asked of certificates is asked of those that are shown."""
    server, port = listen("-R", certs["ca.pem"], "-e", "nobody", "-H", certs.pins("client")[1])
    exchange(server, client_of(nc, certs, port, None))
    server, port = listen("-R", certs["ca.pem"], "-T", "clientcert")
    client = client_of(nc, certs, port, None)
    server.until_err("No client certificate provided$")
    assert (server.wait(), server.out) == (1, b"")
    assert (client.wait(), client.out) == (1, b"")
    assert "tls read failed (the peer refuses: it wants a certificate from us" in client.err


@pytest.mark.parametrize("args, told, seen", [
    (("-R", "stranger.pem"), "certificate verification failed", False),
    (("-R", "ca.pem", "-e", "127.0.0.3"), r"name \(127\.0\.0\.3\) not found in client cert", True),
    (("-R", "ca.pem", "-H", "sha256:" + 64 * "0"), "peer certificate is not sha256:0+", True),
])
def test_clients_that_are_refused(nc, listen, certs, args, told, seen):
    args = [certs[arg] if arg.endswith(".pem") else arg for arg in args]
    server, port = listen(*args)
    server.send(b"greeting\n")
    client = client_of(nc, certs, port)
    server.until_err(told)
    assert (server.wait(), server.out, client.out) == (1, b"", b"")
    assert ("Subject: /CN=client" in server.err) == seen
    client.kill()


def test_one_after_the_other(nc, listen, certs):
    server, port = listen("-k", "-R", certs["ca.pem"], "-T", "clientcert")
    assert client_of(nc, certs, port, None).wait() == 1
    for line in (b"one\n", b"two\n"):
        client = client_of(nc, certs, port).send(line)
        server.until_out(line)
        client.close()
        client.kill()


def test_a_probe(nc, listen, certs):
    _, good = listen("-k")
    assert nc("-c", "-z", "-R", certs["ca.pem"], "127.0.0.1", good).wait() == 0
    wrong = nc("-c", "-z", "-R", certs["stranger.pem"], "127.0.0.1", good)
    assert wrong.wait() == 1 and "certificate verification failed" in wrong.err


def test_without_it_letters_are_those_of_debian(nc):
    server = serve()
    cat = nc("-C", "127.0.0.1", port_of(server)).send(b"line\n")
    assert receive(accept(server), 6) == b"line\r\n"
    cat.kill()
    for letter in "HKRe":
        cat = nc(f"-{letter}", "x", "127.0.0.1", "1")
        assert cat.wait() == 1 and cat.err.startswith(f"nc: invalid option -- '{letter}'\n")
    for args in [("-p", "c"), ("-qc",), ("-s", "-c")]:  # what is an argument is no option
        cat = nc(*args, "-C", "127.0.0.1", "1")
        cat.wait()
        assert "C" not in cat.err.split("\n")[0].split("--")[-1]


@pytest.mark.parametrize("args, told", [
    (("-c", "-u", "h", "1"), "cannot use -c and -u"),
    (("-c", "-U", "/x"), "cannot use -c and -U"),
    (("-c", "-F", "h", "1"), "cannot use -c and -F"),
    (("-zc", "-T", "clientcert", "h", "1"), "clientcert is only valid with -l"),
    (("-c", "-T", "muststaple", "h", "1"), "-T muststaple is not supported: there is no OCSP stapling"),
    (("-c", "-T", "never", "h", "1"), "illegal tos/tls value never"),
    (("-c", "-H", "x", "-T", "noverify", "h", "1"), "cannot use -H and -T noverify"),
    (("-c", "-e", "x", "-T", "noname", "h", "1"), "cannot use -e and -T noname"),
    (("-c", "-o", "x", "h", "1"), "-o is not supported: there is no OCSP stapling"),
    (("-c", "-Z", "x", "h", "1"), "-Z is not supported: certificates are not saved"),
])
def test_what_does_not_go_together(nc, args, told):
    cat = nc(*args)
    assert (cat.wait(), cat.err) == (1, f"nc: {told}\n")


def test_by_another_name(program, certs):
    """--dialect nc says it, too."""
    server = program(POLLCAT, "--dialect", "nc", "-lcvn", *known(certs), "127.0.0.1", "0")
    port = server.until_err(r"^Listening on 127\.0\.0\.1 (\d+)$")[1]
    client = program(POLLCAT, "--dialect=nc", "-c", "-R", certs["ca.pem"], "127.0.0.1", port)
    exchange(server, client)
