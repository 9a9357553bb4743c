"""Pages that have plans: files that are old enough, and a visitor who learns how each of his pages
was sent."""

import atexit
import functools
import gzip
import json
import os
import shutil
import tempfile
import time
import zlib
from pathlib import Path

from . import pages
from .client import Connection, get_http2
from .pages import END, HEAD, PAGES, filling, slot
from .waiting import wait_until

# A file that changed less than 2.1 seconds ago has no plan.
SETTLING = 2.2

# What gzip's header says of the system: "unknown" where a plan's stretches were joined, and "Unix"
# where NGINX compressed the page itself.
JOINED = 0xff

# Beside the pages that all tests of responses use: one that is longer than the 128 KB up to which a
# page is read into memory, one that takes many steps to plan, one without any slot.
LARGE = {
    **PAGES,
    "large": pages.whole(150_000, 150_000, filling(50_000, "d")),
    "bare": pages.Page("", "", ""),
}
LARGE["bare"].html = LARGE["bare"]._filled = HEAD + filling(20_000) + END


def is_settled(path):
    return time.time() - os.stat(path).st_ctime > SETTLING


def wait_settled(*paths):
    wait_until(lambda: all(is_settled(path) for path in paths), "files that are old enough")


@functools.lru_cache(None)
def old_files():
    """A directory with the pages of LARGE, and more, all of them old enough; made once a run."""
    directory = Path(tempfile.mkdtemp(prefix="pz-old-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    directory.chmod(0o755)
    for name, page in LARGE.items():
        (directory / name).write_text(page.html)
    for number in range(100):
        (directory / f"many-{number}").write_text(numbered(number).html)
    for number in range(5):
        (directory / f"huge-{number}").write_text(huge(number).html)
    for name, html in MORE.items():
        (directory / name).write_text(html)
    (directory / "packed.html.gz").write_bytes(gzip.compress(PAGES["middle"].html.encode()))
    wait_settled(*directory.iterdir())
    return directory


def numbered(number):
    return pages.whole(3000 + number, 3000, filling(100, str(number)))


@functools.lru_cache(None)
def huge(number):
    """Just not too long for a plan."""
    return pages.whole(1_000_000 + number, 1_000_000)


# What single tests are about.
MORE = {
    "slots": HEAD.replace("<body>", '<body class="first">')
    + '<h1>Łódź</h1><!--pz:greeting--><a href="/login">Log in</a><!--/pz-->\n'
    + filling(9000, "1")
    + slot(name="nobody")
    + slot(f"<i>before</i>{slot('<u>inner</u>', 'inner')}<i>after</i>", "outer")
    + slot(f"<i>before</i>{slot('<u>inner</u>', 'inner')}<i>after</i>", "kept")
    + "".join(f'<p class="every">{n}</p>\n' for n in range(40))
    + filling(9000, "2") + '<div id="place">place</div>' + slot() + slot() + END,
    "grid": HEAD + "".join(
        f'<article class="card"><a href="/p/{n}"><img src="/p/{n}.jpg" alt="A lamp of many" width="300" '
        f'height="300" loading="lazy"></a><h3>Lamp number {n}</h3><p class="every">{n} euros</p>'
        '<button type="submit" class="button button--primary">Add to the basket</button></article>\n'
        for n in range(80)) + END,
    "meta": "<!doctype html><html><head><title>x</title><!--pz:s-->1<!--/pz-->"
            f'<meta charset="utf-8"></head><body>{slot()}{filling(3000)}{END}',
    "utf-8": HEAD + "ю" * 20 + slot() + filling(3000) + "ю" + END,
    "long-tag": f"{HEAD}<p {' '.join(f'a{n}' for n in range(500))}></p>{slot()}"
                f"{filling(3000)}{END}",
    "long-content": f"{HEAD}<!--pz:s-->{'x' * 3000}<!--/pz-->{filling(3000)}{END}",
    "doubtful": f"{HEAD}<div><!--pz:s-->never closed</div>{filling(3000)}{END}",
}


def share_old_files(nginx):
    """They are at html/old."""
    (nginx.directory / "html" / "old").symlink_to(old_files())


def inflate(body):
    """As a strict decoder does: one member, its check and length right, and nothing behind it."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain = decoder.decompress(body)
    assert decoder.eof, "the gzip member does not end"
    assert decoder.unused_data == b"", "something follows the gzip member"
    return plain


def is_joined(response):
    """Whether the page was sent compressed by its plan."""
    return response.get("content-encoding") == "gzip" and response.body[9] == JOINED


def body_of(response):
    """The body as bytes, inflated."""
    return inflate(response.body) if response.get("content-encoding") == "gzip" else response.body


class Visitor:
    """Asks for pages; every response has `logged`, its entry in the log, and `plan`, the value of
    $personalize_plan there."""

    def __init__(self, nginx, http2_port=None):
        self._nginx = nginx
        self.http2_port = http2_port
        self._asked = 0

    def get(self, path, client="1.1", headers=(), vid="ada", port=None):
        """`client` is "1.1", "1.0", "2", with " gzip" behind it for one that takes gzip; `port` is
        another server's."""
        version, _, encoding = client.partition(" ")
        self._asked += 1
        cookie = f"vid={vid}; n={self._asked}"
        given = {"Cookie": cookie, **({"Accept-Encoding": encoding} if encoding else {}),
                 **dict(headers)}
        if version == "2":
            response = get_http2(self.http2_port, [(path, given)])[0]
        else:
            with Connection(port or self._nginx.port) as connection:
                connection.request(path, headers={"Connection": "close", **given}, version=version)
                response = connection.response()
        response.logged = self.logged(given["Cookie"])
        response.plan = response.logged["plan"]
        return response

    def logged(self, cookie):
        def find():
            for line in reversed(self._nginx.log_lines()):
                if f'"cookie":"{cookie}"' in line:
                    return json.loads(line)
            return None
        return wait_until(find, "a line in access.log")

    def hits(self, path, check=None, clients=("1.1", "1.1 gzip"), **options):
        """Asks until the page is sent by its plan to each of the clients; `check` is called with
        every response on the way. Returns the last ones."""
        found = []
        for client in clients:
            def ask():
                response = self.get(path, client, **options)
                if check is not None:
                    check(response)
                is_by_plan = response.plan == "hit" and (
                    response.get("content-encoding") != "gzip" or is_joined(response))
                return response if is_by_plan else None
            found.append(wait_until(ask, f"a plan of {path} for {client}", step=0.005))
        return found


def status(nginx, path="/status"):
    return json.loads(nginx.get(f"{path}?format=json").text)


def without_redis(nginx, extra=""):
    """The http block: a campaign for slot `s` that needs no document. Its content is CONTENT."""
    nginx.file("content.html", pages.CONTENT)
    return f"""
      personalize_campaign greeting {{ slot s; when cookie.vid; fragment content.html; }} {extra}
    """


def twin(nginx, port, server):
    """For the http block: a server that differs from the first in having no plans."""
    return f"""server {{
      listen 127.0.0.1:{port}; root {nginx.directory}/html; personalize_plans off; {server}
    }}"""


STATUS = "location = /status { personalize_status; }\n"
