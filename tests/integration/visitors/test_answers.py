"""personalize_collect: what visitors tell is known from the next page on."""

import re

import pytest

from harness.events import EventShop, pseudonym
from harness.waiting import wait_until

KEY = "0123456789abcdef0123456789abcdef"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
HTTP = """
  personalize_collect about { field size in 36 37 38; field pets has cat dog; field birthday date; keep 30d; }
  personalize_collect wishes { field charity in trees dogs; keep 90d; }
"""
SITE = """
  personalize_campaign told {
    slot s; widget hello-bar;
    when answers.size exists;
    set text "size {{answers.size}}, pets {{#answers.pets}}{{.}};{{/answers.pets}} {{answers.birthday}} {{answers.charity}}.";
  }
  personalize_campaign dogs { slot s; priority -1; when answers.pets has dog; widget hello-bar; set text "dog owner"; }
  location / { personalize on; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /forget { personalize_forget; }
  location = /status { personalize_status; }
  %s
"""
OWN = {"Sec-Fetch-Site": "same-origin", "User-Agent": BROWSER}


class Shop(EventShop):
    def __init__(self, nginx, redis, **options):
        nginx.file("secret", KEY + "\n").chmod(0o600)
        super().__init__(nginx, redis, http=HTTP, site=SITE,
                         visitor=f"issue=on secret_file={nginx.directory}/secret", **options)

    def come(self):
        cookie = self.get(visitor=None).cookie("vid")
        return cookie, cookie.split(".")[0]

    def tell(self, visitor, body, **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.nginx.get("/_pz/answers", method="POST", body=body.encode(), headers={
            **OWN, **cookie, "Content-Type": "application/x-www-form-urlencoded", **headers})

    def says(self, visitor):
        """What the page says of the answers."""
        text = self.get("/", visitor=visitor).text
        found = re.search(r"size [^.<]*\.|dog owner", text)
        return found and found.group()


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis).start()


def test_answers_are_known_from_the_next_page_on(shop, redis):
    cookie, visitor = shop.come()
    assert shop.says(cookie) is None
    answer = shop.tell(cookie, "size=37&pets=&pets=dog&pets=cat&birthday=1990-02-28")
    assert answer.status == 204 and answer.get("cache-control") == "no-store"
    assert shop.says(cookie) == "size 37, pets dog;cat; 1990-02-28 ."
    assert redis.data.hgetall(f"pz:answers:{visitor}") == {
        b"size": b"37", b"pets": b'["dog","cat"]', b"birthday": b"1990-02-28"}
    assert 89 * 86400 < redis.data.ttl(f"pz:answers:{visitor}") <= 90 * 86400
    # What a form does not name stays; an empty answer takes back.
    assert shop.tell(cookie, "charity=trees&birthday=").status == 204
    assert shop.says(cookie) == "size 37, pets dog;cat;  trees."
    assert shop.tell(cookie, "size=").status == 204
    assert shop.says(cookie) == "dog owner"
    wait_until(lambda: len([e for e in shop.events() if e["event"] == "answer"]) == 6, "all are events")
    event = next(e for e in shop.events() if e.get("question") == "pets")
    assert event["campaign"] == "about" and event["answer"] == '["dog","cat"]'
    assert event["origin"] == "edge" and event["visitor"] == pseudonym(visitor)
    # It is the visitor's to have it forgotten.
    shop.nginx.get("/forget", method="POST", headers={**OWN, "Cookie": f"vid={cookie}"})
    assert not redis.data.exists(f"pz:answers:{visitor}")
    assert shop.says(cookie) is None
    assert shop.status()["answers"] == {"kept": 3, "refused": 0, "unknown": 0, "rate": 0, "failed": 0}


def test_a_form_works_without_a_script(shop):
    cookie, _ = shop.come()
    sent = {"Sec_Fetch_Mode": "navigate", "Host": "shop.example"}
    for referer, back in (("http://shop.example/shoes?a=1&b#top", "/shoes?a=1&b"),
                          ("http://shop.example/", "/"), ("http://other.example/shoes", "/"),
                          ("http://shop.example//evil.example/", "/"), ("nonsense", "/")):
        answer = shop.tell(cookie, "size=36", Referer=referer, **sent)
        assert answer.status == 303 and answer.get("location").endswith(back)
        assert answer.get("location") in (back, "http://shop.example" + back, f"http://shop.example:{shop.nginx.port}" + back)
    # Browsers that do not tell what they ask for.
    answer = shop.tell(cookie, "size=36", Accept="text/html,*/*", Referer="http://shop.example/a",
                       Sec_Fetch_Site="same-origin", Host="shop.example")
    assert answer.status == 303


@pytest.mark.parametrize("body", [
    "size=39", "shoe=37", "size=36&size=37", "size=37&other=1", "birthday=1990-02-31", "birthday=1990-2-28",
    "birthday=tomorrow", "pets=cow", "pets=%5B%22dog%22%5D", "size", "%00=1", "&"])
def test_what_is_not_declared_is_refused_as_a_whole(shop, redis, body):
    cookie, _ = shop.come()
    assert shop.tell(cookie, "charity=dogs&" + body).status == (204 if body == "size" else 400)
    if body != "size":
        assert redis.data.keys("pz:answers:*") == []


def test_who_may_not(shop, redis):
    cookie, _ = shop.come()
    for visitor, headers, status in (
            (cookie, {"Sec_Fetch_Site": "cross-site"}, 403), (cookie, {"Sec_Fetch_Site": "same-site"}, 403),
            (cookie, {"Sec_GPC": "1"}, 403), (None, {}, 403), ("forged.signature", {}, 403),
            (cookie, {"User_Agent": "Googlebot/2.1"}, 403), (cookie, {"Sec_Purpose": "prefetch"}, 403)):
        assert shop.tell(visitor, "size=37", **headers).status == status
    assert shop.nginx.get("/_pz/answers", headers=OWN).status == 405
    assert shop.tell(cookie, "size=37&" + "x" * 5000).status == 413
    assert redis.data.keys("pz:answers:*") == []
    statuses = [shop.tell(cookie, "size=37").status for _ in range(14)]
    assert statuses[:12] == [204] * 12 and statuses[-1] == 429


def test_redis_is_away(nginx, redis):
    shop = Shop(nginx, redis, timeout="200ms").start()
    cookie, _ = shop.come()
    redis.suspend()
    assert shop.tell(cookie, "size=37").status == 503
    redis.resume()
    wait_until(lambda: shop.tell(cookie, "size=37").status == 204, "it is kept later", step=0.2)


def test_surveys_keep_what_is_a_field(shop, redis):
    cookie, visitor = shop.come()
    shop.nginx.get("/_pz/e", method="POST", headers={**OWN, "Cookie": f"vid={cookie}"},
                   body=b"answer=told&question=size&text=38&answer=told&question=pets&text=dog&"
                        b"answer=told&question=why&text=because&answer=told&question=charity&text=whales")
    wait_until(lambda: redis.data.hlen(f"pz:answers:{visitor}") == 2, "they are kept")
    assert shop.says(cookie) == "size 38, pets dog;  ."
