"""personalize_forget: a visitor's keys, cookies and events."""

import subprocess

import pytest

from harness.events import BROWSER, STREAM, EventShop, kinds, pseudonym
from harness.nginx import ROOT
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until

FORGET = "location = /forget { personalize_forget; }"
KEY = "0123456789abcdef0123456789abcdef"


class Shop(EventShop):
    def __init__(self, nginx, redis, signed=True, **options):
        nginx.file("secret", KEY + "\n").chmod(0o600)
        secret = f"secret_file={nginx.directory}/secret" if signed else ""
        super().__init__(nginx, redis, http="personalize_session;" + options.pop("http", ""),
                         server=FORGET + """
            location /p/ { personalize on; try_files /index.html =404;
                           personalize_page type=product item_id=sku-1 item_category=shoes item_brand=acme; }""",
                         visitor=f"issue=on {secret}", **options)

    def come(self):
        """A new visitor's cookie, and the id."""
        cookie = self.get(visitor=None).cookie("vid")
        return cookie, cookie.split(".")[0]

    def forget(self, visitor, method="POST", **headers):
        cookie = {"Cookie": f"vid={visitor}; pz=1.abc; pz_variants=x"} if visitor else {}
        return self.nginx.get("/forget", method=method, headers={
            "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **cookie, **headers})

    def keys(self, visitor):
        return [key for key in self.redis.data.keys("pz:*") if visitor.encode() in key]


@pytest.fixture
def shop(nginx, redis):
    return Shop(nginx, redis).start()


def seen(shop):
    cookie, visitor = shop.come()
    shop.get("/p/", visitor=cookie)
    wait_until(lambda: len(shop.keys(visitor)) == 5, "everything is kept")
    return cookie, visitor


def test_keys_cookies_and_an_event(shop):
    cookie, visitor = seen(shop)
    other, other_visitor = seen(shop)
    answer = shop.forget(cookie)
    assert answer.status == 204 and answer.get("cache-control") == "no-store"
    assert shop.keys(visitor) == [] and len(shop.keys(other_visitor)) == 5
    removed = answer.all("set-cookie")
    assert sorted(line.split("=")[0] for line in removed) == ["pz", "pz_variants", "vid"]
    assert all("Max-Age=0" in line or "1970" in line for line in removed)
    wait_until(lambda: "forget" in kinds(shop.events()), "the event")
    event = next(event for event in shop.events() if event["event"] == "forget")
    assert event["visitor"] == pseudonym(visitor)
    assert shop.status()["visitors"]["forgotten"] == 1


def test_what_is_told_late_brings_nothing_back(nginx, redis):
    shop = Shop(nginx, redis, http="personalize_campaign capped { slot c; cap 1/day; fragment bar.html; }").start()
    seen = "t=29000000&impression=capped"
    assert shop.beacon(f"n=0&{seen}").cookie("pz")
    # The script had noted it, and the cookie is gone.
    answer = shop.beacon(f"n=2&{seen}")
    assert answer.status == 204 and answer.all("set-cookie") == []


def test_also_without_consent(shop):
    cookie, visitor = seen(shop)
    assert shop.forget(cookie, **{"Sec-GPC": "1"}).status == 204
    assert shop.keys(visitor) == []


@pytest.mark.parametrize("options, status", [
    ({"method": "GET"}, 405), ({"method": "PUT"}, 405), ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": None}, 403), ({"Cookie": "vid=forged.signature"}, 403), ({"Cookie": "a=b"}, 403)])
def test_who_may_not(shop, options, status):
    cookie, visitor = seen(shop)
    answer = shop.forget(cookie, **options)
    assert answer.status == status and answer.all("set-cookie") == []
    assert len(shop.keys(visitor)) == 5


def test_ids_that_are_not_signed(nginx, redis):
    shop = Shop(nginx, redis, signed=False).start()
    shop.get("/p/", visitor="ada")
    wait_until(lambda: len(shop.keys("ada")) == 5, "everything is kept")
    assert shop.forget("ada").status == 403
    assert len(shop.keys("ada")) == 5


def test_redis_is_away(nginx, redis):
    shop = Shop(nginx, redis, timeout="200ms").start()
    cookie, visitor = seen(shop)
    redis.suspend()
    answer = shop.forget(cookie)
    assert answer.status == 503 and answer.all("set-cookie") == []
    redis.resume()
    wait_until(lambda: shop.forget(cookie).status == 204, "it is done later", step=0.2)


def test_a_client_that_does_not_wait(nginx, redis):
    shop = Shop(nginx, redis, timeout="500ms").start()
    cookie, visitor = seen(shop)
    redis.suspend()
    for _ in range(5):
        with nginx.connect() as connection:
            connection.request("/forget", "POST", {"Cookie": f"vid={cookie}",
                                                   "Sec-Fetch-Site": "same-origin"})
            connection.reset()
    redis.resume()
    wait_until(lambda: shop.forget(cookie).status == 204, "it goes on", step=0.2)


def script(*arguments):
    done = subprocess.run([ROOT / "scripts/forget-visitor", *arguments], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_events_of_those_who_were_forgotten(shop):
    cookie, visitor = seen(shop)
    other, other_visitor = seen(shop)
    assert shop.forget(cookie).status == 204
    wait_until(lambda: "forget" in kinds(shop.events()), "the event")
    redis = ("--redis", f"unix:{shop.redis.socket}")
    before = len(shop.events())
    assert script(*redis, "--events", STREAM, "--dry-run") == "would delete 2 events\n"
    assert len(shop.events()) == before
    assert script(*redis, "--events", STREAM) == "deleted 2 events\n"
    left = shop.events()
    assert kinds([event for event in left if event["visitor"] == pseudonym(visitor)]) == ["forget"]
    assert len([event for event in left if event["visitor"] == pseudonym(other_visitor)]) == 2
    # Whoever is named.
    out = script(*redis, "--events", STREAM, "--salt-file", shop.nginx.directory / "salt", "--",
                 other_visitor)  # an id may begin with "-"
    assert out.endswith("deleted 2 events\n")
    assert kinds(shop.events()) == ["forget"]


def test_what_comes_later_is_kept(shop):
    cookie, visitor = seen(shop)
    shop.forget(cookie)
    wait_until(lambda: "forget" in kinds(shop.events()), "the event")
    shop.get("/later", visitor=cookie)
    wait_until(lambda: shop.events()[-1].get("path") == "/later", "a later view")
    script("--redis", f"unix:{shop.redis.socket}", "--events", STREAM)
    assert [event["event"] for event in shop.events()] == ["forget", "view"]


def test_a_cluster(nginx, tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    try:
        shop = Shop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster").start(connected=False)
        cookie, visitor = shop.come()
        shop.get("/p/", visitor=cookie)

        def keys():
            return [key for master, _ in cluster.shards() for key in master.data.keys("pz:*")
                    if visitor.encode() in key]
        wait_until(lambda: len(keys()) == 5, "everything is kept")
        assert shop.forget(cookie).status == 204
        assert keys() == []
        stream = cluster.master_of(STREAM).data
        wait_until(lambda: stream.xlen(STREAM) == 3, "the event")
        assert script("--redis", cluster.nodes[1].address, "--events", STREAM) == "deleted 2 events\n"
    finally:
        cluster.stop()
