"""A purchase names the lists in which the visitor has clicked what is bought."""

import json
import time
import urllib.parse

import pytest

from harness.events import BROWSER, STREAM, EventShop, pseudonym, read_lines, read_stream
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until

SITE = """
  location / { personalize on; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
  location = /order { personalize_convert purchase id=$arg_id items=$arg_items; return 204; }
  location = /cart { personalize_convert add_to_cart items=$arg_items; return 204; }
  location = /forget { personalize_forget; }
  %s
"""
KEY = "pz:clicked:ada"


class Shop(EventShop):
    def __init__(self, nginx, redis, events="stream=pz:events views=off", session="personalize_session;", **options):
        http = session + options.pop("http", "")
        super().__init__(nginx, redis, events, http=http, site=SITE, **options)

    def click(self, item, place, position=None, visitor="ada", **headers):
        body = {"click": "", "item": item, "list": place}
        if position is not None:
            body["position"] = position
        assert self.beacon(urllib.parse.urlencode(body), visitor, **headers).status == 204

    def clicked(self, count, key=KEY):
        wait_until(lambda: self.redis.data.llen(key) == count, f"{count} clicks")

    def buy(self, items, path="/order", visitor="ada", **arguments):
        text = items if isinstance(items, str) else json.dumps(items)
        query = urllib.parse.urlencode({"items": text, **arguments})
        # $arg_… is not decoded by NGINX: what is sent is what is read.
        response = self.nginx.get(f"{path}?{urllib.parse.unquote_plus(query).replace(' ', '')}", method="POST", body=b"",
                                  headers={"User-Agent": BROWSER, "Cookie": f"vid={visitor}"})
        assert response.status == 204

    def bought(self, count=1):
        return wait_until(lambda: len(found := [event for event in self.events()
                                                if event["event"] == "conversion"]) >= count and found,
                          f"{count} conversions")


@pytest.fixture
def shop(nginx, redis):
    return lambda **options: Shop(nginx, redis, **options).start(connected=False)


def test_lists_are_named(shop):
    shop = shop()
    shop.click("sku-1", "similar", 3)
    shop.click("sku-2", "top", 1)
    shop.click("sku-1", "for_you", 2)
    shop.click("sku-3", "top", 9, visitor="bob")
    shop.clicked(3)
    assert 29 * 86400 < shop.redis.data.ttl(KEY) <= 30 * 86400
    shop.buy("sku-1,sku-3", id="1")
    shop.buy([{"item_id": "sku-2", "price": 9.5}, {"item_id": "sku-4"}], id="2")
    shop.buy("sku-4", id="3")
    shop.buy("sku-2", "/cart")
    first, second, third, cart = sorted(shop.bought(4), key=lambda event: event.get("order", "9"))
    assert json.loads(first["items"]) == [
        {"item_id": "sku-1", "item_list_id": "for_you", "index": 2}, {"item_id": "sku-3"}]
    assert json.loads(second["items"]) == [
        {"item_id": "sku-2", "price": 9.5, "item_list_id": "top", "index": 1}, {"item_id": "sku-4"}]
    assert third["items"] == "sku-4"
    assert json.loads(cart["items"])[0]["item_list_id"] == "top"
    assert first["visitor"] == pseudonym("ada") and first["origin"] == "edge"
    # What a browser says of an order is treated in the same way.
    shop.beacon("conversion=&metric=purchase&order=5&items=sku-2")
    claimed = shop.bought(5)[-1]
    assert claimed["origin"] == "browser" and json.loads(claimed["items"])[0]["item_list_id"] == "top"


def test_what_is_no_click_in_a_list_is_not_kept(shop):
    shop = shop()
    for body in ("click=&item=sku-1", "click=&list=top", "impression=&item=sku-1&list=top",
                 "dismiss=&item=sku-1&list=top"):
        shop.beacon(body)
    shop.beacon("click=&item=sku-9&list=top", **{"Sec-GPC": "1"})
    shop.click("sku-2", "top")
    shop.clicked(1)
    shop.buy("sku-1,sku-2")
    assert json.loads(shop.bought()[0]["items"]) == [
        {"item_id": "sku-1"}, {"item_id": "sku-2", "item_list_id": "top"}]


@pytest.mark.parametrize("options", [{"session": ""}, {"events": None}], ids=["without a session", "without events"])
def test_where_nothing_is_kept(nginx, redis, options):
    if options.get("events", "") is None:
        options = {"events": "stream=pz:other"}
        shop = Shop(nginx, redis, **options)
        text = nginx.config_file.read_text()
        nginx.config_file.write_text("\n".join(
            line for line in text.splitlines() if "personalize_events" not in line))
        nginx.start(connected=False)
    else:
        shop = Shop(nginx, redis, **options).start(connected=False)
    shop.click("sku-1", "top")
    shop.buy("sku-1")
    if "session" in options:
        assert shop.bought()[0]["items"] == "sku-1"
    assert redis.data.keys("pz:clicked:*") == []


def test_clicks_are_bounded_and_forgotten(nginx, redis):
    nginx.file("secret", "0123456789abcdef0123456789abcdef\n").chmod(0o600)
    shop = Shop(nginx, redis, visitor=f"issue=on secret_file={nginx.directory}/secret").start(connected=False)
    cookie = shop.get(visitor=None).cookie("vid")
    key = f"pz:clicked:{cookie.split('.')[0]}"
    for first in range(0, 120, 30):
        body = "&".join(f"click=&item=sku-{n}&list=top" for n in range(first, first + 30))
        assert shop.beacon(body, cookie).status == 204
    wait_until(lambda: redis.data.llen(key) == 100 and b"sku-119" in redis.data.lindex(key, 0), "the last hundred")
    assert nginx.get("/forget", method="POST", headers={
        "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Cookie": f"vid={cookie}"}).status == 204
    assert redis.data.keys("pz:*") == [b"pz:events"]


def test_what_is_at_the_key_does_no_harm(shop):
    shop = shop()
    now = int(time.time())
    shop.redis.data.rpush(KEY, "[", b"\xff\xfe", "{}", "x" * 100000, json.dumps({"i": 1, "l": 2, "t": 3}),
                          json.dumps({"i": "sku-1", "l": "</script>\"\n", "t": now}))
    shop.buy("sku-1", id="1")
    assert json.loads(shop.bought()[0]["items"]) == [{"item_id": "sku-1", "item_list_id": "</script>\"\n"}]
    shop.redis.data.set(KEY, "no list")
    shop.buy("sku-1", id="2")
    assert shop.bought(2)[1]["items"] == "sku-1"
    shop.redis.data.delete(KEY)
    # Longer than an event takes: the items are written as they are.
    for n in range(60):
        shop.redis.data.rpush(KEY, json.dumps({"i": f"sku-{n}", "l": "l" * 100, "t": now}))
    shop.buy(",".join(f"sku-{n}" for n in range(60)), id="3")
    assert shop.bought(3)[2]["items"].startswith("sku-0,sku-1,")


def test_while_redis_is_away(nginx, redis):
    """The purchase is written, though nobody knows what was clicked."""
    shop = Shop(nginx, redis, events="file={directory}/events.json views=off", timeout="30s").start(connected=False)
    file = nginx.directory / "events.json"
    shop.click("sku-1", "top")
    shop.clicked(1)
    redis.suspend()
    try:
        shop.buy("sku-1", id="1")
        events = wait_until(lambda: read_lines(file)[1:], "the event")
    finally:
        redis.resume()
    assert events[0]["items"] == "sku-1" and events[0]["order"] == "1"
    # Neither does a worker that ends lose it.
    redis.suspend()
    try:
        shop.buy("sku-1", id="2")
        nginx.stop()
    finally:
        redis.resume()
    assert [event.get("order") for event in read_lines(file)[1:]] == ["1", "2"]


def test_in_a_cluster(nginx, tmp_path):
    cluster = RedisCluster(tmp_path / "cluster")
    try:
        shop = Shop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster").start(connected=False)
        for visitor in ("ada", "bob", "cyd", "dan"):
            shop.click("sku-1", f"list-{visitor}", 1, visitor)
            key = f"pz:clicked:{visitor}"
            wait_until(lambda: cluster.master_of(key).data.llen(key) == 1, "the click")
            shop.buy("sku-1", id=visitor, visitor=visitor)
        stream = cluster.master_of(STREAM).data
        events = wait_until(lambda: len(found := [event for event in read_stream(stream)
                                                  if event["event"] == "conversion"]) == 4 and found, "four conversions")
        assert {event["order"]: json.loads(event["items"])[0]["item_list_id"] for event in events} == {
            visitor: f"list-{visitor}" for visitor in ("ada", "bob", "cyd", "dan")}
    finally:
        cluster.stop()


def test_clicks_of_a_person_count_on_every_device(nginx, redis):
    """Also those of before the sign-in."""
    shop = Shop(nginx, redis, visitor="issue=on", http="""
      map $cookie_sid $known { default ""; s-ann ann; s-bob bob; }
      personalize_person $known;""").start(connected=False)

    def send(path, body, visitor, sid=""):
        cookie = f"vid={visitor}" + (f"; sid={sid}" if sid else "")
        assert nginx.get(path, method="POST", body=body.encode(), headers={
            "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Cookie": cookie}).status == 204

    def look(visitor, sid):
        assert nginx.get("/", headers={"User-Agent": BROWSER, "Cookie": f"vid={visitor}; sid={sid}"}).status == 200

    send("/_pz/e", "click=&item=sku-1&list=laptop&position=1", "laptop", "s-ann")
    key = wait_until(lambda: redis.data.keys("pz:clicked:{person:*"), "the click")[0]
    send("/_pz/e", "click=&item=sku-2&list=phone&position=2", "phone")
    shop.clicked(1, "pz:clicked:phone")
    look("phone", "s-ann")
    wait_until(lambda: redis.data.llen(key) == 2 and not redis.data.exists("pz:clicked:phone"), "it is taken over")
    send("/order?items=sku-1,sku-2&id=1", "", "phone", "s-ann")
    named = json.loads(shop.bought()[0]["items"])
    assert [item["item_list_id"] for item in named] == ["laptop", "phone"]
    # Nobody else's purchase names them.
    send("/order?items=sku-1,sku-2&id=2", "", "phone", "s-bob")
    send("/order?items=sku-1,sku-2&id=3", "", "phone")
    assert [event["items"] for event in shop.bought(3)[1:]] == ["sku-1,sku-2"] * 2
