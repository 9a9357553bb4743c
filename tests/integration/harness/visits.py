"""Requests that go on throughout, while the test does something to Redis."""

import threading
import time

from . import scene
from .waiting import wait_until

SLACK = 1.0  # what a busy machine may add to a time limit


class Load:
    """Requests throughout; `check()` says that none failed and none was late."""

    def __init__(self, nginx, visitors, wait=1.0, threads=3):
        self._nginx = nginx
        self._visitors = visitors
        self._wait = wait
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.seen = []  # (when, visitor, filled)
        self._wrong = []
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, i):
        while not self._stop.is_set():
            visitor = self._visitors[i % len(self._visitors)]
            i += 1
            try:
                response = self._nginx.get("/", headers={"Cookie": f"vid={visitor}"})
            except OSError as error:
                self._wrong.append(error)
                continue
            filled = scene.is_filled(response.text, f"<p>Hello {visitor}</p>")
            if response.status != 200 or not response.complete or not (
                    filled or scene.is_default(response.text)):
                self._wrong.append(response)
            if response.done_at > self._wait + SLACK:
                self._wrong.append(f"late: {response.done_at}")
            with self._lock:
                self.seen.append((time.monotonic(), visitor, filled))

    def wait_all_filled(self, seconds=15):
        """Until each visitor has his page again."""
        since = time.monotonic()
        wait_until(lambda: self._filled_since(since) >= set(self._visitors), "all pages personal",
                   seconds, 0.02)
        return time.monotonic() - since

    def _filled_since(self, since):
        with self._lock:
            return {visitor for at, visitor, filled in self.seen if filled and at > since}

    def defaults(self):
        with self._lock:
            return [visitor for _, visitor, filled in self.seen if not filled]

    def check(self):
        assert not self._wrong, self._wrong[:5]
        assert len(self.seen) > 50
