"""What a page is, as its location says it: personalize_page and page.*."""

import json

import pytest

from harness import scene
from harness.redis.rogue import bulk
from harness.upstream import reply

SHOW = """
  personalize_campaign one { slot hello-bar; %s fragment hello.html; }
"""
FRAGMENT = "<p>{{page.item_id}}|{{page.item_category}}</p>"


def start(nginx, http, server, fragment=FRAGMENT, redis=None):
    scene.prepare(nginx, fragment=fragment)
    connection = f"personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;" if redis else ""
    nginx.configure(connection + "\n" + http, "personalize on; personalize_wait 2s;\n" + server)
    return nginx.start()


def location(upstream, page, path="/", extra=""):
    return f"location {path} {{ personalize_page {page}; {extra} proxy_pass {upstream.url}; }}"


def on(upstream, path="/", **headers):
    upstream.on(path, reply(scene.PAGE, headers={name.replace("_", "-"): value
                                                 for name, value in headers.items()}))


def test_from_variables_and_the_upstreams_headers(nginx, upstream):
    on(upstream, X_Category="lamps")
    start(nginx, SHOW % "when page.type = product;",
          location(upstream, "type=product item_id=$arg_sku "
                             "item_category=$upstream_http_x_category"))
    assert scene.is_filled(nginx.get("/?sku=7").text, "<p>7|lamps</p>")


def test_values_are_escaped(nginx, upstream):
    on(upstream, X_Category="<b>&amp")
    start(nginx, SHOW % "", location(upstream, "item_category=$upstream_http_x_category"))
    assert scene.is_filled(nginx.get("/").text, "<p>|&lt;b&gt;&amp;amp</p>")


def test_a_cacheable_variable_is_not_frozen_before_its_time(nginx, upstream):
    """A map is read once a request: read before the upstream answers, it would stay empty."""
    on(upstream, X_Category="lamps")
    start(nginx, "map $upstream_http_x_category $kind { default none; lamps light; }\n" +
          SHOW % "when page.item_category = light;",
          location(upstream, "item_category=$kind",
                   extra="personalize_before_upstream on; add_header X-Kind $kind; "
                         "proxy_set_header X-Who $personalize_segments;") +
          "location /plain { }")
    response = nginx.get("/")
    assert scene.is_filled(response.text, "<p>|light</p>")
    assert response.get("x-kind") == "light"


@pytest.mark.parametrize("value", ["", "x" * 1025])
def test_what_is_empty_or_too_long_is_missing(nginx, upstream, value):
    on(upstream, X_Category=value)
    start(nginx, SHOW % "when page.item_category missing; when page.type missing;",
          location(upstream, "item_id=1 item_category=$upstream_http_x_category"))
    assert scene.is_filled(nginx.get("/").text, "<p>1|</p>")


def test_of_a_type_that_a_variable_says(nginx, upstream):
    on(upstream, X_Type="wishlist")
    start(nginx, SHOW % "when page.type = wishlist;",
          location(upstream, "item_id=1 type=$upstream_http_x_type"))
    assert scene.is_filled(nginx.get("/").text, "<p>1|</p>")


def test_numbers_compare(nginx, upstream):
    on(upstream, X_Value="9.5")
    start(nginx, SHOW % "when page.value < 10; unless page.value < 9;",
          location(upstream, "item_id=1 value=$upstream_http_x_value"))
    assert scene.is_filled(nginx.get("/").text, "<p>1|</p>")


def test_inheritance(nginx):
    start(nginx, SHOW % "", """
    location /a/ {
      personalize_page item_id=a item_category=c;
      alias html/;
      location /a/own/   { personalize_page item_id=own; alias html/; }
      location /a/plain/ { alias html/; }
    }
    location / { }
""")
    nginx.page("index.html", scene.PAGE)
    assert scene.is_filled(nginx.get("/a/index.html").text, "<p>a|c</p>")
    assert scene.is_filled(nginx.get("/a/plain/index.html").text, "<p>a|c</p>")
    assert scene.is_filled(nginx.get("/a/own/index.html").text, "<p>own|</p>")
    assert scene.is_filled(nginx.get("/index.html").text, "<p>|</p>")


def test_the_location_that_answers_counts(nginx, upstream):
    on(upstream, X_Accel_Redirect="/inside/index.html")
    start(nginx, SHOW % "", location(upstream, "item_id=outside", path="= /") +
          "location /inside/ { internal; personalize_page item_id=inside; alias html/; }")
    assert scene.is_filled(nginx.get("/").text, "<p>inside|</p>")


def test_in_the_log_and_in_headers(nginx, upstream):
    on(upstream, X_Category="lamps")
    start(nginx, "personalize_segment light { when page.item_category = lamps; }\n" +
          SHOW % "when segment.light;",
          location(upstream, "item_category=$upstream_http_x_category",
                   extra="add_header X-Segments $personalize_segments; "
                         "proxy_set_header X-Segments $personalize_segments;"))
    response = nginx.get("/")
    assert response.get("x-segments") == "light"
    assert "x-segments" not in upstream.requests[0].headers
    assert nginx.last_log(1)["segments"] == "light"
    assert nginx.get("/", method="HEAD").get("x-segments") == "light"


# Documents

OFFER = """
  personalize_source offer key=offer:${page.item_category} ttl=0;
  personalize_campaign one { slot hello-bar; when offer.text; fragment hello.html; }
"""


def test_a_key_is_made_of_it(nginx, redis, upstream):
    on(upstream, X_Category="lamps")
    redis.set_json("offer:lamps", {"text": "Bright"})
    start(nginx, OFFER, location(upstream, "item_category=$upstream_http_x_category"),
          fragment="<p>{{offer.text}}</p>", redis=redis)
    assert scene.is_filled(nginx.get("/").text, "<p>Bright</p>")
    assert nginx.last_log(1)["sources"] == "offer=fetched"


def test_it_is_asked_for_when_the_upstream_has_answered(nginx, rogue, upstream):
    """Other documents are asked for beside the upstream, as ever."""
    asked = []
    rogue.on_read = lambda session, command: session.send(bulk('{"text": "Bright"}'))

    def answer(request, send):
        asked.extend(words[1] for words in rogue.reads())
        reply(scene.PAGE, headers={"X-Category": "lamps"})(request, send)

    upstream.on("/", answer)
    start(nginx, "personalize_source other key=other ttl=0;\n" +
          OFFER.replace("when offer.text;", "when offer.text; when other.text;"),
          location(upstream, "item_category=$upstream_http_x_category"),
          fragment="<p>{{offer.text}}</p>", redis=rogue)
    assert scene.is_filled(nginx.get("/").text, "<p>Bright</p>")
    assert b"offer:lamps" not in asked
    assert [words[1] for words in rogue.reads()] == [b"other", b"offer:lamps"]


def test_a_document_decides_by_a_segment_of_the_page(nginx, rogue, upstream):
    rogue.on_read = lambda session, command: session.send(bulk('{"text": "Bright"}'))
    on(upstream, "/", X_Category="lamps")
    on(upstream, "/other", X_Category="chairs")
    start(nginx, """
  personalize_segment light { when page.item_category = lamps; }
  personalize_source offer key=offer if=segment.light ttl=0;
  personalize_source more key=more:${offer.text} ttl=0;
  personalize_campaign one { slot hello-bar; when more.text; fragment hello.html; }
""", location(upstream, "item_category=$upstream_http_x_category",
              extra="personalize_before_upstream on;"),
          fragment="<p>{{more.text}}</p>", redis=rogue)
    assert scene.is_filled(nginx.get("/").text, "<p>Bright</p>")
    assert [words[1] for words in rogue.reads()] == [b"offer", b"more:Bright"]
    assert scene.is_default(nginx.get("/other").text)
    assert len(rogue.reads()) == 2


def test_a_request_is_not_held_for_what_only_the_response_tells(nginx, redis, upstream):
    on(upstream, X_Category="lamps")
    redis.set_json("offer:lamps", {"text": "Bright"})
    start(nginx, "personalize_segment bright { when offer.text = Bright; }\n" + OFFER,
          location(upstream, "item_category=$upstream_http_x_category",
                   extra="personalize_before_upstream on; "
                         "proxy_set_header X-Who $personalize_segments;"),
          fragment="<p>{{offer.text}}</p>", redis=redis)
    response = nginx.get("/")
    assert scene.is_filled(response.text, "<p>Bright</p>")
    assert float(nginx.last_log(1)["wait_time"]) < 1
    assert "x-who" not in upstream.requests[0].headers


def test_redis_that_is_dead(nginx, redis, upstream):
    on(upstream, X_Category="lamps")
    start(nginx, OFFER, location(upstream, "item_category=$upstream_http_x_category"),
          redis=redis)
    nginx.tolerate("personalize")
    redis.kill()
    assert scene.is_default(nginx.get("/").text)


def test_a_sticky_variant_by_page_is_kept(nginx, upstream):
    on(upstream, X_Category="lamps")
    start(nginx, """
  personalize_visitor cookie=vid;
  personalize_experiment bar { variants a=100 b=0; sticky cookie; when page.item_category = lamps; }
""" + SHOW % "when experiment.bar = a;",
          location(upstream, "item_category=$upstream_http_x_category"))
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_filled(response.text, "<p>|lamps</p>")
    assert response.cookie("pz_variants")


# What nginx -t says


@pytest.mark.parametrize("where, words", [
    ("proxy_set_header X $personalize_segments; # <-", ["proxy_set_header", "page.* is missing"]),
    ("personalize_before_upstream on;\nproxy_set_header X $personalize_segments; # <-",
     ["personalize_page", "response"]),
    ("if ($personalize_segments) { # <-\nset $a 1; }", ["\"if\"", "page.* is missing"]),
])
def test_use_before_the_page_is_known_is_warned_of(nginx, where, words):
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure("personalize_segment s { when page.type = cart; }\n" + SHOW % "",
                    "location / { personalize on; personalize_page type=cart;\n" + where + "\n}")
    line = 1 + next(i for i, text in enumerate(nginx.config_file.read_text().splitlines())
                    if text.endswith("# <-"))
    code, output = nginx.check()
    warnings = [text for text in output.splitlines() if "[warn]" in text]
    assert code == 0 and len(warnings) == 1, output
    assert warnings[0].endswith(f"in {nginx.config_file}:{line}")
    for word in words:
        assert word in warnings[0]


def test_headers_and_the_log_are_not_warned_of(nginx):
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure("personalize_segment s { when page.type = cart; }\n" + SHOW % "",
                    "location / { personalize on; personalize_page type=cart;"
                    " add_header X $personalize_segments; }")
    code, output = nginx.check()
    assert code == 0 and "[warn]" not in output, output


def test_pages_that_nobody_describes_are_warned_of(nginx):
    scene.prepare(nginx, fragment=FRAGMENT)
    nginx.configure("personalize_segment s { when page.type = cart; }\n" + SHOW % "",
                    "location / { personalize on; }")
    code, output = nginx.check()
    assert code == 0 and '"page.type" is always missing' in output


def test_explained(nginx, redis):
    redis.set_json("offer:lamps", {"text": "Bright"})
    start(nginx, "personalize_segment light { when page.item_category = lamps; }\n" + OFFER,
          "location / { }\nlocation = /explain { personalize_explain; allow all; }", redis=redis)
    for query, state in (("page.item_category=lamps", "fetched"), ("uri=/", "missing")):
        answer = json.loads(nginx.get(f"/explain?{query}").text)
        assert [d["state"] for d in answer["documents"]] == [state]
    assert "item_category" in nginx.get("/explain?page.kind=x").text
