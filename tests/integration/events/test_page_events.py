"""Exposures and page views as events: of what a person could have seen, and of no one else."""

import json
import re
import subprocess
import time

import pytest

from harness.events import BROWSER, PAGE, PREFETCH, SALT, EventShop, ids, kinds, pseudonym
from harness.nginx import ROOT
from harness.waiting import wait_until

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def shop(nginx, redis):
    return lambda events="stream=pz:events", **options: EventShop(nginx, redis, events,
                                                                  **options).start()


def of(events, kind):
    return [event for event in events if event["event"] == kind]


def test_an_exposure_and_a_view(shop):
    shop = shop(http="personalize_session;")
    before = time.time()
    shop.get("/shoes/?utm_source=mail")
    exposure, view = shop.settled()
    assert exposure["event"] == "exposure" and view["event"] == "view"
    assert exposure["experiment"] == "bars" and exposure["variant"] in ("a", "b")
    assert exposure["attributes"] == {"device.type": "desktop"}
    assert "attributes" not in view and "experiment" not in view
    for event in (exposure, view):
        assert event["visitor"] == pseudonym("ada")
        assert event["host"] == "localhost" and event["path"] == "/shoes/"
        assert event["origin"] == "edge"
        assert before * 1000 - 1000 <= event["time"] <= time.time() * 1000 + 1000
        assert re.fullmatch(r"[0-9a-f]{16}", event["session"])
        assert re.fullmatch(r"[0-9a-f]{16}-\d+", event["id"])
    assert exposure["session"] == view["session"] and exposure["id"] != view["id"]


def test_the_id_is_not_in_the_stream(shop):
    shop = shop()
    shop.get(visitor="secret-visitor-id")
    shop.settled()
    assert "secret-visitor-id" not in json.dumps(shop.events())
    assert SALT not in json.dumps(shop.events())


def test_an_exposure_once_in_the_window_and_every_view(shop):
    shop = shop(workers=2)
    for _ in range(20):
        for visitor in ("ada", "bob"):
            shop.get(visitor=visitor)
    events = shop.events(42)
    assert len(events) == 42 and len(ids(events)) == 42
    assert len(of(events, "view")) == 40
    assert {event["visitor"] for event in of(events, "exposure")} == {pseudonym("ada"), pseudonym("bob")}


def test_after_the_window_again(shop):
    shop = shop("stream=pz:events window=1s views=off")

    def exposures():
        shop.get()
        return shop.length()
    wait_until(lambda: exposures() >= 2, "a second exposure", step=0.1)


def test_without_views(shop):
    shop = shop("stream=pz:events views=off")
    for visitor in ("ada", "ada", "bob"):
        shop.get(visitor=visitor)
    assert kinds(shop.events(2)) == ["exposure", "exposure"]


def test_a_session(shop):
    shop = shop(http="personalize_session;")
    shop.get()
    shop.get("/two")
    shop.get(visitor="bob")
    sessions = {(event["visitor"], event["session"]) for event in shop.settled()}
    assert {visitor for visitor, _ in sessions} == {pseudonym("ada"), pseudonym("bob")}
    assert len({session for _, session in sessions}) == len(sessions) == 2


def test_a_session_ends(shop):
    shop = shop(http="personalize_session timeout=1s;")

    def is_another():
        shop.get()
        return len({event["session"] for event in shop.settled()}) > 1
    wait_until(is_another, "another session", step=1.1)


def test_without_sessions_there_is_none(shop):
    shop = shop()
    shop.get()
    assert all("session" not in event for event in shop.settled())


@pytest.mark.parametrize("headers", [
    {"User-Agent": GOOGLEBOT}, {"Sec-GPC": "1"}, PREFETCH, {"Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Dest": "empty"}, {"HX-Request": "true"}, {"Purpose": "prefetch"}])
def test_what_nobody_looks_at(shop, headers):
    shop = shop()
    shop.get(**headers)
    assert shop.settled() == []


def test_new_visitors_are_not_recognized_yet(shop):
    shop = shop()
    cookie = shop.get(visitor=None).cookie("vid")
    assert shop.settled() == []
    shop.get(visitor=cookie)
    assert kinds(shop.settled()) == ["exposure", "view"]


def test_other_answers(shop):
    shop = shop(server="""
        location /api/ { personalize on; default_type application/json; return 200 '{}'; }
        location /gone/ { personalize on; return 410; }
        location /moved/ { personalize on; return 302 /; }
        location /off/ { personalize off; try_files /index.html =404; }""")
    shop.get("/api/")
    shop.get("/gone/", status=410)
    shop.get("/moved/", status=302)
    shop.get("/off/")
    shop.nginx.get("/", method="HEAD", headers={"Cookie": "vid=ada"})
    shop.nginx.get("/", method="POST", body=b"a=b", headers={"Cookie": "vid=ada"})
    assert shop.settled() == []


def test_a_redirect_that_the_configuration_makes(shop):
    shop = shop(server="""
        location /split/ { personalize on; if ($personalize_variant_bars) { return 302 /new/; } }""")
    shop.get("/split/", status=302)
    events = shop.settled()
    assert kinds(events) == ["exposure"] and events[0]["path"] == "/split/"


def test_consent(shop):
    shop = shop(http="personalize_consent { when cookie.ok = 1; }")
    shop.get()
    assert len(shop.events(0)) == 0
    shop.nginx.get("/", headers={"User-Agent": BROWSER, "Cookie": "vid=ada; ok=1"})
    assert kinds(shop.events(2)) == ["exposure", "view"]


def test_previews(nginx, redis):
    shop = EventShop(nginx, redis, http="personalize_preview secret_file=preview.key;")
    nginx.file("preview.key", "0123456789abcdef0123456789abcdef\n").chmod(0o600)
    shop.start()
    site = "http://localhost"
    link = subprocess.run([ROOT / "scripts" / "preview-link", "--secret",
                           nginx.directory / "preview.key", "--site", site, "--to", "/", "--for", "1h",
                           "experiment.bars=b"], stdout=subprocess.PIPE, text=True, check=True).stdout
    cookie = nginx.get(link.strip().removeprefix(site)).get("set-cookie").split(";")[0]
    page = nginx.get("/", headers={"User-Agent": BROWSER, "Cookie": f"vid=ada; {cookie}"})
    assert "<p>Bar</p>" in page.text
    assert shop.settled() == []


def test_attributes(shop, geo_database):
    shop = shop("stream=pz:events attributes=geo.country,geo.latitude,profile.tier,profile.lines,"
                "cookie.note,visitor.new,request.arg.q views=off",
                http=f'personalize_geoip {geo_database};'
                     'personalize_source profile "key=profile:${visitor.id}";'
                     'personalize_before_upstream on;'
                     'personalize_segment gold { when profile.tier = gold; }'
                     'personalize_segment poor { when profile.tier = tin; }'
                     'personalize_segment browsing { when request.path = /x; }')
    shop.redis.set_json("profile:ada", {"tier": "gold", "lines": [1, 2]})
    shop.nginx.get('/x?q=a%22b', headers={
        "User-Agent": BROWSER, "X-Client": "203.0.113.9",
        "Cookie": 'vid=ada; note=caf\xe9'})
    [event] = shop.events(1)
    assert event["attributes"] == {
        "geo.country": "PL", "geo.latitude": 51.77, "profile.tier": "gold", "cookie.note": "caf\ufffd",
        "visitor.new": False, "request.arg.q": 'a"b', "segments": ["gold", "browsing"]}


def test_the_country_is_told_by_default(shop, geo_database):
    shop = shop(http=f"personalize_geoip {geo_database};")
    shop.get(**{"X-Client": "203.0.113.9"})
    exposure = of(shop.settled(), "exposure")[0]
    assert exposure["attributes"] == {"device.type": "desktop", "geo.country": "PL"}


def test_no_attributes(shop):
    shop = shop("stream=pz:events attributes=none")
    shop.get()
    assert all("attributes" not in event for event in shop.settled())


HOLDOUT = """
  personalize_campaign all { slot t; holdout 100%; when cookie.yes; fragment bar.html; }
  personalize_campaign none { slot u; holdout 0.0001% seed=x; fragment bar.html; }
  personalize_campaign plain { slot v; fragment bar.html; }
"""


def test_campaigns_with_a_holdout(nginx, redis):
    shop = EventShop(nginx, redis, "stream=pz:events views=off", http=HOLDOUT)
    nginx.page("index.html", "<body><!--pz:t--><!--/pz--><!--pz:u--><!--/pz--><!--pz:v--><!--/pz--></body>")
    shop.start()
    for _ in range(3):
        shop.nginx.get("/", headers={"User-Agent": BROWSER, "Cookie": "vid=ada; yes=1"})
    events = shop.events(2)
    assert [(event["campaign"], event["variant"]) for event in events] == [
        ("all", "holdout"), ("none", "shown")]
    assert all("experiment" not in event for event in events)


def test_who_would_not_have_seen_it_is_not_held_out(nginx, redis):
    shop = EventShop(nginx, redis, http=HOLDOUT)
    nginx.page("index.html", "<body><!--pz:t--><!--/pz--></body>")
    shop.start()
    shop.get()
    assert kinds(shop.settled()) == ["view"]


def test_how_visitors_are_drawn(nginx, redis):
    shop = EventShop(nginx, redis, site="""
      personalize_experiment bars { variants a=75 b=25; coverage 60%%; sticky cookie;
                                    allocate bandit metric=purchase; }
      personalize_experiment half { variants old=3 new=1; }
      personalize_campaign bar { slot s; holdout 20%%; fragment bar.html;
                                 any { when experiment.bars exists; unless experiment.bars exists; }
                                 any { when experiment.half exists; unless experiment.half exists; } }
      %s
      location / { personalize on; personalize_wait 2s; try_files /index.html =404; }""").start()

    def splits(visitors):
        for visitor in visitors:
            shop.get(visitor=visitor)
        return {(event.get("experiment", event.get("campaign")), event.get("version"),
                 event["split"]) for event in shop.settled() if event["event"] == "exposure"}

    bar, half = ("bar", None, "shown=0.8,holdout=0.2"), ("half", None, "old=0.75,new=0.25")
    configured = ("bars", None, "a=0.75,b=0.25")
    assert splits(f"v{i}" for i in range(20)) == {bar, half, configured}
    redis.data.hset("pz:weights", "bars",
                    json.dumps({"version": "4", "weights": {"a": 0.125, "b": 0.875}}))
    wait_until(lambda: "has new shares" in nginx.error_log(), "the new shares")
    assert splits(f"w{i}" for i in range(20)) == {bar, half, configured,
                                                  ("bars", "4", "a=0.125,b=0.875")}


def test_a_prefetched_page_when_it_is_looked_at(shop):
    shop = shop(http="personalize_session;" + HOLDOUT)
    shop.nginx.page("index.html", PAGE.replace("<!--pz:s-->", "<!--pz:u--><!--/pz--><!--pz:s-->"))
    text = shop.get("/shoes/", **PREFETCH).text
    assert shop.settled() == []
    ticket = re.search(r'data-pz-view="([\w-]+)"', text)[1]
    for _ in range(2):
        assert shop.beacon(f"v={ticket}").status == 204
    events = shop.settled()
    assert kinds(events) == ["exposure", "exposure", "view"]
    assert {event["path"] for event in events} == {"/shoes/"}
    assert events[0]["experiment"] == "bars" and events[0]["attributes"] == {"device.type": "desktop"}
    assert (events[1]["campaign"], events[1]["variant"]) == ("none", "shown")
    assert len({event["session"] for event in events}) == 1


def test_a_prefetched_page_where_views_alone_are_kept(nginx, redis):
    shop = EventShop(nginx, redis, visitor="", site="""%s
        location / { personalize on; try_files /index.html =404; }
        location /_pz/ { personalize_endpoint; }""").start(connected=False)
    text = shop.get("/a", **PREFETCH).text
    assert shop.beacon("v=" + re.search(r'data-pz-view="([\w-]+)"', text)[1]).status == 204
    assert kinds(shop.settled()) == ["view"]


def test_hostile_paths(shop):
    shop = shop()
    paths = ["/%ff%fe", "/%22%5C%0D%0A", "/" + "x" * 3000, "/%F0%9F%98%80", "/<script>"]
    for path in paths:
        shop.get(path)
    events = [event["path"] for event in shop.settled() if event["event"] == "view"]
    assert events == ["/\ufffd\ufffd", '/"\\\r\n', "/" + "x" * 255, "/\U0001F600", "/<script>"]


def test_pseudonyms_without_a_salt_file(nginx, redis):
    shop = EventShop(nginx, redis)
    config = nginx.config_file
    config.write_text(re.sub(r" salt_file=\S+;", ";", config.read_text()))
    shop.start()
    shop.get()
    nginx.reload()
    shop.get()
    events = shop.events(3)
    assert len({event["visitor"] for event in events}) == 1
    assert events[0]["visitor"] != pseudonym("ada")
    code, output = nginx.check()
    assert code == 0 and "lacks salt_file=" in output


@pytest.mark.parametrize("directive, message", [
    ("stream=pz:events colour=red", "unknown parameter"), ("window=1d", "lacks a place"),
    ("stream=a maxlen=0", "maxlen=0"), ("stream=a window=0", "is not a time from 1s"),
    ("stream=a views=yes", "views=on"), ("stream=a buffer=1", "at least 64k"),
    ("stream=a attributes=nonsense.x", "nonsense"), ("stream=a attributes=visitor.id", "do not name"),
    ("stream=a attributes=experiment.bars", "exposures tell"), ("file=access.log", "file of a log"),
    ("stream=a stream=b", "stream"), ("stream=a salt_file=missing", "missing")])
def test_refused(nginx, redis, directive, message):
    extra = "access_log {directory}/access.log combined buffer=4k;".format(directory=nginx.directory)
    if "access.log" in directive:
        directive = f"file={nginx.directory}/access.log"
    nginx.file("salt", SALT)
    nginx.configure(f"""{extra}
      personalize_redis unix:{redis.socket};
      personalize_visitor cookie=vid;
      personalize_experiment bars {{ variants a b; }}
      personalize_events {directive};""")
    code, output = nginx.check()
    assert code != 0 and "nginx.conf:" in output and message in output, output


def test_off(nginx, redis):
    shop = EventShop(nginx, redis)
    config = nginx.config_file
    config.write_text(re.sub(r"personalize_events [^;]*;", "personalize_events off;", config.read_text()))
    shop.start()
    shop.get()
    assert shop.status()["events_written"] == {"stream": 0, "file": 0} and shop.length() == 0


def test_stream_needs_redis(nginx):
    nginx.configure("personalize_visitor cookie=vid; personalize_events stream=a;")
    code, output = nginx.check()
    assert code != 0 and "needs personalize_redis" in output
