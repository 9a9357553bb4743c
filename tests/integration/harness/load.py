"""Requests that run throughout a test, each of them judged."""

import threading
import time
from dataclasses import dataclass

from . import scene
from .client import Connection
from .lateness import Lateness, percentile_99
from .waiting import wait_until

# What a machine that runs other tests besides may add to a request, seen from the client. Beside it, what
# the machine itself was late by at its worst: of that the client, NGINX and Redis have their part each.
CLIENT_SLACK = 1.0
# The same seen from the worker, which measures how long it held a page: for ninety-nine of a hundred.
WAIT_SLACK = 0.005

# A connection stays with one worker; so all of them are asked.
REQUESTS_ON_A_CONNECTION = 20


@dataclass
class Answer:
    at: float  # seconds since the load began
    seconds: float
    visitor: str
    filled: bool


class Load:
    """Visitors' requests on a few connections, from `start` to `stop`; every answer must be a whole
    page, personal or as it was, and held no longer than `wait`. `content(visitor)` is what a
    personal page shows him; by default what it shows those whose profile has the name Ada.

    With `reconnect`, a connection that is closed before a response began is made anew: a reload
    closes idle ones, a worker's death all.
    """

    def __init__(self, nginx, wait, visitors=("ada",), connections=4, reconnect=False,
                 content=lambda visitor: scene.HELLO_ADA):
        self._nginx = nginx
        self._wait = wait
        self._visitors = visitors
        self._reconnect = reconnect
        self._content = content
        self._began = time.monotonic()
        self._stopped = threading.Event()
        self.answers = []
        self.failures = []
        self._lateness = Lateness()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True)
                         for n in range(connections)]

    def __enter__(self):
        self._lateness.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            wait_until(lambda: self.failures or len(self.answers) > 20, "requests")
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
        self._lateness.__exit__()
        if kind is None:
            self._judge()

    def _run(self, number):
        connection = None
        sent = 0
        while not self._stopped.is_set():
            visitor = self._visitors[number % len(self._visitors)]
            number += 1
            try:
                connection = connection or Connection(self._nginx.port)
                connection.request("/", headers={"Cookie": f"vid={visitor}"})
                response = connection.response()
            except OSError as error:
                if not self._reconnect:
                    self.failures.append(repr(error))
                    return
                connection = None
                continue
            filled = scene.is_filled(response.body, self._content(visitor))
            if response.status != 200 or not response.complete or not (
                    filled or scene.is_default(response.body)):
                self.failures.append(f"{response.status}, complete: {response.complete}, "
                                     f"{response.body[:200]!r}")
                return
            self.answers.append(
                Answer(time.monotonic() - self._began, response.done_at, visitor, filled))
            sent += 1
            if response.get("connection") == "close" or sent % REQUESTS_ON_A_CONNECTION == 0:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _judge(self):
        assert not self.failures, self.failures[:3]
        slowest = max(answer.seconds for answer in self.answers)
        late = self._lateness.worst()
        assert slowest < self._wait + CLIENT_SLACK + 3 * late, f"{slowest} s, machine late by {late}"
        # A worker that is killed has answered some that it had no time to log.
        logged = len(self.answers) // 2 if self._reconnect else len(self.answers)
        usual = percentile_99([float(entry["wait_time"]) for entry in self._nginx.log(logged)
                               if entry["request"].startswith("GET / ")])
        # The worker is late to note that the wait is over, and late again with what it does then.
        assert usual <= self._wait + WAIT_SLACK + 2 * late, f"held for {usual} s, machine late by {late}"

    def last(self, seconds):
        """The answers of the last `seconds`."""
        since = time.monotonic() - self._began - seconds
        return [answer for answer in list(self.answers) if answer.at > since]

    def defaults(self):
        """The visitors of all answers that were not personal."""
        return [answer.visitor for answer in list(self.answers) if not answer.filled]

    def is_personal_again(self):
        """Whether all the answers of late were personal; for wait_until."""
        recent = self.last(0.3)
        return len(recent) > 3 and all(answer.filled for answer in recent)

    def wait_all_filled(self, seconds=30):
        """Until each visitor has had a personal page since now."""
        since = time.monotonic() - self._began

        def missing():
            assert not self.failures, self.failures[:3]
            return set(self._visitors) - {answer.visitor for answer in list(self.answers)
                                          if answer.filled and answer.at > since}
        wait_until(lambda: not missing(), "all pages personal", seconds, 0.02)
