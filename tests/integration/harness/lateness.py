"""How late the machine itself is, with all that runs on it besides."""

import math
import threading
import time

NAP = 0.005  # seconds


class Lateness:
    """Measured by somebody who only sleeps, from entry to exit."""

    def __init__(self):
        self._stopped = threading.Event()
        self._seen = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join(10)

    def _run(self):
        while not self._stopped.is_set():
            before = time.monotonic()
            time.sleep(NAP)
            self._seen.append(time.monotonic() - before - NAP)

    def worst(self):
        """Seconds that it was never later than."""
        return max(self._seen, default=0.0)

    def usual(self):
        """Seconds that it was not later than, ninety-nine times of a hundred."""
        return percentile_99(self._seen)


def percentile_99(values):
    """The least of the values that ninety-nine of a hundred are not beyond."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]
