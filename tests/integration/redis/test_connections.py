"""Several pipelined connections a worker: personalize_redis connections=."""

import threading
import time

import pytest

from harness import scene
from harness.redis.rogue import bulk
from harness.waiting import wait_until

ADA = bulk('{"name":"Ada"}')


def start(nginx, socket, wait="5s", timeout="5s"):
    scene.prepare(nginx)
    nginx.configure(scene.http(socket, timeout=timeout), scene.server(wait))
    return nginx.start()


def page(nginx, visitor="ada"):
    response = nginx.get("/", headers={"Cookie": f"vid={visitor}"})
    assert (response.status, response.complete) == (200, True)
    return response.text


class Stalling:
    """A rogue whose answers to the visitor `slow` wait until `release` is set."""

    def __init__(self, rogue):
        self.sessions = {}  # of visitors
        self.release = threading.Event()
        rogue.on_read = self.on_read

    def on_read(self, session, words):
        visitor = words[1].decode().split(":")[1]
        self.sessions.setdefault(visitor, []).append(session)
        if visitor == "slow":
            self.release.wait(30)
        session.send(ADA)

    def used(self):
        return {id(session) for sessions in self.sessions.values() for session in sessions}


def hold_one(nginx, stalling):
    """A request for the slow document, which keeps its connection busy."""
    thread = threading.Thread(target=page, args=(nginx, "slow"))
    thread.start()
    wait_until(lambda: "slow" in stalling.sessions, "the slow document is asked for")
    return thread


def test_a_slow_answer_does_not_keep_others_waiting(nginx, rogue):
    stalling = Stalling(rogue)
    start(nginx, f"{rogue.socket} connections=2", wait="19s", timeout="30s")
    thread = hold_one(nginx, stalling)
    # Asked for behind the slow one, or already on the second connection that is made for it.
    first = threading.Thread(target=page, args=(nginx, "first"))
    first.start()
    wait_until(lambda: len(rogue.connections()) == 2, "a second connection")
    # Those that come before it is ready are asked for behind the slow one, too.
    answered = []
    asking = [thread, first]

    def is_answered():
        asking.append(threading.Thread(target=lambda: answered.append(page(nginx, "quick"))))
        asking[-1].start()
        return any(scene.is_filled(text) for text in answered)

    wait_until(is_answered, "an answer past the slow one", step=0.05)
    assert not stalling.release.is_set() and thread.is_alive()
    stalling.release.set()
    for one in asking:
        one.join()


def test_one_connection_answers_in_order(nginx, rogue):
    stalling = Stalling(rogue)
    start(nginx, rogue.socket)
    slow = hold_one(nginx, stalling)
    quick = threading.Thread(target=page, args=(nginx, "quick"))
    quick.start()
    time.sleep(0.3)
    assert quick.is_alive() and len(rogue.connections()) == 1
    stalling.release.set()
    slow.join()
    quick.join()


@pytest.mark.parametrize("connections", [1, 3])
def test_connections_are_made_as_they_are_needed(nginx, redis, connections):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, f"{redis.socket} connections={connections}")

    def clients():
        return len(redis.data.client_list()) - 1

    for _ in range(5):
        assert scene.is_filled(page(nginx))
    # What the worker asks for by itself may have been under way with a page's document.
    assert clients() <= min(connections, 2)

    # While Redis stands still, many ask for different documents.
    redis.suspend()
    threads = [threading.Thread(target=page, args=(nginx, f"v{i}")) for i in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    redis.resume()
    for thread in threads:
        thread.join()

    def all_made():
        requests = [threading.Thread(target=page, args=(nginx, f"w{i}")) for i in range(20)]
        for request in requests:
            request.start()
        for request in requests:
            request.join()
        return clients() == connections

    wait_until(all_made, f"{connections} connections")


def test_a_server_without_room_for_all_connections(nginx, rogue):
    """Of three, it takes one: that one does."""
    stalling = Stalling(rogue)
    refused = []

    def on_other(session, _):
        if rogue.connections() and rogue.connections()[0] is not session:
            refused.append(session)
            session.send(b"-ERR max number of clients reached\r\n")
            session.close()
        else:
            session.send(b"+PONG\r\n")

    rogue.on_other = on_other
    start(nginx, f"{rogue.socket} connections=3")
    thread = hold_one(nginx, stalling)
    second = threading.Thread(target=page, args=(nginx, "second"))
    second.start()
    wait_until(lambda: refused, "a connection that is refused")
    stalling.release.set()
    thread.join()
    second.join()
    assert scene.is_filled(page(nginx))
    assert "is down" not in nginx.error_log()


def test_a_stopped_server_is_down_on_all_connections(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, f"{redis.socket} connections=3", timeout="700ms")
    assert scene.is_filled(page(nginx))
    redis.suspend()
    for i in range(9):
        assert scene.is_default(page(nginx, f"v{i}"))
    assert scene.is_default(page(nginx))
    assert float(nginx.last_log(11)["wait_time"]) < 0.6, "it was asked, and waited for"
    redis.resume()
    wait_until(lambda: scene.is_filled(page(nginx)), "the server is asked again", step=0.05)


def test_reload_and_end_leave_no_connection(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, f"{redis.socket} connections=4")
    for _ in range(3):
        threads = [threading.Thread(target=page, args=(nginx, f"v{i}")) for i in range(12)]
        for thread in threads:
            thread.start()
        nginx.reload()
        for thread in threads:
            thread.join()
        assert scene.is_filled(page(nginx))
    wait_until(lambda: len(nginx.workers()) == 1, "old workers have ended")
