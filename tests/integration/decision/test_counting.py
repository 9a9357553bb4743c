"""Counted is what a person could have seen: exposures, and page views of sessions."""

import json

import pytest

from harness import scene
from harness.bucketing import bucket
from harness.upstream import reply
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DOCUMENT = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Accept": HTML}
ADA = {**scene.ADA, "User-Agent": BROWSER}

SEEN = {
    "a browser's": DOCUMENT,
    "an old browser's": {"Accept": HTML},
    "a tool's": {},
    "Turbo Drive's": {"Sec-Fetch-Dest": "empty", "Accept": "text/html, application/xhtml+xml"},
    "hx-boost's": {"HX-Request": "true", "HX-Boosted": "true", "Accept": "*/*",
                   "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
    "a service worker's": {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "navigate",
                           "Accept": HTML},
}
UNSEEN = {
    "a prefetch": {**DOCUMENT, "Sec-Purpose": "prefetch"},
    "a prerender": {**DOCUMENT, "Sec-Purpose": "prefetch;prerender"},
    "a prefetch of before": {"Purpose": "prefetch", "Accept": HTML},
    "Safari's preview": {"X-Purpose": "preview", "Accept": HTML},
    "a hovered link's": {"X-Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "empty", "Accept": HTML},
    "an htmx fragment's": {"HX-Request": "true", "Sec-Fetch-Dest": "empty", "Accept": "*/*"},
    "a Turbo frame's": {"Turbo-Frame": "cart", "Sec-Fetch-Dest": "empty", "Accept": HTML},
    "jQuery's": {"X-Requested-With": "XMLHttpRequest", "Accept": HTML},
    "a script's": {"Sec-Fetch-Dest": "empty", "Accept": "*/*"},
    "an iframe's": {"Sec-Fetch-Dest": "iframe", "Accept": HTML},
    "an image's": {"Sec-Fetch-Dest": "image", "Accept": "image/*,*/*;q=0.8"},
}


class Shop:
    """`proxy_pass` by a variant, and sessions."""

    def __init__(self, nginx, redis, upstream, location="", server="", extra=""):
        self.nginx = nginx
        self.redis = redis
        self.requests = 0
        for side in ("old", "new"):
            upstream.on(f"/{side}/", reply(scene.PAGE))
            upstream.on(f"/{side}/missing", reply(scene.PAGE, "404 Not Found"))
            upstream.on(f"/{side}/error", reply(scene.PAGE, "500 Internal Server Error"))
            upstream.on(f"/{side}/login", reply(scene.PAGE, "302 Found",
                                                headers={"Location": "/"}))
            upstream.on(f"/{side}/logo", reply("png", type="image/png"))
            upstream.on(f"/{side}/api", reply("{}", type="application/json"))
            upstream.on(f"/{side}/save", reply(scene.PAGE, headers={
                "Content-Disposition": "attachment"}))
            upstream.on(f"/{side}/packed", reply(scene.PAGE, headers={"Content-Encoding": "br"}))
            upstream.on(f"/{side}/part", reply("part", "206 Partial Content", headers={
                "Content-Range": "bytes 0-3/9"}))
        scene.prepare(nginx)
        nginx.configure(scene.http(redis.socket, extra=f"""
          personalize_session;
          personalize_experiment shop {{ variants old new; }} {extra}
        """), f"""
          personalize_wait 2s;
          location / {{ personalize on; {location}
                        proxy_pass {upstream.url}/$personalize_variant_shop$uri; }}
          location /plain/ {{ {location} try_files /index.html =404; }}
          location = /status {{ personalize_status; }}
          {server}
        """)
        nginx.start()

    def counted(self):
        status = json.loads(self.nginx.get("/status?format=json").text)
        return sum(status["exposures"]["shop"].values())

    def views(self):
        return int(self.redis.data.hget("pz:session:ada", "views") or 0)

    def ask(self, path="/", headers=(), **options):
        self.requests += 1
        response = self.nginx.get(path, headers={**ADA, **dict(headers)}, **options)
        wait_until(lambda: len(self.nginx.log(1)) >= self.requests, "the log")
        return response

    def settle(self, counted):
        """Waits until what was asked before is counted, by one more that is."""
        self.ask(headers=DOCUMENT)
        wait_until(lambda: (self.counted(), self.views()) >= (counted + 1, counted + 1),
                   "the counts")
        assert (self.counted(), self.views()) == (counted + 1, counted + 1)


@pytest.fixture
def shop(nginx, redis, upstream):
    return Shop(nginx, redis, upstream)


@pytest.mark.parametrize("whose", SEEN)
def test_a_page_that_is_seen_is_counted(shop, whose):
    for _ in range(3):
        assert shop.ask(headers=SEEN[whose]).status == 200
    shop.settle(3)


def test_what_is_not_seen_is_not_counted(shop):
    for whose, headers in UNSEEN.items():
        response = shop.ask(headers=headers)
        assert response.status == 200, whose
    shop.settle(0)


def test_what_is_no_page_is_not_counted(shop):
    for path in ("/missing", "/error", "/login", "/logo", "/api", "/save", "/part"):
        shop.ask(path, DOCUMENT)
    shop.ask("/", DOCUMENT, method="HEAD")
    shop.ask("/", DOCUMENT, method="POST", body=b"a=b")
    shop.settle(0)


def test_a_page_that_is_passed_on_is_seen_all_the_same(shop):
    """The upstream compressed it in a way that nobody here can undo; the variant is in it."""
    assert shop.ask("/packed", DOCUMENT).get("content-encoding") == "br"
    wait_until(lambda: shop.counted() == 1, "the count")


REDIRECT = """
  location /go { personalize on;
    if ($personalize_variant_shop = new) { return 302 /new-shop/; } try_files /index.html =404; }
"""
NEW = next(f"u{i}" for i in range(99) if bucket("shop", f"u{i}") >= 0.5)
OLD = next(f"u{i}" for i in range(99) if bucket("shop", f"u{i}") < 0.5)


def test_a_redirect_that_the_variant_chose_leads_to_what_is_seen(nginx, redis, upstream):
    shop = Shop(nginx, redis, upstream, server=REDIRECT)
    for visitor, status in ((NEW, 302), (OLD, 200)):
        response = shop.ask("/go", {**DOCUMENT, "Cookie": f"vid={visitor}"})
        assert response.status == status
        shop.ask("/go", {**DOCUMENT, "Cookie": f"vid={visitor}", "Sec-Purpose": "prefetch"})
        shop.ask("/go", {"Cookie": f"vid={visitor}", "Sec-Fetch-Dest": "image"})
    wait_until(lambda: shop.counted() == 2, "both sides are counted once")


def test_a_choice_that_leads_elsewhere_inside(nginx, redis, upstream):
    """The location that answers is not personal, and its page is seen."""
    shop = Shop(nginx, redis, upstream, server="""
      location /go { personalize on;
        if ($personalize_variant_shop) { rewrite ^ /plain/ last; } }
    """)
    shop.ask("/go", DOCUMENT)
    wait_until(lambda: shop.counted() == 1, "the count")


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_a_log_exposes_nobody(nginx, redis, upstream, connection):
    """What is only logged has decided nothing."""
    shop = Shop(nginx, redis, upstream, extra="log_format shop '$personalize_variant_shop';",
                server=f"""
      access_log {nginx.directory}/access.log test; access_log {nginx.directory}/shop.log shop;
      location /quiet {{ personalize on; try_files /index.html =404; }}
    """)
    shop.ask("/quiet", {**DOCUMENT, "Connection": connection})
    shop.ask("/", {**DOCUMENT, "Connection": connection})
    log = nginx.directory / "shop.log"
    wait_until(lambda: log.read_text().count(bucketed()) == 2, "both are logged")
    wait_until(lambda: shop.counted() == 1, "the page that the variant chose is counted")


def bucketed():
    return "old" if bucket("shop", "ada") < 0.5 else "new"
