"""Locations that know their visitors by another id than the server."""

import json

import pytest

from harness import scene
from harness.claims import KEY, signed
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on;
  personalize_session;
  personalize_source profile key=profile:${visitor.id} ttl=0;
  personalize_campaign all { slot hello-bar; fragment hello.html; }
  map $http_x_account $account { default $http_x_account; }
"""
SERVER = """
  personalize on; personalize_wait 2s;
  location /_pz/ { personalize_endpoint; }
  location /status { personalize off; personalize_status; }
  location /b2b/ {
    personalize_visitor cookie=account issue=on secret_file=%s;
    location /b2b/_pz/ { personalize_endpoint; }
    location /b2b/forget { personalize_forget; }
    location /b2b/explain { personalize_explain; allow 127.0.0.1; deny all; }
    location /b2b/by-header { personalize_visitor $account; try_files /index.html =404; }
    location /b2b/in/ { try_files /none @inside; }
  }
  location @inside { personalize_visitor $account; add_header X-Visitor $personalize_visitor;
                     rewrite ^ /index.html break; }
  location /api/ { add_header X-Visitor $personalize_visitor; return 200 ok; }
"""
FRAGMENT = ('<p data-pz-campaign="all">{{visitor.id}}/{{visitor.verified}}/{{profile.name}}/{{session.views}}</p>')


class Shop:
    def __init__(self, nginx, redis):
        scene.prepare(nginx, fragment=FRAGMENT)
        nginx.page("b2b/index.html", scene.PAGE)
        secret = nginx.file("secret", KEY + "\n")
        secret.chmod(0o600)
        self.nginx, self.redis = nginx, redis
        nginx.configure(HTTP % redis.socket, SERVER % secret)
        nginx.start()

    def get(self, path="/b2b/", cookies=None, **headers):
        cookies = {"vid": "ada", "account": signed("acme")} if cookies is None else cookies
        headers = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin",
                   "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **headers}
        body = headers.pop("body", None)
        if body is None:
            return self.nginx.get(path, headers=headers)
        return self.nginx.get(path, method="POST", body=body.encode(), headers=headers)

    def says(self, path="/b2b/", **options):
        return self.get(path, **options).text.split('data-pz-campaign="all">')[1].split("</p>")[0]

    def settle(self):
        def is_calm():
            status = json.loads(self.nginx.get("/status?format=json").text)
            return all(server["in_flight"] == 0 for server in status["redis_servers"])
        wait_until(is_calm, "all is written")


@pytest.fixture
def shop(nginx, redis):
    redis.data.set("profile:ada", '{"name": "Ada"}')
    redis.data.set("profile:acme", '{"name": "Acme Ltd"}')
    return Shop(nginx, redis)


def test_each_location_has_its_visitor(shop, redis):
    assert shop.says("/") == "ada/false/Ada/1"
    shop.settle()
    assert shop.says("/b2b/") == "acme/true/Acme Ltd/1"
    shop.settle()
    assert shop.says("/b2b/") == "acme/true/Acme Ltd/2"
    shop.settle()
    assert shop.says("/") == "ada/false/Ada/2"
    shop.settle()
    views = {name: redis.data.hget(f"pz:session:{name}", "views") for name in ("ada", "acme")}
    assert views == {"ada": b"2", "acme": b"2"}
    assert [entry["visitor"] for entry in shop.nginx.log(8) if entry["request"].startswith("GET /b2b")] == ["acme"] * 2


def test_what_only_one_of_them_accepts(shop):
    # The server's cookie is none here, and a signature is needed.
    answer = shop.get(cookies={"vid": "ada", "account": "acme"})
    assert "ada" not in answer.text and "Acme" not in answer.text
    given = answer.cookie("account")
    assert given and "." in given and answer.cookie("vid") is None
    assert shop.says(cookies={"account": given}).startswith(given.rsplit(".", 1)[0] + "/true")
    answer = shop.get("/", cookies={})
    assert answer.cookie("vid") and answer.cookie("account") is None


def test_inside_and_after_internal_redirects(shop):
    assert shop.says("/b2b/by-header", **{"X-Account": "zed"}).startswith("zed/false/")
    answer = shop.get("/b2b/in/x", **{"X-Account": "zed"})
    assert answer.get("x-visitor") in ("zed", "acme")
    assert shop.get("/api/", cookies={"vid": "ada"}).get("x-visitor") == "ada"


def test_reports_go_to_the_endpoint_of_the_same_visitors(shop, redis):
    assert '"/b2b/_pz/personalize.js?' in shop.get("/b2b/").text
    assert '"/_pz/personalize.js?' in shop.get("/").text
    shop.settle()
    report = "conversion=&metric=add_to_cart&items=sku-1"
    assert shop.get("/b2b/_pz/e", body=report).status == 204
    shop.settle()
    assert redis.data.lrange("pz:cart:acme", 0, -1) == [b"sku-1"]
    assert redis.data.exists("pz:cart:ada") == 0
    assert shop.get("/_pz/e", body=report).status == 204
    shop.settle()
    assert redis.data.exists("pz:cart:ada") == 1


def test_the_state_of_campaigns_is_the_browsers(shop):
    answer = shop.get("/b2b/_pz/e", body="n=0&t=0&impression=all")
    state = answer.cookie("pz")
    assert answer.status == 204 and (state or answer.get("set-cookie") is None)


def test_forgetting_and_explaining(shop, redis):
    shop.get("/b2b/")
    shop.get("/")
    shop.settle()
    assert shop.get("/b2b/forget", body="").status in (200, 204)
    assert redis.data.exists("pz:session:acme") == 0 and redis.data.exists("pz:session:ada") == 1
    told = shop.get("/b2b/explain?uri=/b2b/&visitor=acme").text
    assert '"acme"' in told
