"""A personal page is private, has no validators, and leaves no trace in a shared cache."""

import concurrent.futures
import time
from pathlib import Path

import pytest

from harness import scene
from harness.upstream import reply

SHARED = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT",
          "Cache-Control": "public, max-age=3600, s-maxage=7200",
          "Expires": "Thu, 31 Dec 2037 23:55:55 GMT"}

CACHED = """
  proxy_cache_path %s/cache levels=1 keys_zone=pages:1m;
"""


@pytest.fixture
def shop(nginx, redis, upstream):
    """/ is a cached page, /static/ a file, /plain the same upstream without us."""
    upstream.on("/", reply(scene.PAGE, headers=SHARED))
    redis.set_json("profile:ada", scene.PROFILE)
    redis.set_json("profile:eve", {"name": "Eve"})
    scene.prepare(nginx)
    nginx.page("static/index.html", scene.PAGE)

    def start(location="", visitor="cookie=vid", http="", more="", workers=1):
        proxy = f"proxy_pass {upstream.url}/; proxy_cache pages; proxy_cache_key page;"
        nginx.configure(
            scene.http(redis.socket, visitor=visitor, extra=CACHED % nginx.directory + http),
            scene.server(location=f"{proxy} {location}") + f"""
    location /static/ {{ personalize on; }}
    location /plain {{ {proxy} }}
    {more}
""", workers=workers)
        return nginx.start()

    return start


def assert_private(response):
    assert response.all("cache-control") == ["private, no-cache"]
    for name in ("etag", "last-modified", "expires", "accept-ranges"):
        assert response.get(name) is None, name


@pytest.mark.parametrize("path", ["/", "/static/"])
@pytest.mark.parametrize("cookie", ["vid=ada", "vid=nobody", None])
def test_every_eligible_page_is_private_filled_or_not(shop, path, cookie):
    response = shop().get(path, headers={"Cookie": cookie})
    assert response.status == 200
    assert scene.is_filled(response.text) if cookie == "vid=ada" else \
        scene.is_default(response.text)
    assert_private(response)


def test_a_page_without_a_slot_is_private_too(shop, upstream):
    upstream.on("/", reply("<!doctype html><p>no slot", headers=SHARED))
    assert_private(shop().get("/", headers=scene.ADA))


def test_off_is_off(shop, upstream):
    nginx = shop()
    response = nginx.get("/plain", headers=scene.ADA)
    assert scene.is_default(response.text)
    assert response.get("cache-control") == SHARED["Cache-Control"]
    assert response.get("etag") == '"v1"' and response.get("expires") == SHARED["Expires"]
    assert response.get("content-length") == str(len(scene.PAGE))


def test_what_a_location_without_a_possible_slot_sends_stays_shared(nginx, redis):
    """Without a campaign there is nothing to decide: the page is the same for all."""
    scene.prepare(nginx)
    nginx.configure("", "location / { personalize on; }")
    nginx.start()
    response = nginx.get("/")
    assert scene.is_default(response.text) and response.get("etag")


def test_the_cache_stores_the_page_as_it_was(shop, nginx, upstream):
    shop(visitor="cookie=vid issue=on")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert scene.is_filled(nginx.get("/", headers={"Cookie": "vid=eve"}).text, "<p>Hello Eve</p>")
    assert scene.is_default(nginx.get("/").text)
    assert len(upstream.requests) == 1, "the page came from the cache"
    files = [path for path in Path(nginx.directory / "cache").rglob("*") if path.is_file()]
    assert len(files) == 1
    stored = files[0].read_bytes()
    assert scene.PAGE.encode() in stored
    assert b"Ada" not in stored and b"Eve" not in stored and b"vid=" not in stored
    assert b'ETag: "v1"' in stored and b"max-age=3600" in stored
    plain = nginx.get("/plain")
    assert scene.is_default(plain.text) and plain.get("etag") == '"v1"'
    assert len(upstream.requests) == 1


CONDITIONS = [
    {"If-None-Match": '"v1"'}, {"If-None-Match": 'W/"v1"'}, {"If-None-Match": "*"},
    {"If-Modified-Since": SHARED["Last-Modified"]},
    {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"},
    {"If-None-Match": '"v1"', "If-Modified-Since": SHARED["Last-Modified"]},
    {"If-Match": '"other"'}, {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: ", ".join(
    f"{k} {v[:10]}" for k, v in c.items()))
@pytest.mark.parametrize("path", ["/", "/static/", "/direct"])
def test_no_condition_of_the_client_counts(shop, upstream, path, condition):
    upstream.on("/direct", reply(scene.PAGE, headers=SHARED))
    nginx = shop(more=f"location = /direct {{ personalize on; proxy_pass {upstream.url}; }}")
    for _ in range(2):  # the second from the cache
        response = nginx.get(path, headers={**scene.ADA, **condition})
        assert response.status == 200 and scene.is_filled(response.text)
        assert_private(response)
    for request in upstream.requests:
        assert not [name for name in request.headers if name.startswith("if-")]


def test_validators_of_the_file_itself_make_no_304(shop):
    nginx = shop()
    path = nginx.directory / "html" / "static" / "index.html"
    etag = f'"{int(path.stat().st_mtime):x}-{path.stat().st_size:x}"'
    response = nginx.get("/static/", headers={**scene.ADA, "If-None-Match": etag})
    assert response.status == 200 and scene.is_filled(response.text)


def test_the_caches_own_revalidation_works(shop, nginx, upstream):
    """NGINX may ask the upstream with the stored validators; the client's never get there."""
    def handler(request, send):
        if request.headers.get("if-none-match") == '"v1"':
            reply(status="304 Not Modified", headers={"ETag": '"v1"', "Content-Length": None,
                                                      "Cache-Control": "max-age=1"})(request, send)
        else:
            reply(scene.PAGE, headers={"ETag": '"v1"', "Cache-Control": "max-age=1"})(request, send)

    upstream.on("/", handler)
    shop(location="proxy_cache_revalidate on; proxy_cache_valid 200 1s;")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    time.sleep(2.1)
    response = nginx.get("/", headers={**scene.ADA, "If-None-Match": '"mine"'})
    assert response.status == 200 and scene.is_filled(response.text)
    assert_private(response)
    assert [r.headers.get("if-none-match") for r in upstream.requests] == [None, '"v1"']


def test_a_304_of_an_upstream_without_cache_cannot_be_provoked(shop, nginx, upstream):
    def handler(request, send):
        conditional = any(name.startswith("if-") for name in request.headers)
        reply(scene.PAGE, status="304 Not Modified" if conditional else "200 OK")(request, send)

    upstream.on("/", handler)
    shop(more=f"location = /direct {{ personalize on; proxy_pass {upstream.url}/; }}")
    response = nginx.get("/direct", headers={**scene.ADA, "If-None-Match": '"v1"'})
    assert response.status == 200 and scene.is_filled(response.text)


def test_expires_directive_does_not_make_it_public(shop, nginx):
    shop(location="expires 1h; add_header Cache-Control public;")
    response = nginx.get("/", headers=scene.ADA)
    assert "public" not in ",".join(response.all("cache-control"))
    assert not any("max-age=3600" in value for value in response.all("cache-control"))
    assert response.get("expires") is None


def test_nobody_reads_another_ones_page(shop, nginx, redis):
    """Many visitors at once, over kept connections and two workers."""
    names = [f"n{i}" for i in range(20)]
    for name in names:
        redis.set_json(f"profile:{name}", {"name": name * 3})
    shop(workers=2)

    def visit(name):
        with nginx.connect() as connection:
            for i in range(25):
                other = names[(names.index(name) + i) % len(names)]
                connection.request("/", headers={"Cookie": f"vid={other}"})
                body = connection.response().text
                assert scene.is_filled(body, f"<p>Hello {other * 3}</p>"), body
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(visit, names))


def test_pipelined_requests_of_different_visitors(shop, nginx):
    shop()
    with nginx.connect() as connection:
        request = "GET / HTTP/1.1\r\nHost: x\r\nCookie: vid=%s\r\n\r\n"
        connection.send("".join(request % v for v in ("ada", "eve", "nobody", "ada")).encode())
        bodies = [connection.response().text for _ in range(4)]
    assert scene.is_filled(bodies[0]) and scene.is_filled(bodies[3])
    assert scene.is_filled(bodies[1], "<p>Hello Eve</p>")
    assert scene.is_default(bodies[2])
