"""What is seen or bought together, computed exactly and at leisure: what learned lists are measured
against."""

import math
from collections import Counter, defaultdict


def near(gap):
    """How much it counts that two things were looked at `gap` steps from each other."""
    return 1 / gap


def alike(gap):
    """In an order, everything is as near."""
    return 1.0


class Together:
    """Scores of pairs over groups of things: the items of a session, or of an order.

        score(a, b) = w(a, b) / (n(a) n(b)) ** popularity  *  s(a, b) / (s(a, b) + shrink)

    n: in how many groups a thing is; s: in how many both are; w: the same, each counted by how near they
    are in it, at most `window` steps. A thing that a group has several times counts where it is nearest.
    """

    def __init__(self, groups, nearness=near, window=10, popularity=0.5, shrink=5.0):
        self.count = Counter()
        self.popularity = popularity
        self.shrink = shrink
        self.pairs = defaultdict(dict)  # {one: {other: [w, s]}}
        for group in groups:
            self._add(group, nearness, window)

    def _add(self, group, nearness, window):
        self.count.update(set(group))
        best = {}
        for begin, one in enumerate(group):
            for gap, other in enumerate(group[begin + 1:begin + 1 + window], 1):
                pair = (one, other) if one < other else (other, one)
                if one != other and gap < best.get(pair, window + 1):
                    best[pair] = gap
        for (one, other), gap in best.items():
            for a, b in ((one, other), (other, one)):
                entry = self.pairs[a].setdefault(b, [0.0, 0])
                entry[0] += nearness(gap)
                entry[1] += 1

    def score(self, one, other):
        near_together, together = self.pairs[one].get(other, (0.0, 0))
        if not together:
            return 0.0
        expected = math.pow(self.count[one] * self.count[other], self.popularity)
        return near_together / expected * together / (together + self.shrink)

    def scores(self, one):
        return {other: self.score(one, other) for other in self.pairs.get(one, ())}

    def best(self, one, count=20):
        """[(other, score), …], the best first; equal ones by name."""
        ranked = sorted(self.scores(one).items(), key=lambda entry: (-entry[1], entry[0]))
        return ranked[:count]


def also_viewed(sessions, **options):
    return Together(([item.id for item in session.items] for session in sessions), **options)


def also_bought(sessions, **options):
    return Together(([item.id for item in session.order] for session in sessions if session.order),
                    nearness=alike, window=100, **options)


def recall_at_k(learned, exact, k=20, at_least=0, weights=None):
    """How much of the exact lists the learned ones have, from 0 to 1, on average over things.

    learned: {thing: [other, …]}, best first; exact: a Together. Whatever scores as high as the last of an
    exact list is as good as that one. Things that fewer than `at_least` groups had are left out;
    `weights` {thing: weight} says how much each counts, by default all the same.
    """
    found = whole = 0.0
    for thing, count in exact.count.items():
        scores = exact.scores(thing) if count >= at_least else {}
        if not scores:
            continue
        wanted = min(k, len(scores))
        last = sorted(scores.values(), reverse=True)[wanted - 1]
        good = {other for other in learned.get(thing, [])[:k] if scores.get(other, -1) >= last * (1 - 1e-9)}
        weight = weights.get(thing, 0) if weights else 1
        found += weight * len(good) / wanted
        whole += weight
    return found / whole if whole else 0.0
