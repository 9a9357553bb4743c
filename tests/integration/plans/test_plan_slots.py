"""Everything that slots do is the same with plans and without them."""

import json
import re
import subprocess
import threading

import pytest

from harness import pages, plans
from harness.client import body_so_far
from harness.nginx import ROOT
from harness.pages import assert_same, slot
from harness.plans import LARGE, body_of
from harness.redis.rogue import bulk
from harness.waiting import wait_until

BOTH = ("1.1", "1.1 gzip")

CAMPAIGNS = """
  personalize_campaign login { slot greeting; when request.arg.who; fragment who.html; }
  personalize_campaign better { slot greeting; priority 5; when request.arg.who = eve;
                                fragment better.html; }
  personalize_campaign nobody { slot nobody; when request.arg.never; fragment who.html; }
  personalize_campaign inner { slot inner; fragment inner.html; }
  personalize_campaign outer { slot outer; when request.arg.outer; fragment outer.html; }
  personalize_campaign kept { slot kept; when request.arg.kept; fragment outer.html; }
  personalize_campaign every { slot every; when request.arg.every; fragment inner.html; }
  personalize_campaign empty { slot empty; when request.arg.empty; fragment empty.html; }
  personalize_campaign title { slot title; when request.arg.who; fragment who.html; }
  personalize_campaign place { slot place; fragment who.html; }
  personalize_campaign head { slot head-end; fragment head.html; }
  personalize_campaign start { slot body-start; when request.arg.every; fragment long.html; }
  personalize_campaign bar { slot body-end; widget exit-popup;
                             set title "Wait {{request.arg.who}}"; }
  personalize_campaign lead { slot lead; when request.arg.who; content "For {{request.arg.who}}"; }
  personalize_slot lead body attribute=title;
  personalize_campaign tier { slot tier; when request.arg.who; content "vip {{request.arg.who}} -first"; }
  personalize_slot tier body attribute=class;
  personalize_slot every .every inner all;
  personalize_slot empty "body > p.every" after;
  personalize_slot place "#place" before;
  personalize_slot title "h1" inner early;
"""
FRAGMENTS = {
    "who.html": "<b>Hello {{request.arg.who}}</b>", "better.html": "<i>Better for Eve</i>",
    "inner.html": "<i>in</i>", "outer.html": f"<b>out {slot('never seen', 'inner')}</b>",
    "empty.html": "{{request.arg.nothing}}",
    "head.html": '<meta name=x content="{{request.arg.who}}">',
    "long.html": "<p>" + "long " * 30_000 + "</p>",
}
QUERIES = ["", "?who=Ann", "?who=eve&every=1", "?outer=1", "?kept=1&every=1&empty=1",
           "?outer=1&kept=1&who=%C5%81ucja%3Cscript%3E", "?pz-nothing=1"]


@pytest.fixture
def shop(nginx):
    """shop(http, server) → a visitor of /on/ and /off/."""
    def start(http="", server=""):
        for name, text in FRAGMENTS.items():
            nginx.file(name, text)
        locations = "".join(f"location /{where}/ {{ alias {plans.old_files()}/; {off} }}\n"
                            for where, off in (("on", ""), ("off", "personalize_plans off;")))
        nginx.configure(plans.without_redis(nginx, "gzip on; gzip_min_length 1;" + http),
                        f"personalize on; {locations} {plans.STATUS} {server}")
        nginx.start()
        return plans.Visitor(nginx)

    return start


def compare(visitor, name, query="", normalize=lambda body: body, **options):
    """Returns the page, which is the same in all ways."""
    unplanned = visitor.get(f"/off/{name}{query}", **options)
    assert (unplanned.status, unplanned.plan) == (200, "none")
    wanted = normalize(unplanned.body)

    def check(response):
        assert response.status == 200
        assert_same(normalize(body_of(response)), wanted, f"{name}{query}")

    visitor.hits(f"/on/{name}{query}", check, **options)
    return wanted.decode()


def test_kinds_of_slots(shop):
    visitor = shop(CAMPAIGNS)
    seen = [compare(visitor, "slots", query) for query in QUERIES]
    for name in LARGE:
        for query in QUERIES:
            compare(visitor, name, query)
    assert '<a href="/login">Log in</a>' in seen[0]
    assert seen[0].count("<i>in</i>") == 1
    assert "<b>Hello Ann</b>" in seen[1]
    assert "Better for Eve" in seen[2] and seen[2].count('class="every"><i>in</i>') == 40
    assert seen[3].count("<i>before</i>") == 1 and seen[4].count("<i>before</i>") == 1
    assert "&lt;script" in seen[5] and "&#321;ucja" in seen[5]


def test_what_templates_repeat_is_compressed(shop, nginx):
    nginx.file("card.html", f"<li><a href='/p'>{'<i class=icon></i>' * 40}</a> {{{{request.arg.who}}}}")
    nginx.file("list.html", "<ul>" + "{{> card}}" * 30 + "</ul>")
    visitor = shop("""
      charset utf-8;
      personalize_campaign list { slot greeting; when request.arg.who; fragment list.html; }
      personalize_campaign card { slot outer; when request.arg.who; fragment card.html; }""")
    compare(visitor, "slots")
    default = visitor.get("/on/slots", "1.1 gzip")
    for query in ("?who=Ann", "?who=%C5%81ucja%3Cscript%3E"):
        page = compare(visitor, "slots", query)
        assert page.count("class=icon") == 31 * 40
        filled = visitor.get(f"/on/slots{query}", "1.1 gzip")
        assert default.plan == filled.plan == "hit"
        # Of 31 cards of 820 bytes there are two (a template of each campaign), and names.
        assert len(filled.body) - len(default.body) < 2 * 820 + 30 * 50


def test_a_page_whose_slots_are_close_together_is_compressed_as_a_whole(shop, nginx):
    visitor = shop(CAMPAIGNS)

    def refusals():
        return plans.status(nginx)["plan_refusals"]["fragmented"]

    wait_until(lambda: visitor.get("/on/grid?every=1", "1.1 gzip") and refusals() == 1, "it is known")
    response = visitor.get("/on/grid?every=1", "1.1 gzip")
    unplanned = visitor.get("/off/grid?every=1", "1.1 gzip")
    assert response.plan == "hit" and unplanned.plan == "none"
    assert_same(body_of(response), body_of(unplanned), "grid")
    assert body_of(response).count(b'class="every"><i>in</i>') == 80
    assert len(response.body) < 1.1 * len(unplanned.body)
    assert not plans.is_joined(response) and refusals() == 1
    # Others are not known by it.
    compare(visitor, "slots", "?every=1")


def test_nonces(shop):
    policy = "add_header Content-Security-Policy \"script-src 'nonce-r4nd0m'\";"
    visitor = shop(CAMPAIGNS + policy)
    page = compare(visitor, "slots", "?who=Ann")
    assert page.count('nonce="r4nd0m"') >= 1


def test_preview(shop, nginx):
    nginx.file("preview.key", "0123456789abcdef0123456789abcdef\n").chmod(0o600)
    visitor = shop(CAMPAIGNS + "personalize_preview secret_file=preview.key;",
                   "location /_pz/ { personalize_endpoint; }")
    link = subprocess.run([ROOT / "scripts" / "preview-link", "--secret",
                           nginx.directory / "preview.key", "--site", "http://localhost",
                           "--to", "/on/slots", "--for", "1h", "campaign.outer=on"],
                          check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout.strip()
    cookie = nginx.get(link.removeprefix("http://localhost"))
    assert cookie.status == 303, cookie.body
    cookie = cookie.get("set-cookie").split(";")[0]

    def normalize(body):
        return re.sub(rb"/o(n|ff)/", b"/o/", body).replace(b"%2Fon%2F", b"%2Foff%2F")

    page = compare(visitor, "slots", normalize=normalize, vid=f"ada; {cookie}")
    assert page.count('class="pz-preview"') == 1
    assert page != compare(visitor, "slots")


def test_tickets_of_prefetched_pages(shop, rogue):
    visitor = shop(CAMPAIGNS + f"personalize_redis unix:{rogue.socket} timeout=5s connect_timeout=5s; personalize_session; "
                               "personalize_visitor cookie=vid;",
                   "location /_pz/ { personalize_endpoint; }")
    headers = {"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "document",
               "Sec-Fetch-Mode": "navigate",
               "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 "
                             "Firefox/130.0"}
    ticket = re.compile(rb'data-pz-view="[\w-]+"')

    def normalize(body):
        assert len(ticket.findall(body)) == 1
        return ticket.sub(b'data-pz-view=""', body)

    compare(visitor, "slots", "?who=Ann", normalize, headers=headers)
    # The others' plan is another one.
    assert "data-pz-view" not in compare(visitor, "slots", "?who=Ann")
    compare(visitor, "slots", "?who=Ann", normalize, headers=headers)


def test_doubts_are_counted_once_a_page(shop, nginx):
    visitor = shop()
    compare(visitor, "doubtful")

    def doubts():
        told = plans.status(nginx)
        return {name: value for name, value in told["doubts"].items() if value}

    added = {}
    for path in ("/off/doubtful", "/on/doubtful"):
        for client in BOTH:
            before = doubts()
            response = visitor.get(path, client)
            after = doubts()
            added[path, client] = {name: after[name] - before.get(name, 0) for name in after}
    assert len({json.dumps(one, sort_keys=True) for one in added.values()}) == 1
    assert set(added["/on/doubtful", "1.1"].values()) == {1}
    assert response.plan == "hit"


def test_result_in_the_log(shop, nginx):
    visitor = shop()
    compare(visitor, "middle")
    for vid, result in (("ada", "personalized"), ("", "default")):
        for where in ("on", "off"):
            for client in BOTH:
                response = visitor.get(f"/{where}/middle", client, vid=vid)
                assert response.plan == ("hit" if where == "on" else "none")
                assert response.logged["result"] == result
                assert response.logged["campaigns"] == ("greeting" if vid else "")


# Waiting


@pytest.fixture
def waiting(nginx, rogue):
    """waiting(wait) → a visitor; the plans are made by visitors whose documents come at once."""
    def start(wait="10s"):
        pages.prepare(nginx)
        pages.answer(rogue, "now")
        nginx.configure(
            pages.http(rogue, "gzip on; gzip_min_length 1;"),
            f"personalize on; personalize_wait {wait}; {plans.STATUS}"
            f"location /on/ {{ alias {plans.old_files()}/; }}"
            f"location /read/ {{ alias {plans.old_files()}/; sendfile off; }}"
            f"location /threads/ {{ alias {plans.old_files()}/; aio threads; }}")
        nginx.start()
        return plans.Visitor(nginx)

    return start


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("location", ["on", "read", "threads"])
def test_what_stands_before_the_slot_leaves(waiting, nginx, rogue, location, encoding):
    visitor = waiting()
    for name in ("middle", "large", "start"):
        visitor.hits(f"/on/{name}")
        answer = threading.Event()

        def on_read(session, _):
            answer.wait(20)
            session.send(bulk('{"name":"Ada"}'))

        rogue.on_read = on_read
        page = LARGE[name]
        before = page.html[:page.html.index(pages.DEFAULT if pages.DEFAULT in page.html
                                            else '<p class="row d">')].encode()
        with nginx.connect() as connection:
            cookie = f"vid=ada; n={name}"
            connection.request(f"/{location}/{name}",
                               headers={"Cookie": cookie, "Accept-Encoding": encoding})
            if encoding == "gzip":
                while body_so_far(connection.received()) != before:
                    assert connection.more(), "closed"
            else:
                connection.read_until(before[-60:])
            answer.set()
            response = connection.response()
        assert visitor.logged(cookie)["plan"] == "hit"
        assert plans.is_joined(response) == (encoding == "gzip")
        assert_same(body_of(response), page.filled().encode(), name)
        pages.answer(rogue, "now")


def test_documents_that_never_come(waiting, nginx, rogue):
    visitor = waiting("80ms")

    def check(response):
        assert body_of(response) in wanted

    for name in ("middle", "large", "start"):
        wanted = [LARGE[name].filled().encode(), LARGE[name].html.encode()]
        visitor.hits(f"/on/{name}", check)
        rogue.on_read = lambda *_: None
        for location in ("on", "read", "threads"):
            for client in BOTH:
                response = visitor.get(f"/{location}/{name}", client)
                assert response.plan == "hit" and response.done_at > 0.07
                assert response.logged["result"] == "default"
                assert_same(body_of(response), LARGE[name].html.encode(), name)
        pages.answer(rogue, "now")


def test_a_page_without_slots_waits_for_nothing(waiting, nginx, rogue):
    visitor = waiting()
    visitor.hits("/on/bare")
    rogue.on_read = lambda *_: None
    for client in BOTH:
        response = visitor.get("/on/bare", client)
        assert response.plan == "hit" and response.done_at < 5
        assert_same(body_of(response), LARGE["bare"].html.encode(), client)
    assert visitor.get("/on/bare").get("content-length") == str(len(LARGE["bare"].html))
