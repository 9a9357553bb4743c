"""A made-up shop whose structure is known: categories that complete each other, styles, brands,
prices, and a popularity by Zipf's law. The same seed makes the same shop."""

import random
from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate

COMPLEMENTS = 3  # categories that complete one
STYLES = 6


@dataclass(frozen=True)
class Item:
    number: int
    category: int
    style: int
    brand: int
    price: float
    weight: float  # how popular it is

    @property
    def id(self):
        return f"sku-{self.number}"

    def document(self):
        """As the catalogue in Redis has it."""
        return {"item_id": self.id, "item_name": f"Thing {self.number}", "item_brand": f"Brand {self.brand}",
                "item_category": f"Department {self.category % 10}", "item_category2": f"Category {self.category}",
                "price": self.price, "currency": "EUR", "url": f"/p/{self.number}",
                "image": f"/i/{self.number}.jpg", "available": True}


@dataclass
class Shelf:
    """Items of which one is drawn by its popularity."""

    items: list = field(default_factory=list)
    _sums: list = None

    def draw(self, chance):
        if self._sums is None:
            self._sums = list(accumulate(item.weight for item in self.items))
        return self.items[bisect(self._sums, chance.random() * self._sums[-1])]

    @property
    def weight(self):
        return sum(item.weight for item in self.items)


class Catalogue:
    """`zipf` is the exponent: the item of rank r is as popular as r ** -zipf."""

    def __init__(self, items=50000, categories=200, brands=300, zipf=1.0, seed=1):
        chance = random.Random(seed)
        ranks = list(range(1, items + 1))
        chance.shuffle(ranks)
        usual = [chance.lognormvariate(3.5, 0.8) for _ in range(categories)]  # prices
        self.items = [self._item(number, rank ** -zipf, usual, brands, chance)
                      for number, rank in enumerate(ranks)]
        self.all = Shelf(self.items)
        self.shelves = {}  # of a category, and of a style in it
        for item in self.items:
            for key in (item.category, (item.category, item.style)):
                self.shelves.setdefault(key, Shelf()).items.append(item)
        present = [category for category in range(categories) if category in self.shelves]
        self.complements = {category: chance.sample([other for other in present if other != category],
                                                    min(COMPLEMENTS, len(present) - 1))
                            for category in present}

    @staticmethod
    def _item(number, weight, usual, brands, chance):
        category = chance.randrange(len(usual))
        return Item(number, category, chance.randrange(STYLES), int(brands * chance.random() ** 2),
                    round(usual[category] * chance.lognormvariate(0, 0.4), 2), weight)

    def belong_together(self, one, other):
        """Whether shoppers look at both for a reason."""
        return other.category == one.category or other.category in self.complements[one.category] or \
            one.category in self.complements[other.category]
