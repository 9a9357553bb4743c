"""Redis absent, killed, stopped, restarted, hostile: the visitor gets the page, on time."""

import threading
import time

import pytest

from harness import scene
from harness.redis.server import RedisServer
from harness.redis.rogue import RogueRedis, array, bulk
from harness.waiting import wait_until

# Other tests run beside this one: what a busy machine may add to a time limit. What would take longer if
# it were not limited takes LONG.
SLACK = 5.0
LONG = "20s"


def start(nginx, socket, wait="2s", timeout="2s", connected=True, **options):
    scene.prepare(nginx)
    nginx.configure(scene.http(socket, timeout=timeout, **options), scene.server(wait))
    return nginx.start(connected)


def page(nginx):
    response = nginx.get("/", headers=scene.ADA)
    assert (response.status, response.complete) == (200, True)
    return response.text


def becomes_personal(nginx):
    wait_until(lambda: scene.is_filled(page(nginx)), "the page is personal", step=0.1)


def test_redis_absent_at_start(nginx, directory):
    redis = RedisServer(directory / "redis", start=False)
    try:
        start(nginx, redis.socket, wait=LONG, timeout=LONG)
        started = time.monotonic()
        assert scene.is_default(page(nginx))
        # A refused connection is known at once: nothing is waited for.
        assert time.monotonic() - started < SLACK
        assert "profile=error" in nginx.last_log(1)["sources"]

        redis.start()
        redis.set_json("profile:ada", scene.PROFILE)
        becomes_personal(nginx)
    finally:
        redis.stop()


def test_redis_killed_in_flight(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, wait=LONG, timeout=LONG)
    assert scene.is_filled(page(nginx))

    redis.suspend()
    responses = []
    threads = [threading.Thread(target=lambda: responses.append(page(nginx))) for _ in range(8)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert not responses, "nothing was held: the look-up is not in flight"
    redis.kill()
    for thread in threads:
        thread.join()
    # The connection's end answers, not the time limit.
    assert time.monotonic() - started < 10
    assert len(responses) == 8 and all(scene.is_default(body) for body in responses)


def test_redis_stopped_and_continued(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, wait="200ms", timeout=LONG)
    redis.suspend()
    for _ in range(3):
        response = nginx.get("/", headers=scene.ADA)
        assert response.status == 200 and scene.is_default(response.text)
        assert response.done_at < 0.2 + SLACK
    redis.resume()
    becomes_personal(nginx)


def test_a_request_waits_no_longer_than_personalize_wait(nginx, redis):
    start(nginx, redis.socket, wait="300ms", timeout=LONG)
    page(nginx)  # a connection to Redis exists
    redis.suspend()
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    assert 0.28 < response.done_at < 0.3 + SLACK
    entry = nginx.last_log(2)
    assert "profile=hit" not in entry["sources"] and "profile=fetched" not in entry["sources"]


def test_redis_answers_later_than_its_timeout(nginx, redis):
    start(nginx, redis.socket, wait=LONG, timeout="200ms")
    page(nginx)  # a connection to Redis exists
    redis.suspend()
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    assert response.done_at < 0.2 + SLACK
    assert "profile=timeout" in nginx.last_log(2)["sources"]
    redis.resume()
    redis.set_json("profile:ada", scene.PROFILE)
    becomes_personal(nginx)


def test_redis_restarted(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    assert scene.is_filled(page(nginx))
    redis.kill()
    assert scene.is_default(page(nginx))
    redis.start()
    redis.set_json("profile:ada", scene.PROFILE)
    becomes_personal(nginx)


def test_redis_restarted_without_data(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket)
    assert scene.is_filled(page(nginx))
    redis.kill()
    redis.start()
    wait_until(lambda: page(nginx) and "profile=missing" in nginx.log(1)[-1]["sources"],
               "Redis is asked again")
    assert scene.is_default(page(nginx))


def test_a_cached_profile_outlives_redis(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=scene.CACHE)
    assert scene.is_filled(page(nginx))
    redis.kill()
    assert scene.is_filled(page(nginx))


def test_wrong_password(nginx, directory):
    redis = RedisServer(directory / "redis", password="right")
    try:
        redis.set_json("profile:ada", scene.PROFILE)
        start(nginx, redis.socket, connected=False)
        assert scene.is_default(page(nginx))
        assert "profile=error" in nginx.last_log(1)["sources"]
        # The operator can read why.
        wait_until(lambda: "NOAUTH" in nginx.error_log(), "the reason in the error log")
    finally:
        redis.stop()


GOOD = bulk('{"name":"Ada"}')


def cut(session, _):
    session.send(GOOD[:-5])
    session.close()


def silent(session, _):
    pass


HOSTILE = {
    "closes": lambda session, _: session.close(),
    "cuts a reply": cut,
    "says nothing": silent,
    "garbage": lambda session, _: session.send(b"\0\1\2garbage\r\n\r\n" * 20),
    "http": lambda session, _: session.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "huge array": lambda session, _: session.send(b"*1000000000\r\n"),
    "huge bulk": lambda session, _: session.send(b"$1000000000\r\n" + b"x" * 100000),
    "endless bulk": lambda session, _: session.send(b"$9223372036854775807\r\n" + b"x" * 100000),
    "negative bulk": lambda session, _: session.send(b"$-7\r\n"),
    "deep nesting": lambda session, _: session.send(b"*1\r\n" * 100000),
    "endless line": lambda session, _: session.send(b"+" + b"x" * 4000000),
    "error": lambda session, _: session.send(b"-ERR no\r\n"),
    "loading": lambda session, _: session.send(b"-LOADING Redis is loading the dataset\r\n"),
    "moved": lambda session, _: session.send(b"-MOVED 3999 127.0.0.1:1\r\n"),
    "integer": lambda session, _: session.send(b":42\r\n"),
    "status": lambda session, _: session.send(b"+OK\r\n"),
    "array": lambda session, _: session.send(array(["name", "Ada"])),
    "push": lambda session, _: session.send(b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"),
    "malformed push": lambda session, _: session.send(b">1\r\n:1\r\n"),
    "unsubscribe": lambda session, _: session.send(b"*2\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n"),
    "not JSON": lambda session, _: session.send(bulk("Ada")),
    "longer than asked for": lambda session, _: session.send(bulk('"' + "x" * 300000 + '"')),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_reply(nginx, rogue, name):
    rogue.on_read = HOSTILE[name]
    start(nginx, rogue.socket, wait="300ms", timeout="300ms")
    worker = nginx.workers()
    for _ in range(3):
        response = nginx.get("/", headers=scene.ADA)
        assert response.status == 200 and scene.is_default(response.text)
        assert response.done_at < 0.3 + SLACK
    assert nginx.workers() == worker
    # Once it behaves, it is believed again.
    rogue.on_read = lambda session, _: session.send(GOOD)
    becomes_personal(nginx)


def test_two_replies_to_one_command(nginx, rogue):
    """The surplus reply must not become the answer to another visitor's look-up."""
    rogue.on_read = lambda session, command: session.send(
        bulk('{"name":"%s"}' % command[1].decode().split(":")[1]) * 2)
    start(nginx, rogue.socket, wait="300ms", timeout="300ms")
    for name in ("ann", "bob", "cyd", "dan"):
        body = nginx.get("/", headers={"Cookie": f"vid={name}"}).text
        assert scene.is_default(body) or scene.is_filled(body, f"<p>Hello {name}</p>"), body


def test_unsolicited_reply(nginx, rogue):
    """A reply to no command, before the first one."""
    rogue.on_read = lambda session, _: session.send(GOOD + bulk('{"name":"Eve"}'))
    start(nginx, rogue.socket, wait="300ms", timeout="300ms")
    for _ in range(5):
        body = page(nginx)
        assert "Eve" not in body
        time.sleep(0.05)


def test_one_byte_at_a_time(nginx, rogue):
    rogue.on_read = lambda session, _: session.trickle(GOOD)
    start(nginx, rogue.socket)
    assert scene.is_filled(page(nginx))


def test_a_reply_that_comes_too_late_is_not_given_to_the_next_visitor(nginx, directory):
    first = threading.Event()

    def late(session, command):
        name = command[1].decode().split(":")[1]
        if not first.is_set():
            first.set()
            time.sleep(0.6)
        session.send(bulk('{"name":"%s"}' % name))

    rogue = RogueRedis(directory / "rogue", late)
    try:
        start(nginx, rogue.socket, wait="200ms", timeout="2s")
        assert scene.is_default(nginx.get("/", headers={"Cookie": "vid=ann"}).text)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            body = nginx.get("/", headers={"Cookie": "vid=bob"}).text
            assert scene.is_default(body) or scene.is_filled(body, "<p>Hello bob</p>"), body
    finally:
        rogue.close()
