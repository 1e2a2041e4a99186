# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with stunnel, nginx, GnuTLS, socat and haproxy, as servers and as clients."""
import pytest

from certificates import identity
from support import (Background, FreePort, accept, dial, half_close, need, payload, port_of, receive, receive_all,
                     serve)

DATA = payload(1 << 20)


@pytest.fixture
def echo(pollcat, certs):
    """An echo of ours, with TLS or without; its port."""
    def start(*args):
        return pollcat("-l", "-k", *args, "127.0.0.1", "0", "--echo").port

    return start


@pytest.fixture
def client(pollcat, certs):
    def start(port, *args):
        return pollcat("--ssl", "--ssl-trustfile", certs["ca.pem"], *args, "-4", "localhost", port)

    return start


def goes_there_and_back(cat):
    cat.send(DATA).close()
    assert (cat.wait(), cat.out == DATA, cat.err) == (0, True, "")


def comes_back(port):
    """Through who puts TLS on, what is plain here."""
    with dial(port) as sock:
        sender = Background(sock.sendall, DATA)
        assert receive(sock, len(DATA)) == DATA
        sender.result()
        half_close(sock)
        assert receive_all(sock) == b""


@pytest.fixture
def stunnel(program, tmp_path):
    def start(far, *lines):
        port = FreePort()
        conf = tmp_path / f"stunnel-{port}.conf"
        conf.write_text("\n".join(["foreground = yes", "pid =", "[relay]", f"accept = 127.0.0.1:{port}",
                                   f"connect = 127.0.0.1:{far}", *lines, ""]))
        program(need("stunnel"), conf)
        port.wait_listening()
        return port

    return start


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_stunnel_serves(stunnel, echo, client, certs, version):
    port = stunnel(echo(), f"cert = {certs['good.pem']}", f"key = {certs['good.key']}", f"sslVersion = {version}")
    goes_there_and_back(client(port))


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_stunnel_connects(stunnel, echo, certs, version):
    port = stunnel(echo("--ssl", *identity(certs)), "client = yes", "verifyChain = yes", "checkHost = localhost",
                   f"CAfile = {certs['ca.pem']}", f"sslVersion = {version}")
    comes_back(port)


def test_stunnel_asks_for_a_certificate(stunnel, echo, client, certs):
    port = stunnel(echo(), f"cert = {certs['good.pem']}", f"key = {certs['good.key']}", "verifyChain = yes",
                   f"CAfile = {certs['ca.pem']}")
    goes_there_and_back(client(port, *identity(certs, "client")))
    nobody = client(port)
    assert nobody.wait() == 1
    assert "the peer refuses: " in nobody.err


def test_stunnel_shows_one(stunnel, echo, certs):
    asks = "--ssl-client-ca", certs["ca.pem"], "--ssl-require-client"
    port = stunnel(echo("--ssl", *identity(certs), *asks), "client = yes", f"cert = {certs['client.pem']}",
                   f"key = {certs['client.key']}")
    comes_back(port)


@pytest.fixture
def nginx(program, tmp_path, certs):
    def start(where):
        port = FreePort()
        conf = tmp_path / "nginx.conf"
        conf.write_text(f"""
daemon off; master_process off; pid {tmp_path}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    {" ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
    server {{ {where(port)} }}
}}
""")
        program(need("nginx"), "-p", tmp_path, "-e", "stderr", "-c", conf)
        port.wait_listening()
        return port

    return start


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_nginx_serves(nginx, client, certs, tmp_path, version):
    (tmp_path / "page").write_bytes(DATA)
    port = nginx(lambda port: f"listen 127.0.0.1:{port} ssl; ssl_certificate {certs['good.pem']}; ssl_certificate_key "
                              f"{certs['good.key']}; ssl_protocols {version}; root {tmp_path};")
    cat = client(port).send(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").close()
    assert cat.wait() == 0
    head, _, body = cat.out.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and body == DATA


def test_nginx_connects(nginx, pollcat, certs):
    server = pollcat("-l", "--ssl", *identity(certs), "127.0.0.1", "0")
    port = nginx(lambda port: f"listen 127.0.0.1:{port}; location / {{ proxy_pass https://127.0.0.1:{server.port}; proxy_ssl_verify on; "
                              f"proxy_ssl_trusted_certificate {certs['ca.pem']}; proxy_ssl_name localhost; proxy_ssl_server_name on; }}")
    with dial(port) as sock:
        sock.sendall(b"GET /x HTTP/1.0\r\n\r\n")
        server.until_out(b"GET /x HTTP/1.0\r\n")
        server.send(b"HTTP/1.0 200 OK\r\n\r\nanswer").close()
        assert receive_all(sock).endswith(b"\r\n\r\nanswer")


@pytest.fixture
def gnutls_serv(program, certs):
    def start(*args):
        port = FreePort()
        program(need("gnutls-serv"), "--echo", "--port", str(port), "--x509certfile", certs["good.pem"], "--x509keyfile",
                certs["good.key"], *args)
        port.wait_listening()
        return port

    return start


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_gnutls_serves(gnutls_serv, client, version):
    cat = client(gnutls_serv("--disable-client-cert", "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"))
    for line in (b"one\n", b"two\n"):
        cat.send(line)
        cat.until_out(line)
    cat.close()
    assert cat.wait() == 0 and cat.out == b"one\ntwo\n"


@pytest.mark.parametrize("version, command", [("1.2", b"^resume^\n"), ("1.3", b"^rekey^\n"), ("1.3", b"^resume^\n")])
def test_gnutls_connects(program, echo, certs, version, command):
    """And changes its keys, or comes back with its session, in the middle of it."""
    port = echo("--ssl", *identity(certs))
    cli = program("stdbuf", "-oL", need("gnutls-cli"), "--inline-commands", "--x509cafile", certs["ca.pem"], "--priority",
                  f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "--port", str(port), "localhost")
    cli.until_out(b"Handshake was completed")
    cli.send(b"before\n")
    cli.until_out(b"\nbefore\n")
    cli.send(command)
    cli.send(b"behind\n")
    cli.until_out(b"\nbehind\n")
    cli.kill()


def test_socat_serves(program, client, certs):
    port = FreePort()
    program(need("socat"), f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,cert={certs['good.pem']},key={certs['good.key']},verify=0", "EXEC:cat")
    port.wait_listening()
    with_listener = client(port)
    with_listener.send(b"there and back\n")
    with_listener.until_out(b"there and back\n")
    with_listener.close()
    assert with_listener.wait() == 0


def test_socat_connects(program, echo, certs):
    port = echo("--ssl", *identity(certs))
    with serve() as server:
        program(need("socat"), f"OPENSSL:localhost:{port},cafile={certs['ca.pem']},pf=ip4", f"TCP:127.0.0.1:{port_of(server)}")
        with accept(server) as sock:
            sock.sendall(b"there and back")
            assert receive(sock, 14) == b"there and back"
