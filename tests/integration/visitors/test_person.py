"""personalize_person: what is kept belongs to whoever is signed in, on every device."""

import hashlib
import json
import re
import threading
import time

import pytest
from redis.crc import key_slot

from harness.devices import Device, campaign_key
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until

KEY = "0123456789abcdef0123456789abcdef"
PAGE = """<!doctype html><html><head><title>T</title></head><body>
<!--pz:who--><!--/pz--><!--pz:bar--><!--/pz--><!--pz:offer--><!--/pz--></body></html>"""
HTTP = """
  personalize_redis {redis} timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid issue=on secret_file={secret};
  personalize_new_visitors off;
  personalize_session;
  map $cookie_sid $known {{ default ""; s-ann ann; s-bob bob; s-odd "Zoë O'Neill <zoe@shop.example>"; }}
  personalize_collect about {{ field size in 36 37 38; keep 30d; }}
  {person}
  {http}
"""
SITE = """
  auth_request /auth;
  auth_request_set $user $known;
  personalize_wait 5s;
  location = /auth { internal; auth_request off; return 204; }
  personalize_campaign who {
    slot who; content '<p id="who">{{person.id}}|{{session.views}}|{{session.visits}}|{{#session.viewed}}{{.}},{{/session.viewed}}|{{session.purchases}}|{{answers.size}}|{{session.utm_source}}</p>';
  }
  personalize_campaign bar { slot bar; cap 2/session; stop after=dismiss; content '<p data-pz-campaign="bar">Bar</p>'; }
  personalize_campaign next { slot bar; priority -1; when campaign.bar.shown > 0; content '<p data-pz-campaign="next">Next</p>'; }
  location / { personalize on; try_files /index.html =404; }
  location /p/ { personalize on; personalize_page type=product item_id=$arg_sku; try_files /index.html =404; }
  location /bought { personalize on; personalize_page type=order transaction_id=$arg_id value=10 items=sku-9; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /forget { personalize_forget; }
  location = /explain { personalize_explain; }
  location = /status { auth_request off; personalize_status; }
"""
PERSON = "personalize_person $user;"


def key(person):
    return "{person:%s}" % hashlib.sha256(person.encode()).hexdigest()[:32]


class Shop:
    def __init__(self, nginx, redis, person=PERSON, http="", site="", **options):
        self.nginx, self.redis = nginx, redis
        nginx.page("index.html", PAGE)
        secret = nginx.file("secret", KEY + "\n")
        secret.chmod(0o600)
        where = options.pop("address", None) or f"unix:{redis.socket}"
        nginx.configure(HTTP.format(redis=where, secret=secret, person=person, http=http), SITE + site,
                        **options)
        nginx.start()

    def device(self):
        return Device(self.nginx)

    def known(self, device, path="/"):
        """What the page says: person, views, visits, items, purchases, size, source."""
        who, views, visits, viewed, purchases, size, source = re.search(
            r'id="who">([^<]*)<', device.go(path)).group(1).split("|")
        return {"who": who, "views": int(views or 0), "visits": int(visits or 0),
                "viewed": [item for item in viewed.split(",") if item],
                "purchases": int(float(purchases or 0)), "size": size, "source": source}

    def keys(self, owner):
        return sorted(name.decode() for name in self.redis.data.keys("pz:*")
                      if owner.encode() in name and not name.startswith(b"pz:merged"))

    def settle(self):
        """Waits until all that was written of the requests so far has been answered."""
        before = []

        def is_idle():
            status = json.loads(self.nginx.get("/status?format=json").text)
            before.append(status["session_writes"]["sent"])
            return len(before) > 3 and len(set(before[-3:])) == 1 and all(
                server["in_flight"] == 0 for server in status["redis_servers"])
        wait_until(is_idle, "everything is written")

    def total(self, person, campaign="bar"):
        found = self.redis.data.hget(f"pz:person:{key(person)}", f"{campaign_key(campaign):08x}:total")
        return int(found or 0)


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis)


def until_viewed(shop, browser, items):
    wait_until(lambda: shop.known(browser)["viewed"] == items, f"{items} were viewed")


def test_the_session_is_the_same_on_every_device(shop, redis):
    laptop, phone = shop.device().sign_in("ann"), shop.device().sign_in("ann")
    laptop.go("/p/?sku=lamp")
    until_viewed(shop, phone, ["lamp"])
    phone.go("/p/?sku=desk")
    until_viewed(shop, laptop, ["desk", "lamp"])
    assert shop.known(phone)["who"] == "ann" and shop.known(phone)["visits"] == 1
    # Of the browsers themselves nothing is kept.
    assert shop.keys(laptop.id) == shop.keys(phone.id) == []
    assert f"pz:session:{key('ann')}" in shop.keys(key("ann"))
    # Nobody else sees it.
    assert shop.known(shop.device().sign_in("bob"))["viewed"] == []
    assert shop.known(shop.device())["who"] == ""


def test_ids_of_any_form(shop):
    odd = "Zoë O'Neill <zoe@shop.example>"
    one, other = shop.device().sign_in("odd"), shop.device().sign_in("odd")
    one.go("/p/?sku=lamp")
    until_viewed(shop, other, ["lamp"])
    assert shop.known(one)["who"] == "Zo&#235; O&#39;Neill &lt;zoe@shop.example&gt;"
    assert f"pz:seen:{key(odd)}" in shop.keys(key(odd))


def test_what_is_no_id_is_told(nginx, redis):
    shop = Shop(nginx, redis, person="personalize_person $http_x_id;")

    def who(id):
        device = shop.device()
        device.headers["X-Id"] = id
        return shop.known(device)["who"]

    assert who("x" * 256) == "x" * 256 and "nobody is signed in" not in nginx.error_log()
    assert who("x" * 257) == who("a\tb") == ""
    assert "nobody is signed in" in nginx.error_log()


def test_caps_hold_across_devices(shop):
    laptop, phone = shop.device().sign_in("ann"), shop.device().sign_in("ann")
    assert laptop.shown() == phone.shown() == ["bar"]
    laptop.tell("impression", "bar")
    assert phone.shown() == ["bar"]
    phone.tell("impression", "bar")
    assert laptop.shown() == phone.shown() == ["next"]
    # A third device, that has never been here; and somebody else.
    assert shop.device().sign_in("ann").shown() == ["next"]
    assert shop.device().sign_in("bob").shown() == ["bar"]
    # The browsers keep nothing of it.
    assert laptop.campaigns() == phone.campaigns() == []


def test_a_dismissal_holds_before_the_server_is_told_and_afterwards_everywhere(shop):
    laptop, phone = shop.device().sign_in("ann"), shop.device().sign_in("ann")
    assert laptop.shown() == ["bar"]
    laptop.note("dismiss", "bar")
    assert laptop.shown() == []
    laptop.tell("dismiss", "bar")
    assert laptop.shown() == phone.shown() == []
    assert json.loads(phone.request("/_pz/may?c=bar").text) == {"bar": "stopped"}


def test_two_devices_at_once_lose_nothing(shop):
    devices = [shop.device().sign_in("ann") for _ in range(4)]
    for device in devices:
        device.go()

    def see(device):
        for _ in range(10):
            device.tell("impression", "bar")

    threads = [threading.Thread(target=see, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: shop.total("ann") == 40, "all were counted")


def test_what_a_browser_gathered_is_taken_over_once(shop, redis):
    phone = shop.device()
    phone.go("/?utm_source=letter")
    for sku in ("lamp", "desk"):
        phone.go(f"/p/?sku={sku}&utm_source=letter")
        wait_until(lambda: redis.data.lrange(f"pz:seen:{phone.id}", 0, 0) == [sku.encode()], "kept")
    phone.go("/bought?id=1001")
    assert phone.post("/_pz/answers", "size=37").status == 204
    phone.tell("impression", "bar")
    wait_until(lambda: shop.known(phone)["purchases"] == 1, "the purchase is kept")
    views = shop.known(phone)["views"]
    phone.sign_in("ann")
    assert phone.shown() == ["bar"]
    wait_until(lambda: shop.known(phone)["viewed"] == ["desk", "lamp"], "taken over")
    known = shop.known(phone)
    assert known["purchases"] == 1 and known["size"] == "37" and known["visits"] == 1
    assert known["source"] == "letter" and known["views"] > views
    assert shop.total("ann") == 1
    wait_until(lambda: shop.keys(phone.id) == [], "nothing stays under the browser's id")
    # Another device knows all of it; a second sign-in counts nothing twice.
    laptop = shop.device().sign_in("ann")
    assert shop.known(laptop)["viewed"] == ["desk", "lamp"]
    laptop.sign_out().go()
    laptop.sign_in("ann").go()
    laptop.go()
    shop.settle()
    assert shop.total("ann") == 1 and shop.known(laptop)["purchases"] == 1


def test_requests_at_once_take_over_once(shop, redis):
    phone = shop.device()
    phone.go()
    for _ in range(2):
        phone.tell("impression", "bar")
    phone.go("/bought?id=1")
    wait_until(lambda: shop.known(phone)["purchases"] == 1, "kept")
    phone.sign_in("ann")
    before = dict(phone.cookies)
    tabs = []
    for _ in range(8):
        tab = shop.device()
        tab.cookies = dict(before)
        tabs.append(threading.Thread(target=tab.go))
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    phone.go()
    wait_until(lambda: shop.known(phone)["purchases"] == 1, "taken over")
    shop.settle()
    assert shop.total("ann") == 2 and shop.known(phone)["purchases"] == 1
    assert phone.shown() == ["next"]


def test_after_signing_out_nothing_of_the_person_is_there(shop, redis):
    laptop = shop.device()
    laptop.go()
    laptop.sign_in("ann")
    laptop.go("/p/?sku=lamp")
    until_viewed(shop, laptop, ["lamp"])
    for _ in range(2):
        laptop.tell("impression", "bar")
    laptop.note("click", "bar")  # and leaves before the server is told
    laptop.sign_out()
    known = shop.known(laptop)
    assert known["who"] == "" and known["viewed"] == [] and known["views"] == 1
    assert laptop.campaigns() == [] and laptop.shown() == ["bar"]
    assert laptop.cookies["pz_person"].startswith("0")
    # A report that comes late is not kept of whoever is here now.
    assert shop.total("ann") == 2


def test_a_late_report_of_somebody_who_left_is_nobodys(shop):
    laptop = shop.device().sign_in("ann")
    laptop.go()
    laptop.sign_out()
    assert laptop.post("/_pz/e", "n=0&impression=bar").status == 204
    assert laptop.campaigns() == [] and shop.total("ann") == 0
    assert laptop.shown() == ["bar"]


def test_a_second_person_on_the_same_browser(shop, redis):
    shared = shop.device()
    shared.go()
    shared.sign_in("ann")
    shared.go("/p/?sku=lamp")
    until_viewed(shop, shared, ["lamp"])
    for _ in range(2):
        shared.tell("impression", "bar")
    # Bob signs in right after her, and after a page in between.
    shared.note("dismiss", "bar")
    shared.sign_in("bob")
    assert shared.shown() == ["bar"] and shared.campaigns() == []
    assert shop.known(shared) | {"views": 0} == {
        "who": "bob", "views": 0, "visits": 1, "viewed": [], "purchases": 0, "size": "", "source": ""}
    shared.sign_out().go()
    shared.tell("impression", "bar")  # by somebody, before Bob signs in again
    shared.sign_in("bob").go()
    wait_until(lambda: shop.total("bob") == 1, "that alone is taken over")
    shop.settle()
    assert shop.total("ann") == 2 and shop.total("bob") == 1
    assert shop.known(shared)["viewed"] == []


def test_only_what_merge_names_is_taken_over(nginx, redis):
    shop = Shop(nginx, redis, "personalize_person $user merge=answers;")
    phone = shop.device()
    phone.go()
    phone.go("/p/?sku=lamp")
    until_viewed(shop, phone, ["lamp"])
    phone.tell("impression", "bar")
    phone.tell("impression", "bar")
    assert phone.post("/_pz/answers", "size=38").status == 204
    phone.sign_in("ann")
    assert phone.shown() == ["bar"]
    wait_until(lambda: shop.known(phone)["size"] == "38", "answers are taken over")
    shop.settle()
    assert shop.known(phone)["viewed"] == [] and shop.total("ann") == 0


def test_redis_is_lost_in_the_middle(shop, redis):
    laptop = shop.device().sign_in("ann")
    laptop.go()
    laptop.tell("impression", "bar")
    wait_until(lambda: shop.total("ann") == 1, "it was counted")
    redis.kill()
    # The browser remembers meanwhile, and the page is there.
    wait_until(lambda: laptop.tell("impression", "bar") and len(laptop.campaigns()) == 1, "noted here")
    laptop.note("impression", "bar")
    assert laptop.shown() == ["next"]
    # Who signs in now takes nothing over, and loses nothing.
    phone = shop.device()
    phone.go()
    phone.tell("impression", "bar")
    phone.sign_in("ann")
    assert phone.shown() == ["bar"]
    assert len(phone.campaigns()) == 1 and "pz_person" not in phone.cookies
    redis.start()
    wait_until(lambda: phone.shown() and "pz_person" in phone.cookies, "Redis is back")
    wait_until(lambda: shop.total("ann") == 1, "taken over")  # Redis keeps nothing over its end here


def test_what_somebody_claims_is_theirs_on_every_device(nginx, redis):
    redis.data.rpush("codes:summer", *(f"CODE-{n}" for n in range(4)))
    shop = Shop(nginx, redis, site="""
      personalize_campaign summer { slot offer; widget exit-popup; set title Ten; code pool=codes:summer; }""")

    def ticket(device):
        return re.search(r'data-pz-claim="([^"]*)"', device.go()).group(1)

    def claimed(device, ticket):
        answer = device.post("/_pz/claim", f"t={ticket}")
        return json.loads(answer.text)["code"] if answer.status == 200 else answer.status

    laptop, phone = shop.device(), shop.device().sign_in("ann")
    laptop.go()
    before = ticket(laptop)
    of_ann = ticket(laptop.sign_in("ann"))
    # What the browser was offered before is nobody's who is signed in.
    assert claimed(laptop, before) == 403
    assert claimed(laptop, of_ann) == claimed(phone, ticket(phone)) == "CODE-3"
    # Whoever comes after her has her ticket, and another code.
    assert claimed(laptop.sign_out(), of_ann) == 403
    assert claimed(laptop.sign_in("bob"), of_ann) == 403
    assert claimed(laptop, ticket(laptop)) == "CODE-2"
    assert claimed(laptop.sign_out(), before) == "CODE-1"
    assert redis.data.exists(f"pz:claim:summer:{key('ann')}") and redis.data.llen("codes:summer") == 1


def test_redis_is_full(shop, redis):
    laptop = shop.device().sign_in("ann")
    laptop.go()
    laptop.tell("impression", "bar")
    wait_until(lambda: shop.total("ann") == 1, "it was counted")
    phone = shop.device()
    phone.go()
    phone.tell("impression", "bar")
    redis.data.config_set("maxmemory", 1)
    # It reads, and refuses what is written. The browser remembers meanwhile.
    wait_until(lambda: laptop.tell("dismiss", "bar") and len(laptop.campaigns()) == 1, "noted here")
    assert laptop.shown() == ["next"]
    # Who signs in now takes nothing over, and loses nothing.
    phone.sign_in("ann").go()
    assert len(phone.campaigns()) == 1 and "pz_person" not in phone.cookies
    redis.data.config_set("maxmemory", 0)
    wait_until(lambda: phone.go() and "pz_person" in phone.cookies, "Redis has room again")
    wait_until(lambda: shop.total("ann") == 2, "taken over")
    wait_until(lambda: laptop.tell("click", "bar") and laptop.campaigns() == [], "the browser is relieved")


def test_a_memory_that_grew_too_large_is_forgotten_and_harms_nobody(shop, redis, nginx):
    ann = shop.device().sign_in("ann")
    ann.go()
    now, name = int(time.time()) // 60, f"{campaign_key('bar'):08x}"
    kept = f"pz:person:{key('ann')}"
    # Somebody who has a page open all day, and never looks at another one.
    redis.data.hset(kept, mapping={f"{name}:at:{now - i}": "1" for i in range(9000)})
    assert ann.shown() == ["bar"]
    wait_until(lambda: redis.data.hlen(kept) < 10, "it is forgotten")
    assert "is down" not in nginx.error_log()
    # What can be read is kept short.
    redis.data.hset(kept, mapping={"started": now - 200, "active": now,
                                   **{f"{name}:at:{now - i}": "1" for i in range(300)}})
    assert ann.shown() == []
    wait_until(lambda: redis.data.hlen(kept) < 110, "minutes are forgotten")
    assert ann.shown() == []
    assert redis.data.hexists(kept, f"{name}:at:{now}") and redis.data.hexists(kept, f"{name}:at:{now - 99}")


def test_who_is_called_as_a_key_is_not_that_person(nginx, redis):
    shop = Shop(nginx, redis, site=r"""
      location /b2b/ { personalize on; personalize_visitor $arg_name; try_files /index.html =404; }""")
    ann = shop.device().sign_in("ann")
    ann.go("/p/?sku=lamp")
    until_viewed(shop, ann, ["lamp"])
    assert shop.known(shop.device(), f"/b2b/?name={key('ann')}")["viewed"] == []


def test_experiments_by_person_fall_back_to_the_visitor(nginx, redis):
    shop = Shop(nginx, redis, http="""
      personalize_experiment look { variants a=50 b=50; hash_by person.id fallback visitor.id; sticky cookie; }
      personalize_segment a { when experiment.look = a; } """, site="""
      personalize_campaign look { slot offer; when experiment.look exists;
        content '<p id="look">{{experiment.look}}</p>'; }""")

    def look(browser):
        return re.search(r'id="look">(\w)', browser.go()).group(1)

    # Of two browsers with different variants, the one where somebody signs in first decides for both.
    one = shop.device()
    first = look(one)
    other = next(browser for browser in (shop.device() for _ in range(40)) if look(browser) != first)
    second = look(other)
    for name, (browser, variant) in {"ann": (one, first), "bob": (other, second)}.items():
        browser.sign_in(name)
        assert look(browser) == variant
        shop.settle()
        device = shop.device().sign_in(name)
        assert look(device) == look(browser) == variant
        fields = redis.data.hkeys(f"pz:person:{key(name)}")
        assert len([field for field in fields if field.startswith(b"variant:")]) == 1
    # The cookie has nothing of persons: signed out, everybody has the variant of before.
    assert look(one.sign_out()) == first and look(other.sign_out()) == second
    assert len(one.cookies["pz_variants"]) == 12


def test_forgetting_and_explaining(shop, redis):
    laptop = shop.device().sign_in("ann")
    laptop.go("/p/?sku=lamp")
    laptop.tell("impression", "bar")
    until_viewed(shop, laptop, ["lamp"])
    told = json.loads(shop.nginx.get("/explain?person=ann").text)
    assert told["person"] == {"id": "ann", "key": key("ann")}
    documents = {one["source"]: one for one in told["documents"]}
    assert documents["kept person"]["state"] == "fetched"
    assert documents["kept person"]["key"] == f"pz:person:{key('ann')}"
    assert documents["session.seen"]["key"] == f"pz:seen:{key('ann')}"
    assert json.loads(laptop.request("/explain?visitor=x").text)["person"] == {"id": None}
    assert shop.keys(key("ann"))
    assert laptop.post("/forget", "").status == 204
    assert shop.keys(key("ann")) == [] and "pz_person" not in laptop.cookies


def test_without_consent_and_for_bots_nobody_is_signed_in(nginx, redis):
    shop = Shop(nginx, redis, http="personalize_consent { when cookie.consent = yes; }")
    laptop = shop.device().sign_in("ann")
    assert shop.known(laptop, "/p/?sku=lamp")["who"] == ""
    laptop.tell("impression", "bar")
    laptop.cookies["consent"] = "yes"
    assert shop.known(laptop)["who"] == "ann"
    bot = shop.device().sign_in("ann")
    bot.cookies["consent"] = "yes"
    bot.headers["User-Agent"] = "Googlebot/2.1"
    assert shop.known(bot)["who"] == "" and "pz_person" not in bot.cookies
    shop.settle()
    assert shop.known(laptop)["viewed"] == [] and shop.total("ann") <= 1
    # Whoever withdraws it has the browser forget.
    laptop.cookies["consent"] = "no"
    assert shop.known(laptop)["who"] == "" and "pz_person" not in laptop.cookies


@pytest.fixture
def cluster(tmp_path):
    running = RedisCluster(tmp_path / "cluster")
    yield running
    running.stop()


def test_in_a_cluster_all_keys_of_a_person_are_in_one_place(nginx, cluster):
    shop = Shop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster")
    phone = shop.device()
    phone.go()
    for sku in ("lamp", "desk"):
        phone.go(f"/p/?sku={sku}")
        until_viewed(shop, phone, [sku, "lamp"] if sku == "desk" else ["lamp"])
    phone.tell("impression", "bar")
    phone.sign_in("ann").go()
    laptop = shop.device().sign_in("ann")
    until_viewed(shop, laptop, ["desk", "lamp"])
    laptop.tell("impression", "bar")
    wait_until(lambda: laptop.shown() == ["next"], "both were counted")

    def places():
        return {key_slot(name) for node in cluster.nodes for name in node.data.keys("pz:*")}
    wait_until(lambda: places() == {key_slot(f"pz:person:{key('ann')}".encode())},
               "nothing stays of the browsers")
