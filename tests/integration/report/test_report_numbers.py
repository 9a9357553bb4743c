"""The numbers of personalize-report, against numpy, scipy and statsmodels."""

import math
import random

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from harness.report import DAY, HOUR, START, Events, outcome_of, report

CLOSE = {"rel": 1e-6, "abs": 1e-9}


class Shop:
    """Visitors with purchases before and after their exposure, whose numbers are known."""

    def __init__(self, seed=1, visitors=3000, variants=("control", "blue"), versions=None):
        draw = random.Random(seed)
        self.events = Events()
        self.visitors = []  # dicts of what is known of each
        for number in range(visitors):
            version = draw.choice(list(versions)) if versions else None
            weights = versions[version] if versions else [1] * len(variants)
            variant = draw.choices(variants, weights)[0]
            split = ",".join(f"{name}={weight}" for name, weight in zip(variants, weights))
            time = START + draw.randrange(10 * DAY)
            taste = draw.random()
            one = {"variant": variant, "version": version, "before": 0.0, "value": 0.0, "count": 0,
                   "visits": 0, "age": draw.randrange(18, 80)}
            for _ in range(draw.choice([0, 0, 1, 2])):
                amount = round(taste * 100 * draw.random(), 2)
                one["before"] += amount
                self.events.convert(number, time - 1 - draw.randrange(DAY), value=amount,
                                    currency="EUR")
            self.events.expose(number, variant, time, split=split, version=version,
                               attributes={"age": one["age"], "geo.country": "PL"})
            for _ in range(1 + draw.randrange(3)):
                one["visits"] += 1
                self.events.convert(number, time + draw.randrange(DAY), metric="visit")
            bonus = 1.3 if variant != "control" else 1
            for _ in range(sum(draw.random() < 0.3 * bonus for _ in range(3))):
                amount = round(taste * 100 * draw.random(), 2)
                one["value"] += amount
                one["count"] += 1
                self.events.convert(number, time + draw.randrange(DAY), value=amount,
                                    currency="EUR")
            self.visitors.append(one)
        draw.shuffle(self.events.records)  # nothing depends on the order of lines

    def of(self, variant, name, version=None):
        return np.array([float(one[name]) for one in self.visitors
                         if one["variant"] == variant and version in (None, one["version"])])


@pytest.fixture(scope="module")
def shop():
    return Shop()


@pytest.fixture
def told(directory):
    def tell(shop, *words):
        path = shop.events.write(directory / "events.jsonl")
        return report(path, *words)["experiments"][0]

    return tell


def mean_variance(values):
    return values.mean(), values.var(ddof=1) / len(values)


def welch_degrees(*terms):
    """Of (variance of a mean, number of values)."""
    return sum(v for v, _ in terms) ** 2 / sum(v ** 2 / (n - 1) for v, n in terms)


def assert_estimate(estimate, value, error, degrees, n, alpha=0.05):
    assert estimate["value"] == pytest.approx(value, **CLOSE)
    assert estimate["error"] == pytest.approx(error, **CLOSE)
    assert estimate["degrees"] == pytest.approx(degrees, **CLOSE)
    low, high = stats.t.interval(1 - alpha, degrees, value, error)
    assert estimate["low"] == pytest.approx(low, **CLOSE)
    assert estimate["high"] == pytest.approx(high, **CLOSE)
    assert estimate["p"] == pytest.approx(2 * stats.t.sf(abs(value / error), degrees), **CLOSE)
    # arXiv 2103.06476, with rho for the 5000th visitor
    rho = math.sqrt((-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / 5000)
    deviation = error * math.sqrt(n)
    half = deviation * math.sqrt(2 * (n * rho ** 2 + 1) / (n * rho) ** 2
                                 * math.log(math.sqrt(n * rho ** 2 + 1) / alpha))
    assert estimate["always_low"] == pytest.approx(value - half, **CLOSE)
    assert estimate["always_high"] == pytest.approx(value + half, **CLOSE)
    p = min(1, math.sqrt(n * rho ** 2 + 1)
            * math.exp(-rho ** 2 * n * value ** 2 / (2 * error ** 2 * (n * rho ** 2 + 1))))
    assert estimate["always_p"] == pytest.approx(p, **CLOSE)


def assert_means(result, control, treatment, alpha=0.05):
    (mc, vc), (mt, vt) = mean_variance(control), mean_variance(treatment)
    n = len(control) + len(treatment)
    degrees = welch_degrees((vc, len(control)), (vt, len(treatment)))
    assert result["mean"] == pytest.approx(mt, **CLOSE)
    assert_estimate(result["difference"], mt - mc, math.sqrt(vc + vt), degrees, n, alpha)
    assert_estimate(result["lift"], (mt - mc) / mc,
                    math.sqrt(vt / mc ** 2 + vc * mt ** 2 / mc ** 4), degrees, n, alpha)
    lift = result["lift"]
    assert result["chance_to_beat_control"] == pytest.approx(
        stats.norm.cdf(lift["value"] / lift["error"]), **CLOSE)
    test = stats.ttest_ind(treatment, control, equal_var=False)
    assert result["difference"]["p"] == pytest.approx(test.pvalue, **CLOSE)


def test_means(shop, told):
    experiment = told(shop, "--no-cuped")
    assert [one["visitors"] for one in experiment["variants"]] == [
        len(shop.of("control", "value")), len(shop.of("blue", "value"))]
    value = outcome_of(experiment, "purchase.value")
    assert_means(value["variants"][1], shop.of("control", "value"), shop.of("blue", "value"))
    rate = outcome_of(experiment, "purchase.rate")
    assert_means(rate["variants"][1], shop.of("control", "count") > 0, shop.of("blue", "count") > 0)
    for result, variant in zip(value["variants"], ("control", "blue")):
        assert result["conversions"] == shop.of(variant, "count").sum()
        assert result["visitors_with_any"] == (shop.of(variant, "value") != 0).sum()
        assert result["total"] == pytest.approx(shop.of(variant, "value").sum(), **CLOSE)


def test_another_confidence(shop, told):
    experiment = told(shop, "--no-cuped", "--confidence", "99")
    assert_means(outcome_of(experiment, "purchase.value")["variants"][1],
                 shop.of("control", "value"), shop.of("blue", "value"), alpha=0.01)


@pytest.mark.parametrize("ratio, top, bottom", [
    ("purchase.value/purchase.count", "value", "count"),
    ("purchase.count/visit.count", "count", "visits"),
])
def test_ratios(ratio, top, bottom, shop, told):
    experiment = told(shop, "--ratio", f"basket={ratio}")
    result = outcome_of(experiment, "basket")["variants"][1]
    means, variances, sizes = [], [], []
    for variant in ("control", "blue"):
        m, d = shop.of(variant, top), shop.of(variant, bottom)
        mm, md, n = m.mean(), d.mean(), len(m)
        cov = np.cov(m, d, ddof=1)
        means.append(mm / md)
        variances.append((cov[0, 0] - 2 * (mm / md) * cov[0, 1] + (mm / md) ** 2 * cov[1, 1])
                         / (n * md ** 2))
        sizes.append(n)
    (rc, rt), (vc, vt) = means, variances
    degrees = welch_degrees(*zip(variances, sizes))
    assert result["mean"] == pytest.approx(rt, **CLOSE)
    assert_estimate(result["difference"], rt - rc, math.sqrt(vc + vt), degrees, sum(sizes))
    assert_estimate(result["lift"], rt / rc - 1, math.sqrt(vt / rc ** 2 + vc * rt ** 2 / rc ** 4),
                    degrees, sum(sizes))


def cuped(control, treatment):
    """Pairs of (y, x): adjusted means, and their variances."""
    centered = [(y - y.mean(), x - x.mean()) for y, x in (control, treatment)]
    theta = (sum((y * x).sum() for y, x in centered) / sum((x * x).sum() for y, x in centered))
    overall = np.concatenate([control[1], treatment[1]]).mean()
    adjusted = []
    for y, x in (control, treatment):
        cov = np.cov(y, x, ddof=1)
        adjusted.append((y.mean() - theta * (x.mean() - overall),
                         (cov[0, 0] + theta ** 2 * cov[1, 1] - 2 * theta * cov[0, 1]) / len(y)))
    return adjusted


@pytest.mark.parametrize("words, covariate", [((), "before"), (("--covariate", "age"), "age")])
def test_cuped(words, covariate, shop, told):
    result = outcome_of(told(shop, *words), "purchase.value")["variants"][1]
    control, treatment = [(shop.of(variant, "value"), shop.of(variant, covariate))
                          for variant in ("control", "blue")]
    (mc, vc), (mt, vt) = cuped(control, treatment)
    n = len(control[0]), len(treatment[0])
    degrees = welch_degrees((vc, n[0]), (vt, n[1]))
    assert result["adjusted_mean"] == pytest.approx(mt, **CLOSE)
    assert result["adjusted_mean_of_control"] == pytest.approx(mc, **CLOSE)
    assert_estimate(result["difference"], mt - mc, math.sqrt(vc + vt), degrees, sum(n))
    assert_estimate(result["lift"], mt / mc - 1, math.sqrt(vt / mc ** 2 + vc * mt ** 2 / mc ** 4),
                    degrees, sum(n))
    plain = sum(mean_variance(y)[1] for y, _ in (control, treatment))
    assert result["variance_saved"] == pytest.approx(1 - (vc + vt) / plain, **CLOSE)
    if covariate == "before":
        assert result["variance_saved"] > 0.01


def test_winsorizing(shop, told):
    outcome = outcome_of(told(shop, "--no-cuped", "--winsorize", "95"), "purchase.value")
    groups = [shop.of(variant, "value") for variant in ("control", "blue")]
    values = np.concatenate(groups)
    cap = np.percentile(values[values > 0], 95)
    assert outcome["cap"] == pytest.approx(cap, **CLOSE)
    assert outcome["capped"] == (values > cap).sum()
    assert_means(outcome["variants"][1], *[np.minimum(group, cap) for group in groups])


VERSIONS = {"1": [50, 50], "2": [20, 80], "3": [5, 95]}


def test_versions_of_a_bandit_are_strata(told):
    """Who comes late differs, and more of them get the better variant: sums over all would lie."""
    shop = Shop(seed=3, versions=VERSIONS)
    experiment = told(shop, "--no-cuped")
    assert experiment["strata"] == 3
    assert not experiment["sample_ratio"]["alarm"]
    total = len(shop.visitors)
    means, variances, terms = [], [], []
    for variant in ("control", "blue"):
        mean = variance = 0
        for version in VERSIONS:
            weight = sum(one["version"] == version for one in shop.visitors) / total
            m, v = mean_variance(shop.of(variant, "value", version))
            mean += weight * m
            variance += weight ** 2 * v
            terms.append((weight ** 2 * v, len(shop.of(variant, "value", version))))
        means.append(mean)
        variances.append(variance)
    result = outcome_of(experiment, "purchase.value")["variants"][1]
    assert_estimate(result["difference"], means[1] - means[0], math.sqrt(sum(variances)),
                    welch_degrees(*terms), total)
    # The sample-ratio check knows each version's weights: with one of them it is Pearson's.
    observed, expected, covariance = 0, 0, 0
    for version, weights in VERSIONS.items():
        n = sum(one["version"] == version for one in shop.visitors)
        share = weights[0] / sum(weights)
        observed += len(shop.of("control", "value", version))
        expected += n * share
        covariance += n * share * (1 - share)
    check = experiment["sample_ratio"]["chi_square_test"]
    assert check["chi_square"] == pytest.approx((observed - expected) ** 2 / covariance, **CLOSE)
    assert check["p"] == pytest.approx(stats.chi2.sf(check["chi_square"], 1), **CLOSE)


def test_sample_ratio(told):
    shop = Shop(seed=4, visitors=2000, variants=("control", "blue", "red"))
    experiment = told(shop, "--split", "checkout:control=40,blue=30,red=30")
    counts = [len(shop.of(variant, "value")) for variant in ("control", "blue", "red")]
    expected = [800, 600, 600]
    test = stats.chisquare(counts, expected)
    check = experiment["sample_ratio"]["chi_square_test"]
    assert check["chi_square"] == pytest.approx(test.statistic, **CLOSE)
    assert check["p"] == pytest.approx(test.pvalue, **CLOSE)
    # The least p of the sequential test, by its definition: the Bayes factor of Dirichlet priors.
    order = sorted((record["time"], index) for index, record in enumerate(shop.events.records)
                   if record["event"] == "exposure")
    names = [experiment["variants"][i]["name"] for i in range(3)]
    shares = [one["share"] for one in experiment["variants"]]
    assert shares == pytest.approx([0.4, 0.3, 0.3])
    seen, log_factor, greatest = [0, 0, 0], 0, 0
    for n, (_, index) in enumerate(order):
        which = names.index(shop.events.records[index]["variant"])
        log_factor += math.log((10000 * shares[which] + seen[which]) / (10000 + n) / shares[which])
        seen[which] += 1
        greatest = max(greatest, log_factor)
    assert experiment["sample_ratio"]["sequential_p"] == pytest.approx(math.exp(-greatest), **CLOSE)
    assert experiment["sample_ratio"]["alarm"]


@pytest.mark.parametrize("name, method", [("holm", "holm"), ("bh", "fdr_bh"), ("none", None)])
def test_corrections(name, method, told):
    shop = Shop(seed=5, visitors=1500, variants=("control", "blue", "red"))
    experiment = told(shop, "--correction", name, "--ratio", "basket=purchase.value/visit.count")
    results = [result for outcome in experiment["outcomes"] for result in outcome["variants"]
               if "lift" in result]
    assert len(results) >= 6
    p = [result["lift"]["p"] for result in results]
    expected = multipletests(p, method=method)[1] if method else p
    assert [result["p_adjusted"] for result in results] == pytest.approx(list(expected), **CLOSE)


def test_series_ends_with_the_result(shop, told):
    experiment = told(shop, "--no-cuped")
    outcome = outcome_of(experiment, "purchase.value")
    assert outcome["series"][-1]["variants"][0]["lift"] == outcome["variants"][1]["lift"]
    days = experiment["days"]
    assert days[-1]["visitors"] == [one["visitors"] for one in experiment["variants"]]
    assert all(later["until"] - day["until"] == DAY for day, later in zip(days, days[1:]))
    # The third day, counted anew.
    end = days[2]["until"]
    counted = {"control": {}, "blue": {}}
    exposed = {}
    for record in shop.events.records:
        if record["event"] == "exposure" and record["time"] < end:
            exposed[record["visitor"]] = record
            counted[record["variant"]][record["visitor"]] = 0
    for record in shop.events.records:
        if (record["event"] == "conversion" and record["time"] < end and "value" in record
                and record["visitor"] in exposed
                and record["time"] >= exposed[record["visitor"]]["time"]):
            counted[exposed[record["visitor"]]["variant"]][record["visitor"]] += record["value"]
    (mc, vc), (mt, vt) = [mean_variance(np.array(list(counted[variant].values())))
                          for variant in ("control", "blue")]
    lift = outcome["series"][2]["variants"][0]["lift"]
    assert lift["value"] == pytest.approx(mt / mc - 1, **CLOSE)
    assert lift["error"] == pytest.approx(math.sqrt(vt / mc ** 2 + vc * mt ** 2 / mc ** 4), **CLOSE)


def test_click_rates_and_answers(directory):
    events = Events()
    for number in range(200):
        for _ in range(1 + number % 2):
            events.add("impression", number, campaign="bar", slot="top")
        if number % 7 == 0:
            events.add("click", number, START + HOUR, campaign="bar", slot="top")
            events.add("click", number, START + HOUR, campaign="bar", slot="top")
        if number % 3 == 0:
            events.add("answer", number, campaign="why", question="Why?", answer="Price")
    for number in (1, 2):
        events.add("answer", number, campaign="why", question="Why?", answer="Delivery")
    found = report(events.write(directory / "events.jsonl"))
    campaign = found["campaigns"][0]
    assert [campaign[name] for name in ("impressions", "viewers", "clicks", "clickers")] == [
        300, 200, 58, 29]
    low, high = proportion_confint(29, 200, method="wilson")
    assert campaign["click_rate"]["low"] == pytest.approx(low, **CLOSE)
    assert campaign["click_rate"]["high"] == pytest.approx(high, **CLOSE)
    answers = found["surveys"][0]["answers"]
    assert [(one["answer"], one["visitors"]) for one in answers] == [("Price", 67), ("Delivery", 2)]
    low, high = proportion_confint(2, 69, method="wilson")
    assert answers[1]["low"] == pytest.approx(low, **CLOSE)
    assert answers[1]["high"] == pytest.approx(high, **CLOSE)
