"""Responses that are no pages, or not whole, or encoded: what must not be touched is not."""

import gzip
import zlib

import pytest

from harness import scene
from harness.client import get_http2
from harness.redis.rogue import bulk
from harness.turns import Turns
from harness.upstream import reply


@pytest.fixture
def shop(nginx, redis, upstream):
    """A personal server in front of the upstream. Returns a function that starts it."""
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)

    def start(http="", location="", **options):
        nginx.configure(scene.http(redis.socket, extra=http, **options),
                        scene.server(location=f"proxy_pass {upstream.url}; {location}"))
        nginx.start()
        return nginx

    return start


VALIDATORS = {"ETag": '"abc"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT",
              "Cache-Control": "public, max-age=60"}


@pytest.mark.parametrize("type", ["text/css", "application/javascript", "application/json",
                                  "text/plain; charset=utf-8", "image/png", "text/xml",
                                  "application/xhtml+xml", "text/html5", "TEXT", None])
def test_not_html(shop, upstream, type):
    upstream.on("/", reply(scene.PAGE, headers={**VALIDATORS, "Content-Type": type}))
    nginx = shop(location="default_type application/octet-stream;")
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    assert response.get("etag") == '"abc"'
    assert response.get("last-modified") == VALIDATORS["Last-Modified"]
    assert response.get("cache-control") == "public, max-age=60"
    assert response.get("content-length") == str(len(scene.PAGE))
    assert response.get("set-cookie") is None


@pytest.mark.parametrize("type", ["text/html", "text/html;charset=UTF-8", "Text/HTML ; a=b"])
def test_html_however_it_is_written(shop, upstream, type):
    upstream.on("/", reply(scene.PAGE, headers={"Content-Type": type}))
    assert scene.is_filled(shop().get("/", headers=scene.ADA).text)


@pytest.mark.parametrize("body", [b'{"html": "%s"}' % scene.PAGE.encode(), b"\x89PNG" + b"\0" * 99,
                                  b"", b" \n ", b"plain"], ids=["json", "png", "empty", "blank",
                                                               "text"])
def test_not_html_although_it_says_so(shop, upstream, body):
    upstream.on("/", reply(body))
    response = shop().get("/", headers=scene.ADA)
    assert (response.status, response.body, response.complete) == (200, body, True)


WARNING = "<br />\n<b>Warning</b>:  no such file<br />\n"


@pytest.mark.parametrize("before", ["Warning: no such file in /a.php", "\ufeff", " \n\n", WARNING,
                                    "\ufeff\ufeff", '<?xml version="1.0"?>\n'])
def test_something_before_the_doctype(shop, upstream, before):
    upstream.on("/", reply(before + scene.PAGE, headers={"Content-Type": "text/html;charset=utf-8"}))
    body = shop().get("/", headers=scene.ADA).text
    assert body.startswith(before) and scene.is_filled(body[len(before):])


WARNINGS = WARNING * 60
TOP = 'personalize_campaign top { slot body-start; content "<p>top</p>"; }'
SMALL_BUFFERS = """proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 2k;
  postpone_output 0;"""


@pytest.mark.parametrize("mark, before", [("", WARNINGS), ("", "Warning: no such file\n"),
                                          ("\ufeff", "\ufeff")])
def test_what_stands_before_the_doctype_belongs_to_the_page(shop, upstream, mark, before):
    upstream.on("/", reply(mark + before + scene.PAGE,
                           headers={"Content-Type": "text/html;charset=utf-8"}))
    body = shop(http=TOP).get("/", headers=scene.ADA).text
    filled = mark + "<p>top</p>" + before
    assert body.startswith(filled) and scene.is_filled(body[len(filled):])


@pytest.mark.parametrize("location", ["proxy_buffering off;", SMALL_BUFFERS])
@pytest.mark.parametrize("before", [WARNINGS, "Warning: no such file\n" * 99], ids=["markup", "text"])
@pytest.mark.parametrize("rest", [scene.PAGE, "<p>a part</p>"], ids=["page", "part"])
def test_what_begins_like_a_part_is_not_held_for_long(shop, upstream, location, before, rest):
    turns = Turns()
    upstream.on("/", reply(pieces=[before.encode(), rest.encode()], turns=turns))
    nginx = shop(location=location, http=TOP)
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        connection.read_body_until(before[:1500].encode())
        turns.give()
        text = connection.response().text
    assert text.startswith(before)
    assert scene.is_filled(text[len(before):]) if rest == scene.PAGE else text == before + rest


def test_default_content_that_stays_is_not_held(shop, upstream):
    pieces = [scene.BEFORE + scene.OPENING + "<p>first half", "</p>" + scene.CLOSING + scene.AFTER]
    turns = Turns()
    upstream.on("/", reply(pieces=[piece.encode() for piece in pieces], turns=turns))
    nginx = shop(location="proxy_buffering off;", conditions="when request.path = /never;")
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        connection.read_body_until(b"first half")
        turns.give()
        assert connection.response().text == "".join(pieces)


HALVES = [scene.BEFORE + scene.OPENING + "<p>first half", "</p>" + scene.CLOSING + scene.AFTER]


@pytest.fixture
def slow_shop(nginx, rogue, upstream):
    """A server without buffers whose slot keeps its default content, as Redis says. Returns it, the
    turns by which the upstream sends the second half, and those by which Redis answers."""
    for_upstream, for_redis = Turns(), Turns()
    upstream.on("/", reply(pieces=[half.encode() for half in HALVES], turns=for_upstream))

    def on_read(session, _):
        for_redis.take()
        session.send(bulk('{"tier":"silver"}'))

    rogue.on_read = on_read
    scene.prepare(nginx)
    end = 'personalize_campaign end { slot body-end; when profile.tier = gold; content "<p>e</p>"; }'
    nginx.configure(scene.http(rogue.socket, timeout="15s", extra=end,
                               conditions="when profile.tier = gold;"),
                    scene.server("15s", f"proxy_pass {upstream.url}; proxy_buffering off;"))
    nginx.start()
    return nginx, for_upstream, for_redis


def test_default_content_that_stays_goes_on_with_the_document(slow_shop):
    """Though nothing more of the page comes: the upstream goes on when it has been seen."""
    nginx, for_upstream, for_redis = slow_shop
    with nginx.connect() as connection:
        connection.request("/", headers=scene.ADA)
        connection.read_body_until(b"<h1>Shop")
        for_redis.give()
        connection.read_body_until(b"first half")
        for_upstream.give()
        assert connection.response().text == "".join(HALVES)


def test_a_part_of_a_page_ends_with_the_document(slow_shop, upstream):
    """Nothing follows its last byte, though what was kept of it was to be seen at once."""
    nginx, _, for_redis = slow_shop
    pieces = ["<p>a part</p>" + scene.OPENING + "<p>first half", "</p>" + scene.CLOSING]
    send_pieces = reply(pieces=[piece.encode() for piece in pieces], pause=0.01)

    def answer(request, send):
        send_pieces(request, send)
        for_redis.give()

    upstream.on("/", answer)
    response = nginx.get("/", headers=scene.ADA)
    assert response.complete and response.text == "".join(pieces)


@pytest.mark.parametrize("attribute", ["amp", "\u26a1", "\u26a14email", "amp4ads"])
def test_amp_page(shop, upstream, attribute):
    page = scene.PAGE.replace("<html", f"<html {attribute}", 1)
    upstream.on("/", reply(page, headers={"Content-Type": "text/html;charset=utf-8"}))
    assert shop().get("/", headers=scene.ADA).text == page


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "iso-2022-jp"])
def test_charset_that_is_no_superset_of_ascii(shop, upstream, charset):
    body = scene.PAGE.encode(charset)
    upstream.on("/", reply(body, headers={"Content-Type": f"text/html; charset={charset}"}))
    assert shop().get("/", headers=scene.ADA).body == body


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "404 Not Found", "410 Gone",
                                    "500 Internal Server Error", "503 Service Unavailable"])
def test_other_status(shop, upstream, status):
    upstream.on("/", reply(scene.PAGE, status=status, headers=VALIDATORS))
    response = shop().get("/", headers=scene.ADA)
    assert response.status == int(status[:3]) and scene.is_default(response.text)
    assert response.get("etag") == '"abc"'


def test_redirect_and_no_content(shop, upstream):
    upstream.on("/moved", reply(scene.PAGE, status="302 Found", headers={"Location": "/else"}))
    upstream.on("/none", reply(status="204 No Content", headers={"Content-Length": None}))
    nginx = shop()
    response = nginx.get("/moved", headers=scene.ADA)
    assert response.status == 302 and scene.is_default(response.text)
    response = nginx.get("/none", headers=scene.ADA)
    assert (response.status, response.body) == (204, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_method(shop, upstream, method):
    upstream.on("/", reply(scene.PAGE, headers=VALIDATORS))
    response = shop().get("/", method=method, headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)
    assert response.get("etag") == '"abc"'


@pytest.mark.parametrize("kind", ["static", "proxied"])
def test_head_has_the_same_head_and_no_body(shop, nginx, upstream, kind):
    upstream.on("/", reply(scene.PAGE, headers=VALIDATORS))
    if kind == "static":
        scene.prepare(nginx)
        shop(http="", location="proxy_pass_header Server; }\nlocation = /index.html "
                               "{ personalize on;")
    else:
        shop()
    path = "/index.html" if kind == "static" else "/"
    with nginx.connect() as connection:
        connection.request(path, headers=scene.ADA)
        full = connection.response()
        connection.request(path, "HEAD", headers=scene.ADA)
        head = connection.response("HEAD")
        # The connection is still in step: a body would be read as this response.
        connection.request(path, headers=scene.ADA)
        again = connection.response()
    assert scene.is_filled(full.text) and scene.is_filled(again.text)
    assert head.status == 200 and head.body == b""
    framing = ("date", "transfer-encoding", "content-length")
    assert [h for h in head.headers if h[0] not in framing] == \
        [h for h in full.headers if h[0] not in framing]
    # Of a page whose length is not known before it is made, none may be claimed.
    assert head.get("content-length") is None


@pytest.mark.parametrize("range", ["bytes=0-9", "bytes=-5", "bytes=5-1,2-3", "bytes=99999999-"])
@pytest.mark.parametrize("kind", ["static", "proxied"])
def test_range_is_not_served(shop, nginx, upstream, kind, range):
    upstream.on("/", reply(scene.PAGE, headers=VALIDATORS))
    shop(location="}\nlocation = /index.html { personalize on;")
    path = "/index.html" if kind == "static" else "/"
    response = nginx.get(path, headers={**scene.ADA, "Range": range, "If-Range": '"abc"'})
    assert response.status == 200 and scene.is_filled(response.text)
    assert response.get("content-range") is None and response.get("accept-ranges") is None
    for request in upstream.requests:
        assert "range" not in request.headers and "if-range" not in request.headers


def test_range_and_conditions_count_for_what_is_no_page(shop, nginx, upstream):
    nginx.page("style.css", "0123456789")
    upstream.on("/style", reply("0123456789", type="text/css",
                              headers={"ETag": '"abc"', "Accept-Ranges": "bytes"}))
    shop(http=f"proxy_cache_path {nginx.directory}/cache keys_zone=c:1m; proxy_cache_valid 1m;",
         location="proxy_cache c; }\nlocation = /style.css { personalize on;")
    for path in ("/style.css", "/style"):
        response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=2-4"})
        assert (response.status, response.body) == (206, b"234"), path
        etag = nginx.get(path, headers=scene.ADA).get("etag")
        response = nginx.get(path, headers={**scene.ADA, "If-None-Match": etag})
        assert (response.status, response.body) == (304, b""), path


@pytest.mark.parametrize("accepts", ["gzip", "identity", None])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_upstream_sends_gzip(shop, upstream, accepts, framing):
    packed = gzip.compress(scene.PAGE.encode())
    pieces = [packed] if framing == "length" else [packed[:50], packed[50:60], packed[60:]]
    upstream.on("/", reply(pieces=pieces, pause=0.02, headers={
        "Content-Encoding": "gzip",
        "Content-Length": str(len(packed)) if framing == "length" else None}))
    nginx = shop(http="gzip on; gzip_min_length 1;")
    headers = {**scene.ADA, "Accept-Encoding": accepts}
    response = nginx.get("/", headers=headers)
    assert response.status == 200
    body = response.body
    if accepts == "gzip":
        assert response.get("content-encoding") == "gzip"
        body = gzip.decompress(body)
    else:
        assert response.get("content-encoding") is None
    assert scene.is_filled(body)


def test_client_gets_gzip_of_a_plain_upstream(shop, upstream):
    upstream.on("/", reply(scene.PAGE))
    nginx = shop(http="gzip on; gzip_min_length 1;")
    response = nginx.get("/", headers={**scene.ADA, "Accept-Encoding": "gzip"})
    assert scene.is_filled(response.gunzipped())


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, br", "unknown"])
def test_other_encoding_is_passed_on(shop, upstream, encoding):
    body = zlib.compress(scene.PAGE.encode())
    upstream.on("/", reply(body, headers={"Content-Encoding": encoding}))
    nginx = shop()
    response = nginx.get("/", headers={**scene.ADA, "Accept-Encoding": encoding})
    assert (response.status, response.body) == (200, body)
    assert response.get("content-encoding") == encoding
    assert 'write "proxy_set_header Accept-Encoding "";"' in nginx.error_log()


def test_damaged_gzip_does_not_take_the_worker_down(shop, upstream):
    body = b"\x1f\x8b" + b"damaged" * 20
    upstream.on("/", reply(body, headers={"Content-Encoding": "gzip"}))
    upstream.on("/good", reply(scene.PAGE))
    nginx = shop()
    worker = nginx.workers()
    response = nginx.get("/", headers=scene.ADA)
    assert (response.status, response.body) == (200, body)
    assert scene.is_filled(nginx.get("/good", headers=scene.ADA).text)
    assert nginx.workers() == worker


@pytest.mark.parametrize("body", [
    b"<!doctype html><html><head><title>t</title></head><body><p>No slot here.</p></body></html>",
    b"<p>a part of a page",
    b"<!doctype html>\r\n<html>\r\n<body>\r\n\0 \xff\xfe lone \r CR <p <p></p </body",
    b"\xef\xbb\xbf<!doctype html><p>BOM",
    b"<!--pz:other-->default<!--/pz--><div data-pz-slot=other>x</div>",
    b"<!doctype html>" + b"<p class='a b'>text</p>\n" * 20000,
], ids=["ordinary", "part", "odd bytes", "bom", "other slots", "large"])
@pytest.mark.parametrize("kind", ["static", "proxied", "unbuffered"])
def test_page_without_slots(shop, nginx, upstream, body, kind):
    nginx.page("page.html", body)
    upstream.on("/page", reply(body))
    shop(location="proxy_buffering off; }\nlocation = /buffered { personalize on; proxy_pass "
                  f"{upstream.url}/page; }}\nlocation = /page.html {{ personalize on;")
    path = {"static": "/page.html", "proxied": "/buffered", "unbuffered": "/page"}[kind]
    response = nginx.get(path, headers=scene.ADA)
    assert (response.status, response.complete) == (200, True)
    assert response.body == body


def test_http2_streams(nginx, redis, upstream):
    upstream.on("/", reply(scene.PAGE))
    upstream.on("/slow", reply(scene.PAGE, delay=0.3))
    upstream.on("/big", reply(scene.PAGE.replace("Welcome", "w" * 300000)))
    upstream.on("/style", reply("p{}", type="text/css"))
    redis.set_json("profile:ada", scene.PROFILE)
    redis.set_json("profile:eve", {"name": "Eve"})
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket),
                    scene.server(location=f"proxy_pass {upstream.url};"), http2=True)
    nginx.start()
    eve = {"Cookie": "vid=eve"}
    slow, first, big, style, second, none = get_http2(nginx.port, [
        ("/slow", scene.ADA), ("/", scene.ADA), ("/big", eve), ("/style", eve), ("/", eve),
        ("/", {})])
    for response in (slow, first, big, style, second, none):
        assert response.status == 200 and response.complete
    assert scene.is_filled(slow.text) and scene.is_filled(first.text)
    assert scene.is_filled(big.text.replace("w" * 300000, "Welcome"), "<p>Hello Eve</p>")
    assert style.body == b"p{}"
    assert scene.is_filled(second.text, "<p>Hello Eve</p>")
    assert scene.is_default(none.text)
    assert first.get("cache-control") == "private, no-cache"
    assert first.done_at < slow.done_at


def test_http2_held_streams_do_not_hold_others(nginx, redis, upstream):
    upstream.on("/", reply(scene.PAGE))
    upstream.on("/style", reply("p{}", type="text/css"))
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, timeout="20s"),
                    scene.server("2s", location=f"proxy_pass {upstream.url};"), http2=True)
    nginx.start()
    get_http2(nginx.port, [("/", scene.ADA)])  # a connection to Redis exists
    redis.suspend()
    responses = get_http2(nginx.port, [("/", scene.ADA)] * 5 + [("/style", scene.ADA)])
    for held in responses[:5]:
        assert held.complete and scene.is_default(held.text) and held.done_at > 1.95
    assert responses[5].done_at < responses[0].done_at


def test_http10_without_keepalive(shop, upstream):
    upstream.on("/", reply(scene.PAGE))
    response = shop().get("/", version="1.0", headers={**scene.ADA, "Connection": None})
    assert response.status == 200 and scene.is_filled(response.text)


def test_many_campaigns_of_which_none_wins(nginx, redis):
    scene.prepare(nginx)
    campaigns = "".join(
        f"personalize_campaign c{i} {{ slot hello-bar; when profile.orders > {i}; "
        "fragment hello.html; }\n" for i in range(100))
    nginx.configure(scene.http(redis.socket, extra=campaigns), scene.server())
    nginx.start()
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)


def test_no_entry_in_the_geo_database(nginx, geo_database):
    scene.prepare(nginx, fragment="<p>{{geo.country}}</p>")
    nginx.configure(f"""
      personalize_geoip {geo_database};
      personalize_campaign pl {{ slot hello-bar; when geo.country = PL; fragment hello.html; }}
    """, scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers={"X-Client": "203.0.113.9"}).text, "<p>PL</p>")
    for address in ("192.0.2.200", "10.0.0.1", "127.0.0.1", "2001:db8:ffff::1", "not an address"):
        response = nginx.get("/", headers={"X-Client": address})
        assert response.status == 200 and scene.is_default(response.text), address
