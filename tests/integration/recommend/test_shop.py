"""The made-up shop, and what is computed of it: lists that are learned are measured against these."""

import math
from collections import Counter
from itertools import islice

import pytest

from harness.shop.catalogue import Catalogue
from harness.shop.offline import Together, alike, also_bought, also_viewed, recall_at_k
from harness.shop.shoppers import DAY, Shoppers


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue(items=2000, categories=40, brands=50, seed=7)


@pytest.fixture(scope="module")
def sessions(catalogue):
    return list(Shoppers(catalogue, visitors=2000, seed=7).sessions(20000))


@pytest.fixture(scope="module")
def exact(sessions):
    return also_viewed(sessions)


def told(sessions):
    return [(session.visitor, [(view.item.id, view.time) for view in session.views],
             [item.id for item in session.order]) for session in sessions]


def test_a_seed_makes_one_shop(catalogue, sessions):
    again = Catalogue(items=2000, categories=40, brands=50, seed=7)
    assert again.items == catalogue.items and again.complements == catalogue.complements
    assert told(Shoppers(again, visitors=2000, seed=7).sessions(20000)) == told(sessions)
    other = Shoppers(catalogue, visitors=2000, seed=8).sessions(50)
    assert told(other) != told(sessions[:50])
    assert Catalogue(items=2000, categories=40, brands=50, seed=8).items != catalogue.items


def test_documents(catalogue):
    documents = [item.document() for item in catalogue.items]
    assert len({document["item_id"] for document in documents}) == 2000
    assert all(document["price"] > 0 and document["url"] and document["item_name"] for document in documents)


def test_popularity_follows_zipf(catalogue):
    """The tenth is seen a tenth as often as the first: where nobody has a purpose, by all; and each
    item as often as its weight says."""
    aimless = Shoppers(catalogue, stays=0, completes=0, length=1.5, seed=3).sessions(40000)
    seen = Counter(item.id for session in aimless for item in session.items)
    total = sum(seen.values())
    weights = sum(item.weight for item in catalogue.items)
    for item in sorted(catalogue.items, key=lambda item: -item.weight)[:30]:
        expected = total * item.weight / weights
        assert abs(seen[item.id] - expected) < 5 * math.sqrt(expected), item
    ranked = [count for _, count in seen.most_common(100)]
    assert 5 < ranked[0] / ranked[9] < 20 and 50 < ranked[0] / ranked[99] < 200


def test_sessions(catalogue, sessions):
    lengths = [len(session.views) for session in sessions]
    assert 4.5 < sum(lengths) / len(lengths) < 5.5 and min(lengths) == 1 and max(lengths) <= 40
    begins = [session.views[0].time for session in sessions]
    assert begins == sorted(begins) and 0 <= begins[0] and begins[-1] < 14 * DAY
    assert all(one.time < other.time for session in sessions
               for one, other in zip(session.views, session.views[1:]))
    visits = Counter(session.visitor for session in sessions)
    assert max(visits.values()) > 5 * len(sessions) / len(visits)  # some come often
    assert any(session.order for session in sessions)
    assert all(set(session.order) <= set(session.items) for session in sessions)
    # Nine of ten steps have a reason; of those that have none, some seem to.
    steps = [catalogue.belong_together(session.items[0], item)
             for session in sessions for item in session.items[1:]]
    assert 0.9 <= sum(steps) / len(steps) < 0.96


def test_scores_by_hand():
    groups = [["a", "b", "c"], ["a", "c"], ["b", "a", "d", "a"], ["e"]]
    plain = Together(groups, popularity=0, shrink=0)
    assert plain.count == {"a": 3, "b": 2, "c": 2, "d": 1, "e": 1}
    assert plain.scores("a") == {"b": 1 + 1, "c": 1 / 2 + 1, "d": 1}
    assert plain.scores("e") == {} and plain.score("e", "a") == 0
    assert plain.best("a", 2) == [("b", 2.0), ("c", 1.5)]
    whole = Together(groups, popularity=0.5, shrink=2)
    assert whole.score("a", "c") == pytest.approx(1.5 / math.sqrt(3 * 2) * 2 / 4)
    assert whole.score("c", "a") == whole.score("a", "c")
    assert Together(groups, window=1, popularity=0, shrink=0).scores("c") == {"b": 1, "a": 1}
    assert Together(groups, nearness=alike, popularity=0, shrink=0).score("b", "d") == 1


def test_recall_by_hand():
    exact = Together([["a", "b"]] * 3 + [["a", "c"]] * 2 + [["a", "d"], ["a", "e"]], popularity=0, shrink=0)
    assert recall_at_k({"a": ["b", "c"]}, exact, k=2, at_least=7) == 1
    assert recall_at_k({"a": ["c", "x", "b"]}, exact, k=2, at_least=7) == 0.5
    assert recall_at_k({"a": ["b", "c", "e"]}, exact, k=3, at_least=7) == 1  # as good as d
    assert recall_at_k({"a": ["b", "c", "d", "e"]}, exact, k=20, at_least=7) == 1  # there are no more
    assert recall_at_k({"a": list("bcde")}, exact, k=20) == 1 / 5
    assert recall_at_k({"a": list("bcde")}, exact, k=20, weights={"a": 3, "b": 1}) == 3 / 4
    assert recall_at_k({}, exact) == 0


def test_the_structure_is_found(catalogue, sessions, exact):
    """What is computed leads to what belongs together, and not to what everybody sees."""
    items = {item.id: item for item in catalogue.items}
    popular = [name for name, count in exact.count.most_common(300)]

    def share(found):
        together = [catalogue.belong_together(items[one], items[other])
                    for one in popular for other, _ in found.best(one)]
        return sum(together) / len(together)

    everywhere = {name for name, _ in islice(exact.count.most_common(), 20)}

    def bestsellers(found):
        return sum(other in everywhere for one in popular for other, _ in found.best(one)) / len(popular)

    uncorrected = also_viewed(sessions, popularity=0, shrink=0)
    by_chance = sum(catalogue.belong_together(items[one], items[other])
                    for one in popular for other in popular) / len(popular) ** 2
    assert share(exact) > 0.95 > share(uncorrected) > 0.6 > 2 * by_chance
    assert bestsellers(exact) < bestsellers(uncorrected) / 2


def test_what_half_of_the_data_finds(sessions, exact):
    """The exact lists are not noise: half of the sessions find most of what all of them do. A list that is
    learned of all of them has to come nearer than that."""
    half = also_viewed(sessions[::2])
    learned = {name: [other for other, _ in half.best(name)] for name in half.count}
    recall = recall_at_k(learned, exact, at_least=200)
    assert 0.6 < recall < 0.95
    assert recall_at_k({name: [other for other, _ in exact.best(name)] for name in exact.count},
                       exact, at_least=100) == 1


def test_orders(catalogue, sessions):
    exact = also_bought(sessions, shrink=1.0)
    items = {item.id: item for item in catalogue.items}
    best = [(one, other) for one, _ in exact.count.most_common(50) for other, _ in exact.best(one, 3)]
    assert len(best) > 50
    assert sum(catalogue.belong_together(items[one], items[other]) for one, other in best) > 0.75 * len(best)
