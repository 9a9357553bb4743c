"""personalize_before_upstream: the request is held until variables can route it, and never longer
than personalize_wait; and where `nginx -t` warns that it is missing."""

import signal
import time

import pytest

from harness import scene
from harness.client import get_http2
from harness.redis.rogue import bulk
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until

SEGMENTS = """
  personalize_segment gold { when profile.tier = gold; }
  map $personalize_segments $backend { default plain; ~gold golden; }
"""


def answer_after(seconds, value='{"name":"Ada","tier":"gold"}'):
    def on_read(session, command):
        time.sleep(seconds)
        session.send(bulk(value))
    return on_read


def never(session, command):
    pass


def routed(upstream, more="", hold="on"):
    """A location that goes to /plain or, for gold, /golden."""
    return f"""
    location / {{
      personalize on;
      personalize_before_upstream {hold};
      rewrite ^ /$uri break;
      proxy_pass {upstream.url}/$backend;
      {more}
    }}
"""


@pytest.fixture
def shop(upstream):
    upstream.on("/plain", reply("<p>plain</p>"))
    upstream.on("/golden", reply("<p>golden</p>"))
    return upstream


def start(nginx, redis, upstream, wait="20s", timeout="20s", location="", http="", workers=1,
          http2=False, more="", hold="on", **options):
    scene.prepare(nginx)
    options.setdefault("extra", SEGMENTS + http)
    nginx.configure(scene.http(redis.socket, timeout=timeout, **options),
                    f"personalize_wait {wait};" + routed(upstream, location, hold) + more,
                    workers=workers, http2=http2)
    return nginx.start()


# Routing


def test_a_document_decides_which_upstream_is_asked(nginx, redis, shop):
    redis.set_json("profile:ada", scene.PROFILE)
    redis.set_json("profile:bob", {"name": "Bob", "tier": "silver"})
    start(nginx, redis, shop)
    assert nginx.get("/", headers=scene.ADA).text == "<p>golden</p>"
    assert nginx.get("/", headers={"Cookie": "vid=bob"}).text == "<p>plain</p>"
    assert nginx.get("/").text == "<p>plain</p>"
    assert [r.path for r in shop.requests] == ["/golden", "/plain", "/plain"]


def test_the_request_is_held_and_goes_on_as_soon_as_the_document_is_there(nginx, rogue, shop):
    rogue.on_read = answer_after(0.3)
    start(nginx, rogue, shop)
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    assert 0.25 < response.done_at < 10
    asked = next(at for at, words in rogue.commands if b"profile:ada" in words)
    assert shop.requests[0].at > asked + 0.25
    assert 0.25 < float(nginx.last_log(1)["wait_time"]) < 10


def test_what_is_in_the_cache_holds_nothing(nginx, redis, shop):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis, shop, cache=scene.CACHE)
    nginx.get("/", headers=scene.ADA)
    redis.suspend()
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    entry = nginx.last_log(2)
    assert entry["sources"] == "profile=hit" and entry["wait_time"] == "0.000"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
def test_every_method_is_routed_alike(nginx, redis, shop, method):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis, shop)
    with nginx.connect() as connection:
        connection.request("/", method=method, headers=scene.ADA,
                           body=b"a=b" if method != "HEAD" else b"")
        assert connection.response(method).status == 200
    assert [(r.method, r.path) for r in shop.requests] == [(method, "/golden")]


def test_a_body_that_comes_while_the_request_is_held_is_passed_on(nginx, rogue, shop):
    rogue.on_read = answer_after(0.4)
    start(nginx, rogue, shop)
    with nginx.connect() as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nCookie: vid=ada\r\n"
                        b"Content-Length: 6\r\n\r\nabc")
        time.sleep(0.1)
        connection.send(b"def")
        assert connection.response().text == "<p>golden</p>"
        # The connection is in order for what follows.
        connection.request("/", headers=scene.ADA)
        assert connection.response().text == "<p>golden</p>"


def test_a_document_keys_a_cache(nginx, redis, upstream):
    count = iter(range(100))
    upstream.on("/", lambda request, send: reply(f"<p>{next(count)}</p>")(request, send))
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(
        scene.http(redis.socket, extra=SEGMENTS + f"""
  proxy_cache_path {nginx.directory}/cache keys_zone=pages:1m;"""), f"""
    personalize_wait 5s;
    location / {{
      personalize on;
      personalize_before_upstream on;
      proxy_cache pages;
      proxy_cache_valid 1h;
      proxy_cache_key $uri:$personalize_segments;
      proxy_pass {upstream.url};
    }}
""", user="root")
    nginx.start()
    pages = [nginx.get("/", headers=headers).text for headers in
             (scene.ADA, {}, scene.ADA, {"Cookie": "vid=nobody"})]
    assert pages == ["<p>0</p>", "<p>1</p>", "<p>0</p>", "<p>1</p>"]


def test_campaigns_can_route(nginx, redis, upstream):
    upstream.on("/greeting", reply(scene.PAGE))
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket), f"""
    personalize_wait 5s;
    location / {{
      personalize on;
      personalize_before_upstream on;
      rewrite ^ /$uri break;
      proxy_pass {upstream.url}/$personalize_campaigns;
    }}
""")
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_it_works_where_there_is_no_campaign(nginx, redis, shop):
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.configure(f"""
  personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${{visitor.id}};
  {SEGMENTS}""", "personalize_wait 5s;" + routed(shop))
    nginx.start(connected=False)  # without a campaign nobody connects before there is a request
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    assert response.get("cache-control") == "private, no-cache"


def all_but_slow(session, command):
    if command[1] != b"slow":
        session.send(bulk('{"tier":"gold"}'))


SLOW = """
  personalize_source slow key=slow ttl=0;
  personalize_campaign late { slot other; when slow.x; fragment hello.html; }"""


def test_only_what_the_variables_need_is_waited_for(nginx, rogue, shop):
    rogue.on_read = all_but_slow
    start(nginx, rogue, shop, http=SLOW, conditions="when profile.tier = gold;",
          hold="$personalize_variants ${personalize_segments}")
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    assert response.done_at < 10
    assert rogue.reads()[0][1] in (b"profile:ada", b"slow")


@pytest.mark.parametrize("hold", ["on", "$personalize_campaigns"])
def test_campaigns_are_waited_for(nginx, rogue, shop, hold):
    rogue.on_read = all_but_slow
    start(nginx, rogue, shop, wait="300ms", http=SLOW, conditions="when profile.tier = gold;",
          hold=hold)
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>" and response.done_at > 0.29


def test_variables_are_inherited_and_overridden(nginx, rogue, shop):
    rogue.on_read = all_but_slow
    start(nginx, rogue, shop, http=SLOW + "personalize_before_upstream $personalize_segments;",
          conditions="when profile.tier = gold;", hold="off", more=f"""
    location /held {{ personalize on; proxy_pass {shop.url}; add_header X $personalize_segments; }}
""")
    shop.on("/held", reply("<p>held</p>"))
    response = nginx.get("/held", headers=scene.ADA)
    assert response.get("X") == "gold" and response.done_at < 10
    # Nothing is answered behind `slow`, and nothing is waited for.
    response = nginx.get("/", headers={"Cookie": "vid=bob"})
    assert response.text == "<p>plain</p>" and response.done_at < 10


# Bounds


def test_it_goes_on_without_the_document_when_the_wait_is_over(nginx, rogue, shop):
    rogue.on_read = never
    start(nginx, rogue, shop, wait="200ms")
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>plain</p>"
    assert 0.19 < response.done_at < 10
    entry = nginx.last_log(1)
    assert entry["sources"] == "profile=timeout"
    assert 0.2 <= float(entry["wait_time"]) < 10


def test_slots_have_what_is_left_of_the_wait(nginx, rogue, upstream):
    upstream.on("/plain", reply(scene.PAGE))
    rogue.on_read = never
    start(nginx, rogue, upstream, wait="1500ms")
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    # Were each given all of it, it would be twice as long.
    assert float(nginx.last_log(1)["wait_time"]) < 2.9


def test_wait_0_never_holds(nginx, rogue, shop):
    rogue.on_read = never
    start(nginx, rogue, shop, wait="0")
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>plain</p>" and response.done_at < 10


def test_redis_that_is_gone_holds_nothing(nginx, redis, shop):
    start(nginx, redis, shop)
    redis.kill()
    nginx.get("/", headers=scene.ADA)
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>plain</p>" and response.done_at < 10


def test_a_source_made_of_another_is_waited_for(nginx, rogue, shop):
    def on_read(session, command):
        time.sleep(0.1)
        session.send(bulk('{"group":"g1"}' if command[1] == b"profile:ada" else '{"tier":"gold"}'))

    rogue.on_read = on_read
    scene.prepare(nginx)
    start(nginx, rogue, shop, extra="""
  personalize_source group key=group:${profile.group} ttl=0;
  personalize_segment gold { when group.tier = gold; }
  map $personalize_segments $backend { default plain; ~gold golden; }""")
    response = nginx.get("/", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    assert [words[1] for words in rogue.reads()] == [b"profile:ada", b"group:g1"]


# Requests that end otherwise


def test_a_client_that_goes_away_ends_its_request(nginx, rogue, shop):
    rogue.on_read = never
    start(nginx, rogue, shop, wait="20s", timeout="20s")
    for number, leave in enumerate(("close", "reset"), 1):
        connection = nginx.connect()
        connection.request("/", headers={"Cookie": f"vid=visitor{number}"})
        wait_until(lambda: len(rogue.reads()) == number, "the look-up")
        getattr(connection, leave)()
    entries = nginx.log(2)
    assert [entry["status"] for entry in entries] == ["499", "499"]
    assert shop.requests == []
    rogue.on_read = answer_after(0)


def test_late_answers_for_clients_that_have_gone(nginx, rogue, shop):
    rogue.on_read = answer_after(0.3)
    start(nginx, rogue, shop)
    connection = nginx.connect()
    connection.request("/", headers=scene.ADA)
    wait_until(rogue.reads, "the look-up")
    connection.reset()
    assert nginx.log(1)[0]["status"] == "499"
    assert nginx.get("/", headers=scene.ADA).text == "<p>golden</p>"


def test_a_quit_lets_held_requests_end(nginx, rogue, shop):
    rogue.on_read = answer_after(0.5)
    start(nginx, rogue, shop)
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        wait_until(rogue.reads, "the look-up")
        nginx.signal(signal.SIGQUIT)
        assert connection.response().text == "<p>golden</p>"
    nginx.wait_ended()


def test_a_reload_lets_held_requests_end(nginx, rogue, shop):
    rogue.on_read = answer_after(0.5)
    start(nginx, rogue, shop)
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        wait_until(rogue.reads, "the look-up")
        nginx.reload()
        assert connection.response().text == "<p>golden</p>"
    assert nginx.get("/", headers=scene.ADA).text == "<p>golden</p>"


def test_requests_of_one_http2_connection_are_held_each_for_itself(nginx, rogue, shop):
    turns = Turns()

    def on_read(session, command):
        if command[1] == b"profile:ada":
            turns.take()
            session.send(bulk('{"tier":"gold"}'))
        else:
            session.send(bulk('{"tier":"silver"}'))

    def plain(request, send):
        turns.give()
        reply("<p>plain</p>")(request, send)

    rogue.on_read = on_read
    shop.on("/plain", plain)
    start(nginx, rogue, shop, http2=True)
    fast, slow = get_http2(nginx.port, [("/", {"Cookie": "vid=bob"}), ("/", scene.ADA)])
    assert fast.text == "<p>plain</p>" and slow.text == "<p>golden</p>"


def test_pipelined_requests(nginx, rogue, shop):
    rogue.on_read = answer_after(0.1)
    start(nginx, rogue, shop)
    with nginx.connect() as connection:
        for _ in range(3):
            connection.request("/", headers=scene.ADA)
        assert [connection.response().text for _ in range(3)] == ["<p>golden</p>"] * 3


# Other modules


def test_internal_redirects(nginx, rogue, shop):
    rogue.on_read = answer_after(0.2)
    start(nginx, rogue, shop, more="""
    location = /file { personalize on; personalize_before_upstream on; try_files /none /other; }
""")
    response = nginx.get("/file", headers=scene.ADA)
    assert response.text == "<p>golden</p>"
    assert len(rogue.reads()) == 1, "one look-up a request"


def test_error_pages(nginx, rogue, shop):
    rogue.on_read = answer_after(0.1)
    shop.on("/golden", reply("<p>broken</p>", "500 Internal Server Error"))
    start(nginx, rogue, shop, location="proxy_intercept_errors on; error_page 500 = @fallback;",
          more=f"""
    location @fallback {{
      personalize on;
      personalize_before_upstream on;
      rewrite ^ /plain break;
      proxy_pass {shop.url};
    }}
""")
    assert nginx.get("/", headers=scene.ADA).text == "<p>plain</p>"
    assert len(rogue.reads()) == 1


def test_subrequests_are_not_held(nginx, rogue, shop):
    rogue.on_read = answer_after(0.1)
    shop.on("/golden", reply('<p>golden</p><!--#include virtual="/part" -->'))
    start(nginx, rogue, shop, location="ssi on; auth_request /allowed; mirror /part;", more="""
    location = /allowed { internal; personalize on; personalize_before_upstream on; return 204; }
    location = /part { personalize on; personalize_before_upstream on; return 200 "<p>part</p>"; }
""")
    assert nginx.get("/", headers=scene.ADA).text == "<p>golden</p><p>part</p>"


def test_a_refused_request_looks_nothing_up(nginx, redis, shop):
    start(nginx, redis, shop, location="deny all;")
    assert nginx.get("/", headers=scene.ADA).status == 403
    assert redis.reads() == 0


# What nginx -t says

WARNED = {
    "proxy_pass": ("personalize on; rewrite ^ /$uri break;\n"
                   "proxy_pass http://127.0.0.1:9/$personalize_segments; # <-",
                   ["proxy_pass", "$personalize_segments", "personalize_before_upstream on"]),
    "a map of it": ("personalize on; rewrite ^ /$uri break;\n"
                    "proxy_pass http://127.0.0.1:9/$backend; # <-", ["through $backend"]),
    "a map of a map": ("personalize on;\nproxy_set_header X $far; # <-\n"
                       "proxy_pass http://127.0.0.1:9;", ["through $far"]),
    "a header": ("personalize on;\nadd_header X ${personalize_campaigns}; # <-",
                 ["add_header", "$personalize_campaigns"]),
    "too early in any case": ("personalize on; personalize_before_upstream on;\n"
                              "if ($personalize_segments ~ gold) { # <-\nset $a 1; }",
                              ["\"if\"", "even with personalize_before_upstream"]),
    "held for another": ("personalize on; personalize_before_upstream $personalize_variants;\n"
                         "proxy_set_header X $personalize_segments; # <-\n"
                         "proxy_pass http://127.0.0.1:9;", ["$personalize_segments"]),
    "if": ("personalize on;\nif ($personalize_segments) { # <-\nset $a 1; }", ["\"if\""]),
    "if, where nothing is personal": (
        "if ($personalize_segments ~ gold) { # <-\nset $a 1; }",
        ["\"if\"", "empty here", "personalize on", "personalize off"]),
    "a map of it, where nothing is personal": (
        "proxy_set_header X $backend; # <-\nproxy_pass http://127.0.0.1:9; }\n"
        "location /personal { personalize on;", ["through $backend", "empty here"]),
    "a rewrite that leads nowhere else": (
        "rewrite ^ /x break; add_header X $personalize_visitor; # <-\n}\n"
        "location /personal { personalize on;", ["empty here"]),
    "set": ("personalize on;\nset $a \"x$personalize_segments\"; # <-", ["\"set\""]),
}
FINE = {
    "held": "personalize on; personalize_before_upstream on; "
            "proxy_set_header X $personalize_segments; proxy_pass http://127.0.0.1:9;",
    "held for it": "personalize on; personalize_before_upstream $personalize_segments; "
                   "proxy_set_header X $personalize_segments; proxy_pass http://127.0.0.1:9;",
    "held for it by another name": "personalize on; "
                                   "personalize_before_upstream ${PERSONALIZE_Segments}; "
                                   "proxy_set_header X $backend; proxy_pass http://127.0.0.1:9;",
    "what needs no document": "personalize on; add_header X $personalize_visitor;",
    "not personal": "personalize off; add_header X $personalize_segments;",
    "not personal, and a location inside": "add_header X $personalize_visitor;"
                                           "location /a { personalize on; }",
    "not personal, and led there": "personalize on; try_files $uri /x.php; }"
                                   "location /x.php { add_header X $personalize_visitor;",
    "not personal, and led there by name": "personalize on; error_page 404 @x; }"
                                           "location @x { add_header X $personalize_visitor;",
    "for another location": "personalize on; } add_header X $personalize_visitor;"
                            "location /plain {",
    "the log where nothing is personal": "access_log /dev/null test if=$personalize_segments;",
    "the log": "personalize on; access_log /dev/null test if=$personalize_segments;",
    "in quotes of another kind": "personalize on; add_header X 'a; # {'; # $personalize_segments",
}
TEXT = """
  personalize_redis unix:/nonexistent/redis.sock;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_campaign greeting { slot hello-bar; when profile.name; fragment hello.html; }
"""


@pytest.mark.parametrize("name", WARNED)
def test_use_before_the_documents_is_warned_of(nginx, name):
    location, words = WARNED[name]
    scene.prepare(nginx)
    nginx.configure(TEXT + SEGMENTS + "map $backend $far { default 1; }",
                    "location / {\n" + location + "\n}")
    line = 1 + next(i for i, text in enumerate(nginx.config_file.read_text().splitlines())
                    if text.endswith("# <-"))
    code, output = nginx.check()
    assert code == 0
    warnings = [text for text in output.splitlines() if "[warn]" in text]
    assert len(warnings) == 1, output
    assert warnings[0].endswith(f"in {nginx.config_file}:{line}")
    for word in words:
        assert word in warnings[0]


@pytest.mark.parametrize("name", FINE)
def test_other_use_is_not_warned_of(nginx, name):
    scene.prepare(nginx)
    nginx.configure(TEXT + SEGMENTS, "location / {\n" + FINE[name] + "\n}")
    code, output = nginx.check()
    assert code == 0 and "[warn]" not in output, output


def test_use_in_an_included_file_is_warned_of_there(nginx):
    scene.prepare(nginx)
    included = nginx.file("parts/one.conf", "\nadd_header X $personalize_segments;\n")
    nginx.configure(TEXT + SEGMENTS, "location / { personalize on; include parts/*.conf; }")
    code, output = nginx.check()
    assert code == 0 and f"in {included}:2" in output


def test_each_server_is_judged_by_its_own_segments(nginx):
    scene.prepare(nginx)
    other = nginx.directory / "other.sock"
    nginx.configure(TEXT + f"""
  personalize_segment mobile {{ when device.type = mobile; }}
  server {{
    listen unix:{other};
    location / {{ personalize on; add_header X $personalize_segments; }}
  }}""", """
    personalize_segment gold { when profile.tier = gold; }
    location / { personalize on;
      add_header X $personalize_segments; # <-
    }""")
    line = 1 + next(i for i, text in enumerate(nginx.config_file.read_text().splitlines())
                    if text.endswith("# <-"))
    code, output = nginx.check()
    assert code == 0 and output.count("[warn]") == 1 and f":{line}\n" in output, output


def test_inherited_use_is_fine_where_a_location_holds(nginx):
    scene.prepare(nginx)
    nginx.configure(TEXT + SEGMENTS, """
    proxy_set_header X $personalize_segments;
    location / { personalize on; personalize_before_upstream on; proxy_pass http://127.0.0.1:9; }
""")
    code, output = nginx.check()
    assert code == 0 and "[warn]" not in output, output
