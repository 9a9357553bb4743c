"""How long pages were in view and how far down they were scrolled, as they tell it."""

import json
import re

import pytest

from harness import scene
from harness.waiting import wait_until

HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on;
  personalize_session timeout=10m;
  personalize_segment reader { when session.visible_seconds > 60; when session.scroll >= 100; }
  personalize_campaign all { slot hello-bar; fragment hello.html; }
"""
SERVER = """
  personalize on; personalize_wait 2s;
  location /_pz/ { personalize_endpoint; }
  location /status { personalize off; personalize_status; }
"""
FRAGMENT = ("<pre>{{session.visible_seconds}} {{session.scroll}}{{#segment.reader}} reader{{/segment.reader}}"
            "</pre>")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
SCRIPT = re.compile(r'<script src="/_pz/attention\.js\?v=[0-9a-f]{16}" defer=""></script>')


class Shop:
    def __init__(self, nginx, redis, http=HTTP, fragment=FRAGMENT):
        scene.prepare(nginx, fragment=fragment)
        self.nginx, self.redis = nginx, redis
        nginx.configure(http % redis.socket, SERVER)
        nginx.start()

    def page(self, **headers):
        return self.nginx.get("/index.html", headers={"User-Agent": BROWSER, "Cookie": "vid=ada", **headers})

    def says(self):
        return self.page().text.split("<pre>")[1].split("</pre>")[0]

    def tell(self, body, **headers):
        return self.nginx.get("/_pz/e", method="POST", body=body.encode(), headers={
            "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Cookie": "vid=ada", **headers})

    def kept(self):
        return {name.decode(): value.decode()
                for name, value in self.redis.data.hgetall("pz:attention:ada").items()}

    def settle(self):
        def is_calm():
            status = json.loads(self.nginx.get("/status?format=json").text)
            return all(server["in_flight"] == 0 for server in status["redis_servers"])
        wait_until(is_calm, "all is written")


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis)


def test_reports_are_summed_up(shop, redis):
    assert shop.says() == "0 0"
    for body in ("visible=40&scroll=70", "visible=15", "scroll=10", "visible=6&scroll=20"):
        assert shop.tell(body).status == 204
    shop.settle()
    assert shop.kept() == {"visible_seconds": "61", "scroll": "100"}
    assert 590 < redis.data.ttl("pz:attention:ada") <= 600
    assert shop.says() == "61 100 reader"


def test_what_nobody_can_have_done(shop):
    assert shop.tell("visible=1000000&scroll=5000").status == 204
    for body in ("visible=-1", "visible=9999999999999", "scroll=x", "visible=0"):
        assert shop.tell(body).status == 400
    shop.settle()
    assert shop.kept() == {"visible_seconds": "3600", "scroll": "100"}


@pytest.mark.parametrize("headers", [{"User-Agent": "Googlebot/2.1"}, {"Sec-GPC": "1"},
                                     {"Cookie": "other=1"}])
def test_bots_strangers_and_those_without_consent(shop, redis, headers):
    assert shop.tell("visible=5&scroll=5", **headers).status == 204
    shop.settle()
    assert redis.data.keys("pz:*") == []


def test_who_gets_the_script(shop):
    answer = shop.page()
    [tag] = SCRIPT.findall(answer.text)
    assert answer.text.index(tag) < answer.text.index("</body>")
    script = shop.nginx.get(re.search('src="([^"]+)"', tag)[1])
    assert script.status == 200 and "immutable" in script.get("cache-control")
    # Also somebody who was never here.
    assert SCRIPT.search(shop.page(Cookie="").text)
    for headers in ({"User-Agent": "Googlebot/2.1"}, {"Sec-GPC": "1"}):
        assert "attention.js" not in shop.page(**headers).text


def test_nobody_asks(nginx, redis):
    http = "\n".join(line for line in HTTP.splitlines() if "reader" not in line)
    shop = Shop(nginx, redis, http, "<pre>{{session.views}}</pre>")
    assert "attention.js" not in shop.page().text
    assert shop.tell("visible=5").status == 204
    shop.settle()
    assert shop.kept() == {}


def test_an_endpoint_is_needed(nginx, redis):
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure(HTTP % redis.socket, "personalize on;")
    said = nginx.check()[1]
    assert ('attribute "session.visible_seconds" is always missing: without personalize_endpoint no page '
            'can tell how it was looked at') in said
