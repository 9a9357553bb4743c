"""A master with a replica and three sentinels: found, and followed through failovers."""

import pytest

from harness import scene
from harness.visits import Load
from harness.redis_sentinel import NAME, RedisSentinel
from harness.rogue_redis import RogueRedis, array, bulk
from harness.waiting import wait_until

SLACK = 1.0
CACHE = "personalize_cache zone=personalize:4m ttl=1h stale=1h negative=1h;"
VISITORS = [f"v{i}" for i in range(6)]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    sentinel = RedisSentinel(tmp_path_factory.mktemp("sentinel"))
    yield sentinel
    sentinel.end()


@pytest.fixture
def sentinel(running):
    """Whole, with a document for each visitor, whatever the test before did."""
    running.heal()
    running.master().data.flushall()
    for name in VISITORS:
        running.set_json(f"profile:{name}", {"name": name})
    wait_until(lambda: running.replica().data.dbsize() == len(VISITORS), "replication")
    return running


def start(nginx, addresses, redis="", wait="1s", timeout="500ms", workers=1, mode=NAME, **options):
    scene.prepare(nginx)
    where = " ".join(one if isinstance(one, str) else one.address for one in addresses)
    http = scene.http("PLACE", timeout=timeout, **options).replace(
        "unix:PLACE", f"{where} mode=sentinel:{mode} {redis}")
    nginx.configure(http, scene.server(wait) + """
    location = /_pz/status { personalize_status; }""", workers=workers)
    return nginx.start()


def visit(nginx, visitor):
    response = nginx.get("/", headers={"Cookie": f"vid={visitor}"})
    assert (response.status, response.complete) == (200, True)
    return response


def shows(nginx, visitor, name=None):
    return scene.is_filled(visit(nginx, visitor).text, f"<p>Hello {name or visitor}</p>")


def becomes_personal(nginx, visitors=VISITORS):
    wait_until(lambda: all(shows(nginx, visitor) for visitor in visitors), "all pages personal", 15,
               0.05)


def reads(server):
    return server.data.info("commandstats").get("cmdstat_getrange", {"calls": 0})["calls"]


def test_the_master_is_found(nginx, sentinel):
    start(nginx, sentinel.sentinels)
    becomes_personal(nginx)
    for server in sentinel.servers:
        server.data.config_resetstat()
    for visitor in VISITORS:
        assert shows(nginx, visitor)
    assert reads(sentinel.master()) == len(VISITORS)
    assert reads(sentinel.replica()) == 0


def test_one_sentinel_will_do(nginx, sentinel):
    start(nginx, ["127.0.0.1:1", sentinel.sentinels[1], "127.0.0.1:2"])
    becomes_personal(nginx)


def test_all_sentinels_down_at_start(nginx, sentinel):
    for one in sentinel.sentinels[:2]:
        one.kill()
    start(nginx, sentinel.sentinels[:2])
    response = visit(nginx, "v0")
    assert scene.is_default(response.text) and response.done_at < SLACK
    for one in sentinel.sentinels[:2]:
        one.start()
    becomes_personal(nginx)


def test_known_master_outlives_all_sentinels(nginx, sentinel):
    start(nginx, sentinel.sentinels)
    becomes_personal(nginx)
    for one in sentinel.sentinels:
        one.kill()
    with Load(nginx, VISITORS) as load:
        load.wait_all_filled()
    load.check()
    assert not load.defaults()


def test_replicas_are_read(nginx, sentinel):
    start(nginx, sentinel.sentinels, "read=replica")
    becomes_personal(nginx)
    for server in sentinel.servers:
        server.data.config_resetstat()
    for visitor in VISITORS:
        assert shows(nginx, visitor)
    assert reads(sentinel.replica()) == len(VISITORS)
    assert reads(sentinel.master()) == 0
    sentinel.replica().kill()
    becomes_personal(nginx)


@pytest.mark.parametrize("fault", ["kill", "suspend"])
@pytest.mark.parametrize("read", ["master", "replica"])
def test_failover_under_load(nginx, sentinel, fault, read):
    start(nginx, sentinel.sentinels, f"read={read}", timeout="200ms", workers=2)
    becomes_personal(nginx)
    master = sentinel.master()
    with Load(nginx, VISITORS) as load:
        load.wait_all_filled()
        getattr(master, fault)()
        sentinel.wait_failed_over(master)
        load.wait_all_filled()
    load.check()
    told = f"redis master {NAME} is now {sentinel.master().address}"
    wait_until(lambda: told in nginx.error_log(), "the log tells of the new master")


def test_a_deposed_master_is_not_believed(nginx, rogue):
    """A sentinel that lags names a server that says it is a replica; the next one knows better."""
    asked = []
    rogue.on_read = lambda session, words: session.send(bulk('{"name":"v0"}'))

    def answers(address):
        def on_other(session, words):
            if words[0] == b"SENTINEL":
                asked.append(address)
                session.send(array(address))
            else:
                session.send(b"+OK\r\n")
        return on_other

    old, new = RogueRedis(port=True), RogueRedis(port=True)
    other = RogueRedis(port=True)
    try:
        for server, role in ((old, "slave"), (new, "master")):
            server.on_read = rogue.on_read
            server.on_other = lambda session, words, role=role: session.send(
                array([role]) if words[0] == b"ROLE" else b"+OK\r\n")
        rogue.on_other = answers(["127.0.0.1", str(old.port)])
        other.on_other = answers(["127.0.0.1", str(new.port)])
        start(nginx, [f"unix:{rogue.socket}", f"127.0.0.1:{other.port}"])
        wait_until(lambda: shows(nginx, "v0"), "the master is found", 15, 0.05)
        assert not old.reads() and new.reads()
    finally:
        for server in (old, new, other):
            server.close()


HOSTILE = {
    "nothing": b"*-1\r\n",
    "no address": b"*0\r\n",
    "error": b"-ERR unknown command 'SENTINEL'\r\n",
    "not permitted": b"-NOPERM this user has no permissions\r\n",
    "a number": b":7\r\n",
    "host that is none": array(["127.0.0.1\r\nevil", "6379"]),
    "host that is a name": array(["redis.example.invalid", "6379"]),
    "host that is a path": array(["unix:/etc/passwd", "6379"]),
    "long host": array(["h" * 100000, "6379"]),
    "port 0": array(["127.0.0.1", "0"]),
    "port beyond the last": array(["127.0.0.1", "65536"]),
    "nobody listens": array(["127.0.0.1", "1"]),
    "deep": b"*1\r\n" * 50 + b":1\r\n",
    "huge": b"*1000000000\r\n",
    "not RESP": b"hello\r\n",
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_sentinel(nginx, rogue, sentinel, fault):
    """Whatever it tells: pages are on time, the worker lives, and it is believed later."""
    answers = [HOSTILE[fault]] * 3
    good = array(["127.0.0.1", str(sentinel.master().port)])
    rogue.on_other = lambda session, words: session.send(
        (answers.pop() if answers else good) if words[0] == b"SENTINEL" else b"+OK\r\n")
    start(nginx, [f"unix:{rogue.socket}"])
    worker = nginx.workers()
    becomes_personal(nginx)
    assert nginx.workers() == worker


def test_unknown_master_is_said(nginx, sentinel):
    start(nginx, sentinel.sentinels, mode="nobody")
    assert scene.is_default(visit(nginx, "v0").text)
    wait_until(lambda: "knows no master nobody" in nginx.error_log(), "the reason in the log")


def listens(server):
    return server.data.pubsub_numsub("__redis__:invalidate")[0][1]


def change_is_seen(nginx, sentinel, name):
    for visitor in VISITORS:
        sentinel.set_json(f"profile:{visitor}", {"name": f"{name}-{visitor}"})
    for visitor in VISITORS:
        wait_until(lambda one=visitor: shows(nginx, one, f"{name}-{one}"), "the change is seen", 3,
                   0.005)


@pytest.mark.parametrize("read", ["master", "replica"])
def test_changes_are_told_of_after_failover(nginx, sentinel, read):
    start(nginx, sentinel.sentinels, f"read={read}", cache=CACHE)
    wait_until(lambda: listens(sentinel.master()) == 1, "the master tells of changes")
    becomes_personal(nginx)
    change_is_seen(nginx, sentinel, "before")
    master = sentinel.master()
    master.kill()
    assert all(shows(nginx, visitor, f"before-{visitor}") for visitor in VISITORS)
    sentinel.wait_failed_over(master)
    wait_until(lambda: listens(sentinel.master()) == 1, "the new master tells of changes")
    change_is_seen(nginx, sentinel, "after")


def test_reload_under_load(nginx, sentinel):
    start(nginx, sentinel.sentinels, "connections=2", workers=2, cache=CACHE)
    becomes_personal(nginx)
    with Load(nginx, VISITORS) as load:
        load.wait_all_filled()
        for _ in range(3):
            nginx.reload()
        load.wait_all_filled()
    load.check()
    wait_until(lambda: len(nginx.workers()) == 2, "old workers have ended", 15)


def test_sentinels_with_a_password(nginx, tmp_path):
    own = RedisSentinel(tmp_path / "own", password="right")
    try:
        own.set_json("profile:v0", {"name": "v0"})
        nginx.file("sentinel.password", "right\n")
        start(nginx, own.sentinels, "sentinel_password_file=sentinel.password")
        becomes_personal(nginx, ["v0"])
    finally:
        own.end()
