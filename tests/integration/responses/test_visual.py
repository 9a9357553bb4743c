"""GrowthBook's visual changes, made while pages stream by."""

import gzip
import json
import re

import pytest

from harness import plans
from harness.bucketing import bucket
from harness.waiting import wait_until

PAGE = ("<!doctype html><html><head><title>T</title></head><body><main>"
        '<h1 class="title">Old</h1><p id=text>Text</p><img class=hero src=/a.jpg alt=A>'
        "<ul><li>1</li><li>2</li></ul></main></body></html>")
NEW = ('<h1  class="title big">New <b>title</b></h1><p id=text>Text<i>!</i></p>'
       '<img class=hero  src="/b.jpg" >')


def mutation(selector, attribute, action, value="", **more):
    return {"selector": selector, "attribute": attribute, "action": action, "value": value, **more}


CHANGES = [mutation("h1", "html", "set", "New <b>title</b>"), mutation("h1", "class", "append", "big"),
           mutation("#text", "html", "append", "<i>!</i>"), mutation(".hero", "src", "set", "/b.jpg"),
           mutation(".hero", "alt", "remove")]


def experiment(key="look", pattern="/", variation=None, **more):
    return {"key": key, "changeId": "vs_" + key, "hashAttribute": "id", "hashVersion": 2, "coverage": 1,
            "urlPatterns": [{"include": True, "type": "simple", "pattern": pattern}],
            "variations": [{}, variation or {"domMutations": CHANGES}], **more}


SERVER = """
  %s
  location / { personalize on; try_files /index.html =404; }
  location /csp/ { personalize on; try_files /index.html =404;
                   add_header Content-Security-Policy "script-src 'nonce-abc'; style-src 'nonce-def'"; }
  location /strict/ { personalize on; try_files /index.html =404;
                      add_header Content-Security-Policy "script-src 'self'"; }
  location /plain/ { personalize on; try_files /index.html =404;
                     add_header Content-Security-Policy "style-src 'self'"; }
  location /state/ { personalize on; personalize_state on; try_files /index.html =404; }
  location /off/ { personalize off; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
  location = /explain { personalize_explain; allow all; }
"""


@pytest.fixture
def shop(nginx):
    def start(*experiments, options="visual=on", server="", http="", page=PAGE, features=None):
        nginx.page("index.html", page)
        nginx.file("features.json", json.dumps(
            {"features": features or {}, "experiments": list(experiments) or [experiment()]}))
        nginx.configure(f"""personalize_visitor cookie=vid issue=on;
                            {http}
                            personalize_features features.json id=visitor.id {options};""",
                        SERVER % server)
        nginx.start()
        return nginx
    return start


IDS = [f"u{i}" for i in range(40)]
TREATED = [one for one in IDS if bucket("look", one) >= 0.5]
CONTROL = [one for one in IDS if bucket("look", one) < 0.5]


def page_of(nginx, visitor, path="/", **headers):
    response = nginx.get(path, headers={"Cookie": f"vid={visitor}", **headers})
    assert response.status == 200
    return response.text


def exposures(nginx, key="look"):
    counts = json.loads(nginx.get("/status?format=json").text)["exposures"].get(key, {})
    return {variant: count for variant, count in counts.items() if count}


def changes(text):
    found = re.search(r'<script type="application/json" id="pz-visual"(?: nonce="\w+")?>(.*?)</script>', text)
    return json.loads(found[1]) if found else None


def without_head(text):
    return re.sub(r"(<title>T</title>).*?</head>", r"\1</head>", text)


def test_the_variation_is_made_and_the_control_is_the_page(shop):
    nginx = shop()
    for one in TREATED:
        text = page_of(nginx, one)
        assert NEW in text and "<ul><li>1</li><li>2</li></ul>" in text, text
        assert [made["selector"] for made in changes(text)[0]["mutations"]] == [
            "h1", "h1", "#text", ".hero", ".hero"]
        assert all(made["streamed"] for made in changes(text)[0]["mutations"])
    for one in CONTROL:
        assert page_of(nginx, one) == PAGE
    expected = {"0": len(CONTROL), "1": len(TREATED)}
    wait_until(lambda: exposures(nginx) == expected, "each view once")


def test_other_pages_are_as_they_were(shop):
    nginx = shop(experiment(pattern="/sale/*"))
    for path in ("/", "/sal", "/about?x=/sale/"):
        assert page_of(nginx, TREATED[0], path) == PAGE
    assert NEW in page_of(nginx, TREATED[0], "/sale/shoes?a=b")
    wait_until(lambda: exposures(nginx) == {"1": 1}, "that page alone")


def test_it_is_off_unless_asked_for(shop):
    nginx = shop(options="")
    assert page_of(nginx, TREATED[0]) == PAGE
    assert exposures(nginx) == {}
    assert "[warn]" in nginx.check()[1] and "\"visual=on\"" in nginx.check()[1]


def test_pages_that_come_compressed_and_by_their_plan(shop):
    nginx = shop(server="gzip on; gzip_min_length 1;")
    plans.wait_settled(nginx.directory / "html" / "index.html")
    seen = set()
    for one in (IDS * 2):
        response = nginx.get("/", headers={"Cookie": f"vid={one}", "Accept-Encoding": "gzip"})
        text = gzip.decompress(response.body).decode() if response.get("content-encoding") else response.text
        assert (NEW in text) == (one in TREATED)
        assert without_head(text) == (PAGE if one in CONTROL else without_head(text))
        seen.add(len(text))
    assert len(seen) == 2


def test_css_and_a_nonce(shop):
    nginx = shop(experiment(pattern="*", variation={"css": "h1 { color: red }", "domMutations": [
        mutation("li:last-child", "class", "append", "last")]}))
    text = page_of(nginx, TREATED[0])
    assert '<style data-pz-visual="look">h1 { color: red }</style>' in text
    assert "li:last-child{animation:" in text
    assert "streamed" not in changes(text)[0]["mutations"][0]
    assert re.search(r'<script src="/_pz/visual.js\?v=[0-9a-f]{16}" async=""></script></head>', text)
    text = page_of(nginx, TREATED[0], "/csp/")
    assert '<style data-pz-visual="look" nonce="def">' in text
    assert text.count('nonce="abc"') == 2  # what is told, and the script


def test_scripts_need_a_word_of_their_own_and_a_nonce(shop):
    scripted = experiment(pattern="*", variation={"js": "window.ran = 1", "domMutations": CHANGES})
    nginx = shop(scripted, options="visual=on visual_js=on")
    assert '<script data-pz-visual="look">window.ran = 1</script></body>' in page_of(nginx, TREATED[0])
    assert '<script data-pz-visual="look" nonce="abc">' in page_of(nginx, TREATED[0], "/csp/")
    # Half of a variation would be measured as if it were the whole.
    assert page_of(nginx, TREATED[0], "/strict/") == PAGE
    wait_until(lambda: exposures(nginx) == {"1": 2}, "those that saw it")
    assert "no nonce for scripts" in nginx.error_log()
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["visual"]["without_nonce"] == 1


def test_a_style_sheet_that_browsers_do_not_apply(shop):
    nginx = shop(experiment(pattern="*", variation={"css": "h1 { color: red }"}))
    for one in (TREATED[0], CONTROL[0]):
        for path in ("/", "/csp/", "/strict/"):
            page_of(nginx, one, path)
    page_of(nginx, CONTROL[0], "/plain/")
    assert "no nonce for styles" not in nginx.error_log()
    page_of(nginx, TREATED[0], "/plain/")
    wait_until(lambda: "no nonce for styles" in nginx.error_log(), "a warning")
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["visual"]["without_nonce"] == 1


def test_scripts_that_are_not_wanted(shop):
    scripted = experiment(pattern="*", variation={"js": "window.ran = 1", "domMutations": CHANGES})
    handler = experiment("handler", "*", {"domMutations": [mutation("h1", "onclick", "set", "x()")]})
    nginx = shop(scripted, handler)
    assert page_of(nginx, TREATED[0]) == PAGE
    assert exposures(nginx) == {}


def test_what_excludes_visitors(shop):
    nginx = shop(
        experiment("stopped", "*", {"css": "a"}, status="stopped"),
        experiment("draft", "*", {"css": "b"}, status="draft"),
        experiment("manual", "*", {"css": "c"}, manual=True),
        experiment("none", "*", {"css": "d"}, coverage=0),
        experiment("other", "*", {"css": "e"}, condition={"country": "ZZ"}),
        experiment("away", "*", {"css": "f"}, filters=[
            {"seed": "s", "ranges": [[0, 0]], "hashVersion": 2, "attribute": "id"}]),
        experiment("excluded", "*", {"css": "g"}, urlPatterns=[
            {"include": True, "type": "simple", "pattern": "*"},
            {"include": False, "type": "regex", "pattern": "^/shut"}]))
    for one in IDS:
        assert page_of(nginx, one, "/shut/1") == PAGE
    opened = [one for one in IDS if 'data-pz-visual="excluded"' in page_of(nginx, one)]
    assert opened == [one for one in IDS if bucket("excluded", one) >= 0.5]


def test_a_redirect_test_comes_first(shop):
    """As in the SDK, nothing behind it is run for those who are in it."""
    redirect = experiment("moved", "*", {"urlRedirect": "http://localhost/new"}, condition={"language": "xx"})
    nginx = shop({**redirect, "urlPatterns": [{"include": True, "type": "simple", "pattern": "/r/*"}],
                  "condition": {}}, experiment(pattern="*"))
    assert page_of(nginx, TREATED[0], "/r/1") == PAGE
    assert NEW in page_of(nginx, TREATED[0], "/x")


def test_documents_that_decide_are_waited_for(shop, redis):
    redis.set_json("profile:" + TREATED[0], {"plan": "gold"})
    nginx = shop(experiment(pattern="*", condition={"plan": "gold"}), options="visual=on plan=profile.plan",
                 http=f'personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s; personalize_wait 5s; '
                      'personalize_source profile "key=profile:${visitor.id}";')
    assert NEW in page_of(nginx, TREATED[0])
    assert page_of(nginx, TREATED[1]) == PAGE


def test_what_scripts_are_told(shop):
    nginx = shop(experiment(pattern="*", variation={"css": "h1{}", "domMutations": CHANGES}))
    state = json.loads(re.search(r'id="pz-state">(.*?)</script>', page_of(nginx, TREATED[0], "/state/"))[1])
    assert state["visual"][0]["experiment"] == "look" and state["visual"][0]["css"] == "h1{}"
    assert state["exposures"] == {"look": "1"}
    state = json.loads(re.search(r'id="pz-state">(.*?)</script>', page_of(nginx, CONTROL[0], "/state/"))[1])
    assert state["visual"] == [] and state["exposures"] == {"look": "0"}


def test_slots_by_request_tell_of_the_changes_of_a_page(shop):
    nginx = shop(experiment(pattern="/sale/*"))

    def asked(path, visitor=TREATED[0], count="view"):
        response = nginx.get(f"/_pz/slots?path={path}&count={count}&slot=", headers={"Cookie": f"vid={visitor}"})
        return json.loads(response.text)
    assert asked("/sale/1")["visual"][0]["mutations"][0]["selector"] == "h1"
    assert asked("/sale/1", CONTROL[0])["visual"] == []
    assert "visual" not in asked("/about")
    wait_until(lambda: exposures(nginx) == {"1": 1, "0": 1}, "each view once")


def test_explain_tells_who_makes_what(shop):
    nginx = shop(experiment(pattern="/a", variation={"css": "x", "domMutations": [
        mutation("h1", "html", "set", "<b>x"), mutation("h1", "class", "append", "c")]}),
        experiment("second", "/b"))
    answer = json.loads(nginx.get(f"/explain?uri=/a&visitor={TREATED[0]}").text)
    first, second = answer["visual"]
    assert first["page"] and first["inExperiment"] and first["variationId"] == 1 and first["css"]
    assert [(one["by"], "why" in one) for one in first["changes"]] == [("browser", True), ("stream", False)]
    assert not second["page"] and not second["inExperiment"]


def test_pages_in_other_charsets(shop):
    nginx = shop(experiment(pattern="*", variation={"css": "a::after{content:'\u00e4'}", "domMutations": [
        mutation("h1", "html", "set", "\u00e4"), mutation("h1", "title", "set", "\u00f6")]}),
        server="charset iso-8859-1;")
    text = nginx.get("/", headers={"Cookie": f"vid={TREATED[0]}"}).body.decode("ascii")
    assert "content:'\\0000e4 '" in text and ">&#228;</h1>" in text and 'title="&#246;"' in text
