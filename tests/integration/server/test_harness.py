"""The servers and the client that the other tests stand on, with an NGINX without the module."""

import os
import signal
import time

import pytest

from harness.client import get_http2
from harness.redis.rogue import bulk
from harness.turns import Turns
from harness.upstream import reply
from harness.waiting import wait_until


def test_static_page_over_all_protocols(plain_nginx):
    plain_nginx.page("index.html", "<p>hello</p>")
    plain_nginx.configure()
    plain_nginx.start()
    for version in ("1.0", "1.1"):
        response = plain_nginx.get("/", version=version)
        assert (response.status, response.body, response.complete) == (200, b"<p>hello</p>", True)
    assert plain_nginx.get("/", method="HEAD").body == b""
    assert len(plain_nginx.log(3)) == 3


def test_http2(plain_nginx):
    plain_nginx.page("index.html", "<p>hello</p>")
    plain_nginx.page("big.html", "x" * 300000)
    plain_nginx.configure(http2=True)
    plain_nginx.start()
    small, big = get_http2(plain_nginx.port, [("/", ()), ("/big.html", ())])
    assert (small.status, small.body) == (200, b"<p>hello</p>")
    assert (big.status, len(big.body)) == (200, 300000)


def test_pipelining(plain_nginx):
    plain_nginx.page("a.html", "a")
    plain_nginx.page("b.html", "bb")
    plain_nginx.configure()
    plain_nginx.start()
    with plain_nginx.connect() as connection:
        connection.send(b"GET /a.html HTTP/1.1\r\nHost: x\r\n\r\n"
                        b"GET /b.html HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().body == b"a"
        assert connection.response().body == b"bb"


def test_pieces_arrive_when_the_upstream_writes_them(plain_nginx, upstream):
    turns = Turns()
    upstream.on("/", reply(pieces=[b"first", b"second"], turns=turns))
    plain_nginx.configure(server=f"location / {{ proxy_pass {upstream.url}; "
                                 "proxy_buffering off; }")
    plain_nginx.start()
    with plain_nginx.connect() as connection:
        connection.request("/", version="1.0")
        connection.read_body_until(b"first")
        turns.give()
        response = connection.response()
    assert response.body == b"firstsecond"
    assert upstream.asked("/")[0].method == "GET"


def test_a_worker_that_dies_is_noticed(plain_nginx):
    plain_nginx.configure()
    plain_nginx.start()
    worker = plain_nginx.workers()[0]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: plain_nginx.complaints(), "a complaint")
    assert "exited on signal 9" in plain_nginx.complaints()[0]
    plain_nginx.tolerate("exited on signal 9")


def test_a_mistake_in_the_configuration_is_noticed(plain_nginx):
    plain_nginx.configure(http="nonsense on;")
    code, output = plain_nginx.check()
    assert code != 0 and "nonsense" in output
    with pytest.raises(AssertionError, match="nonsense"):
        plain_nginx.start()


def test_redis_and_its_rogue(redis, rogue):
    redis.set_json("a", {"b": 1})
    assert redis.data.get("a") == b'{"b": 1}'
    assert redis.reads() == 1
    redis.suspend()
    redis.resume()
    redis.kill()
    redis.start()
    assert redis.data.get("a") is None

    import redis as redis_client
    rogue.on_read = lambda session, command: session.trickle(bulk(command[1].upper()))
    other = redis_client.Redis(unix_socket_path=str(rogue.socket))
    assert other.get("abc") == b"ABC"
    other.close()
    assert rogue.reads() == [[b"GET", b"abc"]]


def test_reload(plain_nginx):
    plain_nginx.page("index.html", "old")
    plain_nginx.configure()
    plain_nginx.start()
    before = plain_nginx.workers()
    plain_nginx.reload()
    wait_until(lambda: before[0] not in plain_nginx.workers(), "the old worker ends")
    started = time.monotonic()
    assert plain_nginx.get("/").body == b"old"
    assert time.monotonic() - started < 10
