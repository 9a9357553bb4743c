"""The examples that the project gives, run as they stand but for addresses and paths."""

import json
import re
import secrets
import subprocess
from pathlib import Path

import pytest

from harness.browser import today
from harness.devices import Device
from harness.examples import EXAMPLES, PAGE, example
from harness.nginx import ROOT
from harness.redis.cluster import RedisCluster
from harness.redis.sentinel import RedisSentinel
from harness.upstream import reply
from harness.waiting import wait_until


def test_every_example_is_run_here():
    names = {path.stem for path in EXAMPLES.glob("*.conf")}
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*examples.py"))
    assert names == set(re.findall(r'example\("([^"]+)"\)', tests))


def test_examples_write_only_where_a_package_of_nginx_has_a_directory():
    """As nginx -t tells: it opens logs and makes the last directory of a cache, not its parents."""
    written = re.compile(r"^\s*(?:access_log|error_log|proxy_cache_path|pid)\s+([^\s;]+)", re.M)
    paths = {path for example in EXAMPLES.glob("*.conf")
             for path in written.findall(example.read_text())} - {"off"}
    assert len(paths) > 2
    assert {str(Path(path).parent) for path in paths} <= {"/var/log/nginx", "/var/lib/nginx"}


def test_hello_bar(run, redis):
    redis.set_json("profile:ann", {"name": "Ann", "tier": "gold"})
    redis.set_json("profile:bob", {"name": "Bob", "last_order": "2020-01-01"})
    get = run(example("hello-bar"))
    assert "Thank you, Ann" in get(Cookie="vid=ann").text
    assert "Bob, it has been a while" in get(Cookie="vid=bob").text
    assert "Free delivery to Łódź" in get(X_Client="203.0.113.77").text
    assert get(X_Client="198.51.100.1").text == PAGE


def test_attributes(nginx, run, redis):
    redis.set_json("profile:ann", {"affinity": {"shoes": 7, "bags": 2}, "group": "\"> <script>"})
    get = run(example("attributes"))
    page = PAGE.replace("<main>", '<main><a class="stage" href="/sale"><img class="hero" src="/img/hero.jpg" alt="Sale"></a>')
    nginx.page("index.html", page)
    assert get(Cookie="vid=bob").text == page
    text = get(Cookie="vid=ann").text
    assert ('<main data-group="&quot;&gt; &lt;script&gt;"><a class="stage"  href="/c/shoes?from=stage&amp;sort=new">'
            '<img class="hero"  src="/img/hero-shoes.jpg"  alt="New shoes for you"></a>') in text, text


def test_exit_popup(run, redis):
    redis.data.hset("cart:s1", mapping={"items": "2", "total": "167"})
    get = run(example("exit-popup"))
    text = get("/product/", Cookie="session_id=s1").text
    assert "Your cart is still open" in text and "€167.00" in text and "Your things" in text
    assert get("/product/", Cookie="session_id=s2").text == PAGE


def test_recommendations(run, redis):
    redis.set_json("profile:ann", {"recommended": [{"title": "Lamp", "url": "/p/7", "price": 49}]})
    redis.set_json("popular:PL", [{"title": "Kettle", "url": "/p/9", "price": 39}])
    get = run(example("recommendations"))
    assert "Chosen for you" in get(Cookie="vid=ann").text
    poland = get(Cookie="vid=bob", X_Client="203.0.113.77").text
    assert "Popular in PL" in poland and "Kettle" in poland and "Bestsellers" not in poland
    assert get(Cookie="vid=bob", X_Client="198.51.100.1").text == PAGE


def test_learned(run, redis, upstream, nginx):
    # What is not there at first is asked for again soon.
    run(example("learned").replace("zone=personalize:64m", "zone=personalize:64m negative=500ms"))
    browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
    for sku in ("lamp", "bulb", "shade"):
        redis.set_json(f"item:{sku}", {"name": sku.title(), "url": f"/product/{sku}", "price": 9})
        upstream.on(f"/product/{sku}", reply(PAGE, headers={"X-Sku": sku, "X-Category": "Lamps"}))
    upstream.on("/", reply(PAGE))
    upstream.on("/api/order", reply("", headers={"X-Items": "lamp,shade"}))

    def visit(visitor, *paths):
        return [nginx.get(path, headers={"Cookie": f"vid={visitor}", **browser}).text for path in paths]

    assert "Goes well" not in visit("ann", "/product/lamp")[0]
    visit("ann", "/product/bulb")
    visit("bob", "/product/bulb", "/product/lamp")
    # Whoever looks at the lamp is shown the bulb.
    wait_until(lambda: "Goes well" in visit("cid", "/product/lamp")[0], "it is learned")
    assert "Bulb" in visit("dan", "/product/lamp")[0]
    wait_until(lambda: "In demand" in visit("eve", "/")[0], "it is in demand")
    nginx.get("/api/order", method="POST", headers={"Cookie": "vid=ann", **browser})
    row = wait_until(lambda: list(redis.data.scan_iter("pz:also_bought:*:lamp")), "the order is learned")
    assert b"shade" in redis.data.zrange(row[0], 0, -1)


def test_fragment(run, redis, nginx):
    get = run(example("fragment"))
    issued = "vid=" + get().cookie("vid")
    visitor = issued.split("=", 1)[1].rsplit(".", 1)[0]
    redis.set_json(f"profile:{visitor}", {"name": "Ann", "orders": [{"id": 7, "state": "here"}]})
    text = get(Cookie=issued).text
    assert "Hello Ann" in text and '<a href="/orders/7">Order 7</a> is here' in text
    assert get(Cookie=f"vid={visitor}").text == PAGE
    status = get("/_pz/status")
    assert 'personalize_pages_total{result="personalized"} 1' in status.text
    assert "campaigns=greeting" in (nginx.directory / "var-log" / "personal.log").read_text()


def test_own_widget(run, redis):
    get = run(example("own-widget"))
    issued = "vid=" + get().cookie("vid")
    visitor = issued.split("=", 1)[1].rsplit(".", 1)[0]
    redis.set_json(f"profile:{visitor}", {"name": "Ann", "points": 1320,
                                          "rewards": [{"name": "A tote bag", "points": 300}]})
    text = get(Cookie=issued).text
    assert 'data-pz-campaign="points"' in text and "Your points, Ann" in text
    assert "<strong>1,320</strong>" in text and "A tote bag: 300</p>" in text
    assert text.count("<script") == 2 and "<style" not in text
    for kind, part in (("css", ".loyalty-card {"), ("js", "loyalty-card-ready")):
        address = re.search(rf'"(/_pz/loyalty-card\.{kind}\?v=[0-9a-f]+)"', text)[1]
        file = get(address)
        assert part in file.text
        assert file.get("cache-control") == "public, max-age=31536000, immutable"


def test_routing(run, redis, upstream):
    redis.set_json("profile:ann", {"tier": "gold"})
    redis.set_json("offers:gold", {"text": "Free engraving"})
    upstream.on("/product-gold/", reply(PAGE.replace("Bestsellers", "Gold")))
    get = run(example("routing"))

    def asked_for(visitor):
        """The page, and what was asked of the upstream for it."""
        before = len(upstream.requests)
        text = get("/product/", Cookie=f"vid={visitor}").text
        return text, [request.path for request in upstream.requests[before:]]

    gold, asked = asked_for("ann")
    assert "Gold" in gold and "Free engraving" in gold and asked == ["/product-gold/"]
    assert asked_for("bob") == (PAGE, ["/product/"])
    # NGINX puts a page into its cache after it has sent it.
    wait_until(lambda: asked_for("ann") == (gold, []), "the page is cached")
    wait_until(lambda: asked_for("bob") == (PAGE, []), "the page is cached")


def test_page(run, redis, upstream):
    for sku in "7", "8":
        category = {"7": "lamps", "8": "chairs"}[sku]
        upstream.on(f"/p/{sku}", reply(PAGE, headers={"X-Category": category, "X-Name": f"No {sku}"}))
    upstream.on("/cart", reply(PAGE, headers={"X-Cart-Value": "35"}))
    upstream.on("/", reply(PAGE))
    redis.set_json("bestsellers:lamps", [{"title": "Moon", "url": "/p/9", "price": 39}])
    get = run(example("page"))
    lamp = get("/p/7").text
    assert "More lamps" in lamp and "Moon" in lamp
    assert get("/p/8").text == PAGE
    assert "Spend 50" in get("/cart").text
    assert get("/").text == PAGE


def test_session(run, redis, upstream):
    upstream.on("/", reply(PAGE))
    for sku, category in ("1", "lamps"), ("2", "chairs"), ("3", "lamps"):
        upstream.on(f"/p/{sku}", reply(PAGE, headers={"X-Sku": sku, "X-Category": category}))
    redis.set_json("bestsellers:lamps", [{"title": "Moon", "url": "/p/9", "price": 39}])
    get = run(example("session"))
    first = get("/?utm_source=newsletter", User_Agent="Firefox")
    assert "from the newsletter" in first.text
    visitor = first.get("set-cookie").split(";")[0]
    key = "pz:session:" + visitor.split("=", 1)[1].rsplit(".", 1)[0]

    def look(path, views, **headers):
        text = get(path, User_Agent="Firefox", Cookie=visitor, **headers).text
        wait_until(lambda: redis.data.hget(key, "views") == b"%d" % views, "the view is written")
        return text

    came = "http://localhost/?utm_source=newsletter"
    assert "from the newsletter" in look("/p/1", 1, Referer=came)
    look("/p/2", 2)
    look("/p/3", 3)
    page = look("/", 4)
    assert "Bestselling lamps" in page and "Moon" in page
    assert "from the newsletter" in page


def stock(redis, **categories):
    """Items by category: each has a name, a price, and the brand that follows the colon of its id."""
    for category, ids in categories.items():
        for one in ids.split():
            sku, _, brand = one.partition(":")
            redis.set_json(f"item:{sku}", {"item_id": sku, "item_name": sku.title(), "url": f"/p/{sku}",
                                           "item_category": category.replace("_", " "),
                                           "item_brand": brand or f"of {sku}",
                                           "price": 200 if "dear" in sku else 20})


def rows(text):
    """The lists of a page: {campaign: (title, ids)}."""
    found = {}
    for part in re.split(r"<(?=pz-(?:rows|complements)\b[^>]* data-pz-campaign=)", text)[1:]:
        name = re.search(r' data-pz-campaign="([^"]+)"', part)
        title = re.search(r'class="pz-recs-title"[^>]*>([^<]+)<', part)
        found[name[1]] = (title and title[1], re.findall(r'data-pz-item="([^"]+)"', part))
    return found


class Shopper:
    """One whose id is signed, and who looks at products of the example's shop."""

    def __init__(self, get, nginx, redis, upstream):
        self.get_page, self.nginx, self.redis, self.upstream = get, nginx, redis, upstream
        self.cookie = get("/p/none", User_Agent="Firefox").get("set-cookie").split(";")[0]
        self.id = self.cookie.split("=", 1)[1].rsplit(".", 1)[0]

    def get(self, path, cookies="", **headers):
        return self.get_page(path, User_Agent="Firefox", Cookie=f"{self.cookie}; {cookies}", **headers).text

    def rows(self, path, cookies="", **headers):
        return rows(self.get(path, cookies, **headers))

    def look(self, sku, category="", brand=""):
        self.upstream.on(f"/p/{sku}", reply(PAGE, headers={"X-Sku": sku, "X-Category": category, "X-Brand": brand}))
        text = self.get(f"/p/{sku}")
        self.wait_kept("seen", sku)
        return rows(text)

    def order(self, skus):
        self.upstream.on("/order", reply("{}", headers={"X-Order": f"of {skus}", "X-Items": skus}, type="application/json"))
        self.nginx.get("/order", method="POST", body=b"{}", headers={"User-Agent": "Firefox", "Cookie": self.cookie})

    def buy(self, sku):
        self.order(sku)
        self.wait_kept("purchased", sku)

    def buy_together(self, one, other):
        self.order(f"{one},{other}")
        wait_until(lambda: any(other.encode() in self.redis.data.zrange(row, 0, -1)
                               for row in self.redis.data.scan_iter(f"pz:also_bought:*:{one}")), "it is learned")

    def wait_kept(self, part, sku):
        wait_until(lambda: sku.encode() in self.redis.data.lrange(f"pz:{part}:{self.id}", 0, 0), f"{part} is kept")


def test_home_page(run, redis, upstream, nginx):
    poland, india = "203.0.113.77", "198.51.100.1"
    upstream.on("/", reply(PAGE))
    upstream.on("/favourites", reply(PAGE))
    upstream.on("/p/none", reply(PAGE))
    stock(redis, Lamps="moon sun:Acme star:Acme comet:Acme", Chairs="stool bench:Acme throne", Rugs="kilim")
    redis.data.zadd("best", {"kilim": 9, "moon": 8, "gone": 7})
    redis.data.zadd("best:PL", {"stool": 5, "moon": 4})
    redis.data.zadd("best:PL:female", {"throne": 3})
    redis.data.zadd("best:category:Lamps", {"moon": 6, "sun": 5, "star": 4, "comet": 3})
    redis.data.zadd("best:brand:Acme", {"bench": 2, "sun": 1})
    get = run(example("home-page").replace("ttl=15m", "ttl=100ms negative=100ms"))
    # A newcomer: what sells here, filled up with what sells everywhere.
    newcomer = rows(get(X_Client=poland).text)
    assert newcomer == {"bestsellers": ("Bestsellers of the last ten days", ["stool", "moon", "kilim"])}
    assert rows(get(X_Client=india).text)["bestsellers"][1] == ["kilim", "moon"]
    # Who has looked at lamps of Acme: bestsellers of both, without what was seen; those of the brand first.
    shopper = Shopper(get, nginx, redis, upstream)
    shopper.look("star", "Lamps", "Acme")
    known = shopper.rows("/", X_Client=poland)
    assert known["for_you"] == ("Chosen for you", ["sun", "moon", "comet", "bench"])
    assert known["looked_at"] == ("Go on where you left off", ["star"])
    assert "bestsellers" not in known
    # What was bought is not shown again, neither to go on with.
    shopper.buy("star")
    shopper.buy("moon")
    again = shopper.rows("/", X_Client=poland)
    assert "looked_at" not in again and again["for_you"][1] == ["sun", "comet", "bench"]
    # What a model says comes first; and of whom more is known, bestsellers are those of people like her.
    redis.set_json(f"profile:{shopper.id}", {"gender": "female", "recommended": ["bench", "stool"]})
    wait_until(lambda: shopper.rows("/")["for_you"][1][:2] == ["bench", "stool"], "what the model says")
    assert shopper.rows("/favourites", X_Client=poland) == {
        "no_favourites": ("No favourites yet? These are what others love", ["throne", "stool", "kilim"])}
    assert shopper.rows("/favourites", "favourites=kilim,sun") == {
        "favourites": ("Your favourites", ["kilim", "sun"])}
    # Without the shop's jobs, what was ordered: an id that no product has is not learned.
    shopper.order("gone,throne")
    redis.data.delete("best", "best:PL", "best:PL:female")
    wait_until(lambda: sorted(rows(get(X_Client=india).text).get("bestsellers", ("", []))[1]) == ["moon", "star", "throne"],
               "what is learned")


def test_product_page(run, redis, upstream, nginx):
    upstream.on("/p/none", reply(PAGE))
    stock(redis, Winter_jackets="parka:Acme anorak coat:Acme", Hats="beanie ushanka", Gloves="mittens:Acme",
          Scarves="shawl")
    redis.set_json("similar:parka", ["anorak", "coat", "parka"])
    redis.set_json("bought-with:parka", ["shawl", "beanie"])
    redis.set_json("completes:Winter jackets", ["beanie", "ushanka", "mittens"])
    redis.data.zadd("best:brand:Acme", {"mittens": 5, "coat": 2, "parka": 1})
    get = run(example("product-page"))
    shopper = Shopper(get, nginx, redis, upstream)
    page = shopper.look("parka", "Winter jackets", "Acme")
    assert page["similar"] == ("Similar things", ["anorak", "coat", "mittens"])
    assert page["bought_with"] == ("Others bought with it", ["shawl", "beanie"])
    # What stands above is not repeated: of hats and gloves one each is left for the dialog.
    assert page["completes"] == ("Goes well with it", ["ushanka"])
    shopper.buy("shawl")
    assert shopper.look("parka", "Winter jackets", "Acme")["bought_with"][1] == ["beanie"]
    # A product of which nobody knows anything has what completes its category, and bestsellers of its brand.
    other = shopper.look("new-jacket", "Winter jackets", "Acme")
    assert other["similar"][1] == ["mittens", "coat", "parka"]
    assert other["bought_with"][1] == ["beanie"]
    assert shopper.look("no-brand", "Toasters") == {}
    # What was bought together is learned.
    Shopper(get, nginx, redis, upstream).buy_together("coat", "ushanka")
    assert shopper.look("coat", "Winter jackets", "Acme")["bought_with"][1] == ["ushanka", "beanie"]


def test_cart_page(run, redis, upstream, nginx):
    upstream.on("/cart", reply(PAGE))
    upstream.on("/p/none", reply(PAGE))
    stock(redis, Winter_jackets="parka", Hats="beanie ushanka fedora dear-hat", Gloves="mittens gauntlets")
    redis.set_json("completes:Winter jackets", ["beanie", "dear-hat", "ushanka", "fedora", "mittens", "gauntlets"])
    redis.data.zadd("best", {"fedora": 2, "parka": 1})
    get = run(example("cart-page"))
    shopper = Shopper(get, nginx, redis, upstream)
    # Empty: what was looked at, and what sells; at first that alone.
    empty = "Nothing in here yet: go on where you left off"
    assert shopper.rows("/cart", "session_id=s1") == {"empty_cart": (empty, ["fedora", "parka"])}
    shopper.look("mittens")
    assert shopper.rows("/cart", "session_id=s1") == {"empty_cart": (empty, ["mittens", "fedora", "parka"])}
    # A winter jacket: hats and gloves, two of each, none of them dear or in the cart already.
    redis.set_json("cart:s1", {"lines": [{"sku": "parka", "qty": 1}, {"sku": "beanie"}], "newest": "Winter jackets"})
    assert shopper.rows("/cart", "session_id=s1") == {
        "completes": ("To go with it", ["ushanka", "fedora", "mittens", "gauntlets"])}
    shopper.buy("fedora")
    assert shopper.rows("/cart", "session_id=s1")["completes"][1] == ["ushanka", "mittens", "gauntlets"]
    # Where nobody says what completes a thing, what was bought with it.
    Shopper(get, nginx, redis, upstream).buy_together("parka", "gauntlets")
    redis.set_json("cart:s2", {"lines": [{"sku": "parka", "qty": 1}], "newest": "Coats"})
    assert shopper.rows("/cart", "session_id=s2")["completes"] == ("To go with it", ["gauntlets"])


def test_answers(run, upstream, nginx):
    upstream.on("/", reply(PAGE))
    get = run(example("answers"))
    visitor = get(User_Agent="Firefox").get("set-cookie").split(";")[0]

    def tell(body):
        answer = nginx.get("/_pz/answers", method="POST", body=body, headers={
            "User-Agent": "Firefox", "Cookie": visitor, "Sec-Fetch-Site": "same-origin"})
        assert answer.status == 204
        return get(User_Agent="Firefox", Cookie=visitor).text
    assert "left in size 37" in tell(b"size=37")
    assert "New for dogs" in tell(b"pets=dog")
    assert "Happy birthday" in tell(b"birthday=" + today(form="1992-%m-%d").encode())


def test_claims(run, redis, nginx):
    redis.data.rpush("codes:summer", "SUMMER-1")
    get = run(example("claims"))
    assert "Stay in touch" in get(User_Agent="Firefox").text
    visitor = get(User_Agent="Firefox").get("set-cookie").split(";")[0]
    text = get(User_Agent="Firefox", Cookie=visitor).text
    assert "10 % for you" in text and "SUMMER-1" not in text
    ticket = re.search('data-pz-claim="([^"]+)"', text)[1]
    answer = nginx.get("/_pz/claim", method="POST", body=f"t={ticket}".encode(), headers={
        "User-Agent": "Firefox", "Cookie": visitor, "Sec-Fetch-Site": "same-origin"})
    assert json.loads(answer.text)["code"] == "SUMMER-1"


def test_events(run, redis, upstream, nginx):
    upstream.on("/", reply(PAGE))
    upstream.on("/order", reply("{}", headers={"X-Order": "1001", "X-Total": "129.90"},
                                type="application/json"))
    nginx.file("events.salt", secrets.token_hex(32) + "\n").chmod(0o600)
    get = run(example("events"))
    visitor = get("/", User_Agent="Firefox").get("set-cookie").split(";")[0]
    get("/", User_Agent="Firefox", Cookie=visitor)

    def post(path):
        return nginx.get(path, method="POST", body=b"{}", headers={
            "User-Agent": "Firefox", "Cookie": visitor, "Sec-Fetch-Site": "same-origin"})
    assert post("/order").status == post("/order").status == 200
    assert post("/forget-me").status == 204

    def events():
        return [fields[b"event"] for _, fields in redis.data.xrange("pz:events")]
    wait_until(lambda: events()[-3:] == [b"view", b"conversion", b"forget"], "the events")
    log = nginx.directory / "var-log" / "events.json"

    def written():
        whole = log.read_text().rpartition("\n")[0]
        return [json.loads(line)["event"].encode() for line in whole.splitlines()]
    wait_until(lambda: written() == events(), "the same in the file")


def test_consent(run, redis):
    get = run(example("consent"))
    poland, india = "203.0.113.77", "198.51.100.1"
    assert get(X_Client=poland).cookie("vid") is None
    vid = get(X_Client=poland, Cookie="consent=yes").cookie("vid")
    redis.set_json("profile:" + vid.rsplit(".", 1)[0], {"name": "Ann"})
    assert "Welcome back, Ann" in get(X_Client=poland, Cookie=f"vid={vid}; consent=yes").text
    assert "Free delivery to Łódź" in get(X_Client=poland, Cookie=f"vid={vid}").text
    assert "Welcome back, Ann" in get(X_Client=india, Cookie=f"vid={vid}").text
    assert get(X_Client=india, Cookie=f"vid={vid}", Sec_GPC="1").text == PAGE


def test_experiments(run, upstream, nginx):
    upstream.on("/product-new/", reply(PAGE.replace("Bestsellers", "New")))
    get = run(example("experiments"))
    texts = {get(Cookie=f"vid=v{i}").text for i in range(60)}
    assert len(texts) == 3 and PAGE in texts
    assert any("Free delivery" in text for text in texts)
    assert any("Free returns" in text for text in texts)
    assert "Free delivery" in get(Cookie="vid=v1; qa=delivery").text
    shops = {f"v{i}": get("/product/", Cookie=f"vid=v{i}") for i in range(60)}
    new = [name for name, response in shops.items() if "<h2>New</h2>" in response.text]
    assert 5 < len(new) < 30
    assert sorted(r.path for r in upstream.requests) == ["/product-new/", "/product/"]
    kept = {name: response.cookie("pz_variants") for name, response in shops.items()}
    assert all(kept[name] for name in new)
    log = (nginx.directory / "var-log" / "variants.log").read_text()
    assert "new_shop=new" in log and "untouched=holdout" in log


def test_growthbook(run, redis):
    redis.set_json("profile:ann", {"plan": "trial"})
    get = run(example("growthbook"))
    assert "Your trial goes on" in get(Cookie="gbuuid=ann").text
    texts = {get(Cookie=f"gbuuid=v{i}", X_Client="203.0.113.77").text for i in range(20)}
    assert len(texts) == 2 and all("Free delivery" in t or "tomorrow" in t for t in texts)
    assert get(Cookie="gbuuid=v1", X_Client="198.51.100.1").text == PAGE
    # Segments: a saved group, staff among it, and those for whom a flag is on.
    assert "delivery is free" in get(Cookie="gbuuid=ben").text
    assert get(Cookie="gbuuid=zoe").text == PAGE
    redis.set_json("profile:pia", {"plan": "partner"})
    for one in ("pia", "ben"):
        redis.set_json(f"account:{one}", {"points": 80})
    assert "80 points" in get(Cookie="gbuuid=pia").text
    assert "80 points" not in get(Cookie="gbuuid=ben").text


def test_visual(run):
    get = run(example("visual"))
    texts = {get(Cookie=f"gbuuid=v{i}").text for i in range(20)}
    assert len(texts) == 2 and PAGE in texts
    text = (texts - {PAGE}).pop()
    assert '<h2>What others buy <em>today</em></h2>' in text and '<a class="quiet" href' in text
    assert "border-top" in text and "section:last-child" in text and "/_pz/visual.js" in text
    assert {get("/?print=1", Cookie=f"gbuuid=v{i}").text for i in range(20)} == {PAGE}


@pytest.mark.parametrize("mode", ["cluster", "sentinel:shop"])
def test_cluster(run, mode, tmp_path):
    """The example, and its line for sentinels."""
    servers = RedisCluster(tmp_path) if mode == "cluster" else RedisSentinel(tmp_path)
    try:
        nodes = servers.nodes if mode == "cluster" else servers.sentinels
        text = example("cluster").replace("mode=cluster", f"mode={mode}")
        for i in range(3):
            text = text.replace(f"10.0.0.{i + 1}:6379", nodes[i].address)
        servers.set_json("profile:{ann}", {"name": "Ann", "orders": [{"id": 7, "state": "here"}]})
        get = run(text)
        wait_until(lambda: "Hello Ann" in get(Cookie="vid=ann").text, "the page is personal")
        status = get("/_pz/status").text
        assert f'server="{nodes[0].address}"' in status or mode == "sentinel:shop"
        assert 'role="master",state="' in status and 'role="replica",state="' in status
    finally:
        servers.stop()


def test_readme(run, redis):
    """What the README offers to paste."""
    readme = (ROOT / "README.md").read_text()
    text = next(block for block in re.findall(r"```nginx\n(.*?)```", readme, re.S)
                if "load_module" in block)
    redis.set_json("profile:ann", {"name": "Ann", "tier": "gold"})
    get = run(text)
    assert "Welcome back, Ann. Delivery is on us today." in get(Cookie="vid=ann").text


def tell(nginx, events, cookie=""):
    """The cookie that holds what the browser reported."""
    response = nginx.get("/_pz/e", method="POST", body=events.encode(),
                         headers={"Sec-Fetch-Site": "same-origin", "Cookie": cookie})
    return f"pz={response.cookie('pz')}"


def test_capped_popup(run, nginx, redis):
    # At any time of the day and the week.
    text = re.sub(r"\n *(hours|weekdays) .*", "", example("capped-popup"))
    get = run(text)
    everybody = [f"vid=visitor-{i}" for i in range(60)]
    seen = [cookie for cookie in everybody if "One letter a month" in get(Cookie=cookie).text]
    assert 40 < len(seen) < 60
    assert get().text == PAGE
    cookie = tell(nginx, "impression=newsletter")
    assert "One letter" in get(Cookie=f"{seen[0]}; {cookie}").text
    assert get(Cookie=f"{seen[0]}; {tell(nginx, 'dismiss=newsletter')}").text == PAGE
    assert get(Cookie=f"{seen[0]}; {tell(nginx, 'click=newsletter')}").text == PAGE
    twice = tell(nginx, "impression=newsletter", cookie)
    assert get(Cookie=f"{seen[0]}; {twice}").text == PAGE
    redis.data.hset("pz:switches", "campaign:newsletter", "off")
    wait_until(lambda: get(Cookie=seen[0]).text == PAGE, "the switch is obeyed")


def test_tiers(run, redis):
    redis.set_json("crm:ann", {"spent": 6200, "birthday": today(form="1992-%m-%d")})
    redis.set_json("web:ann", {"gender": "f", "spent": 1, "affinity": {"shoes": 4, "bags": 1}})
    redis.set_json("cart:bob", {"lines": [{"category": "winter-jacket", "qty": 2}]})
    redis.set_json("covers:f:shoes", {"title": "Red shoes", "link": "/shoes"})
    redis.set_json("covers:all:all", {"title": "All of autumn", "link": "/"})
    get = run(example("tiers"))
    ann, bob, staff = (get(Cookie=f"vid={cookie}").text for cookie in ("ann", "bob", "ann; staff=1"))
    assert '<a href="/shoes">Red shoes, 15% off</a>' in ann
    assert "Happy birthday! 15% on everything this week." in ann
    assert "All of autumn, 5% off" in bob and "Two jackets at a time?" in bob
    assert "Red shoes" in staff and "Happy birthday" not in staff


def test_flash_sale(run, nginx, redis):
    redis.set_json("profile:ann", {"name": "Ann", "member": True})
    text = example("flash-sale")
    # In the year of the test.
    for day, now in (("2026-11-27", "2020-11-27"), ("2026-11-30", "2090-11-30")):
        text = text.replace(day, now)
    get = run(text.replace("timeout=50ms", "timeout=2s").replace("personalize on;",
                                                               "personalize on; personalize_wait 2s;"))
    member = get(Cookie="vid=ann").text
    assert "20 % off" in member and "because you are a member, Ann" in member
    other = get(Cookie="vid=bob").text
    assert "15 % off" in other and "For everybody" in other
    # Who has seen an offer keeps it.
    redis.set_json("profile:bob", {"name": "Bob", "member": True})
    redis.set_json("profile:ann", {"name": "Ann", "member": False})
    assert "20 % off" in get(Cookie=f"vid=ann; {tell(nginx, 'impression=members_sale')}").text
    assert "15 % off" in get(Cookie=f"vid=bob; {tell(nginx, 'impression=weekend_sale')}").text


def test_one_overlay(run, nginx):
    get = run(example("one-overlay"))

    def shown(path, cookie=""):
        return re.findall(r'<\w[^>]* data-pz-campaign="(\w+)"', get(path, Cookie=cookie).text)

    assert shown("/product/?from=campus", "cart_items=2") == ["recall"]
    assert shown("/?from=campus", "cart_items=2") == ["cart_waits"]
    assert shown("/?from=campus") == ["student"]
    assert shown("/") == []
    closed = tell(nginx, "impression=recall&dismiss=recall")
    assert shown("/product/?from=campus", f"cart_items=2; {closed}") == ["cart_waits"]
    thrice = tell(nginx, "impression=recall&impression=student&impression=cart_waits")
    assert shown("/?from=campus", f"cart_items=2; {thrice}") == []


def test_person(run, nginx, redis, upstream):
    def whoami(request, send):
        cookie = request.headers.get("cookie", "")
        who = "ann@shop.example" if "sid=s-ann" in cookie else None
        reply(headers={"X-User-Id": who} if who else ())(request, send)

    upstream.on("/whoami", whoami)
    upstream.on("/", reply(PAGE))
    for sku in ("lamp", "desk", "sofa"):
        upstream.on(f"/p/{sku}", reply(PAGE, headers={"X-Sku": sku}))
    redis.set_json("profile:ann@shop.example", {"name": "Ann"})
    run(example("person"))
    phone, laptop = Device(nginx), Device(nginx)
    assert phone.shown() == ["newsletter"]
    phone.tell("impression", "newsletter")
    # What the phone has gathered is hers on the laptop.
    phone.sign_in("ann").go("/p/lamp")
    laptop.sign_in("ann").go("/p/desk")
    wait_until(lambda: laptop.shown("/p/sofa") == ["still_looking"], "she is known there")
    assert "Ann, still looking?" in phone.go("/p/lamp")
    # The second message of her session, on any device, is the last one.
    laptop.tell("impression", "still_looking")
    assert laptop.shown("/p/lamp") == phone.shown("/p/lamp") == []
    assert Device(nginx).sign_in("ann").shown("/p/lamp") == []
    # Whoever comes after her begins anew.
    assert phone.sign_out().shown() == ["newsletter"]


def test_operators(run, nginx):
    nginx.file("preview.key", secrets.token_hex(32) + "\n").chmod(0o600)
    get = run(example("operators"))
    assert "Delivery tomorrow" in get(X_Client="203.0.113.9").text
    answer = json.loads(get("/_pz/explain?ip=203.0.113.9").body)
    assert answer["slots"][0]["winner"] == "nearby"
    assert answer["slots"][0]["campaigns"][0]["outcome"] == "out_of_time"
    site = "http://localhost"
    link = subprocess.run([ROOT / "scripts" / "preview-link", "--secret",
                           nginx.directory / "preview.key", "--site", site,
                           "campaign.black_friday=on"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    link = link.removeprefix(site)
    cookie = get(link).get("set-cookie").split(";")[0]
    assert "Black Friday" in get(Cookie=cookie).text
    assert "Black Friday" not in get().text


def test_grid(run, redis, nginx):
    def grid(cards):
        return PAGE.replace('<section class="bestsellers"><h2>Bestsellers</h2></section>', f"<ul>{cards}</ul>")

    def card(sku, category, cover=None, price="€25.00", badge=""):
        image = cover or f"/img/{sku}.jpg"
        return (f'<li class="card" data-sku="{sku}" data-item-category="{category}">{badge}'
                f'<img class="cover" data-sku="{sku}" src="{image}" alt="">'
                f'<p class="price" data-sku="{sku}">{price}</p></li>')

    redis.set_json("profile:ann", {"tier": "gold", "affinity": {"colour": {"red": 3, "blue": 1}}})
    redis.set_json("price:gold:A1", {"amount": 19.5})
    redis.set_json("price:all:A1", {"amount": 24})
    redis.set_json("cover:red:A1", {"image": "/img/A1-red.jpg"})
    for sku in ("A1", "A3", "A4", "A5"):
        redis.set_json(f"stock:{sku}", {"left": 2})
    products = [("A1", "shoes"), ("A2", "shoes"), ("A3", "bags"), ("A4", "bags"), ("A5", "bags")]
    get = run(example("grid"))
    nginx.page("grid.html", grid("".join(card(*product) for product in products)))
    few = '<b class="badge">Only 2 left</b>'
    badges = {"A1": few, "A2": '<b class="badge">In fashion</b>', "A3": few, "A4": few}

    def wanted(**first):
        return grid("".join(card(sku, category, badge=badges.get(sku, ""), **(first if sku == "A1" else {}))
                            for sku, category in products))

    def shown(visitor):
        return get("/grid.html", Cookie=f"vid={visitor}").text.replace('"  src=', '" src=')

    for _ in range(2):
        assert shown("ann") == wanted(cover="/img/A1-red.jpg", price="€19.50")
        assert shown("bob") == wanted(price="€24.00")
