"""personalize-report bandit: what it learns from events, and that NGINX obeys."""

import hashlib
import json
import re
import signal
import subprocess
import time

import pytest

from harness.nginx import ROOT
from harness.waiting import wait_until

PROGRAM = ROOT / "build" / "personalize-report"
STREAM = "pz:events"
VARIANTS = ("control", "green", "blue")
START = 1_790_000_000_000


def name_of(visitor):
    return hashlib.md5(str(visitor).encode()).hexdigest()


def declare(redis, name="colour", metric="purchase", every=3600, floor=0.02, variants=VARIANTS):
    redis.data.hset("pz:experiments", name, json.dumps({
        "metric": metric, "every": every, "floor": floor,
        "variants": [{"name": one, "share": 1 / len(variants)} for one in variants]}))


class Events:
    """Adds events of visitors who have not come before."""

    def __init__(self, redis):
        self._redis = redis
        self._visitors = 0
        self._events = 0

    def _add(self, pipeline, **fields):
        self._events += 1
        pipeline.xadd(STREAM, {"id": f"0badcafe-{self._events}", "time": START + self._events,
                               "origin": "edge", **fields})

    def visitors(self, variant, count, converted, experiment="colour", value=None, before=0, **more):
        pipeline = self._redis.data.pipeline(transaction=False)
        for i in range(count):
            self._visitors += 1
            visitor = name_of(self._visitors)
            order = {"order": f"o{self._events}", **({"value": value, "currency": "EUR"}
                                                    if value is not None else {})}
            purchase = {"event": "conversion", "metric": "purchase", "visitor": visitor, **order}
            if i < before:
                self._add(pipeline, **purchase)
            self._add(pipeline, event="exposure", experiment=experiment, variant=variant,
                      visitor=visitor, **more)
            if i < converted:
                self._add(pipeline, **{**purchase, "order": f"o{self._events}"})
        pipeline.execute()
        return visitor


@pytest.fixture
def events(redis):
    return Events(redis)


def bandit(redis, *words, status=0):
    done = subprocess.run([PROGRAM, "bandit", "--redis", redis.socket, "--stream", STREAM, *words],
                          timeout=60, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done


def weights(redis, name="colour"):
    text = redis.data.hget("pz:weights", name)
    return json.loads(text) if text else None


def test_most_visitors_get_what_brings_most(redis, events):
    declare(redis)
    for variant, converted in zip(VARIANTS, (100, 200, 50)):
        events.visitors(variant, 1000, converted)
    out = bandit(redis).stdout
    learned = weights(redis)
    assert learned["version"] == "1" and abs(learned["time"] / 1000 - time.time()) < 60
    shares = learned["weights"]
    assert abs(sum(shares.values()) - 1) < 1e-5 and list(shares) == list(VARIANTS)
    assert shares["green"] > 0.7 and shares["blue"] == 0.02
    assert "colour: version 1: control" in out and "green" in out and "(1000)" in out
    bandit(redis)
    assert weights(redis)["version"] == "2"


def test_nothing_changes_before_something_is_known(redis, events):
    declare(redis)
    assert "too little is known" in bandit(redis).stdout
    for variant, count in zip(VARIANTS, (500, 500, 99)):
        events.visitors(variant, count, 20)
    assert "blue (99)" in bandit(redis).stdout
    assert weights(redis) is None
    events.visitors("blue", 1, 0)
    bandit(redis)
    assert weights(redis)["version"] == "1"


def test_what_counts(redis, events):
    """No conversion before the exposure, of other metrics, of visitors in several variants, of others."""
    declare(redis, variants=("control", "green"))
    events.visitors("control", 1000, 200)
    events.visitors("green", 1000, 100, before=900)
    visitor = events.visitors("green", 1, 1)
    pipeline = redis.data.pipeline(transaction=False)
    common = {"origin": "edge", "time": START + 10_000_000}
    pipeline.xadd(STREAM, {"id": "1-1", "event": "exposure", "experiment": "colour",
                           "variant": "control", "visitor": visitor, **common})
    for i in range(500):
        pipeline.xadd(STREAM, {"id": f"2-{i}", "event": "conversion", "metric": "sign_up",
                               "visitor": name_of(1001 + i), **common})
        pipeline.xadd(STREAM, {"id": f"3-{i}", "event": "conversion", "metric": "purchase",
                               "visitor": name_of(999999 + i), **common})
    pipeline.execute()
    out = bandit(redis).stdout
    assert "control" in out and "(1000)" in out and "(1001)" not in out
    assert weights(redis)["weights"]["control"] > 0.75


def test_values(redis, events):
    declare(redis, metric="purchase.value", variants=("control", "green"))
    events.visitors("control", 500, 100, value="10")
    events.visitors("green", 500, 60, value="40.50")
    bandit(redis)
    assert weights(redis)["weights"]["green"] > 0.75
    declare(redis, metric="purchase", variants=("control", "green"))
    bandit(redis)
    assert weights(redis)["weights"]["control"] > 0.75


def test_versions_are_told_apart(redis, events):
    """A week in which all convert twice as often, and one variant had most of the visitors."""
    declare(redis, variants=("control", "green"))
    events.visitors("control", 600, 60, version="1", split="control=600,green=5400")
    events.visitors("green", 5400, 540, version="1", split="control=600,green=5400")
    events.visitors("control", 5400, 1080, version="2", split="control=5400,green=600")
    events.visitors("green", 600, 120, version="2", split="control=5400,green=600")
    bandit(redis)
    shares = weights(redis)["weights"]
    assert abs(shares["control"] - 0.5) < 0.3, "pooled, control would have it all"


def test_dry_run_and_choice(redis, events):
    declare(redis)
    declare(redis, "other", variants=("a", "b"))
    for variant in VARIANTS:
        events.visitors(variant, 200, 20)
    for variant in ("a", "b"):
        events.visitors(variant, 200, 20, experiment="other")
    assert "colour: version 1" in bandit(redis, "--dry-run").stdout
    assert weights(redis) is None and weights(redis, "other") is None
    bandit(redis, "--experiment", "other")
    assert weights(redis) is None and weights(redis, "other")["version"] == "1"
    assert 'no experiment "third"' in bandit(redis, "--experiment", "third", status=1).stderr


def test_follow_computes_what_is_due(redis, events):
    declare(redis)
    for variant in VARIANTS:
        events.visitors(variant, 200, 20)
    follower = subprocess.Popen([PROGRAM, "bandit", "--redis", redis.socket, "--stream", STREAM,
                                 "--follow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: weights(redis), "weights")
        assert weights(redis)["version"] == "1"
        # Redis loses everything, and NGINX declares another experiment meanwhile.
        redis.kill()
        assert b"Redis" in follower.stderr.readline()
        redis.start()
        declare(redis, "other", variants=("a", "b"))
        again = Events(redis)
        for variant in ("a", "b"):
            again.visitors(variant, 200, 20, experiment="other")
        wait_until(lambda: weights(redis, "other"), "weights")
        assert weights(redis) is None
    finally:
        follower.send_signal(signal.SIGTERM)
        follower.communicate(timeout=30)
    assert follower.returncode == 0


def test_what_is_not_due_waits(redis, events):
    declare(redis)
    declare(redis, "due", variants=("a", "b"))
    for variant in VARIANTS:
        events.visitors(variant, 200, 20)
    for variant in ("a", "b"):
        events.visitors(variant, 200, 20, experiment="due")
    now = int(time.time() * 1000)
    for name, age in (("colour", 3_000_000), ("due", 3_700_000)):
        redis.data.hset("pz:weights", name, json.dumps({"version": "7", "time": now - age,
                                                        "weights": {}}))
    follower = subprocess.Popen([PROGRAM, "bandit", "--redis", redis.socket, "--stream", STREAM,
                                 "--follow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"due: version 8" in follower.stdout.readline()
    follower.terminate()
    follower.communicate(timeout=30)
    assert weights(redis)["version"] == "7" and weights(redis, "due")["version"] == "8"


def test_nginx_obeys(nginx, redis, events):
    nginx.page("index.html", "<!doctype html><body><!--pz:a-->A<!--/pz--></body>")
    campaigns = ""
    for name in VARIANTS:
        nginx.file(f"{name}.html", f"<p>{name}</p>")
        campaigns += f"""personalize_campaign {name} {{ slot a; fragment {name}.html;
                         when experiment.colour = {name}; }}\n"""
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s; personalize_visitor cookie=vid;
      personalize_experiment colour {{ variants control green blue; sticky cookie;
                                       allocate bandit metric=purchase floor=5%; }}
      {campaigns}""", "location / { personalize on; }")
    nginx.start()
    wait_until(lambda: redis.data.hexists("pz:experiments", "colour"), "the declaration")
    for variant, converted in zip(VARIANTS, (100, 300, 50)):
        events.visitors(variant, 1000, converted)
    bandit(redis)
    assert weights(redis)["weights"]["blue"] == 0.05
    wait_until(lambda: "has new shares" in nginx.error_log(), "the new shares")
    shown = [re.findall(r"<p>(\w+)</p>", nginx.get("/", headers={"Cookie": f"vid=v{i}"}).text)[0]
             for i in range(300)]
    assert shown.count("green") > 0.6 * 300 and shown.count("blue") < 0.15 * 300


@pytest.mark.parametrize("words, message", [
    ((), "bandit needs --redis ADDRESS"),
    (("--redis", "127.0.0.1:1"), "no events"),
    (("--redis", "127.0.0.1:1", "--stream", "s", "--window", "soon"), 'invalid time "soon"'),
])
def test_mistakes(words, message):
    done = subprocess.run([PROGRAM, "bandit", *words], timeout=30, capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr


def test_damaged_declarations(redis):
    redis.data.hset("pz:experiments", "odd", "{")
    declare(redis, "small", variants=("only",))
    done = bandit(redis)
    assert 'experiment "odd" is not as NGINX writes it' in done.stderr
    assert 'experiment "small"' in done.stderr


def test_help_is_what_the_documentation_says():
    text = subprocess.run([PROGRAM, "bandit", "--help"], check=True, timeout=30, text=True,
                          capture_output=True).stdout
    documented = (ROOT / "docs" / "reference" / "report.md").read_text()
    section = documented[documented.index("## Bandit"):]
    assert set(re.findall(r"^  (--[\w-]+)", text, re.MULTILINE)) - {"--help"} == \
        set(re.findall(r"`(--[\w-]+)", section.split("\n## ")[0]))
