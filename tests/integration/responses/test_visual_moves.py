"""Elements that GrowthBook's visual editor moves, moved while pages stream by: from all kinds of places, and
not beyond the bounds of what is held back."""

import gzip
import json
import random
import re

import pytest

from harness import pages, plans
from harness.client import Connection, body_so_far, get_http2
from harness.pages import slot
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until

HEAD = "<!doctype html><html><head><title>T</title></head><body><main>"
MOVED = '<section id=promo class=a><b>Promo</b> one</section>'
MARKED = MOVED.replace("<section", '<section data-pz-moved="0"')
PLACE = "<h3>Last</h3>"
FOOT = "</aside></main></body></html>"
MOST = 64 * 1024

CHANGE = {"selector": "#promo", "attribute": "position", "action": "set", "value": "", "parentSelector": "#place",
          "insertBeforeSelector": "#place > h3"}
FEATURES = {"features": {}, "experiments": [
    {"key": "look", "hashAttribute": "id", "hashVersion": 2, "coverage": 1, "weights": [0, 1],
     "urlPatterns": [{"include": True, "type": "simple", "pattern": "*"}],
     "variations": [{}, {"domMutations": [CHANGE]}]}]}


def page(between="<p>2</p>", before="<p>1</p>\n", element=MOVED, at_place="", head=HEAD):
    return head + before + element + between + "<aside id=place>" + at_place + PLACE + FOOT


def filling(size):
    return "".join(f"<p>{i:06}</p>\n" for i in range(size // 14 + 1))


def without_head(text):
    return re.sub(r"(<title>T</title>).*?</head>", r"\1</head>", text, flags=re.S)


def is_unmoved(text, expected):
    """The head tells the browser what to do, and the rest is the page."""
    return "data-pz-moved=\"0\"" not in text.partition("</head>")[2] and without_head(text) == expected


@pytest.fixture
def shop(nginx, upstream):
    """shop(server, http) → NGINX before the upstream, with the experiment in which everybody is moved."""
    def start(server="", http="", location="", features=FEATURES, http2=False):
        nginx.file("features.json", json.dumps(features))
        nginx.configure(f"{http} personalize_visitor cookie=vid issue=on;"
                        "personalize_features features.json id=visitor.id visual=on;",
                        f"""personalize on; {server}
                            location /_pz/ {{ personalize_endpoint; }}
                            location = /status {{ personalize off; personalize_status; }}
                            location = /explain {{ personalize off; personalize_explain; allow all; }}
                            location / {{ proxy_pass {upstream.url}; {location} }}""", http2=http2)
        nginx.start()
        return nginx
    return start


def text_of(response):
    body = gzip.decompress(response.body) if response.get("content-encoding") == "gzip" else response.body
    return body.decode()


def counted(nginx, what):
    return json.loads(nginx.get("/status?format=json").text)["visual"][what]


def assert_moved(ask, moved, whole):
    """`ask` gets the page, in which the element is moved, unless the upstream has paused on a busy machine."""
    def is_moved():
        text = ask()
        assert without_head(text) == moved or is_unmoved(text, whole)
        return without_head(text) == moved
    wait_until(is_moved, "a page that has come at once")


WAYS = {
    "as it is": {},
    "compressed": {"server": "gzip on; gzip_min_length 1;"},
    "small buffers": {"location": "proxy_buffers 3 1k; proxy_buffer_size 1k; proxy_busy_buffers_size 1k;"},
    "no temporary file": {"location": "proxy_buffers 3 1k; proxy_buffer_size 1k; proxy_busy_buffers_size 1k; "
                                      "proxy_max_temp_file_size 0;"},
    "no buffering": {"location": "proxy_buffering off;"},
    "other filters": {"location": "sub_filter NOWHERE x; sub_filter_once off; charset utf-8;"},
}


@pytest.mark.parametrize("way", WAYS)
def test_an_element_is_moved_on_the_way(shop, upstream, way):
    nginx = shop(**WAYS[way])
    for between in ("<p>2</p>", filling(3000), filling(50_000)):
        if way == "no buffering" and len(between) > 4000:
            break  # what has come so far is sent on
        upstream.on("/", reply(page(between)))
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            assert_moved(lambda: text_of(nginx.get("/", headers=headers)), page(between, element="", at_place=MARKED),
                         page(between))
    assert "data-pz-moved" in nginx.get("/").text.partition("</head>")[0]


def test_an_element_that_comes_compressed(shop, upstream):
    nginx = shop()
    upstream.on("/", reply(gzip.compress(page(filling(20_000)).encode()), headers={"Content-Encoding": "gzip"}))
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        assert_moved(lambda: text_of(nginx.get("/", headers=headers)), page(filling(20_000), element="", at_place=MARKED),
                     page(filling(20_000)))


def test_an_element_of_a_page_that_is_cached(shop, nginx, upstream):
    cache = f"proxy_cache_path {nginx.directory}/cache keys_zone=pages:1m;"
    shop(http=cache, location="proxy_cache pages; proxy_cache_valid 1m;", server="gzip on; gzip_min_length 1;")
    upstream.on("/", reply(page(filling(3000))))
    for _ in range(4):
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            assert_moved(lambda: text_of(nginx.get("/", headers=headers)), page(filling(3000), element="", at_place=MARKED),
                         page(filling(3000)))
    assert len(upstream.requests) <= 2


def test_an_element_on_http2(shop, upstream):
    nginx = shop(http2=True)
    upstream.on("/", reply(page(filling(3000))))
    upstream.on("/far", reply(page(filling(MOST))))

    def ask():
        near, far = get_http2(nginx.port, [("/", {}), ("/far", {})])
        assert is_unmoved(far.text, page(filling(MOST)))
        return near.text
    assert_moved(ask, page(filling(3000), element="", at_place=MARKED), page(filling(3000)))


def test_an_element_of_an_included_part(shop, upstream):
    nginx = shop(location="ssi on;")
    upstream.on("/", reply(page('<!--#include virtual="/part" -->', before='<!--#include virtual="/part" -->',
                                element='<!--#include virtual="/element" -->')))
    upstream.on("/part", reply("<p>part</p>"))
    upstream.on("/element", reply(MOVED))
    assert_moved(lambda: nginx.get("/").text, page("<p>part</p>", "<p>part</p>", "", MARKED),
                 page("<p>part</p>", "<p>part</p>"))


def test_an_element_of_a_page_with_a_plan(shop, nginx, upstream):
    text = page(filling(3000), before=slot("default"))
    nginx.page("file/index.html", text)
    plans.wait_settled(nginx.directory / "html" / "file" / "index.html")
    nginx.file("content.html", "<i>new</i>")
    shop(server="location /file/ { } gzip on; gzip_min_length 1; log_subrequest off;"
                "add_header X-Plan $personalize_plan;",
         http="personalize_campaign c { slot s; when request.arg.who; fragment content.html; }")
    for query in ("", "?who=1"):
        default = "default" if not query else "<i>new</i>"
        expected = page(filling(3000), before=slot(default), element="", at_place=MARKED)
        for headers in ({}, {"Accept-Encoding": "gzip"}, {"Cookie": "vid=ada"}):
            def is_right():
                response = nginx.get(f"/file/{query}", headers=headers)
                assert without_head(text_of(response)) == expected
                return plan_of(nginx) > 0
            wait_until(is_right, "a page by its plan")


def plan_of(nginx):
    return json.loads(nginx.get("/status?format=json").text)["plans"]["hit"]


def test_a_place_that_is_far_is_the_browsers(shop, upstream):
    nginx = shop()
    for size, moves in ((MOST - 2000, True), (MOST + 2000, False), (400_000, False)):
        upstream.on("/", reply(page(filling(size))))
        if moves:
            assert_moved(lambda: nginx.get("/").text, page(filling(size), element="", at_place=MARKED), page(filling(size)))
            before = counted(nginx, "not_moved")
        else:
            assert is_unmoved(nginx.get("/").text, page(filling(size)))
    wait_until(lambda: counted(nginx, "moved") == 1 and counted(nginx, "not_moved") == before + 2, "all are counted")


LONG = MOVED.replace("one", filling(8000))
PAUSES = {"in the tag": "<section id=pro", "behind the tag": "class=a>", "in the element": "<p>000300", "behind it": "</section>",
          "before the place": "<aside"}


@pytest.mark.parametrize("location", ["proxy_buffering off; proxy_buffers 4 64k; proxy_buffer_size 64k;",
                                      WAYS["small buffers"]["location"]])
@pytest.mark.parametrize("pause", PAUSES)
def test_a_page_that_pauses_is_not_held(shop, upstream, pause, location):
    """What has come is seen while the upstream takes its time."""
    nginx = shop(location=location + "postpone_output 0;")
    before = filling(4000).replace("<p>", "<p>b")
    whole = page(before=before, element=LONG).encode()
    at = whole.index(PAUSES[pause].encode()) + len(PAUSES[pause])
    turns = Turns()
    upstream.on("/", reply(pieces=[whole[:at], whole[at:]], turns=turns))
    # NGINX waits for a buffer to be full, and a tag that is not whole is held longer.
    shown = whole[:at - 1100 if "1k" in location else whole.rindex(b"<", 0, at)]
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Connection": "close"})
        connection.read_body_until(shown[-30:])
        turns.give()
        text = connection.response().text
    if shown.count(b"<section") == 1:
        assert is_unmoved(text, whole.decode())
    elif pause == "in the tag":
        marked = LONG.replace("<section", '<section data-pz-moved="0"')
        assert without_head(text) in (page(before=before, element="", at_place=marked), whole.decode())


def test_a_page_that_ends_without_the_place(shop, upstream):
    nginx = shop()
    for text in (page().replace("id=place", "id=other"), HEAD + MOVED, HEAD + MOVED[:20], HEAD + MOVED[:-3],
                 page().replace(PLACE, ""), page().partition(PLACE)[0]):
        for length in ({}, {"Content-Length": None}):
            upstream.on("/", reply(text, headers=length))
            assert is_unmoved(nginx.get("/").text, text)


@pytest.mark.parametrize("location", ["", "proxy_buffering off;"])
@pytest.mark.parametrize("cut", ["<section", "<b>Promo", "</section>", "<aside"])
def test_an_upstream_that_dies_loses_nothing(shop, upstream, cut, location):
    nginx = shop(location=location)
    whole = page()
    at = whole.index(cut) + len(cut)
    upstream.on("/", reply(whole[:at], headers={"Content-Length": str(len(whole))}))
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Connection": "close"})
        while connection.more():
            pass
        body = body_so_far(connection.received()).decode()
    # A tag that is not whole is lost with the rest.
    come = whole[:at]
    assert without_head(body) == (come if cut in ("</section>", "<b>Promo") else come.rpartition("<")[0])


@pytest.mark.parametrize("how", ["now", "late", "never"])
@pytest.mark.parametrize("where", ["before", "inside", "between", "behind"])
def test_redis_decides_about_a_slot_meanwhile(shop, nginx, upstream, rogue, how, where):
    pages.answer(rogue, how)
    pages.prepare(nginx)
    http = pages.http(rogue).replace("personalize_visitor cookie=vid;", "")
    shop(http=http, server=pages.wait(how))

    def made(content, moved):
        element = MARKED if moved else MOVED
        filled = slot(content)
        parts = {"before": "<p>1</p>", "between": "<p>2</p>", "behind": ""}
        if where == "inside":
            element = element.replace("one", filled)
        else:
            parts[where] += filled
        foot = parts["behind"]
        if moved:
            return page(parts["between"], parts["before"], "", element) + foot
        return page(parts["between"], parts["before"], element) + foot

    upstream.on("/", reply(made("default", False)))
    content = "default" if how == "never" else pages.CONTENT
    assert_moved(lambda: nginx.get("/", headers=pages.ADA).text, made(content, True), made(content, False))


def test_any_page_cut_anyhow(shop, upstream):
    """All bytes are there once, whatever is held."""
    nginx = shop(location=WAYS["small buffers"]["location"], server="gzip on; gzip_min_length 1;")
    chance = random.Random(4)
    moved = 0
    for i in range(60):
        between = filling(chance.choice([0, 500, 5000, 60_000, 70_000]))
        element = chance.choice([MOVED, MOVED.replace("one", filling(chance.choice([10, 3000])))])
        whole = page(between, filling(chance.choice([0, 2000])), element).encode()
        cuts = sorted(chance.randrange(len(whole)) for _ in range(chance.randrange(12)))
        pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)]) if a < b]
        upstream.on("/", reply(pieces=pieces))
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            text = without_head(text_of(nginx.get("/", headers=headers)))
            marked = element.replace("<section", '<section data-pz-moved="0"')
            is_moved = marked in text
            moved += is_moved
            rest = whole.decode().replace(element, "", 1) if is_moved else whole.decode()
            assert text == (rest.replace(PLACE, marked + PLACE) if is_moved else rest), i
    assert moved > 30


def test_who_has_the_control_is_not_held(shop, upstream):
    """Without the change nothing waits for the place."""
    features = json.loads(json.dumps(FEATURES))
    features["experiments"][0]["weights"] = [1, 0]
    nginx = shop(location="proxy_buffering off;", features=features)
    turns = Turns()
    whole = page().encode()
    at = whole.index(b"<aside")
    upstream.on("/", reply(pieces=[whole[:at], whole[at:]], turns=turns))
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Connection": "close"})
        connection.read_body_until(b"<p>2</p>")
        turns.give()
        assert connection.response().text == page()
    assert counted(nginx, "moved") == counted(nginx, "not_moved") == 0


def test_explain_and_the_check_tell_who_moves_what(shop, upstream):
    features = json.loads(json.dumps(FEATURES))
    features["experiments"][0]["variations"][1]["domMutations"].append({**CHANGE, "selector": "main > .b"})
    nginx = shop(features=features)
    first, second = json.loads(nginx.get("/explain?uri=/&visitor=ada").text)["visual"][0]["changes"]
    assert first["by"] == "stream" and "64 KB" in first["but_browser_in"]
    assert second["by"] == "browser" and "moves an element" in second["why"]
    warnings = nginx.check()[1]
    assert '"position" of "main > .b"' in warnings and '"#promo"' not in warnings
