"""What counts for an experiment, and what is said when there is little or something odd."""

import gzip
import json
import random

import pytest

from harness.report import DAY, HOUR, START, Events, outcome_of, report, run, visitor


@pytest.fixture
def events():
    return Events()


@pytest.fixture
def told(events, directory):
    """told(options): the report of the events so far."""

    def tell(*words):
        return report(events.write(directory / "events.jsonl"), *words)

    return tell


def conversions(experiment, name="purchase.rate", currency=None):
    return {one["variant"]: one["conversions"]
            for one in outcome_of(experiment, name, currency)["variants"]}


def visitors(experiment):
    return {one["name"]: one["visitors"] for one in experiment["variants"]}


def crowd(events, count=400, seed=1, **fields):
    """Visitors of both variants, some of whom buy."""
    draw = random.Random(seed)
    for number in range(count):
        variant = "blue" if number % 2 else "control"
        time = START + number * HOUR // 2
        events.expose(number, variant, time, **fields)
        if draw.random() < 0.3:
            events.convert(number, time + 1, value=round(10 + 20 * draw.random(), 2), currency="EUR")


# ---- What counts

def test_only_conversions_after_the_exposure_and_in_the_window(events, told):
    events.expose("a", "control", START)
    events.expose("b", "blue", START)
    events.convert("a", START - 1)
    events.convert("a", START)
    events.convert("a", START + DAY)
    events.convert("a", START + DAY + 1)
    events.convert("b", START + 30 * DAY)
    events.convert("nobody", START + 1)
    assert conversions(told()["experiments"][0]) == {"control": 3, "blue": 1}
    experiment = told("--window", "1d")["experiments"][0]
    assert conversions(experiment) == {"control": 2, "blue": 0}
    events.expose("late", "blue", START + 30 * DAY)
    warnings = told("--window", "1d")["experiments"][0]["warnings"]
    assert any("window has not ended" in warning for warning in warnings)


def test_the_first_exposure_counts_in_any_order_of_lines(events, told):
    events.expose("a", "control", START + 2 * DAY, attributes={"geo.country": "DE"})
    events.expose("a", "control", START, attributes={"geo.country": "PL"})
    events.expose("b", "blue", START)
    events.convert("a", START + DAY)
    found = told("--by", "geo.country")["experiments"][0]
    assert conversions(found) == {"control": 1, "blue": 0}
    assert {cut["value"]: cut["visitors"] for cut in found["cuts"]} == {
        "PL": [1, 0], "(unknown)": [0, 1]}


def test_what_is_older_than_a_forget_is_left_out(events, told):
    for who in "abcd":
        events.expose(who, "blue", START)
        events.convert(who, START + 1)
        events.add("impression", who, START + 2, campaign="welcome")
        events.add("answer", who, START + 3, campaign="welcome", question="why", answer="dear")
    events.expose("a", "control", START + 4)
    events.add("forget", "a", START + HOUR)
    events.add("forget", "b", START + HOUR)
    events.expose("b", "control", START + 2 * HOUR)
    events.convert("b", START + 3 * HOUR)
    events.add("answer", "b", START + 3 * HOUR, campaign="welcome", question="why", answer="slow")
    events.add("forget", "c", START)
    events.expose("a", "blue", START + 5)  # a line that is late
    found = told()
    experiment = found["experiments"][0]
    assert visitors(experiment) == {"control": 1, "blue": 2}
    assert conversions(experiment) == {"control": 1, "blue": 2}
    assert found["campaigns"][0]["impressions"] == 2
    assert {one["answer"]: one["visitors"] for one in found["surveys"][0]["answers"]} == {
        "dear": 2, "slow": 1}
    assert found["surveys"][0]["answers_given"] == 3
    assert visitors(told("--until", "2026-09-21 14:14")["experiments"][0]) == {
        "control": 0, "blue": 2}


def test_visitors_in_several_variants_are_left_out(events, told):
    crowd(events)
    events.expose("both", "control")
    events.expose("both", "blue")
    events.convert("both", value=1e9, currency="EUR")
    found = told()["experiments"][0]
    assert found["in_several_variants"] == 1
    assert visitors(found) == {"control": 200, "blue": 200}
    assert any("saw several variants" in warning for warning in found["warnings"])
    assert sum(conversions(found).values()) == sum(
        record["event"] == "conversion" for record in events.records) - 1


def test_an_event_counts_once(events, told):
    events.expose("a", "control")
    events.expose("b", "blue")
    events.convert("a")
    events.records.append(events.records[-1])
    found = told()
    assert found["events"]["duplicates"] == 1
    assert conversions(found["experiments"][0]) == {"control": 1, "blue": 0}


def test_an_order_counts_once_as_the_edge_says(events, told):
    events.expose("a", "control")
    events.expose("b", "blue")
    events.convert("a", order="1", value=99, currency="EUR", origin="browser")
    events.convert("a", START + 5, order="1", value=10, currency="EUR")
    events.convert("a", START + 6, order="1", value=77, currency="EUR", origin="browser")
    events.convert("a", order="1", metric="sign_up")
    events.convert("b", order="2", value=5, currency="EUR")
    found = told()
    experiment = found["experiments"][0]
    assert conversions(experiment) == {"control": 1, "blue": 1}
    value = outcome_of(experiment, "purchase.value")["variants"]
    assert [one["total"] for one in value] == [10, 5]
    assert conversions(experiment, "sign_up.rate") == {"control": 1, "blue": 0}
    assert '2 "purchase" had the order number of another and are left out' in found["warnings"]


def test_conversions_that_browsers_claim_can_be_left_out(events, told):
    events.expose("a", "control")
    events.expose("b", "blue")
    events.convert("a", origin="browser")
    events.convert("b")
    found = told()["experiments"][0]
    assert conversions(found) == {"control": 1, "blue": 1}
    assert any("browsers claim" in warning for warning in found["warnings"])
    found = told("--edge-only")
    assert conversions(found["experiments"][0]) == {"control": 0, "blue": 1}
    assert found["events"]["ignored_browser"] == 1


def test_currencies_are_never_added(events, told):
    events.expose("a", "control")
    events.expose("b", "blue")
    events.convert("a", value=10, currency="EUR")
    events.convert("a", value=400, currency="PLN")
    events.convert("b", value=20, currency="EUR")
    found = told()["experiments"][0]
    totals = {currency: [one["total"] for one in
                         outcome_of(found, "purchase.value", currency)["variants"]]
              for currency in ("EUR", "PLN")}
    assert totals == {"EUR": [10, 20], "PLN": [400, 0]}
    assert conversions(found) == {"control": 2, "blue": 1}
    assert any("several currencies (EUR, PLN)" in warning for warning in found["warnings"])


def test_times(events, told):
    events.expose("early", "control", START)
    events.expose("a", "control", START + 2 * DAY)
    events.expose("b", "blue", START + 2 * DAY)
    events.convert("a", START + 3 * DAY)
    events.convert("a", START + 9 * DAY)
    day = "2026-09-23"  # START is the 21st, 14:13:20 UTC
    found = told("--since", day, "--until", "2026-09-25 00:00")["experiments"][0]
    assert visitors(found) == {"control": 1, "blue": 1}
    assert conversions(found) == {"control": 1, "blue": 0}
    # The 23rd at 14:13 UTC is the 24th in Auckland.
    found = told("--since", "2026-09-24", "--timezone", "Pacific/Auckland")["experiments"][0]
    assert visitors(found) == {"control": 1, "blue": 1}
    assert told("--since", "2026-09-24")["experiments"] == []
    assert told("--since", "2026-09-24T02:00:00", "--timezone", "Pacific/Auckland")["experiments"]
    assert told("--since", "2026-09-23T14:13:20Z", "--timezone", "Pacific/Auckland")["experiments"]
    assert not told("--since", "2026-09-23T14:13:21Z")["experiments"]


def test_days_begin_at_midnight_of_the_zone_also_when_clocks_change(events, told):
    for hour in range(0, 24 * 6, 3):  # to the 26th of October 2026 and beyond
        events.expose(hour, "blue" if hour % 2 else "control", 1_792_843_200_000 + hour * HOUR)
    days = told("--timezone", "Europe/Warsaw")["experiments"][0]["days"]
    lengths = {later["until"] - day["until"] for day, later in zip(days, days[1:])}
    assert lengths == {DAY, 25 * HOUR}


def test_what_is_asked_for(events, told):
    crowd(events)
    crowd(events, experiment="other")
    for number in range(100):
        events.convert(number, START + 9 * DAY, metric="sign_up")
    found = told("--experiment", "checkout", "--metric", "sign_up", "--guardrail", "purchase",
                 "--lower-is-better", "purchase")
    assert [one["name"] for one in found["experiments"]] == ["checkout"]
    outcomes = found["experiments"][0]["outcomes"]
    assert [(one["name"], one["guardrail"], one["lower_is_better"]) for one in outcomes] == [
        ("sign_up.rate", False, False), ("purchase.rate", True, True),
        ("purchase.value", True, True)]
    lower, higher = [outcome_of(told(*words)["experiments"][0], "purchase.rate")["variants"][1]
                     for words in (("--lower-is-better", "purchase"), ())]
    assert lower["chance_to_beat_control"] == pytest.approx(1 - higher["chance_to_beat_control"])
    assert "nobody has been in the experiment \"absent\"" in told("--experiment", "absent")["warnings"]


def test_a_ratio_can_be_a_guardrail(events, told):
    crowd(events)
    found = told("--metric", "purchase", "--ratio", "basket=purchase.value/purchase.count",
                 "--guardrail", "basket")["experiments"][0]
    assert [(one["name"], one["guardrail"]) for one in found["outcomes"]] == [
        ("purchase.rate", False), ("purchase.value", False), ("basket", True)]


# ---- Control, and the split

@pytest.mark.parametrize("split, words, first", [
    ("b=1,a=1", (), "b"),
    (None, (), "a"),
    ("b=1,a=1", ("--control", "a"), "a"),
    ("a=1,b=1", ("--control", "checkout:b"), "b"),
    ("a=1,b=1", ("--control", "other:b"), "a"),
    ("a=1,b=1", ("--control", "nonsense"), "a"),
    ("a=1,b=1,control=1", (), "control"),
])
def test_control(split, words, first, events, told):
    for variant in ("a", "b"):
        events.expose(variant, variant, split=split)
    found = told(*words)["experiments"][0]
    assert found["variants"][0]["name"] == first
    assert ('there is no variant "nonsense" to be control' in found["warnings"]) == (
        "nonsense" in words)


def test_a_variant_that_nobody_sees_is_an_alarm(events, told):
    for number in range(200):
        events.expose(number, "control", split="control=50,blue=50")
    found = told()["experiments"][0]
    assert visitors(found) == {"control": 200, "blue": 0}
    assert found["sample_ratio"]["alarm"]
    assert 'nobody has seen "blue"' in found["warnings"]


def test_a_variant_without_a_share_is_an_alarm(events, told):
    crowd(events)
    events.expose("odd", "red")
    assert told()["experiments"][0]["sample_ratio"]["alarm"]


def test_without_a_split_it_cannot_be_checked(events, told):
    for number in range(300):
        events.expose(number, "control" if number % 3 else "blue", split=None)
    found = told()["experiments"][0]
    assert found["sample_ratio"] == {"alarm": False, "chi_square_test": None,
                                     "split_is_known": False}
    assert any("cannot be checked" in warning for warning in found["warnings"])
    found = told("--split", "checkout:control=2,blue=1")["experiments"][0]
    assert not found["sample_ratio"]["alarm"] and found["sample_ratio"]["split_is_known"]
    assert told("--split", "checkout:control=1,blue=1")["experiments"][0]["sample_ratio"]["alarm"]


def test_an_alarm_comes_first_and_there_are_no_verdicts(events, told, directory):
    crowd(events)
    for number in range(1000, 1200):
        events.expose(number, "control", START + DAY)
    found = told()["experiments"][0]
    assert found["sample_ratio"]["alarm"]
    assert {one["verdict"] for outcome in found["outcomes"] for one in outcome["variants"]
            if "verdict" in one} == {"untrusted"}
    text, _ = run(directory / "events.jsonl")
    assert text.index("The split is wrong") < text.index("visitors,")
    html, _ = run("--format", "html", directory / "events.jsonl")
    assert html.index('role="alert"') < html.index("Visitors with purchase")


def test_versions_with_few_visitors_are_joined(events, told):
    """A bandit has more versions than visitors in some of them: nobody is lost by that."""
    draw = random.Random(5)
    for number in range(6000):
        version = number // 20
        weight = 20 + 60 * version / 300
        variant = "blue" if draw.random() * 100 < weight else "control"
        events.expose(number, variant, START + number * 60_000, version=str(version),
                      split=f"control={100 - weight:.2f},blue={weight:.2f}")
        if draw.random() < 0.1 + 0.3 * version / 300:  # the later, the better: no effect
            events.convert(number, START + number * 60_000 + 1)
    found = told()["experiments"][0]
    assert found["strata"] == 300 and not found["sample_ratio"]["alarm"]
    result = outcome_of(found, "purchase.rate")["variants"][1]
    assert not any("left out" in warning for warning in found["warnings"])
    assert abs(result["lift"]["value"]) < 3 * result["lift"]["error"]
    assert result["mean"] - outcome_of(found, "purchase.rate")["variants"][0]["mean"] > 0.04


# ---- Groups

def test_groups(events, told):
    draw = random.Random(2)
    for number in range(600):
        segments = [name for name in ("calm", "regular") if draw.random() < 0.5]
        events.expose(number, "blue" if number % 2 else "control", START + number,
                      attributes={"segments": segments, "visitor.is_new": number % 3 == 0,
                                  "nothing": None})
        if draw.random() < 0.5:
            events.convert(number, START + DAY, value=1, currency="EUR")
    found = told("--by", "segments,visitor.is_new,nothing")["experiments"][0]
    sizes = {(cut["attribute"], cut["value"]): sum(cut["visitors"]) for cut in found["cuts"]}
    segments = [record["attributes"]["segments"] for record in events.records
                if record["event"] == "exposure"]
    assert sizes == {
        ("segments", "calm"): sum("calm" in one for one in segments),
        ("segments", "regular"): sum("regular" in one for one in segments),
        ("segments", "(none)"): sum(not one for one in segments),
        ("visitor.is_new", "true"): 200, ("visitor.is_new", "false"): 400,
        ("nothing", "(unknown)"): 600}
    # The group of all is all.
    everybody = [cut for cut in found["cuts"] if cut["attribute"] == "nothing"][0]
    row = [one for one in everybody["outcomes"] if one["name"] == "purchase.rate"][0]
    assert row["variants"][1]["lift"] == outcome_of(found, "purchase.rate")["variants"][1]["lift"]


def test_only_the_most_frequent_groups_are_shown(events, told):
    for number in range(500):
        events.expose(number, "control", attributes={"geo.country": f"{number % 30:02}"})
    assert len(told("--by", "geo.country")["experiments"][0]["cuts"]) == 12


# ---- Campaigns and surveys

def test_a_campaign_with_a_holdout_is_an_experiment(events, told):
    for number in range(300):
        events.add("exposure", number, START + number, campaign="bar",
                   variant="holdout" if number % 10 == 0 else "shown", split="shown=90,holdout=10")
    crowd(events, experiment="bar")  # which is another one, of the same name
    found = told()["experiments"]
    assert [(one["name"], one["type"]) for one in found] == [
        ("bar", "experiment"), ("bar", "campaign")]
    assert visitors(found[1]) == {"holdout": 30, "shown": 270}
    assert not found[1]["sample_ratio"]["alarm"]


def test_assisted_conversions(events, told):
    events.add("impression", "a", START, campaign="bar", list="also_bought")
    events.add("click", "a", START + HOUR, campaign="bar")
    events.add("click", "a", START + 2 * HOUR, campaign="bar")
    events.add("dismiss", "a", START + 3 * HOUR, campaign="bar")
    for who in "aab":
        events.add("claim", who, START + 4 * HOUR, campaign="bar", item="10 %")
    events.convert("a", START + DAY, value=10, currency="EUR")
    events.convert("a", START + 7 * DAY + HOUR, value=20, currency="EUR")
    events.convert("a", START + 9 * DAY, value=40, currency="EUR")
    events.convert("a", START - 1, value=80, currency="EUR")
    events.convert("b", START + DAY, value=160, currency="EUR")
    found = told()
    assert found["campaigns"][0]["assisted"] == [
        {"metric": "purchase", "currency": "EUR", "after_click": 2, "value_after_click": 30,
         "after_view": 1, "value_after_view": 10}]
    assert found["campaigns"][0]["dismissals"] == 1
    assert found["campaigns"][0]["claimers"] == 2
    assert found["lists"][0]["name"] == "also_bought"
    assert found["lists"][0]["assisted"][0]["after_view"] == 1
    found = told("--assist", "10d")
    assert found["campaigns"][0]["assisted"][0]["after_click"] == 3


def test_items_of_lists(events, told):
    """An item that was bought belongs to the list in which it was clicked last; of the value, a part."""
    def click(who, time, item, of):
        events.add("click", who, time, item=item, list=of)
    for who in "ab":
        events.add("impression", who, START, list="similar", items="1,2,3")
    click("a", START + HOUR, "1", "similar")
    click("a", START + 2 * HOUR, "2", "similar")
    click("a", START + 3 * HOUR, "2", "for_you")
    click("a", START + 4 * HOUR, "9", "for_you")
    events.convert("a", START + DAY, value=40, currency="EUR", items="1, 2,5,6")
    events.convert("a", START + 2 * DAY, value=10, currency="EUR", items='[{"item_id": 1}]')
    events.convert("a", START + 20 * DAY, value=80, currency="EUR", items="1,2")  # too long after
    events.convert("a", START, value=160, currency="EUR", items="1")  # before
    events.convert("b", START + DAY, value=320, currency="EUR", items="1")  # of somebody who did not click
    found = {one["name"]: {key: one["assisted"][0].get(key) for key in ("items", "with_items", "value_of_items")}
             for one in told()["lists"]}
    assert found == {"similar": {"items": 2, "with_items": 2, "value_of_items": 20},
                     "for_you": {"items": 1, "with_items": 1, "value_of_items": 10}}


def test_the_last_answer_of_a_visitor_counts(events, told):
    events.add("answer", "a", START + 2, campaign="exit", question="Why?", answer="Price")
    events.add("answer", "a", START + 1, campaign="exit", question="Why?", answer="Delivery")
    events.add("answer", "b", START, campaign="exit", answer="No question")
    found = told()["surveys"]
    assert [(one["question"], [(answer["answer"], answer["visitors"]) for answer in one["answers"]])
            for one in found] == [("Why?", [("Price", 1)]), ("exit", [("No question", 1)])]


# ---- Little, and odd

def verdicts(found):
    return {one["verdict"] for outcome in found["outcomes"] for one in outcome["variants"]
            if "verdict" in one}


def test_nothing(told, directory):
    assert told()["experiments"] == []
    assert "nothing to report" in run(directory / "events.jsonl")[0]


def test_one_visitor(events, told):
    events.expose("a", "control")
    events.convert("a", value=5, currency="EUR")
    assert verdicts(told()["experiments"][0]) == {"too_early"}


def test_one_variant(events, told):
    events.expose("a", "control", split=None)
    found = told()["experiments"][0]
    assert any("nothing to compare" in warning for warning in found["warnings"])


def test_nothing_varies(events, told):
    for number in range(100):
        events.expose(number, "blue" if number % 2 else "control")
        events.convert(number, value=5.1, currency="EUR")
    assert verdicts(told("--ratio", "basket=purchase.value/purchase.count")["experiments"][0]) == {
        "too_early"}


def test_nobody_converts(events, told):
    crowd(events)
    found = told("--metric", "absent", "--ratio", "r=absent.value/absent.count")["experiments"][0]
    assert verdicts(found) == {"too_early"}


def test_control_has_nothing(events, told):
    crowd(events)
    for number in range(1, 400, 2):
        events.convert(number, START + 20 * DAY, metric="sign_up")
    result = outcome_of(told()["experiments"][0], "sign_up.rate")["variants"]
    assert result[0]["conversions"] == 0
    found = told("--metric", "sign_up")["experiments"][0]
    result = outcome_of(found, "sign_up.rate")["variants"][1]
    assert "lift" not in result


@pytest.mark.parametrize("sign", [-1, 1])
def test_negative_values(sign, events, told):
    draw = random.Random(4)
    for number in range(600):
        events.expose(number, "blue" if number % 2 else "control")
        events.convert(number, value=round(sign * 10 + draw.gauss(0, 5), 2), currency="EUR")
    result = outcome_of(told("--winsorize", "99")["experiments"][0], "purchase.value")["variants"][1]
    assert ("lift" in result) == (sign > 0)
    assert result["difference"]["low"] < result["difference"]["high"]


def test_huge_and_tiny_values(events, told):
    draw = random.Random(4)
    for number in range(100):
        events.expose(number, "blue" if number % 2 else "control")
        events.convert(number, value=draw.choice([1e14, 1e-300, 1e12]), currency="EUR")
    events.convert(1, value=1e16, currency="EUR")
    assert told()["events"]["damaged"] == 1


NASTY = "<script>alert(1)</script>&\"'\u001b[31m\u0000\n\u202e"


def test_names_are_harmless(events, told, directory):
    for number in range(50):
        events.add("exposure", number, experiment=NASTY, variant=NASTY + str(number % 2),
                   split=f"{NASTY}0=1,{NASTY}1=1", attributes={"geo.country": NASTY})
        events.convert(number, metric=NASTY, value=number, currency=NASTY)
        events.add("impression", number, campaign=NASTY, list=NASTY)
        events.add("answer", number, question=NASTY, answer=NASTY)
    found = told("--by", "geo.country")
    assert found["experiments"][0]["name"] == NASTY
    path = directory / "events.jsonl"
    html, _ = run("--format", "html", "--by", "geo.country", path)
    assert "<script" not in html and "\u001b" not in html and "\0" not in html
    text, _ = run("--by", "geo.country", path)
    assert not any(ord(c) < 32 and c != "\n" for c in text)


# ---- Where events come from

def test_all_sources_say_the_same(events, directory, redis):
    crowd(events, count=3000)
    path = events.write(directory / "events.jsonl")
    expected = json.loads(run("--format", "json", path)[0])
    packed = directory / "events.log.1.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    halves = [directory / "first", directory / "second"]
    lines = path.read_text().splitlines(keepends=True)
    halves[0].write_text("".join(lines[::2]))
    halves[1].write_text("".join(lines[1::2]))
    client = redis.data
    for record in events.records:
        client.xadd("pz:events", {name: json.dumps(value) if isinstance(value, dict) else str(value)
                                  for name, value in record.items()})
    address = redis.socket
    for words, stdin in [((packed,), None), (halves, None), (("-",), path.read_text()),
                         (("--redis", address, "--stream", "pz:events"), None),
                         # Everything twice is everything once.
                         (("--redis", address, "--stream", "pz:events", path), None)]:
        found = json.loads(run("--format", "json", *words, stdin=stdin)[0])
        for told in (found, expected):
            told.pop("events"), told.pop("warnings")
        assert found == expected, words
        expected = json.loads(run("--format", "json", path)[0])


def test_damaged_lines_are_named(events, directory):
    crowd(events, count=40)
    path = events.write(directory / "events.jsonl")
    path.write_text(path.read_text() + "{\"event\":\"exposure\",\n" + "rubbish\n" * 20)
    out, error = run("--format", "json", path)
    assert json.loads(out)["events"]["damaged"] == 21
    first = len(events.records) + 1
    assert f"{path}:{first}: passed over: it is not valid JSON\n" in error
    assert f"{path}:{first + 1}: passed over: it is not a JSON object\n" in error
    assert "21 damaged lines" in error and len(error.splitlines()) == 11


def test_output_file(events, directory):
    crowd(events, count=40)
    path = events.write(directory / "events.jsonl")
    assert run("--format", "html", "--output", directory / "out.html", path) == ("", "")
    html = (directory / "out.html").read_text()
    assert html.startswith("<!doctype html>") and "http" not in html.replace("</html>", "")


@pytest.mark.parametrize("words, status, message", [
    ((), 2, "no input"),
    (("--nonsense",), 2, 'unknown option "--nonsense"'),
    (("--metric",), 2, "needs a value"),
    (("--edge-only=1",), 2, "takes no value"),
    (("--format", "pdf", "x"), 2, "known: text, json, html"),
    (("--correction", "x", "x"), 2, "known: holm, bh, none"),
    (("--window", "soon", "x"), 2, "such as 14d"),
    (("--since", "2026-02-31", "x"), 2, "invalid time"),
    (("--since", "2026-02-02", "--until", "2026-02-01", "x"), 2, "is not before"),
    (("--timezone", "Mars", "x"), 2, "unknown time zone"),
    (("--timezone", "../../etc/passwd", "x"), 2, "unknown time zone"),
    (("--winsorize", "100", "x"), 2, "a percentage expected"),
    (("--confidence", "ninety", "x"), 2, "a percentage expected"),
    (("--ratio", "a/b", "x"), 2, "NAME=METRIC.value/METRIC.count"),
    (("--ratio", "r=a/b", "x"), 2, "METRIC.rate expected"),
    (("--split", "a=1", "x"), 2, "EXPERIMENT:VARIANT=WEIGHT"),
    (("--split", "e:a=-1", "x"), 2, "VARIANT=NUMBER"),
    (("--stream", "s"), 2, "--stream needs --redis"),
    (("--redis", "host:x", "--stream", "s"), 2, "invalid port"),
    (("/nonexistent/events",), 1, "/nonexistent/events: cannot be opened: No such file"),
    (("/tmp",), 1, "/tmp"),
    (("--redis", "/nonexistent.sock", "--stream", "s"), 1, "cannot connect to Redis"),
    (("--output", "/nonexistent/out", "/dev/null"), 1, "/nonexistent/out: cannot be written"),
    (("--output", "/dev/full", "/dev/null"), 1, "/dev/full: cannot be written"),
])
def test_mistakes(words, status, message):
    out, error = run(*words, status=status)
    assert message in error and out == ""


def test_another_kind_of_key_is_refused(redis):
    redis.data.set("pz:events", "text")
    _, error = run("--redis", redis.socket, "--stream", "pz:events", status=1)
    assert "WRONGTYPE" in error


def test_a_password(redis, events):
    client = redis.data
    client.xadd("pz:events", {"event": "view", "time": "1790000000000"})
    client.config_set("requirepass", "secret")
    words = ("--format", "json", "--redis", redis.socket, "--stream", "pz:events")
    _, error = run(*words, status=1)
    assert "NOAUTH" in error
    out, _ = run(*words, env={"REDISCLI_AUTH": "secret"})
    assert json.loads(out)["events"]["view"] == 1


def test_visitors_are_told_apart_whatever_they_are_called(events, told):
    names = [visitor(1), visitor(1)[:31] + "x", "short", "", visitor(1).upper()]
    for name in names:
        record = events.expose("x", "control")
        record["visitor"] = name
    found = told()
    assert found["events"]["without_visitor"] == 1
    assert found["experiments"][0]["visitors"] == 2  # by 16 digits, of both cases
