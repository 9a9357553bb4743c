"""Clients that are slow, that go away, that ask ahead: the page is whole or the connection ends, and
the worker lives on, with nothing left behind."""

import json
import socket
import time

import pytest

from harness import pages
from harness.client import get_http2
from harness.pages import assert_same, body_of
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until

ORIGINS = {
    "static": "",
    "small buffers": "output_buffers 1 1k; sendfile_max_chunk 2k;",
    "threads": "aio threads; sendfile off; output_buffers 2 4k;",
    "proxied": "proxy_pass UPSTREAM;",
    "tiny buffers": "proxy_pass UPSTREAM; proxy_buffer_size 1k; proxy_buffers 2 1k; "
                    "proxy_busy_buffers_size 1k; proxy_max_temp_file_size 0;",
    "unbuffered": "proxy_pass UPSTREAM; proxy_buffering off;",
    "compressed": "gzip on; gzip_min_length 1; gzip_buffers 2 1k;",
}


@pytest.fixture
def start(nginx, rogue, upstream):
    def start(answers, origin="static", server="", location="", **options):
        pages.answer(rogue, answers)
        pages.prepare(nginx)
        nginx.configure(pages.http(rogue), f"""
          {pages.wait(answers)} {server}
          location / {{ personalize on; {ORIGINS[origin].replace("UPSTREAM", upstream.url)}
            {location} }}
        """, **options)
        return nginx.start()

    def put(name, page):
        nginx.page(name, page.html)
        upstream.on(f"/{name}", reply(page.html))

    start.put = put
    return start


# Clients that go away

BIG = pages.whole(400_000, 4_000_000)
# What the client has read when it goes, as a part of the body.
STAGES = {"at once": 0, "before the slot": 100_000, "while it is held": 400_000,
          "behind the slot": 1_000_000}


def go_away(nginx, stage, how, encoding):
    connection = nginx.connect()
    connection.request("/page", headers={**pages.ADA, "Accept-Encoding": encoding})
    left = STAGES[stage]
    while left > 0 and connection._more():
        left -= len(connection._buffer)
        connection._buffer = b""
    getattr(connection, how)()


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_client_goes_away(start, nginx, rogue, origin, how):
    start.put("page", BIG)
    start("late", origin)
    encoding = "gzip" if origin == "compressed" else "identity"
    workers = nginx.workers()
    for stage in STAGES:
        gone = Turns()
        if stage == "while it is held":  # until the client has left; else for a moment
            pages.answer(rogue, "now", gone)
        if origin != "compressed" or stage in ("at once", "before the slot"):
            go_away(nginx, stage, how, encoding)
        gone.give()
        pages.answer(rogue, "late")
    wait_until(lambda: len(nginx.log(0)) >= (2 if origin == "compressed" else 4),
               "the requests are over")
    assert nginx.workers() == workers


def test_client_goes_away_while_held(nginx, rogue):
    """The hold ends with the connection, not with the wait; other requests go on."""
    nginx.page("page", pages.PAGES["middle"].html)
    pages.answer(rogue, "never")
    pages.prepare(nginx)
    nginx.configure(pages.http(rogue), "location / { personalize on; personalize_wait 30s; }")
    nginx.start()
    for how in ("close", "reset"):
        connection = nginx.connect()
        asked = len(rogue.reads())
        connection.request("/page", headers={"Cookie": f"vid={how}"})
        wait_until(lambda: len(rogue.reads()) > asked, "the look-up")
        time.sleep(0.2)
        getattr(connection, how)()
    size = len(pages.PAGES["middle"].html)
    for entry in nginx.log(2):
        assert 0 < float(entry["wait_time"]) < 20 and int(entry["sent"]) < size


def test_http2_streams_reset_while_held(start, nginx):
    start.put("page", pages.PAGES["middle"])
    start("late", http2=True)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", nginx.port)) as sock:
            sock.sendall(http2_request(b"/page"))
            time.sleep(0.02)
            sock.sendall(frame(3, 0, 1, b"\0\0\0\x08"))  # RST_STREAM, CANCEL
            time.sleep(0.02)
            sock.sendall(frame(6, 0, 0, b"01234567"))
            wait_until(lambda: b"01234567" in sock.recv(65536), "PING is answered")
    response = get_http2(nginx.port, [("/page", pages.ADA)] * 4)
    for each in response:
        assert_same(each.text, pages.PAGES["middle"].filled(), "after the reset")


def frame(kind, flags, stream, payload):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
            + payload)


def http2_request(path):
    """Preface, SETTINGS and one GET with visitor Ada, the header block without Huffman codes."""
    def literal(index, value):
        return bytes([index]) + bytes([len(value)]) + value

    block = bytes([0x82, 0x86]) + literal(0x04, path) + literal(0x01, b"localhost") \
        + b"\x0f\x11" + bytes([len(b"vid=ada")]) + b"vid=ada"
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, block)


# Clients that are slow


def read_slowly(nginx, path, size=4096, pause=0.0005, encoding="identity"):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", nginx.port))
        sock.sendall(f"GET {path} HTTP/1.0\r\nCookie: vid=ada\r\n"
                     f"Accept-Encoding: {encoding}\r\n\r\n".encode())
        data = b""
        while True:
            part = sock.recv(size)
            if not part:
                return data.split(b"\r\n\r\n", 1)[1]
            data += part
            time.sleep(pause)


@pytest.mark.parametrize("answers", pages.ANSWERS)
@pytest.mark.parametrize("origin", [o for o in ORIGINS if o != "compressed"])
def test_slow_client(start, nginx, origin, answers):
    page = pages.whole(300_000, 300_000, pages.filling(100_000, "d"))
    start.put("page", page)
    start(answers, origin)
    got = read_slowly(nginx, "/page")
    assert_same(got.decode(), page.expected(answers != "never"), origin)


@pytest.mark.parametrize("answers", pages.ANSWERS)
@pytest.mark.parametrize("origin", ["static", "tiny buffers", "unbuffered", "compressed"])
def test_limited_rate(start, nginx, origin, answers):
    page = pages.whole(20_000, 20_000)
    start.put("page", page)
    start(answers, origin, location="limit_rate 100k; limit_rate_after 10k;")
    response = nginx.get("/page", headers={**pages.ADA, "Accept-Encoding":
                                           "gzip" if origin == "compressed" else "identity"})
    assert response.complete
    assert_same(body_of(response), page.expected(answers != "never"), origin)


@pytest.mark.parametrize("origin", ["static", "small buffers", "proxied", "tiny buffers",
                                    "unbuffered"])
def test_wait_longer_than_send_timeout(start, nginx, rogue, origin):
    """A response that waits for a document is not a client that does not take its data: the wait
    ends before that."""
    page = pages.PAGES["middle"]
    start.put("page", page)
    start("late", origin, location="send_timeout 2s;")
    rogue.on_read = lambda *_: None
    response = nginx.get("/page", headers=pages.ADA)
    assert response.complete and response.done_at < pages.HELD - 1
    assert_same(response.text, page.html, "send_timeout")


def test_pages_given_up_on_are_counted(start, nginx):
    start.put("page", pages.PAGES["middle"])
    start("never", server="location = /status { personalize_status; }")

    def status():
        return json.loads(nginx.get("/status?format=json").text)

    assert nginx.get("/page", headers=pages.ADA).complete
    first = status()
    assert (first["held_pages"], first["wait_exceeded"]) == (1, 1)
    assert 0.07 < first["held_seconds"] < 10


# Requests ahead


@pytest.mark.parametrize("answers", pages.ANSWERS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_pipelined_requests(start, nginx, origin, answers):
    names = ["small", "wide", "start", "end", "small"]
    for name in set(names):
        start.put(name, pages.PAGES[name])
    start(answers, origin)
    with nginx.connect() as connection:
        connection.send(b"".join(
            f"{method} /{name} HTTP/1.1\r\nHost: x\r\nCookie: vid=ada\r\n\r\n".encode()
            for name in names for method in ("GET", "HEAD")))
        for name in names:
            response = connection.response()
            assert_same(response.text, pages.PAGES[name].expected(answers != "never"), name)
            assert connection.response("HEAD").status == 200


@pytest.mark.parametrize("origin", ORIGINS)
def test_many_held_http2_streams(start, nginx, origin):
    names = ["small", "wide", "start", "end", "middle"] * 3
    for name in set(names):
        start.put(name, pages.PAGES[name])
    start("late", origin, http2=True)
    encoding = {"Accept-Encoding": "gzip"} if origin == "compressed" else {}
    responses = get_http2(nginx.port, [(f"/{n}", {**pages.ADA, **encoding}) for n in names])
    for name, response in zip(names, responses):
        assert response.complete
        assert_same(body_of(response), pages.PAGES[name].filled(), name)


# Time


@pytest.mark.parametrize("origin", ["static", "proxied", "unbuffered"])
@pytest.mark.parametrize("connections", ["one", "many"])
def test_no_stall_with_nopush(start, nginx, origin, connections):
    """With `sendfile on; tcp_nopush on` a page that leaves in several writes must not wait for the
    client's delayed acknowledgement: 40 ms each."""
    start.put("page", pages.PAGES["middle"])
    start("now", origin, location="tcp_nopush on; sendfile on;")

    def responses():
        if connections == "one":
            with nginx.connect() as connection:
                for _ in range(80):
                    connection.request("/page", headers=pages.ADA)
                    yield connection.response()
        else:
            for _ in range(80):
                yield nginx.get("/page", headers=pages.ADA)

    def some_are_quick():
        took = []
        for response in responses():
            assert response.complete
            took.append(response.done_at)
        return sorted(took)[len(took) // 8] < 0.035

    # A busy machine spoils many for a while; stalls spoil all but the first few, again and again.
    wait_until(some_are_quick, "pages without a stall")
