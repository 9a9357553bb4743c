"""Waiting for a condition instead of sleeping for a guess."""

import time


def wait_until(condition, what, seconds=10.0, step=0.01):
    """Returns the first true value of `condition()`; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(step)
