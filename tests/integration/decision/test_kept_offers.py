"""keep value, keep_per and keep_while: offers that end, and keep their value."""

import json
import re

import pytest

from harness.waiting import wait_until

PAGE = "<!doctype html><html><body><!--pz:a-->A<!--/pz--></body></html>"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on;
  personalize_source profile "key=profile:${visitor.id}" ttl=0;
"""
SERVER = """
  personalize on; personalize_wait 2s;
  personalize_campaign rate {
    slot a; widget hello-bar;
    when profile.first;
    set discount "{{profile.rate}} %"; set text "{{profile.rate}} off {{page.item_id}}"; set reason "New here";
    keep value; keep_per ${page.item_id}; keep_while profile.first;
  }
  location / { personalize_page type=product item_id=$arg_sku; try_files /index.html =404; }
  location /explain { personalize_explain; allow 127.0.0.1; deny all; }
"""


@pytest.fixture
def shop(nginx, redis):
    nginx.page("index.html", PAGE)
    nginx.configure(HTTP % redis.socket, SERVER)
    nginx.start()
    return Shop(nginx, redis)


class Shop:
    def __init__(self, nginx, redis):
        self.nginx, self.redis = nginx, redis

    def profile(self, **values):
        self.redis.data.set("profile:ada", json.dumps(values))

    def offer(self, item, visitor="ada", **headers):
        """The text of the offer on the page of the item."""
        text = self.nginx.get(f"/?sku={item}", headers={
            "User-Agent": BROWSER, "Cookie": f"vid={visitor}", **headers}).text
        shown = re.search(r"(\d+) off (\w*)", text)
        return shown and shown.group()

    def kept(self):
        return [json.loads(one) for one in self.redis.data.lrange("pz:offers:ada", 0, -1)]


def test_an_offer_keeps_its_value_for_its_item(shop, redis):
    shop.profile(first=True, rate=12)
    assert shop.offer("milk", **{"Sec-Purpose": "prefetch"}) == "12 off milk"
    assert shop.offer("milk") == "12 off milk"
    wait_until(shop.kept, "it is kept")
    [kept] = shop.kept()
    assert {name: kept[name] for name in "cpv"} == {"c": "rate", "p": "milk", "v": {"profile.rate": 12}}
    shop.profile(first=True, rate=10)
    assert shop.offer("milk") == "12 off milk"
    assert shop.offer("salt") == "10 off salt"
    wait_until(lambda: len(shop.kept()) == 2, "the other one is kept, too")
    assert shop.offer("milk") == "12 off milk" and shop.offer("salt") == "10 off salt"
    assert 89 * 86400 < redis.data.ttl("pz:offers:ada") <= 90 * 86400
    told = json.loads(shop.nginx.get("/explain?visitor=ada&page.item_id=milk").text)
    [campaign] = told["slots"][0]["campaigns"]
    assert campaign["reason"] == "an offer that the visitor has seen stays"
    assert campaign["offer"]["kept"]["v"] == {"profile.rate": 12}
    assert campaign["offer"]["keep_while"] == [{"condition": "profile.first", "holds": True}]
    # Others, and those who do not agree, see what is theirs.
    redis.data.set("profile:bob", json.dumps({"first": True, "rate": 7}))
    assert shop.offer("milk", "bob") == "7 off milk"
    # It ends with the first order, and then another page adds nothing.
    shop.profile(rate=10)
    assert shop.offer("milk") is None
    assert len(shop.kept()) == 2
    # What somebody has written there is not an offer.
    redis.data.delete("pz:offers:ada")
    redis.data.rpush("pz:offers:ada", "[", "{}", '{"c": "rate", "p": "milk", "t": 1, "v": {"profile.rate": "<b>"}}')
    shop.profile(first=True, rate=9)
    text = shop.nginx.get("/?sku=milk", headers={"User-Agent": BROWSER, "Cookie": "vid=ada"}).text
    assert "&lt;b>" in text or "&lt;b&gt;" in text
    assert "<b>" not in text
