"""A master that becomes a replica keeps its connections, and refuses every write on them."""

import time

import pytest

from harness import scene
from harness.dns import NameServer
from harness.ports import ReservedPort
from harness.redis.sentinel import Server
from harness.redis.server import RedisServer
from harness.waiting import wait_until

SESSION = "personalize_session;"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def start(nginx, address, extra="", workers=1):
    scene.prepare(nginx)
    nginx.configure(scene.http(address=address, extra=f"{SESSION}\n{extra}"), scene.server(),
                    workers=workers)
    nginx.start()


def look(nginx, visitor):
    response = nginx.get("/", headers={"Cookie": f"vid={visitor}", "User-Agent": BROWSER})
    assert response.status == 200 and response.complete
    return response.text


def has_session(server, visitor):
    return server.data.exists(f"pz:session:{visitor}") == 1


def writes_arrive_at(nginx, server):
    """A view of somebody new is written to that server."""
    number = 0

    def is_written():
        nonlocal number
        number += 1
        look(nginx, f"new{number}")
        return any(has_session(server, f"new{i}") for i in range(1, number + 1))
    wait_until(is_written, "a page view is written", step=0.05)


@pytest.fixture
def two(directory):
    servers = [Server(directory / f"server{i}").start() for i in range(2)]
    yield servers
    for server in servers:
        server.stop()


def demote(server, master):
    """Its connections stay."""
    server.data.replicaof("127.0.0.1", master.port)
    wait_until(lambda: server.data.info("replication").get("master_link_status") == "up",
               "the replica is linked")


@pytest.mark.parametrize("connections", [1, 4])
def test_writes_go_to_the_other_address(nginx, two, connections):
    old, new = two
    start(nginx, f"{old.address} {new.address} connections={connections}")
    look(nginx, "ada")
    wait_until(lambda: has_session(old, "ada"), "the first view is written")
    demote(old, new)
    writes_arrive_at(nginx, new)
    assert "READONLY" in nginx.error_log()
    assert "other addresses of personalize_redis are tried" in nginx.error_log()


def test_a_name_is_resolved_again(nginx, directory):
    port = ReservedPort()
    servers = [RedisServer(directory / f"redis{i}", options=["--bind", f"127.0.0.{i}"],
                           port=port.number) for i in (1, 2)]
    names = NameServer({"localhost": ["127.0.0.1"]})
    try:
        start(nginx, f"localhost:{port.number}",
              f"resolver 127.0.0.1:{names.port} ipv6=off valid=1s;")
        look(nginx, "ada")
        wait_until(lambda: has_session(servers[0], "ada"), "the first view is written")
        servers[0].data.replicaof("127.0.0.2", port.number)
        names.names["localhost"] = ["127.0.0.2"]
        writes_arrive_at(nginx, servers[1])
    finally:
        names.close()
        for server in servers:
            server.stop()
        port.release()


def test_replicas_alone_are_still_read(nginx, two):
    """Where there is no master anywhere, looking for one must not cost documents."""
    first, master = two
    master.data.set("profile:ada", '{"name": "Ada"}')
    demote(first, master)
    wait_until(lambda: first.data.exists("profile:ada"), "the replica has the document")
    start(nginx, first.address)
    shown = 0
    ends = time.monotonic() + 3
    views = 0
    while time.monotonic() < ends or views <= 20:
        views += 1
        shown += scene.is_filled(look(nginx, "ada"))
    assert shown >= views - 5, (shown, views)
