# SPDX-License-Identifier: GPL-3.0-or-later
"""DTLS: datagrams with TLS. Many peers, messages, and other programs at the other end."""
import os
import pathlib
import re
import signal
import socket

import pytest

from certificates import identity
from dtls import client, listener, relay, talk  # noqa: F401
from support import POLLCAT, need, payload, port_of, refusing, udp, until_resting
from terminal import Terminal

LONGEST = 16384  # bytes of data that a record holds


# Both ends ours


def test_a_client_and_one_peer(listener, client):
    server = listener("-v")
    one = client(server.port, "-v")
    talk(server, one)
    one.close()
    assert (one.wait(), server.wait()) == (0, 0)
    for process in (one, server):
        assert re.search(r"port \d+: DTLS 1\.2, ECDHE-ECDSA-\S+$", process.err, re.M)
    assert "the peer's certificate is of CN=good for 127.0.0.1, verified\n" in one.err


def test_a_certificate_for_the_run_and_its_pin(pollcat):
    server = pollcat("-l", "-k", "-u", "--ssl", "127.0.0.1", "0")
    pin = server.until_err(r"clients know it by --ssl-pin (sha256:[0-9a-f]{64})$")[1]
    stranger = pollcat("-u", "--ssl", "127.0.0.1", server.port)
    assert stranger.wait() == 1
    assert stranger.err == (f"pollcat: connect to 127.0.0.1 port {server.port}: the certificate is self-signed; if it is the right "
                            f"one, trust it with --ssl-pin {pin}\n")
    friend = pollcat("dtls:127.0.0.1:%d" % server.port, "--ssl-pin", pin).send(b"hello")
    server.until_out(b"hello")
    assert friend.close().wait() == 0


@pytest.mark.parametrize("name, why", [
    ("expired", "the certificate has expired: it was valid until 2021-02-03 04:05 UTC"),
    ("other", "the certificate is for DNS:www.example.org and not for localhost; if that is meant, give --ssl-servername NAME"),
    ("unknown", "nobody here knows the certificate's issuer, CN=stranger; if it is to be trusted, give --ssl-trustfile FILE"),
])
def test_wrong_certificates(listener, client, name, why):
    server = listener("-k", "-v", name=name)
    one = client(server.port, "-4", host="localhost")
    assert (one.wait(), one.err) == (1, f"pollcat: connect to 127.0.0.1 port {server.port}: {why}\n")
    server.until_err("the peer refuses")  # an alert in the clear is believed in the end


def test_clients_show_certificates(listener, client, certs):
    server = listener("-k", "-v", "--ssl-client-ca", certs["ca.pem"], "--ssl-require-client")
    nobody = client(server.port)
    nobody.send(b"x")
    assert nobody.wait() == 1
    assert "the peer refuses: it finds no cipher, key or certificate that suits it" in nobody.err
    server.until_err("datagrams from 127.0.0.1 port [0-9]+: the client showed no certificate")
    one = client(server.port, *identity(certs, "client")).send(b"hello")
    server.until_out(b"hello")
    server.until_err("the peer's certificate is of CN=client, verified")
    assert one.close().wait() == 0


def test_a_session_goes_on(listener, client, tmp_path):
    server = listener("-k")
    for resumed in (False, True):
        one = client(server.port, "-v", "--ssl-session", tmp_path / "session").send(b"x").close()
        assert one.wait() == 0
        assert (", resumed\n" in one.err) == resumed


def test_the_next_address_when_nobody_is_at_the_first(listener, client):
    server = listener()
    with refusing("::1", server.port, socket.SOCK_DGRAM):
        one = client(server.port, "-v", host="localhost").send(b"hello")
        server.until_out(b"hello")
    assert one.close().wait() == 0
    assert server.wait() == 0


def test_refused_and_silent(client):
    with refusing(kind=socket.SOCK_DGRAM) as sock:
        one = client(port_of(sock))
        assert (one.wait(), one.err) == (1, f"pollcat: connect to 127.0.0.1 port {port_of(sock)}: Connection refused\n")
    with udp() as sock:
        one = client(port_of(sock), "-w", "300ms")
        assert (one.wait(), one.err) == (1, f"pollcat: connect to 127.0.0.1 port {port_of(sock)}: Connection timed out\n")


def test_the_server_goes_away(listener, client):
    server = listener("-k")
    one, two = client(server.port), client(server.port)
    for each in (one, two):
        each.send(b"x")
    server.until_out(b"xx")
    server.signal(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    for each in (one, two):  # by its close_notify
        assert each.close().wait() == 0


def test_the_server_dies(listener, client):
    server = listener("-k")
    one = client(server.port).send(b"x")
    server.until_out(b"x")
    server.signal(signal.SIGKILL).wait()
    one.send(b"y")
    assert one.wait() == 1
    assert "Connection refused" in one.err


def test_what_does_not_go(pollcat, client, tmp_path):
    for args, why in [
        (("-u", "--ssl", "--ssl-min", "1.3", "localhost", "1"), "--ssl-min 1.3: of DTLS there is 1.2 here, and no newer one"),
        (("--seqpacket", "--ssl", tmp_path / "s"), "--seqpacket excludes --ssl"),
        (("--starttls", "smtp", "-u", "localhost", "1"), "--starttls excludes --udp"),
        (("-u", "--ssl-pin", "sha256:" + "0" * 64, "localhost", "1"), "nothing here has TLS"),
        (("-u", "tls:localhost:1"), "tls: excludes --udp"),
    ]:
        one = pollcat(*args, stdin=-3)
        assert one.wait() == 2
        assert why in one.err


def probe(pollcat, certs, *args):
    return pollcat("-z", "-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], *args, stdin=-3)


def test_a_port_that_is_probed(pollcat, listener, certs):
    """It is open when the handshake is done; the peer hears the end of it."""
    server = listener("-k", "-v")
    one = probe(pollcat, certs, "-v", "-4", "localhost", server.port)
    assert one.wait() == 0
    place = f"pollcat: 127.0.0.1 port {server.port}: "
    assert re.fullmatch(rf"{place}DTLS 1\.2, ECDHE-ECDSA-\S+\n{place}TLS: the peer's certificate is of CN=good for localhost, verified\n"
                        rf"{place}TLS: it is valid until \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\n"
                        rf"pollcat: 127.0.0.1 {server.port} open\n", one.err), one.err
    server.until_err("closed 127.0.0.1 port")


def test_ports_that_are_probed_and_not_open(pollcat, listener, certs):
    server = listener("-k", name="expired")
    one = probe(pollcat, certs, "127.0.0.1", server.port)
    assert (one.wait(), one.err) == (1, f"pollcat: connect to 127.0.0.1 port {server.port}: the certificate has expired: it was valid "
                                        "until 2021-02-03 04:05 UTC\n")
    with refusing(kind=socket.SOCK_DGRAM) as nobody, udp() as silent:
        one = probe(pollcat, certs, "-v", "127.0.0.1", port_of(nobody))
        assert (one.wait(), one.err) == (1, f"pollcat: connect to 127.0.0.1 port {port_of(nobody)}: Connection refused\n")
        one = probe(pollcat, certs, "-v", "-w", "300ms", "127.0.0.1", port_of(silent))
        assert (one.wait(), one.err) == (1, f"pollcat: 127.0.0.1 port {port_of(silent)}: no answer\n")
        several = ",".join(str(port) for port in sorted([server.port, port_of(nobody), port_of(silent)]))
        one = probe(pollcat, certs, "-v", "-w", "5", "127.0.0.1", several)  # time enough for a handshake
        assert one.wait() == 1
        for port, word in [(server.port, ": the certificate has expired"), (port_of(nobody), " closed"), (port_of(silent), " no answer")]:
            assert re.search(rf"^pollcat: .*127.0.0.1 .*{port}{word}", one.err, re.M), one.err


# Messages


@pytest.fixture
def tunnel(pollcat, listener, certs):
    """A socket whose datagrams go through DTLS to another, and come back to whoever sent: (near, far, way in, way out)."""
    far = udp()
    out = listener("-k", "-v", "--to", f"udp:127.0.0.1:{port_of(far)}")

    def start(*args, port=out.port, inner=()):
        way = pollcat("-l", "-k", "-u", *args, "127.0.0.1", "0", "--to", f"dtls:127.0.0.1:{port}", "--ssl-trustfile",
                      certs["ca.pem"], *inner)
        near = udp()
        near.connect(("127.0.0.1", way.port))
        return near, far, way, out

    yield start
    far.close()


def test_boundaries_are_kept(tunnel):
    near, far, *_ = tunnel()
    sizes = [1, 1400, LONGEST, 3]
    for size in sizes:
        near.send(payload(size))
        data, source = far.recvfrom(1 << 16)
        assert data == payload(size)
        far.sendto(data[::-1], source)
        assert near.recv(1 << 16) == payload(size)[::-1]


def test_what_is_too_long_is_told_and_lost_alone(tunnel):
    near, far, way, _ = tunnel()
    near.send(b"short")
    assert far.recv(1 << 16) == b"short"
    near.send(payload(LONGEST + 1))
    way.until_err(r"^pollcat: 16385 bytes were not sent: too long for a datagram of DTLS, which has room for 16384 here")
    near.send(b"again")
    assert far.recv(1 << 16) == b"again"


def test_an_empty_datagram_is_told(tunnel):
    near, far, way, _ = tunnel("-v")
    for data in (b"", b"x"):
        near.send(data)
    assert far.recv(10) == b"x"
    way.until_err("DTLS has no empty datagrams: one was not sent")


def test_lines_are_messages(listener, client):
    far = udp()
    server = listener("--to", f"udp:127.0.0.1:{port_of(far)}")
    one = client(server.port, "--line").send(b"one\ntwo\n")
    assert [far.recv(100), far.recv(100)] == [b"one\n", b"two\n"]
    one.kill()
    far.close()


def test_a_stream_is_cut(listener, client):
    far = udp()
    server = listener("--to", f"udp:127.0.0.1:{port_of(far)}")
    one = client(server.port, "--datagram-size", "1000").send(payload(2500)).close()
    assert [len(far.recv(1 << 16)) for _ in range(3)] == [1000, 1000, 500]
    assert one.wait() == 0
    far.close()


def test_ten_megabytes(listener, client):
    """Never more on its way than a receive buffer holds."""
    block, count = payload(64 << 10), 160
    server = listener()
    one = client(server.port)
    for i in range(count):
        one.send(block)
        server.until_out((i + 1) * len(block))
        if server.stdout.data[i * len(block):] != block:
            pytest.fail(f"block {i} came otherwise")
    assert one.close().wait() == 0
    assert server.wait() == 0


# Many


def test_two_hundred_peers_at_once(tunnel):
    _, far, way, _ = tunnel()
    peers = [udp() for _ in range(200)]
    for number, peer in enumerate(peers):
        peer.connect(("127.0.0.1", way.port))
        peer.send(b"%d" % number)
    sources = {}
    while len(sources) < len(peers):
        data, source = far.recvfrom(100)
        sources[int(data)] = source
    assert len(set(sources.values())) == len(peers)
    for number, source in sources.items():
        far.sendto(b"for %d" % number, source)
    for number, peer in enumerate(peers):
        assert peer.recv(100) == b"for %d" % number
        peer.close()


def test_input_goes_to_all_and_output_comes_of_all(listener, client):
    server = listener("-k")
    some = [client(server.port) for _ in range(3)]
    for number, one in enumerate(some):
        one.send(b"%d" % number)
        server.until_out(number + 1)
    server.send(b"to all")
    for one in some:
        one.until_out(b"to all")
        one.kill()


def test_one_peer_is_one(listener, client):
    server = listener("-v")
    one = client(server.port)
    talk(server, one)
    other = client(server.port, "-w", "1")
    assert other.wait() == 1
    talk(server, one, b"still", b"there")
    assert one.close().wait() == 0
    assert server.wait() == 0


def test_one_peer_is_the_first_to_come_through(listener, client, relay):
    """Others that fail, or say no more, are in nobody's way."""
    server = listener()
    silent = relay(server.port, lambda up, number, data: [data] if number < 2 else [])
    stuck = client(silent.port, "-w", "1m")
    silent.until(False, 2)  # so its handshake is under way
    for _ in range(2):
        stranger = client(server.port, "--ssl-pin", "sha256:" + "0" * 64)
        assert stranger.wait() == 1
    server.until_err(r"^pollcat: datagrams from 127\.0\.0\.1 port \d+: the peer refuses")
    one = client(server.port)
    talk(server, one)
    stuck.kill()
    assert one.close().wait() == 0
    assert (server.wait(), server.err.count("the peer refuses")) == (0, 1)


def test_echo_and_programs(pollcat, certs, client):
    for args in [("--echo",), ("-l", "-k", "--to", "echo:"), ("-l", "-k", "--to", "exec:cat")]:
        server = pollcat("-u", "--ssl", *identity(certs), *args, "127.0.0.1", "0")
        some = [client(server.port).send(b"%d" % number) for number in range(3)]
        for number, one in enumerate(some):
            one.until_out(b"%d" % number)
            assert one.close().wait() == 0


def test_broker(pollcat, certs, client):
    server = pollcat("--broker", "-u", "--ssl", *identity(certs), "127.0.0.1", "0")
    one, two = client(server.port, "-v"), client(server.port, "-v")
    for each in (one, two):
        each.until_err("DTLS 1.2")
    one.send(b"hello")
    two.until_out(b"hello")  # so both are there
    two.send(b"I am here")
    one.until_out(b"I am here")
    one.send(b"so am I")
    two.until_out(b"so am I")
    one.kill()
    two.kill()


def test_silence_ends_a_peer(listener, client):
    server = listener("-k", "-v", "--idle-timeout", "300ms")
    one = client(server.port).send(b"x")
    server.until_out(b"x")
    server.until_err("closed 127.0.0.1 port")
    assert one.close().wait() == 0


# At the prompt


def test_at_a_prompt(certs, listener):
    server = listener("-k")
    with Terminal([POLLCAT, "-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", str(server.port)], columns=120) as t:
        t.wait_prompt()
        t.type("hello\r")
        server.until_out(b"hello\n")
        t.type("~info\r")
        t.wait_text("layer     DTLS 1.2, ECDHE-")
        t.type("~cert\r")
        t.wait_text("0 subject  CN=good")
        server.send(b"answer\n")
        t.wait_text("answer")
        server.signal(signal.SIGTERM)
        t.wait_text("closed the connection")
        assert t.wait_exit() == 0


def test_many_at_a_prompt(certs, client):
    with Terminal([POLLCAT, "-v", "-l", "-k", "-u", "--ssl", *identity(certs), "127.0.0.1", "0"], columns=120) as t:
        t.wait_text("listening on 127.0.0.1 port ")
        port = int(re.search(r"127\.0\.0\.1 port (\d+)", "\n".join(t.lines()))[1])
        one = client(port).send(b"one\n")
        t.wait_text("one")
        two = client(port).send(b"two\n")
        t.wait_text("[2] two")
        t.type("@2 for two\r")
        two.until_out(b"for two\n")
        t.type("for all\r")
        for each in (one, two):
            each.until_out(b"for all\n")
            assert each.close().wait() == 0
        t.type("\x04")
        assert t.wait_exit() == 0


# Other programs


def test_openssl_s_client(program, listener):
    server = listener("-k", "-v")
    other = program("openssl", "s_client", "-dtls", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{server.port}").send(b"question\n")
    server.until_out(b"question\n")
    server.send(b"answer\n")
    other.until_out(b"answer\n")
    other.close().wait()
    server.until_err("closed 127.0.0.1 port")


def until_bound(process, port):
    """Waits until a UDP socket is bound to it, see proc(5)."""
    pattern = re.compile(rf"^\s*\d+: [0-9A-F]+:{port:04X} ", re.M)
    while process.popen.poll() is None:
        if any(pattern.search(pathlib.Path(f"/proc/net/{name}").read_text()) for name in ("udp", "udp6")):
            return
        os.sched_yield()
    pytest.fail(process.err)


@pytest.mark.parametrize("listen", [("-listen",), ()], ids=["cookie", "plain"])
def test_openssl_s_server(program, client, certs, free_port, listen):
    other = program("openssl", "s_server", "-dtls", *listen, "-quiet", "-accept", f"127.0.0.1:{free_port}", "-cert",
                    certs["good.pem"], "-key", certs["good.key"])
    until_bound(other, free_port)
    one = client(free_port).send(b"question\n")
    other.until_out(b"question\n")
    other.send(b"answer\n")
    one.until_out(b"answer\n")
    assert one.close().wait() == 0


def test_gnutls_cli(program, listener, certs):
    need("gnutls-cli")
    server = listener("-k", "-v")
    other = program("gnutls-cli", "--udp", "--x509cafile", certs["ca.pem"], "--port", server.port, "127.0.0.1").send(b"question\n")
    server.until_out(b"question\n")
    server.send(b"answer\n")
    other.until_out(b"answer\n")
    other.close().wait()
    server.until_err("closed 127.0.0.1 port")


def test_gnutls_serv(program, client, certs, free_port):
    need("gnutls-serv")
    other = program("gnutls-serv", "--udp", "--echo", "--port", free_port, "--x509certfile", certs["good.pem"], "--x509keyfile",
                    certs["good.key"])
    until_bound(other, free_port)
    one = client(free_port).send(b"question\n")
    one.until_out(b"question\n")
    assert one.close().wait() == 0


def test_ncat(program, listener):
    """As a client: its listener has no DTLS."""
    need("ncat")
    server = listener("-k", "-v")
    other = program("ncat", "--ssl", "-u", "127.0.0.1", server.port).send(b"question")
    server.until_out(b"question")
    server.send(b"answer")
    other.until_out(b"answer")


@pytest.fixture
def ncats(program, certs, free_port):
    """A listener and a client of its dialect, which have talked."""
    def start(*args):
        server = program(POLLCAT, "--dialect", "ncat", "-l", *args, "-u", "--ssl", "--ssl-cert", certs["good.pem"], "--ssl-key",
                         certs["good.key"], "127.0.0.1", free_port)
        until_bound(server, free_port)
        one = program(POLLCAT, "--dialect", "ncat", "-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], "127.0.0.1", free_port)
        talk(server, one)
        return server, one

    return start


@pytest.mark.parametrize("keeps", [("-k",), ()], ids=["many", "one"])
def test_dialect_of_ncat(ncats, keeps):
    server, one = ncats(*keeps)
    one.close()
    assert one.wait() == 0
    if not keeps:
        assert server.close().wait() == 0


def test_the_input_of_ncats_listener_ends_it(ncats):
    server, one = ncats()
    server.close()
    assert (one.wait(), server.wait()) == (0, 0)


def test_the_input_of_ncats_listener_ends_nothing(ncats):
    server, one = ncats("--no-shutdown")
    server.close()
    one.send(b"still heard")
    server.until_out(b"still heard")
    assert (one.close().wait(), server.wait()) == (0, 0)


def test_ends_by_themselves_when_idle(listener, client):
    """Nothing is sent again and again once there is nothing to say."""
    server = listener()
    one = client(server.port)
    talk(server, one)
    until_resting(one.pid)
    until_resting(server.pid)
    assert one.close().wait() == 0
