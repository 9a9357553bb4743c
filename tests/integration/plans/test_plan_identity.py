"""Never a wrong plan: whatever becomes of a file, of a cache entry, of the configuration or of a
worker, no response carries pieces of two versions, or slots that are not its own."""

import json
import os
import shutil
import threading

import pytest

from harness import pages, plans
from harness.client import Connection
from harness.pages import CONTENT, END, HEAD, assert_same, filling, slot
from harness.plans import body_of
from harness.ports import ReservedPort
from harness.waiting import wait_until

BOTH = ("1.1", "1.1 gzip")


def version(name, before, after):
    """A page whose every row tells which version it is of."""
    return pages.Page(HEAD + filling(before, name), filling(after, name) + END)


# Two versions of the same size, whose slots are elsewhere.
A = version("a", 20_000, 40_000)
B = version("b", 40_000, 20_000)
for page in (A, B):
    page.html += " " * (60_500 - len(page.html))
SHORT = version("s", 9_000, 9_000)
LONG = version("l", 50_000, 50_000)


def expected(page):
    return page.html.replace(slot(), slot(CONTENT)).encode()


def test_versions():
    assert len(A.html) == len(B.html) and A.html.index(slot()) != B.html.index(slot())


# Files


def write_beside(path, page):
    beside = path.with_name(path.name + ".new")
    beside.write_text(page.html)
    return beside


def replaced(path):
    write_beside(path, B).rename(path)
    return B


def with_the_old_time(change, path):
    before = path.stat()
    page = change(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return page


def replaced_and_given_the_old_time(path):
    return with_the_old_time(replaced, path)


def rewritten_in_place(path):
    with open(path, "r+") as file:
        file.write(B.html)
    return B


def rewritten_in_place_and_given_the_old_time(path):
    return with_the_old_time(rewritten_in_place, path)


def shortened(path):
    with open(path, "r+") as file:
        file.write(SHORT.html)
        file.truncate()
    return SHORT


def grown(path):
    with open(path, "r+") as file:
        file.write(LONG.html)
    return LONG


def touched(path):
    os.utime(path)
    return A


def given_an_old_time(path):
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return A


def made_anew_with_the_same_inode(path):
    inode = path.stat().st_ino
    path.unlink()
    for _ in range(50):
        path.write_text(B.html)
        if path.stat().st_ino == inode:
            break
        path.rename(path.with_name(f"kept-{path.stat().st_ino}"))
    else:
        path.write_text(B.html)
    return B


def behind_another_link(path):
    other = write_beside(path, B)
    path.unlink()
    path.symlink_to(other.name)
    return B


CHANGES = [replaced, replaced_and_given_the_old_time, rewritten_in_place,
           rewritten_in_place_and_given_the_old_time, shortened, grown, touched, given_an_old_time,
           made_anew_with_the_same_inode, behind_another_link]


def test_files_that_change(nginx):
    """At once after the change, until there is a plan again, and by that; twice, since a change may
    also lead back to what was."""
    paths = {change.__name__: nginx.page(change.__name__, A.html) for change in CHANGES}
    # Whoever keeps a file open sees the one that he opened, with the size that it had.
    kept = {change.__name__: nginx.page(f"kept/{change.__name__}", A.html) for change in CHANGES}
    nginx.configure(plans.without_redis(nginx, "gzip on; gzip_min_length 1;"), f"""
      personalize on;
      location /kept/ {{
        open_file_cache max=100; open_file_cache_valid 1h;
        location /kept/off/ {{ alias {nginx.directory}/html/kept/; personalize_plans off; }}
      }}""")
    nginx.start()
    visitor = plans.Visitor(nginx)

    def is_version(page):
        wanted = expected(page)
        return lambda response: assert_same(body_of(response), wanted, name)

    plans.wait_settled(*paths.values(), *kept.values())
    for name in paths:
        visitor.hits(f"/{name}", is_version(A))
        visitor.hits(f"/kept/{name}", is_version(A))
    now = {}
    for change in CHANGES:
        name = change.__name__
        now[name] = change(paths[name])
        for client in BOTH * 2:
            is_version(now[name])(visitor.get(f"/{name}", client))
        change(kept[name])
    # NGINX ends a response whose file is shorter than it was.
    nginx.tolerate(r"only \d+ of \d+ from|was truncated")

    def whole(path, client):
        try:
            response = visitor.get(path, client)
        except ConnectionError:
            return None
        return body_of(response) if response.complete else None

    for name in kept:
        for client in BOTH * 2:
            planned, unplanned = (whole(f"/kept/{off}{name}", client) for off in ("", "off/"))
            assert (planned is None) == (unplanned is None) == (name == "shortened"), name
            if planned is not None:
                assert_same(planned, unplanned, name)
    plans.wait_settled(*paths.values())
    for name in paths:
        visitor.hits(f"/{name}", is_version(now[name]))
        write_beside(paths[name], A).rename(paths[name])
        for client in BOTH:
            is_version(A)(visitor.get(f"/{name}", client))


class Load:
    """Visitors who ask for a page all the time, until the end of the block; each response must be
    one of these."""

    def __init__(self, nginx, path, wanted, reconnect=False):
        self._nginx = nginx
        self._path = path
        self._wanted = wanted
        self._reconnect = reconnect
        self._ended = threading.Event()
        self.seen = [0] * len(wanted)
        self.failures = []
        self._threads = [threading.Thread(target=self._run, args=(encoding,), daemon=True)
                         for encoding in ("identity", "gzip") * 2]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.failures, self.failures[0]

    def _run(self, encoding):
        connection = None
        try:
            while not self._ended.is_set() and not self.failures:
                try:
                    connection = connection or Connection(self._nginx.port)
                    connection.request(self._path, headers={**pages.ADA,
                                                            "Accept-Encoding": encoding})
                    response = connection.response()
                except OSError:
                    if not self._reconnect:
                        raise
                    connection = None
                    continue
                self._judge(response)
                if response.get("connection") == "close":
                    connection.close()
                    connection = None
        except Exception as error:  # told by the thread that waits
            self.failures.append(repr(error))

    def _judge(self, response):
        assert (response.status, response.complete) == (200, True)
        body = body_of(response)
        if body not in self._wanted:
            closest = max(self._wanted, key=lambda one: len(os.path.commonprefix([one, body])))
            assert_same(body, closest, self._path)
        self.seen[self._wanted.index(body)] += 1

    def all_seen(self, count=5):
        assert not self.failures, self.failures[0]
        return min(self.seen) >= count


def test_a_file_that_is_replaced_all_the_time(nginx):
    """By a link to other old files, which have plans, and by new files, which have none."""
    old = [nginx.page(name, page.html) for name, page in (("a", A), ("b", B))]
    linked = nginx.directory / "html" / "linked"
    linked.symlink_to("a")
    renamed = nginx.page("renamed", A.html)
    nginx.configure(plans.without_redis(nginx, "gzip on; gzip_min_length 1;"),
                    "personalize on; location /cached/ { alias "
                    f"{nginx.directory}/html/; open_file_cache max=9; open_file_cache_valid 0; }}"
                    + plans.STATUS, workers=2)
    nginx.start()
    visitor = plans.Visitor(nginx)
    plans.wait_settled(*old)
    for name in ("a", "b"):
        visitor.hits(f"/{name}")
    hits = plans.status(nginx)["plans"]["hit"]
    wanted = [expected(A), expected(B)]
    with Load(nginx, "/linked", wanted) as one, Load(nginx, "/cached/linked", wanted) as two, \
            Load(nginx, "/renamed", wanted) as three:
        turns = 0

        def turn():
            nonlocal turns
            turns += 1
            beside = linked.with_name("link")
            beside.symlink_to("ab"[turns % 2])
            beside.rename(linked)
            write_beside(renamed, (A, B)[turns % 2]).rename(renamed)
            return turns > 100 and all(load.all_seen(30) for load in (one, two, three))

        wait_until(turn, "every version was seen", step=0.002)
    # Of the linked ones, whose files are old.
    assert plans.status(nginx)["plans"]["hit"] - hits > 100


# Slots


def test_other_slots_and_limits_in_the_same_file(nginx):
    plans.old_files()
    locations = {
        "none": "",
        "place": "personalize_slot s \"#place\" inner;",
        "after-place": "personalize_slot s \"#place\" after;",
        "all": "personalize_slot s .every inner all;",
        "first": "personalize_slot s .every inner;",
        "token": "personalize_limits token=1k;",
        "content": "personalize_limits content=1k;",
        "utf-8": "charset utf-8;",
        "latin": "charset iso-8859-2;",
    }
    names = ["slots", "long-tag", "long-content", "meta", "utf-8"]
    server = "".join(f"location /{name}/ {{ alias {plans.old_files()}/; {directives} }}\n"
                     for name, directives in locations.items())
    other = ("personalize_campaign other { slot aaa; priority 9; fragment other.html; }"
             "personalize_slot aaa h1 inner;")
    nginx.file("other.html", "<em>other</em>")
    ports = [ReservedPort() for _ in range(3)]
    off, off_other, on_other = (port.number for port in ports)
    # Written as an entity where the page is not surely UTF-8.
    nginx.file("name.html", "<em>{{request.arg.name}}</em>")
    named = ("personalize_campaign named "
             "{ slot s; priority 2; when request.arg.name; fragment name.html; }")
    server = "personalize on;" + server
    with_other = plans.twin(nginx, on_other, server + other).replace("personalize_plans off;", "")
    nginx.configure(
        plans.without_redis(nginx, "gzip on; gzip_min_length 1;" + named
                            + plans.twin(nginx, off, server)
                            + plans.twin(nginx, off_other, server + other) + with_other), server)
    nginx.start()
    for port in ports:
        port.release()
    visitor = plans.Visitor(nginx)
    # All are asked for before the next has a plan, and again when all have one.
    for query in ("", "?name=%C5%BC"):
        for location in locations:
            for name in names:
                path = f"/{location}/{name}{query}"
                for with_plans, without in ((None, off), (on_other, off_other)):
                    bodies = {}
                    for client in BOTH:
                        response = visitor.get(path, client, port=without)
                        assert response.plan == "none"
                        bodies[client] = body_of(response)
                    wanted = bodies[BOTH[0]]
                    assert bodies[BOTH[1]] == wanted
                    visitor.hits(path, lambda got: assert_same(body_of(got), wanted, path),
                                 port=with_plans)
    different = {visitor.get(f"/{location}/slots").body
                 for location in ("none", "place", "after-place", "all", "first")}
    assert len(different) == 5
    assert "ż".encode() in visitor.get("/utf-8/meta?name=%C5%BC").body
    assert "ż".encode() not in visitor.get("/latin/meta?name=%C5%BC").body
    for name, location in (("long-tag", "token"), ("long-content", "content")):
        assert visitor.get(f"/{location}/{name}").body != visitor.get(f"/none/{name}").body


def test_reload_with_other_slots(nginx):
    """Back and forth under load: a response is wholly of the one configuration or of the other."""
    page = (plans.old_files() / "slots").read_text()
    plans.share_old_files(nginx)

    def configure(selector):
        nginx.configure(
            plans.without_redis(nginx, "gzip on; gzip_min_length 1;"
                                       f"personalize_slot s {selector};"),
            f"personalize on; {plans.STATUS}", workers=2)

    # A slot is filled once a page.
    inner = page.replace('<div id="place">place</div>', f'<div id="place">{CONTENT}</div>')
    before = page.replace("<h1>", f"{CONTENT}<h1>")
    wanted = [inner.encode(), before.encode()]
    configure('"#place" inner')
    nginx.start()
    visitor = plans.Visitor(nginx)
    visitor.hits("/old/slots", lambda got: assert_same(body_of(got), wanted[0], "before"))
    with Load(nginx, "/old/slots", wanted, reconnect=True) as load:
        for selector in ("h1 before", '"#place" inner') * 2:
            configure(selector)
            nginx.reload()
            seen = sum(load.seen)
            wait_until(lambda: load.failures or sum(load.seen) > seen + 20, "responses")
    assert load.all_seen()
    visitor.hits("/old/slots", lambda got: assert_same(body_of(got), wanted[0], "after"))


# Caches


class Edition:
    """An application whose page is of the version that was set last, and has a validator."""

    def __init__(self, upstream):
        self.page = A
        self.asked = 0
        self.revalidated = 0
        upstream.on("/page", self.answer)

    def answer(self, request, send):
        self.asked += 1
        tag = f'"{"ab"[self.page is B]}"'
        if request.headers.get("if-none-match") == tag:
            self.revalidated += 1
            send(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
            return
        body = self.page.html.encode()
        send(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: {tag}\r\n"
             f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.fixture
def cached(nginx, upstream):
    """cached(directives) → (visitor, the application)"""
    def start(directives):
        nginx.configure(
            plans.without_redis(nginx, "gzip on; gzip_min_length 1; proxy_cache_path "
                                       f"{nginx.directory}/cache keys_zone=pages:1m;"),
            f"personalize on; location / {{ proxy_pass {upstream.url}; proxy_cache pages; "
            "proxy_cache_key $uri$arg_key; add_header X-Cache $upstream_cache_status; "
            f"{directives} }} {plans.STATUS}")
        nginx.start()
        return plans.Visitor(nginx), Edition(upstream)

    return start


def is_a_version(response):
    assert (response.status, response.complete) == (200, True)
    assert body_of(response) in (expected(A), expected(B))


def is_version(page):
    return lambda response: assert_same(body_of(response), expected(page),
                                        response.get("x-cache"))


def test_entry_that_is_deleted(nginx, cached):
    visitor, edition = cached("proxy_cache_valid 1h;")
    visitor.hits("/page", is_version(A))
    edition.page = B
    shutil.rmtree(nginx.directory / "cache", ignore_errors=True)
    (nginx.directory / "cache").mkdir()
    shutil.chown(nginx.directory / "cache", "root")
    for client in BOTH:
        response = visitor.get("/page", client)
        assert response.get("x-cache") == ("MISS" if client == BOTH[0] else "HIT")
        is_version(B)(response)
    visitor.hits("/page", is_version(B))


def test_entry_that_is_replaced_past_the_cache(cached):
    visitor, edition = cached("proxy_cache_valid 1h; proxy_cache_bypass $arg_anew;")
    for page in (A, B, A, B):
        edition.page = page
        response = visitor.get("/page?anew=1")
        assert response.plan == "none" and response.get("x-cache") != "HIT"
        is_version(page)(response)
        visitor.hits("/page", is_version(page))
        is_version(page)(visitor.get("/page?anew=1", "1.1 gzip"))


def test_entry_that_expires(cached):
    visitor, edition = cached("proxy_cache_valid 1s;")
    visitor.hits("/page", is_version(A))
    edition.page = B

    def is_new():
        response = visitor.get("/page", "1.1 gzip")
        is_version(B if response.get("x-cache") == "EXPIRED" else A)(response)
        return response.get("x-cache") == "EXPIRED"

    wait_until(is_new, "the entry expires")
    visitor.hits("/page", is_version(B))


def test_entry_that_is_revalidated(nginx, cached):
    """Its header is written anew, and its plan stays."""
    visitor, edition = cached("proxy_cache_valid 1s; proxy_cache_revalidate on;")
    visitor.hits("/page", is_version(A))
    made = plans.status(nginx)["plans_made"]

    def is_revalidated():
        for client in BOTH:
            response = visitor.get("/page", client)
            is_version(A)(response)
            assert response.plan == "hit"
        return edition.revalidated >= 2

    wait_until(is_revalidated, "the entry is revalidated twice")
    assert plans.status(nginx)["plans_made"] == made
    edition.page = B

    def is_new():
        response = visitor.get("/page")
        is_a_version(response)
        return response.body == expected(B)

    wait_until(is_new, "the new page")
    visitor.hits("/page", is_version(B))


def test_entry_that_is_updated_in_the_background(nginx, cached):
    """Under load: the stale page by its plan, until the new one is there."""
    visitor, edition = cached("proxy_cache_valid 1s; proxy_cache_background_update on; "
                              "proxy_cache_use_stale updating;")
    visitor.hits("/page", is_version(A))
    with Load(nginx, "/page", [expected(A), expected(B)]) as load:
        for page in (B, A):
            edition.page = page
            wait_until(lambda: load.failures or visitor.get("/page").body == expected(page),
                       "the update")
    assert load.all_seen()
    visitor.hits("/page", is_version(A))


def test_entry_that_is_stale_since_the_upstream_fails(nginx, cached, upstream):
    visitor, _ = cached("proxy_cache_valid 1s; proxy_cache_use_stale http_500;")
    visitor.hits("/page", is_version(A))
    upstream.on("/page", lambda request, send: send(
        b"HTTP/1.1 500 Bad\r\nContent-Length: 3\r\n\r\nbad"))

    def is_stale():
        response = visitor.get("/page", "1.1 gzip")
        is_version(A)(response)
        assert response.plan == "hit"
        return response.get("x-cache") == "STALE"

    wait_until(is_stale, "the stale page")


def test_what_belongs_to_one_request_is_not_in_a_plan(nginx, cached):
    """Two keys with the same bytes, and the same key in turns with others."""
    visitor, edition = cached("proxy_cache_valid 1h;")
    for key, page in (("1", A), ("2", B), ("3", A)):
        edition.page = page
        visitor.hits(f"/page?key={key}", is_version(page))
    for key, page in (("2", B), ("1", A), ("3", A), ("2", B)):
        for client in BOTH:
            is_version(page)(visitor.get(f"/page?key={key}", client))


# Workers


def test_worker_that_dies_while_it_makes_plans(nginx):
    """Nobody waits for it for long, and what it left is not sent."""
    plans.share_old_files(nginx)
    nginx.configure(plans.without_redis(nginx, "gzip on; gzip_min_length 1; gzip_comp_level 1; "
                                      "personalize_plans level=9;"),
                    f"personalize on; {plans.STATUS}")
    nginx.tolerate("exited on signal 9")
    nginx.start()
    visitor = plans.Visitor(nginx)
    names = [f"huge-{number}" for number in range(5)]
    for name in names:
        visitor.hits(f"/old/{name}", clients=["1.1"])
    assert plans.status(nginx)["plans_made"]["compressed"] == 0
    connections = [nginx.connect() for _ in names]
    for name, connection in zip(names, connections):
        connection.request(f"/old/{name}", headers={**pages.ADA, "Accept-Encoding": "gzip"})
    wait_until(lambda: plans.status(nginx)["plans_made"]["compressed"], "the first plan")
    nginx.kill_worker(nginx.workers()[0])
    for connection in connections:
        connection.close()
    assert plans.status(nginx)["plans_made"]["compressed"] < len(names)
    for number, name in enumerate(names):
        wanted = plans.huge(number).filled().encode()
        visitor.hits(f"/old/{name}", lambda got: assert_same(body_of(got), wanted, name))
    assert json.loads(nginx.get("/status?format=json").text)["plan_refusals"]["damaged"] == 0
