"""A scripted shop with known lifts: the report finds them, and only them."""

import random

import pytest

from harness.report import DAY, START, Events, outcome_of, report

# What each variant does to the share of buyers, and to what they spend.
TRUTH = {"control": (1, 1), "better": (1.4, 1), "worse": (0.65, 1), "dearer": (1, 1.3), "same": (1, 1)}
SHARE = 0.12


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    draw = random.Random(20260901)
    events = Events()
    for number in range(20000):
        variant = draw.choice(list(TRUTH))
        share, spending = TRUTH[variant]
        time = START + int(draw.random() * 21 * DAY)
        usual = draw.gammavariate(4, 12)
        if draw.random() < 0.4:
            events.convert(number, time - DAY, value=round(usual * draw.uniform(0.8, 1.2), 2),
                           currency="EUR", order=f"before-{number}")
        events.expose(number, variant, time, split=",".join(f"{name}=20" for name in TRUTH))
        if draw.random() < SHARE * share:
            events.convert(number, time + DAY // 2, currency="EUR", order=f"after-{number}",
                           value=round(usual * spending * draw.uniform(0.8, 1.2), 2))
    path = events.write(tmp_path_factory.mktemp("shop") / "events.jsonl")
    return report(path, "--metric", "purchase",
                  "--ratio", "basket=purchase.value/purchase.count")["experiments"][0]


def test_the_split_is_right(experiment):
    assert not experiment["sample_ratio"]["alarm"]
    assert sum(one["visitors"] for one in experiment["variants"]) == 20000


@pytest.mark.parametrize("name, truth", [
    ("purchase.rate", lambda share, spending: share),
    ("purchase.value", lambda share, spending: share * spending),
    ("basket", lambda share, spending: spending),
])
def test_lifts(name, truth, experiment):
    for result in outcome_of(experiment, name)["variants"][1:]:
        expected = truth(*TRUTH[result["variant"]]) - 1
        lift = result["lift"]
        # Of twelve intervals of 95 %, one may miss; none by much.
        assert abs(lift["value"] - expected) < 3 * lift["error"], result["variant"]
        assert lift["always_low"] < expected < lift["always_high"], result["variant"]


@pytest.mark.parametrize("name, better, worse", [
    ("purchase.rate", {"better"}, {"worse"}),
    ("basket", {"dearer"}, set()),
])
def test_verdicts(name, better, worse, experiment):
    verdicts = {one["variant"]: one["verdict"]
                for one in outcome_of(experiment, name)["variants"][1:]}
    assert {variant for variant, verdict in verdicts.items() if verdict == "better"} == better
    assert {variant for variant, verdict in verdicts.items() if verdict == "worse"} == worse
    assert {verdicts[variant] for variant in verdicts if variant not in better | worse} == {
        "no_difference"}
