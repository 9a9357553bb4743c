"""What changes in Redis is on the next page: push invalidation, and every way to lose it."""

import json
import os
import signal
import threading
import time

import pytest
from redis import Redis

from harness import scene
from harness.lateness import Lateness
from harness.redis.server import RedisServer
from harness.redis.rogue import Session, Subscribers, array, bulk
from harness.turns import Turns
from harness.waiting import wait_until

CHANNEL = "__redis__:invalidate"
# A change that Redis does not tell would be seen only after the test is over.
CACHE = "personalize_cache zone=personalize:4m ttl=1h stale=1h negative=1h;"


def start(nginx, socket, workers=1, cache=CACHE, redis="", wait="2s", connected=True, **options):
    scene.prepare(nginx)
    http = scene.http(f"{socket} {redis}", cache=cache, **options)
    nginx.configure(http, scene.server(wait, "add_header X-Worker $pid;") + """
    location = /_pz/status { personalize_status; }""", workers=workers)
    return nginx.start(connected)


def visit(nginx, visitor="ada"):
    return nginx.get("/", headers={"Cookie": f"vid={visitor}"})


def shows(nginx, name, visitor="ada"):
    return scene.is_filled(visit(nginx, visitor).text, f"<p>Hello {name}</p>")


def seen_in(condition):
    """Seconds until it holds."""
    started = time.monotonic()
    wait_until(condition, "the change is on the page", step=0.001)
    return time.monotonic() - started


def pages_by_worker(nginx, count, visitor="ada"):
    """A page of each of `count` workers."""
    pages = {}
    deadline = time.monotonic() + 20
    while len(pages) < count:
        assert time.monotonic() < deadline, f"workers that answer: {list(pages)}"
        response = visit(nginx, visitor)
        pages[response.get("x-worker")] = response.text
    return list(pages.values())


def invalidations(nginx):
    return json.loads(nginx.get("/_pz/status?format=json").text)["cache_invalidations"]


# What changes


def test_a_change_is_on_the_next_page_in_every_worker(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    start(nginx, redis.socket, workers=2)
    assert shows(nginx, "Old")
    times = []
    with Lateness() as lateness:
        for i in range(20):
            redis.set_json("profile:ada", {"name": f"New{i}"})
            times.append(seen_in(lambda name=f"New{i}": shows(nginx, name)))
            for page in pages_by_worker(nginx, 2):
                assert scene.is_filled(page, f"<p>Hello New{i}</p>")
    assert sorted(times)[10] < 0.5 + lateness.usual(), times
    # Between changes, the cache answers. A worker that hears later than the other one throws out
    # what that one has fetched.
    assert 21 <= redis.reads() <= 41
    assert 20 <= invalidations(nginx)["document"] <= 40


def test_what_did_not_change_stays_in_the_cache(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    redis.set_json("profile:bob", {"name": "Bob"})
    start(nginx, redis.socket)
    assert shows(nginx, "Ada") and shows(nginx, "Bob", "bob")
    redis.set_json("profile:bob", {"name": "Rob"})
    redis.set_json("other:ada", {"name": "Nobody"})
    seen_in(lambda: shows(nginx, "Rob", "bob"))
    assert shows(nginx, "Ada")
    assert redis.reads() == 3


@pytest.mark.parametrize("remove", [
    lambda data: data.delete("profile:ada"),
    lambda data: data.unlink("profile:ada"),
    lambda data: data.rename("profile:ada", "away"),
    lambda data: data.pexpire("profile:ada", 100),
    lambda data: data.flushall(),
    lambda data: data.flushdb(),
], ids=["del", "unlink", "rename", "expire", "flushall", "flushdb"])
def test_what_is_gone_is_gone_and_may_come_back(nginx, redis, remove):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, workers=2)
    assert shows(nginx, "Ada")
    remove(redis.data)
    seen_in(lambda: scene.is_default(visit(nginx).text))
    assert all(scene.is_default(page) for page in pages_by_worker(nginx, 2))
    # That there was nothing is not believed longer, either.
    redis.set_json("profile:ada", scene.PROFILE)
    seen_in(lambda: shows(nginx, "Ada"))


def test_swapped_databases(nginx, redis):
    """Redis tells no client of SWAPDB."""
    other = Redis(unix_socket_path=str(redis.socket), db=1)
    redis.set_json("profile:ada", {"name": "Old"})
    other.set("profile:ada", json.dumps({"name": "New"}))
    start(nginx, redis.socket, workers=2)
    assert shows(nginx, "Old")
    wait_until(lambda: redis.data.info("commandstats").get("cmdstat_info", {}).get("calls", 0) > 1,
               "the server is asked how often")
    for name in ("New", "Old"):
        redis.data.swapdb(0, 1)
        seen_in(lambda one=name: shows(nginx, one))
        assert all(scene.is_filled(page, f"<p>Hello {name}</p>")
                   for page in pages_by_worker(nginx, 2))
    assert "SWAPDB cannot be noticed" not in nginx.error_log()


def test_swapped_databases_of_a_server_that_does_not_say(nginx, redis):
    redis.set_json("profile:ada", {"name": "Ada"})
    redis.data.execute_command("ACL", "SETUSER", "default", "-info")
    try:
        start(nginx, redis.socket)
        assert shows(nginx, "Ada")
        wait_until(lambda: "SWAPDB cannot be noticed" in nginx.error_log(),
                   "the log says so")
        assert "NOPERM" in nginx.error_log() and "+info" in nginx.error_log()
    finally:
        redis.data.execute_command("ACL", "SETUSER", "default", "+info")


def test_fields_of_a_hash(nginx, redis):
    redis.data.hset("profile:ada", "name", "Old")
    start(nginx, redis.socket, source="type=hash")
    assert shows(nginx, "Old")
    redis.data.hset("profile:ada", "name", "New")
    seen_in(lambda: shows(nginx, "New"))


def test_many_keys_at_once(nginx, redis):
    """Redis tells of them in one message, beyond what we take in one: all is fetched anew."""
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    for count in (60000, 70000):
        assert shows(nginx, "Ada")
        names = {f"profile:{i}": "{}" for i in range(count)}
        redis.data.mset({**names, "profile:ada": '{"name":"Bulk"}'})
        seen_in(lambda: shows(nginx, "Bulk"))
        redis.wait_listeners()
        redis.set_json("profile:ada", scene.PROFILE)
        seen_in(lambda: shows(nginx, "Ada"))


# What is asked for


def words_of(rogue, name):
    return [words for _, words in rogue.commands if words[:len(name)] == name]


def rogue_tells(rogue):
    """Has the rogue tell as Redis does, and returns whom it tells."""
    subscribers = Subscribers()

    def on_other(session, words):
        if words == [b"CLIENT", b"ID"]:
            session.send(b":7\r\n")
        elif words[0] == b"SUBSCRIBE":
            session.send(b"*3\r\n" + bulk("subscribe") + bulk(CHANNEL) + b":1\r\n")
            subscribers.add(session)
        else:
            session.send(b"+OK\r\n")
    rogue.on_other = on_other
    return subscribers


def message(payload):
    return b"*3\r\n" + bulk("message") + bulk(CHANNEL) + payload


SOURCES = """
  personalize_source weather key=profile:eu:${visitor.id} ttl=1m;
  personalize_source stock key=stock:all ttl=1m;
  personalize_source live key=live:${visitor.id} ttl=0;
"""


def test_prefixes_are_few_and_of_cached_sources_only(nginx, rogue):
    rogue_tells(rogue)
    start(nginx, rogue.socket, extra=SOURCES)
    tracking = wait_until(lambda: words_of(rogue, [b"CLIENT", b"TRACKING"]), "CLIENT TRACKING")
    assert tracking == [[b"CLIENT", b"TRACKING", b"ON", b"REDIRECT", b"7", b"BCAST", b"PREFIX",
                         b"profile:", b"PREFIX", b"pz:switches", b"PREFIX", b"stock:all"]]


@pytest.mark.parametrize("cache, extra", [
    (CACHE.replace(";", " invalidation=off;"), ""),
    ("", ""),
    (CACHE, "personalize_source weather key=w:${visitor.id} ttl=0;"),
], ids=["off", "no cache", "nothing cached"])
def test_nothing_is_asked_for_where_nothing_is_to_be_known(nginx, rogue, cache, extra):
    source = "ttl=0" if extra else ""
    rogue.on_read = lambda session, command: session.send(bulk('{"name":"Ada"}'))
    start(nginx, rogue.socket, cache=cache, source=source, extra=extra)
    for _ in range(3):
        assert shows(nginx, "Ada")
    assert not words_of(rogue, [b"CLIENT"])


def test_key_without_a_literal_head_is_warned_of(nginx, redis):
    scene.prepare(nginx)
    extra = "personalize_source any key=${visitor.id}:x ttl=1m;"
    nginx.configure(scene.http(redis.socket, cache=CACHE, extra=extra), scene.server())
    code, output = nginx.check()
    line = nginx.config_file.read_text().splitlines().index("  " + extra) + 1
    assert code == 0
    assert f"nginx.conf:{line}" in output
    assert '"any" begins with an attribute' in output
    assert output.count("[warn]") == 1


def test_neither_on_nor_off(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=CACHE.replace(";", " invalidation=yes;")))
    code, output = nginx.check()
    assert code != 0 and "invalidation=on" in output and "nginx.conf:" in output


# The fill and the invalidation


def test_a_fill_that_an_invalidation_overtakes_is_not_kept(nginx, rogue):
    subscribers = rogue_tells(rogue)
    answers = iter(["Old", "New"])

    def on_read(session, command):
        name = next(answers)
        if name == "Old":
            # The key has changed since this value was read.
            subscribers.tell(message(array(["profile:ada"])))
            time.sleep(0.2)
        session.send(bulk('{"name":"%s"}' % name))

    rogue.on_read = on_read
    start(nginx, rogue.socket)
    nginx.wait_told()
    assert shows(nginx, "Old")
    assert shows(nginx, "New")
    assert shows(nginx, "New")
    assert len(rogue.reads()) == 2


def test_who_asks_after_the_change_does_not_get_what_was_asked_before(nginx, rogue):
    subscribers = rogue_tells(rogue)
    answers = iter(["Old", "New"])
    is_told, turns = threading.Event(), Turns()

    def on_read(session, command):
        name = next(answers)
        if name == "Old":
            subscribers.tell(message(array(["profile:ada"])))
            is_told.set()
            turns.take()
        session.send(bulk('{"name":"%s"}' % name))

    rogue.on_read = on_read
    start(nginx, rogue.socket)
    nginx.wait_told()
    with nginx.connect() as first, nginx.connect() as second:
        first.request("/", headers=scene.ADA)
        assert is_told.wait(30)
        # A worker takes what comes in its order: this, and then the answer.
        second.request("/", headers=scene.ADA)
        turns.give()
        assert scene.is_filled(second.response().text, "<p>Hello New</p>")
        assert scene.is_filled(first.response().text, "<p>Hello Old</p>")
    assert shows(nginx, "New")
    assert len(rogue.reads()) == 2


def test_everything_gone_during_a_fill(nginx, rogue):
    subscribers = rogue_tells(rogue)
    answers = iter(['{"name":"Old"}', None])

    def on_read(session, command):
        value = next(answers)
        if value:
            subscribers.tell(message(b"*-1\r\n"))
            time.sleep(0.2)
        session.send(bulk(value if value else ""))

    rogue.on_read = on_read
    start(nginx, rogue.socket)
    nginx.wait_told()
    assert shows(nginx, "Old")
    assert scene.is_default(visit(nginx).text)


# Losing it


def test_a_change_while_nobody_listens_is_not_missed(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    start(nginx, redis.socket, workers=2)
    for i in range(3):
        assert shows(nginx, "Old")
        with redis.data.pipeline(transaction=True) as change:
            change.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            change.set("profile:ada", '{"name":"New"}')
            change.execute()
        seen_in(lambda: shows(nginx, "New"))
        redis.wait_listeners(2)
        redis.set_json("profile:ada", {"name": "Old"})
        seen_in(lambda: shows(nginx, "Old"))
    assert "no invalidation messages" in nginx.error_log()
    assert "invalidation messages are on" in nginx.error_log().split("no invalidation messages")[-1]


def test_one_listener_is_enough(nginx, redis):
    """While another worker hears of changes, the loss of one connection costs nothing."""
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, workers=2)
    assert shows(nginx, "Ada")
    before = invalidations(nginx)["all"]
    listener = redis.data.client_list(_type="pubsub")[0]["id"]
    redis.data.client_kill_filter(_id=listener)
    wait_until(lambda: "it closed the connection" in nginx.error_log(), "the loss is noticed")
    redis.wait_listeners(2)
    assert shows(nginx, "Ada")
    assert redis.reads() == 1
    assert invalidations(nginx)["all"] == before


def test_redis_comes_back_empty(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    assert shows(nginx, "Ada")
    redis.kill()
    # Nothing better is to be had meanwhile.
    assert shows(nginx, "Ada")
    redis.start()
    wait_until(lambda: scene.is_default(visit(nginx).text), "the profile is gone", step=0.1)
    redis.wait_listeners()
    redis.set_json("profile:ada", scene.PROFILE)
    seen_in(lambda: shows(nginx, "Ada"))


def test_a_redis_that_is_silent_is_noticed_by_the_heartbeat(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    assert shows(nginx, "Ada")
    redis.suspend()
    wait_until(lambda: "it does not answer any more" in nginx.error_log(), "the silence")
    assert shows(nginx, "Ada")
    redis.resume()
    redis.set_json("profile:ada", {"name": "New"})
    wait_until(lambda: shows(nginx, "New"), "the change", step=0.1)


def test_the_heartbeat_keeps_the_connection(nginx, redis):
    start(nginx, redis.socket)
    wait_until(lambda: redis.calls("subscribe") >= 3, "two heartbeats")
    assert redis.calls("client|tracking") == 1
    assert "does not tell" not in nginx.error_log()


def test_without_the_right_to_it_ttl_rules_and_the_log_says_so_once(nginx, directory):
    redis = RedisServer(directory / "acl")
    try:
        redis.set_json("profile:ada", {"name": "Old"})
        redis.data.execute_command("ACL", "SETUSER", "web", "on", ">secret", "~*", "resetchannels",
                                   "+@read", "+ping")
        start(nginx, redis.socket, workers=2, redis="user=web password=secret",
              cache="personalize_cache zone=p:1m ttl=2s stale=0;", connected=False)
        warning = "no invalidation messages"
        wait_until(lambda: warning in nginx.error_log(), "the warning")
        asked = time.monotonic()
        assert shows(nginx, "Old")
        redis.set_json("profile:ada", {"name": "New"})
        assert shows(nginx, "Old") or time.monotonic() - asked > 2
        wait_until(lambda: shows(nginx, "New"), "the end of ttl", step=0.05)
        assert nginx.error_log().count(warning) == 1

        # The remedy that the log names is one.
        remedy = nginx.error_log().split("ACL SETUSER NAME ")[1].split(";")[0]
        redis.data.execute_command("ACL", "SETUSER", "web", *remedy.split())
        nginx.config_file.write_text(nginx.config_file.read_text().replace("ttl=2s", "ttl=1h"))
        nginx.reload()
        redis.set_json("profile:ada", {"name": "Newer"})
        seen_in(lambda: shows(nginx, "Newer"))
    finally:
        nginx.stop()
        redis.stop()


def test_with_a_password(nginx, directory):
    redis = RedisServer(directory / "auth", password="secret")
    try:
        redis.set_json("profile:ada", {"name": "Old"})
        start(nginx, redis.socket, redis="password=secret")
        redis.wait_listeners()
        assert shows(nginx, "Old")
        redis.set_json("profile:ada", {"name": "New"})
        seen_in(lambda: shows(nginx, "New"))
    finally:
        nginx.stop()
        redis.stop()


# Reload and end


def test_reloads_miss_nothing_and_keep_the_cache(nginx, redis):
    redis.set_json("profile:ada", {"name": "Ada0"})
    start(nginx, redis.socket, workers=2)
    assert shows(nginx, "Ada0")
    kept = 0
    for i in range(1, 31):
        if i > 5 and kept:
            break
        reads = redis.reads()
        old = set(nginx.workers())
        nginx.reload()
        wait_until(lambda old=old: not old & set(nginx.workers()), "the old workers end")
        assert shows(nginx, f"Ada{i - 1}")
        kept += redis.reads() == reads
        redis.set_json("profile:ada", {"name": f"Ada{i}"})
        seen_in(lambda name=f"Ada{i}": shows(nginx, name))
        redis.wait_listeners(2)
    # On a busy machine the old workers may often end before the new ones listen.
    assert kept > 0


def test_another_redis_after_a_reload(nginx, redis, directory):
    """What the first one said is not fresh for the second."""
    other = RedisServer(directory / "other")
    try:
        redis.set_json("profile:ada", {"name": "One"})
        other.set_json("profile:ada", {"name": "Two"})
        start(nginx, redis.socket)
        redis.wait_listeners()
        assert shows(nginx, "One")
        text = nginx.config_file.read_text().replace(str(redis.socket), str(other.socket))
        nginx.config_file.write_text(text)
        old = nginx.workers()[0]
        nginx.reload()
        wait_until(lambda: old not in nginx.workers(), "the old worker ends")
        other.wait_listeners()
        seen_in(lambda: shows(nginx, "Two"))
    finally:
        nginx.stop()
        other.stop()


def test_a_killed_worker_is_replaced_and_hears_again(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    start(nginx, redis.socket)
    assert shows(nginx, "Old")
    nginx.tolerate("exited on signal 9")
    # Nobody hears of this change.
    redis.suspend()
    os.kill(nginx.workers()[0], signal.SIGKILL)
    redis.resume()
    redis.set_json("profile:ada", {"name": "New"})
    wait_until(lambda: shows(nginx, "New"), "the change", step=0.05)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM])
def test_end_in_every_state(nginx, rogue, number):
    """Subscribed, and in the middle of a greeting that is never answered."""
    rogue.on_other = lambda session, words: None
    start(nginx, rogue.socket, workers=2, connected=False, redis="connect_timeout=30s")
    wait_until(lambda: len(words_of(rogue, [b"CLIENT", b"ID"])) >= 2, "the greeting")
    started = time.monotonic()
    nginx.signal(number)
    nginx.wait_ended()
    assert time.monotonic() - started < 10


# Hostility


def test_anyone_may_publish_there(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    start(nginx, redis.socket)
    assert shows(nginx, "Old")
    for junk in ("", "profile:ada", "\r\n*-1\r\n", "x" * 1000000, b"\xff\x00" * 100):
        assert redis.data.publish(CHANNEL, junk) == 1
    assert shows(nginx, "Old")
    assert redis.reads() == 1
    redis.set_json("profile:ada", {"name": "New"})
    seen_in(lambda: shows(nginx, "New"))
    assert redis.calls("client|tracking") == 1


HARMLESS = {
    "no keys": message(b"*0\r\n"),
    "no such key": message(array(["profile:none"])),
    "an empty key": message(array([""])),
    "no strings": message(b"*3\r\n:1\r\n$-1\r\n+x\r\n"),
    "a long key": message(array(["profile:" + "x" * 100000])),
    "one byte at a time": message(array(["profile:none"])),
    "again subscribed": b"*3\r\n" + bulk("subscribe") + bulk(CHANNEL) + b":1\r\n",
    "published": message(bulk("junk")),
}
FATAL = {
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "a billion": b"*1000000000\r\n",
    "a billion keys": message(b"*1000000000\r\n"),
    "nesting": b"*1\r\n" * 100000,
    "nested keys": message(b"*1\r\n" * 100000),
    "a huge key": message(b"*1\r\n$2000000000\r\n"),
    "a negative length": message(b"*-7\r\n"),
    "resp3": b">2\r\n$10\r\ninvalidate\r\n*1\r\n$11\r\nprofile:ada\r\n",
    "another channel": b"*3\r\n" + bulk("message") + bulk("other") + b"*0\r\n",
    "two elements": array(["unsubscribe", CHANNEL]),
    "unsubscribed": b"*3\r\n" + bulk("unsubscribe") + bulk(CHANNEL) + b":0\r\n",
    "an error": b"-ERR no more\r\n",
    "status": b"+OK\r\n",
    "a number": b":1\r\n",
    "nil": b"*-1\r\n",
    "cut": b"*3\r\n$7\r\nmess",
}


@pytest.mark.parametrize("name", [*HARMLESS, *FATAL])
def test_hostile_pushes(nginx, rogue, name):
    subscribers = rogue_tells(rogue)
    rogue.on_read = lambda session, command: session.send(bulk('{"name":"Ada"}'))
    start(nginx, rogue.socket)
    nginx.wait_told()
    worker = nginx.workers()
    assert shows(nginx, "Ada")
    for _ in range(2):
        count = subscribers.count()
        told = subscribers.tell({**HARMLESS, **FATAL}[name],
                                Session.trickle if name == "one byte at a time" else Session.send)
        if name == "cut":
            told[-1].shutdown()
        assert shows(nginx, "Ada")
        if name in FATAL:
            wait_until(lambda: subscribers.count() > count, "another connection")
    if name in HARMLESS:
        subscribers.tell(message(array(["profile:ada"])))
        wait_until(lambda: shows(nginx, "Ada") and len(rogue.reads()) == 2, "another look-up")
        assert subscribers.count() == 1 or "does not answer any more" in nginx.error_log()
    assert nginx.workers() == worker


@pytest.mark.parametrize("reply", [
    b"+OK\r\n", b"$-1\r\n", b"*0\r\n", b"-ERR no\r\n", b"-NOPERM no\r\n", b"-LOADING wait\r\n",
    b"\x00", b":99999999999999999999\r\n", b""], ids=repr)
def test_hostile_greetings(nginx, rogue, reply):
    """The pages do without, and the server is not besieged."""
    def on_other(session, words):
        if words == [b"CLIENT", b"ID"]:
            session.send(reply)
            if not reply:
                session.shutdown()
        else:
            session.send(b"+OK\r\n")
    rogue.on_other = on_other
    rogue.on_read = lambda session, command: session.send(bulk('{"name":"Ada"}'))
    start(nginx, rogue.socket)
    wait_until(lambda: words_of(rogue, [b"CLIENT", b"ID"]), "the greeting")
    worker = nginx.workers()
    over = time.monotonic() + 1
    while time.monotonic() < over:
        assert shows(nginx, "Ada")
        time.sleep(0.02)
    assert len(words_of(rogue, [b"CLIENT", b"ID"])) < 15
    assert len(rogue.reads()) == 1
    assert nginx.workers() == worker
    assert nginx.error_log().count("no invalidation messages") <= 1
