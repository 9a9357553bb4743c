"""Servers that go on when the test says so: nothing is proved by how late something comes."""

import threading


class Turns:
    """The test gives them, once it has seen what had to come before; a server takes one for each step."""

    def __init__(self):
        self._given = threading.Semaphore(0)

    def give(self):
        self._given.release()

    def take(self):
        """Ends the connection of who gets none in time."""
        if not self._given.acquire(timeout=45):
            raise OSError("the test has not seen what it waits for")
