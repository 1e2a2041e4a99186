# SPDX-License-Identifier: GPL-3.0-or-later
"""Large proxies of others: squid, which knows every way to log in, and dante, which passes on datagrams; and ssh(1), which goes
through us to whatever there is."""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

import certificates
from proxies import both_ways, questions_and_answers
from sshd import sshd  # noqa: F401
from support import POLLCAT, FreePort, Processes, need, payload, port_of, serve, udp

SQUID = """
http_port 127.0.0.1:{basic}
https_port 127.0.0.1:{tls} tls-cert={directory}/good.pem tls-key={directory}/good.key
{login}
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
pid_filename none
cache_log {directory}/log
access_log none
cache_store_log none
netdb_filename none
cache deny all
coredump_dir {directory}
visible_hostname test
pinger_enable off
shutdown_lifetime 0 seconds
"""

# squid's own helpers lie elsewhere in each distribution.
HELPER = r"""
import hashlib, sys
for line in sys.stdin:
    words = line.split()
    if sys.argv[1] == "basic":
        print("OK" if words == ["joe", "secret"] else "ERR", flush=True)
    elif words[0].strip('"').split('":"') == ["joe", "squid"]:
        print('OK ha1="%s"' % hashlib.md5(b"joe:squid:secret").hexdigest(), flush=True)
    else:
        print("ERR", flush=True)
"""

DIGEST = "auth_param digest program {helper} digest\nauth_param digest realm squid\nauth_param digest children 1\n"
BASIC = "auth_param basic program {helper} basic\nauth_param basic realm squid\nauth_param basic children 1\n"

DANTE = """
logoutput: {directory}/log
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{
    from: 127.0.0.0/8 to: 0.0.0.0/0
}}
socks pass {{
    from: 0.0.0.0/0 to: 0.0.0.0/0
}}
"""


@pytest.fixture(scope="module")
def started():
    processes = Processes()
    yield processes
    for process in processes.all:
        process.signal(signal.SIGTERM)  # they have children, and end these
        process.wait()


@pytest.fixture(scope="module")
def directory():
    """One that can be read by the users that servers become."""
    made = pathlib.Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def certs(tmp_path_factory, directory):
    need("openssl")
    made = certificates.make(tmp_path_factory.mktemp("certificates"))
    for name in ("good.pem", "good.key"):
        shutil.copy(made[name], directory)
        (directory / name).chmod(0o644)
    return made


@pytest.fixture(scope="module")
def squid(started, directory, certs):
    """The ports of two: one that offers Digest as well, and one that has Basic alone; by http and by https each."""
    (directory / "helper.py").write_text(HELPER)
    helper = f"{sys.executable} {directory}/helper.py"
    ports = {}
    for name, login in (("digest", DIGEST + BASIC), ("basic", BASIC)):
        plain, tls = FreePort(), FreePort()
        conf = directory / f"{name}.conf"
        conf.write_text(SQUID.format(basic=plain, tls=tls, directory=directory, login=login.format(helper=helper)))
        started.program(need("squid"), "-N", "-f", conf, stdin=subprocess.DEVNULL)
        ports[name, "http"], ports[name, "https"] = plain, tls
    for port in ports.values():
        port.wait_listening()
    return ports


@pytest.fixture(scope="module")
def dante(started, directory):
    port = FreePort()
    conf = directory / "dante.conf"
    conf.write_text(DANTE.format(directory=directory, port=port))
    started.program(need("danted"), "-f", conf, "-p", directory / "pid", stdin=subprocess.DEVNULL)
    port.wait_listening()
    return f"socks5://127.0.0.1:{port}"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("login", ["basic", "digest"])
def test_squid(pollcat, squid, certs, login, scheme):
    server = serve()
    trust = ("--ssl-trustfile", certs["ca.pem"]) if scheme == "https" else ()
    at = f"localhost:{squid[login, scheme]}"
    both_ways(pollcat(*trust, "-x", f"{scheme}://joe:secret@{at}", "127.0.0.1", port_of(server)), server)
    for user, words in (("joe:wrong@", "407 Proxy Authentication Required: the user or the password is wrong"),
                        ("", "407 Proxy Authentication Required: --proxy-auth USER:PASSWORD logs in")):
        cat = pollcat(*trust, "-x", f"{scheme}://{user}{at}", "127.0.0.1", port_of(server))
        assert cat.wait() == 1
        assert words in cat.err


def test_tls_through_squid_within_tls(pollcat, squid, certs):
    data = payload(1 << 20)
    trust = "--ssl-trustfile", certs["ca.pem"]
    server = pollcat("-l", "--ssl", "--ssl-cert", certs["good.pem"], "--ssl-key", certs["good.key"], "127.0.0.1", "0").send(data).close()
    cat = pollcat("--ssl", *trust, "-x", f"https://joe:secret@localhost:{squid['digest', 'https']}", "127.0.0.1", server.port).close()
    assert cat.wait() == 0 and cat.out == data
    assert server.wait() == 0


def test_a_chain_of_them(pollcat, squid, dante, certs):
    server = serve()
    chain = [f"http://joe:secret@127.0.0.1:{squid['digest', 'http']}", dante, f"https://joe:secret@localhost:{squid['basic', 'https']}"]
    cat = pollcat("--ssl-trustfile", certs["ca.pem"], *[word for proxy in chain for word in ("-x", proxy)], "127.0.0.1", port_of(server))
    both_ways(cat, server)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_dante(pollcat, dante, name):
    server = serve()
    both_ways(pollcat("-x", dante, name, port_of(server)), server)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("how", ["-u", "--udp-connected"])
def test_datagrams_through_dante(pollcat, dante, name, how):
    server = udp()
    cat = pollcat(how, "-x", dante, name, port_of(server))
    questions_and_answers(cat, server)


def test_datagrams_that_ends_send_through_dante(pollcat, dante):
    server, peer = udp(), udp()
    cat = pollcat("-l", "-u", "127.0.0.1", "0", "--to", f"udp:127.0.0.1:{port_of(server)}", "-x", dante)
    peer.connect(("127.0.0.1", cat.port))
    peer.send(b"question")
    data, where = server.recvfrom(100)
    assert data == b"question"
    server.sendto(b"answer", where)
    assert peer.recv(100) == b"answer"


# ssh


@pytest.mark.parametrize("way", ["straight", "socks5", "http"])
def test_ssh(pollcat, sshd, way):
    """ProxyCommand: straight, and through ourselves."""
    args = []
    if way != "straight":
        proxy = pollcat("-l", "-k", "--proxy-type", way, "--proxy-auth", "joe:secret", "127.0.0.1", "0")
        args = ["-x", f"{way}://joe:secret@127.0.0.1:{proxy.port}"]
    data = payload(1 << 20)
    ssh = sshd.ssh_by([POLLCAT, *args, "%h", "%p"], "cat; exit 7")
    ssh.send(data).close()
    status = ssh.wait()
    assert (status, ssh.out) == (7, data), ssh.err


def test_dtls_through_dante(pollcat, dante, certs):
    server = pollcat("-l", "-u", "--ssl", *certificates.identity(certs), "127.0.0.1", "0")
    cat = pollcat("-u", "--ssl", "--ssl-trustfile", certs["ca.pem"], "-x", dante, "localhost", server.port).send(b"question")
    server.until_out(b"question")
    server.send(b"answer")
    cat.until_out(b"answer")
    assert cat.close().wait() == 0  # dante may forget the farewell
