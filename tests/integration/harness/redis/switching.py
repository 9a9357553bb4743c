"""How soon every worker obeys what is switched in Redis."""

import time

from .. import scene
from ..lateness import Lateness
from ..visits import hello, visit

SOON = 1.0  # seconds, within which a switch is obeyed


def every_worker(nginx, is_right, ask):
    """Asks until each worker has answered rightly, with nothing wrong in between; returns when the
    last wrong answer was asked for, or 0. The answers say who they are from in X-Worker."""
    last_wrong = 0
    pending = set(map(str, nginx.workers()))
    deadline = time.monotonic() + 20
    while pending:
        assert time.monotonic() < deadline, f"not obeyed, or never asked: {pending}"
        asked = time.monotonic()
        response = ask()
        if is_right(response.text):
            pending.discard(response.get("x-worker"))
        else:
            last_wrong = asked
            pending = set(map(str, nginx.workers()))
    return last_wrong


def obeyed(nginx, switch, is_right, ask):
    """Calls `switch`; within a second, all answers of all workers are right."""
    with Lateness() as lateness:
        switch()
        began = time.monotonic()
        last_wrong = every_worker(nginx, is_right, ask)
    assert last_wrong - began < SOON + 2 * lateness.worst(), lateness.worst()


def switch(server, value):
    """Switches the shared campaign; the server is the one that has the key."""
    server.data.hset("pz:switches", "campaign:greeting", value)


def is_switched(nginx, visitor, value):
    every_worker(nginx, *_seen_by(nginx, visitor, value))


def is_switched_soon(nginx, server, visitor, value):
    """Switches the shared campaign, and every worker obeys within a second."""
    obeyed(nginx, lambda: switch(server, value), *_seen_by(nginx, visitor, value))


def _seen_by(nginx, visitor, value):
    content = hello(visitor) if value == "on" else scene.DEFAULT
    return lambda text: scene.is_filled(text, content), lambda: visit(nginx, visitor)
