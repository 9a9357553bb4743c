"""What a session comes to: stages, prices, the visit before, and purchases."""

import json

import pytest

from harness import scene
from harness.upstream import reply
from harness.waiting import wait_until

NAMES = ["furthest", "last_page_type", "previous.furthest", "previous.last_item",
         "previous.cart_value", "lowest_price", "highest_price", "args.ref", "args.gclid",
         "top.item_variant", "distinct.item_variant", "purchases", "purchase_value", "cart_value",
         "visits"]
FRAGMENT = "<pre>" + "".join(f"{name}={{{{session.{name}}}}}\n" for name in NAMES) + """
categories={{#session.categories}}{{.}};{{/session.categories}}
purchased={{#session.purchased}}{{.}};{{/session.purchased}}
bought={{#segment.bought}}yes{{/segment.bought}}
far={{#segment.far}}yes{{/segment.far}}
</pre>"""
HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on;
  personalize_session keep_args=ref,gclid count=item_variant keep_purchases=100d;
  personalize_segment far { when session.furthest >= cart; unless session.furthest between home category; }
  personalize_segment bought { when session.last_purchase within 1h; }
  personalize_campaign all { slot hello-bar; fragment hello.html; }
"""
SERVER = """
  personalize on; personalize_wait 2s;
  location / { personalize_page type=$arg_type item_id=$arg_sku price=$arg_price value=$arg_value
                                item_category=$arg_category item_variant=$arg_variant
                                transaction_id=$arg_order items=$arg_items;
               try_files /index.html =404; }
  location /order { personalize off;
                    personalize_convert purchase value=$upstream_http_x_total
                                        id=$upstream_http_x_order items=$upstream_http_x_items;
                    proxy_pass UPSTREAM; }
  location /status { personalize off; personalize_status; }
"""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


class Shop:
    def __init__(self, nginx, redis, upstream):
        scene.prepare(nginx, fragment=FRAGMENT)
        self.nginx, self.redis, self.upstream = nginx, redis, upstream
        nginx.configure(HTTP % redis.socket, SERVER.replace("UPSTREAM", upstream.url))
        nginx.start()

    def headers(self):
        return {"User-Agent": BROWSER, "Cookie": "vid=ada"}

    def page(self, arguments=""):
        """What session.* say on a page; what is empty is left out."""
        answer = self.nginx.get(f"/?{arguments}", headers=self.headers())
        assert answer.status == 200
        inner = answer.text.split("<pre>")[1].split("</pre>")[0]
        pairs = dict(line.split("=", 1) for line in inner.splitlines() if "=" in line)
        return {name: value for name, value in pairs.items() if value}

    def view(self, arguments=""):
        """A page view, of which all is written when this returns."""
        def views():
            return int(self.redis.data.hget("pz:session:ada", "views") or 0)
        before = views()
        seen = self.page(arguments)
        wait_until(lambda: views() > before, "the page view is written")
        self.settle()
        return seen

    def settle(self):
        def is_calm():
            status = json.loads(self.nginx.get("/status?format=json").text)
            return all(server["in_flight"] == 0 for server in status["redis_servers"])
        wait_until(is_calm, "all is written")

    def order(self, number, total="10", items="", status="201 Created"):
        self.upstream.on("/order", reply(b"{}", status, [
            ("X-Order", number), ("X-Total", total), ("X-Items", items)], type="application/json"))
        self.nginx.get("/order", method="POST", body=b"{}", headers=self.headers())
        self.settle()

    def bought(self):
        return {key.decode(): value.decode()
                for key, value in self.redis.data.hgetall("pz:purchases:ada").items()}


@pytest.fixture
def shop(nginx, redis, upstream):
    return Shop(nginx, redis, upstream)


def test_a_visit_and_the_one_after_it(shop, redis):
    seen = shop.view("type=home&ref=friend&gclid=x1")
    assert seen == {"furthest": "home", "args.ref": "friend", "args.gclid": "x1", "visits": "1",
                    "distinct.item_variant": "0", "purchases": "0", "purchase_value": "0"}
    shop.view("type=product&sku=a&price=20&category=lamps&variant=green&ref=other")
    shop.view("type=product&sku=b&price=9.5&category=rugs&variant=red")
    shop.view("type=product&sku=c&price=x&category=lamps&variant=red")
    seen = shop.view("type=cart&value=29.5")
    assert (seen["furthest"], seen["last_page_type"], seen["far"]) == ("cart", "product", "yes")
    assert (seen["lowest_price"], seen["highest_price"]) == ("9.5", "20")
    assert seen["categories"] == "lamps;rugs;"
    assert (seen["top.item_variant"], seen["distinct.item_variant"]) == ("red", "2")
    assert (seen["args.ref"], seen["args.gclid"]) == ("friend", "x1")
    seen = shop.view("type=category")
    assert (seen["furthest"], seen["last_page_type"], seen["cart_value"]) == ("cart", "cart", "29.5")
    assert not any(name.startswith("previous") for name in seen)
    assert shop.page("type=product&price=5")["lowest_price"] == "5"
    shop.settle()

    # The visit ends, with what belongs to it.
    before = {key.decode() for key in redis.data.keys("pz:*:ada")}
    assert before == {"pz:session:ada", "pz:visits:ada", "pz:seen:ada", "pz:browsed:ada",
                      "pz:prices:ada"}
    for key in ("session", "browsed", "prices"):
        assert 1700 < redis.data.ttl(f"pz:{key}:ada") <= 1800
        redis.data.delete(f"pz:{key}:ada")
    previous = {"previous.furthest": "cart", "previous.last_item": "c", "previous.cart_value": "29.5"}
    for page, furthest in (("type=home", "home"), ("type=search", "home"), ("type=category", "category")):
        seen = shop.view(page)
        assert {name: seen.get(name) for name in previous} == previous
        assert seen["furthest"] == furthest and seen["visits"] == "2"
        assert "cart_value" not in seen and "lowest_price" not in seen
    assert seen["last_page_type"] == "search"
    # One that comes to nothing leaves nothing of the one before.
    redis.data.delete("pz:session:ada")
    seen = shop.view()
    assert seen["previous.furthest"] == "category"
    assert "previous.cart_value" not in seen and "previous.last_item" not in seen
    assert redis.data.ttl("pz:visits:ada") > 80 * 86400


def test_orders_count_once(shop, redis):
    """Whether the application tells, its confirmation page, or both."""
    shop.view("type=cart&value=30")
    shop.order("1001", "19.90", "a,b")
    assert shop.bought().keys() == {"purchases", "purchase_value", "last_purchase"}
    seen = shop.view()
    assert (seen["purchases"], seen["purchase_value"]) == ("1", "19.9")
    assert (seen["purchased"], seen["bought"], seen["furthest"]) == ("b;a;", "yes", "order")
    assert "cart_value" not in seen
    for _ in range(2):
        seen = shop.view("type=order&order=1001&value=19.90&items=a,b")
        assert seen["last_page_type"] != "" and "cart_value" not in seen
    shop.order("1001", "19.90")
    assert shop.bought()["purchases"] == "1"
    shop.view("type=order&order=1002&value=0.10&items=b,c")
    shop.order("", "5")  # of which nobody knows which it is
    shop.order("", "refused", status="500 Oops")
    wait_until(lambda: shop.bought()["purchases"] == "3", "all are written")
    assert shop.bought()["purchase_value"] == "25"
    assert shop.page()["purchased"] == "c;b;a;"
    for key in ("purchases", "purchased", "orders"):
        assert 99 * 86400 < redis.data.ttl(f"pz:{key}:ada") <= 100 * 86400
    assert shop.bought()["purchases"] == "3"
    # A page that does not say which order it is of is none.
    shop.view("type=order&value=7")
    assert shop.bought()["purchases"] == "3"
    # What was bought is not what the visitor left behind.
    redis.data.delete("pz:session:ada")
    seen = shop.view()
    assert seen["previous.furthest"] == "order" and "previous.cart_value" not in seen


def test_nothing_without_consent_or_for_bots(shop, redis):
    shop.upstream.on("/order", reply(b"{}", "201 Created", [("X-Order", "1"), ("X-Total", "1")]))
    for headers in ({"Sec-GPC": "1"}, {"User-Agent": "Googlebot/2.1"}, {"Cookie": "other=1"}):
        shop.nginx.get("/order", method="POST", body=b"{}", headers={**shop.headers(), **headers})
    shop.settle()
    assert redis.data.keys("pz:*") == []
