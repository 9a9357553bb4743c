"""Pages that come compressed with gzip: personalized if they can be inflated, and passed on as they
came where they cannot."""

import gzip
import hashlib
import zlib

import pytest

from harness import pages, scene
from harness.client import get_http2
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until

PACKED = gzip.compress(scene.PAGE.encode())
# Hardly to be compressed, so that it is long on its way too.
NOISE = "".join(f"<p>{hashlib.sha256(bytes([i % 256, i // 256])).hexdigest()}</p>\n"
                for i in range(4000))
BIG = scene.BEFORE + NOISE + scene.OPENING + scene.CLOSING + NOISE[::-1] + scene.AFTER


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


BROKEN = {
    "empty": b"",
    "no gzip": scene.PAGE.encode(),
    "deflate": zlib.compress(scene.PAGE.encode()),
    "half a head": PACKED[:5],
    "a head alone": PACKED[:10],
    "cut off": PACKED[:len(PACKED) // 2],
    "cut off before its checksum": PACKED[:-8],
    "cut off in its length": PACKED[:-1],
    "damaged": flip(PACKED, len(PACKED) // 2),
    "of a wrong checksum": flip(PACKED, len(PACKED) - 6),
    "of a wrong length": flip(PACKED, len(PACKED) - 2),
    "damaged in the second member": PACKED + flip(PACKED, len(PACKED) // 2),
}
SOUND = {
    "gzip": PACKED,
    "several members": gzip.compress(scene.PAGE[:100].encode()) + gzip.compress(b"") +
    gzip.compress(scene.PAGE[100:].encode()),
    "zeros behind": PACKED + b"\0" * 512,
    "bytes behind": PACKED + b"trailing",
    "half a member behind": PACKED + PACKED[:10],
    "stored": gzip.compress(scene.PAGE.encode(), 0),
}
HOWS = {
    "proxied": "proxy_pass UPSTREAM;",
    "unbuffered": "proxy_buffering off; proxy_pass UPSTREAM;",
    "in tiny buffers": "proxy_buffer_size 1k; proxy_buffers 2 1k; proxy_busy_buffers_size 1k; "
                       "proxy_pass UPSTREAM;",
    "cached": "proxy_cache pages; proxy_cache_valid 1m; proxy_pass UPSTREAM;",
    "static": "gzip_static always;",
    "static in tiny buffers": "gzip_static always; sendfile off; output_buffers 1 1k;",
    "beside other filters": "ssi on; sub_filter nothing something; gunzip on; proxy_pass UPSTREAM;",
}


def start(nginx, redis, upstream, how, body, extra="", http2=False, more=""):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    size = len(body)
    upstream.on("/page.html", reply(pieces=[body[:size // 3], body[size // 3:]], headers={
        "Content-Encoding": "gzip", "Content-Length": str(size), "ETag": '"v1"',
        "Cache-Control": "max-age=60"}))
    nginx.page("page.html.gz", body)
    nginx.configure(scene.http(redis.socket, extra=f"""
      proxy_cache_path {nginx.directory}/cache keys_zone=pages:1m; {extra}
    """), scene.server(location=HOWS[how].replace("UPSTREAM", upstream.url)) + more, http2=http2)
    return nginx.start()


@pytest.mark.parametrize("accepts", ["gzip", None])
@pytest.mark.parametrize("how", HOWS)
def test_what_cannot_be_inflated_is_passed_on(nginx, redis, upstream, how, accepts):
    start(nginx, redis, upstream, how, b"")
    for name, body in BROKEN.items():
        upstream.on("/page.html", reply(body, headers={
            "Content-Encoding": "gzip", "ETag": '"v1"', "Cache-Control": "no-cache"}))
        nginx.page("page.html.gz", body)
        with nginx.connect() as connection:
            for _ in range(2):
                connection.request("/page.html", headers={**scene.ADA, "Accept-Encoding": accepts})
                response = connection.response()
                assert (response.status, response.complete) == (200, True), name
                assert response.body == body, name
                assert response.get("content-encoding") == "gzip"
                assert "private" not in response.get("cache-control", "")
                if how != "beside other filters":  # those clear them
                    assert response.get("content-length") == str(len(body))
                    assert response.get("etag")


@pytest.mark.parametrize("accepts", ["gzip", None])
@pytest.mark.parametrize("how", HOWS)
def test_what_can_be_inflated_is_personal(nginx, redis, upstream, how, accepts):
    start(nginx, redis, upstream, how, PACKED, "gzip on; gzip_min_length 1;")
    for name, body in SOUND.items():
        upstream.on("/page.html", reply(body, headers={
            "Content-Encoding": "gzip", "ETag": '"v1"', "Cache-Control": "no-cache"}))
        nginx.page("page.html.gz", body)
        response = nginx.get("/page.html", headers={**scene.ADA, "Accept-Encoding": accepts})
        assert (response.status, response.complete) == (200, True), name
        assert (response.get("content-encoding") == "gzip") == (accepts == "gzip")
        text = pages.body_of(response)
        assert scene.is_filled(text), name
        assert response.get("etag") is None


def test_a_broken_one_over_http2(nginx, redis, upstream):
    start(nginx, redis, upstream, "proxied", BROKEN["cut off"], http2=True)
    broken, = get_http2(nginx.port, [("/page.html", scene.ADA)])
    assert (broken.status, broken.body) == (200, BROKEN["cut off"])
    upstream.on("/page.html", reply(b"", headers={"Content-Encoding": "gzip"}))
    empty, = get_http2(nginx.port, [("/page.html", scene.ADA)])
    assert (empty.status, empty.body, empty.get("content-encoding")) == (200, b"", "gzip")


def test_what_is_no_page_is_not_touched(nginx, redis, upstream):
    """Also for clients that do not take gzip: that is for `gunzip` to say."""
    body = gzip.compress(b"{}")
    upstream.on("/api", reply(body, type="application/json",
                              headers={"Content-Encoding": "gzip"}))
    start(nginx, redis, upstream, "proxied", PACKED)
    response = nginx.get("/api", headers=scene.ADA)
    assert (response.body, response.get("content-encoding")) == (body, "gzip")


def test_head_tells_what_get_would(nginx, redis, upstream):
    start(nginx, redis, upstream, "proxied", PACKED)
    response = nginx.get("/page.html", method="HEAD", headers=scene.ADA)
    assert response.status == 200 and response.get("content-encoding") is None
    assert response.get("cache-control") == "private, no-cache"


@pytest.mark.parametrize("how", HOWS)
def test_long_pages(nginx, redis, upstream, how):
    packed = gzip.compress(BIG.encode())
    assert len(packed) > 64 * 1024
    start(nginx, redis, upstream, how, packed, "limit_rate 20m; gzip on; gzip_comp_level 1;")
    for accepts in ("gzip", None):
        response = nginx.get("/page.html", headers={**scene.ADA, "Accept-Encoding": accepts})
        assert response.complete
        text = pages.body_of(response).replace(scene.HELLO_ADA, "")
        pages.assert_same(text, BIG, how)


@pytest.mark.parametrize("how", HOWS)
def test_a_long_page_that_breaks_off_ends_there(nginx, redis, upstream, how):
    """Its beginning is sent, and was personal; a browser would show as much."""
    packed = gzip.compress(BIG.encode())
    start(nginx, redis, upstream, how, b"")
    for body in (packed[:-50_000], flip(packed, len(packed) - 50_000)):
        upstream.on("/page.html", reply(body, headers={"Content-Encoding": "gzip"}))
        nginx.page("page.html.gz", body)
        response = nginx.get("/page.html", headers=scene.ADA)
        assert (response.status, response.complete) == (200, True)
        assert response.get("content-encoding") is None
        text = response.body.decode("utf-8", "replace").replace(scene.HELLO_ADA, "")
        assert len(text) > 300_000 and text[:300_000] == BIG[:300_000]


def test_a_page_that_inflates_to_much_more_than_it_is(nginx, redis, upstream):
    """Nothing is kept of it but what is under way."""
    text = pages.HEAD + "\n" * 30_000_000 + pages.END
    start(nginx, redis, upstream, "static", gzip.compress(text.encode()))
    worker = nginx.workers()[0]
    response = nginx.get("/page.html", headers=scene.ADA)
    assert len(response.body) == len(text)
    peak = next(int(line.split()[1]) for line in open(f"/proc/{worker}/status")
                if line.startswith("VmHWM"))
    assert peak < 100_000, "kB"


@pytest.mark.parametrize("accepts", ["gzip", None])
def test_parts_that_come_compressed(nginx, redis, upstream, accepts):
    """As from an application that compresses whatever it sends."""
    def sends(body, **options):
        return reply(gzip.compress(body.encode()), headers={"Content-Encoding": "gzip"}, **options)

    page = scene.BEFORE + '<!--#include virtual="/part" -->' + scene.OPENING + \
        '<!--#include virtual="/broken" --><!--#include virtual="/slow" -->' + scene.CLOSING + \
        scene.AFTER
    start(nginx, redis, upstream, "beside other filters", PACKED,
          "log_subrequest off; gzip on; gzip_min_length 1; proxy_set_header Accept-Encoding gzip;")
    upstream.on("/page.html", sends(page))
    upstream.on("/part", sends("<p>part</p>"))
    upstream.on("/slow", sends(NOISE[:36_000], delay=0.05))
    upstream.on("/broken", reply(b"<p>no gzip</p>", headers={"Content-Encoding": "gzip"}))
    for cookie, content in (("vid=ada", scene.HELLO_ADA),
                            ("vid=eve", f"<p>no gzip</p>{NOISE[:36_000]}")):
        response = nginx.get("/page.html", headers={"Cookie": cookie, "Accept-Encoding": accepts})
        wanted = (scene.BEFORE + "<p>part</p>" + scene.OPENING + content + scene.CLOSING
                  + scene.AFTER)
        pages.assert_same(pages.body_of(response), wanted, cookie)


# The head does not wait for what is not sent


def test_what_is_flushed_arrives(nginx, redis, upstream):
    """By a compressor that says so in its stream, as streaming applications do."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(scene.BEFORE.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    rest = packer.compress((scene.OPENING + scene.CLOSING + scene.AFTER).encode()) + packer.flush()
    start(nginx, redis, upstream, "unbuffered", PACKED)
    turns = Turns()
    upstream.on("/page.html", reply(pieces=[first, rest], turns=turns,
                                    headers={"Content-Encoding": "gzip"}))
    with nginx.connect() as connection:
        connection.request("/page.html", headers=scene.ADA)
        connection.read_body_until(b"<h1>Shop")
        turns.give()
        assert scene.is_filled(connection.response().text)


def test_what_is_not_flushed_waits_no_longer_than_a_slot(nginx, redis, upstream):
    start(nginx, redis, upstream, "proxied", PACKED)
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace("personalize_wait 2s", "personalize_wait 100ms"))
    nginx.reload()
    page = pages.HEAD + NOISE[:40_000] + pages.END
    body = gzip.compress(page.encode(), 0)  # each byte is where it was
    upstream.on("/page.html", reply(pieces=[body[:20_000], body[20_000:]], pause=2.5,
                                    headers={"Content-Encoding": "gzip"}))

    def is_reloaded():
        response = nginx.get("/page.html", headers=scene.ADA)
        assert response.text == page
        return 0.09 < response.head_at < 2 and response.done_at > 2.4
    wait_until(is_reloaded, "the head comes before the rest")


def test_an_upstream_that_dies_in_the_middle(nginx, redis, upstream):
    upstream.on("/page.html", reply(PACKED[:50], headers={
        "Content-Encoding": "gzip", "Content-Length": str(len(PACKED))}))
    start(nginx, redis, upstream, "proxied", PACKED)
    upstream.on("/page.html", reply(PACKED[:50], headers={
        "Content-Encoding": "gzip", "Content-Length": str(len(PACKED))}))
    nginx.tolerate("prematurely closed")
    try:
        assert not nginx.get("/page.html", headers=scene.ADA).complete
    except ConnectionError:
        pass
    upstream.on("/page.html", reply(PACKED, headers={"Content-Encoding": "gzip"}))
    assert scene.is_filled(nginx.get("/page.html", headers=scene.ADA).text)
