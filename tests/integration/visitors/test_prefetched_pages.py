"""Pages that are prefetched: counted once somebody looks at them, by a ticket that the page carries."""

import json
import re

import pytest

from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PREFETCH = {"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
PAGE = "<!doctype html><html><head><title>T</title></head><body><!--pz:s-->Default<!--/pz--></body></html>"
HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on %s;
  personalize_session;
"""
SERVER = """
  personalize_experiment bars { variants a=50 b=50; }
  personalize_campaign bar { slot s; when experiment.bars = b; fragment bar.html; }
  %s
  location / { personalize on; personalize_wait 2s; try_files /index.html =404; }
  location /p/ { personalize on; personalize_page type=product item_id=sku-1 item_category=shoes;
                 try_files /index.html =404; }
  location /plain/ { personalize off; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
"""


class Shop:
    def __init__(self, nginx, redis, server="", visitor="", http=""):
        self.nginx, self.redis = nginx, redis
        nginx.page("index.html", PAGE)
        nginx.file("bar.html", "<p>Bar</p>")
        nginx.configure(HTTP % (redis.socket, visitor) + http, SERVER % server)
        nginx.start()

    def get(self, path="/", visitor="ada", **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        response = self.nginx.get(path, headers={"User-Agent": BROWSER, **cookie, **headers})
        assert response.status == 200 and response.complete
        return response

    def ticket(self, path="/", visitor="ada", **headers):
        """What a page that is prefetched carries; None for nothing."""
        found = re.findall(r'data-pz-view="([\w-]+)"',
                           self.get(path, visitor, **{**PREFETCH, **headers}).text)
        assert len(found) <= 1
        return found[0] if found else None

    def hand_in(self, ticket, visitor="ada", **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        before = self.counted()
        response = self.nginx.get("/_pz/e", method="POST", body=f"v={ticket}".encode(), headers={
            "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **cookie, **headers})
        assert response.status == 204 and response.cookie("pz") is None
        return self.counted() > before

    def status(self):
        return json.loads(self.nginx.get("/status?format=json").text)

    def counted(self):
        return self.status()["prefetched_views"]["counted"]

    def exposures(self):
        return sum(self.status()["exposures"]["bars"].values())

    def session(self, visitor="ada"):
        return {name.decode(): value.decode()
                for name, value in self.redis.data.hgetall(f"pz:session:{visitor}").items()}

    def views(self, visitor="ada"):
        return int(self.session(visitor).get("views", 0))


@pytest.fixture
def shop(nginx, redis):
    return lambda **options: Shop(nginx, redis, **options)


def test_a_prefetched_page_is_counted_when_it_is_looked_at(shop):
    shop = shop()
    ticket = shop.ticket("/p/", Referer="https://search.example/?q=shoes")
    assert shop.views() == 0 and shop.exposures() == 0
    assert shop.hand_in(ticket)
    wait_until(lambda: "landing_path" in shop.session(), "the session has begun")
    session = shop.session()
    assert session["landing_path"] == "/p/" and session["referer_host"] == "search.example"
    assert session["last_item"] == "sku-1" and session["views"] == "1"
    assert shop.exposures() == 1
    assert shop.redis.data.lrange("pz:seen:ada", 0, -1) == [b"sku-1"]


def test_a_ticket_counts_once(shop):
    shop = shop()
    ticket = shop.ticket()
    assert shop.hand_in(ticket)
    for _ in range(5):
        assert not shop.hand_in(ticket)
    wait_until(lambda: shop.views() == 1, "the view is written")
    assert shop.exposures() == 1
    assert shop.status()["prefetched_views"] == {"counted": 1, "refused": 5}
    # Each page has another one.
    assert shop.hand_in(shop.ticket())
    wait_until(lambda: shop.views() == 2, "the view is written")


def test_what_is_looked_at_at_once_is_counted_at_once(shop):
    shop = shop()
    assert "data-pz-view" not in shop.get().text
    wait_until(lambda: shop.views() == 1 and shop.exposures() == 1, "the view is counted")


@pytest.mark.parametrize("headers", [
    {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Dest": "document"},
    {"X-Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "empty", "Accept": "text/html"},
    {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "empty"}])
def test_ways_to_prefetch(shop, headers):
    shop = shop()
    assert "data-pz-view" in shop.get(**headers).text


@pytest.mark.parametrize("headers", [
    {"Turbo-Frame": "cart"}, {"HX-Request": "true"}, {"User-Agent": "Googlebot/2.1"},
    {"Sec-Fetch-Dest": "iframe"}])
def test_what_would_not_be_counted_has_no_ticket(shop, headers):
    shop = shop()
    assert shop.ticket(**headers) is None
    assert shop.ticket("/plain/") is None


def test_nobody_else_can_hand_it_in(shop):
    shop = shop()
    ticket = shop.ticket()
    assert not shop.hand_in(ticket, "bob")
    assert not shop.hand_in(ticket, None)
    assert not shop.hand_in(ticket, Host="other.example")
    assert not shop.hand_in(ticket, **{"User-Agent": "Googlebot/2.1"})
    assert not shop.hand_in(ticket, **{"Sec-Purpose": "prefetch"})
    forged = ticket[:-2] + ("A" if ticket[-2] != "A" else "B") + ticket[-1]
    assert not shop.hand_in(forged)
    assert not shop.hand_in("A" * 3000)
    assert shop.hand_in(ticket)


def test_reports_and_tickets_of_other_sites_are_refused(shop):
    shop = shop()
    response = shop.nginx.get("/_pz/e", method="POST", body=f"v={shop.ticket()}".encode(),
                              headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status == 403 and shop.counted() == 0


def test_a_new_visitor_is_exposed_and_has_no_session_yet(shop):
    shop = shop()
    response = shop.get("/", None, **PREFETCH)
    visitor = response.cookie("vid")
    ticket = re.search(r'data-pz-view="([\w-]+)"', response.text).group(1)
    assert shop.hand_in(ticket, visitor)
    assert shop.exposures() == 1
    assert shop.redis.data.keys("pz:*") == []


def test_where_nothing_is_to_be_counted_the_page_is_the_original(nginx, redis):
    shop = Shop(nginx, redis)
    nginx.configure(HTTP % (redis.socket, ""), """
      personalize_experiment unused { variants a=50 b=50; }
      personalize_campaign bar { slot s; when cookie.no; fragment bar.html; }
      location / { personalize on; try_files /index.html =404; }
      location /_pz/ { personalize_endpoint; }""")
    nginx.reload()
    assert shop.get("/", None, **PREFETCH).text == PAGE
    # A visitor who has been here has a session.
    assert shop.get("/", **PREFETCH).text != PAGE


def test_without_an_endpoint_nobody_could_tell(nginx, redis):
    nginx.page("index.html", PAGE)
    nginx.file("bar.html", "<p>Bar</p>")
    nginx.configure(HTTP % (redis.socket, ""), """
      personalize_campaign bar { slot s; when cookie.no; fragment bar.html; }
      location / { personalize on; try_files /index.html =404; }""")
    nginx.start()
    response = nginx.get("/", headers={"User-Agent": BROWSER, "Cookie": "vid=ada", **PREFETCH})
    assert response.text == PAGE


def test_the_ticket_stands_behind_what_a_campaign_has_at_the_end(shop):
    shop = shop(server="personalize_campaign end { slot body-end; fragment bar.html; }")
    text = shop.get(**PREFETCH).text
    assert re.search(r'<p>Bar</p><script src="/_pz/personalize.js\?v=\w+"[^>]* data-pz-view="[\w-]+" '
                     r'defer=""></script></body></html>$', text), text
    assert shop.hand_in(re.search(r'data-pz-view="([\w-]+)"', text).group(1))


def test_the_script_has_the_nonce_of_the_page(shop):
    shop = shop(server="add_header Content-Security-Policy \"script-src 'nonce-abc123'\";")
    assert re.search(r'<script [^>]*nonce="abc123"[^>]* data-pz-view=', shop.get(**PREFETCH).text)


def test_without_consent_nothing_is_written(shop):
    shop = shop()
    ticket = shop.ticket()
    assert not shop.hand_in(ticket, **{"Sec-GPC": "1"})
    assert shop.views() == 0


def test_tickets_outlast_a_reload(shop, nginx):
    shop = shop()
    ticket, other = shop.ticket(), shop.ticket()
    assert shop.hand_in(ticket)
    nginx.reload()
    assert not shop.hand_in(ticket)
    assert shop.hand_in(other)


def test_servers_with_the_same_secret_take_each_others_tickets(shop, nginx):
    key = nginx.file("secret", "0123456789abcdef0123456789abcdef\n")
    key.chmod(0o600)
    shop = shop(visitor=f"secret_file={key}")
    response = shop.get("/", None)
    cookie = response.cookie("vid")
    ticket = shop.ticket(visitor=cookie)
    nginx.stop()
    nginx.start()
    assert shop.hand_in(ticket, cookie)
    # A new key does not invalidate what the old one sealed.
    ticket = shop.ticket(visitor=cookie)
    key.write_text("fedcba9876543210fedcba9876543210\n0123456789abcdef0123456789abcdef\n")
    nginx.reload()
    assert shop.hand_in(ticket, cookie)


def test_the_budget_of_new_visitors_applies(shop):
    shop = shop(http="personalize_new_visitors 2/h;")
    for visitor in ("ann", "bob", "cleo"):
        assert shop.hand_in(shop.ticket(visitor=visitor), visitor)
    wait_until(lambda: shop.views("ann") == shop.views("bob") == 1, "the views are written")
    assert shop.status()["session_writes"]["over_budget"] == 1
    assert shop.views("cleo") == 0
