"""Slots by request: ENDPOINT/slots, for client-side navigation, apps and other servers."""

import hashlib
import hmac
import json
import re
import subprocess
import time
from urllib.parse import urlencode

import pytest

from harness.nginx import ROOT
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
FETCH = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors",
         "Sec-Fetch-Dest": "empty"}
KEY = "0123456789abcdef0123456789abcdef"
HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on %s;
  personalize_session;
  personalize_source profile "key=profile:${visitor.id}" ttl=0;
  limit_req_zone $binary_remote_addr zone=asked:1m rate=1r/m;
  map $request_uri $of_map { ~^/p/ product; default ''; }
"""
SERVER = """
  personalize_experiment bars { variants plain=0 loud=100; }
  personalize_campaign bar { slot bar; when experiment.bars = loud; widget hello-bar;
                             set text "Item {{page.item_id}} for {{profile.name}}";
                             set link "{{profile.link}}"; set link_text "See"; }
  personalize_campaign recs { slot recs; when page.type = product; content "<p>{{title}}</p>";
                              set title "Like {{page.item_id}}"; }
  personalize_campaign never { slot never; when profile.name = nobody; content "<p>never</p>"; }
  personalize on;
  personalize_wait 2s;
  location / { try_files /index.html =404; }
  location ~ ^/p/(?<item>[0-9]+)$ { personalize_page type=$of_map item_id=$item; proxy_pass http://127.0.0.1:9; }
  location /app/ { try_files /nothing @app; }
  location @app { personalize_page item_id=app type=product; proxy_pass http://127.0.0.1:9; }
  location /members/ { deny all; }
  location /hidden/ { internal; }
  location /moved/ { return 301 /p/7; }
  location /said/ { return 200 "<p>page</p>"; }
  location /thanks/ { personalize_convert purchase; }
  location /plain/ { personalize off; }
  location /_pz/ { personalize_endpoint; %s }
  location = /status { personalize_status; }
"""


class Shop:
    def __init__(self, nginx, redis, visitor="", endpoint="", http="", server=""):
        self.nginx, self.redis = nginx, redis
        nginx.page("index.html", "<!doctype html><body><div data-pz-slot=bar></div></body>")
        nginx.file("ids.key", KEY)
        redis.set_json("profile:ada", {"name": "Ada", "link": "/sale"})
        nginx.configure(HTTP % (redis.socket, visitor) + http, SERVER % endpoint + server)
        nginx.start()

    def ask(self, path="/p/42", *slots, visitor="ada", method="GET", status=200, headers=None,
            **arguments):
        query = urlencode([("path", path), *(("slot", slot) for slot in slots),
                           *arguments.items()])
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        response = self.nginx.get(f"/_pz/slots?{query}", method=method,
                                  headers={**FETCH, **cookie, **(headers or {})})
        assert response.status == status, response.text
        return response

    def told(self, *arguments, **named):
        return json.loads(self.ask(*arguments, **named).text)

    def status(self):
        return json.loads(self.nginx.get("/status?format=json").text)

    def exposures(self):
        return sum(self.status()["exposures"].get("bars", {}).values())

    def views(self, visitor="ada"):
        return int(self.redis.data.hget(f"pz:session:{visitor}", "views") or 0)


@pytest.fixture
def shop(nginx, redis):
    return lambda **options: Shop(nginx, redis, **options)


def test_slots_of_a_page(shop):
    shop = shop()
    response = shop.ask("/p/42", "bar", "recs", "never", "unknown")
    assert response.get("content-type").startswith("application/json")
    assert "no-store" in response.get("cache-control") and "private" in response.get("cache-control")
    told = json.loads(response.text)
    assert set(told) == {"slots", "variants", "state"}
    assert set(told["slots"]) == {"bar", "recs"}
    assert told["slots"]["bar"]["campaign"] == "bar"
    assert "Item 42 for Ada" in told["slots"]["bar"]["html"]
    assert told["slots"]["recs"] == {"campaign": "recs", "html": "<p>Like 42</p>"}
    assert told["variants"] == {"bars": "loud"}


def test_all_slots(shop):
    shop = shop()
    assert set(shop.told("/p/42")["slots"]) == {"bar", "recs"}


def test_the_location_of_the_path_says_what_it_is(shop):
    shop = shop()
    assert "Item 7 for Ada" in shop.told("/p/7?color=red#top", "bar")["slots"]["bar"]["html"]
    assert set(shop.told("/", "bar", "recs")["slots"]) == {"bar"}
    assert shop.told("/plain/", "bar")["slots"] == {}
    # try_files leads to the location that would ask the application.
    assert shop.told("/app/x", "recs")["slots"]["recs"]["html"] == "<p>Like app</p>"


def test_who_may_not_see_the_page_is_not_told_of_it(shop):
    shop = shop()
    assert shop.ask("/members/", "bar", status=403).text.find("Ada") < 0
    assert shop.ask("/hidden/x", "bar", status=404).text.find("Ada") < 0
    assert shop.ask("/moved/", "bar", status=301).get("location").endswith("/p/7")
    assert "page" not in shop.ask("/said/", "bar", status=404).text


def test_data(shop):
    shop = shop()
    told = shop.told("/p/42", "bar", "recs", format="data")
    assert told["slots"]["bar"] == {"campaign": "bar", "widget": "hello-bar", "fields": {
        "text": ["Item 42 for Ada"], "link": "/sale", "link_text": "See"}}
    assert told["slots"]["recs"] == {"campaign": "recs", "fields": {"title": "Like 42"},
                                     "html": "<p>Like 42</p>"}
    # What a profile says runs nowhere.
    shop.redis.set_json("profile:ada", {"name": "<Ada>&", "link": "javascript:alert(1)"})
    response = shop.ask("/p/42", "bar", format="data")
    assert "javascript" not in response.text and "<Ada>" not in response.text
    assert "<Ada>&" in json.dumps(json.loads(response.text))


@pytest.mark.parametrize("path", ["", "p/42", "http://other.example/p/42", "/p/%", "/a b", "/a\r\nX: y",
                                  "/%00", "/../../etc/passwd", "/p/\x7f", "/" + "x" * 5000])
def test_paths_that_are_none(shop, path):
    shop = shop()
    response = shop.ask(path, "bar", status=400)
    assert "error" in json.loads(response.text)


@pytest.mark.parametrize("path", ["//evil.example/p/42", "/p/../p/42", "/./p/42", "/p/42?x=%0d%0aX:y",
                                  "/_pz/slots?path=/p/42", "/status", "/_pz/e",
                                  "/<script>alert(1)</script>", "/\u0142\u00f3d\u017a"])
def test_paths_that_are_odd(shop, path):
    shop = shop()
    told = shop.told(path, "bar")
    assert set(told) == {"slots", "variants", "state"}


def test_arguments_that_are_not_understood(shop):
    shop = shop()
    for arguments in ({"format": "xml"}, {"count": "twice"}):
        assert "error" in json.loads(shop.ask("/p/42", status=400, **arguments).text)
    shop.ask("/p/42", *[f"s{i}" for i in range(40)], status=400)
    assert shop.nginx.get("/_pz/slots", headers=FETCH).status == 400
    assert set(shop.told("/p/42", "bar", "bar", _=5)["slots"]) == {"bar"}


def test_methods(shop):
    shop = shop()
    for method in ("POST", "PUT", "DELETE"):
        assert shop.ask("/p/42", "bar", method=method, status=405)
    response = shop.ask("/p/42", "bar", method="HEAD", count="view")
    assert response.body == b"" and "no-store" in response.get("cache-control")
    assert shop.exposures() == 0


def test_other_sites_do_not_ask(shop):
    shop = shop()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}):
        shop.ask("/p/42", "bar", status=403, headers=headers)
    app = {"Sec-Fetch-Site": None, "Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None}
    assert shop.told("/p/42", "bar", headers=app)["slots"]


def test_a_view_is_counted_as_one_of_the_page(shop):
    shop = shop()
    shop.ask("/p/42", "bar", count="view")
    wait_until(lambda: shop.views() == 1 and shop.exposures() == 1, "the view is counted")
    assert shop.redis.data.lrange("pz:seen:ada", 0, -1) == [b"42"]


def test_late_content_is_not_counted_again(shop):
    shop = shop()
    shop.ask("/p/42", "bar")
    shop.ask("/p/42", "bar", count="exposure")
    shop.ask("/p/42", "bar", count="none")
    shop.ask("/p/42", "bar", count="view", headers={"Sec-Purpose": "prefetch"})
    shop.ask("/p/42", "bar", count="view", headers={"User-Agent": "Googlebot/2.1"})
    shop.ask("/p/43", "bar", count="view")
    wait_until(lambda: shop.views() == 1 and shop.exposures() == 1, "one view is counted")


def test_nothing_is_bought_by_asking(shop, nginx):
    shop = shop(http="personalize_events file=events.jsonl;")
    shop.ask("/thanks/", "bar", count="view")
    shop.ask("/p/42", "bar", count="view")
    file = nginx.directory / "events.jsonl"

    def events():
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    wait_until(lambda: any(event["event"] == "exposure" for event in events()), "it is written")
    assert not [event for event in events() if event["event"] == "conversion"]
    assert {event["path"] for event in events()} <= {"/p/42", "/thanks/"}


def test_a_page_of_an_order_is_no_purchase(shop):
    """Whoever asks says which order it is, and no application that there is one."""
    shop = shop(server="""
      location /order/ { personalize_page type=order transaction_id=$arg_id value=10 items=sku-9; }""")
    shop.ask("/order/?id=1001", count="view")
    shop.ask("/p/42", count="view")
    wait_until(lambda: shop.views() == 2, "both views are kept")
    kept = {key for key in shop.redis.data.keys("pz:*:ada")}
    assert not kept & {b"pz:orders:ada", b"pz:purchases:ada", b"pz:purchased:ada"}, kept


def test_where_pages_are_not_personalized_there_are_no_views(shop):
    shop = shop()
    shop.ask("/plain/", count="view")
    shop.ask("/p/42", count="view")
    wait_until(lambda: shop.redis.data.hget("pz:session:ada", "landing_path") == b"/p/42",
               "the other view is kept")
    assert shop.views() == 1


def test_what_is_of_a_page_alone_decides_nothing(shop):
    """Attributes of elements, and slots that know theirs."""
    shop = shop(server="""
      personalize_experiment tier { variants a=100 b=0; }
      personalize_experiment card { variants a=100 b=0; }
      personalize_slot tier body attribute=class;
      personalize_slot card .card all;
      personalize_campaign tier { slot tier; when experiment.tier = a; content vip; }
      personalize_campaign card { slot card; when experiment.card = a; content "<b>{{slot.data.sku}}</b>"; }""")
    assert set(shop.told("/p/42", count="view")["slots"]) == {"bar", "recs"}
    assert shop.told("/p/42", "tier", "card", count="view")["slots"] == {}
    wait_until(lambda: shop.views() == 2, "the views are kept")
    counted = {name: sum(counts.values()) for name, counts in shop.status()["exposures"].items()}
    assert counted == {"bars": 1, "tier": 0, "card": 0}


def test_an_internal_redirect_to_the_endpoint_opens_nothing(shop):
    shop = shop(server="location = /api/slots { try_files /nothing /_pz/slots?$args; }")
    hidden = shop.nginx.get("/api/slots?path=/hidden/x&slot=bar", headers=FETCH)
    assert hidden.status == 404
    told = json.loads(shop.nginx.get("/api/slots?path=/p/42&slot=bar", headers=FETCH).text)
    assert set(told["slots"]) == {"bar"}


def test_new_visitors_get_their_id(shop):
    shop = shop()
    response = shop.ask("/p/42", "bar", visitor=None)
    assert response.cookie("vid")
    assert shop.views(response.cookie("vid")) == 0


def test_without_consent_nothing_is_looked_up(shop):
    shop = shop()
    told = shop.told("/p/42", "bar", headers={"Sec-GPC": "1"})
    assert "Ada" not in json.dumps(told)


def test_documents_that_do_not_come(nginx, rogue):
    """The answer comes in time, without what it lacks."""
    rogue.on_read = lambda session, command: None
    nginx.page("index.html", "x")
    nginx.configure(f"""
      personalize_redis unix:{rogue.socket} timeout=10s connect_timeout=5s;
      personalize_visitor cookie=vid;
      personalize_source profile "key=profile:${{visitor.id}}" ttl=0;""", """
      personalize_campaign a { slot a; when profile.name; content "<p>{{profile.name}}</p>"; }
      personalize_campaign b { slot b; content "<p>b</p>"; }
      location / { personalize on; personalize_wait 50ms; }
      location /_pz/ { personalize_endpoint; }""")
    nginx.start(connected=False)
    response = nginx.get("/_pz/slots?path=/", headers={**FETCH, "Cookie": "vid=ada"})
    assert response.status == 200
    assert set(json.loads(response.text)["slots"]) == {"b"}


def test_limits_of_the_endpoint_hold(shop):
    shop = shop(endpoint="limit_req zone=asked burst=1 nodelay;")
    statuses = [shop.nginx.get("/_pz/slots?path=/p/42", headers=FETCH).status for _ in range(4)]
    assert statuses[:2] == [200, 200] and 503 in statuses


def sign(visitor, path, expires, host="localhost", key=KEY):
    text = f"personalize slots 1\n{host}\n{expires}\n{visitor}\n{path}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_another_server_asks_for_a_visitor(shop):
    shop = shop(visitor="secret_file=ids.key")
    later = int(time.time()) + 60

    def ask(status=200, signature=None, visitor="ada", path="/p/42", expires=later, count=""):
        query = urlencode({"path": path, "slot": "bar", "format": "data", "visitor": visitor,
                           "expires": expires, **({"count": count} if count else {}),
                           "signature": signature or sign("ada", "/p/42", later)})
        response = shop.nginx.get(f"/_pz/slots?{query}", headers={"User-Agent": BROWSER})
        assert response.status == status, response.text
        return response

    response = ask()
    assert "for Ada" in response.text and not response.all("set-cookie")
    assert shop.exposures() == 0  # nobody has seen it yet
    ask(count="view")
    wait_until(lambda: shop.views() == 1 and shop.exposures() == 1, "it is counted when that is said")
    assert "Ada" not in ask(403, visitor="eve").text
    ask(403, path="/p/43")
    ask(403, expires=later + 1)
    ask(403, signature="0" * 64)
    ask(403, signature="ab")
    past = int(time.time()) - 1
    ask(403, expires=past, signature=sign("ada", "/p/42", past))
    far = int(time.time()) + 90000
    ask(403, expires=far, signature=sign("ada", "/p/42", far))
    ask(403, signature=sign("ada", "/p/42", later, key="f" * 32))
    ask(403, signature=sign("ada", "/p/42", later, host="other.example"))


def test_ids_that_are_not_signed_are_not_asked_for(shop):
    shop = shop()
    later = int(time.time()) + 60
    response = shop.nginx.get(
        f"/_pz/slots?path=/p/42&visitor=ada&expires={later}&signature={sign('ada', '/p/42', later)}")
    assert response.status == 403 and "secret_file" in response.text


def test_the_example_of_the_reference(shop):
    """The shell's way to sign, as documented."""
    shop = shop(visitor="secret_file=ids.key")
    text = (ROOT / "docs/reference/slots.md").read_text()
    script = re.search(r"```sh\n(.*?openssl.*?)```", text, re.S)[1]
    script = (script.replace("/etc/nginx/ids.key", str(shop.nginx.directory / "ids.key"))
              .replace("https://shop.example", f"http://localhost:{shop.nginx.port}")
              .replace("host=shop.example", "host=localhost"))
    done = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, text=True)
    assert done.returncode == 0 and '"for' not in done.stdout
    told = json.loads(done.stdout)
    assert told["slots"]["bar"]["fields"], done.stdout
