"""What pages tell scripts of what was decided (personalize_state)."""

import json
import re

import pytest

from harness.client import Connection
from harness.redis.rogue import bulk
from harness.waiting import wait_until

FEATURES = {"features": {
    "header": {"defaultValue": "old", "rules": [
        {"key": "head", "coverage": 1, "variations": ["one", "one"], "hashAttribute": "id"}]},
    "quiet": {"defaultValue": False}}}
SERVER = """
  personalize_experiment bars { variants plain=0 loud=100; }
  personalize_campaign bar { slot bar; when experiment.bars = loud;
                             content "<p title='&amp;'>For {{cookie.name}}</p>"; }
  %s
  location / { personalize on; personalize_state on; }
  location /all/ { personalize on; personalize_state on features=all; try_files /index.html =404; }
  location /one/ { personalize on; personalize_state on features=quiet; try_files /index.html =404; }
  location /off/ { personalize on; personalize_state off; try_files /index.html =404; }
  location /csp/ { personalize on; personalize_state on; try_files /index.html =404;
                   add_header Content-Security-Policy "script-src 'nonce-abc'"; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
"""
PAGE = "<!doctype html><html><head><title>T</title></head><body><div data-pz-slot=bar>D</div></body></html>"
STATE = re.compile(r'<script type="application/json" id="pz-state"( nonce="abc")?>(.*?)</script>')


@pytest.fixture
def shop(nginx):
    def start(server=SERVER % "", page=PAGE):
        nginx.page("index.html", page)
        nginx.file("features.json", json.dumps(FEATURES))
        nginx.configure("""personalize_visitor cookie=vid issue=on;
                           personalize_features features.json id=visitor.id;""", server)
        nginx.start()
        return nginx
    return start


def unkeyed(text):
    """Without the key that marks of late places have in each response."""
    return re.sub("pz-late-[0-9a-f]{16}-", "pz-late-", text)


def told(nginx, path="/", **headers):
    response = nginx.get(path, headers={"Cookie": "vid=ada; name=<Ada></script>", **headers})
    assert response.status == 200
    found = STATE.search(response.text)
    return (json.loads(found[2]) if found else None), response.text


def exposures(nginx, name):
    counts = json.loads(nginx.get("/status?format=json").text)["exposures"]
    return sum(counts.get(name, {}).values())


def test_what_is_told(shop):
    nginx = shop()
    state, text = told(nginx)
    assert state["slots"]["bar"]["campaign"] == "bar"
    assert state["slots"]["bar"]["html"] in text
    assert state["variants"]["bars"] == "loud" and state["exposures"] == {"bars": "loud"}
    assert state["features"] == {} and set(state) == {
        "slots", "variants", "exposures", "features", "places", "late", "counted", "state"}
    # Nothing stands around it, and nothing in it ends it.
    assert re.search(r'[^\s]<script type="application/json" id="pz-state">[^<>&]+</script>'
                     r'<script src="/_pz/handover.js\?v=[0-9a-f]{16}" defer=""></script></body>', text)


def test_whether_the_view_was_counted_is_told(shop):
    """Routers fetch whole pages like data; a script tells when somebody looks at one."""
    nginx = shop()
    fetched = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert told(nginx)[0]["counted"] is True
    assert told(nginx, **fetched, Accept="*/*")[0]["counted"] is False
    turbo = {**fetched, "Accept": "text/html, application/xhtml+xml"}
    for headers in (turbo, {**turbo, "X-Sec-Purpose": "prefetch"}):  # the latter has a ticket
        assert told(nginx, **headers)[0]["counted"] is True


def test_the_script_can_be_cached(shop):
    nginx = shop()
    _, text = told(nginx)
    script = nginx.get(re.search(r'src="(/_pz/handover[^"]+)"', text)[1])
    assert script.status == 200 and "immutable" in script.get("cache-control")
    assert script.get("content-type").startswith("text/javascript")


def test_features_that_are_told_are_exposures(shop):
    nginx = shop()
    assert told(nginx, "/one/")[0]["features"] == {"quiet": False}
    assert exposures(nginx, "head") == 0
    state, _ = told(nginx, "/all/")
    assert state["features"] == {"header": "one", "quiet": False}
    assert set(state["exposures"]) == {"bars", "head"}
    wait_until(lambda: exposures(nginx, "head") == 1, "it is counted")


def test_where_it_is_off(shop):
    nginx = shop()
    assert told(nginx, "/off/")[0] is None


def test_a_nonce(shop):
    nginx = shop()
    _, text = told(nginx, "/csp/")
    assert 'id="pz-state" nonce="abc"' in text and 'nonce="abc"' in text.split("handover.js")[1]


def test_without_an_endpoint_there_is_no_script(shop):
    nginx = shop((SERVER % "").replace("location /_pz/ { personalize_endpoint; }", ""))
    state, text = told(nginx)
    assert state["slots"]["bar"] and "handover" not in text


def test_beside_what_stands_at_the_end(shop):
    nginx = shop(SERVER % 'personalize_campaign end { slot body-end; content "<p>End</p>"; }')
    state, text = told(nginx)
    assert set(state["slots"]) == {"bar", "body-end"}
    assert '<p>End</p><script type="application/json"' in text


def test_a_page_without_slots(shop):
    nginx = shop(page="<!doctype html><body><p>x</p></body>")
    assert told(nginx)[0]["slots"] == {}


def test_compressed_pages_tell_the_same(shop):
    nginx = shop((SERVER % "gzip on; gzip_min_length 1;"))
    plain, _ = told(nginx)
    for _ in range(5):
        response = nginx.get("/", headers={"Cookie": "vid=ada; name=<Ada></script>",
                                           "Accept-Encoding": "gzip"})
        assert json.loads(STATE.search(response.gunzipped().decode())[2]) == plain


def test_scripts_are_told_where_selectors_place_slots(nginx):
    nginx.page("index.html", "<!doctype html><body><p>1</p></body>")
    nginx.configure("personalize_visitor cookie=vid;", """
      personalize_campaign a { slot a; content "A"; }
      personalize_campaign b { slot b; content "B"; }
      personalize_campaign c { slot c; content "C"; }
      personalize_campaign d { slot d; content "D"; }
      personalize_campaign e { slot e; content "E"; }
      personalize_campaign f { slot f; cap 2/view; content "F"; }
      personalize_slot a "main > p:nth-child(2)" after;
      personalize_slot a .a replace;
      personalize_slot b "i" all;
      personalize_slot f "i" all;
      personalize_slot f "b";
      personalize_slot c body-end;
      personalize_slot d "img.d" attribute=alt;
      personalize on; personalize_state on;
      location / { }
      location /other/ { personalize_slot e "b > i"; try_files /index.html =404; }
      location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    places = {"a": [["main > p:nth-child(2)", "after"], [".a", "replace"]],
              "b": [["i", "inner", "all"]]}  # of f it is not certain
    assert told(nginx)[0]["places"] == places
    assert told(nginx, "/other/")[0]["places"] == {"e": [["b > i", "inner"]]}
    ask = lambda path: json.loads(nginx.get(f"/_pz/slots?path={path}&slot=a").text)
    assert json.loads(nginx.get("/_pz/slots?path=/&slot=b&slot=f").text)["slots"] == {
        "b": {"campaign": "b", "html": "B"}, "f": {"campaign": "f", "html": "F", "most": 2}}
    assert ask("/")["places"] == places and ask("/other/")["places"] == {"e": [["b > i", "inner"]]}


def test_late_slots_are_filled_at_the_end(nginx, rogue):
    """The page does not wait for what is late; its end does, and brings it."""
    held = []
    rogue.on_read = lambda session, command: held.append(session)
    nginx.page("index.html", "<!doctype html><body><div data-pz-slot=a>A</div><!--pz:b-->B<!--/pz-->"
                             "<i class=c>C</i><i class=d>D</i><i class=e>E</i><p>rest</p></body>")
    nginx.configure(f"""
      personalize_redis unix:{rogue.socket} timeout=10s connect_timeout=5s;
      personalize_visitor cookie=vid;
      personalize_source profile "key=profile:${{visitor.id}}" ttl=0;""", """
      personalize_campaign a { slot a; when profile.name; content "<p>{{profile.name}}</p>"; }
      personalize_campaign b { slot b; when profile.other; content "<p>b</p>"; }
      personalize_campaign c { slot c; content "<p>c</p>"; }
      personalize_campaign d { slot d; when profile.name; content "<b>{{profile.name}}</b>"; }
      personalize_campaign e { slot e; when profile.name; content "<u>{{profile.name}}</u>"; }
      personalize_slot c ".c";
      personalize_slot d "body > .d" replace;
      personalize_slot e ".e" after;
      location / { personalize on; personalize_wait 5s; personalize_late on; }
      location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Cookie": "vid=ada"})
        connection.read_until(b"<p>rest</p>")
        before = unkeyed(connection.received().decode())
        assert "<p>c</p>" in before and ">A<" in before
        assert ('<?start name="pz-late-2"?><i class=d>D</i><?end?><i class=e>E</i>'
                '<?marker name="pz-late-3"?>') in before
        wait_until(lambda: held, "Redis is asked")
        held[0].send(bulk(b'{"name": "Ada"}'))
        text = unkeyed(connection.response().text)
    assert '<!--pz:b--><?start name="pz-late-1"?>B<?end?><!--/pz-->' in text
    assert ('<template for="pz-late-0" data-pz-late="a"><p>Ada</p></template>'
            '<template for="pz-late-2" data-pz-late="d"><b>Ada</b></template>'
            '<template for="pz-late-3" data-pz-late="e"><u>Ada</u></template><script') in text
    state = json.loads(STATE.search(text)[2])
    assert state["late"] == ["a", "d", "e"] and state["slots"] == {
        "a": {"campaign": "a", "html": "<p>Ada</p>"}, "d": {"campaign": "d", "html": "<b>Ada</b>"},
        "e": {"campaign": "e", "html": "<u>Ada</u>"}}
    assert state["places"] == {"c": [[".c", "inner"]], "d": [["body > .d", "replace"]],
                               "e": [[".e", "after"]]}
    assert "handover.js" in text


def test_late_slots_that_stay_as_they_are(nginx, rogue):
    rogue.on_read = lambda session, command: None
    page = "<!doctype html><body><div data-pz-slot=a>A</div></body>"
    nginx.page("index.html", page)
    nginx.configure(f"""
      personalize_redis unix:{rogue.socket} timeout=10s connect_timeout=5s;
      personalize_visitor cookie=vid;
      personalize_source profile "key=profile:${{visitor.id}}" ttl=0;""", """
      personalize_campaign a { slot a; when profile.name; content "<p>{{profile.name}}</p>"; }
      location / { personalize on; personalize_wait 50ms; personalize_late on; }
      location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    response = nginx.get("/", headers={"Cookie": "vid=ada"})
    assert response.complete
    assert unkeyed(response.text) == page.replace(">A<", '><?start name="pz-late-0"?>A<?end?><')

LATE_ALL = """
  personalize_redis unix:%s timeout=10s;
  personalize_visitor cookie=vid;
  personalize_source profile "key=profile:${visitor.id}" ttl=0;
  personalize_source price "key=price:${slot.data.sku}" ttl=0;"""


def late(nginx, rogue, page, server, documents, headers=None):
    """The page's text before and behind the moment at which documents come. `documents`: by key."""
    held = []
    rogue.on_read = lambda session, command: held.append((session, command[1].decode()))
    nginx.page("index.html", page)
    nginx.configure(LATE_ALL % rogue.socket, server + """
      personalize on; personalize_wait 20s; personalize_late on;
      location / { }
      location /_pz/ { personalize_endpoint; }
      location = /status { personalize_status; }""")
    nginx.start()
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Cookie": "vid=ada", **(headers or {})})
        if not headers:
            connection.read_until(b"<p>rest</p>")
        before = connection.received()
        wait_until(lambda: len(held) == len(documents), "Redis is asked")
        for session, key in held:
            session.send(bulk(documents[key]))
        response = connection.response()
    assert response.complete and "no-cache" in response.get("cache-control")
    if not headers:
        response.body = unkeyed(response.text).encode()
    return unkeyed(before.decode()), response


def elements(text):
    return json.loads(STATE.search(text)[2])["elements"]


def patches(text):
    return re.findall(r'<template for="pz-late-(\d+)" data-pz-late="(\w+)">(.*?)</template>', text)


BODY = "<!doctype html><body>%s<p>rest</p></body>"


OPEN_PAGES = {
    "formatting": "<p><b>bold<p>rest</p>",
    "a link": "<p><a href=/><font color=red>x</p><p>rest</p>",
    "a table": "<table><tr><td><p>rest</p>",
    "a row": "<table><tr><p>rest</p>",
    "a select": "<select><option>o<p>rest</p>",
    "a drawing": "<svg><g><p>rest</p><svg><g>",
    "a template": "<p>rest</p><template><p>",
}


@pytest.mark.parametrize("end", ["</body></html>", ""])
@pytest.mark.parametrize("name", OPEN_PAGES)
def test_late_slots_where_the_end_of_the_body_is_uncertain(nginx, rogue, name, end):
    page = f"<!doctype html><html><body><i data-pz-slot=a>x</i>{OPEN_PAGES[name]}{end}"
    _, response = late(nginx, rogue, page, """
      personalize_campaign a { slot a; when profile.name; content "<b>{{profile.name}}</b>"; }""", ADA)
    assert patches(response.text) == [("0", "a", "<b>Ada</b>")]
    assert json.loads(STATE.search(response.text)[2])["late"] == ["a"]
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["doubts"]["end_uncertain"] == 0


def test_a_late_slot_behind_the_end_of_the_body_is_waited_for(nginx, rogue):
    page = "<!doctype html><body><i data-pz-slot=a>x</i><p>rest</p></body><u data-pz-slot=i>y</u>"
    _, response = late(nginx, rogue, page, TWO, ADA)
    assert patches(response.text) == [("0", "a", "<b>Ada</b>")]
    assert response.text.endswith("</body><u data-pz-slot=i><u>i</u></u>")


def test_marks_of_late_slots_are_unknown_before(nginx, rogue):
    rogue.on_read = lambda session, command: None
    nginx.page("index.html", BODY % "<i data-pz-slot=a>x</i>")
    nginx.configure(LATE_ALL % rogue.socket, TWO + """
      personalize on; personalize_wait 10ms; personalize_late on;
      location / { } location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    keys = {re.search("pz-late-([0-9a-f]{16})-0", nginx.get("/", headers={"Cookie": "vid=ada"}).text)[1]
            for _ in range(5)}
    assert len(keys) == 5


def test_what_is_told_is_the_text_whatever_the_page_is_written_in(nginx, rogue):
    """In time and late: a script gets characters, and the page references to them."""
    page = "<!doctype html><meta charset=windows-1252>" + BODY % "<i class=card data-sku=A>x</i>"
    documents = {"profile:ada": '{"name": "Éloïse"}'.encode(), "price:A": b'{"amount": 1}'}
    _, response = late(nginx, rogue, page, PRICES + "personalize_state on;", documents)
    rogue.on_read = lambda session, command: session.send(bulk(documents[command[1].decode()]))
    in_time = nginx.get("/", headers={"Cookie": "vid=ada"})
    texts = [elements(text)["p"]["at"][0]["html"] for text in (response.text, in_time.text)]
    assert texts == ["<b>1 for Éloïse</b>"] * 2
    assert "for &#201;lo&#239;se</b>" in response.text and "for &#201;lo&#239;se</b>" in in_time.text


def test_late_slots_at_all_matches(nginx, rogue):
    page = BODY % "".join(f"<li>{n}</li>" for n in range(50))
    _, response = late(nginx, rogue, page, """
      personalize_campaign a { slot a; when profile.name; content "<b>{{profile.name}}</b>"; }
      personalize_slot a li append all;""", {"profile:ada": b'{"name": "<Ada>"}'})
    assert [f'<li>{n}<?marker name="pz-late-{n}"?></li>' in response.text for n in range(50)] == [True] * 50
    assert patches(response.text) == [(str(n), "a", "<b>&lt;Ada&gt;</b>") for n in range(50)]
    state = json.loads(STATE.search(response.text)[2])
    assert state["late"] == ["a"] and state["slots"] == {"a": {"campaign": "a", "html": "<b>&lt;Ada&gt;</b>"}}
    assert "elements" not in state
    shown = json.loads(nginx.get("/status?format=json").text)["campaigns"]["a"]["shown"]
    assert shown == 50  # as where it did not come late


def test_late_slots_at_all_matches_keep_to_their_cap(nginx, rogue):
    _, response = late(nginx, rogue, BODY % "<i>1</i><i>2</i><i>3</i>", """
      personalize_campaign a { slot a; when profile.name; cap 2/view; content "<b>{{profile.name}}</b>"; }
      personalize_slot a i all;""", {"profile:ada": b'{"name": "Ada"}'})
    assert [place for place, _, _ in patches(response.text)] == ["0", "1"]


def test_late_slots_in_each_other(nginx, rogue):
    """What stands in a place that is replaced is not shown, nor counted."""
    page = BODY % "<div class=o>O<div class=o>I<i>x</i></div></div><i>y</i>"
    before, response = late(nginx, rogue, page, """
      personalize_experiment e { variants on=100 off=0; }
      personalize_campaign o { slot o; when profile.name; content "<b>o</b>"; }
      personalize_campaign i { slot i; when profile.name; content "<u>i</u>"; }
      personalize_slot o .o inner all;
      personalize_slot i i inner all;""", {"profile:ada": b'{"name": "Ada"}'})
    assert ('<div class=o><?start name="pz-late-0"?>O<div class=o><?start name="pz-late-1"?>I<i>'
            '<?start name="pz-late-2"?>x<?end?></i><?end?></div><?end?></div>'
            '<i><?start name="pz-late-3"?>y<?end?></i>') in before
    assert patches(response.text) == [("0", "o", "<b>o</b>"), ("3", "i", "<u>i</u>")]
    counted = json.loads(nginx.get("/status?format=json").text)["campaigns"]
    assert counted["o"]["shown"] == 1 and counted["i"]["shown"] == 1


TWO = """
  personalize_campaign a { slot a; when profile.name; content "<b>{{profile.name}}</b>"; }
  personalize_campaign i { slot i; when profile.name; content "<u>i</u>"; }"""
ADA = {"profile:ada": b'{"name": "Ada"}'}


@pytest.mark.parametrize("markup, places", [
    ("<ul><li>x</ul>", "personalize_slot a ul; personalize_slot i li append all;"),
    ("<main>x</main>", "personalize_slot a main; personalize_slot i main;"),
    ("<main>x</main>", "personalize_slot a main; personalize_slot i main append;"),
    ("<main></main>", "personalize_slot a main; personalize_slot i main append;"),
], ids=["at its end", "same", "append", "append to nothing"])
def test_late_slots_at_one_place(nginx, rogue, markup, places):
    """The first is shown and counted, as where nothing is late."""
    _, response = late(nginx, rogue, BODY % markup, TWO + places, ADA)
    assert [name for _, name, _ in patches(response.text)] == ["a"]
    counted = json.loads(nginx.get("/status?format=json").text)["campaigns"]
    assert counted["a"]["shown"] == 1 and counted["i"]["shown"] == 0


def test_parts_of_pages_have_no_end_for_what_is_late(nginx, rogue):
    _, response = late(nginx, rogue, "<div><i>x</i></div>", TWO + "personalize_slot a i;", ADA,
                       headers={"HX-Request": "true"})
    assert response.text == "<div><i><b>Ada</b></i></div>"


def test_what_is_moved_is_not_late(nginx, rogue):
    """The marks of a range could come to stand around something else."""
    move = {"selector": "#promo", "attribute": "position", "action": "set", "value": "",
            "parentSelector": "main", "insertBeforeSelector": "main > h3"}
    nginx.file("features.json", json.dumps({"features": {}, "experiments": [
        {"key": "look", "hashAttribute": "id", "hashVersion": 2, "coverage": 1, "weights": [0, 1],
         "urlPatterns": [{"include": True, "type": "simple", "pattern": "*"}],
         "variations": [{}, {"domMutations": [move]}]}]}))
    page = "<main><section id=promo>P</section><p>keep me</p><h3>L</h3></main>"
    _, response = late(
        nginx, rogue, BODY % page,
        TWO + "personalize_features features.json id=visitor.id visual=on; personalize_slot a '#promo' replace;",
        ADA, headers={"X-Nothing": "1"})
    assert "<main><b>Ada</b><p>keep me</p><h3>L</h3></main>" in response.text
    assert "pz-late" not in response.text


def test_late_slots_whose_outer_one_keeps_its_default(nginx, rogue):
    _, response = late(nginx, rogue, BODY % "<div class=o>O<i>x</i></div>", """
      personalize_campaign o { slot o; when profile.other; content "<b>o</b>"; }
      personalize_campaign i { slot i; when profile.name; content "<u>i</u>"; }
      personalize_slot o .o;
      personalize_slot i i;""", {"profile:ada": b'{"name": "Ada"}'})
    assert patches(response.text) == [("1", "i", "<u>i</u>")]


def test_late_attributes(nginx, rogue):
    page = BODY % ('<img class=h src="/a.jpg?x=1&amp;y" alt=a><img class=h src=/b.jpg><a class="x guest">a</a>'
                   "<a id=n>n</a>")
    before, response = late(nginx, rogue, page, """
      personalize_campaign h { slot h; when profile.hero; content "{{profile.hero}}"; }
      personalize_campaign s { slot s; when profile.hero; content "{{profile.hero}} 1x, {{profile.evil}} 2x"; }
      personalize_campaign c { slot c; when profile.tier; content "{{profile.tier}} -guest"; }
      personalize_campaign n { slot n; when profile.evil; content "{{profile.evil}}"; }
      personalize_campaign t { slot t; when profile.tier; content "{{profile.text}}"; }
      personalize_slot h img.h attribute=src all;
      personalize_slot s img.h attribute=srcset;
      personalize_slot c a.x attribute=class;
      personalize_slot n a#n attribute=href;
      personalize_slot t a#n attribute=title;""", {
          "profile:ada": rb'{"hero": "/h &\".jpg", "evil": "javascript:alert(1)", "tier": "vip\" onclick=\"x", '
                         rb'"text": "</script><b>\" x=\""}'})
    assert ('<img data-pz-late-0=""  class=h  data-pz-late-1="" src="/a.jpg?x=1&amp;y" alt=a>'
            '<img class=h  data-pz-late-2="" src=/b.jpg>'
            '<a  data-pz-late-3="" class="x guest">a</a>' in before)
    assert 'src="/h' not in response.text and patches(response.text) == []
    hero = ' src="/h%20&amp;%22.jpg"'
    told = elements(response.text)
    assert told["h"] == {"places": [["img.h", "src", "all"]], "at": [
        {"campaign": "h", "html": hero, "was": "/a.jpg?x=1&y", "late": [1]},
        {"campaign": "h", "html": hero, "was": "/b.jpg", "late": [2]}]}
    assert "javascript" not in json.dumps(told)
    assert told["c"]["at"] == [{"campaign": "c", "html": ' class="vip&quot; onclick=&quot;x -guest"', "late": [3]}]
    assert "n" not in told  # an address that would run something
    assert told["t"]["at"] == [{"campaign": "t", "was": "", "late": [5],
                                "html": ' title="&lt;/script&gt;&lt;b&gt;&quot; x=&quot;"'}]
    state = json.loads(STATE.search(response.text)[2])
    assert state["slots"] == {} and state["late"] == ["s", "h", "c", "t"]


def test_late_attributes_that_stay(nginx, rogue):
    _, response = late(nginx, rogue, BODY % "<img class=h src=/a.jpg>", """
      personalize_campaign h { slot h; when profile.hero; content "{{profile.hero}}"; }
      personalize_slot h img.h attribute=src;""", {"profile:ada": b"{}"})
    assert 'data-pz-late-0="" src=/a.jpg>' in response.text and "pz-state" not in response.text


PRICES = """
  personalize_campaign p { slot p; when price.amount; when profile.name;
                           content "<b>{{price.amount}} for {{profile.name}}</b>"; }
  personalize_slot p .card inner all;"""


@pytest.mark.parametrize("gzip", [False, True])
def test_late_slots_that_know_their_element(nginx, rogue, gzip):
    page = BODY % "".join(f'<i class=card data-sku="{sku}">{sku}</i>' for sku in ("A", "B", "<C>", "A"))
    documents = {"profile:ada": b'{"name": "Ada"}', "price:A": b'{"amount": 1}', "price:B": b"{}",
                 "price:<C>": b'{"amount": "<3>"}'}
    headers = {"Accept-Encoding": "gzip"} if gzip else None
    before, response = late(nginx, rogue, page, PRICES + (
        "personalize_state on; gzip on; gzip_min_length 1;" if gzip else ""), documents, headers)
    text = unkeyed(response.gunzipped().decode()) if gzip else response.text
    assert '<i class=card data-sku="A"><?start name="pz-late-0"?>A<?end?></i>' in text
    assert patches(text) == [("0", "p", "<b>1 for Ada</b>"), ("2", "p", "<b>&lt;3&gt; for Ada</b>"),
                             ("3", "p", "<b>1 for Ada</b>")]
    assert elements(text) == {"p": {"places": [[".card", "inner", "all"]], "at": [
        {"campaign": "p", "html": "<b>1 for Ada</b>", "data": {"sku": "A"}, "late": [0, 3]},
        {"campaign": "p", "html": "<b>&lt;3&gt; for Ada</b>", "data": {"sku": "<C>"}, "late": [2]}]}}


@pytest.mark.parametrize("slot", ["<i data-pz-slot=t>x</i>", '<i class=card data-sku="A">x</i>'])
@pytest.mark.parametrize("profile, key", [(b'{"gender": "f"}', "f"), (b"{}", "all")])
def test_a_key_with_a_default_waits_for_what_it_is_made_of(nginx, rogue, slot, profile, key):
    """The default is for what a document does not have, and not for one that is late."""
    asked, held = [], []

    def on_read(session, command):
        asked.append(command[1].decode())
        if asked[-1] == "profile:ada":
            held.append(session)
        else:
            session.send(bulk(b'{"text": "Trend"}'))

    rogue.on_read = on_read
    nginx.page("index.html", BODY % slot)
    nginx.configure(LATE_ALL % rogue.socket + """
      personalize_source trend "key=trend:${profile.gender | default all}" ttl=0;
      personalize_source own "key=own:${slot.data.sku}:${profile.gender | default all}" ttl=0;""", """
      personalize_campaign t { slot t; when trend.text; content "<b>{{trend.text}}</b>"; }
      personalize_campaign o { slot o; when own.text; content "<b>{{own.text}}</b>"; }
      personalize_slot o .card inner all;
      personalize on; personalize_wait 20s; personalize_late on;
      location / { } location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    with Connection(nginx.port) as connection:
        connection.request("/", headers={"Cookie": "vid=ada"})
        connection.read_until(b"<p>rest</p>")
        wait_until(lambda: held, "Redis is asked")
        assert asked == ["profile:ada"]
        held[0].send(bulk(profile))
        text = connection.response().text
    assert "<b>Trend</b></template>" in text
    assert f"trend:{key}" in asked and set(asked[1:]) <= {f"trend:{key}", f"own:A:{key}"}


def test_late_elements_that_never_come(nginx, rogue):
    rogue.on_read = lambda session, command: (
        session.send(bulk(b'{"amount": 1}' if command[1] == b"price:A" else b'{"name": "Ada"}'))
        if command[1] != b"price:B" else session.owe())
    nginx.page("index.html", BODY % "<i class=card data-sku=A>A</i><i class=card data-sku=B>B</i>")
    nginx.configure(LATE_ALL % rogue.socket, PRICES + """
      personalize on; personalize_wait 300ms; personalize_late on;
      location / { } location /_pz/ { personalize_endpoint; }""")
    nginx.start()
    response = nginx.get("/", headers={"Cookie": "vid=ada"})
    assert response.complete
    assert [place for place, _, _ in patches(unkeyed(response.text))] in (["0"], [])
    assert '>B<?end?></i>' in response.text


def test_what_is_told_of_elements(nginx):
    """Where nothing is late: what is put back."""
    nginx.page("index.html", BODY % ('<img src="/a"><img src="/a"><img src="/b">'
                                     '<i class=card data-sku=A data-x=1>A</i><i class=card data-sku=B>B</i>'))
    nginx.configure("personalize_visitor cookie=vid;", """
      personalize_campaign h { slot h; content "/h"; }
      personalize_campaign c { slot c; content "vip -card"; }
      personalize_campaign p { slot p; when slot.data.sku exists; unless slot.data.other exists;
                               content "<b>{{slot.data.sku}}</b>"; }
      personalize_slot h img attribute=src all;
      personalize_slot c "i.card" attribute=class;
      personalize_slot p .card prepend all;
      personalize on; personalize_state on;
      location / { } location /_pz/ { personalize_endpoint; }
      location /off/ { personalize_state off; try_files /index.html =404; }""")
    nginx.start()
    state, text = told(nginx)
    assert state["slots"] == {} and state["places"] == {} and state["late"] == []
    assert state["elements"] == {
        "h": {"places": [["img", "src", "all"]], "at": [
            {"campaign": "h", "html": ' src="/h"', "was": "/a", "times": 2},
            {"campaign": "h", "html": ' src="/h"', "was": "/b", "times": 1}]},
        "c": {"places": [["i.card", "class"]], "at": [{"campaign": "c", "html": ' class="vip -card"', "times": 1}]},
        "p": {"places": [[".card", "prepend", "all"]], "at": [
            {"campaign": "p", "html": "<b>A</b>", "data": {"other": None, "sku": "A"}, "times": 1},
            {"campaign": "p", "html": "<b>B</b>", "data": {"other": None, "sku": "B"}, "times": 1}]}}
    assert '<i  class="vip" data-sku=A' in text
    assert "pz-state" not in nginx.get("/off/", headers={"Cookie": "vid=ada"}).text


@pytest.mark.parametrize("text, part", [
    ("personalize_state maybe;", "it is on or off"),
    ("personalize_state on features=;", "lacks a name"),
    ("personalize_state on features=a,,b;", "names with commas"),
    ("personalize_state on features=nothing;", "unknown feature \"nothing\""),
    ("personalize_state off features=all;", "features= goes with on"),
    ("personalize_state on; personalize_state off;", "is duplicate"),
])
def test_mistakes(nginx, text, part):
    nginx.file("features.json", json.dumps(FEATURES))
    nginx.configure("personalize_visitor cookie=vid; personalize_features features.json id=visitor.id;",
                    f"location / {{ personalize on; {text} }}")
    code, output = nginx.check()
    assert code != 0 and part in output, output
