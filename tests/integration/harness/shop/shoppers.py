"""Scripted shoppers: what they look at, put into the cart and buy. The same seed makes the same ones."""

import math
import random
from dataclasses import dataclass, field

from .catalogue import STYLES

DAY = 86400.0


@dataclass
class View:
    item: object
    time: float  # in seconds since the begin


@dataclass
class Session:
    visitor: str
    country: str
    views: list = field(default_factory=list)  # in order
    order: list = field(default_factory=list)  # items that were bought, none of them twice

    @property
    def items(self):
        return [view.item for view in self.views]


class Shoppers:
    """Each has a style, and comes back; each session is about one category.

    `stays`, `completes`: how likely the next thing that is looked at is of the same category, or of one
    that completes it; otherwise it is anything. `keeps_style`: how likely it is of the shopper's style.
    `length`: how many things are looked at on average.
    """

    def __init__(self, catalogue, visitors=10000, days=14, length=5.0, stays=0.65, completes=0.25,
                 keeps_style=0.7, buys=0.06, seed=1):
        self.catalogue = catalogue
        self.visitors = visitors
        self.days = days
        self.length = length
        self.stays, self.completes = stays, completes
        self.keeps_style = keeps_style
        self.buys = buys
        self.seed = seed

    def sessions(self, count):
        """In order of time."""
        chance = random.Random(self.seed)
        times = sorted(chance.random() * self.days * DAY for _ in range(count))
        for begin in times:
            # Some come often, most of them seldom.
            yield self._session(int(self.visitors * chance.random() ** 2), begin, chance)

    def _session(self, visitor, begin, chance):
        own = random.Random(f"{self.seed} {visitor}")
        style = own.randrange(STYLES)
        session = Session(f"v{visitor}", own.choice(["PL", "PL", "RO", "DE"]))
        item = self.catalogue.all.draw(chance)
        category, time = item.category, begin
        left = min(40, 1 + int(math.log(1 - chance.random()) / math.log(1 - 1 / self.length)))
        while True:
            session.views.append(View(item, time))
            if item not in session.order and chance.random() < self.buys:
                session.order.append(item)
            left -= 1
            if left == 0:
                return session
            item = self._next(category, style, chance)
            time += 5 + chance.lognormvariate(3, 0.8)

    def _next(self, category, style, chance):
        what = chance.random()
        if what >= self.stays + self.completes:
            return self.catalogue.all.draw(chance)
        if what >= self.stays:
            category = chance.choice(self.catalogue.complements[category])
        shelves = self.catalogue.shelves
        key = (category, style) if chance.random() < self.keeps_style else category
        return shelves.get(key, shelves[category]).draw(chance)
