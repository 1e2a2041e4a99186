# SPDX-License-Identifier: GPL-3.0-or-later
"""An SSH server of the test's own, with keys of its own, and clients that know them."""
import os
import shlex
import subprocess

import pytest

from support import need

SERVER = """HostKey {place}/host
AuthorizedKeysFile {place}/key.pub
PidFile none
StrictModes no
UsePAM no
"""
CLIENT = """Host *
IdentityFile {place}/key
IdentitiesOnly yes
UserKnownHostsFile {place}/known
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
HostKeyAlias server
BatchMode yes
LogLevel ERROR
"""


class Sshd:
    """`port` is where it is reached; each connection has a server of its own, as inetd has it (sshd -i)."""

    def __init__(self, place, pollcat, program):
        self.program = program
        for name, text in (("sshd_config", SERVER), ("config", CLIENT)):
            (place / name).write_text(text.format(place=place))
        for name in ("host", "key"):
            subprocess.run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", place / name], check=True)
        (place / "known").write_text("server " + (place / "host.pub").read_text())
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)  # it asks for that
        self.config = place / "config"
        self.cat = pollcat("-lk", "127.0.0.1", "0", "-e", f"{need('sshd')} -i -e -f {place / 'sshd_config'}")
        self.port = self.cat.port

    def ssh(self, port, *args, options=()):
        """A client of 127.0.0.1 at `port`."""
        return self.program(need("ssh"), "-F", str(self.config), *options, "-p", str(port), "127.0.0.1", *args)

    def ssh_by(self, command, *args):
        """A client whose connection is `command`'s, in which %h and %p are where the server is."""
        return self.ssh(self.port, *args, options=["-o", "ProxyCommand=" + shlex.join(map(str, command))])


@pytest.fixture
def sshd(tmp_path, pollcat, program):
    place = tmp_path / "ssh"
    place.mkdir()
    return Sshd(place, pollcat, program)
