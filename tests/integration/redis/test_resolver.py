"""Redis by a host's name: looked up again, by NGINX's resolver, when the server is lost."""

import signal
import time

import pytest

from harness import scene
from harness.dns import NameServer
from harness.ports import ReservedPort
from harness.redis.server import RedisServer
from harness.waiting import wait_until

# What the system knows without a name server: the first look-up.
NAME = "localhost"


@pytest.fixture
def names():
    server = NameServer({NAME: ["127.0.0.1"]})
    yield server
    server.close()


@pytest.fixture
def pair(directory):
    """Two servers with one port: at 127.0.0.1 and, not started yet, at 127.0.0.2."""
    port = ReservedPort()
    servers = [RedisServer(directory / f"redis{i}", options=["--bind", f"127.0.0.{i}"],
                           port=port.number, start=i == 1) for i in (1, 2)]
    yield servers
    for server in servers:
        server.stop()
    port.release()


def start(nginx, pair, names=None, cache="", resolver="ipv6=off valid=1s", more=""):
    scene.prepare(nginx)
    http = scene.http(address=f"{NAME}:{pair[0].port}", timeout="15s", cache=cache, extra=more)
    if names is not None:
        http += f"\n  resolver 127.0.0.1:{names.port} {resolver}; resolver_timeout 30s;\n"
    nginx.configure(http, scene.server("15s"))
    nginx.start()
    for server, name in zip(pair, ("Ada", "Eve")):
        if server.started:
            server.set_json("profile:ada", {"name": name})


def shows(nginx, name):
    return scene.is_filled(nginx.get("/", headers=scene.ADA).text, f"<p>Hello {name}</p>")


def move(pair, names):
    """The first server dies; the name leads to the second."""
    pair[1].start()
    pair[1].set_json("profile:ada", {"name": "Eve"})
    names.names[NAME] = ["127.0.0.2"]
    pair[0].kill()


def test_a_server_that_moved_is_found(nginx, pair, names):
    start(nginx, pair, names)
    assert shows(nginx, "Ada")
    assert names.questions == [], "what works is not looked up again"
    move(pair, names)
    wait_until(lambda: shows(nginx, "Eve"), "the server at its new address")
    assert f"{NAME}:{pair[0].port} resolved to 127.0.0.2:{pair[0].port}" in nginx.error_log()


def test_changes_are_told_from_the_new_address(nginx, pair, names):
    start(nginx, pair, names, cache=scene.CACHE)
    nginx.wait_told()
    assert shows(nginx, "Ada")
    move(pair, names)
    pair[1].wait_listeners()
    wait_until(lambda: shows(nginx, "Eve"), "the server at its new address")
    pair[1].set_json("profile:ada", {"name": "Zoe"})
    wait_until(lambda: shows(nginx, "Zoe"), "the change")


def test_pages_arrive_while_the_name_server_is_silent(nginx, pair, names):
    start(nginx, pair, names)
    assert shows(nginx, "Ada")
    names.names[NAME] = None
    pair[0].kill()
    wait_until(lambda: names.questions or not nginx.get("/", headers=scene.ADA).text, "a question")
    for _ in range(5):
        response = nginx.get("/", headers=scene.ADA)
        assert scene.is_default(response.text) and response.done_at < 10
    # An unanswered question does not keep a worker.
    started = time.monotonic()
    nginx.signal(signal.SIGQUIT)
    nginx.wait_ended()
    assert time.monotonic() - started < 15


def test_a_name_that_is_gone_leads_where_it_led(nginx, pair, names):
    start(nginx, pair, names)
    assert shows(nginx, "Ada")
    del names.names[NAME]
    pair[0].kill()
    wait_until(lambda: nginx.get("/", headers=scene.ADA) and "cannot be resolved" in
               nginx.error_log(), "the answer that there is no such name")
    pair[0].start()
    pair[0].set_json("profile:ada", {"name": "Ada"})
    wait_until(lambda: shows(nginx, "Ada"), "the server where it was")


def test_several_addresses(nginx, pair, names):
    start(nginx, pair, names)
    assert shows(nginx, "Ada")
    pair[1].start()
    pair[1].set_json("profile:ada", {"name": "Eve"})
    names.names[NAME] = ["127.0.0.2", "127.0.0.2"]
    pair[0].kill()
    wait_until(lambda: shows(nginx, "Eve"), "one of the addresses")
    address = f"127.0.0.2:{pair[0].port}"
    assert f"resolved to {address}, {address}" in nginx.error_log(), "all of them are logged"


def test_the_same_addresses_are_not_logged_again(nginx, pair, names):
    start(nginx, pair, names)
    for _ in range(3):
        wait_until(lambda: shows(nginx, "Ada"), "the server where it was")
        asked = len(names.questions)
        pair[0].kill()
        wait_until(lambda: nginx.get("/", headers=scene.ADA) and len(names.questions) > asked,
                   "a question")
        pair[0].start()
        pair[0].set_json("profile:ada", {"name": "Ada"})
    wait_until(lambda: shows(nginx, "Ada"), "the server where it was")
    # Once if the system knows another address of the name, too.
    assert nginx.error_log().count("resolved to") <= 1


def test_without_a_resolver_the_first_look_up_counts(nginx, pair):
    start(nginx, pair)
    assert shows(nginx, "Ada")
    pair[0].kill()
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    pair[0].start()
    pair[0].set_json("profile:ada", {"name": "Ada"})
    wait_until(lambda: shows(nginx, "Ada"), "the server where it was")


def test_a_reload_while_a_name_is_looked_up(nginx, pair, names):
    start(nginx, pair, names)
    assert shows(nginx, "Ada")
    names.names[NAME] = None
    pair[0].kill()
    nginx.get("/", headers=scene.ADA)
    wait_until(lambda: names.questions, "a question")
    old = nginx.workers()
    nginx.reload()
    wait_until(lambda: not set(old) & set(nginx.workers()), "the old worker's end")
    pair[0].start()
    pair[0].set_json("profile:ada", {"name": "Ada"})
    wait_until(lambda: shows(nginx, "Ada"), "the server where it was")
