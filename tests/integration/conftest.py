"""Fixtures: private servers in a private directory, ended and inspected after each test."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.nginx import ROOT, Nginx
from harness.redis_server import RedisServer
from harness.rogue_redis import RogueRedis
from harness.upstream import Upstream


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
    server.stop()


@pytest.fixture
def plain_nginx(directory):
    """The same without the module."""
    server = Nginx(directory / "nginx", module=False)
    yield server
    server.stop()


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
