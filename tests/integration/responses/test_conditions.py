"""Ranges and conditional requests: only what will be a personal page does without them."""

import pytest

from harness import scene
from harness.client import get_http2
from harness.upstream import reply

BODY = bytes(range(65, 91)) * 40
ETAG = '"v1"'
MODIFIED = "Mon, 02 Nov 2026 10:00:00 GMT"
PAGE_TYPE = "text/html; charset=utf-8"


def application(body, type):
    """An application that takes ranges and conditions, as frameworks do for files."""
    body = body.encode() if isinstance(body, str) else body

    def handler(request, send):
        headers = {"ETag": ETAG, "Last-Modified": MODIFIED, "Accept-Ranges": "bytes"}
        asked = request.headers
        is_known = asked.get("if-none-match") == ETAG or asked.get("if-modified-since") == MODIFIED
        unit, _, span = asked.get("range", "").partition("=")
        if is_known:
            reply(status="304 Not Modified",
                  headers={**headers, "Content-Length": None, "Content-Type": None})(request, send)
        elif unit == "items":
            reply("[1]", "206 Partial Content", type=type,
                  headers={**headers, "Content-Range": "items 0-0/9"})(request, send)
        elif unit == "bytes" and asked.get("if-range", ETAG) == ETAG:
            first, last = (int(n) for n in span.split("-"))
            last = min(last, len(body) - 1)
            reply(body[first:last + 1], "206 Partial Content", type=type, headers={
                **headers, "Content-Range": f"bytes {first}-{last}/{len(body)}"})(request, send)
        else:
            reply(body, type=type, headers=headers)(request, send)

    return handler


FILES = {"/a.mp4": "video/mp4", "/a.css": "text/css", "/a.pdf": "application/pdf",
         "/a.json": "application/json", "/film": "video/mp4", "/api": "application/json"}
HOWS = {
    "proxied": "location / { personalize on; proxy_pass UPSTREAM; }",
    "unbuffered": "location / { personalize on; proxy_buffering off; proxy_pass UPSTREAM; }",
    "cached": "location / { personalize on; proxy_cache pages; proxy_cache_valid 1m; "
              "proxy_pass UPSTREAM; }",
    "try_files": "location / { personalize on; try_files /none @app; } "
                 "location @app { proxy_pass UPSTREAM; }",
    "X-Accel-Redirect": "location / { personalize on; proxy_pass UPSTREAM; "
                        "proxy_set_header X-Wants accel; } "
                        "location /inner/ { internal; proxy_pass UPSTREAM/; }",
    "personal after X-Accel-Redirect": "location / { proxy_pass UPSTREAM; "
                                       "proxy_set_header X-Wants accel; } "
                                       "location /inner/ { internal; personalize on; "
                                       "proxy_pass UPSTREAM/; }",
}


def start(nginx, redis, upstream, server, http="", **options):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra=http + f"""
      proxy_cache_path {nginx.directory}/cache keys_zone=pages:1m;
    """), "personalize_wait 2s;" + server.replace("UPSTREAM", upstream.url), **options)
    return nginx.start()


def accelerated(path, handler):
    """Answers with X-Accel-Redirect where the location asks for it."""
    def on(request, send):
        if request.headers.get("x-wants") == "accel":
            reply(headers={"X-Accel-Redirect": f"/inner{path}", "Content-Type": None})(request, send)
        else:
            handler(request, send)
    return on


def serve_files(upstream):
    for path, type in FILES.items():
        upstream.on(path, accelerated(path, application(BODY, type)))


@pytest.mark.parametrize("how", HOWS)
def test_files_have_ranges_and_conditions(nginx, redis, upstream, how):
    serve_files(upstream)
    start(nginx, redis, upstream, HOWS[how])
    for path, type in FILES.items():
        for _ in range(2):  # the second from the cache, where there is one
            response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=10-19"})
            assert (response.status, response.body) == (206, BODY[10:20]), path
            assert response.all("content-range") == [f"bytes 10-19/{len(BODY)}"]
            assert response.get("content-type") == type
        for condition in ({"If-None-Match": ETAG}, {"If-Modified-Since": MODIFIED}):
            response = nginx.get(path, headers={**scene.ADA, **condition})
            assert (response.status, response.body) == (304, b""), path
            assert response.get("etag") == ETAG
        response = nginx.get(path, headers={**scene.ADA, "If-None-Match": '"other"'})
        assert (response.status, response.body) == (200, BODY)
        for validator, status in ((ETAG, 206), ('"other"', 200)):
            response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=10-19",
                                                "If-Range": validator})
            assert response.status == status
        response = nginx.get(path, headers=scene.ADA)
        assert (response.status, response.body) == (200, BODY)
        assert response.all("accept-ranges") == ["bytes"]


def test_files_over_http2(nginx, redis, upstream):
    serve_files(upstream)
    start(nginx, redis, upstream, HOWS["proxied"], http2=True)
    for path in FILES:
        part, known = get_http2(nginx.port, [(path, {**scene.ADA, "Range": "bytes=10-19"}),
                                             (path, {**scene.ADA, "If-None-Match": ETAG})])
        assert (part.status, part.body) == (206, BODY[10:20])
        assert (known.status, known.body) == (304, b"")


def test_what_is_surely_no_page_is_the_upstreams_own(nginx, redis, upstream):
    """It is asked as the client asks, and nothing more comes than was asked for."""
    serve_files(upstream)
    start(nginx, redis, upstream, HOWS["proxied"])
    asking = {"Range": "bytes=10-19", "If-Range": ETAG}
    for path, headers in (("/a.mp4", {}), ("/film", {"Sec-Fetch-Dest": "video"}),
                          ("/api", {"Sec-Fetch-Dest": "empty", "Accept": "*/*"}),
                          ("/api", {"Accept": "application/json"})):
        assert nginx.get(path, headers={**scene.ADA, **headers, **asking}).status == 206
        assert upstream.requests[-1].headers["range"] == "bytes=10-19"
        assert upstream.requests[-1].headers["if-range"] == ETAG


@pytest.mark.parametrize("path", ["/api", "/a.json"])
def test_ranges_of_other_units_are_an_applications_own(nginx, redis, upstream, path):
    serve_files(upstream)
    start(nginx, redis, upstream, HOWS["proxied"])
    response = nginx.get(path, headers={**scene.ADA, "Range": "items=0-0"})
    assert (response.status, response.text) == (206, "[1]")
    assert response.get("content-range") == "items 0-0/9"


NAVIGATIONS = [{}, {"Accept": "*/*"}, {"Accept": "text/html,*/*;q=0.8"},
               {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate",
                "Accept": "text/html,*/*;q=0.8"},
               {"Sec-Fetch-Dest": "iframe", "Accept": "text/html,*/*;q=0.8"},
               {"Sec-Fetch-Dest": "empty", "Accept": "text/html, application/xhtml+xml"}]
CONDITIONS = [{"Range": "bytes=10-19"}, {"Range": "bytes=10-19", "If-Range": ETAG},
              {"If-None-Match": ETAG}, {"If-Modified-Since": MODIFIED}]


@pytest.mark.parametrize("how", HOWS)
def test_pages_are_whole_and_personal(nginx, redis, upstream, how):
    upstream.on("/page", accelerated("/page", application(scene.PAGE, PAGE_TYPE)))
    start(nginx, redis, upstream, HOWS[how])
    is_personal = how not in ("try_files", "X-Accel-Redirect")
    for navigation in NAVIGATIONS:
        for condition in CONDITIONS:
            response = nginx.get("/page", headers={**scene.ADA, **navigation, **condition})
            if is_personal:
                assert response.status == 200 and scene.is_filled(response.text)
                assert response.get("etag") is None and response.get("accept-ranges") is None
            else:
                assert response.status in (206, 304), "the location that answers decides"


def test_a_page_by_the_name_of_a_picture(nginx, redis, upstream):
    """As wikis have them."""
    upstream.on("/File:Logo.png", application(scene.PAGE, PAGE_TYPE))
    start(nginx, redis, upstream, HOWS["proxied"])
    headers = {**scene.ADA, "Sec-Fetch-Dest": "document", "If-None-Match": ETAG}
    assert scene.is_filled(nginx.get("/File:Logo.png", headers=headers).text)


def test_a_document_that_is_no_page(nginx, redis, upstream):
    """A PDF that is reloaded: NGINX answers in the upstream's place."""
    serve_files(upstream)
    start(nginx, redis, upstream, HOWS["proxied"])
    headers = {**scene.ADA, "Sec-Fetch-Dest": "document", "Accept": "text/html,*/*;q=0.8"}
    later = "Wed, 04 Nov 2026 10:00:00 GMT"
    for condition in ({"If-None-Match": ETAG}, {"If-Modified-Since": MODIFIED},
                      {"If-Modified-Since": later}):
        response = nginx.get("/a.pdf", headers={**headers, **condition})
        assert (response.status, response.body) == (304, b"")
        assert response.get("last-modified") == MODIFIED
    earlier = {"If-Modified-Since": "Sun, 01 Nov 2026 10:00:00 GMT"}
    assert nginx.get("/a.pdf", headers={**headers, **earlier}).status == 200
    response = nginx.get("/a.pdf", headers={**headers, "Range": "bytes=10-19"})
    assert (response.status, response.body) == (206, BODY[10:20])


def test_static_files_and_pages(nginx, redis, upstream):
    start(nginx, redis, upstream, "location / { personalize on; }")
    nginx.page("a.css", BODY)
    response = nginx.get("/a.css", headers={**scene.ADA, "Range": "bytes=10-19"})
    assert (response.status, response.body) == (206, BODY[10:20])
    for path in ("/a.css", "/index.html"):
        etag = nginx.get("/a.css", headers=scene.ADA).get("etag")
        response = nginx.get(path, headers={**scene.ADA, "If-None-Match": etag})
        assert response.status == (304 if path == "/a.css" else 200)
    assert scene.is_filled(nginx.get("/", headers={**scene.ADA, "Range": "bytes=1-2"}).text)


# NGINX's own directives on ranges


def test_slices(nginx, redis, upstream):
    upstream.on("/big", application(BODY, "video/mp4"))
    start(nginx, redis, upstream, """
      location / { personalize on; slice 100; proxy_cache pages; proxy_cache_valid 200 206 1m;
                   proxy_cache_key $uri$slice_range; proxy_set_header Range $slice_range;
                   proxy_http_version 1.1; proxy_pass UPSTREAM; }
    """)
    response = nginx.get("/big", headers={**scene.ADA, "Range": "bytes=510-619"})
    assert (response.status, response.body) == (206, BODY[510:620])
    assert [r.headers["range"] for r in upstream.requests] == ["bytes=500-599", "bytes=600-699"]
    assert nginx.get("/big", headers=scene.ADA).body == BODY


def test_ranges_in_a_cache_key(nginx, redis, upstream):
    upstream.on("/a.mp4", application(BODY, "video/mp4"))
    start(nginx, redis, upstream, """
      location / { personalize on; proxy_cache pages; proxy_cache_valid 200 206 1m;
                   proxy_cache_key $uri$http_range; proxy_set_header Range $http_range;
                   proxy_http_version 1.1; proxy_pass UPSTREAM; }
    """)
    for span in ((10, 19), (20, 29), (10, 19)):
        response = nginx.get("/a.mp4", headers={**scene.ADA, "Range": "bytes=%d-%d" % span})
        assert (response.status, response.body) == (206, BODY[span[0]:span[1] + 1])
    assert [r.headers["range"] for r in upstream.requests] == ["bytes=10-19", "bytes=20-29"]


@pytest.mark.parametrize("path", ["/a.mp4", "/film"])
def test_forced_ranges(nginx, redis, upstream, path):
    upstream.on(path, reply(BODY, type="video/mp4"))
    start(nginx, redis, upstream, "location / { personalize on; proxy_force_ranges on; "
                                  "proxy_pass UPSTREAM; }")
    response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=10-19"})
    assert (response.status, response.body) == (206, BODY[10:20])


@pytest.mark.parametrize("path", ["/a.mp4", "/film"])
def test_the_largest_offset_that_is_cached(nginx, redis, upstream, path):
    upstream.on(path, application(BODY, "video/mp4"))
    start(nginx, redis, upstream, """
      location / { personalize on; proxy_cache pages; proxy_cache_valid 1m; proxy_pass UPSTREAM;
                   proxy_cache_max_range_offset 100; add_header X-Cache $upstream_cache_status; }
    """)
    for _ in range(2):
        response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=510-519"})
        assert (response.status, response.body) == (206, BODY[510:520])
        assert response.get("x-cache") == "MISS", "what is far behind is not cached for it"
    for cache in ("MISS", "HIT"):
        response = nginx.get(path, headers={**scene.ADA, "Range": "bytes=10-19"})
        assert (response.status, response.body, response.get("x-cache")) == (206, BODY[10:20], cache)


def test_ssi_parts_are_asked_without_the_pages_conditions(nginx, redis, upstream):
    page = scene.BEFORE + '<!--#include virtual="/part" -->' + scene.AFTER
    upstream.on("/page", application(page, PAGE_TYPE))
    upstream.on("/part", application(scene.OPENING + "default" + scene.CLOSING, PAGE_TYPE))
    start(nginx, redis, upstream, "location / { personalize on; ssi on; proxy_pass UPSTREAM; }")
    response = nginx.get("/page", headers={**scene.ADA, "If-None-Match": ETAG})
    assert response.status == 200 and scene.HELLO_ADA in response.text
