"""Waiting for a condition instead of sleeping for a guess."""

import time


def wait_until(condition, what, seconds=45.0, step=0.01):
    """Returns the first true value of `condition()`; AssertionError after `seconds`. Asks often at first,
    then each `step`. The limit ends a test that has failed, and no slow machine comes near it; it is less than the
    minute for which caches of tests keep documents, so that no change is seen for its age alone."""
    deadline = time.monotonic() + seconds
    pause = min(0.001, step)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)
        pause = min(2 * pause, step)


def wait_until_steady(sample, what, seconds=30.0, interval=0.5):
    """Returns what `sample()` tells once it tells the same twice, `interval` apart."""
    deadline = time.monotonic() + seconds
    before = sample()
    while True:
        time.sleep(interval)
        now = sample()
        if now == before:
            return now
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        before = now
