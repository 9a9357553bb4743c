"""pz:weights in Redis gives experiments with `allocate bandit` their shares, in every worker."""

import json
import re

from harness.redis import switching
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until

PAGE = "<!doctype html><html><body><!--pz:a-->A<!--/pz--></body></html>"
VARIANTS = ("control", "one", "two")
EXPERIMENT = """personalize_experiment colour {
        variants control=50 one=30 two=20; %s
        allocate bandit metric=purchase every=2h floor=5%%; }"""


def configure(nginx, address, experiment=EXPERIMENT % "sticky cookie;", extra="", workers=2):
    nginx.page("index.html", PAGE)
    campaigns = ""
    for name in VARIANTS:
        nginx.file(f"{name}.html", f"<p>{name}</p>")
        campaigns += f"""personalize_campaign {name} {{ slot a; fragment {name}.html;
                         when experiment.colour = {name}; }}\n"""
    nginx.configure(f"""
      personalize_redis {address} timeout=2s connect_timeout=5s;
      personalize_visitor cookie=vid;
      {experiment} {campaigns} {extra}
      add_header X-Worker $pid;
    """, """location / { personalize on; } location = /status { personalize_status; }
            location = /explain { personalize_explain; }""", workers=workers)


def start(nginx, redis, **options):
    configure(nginx, f"unix:{redis.socket}", **options)
    nginx.start()


def weigh(redis, version="1", **weights):
    redis.data.hset("pz:weights", "colour", json.dumps({"version": version, "weights": weights}))


def shown(nginx, visitor="ann", cookies=""):
    text = nginx.get("/", headers={"Cookie": f"vid={visitor}{cookies}"}).text
    found = re.findall(r"<p>(\w+)</p>", text)
    return found[0] if found else None


def obeyed(nginx, variant, change):
    """All workers show the variant to Ann within a second of the change."""
    switching.obeyed(nginx, change, lambda text: f"<p>{variant}</p>" in text,
                     lambda: nginx.get("/", headers={"Cookie": "vid=ann"}))


def shares(nginx, visitors=400):
    seen = [shown(nginx, f"visitor-{i}") for i in range(visitors)]
    return {name: seen.count(name) / visitors for name in VARIANTS}


def test_shares_are_obeyed_within_a_second(nginx, redis):
    start(nginx, redis)
    configured = shares(nginx)
    assert abs(configured["control"] - 0.5) < 0.1 and abs(configured["two"] - 0.2) < 0.1
    obeyed(nginx, "two", lambda: weigh(redis, control=0, one=0, two=1))
    obeyed(nginx, "one", lambda: weigh(redis, "2", control=0, one=1, two=0))
    obeyed(nginx, "control", lambda: weigh(redis, "3", control=1, one=0, two=0))
    weigh(redis, "4", control=0.05, one=0.15, two=0.8)
    every_worker_knows(nginx, "4")
    learned = shares(nginx)
    assert abs(learned["two"] - 0.8) < 0.1 and abs(learned["one"] - 0.15) < 0.1
    redis.data.delete("pz:weights")
    # In both workers.
    wait_until(lambda: shares(nginx) == configured, "the configured shares")


def every_worker_knows(nginx, version):
    def knows(text):
        return json.loads(text)["experiments"][0]["allocation"]["version"] == version
    switching.every_worker(nginx, knows, lambda: nginx.get("/explain?visitor=ann"))


def test_coverage_stays(nginx, redis):
    start(nginx, redis, experiment=EXPERIMENT % "coverage 50%; sticky cookie;")
    weigh(redis, control=0.05, one=0.05, two=0.9)
    every_worker_knows(nginx, "1")
    learned = shares(nginx)
    assert abs(sum(learned.values()) - 0.5) < 0.1 and abs(learned["two"] - 0.45) < 0.1


def test_sticky_visitors_stay(nginx, redis):
    start(nginx, redis, workers=1)
    response = nginx.get("/", headers={"Cookie": "vid=ann"})
    before = re.findall(r"<p>(\w+)</p>", response.text)[0]
    kept = next(value for name, value in response.headers
                if name == "set-cookie" and "pz_variants" in value).split(";")[0]
    other = next(name for name in VARIANTS if name != before)
    obeyed(nginx, other, lambda: weigh(redis, **{**dict.fromkeys(VARIANTS, 0), other: 1}))
    assert shown(nginx, "ann", f"; {kept}") == before


def test_kept_while_redis_is_away(nginx, redis):
    start(nginx, redis)
    obeyed(nginx, "two", lambda: weigh(redis, control=0, one=0, two=1))
    redis.kill()
    assert {shown(nginx) for _ in range(20)} == {"two"}
    # New workers never saw Redis.
    nginx.reload()
    assert {shown(nginx) for _ in range(20)} == {"two"}
    redis.start()
    obeyed(nginx, "one", lambda: weigh(redis, "2", control=0, one=1, two=0))


def test_what_is_no_weights_changes_nothing(nginx, redis):
    start(nginx, redis, workers=1)
    obeyed(nginx, "two", lambda: weigh(redis, control=0, one=0, two=1))
    texts = ["{", "[]", "null", '"x"', "{}",
             '{"version":"2","weights":{"control":1,"one":0}}',
             '{"version":"2","weights":{"control":1,"one":0,"three":0}}',
             '{"version":"2","weights":{"control":1,"one":0,"two":0,"three":0}}',
             '{"version":"2","weights":{"control":2,"one":-1,"two":0}}',
             '{"version":"2","weights":{"control":0.5,"one":0.2,"two":0.2}}',
             '{"version":"2","weights":{"control":1e999,"one":0,"two":0}}',
             '{"version":"2","weights":{"control":"1","one":0,"two":0}}',
             '{"weights":{"control":1,"one":0,"two":0}}',
             '{"version":"","weights":{"control":1,"one":0,"two":0}}',
             '{"version":"a b","weights":{"control":1,"one":0,"two":0}}',
             '{"version":"' + "x" * 33 + '","weights":{"control":1,"one":0,"two":0}}',
             b"\xff\x00", "x" * 5000]
    for i, text in enumerate(texts, 1):
        redis.data.hset("pz:weights", "colour", text)
        wait_until(lambda: nginx.error_log().count("keeps the shares that it has") == i,
                   f"a complaint about {text!r}")
        assert shown(nginx) == "two"
    redis.data.delete("pz:weights")
    redis.data.set("pz:weights", "text")
    wait_until(lambda: "pz:weights cannot be read" in nginx.error_log(), "a complaint")
    assert shown(nginx) == "two"


def test_declarations_are_told(nginx, redis):
    start(nginx, redis)

    def declared():
        text = redis.data.hget("pz:experiments", "colour")
        return json.loads(text) if text else None

    wait_until(declared, "the declaration")
    assert declared() == {
        "metric": "purchase", "every": 7200, "floor": 0.05,
        "variants": [{"name": "control", "share": 0.5}, {"name": "one", "share": 0.3},
                     {"name": "two", "share": 0.2}]}
    configure(nginx, f"unix:{redis.socket}",
              experiment=(EXPERIMENT % "sticky cookie;").replace("every=2h floor=5%", ""))
    nginx.reload()
    wait_until(lambda: (declared()["every"], declared()["floor"]) == (3600, 0.01),
               "the new declaration")


def test_one_name_in_two_servers(nginx, redis):
    nginx.page("index.html", PAGE)
    declared = EXPERIMENT % "sticky cookie;"
    for name in VARIANTS:
        nginx.file(f"{name}.html", f"<p>{name}</p>")
        declared += f"""personalize_campaign {name} {{ slot a; fragment {name}.html;
                        when experiment.colour = {name}; }}\n"""
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s; personalize_visitor cookie=vid;
      server {{ listen unix:{nginx.directory}/b.sock; {declared}
                location / {{ personalize on; root {nginx.directory}/html; }} }}""",
                    f"{declared} location / {{ personalize on; }}")
    nginx.start()
    weigh(redis, control=0, one=0, two=1)
    wait_until(lambda: shown(nginx) == "two", "the shares")


def test_a_cluster(nginx, directory):
    cluster = RedisCluster(directory / "cluster")
    try:
        cluster.wait_whole()
        configure(nginx, f"mode=cluster 127.0.0.1:{cluster.nodes[0].port}")
        nginx.start()
        text = json.dumps({"version": "1", "weights": {"control": 0, "one": 0, "two": 1}})
        owner = cluster.master_of("pz:weights")
        owner.data.execute_command("HSET", "pz:weights", "colour", text)
        wait_until(lambda: shown(nginx) == "two", "the shares")
        teller = cluster.master_of("pz:experiments")
        wait_until(lambda: teller.data.execute_command("HEXISTS", "pz:experiments", "colour"),
                   "the declaration")
    finally:
        cluster.stop()


def test_mistakes(nginx, redis):
    def said(experiment):
        configure(nginx, f"unix:{redis.socket}", experiment=experiment)
        return nginx.check()[1]

    def experiment(line):
        return f"personalize_experiment colour {{ variants control one two; {line} }}"

    assert "add \"sticky cookie;\"" in said(experiment("allocate bandit metric=purchase;"))
    for line, message in (
            ("allocate thompson metric=x;", "write for example"),
            ("allocate bandit every=1h;", "lacks the conversions that count"),
            ("allocate bandit metric=;", "not \"metric=\""),
            ("allocate bandit metric=x every=5s;", "not \"every=5s\""),
            ("allocate bandit metric=x floor=2;", "not \"floor=2\""),
            ("allocate bandit metric=x floor=40%;", "more than all visitors to 3 variants"),
            ("allocate bandit metric=x; allocate bandit metric=y;", "is duplicate"),
            ("ranges control=0-0.5 one=0.5-0.7 two=0.7-1; allocate bandit metric=x;",
             "take \"ranges\" out")):
        assert message in said(experiment(line)), line
