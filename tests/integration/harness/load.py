"""Requests that run throughout a test, each of them judged."""

import threading
import time
from dataclasses import dataclass

from . import scene
from .client import Connection

# What a machine that runs other tests besides may add to a request, seen from the client.
CLIENT_SLACK = 1.0
# The same seen from the worker, which measures how long it held a page: for ninety-nine of a
# hundred. Beside it, what the machine itself is late by.
WAIT_SLACK = 0.005


@dataclass
class Answer:
    at: float  # seconds since the load began
    seconds: float
    filled: bool


class Load:
    """Visitors' requests on a few connections, from `start` to `stop`; every answer must be a whole
    page, personal or as it was, and in time. `visitors` are ids whose profile has the name Ada.

    With `reconnect`, a connection that is closed before a response began is made anew: a reload
    closes idle ones, a worker's death all.
    """

    def __init__(self, nginx, wait, visitors=("ada",), connections=4, reconnect=False):
        self._nginx = nginx
        self._wait = wait
        self._visitors = visitors
        self._reconnect = reconnect
        self._began = time.monotonic()
        self._stopped = threading.Event()
        self.answers = []
        self.failures = []
        self._lateness = []  # of somebody who only sleeps
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True)
                         for n in range(connections)]
        self._threads.append(threading.Thread(target=self._sleep, daemon=True))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
        if kind is None:
            self._judge()

    def _sleep(self):
        while not self._stopped.is_set():
            before = time.monotonic()
            time.sleep(0.005)
            self._lateness.append(time.monotonic() - before - 0.005)

    def _run(self, number):
        connection = None
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
            filled = scene.is_filled(response.body)
            if response.status != 200 or not response.complete or not (
                    filled or scene.is_default(response.body)):
                self.failures.append(f"{response.status}, complete: {response.complete}, "
                                     f"{response.body[:200]!r}")
                return
            self.answers.append(Answer(time.monotonic() - self._began, response.done_at, filled))
            if response.get("connection") == "close":
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _judge(self):
        assert not self.failures, self.failures[:3]
        assert len(self.answers) > 20, "hardly any requests"
        slowest = max(answer.seconds for answer in self.answers)
        assert slowest < self._wait + CLIENT_SLACK, f"{slowest} s"
        # A worker that is killed has answered some that it had no time to log.
        logged = len(self.answers) // 2 if self._reconnect else len(self.answers)
        waits = sorted(float(entry["wait_time"]) for entry in self._nginx.log(logged))
        late = sorted(self._lateness)[len(self._lateness) * 99 // 100]
        usual = waits[len(waits) * 99 // 100]
        assert usual <= self._wait + WAIT_SLACK + late, f"held for {usual} s, machine late by {late}"

    def last(self, seconds):
        """The answers of the last `seconds`."""
        since = time.monotonic() - self._began - seconds
        return [answer for answer in list(self.answers) if answer.at > since]

    def is_personal_again(self):
        """Whether all the answers of late were personal; for wait_until."""
        recent = self.last(0.3)
        return len(recent) > 3 and all(answer.filled for answer in recent)
