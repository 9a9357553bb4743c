"""The file of events: whole lines, rotated like a log."""

import os
import resource
import signal

import pytest

from harness.events import EventShop, ids, kinds, pseudonym, read_lines
from harness.waiting import wait_until

FILE = "file={directory}/events.json"


@pytest.fixture
def shop(nginx):
    def make(events=FILE, start=True, **options):
        shop = EventShop(nginx, None, events, **options)
        shop.path = nginx.directory / "events.json"
        return shop.start() if start else shop
    return make


def lines(shop, count):
    wait_until(lambda: len(read_lines(shop.path)) >= count, f"{count} lines")
    return read_lines(shop.path)


def test_lines(shop):
    shop = shop()
    shop.get("/a%22b")
    exposure, view = lines(shop, 2)
    assert kinds([exposure, view]) == ["exposure", "view"]
    assert exposure["attributes"] == {"device.type": "desktop"}
    assert view["path"] == '/a"b' and view["visitor"] == pseudonym("ada")
    assert isinstance(view["time"], int)
    assert shop.written("file") == 2 and shop.written("stream") == 0


def test_both(nginx, redis):
    shop = EventShop(nginx, redis, "stream=pz:events " + FILE).start()
    shop.path = nginx.directory / "events.json"
    for i in range(10):
        shop.get(f"/{i}")
    streamed = shop.events(11)
    assert lines(shop, 11) == streamed


def test_rotation_loses_and_tears_nothing(shop, nginx):
    """As logrotate does it: rename, USR1, and the old file is not written any more."""
    shop = shop(workers=2)
    asked = 0
    for turn in range(4):
        for i in range(60):
            shop.get(f"/{turn}/{i}", visitor=f"v{turn}-{i}")
            asked += 1
        os.rename(shop.path, nginx.directory / f"events.{turn}")
        for i in range(20):
            shop.get(f"/{turn}/late/{i}", visitor=f"w{turn}-{i}")
            asked += 1
        nginx.signal(signal.SIGUSR1)
        wait_until(shop.path.exists, "a new file")
    everything = []

    def is_all():
        everything[:] = read_lines(shop.path)
        for turn in range(4):
            everything.extend(read_lines(nginx.directory / f"events.{turn}"))
        return len(everything) >= 2 * asked
    wait_until(is_all, "all lines")
    assert len(ids(everything)) == 2 * asked


def test_reload_and_quit_write_what_is_left(shop, nginx):
    shop = shop(workers=2)
    for turn in range(3):
        for i in range(20):
            shop.get(f"/{i}", visitor=f"v{turn}-{i}")
        nginx.reload()
    for i in range(20):
        shop.get(f"/{i}", visitor=f"z{i}")
    nginx.stop()
    assert len(ids(read_lines(shop.path))) == 160


def test_a_full_disk(shop, nginx):
    """Nothing but whole lines, once there is room again; what was lost is counted."""
    command = nginx._command
    nginx._command = lambda *words: ["env", "--ignore-signal=XFSZ", *command(*words)]
    shop = shop()
    shop.get("/before")
    size = len(lines(shop, 2)) and shop.path.stat().st_size
    worker = nginx.workers()[0]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
    shop.get("/torn")
    wait_until(lambda: shop.dropped().get("error"), "an error")
    shop.get("/lost")
    wait_until(lambda: shop.dropped()["error"] == 2, "another")
    resource.prlimit(worker, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    shop.get("/after")
    wait_until(lambda: shop.path.read_text().endswith("}\n"), "a line")
    text = shop.path.read_text().splitlines()
    assert len(text) == 4 and '"/before"' in text[1] and '"/after"' in text[3]
    assert not text[2].endswith("}")
    assert shop.written("file") == 3


def test_what_is_never_written_is_counted(shop, nginx):
    shop = shop("file=/dev/full")
    shop.get()
    wait_until(lambda: shop.dropped() == {"error": 2}, "an error")
    assert "No space left on device" in nginx.error_log()


def test_the_file_of_another_log(nginx):
    nginx.configure(f"""
      personalize_visitor cookie=vid;
      personalize_events file={nginx.directory}/x.log;
      access_log {nginx.directory}/x.log combined buffer=4k;""")
    code, output = nginx.check()
    assert code != 0 and "it is the file of a log" in output
