# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the end-to-end tests, and the limit of time that each test has."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import certificates  # noqa: E402
import support  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call():
    support.start_alarm()
    yield
    support.stop_alarm()


@pytest.fixture
def processes():
    started = support.Processes()
    yield started
    started.kill()


@pytest.fixture
def pollcat(processes):
    """pollcat(*ARGS) starts the program under test."""
    return processes.pollcat


@pytest.fixture
def program(processes):
    """program(*ARGV) starts any other."""
    return processes.program


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def host(request):
    """A loopback address, of either family."""
    return support.LOOPBACK[request.param]


@pytest.fixture
def free_port():
    """The port of a server to come that cannot choose one by itself."""
    return support.FreePort()


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Certificates and keys of all kinds."""
    support.need("openssl")
    return certificates.make(tmp_path_factory.mktemp("certificates"))
