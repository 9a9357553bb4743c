"""Tactics of shops as tables: small configurations, visitors, and what a page shows them.

    tactic("cart_reminder", '''
        personalize_campaign reminder { slot bar; when session.cart_value > 0;
                                        widget hello-bar; set text "{{session.cart_value}} in the cart"; }
    ''', {
        "with a cart": [cart(20), home, "reminder: 20 in the cart"],
        "who has ordered": [cart(20), order("1001"), home, None],
    })

Each tactic is a server of one NGINX. A case is what a visitor does, and at its end what the page looked at last shows:
`None`, "CAMPAIGN", "CAMPAIGN: words of the page … further words", or several of them. Visitors have an id that was issued to
them before, but for those who begin with `newcomer`. The last page is explained before it is asked for, and must be as
explained.
"""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .browser import PHONE, Browser, today
from .waiting import wait_until

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>Shop</title></head><body>
<!--pz:bar-->Bar<!--/pz-->
<main><!--pz:main-->Main<!--/pz--><!--pz:price-->Price<!--/pz--></main>
<aside><!--pz:side-->Aside<!--/pz--></aside>
</body></html>
"""

# What pages are is said in headers of the request, as any application would in those of its response.
FIELDS = ("type item_id item_name item_brand item_variant item_category item_category2 price value items coupon "
          "transaction_id search_term").split()
LOCATIONS = """
    location / {
      personalize_page %(fields)s;
      %(location)s
      try_files /index.html =404;
    }
    location /_pz/ { personalize_endpoint; }
    location = /_pz/explain { personalize_explain; personalize_wait 5s;
                               allow 127.0.0.1; allow 192.168.0.0/16; deny all; }
"""
COMMON = """
  server_names_hash_bucket_size 128;
  server_names_hash_max_size    4096;
  personalize_redis   unix:%(redis)s timeout=5s connect_timeout=5s;
  personalize_geoip   %(geo)s;
  personalize_locale  en-IE EUR;
  personalize_visitor cookie=vid issue=on secret_file=visitor.key;
  personalize_preview secret_file=preview.key;
  personalize_session keep_args=ref,gclid count=item_variant;
  personalize_source  profile "key=profile:${visitor.id}";
  personalize_source  cart    "key=cart:${visitor.id}";
"""


@dataclass
class Tactic:
    name: str
    config: str  # of its server
    cases: dict
    http: str = ""  # sources, and what they need
    location: str = ""


def tactic(name, config, cases, **more):
    return Tactic(name, config, cases, **more)


# ---- What visitors do

@dataclass
class View:
    path: str
    fields: dict
    headers: dict

    def __call__(self, visitor):
        visitor.view(self)

    def at(self, path, **headers):
        """The same page at another address."""
        return View(path, self.fields, headers)


def page(path="/", headers=None, **fields):
    return View(path, {name: str(value) for name, value in fields.items()}, headers or {})


home = page(type="home")


def product(item_id, category=None, **fields):
    if category is not None:
        fields["item_category"] = category
    return page(f"/p/{item_id}", type="product", item_id=item_id, **fields)


def category(name, **fields):
    return page("/c/", type="category", item_category=name, **fields)


def cart(value, **fields):
    return page("/cart", type="cart", value=value, **fields)


def checkout(value):
    return page("/checkout", type="checkout", value=value)


def search(term):
    return page("/search", type="search", search_term=term)


def thanks_page(transaction_id, **fields):
    return page("/thanks", type="order", transaction_id=transaction_id, **fields)


def order(transaction_id, **fields):
    """The page after an order, seen for the first time."""
    return lambda visitor: visitor.buy(thanks_page(transaction_id, **fields))


def newcomer(visitor):
    visitor.browser.cookies.clear()


def later(days):
    return lambda visitor: visitor.come_back(days)


def comes(**headers):
    """With each request: comes(X_Client=POLAND, User_Agent=PHONE)."""
    return lambda visitor: visitor.browser.headers.update(
        {name.replace("_", "-"): value for name, value in headers.items()})


POLAND = comes(X_Client="203.0.113.77")
INDIA = comes(X_Client="198.51.100.1")
on_a_phone = comes(User_Agent=PHONE)


def has(**cookies):
    return lambda visitor: visitor.browser.cookies.update(cookies)


def told(form):
    return lambda visitor: visitor.browser.answer(form() if callable(form) else form)


def saw(campaign):
    return lambda visitor: visitor.browser.tell(f"impression={campaign}")


def clicked(campaign):
    return lambda visitor: visitor.browser.tell(f"impression={campaign}", f"click={campaign}")


def dismissed(campaign):
    return lambda visitor: visitor.browser.tell(f"impression={campaign}", f"dismiss={campaign}")


def is_known(**profile):
    """What the shop knows of the visitor."""
    return there_is("profile:ID", profile)


def there_is(key, value):
    """A document in Redis: JSON, or "list:a b c" or "zset:best next". ID is the visitor's."""
    def step(visitor):
        data, name = visitor.browser.redis.data, key.replace("ID", visitor.browser.id)
        kind, _, members = value.partition(":") if isinstance(value, str) else ("json", "", "")
        data.delete(name)
        if kind == "list":
            data.rpush(name, *members.split())
        elif kind == "zset":
            data.zadd(name, {one: -place for place, one in enumerate(members.split())})
        else:
            data.set(name, json.dumps(value, default=lambda later: later()))
    return step


def in_days(days, form="%Y-%m-%d"):
    """A date for a document or a form, counted from when the visitor comes: a table is read long before."""
    return lambda: today(days, form)


def at(date):
    """From now on pages are seen as at that time, by a preview."""
    return lambda visitor: visitor.preview(date)


# ---- The shop, and its visitors

class TacticShop:
    def __init__(self, nginx, redis, geo_database, tactics):
        self.nginx, self.redis = nginx, redis
        self.preview_key = secrets.token_hex(32)
        for name, key in ("visitor.key", secrets.token_hex(32)), ("preview.key", self.preview_key):
            nginx.file(name, key + "\n").chmod(0o600)
        nginx.page("index.html", PAGE)
        fields = " ".join(f"{field}=$http_x_{field}" for field in FIELDS)
        http = COMMON % {"redis": redis.socket, "geo": geo_database}
        for one in tactics:
            http += f"""
  {one.http}
  server {{
    listen 127.0.0.1:{nginx.port};
    server_name {self.host(one)};
    root {nginx.directory}/html;
    personalize on;
    personalize_wait 5s;
    {one.config}
    {LOCATIONS % {"fields": fields, "location": one.location}}
  }}
"""
        nginx.configure(http)
        code, output = nginx.check()
        assert code == 0 and "[warn]" not in output, output
        nginx.start()

    @staticmethod
    def host(one):
        return one.name.replace("_", "-") + ".example"


class Visitor:
    def __init__(self, shop, one):
        self.shop = shop
        self.host = shop.host(one)
        self.browser = Browser(shop.nginx, shop.redis, Host=self.host)
        self.browser.look()
        self.time = None
        self.told = None  # by personalize_explain, of the page looked at last
        self.shown = None

    def view(self, view):
        self.told = self._explain(view)
        headers = {**view.headers, **{f"X-{name.title()}": value for name, value in view.fields.items()}}
        self.shown = self.browser.look(view.path, **headers)

    def buy(self, view):
        data, key = self.browser.redis.data, f"pz:purchases:{self.browser.id}"
        before = data.hget(key, "purchases")
        self.view(view)
        wait_until(lambda: data.hget(key, "purchases") != before, "the purchase is written")

    def come_back(self, days):
        self.browser.come_back(days)

    def preview(self, date):
        self.time = date
        items, expires = f"time={date}", int(time.time()) + 3600
        text = f"personalize preview 2\n{self.host}\n{expires}\n{items}"
        signature = hmac.new(self.shop.preview_key.encode(), text.encode(), hashlib.sha256).hexdigest()
        self.browser.request(f"/_pz/preview?set={quote(items, safe='')}&exp={expires}&sig={signature}&to=/")
        assert any("pz-preview" in name for name in self.browser.cookies)

    def _explain(self, view):
        browser = self.browser
        asked = {"host": self.host, "uri": view.path}
        if "vid" in browser.cookies:
            asked["visitor"] = browser.id
        asked.update({f"cookie.{name}": value for name, value in browser.cookies.items()
                      if name != "vid" and "preview" not in name})
        asked.update({f"page.{name}": value for name, value in view.fields.items()})
        headers = {**browser.headers, **view.headers}
        if "X-Client" in headers:
            asked["ip"] = headers["X-Client"]
        if self.time:
            asked["time"] = self.time
        asked.update({f"header.{name}": value for name, value in headers.items() if name not in ("Host", "X-Client")})
        # Variables of the configuration go by the address of who asks.
        staff = headers.get("X-Client", "").startswith("192.168.")
        answer = self.shop.nginx.get("/_pz/explain?" + urlencode(asked), headers={
            "Host": self.host, "X-Client": headers["X-Client"] if staff else None})
        assert answer.status == 200, answer.text
        return json.loads(answer.text)

    def winners(self):
        return sorted(slot["winner"] for slot in self.told["slots"] if slot["winner"])


def check(shop, one, steps):
    """Does what a case says, and compares the page with what is expected and with what is explained."""
    *steps, expected = steps
    visitor = Visitor(shop, one)
    for step in steps:
        step(visitor)
    expected = () if expected is None else (expected,) if isinstance(expected, str) else tuple(expected)
    said = visitor.browser.says()
    why = [{"slot": slot["slot"], "campaigns": slot["campaigns"]} for slot in visitor.told["slots"]]
    names = sorted(line.split(":")[0] for line in expected)
    assert sorted(visitor.shown) == names, f"{said}\n{json.dumps(why, indent=1)}"
    for line in expected:
        place = 0
        for words in line.partition(":")[2].split("…"):
            found = said.find(words.strip(), place)
            assert found >= 0, f"{words.strip()!r} is not in (the rest of): {said}"
            place = found
    assert visitor.told["complete"] is True
    assert visitor.winners() == names, json.dumps(why, indent=1)
