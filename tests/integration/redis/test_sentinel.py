"""A master with a replica and three sentinels: found, and followed through failovers."""

import time
from statistics import median

import pytest

from harness import scene, visits
from harness.lateness import Lateness
from harness.load import Load
from harness.redis.sentinel import NAME, RedisSentinel
from harness.redis.rogue import RogueRedis, Subscribers, array, bulk
from harness.redis.switching import every_worker, is_switched, is_switched_soon, switch
from harness.visits import WAIT, become_personal, change_is_seen, hello, shows, visit
from harness.waiting import wait_until

CACHE = "personalize_cache zone=personalize:4m ttl=1h stale=1h negative=1h;"
VISITORS = [f"v{i}" for i in range(6)]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    sentinel = RedisSentinel(tmp_path_factory.mktemp("sentinel"))
    yield sentinel
    sentinel.stop()


@pytest.fixture
def sentinel(running):
    """Whole, with a document for each visitor, whatever the test before did."""
    running.heal()
    running.master().data.flushall()
    for name in VISITORS:
        running.set_json(f"profile:{name}", {"name": name})
    running.wait_replicated()
    return running


def start(nginx, addresses, redis="", mode=NAME, **options):
    visits.start(nginx, addresses, f"mode=sentinel:{mode} {redis}", **options)


def load_of(nginx, wait=WAIT, **options):
    return Load(nginx, wait, VISITORS, content=hello, **options)


def test_the_master_is_found(nginx, sentinel):
    start(nginx, sentinel.sentinels)
    become_personal(nginx, VISITORS)
    for server in sentinel.servers:
        server.data.config_resetstat()
    for visitor in VISITORS:
        assert shows(nginx, visitor)
    assert sentinel.master().reads() == len(VISITORS)
    assert sentinel.replica().reads() == 0


def test_the_first_page_waits_for_the_master(nginx, sentinel):
    start(nginx, ["127.0.0.1:1", sentinel.sentinels[2], "127.0.0.1:2"], wait=5, timeout="5s", workers=2)
    with load_of(nginx, 5) as load:
        load.wait_all_filled()
    assert not load.defaults()


def test_one_sentinel_will_do(nginx, sentinel):
    start(nginx, ["127.0.0.1:1", sentinel.sentinels[1], "127.0.0.1:2"])
    become_personal(nginx, VISITORS)


def test_all_sentinels_down_at_start(nginx, sentinel):
    for one in sentinel.sentinels[:2]:
        one.kill()
    start(nginx, sentinel.sentinels[:2])
    with load_of(nginx) as load:
        wait_until(lambda: len(load.answers) > 50, "pages without data")
        assert not any(answer.filled for answer in list(load.answers))
        for one in sentinel.sentinels[:2]:
            one.start()
        load.wait_all_filled()


def test_known_master_outlives_all_sentinels(nginx, sentinel):
    start(nginx, sentinel.sentinels)
    become_personal(nginx, VISITORS)
    for one in sentinel.sentinels:
        one.kill()
    with load_of(nginx) as load:
        load.wait_all_filled()
    assert not load.defaults()


def test_replicas_are_read(nginx, sentinel):
    start(nginx, sentinel.sentinels, "read=replica")
    become_personal(nginx, VISITORS)
    for server in sentinel.servers:
        server.data.config_resetstat()
    for visitor in VISITORS:
        assert shows(nginx, visitor)
    assert sentinel.replica().reads() == len(VISITORS)
    assert sentinel.master().reads() == 0
    sentinel.replica().kill()
    become_personal(nginx, VISITORS)


def test_what_a_replica_does_not_have_its_master_is_asked_for(nginx, sentinel):
    """A replica that is behind says of what was just written that there is nothing."""
    start(nginx, sentinel.sentinels, "read=replica")
    become_personal(nginx, VISITORS)
    replica = sentinel.replica()
    replica.data.config_set("replica-read-only", "no")
    replica.data.delete(*(f"profile:{visitor}" for visitor in VISITORS[:3]))
    for server in sentinel.servers:
        server.data.config_resetstat()
    for visitor in VISITORS:
        assert shows(nginx, visitor)
    assert replica.reads() == len(VISITORS)
    assert sentinel.master().reads() == 3
    # What neither has is missing, not an error.
    assert scene.is_default(visit(nginx, "nobody").text)
    wait_until(lambda: any(entry["cookie"] == "vid=nobody" and "profile=missing" in entry["sources"]
                           for entry in nginx.log(1)), "it is logged as missing")


@pytest.mark.parametrize("fault", ["kill", "suspend"])
@pytest.mark.parametrize("read", ["master", "replica"])
def test_failover_under_load(nginx, sentinel, fault, read):
    wait = 0.15  # before who is suspended is given up
    start(nginx, sentinel.sentinels, f"read={read}", wait=wait, timeout="200ms", workers=2)
    become_personal(nginx, VISITORS)
    master = sentinel.master()
    with load_of(nginx, wait) as load:
        load.wait_all_filled()
        getattr(master, fault)()
        sentinel.wait_failed_over(master)
        load.wait_all_filled()
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
        wait_until(lambda: shows(nginx, "v0"), "the master is found", step=0.05)
        assert not old.reads() and new.reads()
    finally:
        for server in (old, new, other):
            server.close()


class Rogues:
    """A sentinel and two servers that take turns in being master; each has its own name at all keys."""

    def __init__(self):
        self.masters = [RogueRedis(port=True), RogueRedis(port=True)]
        self.sentinel = RogueRedis(port=True)
        self.address = f"127.0.0.1:{self.sentinel.port}"
        self.subscribers = Subscribers()
        for i, master in enumerate(self.masters):
            master.on_read = lambda session, words, i=i: session.send(
                bulk('{"name":"%s"}' % f"master{i}"))
            master.on_other = lambda session, words: session.send(
                array(["master"]) if words[0] == b"ROLE" else b"+OK\r\n")
        self._asked_for = 0
        self.sentinel.on_other = self._on_other

    def _on_other(self, session, words):
        if words[0] == b"SENTINEL":
            session.send(array(["127.0.0.1", str(self.masters[self._asked_for].port)]))
        elif words == [b"SUBSCRIBE", b"+switch-master"]:
            session.send(b"*3\r\n" + bulk("subscribe") + bulk("+switch-master") + b":1\r\n")
            self.subscribers.add(session)
        else:
            session.send(b"+OK\r\n")

    def publish(self, payload):
        if self.subscribers.listening():
            self.subscribers.tell(b"*3\r\n" + bulk("message") + bulk("+switch-master") + payload)

    def switch(self, i, name=NAME):
        self._asked_for = i
        self.publish(bulk(f"{name} 127.0.0.1 {self.masters[1 - i].port} "
                          f"127.0.0.1 {self.masters[i].port}"))

    def close(self):
        for rogue in [self.sentinel, *self.masters]:
            rogue.close()


@pytest.fixture
def rogues():
    made = Rogues()
    yield made
    made.close()


def test_a_new_master_is_used_at_once(nginx, rogues):
    start(nginx, [rogues.address], workers=2)
    become_personal(nginx, ["master0"])
    rogues.subscribers.wait(2)
    took, asking = [], []
    with Lateness() as lateness:
        for i in (1, 0) * 5:
            began = time.monotonic()
            rogues.switch(i)
            # As each worker has it: a page of the other one is no sign of either.
            for took_so_long in (took, asking):
                every_worker(nginx, lambda text, i=i: scene.is_filled(text, hello(f"master{i}")),
                             lambda: visit(nginx, "v0"))
                took_so_long.append(time.monotonic() - began)
                began = time.monotonic()
    # Asking the sentinel every second alone would take half a second on average, and more for both workers.
    assert median(took) < 0.25 + median(asking) + lateness.usual()


OF_A_REPLICA = {
    "nothing": lambda session: session.send(bulk("")),
    "loading": lambda session: session.send(b"-LOADING Redis is loading the dataset in memory\r\n"),
    "no master": lambda session: session.send(b"-MASTERDOWN Link with MASTER is down\r\n"),
    "gone": lambda session: session.shutdown(),
}


@pytest.mark.parametrize("fault", OF_A_REPLICA)
def test_a_replica_that_is_of_no_use(nginx, rogues, fault):
    """No page is without its document."""
    master, replica = rogues.masters
    on_other = rogues.sentinel.on_other
    about = array(["name", "x", "ip", "127.0.0.1", "port", str(replica.port), "flags", "slave",
                   "master-link-status", "ok"])
    rogues.sentinel.on_other = lambda session, words: session.send(
        b"*1\r\n" + about) if words[:2] == [b"SENTINEL", b"REPLICAS"] else on_other(session, words)
    start(nginx, [rogues.address], "read=replica", wait=5, timeout="5s")
    wait_until(lambda: shows(nginx, "v0", "master1"), "the replica is read")
    replica.on_read = lambda session, words: OF_A_REPLICA[fault](session)
    with Load(nginx, 5, ["master0"], content=hello) as load:
        wait_until(lambda: len(load.answers) > 50, "requests")
    assert not load.defaults()
    assert master.reads()


def test_what_is_not_about_our_master(nginx, rogues):
    start(nginx, [rogues.address])
    become_personal(nginx, ["master0"])
    rogues.subscribers.wait()
    for _ in range(3):
        rogues.publish(bulk(f"other 127.0.0.1 1 127.0.0.1 {rogues.masters[1].port}"))
        rogues.publish(bulk(f"{NAME} 127.0.0.1 1 unix:/etc/passwd 1"))
        rogues.publish(bulk(f"{NAME} 127.0.0.1"))
        assert shows(nginx, "v0", "master0")
    assert not rogues.masters[1].commands
    assert rogues.subscribers.count() == 1 or "does not answer any more" in nginx.error_log()


HOSTILE_WORDS = {
    "huge": b"*1000000000\r\n",
    "not RESP": b"hello\r\n",
    "a number": b":1\r\n",
    "nothing": b"*-1\r\n",
    "long": bulk("x" * 100000),
    "deep": b"*1\r\n" * 50,
    "another channel": b"*3\r\n" + bulk("message") + bulk("+sdown") + bulk("x"),
    "an error": b"-ERR no more\r\n",
}


@pytest.mark.parametrize("fault", HOSTILE_WORDS)
def test_a_hostile_word_of_a_new_master(nginx, rogues, fault):
    start(nginx, [rogues.address])
    worker = nginx.workers()
    with Load(nginx, WAIT, ["master0"], content=hello) as load:
        rogues.subscribers.wait()
        count = rogues.subscribers.count()
        rogues.subscribers.tell(HOSTILE_WORDS[fault])
        wait_until(lambda: rogues.subscribers.count() > count, "it listens again")
        wait_until(load.is_personal_again, "pages are personal")
    rogues.switch(1)
    wait_until(lambda: shows(nginx, "v0", "master1"), "the new master is asked")
    assert nginx.workers() == worker


def test_a_sentinel_that_does_not_tell(nginx, rogues):
    """The user may not subscribe: the log says so once, and who is asked still knows."""
    on_other = rogues.sentinel.on_other
    rogues.sentinel.on_other = lambda session, words: session.send(
        b"-NOPERM this user has no permissions to access one of the channels used as arguments\r\n"
    ) if words[0] == b"SUBSCRIBE" else on_other(session, words)
    start(nginx, [rogues.address], workers=2)
    become_personal(nginx, ["master0"])
    rogues.switch(1)
    wait_until(lambda: shows(nginx, "v0", "master1"), "the new master is found by asking")
    wait_until(lambda: "no announcements from sentinels" in nginx.error_log(), "the log says so")
    assert nginx.error_log().count("no announcements from sentinels") == 1


@pytest.mark.parametrize("cache", ["", CACHE])
def test_switches(nginx, sentinel, cache):
    """A campaign is switched off and on in each worker within a second, also after a failover."""
    start(nginx, sentinel.sentinels, workers=3, cache=cache)
    become_personal(nginx, VISITORS)
    if cache:
        sentinel.master().wait_listeners(3)
    for value in ("off", "on", "off"):
        is_switched_soon(nginx, sentinel.master(), "v0", value)
    master = sentinel.master()
    master.kill()
    sentinel.wait_failed_over(master)
    if cache:
        sentinel.master().wait_listeners(3)
    # Who obeys this knows the new master.
    switch(sentinel.master(), "on")
    is_switched(nginx, "v0", "on")
    is_switched_soon(nginx, sentinel.master(), "v0", "off")


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
    with load_of(nginx) as load:
        load.wait_all_filled()
    assert nginx.workers() == worker


def test_unknown_master_is_said(nginx, sentinel):
    start(nginx, sentinel.sentinels, mode="nobody")
    assert scene.is_default(visit(nginx, "v0").text)
    wait_until(lambda: "has no master nobody" in nginx.error_log(), "the reason in the log")


@pytest.mark.parametrize("read", ["master", "replica"])
def test_changes_are_told_of_after_failover(nginx, sentinel, read):
    start(nginx, sentinel.sentinels, f"read={read}", cache=CACHE)
    wait_until(lambda: sentinel.master().listeners() == 1, "the master tells of changes")
    become_personal(nginx, VISITORS)
    change_is_seen(nginx, sentinel, VISITORS, "before")
    master = sentinel.master()
    master.kill()
    assert all(shows(nginx, visitor, f"before-{visitor}") for visitor in VISITORS)
    sentinel.wait_failed_over(master)
    wait_until(lambda: sentinel.master().listeners() == 1, "the new master tells of changes")
    change_is_seen(nginx, sentinel, VISITORS, "after")


def test_reload_under_load(nginx, sentinel):
    start(nginx, sentinel.sentinels, "connections=2", workers=2, cache=CACHE)
    become_personal(nginx, VISITORS)
    with load_of(nginx, reconnect=True) as load:
        load.wait_all_filled()
        for _ in range(3):
            nginx.reload()
        load.wait_all_filled()
    wait_until(lambda: len(nginx.workers()) == 2, "old workers have ended")


def test_sentinels_with_a_password(nginx, tmp_path):
    own = RedisSentinel(tmp_path / "own", password="right")
    try:
        own.set_json("profile:v0", {"name": "v0"})
        nginx.file("sentinel.password", "right\n")
        start(nginx, own.sentinels, "sentinel_password_file=sentinel.password")
        become_personal(nginx, ["v0"])
    finally:
        own.stop()
