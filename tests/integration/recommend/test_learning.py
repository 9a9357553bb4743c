"""personalize_learn: what is learned of page views and orders, and the lists that are made of it."""

import json
import math
from collections import Counter

import pytest

from harness.redis.cluster import RedisCluster
from harness.shop.catalogue import Catalogue
from harness.shop.offline import Together, recall_at_k
from harness.shop.shoppers import Shoppers
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PAGE = "<!doctype html><title>Shop</title><body><!--pz:a--><p>A</p><!--/pz-->"
ITEMS = 'items "key=item:${id}" ttl=0;'
SERVER = """
  personalize_wait 2s;
  location /p/ {
    personalize on;
    personalize_page type=product item_id=$arg_sku item_category=$arg_category item_brand=$arg_brand;
    try_files /index.html =404;
  }
  location / { personalize on; try_files /index.html =404; }
  location = /order { personalize_convert purchase items=$http_x_items; return 200; }
  location = /cart { personalize_convert add_to_cart items=$http_x_items; return 200; }
  location = /status { personalize_status; }
  location = /explain { personalize_explain; }
  location = /forget { personalize_forget; }
"""


class Shop:
    """A shop that learns, with one list in its pages."""

    def __init__(self, nginx, redis, steps, learn="", extra="", visitor="cookie=vid", workers=1,
                 address=None, more="limit 20;", trusted="personalize_new_visitors off;"):
        self.nginx, self.redis = nginx, redis
        nginx.page("index.html", PAGE)
        nginx.file("list.html", "<ul>{{#recommend.list}}<li>{{item_id}}</li>{{/recommend.list}}</ul>")
        nginx.configure(f"""
  personalize_redis {address or f"unix:{redis.socket}"} timeout=2s connect_timeout=5s;
  personalize_visitor {visitor};
  personalize_learn {learn};
  {trusted}
  {extra}
  personalize_recommend list {{ {steps} {ITEMS} {more} }}
  personalize_campaign list {{ slot a; when recommend.list; fragment list.html; }}""",
                        SERVER, workers=workers)
        nginx.start()

    def stock(self, *ids):
        for one in ids:
            self.redis.set_json(f"item:{one}", {"name": f"N{one}", "url": f"/p/?sku={one}"})

    def get(self, path, visitor="", method="GET", **headers):
        sent = {"User-Agent": BROWSER}
        if visitor:
            sent["Cookie"] = f"vid={visitor}"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        response = self.nginx.get(path, method=method, headers=sent)
        assert response.status in (200, 204)
        return response

    def list(self, path="/", visitor="", **headers):
        """The ids of the list; None if the slot keeps its default."""
        text = self.get(path, visitor, **headers).text
        return None if "<p>A</p>" in text else text.split("<li>")[1:] and [
            part.split("</li>")[0] for part in text.split("<li>")[1:]]

    def counted(self):
        status = json.loads(self.nginx.get("/status?format=json").text)
        return status["lessons"], status["learn_writes"]

    def settle(self, lessons):
        """Waits until so many lessons were taken, and all commands answered."""
        wait_until(lambda: sum(self.counted()[0].values()) >= lessons, f"{lessons} lessons")

    def rows(self, head):
        """{item: {other: how often}} of the keys that begin so, in units of now as far as these are equal."""
        rows = {}
        for key in self.redis.data.scan_iter(f"{head}*"):
            name = key.decode().split(":", 3)[3]
            rows[name] = {member.decode(): score for member, score in self.redis.data.zscan_iter(key)}
        return rows


def view(shop, visitor, *items, **arguments):
    extra = "".join(f"&{name}={value}" for name, value in arguments.items())
    for item in items:
        shop.get(f"/p/?sku={item}{extra}", visitor)


def test_what_was_looked_at_together(nginx, redis):
    shop = Shop(nginx, redis, "try also_viewed ${page.item_id};")
    shop.stock("a", "b", "c", "d", "e")
    view(shop, "ann", "a", "b", "c")
    shop.settle(3)
    view(shop, "bob", "a", "b", "a", "a", "b")  # again counts once
    view(shop, "cid", "a", "d")
    shop.settle(10)
    lessons, writes = shop.counted()
    assert lessons["learned"] == 7 and lessons["repeated"] == 3
    assert writes["failed"] == writes["refused"] == 0
    # b was near a twice, c was two steps away once; d is as near as c is far.
    rows = shop.rows("pz:also_viewed:")
    assert rows["a"][""] == pytest.approx(3 * rows["d"][""], rel=0.01)
    assert rows["a"]["b"] == pytest.approx(2 * rows["a"]["d"], rel=0.01)
    assert rows["a"]["c"] == pytest.approx(rows["a"]["d"] / 2, rel=0.01)
    assert rows["b"]["c"] == rows["c"]["b"] and rows["a"]["b"] == rows["b"]["a"]
    assert shop.list("/p/?sku=a") == ["b", "d", "c"]
    assert shop.list("/p/?sku=d") == ["a"]
    assert shop.list("/p/?sku=e") is None
    # Every key ends.
    assert all(redis.data.ttl(key) > 0 for key in redis.data.scan_iter("pz:*"))
    # What stands in the list, and why.
    explained = json.loads(shop.get("/explain?uri=/p/&page.item_id=a&visitor=eve").text)
    assert "also_viewed a" in [one.get("list") for one in explained["documents"]]
    best = explained["recommendations"][0]["candidates"][0]
    assert best["item"] == "b" and best["from"] == "also_viewed ${page.item_id}"
    learned = best["learned"]
    assert learned["together"] == pytest.approx(2, rel=0.01) and learned["count"] == pytest.approx(2, rel=0.01)
    assert learned["score"] == pytest.approx(2 / math.sqrt(3 * 2) * 2 / 4.5, rel=0.02)


def test_who_does_not_count(nginx, redis):
    secret = nginx.file("keys", "k" * 40)
    secret.chmod(0o600)
    shop = Shop(nginx, redis, "try trending;", visitor=f"cookie=vid issue=on secret_file={secret}",
                extra='personalize_consent { unless cookie.no = yes; }')
    issued = shop.get("/p/?sku=a").cookie("vid")  # the first page of a new visitor
    shop.get("/p/?sku=a", "forged")
    shop.get("/p/?sku=a", issued, User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)")
    shop.get("/p/?sku=a", issued, Sec_Purpose="prefetch")
    shop.get("/p/?sku=a", issued, method="HEAD")
    shop.nginx.get("/p/?sku=a", headers={"User-Agent": BROWSER, "Cookie": f"vid={issued}; no=yes"})
    shop.get("/", issued)
    shop.get("/order", issued, method="POST")  # of nothing
    shop.get("/p/?sku=b", issued)
    shop.settle(1)
    assert shop.counted()[0]["learned"] == 1
    assert set(redis.data.zrange(next(redis.data.scan_iter("pz:trending:*")), 0, -1)) == {b"b"}
    # What is kept of the visitor is deleted.
    assert list(redis.data.scan_iter("pz:learn:*"))
    shop.get("/forget", issued, method="POST", Origin=f"http://127.0.0.1:{nginx.port}", Sec_Fetch_Site="same-origin")
    assert not list(redis.data.scan_iter("pz:learn:*"))


def test_ids_that_no_product_has(nginx, redis):
    shop = Shop(nginx, redis, "try also_viewed ${page.item_id}; try trending;", learn='"items=item:${id}"')
    shop.stock("a", "b", "c")
    view(shop, "ann", "a", "made-up", "b")
    shop.get("/order", "bob", method="POST", X_Items="made-up,a,another,c")
    shop.get("/cart", "bob", method="POST", X_Items="another")
    shop.settle(5)
    assert shop.counted()[0] == {"learned": 3, "repeated": 0, "over_budget": 0, "unknown": 2, "dropped": 0}
    assert not [key for key in redis.data.scan_iter("pz:*made-up*")]
    assert shop.rows("pz:also_viewed:")["a"].keys() == {"", "b"}
    assert shop.rows("pz:also_bought:")["a"].keys() == {"", "c"}
    for key in redis.data.scan_iter("pz:*"):
        assert not {b"made-up", b"another"} & set(redis.data.zrange(key, 0, -1))
    # A product that is new counts from its first page on.
    shop.stock("made-up")
    view(shop, "ann", "made-up")
    shop.settle(6)
    assert shop.counted()[0]["learned"] == 4
    assert "made-up" in shop.list("/")


def test_what_one_address_can_teach(nginx, redis):
    nginx.tolerate("one address")
    secret = nginx.file("keys", "k" * 40)
    secret.chmod(0o600)
    shop = Shop(nginx, redis, "try trending;", trusted="",
                visitor=f"cookie=vid issue=on secret_file={secret}")
    issued = [shop.get("/").cookie("vid") for _ in range(12)]
    for one in issued:
        view(shop, one, "a")
    shop.settle(12)
    view(shop, issued[3], "a", "a", "b")
    shop.settle(15)
    assert shop.counted()[0] == {"learned": 11, "repeated": 2, "over_budget": 2, "unknown": 0, "dropped": 0}
    # Who has everything deleted is charged anew.
    for number in range(12):
        shop.get("/forget", issued[0], method="POST", Origin=f"http://127.0.0.1:{nginx.port}",
                 Sec_Fetch_Site="same-origin")
        view(shop, issued[0], "c")
        shop.settle(16 + number)
    lessons = shop.counted()[0]
    assert lessons["learned"] == 21 and lessons["over_budget"] == 4
    # One visitor who reloads all the time takes nothing from others.
    for _ in range(130):
        shop.get("/p/?sku=b", issued[1])
    shop.settle(157)
    assert shop.counted()[0]["over_budget"] > 4


def test_orders_and_rankings(nginx, redis):
    shop = Shop(nginx, redis, "try also_bought ${page.item_id}; try bestsellers;",
                learn="by=category,brand half_life=1d")
    shop.stock("a", "b", "c", "d")
    order = '[{"item_id": "a", "quantity": 2}, {"item_id": "b"}, "b"]'
    view(shop, "zoe", "a", category="Shoes", brand="Acme")
    shop.settle(1)
    shop.get("/order", "ann", method="POST", X_Items=order)
    shop.settle(2)
    shop.get("/order", "ann", method="POST", X_Items=order)  # the page of the order is loaded again
    shop.get("/order", "bob", method="POST", X_Items="a, c ,")
    shop.get("/order", "cid", method="POST", X_Items="a,c")
    shop.get("/cart", "dan", method="POST", X_Items="d")
    shop.settle(6)
    assert shop.counted()[0] == {"learned": 5, "repeated": 1, "over_budget": 0, "unknown": 0, "dropped": 0}
    assert shop.list("/p/?sku=a") == ["c", "b", "a"]
    assert shop.list("/") == ["a", "c", "b"]
    assert {key.decode().split(":", 3)[-1] for key in redis.data.scan_iter("pz:bestsellers:*:*")} == {
        "category:Shoes", "brand:Acme"}
    trending = next(key for key in redis.data.scan_iter("pz:trending:*") if key.count(b":") == 2)
    scores = {member.decode(): score for member, score in redis.data.zscan_iter(trending)}
    assert scores["d"] == pytest.approx(scores["a"] * 3 / 16, rel=0.01)


def test_trending_by_place_and_category(nginx, redis, geo_database):
    shop = Shop(nginx, redis,
                "try trending category=${request.arg.category} country=${geo.country};"
                "try trending category=${request.arg.category};",
                learn="by=category,country",
                extra=f"personalize_geoip {geo_database};")
    shop.stock("a", "b", "c")
    poland, india = {"X_Client": "203.0.113.7"}, {"X_Client": "198.51.100.7"}
    for visitor, item, where in (("ann", "a", poland), ("bob", "a", poland), ("cid", "b", india),
                                 ("dan", "b", india), ("eve", "b", india), ("fay", "b", poland)):
        shop.get(f"/p/?sku={item}&category=Shoes", visitor, **where)
    shop.get("/p/?sku=c&category=Hats", "gus", **poland)
    shop.settle(7)
    assert shop.list("/?category=Shoes", **poland) == ["a", "b"]
    assert shop.list("/?category=Shoes", **india) == ["b", "a"]
    assert shop.list("/?category=Hats", **india) == ["c"]
    assert shop.list("/?category=Bags", **india) is None
    assert shop.list("/", **india) is None


def test_whatever_is_wrong_the_page_comes(nginx, redis):
    shop = Shop(nginx, redis, "try also_viewed ${page.item_id}; try key=best type=list ttl=0;",
                extra="personalize_cache zone=personalize:4m;")
    nginx.tolerate("personalize_learn|type=|connect|closed|timed out|is down|Redis")
    shop.stock("z")
    redis.data.rpush("best", "z")
    view(shop, "ann", "a")
    shop.settle(1)
    row = next(redis.data.scan_iter("pz:also_viewed:*"))
    redis.data.set(row, "of another type")
    assert shop.list("/p/?sku=a", "bob") == ["z"]
    wait_until(lambda: shop.counted()[1]["failed"] > 0, "the failure is counted")
    redis.data.config_set("maxmemory", "1")
    view(shop, "cid", "b")
    redis.data.config_set("maxmemory", "0")
    redis.suspend()
    try:
        view(shop, "dan", "c")
    finally:
        redis.resume()
    wait_until(lambda: (view(shop, "eve", "d"), shop.counted()[0]["learned"] >= 3)[1], "it learns again")


def test_in_a_cluster(nginx, tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    try:
        shop = Shop(nginx, cluster, "try also_viewed ${page.item_id};",
                    address=f"127.0.0.1:{cluster.nodes[0].port} mode=cluster")
        shop.stock(*range(8))
        for visitor in range(8):
            view(shop, f"v{visitor}", visitor, (visitor + 1) % 8)
        shop.settle(16)
        wait_until(lambda: sorted(shop.list("/p/?sku=3") or []) == ["2", "4"], "what goes with it")
        lessons, writes = shop.counted()
        assert lessons["learned"] == 16 and writes["failed"] == 0
    finally:
        cluster.stop()


class Exact(Together):
    """As it is documented: the nearness of a pair is what is believed of it, too."""

    def score(self, one, other):
        near = self.pairs[one].get(other, (0.0, 0))[0]
        return near / math.sqrt(self.count[one] * self.count[other]) * near / (near + 2.5) if near else 0.0


def test_lists_are_those_of_an_exact_computation(nginx, redis):
    """Shoppers of a made-up shop walk through NGINX; every list is compared."""
    catalogue = Catalogue(items=60, categories=4, brands=5, seed=3)
    sessions = list(Shoppers(catalogue, visitors=200, seed=3).sessions(250))
    shop = Shop(nginx, redis, "try also_viewed ${page.item_id};", workers=2)
    for item in catalogue.items:
        redis.set_json(f"item:{item.id}", item.document())
    views = 0
    for number, session in enumerate(sessions):
        for item in session.items:
            shop.get(f"/p/?sku={item.id}", f"s{number}")
        views += len(session.items)
    shop.settle(views)
    lessons, writes = shop.counted()
    assert lessons["dropped"] == 0 and writes["failed"] == 0
    assert lessons["learned"] == sum(len(set(session.items)) for session in sessions)
    exact = Exact([[item.id for item in session.items] for session in sessions])
    learned = {item: shop.list(f"/p/?sku={item}") or [] for item in exact.count}
    recall = recall_at_k(learned, exact)
    counts = Counter(item for names in learned.values() for item in names)
    print(f"recall@20 {recall:.3f}; the item that most lists have is in {max(counts.values()) / len(learned):.0%}")
    assert recall >= 0.9
