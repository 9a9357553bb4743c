"""Visitors of experiments, and whether their ratio can be right, as personalize_status tells."""

import itertools
import json

import pytest

from harness.bucketing import bucket
from harness.events import EventShop
from harness.waiting import wait_until

NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def shop(nginx):
    def start(events="file={directory}/events.log", **options):
        return EventShop(nginx, None, events=events, **options).start()
    return start


def visitors(shop):
    return shop.status()["experiment_visitors"].get("bars", {})


def p_value(shop):
    return shop.status()["experiment_sample_ratio_p"].get("bars")


def exposures(shop):
    return sum(shop.status()["exposures"]["bars"].values())


def visit(shop, names, times=1):
    """Each visitor looks at the page that often."""
    before = exposures(shop)
    for name in names:
        for _ in range(times):
            shop.get("/", visitor=name, **NAVIGATION)
    wait_until(lambda: exposures(shop) == before + len(names) * times, "all are counted")


def test_a_visitor_counts_once(shop):
    shop = shop()
    assert visitors(shop) == {"a": 0, "b": 0} and p_value(shop) == 1
    visit(shop, [f"v{i}" for i in range(30)], times=3)
    assert sum(visitors(shop).values()) == 30
    assert exposures(shop) == 90
    assert 0.001 < p_value(shop) <= 1
    # Still the same visitors, and the same counts, after a reload.
    counted = visitors(shop)
    shop.nginx.reload()
    visit(shop, [f"v{i}" for i in range(30)])
    assert visitors(shop) == counted


def of_variant(variant, count):
    """Names of visitors who get the variant by the hash."""
    names = (f"w{i}" for i in itertools.count())
    return list(itertools.islice((name for name in names
                                  if (bucket("bars", name) < 0.5) == (variant == "a")), count))


def test_visitors_that_get_lost_are_an_alarm(shop):
    shop = shop()
    visit(shop, of_variant("a", 150) + of_variant("b", 150))
    assert visitors(shop) == {"a": 150, "b": 150} and p_value(shop) == 1
    # As if a cache kept visitors from the other variant.
    visit(shop, of_variant("a", 450)[150:])
    assert visitors(shop) == {"a": 450, "b": 150}
    assert p_value(shop) < 0.001


def test_other_weights_are_another_experiment(shop):
    shop = shop()
    visit(shop, of_variant("a", 60))
    assert visitors(shop) == {"a": 60, "b": 0} and p_value(shop) < 0.001
    text = shop.nginx.config_file.read_text()
    shop.nginx.config_file.write_text(text.replace("a=50 b=50", "a=90 b=10"))
    shop.nginx.reload()
    assert visitors(shop) == {"a": 0, "b": 0} and p_value(shop) == 1


def test_windows_follow_each_other(shop):
    """Of a window of two seconds nothing is left when the one after the next begins."""
    shop = shop(events="file={directory}/events.log window=2s")
    visit(shop, of_variant("a", 20))
    assert 0 < sum(visitors(shop).values()) <= 20
    wait_until(lambda: visitors(shop) == {"a": 0, "b": 0}, "the windows are over")
    visit(shop, of_variant("a", 1))
    assert visitors(shop) == {"a": 1, "b": 0}, "who comes again counts again"


def test_without_events_nobody_is_counted(nginx):
    nginx.configure("personalize_experiment bars { variants a b; }",
                    "location = /status { personalize_status; }")
    nginx.start()
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["experiment_visitors"] == {} and status["experiment_sample_ratio_p"] == {}
    assert status["experiment_weight"] == {"bars": {"a": 0.5, "b": 0.5}}
