"""Slots: where content goes, what is never mistaken for one, and that chunks do not matter."""

import re
import threading
import time

import pytest

from harness import scene
from harness.turns import Turns
from harness.upstream import reply

CONTENT = "<b>new</b>"


@pytest.fixture
def shop(nginx, upstream):
    """A campaign without conditions for slot `a`, another for `b`, and one for `never`, which
    nobody gets. Returns rewrite(page, directives) → body."""
    nginx.file("a.html", CONTENT)
    nginx.file("b.html", "<i>other</i>")

    def start(directives="", http="", location=""):
        nginx.configure("""
          personalize_campaign a { slot a; fragment a.html; }
          personalize_campaign b { slot b; fragment b.html; }
          personalize_campaign c { slot c; fragment a.html; }
          personalize_campaign never { slot never; when cookie.never; fragment a.html; }
        """ + http, f"location / {{ personalize on; {directives} proxy_pass {upstream.url}; "
                    f"proxy_buffering off; {location} }}")
        nginx.start()
        return nginx

    return start


def rewrite(nginx, upstream, page, **options):
    upstream.on("/", reply(page, **options))
    response = nginx.get("/")
    assert response.status == 200 and response.complete
    return response.text


def without_markers(html):
    return re.sub(r"<!--/?pz(:[a-z-]+)?-->", "", html)


# Markup


def test_comment_pair(shop, upstream):
    body = rewrite(shop(), upstream, "<p>x</p><!--pz:a-->old<br><!--/pz--><p>y</p>")
    assert without_markers(body) == f"<p>x</p>{CONTENT}<p>y</p>"


def test_data_attribute(shop, upstream):
    body = rewrite(shop(), upstream, '<p>x</p><div class=k data-pz-slot="a"><p>old</p></div><p>y')
    assert body == f'<p>x</p><div class=k data-pz-slot="a">{CONTENT}</div><p>y'


@pytest.mark.parametrize("tag", ['<div data-pz-slot="a">', "<div data-pz-slot='a'>",
                                 "<div data-pz-slot=a>", "<DIV DATA-PZ-SLOT=a>",
                                 '<div\n\tdata-pz-slot = "a"\n>', '<div x=">" data-pz-slot="a" y>',
                                 '<div data-pz-slot="&#97;">'])
def test_data_attribute_however_it_is_written(shop, upstream, tag):
    body = rewrite(shop(), upstream, f"<body>{tag}old</div>y")
    assert body == f"<body>{tag}{CONTENT}</div>y"


def test_attributes(shop, upstream):
    """Whatever the page says of them, in any charset; what is no address leaves them as they are."""
    nginx = shop("personalize_slot src 'img.x' attribute=src all; personalize_slot label .x attribute=data-label;"
                 "personalize_slot bad 'a' attribute=href; personalize_slot classes body attribute=class;",
                 "personalize_campaign classes { slot classes; content 'vip -guest'; }"
                 "personalize_campaign src { slot src; content '/é/{{request.arg.p}}?a=1&b=2'; }"
                 "personalize_campaign label { slot label; content 'Łódź \"{{request.arg.p}}\"'; }"
                 "personalize_campaign bad { slot bad; content '{{request.arg.evil}}'; }")
    pages = {
        '<meta charset=utf-8><img src=/a.jpg class=x alt="1"><img class="x">':
            '<meta charset=utf-8><img data-label="Łódź &quot;&lt;&amp;&quot;"  src="/é/%3C&amp;?a=1&amp;b=2" class=x alt="1">'
            '<img src="/é/%3C&amp;?a=1&amp;b=2" class="x">',
        "<IMG SRC='/a.jpg'CLASS=x>":
            "<IMG data-label=\"&#321;&#243;d&#378; &quot;&lt;&amp;&quot;\"  src=\"/&#233;/%3C&amp;?a=1&amp;b=2\"CLASS=x>",
        '<p><a href="/b">c</a>': '<p><a href="/b">c</a>',
        '<body class="guest &amp;x a"><b>': '<body  class="&amp;x a vip"><b>',
        '<body id=a><b>': '<body class="vip" id=a><b>',
        '<body class=vip><b>': '<body class=vip><b>',
        '<body class="guest \u0142"><b>': '<body class="guest \u0142"><b>',
        '<!--pz:src-->a<!--/pz--><b data-pz-slot=label>b</b>': '<!--pz:src-->a<!--/pz--><b data-pz-slot=label>b</b>',
    }
    for page, expected in pages.items():
        upstream.on("/", reply(page.encode(), type="text/html"))
        response = nginx.get("/?p=%3C%26&evil=javascript:alert(1)")
        assert response.text == expected


def test_nested_elements_of_the_same_name(shop, upstream):
    body = rewrite(shop(), upstream, "<div data-pz-slot=a><div><div>o</div></div>ld</div><div>y")
    assert body == f"<div data-pz-slot=a>{CONTENT}</div><div>y"


def test_two_slots(shop, upstream):
    body = rewrite(shop(), upstream, "<!--pz:b-->1<!--/pz-->-<div data-pz-slot=a>2</div>")
    assert without_markers(body) == f"<i>other</i>-<div data-pz-slot=a>{CONTENT}</div>"


def test_empty_slots(shop, upstream):
    body = rewrite(shop(), upstream, "<!--pz:a--><!--/pz--><div data-pz-slot=b></div>")
    assert without_markers(body) == f"{CONTENT}<div data-pz-slot=b><i>other</i></div>"


def test_slot_inside_one_that_keeps_its_content(shop, upstream):
    body = rewrite(shop(), upstream,
                   "<div data-pz-slot=never>x<p data-pz-slot=a>old</p>y</div>z")
    assert body == f"<div data-pz-slot=never>x<p data-pz-slot=a>{CONTENT}</p>y</div>z"


def test_slot_inside_a_filled_one_goes_with_it(shop, upstream):
    body = rewrite(shop(), upstream, "<div data-pz-slot=a>x<p data-pz-slot=b>old</p>y</div>z")
    assert body == f"<div data-pz-slot=a>{CONTENT}</div>z"


WHOLE = "<!doctype html><html><head><title>t</title></head><body class=x><p>text</p></body></html>"


def with_implied_slots(shop, nginx):
    for name in "hse":
        nginx.file(f"{name}.html", f"<!--!{name}-->")
    return shop(http="""
      personalize_campaign h { slot head-end; fragment h.html; }
      personalize_campaign s { slot body-start; fragment s.html; }
      personalize_campaign e { slot body-end; fragment e.html; }
    """)


IMPLIED = {
    WHOLE: "<!doctype html><html><head><title>t</title><!--!h--></head><body class=x><!--!s-->"
           "<p>text</p><!--!e--></body></html>",
    "<!doctype html><title>t</title><p>text": "<!doctype html><title>t</title><!--!h--><!--!s-->"
                                              "<p>text<!--!e-->",
    "<html><body><p>text": None,
    "<p>a part of a page</p>": "<p>a part of a page</p>",
    '<script>x="</body>"</script><p>part': '<script>x="</body>"</script><p>part',
}


@pytest.mark.parametrize("page", IMPLIED)
def test_implied_slots_of(shop, nginx, upstream, page):
    with_implied_slots(shop, nginx)
    body = rewrite(nginx, upstream, page)
    if IMPLIED[page] is not None:
        assert body == IMPLIED[page]
    else:
        assert re.sub("<!--![hse]-->", "", body) == page
        assert [m for m in re.findall("<!--!([hse])-->", body)] == ["h", "s", "e"]


# Selectors and placements

PLACEMENTS = {
    "inner": "<p>x</p><div id=d class='c k' data-k=v>NEW</div><p>y</p>",
    "replace": "<p>x</p>NEW<p>y</p>",
    "before": "<p>x</p>NEW<div id=d class='c k' data-k=v>old</div><p>y</p>",
    "after": "<p>x</p><div id=d class='c k' data-k=v>old</div>NEW<p>y</p>",
    "prepend": "<p>x</p><div id=d class='c k' data-k=v>NEWold</div><p>y</p>",
    "append": "<p>x</p><div id=d class='c k' data-k=v>oldNEW</div><p>y</p>",
    "": "<p>x</p><div id=d class='c k' data-k=v>NEW</div><p>y</p>",
}


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("selector", ["#d", ".c", "div", "[data-k=v]", "[data-k='v']", "[data-k]",
                                      ".k"])
def test_placement(shop, upstream, selector, placement):
    nginx = shop(f'personalize_slot a "{selector}" {placement};')
    body = rewrite(nginx, upstream, "<p>x</p><div id=d class='c k' data-k=v>old</div><p>y</p>")
    assert body == PLACEMENTS[placement].replace("NEW", CONTENT)


def test_first_match_and_all_matches(shop, upstream, nginx):
    page = "<body><p class=k>1</p><p>2</p><p class=k>3</p>"
    shop("personalize_slot a .k; personalize_slot b .k append all;")
    assert rewrite(nginx, upstream, page) == \
        f"<body><p class=k>{CONTENT}</p><p>2</p><p class=k>3<i>other</i></p>"


def test_selector_that_matches_nothing(shop, upstream):
    page = "<body><p class=kk id=D>1</p><div data-id=d>"
    nginx = shop("personalize_slot a '#d'; personalize_slot b .k;")
    assert rewrite(nginx, upstream, page) == page


def test_void_element(shop, upstream):
    nginx = shop("personalize_slot a img after; personalize_slot b br inner;")
    body = rewrite(nginx, upstream, "<body><img src=x><br>y")
    assert body == f"<body><img src=x>{CONTENT}<br>y"


# What is no markup

NO_MARKUP = [
    '<script>var a = "<!--pz:a-->old<!--/pz-->";</script>',
    '<script>document.write("<div data-pz-slot=a>old</div>")</script>',
    '<script><!-- if (a<b) { "<script>" } document.write("</script>") --></script>',
    '<style>/* <!--pz:a--> */ p::after { content: "<div data-pz-slot=a>" }</style>',
    "<textarea><!--pz:a-->old<!--/pz--><div data-pz-slot=a></div></textarea>",
    "<title><!--pz:a-->old<!--/pz--> <b data-pz-slot=a></b></title>",
    "<!-- <!--pz:a-->",
    "<!-- <div data-pz-slot=a>old</div> -->",
    '<p title="<!--pz:a-->old<!--/pz-->">x</p>',
    "<p title='<div data-pz-slot=a>'>x</p>",
    "<xmp><div data-pz-slot=a>old</div></xmp>",
    "<iframe><div data-pz-slot=a>old</div></iframe>",
    "<plaintext><div data-pz-slot=a>old</div>",
    "<!--pz:other-->old<!--/pz-->",
    "<!--pz:a",
    "<div data-pz-slot=a",
    "<!doctype html [<!--pz:a-->",
    "<?php <div data-pz-slot=a> ?>",
    "<!--/pz-->x<!--/pz-->",
    "&lt;div data-pz-slot=a&gt;old&lt;/div&gt;",
    "<div xdata-pz-slot=a data-pz-slotx=a>old</div>",
    "<div data-pz-slot=A>old</div>",
    "<div data-pz-slot=>old</div>",
    "</div data-pz-slot=a>old</div>",
]


@pytest.mark.parametrize("markup", NO_MARKUP)
def test_never_mistaken_for_markup(shop, upstream, markup):
    page = f"<!doctype html><body>\n{markup}"
    assert rewrite(shop(), upstream, page) == page


@pytest.mark.parametrize("page", [
    "<!doctype html><body><table><div data-pz-slot=a>old</div><tr><td>x</table>",
    "<!doctype html><body><!--pz:a-->never closed",
    "<!doctype html><body><div><div data-pz-slot=a>never closed",
])
def test_end_that_is_uncertain_keeps_the_default(shop, upstream, page):
    assert rewrite(shop(), upstream, page) == page


# Chunks

PAGE = """<!doctype html>
<html><head><title>T <!--pz:a--></title><script>"<!--pz:a-->"</script></head>
<body class=x><!--pz:a--><p>old</p><!--/pz--><p id=sel title='<div data-pz-slot=b>'>é€𝄞</p>
<div data-pz-slot="b"><div>o</div>ld</div><!-- pz:a --><!--pz:never-->stays<!--/pz-->
</body></html>
"""


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 16, 64, 100])
def test_any_cut_gives_the_same_page(shop, upstream, size):
    nginx = shop("personalize_slot c '#sel' append;")
    whole = rewrite(nginx, upstream, PAGE)
    assert whole.count(CONTENT) == 2 and whole.count("<i>other</i>") == 1
    data = PAGE.encode()
    pieces = [data[i:i + size] for i in range(0, len(data), size)]
    upstream.on("/", reply(pieces=pieces, pause=0.002))
    response = nginx.get("/")
    assert response.complete and response.text == whole


@pytest.mark.parametrize("size", [1, 3, 50])
def test_any_cut_of_a_page_with_no_slot_filled_gives_the_page(shop, upstream, size):
    page = PAGE.replace("pz:a", "pz:never").replace('"b"', '"never"')
    data = page.encode() + b"\xff\xfe\0 end"
    nginx = shop()
    upstream.on("/", reply(pieces=[data[i:i + size] for i in range(0, len(data), size)],
                           pause=0.002))
    response = nginx.get("/")
    assert response.complete and response.body == data


def test_slow_pieces_are_passed_on_at_once(shop, upstream):
    """What stands outside slots is not kept until the page is complete."""
    pieces = [b"<!doctype html><body><p>first</p>", b"<p>second</p>", b"<!--pz:a-->old<!--/pz-->",
              b"<p>fourth</p></body>"]
    go_on = threading.Semaphore(0)

    def one_by_one(_, send):
        send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
             % len(b"".join(pieces)))
        for piece in pieces:
            send(piece)
            assert go_on.acquire(timeout=20)

    nginx = shop()
    upstream.on("/", one_by_one)
    with nginx.connect() as connection:
        connection.request("/")
        # Each has come before the upstream sends the next one.
        for marker in (b"first", b"second", b"new", b"fourth"):
            connection.read_until(marker)
            go_on.release()
        assert connection.response().complete


@pytest.mark.parametrize("kind", ["static", "sendfile off", "proxied", "cached", "ssi", "memory"])
@pytest.mark.parametrize("size", [100, 5000, 60000, 700000])
def test_large_pages_of_every_origin(nginx, upstream, kind, size):
    filling = ("<p class='c'>text &amp; <a href=x>link</a></p>\n" * (size // 44 + 1))[:size]
    filling = filling[:filling.rindex("\n") + 1]
    page = scene.PAGE.replace(scene.OPENING, filling + scene.OPENING) \
        .replace(scene.CLOSING, scene.CLOSING + filling)
    nginx.file("hello.html", CONTENT)
    nginx.page("page.html", page)
    nginx.page("ssi.html", '<!--#include virtual="/raw/page.html" -->')
    upstream.on("/page.html", reply(page))
    where = {
        "static": "location / { personalize on; }",
        "sendfile off": "location / { personalize on; sendfile off; }",
        "proxied": f"location / {{ personalize on; proxy_pass {upstream.url}; }}",
        "cached": f"location / {{ personalize on; proxy_pass {upstream.url}; proxy_cache c; "
                  "proxy_cache_valid 1m; }",
        "ssi": "location / { personalize on; ssi on; rewrite ^ /ssi.html break; } "
               f"location /raw/ {{ alias {nginx.directory}/html/; }}",
        "memory": f"location / {{ personalize on; proxy_pass {upstream.url}; "
                  "proxy_buffering off; }",
    }[kind]
    nginx.configure("personalize_campaign a { slot hello-bar; fragment hello.html; }\n"
                    f"proxy_cache_path {nginx.directory}/cache keys_zone=c:1m;", where)
    nginx.start()
    for _ in range(3):
        started = time.monotonic()
        response = nginx.get("/page.html")
        assert response.status == 200 and response.complete
        before, after = page.split(scene.OPENING + scene.DEFAULT + scene.CLOSING)
        assert without_markers(response.text) == before + CONTENT + after
        assert time.monotonic() - started < 15


def test_keepalive_and_pipelining(shop, nginx, upstream):
    shop()
    upstream.on("/a", reply("<body><!--pz:a-->old<!--/pz-->"))
    upstream.on("/b", reply("<body>" + "<p data-pz-slot=b>x</p>" * 50))
    with nginx.connect() as connection:
        connection.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
                        b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        bodies = [connection.response().text, connection.response().text,
                  connection.response("HEAD").text, connection.response().text]
    assert without_markers(bodies[0]) == without_markers(bodies[3]) == "<body>" + CONTENT
    assert "<i>other</i>" in bodies[1] and bodies[2] == ""


def test_limit_rate_and_gzip(shop, nginx, upstream):
    shop(location="gzip on; gzip_min_length 1; limit_rate 50k;")
    upstream.on("/", reply("<body><!--pz:a-->old<!--/pz-->" + "<p>text</p>" * 3000))
    response = nginx.get("/", headers={"Accept-Encoding": "gzip"})
    assert without_markers(response.gunzipped().decode()) == \
        "<body>" + CONTENT + "<p>text</p>" * 3000


@pytest.mark.parametrize("early", ["early", ""])
def test_content_that_does_not_wait_for_the_end_of_what_it_replaces(shop, upstream, early):
    nginx = shop(f"personalize_slot a main inner {early};")
    turns = Turns()
    upstream.on("/", reply(pieces=[b"<!doctype html><body><main><p>old", b"</p></main>end"],
                             turns=turns))
    with nginx.connect() as connection:
        connection.request("/", headers={"Connection": "close"})
        connection.read_body_until(CONTENT.encode() if early else b"<body>")
        turns.give()
        response = connection.response()
    assert response.text == f"<!doctype html><body><main>{CONTENT}</main>end"


def test_a_page_behind_a_warning_is_a_whole_one_however_it_comes(shop, upstream):
    nginx = shop("personalize_wait 20s;",
                 "personalize_campaign end { slot head-end; fragment a.html; }")
    pieces = [b"<br><b>Warn", b"ing</b>: no such file<br>\n", b"<!doc",
              b"type html><title>t</title><p>text"]
    upstream.on("/", reply(pieces=pieces, pause=0.01))
    assert nginx.get("/").text == CONTENT + b"".join(pieces).decode()
