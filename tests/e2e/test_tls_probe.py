# SPDX-License-Identifier: GPL-3.0-or-later
"""-z with --ssl and --starttls: which ports are open, and are who they are to be."""
import re
import ssl

import pytest

from support import Background, accept, port_of, receive, receive_all, refusing, serve


def probe(pollcat, certs, *args, trust=True):
    return pollcat("-z", "--ssl", *(("--ssl-trustfile", certs["ca.pem"]) if trust else ()), *args)


def listener(pollcat, certs, name="good", *args):
    cat = pollcat("-l", "-k", "--ssl", "--ssl-cert", certs[f"{name}.pem"], "--ssl-key", certs[f"{name}.key"], *args,
                  "127.0.0.1", "0", "--echo")
    return cat, cat.port


def test_one_port(pollcat, certs):
    _, port = listener(pollcat, certs)
    cat = probe(pollcat, certs, "127.0.0.1", port)
    assert (cat.wait(), cat.out, cat.err) == (0, b"", "")


def test_verbosely(pollcat, certs):
    _, port = listener(pollcat, certs)
    cat = probe(pollcat, certs, "-v", "localhost", port, "-4")
    assert cat.wait() == 0
    place = f"pollcat: 127.0.0.1 port {port}: "
    assert re.fullmatch(rf"{place}TLS 1\.3, TLS_\w+\n{place}TLS: the peer's certificate is of CN=good for localhost, verified\n"
                        rf"{place}TLS: it is valid until \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\n"
                        rf"pollcat: 127.0.0.1 {port} open\n", cat.err), cat.err


@pytest.mark.parametrize("name, told", [
    ("expired", "the certificate has expired: it was valid until 2021-02-03 04:05 UTC"),
    ("other", "the certificate is for DNS:www.example.org and not for 127.0.0.1; if that is meant, give --ssl-servername NAME"),
    ("unknown", "nobody here knows the certificate's issuer, CN=stranger; if it is to be trusted, give --ssl-trustfile FILE"),
])
def test_what_is_wrong_is_told_unasked(pollcat, certs, name, told):
    _, port = listener(pollcat, certs, name)
    cat = probe(pollcat, certs, "127.0.0.1", port)
    assert (cat.wait(), cat.out) == (1, b"")
    assert cat.err == f"pollcat: connect to 127.0.0.1 port {port}: {told}\n"


def test_a_pin(pollcat, certs):
    _, port = listener(pollcat, certs, "expired")
    right, _ = certs.pins("expired")
    wrong, _ = certs.pins("good")
    assert probe(pollcat, certs, "--ssl-pin", right, "127.0.0.1", port, trust=False).wait() == 0
    cat = probe(pollcat, certs, "--ssl-pin", wrong, "127.0.0.1", port, trust=False)
    assert cat.wait() == 1
    assert cat.err.endswith(f": the peer has another key than --ssl-pin says: {right}\n")


def test_a_port_that_is_closed(pollcat, certs):
    with refusing() as nobody:
        cat = probe(pollcat, certs, "127.0.0.1", port_of(nobody))
        assert (cat.wait(), cat.out, cat.err) == (1, b"", "")
        cat = probe(pollcat, certs, "-v", "127.0.0.1", port_of(nobody))
        assert cat.wait() == 1 and cat.err.endswith("Connection refused\n")


def test_a_list(pollcat, certs):
    """Those that are as they are to be are listed in the order of the ports; each that is not is told."""
    _, good = listener(pollcat, certs)
    _, bad = listener(pollcat, certs, "expired")
    plain = pollcat("-l", "-k", "127.0.0.1", "0", "--each", certs["config"]).port
    _, also = listener(pollcat, certs)
    with refusing() as nobody:
        ports = [also, bad, port_of(nobody), plain, good]
        cat = probe(pollcat, certs, "127.0.0.1", ",".join(map(str, ports)))
        assert cat.wait() == 0
    assert cat.out.decode() == f"127.0.0.1 {also} open\n127.0.0.1 {good} open\n"
    lines = cat.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"pollcat: connect to 127.0.0.1 port {bad}: the certificate has expired")
    assert lines[1].startswith(f"pollcat: connect to 127.0.0.1 port {plain}: the peer does not speak TLS")


def test_the_time_is_that_of_the_whole(pollcat, certs):
    """One that never answers holds up nobody else."""
    _, good = listener(pollcat, certs)
    with serve() as silent:
        cat = probe(pollcat, certs, "-w", "3", "127.0.0.1", f"{good},{port_of(silent)}")
        assert (cat.wait(), cat.out.decode()) == (0, f"127.0.0.1 {good} open\n")
        assert cat.err == f"pollcat: connect to 127.0.0.1 port {port_of(silent)}: Connection timed out\n"


def test_who_ends_in_the_middle(pollcat, certs):
    with serve() as server:
        cat = probe(pollcat, certs, "127.0.0.1", port_of(server))
        with accept(server) as sock:
            receive(sock, 5)
        assert cat.wait() == 1
        assert re.search(r"in the middle of the handshake \(TLS\)\n$|Connection reset by peer\n$", cat.err), cat.err


def test_an_end_of_tls_is_said(pollcat, certs):
    """To the server it is a connection that ended well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs["good.pem"], certs["good.key"])

    def take(server):
        sock = context.wrap_socket(accept(server), server_side=True, suppress_ragged_eofs=False)
        return receive_all(sock)

    with serve() as server:
        other = Background(take, server)
        cat = probe(pollcat, certs, "127.0.0.1", port_of(server))
        assert other.result() == b""
        assert cat.wait() == 0


@pytest.mark.parametrize("answer, status, told", [(b"220 go\r\n", 0, ""), (b"454 no\r\n", 1, "SMTP server: it does not start TLS: 454 no\n")])
def test_behind_plain_text(pollcat, certs, answer, status, told):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs["good.pem"], certs["good.key"])

    def take(server):
        with accept(server) as sock:
            sock.sendall(b"220 mail\r\n")
            receive(sock, len(b"EHLO localhost\r\n"))
            sock.sendall(b"250 STARTTLS\r\n")
            receive(sock, len(b"STARTTLS\r\n"))
            sock.sendall(answer)
            return receive_all(context.wrap_socket(sock, server_side=True)) if status == 0 else b""

    with serve() as server:
        other = Background(take, server)
        cat = pollcat("-z", "--starttls", "smtp", "--ssl-trustfile", certs["ca.pem"], "localhost", "-4", port_of(server))
        assert other.result() == b""
        assert cat.wait() == status
        assert cat.err.endswith(told) and bool(cat.err) == bool(told)


def test_until_it_is_there(pollcat, certs, free_port):
    cat = probe(pollcat, certs, "--retry", "60", "127.0.0.1", free_port)
    server = pollcat("-l", "-k", "--ssl", "--ssl-cert", certs["good.pem"], "--ssl-key", certs["good.key"], "127.0.0.1", free_port, "--echo")
    server.bound()
    assert (cat.wait(), cat.err) == (0, "")


def test_many_at_once(pollcat, certs):
    _, port = listener(pollcat, certs)
    cat = probe(pollcat, certs, "127.0.0.1", ",".join([str(port)] * 100))
    assert cat.wait() == 0
    assert cat.out.decode() == f"127.0.0.1 {port} open\n" * 100
