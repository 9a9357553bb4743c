"""What plans take and cost is bounded, configured and told."""

import os
import threading
from pathlib import Path

import pytest

from harness import pages, plans
from harness.client import Connection
from harness.pages import assert_same
from harness.plans import LARGE, body_of
from harness.waiting import wait_until

BOTH = ("1.1", "1.1 gzip")


@pytest.fixture
def start(nginx):
    """start(plans' parameters) → a visitor of /old/."""
    def start(parameters="", server="", **options):
        plans.share_old_files(nginx)
        directive = f"personalize_plans {parameters};" if parameters else ""
        nginx.configure(plans.without_redis(nginx, f"gzip on; gzip_min_length 1; {directive}"),
                        f"personalize on; {server} {plans.STATUS}", **options)
        nginx.start()
        return plans.Visitor(nginx)

    return start


def check(visitor, name, client, path="/old"):
    response = visitor.get(f"{path}/{name}", client)
    assert (response.status, response.complete) == (200, True)
    assert_same(body_of(response), LARGE[name].filled().encode(), f"{name}, {client}")
    return response


def test_pages_that_are_too_long(start, nginx):
    size = len(LARGE["middle"].html)
    visitor = start(f"max={size}")
    visitor.hits("/old/middle")
    for client in BOTH * 2:
        assert check(visitor, "large", client).plan == "none"
    told = plans.status(nginx)
    assert told["plan_refusals"]["too_large"] == 4
    assert told["plans_made"] == {"splices": 1, "compressed": 1}


def test_files_that_are_too_new(start, nginx):
    visitor = start()
    (nginx.directory / "html" / "new").write_text(LARGE["middle"].html)
    response = visitor.get("/new")
    if plans.is_settled(nginx.directory / "html" / "new"):
        pytest.skip("the machine is too slow")
    assert response.plan == "none"
    assert plans.status(nginx)["plan_refusals"]["too_new"] == 1
    assert_same(response.body, LARGE["middle"].filled().encode(), "new")
    visitor.hits("/new")


def test_plans_are_made_once(start, nginx):
    """However many ask for a page at first, and of however many workers."""
    visitor = start(workers=4)
    names = list(LARGE)
    failures = []

    def ask(number):
        try:
            for turn in range(40):
                name = names[(number + turn) % len(names)]
                with Connection(nginx.port) as connection:
                    connection.request(f"/old/{name}", headers={
                        **pages.ADA, "Accept-Encoding": ("gzip", "identity")[turn % 2]})
                    response = connection.response()
                assert_same(body_of(response), LARGE[name].filled().encode(), name)
        except Exception as error:  # told by the thread that waits
            failures.append(repr(error))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]
    for name in names:
        visitor.hits(f"/old/{name}")
    assert plans.status(nginx)["plans_made"] == {"splices": len(names), "compressed": len(names)}


def test_a_zone_that_is_too_small_for_all(start, nginx):
    """What was not used for longest makes room, all the time."""
    visitor = start("zone=plans:64k")
    expected = {f"many-{n}": plans.numbered(n).filled().encode() for n in range(100)}

    def is_evicting():
        with nginx.connect() as connection:
            for turn, (name, wanted) in enumerate(expected.items()):
                for encoding in ("identity", "gzip", "gzip")[:2 + turn % 2]:
                    connection.request(f"/old/{name}", headers={**pages.ADA,
                                                                "Accept-Encoding": encoding})
                    assert_same(body_of(connection.response()), wanted, name)
        return plans.status(nginx)["zone_evictions"]["plans"] > 500

    wait_until(is_evicting, "evictions", 90)
    told = plans.status(nginx)
    assert 0 < told["zone_bytes"]["plans"]["used"] <= told["zone_bytes"]["plans"]["available"]
    assert told["plan_refusals"]["damaged"] == 0
    # What is asked for again and again has a plan all the same.
    response = visitor.hits("/old/many-1")[-1]
    assert body_of(response) == expected["many-1"]


def test_a_page_that_the_zone_has_no_room_for(start, nginx):
    visitor = start("zone=plans:64k")
    visitor.hits("/old/huge-0", clients=["1.1"])
    wanted = plans.huge(0).filled().encode()
    for _ in range(3):
        response = visitor.get("/old/huge-0", "1.1 gzip")
        assert response.plan == "hit" and not plans.is_joined(response)
        assert_same(body_of(response), wanted, "huge")
    wait_until(lambda: plans.status(nginx)["plan_refusals"]["no_room"], "it is told")
    # It is not tried again by everybody who asks for it.
    for _ in range(5):
        visitor.get("/old/huge-0", "1.1 gzip")
    visitor.hits("/old/huge-1", clients=["1.1"])  # a job that comes after those
    assert plans.status(nginx)["plan_refusals"]["no_room"] == 1


def test_files_are_closed(start, nginx):
    """Those that plans are made of, too."""
    visitor = start("zone=plans:64k")
    for number in range(0, 100, 3):
        visitor.get(f"/old/many-{number}")
        visitor.get(f"/old/many-{number}", "1.1 gzip")

    def target(entry):
        try:
            return os.readlink(entry)
        except FileNotFoundError:
            return ""  # closed just now

    def is_open():
        return any(str(plans.old_files()) in target(entry) for worker in nginx.workers()
                   for entry in Path(f"/proc/{worker}/fd").iterdir())

    wait_until(lambda: not is_open(), "all files are closed")
    assert plans.status(nginx)["plans_made"]["splices"] >= 30


def test_metrics(start, nginx):
    visitor = start()
    before = plans.status(nginx)
    assert before["plans"] == {"hit": 0, "made": 0, "none": 0}
    for name in ("middle", "large"):
        visitor.hits(f"/old/{name}")
    told = plans.status(nginx)
    assert told["plans_made"] == {"splices": 2, "compressed": 2}
    assert told["plans"]["made"] == 2 and told["plans"]["hit"] >= 4
    assert told["zone_entries"]["plans"] == 4
    packed = sum(len(visitor.get(f"/old/{name}", "1.1 gzip").body) for name in ("middle", "large"))
    assert told["zone_bytes"]["plans"]["used"] - before["zone_bytes"]["plans"]["used"] >= packed
    text = nginx.get("/status").text
    assert 'personalize_plans_made_total{part="compressed"} 2' in text
    # They survive a reload, as the zone does.
    nginx.reload()
    assert check(visitor, "middle", "1.1").plan == "hit"
    assert plans.is_joined(check(visitor, "large", "1.1 gzip"))
    assert plans.status(nginx)["plans_made"] == told["plans_made"]


def test_a_reload_with_another_zone(start, nginx):
    visitor = start("zone=plans:4m")
    visitor.hits("/old/middle")
    text = nginx.config_file.read_text()
    for zone in ("plans:8m", "others:8m"):
        nginx.config_file.write_text(text.replace("plans:4m", zone))
        nginx.reload()
        visitor.hits("/old/middle", lambda got: assert_same(
            body_of(got), LARGE["middle"].filled().encode(), zone))


def test_levels(start, nginx):
    sizes = []
    for level in (1, 9):
        if nginx.running:
            text = nginx.config_file.read_text()
            nginx.config_file.write_text(text.replace("level=1", "level=9 zone=other:1m"))
            nginx.reload()
        else:
            visitor = start("level=1")
        response = visitor.hits("/old/middle")[-1]
        assert_same(body_of(response), LARGE["middle"].filled().encode(), str(level))
        sizes.append(len(response.body))
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("where", ["http", "server", "location"])
def test_off(start, nginx, where):
    off = "personalize_plans off;"
    root = f"alias {plans.old_files()}/;"
    visitor = start("off" if where == "http" else "", f"""
      {off if where == "server" else ""}
      location /there/ {{ {root} {off if where == "location" else ""}
        location /there/on/ {{ {root} personalize_plans on; }} }}
    """)
    visitor.hits("/there/on/middle")
    for client in BOTH * 2:
        assert check(visitor, "middle", client, "/there").plan == "none"
        assert check(visitor, "middle", client, "/there/on").plan == "hit"
    if where == "location":
        visitor.hits("/old/large")
    told = plans.status(nginx)
    assert sum(told["plan_refusals"].values()) == 0


def test_the_variable_in_a_header(start, nginx):
    """It is asked for before the file is seen."""
    visitor = start("", "add_header X-Plan $personalize_plan;")
    visitor.hits("/old/middle")
    response = visitor.get("/old/middle")
    assert (response.get("x-plan"), response.plan) == ("none", "hit")


MISTAKES = {
    "nothing": ("http", "", "arguments"),
    "nonsense": ("http", "maybe", "zone="),
    "twice": ("http", "on; personalize_plans on", "duplicate"),
    "parameter twice": ("http", "max=1m max=2m", "max"),
    "on with more": ("http", "on max=1m", "on"),
    "zone without size": ("http", "zone=plans", "zone=plans:32m"),
    "zone without name": ("http", "zone=:1m", "zone=plans:32m"),
    "zone too small": ("http", "zone=plans:4k", "64k"),
    "zone of nonsense": ("http", "zone=plans:big", "zone=plans:32m"),
    "zone of documents": ("http", "zone=documents:1m; personalize_redis unix:/none; "
                          "personalize_cache zone=documents:1m", "another name"),
    "max of nonsense": ("http", "max=long", "max=2m"),
    "max too small": ("http", "max=10", "1k"),
    "level beyond": ("http", "level=10", "9"),
    "level of none": ("http", "level=0", "gzip=off"),
    "level of nonsense": ("http", "level=best", "level"),
    "gzip maybe": ("http", "gzip=maybe", "gzip"),
    "parameters in server": ("server", "max=1m", "http"),
    "parameters in location": ("location", "zone=plans:1m", "http"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(nginx, name):
    """Told with file and line, and what to write."""
    where, arguments, remedy = MISTAKES[name]
    directive = f"personalize_plans {arguments};"
    server = {"http": "", "server": directive, "location": f"location / {{ {directive} }}"}[where]
    nginx.configure(plans.without_redis(nginx, directive if where == "http" else ""),
                    f"personalize on; {server}")
    code, output = nginx.check()
    assert code != 0
    line = next(line for line in output.splitlines() if "[emerg]" in line)
    assert "personalize_plans" in line and remedy in line, line
    number = next(i for i, text in enumerate(nginx.config_file.read_text().splitlines(), 1)
                  if "personalize_plans" in text)
    assert line.endswith(f"nginx.conf:{number}"), line
