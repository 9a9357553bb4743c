"""pz:switches in Redis turns campaigns on and off in every worker, without a reload."""

import json
import re
import time
from statistics import median

import pytest

from harness.redis import switching
from harness.lateness import Lateness
from harness.waiting import wait_until

PAGE = "<!doctype html><html><body><!--pz:a-->A<!--/pz--><!--pz:b-->B<!--/pz--></body></html>"
WORKERS = 3
# What the log has where Redis has never answered.
UNKNOWN = "the switches in pz:switches are ignored"


def start(nginx, redis, cache="", workers=WORKERS):
    nginx.page("index.html", PAGE)
    for name in ("one", "two"):
        nginx.file(f"{name}.html", f"<p>{name}</p>")
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      {cache}
      personalize_campaign one {{ slot a; fragment one.html; }}
      personalize_campaign two {{ slot b; enabled off; fragment two.html; }}
      add_header X-Worker $pid;
    """, "location / { personalize on; } location = /status { personalize_status; }",
        workers=workers)
    nginx.start()


def shown(nginx):
    return re.findall(r"<p>(\w+)</p>", nginx.get("/").text)


def every_worker_shows(nginx, expected):
    """Asks until each worker has answered, and whether all answered so."""
    pending = set(map(str, nginx.workers()))
    deadline = time.monotonic() + 10
    while pending and time.monotonic() < deadline:
        response = nginx.get("/")
        if re.findall(r"<p>(\w+)</p>", response.text) != expected:
            return False
        pending.discard(response.get("x-worker"))
    assert not pending, "some worker never answered"
    return True


def settle(redis, field, value):
    if value is None:
        redis.data.hdel("pz:switches", field)
    else:
        redis.data.hset("pz:switches", field, value)


def obeyed(nginx, expected, switch):
    """Calls `switch`; all workers show that within a second."""
    switching.obeyed(nginx, switch, lambda text: re.findall(r"<p>(\w+)</p>", text) == expected,
                     lambda: nginx.get("/"))


@pytest.mark.parametrize("cache", ["", "personalize_cache zone=p:1m;"])
def test_switched_in_every_worker(nginx, redis, cache):
    start(nginx, redis, cache)
    assert every_worker_shows(nginx, ["one"])
    obeyed(nginx, [], lambda: settle(redis, "campaign:one", "off"))
    obeyed(nginx, ["two"], lambda: settle(redis, "campaign:two", "on"))
    obeyed(nginx, ["one", "two"], lambda: settle(redis, "campaign:one", "on"))
    obeyed(nginx, ["one"], lambda: settle(redis, "campaign:two", "off"))
    # What is not set is as the configuration has it.
    obeyed(nginx, [], lambda: settle(redis, "campaign:one", "off"))
    obeyed(nginx, ["one"], lambda: redis.data.delete("pz:switches"))


def test_kept_without_redis(nginx, redis):
    redis.data.hset("pz:switches", mapping={"campaign:one": "off", "campaign:two": "on"})
    start(nginx, redis)
    wait_until(lambda: every_worker_shows(nginx, ["two"]), "the switches are known")
    redis.kill()
    for _ in range(5):
        assert every_worker_shows(nginx, ["two"])
        time.sleep(0.2)
    # After a reload, too: what the others knew is known.
    old = set(nginx.workers())
    nginx.reload()
    wait_until(lambda: not old & set(nginx.workers()), "the old workers end")
    assert every_worker_shows(nginx, ["two"])
    assert UNKNOWN not in nginx.error_log()
    # A Redis that is back has forgotten them.
    redis.start()
    wait_until(lambda: every_worker_shows(nginx, ["one"]), "the configuration counts again")


def test_unknown_after_a_restart_without_redis(nginx, redis):
    """Nobody knows what was switched: the configuration counts, which the log says once; Redis is
    obeyed as soon as it answers."""
    redis.data.hset("pz:switches", mapping={"campaign:one": "off", "campaign:two": "on"})
    start(nginx, redis)
    wait_until(lambda: every_worker_shows(nginx, ["two"]), "the switches are known")
    nginx.stop()
    redis.kill()
    nginx.start()
    wait_until(lambda: UNKNOWN in nginx.error_log(), "the log says so")
    for _ in range(5):
        assert every_worker_shows(nginx, ["one"])
        time.sleep(0.3)
    assert warnings(nginx, UNKNOWN) == 1
    redis.start()
    redis.data.hset("pz:switches", mapping={"campaign:one": "off", "campaign:two": "on"})
    wait_until(lambda: every_worker_shows(nginx, ["two"]), "the switches are known again")
    # From here on, they are, whatever becomes of Redis.
    redis.kill()
    old = set(nginx.workers())
    nginx.reload()
    wait_until(lambda: not old & set(nginx.workers()), "the old workers end")
    assert every_worker_shows(nginx, ["two"])
    assert warnings(nginx, UNKNOWN) == 1


def test_nothing_is_said_where_redis_answers(nginx, redis):
    start(nginx, redis)
    assert every_worker_shows(nginx, ["one"])
    wait_until(lambda: redis.calls("exists") >= 2 * WORKERS, "they ask")
    assert UNKNOWN not in nginx.error_log()


def warnings(nginx, text):
    return sum("[warn]" in line and text in line for line in nginx.error_log().splitlines())


def test_known_after_a_restart(nginx, redis):
    redis.data.hset("pz:switches", "campaign:one", "off")
    start(nginx, redis)
    wait_until(lambda: every_worker_shows(nginx, []), "the switch is known")
    nginx.stop()
    nginx.start()
    wait_until(lambda: every_worker_shows(nginx, []), "the switch is known again")


def test_rubbish_in_the_hash(nginx, redis):
    start(nginx, redis)
    redis.data.hset("pz:switches", mapping={
        "campaign:one": "off", "campaign:two": b"\xff\x00", "campaign:unknown": "off", "": "x",
        "experiment:one": "maybe", **{f"campaign:x{i}": "y" * 1000 for i in range(500)}})
    wait_until(lambda: every_worker_shows(nginx, []), "the one that makes sense is obeyed")
    redis.data.hset("pz:switches", "campaign:one", "z" * 3_000_000)
    wait_until(lambda: every_worker_shows(nginx, ["one"]), "what is no switch is none")
    for value in ("OFF", "0", "false", "", " off"):
        redis.data.hset("pz:switches", "campaign:one", value)
        time.sleep(0.6)
        assert shown(nginx) == ["one"]
    assert shown(nginx) == ["one"]


def test_something_else_at_the_key(nginx, redis):
    redis.data.hset("pz:switches", "campaign:one", "off")
    start(nginx, redis)
    wait_until(lambda: every_worker_shows(nginx, []), "the switch is known")
    redis.data.set("pz:switches", "a text")
    wait_until(lambda: "pz:switches cannot be read" in nginx.error_log(), "the log says so")
    assert "WRONGTYPE" in nginx.error_log()
    time.sleep(1)
    assert every_worker_shows(nginx, [])
    # Once a worker, not every half second.
    assert nginx.error_log().count("pz:switches cannot be read") <= WORKERS
    redis.data.delete("pz:switches")
    wait_until(lambda: every_worker_shows(nginx, ["one"]), "nothing is set")


def test_status_shows_them(nginx, redis):
    start(nginx, redis, workers=1)
    assert json.loads(nginx.get("/status?format=json").text)["switches"] == {}
    redis.data.hset("pz:switches", mapping={"campaign:one": "off", "campaign:two": "on"})
    wait_until(lambda: shown(nginx) == ["two"], "the switches are known")
    assert json.loads(nginx.get("/status?format=json").text)["switches"] == {
        "campaign:one": "off", "campaign:two": "on"}
    text = nginx.get("/status").text
    assert 'personalize_switch{name="campaign:one"} 0\n' in text
    assert 'personalize_switch{name="campaign:two"} 1\n' in text


def test_servers_share_switches(nginx, redis):
    nginx.page("index.html", PAGE)
    nginx.file("one.html", "<p>one</p>")
    nginx.file("two.html", "<p>two</p>")
    campaign = "personalize_campaign %s { slot a; fragment %s.html; }"
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s;
      server {{ listen unix:{nginx.directory}/other.sock; {campaign % ("two", "two")} {campaign % ("one", "one")}
                location / {{ personalize on; }} }}
    """, campaign % ("one", "one") + """location / { personalize on; }
      location = /other { proxy_pass http://unix:%s/other.sock:/; }""" % nginx.directory)
    nginx.start()
    assert "<p>one</p>" in nginx.get("/").text and "<p>two</p>" in nginx.get("/other").text
    redis.data.hset("pz:switches", "campaign:two", "off")
    wait_until(lambda: "<p>one</p>" in nginx.get("/other").text, "switched there")
    redis.data.hset("pz:switches", "campaign:one", "off")
    wait_until(lambda: "<p>" not in nginx.get("/other").text, "switched in both")
    assert "<p>" not in nginx.get("/").text


def test_told_at_once_where_redis_tells(nginx, redis):
    nginx.page("index.html", PAGE)
    nginx.file("one.html", "<p>one {{profile.name}}</p>")
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s;
      personalize_cache zone=p:1m;
      personalize_visitor cookie=vid;
      personalize_source profile key=profile:${{visitor.id}};
      personalize_campaign one {{ slot a; fragment one.html; }}
    """, "location / { personalize on; }")
    nginx.start()
    took, asking = [], []
    with Lateness() as lateness:
        for value in ("off", "on") * 10:
            began = time.monotonic()
            settle(redis, "campaign:one", value)
            for took_so_long in (took, asking):
                wait_until(lambda: ("<p>" in nginx.get("/").text) == (value == "on"), "obeyed",
                           step=0.002)
                took_so_long.append(time.monotonic() - began)
                began = time.monotonic()
    # Asking Redis twice a second alone would take a quarter of a second on average.
    assert median(took) < 0.15 + 3 * median(asking) + lateness.usual()
    redis.data.flushall()
    wait_until(lambda: "<p>" in nginx.get("/").text, "nothing is set any more")
