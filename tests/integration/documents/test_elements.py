"""Slots that know their element: every card of a grid differs, and the documents of all cards come
in one round trip."""

import html
import json
import re

import pytest

from harness.plans import Visitor, body_of
from harness.redis.rogue import bulk
from harness.upstream import reply

HEAD = '<!doctype html><html><head><meta charset="utf-8"><title>Shop</title></head><body>\n'
END = "</body></html>\n"


def card(sku, more="", default=None):
    data = f' data-sku="{html.escape(sku)}"' if sku is not None else ""
    return f'<article class="card"{data}{more}><p class="price">{default or "as in the shop"}</p></article>\n'


def grid(skus, **options):
    return HEAD + "".join(card(sku, **options) for sku in skus) + END


PRICE = """
  personalize_source price "key=price:${slot.data.sku}" ttl=0;
  personalize_campaign price { slot price; when price.amount;
                               content '<b>{{price.amount}} for {{slot.data.sku}}</b>'; }
"""
# The slot is the card, in place of its content.
SLOT = 'personalize_slot price ".card" inner all;'


def http(socket, more=PRICE, timeout="5s", cache=""):
    return f"""
  personalize_redis unix:{socket} timeout={timeout} connect_timeout=5s; {cache}
  personalize_visitor cookie=vid; {more}
"""


def server(location="", wait="5s", slot=SLOT):
    return f"personalize_wait {wait}; {slot} location / {{ personalize on; {location} }}\n"


def filled(text):
    """What the campaign put into each card; None where the default content stayed."""
    found = []
    for content in re.findall(r'<article class="card".*?>(.*?)</article>', text, re.S):
        shown = re.fullmatch(r"<b>(.*?)</b>", content)
        found.append(shown and shown[1])
    return found


SKUS = [f"A{n}" for n in range(60)]
ADA = {"Cookie": "vid=ada"}


def answer_together(count, value=lambda key: '{"amount":"%s"}' % key[::-1]):
    """Answers only once so many commands are there: a second round trip would never come."""
    waiting = []

    def on_read(session, command):
        waiting.append(command[1].decode())
        if len(waiting) == count:
            for key in waiting:
                session.send(bulk(value(key)))
            waiting.clear()

    return on_read


# One round trip


@pytest.mark.parametrize("planned", [False, True])
def test_all_cards_are_asked_for_in_one_round_trip(nginx, rogue, planned):
    rogue.on_read = answer_together(60)
    nginx.page("index.html", grid(SKUS))
    nginx.configure(http(rogue.socket), server("" if planned else "personalize_plans off;"))
    nginx.start()
    wanted = [f"{sku[::-1]}:ecirp for {sku}" for sku in SKUS]
    if not planned:
        assert filled(nginx.get(headers=ADA).text) == wanted
        return
    for response in Visitor(nginx).hits("/index.html", lambda got: None):
        assert filled(body_of(response).decode()) == wanted


def test_cards_that_come_in_many_pieces(nginx, rogue, upstream):
    rogue.on_read = lambda session, command: session.send(bulk('{"amount":"%s"}' % command[1].decode()))
    page = grid(SKUS).encode()
    upstream.on("/", reply(pieces=[page[i:i + 37] for i in range(0, len(page), 37)]))
    nginx.configure(http(rogue.socket),
                    server(f"proxy_pass {upstream.url}; proxy_buffering off;"))
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == [f"price:{sku} for {sku}" for sku in SKUS]
    assert len(rogue.reads()) == 60


def test_what_several_cards_need_is_asked_for_once(nginx, rogue):
    rogue.on_read = answer_together(2)
    nginx.page("index.html", grid(["A", "B"] * 20))
    nginx.configure(http(rogue.socket), server())
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == ["A:ecirp for A", "B:ecirp for B"] * 20
    assert sorted(words[1] for words in rogue.reads()) == [b"price:A", b"price:B"]


def test_a_key_that_needs_another_document_takes_a_second_round_trip(nginx, rogue):
    """Brands of all cards come in one go, and then the badges of those brands."""
    rounds = []

    def on_read(session, command):
        key = command[1].decode()
        rounds.append(key)
        if len(rounds) == 10:
            for one in rounds:
                session.send(bulk('{"brand":"b%d"}' % (int(one[6:]) % 2)))
        elif len(rounds) == 12:
            for one in rounds[10:]:
                session.send(bulk('{"text":"%s"}' % one))

    rogue.on_read = on_read
    nginx.page("index.html", grid([f"A{n}" for n in range(10)]))
    nginx.configure(http(rogue.socket, """
      personalize_source facts "key=item:${slot.data.sku}" ttl=0;
      personalize_source badge "key=badge:${facts.brand}" ttl=0;
      personalize_campaign badge { slot price; when badge.text; content '<b>{{badge.text}}</b>'; }"""),
        server())
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == ["badge:b0", "badge:b1"] * 5
    assert len(rounds) == 12


def test_keys_may_be_made_of_the_visitor_too(nginx, redis):
    """The price of a card by the tier of the visitor, which is a document itself."""
    redis.set_json("profile:ada", {"tier": "gold"})
    for sku in "AB":
        redis.set_json(f"price:gold:{sku}", {"amount": f"gold {sku}"})
    nginx.page("index.html", grid("AB"))
    nginx.configure(http(redis.socket, """
      personalize_source profile "key=profile:${visitor.id}";
      personalize_source price "key=price:${profile.tier}:${slot.data.sku}";
      personalize_campaign price { slot price; when price.amount; content '<b>{{price.amount}}</b>'; }"""),
        server())
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == ["gold A", "gold B"]
    assert filled(nginx.get(headers={"Cookie": "vid=bob"}).text) == [None, None]


def test_documents_are_cached(nginx, rogue):
    rogue.on_read = lambda session, command: session.send(bulk('{"amount":1}'))
    nginx.page("index.html", grid(SKUS))
    nginx.configure(http(rogue.socket, PRICE.replace(" ttl=0", ""),
                         cache="personalize_cache zone=personalize:4m ttl=60s;"), server())
    nginx.start()
    for _ in range(3):
        assert filled(nginx.get(headers=ADA).text) == [f"1 for {sku}" for sku in SKUS]
    assert len(rogue.reads()) == 60


# Late, too many, none


def test_a_late_document_leaves_its_card_as_it_is(nginx, rogue):
    rogue.on_read = in_turn_until(b"price:A7")
    nginx.page("index.html", grid(SKUS[:20]))
    nginx.configure(http(rogue.socket), server(wait="300ms"))
    nginx.start()
    got = filled(nginx.get(headers=ADA).text)
    assert got[:7] == [f"5 for {sku}" for sku in SKUS[:7]]
    # Redis answers in turn: what stands behind the late one is late, too.
    assert got[7:] == [None] * 13


def in_turn_until(late):
    """Answers nothing from `late` on, on that connection."""
    silent = set()

    def on_read(session, command):
        if command[1] == late:
            silent.add(session)
        if session not in silent:
            session.send(bulk('{"amount":5}'))

    return on_read


def test_a_page_waits_once_for_all_of_its_cards(nginx, rogue, upstream):
    """Cards that come one by one, and a Redis that never answers: not each of them waits."""
    rogue.on_read = lambda session, command: None
    cards = [card(sku).encode() for sku in SKUS[:20]]
    upstream.on("/", reply(pieces=[HEAD.encode(), *cards, END.encode()], pause=0.005))
    nginx.configure(http(rogue.socket, timeout="30s"),
                    server(f"proxy_pass {upstream.url}; proxy_buffering off;", wait="300ms"))
    nginx.start()
    response = nginx.get(headers=ADA)
    assert filled(response.text) == [None] * 20
    assert response.text == HEAD + "".join(card(sku) for sku in SKUS[:20]) + END
    assert float(nginx.last_log(1)["wait_time"]) < 3
    assert response.arrived(b"<title>") < response.done_at


def test_without_redis_every_card_is_as_it_was(nginx, directory):
    nginx.page("index.html", grid(SKUS))
    nginx.configure(http(directory / "nobody.sock"), server())
    nginx.start(connected=False)
    nginx.tolerate("nobody.sock")
    assert nginx.get(headers=ADA).text == grid(SKUS)


def test_more_cards_than_are_in_flight_at_a_time(nginx, rogue):
    rogue.on_read = lambda session, command: session.send(bulk('{"amount":1}'))
    skus = [f"S{n}" for n in range(1010)]
    nginx.page("index.html", grid(skus))
    nginx.configure(http(rogue.socket), server() + "location = /status { personalize_status; }")
    nginx.start()
    got = filled(nginx.get(headers=ADA).text)
    assert got == [f"1 for {sku}" for sku in skus[:1000]] + [None] * 10
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["doubts"]["too_many_elements"] == 10


# What is decided


def test_cards_differ_by_conditions_and_documents(nginx, redis):
    for sku, amount in {"A": 10, "B": 30, "C": 15}.items():
        redis.set_json(f"price:{sku}", {"amount": amount})
    cards = [card(sku, f' data-item-category={category}')
             for sku, category in (("A", "shoes"), ("B", "shoes"), ("C", "bags"), ("D", "bags"))]
    nginx.page("index.html", HEAD + "".join(cards) + END)
    nginx.configure(http(redis.socket, """
      personalize_source price "key=price:${slot.data.sku}";
      personalize_campaign cheap { slot price; priority 5; when price.amount < 20; when slot.data.item_category = shoes;
                                   content '<b>cheap {{price.amount}}</b>'; }
      personalize_campaign shoes { slot price; priority 3; when slot.data.item-category = shoes; content '<b>shoes</b>'; }
      personalize_campaign other { slot price; when price.amount; content '<b>{{slot.data.item_category | upper}}</b>'; }
    """), server() + "location = /status { personalize_status; }")
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == ["cheap 10", "shoes", "BAGS", None]
    logged = nginx.last_log(1)
    assert logged["campaigns"] == "cheap,shoes,other"
    assert logged["sources"] == "price=fetched,price=missing"


def test_a_campaign_counts_once_for_a_page(nginx, redis):
    for sku in SKUS:
        redis.set_json(f"price:{sku}", {"amount": 1})
    nginx.page("index.html", grid(SKUS))
    nginx.configure(http(redis.socket), server() + "location = /status { personalize_status; }")
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == [f"1 for {sku}" for sku in SKUS]
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["campaigns"]["price"]["shown"] == 1
    assert status["slots"]["filled"] == 60


def test_limits_per_view_count_cards(nginx):
    nginx.page("index.html", grid("ABCDEF"))
    nginx.configure("""
      personalize_visitor cookie=vid;
      personalize_campaign a { slot price; priority 2; cap 2/view; when slot.data.sku; content '<b>first</b>'; }
      personalize_campaign b { slot price; group g 1/view; when slot.data.sku in B D E; content '<b>second</b>'; }
    """, server())
    nginx.start()
    assert filled(nginx.get(headers=ADA).text) == ["first", "first", None, "second", None, None]


def test_a_slot_that_knows_nothing_of_elements_shows_the_same_everywhere(nginx, redis):
    """Beside one that does."""
    redis.set_json("price:A", {"amount": 1})
    nginx.page("index.html", HEAD + card("A") + '<i class="x" data-sku="B"></i><i class="x"></i>' + END)
    nginx.configure(http(redis.socket, PRICE + """
      personalize_campaign x { slot x; content 'hi {{request.arg.who}}'; }"""),
        server(slot=SLOT + 'personalize_slot x ".x" inner all;'))
    nginx.start()
    text = nginx.get("/?who=Ann", headers=ADA).text
    assert text.count(">hi Ann</i>") == 2 and filled(text) == ["1 for A"]


def test_one_element_and_marked_ones(nginx):
    nginx.page("index.html", HEAD + '<p id="one" data-name="Ann">x</p><div data-pz-slot="marked" data-name="Bob">y</div>'
               '<!--pz:pair-->z<!--/pz-->' + END)
    campaigns = "".join(f"personalize_campaign {slot} {{ slot {slot}; content '{slot}: {{{{slot.data.name | default \"nobody\"}}}}'; }}"
                        for slot in ("one", "marked", "pair"))
    nginx.configure(f"personalize_visitor cookie=vid; {campaigns}",
                    server(slot='personalize_slot one "#one";'))
    nginx.start()
    text = nginx.get(headers=ADA).text
    assert 'data-name="Ann">one: Ann</p>' in text
    assert 'data-name="Bob">marked: Bob</div>' in text
    assert "<!--pz:pair-->pair: nobody<!--/pz-->" in text


def test_attributes_of_each_card(nginx, redis):
    """A picture whose src is what this visitor likes."""
    redis.set_json("cover:A", {"image": "/img/A-red.jpg"})
    images = "".join(f'<img class="cover" data-sku="{sku}" src="/img/{sku}.jpg">' for sku in "AB")
    nginx.page("index.html", HEAD + images + END)
    nginx.configure(http(redis.socket, """
      personalize_source cover "key=cover:${slot.data.sku}";
      personalize_campaign cover { slot cover; when cover.image; content "{{cover.image}}"; }"""),
        server(slot='personalize_slot cover "img.cover" attribute=src all;'))
    nginx.start()
    text = nginx.get(headers=ADA).text
    assert re.findall(r'data-sku="(.)" +src="([^"]*)"', text) == [("A", "/img/A-red.jpg"), ("B", "/img/B.jpg")]


def test_offers_are_decided_for_each_card_also_once_they_were_seen(nginx, redis):
    for sku, amount in {"A": 10, "B": 30}.items():
        redis.set_json(f"price:{sku}", {"amount": amount})
    nginx.page("index.html", grid("AB"))
    nginx.configure(http(redis.socket, """
      personalize_source price "key=price:${slot.data.sku}";
      personalize_campaign offer { slot price; widget notice; when price.amount < 20; cap 9/day; set text "{{slot.data.sku}}";
        set link "/p/{{slot.data.sku}}"; set link_text "Go"; set price "{{price.amount}}"; set reason "sale"; }
    """), server())
    nginx.start()
    for _ in range(2):
        text = nginx.get(headers=ADA).text
        assert 'href="/p/A"' in text and 'href="/p/B"' not in text


def test_slots_by_request_and_late_ones_are_at_no_element(nginx, rogue):
    rogue.on_read = lambda session, command: session.send(bulk('{"amount":1}'))
    nginx.page("index.html", HEAD + '<div data-pz-slot="price" data-sku="A">x</div>' + END)
    nginx.configure(http(rogue.socket, PRICE + "personalize_campaign other { slot other; content 'other'; }"),
                    server("personalize_late on;", slot="") + "location /_pz/ { personalize_endpoint; }")
    nginx.start()
    assert ">1 for A</" in re.sub("</?b>", "", nginx.get(headers=ADA).text)
    told = json.loads(nginx.get("/_pz/slots?path=/", headers=ADA).text)
    assert list(told["slots"]) == ["other"]


# Hostile data


HOSTILE = ["\"><script>alert(1)</script>", "' onmouseover=alert(1) x='", "{{profile.name}}", "${visitor.id}",
           "&lt;b&gt;", "a\r\nDEL x", "\u202eevil", "𝕏" * 50, "</article><article>", "javascript:alert(1)"]


def test_hostile_data_is_data(nginx, rogue):
    asked = []

    def on_read(session, command):
        asked.append(command[1])
        session.send(bulk('{"amount":1}'))

    rogue.on_read = on_read
    nginx.page("index.html", grid(HOSTILE))
    nginx.configure(http(rogue.socket, """
      personalize_source price "key=price:${slot.data.sku}" ttl=0;
      personalize_campaign price { slot price; when price.amount;
        content '<a href="{{slot.data.sku}}" title="{{slot.data.sku}}">{{slot.data.sku}}</a>'; }"""), server())
    nginx.start()
    text = nginx.get(headers=ADA).text
    contents = re.findall(r'<a href="(.*?)" title="(.*?)">(.*?)</a></article>', text, re.S)
    assert len(contents) == len(HOSTILE)
    for written, (href, title, shown) in zip(HOSTILE, contents, strict=True):
        plain = written.replace("\r\n", "\n")
        assert html.unescape(title) == plain and html.unescape(shown) == plain
        assert not html.unescape(href).startswith("javascript:")
        assert "<" not in shown and '"' not in title
    assert [key.decode() for key in asked] == ["price:" + w.replace("\r\n", "\n") for w in HOSTILE]


def test_pages_in_other_charsets(nginx):
    page = grid(["plain", "caf\xe9"], more=" data-name='caf&#233;'").encode("latin-1")
    page = page.replace(b'<meta charset="utf-8">', b"")
    (nginx.directory / "html").mkdir(exist_ok=True)
    (nginx.directory / "html" / "index.html").write_bytes(page)
    nginx.configure("""
      personalize_visitor cookie=vid;
      personalize_campaign a { slot price; content '<b>{{slot.data.sku | default "-"}} {{slot.data.name}}</b>'; }""",
        server())
    nginx.start()
    assert filled(nginx.get(headers=ADA).body.decode("latin-1")) == ["plain caf&#xe9;", "- caf&#xe9;"] or \
        [html.unescape(x) for x in filled(nginx.get(headers=ADA).body.decode("latin-1"))] == ["plain café", "- café"]


# The same with plans, compressed, and in pieces


def test_every_way_of_a_page_gives_the_same(nginx, redis, upstream):
    for sku in SKUS[::2]:
        redis.set_json(f"price:{sku}", {"amount": "<&" + sku})
    page = grid([*SKUS[:4], *HOSTILE, None])  # few: else it is compressed as a whole
    nginx.page("index.html", page)
    nginx.page("off/index.html", page)
    encoded = page.encode()
    upstream.on("/proxied/", reply(pieces=[encoded[i:i + 113] for i in range(0, len(encoded), 113)]))
    nginx.configure("gzip on; gzip_min_length 1;" + http(redis.socket, PRICE.replace(" ttl=0", ""),
                    cache="personalize_cache zone=personalize:4m ttl=60s;"), server() + f"""
      location /off/ {{ personalize on; personalize_plans off; }}
      location /proxied/ {{ personalize on; proxy_pass {upstream.url}; proxy_buffering off; }}""")
    nginx.start()
    visitor = Visitor(nginx)
    wanted = visitor.get("/off/index.html").body.decode()
    assert filled(wanted)[:4] == ["&lt;&amp;A0 for A0", None, "&lt;&amp;A2 for A2", None]
    assert visitor.get("/proxied/").body.decode() == wanted

    def check(response):
        assert body_of(response).decode() == wanted

    visitor.hits("/index.html", check, clients=("1.1", "1.1 gzip", "1.0"))


# personalize_explain


def test_explain_imagines_an_element(nginx, redis):
    redis.set_json("price:42", {"amount": 7})
    nginx.page("index.html", grid(["42"]))
    nginx.configure(http(redis.socket, """
      personalize_source price "key=price:${slot.data.item_id}";
      personalize_campaign price { slot price; when price.amount < 10; content '<b>{{price.amount}}</b>'; }"""),
        server() + "location = /explain { personalize_explain; }")
    nginx.start()
    explained = json.loads(nginx.get("/explain?slot.data.item_id=42").text)
    assert explained["documents"] == [
        {"source": "price", "at": explained["documents"][0]["at"], "state": "fetched", "of": "each element", "key": "price:42"}]
    assert explained["slots"][0]["campaigns"][0]["outcome"] == "shown"
    without = json.loads(nginx.get("/explain").text)
    assert without["documents"][0]["state"] == "not asked for"
    assert without["slots"][0]["campaigns"][0]["outcome"] == "not_met"
    wrong = nginx.get("/explain?slot.data.sku=42")
    assert wrong.status == 400 and "item_id" in wrong.text


# Mistakes

BASE = """
  personalize_redis unix:/nonexistent/redis.sock;
  personalize_visitor cookie=vid;
  personalize_source price key=price:${slot.data.sku};
"""
MISTAKES = {
    "segment": ("personalize_segment s { when slot.data.sku = 1; } # <-",
                ['segment "s" is the same for the whole page', "slot.data.sku"]),
    "segment by a document": ("personalize_segment s { when price.amount < 5; } # <-",
                              ['source "price", whose key depends on slot.data.sku']),
    "value": ("personalize_value v { 1 when slot.data.sku = 1; } # <-", ['value "v"']),
    "experiment": ("personalize_experiment e { when slot.data.sku = 1; variants a b; } # <-", ['experiment "e"']),
    "list": ("personalize_recommend r { try ${price.related}; } # <-", ['personalize_recommend "r"']),
    "no element": ("personalize_campaign c { slot body-end; content 'a{{slot.data.sku}}'; } # <-",
                   ['its slot "body-end" is at no element', "personalize_slot"]),
    "capital letters": ("personalize_campaign c { slot a; content 'a{{slot.data.itemId}}'; } # <-",
                        ["slot.data.itemId", "slot.data.item_id"]),
    "nothing": ("personalize_campaign c { slot a; when slot.data = 1; } # <-", ["lacks a name"]),
    "another field": ("personalize_campaign c { slot a; when slot.sku = 1; } # <-", ["fields data"]),
    "kept offers": ("personalize_campaign c {\nslot a; widget hello-bar; set text x; set price '{{price.amount}}'; set reason x;\n"
                    "keep value; # <-\n}", ['"keep" cannot be here', "each element"]),
    "a group of other slots": (
        "personalize_campaign a { slot a; group g 1/view; content 'a{{slot.data.sku}}'; } # <-\n"
        "personalize_campaign b { slot b; group g; content b; }", ["cannot be decided together", "cap N/view"]),
    "a source called slot": ("personalize_source slot key=a; # <-", ['cannot be called "slot"']),
    "events": ("personalize_events file=/tmp/never attributes=price.amount; # <-", ["personalize_events"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(nginx, name):
    text, words = MISTAKES[name]
    nginx.configure(BASE + text, "personalize on;")
    code, said = nginx.check()
    assert code != 0
    line = next(number for number, one in enumerate(nginx.config_file.read_text().split("\n"), 1)
                if one.endswith("# <-"))
    for word in words:
        assert word in said, said
    assert f"nginx.conf:{line}" in said, said


def test_a_position_is_no_element(nginx):
    nginx.configure(BASE + "personalize_campaign c { slot a; content 'a{{slot.data.sku}}'; }",
                    "personalize on;\npersonalize_slot a body-end; # <-")
    code, said = nginx.check()
    assert code != 0 and "body-end is none" in said
