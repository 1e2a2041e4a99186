# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for the tests of TLS, made by openssl(1): good ones, and such as are wrong in one way each."""
import hashlib
import subprocess

CONFIG = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
default_crl_days = 30
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = names
[names]
[issuer]
basicConstraints = critical, CA:TRUE
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[other]
subjectAltName = DNS:www.example.org
[examples]
subjectAltName = DNS:www.example.org, DNS:mail.example.org
[client]
extendedKeyUsage = clientAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[plain]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost
"""


class Certificates:
    """Files in a directory: NAME.pem is a certificate, NAME.key its key, and both.pem of NAME both together."""

    def __init__(self, directory):
        self.directory = directory
        (directory / "config").write_text(CONFIG)
        (directory / "index.txt").write_text("")
        (directory / "serial").write_text("01")
        self.own("ca", "issuer")
        self.own("stranger", "issuer")

    def __getitem__(self, name):
        return self.directory / name

    def openssl(self, *args):
        done = subprocess.run(["openssl", *args], cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def key(self, name, *kind):
        self.openssl("genpkey", *(kind or ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), "-out", f"{name}.key")

    def own(self, name, extensions, *more):
        """One that signs itself."""
        self.key(name)
        self.openssl("req", "-x509", "-new", "-config", "config", "-extensions", extensions, "-key", f"{name}.key", "-days", "30",
                     "-subj", f"/CN={name}", *more, "-out", f"{name}.pem")

    def issue(self, name, *more, extensions="server", issuer="ca", kind=()):
        """One of an issuer; dates go as openssl-ca(1) writes them."""
        self.key(name, *kind)
        self.openssl("req", "-new", "-config", "config", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.req")
        dates = () if "-startdate" in more else ("-days", "30")
        self.openssl("ca", "-batch", "-config", "config", "-extensions", extensions, "-keyfile", f"{issuer}.key", "-cert",
                     f"{issuer}.pem", "-in", f"{name}.req", "-notext", *dates, *more, "-out", f"{name}.pem")

    def revoke(self, name):
        """And writes the list of what is revoked to crl.pem."""
        issuer = ("-config", "config", "-keyfile", "ca.key", "-cert", "ca.pem")
        self.openssl("ca", *issuer, "-revoke", f"{name}.pem")
        self.openssl("ca", *issuer, "-gencrl", "-out", "crl.pem")

    def pins(self, name):
        """What --ssl-pin may be: of the public key, and of the certificate."""
        pem = self.openssl("x509", "-in", f"{name}.pem", "-pubkey", "-noout")
        (self.directory / "public").write_bytes(pem)
        key = self.openssl("pkey", "-pubin", "-in", "public", "-outform", "DER")
        cert = self.openssl("x509", "-in", f"{name}.pem", "-outform", "DER")
        return ["sha256:" + hashlib.sha256(der).hexdigest() for der in (key, cert)]


def make(directory):
    """All that the tests need."""
    c = Certificates(directory)
    c.issue("good")
    c.issue("expired", "-startdate", "20200101000000Z", "-enddate", "20210203040500Z")
    c.issue("future", "-startdate", "20900101000000Z", "-enddate", "20910101000000Z")
    c.issue("other", extensions="other")
    c.issue("unknown", issuer="stranger")
    c.issue("purpose", extensions="client")
    c.issue("weak", kind=("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"))
    c.issue("sha1", "-md", "sha1")
    c.issue("plain", extensions="plain")
    c.issue("child", issuer="plain")
    (c["child.pem"]).write_bytes(c["child.pem"].read_bytes() + c["plain.pem"].read_bytes())
    c.issue("revoked")
    c.issue("client", extensions="client")
    c.own("alone", "server")
    c.revoke("revoked")
    return c


def identity(certs, name="good"):
    """The options by which pollcat shows one of what make() made."""
    return "--ssl-cert", certs[f"{name}.pem"], "--ssl-key", certs[f"{name}.key"]
