"""Sentinels that announce host names (resolve-hostnames, announce-hostnames) instead of addresses."""

import pytest

from harness.dns import NameServer
from harness.redis.sentinel import NAME, RedisSentinel
from harness.visits import become_personal, shows, start, visit
from harness.waiting import wait_until

HOST = "localhost"  # what the sentinels can resolve without a name server
VISITORS = [f"v{i}" for i in range(3)]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    sentinel = RedisSentinel(tmp_path_factory.mktemp("sentinel"), host=HOST)
    yield sentinel
    sentinel.stop()


@pytest.fixture
def sentinel(running):
    running.heal()
    for name in VISITORS:
        running.set_json(f"profile:{name}", {"name": name})
    running.wait_replicated()
    told, _ = running.sentinels[0].data.execute_command(
        "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
    assert told == HOST.encode(), "the sentinels tell names"
    return running


@pytest.fixture
def names():
    server = NameServer({HOST: ["127.0.0.1"]})
    yield server
    server.close()


def begin(nginx, sentinel, names, redis="", **options):
    resolver = f"resolver 127.0.0.1:{names.port} ipv6=off valid=5s; resolver_timeout 2s;"
    start(nginx, sentinel.sentinels, f"mode=sentinel:{NAME} {redis}",
          extra=resolver if names else "", **options)


def test_the_first_page_waits_for_the_name(nginx, sentinel, names):
    begin(nginx, sentinel, names)
    assert shows(nginx, VISITORS[0]), nginx.error_log()
    assert HOST in names.questions
    assert f"{HOST}:{sentinel.master().port}" in str(nginx.get("/_pz/status").text)


def test_replicas(nginx, sentinel, names):
    begin(nginx, sentinel, names, "read=replica")
    become_personal(nginx, VISITORS)

    def is_read():
        sentinel.replica().data.config_resetstat()
        return all(shows(nginx, visitor) for visitor in VISITORS) and \
            sentinel.replica().reads() == len(VISITORS)
    wait_until(is_read, "the replica is read")


def test_failover(nginx, sentinel, names):
    begin(nginx, sentinel, names)
    become_personal(nginx, VISITORS)
    master = sentinel.master()
    master.kill()
    sentinel.wait_failed_over(master)
    become_personal(nginx, VISITORS)


def test_a_name_that_nobody_knows(nginx, sentinel, names):
    del names.names[HOST]
    begin(nginx, sentinel, names)
    visit(nginx, VISITORS[0])
    wait_until(lambda: f"{HOST} cannot be resolved" in nginx.error_log(), "the log says so")
    names.names[HOST] = ["127.0.0.1"]
    become_personal(nginx, VISITORS)


def test_without_a_resolver_the_log_has_the_remedy(nginx, sentinel):
    start(nginx, sentinel.sentinels, f"mode=sentinel:{NAME}")
    visit(nginx, VISITORS[0])
    wait_until(lambda: f'"{HOST}" that it announces needs a resolver' in nginx.error_log(),
               "the log says so")
