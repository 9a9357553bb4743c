"""What personalize_status tells, and what else the operator can see."""

import json
import re
import time

from harness import scene
from harness.upstream import reply
from harness.waiting import wait_until


def start(nginx, redis, workers=1):
    redis.set_json("profile:ada", scene.PROFILE)
    redis.data.set("profile:bad", "no JSON")
    scene.prepare(nginx)
    nginx.page("style.css", "p{}")
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE), scene.server() +
                    "location = /status { personalize_status; }", workers=workers)
    nginx.start()


def prometheus(nginx):
    """{(name, labels): value}"""
    response = nginx.get("/status")
    assert response.status == 200 and response.get("content-type").startswith("text/plain")
    samples = re.findall(r"^(personalize_\w+)(?:\{(.*?)\})? ([\d.e+]+)$", response.text, re.M)
    lines = [line for line in response.text.splitlines() if line and line[0] != "#"]
    assert len(samples) == len(lines), "every line is a sample"
    return {(name, labels): float(value) for name, labels, value in samples}


def test_counters(nginx, redis):
    start(nginx, redis, workers=2)
    assert all(value == 0 for (name, _), value in prometheus(nginx).items()
               if name == "personalize_pages_total")
    for cookie in ("vid=ada", "vid=ada", "vid=bad", "vid=nobody", ""):
        nginx.get("/", headers={"Cookie": cookie})
    nginx.get("/style.css")

    def all_counted():
        seen = prometheus(nginx)
        done = sum(value for (name, _), value in seen.items()
                   if name in ("personalize_pages_total", "personalize_passed_total"))
        return seen if done == 6 else None

    # A worker counts a request when it is over, which the client may learn earlier.
    seen = wait_until(all_counted, "all requests are counted")
    assert seen["personalize_pages_total", 'result="personalized"'] == 2
    assert seen["personalize_pages_total", 'result="default"'] == 3
    assert seen["personalize_passed_total", 'reason="type"'] == 1
    assert seen["personalize_slots_total", 'result="filled"'] == 2
    assert seen["personalize_lookups_total", 'outcome="fetched"'] == 1
    assert seen["personalize_lookups_total", 'outcome="hit"'] == 1
    assert seen["personalize_lookups_total", 'outcome="invalid"'] == 1
    # Beside these, each worker asks for pz:switches.
    assert seen["personalize_redis_commands_total", ""] >= 3
    # Kept over a reload.
    nginx.reload()
    assert prometheus(nginx)["personalize_pages_total", 'result="personalized"'] == 2


def servers(nginx):
    """{state: workers} of the one server, as any worker tells."""
    told = {}
    for (name, labels), value in prometheus(nginx).items():
        if name == "personalize_redis_server_workers":
            server, role, state = re.findall(r'="(.*?)"', labels)
            assert server.startswith("unix:") and role == "standalone"
            told[state] = value
    assert set(told) == {"idle", "connecting", "connected", "down"}
    return told


def test_a_server_as_all_workers_see_it(nginx, redis):
    """Whichever worker is scraped: the same gauges, also while workers come and go."""
    def all_are(state, workers=2):
        wait_until(lambda: all(servers(nginx)[state] == workers for _ in range(10)),
                   f"{workers} workers see it {state}, whoever tells", step=0.02)
        assert sum(servers(nginx).values()) == workers
        told = json.loads(nginx.get("/status?format=json").text)["redis_servers"]
        assert [one["workers"][state] for one in told] == [workers]

    start(nginx, redis, workers=2)
    all_are("connected")
    redis.kill()
    all_are("down")
    redis.start()
    all_are("connected")
    old = set(nginx.workers())
    nginx.reload()
    wait_until(lambda: not old & set(nginx.workers()), "the old workers end")
    all_are("connected")
    # Its place is its successor's.
    nginx.tolerate("exited on signal 9")
    nginx.kill_worker(nginx.workers()[0])
    all_are("connected")
    # Of two, one ends.
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace("worker_processes 2;", "worker_processes 1;"))
    old = set(nginx.workers())
    nginx.reload()
    wait_until(lambda: not old & set(nginx.workers()), "the old workers end")
    all_are("connected", 1)


def test_json(nginx, redis):
    start(nginx, redis)
    nginx.get("/", headers=scene.ADA)
    for options in ({"path": "/status?format=json"},
                    {"path": "/status", "headers": {"Accept": "application/json"}}):
        response = nginx.get(**options)
        assert response.get("content-type").startswith("application/json")
        assert response.get("cache-control") == "no-store"
        assert json.loads(response.text)["pages"]["personalized"] == 1


def test_the_log_tells_of_bad_data_and_is_not_flooded(nginx, redis):
    start(nginx, redis)
    for i in range(300):
        redis.data.set(f"profile:b{i}", "no JSON")
        nginx.get("/", headers={"Cookie": f"vid=b{i}"})
    lines = [line for line in nginx.error_log().splitlines() if "invalid JSON" in line]
    assert lines and "profile:b0" in lines[0]
    assert len(lines) < 50


def test_a_document_past_its_ttl_is_used_while_it_is_fetched_anew(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    scene.prepare(nginx)
    cache = "personalize_cache zone=p:1m ttl=1s stale=1h invalidation=off;"
    nginx.configure(scene.http(redis.socket, cache=cache), scene.server())
    nginx.start()
    assert "Hello Old" in nginx.get("/", headers=scene.ADA).text
    redis.set_json("profile:ada", {"name": "New"})
    time.sleep(1.2)
    assert "Hello Old" in nginx.get("/", headers=scene.ADA).text
    assert nginx.last_log(2)["sources"] == "profile=stale"
    wait_until(lambda: "Hello New" in nginx.get("/", headers=scene.ADA).text, "the new value")
    # Redis gone: the stale copy is better than none.
    redis.kill()
    time.sleep(1.2)
    for _ in range(3):
        assert "Hello New" in nginx.get("/", headers=scene.ADA).text


def test_nonce_of_the_page(nginx, redis, upstream):
    policy = "script-src 'nonce-r4nd0m' 'strict-dynamic'; style-src 'nonce-r4nd0m'"
    upstream.on("/", reply(scene.PAGE, headers={"Content-Security-Policy": policy}))
    upstream.on("/none", reply(scene.PAGE))
    scene.prepare(nginx)
    nginx.configure("personalize_campaign w { slot body-end; widget exit-popup; set title Wait; }",
                    scene.server(location=f"proxy_pass {upstream.url};"))
    nginx.start()
    body = nginx.get("/").text
    elements = re.findall(r"<(?:script|style)\b[^>]*>", body)
    assert elements and all('nonce="r4nd0m"' in element for element in elements)
    assert "nonce" not in nginx.get("/none").text


def test_limits(nginx, upstream):
    nginx.file("hello.html", "<b>new</b>")
    long_default = scene.PAGE.replace(scene.DEFAULT, "<p>" + "x" * 5000 + "</p>")
    long_tag = scene.PAGE.replace("<h1>", "<h1 title='" + "x" * 5000 + "'>")
    for path, page in (("/default", long_default), ("/tag", long_tag)):
        upstream.on(path, reply(pieces=[page[i:i + 1000].encode()
                                        for i in range(0, len(page), 1000)], pause=0.01))
    nginx.configure("personalize_campaign a { slot hello-bar; fragment hello.html; }", f"""
      personalize on; proxy_buffering off;
      location / {{ proxy_pass {upstream.url}; personalize_limits token=2k content=2k; }}
      location /wide/ {{ proxy_pass {upstream.url}/; }}
    """)
    nginx.start()
    assert nginx.get("/default").text == long_default
    assert "<b>new</b>" in nginx.get("/tag").text  # it stands behind the tag, which is passed over
    assert "<b>new</b>" in nginx.get("/wide/default").text
    assert "<b>new</b>" in nginx.get("/wide/tag").text


def test_limit_of_what_is_held(nginx, redis, upstream):
    """Beyond `held` the slot goes on without the document, long before the wait is over.

    (NGINX itself gives its output no more than proxy_busy_buffers_size at a time.)
    """
    page = scene.PAGE.replace("Welcome", "w" * 400000)
    upstream.on("/", reply(page))
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, timeout="20s"),
                    scene.server("15s", f"personalize_limits held=4k; proxy_pass {upstream.url};"))
    nginx.start()
    nginx.get("/", headers=scene.ADA)  # a connection to Redis exists
    redis.suspend()
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == page and response.done_at < 10
