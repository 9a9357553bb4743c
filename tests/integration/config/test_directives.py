"""Each directive in each of its forms does what it says."""

import os
import re
import socket
import time

import pytest

from harness import client, scene
from harness.ports import ReservedPort
from harness.redis.server import RedisServer
from harness.upstream import reply
from harness.waiting import wait_until


def campaign(slot, fragment, conditions="", priority=""):
    return f"""personalize_campaign c{abs(hash((slot, fragment, conditions)))} {{
      slot {slot}; {conditions} {f"priority {priority};" if priority else ""}
      fragment {fragment}; }}\n"""


# personalize


def test_personalize_inherits_and_is_turned_off(nginx):
    scene.prepare(nginx, fragment="x")
    for name in ("a", "b", "c"):
        nginx.page(f"{name}/index.html", scene.PAGE)
    nginx.configure(campaign("hello-bar", "hello.html"), """personalize on;
      location /a/ { }
      location /b/ { personalize off; }
      location /b/on { personalize on; }""")
    nginx.start()
    assert scene.is_filled(nginx.get("/a/").text, "x")
    assert scene.is_default(nginx.get("/b/").text)


def test_personalize_inside_if(nginx):
    scene.prepare(nginx, fragment="x")
    nginx.configure(campaign("hello-bar", "hello.html"),
                    "location / { if ($arg_p) { personalize on; } }")
    nginx.start()
    assert scene.is_default(nginx.get("/index.html").text)
    assert scene.is_filled(nginx.get("/index.html?p=1").text, "x")


def test_off_is_the_default(nginx):
    scene.prepare(nginx, fragment="x")
    nginx.configure(campaign("hello-bar", "hello.html"))
    nginx.start()
    response = nginx.get("/")
    assert scene.is_default(response.text) and response.get("etag")


# personalize_redis


def test_redis_by_address_and_port(nginx, directory):
    port = ReservedPort()
    redis = RedisServer(directory / "redis", port=port.number)
    try:
        redis.set_json("profile:ada", scene.PROFILE)
        scene.prepare(nginx)
        for address in (f"127.0.0.1:{port.number}", f"localhost:{port.number}"):
            http = scene.http(redis.socket).replace(f"unix:{redis.socket}", address)
            nginx.configure(http, scene.server())
            if not nginx.running:
                nginx.start()
            else:
                nginx.reload()
            wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text), address)
        clients = redis.data.client_list()
        assert any(c["addr"].startswith("127.0.0.1:") for c in clients)
    finally:
        redis.stop()
        port.release()


@pytest.mark.parametrize("how", ["password", "password_file", "user"])
def test_redis_with_password(nginx, directory, how):
    redis = RedisServer(directory / "redis", password="se cret")
    try:
        redis.data.acl_setuser("web", enabled=True, passwords="+web-secret",
                               keys=["profile:*"], commands=["+@read", "+select", "+ping"])
        redis.set_json("profile:ada", scene.PROFILE)
        nginx.file("redis.password", "se cret\n").chmod(0o600)
        nginx.file("web.password", "web-secret\n").chmod(0o600)
        parameters = {"password": "'password=se cret'", "password_file":
                      f"password_file={nginx.directory}/redis.password",
                      "user": f"user=web password_file={nginx.directory}/web.password"}[how]
        scene.prepare(nginx)
        nginx.configure(scene.http(redis.socket, timeout=f"2s {parameters}"), scene.server())
        nginx.start()
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
        assert "secret" not in nginx.error_log() and "se cret" not in nginx.error_log()
    finally:
        redis.stop()


def test_redis_database(nginx, redis):
    redis.data.execute_command("SELECT", 3)
    redis.data.set("profile:ada", '{"name":"Ada"}')
    scene.prepare(nginx)
    for database, expected in ((3, True), (0, False)):
        nginx.configure(scene.http(redis.socket, timeout=f"2s db={database}"), scene.server())
        if nginx.running:
            nginx.reload()
        else:
            nginx.start()
        wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text) == expected,
                   f"database {database}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start workers as somebody else")
def test_worker_without_privileges(nginx, redis, geo_database):
    """What only root may read is read when NGINX starts."""
    scene.prepare(nginx)
    nginx.file("visitor.key", FIRST + "\n").chmod(0o600)
    geo_database.parent.chmod(0o700)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE,
                               visitor="cookie=vid issue=on secret_file=visitor.key",
                               extra=f"personalize_geoip {geo_database};"), scene.server(),
                    user="nobody nogroup", workers=2)
    nginx.start()
    signed = nginx.get("/").cookie("vid")
    redis.set_json("profile:" + nginx.last_log(1)["visitor"], scene.PROFILE)
    for _ in range(2):
        assert scene.is_filled(nginx.get("/", headers={"Cookie": f"vid={signed}"}).text)


def test_redis_that_does_not_accept(nginx, directory):
    """connect() hangs: the queue of the listening socket is full."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    fillers = []
    for _ in range(8):
        filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        filler.setblocking(False)
        filler.connect_ex(address)
        fillers.append(filler)
    scene.prepare(nginx)
    http = scene.http(address=f"127.0.0.1:{address[1]} connect_timeout=250ms", timeout="200ms")
    nginx.configure(http, scene.server("20s"))
    nginx.start()
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text) and response.done_at < 10
    for filler in fillers:
        filler.close()
    listener.close()


# personalize_source


def test_source_of_a_hash(nginx, redis):
    redis.data.hset("profile:ada", mapping={"name": "Ada", "orders": "12", "unused": "x" * 9000})
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, source="type=hash ttl=0",
                               conditions="when profile.orders > 9; when profile.none missing;"),
                    scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    # Only the fields that are named are fetched.
    assert redis.calls("hgetall") == 0 and redis.calls("hmget") == 1


def test_source_hash_missing(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, source="type=hash ttl=0"), scene.server())
    nginx.start()
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    assert "profile=missing" in nginx.last_log(1)["sources"]


def test_keys_are_binary_safe(nginx, redis):
    redis.data.set("x: a\r\nFLUSHALL\r\n", '{"name":"Ada"}')
    redis.set_json("guard", 1)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket).replace("key=profile:${visitor.id}",
                                                     "key=x:${request.arg.k}"), scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/?k=%20a%0d%0aFLUSHALL%0d%0a").text)
    assert redis.data.exists("guard")


def test_ttl_0_asks_every_time(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE, source="ttl=0"), scene.server())
    nginx.start()
    for i in range(1, 4):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
        assert redis.reads() == i
    assert {entry["sources"] for entry in nginx.log(3)} == {"profile=fetched"}


# personalize_visitor


def test_visitor_issue(nginx, redis):
    scene.prepare(nginx, fragment="<p>{{visitor.id}} {{visitor.new}}</p>")
    nginx.configure(scene.http(redis.socket, visitor="cookie=vid issue=on", conditions=" "),
                    scene.server())
    nginx.start()
    first = nginx.get("/")
    identifier = first.cookie("vid")
    assert re.fullmatch(r"[A-Za-z0-9_-]{16,64}", identifier)
    attributes = first.get("set-cookie").lower()
    assert "path=/" in attributes and "httponly" in attributes and "samesite=lax" in attributes
    assert "max-age=" in attributes and "secure" not in attributes
    again = nginx.get("/", headers={"Cookie": f"vid={identifier}"})
    assert again.cookie("vid") is None and f"<p>{identifier} false</p>" in again.text
    assert nginx.get("/").cookie("vid") != identifier
    assert nginx.log(2)[1]["visitor"] == identifier


def test_visitor_cookie_attributes(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, visitor="cookie=who issue=on domain=shop.example "
                                                     "max_age=30d samesite=strict"),
                    scene.server())
    nginx.start()
    cookie = nginx.get("/").get("set-cookie").lower()
    assert cookie.startswith("who=") and "domain=shop.example" in cookie
    assert "max-age=2592000" in cookie and "samesite=strict" in cookie


def test_scripts_can_read_the_visitors_cookie_where_asked(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, visitor="cookie=gbuuid issue=on httponly=off"),
                    scene.server())
    nginx.start()
    cookie = nginx.get("/").get("set-cookie")
    assert cookie.startswith("gbuuid=") and "HttpOnly" not in cookie


def test_an_encoded_id_is_decoded(nginx, redis):
    scene.prepare(nginx)
    redis.set_json("profile:ann@shop.example", scene.PROFILE)
    nginx.configure(scene.http(redis.socket), scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers={"Cookie": "vid=ann%40shop.example"}).text)


def test_all_cookies_of_a_visitor_are_of_one_domain(nginx, redis):
    """So that subdomains share variants, caps and dismissals as they share the id."""
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, visitor="cookie=vid issue=on domain=.shop.example",
                               extra="""
  personalize_experiment bars { variants a=50 b=50; sticky cookie; }
  personalize_campaign capped {
    slot hello-bar; priority 9; cap 9/session; widget hello-bar; set text Hi;
  }
"""), scene.server() + "location /_pz/ { personalize_endpoint; }")
    nginx.start()
    page = nginx.get("/")
    assert len(page.all("set-cookie")) == 2  # vid, pz_variants
    assert 'data-pz-domain=".shop.example"' in page.text
    report = nginx.get("/_pz/e", method="POST", body=b"n=0&t=29000000&impression=capped",
                       headers={"Sec-Fetch-Site": "same-origin"})
    for cookie in (*page.all("set-cookie"), *report.all("set-cookie")):
        assert "; Domain=.shop.example;" in cookie
    # One from before there was a domain would hide the shared one.
    state = report.cookie("pz")
    shadowed = nginx.get("/", headers={"Cookie": f"vid=ada; pz=1.1.1.1; pz={state}"})
    assert "pz=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" in shadowed.all("set-cookie")
    alone = nginx.get("/", headers={"Cookie": f"vid=ada; pz={state}"})
    assert not any(one.startswith("pz=;") for one in alone.all("set-cookie"))


@pytest.mark.parametrize("secure, is_secure", [("on", True), ("off", False)])
def test_cookies_are_secure_where_tls_ends_before_us(nginx, redis, secure, is_secure):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, visitor=f"cookie=vid issue=on secure={secure}"),
                    scene.server())
    nginx.start()
    assert ("; secure" in nginx.get("/").get("set-cookie").lower()) == is_secure


def test_visitor_is_not_issued_without_being_asked_or_to_bots(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket), scene.server())
    nginx.start()
    assert nginx.get("/").get("set-cookie") is None
    nginx.configure(scene.http(redis.socket, visitor="cookie=vid issue=on"), scene.server())
    nginx.reload()
    wait_until(lambda: nginx.get("/").cookie("vid"), "issue=on counts")
    bot = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; "
                         "+http://www.google.com/bot.html)"}
    assert nginx.get("/", headers=bot).get("set-cookie") is None
    nginx.page("style.css", "p{}")
    assert nginx.get("/style.css").get("set-cookie") is None


def test_bots(nginx):
    """An operator's own monitor is a bot, and a test in a headless browser is not."""
    scene.prepare(nginx)
    monitor = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/124.0 Safari/537.36 (ACME qa)"}
    headless = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/124.0 Safari/537.36"}

    def has_id(headers):
        return nginx.get("/", headers=headers).cookie("vid") is not None

    nginx.file("plain.html", "<p>x</p>")
    text = campaign("hello-bar", "plain.html") + "personalize_visitor cookie=vid issue=on;"
    location = "location / { personalize on; }"
    nginx.configure(text, location)
    nginx.start()
    assert has_id(monitor) and not has_id(headless)
    nginx.configure(f"{text} personalize_bots 'acme QA' except=HeadlessChrome;", location)
    nginx.reload()
    wait_until(lambda: has_id(headless), "the exception counts")
    wait_until(lambda: not has_id(monitor), "the addition counts")


FIRST = "first-secret-0123456789-0123456789"
SECOND = "second-secret-0123456789-0123456789"


def test_visitor_signed_and_keys_rotated(nginx, redis):
    scene.prepare(nginx)
    key = nginx.file("visitor.key", FIRST + "\n")
    key.chmod(0o600)
    visitor = "cookie=vid issue=on secret_file=visitor.key"
    nginx.configure(scene.http(redis.socket, visitor=visitor), scene.server())
    nginx.start()
    signed = nginx.get("/").cookie("vid")
    identifier = nginx.last_log(1)["visitor"]
    assert signed.startswith(identifier + ".")
    redis.set_json(f"profile:{identifier}", scene.PROFILE)

    def known(cookie):
        response = nginx.get("/", headers={"Cookie": f"vid={cookie}"})
        assert (response.cookie("vid") is None) == scene.is_filled(response.text)
        return scene.is_filled(response.text)

    assert known(signed)
    assert not known(identifier)
    # A new key in front: the old one still counts.
    key.write_text(f"{SECOND}\n{FIRST}\n")
    nginx.reload()
    time.sleep(0.5)
    assert known(signed)
    # The old key is withdrawn.
    key.write_text(SECOND + "\n")
    nginx.reload()
    wait_until(lambda: not known(signed), "the old key no longer counts")


def test_visitor_secret_that_others_can_read_is_warned_of(nginx, redis):
    nginx.file("visitor.key", FIRST + "\n").chmod(0o644)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, visitor="cookie=vid secret_file=visitor.key"),
                    scene.server())
    code, output = nginx.check()
    assert code == 0 and "[warn]" in output and "visitor.key" in output


# personalize_segment, personalize_campaign


def test_priority_then_order(nginx):
    scene.prepare(nginx)
    for name in "abcd":
        nginx.file(f"{name}.html", name)
    nginx.configure("""
      personalize_campaign a { slot hello-bar; fragment a.html; }
      personalize_campaign b { slot hello-bar; priority 5; fragment b.html; when cookie.b; }
      personalize_campaign c { slot hello-bar; priority 5; fragment c.html; when cookie.c; }
      personalize_campaign d { slot hello-bar; priority -1; fragment d.html; }
    """, scene.server())
    nginx.start()
    for cookie, winner in (("x=1", "a"), ("b=1", "b"), ("c=1", "c"), ("b=1; c=1", "b")):
        assert scene.is_filled(nginx.get("/", headers={"Cookie": cookie}).text, winner)
        assert nginx.log(1)[-1]["campaigns"] == winner or \
            wait_until(lambda: nginx.log(1)[-1]["campaigns"] == winner, winner)


def test_a_campaign_that_cannot_be_shown_leaves_its_turn_to_the_next(nginx, redis):
    redis.set_json("profile:ada", {"name": "Ada", "items": []})
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra="""
      personalize_campaign recs { slot hello-bar; priority 9; widget recommendations;
                                  set title Yours; set items profile.items; }"""),
                    scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_what_a_server_declares_is_seen_by_it_alone(nginx):
    scene.prepare(nginx, fragment="mine")
    nginx.file("shared.html", "shared")
    other = ReservedPort()
    nginx.configure("""
      personalize_campaign shared { slot hello-bar; fragment shared.html; }
      server { listen 127.0.0.1:%d; root %s/html; personalize on; }
    """ % (other.number, nginx.directory), """
      personalize_campaign mine { slot hello-bar; priority 1; fragment hello.html; }
      personalize on;
    """)
    nginx.start()
    assert scene.is_filled(nginx.get("/").text, "mine")

    assert scene.is_filled(client.get(other.number, "/").text, "shared")
    other.release()


def test_fragment_paths(nginx, directory):
    scene.prepare(nginx)
    nginx.file("fragments/inner.html", "relative")
    absolute = directory / "absolute.html"
    absolute.write_text("absolute")
    for path, text in (("fragments/inner.html", "relative"), (absolute, "absolute")):
        nginx.configure(campaign("hello-bar", path), scene.server())
        if nginx.running:
            nginx.reload()
        else:
            nginx.start()
        wait_until(lambda: scene.is_filled(nginx.get("/").text, text), text)


# personalize_slot inheritance, personalize_wait, personalize_types


def test_slots_of_locations(nginx):
    page = "<!doctype html><body><p id=a>1</p><p id=b>2</p>"
    for name in ("x", "y", "z"):
        nginx.page(f"{name}/index.html", page)
    nginx.file("c.html", "NEW")
    nginx.configure(campaign("bar", "c.html"), """personalize on;
      personalize_slot bar '#a';
      location /x/ { }
      location /y/ { personalize_slot bar '#b'; }
    """)
    nginx.start()
    assert nginx.get("/x/").text == page.replace("1", "NEW")
    assert nginx.get("/y/").text == page.replace("2", "NEW")


def test_wait_of_locations(nginx, redis):
    for name in ("x", "y"):
        nginx.page(f"{name}/index.html", scene.PAGE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, timeout="10s"), """personalize on;
      personalize_wait 2s;
      location /x/ { }
      location /y/ { personalize_wait 100ms; }
      location = /index.html { personalize_wait 0; }
    """)
    nginx.start()
    nginx.get("/x/", headers=scene.ADA)  # a connection to Redis exists
    redis.suspend()
    assert 1.95 < nginx.get("/x/", headers=scene.ADA).done_at < 9
    assert 0.09 < nginx.get("/y/", headers=scene.ADA).done_at < 1.9
    response = nginx.get("/index.html", headers=scene.ADA)
    assert scene.is_default(response.text) and response.done_at < 1.9


def test_types(nginx, upstream):
    scene.prepare(nginx, fragment="x")
    upstream.on("/", reply(scene.PAGE, type="application/xhtml+xml"))
    upstream.on("/html", reply(scene.PAGE))
    nginx.configure(campaign("hello-bar", "hello.html"),
                    f"location / {{ personalize on; personalize_types application/xhtml+xml; "
                    f"proxy_pass {upstream.url}; }}")
    nginx.start()
    assert scene.is_filled(nginx.get("/").text, "x")
    assert scene.is_filled(nginx.get("/html").text, "x"), "text/html always counts"


# Variables


def test_variables_in_the_log(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE, extra="""
      personalize_segment gold { when profile.tier = gold; }
      personalize_segment new { unless cookie.vid; }
      personalize_segment buyer { when profile.orders >= 5; }"""), scene.server())
    nginx.start()
    nginx.get("/", headers=scene.ADA)
    nginx.get("/", headers=scene.ADA)
    nginx.get("/")
    first, second, third = nginx.log(3)
    assert first["visitor"] == "ada" and first["sources"] == "profile=fetched"
    assert sorted(re.split("[, ]+", first["segments"])) == ["buyer", "gold"]
    assert first["campaigns"] == "greeting" and first["result"]
    assert float(first["wait_time"]) >= 0
    assert second["sources"] == "profile=hit"
    assert third["segments"] == "new" and third["campaigns"] == "" and third["visitor"] == ""
    assert third["result"] != first["result"]


def test_variables_of_requests_that_are_not_personal(nginx):
    nginx.page("off.html", "x")
    scene.prepare(nginx, fragment="x")
    nginx.configure(campaign("hello-bar", "hello.html"), "location / { personalize off; }")
    nginx.start()
    assert nginx.get("/off.html").status == 200
    assert nginx.get("/missing").status == 404
    for entry in nginx.log(2):
        assert entry["campaigns"] == "" and entry["sources"] == ""


def test_variables_in_headers_hold_what_the_request_alone_decides(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra="""
      personalize_segment seen { when cookie.vid; }
      personalize_segment gold { when profile.tier = gold; }"""),
                    scene.server(location="add_header X-Visitor $personalize_visitor; "
                                          "add_header X-Segments $personalize_segments;"))
    nginx.start()
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_filled(response.text)
    assert response.get("x-visitor") == "ada"
    assert response.get("x-segments") == "seen"


def test_variables_in_proxy_pass_and_rewrite(nginx, upstream):
    upstream.on("/ada/page", reply(scene.PAGE))
    scene.prepare(nginx, fragment="x")
    nginx.configure("personalize_visitor cookie=vid;\n" + campaign("hello-bar", "hello.html"),
                    "location / { personalize on; "
                    f"proxy_pass {upstream.url}/$personalize_visitor/page; }}")
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "x")


# personalize_endpoint


def test_endpoint_serves_what_widgets_need(nginx):
    scene.prepare(nginx)
    nginx.configure("personalize_campaign w { slot body-end; widget exit-popup; "
                    "set title Wait; set text now; }",
                    scene.server() + "location /_pz/ { personalize_endpoint; }")
    nginx.start()
    body = nginx.get("/").text
    addresses = re.findall(r'(?:src|href)="(/_pz/[^"]+)"', body)
    assert addresses, body
    for address in addresses:
        response = nginx.get(address)
        assert response.status == 200 and len(response.body) > 50
        assert response.get("content-type").split(";")[0] in ("text/javascript", "text/css",
                                                              "application/javascript")
    assert nginx.get("/_pz/none").status == 404
    assert nginx.get("/_pz/../nginx.conf").status in (400, 404)


# Without a campaign


@pytest.mark.parametrize("declared", ["personalize_segment gold { when cookie.tier = gold; }", ""])
def test_headers_alone(nginx, declared):
    """Segments and ids that only headers and the log show."""
    nginx.page("index.html", "<p>page</p>")
    nginx.configure(f"personalize_visitor cookie=vid issue=on; {declared}", """
    location / {
      personalize on;
      add_header X-Segments "[$personalize_segments]";
      add_header X-Visitor $personalize_visitor;
    }""")
    nginx.start()
    first = nginx.get("/", headers={"Cookie": "tier=gold"})
    assert first.text == "<p>page</p>"
    assert first.get("x-segments") == ("[gold]" if declared else "[]")
    assert first.cookie("vid") and first.cookie("vid") == first.get("x-visitor")
    assert "private" in first.get("cache-control")
    again = nginx.get("/", headers={"Cookie": f"vid={first.cookie('vid')}"})
    assert again.get("x-visitor") == first.cookie("vid") and again.cookie("vid") is None


def test_cookies_by_the_beginning_of_their_name(nginx):
    nginx.page("index.html", scene.PAGE)
    nginx.file("hello.html", "in")
    nginx.configure("""personalize_segment in { when cookie.wordpress_logged_in_*; }
      personalize_segment ada { when cookie.wordpress_logged_in_* ~ ^ada; }
      personalize_campaign c { slot hello-bar; when segment.in; fragment hello.html; }""",
                    "location / { personalize on; add_header X $personalize_segments; }")
    nginx.start()
    name = "wordpress_logged_in_5f4dcc3b5aa765d61d8327deb882cf99"
    for cookie, segments in ((f"a=1; {name}=ada%7C17", "in,ada"), (f"{name}=bob", "in"),
                             (f"x{name}=ada", None), ("wordpress_logged_in=ada", None), ("a=1", None)):
        response = nginx.get("/", headers={"Cookie": cookie})
        assert response.get("x") == segments, cookie
        assert scene.is_filled(response.text, "in") == (segments is not None)
