"""Fixtures: private servers in a private directory, ended and inspected after each test."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.nginx import ROOT, Nginx
from harness.redis.server import RedisServer
from harness.redis.rogue import RogueRedis
from harness.upstream import Upstream


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What NGINX said is part of a failure."""
    report = (yield).get_result()
    for server in getattr(item, "funcargs", {}).values():
        if report.when == "call" and report.failed and isinstance(server, Nginx):
            told = [line for line in server.error_log().splitlines()
                    if "closed keepalive connection" not in line]
            report.sections.append(("error.log", "\n".join(told)[-8000:]))


@pytest.fixture
def directory():
    """An empty directory with a path short enough for a Unix socket (107 bytes)."""
    path = Path(tempfile.mkdtemp(prefix="pz-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def nginx(directory):
    """An NGINX with the module, not yet configured; its end asserts that it ended well."""
    server = Nginx(directory / "nginx")
    yield server
    server.close()


@pytest.fixture
def plain_nginx(directory):
    """The same without the module."""
    server = Nginx(directory / "nginx", module=False)
    yield server
    server.close()


@pytest.fixture
def redis(directory):
    server = RedisServer(directory / "redis")
    yield server
    server.stop()


@pytest.fixture
def rogue(directory):
    server = RogueRedis(directory / "rogue")
    yield server
    server.close()


@pytest.fixture
def upstream(directory):
    server = Upstream(directory / "upstream")
    yield server
    server.close()


NETWORKS = {
    "203.0.113.0/24": {"country": "PL", "continent": "EU", "in_eu": True, "region": "14",
                       "city": "Łódź", "postal": "90-001", "latitude": 51.77,
                       "longitude": 19.46, "timezone": "Europe/Warsaw"},
    "198.51.100.0/24": {"country": "IN", "continent": "AS", "in_eu": False, "region": "MH",
                        "city": "Mumbai", "timezone": "Asia/Kolkata"},
    "2001:db8::/48": {"country": "RO", "continent": "EU", "in_eu": True, "city": "Cluj-Napoca"},
}
SYSTEMS = {"203.0.113.0/24": {"asn": 64496, "organization": "Example Net"}}


def make_database(path, networks):
    subprocess.run([ROOT / "scripts" / "make-mmdb", path], input=json.dumps(networks).encode(),
                   check=True, timeout=60)
    return path


@pytest.fixture(scope="session")
def geo_database(tmp_path_factory):
    """A MaxMind DB of NETWORKS: Poland, India and, for IPv6, Romania."""
    return make_database(tmp_path_factory.mktemp("geo") / "city.mmdb", NETWORKS)


@pytest.fixture(scope="session")
def asn_database(tmp_path_factory):
    """A MaxMind DB of autonomous systems."""
    return make_database(tmp_path_factory.mktemp("geo") / "asn.mmdb", SYSTEMS)
