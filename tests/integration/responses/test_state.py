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
        assert b"<p>c</p>" in connection.received() and b">A<" in connection.received()
        assert (b'<?start name="pz-late-3"?><i class=d>D</i><?end?><i class=e>E</i>'
                b'<?marker name="pz-late-4"?>') in connection.received()
        wait_until(lambda: held, "Redis is asked")
        held[0].send(bulk(b'{"name": "Ada"}'))
        text = connection.response().text
    assert '<!--pz:b--><?start name="pz-late-1"?>B<?end?><!--/pz-->' in text
    assert ('<template for="pz-late-0" data-pz-late="a"><p>Ada</p></template>'
            '<template for="pz-late-3" data-pz-late="d"><b>Ada</b></template>'
            '<template for="pz-late-4" data-pz-late="e"><u>Ada</u></template><script') in text
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
    assert response.text == page.replace(">A<", '><?start name="pz-late-0"?>A<?end?><')


@pytest.mark.parametrize("text, part", [
    ("personalize_state maybe;", "it is on or off"),
    ("personalize_state on features=;", "lacks a name"),
    ("personalize_state on features=a,,b;", "names with commas"),
    ("personalize_state on features=nothing;", "unknown feature \"nothing\""),
    ("personalize_state off features=all;", "unknown parameter"),
    ("personalize_state on; personalize_state off;", "is duplicate"),
])
def test_mistakes(nginx, text, part):
    nginx.file("features.json", json.dumps(FEATURES))
    nginx.configure("personalize_visitor cookie=vid; personalize_features features.json id=visitor.id;",
                    f"location / {{ personalize on; {text} }}")
    code, output = nginx.check()
    assert code != 0 and part in output, output
