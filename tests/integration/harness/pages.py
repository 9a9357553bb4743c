"""Pages whose every byte is told from every other, with slots where a test wants them; and a Redis
that answers at once, late or never."""

import functools
import gzip
import time

from .redis.rogue import bulk

HEAD = "<!doctype html>\n<html><head><title>Shop</title></head>\n<body>\n"
END = "</body>\n</html>\n"
CONTENT = "<b>content for Ada</b>"
DEFAULT = "<p>for everybody</p>"


@functools.lru_cache(32)
def filling(size, label=""):
    """About `size` bytes of rows that are all different, so that lost, doubled and exchanged parts
    are seen."""
    rows = []
    length = 0
    while length < size:
        row = f'<p class="row {label}">{len(rows)} &amp; <a href="/{length}">more</a></p>\n'
        rows.append(row)
        length += len(row)
    return "".join(rows)


def slot(default=DEFAULT, name="s"):
    return f'<div data-pz-slot="{name}">{default}</div>'


class Page:
    """A page around one slot: `default` is what stands in it, `filled()` what a visitor gets whose
    document came."""

    def __init__(self, before, after, default=DEFAULT):
        self.html = before + slot(default) + after
        self._filled = before + slot(CONTENT) + after

    def filled(self):
        return self._filled

    def expected(self, answers):
        return self._filled if answers else self.html


def whole(before=0, after=0, default=DEFAULT):
    return Page(HEAD + filling(before, "b"), filling(after, "a") + END, default)


# By name, as a path's last part.
PAGES = {
    "small": whole(100, 100),
    "start": whole(0, 60_000),
    "middle": whole(30_000, 30_000),
    "end": whole(60_000, 0),
    # Default content larger than any buffer that a test sets up.
    "wide": whole(5_000, 5_000, filling(40_000, "d")),
}

ADA = {"Cookie": "vid=ada"}

# How Redis answers: seconds until a look-up's reply, and the most that a slot holds the response.
# "late" arrives while the slot is held.
HELD = 15  # seconds, which no answer takes on the slowest of machines
ANSWERS = {"now": (0.0, f"{HELD}s"), "late": (0.05, f"{HELD}s"), "never": (None, "80ms")}
# For a response that is not to be held at all: it would be until HELD seconds had passed.
UNHELD = "unheld"


def answer(rogue, how, turns=None):
    """`how` is one of ANSWERS, UNHELD, or a number of seconds. With `turns`, each answer takes one."""
    delay = None if how == UNHELD else ANSWERS[how][0] if how in ANSWERS else how

    def on_read(session, _):
        if delay is None:
            return
        time.sleep(delay)
        if turns:
            turns.take()
        session.send(bulk('{"name":"Ada"}'))

    rogue.on_read = on_read


def http(rogue, extra=""):
    """The http block: a campaign for slot `s` that waits for the visitor's profile."""
    return f"""
  personalize_redis unix:{rogue.socket} timeout=20s connect_timeout=20s;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${{visitor.id}} ttl=0;
  personalize_campaign greeting {{ slot s; when profile.name; fragment content.html; }}
  {extra}
"""


def wait(how):
    return f"personalize_wait {f'{HELD}s' if how == UNHELD else ANSWERS[how][1]};"


def prepare(nginx):
    nginx.file("content.html", CONTENT.replace("Ada", "{{profile.name}}"))


def body_of(response):
    """The body as text, whatever its encoding."""
    body = response.body
    if response.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return body.decode()


def assert_same(got, expected, what):
    """Tells where two long bodies part, instead of printing them."""
    if got == expected:
        return
    at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b),
              min(len(got), len(expected)))
    raise AssertionError(f"{what}: {len(got)} bytes for {len(expected)}; at {at} "
                         f"{got[at - 40:at + 60]!r} for {expected[at - 40:at + 60]!r}")
