"""What profiles show in pages: escaped for the place in which it stands, however hostile."""

import json
import time
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from harness import scene
from harness.upstream import reply

HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
    "</p></div></body>", "<!--", "-->", "--!>", "]]>", "&lt;b&gt;", "&amp;#60;", "a & b",
    "{{profile.secret}}", "{{{profile.secret}}}", "${visitor.id}", "<!--#include virtual='/x'-->",
    "<!--pz:hello-bar-->", "<!--/pz-->", "`${1}`", "line\nbreak\r\ttab", "é€𝄞", "\u202eabc",
    "\\u003cscript\\u003e", "=cmd()", " ",
]


class Parsed(HTMLParser):
    """The page as a browser sees it: tags with attributes, and the text of the element #out."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.comments, self._open = [], "", [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if dict(attributes).get("id") == "out":
            self._open = True

    def handle_endtag(self, tag):
        if tag == "output":
            self._open = False

    def handle_data(self, data):
        if self._open:
            self.text += data

    def handle_comment(self, data):
        self.comments.append(data)


@pytest.fixture
def shop(nginx, redis):
    """Returns start(fragment) → ask(profile): the body of the page with the fragment in it."""

    def start(fragment, more="", server=""):
        scene.prepare(nginx, fragment=fragment)
        nginx.configure(scene.http(redis.socket, conditions=" ", extra=more),
                        scene.server(location=server))
        nginx.start()

        def ask(profile):
            redis.set_json("profile:ada", profile)
            response = nginx.get("/", headers=scene.ADA)
            assert response.status == 200
            return response.text

        return ask

    return start


def test_hostile_text(shop):
    ask = shop("<output id=out>{{profile.v}}</output>")
    tags = [tag for tag, _ in Parsed(ask({"v": "x"})).tags]
    for value in HOSTILE:
        page = Parsed(ask({"v": value, "secret": "SECRET"}))
        assert page.text.replace("\r", "\n") == value.replace("\r", "\n"), value
        assert [tag for tag, _ in page.tags] == tags, value


@pytest.mark.parametrize("quote", ['"', "'"])
def test_hostile_attribute(shop, quote):
    ask = shop(f"<output id=out title={quote}{{{{profile.v}}}}{quote} lang=en>x</output>")
    for value in HOSTILE:
        page = Parsed(ask({"v": value}))
        attributes = dict(page.tags)["output"]
        assert attributes.get("title").replace("\r", "\n") == value.replace("\r", "\n"), value
        assert set(attributes) == {"id", "title", "lang"}, value


BAD_URLS = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
            "java\nscript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
            "javascript&colon;alert(1)", "vbscript:x", "data:text/html,<script>alert(1)</script>",
            "javascript\u0000:alert(1)"]
GOOD_URLS = ["https://shop.example/a?b=1&c=2", "/path/é", "relative", "?q=a b", "#part",
             "//host/path", "mailto:a@b.example", "tel:+48123", ""]


@pytest.mark.parametrize("attribute", ["href", "src", "action", "formaction", "poster"])
def test_hostile_url(shop, attribute):
    ask = shop(f'<output id=out {attribute}="{{{{profile.v}}}}">x</output>')
    for value in BAD_URLS:
        address = dict(Parsed(ask({"v": value})).tags)["output"][attribute]
        squeezed = "".join(c for c in address.lower() if c > " ")
        assert not squeezed.startswith(("javascript:", "vbscript:", "data:")), (value, address)
    for value in GOOD_URLS:
        body = ask({"v": value})
        address = dict(Parsed(body).tags)["output"][attribute]
        assert "javascript" not in address
        assert address.split(":")[0] == value.split(":")[0] or "%" in address, (value, address)


def test_value_inside_a_url(shop):
    ask = shop('<a id=out href="/search?q={{profile.v}}&amp;lang=pl">x</a>')
    for value in ["a&admin=1", "a#b", "a b", "é", '"><script>', "../..", "a=b"]:
        href = dict(Parsed(ask({"v": value})).tags)["a"]["href"]
        assert href.startswith("/search?q=") and href.endswith("&lang=pl"), (value, href)
        assert "admin=1" not in href.split("&") and "#" not in href, (value, href)


def test_scheme_put_together_from_parts(shop):
    ask = shop('<a id=out href="{{profile.a}}{{profile.b}}">x</a>')
    href = dict(Parsed(ask({"a": "java", "b": "script:alert(1)"})).tags)["a"]["href"]
    assert not href.lower().startswith("javascript:")


def test_ssi_does_not_read_what_we_insert(shop, nginx):
    nginx.page("secret.html", "TOP SECRET")
    ask = shop("<output id=out>{{profile.v}}</output>", server="ssi on;")
    body = ask({"v": '<!--#include file="/secret.html" -->'})
    assert "TOP SECRET" not in body


def test_sections_and_lists(shop):
    ask = shop("<ul>{{#profile.items}}<li>{{name}}:{{price}}</li>{{/profile.items}}"
               "{{^profile.items}}<li>none</li>{{/profile.items}}</ul>")
    assert "<ul><li>a:1</li><li>b&lt;:2.5</li></ul>" in ask(
        {"items": [{"name": "a", "price": 1}, {"name": "b<", "price": 2.5}]})
    assert "<ul><li>none</li></ul>" in ask({"items": []})
    assert "<ul><li>none</li></ul>" in ask({})


def test_scalars(shop):
    ask = shop("<p>{{profile.v}}</p>")
    for value, shown in [(1, "1"), (1.5, "1.5"), (-0.25, "-0.25"), (1e21, "1e+21"), (True, "true"),
                         (False, "false"), (None, ""), ("", ""), (10**15, "1000000000000000"),
                         (0.1, "0.1"), ("x", "x")]:
        assert f"<p>{shown}</p>" in ask({"v": value}), value


def test_comments_delimiters_and_partials(shop, nginx):
    nginx.file("part.html", "<b>{{profile.v}}</b>")
    ask = shop("<p>{{! not shown }}{{=<% %>=}}<% profile.v %><%={{ }}=%>{{> part.html}}</p>")
    assert "<p>1<b>1</b></p>" in ask({"v": 1})


def test_partial_beside_the_fragment(shop, nginx):
    nginx.file("fragments/part.html", "<b>part</b>")
    nginx.file("fragments/whole.html", "<p>{{> part.html}}</p>")
    nginx.file("x.html", "x")
    ask = shop("unused", more="personalize_campaign best { slot hello-bar; priority 99; "
                              "fragment fragments/whole.html; }")
    assert "<p><b>part</b></p>" in ask({"v": 1})


def test_filters(shop):
    ask = shop('<p>{{profile.name | default "friend"}}|{{profile.n | number}}|'
               "{{profile.m | money}}</p>", more="personalize_locale pl-PL PLN;")
    text = ask({"n": 1234567.5, "m": 1234.5}).replace("\u00a0", " ").replace("\u202f", " ")
    assert "<p>friend|1 234 567,5|1234,50 zł</p>" in text or \
        "<p>friend|1 234 567,5|1 234,50 zł</p>" in text
    assert "<p>&lt;Ada&gt;|" in ask({"name": "<Ada>", "n": 1, "m": 1})


def test_filters_of_what_is_no_number(shop):
    ask = shop("<p>{{profile.n | number}}|{{profile.m | money}}</p>",
               more="personalize_locale en-US USD;")
    for value in ("abc", "<b>", [], {}, None, True, "1e999"):
        body = ask({"n": value, "m": value})
        assert "<b>" not in body and "<p>" in body


def test_locale_default(shop):
    ask = shop("<p>{{profile.m | money}}</p>")
    assert "<p>$1,234.50</p>" in ask({"m": 1234.5})


def test_output_that_would_be_too_large_is_the_default(shop):
    ask = shop("{{profile.v}}" * 40)
    assert scene.is_filled(ask({"v": "x" * 1000}), "x" * 40000)
    assert scene.is_default(ask({"v": "x" * 40000}))


def test_lists_in_lists_are_shown_in_part(shop):
    ask = shop("{{#profile.a}}{{#profile.b}}{{#profile.c}}x{{/profile.c}}{{/profile.b}}"
               "{{/profile.a}}")
    many = list(range(1, 300))
    started = time.monotonic()
    body = ask({"a": many, "b": many, "c": many})
    assert time.monotonic() - started < 2
    assert body.startswith(scene.BEFORE) and body.endswith(scene.AFTER)
    assert 0 < len(body) - len(scene.PAGE) < 1_000_000


CHARSET_MAP = "charset_map iso-8859-1 utf-8 { FC C3BC; }"


@pytest.mark.parametrize("meta, map, location, raw", [
    ("utf-8", "", "", True), ("iso-8859-1", "", "", False), (None, "", "", False),
    (None, "", "charset utf-8;", True), ("utf-8", "", "charset iso-8859-1;", False),
    ("utf-8", CHARSET_MAP, "source_charset utf-8; charset iso-8859-1;", False)])
def test_charset_that_the_upstreams_header_does_not_tell(nginx, redis, upstream, meta, map, location,
                                                         raw):
    redis.set_json("profile:ada", {"name": "Zoë"})
    scene.prepare(nginx)
    declaration = f'<meta charset="{meta}">' if meta else ""
    page = scene.PAGE.replace('<meta charset="utf-8">', declaration)
    upstream.on("/", reply(page.encode(), type="text/html"))
    nginx.configure(scene.http(redis.socket, extra=map),
                    scene.server(location=f"proxy_pass {upstream.url}; {location}"))
    nginx.start()
    body = nginx.get("/", headers=scene.ADA).body
    assert ("Hello Zoë<".encode() in body) == raw
    assert raw or b"Hello Zo&#235;<" in body.lower().replace(b"&#xeb;", b"&#235;").replace(
        b"hello zo", b"Hello Zo")


def test_page_in_another_charset_gets_references(nginx, redis, upstream):
    redis.set_json("profile:ada", {"name": "Zoë €"})
    scene.prepare(nginx)
    page = scene.PAGE.replace("utf-8", "iso-8859-1").replace("Welcome", "Grüße")
    upstream.on("/", reply(page.encode("latin-1"), type="text/html; charset=iso-8859-1"))
    nginx.configure(scene.http(redis.socket),
                    scene.server(location=f"proxy_pass {upstream.url};"))
    nginx.start()
    body = nginx.get("/", headers=scene.ADA).body.decode("latin-1")
    assert "Grüße" in body
    assert "Hello Zo&#235; &#8364;<" in body.replace("&#xEB;", "&#235;").replace(
        "&#xeb;", "&#235;").replace("&#x20AC;", "&#8364;").replace("&#x20ac;", "&#8364;")


# Widgets

ITEMS = [{"title": "Shoe <1>", "url": "/p/1?a=b&c", "image": "/i/1.png", "price": 10},
         {"title": "Shoe 2", "url": "javascript:alert(1)", "image": "/i/2.png", "price": 20.5}]


def test_widget_hello_bar(shop, nginx):
    ask = shop("unused", more="""personalize_campaign bar { slot hello-bar; priority 9;
      widget hello-bar; set text "Hello {{profile.name}}"; set link "{{profile.link}}";
      set link_text "Look & see"; }""")
    body = ask({"name": '<b>"Ada"</b>', "link": "/sale?a=1&b=2"})
    page = Parsed(body)
    assert "&lt;b&gt;" in body and "<b>" not in body and scene.DEFAULT not in body
    assert {"href": "/sale?a=1&b=2"}.items() <= next(
        a for t, a in page.tags if t == "a" and "href" in a).items()
    page = Parsed(ask({"name": "x", "link": "javascript:alert(1)"}))
    assert not any("javascript" in (a.get("href") or "") for _, a in page.tags)


def test_widget_exit_popup(shop):
    ask = shop("unused", more="""personalize_campaign popup { slot body-end;
      widget exit-popup; set title "Wait, {{profile.name}}"; set text "10% off";
      set link /sale; }""")
    body = ask({"name": "Ada <3"})
    assert "Wait, Ada &lt;3" in body and "<dialog" in body
    assert any(tag == "script" for tag, _ in Parsed(body).tags)


def test_widget_recommendations(shop):
    ask = shop("unused", more="""personalize_campaign recs { slot hello-bar; priority 9;
      widget recommendations; set title "For {{profile.name}}"; set items profile.items; }""")
    page = ask({"name": "Ada", "items": ITEMS})
    assert "Shoe &lt;1&gt;" in page and "Shoe 2" in page and "javascript:" not in page
    assert any(a.get("href") == "/p/1?a=b&c" for _, a in Parsed(page).tags)
    # Without items there is nothing to show: the next campaign, then the default, has its turn.
    for items in ([], None, "text", [1, 2], {}):
        body = ask({"name": "Ada", "items": items})
        assert "For Ada" not in body, items


@pytest.mark.parametrize("profile", [{"name": "x" * 50000}, {"name": ["a"] * 1000},
                                     {"name": {"deep": [[[[[[1]]]]]]}}],
                         ids=["long", "list", "deep"])
def test_odd_values_in_widgets(shop, profile):
    ask = shop("unused", more="""personalize_campaign bar { slot hello-bar; priority 9;
      widget hello-bar; set text "Hello {{profile.name}}"; }""")
    body = ask(profile)
    assert body.startswith(scene.BEFORE.split("</head>")[0][:20]) and body.endswith("</html>\n")


def test_json_escapes_in_documents(shop, redis):
    ask = shop("<p>{{profile.v}}</p>")
    assert "<p>&lt;script&gt;é𝄞</p>" in ask({"v": "<script>é𝄞"})
    assert json.dumps("é") == '"\\u00e9"', "the document holds escapes, not bytes"


CONTROLS = "\x01\x1b$B\x0b\x0c\x7f\x85\ufffe\uffff"


@pytest.mark.parametrize("endpoint", [False, True])
def test_widgets_are_well_formed_xml(nginx, redis, endpoint):
    """In XHTML a browser shows a parse error in place of a page that is not."""
    text = "{{profile.x}}"
    page = ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>'
            "<body><!--pz:a--><!--/pz--><!--pz:b--><!--/pz--><!--pz:c--><!--/pz--></body></html>")
    scene.prepare(nginx)
    nginx.page("page.xhtml", page)
    nginx.configure(scene.http(redis.socket, conditions=" ", extra=f"""
      personalize_campaign a {{ slot a; widget hello-bar; set text "{text}"; set link "/a?b=1&c=2";
        set link_text "{text}"; set code "{text}"; set discount "{text}"; set reason "{text}"; }}
      personalize_campaign b {{ slot b; widget exit-popup; set title "{text}"; set text "{text}";
        set image "/i.png?a=1&b=2"; set link "{text}"; set link_text "{text}"; set price "{text}";
        set reason "{text}"; cap 3/day; }}
      personalize_campaign c {{ slot c; widget recommendations; set items profile.items;
        set title "{text}"; set link "{text}"; set link_text "{text}"; set reason "{text}"; }}
    """), f"""location / {{ personalize on; personalize_types application/xhtml+xml; }}
            {"location /_pz/ { personalize_endpoint; }" if endpoint else ""}""")
    nginx.start()
    hostile = "".join(HOSTILE) + CONTROLS
    items = [{"title": hostile, "url": "/p?a=1&b=2", "image": "/i.png", "brand": hostile, "price": 5},
             {"title": hostile, "url": hostile}]
    redis.set_json("profile:ada", {"x": hostile, "items": items})
    response = nginx.get("/page.xhtml", headers=scene.ADA)
    root = ElementTree.fromstring(response.body)
    marks = [e.get("data-pz-campaign") for e in root.iter() if e.get("data-pz-campaign")]
    assert marks == ["a", "b", "c"]
    assert any(e.tag == "{http://www.w3.org/2000/svg}svg" for e in root.iter())


@pytest.mark.parametrize("value", ["card", "../evil", "%2e%2e/evil", "@evil/x", "a.b", ""])
def test_an_address_that_loads_code_takes_a_plain_segment(shop, value):
    ask = shop('<script src="/widgets/{{profile.card}}.js"></script>')
    expected = "/widgets/card.js" if value == "card" else ""
    assert f'<script src="{expected}"></script>' in ask({"card": value})


def test_an_escape_sequence_does_not_swallow_a_quote(shop):
    ask = shop('<p title="{{profile.a}}">x</p><p title="{{profile.b}}">y</p>')
    text = ask({"a": "\x1b$B", "b": "\x1b(B onmouseover=alert(1)"})
    assert "\x1b" not in text and "<p title=\"\ufffd$B\">" in text
