"""What a visitor has bought, has in the cart or does not want to see is not recommended."""

import json

import pytest

from harness.events import BROWSER
from harness.waiting import wait_until

PAGE = "<!doctype html><title>Shop</title><body><!--pz:a--><p>A</p><!--/pz-->"
LIST = '<ul data-pz-campaign="first">{{#recommend.first}}<li>{{item_id}}</li>{{/recommend.first}}</ul>'


class Shop:
    def __init__(self, nginx, redis):
        self.nginx, self.redis = nginx, redis
        nginx.page("index.html", PAGE)
        nginx.file("first.html", LIST)
        nginx.configure(f"""
          personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s;
          personalize_cache zone=personalize:4m ttl=1h;
          personalize_visitor cookie=vid;
          personalize_session;
          personalize_recommend first {{
            try key=best type=list; items "key=item:${{id}}"; exclude viewed purchased cart dismissed current;
          }}
          personalize_campaign first {{ slot a; when recommend.first; fragment first.html; }}""", """
          location / { personalize on; personalize_wait 2s; personalize_page type=product "item_id=$arg_item"; }
          location /_pz/ { personalize_endpoint; }
          location = /add { personalize_convert add_to_cart items=$arg_items; return 204; }
          location = /order { personalize_convert purchase items=$arg_items; return 204; }
          location = /preview { personalize_explain; }""")
        for one in range(1, 7):
            redis.set_json(f"item:{one}", {"name": f"N{one}", "url": f"/p/{one}"})
        redis.data.rpush("best", *"123456")
        nginx.start()

    def send(self, path, body=b"", visitor="ada", **headers):
        response = self.nginx.get(path, method="POST", body=body, headers={
            "User-Agent": BROWSER, "Cookie": f"vid={visitor}", "Sec-Fetch-Site": "same-origin", **headers})
        assert response.status == 204
        return response

    def listed(self, path="/", visitor="ada"):
        text = self.nginx.get(path, headers={"User-Agent": BROWSER, "Cookie": f"vid={visitor}"}).text
        return "".join(part.split("<")[0] for part in text.split("<li>")[1:])

    def see(self, expected, visitor="ada"):
        wait_until(lambda: self.listed(visitor=visitor) == expected, f"the list {expected}")


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis)


def test_what_conversions_tell(shop):
    assert shop.listed() == "123456" and shop.listed("/?item=6") == "12345"
    shop.see("12345")  # It was looked at.
    shop.send("/add?items=1,2")
    shop.see("345")
    shop.send("/order?items=2")
    wait_until(lambda: shop.redis.data.lrange("pz:cart:ada", 0, -1) == [b"1"], "the cart")
    assert shop.redis.data.lrange("pz:purchased:ada", 0, -1) == [b"2"]
    assert shop.redis.data.ttl("pz:purchased:ada") > 80 * 86400
    assert shop.listed() == "345"
    # A browser can tell the same. It is about that visitor alone.
    shop.send("/_pz/e", b"conversion=&metric=remove_from_cart&items=1&dismiss=&item=4"
                        b"&conversion=&metric=add_to_cart&items=%5B%7B%22item_id%22%3A%223%22%7D%5D")
    shop.see("15")
    assert shop.listed(visitor="bob") == "123456"
    shop.send("/_pz/e", b"conversion=&metric=view_cart&items=%5B%5D")
    shop.see("135")
    shop.send("/_pz/e", b"conversion=&metric=view_cart&items=5")
    shop.see("13")
    explained = json.loads(shop.nginx.get("/preview?uri=/&visitor=ada").text)["recommendations"][0]
    assert [one["item"] for one in explained["candidates"] if one["outcome"] == "excluded"] == list("2456")


def test_what_is_not_believed(shop):
    """Nothing is kept of bots, without an id, of other metrics, and of ids that are too long."""
    shop.send("/add?items=1", **{"User-Agent": "Googlebot/2.1"})
    shop.send("/_pz/e", b"conversion=&metric=add_to_cart&items=1", **{"User-Agent": "Googlebot/2.1"})
    shop.nginx.get("/add?items=1", method="POST", headers={"User-Agent": BROWSER})
    shop.send("/_pz/e", b"conversion=&metric=add_to_wishlist&items=1&click=&item=1")
    shop.send("/add?items=" + "x" * 300)
    shop.send("/add?items=2")
    shop.see("13456")
    assert [key for key in shop.redis.data.keys("pz:*") if b"session" not in key and b"visits" not in key] == [
        b"pz:cart:ada"]


def test_words_that_can_have_no_data(nginx):
    """`nginx -t` says so."""
    chain = "personalize_recommend first {{ try ${{cookie.list}}; exclude {}; }}"
    nginx.configure("personalize_visitor cookie=vid; " + chain.format("purchased"))
    assert '"exclude purchased" has nothing to read: add personalize_session' in nginx.check()[1]
    nginx.configure("personalize_redis 127.0.0.1:1; personalize_visitor cookie=vid; personalize_session; "
                    + chain.format("purchased cart dismissed current"))
    said = nginx.check()[1]
    for word, remedy in (("session.purchased", "personalize_convert purchase items="),
                         ("session.cart", "personalize_convert add_to_cart items="),
                         ("session.dismissed", "personalize_endpoint"), ("page.item_id", "personalize_page")):
        assert f'"{word}" is always missing: ' in said and remedy in said
    # A server that only redirects has no endpoint, and needs none.
    nginx.configure("personalize_redis 127.0.0.1:1; personalize_visitor cookie=vid; personalize_session; "
                    + chain.format("dismissed"),
                    "location / { personalize on; } location /_pz/ { personalize_endpoint; }")
    nginx.config_file.write_text(nginx.config_file.read_text().rstrip().removesuffix("}")
                                 + "server { listen 127.0.0.1:1; return 301 https://$host$request_uri; } }")
    assert "always missing" not in nginx.check()[1]


def test_fields_that_are_hardly_meant(nginx):
    nginx.configure("personalize_redis 127.0.0.1:1; personalize_recommend first { try ${cookie.list};"
                    " when item.prise <= 10; per item_brnd 2; when item.color exists; when item.item_category2 exists; }")
    said = nginx.check()[1]
    assert 'items hardly have a field called "prise": "price" is a usual one' in said
    assert 'field called "item_brnd": "item_brand"' in said
    assert said.count("items hardly have") == 2
