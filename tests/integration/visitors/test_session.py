"""personalize_session: what is kept of visitors' page views, and session.*."""

import json
import time

import pytest

from harness import scene
from harness.redis.cluster import RedisCluster
from harness.upstream import reply
from harness.waiting import wait_until

NAMES = ["views", "item_views", "visits", "started", "landing_path", "referer_host", "utm_source",
         "utm_medium", "utm_campaign", "top_category", "top_brand", "distinct_categories",
         "last_item", "cart_value", "cart_items", "days_since_last_visit", "first_visit"]
# One line an attribute.
FRAGMENT = "<pre>" + "".join(f"{name}={{{{session.{name}}}}}\n" for name in NAMES) + \
    "viewed={{#session.viewed}}{{.}};{{/session.viewed}}\n</pre>"
HTTP = """
  personalize_redis %(redis)s timeout=2s connect_timeout=5s;
  personalize_visitor %(visitor)s;
  personalize_session %(session)s;
  %(extra)s
  personalize_campaign all { slot hello-bar; fragment hello.html; }
"""
SERVER = """
  personalize on; personalize_wait 2s; %(server)s
  location / { try_files /index.html =404; }
  location /p/ {
    personalize_page type=product item_id=$arg_sku item_category=$arg_category
                     item_brand=$arg_brand;
    try_files /index.html =404;
  }
  location /c/ { personalize_page type=category item_category=$arg_category;
                 try_files /index.html =404; }
  location /cart/ { personalize_page type=cart value=$arg_value items=$arg_items;
                    try_files /index.html =404; }
  location /plain/ { personalize off; try_files /index.html =404; }
  location /status { personalize off; personalize_status; }
  location /explain { personalize_explain; allow 127.0.0.1; deny all; }
"""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


class Shop:
    """A shop with sessions. `page(path)` is one page view: what session.* said on it."""

    def __init__(self, nginx, redis, session="", visitor="cookie=vid issue=on", server="",
                 extra="", address=None, workers=1, fragment=FRAGMENT):
        scene.prepare(nginx, fragment=fragment)
        self.nginx = nginx
        self.redis = redis
        nginx.configure(HTTP % {"redis": address or f"unix:{redis.socket}", "session": session,
                                "visitor": visitor, "extra": extra},
                        SERVER % {"server": server}, workers=workers)
        nginx.start()

    def get(self, path="/", visitor="ada", **headers):
        sent = {"User-Agent": BROWSER}
        if visitor:
            sent["Cookie"] = f"vid={visitor}"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        response = self.nginx.get(path, headers=sent)
        assert response.status == 200 and response.complete
        return response

    def page(self, path="/", visitor="ada", **headers):
        return values(self.get(path, visitor, **headers))

    def view(self, path="/", visitor="ada", **headers):
        """A page view that has been written when this returns."""
        before = self.sent()
        seen = self.page(path, visitor, **headers)
        wait_until(lambda: self.sent() > before, "the page view is written")
        self.settle()
        return seen

    def status(self):
        return json.loads(self.nginx.get("/status?format=json").text)

    def writes(self):
        return self.status()["session_writes"]

    def sent(self):
        return self.writes()["sent"]

    def settle(self):
        """Waits until nothing is under way any more, in the worker that answers."""
        def is_calm():
            before = self.sent()
            status = self.status()
            return status["session_writes"]["sent"] == before and all(
                server["in_flight"] == 0 for server in status["redis_servers"])
        wait_until(is_calm, "all is written")


def values(response):
    text = response.text
    assert "<pre>" in text, text
    inner = text.split("<pre>")[1].split("</pre>")[0]
    pairs = dict(line.split("=", 1) for line in inner.splitlines() if "=" in line)
    return {name: value for name, value in pairs.items() if value}


def keys(redis):
    return sorted(key.decode() for key in redis.data.keys("pz:*"))


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis)


# Counting

def test_views_grow(shop, redis):
    assert shop.view()["views"] == "1"
    assert shop.view()["views"] == "2"
    assert shop.view("/other")["views"] == "3"
    assert redis.data.hget("pz:session:ada", "views") == b"3"
    assert keys(redis) == ["pz:session:ada", "pz:visits:ada"]
    assert 1700 < redis.data.ttl("pz:session:ada") <= 1800
    assert redis.data.ttl("pz:visits:ada") > 80 * 86400


def test_visitors_do_not_mix(shop):
    shop.view()
    shop.view()
    assert shop.view(visitor="bob")["views"] == "1"


def test_the_first_page_tells_of_itself(shop, redis):
    """Nothing is written before the cookie has come back."""
    before = int(time.time())
    seen = shop.page("/sale/shoes?utm_source=mail&utm_medium=news&utm_campaign=w+1", visitor=None,
                     Referer="https://search.example/q")
    assert seen["started"] >= str(before)
    assert seen.pop("first_visit") == seen.pop("started")
    assert seen == {"views": "1", "item_views": "0", "visits": "1", "landing_path": "/sale/shoes",
                    "referer_host": "search.example", "utm_source": "mail", "utm_medium": "news",
                    "utm_campaign": "w 1", "distinct_categories": "0"}
    shop.settle()
    assert keys(redis) == []
    assert shop.writes()["sent"] == 0


def test_how_the_session_began_stays(shop, redis):
    first = shop.view("/sale?utm_source=mail", Referer="https://search.example/q")
    second = shop.view("/other?utm_source=push&utm_medium=x", Referer="https://b.example/")
    assert {k: second.get(k) for k in ("landing_path", "referer_host", "utm_source", "utm_medium",
                                       "started", "visits")} == \
        {"landing_path": "/sale", "referer_host": "search.example", "utm_source": "mail",
         "utm_medium": None, "started": first["started"], "visits": "1"}


def test_a_session_began_where_the_cookie_was_given(shop):
    """The first page that is counted was reached from the one that gave the cookie."""
    came = "http://localhost:8080/sale%20now?utm_source=mail#x"
    for page in ("/a", "/b"):
        seen = shop.view(page, Referer=came)
        assert seen["landing_path"] == "/sale now"
        assert seen["utm_source"] == "mail"
        assert "referer_host" not in seen
        came = "https://elsewhere.example/"


def test_a_session_ends(nginx, redis):
    shop = Shop(nginx, redis, "timeout=3s")
    first = shop.view("/one?utm_source=mail")
    assert shop.view("/p/?sku=a&category=shoes")["visits"] == "1"
    wait_until(lambda: not redis.data.exists("pz:session:ada"), "the session ends")
    second = shop.view("/two")
    assert second["views"] == "1"
    assert second["item_views"] == "0"
    assert second["landing_path"] == "/two"
    assert "utm_source" not in second
    assert second["visits"] == "2"
    assert second["days_since_last_visit"] == "0"
    assert second["started"] > first["started"]
    # What outlasts it.
    assert second["viewed"] == "a;"
    assert second["top_category"] == "shoes"
    assert redis.data.hget("pz:visits:ada", "visits") == b"2"


def test_days_since_the_last_visit(shop, redis):
    first = shop.view()
    assert "days_since_last_visit" not in first
    assert abs(int(first["first_visit"]) - time.time()) < 60
    now = int(time.time())
    redis.data.delete("pz:session:ada")
    redis.data.hset("pz:visits:ada", mapping={"visits": 4, "last": now - 86400 * 9 - 60})
    for _ in range(2):
        seen = shop.view()
        assert seen["days_since_last_visit"] == "9"
        assert seen["visits"] == "5"
        assert seen["first_visit"] == first["first_visit"]


# Where PHP applications have their pages
INTERNAL = {
    "try_files": "location / { personalize off; try_files $uri /front.html?q=$uri; } "
                 "location = /front.html { }",
    "try_files to a named location": "location / { personalize off; try_files $uri @front; } "
                                     "location @front { rewrite ^ /front.html?q=$uri break; }",
    "rewrite": "rewrite ^/sale /front.html?q=$uri last; location = /front.html { }",
    "error_page": "location / { personalize off; error_page 404 =200 /front.html; } "
                  "location = /front.html { }",
    "index": "location / { personalize off; index front.html; } location = /sale/front.html { }",
}


@pytest.mark.parametrize("how", INTERNAL)
def test_the_path_is_the_pages_that_was_asked_for(nginx, redis, how):
    """Not that of the front controller, which alone is personal."""
    nginx.page("front.html", scene.PAGE)
    nginx.page("sale/front.html", scene.PAGE)
    shop = Shop(nginx, redis, fragment=FRAGMENT + "{{request.path}}|{{request.arg.utm_source}}|"
                                                  "{{request.arg.q}}|")
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace(
        "location / { try_files /index.html =404; }", INTERNAL[how]))
    nginx.reload()
    path = "/sale/" if how == "index" else "/sale//./a/../b%20%C3%BC"
    shown = "/sale/" if how == "index" else "/sale/b ü"

    def is_reloaded():
        return f"{shown}|mail||" in nginx.get(f"{path}?utm_source=mail").text
    wait_until(is_reloaded, "the new configuration")
    seen = shop.view(f"{path}?utm_source=mail")
    assert (seen["landing_path"], seen["utm_source"]) == (shown, "mail")
    assert redis.data.hget("pz:session:ada", "landing_path") == shown.encode()


# What was looked at

def test_items(shop, redis):
    seen = shop.view("/p/?sku=a&category=shoes&brand=Acme")
    assert seen["item_views"] == "1"
    assert not {"last_item", "viewed", "top_category", "top_brand"} & seen.keys()
    seen = shop.view("/p/?sku=b&category=shoes&brand=Bolt")
    assert seen["item_views"] == "2"
    assert seen["last_item"] == "a"
    assert seen["viewed"] == "a;"
    assert seen["distinct_categories"] == "1"
    shop.view("/p/?sku=c&category=hats&brand=Bolt")
    shop.view("/p/?sku=a&category=hats&brand=Bolt")
    seen = shop.view("/c/?category=hats")
    assert seen["views"] == "5"
    assert seen["item_views"] == "4"
    assert seen["last_item"] == "a"
    assert seen["viewed"] == "a;c;b;"
    assert seen["top_brand"] == "Bolt"
    assert seen["distinct_categories"] == "2"
    assert shop.view()["top_category"] == "hats"
    assert redis.data.lrange("pz:seen:ada", 0, -1) == [b"a", b"c", b"b"]


def test_the_history_is_bounded(nginx, redis):
    shop = Shop(nginx, redis, "history=3")
    for item in "abcdea":
        shop.view(f"/p/?sku={item}")
    assert shop.page()["viewed"] == "a;e;d;"
    assert redis.data.llen("pz:seen:ada") == 3
    assert redis.data.ttl("pz:seen:ada") > 80 * 86400


def test_affinities_are_bounded(shop, redis):
    for i in range(60):
        shop.page(f"/c/?category=c{i}")
    shop.settle()
    (key,) = [key for key in keys(redis) if key.startswith("pz:affinity:ada:category:")]
    assert redis.data.zcard(key) == 50
    assert shop.page()["distinct_categories"] == "50"


def test_affinities_fade(nginx, redis):
    """Three views, and after ten half-lives one."""
    shop = Shop(nginx, redis, "half_life=1s")
    for _ in range(3):
        shop.view("/c/?category=old")
    assert shop.page()["top_category"] == "old"
    since = time.time()
    wait_until(lambda: time.time() > since + 5, "time passes")
    shop.view("/c/?category=new")
    seen = shop.page()
    assert seen["top_category"] == "new"
    assert seen["distinct_categories"] == "1"


def test_affinities_reach_over_two_periods(nginx, redis):
    """Of the period before, what counts for more than what is in this one."""
    shop = Shop(nginx, redis)
    period = int(time.time()) // (32 * 7 * 86400)
    redis.data.zadd(f"pz:affinity:ada:category:{period - 1}", {"old": 2.0 ** 100, "hats": 1})
    redis.data.zadd(f"pz:affinity:ada:category:{period}", {"hats": 5, "shoes": 3})
    assert shop.page()["top_category"] == "old"
    redis.data.zrem(f"pz:affinity:ada:category:{period - 1}", "old")
    assert shop.page()["top_category"] == "hats"


def test_the_cart(shop):
    assert shop.view("/cart/?value=49.90&items=3")["cart_value"] == "49.90"
    seen = shop.view()
    assert (seen["cart_value"], seen["cart_items"]) == ("49.90", "3")
    assert shop.view("/cart/?value=0&items=0")["cart_items"] == "0"
    assert shop.view()["cart_items"] == "0"


def test_off_in_one_server(nginx, redis):
    shop = Shop(nginx, redis, server="personalize_session off;",
                extra="personalize_segment often { when session.views > 1; }")
    redis.data.hset("pz:session:ada", mapping={"views": 5, "started": 1})
    assert shop.page() == {}
    shop.settle()
    assert redis.data.hget("pz:session:ada", "views") == b"5"
    assert redis.calls("hmget") == 0


# Who is not recorded

@pytest.mark.parametrize("headers", [
    {"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"Sec_GPC": "1"},
    {"Sec_Purpose": "prefetch;prerender"},
    {"X_Sec_Purpose": "prefetch"},
    {"X_Purpose": "preview"},
    {"Purpose": "prefetch"},
    {"HX_Request": "true"},
    {"Turbo_Frame": "cart"},
    {"Sec_Fetch_Dest": "iframe"},
    {"Cookie": "other=1"},
    {"Cookie": "vid=a:b"},
])
def test_nothing_is_written(shop, redis, headers):
    response = shop.get("/p/?sku=a&category=shoes", **headers)
    shop.settle()
    assert keys(redis) == []
    assert shop.writes() == {"sent": 0, "refused": 0, "failed": 0, "over_budget": 0}
    if "User_Agent" in headers or "Sec_GPC" in headers:
        assert values(response) == {}


def test_nothing_is_written_for_other_responses(nginx, redis):
    shop = Shop(nginx, redis)
    shop.get("/plain/")
    nginx.page("a.txt", "text")
    nginx.get("/index.html", method="HEAD", headers={"Cookie": "vid=ada", "User-Agent": BROWSER})
    shop.settle()
    assert keys(redis) == []


def test_without_consent(nginx, redis):
    """Neither read nor written."""
    shop = Shop(nginx, redis, server="personalize_consent { when cookie.ok = yes; }")
    redis.data.hset("pz:session:ada", mapping={"views": 5, "started": 1})
    assert values(shop.get()) == {}
    shop.settle()
    assert redis.calls("hmget") == 0
    assert redis.data.hget("pz:session:ada", "views") == b"5"
    assert values(shop.get(Cookie="vid=ada; ok=yes"))["views"] == "6"


def test_signed_ids(nginx, redis):
    nginx.file("visitor.key", "k" * 64 + "\n").chmod(0o600)
    shop = Shop(nginx, redis, visitor="cookie=vid issue=on secret_file=visitor.key")
    given = shop.get(visitor=None).get("set-cookie").split(";")[0].split("=", 1)[1]
    shop.view(visitor=given)
    name = given.rsplit(".", 1)[0]
    assert keys(redis) == [f"pz:session:{name}", f"pz:visits:{name}"]
    shop.page(visitor="ada")
    shop.page(visitor=name + "." + "A" * 43)
    shop.settle()
    assert keys(redis) == [f"pz:session:{name}", f"pz:visits:{name}"]


# Redis and its data

@pytest.mark.parametrize("broken", [
    {"pz:session:ada": "text", "pz:visits:ada": "text", "pz:seen:ada": "text"},
])
def test_wrong_types(shop, redis, broken):
    period = int(time.time()) // (32 * 7 * 86400)
    broken = {**broken, f"pz:affinity:ada:category:{period}": "text",
              f"pz:affinity:ada:brand:{period}": "text"}
    for key, value in broken.items():
        redis.data.set(key, value)
    assert shop.view("/p/?sku=a&category=b&brand=c") == {}
    assert all(redis.data.get(key) == value.encode() for key, value in broken.items())
    assert shop.writes()["failed"] > 0
    assert "Redis refused a session command" in shop.nginx.error_log()


def test_garbage(shop, redis):
    now = int(time.time())
    period = now // (32 * 7 * 86400)
    redis.data.hset("pz:session:ada", mapping={
        "views": "-1", "item_views": "1e3", "started": "x" * 5000, "landing_path": b"\xff\x00{",
        "utm_source": '{"a": 1}', "last_item": "", "cart_value": "<b>"})
    redis.data.hset("pz:visits:ada", mapping={"visits": "9" * 40, "last": "now", "previous": "-4"})
    redis.data.lpush("pz:seen:ada", "[1,2]", b"\xff")
    redis.data.zadd(f"pz:affinity:ada:category:{period}",
                    {"a": "inf", "b": "-inf", "c": "1e308", "d": "-1", "": 3})
    seen = shop.view()
    assert {"views", "item_views", "started", "visits", "days_since_last_visit"} & seen.keys() \
        == set()
    assert seen["top_category"] == "c"
    assert seen["utm_source"] == "{&quot;a&quot;: 1}"
    assert "[1,2];" in seen["viewed"]
    assert seen["cart_value"] == "&lt;b&gt;"


def test_long_and_binary_values_are_cut(shop, redis):
    shop.view("/" + "a" * 2000 + "?utm_source=" + "b" * 500 + "&utm_medium=%00%ff&utm_campaign=" +
              "%C4%85" * 100)
    stored = redis.data.hgetall("pz:session:ada")
    assert stored[b"landing_path"] == b"/" + b"a" * 511
    assert stored[b"utm_source"] == b"b" * 128
    assert stored[b"utm_medium"] == b"\x00\xff"
    assert stored[b"utm_campaign"].decode() == "ą" * 64


def test_redis_dies_and_returns(shop, redis):
    shop.nginx.tolerate("redis server")
    shop.view()
    redis.kill()
    for _ in range(3):
        shop.get("/p/?sku=a")
    wait_until(lambda: shop.writes()["refused"] > 0, "refused writes are counted")
    redis.start()

    def is_back():
        return shop.page().get("views")

    wait_until(is_back, "sessions are kept again")
    shop.settle()
    assert int(redis.data.hget("pz:session:ada", "views")) >= 1


def test_redis_stops_to_answer(nginx, redis):
    """Page views end though their commands do not, and only so many commands wait."""
    shop = Shop(nginx, redis)
    nginx.tolerate("redis server")
    redis.suspend()
    try:
        for _ in range(5):
            assert "views" not in values(shop.get())
    finally:
        redis.resume()


def test_a_read_only_redis(shop, redis):
    redis.data.config_set("min-replicas-to-write", 1)
    assert shop.view()["views"] == "1"
    assert shop.view()["views"] == "1"
    assert shop.writes()["failed"] > 0
    assert keys(redis) == []
    redis.data.config_set("min-replicas-to-write", 0)
    shop.view()
    assert redis.data.hget("pz:session:ada", "views") == b"1"


def test_several_connections(nginx, redis):
    """What is written to a key stays in its order."""
    shop = Shop(nginx, redis, address=f"unix:{redis.socket} connections=4")
    for i in range(40):
        shop.page(f"/p/?sku=i{i % 4}&category=c")
    shop.settle()
    assert sorted(redis.data.lrange("pz:seen:ada", 0, -1)) == [b"i0", b"i1", b"i2", b"i3"]
    for key in keys(redis):
        assert redis.data.ttl(key) > 0, key


@pytest.mark.parametrize("answers", [
    {b"HSETNX": b":1\r\n", b"HGET": b"-ERR no\r\n"},
    {b"HSETNX": b":1\r\n", b"HGET": b"*2\r\n:1\r\n$-1\r\n"},
    {b"HSETNX": b":1\r\n", b"HGET": b"$200000\r\n" + b"9" * 200000 + b"\r\n"},
    {b"HSETNX": b":1\r\n", b"HGET": None},
    {b"HSETNX": b"$1\r\n1\r\n"},
    {b"HSETNX": b":99999\r\n"},
    {b"HSETNX": None},
    {b"HINCRBY": None},
])
def test_a_redis_that_answers_otherwise(nginx, rogue, answers):
    """None: it hangs up."""
    nginx.tolerate("redis server")

    def answer(session, command):
        reply = answers.get(command[0], b":0\r\n" if command[0].startswith(b"H") else b"+OK\r\n")
        session.close() if reply is None else session.send(reply)

    rogue.on_other = answer
    shop = Shop(nginx, None, address=f"unix:{rogue.socket}")
    for _ in range(5):
        shop.get("/p/?sku=a&category=b")
    worker = nginx.workers()
    wait_until(lambda: any(words[0] == b"HSETNX" for _, words in rogue.commands), "it is written")
    assert nginx.workers() == worker
    assert shop.get("/p/?sku=a").status == 200


def test_only_so_many_commands_wait(nginx, rogue):
    """Reads go on while a Redis takes its time with what is written."""
    rogue.on_read = lambda session, command: session.owe()
    shop = Shop(nginx, None, address=f"unix:{rogue.socket}",
                fragment="<pre>x=1\n</pre>")
    held = []
    rogue.on_other = lambda session, command: (
        session.send(b"+OK\r\n") if command[0] in (b"PING", b"AUTH") else held.append(command))
    for _ in range(200):
        shop.get("/p/?sku=a&category=b&brand=c")
    writes = shop.writes()
    assert writes["refused"] > 0
    # Those that were given up make room for others.
    assert writes["sent"] - writes["failed"] <= 520


# Variables

def test_variables_that_need_the_session(nginx, redis, upstream):
    upstream.on("/", reply(scene.PAGE))
    http = HTTP % {"redis": f"unix:{redis.socket}", "visitor": "cookie=vid", "session": "",
                   "extra": "personalize_segment often { when session.views > 1; }"}
    location = f"""
      personalize on; personalize_wait 2s; %s
      proxy_set_header X-Segments $personalize_segments; proxy_pass {upstream.url};
    """
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure(http, f"location / {{ {location % ''} }}")
    code, output = nginx.check()
    assert code == 0 and "personalize_before_upstream on" in output
    nginx.configure(http, f"location / {{ {location % 'personalize_before_upstream on;'} }}")
    code, output = nginx.check()
    assert code == 0 and "warn" not in output
    nginx.start()
    redis.data.hset("pz:session:ada", mapping={"views": 1, "started": 1})
    nginx.get("/", headers={"Cookie": "vid=ada"})
    assert upstream.requests[0].headers["x-segments"] == "often"


def test_variables_that_need_the_page_too(nginx, redis, upstream):
    http = HTTP % {"redis": f"unix:{redis.socket}", "visitor": "cookie=vid", "session": "",
                   "extra": "personalize_segment much { when session.cart_items > 1; }"}
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure(http, f"""location / {{
      personalize on; personalize_before_upstream on; personalize_page items=$arg_n;
      proxy_set_header X-Segments $personalize_segments; proxy_pass {upstream.url};
    }}""")
    code, output = nginx.check()
    assert code == 0 and "which depends on personalize_page" in output


def test_a_session_of_nobody(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(f"personalize_redis unix:{redis.socket}; personalize_session;", "")
    code, output = nginx.check()
    assert code == 0 and "without personalize_visitor nobody is recognized" in output


# Processes

def test_two_workers(nginx, redis):
    shop = Shop(nginx, redis, workers=2)
    for i in range(12):
        wait_until(lambda: i == 0 or redis.data.hget("pz:session:ada", "views") == b"%d" % i,
                   "the page view is written")
        assert shop.page()["views"] == str(i + 1)
    wait_until(lambda: redis.data.hget("pz:visits:ada", "visits") == b"1", "the visit is counted")


def test_reload(nginx, redis):
    shop = Shop(nginx, redis, workers=2)
    shop.view()
    nginx.reload()
    wait_until(lambda: len(nginx.workers()) == 2, "the old workers have gone")
    assert shop.view()["views"] == "2"


def test_a_cluster(nginx, directory):
    """Each key is written to the master that has it, also where replicas are read."""
    cluster = RedisCluster(directory / "cluster")
    try:
        shop = Shop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster read=replica")
        period = int(time.time()) // (32 * 7 * 86400)
        written = {f"pz:session:{name}" for name in "abcdef"} | {
            f"pz:{kind}:{name}" for kind in ("visits", "seen") for name in "abcdef"} | {
            f"pz:affinity:{name}:{what}:{period}" for what in ("category", "brand")
            for name in "abcdef"}

        def are_written():
            for name in "abcdef":
                shop.get("/p/?sku=i&category=c&brand=b", visitor=name)
            return all(cluster.master_of(key).data.exists(key) for key in written)

        wait_until(are_written, "all keys are written")
        assert all(cluster.master_of(key).data.ttl(key) > 0 for key in written)
        wait_until(lambda: shop.page(visitor="a").get("top_category") == "c", "replicas know")
        assert len({cluster.master_of(key).port for key in written}) == 3
    finally:
        nginx.stop()
        cluster.stop()


# What it is used for

def test_a_document_for_the_top_category(nginx, redis):
    """A key that is made of session.*, and one that is not there."""
    redis.set_json("bestsellers:shoes", {"title": "Best shoes"})
    shop = Shop(nginx, redis, fragment="<pre>title={{best.title | default \"none\"}}\n</pre>",
                extra="personalize_source best key=bestsellers:${session.top_category} ttl=0;")
    assert shop.view("/p/?sku=a&category=shoes") == {"title": "none"}
    assert shop.view() == {"title": "Best shoes"}


def test_conditions(nginx, redis):
    shop = Shop(nginx, redis, extra="""
      personalize_segment engaged { when session.views >= 3; }
      personalize_segment from_mail { when session.utm_source = mail; }
      personalize_segment now { when session.started within 1h; }
      personalize_segment seen_a { when session.viewed has a; }
      personalize_segment new_here { when session.visits = 1; }
    """)
    shop.view("/p/?sku=a&utm_source=mail")
    shop.view()
    shop.view()
    assert shop.nginx.log(3)
    segments = [line["segments"] for line in shop.nginx.log(3) if line["request"].startswith("GET / ")]
    assert segments[-1] == "engaged,from_mail,now,seen_a,new_here"


def test_explain(shop, redis):
    shop.view("/p/?sku=a&category=shoes")
    answer = json.loads(shop.nginx.get("/explain?visitor=ada&uri=/x").text)
    documents = {one["source"]: one for one in answer["documents"]}
    assert documents["session.current"]["state"] == "fetched"
    assert documents["session.current"]["key"] == "pz:session:ada"
    period = int(time.time()) // (32 * 7 * 86400)
    assert documents["session.categories"]["key"] == f"pz:affinity:ada:category:{period}"
    assert documents["session.older_categories"]["key"] == f"pz:affinity:ada:category:{period - 1}"


def test_only_what_is_needed_is_read(nginx, redis):
    shop = Shop(nginx, redis, fragment="<pre>views={{session.views}}\n</pre>")
    shop.view()
    before = redis.calls("hmget", "lrange", "zrevrange")
    shop.get()
    assert redis.calls("hmget", "lrange", "zrevrange") == before + 1
    shop.settle()
    assert [line["sources"] for line in shop.nginx.log(3) if line["request"].startswith("GET / ")] \
        == ["session.current=missing", "session.current=fetched"]
