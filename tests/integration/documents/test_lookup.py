"""Look-ups beside the upstream: when they start, what waits for them, and every way to end."""

import signal
import threading
import time

import pytest

from harness import scene
from harness.nginx import is_sanitized
from harness.redis.rogue import bulk
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until


def answer_after(seconds, value='{"name":"Ada"}'):
    def on_read(session, command):
        time.sleep(seconds)
        session.send(bulk(value))
    return on_read


def answer_in_turn(turns):
    def on_read(session, _):
        turns.take()
        session.send(bulk('{"name":"Ada"}'))
    return on_read


def seen_before(marker, turns, nginx):
    """The page, of which the marker comes before Redis answers."""
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        connection.read_body_until(marker)
        turns.give()
        return connection.response().text


def start(nginx, socket, wait="15s", timeout="15s", location="", more="", workers=1, **options):
    scene.prepare(nginx)
    nginx.configure(scene.http(socket, timeout=timeout, **options),
                    scene.server(wait, location) + more, workers=workers)
    return nginx.start()


def in_background(function):
    """Runs it in a thread; returns a function that waits for its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()

    def join():
        thread.join(30)
        assert result, "no answer"
        return result[0]

    return join


# Beside the upstream


def test_look_up_runs_beside_the_upstream(nginx, rogue, upstream):
    """Each answers once the other was asked."""
    for_redis, for_upstream = Turns(), Turns()

    def on_read(session, _):
        for_upstream.give()
        for_redis.take()
        session.send(bulk('{"name":"Ada"}'))

    def page(request, send):
        for_redis.give()
        for_upstream.take()
        reply(scene.PAGE)(request, send)

    rogue.on_read = on_read
    upstream.on("/", page)
    start(nginx, rogue.socket, wait="15s", timeout="15s", location=f"proxy_pass {upstream.url};")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_the_head_and_what_stands_before_the_slot_do_not_wait(nginx, rogue, upstream):
    turns = Turns()
    rogue.on_read = answer_in_turn(turns)
    upstream.on("/", reply(pieces=[scene.BEFORE.encode(),
                                   scene.PAGE[len(scene.BEFORE):].encode()], pause=0.1))
    start(nginx, rogue.socket, wait="15s", timeout="15s",
          location=f"proxy_pass {upstream.url}; proxy_buffering off;")
    assert scene.is_filled(seen_before(b"<h1>Shop", turns, nginx))


def test_a_page_whose_slot_comes_late_does_not_wait_at_all(nginx, rogue, upstream):
    turns = Turns()

    def on_read(session, _):
        session.send(bulk('{"name":"Ada"}'))
        turns.give()

    rogue.on_read = on_read
    upstream.on("/", reply(pieces=[scene.BEFORE.encode(),
                                   scene.PAGE[len(scene.BEFORE):].encode()], turns=turns))
    start(nginx, rogue.socket, location=f"proxy_pass {upstream.url}; proxy_buffering off;")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert float(nginx.last_log(1)["wait_time"]) < 0.05


def test_wait_time_is_what_the_slot_held(nginx, rogue):
    rogue.on_read = answer_after(0.3)
    start(nginx, rogue.socket)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert 0.25 < float(nginx.last_log(1)["wait_time"]) < 10


def test_a_slot_that_needs_no_document_is_not_held(nginx, rogue):
    turns = Turns()
    rogue.on_read = answer_in_turn(turns)
    scene.prepare(nginx, "<!doctype html><body><!--pz:open--><!--/pz--><p>text</p>"
                  + " " * 5000 + scene.OPENING + scene.CLOSING + "</body>")
    nginx.file("open.html", "<p>open</p>")
    nginx.configure(scene.http(rogue.socket, timeout="15s", extra="personalize_campaign open {"
                               " slot open; fragment open.html; }"), scene.server("15s"))
    nginx.start()
    assert "Hello Ada" in seen_before(b"<p>open</p>", turns, nginx)


def test_documents_of_one_request_take_one_round_trip(nginx, rogue):
    """Answers only once both commands are there: a second round trip would never come."""
    waiting = []

    def on_read(session, command):
        waiting.append(command[1])
        if len(waiting) == 2:
            for key in waiting:
                session.send(bulk('{"name":"%s"}' % key.decode().split(":")[0]))

    rogue.on_read = on_read
    start(nginx, rogue.socket, extra="""
      personalize_source cart key=cart:${visitor.id} ttl=0;
      personalize_campaign cart { slot hello-bar; priority 5; when cart.name = cart;
                                  when profile.name = profile; fragment hello.html; }""")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>Hello profile</p>")
    assert sorted(waiting) == [b"cart:ada", b"profile:ada"]


def test_key_that_depends_on_a_document_takes_a_second_round_trip(nginx, redis):
    redis.set_json("profile:ada", {"name": "Ada", "shop": "kr"})
    redis.set_json("shop:kr", {"name": "Kraków"})
    nginx.file("s.html", "<p>{{shop.name}} for {{profile.name}}</p>")
    start(nginx, redis.socket, extra="""
      personalize_source shop key=shop:${profile.shop} ttl=0;
      personalize_campaign shop { slot hello-bar; priority 5; when shop.name; fragment s.html; }
    """)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>Kraków for Ada</p>")


def test_nothing_is_asked_for_where_nothing_is_personal(nginx, rogue):
    nginx.page("off.html", scene.PAGE)
    start(nginx, rogue.socket, more="location = /off.html { }")
    assert scene.is_default(nginx.get("/off.html", headers=scene.ADA).text)
    assert rogue.reads() == []


# The cache


def test_the_cache_answers_the_next_request_in_every_worker(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=scene.CACHE, workers=2)
    for _ in range(20):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert redis.reads() == 1
    # Two workers write the log, each at its own time.
    sources = sorted(entry["sources"] for entry in nginx.log(20))
    assert sources == ["profile=fetched"] + ["profile=hit"] * 19


def test_a_missing_key_is_remembered_for_negative(nginx, redis):
    start(nginx, redis.socket,
          cache="personalize_cache zone=p:1m ttl=60s negative=1s invalidation=off;")
    asked = time.monotonic()
    for _ in range(5):
        assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    assert redis.reads() == 1 or time.monotonic() - asked > 1
    redis.set_json("profile:ada", scene.PROFILE)
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text),
               "the key is asked for again", step=0.1)


def test_ttl_is_over(nginx, redis):
    redis.set_json("profile:ada", {"name": "Old"})
    start(nginx, redis.socket,
          cache="personalize_cache zone=p:1m ttl=1s stale=0s invalidation=off;")
    asked = time.monotonic()
    assert "Hello Old" in nginx.get("/", headers=scene.ADA).text
    redis.set_json("profile:ada", {"name": "New"})
    assert "Hello Old" in nginx.get("/", headers=scene.ADA).text or time.monotonic() - asked > 1
    wait_until(lambda: "Hello New" in nginx.get("/", headers=scene.ADA).text, "the new value",
               step=0.1)


def test_what_comes_too_late_warms_the_cache(nginx, rogue):
    turns = Turns()
    rogue.on_read = answer_in_turn(turns)
    start(nginx, rogue.socket, wait="100ms", cache=scene.CACHE)
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    turns.give()
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text), "it is in the cache")
    assert len(rogue.reads()) == 1


def test_requests_at_once_for_one_key_ask_once(nginx, rogue):
    rogue.on_read = answer_after(0.5)
    start(nginx, rogue.socket, cache=scene.CACHE)
    answers = [in_background(lambda: nginx.get("/", headers=scene.ADA)) for _ in range(10)]
    assert all(scene.is_filled(answer().text) for answer in answers)
    assert len(rogue.reads()) == 1


def test_the_cache_survives_a_reload(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=scene.CACHE)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    old = nginx.workers()[0]
    nginx.reload()
    wait_until(lambda: old not in nginx.workers(), "the old worker ends")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert redis.reads() == 1


def test_more_keys_than_the_zone_holds(nginx, redis):
    for i in range(400):
        redis.set_json(f"profile:v{i}", {"name": f"name{i}", "filling": "x" * 8000})
    start(nginx, redis.socket, cache="personalize_cache zone=p:1m ttl=60s;")
    for i in [*range(400), *range(0, 400, 7)]:
        body = nginx.get("/", headers={"Cookie": f"vid=v{i}"}).text
        assert scene.is_filled(body, f"<p>Hello name{i}</p>")


# Ends


def test_client_gone_while_the_response_is_held(nginx, rogue):
    rogue.on_read = lambda session, command: None
    start(nginx, rogue.socket, wait="2s", timeout="1s")
    for leave in ("reset", "close"):
        connections = [nginx.connect() for _ in range(10)]
        for connection in connections:
            connection.request("/", headers=scene.ADA)
        time.sleep(0.2)
        for connection in connections:
            getattr(connection, leave)()
    # Those whose absence NGINX cannot see are over when the wait is.
    assert len(nginx.log(20)) == 20
    rogue.on_read = answer_after(0)
    # A connection on which answers are missing is of no use any more.
    for session in rogue.connections():
        session.shutdown()
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text), "the next request")


def test_client_gone_before_the_answer_arrives(nginx, rogue):
    rogue.on_read = answer_after(0.3)
    start(nginx, rogue.socket)
    for _ in range(10):
        connection = nginx.connect()
        connection.request("/", headers=scene.ADA)
        time.sleep(0.02)
        connection.reset()
    time.sleep(1)
    assert nginx.get("/", headers=scene.ADA).status == 200


def test_client_gone_while_the_upstream_works(nginx, rogue, upstream):
    rogue.on_read = answer_after(0.2)
    upstream.on("/", reply(scene.PAGE, delay=0.5))
    start(nginx, rogue.socket, location=f"proxy_pass {upstream.url};")
    for _ in range(10):
        connection = nginx.connect()
        connection.request("/", headers=scene.ADA)
        time.sleep(0.02)
        connection.reset()
    time.sleep(1)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_client_that_does_not_read(nginx, rogue):
    rogue.on_read = answer_after(0.1)
    start(nginx, rogue.socket)
    nginx.page("index.html", scene.PAGE + "x" * 5_000_000)
    connection = nginx.connect()
    connection.request("/", headers=scene.ADA)
    time.sleep(0.5)
    response = connection.response()
    assert response.complete and response.text.startswith(scene.BEFORE)
    assert "Hello Ada" in response.text and response.text.endswith("x" * 1000)


INTERNAL = {
    "index": ("/", ""),
    "rewrite": ("/old", "rewrite ^/old$ /index.html last;"),
    "try_files": ("/nowhere", "location /nowhere { personalize on; "
                              "try_files $uri $uri/ /index.html; }"),
    "try_files to a named location": (
        "/named", "location /named { personalize on; try_files $uri @app; } "
                  "location @app { personalize on; rewrite ^ /index.html break; }"),
    "error_page": ("/missing", "location /missing { personalize on; "
                               "error_page 404 =200 /index.html; }"),
    "error_page to a named location": (
        "/lost", "location /lost { personalize on; error_page 404 =200 @lost; } "
                 "location @lost { personalize on; rewrite ^ /index.html break; }"),
    "X-Accel-Redirect": ("/accel", "location /accel { personalize on; proxy_pass %(upstream)s; }"),
    "from a location without": ("/off", "location /off { rewrite ^ /index.html last; }"),
}


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_redirect(nginx, rogue, upstream, name):
    """The look-up is started once, and the location that sends the page decides."""
    path, server = INTERNAL[name]
    rogue.on_read = answer_after(0.1)
    upstream.on("/accel", reply("", headers={"X-Accel-Redirect": "/index.html"}))
    start(nginx, rogue.socket, more=server % {"upstream": upstream.url})
    response = nginx.get(path, headers=scene.ADA)
    assert response.status == 200 and scene.is_filled(response.text)
    assert response.get("cache-control") == "private, no-cache"
    assert len(rogue.reads()) == 1


def test_internal_redirect_to_a_location_without(nginx, rogue):
    rogue.on_read = answer_after(0.1)
    nginx.page("plain/index.html", scene.PAGE)
    start(nginx, rogue.socket, more="location = /from { personalize on; try_files /x /plain/; } "
                                    "location /plain/ { personalize off; }")
    response = nginx.get("/from", headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_error_page_of_a_failing_upstream(nginx, rogue, upstream, status):
    rogue.on_read = answer_after(0.2)
    upstream.on("/", reply("oops", status=f"{status} Oops", delay=0.05))
    nginx.page("error.html", scene.PAGE)
    start(nginx, rogue.socket, location=f"proxy_pass {upstream.url}; proxy_intercept_errors on; "
                                        f"error_page {status} /error.html;",
          more="location = /error.html { personalize on; }")
    response = nginx.get("/", headers=scene.ADA)
    # Only a page with status 200 is personal.
    assert response.status == status and scene.is_default(response.text)


def test_upstream_absent(nginx, rogue):
    rogue.on_read = answer_after(0.2)
    start(nginx, rogue.socket, location="proxy_pass http://unix:/nonexistent/socket:;")
    nginx.tolerate(r"\[crit\].*connect\(\) to unix:/nonexistent")
    for _ in range(5):
        assert nginx.get("/", headers=scene.ADA).status == 502


def test_upstream_cuts_the_page(nginx, rogue, upstream):
    rogue.on_read = answer_after(0.1)
    upstream.on("/", reply(scene.PAGE[:-20], headers={"Content-Length": str(len(scene.PAGE))}))
    start(nginx, rogue.socket, location=f"proxy_pass {upstream.url}; proxy_buffering off;")
    response = nginx.get("/", headers=scene.ADA)
    # What is cut must be seen to be cut.
    assert not response.complete


def test_return_skips_the_phase_and_is_personal_nevertheless(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    page = scene.PAGE.replace("\n", "").replace('"', "")
    start(nginx, redis.socket, more="location = /said { personalize on; "
                                    f"return 200 '{page}'; }}")
    response = nginx.get("/said", headers=scene.ADA)
    assert response.status == 200 and "Hello Ada" in response.text
    assert scene.DEFAULT not in response.text


def test_reload_with_look_ups_in_flight(nginx, rogue):
    rogue.on_read = answer_after(1.0)
    start(nginx, rogue.socket, workers=2)
    old = set(nginx.workers())
    answers = [in_background(lambda: nginx.get("/", headers=scene.ADA)) for _ in range(4)]
    time.sleep(0.3)
    nginx.reload()
    for answer in answers:
        response = answer()
        assert response.status == 200 and response.complete
        assert scene.is_filled(response.text)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    wait_until(lambda: not old & set(nginx.workers()), "the old workers end")


def test_an_idle_connection_to_redis_does_not_hold_up_a_reload(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    for _ in range(5):
        old = nginx.workers()
        nginx.reload()
        wait_until(lambda: not set(old) & set(nginx.workers()), "the old worker ends")
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM], ids=["QUIT", "TERM"])
def test_end_with_look_ups_in_flight(nginx, rogue, number):
    rogue.on_read = answer_after(1.0)
    start(nginx, rogue.socket)

    def ask():
        try:
            return nginx.get("/", headers=scene.ADA)
        except ConnectionError:
            return None

    answers = [in_background(lambda: [ask()]) for _ in range(4)]
    time.sleep(0.3)
    nginx.signal(number)
    responses = [answer()[0] for answer in answers]
    assert nginx.wait_ended() == 0
    if number == signal.SIGQUIT:
        assert all(r and scene.is_filled(r.text) for r in responses)


def test_end_while_redis_is_stopped(nginx, redis):
    start(nginx, redis.socket, wait="300ms", timeout="30s")
    # On a connection that stands: it is the answer that will not come.
    nginx.get("/", headers=scene.ADA)
    redis.suspend()
    assert scene.is_default(nginx.get("/", headers={"Cookie": "vid=bob"}).text)
    started = time.monotonic()
    nginx.signal(signal.SIGQUIT)
    assert nginx.wait_ended() == 0
    assert time.monotonic() - started < 15, "a look-up that nobody waits for held up the end"


def test_a_worker_killed_in_flight_leaves_the_cache_usable(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=scene.CACHE)
    nginx.tolerate("exited on signal 9")
    for _ in range(3):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
        worker = nginx.workers()[0]
        nginx.kill_worker(worker)


def test_reload_under_load(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, workers=2)
    over = time.monotonic() + 4
    failures = []

    def visit():
        while time.monotonic() < over:
            response = nginx.get("/", headers=scene.ADA)
            if response.status != 200 or not response.complete or \
                    not scene.is_filled(response.text):
                failures.append(response)

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < over - 0.5:
        nginx.signal(signal.SIGHUP)
        time.sleep(0.4)
    for thread in threads:
        thread.join()
    assert not failures, failures[:2]


def test_a_configuration_that_takes_long_to_read(nginx, redis):
    """A worker that starts is told the time at which that began; what it waits for lasts from now."""
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.file("comment.conf", ("#" + "x" * 99 + "\n") * 10000)
    log = nginx.directory / "error.log"

    def connects_in_time():
        if nginx.running:
            nginx.stop()
            log.unlink()
        start(nginx, f"{redis.socket} connect_timeout=400ms", workers=2,
              extra="include comment.conf;\n" * (100 if is_sanitized() else 200))
        for _ in range(5):
            assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
        return "redis server" not in nginx.error_log()

    # A busy machine may take too long once.
    assert any(connects_in_time() for _ in range(4))


def test_subrequests_of_a_held_page(nginx, rogue, upstream):
    """SSI puts the page together before we see it, also while a slot is waited for."""
    rogue.on_read = answer_after(0.3)
    upstream.on("/part", reply("<i>part</i>", delay=0.1))
    start(nginx, rogue.socket, location="ssi on;",
          more=f"location = /part {{ personalize on; proxy_pass {upstream.url}; }}")
    nginx.page("index.html", scene.PAGE.replace("<p>Welcome</p>", '<!--#include virtual="/part" -->')
               .replace("<h1>", '<!--#include virtual="/part" --><h1>'))
    body = nginx.get("/", headers=scene.ADA).text
    assert body.count("<i>part</i>") == 2
    assert scene.is_filled(body.replace("<i>part</i><h1>", "<h1>")
                           .replace("<i>part</i>", "<p>Welcome</p>"))
    assert len(rogue.reads()) == 1


def test_auth_request_and_limits_come_first(nginx, rogue):
    """For a request that access rules refuse, nobody is asked."""
    rogue.on_read = answer_after(0)
    start(nginx, rogue.socket, more="location = /secret { personalize on; deny all; }")
    assert nginx.get("/secret", headers=scene.ADA).status == 403
    assert rogue.reads() == []


@pytest.mark.parametrize("setting", ["aio threads; directio 1;", "aio threads; sendfile on;",
                                     "sendfile off;", "limit_rate 200k;", "tcp_nodelay off;",
                                     "output_buffers 1 512; sendfile off;", "gzip on;",
                                     "sub_filter Welcome Welcome; sub_filter_once off;",
                                     "keepalive_timeout 0;", "postpone_output 0;"])
def test_held_page_under_other_settings(nginx, rogue, setting):
    rogue.on_read = answer_after(0.2)
    start(nginx, rogue.socket, location=setting)
    for _ in range(2):
        response = nginx.get("/", headers=scene.ADA)
        assert response.status == 200 and response.complete and scene.is_filled(response.text)


def test_addition_before_and_after(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.page("first.html", "<!-- first -->")
    nginx.page("last.html", "<!-- last -->")
    start(nginx, redis.socket, location="add_before_body /first.html; add_after_body /last.html;")
    body = nginx.get("/", headers=scene.ADA).text
    assert body.startswith("<!-- first -->") and body.endswith("<!-- last -->")
    assert scene.is_filled(body[len("<!-- first -->"):-len("<!-- last -->")])
