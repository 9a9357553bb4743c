"""NGINX's other filters before and behind ours: each does its work, and the slots are filled."""

import gzip

import pytest

from harness import pages
from harness.client import get_http2
from harness.pages import (CONTENT, DEFAULT, END, HEAD, HELD, UNHELD, assert_same, body_of,
                           filling, slot)
from harness.redis.rogue import bulk
from harness.turns import Turns
from harness.upstream import reply

ANSWERS = pytest.mark.parametrize("answers", pages.ANSWERS)


@pytest.fixture
def start(nginx, rogue):
    """start(answers, server, http) → a running server whose slot `s` waits for a profile."""
    def start(answers, server, http="", **options):
        pages.answer(rogue, answers)
        pages.prepare(nginx)
        nginx.configure(pages.http(rogue, http), pages.wait(answers) + server, **options)
        return nginx.start()

    return start


def expected(template, answers):
    """`template` with SLOT where the slot stands."""
    return template.replace("SLOT", slot(DEFAULT if answers == "never" else CONTENT))


def check(nginx, path, template, answers, **headers):
    for version in ("1.1", "1.0"):
        response = nginx.get(path, headers={**pages.ADA, **headers}, version=version)
        assert (response.status, response.complete) == (200, True)
        assert_same(body_of(response), expected(template, answers), f"{path}, HTTP {version}")


# SSI


@ANSWERS
def test_marker_split_over_included_parts(start, nginx, upstream, answers):
    upstream.on("/1", reply(pieces=[b"<p>1</p><div data-pz", b"-slo"], pause=0.01, delay=0.03))
    upstream.on("/2", reply('t="s">' + filling(9000, "2"), delay=0.01))
    upstream.on("/3", reply("3</p></d", delay=0.02))
    nginx.page("page", HEAD + '<!--#include virtual="/part/1" --><!--#include virtual="/part/2" -->'
               '<p><!--#include virtual="/part/3" -->iv>' + filling(3000, "4") + END)
    start(answers, "location / { personalize on; ssi on; }"
                   f"location /part/ {{ proxy_pass {upstream.url}/; }}")
    default = filling(9000, "2") + "<p>3</p>"
    content = default if answers == "never" else CONTENT
    check(nginx, "/page", f'{HEAD}<p>1</p><div data-pz-slot="s">{content}</div>'
                          f'{filling(3000, "4")}{END}', answers)


@ANSWERS
def test_includes_inside_includes(start, nginx, upstream, answers):
    upstream.on("/deep", reply("<i>deep</i>" + slot() + filling(20000, "deep"), delay=0.02))
    nginx.page("inner", '<!--#echo var="host" --><!--#include virtual="/part/deep" -->'
                        '<!--#include file="leaf" -->')
    nginx.page("leaf", "<i>leaf</i>")
    nginx.page("page", HEAD + '<!--#include virtual="/inner" --><!--#include virtual="/leaf" -->'
               + END)
    start(answers, "location / { personalize on; ssi on; }"
                   f"location /part/ {{ proxy_pass {upstream.url}/; }}")
    check(nginx, "/page", HEAD + "localhost<i>deep</i>SLOT" + filling(20000, "deep")
          + "<i>leaf</i>" * 2 + END, answers, Host="localhost")


def test_ssi_in_what_is_filled_in_does_not_run(start, nginx):
    """The fragment is written by the operator, the value in it by anybody."""
    nginx.page("page", HEAD + slot() + END)
    nginx.page("secret", "SECRET")
    start("now", "location / { personalize on; ssi on; }", """
      personalize_campaign over { slot s; priority 5; fragment over.html; }
    """.replace("over.html", str(nginx.file("over.html", "<!--#include virtual=\"/secret\" -->"))))
    assert "SECRET" not in nginx.get("/page", headers=pages.ADA).text


# addition, sub_filter


@ANSWERS
def test_additions_before_and_after(start, nginx, upstream, answers):
    nginx.page("page", "<p>between</p>" + filling(5000))
    nginx.page("after", slot() + filling(3000, "after"))
    upstream.on("/before", reply(HEAD + filling(40000, "before"), delay=0.02))
    start(answers, "location = /page { personalize on; add_before_body /up/before; "
                   "add_after_body /after; } location = /after { }"
                   f"location /up/ {{ proxy_pass {upstream.url}/; }}")
    check(nginx, "/page", HEAD + filling(40000, "before") + "<p>between</p>" + filling(5000)
          + "SLOT" + filling(3000, "after"), answers)


@ANSWERS
def test_sub_filter_makes_the_slot(start, nginx, upstream, answers):
    page = HEAD + filling(3000) + "<p>HERE</p>" + filling(3000) + END
    cut = page.index("HERE") + 2
    upstream.on("/page", reply(pieces=[page[:cut].encode(), page[cut:].encode()], pause=0.02))
    start(answers, "location / { personalize on; sub_filter_once off; "
                   f"sub_filter '<p>HERE</p>' '{slot()}'; sub_filter 'Ada' 'replaced'; "
                   f"proxy_pass {upstream.url}; proxy_buffer_size 1k; proxy_buffers 2 1k; "
                   "proxy_busy_buffers_size 1k; }")
    check(nginx, "/page", page.replace("<p>HERE</p>", "SLOT"), answers)


@ANSWERS
def test_everything_at_once(start, nginx, upstream, answers):
    """SSI with proxied parts, sub_filter, addition, charset, gunzip before; gzip, HTTP/2 and a
    limited rate behind."""
    packed = gzip.compress((slot() + filling(50000, "packed")).encode())
    upstream.on("/packed", reply(packed, headers={"Content-Encoding": "gzip"}))
    nginx.page("page", HEAD + '<!--#include virtual="/up/packed" --><p>SUB</p>' + END)
    nginx.page("after", "<i>after</i>")
    start(answers, """
      location = /page { personalize on; ssi on; sub_filter SUB sub; add_after_body /after;
        charset utf-8; gzip on; gzip_min_length 1; limit_rate 2m; output_buffers 1 1k; }
      location /up/ { proxy_pass %s/; gunzip on; proxy_buffers 4 1k; proxy_buffer_size 1k;
        proxy_busy_buffers_size 2k; proxy_set_header Accept-Encoding gzip; }
      location = /after { }
    """ % upstream.url, http2=True)
    wanted = expected(HEAD + "SLOT" + filling(50000, "packed") + f"<p>sub</p>{END}<i>after</i>",
                      answers)
    plain, packed = get_http2(nginx.port, [("/page", pages.ADA),
                                           ("/page", {**pages.ADA, "Accept-Encoding": "gzip"})])
    assert packed.get("content-encoding") == "gzip"
    for response in (plain, packed):
        assert (response.status, response.complete) == (200, True)
        assert_same(body_of(response), wanted, "HTTP/2")


# gzip and gunzip


@ANSWERS
@pytest.mark.parametrize("client", ["gzip", "identity"])
@pytest.mark.parametrize("directives", ["", "gzip on; gzip_min_length 1;", "gunzip on;",
                                        "gunzip off; gunzip_buffers 1 1k; gzip on; "
                                        "gzip_min_length 1; gzip_buffers 2 1k;"])
def test_compressed_on_either_side(start, nginx, upstream, client, directives, answers):
    page = HEAD + filling(20000, "b") + "SLOT" + filling(20000, "a") + END
    packed = gzip.compress(page.replace("SLOT", slot()).encode())
    third = len(packed) // 3
    upstream.on("/page", reply(pieces=[packed[:third], packed[third:]], pause=0.01,
                               headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}))
    start(answers, f"location / {{ personalize on; proxy_pass {upstream.url}; {directives} "
                   "gzip_http_version 1.0; }")
    check(nginx, "/page", page, answers, **{"Accept-Encoding": client})
    response = nginx.get("/page", headers={**pages.ADA, "Accept-Encoding": client})
    compresses = "gzip on" in directives and client == "gzip"
    assert (response.get("content-encoding") == "gzip") == compresses
    assert response.get("content-length") is None


@ANSWERS
@pytest.mark.parametrize("mode", ["on", "always"])
@pytest.mark.parametrize("client", ["gzip", "identity"])
def test_gzip_static(start, nginx, mode, client, answers):
    page = HEAD + "SLOT" + filling(30000) + END
    nginx.page("page.html", page.replace("SLOT", slot()))
    nginx.page("page.html.gz", gzip.compress(page.replace("SLOT", slot()).encode()))
    start(answers, f"location / {{ personalize on; gzip_static {mode}; gzip on; "
                   "gzip_min_length 1; gzip_http_version 1.0; }")
    check(nginx, "/page.html", page, answers, **{"Accept-Encoding": client})


# Internal redirects


REDIRECTS = {
    "index": ("/", "location / { personalize on; }", {}),
    "try_files": ("/missing", "location / { personalize on; try_files $uri /index.html; }", {}),
    "try_files to a named location": (
        "/missing", "location / { try_files $uri @page; } "
                    "location @page { personalize on; rewrite ^ /index.html break; }", {}),
    "error_page": ("/missing", "location / { error_page 404 =200 /index.html; personalize on; }",
                   {}),
    "error_page to a named location": (
        "/missing", "location / { personalize on; error_page 404 = @page; } "
                    "location @page { personalize on; proxy_pass UPSTREAM; }",
        {"/missing": "page"}),
    "error_page from a location that is not personal": (
        "/missing", "location = /missing { error_page 404 =200 /index.html; } "
                    "location / { personalize on; }", {}),
    "intercepted error": (
        "/fails", "location = /fails { personalize on; proxy_pass UPSTREAM; "
                  "proxy_intercept_errors on; error_page 502 =200 /index.html; } "
                  "location / { personalize on; }", {"/fails": "502 Bad Gateway"}),
    "upstream that is down": (
        "/", "location = / { personalize on; proxy_pass http://unix:/nowhere.sock; "
             "error_page 502 =200 /index.html; } location / { personalize on; }", {}),
    "X-Accel-Redirect": (
        "/accel", "location = /accel { proxy_pass UPSTREAM; } "
                  "location / { internal; personalize on; }", {"/accel": "accel"}),
    "X-Accel-Redirect between personal locations": (
        "/accel", "location = /accel { personalize on; proxy_pass UPSTREAM; } "
                  "location / { internal; personalize on; }", {"/accel": "accel"}),
    "rewrite": ("/old", "location /old { rewrite ^ /index.html last; } "
                        "location / { personalize on; }", {}),
    "after auth_request": (
        "/index.html", "location / { personalize on; auth_request /up/auth; } "
                       "location /up/ { proxy_pass UPSTREAM/; }", {"/auth": "page"}),
    "mirrored": ("/index.html", "location / { personalize on; mirror /up/mirror; } "
                                "location /up/ { proxy_pass UPSTREAM/; }", {"/mirror": "page"}),
    "if": ("/index.html", "location / { personalize on; if ($arg_x = '') { set $y 1; } }", {}),
}


@ANSWERS
@pytest.mark.parametrize("name", REDIRECTS)
def test_page_reached_by(start, nginx, upstream, name, answers):
    path, server, replies = REDIRECTS[name]
    page = HEAD + filling(3000) + "SLOT" + filling(3000) + END
    html = page.replace("SLOT", slot())
    nginx.page("index.html", html)
    for where, what in replies.items():
        upstream.on(where, {
            "page": reply(html),
            "accel": reply("<p>unseen</p>", headers={"X-Accel-Redirect": "/index.html"}),
        }.get(what) or reply("<p>bad</p>", status=what))
    nginx.tolerate("nowhere.sock failed")
    start(answers, server.replace("UPSTREAM", upstream.url))
    check(nginx, path, page, answers)
    response = nginx.get(path, headers=pages.ADA)
    assert response.get("cache-control") == "private, no-cache"
    assert response.get("etag") is None and response.get("last-modified") is None


def test_redirect_out_of_a_personal_location(start, nginx, upstream):
    """The location that answers decides: what it serves is untouched, ranges and all."""
    nginx.page("file.html", HEAD + slot() + END)
    upstream.on("/accel", reply("<p>unseen</p>", headers={"X-Accel-Redirect": "/file.html"}))
    start("now", f"location = /accel {{ personalize on; proxy_pass {upstream.url}; }} "
                 "location / { }")
    response = nginx.get("/accel", headers={**pages.ADA, "Range": "bytes=0-8"})
    assert (response.status, response.body) == (206, b"<!doctype")
    response = nginx.get("/accel", headers=pages.ADA)
    assert response.text == HEAD + slot() + END and response.get("etag")


def test_error_page_of_a_personal_location_is_not_filled(start, nginx):
    nginx.page("404.html", HEAD + slot() + END)
    start(UNHELD, "location / { personalize on; error_page 404 /404.html; }")
    response = nginx.get("/missing", headers=pages.ADA)
    assert (response.status, response.text) == (404, HEAD + slot() + END)
    assert response.done_at < HELD / 2, "a page that cannot be personal was held"


# What is no page, or no whole one


@pytest.mark.parametrize("status, type", [
    ("204 No Content", None), ("206 Partial Content", "text/html"),
    ("304 Not Modified", "text/html"), ("205 Reset Content", "text/html")])
def test_status_of_the_upstream(start, nginx, upstream, status, type):
    body = "" if status[:3] in ("204", "304") else slot()
    upstream.on("/page", reply(body, status=status, headers={
        "Content-Type": type, "ETag": '"v"', "Content-Length": str(len(body)) if body else None,
        "Content-Range": "bytes 0-9/99" if status[:3] == "206" else None}))
    start(UNHELD, f"location / {{ personalize on; proxy_pass {upstream.url}; }}")
    response = nginx.get("/page", headers=pages.ADA)
    assert (response.status, response.text) == (int(status[:3]), body)
    assert response.get("etag") == '"v"' and response.done_at < HELD / 2


@pytest.mark.parametrize("body", ['{"html": "%s"}', "[1, '%s']", "  \n\t text %s", "\ufeff{%s}"])
def test_body_that_is_not_html_although_it_says_so(start, nginx, upstream, body):
    body = body.replace("%s", slot())
    upstream.on("/page", reply(pieces=[body[:3].encode(), body[3:].encode()], pause=0.01))
    start(UNHELD, f"location / {{ personalize on; proxy_pass {upstream.url}; }}")
    response = nginx.get("/page", headers=pages.ADA)
    assert response.text == body and response.done_at < HELD / 2


@ANSWERS
def test_part_of_a_page_gets_its_marked_slots_only(start, nginx, answers):
    nginx.page("part", "<li>" + slot() + "</li>\n")
    start(answers, "location / { personalize on; }", "".join(
        f"personalize_campaign {n} {{ slot {n}; fragment {nginx.file(n, '<hr>')}; }}\n"
        for n in ("head-end", "body-start", "body-end")))
    check(nginx, "/part", "<li>SLOT</li>\n", answers)


@ANSWERS
def test_page_that_is_in_the_configuration(start, nginx, answers):
    start(answers, "location / { personalize on; default_type text/html; "
                   f"return 200 '{HEAD}{slot()}{END}'; }}")
    check(nginx, "/", HEAD + "SLOT" + END, answers)


# Flushes


@pytest.mark.parametrize("client", ["gzip", "identity"])
@pytest.mark.parametrize("directives", ["", "postpone_output 0;", "gzip on; gzip_min_length 1;",
                                        "sub_filter nothing something;", "ssi on;"])
def test_flushed_pieces_arrive_at_once(start, nginx, upstream, directives, client):
    """Also what stands before a tag that is not complete yet."""
    pieces = [b"<!doctype html><body><p>first</p><di", b"v><p>second</p><!--", b"x--></div>third"]
    turns = Turns()
    upstream.on("/page", reply(pieces=pieces, turns=turns))
    start("never", f"location / {{ personalize on; proxy_pass {upstream.url}; "
                   f"proxy_buffering off; {directives} }}")
    with nginx.connect() as connection:
        connection.request("/page", headers={**pages.ADA, "Accept-Encoding": client,
                                             "Connection": "close"})
        for seen in b"first", b"second":
            connection.read_body_until(seen)
            turns.give()
        response = connection.response()
    assert body_of(response).encode() == b"".join(pieces)


@pytest.mark.parametrize("client", ["gzip", "identity"])
def test_head_does_not_wait_with_the_slot(nginx, rogue, client):
    """Not even where it is too short for NGINX to send it alone, or sits in the compressor."""
    nginx.page("page", HEAD + slot() + END)
    turns = Turns()

    def on_read(session, _):
        turns.take()
        session.send(bulk(None))
    rogue.on_read = on_read
    pages.prepare(nginx)
    nginx.configure(pages.http(rogue), "location / { personalize on; personalize_wait 15s; "
                                       "gzip on; gzip_min_length 1; }")
    nginx.start()
    with nginx.connect() as connection:
        connection.request("/page", headers={**pages.ADA, "Accept-Encoding": client})
        connection.read_body_until(b"<title>Shop</title>")
        turns.give()
        assert body_of(connection.response()) == HEAD + slot() + END


# Several slots, large content


def test_slots_that_wait_for_different_documents(start, nginx, rogue):
    """Each is filled as soon as its own document is there, in whatever order they come."""
    names = "abc"
    order = [f"{n}:1" for n in "cab"]
    turns = Turns()

    def on_read(session, words):
        key = words[1].decode()
        turns.take()
        session.send(pages.bulk('{"name":"%s"}' % key))

    parts = "".join(filling(4000, n) + slot("default " + n, n) for n in names)
    nginx.page("page", HEAD + parts + END)
    http = "".join(f"""
      personalize_source doc_{n} key={n}:1 ttl=0;
      personalize_campaign c_{n} {{ slot {n}; when doc_{n}.name; fragment {n}.html; }}
    """ for n in "cab")
    for n in names:
        nginx.file(f"{n}.html", "{{doc_%s.name}}" % n + "x" * 20000)
    pages.prepare(nginx)
    nginx.configure(pages.http(rogue, http), "personalize_wait 15s; location / { personalize on; }")
    rogue.on_read = on_read
    nginx.start()
    with nginx.connect() as connection:
        connection.request("/page", headers=pages.ADA)
        connection.read_body_until(b'data-pz-slot="a">')
        for _ in [*names, "and the profile"]:
            turns.give()
        response = connection.response()
    wanted = HEAD + "".join(filling(4000, n) + slot(f"{n}:1" + "x" * 20000, n) for n in names) + END
    assert_same(response.text, wanted, "three documents")
    assert {words[1].decode() for words in rogue.reads()} >= set(order)


@ANSWERS
@pytest.mark.parametrize("before, after", [(0, 5_000_000), (2_500_000, 2_500_000), (5_000_000, 0)],
                         ids=["start", "middle", "end"])
@pytest.mark.parametrize("origin", ["static", "proxied", "unbuffered", "cached"])
def test_five_megabytes(start, nginx, upstream, origin, before, after, answers):
    page = pages.whole(before, after)
    nginx.page("page", page.html)
    upstream.on("/page", reply(page.html))
    directives = {"static": "", "proxied": f"proxy_pass {upstream.url};",
                  "unbuffered": f"proxy_pass {upstream.url}; proxy_buffering off;",
                  "cached": f"proxy_pass {upstream.url}; proxy_cache c; proxy_cache_valid 1m;"}
    start(answers, f"location / {{ personalize on; {directives[origin]} }}",
          f"proxy_cache_path {nginx.directory}/cache keys_zone=c:1m;")
    for _ in range(2):
        response = nginx.get("/page", headers=pages.ADA)
        assert (response.status, response.complete) == (200, True)
        assert_same(response.text, page.expected(answers != "never"), origin)
