"""Shoppers walk through a shop of 50,000 items, imported as a feed: what their pages recommend."""

import json
import random
import subprocess
from urllib.parse import quote

import pytest

from harness.events import BROWSER
from harness.nginx import ROOT
from harness.shop.catalogue import Catalogue
from harness.shop.shoppers import Shoppers
from harness.waiting import wait_until

PAGE = ("<!doctype html><title>Shop</title><body>" +
        "".join(f"<!--pz:{name}--><p>{name}</p><!--/pz-->" for name in ("similar", "for_you", "seen")))
LIST = '<ul data-pz-campaign="NAME">{{#recommend.NAME}}<li>{{item_id}}={{price}}={{item_brand}}</li>{{/recommend.NAME}}</ul>'
CHAINS = {
    "similar": """
        try "key=similar:${page.item_id}"; try "key=best:${page.item_category2}" type=list; try key=best type=list;
        exclude current purchased cart; limit 8; min 4;""",
    "for_you": """
        try "${profile.recommended}"; try "key=best:${session.top_category}" type=list; try key=best type=list;
        exclude viewed purchased cart dismissed current;
        when item.price between 0 "${profile.budget}"; unless item.item_brand = "Brand 0";
        boost 2 when item.item_brand = "${profile.brand}"; per item_brand 2; limit 6; min 3;""",
    "seen": "try viewed; exclude current purchased; limit 5;",
}
BUDGET = 60
SESSIONS = 25


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue()


@pytest.fixture(scope="module")
def sessions(catalogue):
    return list(Shoppers(catalogue, visitors=40, buys=0.15, seed=3).sessions(SESSIONS))


def stock(redis, catalogue, sessions):
    """What a shop writes: the catalogue, and what its jobs have computed."""
    feed = "".join(json.dumps(item.document()) + "\n" for item in catalogue.items).encode()
    subprocess.run([ROOT / "scripts" / "import-catalogue", "--redis", f"unix:{redis.socket}", "--quiet", "-"],
                   input=feed, check=True, timeout=120)
    chance = random.Random(5)
    pipe = redis.data.pipeline()

    def best(key, items):
        ranked = sorted(items, key=lambda item: -item.weight)[:100]
        pipe.rpush(key, *(item.id for item in ranked))

    best("best", catalogue.items)
    for key, shelf in catalogue.shelves.items():
        if isinstance(key, int):
            best(f"best:Category {key}", shelf.items)
    for item in {item.number: item for session in sessions for item in session.items}.values():
        others = chance.sample(catalogue.shelves[item.category].items, 12)
        # Some are gone, some are numbers of another shop: they are passed over.
        pipe.set(f"similar:{item.id}", json.dumps([other.id for other in others] + ["sku-none", 7]))
    for visitor in {session.visitor for session in sessions}:
        pipe.set(f"profile:{visitor}", json.dumps({
            "budget": BUDGET, "brand": f"Brand {chance.randrange(30)}",
            "recommended": [{"id": item.id} for item in chance.sample(catalogue.items, 20)]}))
    for item in chance.sample(catalogue.items[:2000], 200):
        pipe.set(f"item:{item.id}", json.dumps({**item.document(), "available": False}))
    pipe.execute()


@pytest.fixture
def shop(nginx, redis, catalogue, sessions):
    stock(redis, catalogue, sessions)
    nginx.page("index.html", PAGE)
    for name in CHAINS:
        nginx.file(f"{name}.html", LIST.replace("NAME", name))
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s;
      personalize_cache zone=personalize:32m ttl=1h;
      personalize_visitor cookie=vid;
      personalize_session;
      personalize_new_visitors off;
      personalize_source profile "key=profile:${{visitor.id}}";""" + "".join(f"""
      personalize_recommend {name} {{ items "key=item:${{id}}"; {body} }}
      personalize_campaign {name} {{ slot {name}; when recommend.{name}; fragment {name}.html; }}"""
      for name, body in CHAINS.items()), """
      personalize_wait 5s;
      location / { personalize on; personalize_page type=product "item_id=$arg_sku" "item_category=$arg_cat"
                                                    "item_category2=$arg_cat"; }
      location /_pz/ { personalize_endpoint; }
      location = /buy { personalize_convert purchase items=$arg_sku; return 204; }
      location = /explain { personalize_explain; }""")
    nginx.start()
    return nginx


class Shopper:
    def __init__(self, nginx, redis, visitor):
        self.nginx, self.redis, self.visitor = nginx, redis, visitor
        self.seen, self.bought, self.dismissed = [], [], []
        self.headers = {"User-Agent": BROWSER, "Cookie": f"vid={visitor}", "Sec-Fetch-Site": "same-origin"}

    def wait_kept(self, part, item):
        wait_until(lambda: self.redis.data.lindex(f"pz:{part}:{self.visitor}", 0) == item.id.encode(),
                   f"{part} is kept")

    def look(self, item):
        """What the page shows: {list: [(id, price, brand), …]}."""
        category = quote(f"Category {item.category}")
        response = self.nginx.get(f"/?sku={item.id}&cat={category}", headers=self.headers)
        assert response.status == 200
        parts = response.text.split('<ul data-pz-campaign="')[1:]
        found = {part.split('"')[0]: [tuple(li.split("<")[0].split("=")) for li in part.split("<li>")[1:]]
                 for part in parts}
        self.wait_kept("seen", item)
        return found

    def note(self, item):
        self.seen = [item.id] + [one for one in self.seen if one != item.id]

    def buy(self, item):
        assert self.nginx.get(f"/buy?sku={item.id}", method="POST", headers=self.headers).status == 204
        self.wait_kept("purchased", item)
        self.bought.append(item.id)

    def dismiss(self, sku):
        body = f"dismiss=&item={sku}&list=for_you".encode()
        assert self.nginx.get("/_pz/e", method="POST", headers=self.headers, body=body).status == 204
        wait_until(lambda: self.redis.data.lindex(f"pz:dismissed:{self.visitor}", 0) == sku.encode(), "it is kept")
        self.dismissed.append(sku)

    def explain(self, item):
        query = (f"uri=/&visitor={self.visitor}&page.item_id={item.id}"
                 f"&page.item_category2={quote(f'Category {item.category}')}")
        lists = json.loads(self.nginx.get(f"/explain?{query}").text)["recommendations"]
        return {one["recommendation"]: one for one in lists}


def check(shopper, item, found):
    ids = {name: [one for one, *_ in items] for name, items in found.items()}
    for name, one in ids.items():
        assert len(set(one)) == len(one), name
        assert item.id not in one and not set(one) & set(shopper.bought)
    assert not set(ids.get("similar", [])) & set(ids.get("for_you", []))
    assert len(ids["similar"]) == 8 and "sku-none" not in ids["similar"]
    mine = found["for_you"]
    assert 3 <= len(mine) <= 6
    assert not set(ids["for_you"]) & {*shopper.seen, *shopper.dismissed}
    assert all(float(price) <= BUDGET and brand != "Brand 0" for _, price, brand in mine)
    brands = [brand for *_, brand in mine]
    assert max(map(brands.count, brands)) <= 2
    expected = [one for one in shopper.seen[:20] if one != item.id and one not in shopper.bought]
    assert set(ids.get("seen", [])) <= set(expected)
    assert len(ids.get("seen", [])) >= min(5, len(expected)) - 1  # one may be sold out


def test_shoppers_among_50000_items(shop, redis, sessions):
    shoppers = {}
    explained = 0
    for session in sessions:
        shopper = shoppers.setdefault(session.visitor, Shopper(shop, redis, session.visitor))
        for item in session.items[:8]:
            found = shopper.look(item)
            check(shopper, item, found)
            shopper.note(item)
            # Nothing has changed but that this item was looked at, which these lists leave out anyway.
            again = shopper.look(item)
            assert again["similar"] == found["similar"]
            assert again == shopper.look(item)
            check(shopper, item, again)
            if explained < 20:
                explained += 1
                lists = shopper.explain(item)
                assert lists["similar"]["list"] == [one for one, *_ in again["similar"]]
                became = {one["item"]: one["outcome"] for one in lists["for_you"]["candidates"]
                          if one["outcome"] != "duplicate"}
                assert all(became[one] in ("listed", "surplus", "crowded") for one, *_ in again["for_you"])
                assert all(became.get(one, "excluded") == "excluded" for one in shopper.seen)
            if item in session.order:
                shopper.buy(item)
            elif len(shopper.dismissed) < 2:
                shopper.dismiss(again["for_you"][0][0])
    assert explained == 20 and any(shopper.bought for shopper in shoppers.values())
    assert sum(len(shopper.seen) for shopper in shoppers.values()) > 60
