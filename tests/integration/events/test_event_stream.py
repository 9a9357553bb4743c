"""The stream while Redis is stopped, killed, full or a cluster, and while workers end: what was
acknowledged is in it once, what was not is counted, and no page waits."""

import os
import signal
import threading

import pytest

from harness.client import Connection
from harness.events import BROWSER, STREAM, EventShop, ids, read_stream
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until, wait_until_steady

SMALL = "stream=pz:events buffer=64k views=on"


class Visits:
    """Visitors who keep looking at pages, until the end."""

    def __init__(self, shop, connections=2):
        self._shop = shop
        self._stopped = threading.Event()
        self.count = 0
        self.slowest = 0.0
        self.failures = []
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True)
                         for i in range(connections)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)
        if kind is None:
            assert self.failures == []

    def more(self, count):
        """Waits for so many more pages."""
        target = self.count + count
        wait_until(lambda: self.count >= target or self.failures, f"{count} pages", 60)

    def _run(self, number):
        connection, made, i = None, 0, 0
        while not self._stopped.is_set():
            i += 1
            try:
                connection = connection or Connection(self._shop.nginx.port)
                connection.request(f"/{number}/{i}", headers={
                    "Cookie": f"vid=v{number}-{i}", "User-Agent": BROWSER})
                response = connection.response()
            except OSError:
                # A worker was killed, or a reload closed the connection.
                connection, made = None, made + 1
                if made > 200:
                    self.failures.append("no connection")
                    return
                continue
            if response.status != 200 or not response.complete:
                self.failures.append((response.status, response.complete))
            self.slowest = max(self.slowest, response.done_at)
            self.count += 1
            if i % 20 == 0:
                connection.close()
                connection = None


def settled(shop, seconds=30):
    """The metrics, once nothing is on its way."""
    def counters():
        status = shop.status()
        return status["events_written"], status["events_dropped"]
    return wait_until_steady(counters, "nothing is on its way", seconds, 1.0)


def check(shop, lost=0):
    """What was acknowledged is in the stream, each once; what was not may be. Redis has forgotten
    `lost` that it had."""
    written, dropped = settled(shop)
    written["stream"] -= lost
    events = shop.events()
    found = len(ids(events))
    assert written["stream"] <= found <= written["stream"] + dropped["unacknowledged"], (
        found, written, dropped)
    return events, written["stream"], dropped


def test_every_event_is_there(nginx, redis):
    shop = EventShop(nginx, redis, workers=2).start()
    with Visits(shop, 4) as visits:
        visits.more(2000)
    events, written, dropped = check(shop)
    assert written == len(events) == 2 * visits.count and not any(dropped.values())


def test_maxlen(nginx, redis):
    shop = EventShop(nginx, redis, "stream=pz:events maxlen=100").start()
    with Visits(shop) as visits:
        visits.more(600)
    settled(shop)
    assert 100 <= shop.length() <= 300


def test_redis_stops_and_goes_on(nginx, redis):
    shop = EventShop(nginx, redis, timeout="100ms").start()
    with Visits(shop) as visits:
        visits.more(200)
        redis.suspend()
        visits.more(200)
        redis.resume()
        visits.more(200)
        wait_until(lambda: shop.status()["events_written"]["stream"] > 600, "events are written")
    events, written, dropped = check(shop)
    # What waited for Redis came in the order in which it happened, before what was next.
    assert dropped["full"] == 0
    assert written + dropped["unacknowledged"] == 2 * visits.count


def test_the_oldest_make_room_and_are_counted(nginx, redis):
    shop = EventShop(nginx, redis, SMALL, timeout="100ms").start()
    shop.get("/first")
    shop.settled()
    redis.kill()
    with Visits(shop) as visits:
        visits.more(1000)
    assert shop.dropped()["full"] > 500
    shop.get("/last")
    redis.start()
    wait_until(lambda: any(event["path"] == "/last" for event in read_stream(redis.data)),
               "what waited is written")
    events, written, dropped = check(shop, 4)
    assert dropped["full"] + dropped["unacknowledged"] + written == 2 * visits.count + 1
    # What is there are the newest, in order.
    numbers = [int(event["id"].split("-")[1]) for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_exposure_that_was_dropped_counts_again(nginx, redis):
    shop = EventShop(nginx, redis, "stream=pz:events buffer=64k views=off", timeout="100ms").start()
    redis.kill()
    with Visits(shop) as visits:
        visits.more(600)
    assert shop.dropped()["full"] > 0
    redis.start()
    wait_until(lambda: redis.data.xlen(STREAM) > 0, "what waited is written")
    settled(shop)
    before = redis.data.xlen(STREAM)
    # The first visitors' exposures were dropped, so they are written now; the last ones' were not.
    shop.get(visitor="v0-1")
    wait_until(lambda: redis.data.xlen(STREAM) == before + 1, "it is written")


def test_redis_is_killed_and_comes_back(nginx, redis):
    shop = EventShop(nginx, redis, timeout="200ms").start()
    with Visits(shop) as visits:
        visits.more(200)
        redis.kill()
        visits.more(200)
        redis.start()
        wait_until(lambda: redis.data.xlen(STREAM) > 0, "events are written again")
        visits.more(100)
    written, dropped = settled(shop)
    # It keeps nothing on disk: what was written before is gone.
    assert written["stream"] + dropped["unacknowledged"] + dropped["full"] == 2 * visits.count
    ids(shop.events())


def test_a_full_redis_refuses(nginx, redis):
    shop = EventShop(nginx, redis).start()
    shop.get()
    shop.settled()
    redis.data.config_set("maxmemory", 1)
    with Visits(shop) as visits:
        visits.more(300)
    wait_until(lambda: shop.dropped().get("refused"), "refused")
    # It is asked with one event after another, not with all.
    assert shop.dropped()["refused"] < visits.count
    redis.data.config_set("maxmemory", 0)
    wait_until(lambda: shop.status()["events_written"]["stream"] > 300, "they are written")
    events, written, dropped = check(shop)
    assert written + dropped["refused"] == 2 * visits.count + 2 + 2
    assert "Redis refused an event" in nginx.error_log()


def test_a_key_of_another_type(nginx, redis):
    shop = EventShop(nginx, redis).start()
    redis.data.set(STREAM, "x")
    shop.get()
    wait_until(lambda: shop.dropped().get("refused"), "refused")
    redis.data.delete(STREAM)
    wait_until(lambda: shop.get(visitor="bob") and redis.data.xlen(STREAM) > 0, "written", step=0.1)


def test_workers_are_killed(nginx, redis):
    shop = EventShop(nginx, redis, workers=2).start()
    nginx.tolerate("exited on signal 9")
    nginx.tolerate("shared memory zone")
    with Visits(shop, 4) as visits:
        for _ in range(3):
            visits.more(200)
            nginx.kill_worker(nginx.workers()[0])
    written, dropped = settled(shop)
    found = len(ids(shop.events()))
    # A killed worker counts neither what Redis has not answered, nor what it has not sent.
    assert written["stream"] <= found <= 2 * visits.count + 100
    assert found >= 2 * visits.count - 3 * 400


def test_a_reload_loses_nothing(nginx, redis):
    shop = EventShop(nginx, redis, workers=2).start()
    with Visits(shop, 4) as visits:
        for _ in range(3):
            visits.more(200)
            nginx.reload()
        visits.more(100)
    events, written, dropped = check(shop)
    assert not any(dropped.values())
    assert written == len(events) == 2 * visits.count


def test_quit_sends_what_is_left(nginx, redis):
    shop = EventShop(nginx, redis).start()
    for i in range(50):
        shop.get(f"/{i}", visitor=f"v{i}")
    nginx.stop()
    assert len(ids(shop.events())) == 100


def test_quit_does_not_wait_for_a_redis_that_is_gone(nginx, redis):
    shop = EventShop(nginx, redis, timeout="100ms").start()
    redis.suspend()
    for i in range(50):
        shop.get(f"/{i}", visitor=f"v{i}")
    nginx.signal(signal.SIGQUIT)
    assert nginx.wait_ended(15) == 0
    redis.resume()


def test_term_ends_at_once(nginx, redis):
    shop = EventShop(nginx, redis).start()
    redis.suspend()
    shop.get()
    nginx.signal(signal.SIGTERM)
    assert nginx.wait_ended(10) == 0
    redis.resume()


def test_no_page_waits(nginx, redis):
    shop = EventShop(nginx, redis, timeout="60s").start()
    redis.suspend()
    for i in range(100):
        assert shop.get(f"/{i}", visitor=f"v{i}").done_at < 15
    redis.resume()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    servers = RedisCluster(tmp_path_factory.mktemp("cluster"))
    yield servers
    servers.stop()


def test_a_cluster_has_one_stream(nginx, cluster):
    shop = EventShop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster",
                     workers=2).start(connected=False)
    with Visits(shop) as visits:
        visits.more(200)
        before = cluster.master_of(STREAM)
        slot = before.command("CLUSTER", "KEYSLOT", STREAM)
        target = next(master for master, _ in cluster.shards() if master is not before)
        cluster.move_slot(slot, target)
        visits.more(200)
    written, dropped = settled(shop)
    events = read_stream(cluster.master_of(STREAM).data)
    assert cluster.master_of(STREAM) is target
    assert len(ids(events)) + sum(dropped.values()) >= 2 * visits.count
    assert written["stream"] <= len(events) and dropped["full"] == 0


def test_file_descriptors_do_not_leak(nginx, redis):
    shop = EventShop(nginx, redis).start()
    shop.get()
    shop.settled()
    before = len(os.listdir(f"/proc/{nginx.workers()[0]}/fd"))
    with Visits(shop, 1) as visits:
        visits.more(300)
    settled(shop)
    wait_until(lambda: len(os.listdir(f"/proc/{nginx.workers()[0]}/fd")) <= before + 1, "closed")
