"""Turns a record of a feed, {name: value}, into an item with GA4's names."""

import functools
import re

from . import values

KEPT = ["item_variant", "add_to_cart", "color", "size", "gender", "age_group", "condition",
        "material", "pattern", "badge", "affiliation", "custom_label_0", "custom_label_1",
        "custom_label_2", "custom_label_3", "custom_label_4"]
LONGEST_ID = 500  # bytes
LONGEST_TEXT = 1000  # characters
MOST_IMAGES = 10

ID = ["item_id", "offer_id", "id", "sku", "product_id"]
NAME = ["item_name", "title", "name"]
BRAND = ["item_brand", "brand"]
URL = ["url", "link", "product_url"]
IMAGE = ["image", "image_link", "image_url"]
IMAGES = ["images", "additional_image_link", "additional_image_links", "additional_images"]
CATEGORY = ["product_type", "product_types", "category", "categories", "google_product_category"]
LEVELS = ["item_category", "item_category2", "item_category3", "item_category4", "item_category5"]
AVAILABLE = ["available", "availability", "in_stock"]
UNTIL = ["until", "expiration_date"]
OLD_PRICE = ["old_price", "list_price", "compare_at_price"]
RATING = ["rating", "average_rating", "product_rating", "rating_value", "average_review_rating"]
RATING_COUNT = ["rating_count", "review_count", "number_of_reviews", "number_of_ratings"]
OTHERS = ["price", "sale_price", "sale_price_effective_date", "currency",
          "item_group_id", *LEVELS]

MOST_SHAPES = 10000  # of which is remembered what is where


class Unusable(Exception):
    """Nothing can be shown of a record. `item_id` is known or None."""

    def __init__(self, text, item_id=None):
        super().__init__(text)
        self.item_id = item_id


@functools.lru_cache(10000)
def field_name(text):
    """A name as it is looked up: image_link for "Image Link", "g:image_link" and "imageLink"."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip().strip("\"'"))
    return re.sub(r"[\s-]+", "_", text.lower().removeprefix("g:"))


def text_of(value):
    """The text of a value; of a list, of its first. None if it has none."""
    if type(value) is str:
        return values.tidy(value) or None
    if isinstance(value, list):
        return text_of(value[0]) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) else None


class Shape:
    """Which of its fields tells what in records that have the same fields: None where none does."""

    def __init__(self, names, id_fields, kept):
        def one_of(candidates):
            found = next((name for name in candidates if name in names), None)
            taken.update(candidates)
            return found

        taken = {*OTHERS, *kept}
        self.id = one_of(id_fields)
        self.name = one_of(NAME)
        self.brand = one_of(BRAND)
        self.url = one_of(URL)
        self.image = one_of(IMAGE)
        self.images = one_of(IMAGES)
        self.category = one_of(CATEGORY)
        self.levels = [level for level in LEVELS if level in names]
        self.old_price = one_of(OLD_PRICE)
        self.available = one_of(AVAILABLE)
        self.until = one_of(UNTIL)
        self.rating = one_of(RATING)
        self.rating_count = one_of(RATING_COUNT)
        self.kept = [name for name in names if name in kept]
        self.untaken = [name for name in names if name not in taken and name not in ID]


class Converter:
    """`problems` of a record that was converted are the values that were left out. Of a record, no
    value is empty."""

    def __init__(self, now, id_field=None, keep=(), currency=None, point=None):
        self.now = now
        self.id_fields = [field_name(id_field)] if id_field else ID
        self.kept = [*KEPT, *map(field_name, keep)]
        self.currency = currency
        self.point = point
        self.shapes = {}
        self.untaken = {}  # names in order of appearance
        self.problems = []

    def convert(self, record):
        """(id, item). Raises Unusable."""
        self.problems = []
        shape = self._shape(record)
        item_id = self._id(shape, record)
        name = text_of(record[shape.name]) if shape.name else None
        url = self._read("url", values.address, record[shape.url]) if shape.url else None
        if not name or not url:
            raise Unusable("; ".join([*self.problems, f"has no {'link' if name else 'title'}"]),
                           item_id)
        item = {"item_id": item_id, "item_name": self._cut("title", name)}
        if shape.brand:
            self._put_text(item, "item_brand", record[shape.brand])
        self._put_categories(item, shape, record)
        self._put_price(item, shape, record)
        item["url"] = url
        if shape.image or shape.images:
            self._put_images(item, record.get(shape.image), record.get(shape.images) or [])
        if shape.available:
            self._put(item, "available", values.availability, record[shape.available])
        if shape.until:
            self._put_until(item, record[shape.until])
        if "item_group_id" in record:
            self._put_text(item, "item_group_id", record["item_group_id"])
        if shape.rating:
            self._put(item, "rating", values.number, record[shape.rating])
        if shape.rating_count:
            self._put(item, "rating_count", values.number, record[shape.rating_count])
        for name in shape.kept:
            if name not in item:
                self._put_kept(item, name, record[name])
        return item_id, item

    def _shape(self, record):
        names = tuple(record)
        shape = self.shapes.get(names)
        if shape is None:
            if len(self.shapes) >= MOST_SHAPES:
                self.shapes.clear()
            shape = self.shapes[names] = Shape(names, self.id_fields, self.kept)
            self.untaken.update(dict.fromkeys(shape.untaken[:100]))
        return shape

    def _id(self, shape, record):
        item_id = text_of(record[shape.id]) if shape.id else None
        if not item_id:
            raise Unusable(f"has no {self.id_fields[0] if len(self.id_fields) == 1 else 'id'}")
        if len(item_id) > LONGEST_ID or len(item_id.encode("utf-8", "replace")) > LONGEST_ID:
            raise Unusable(f'its id "{item_id[:40]}…" has more than {LONGEST_ID} bytes')
        return item_id

    def _read(self, name, read, value, *arguments):
        """What `read` makes of the text of a value, or None and a problem."""
        text = text_of(value)
        if text is None:
            return None
        try:
            return read(text, *arguments)
        except ValueError as error:
            self.problems.append(f"{name} left out: {error}")
            return None

    def _put(self, item, name, read, value):
        found = self._read(name, read, value)
        if found is not None:
            item[name] = found

    def _cut(self, name, text):
        if len(text) > LONGEST_TEXT:
            self.problems.append(f"{name} cut: more than {LONGEST_TEXT} characters")
        return text[:LONGEST_TEXT]

    def _put_text(self, item, name, value):
        text = text_of(value)
        if text:
            item[name] = self._cut(name, text)

    def _put_kept(self, item, name, value):
        if isinstance(value, (bool, int, float)):
            item[name] = value
        else:
            self._put_text(item, name, value)

    @staticmethod
    def _put_categories(item, shape, record):
        if shape.levels:
            for level in shape.levels:
                text = text_of(record[level])
                if text:
                    item[level] = text[:200]
        elif shape.category:
            path = text_of(record[shape.category])
            # Google's own categories can be numbers, which tell nobody anything.
            if path and not path.isdigit():
                item.update(zip(LEVELS, values.categories(path)))

    def _price(self, name, value):
        """(number, currency) of a price as text, number, or {value, currency}."""
        if isinstance(value, list):
            value = value[0]
        currency = None
        if isinstance(value, dict):
            value = {field_name(key): inner for key, inner in value.items()}
            currency = text_of(value.get("currency") or value.get("currency_code"))
            value = value.get("value", value.get("amount"))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return values.plain(value), currency
            except ValueError as error:
                self.problems.append(f"{name} left out: {error}")
                return None, None
        found = self._read(name, values.price, value, self.point) or (None, None)
        return found[0], found[1] or currency

    def _put_price(self, item, shape, record):
        price, currency = self._price("price", record["price"]) if "price" in record else (None, None)
        old = self._price("old_price", record[shape.old_price])[0] if shape.old_price else None
        if "sale_price" in record:
            sale, sale_currency = self._price("sale_price", record["sale_price"])
            until = self._sale_until(record.get("sale_price_effective_date"))
            if sale is not None and until is not None:
                price, old, currency = sale, price, sale_currency or currency
                if until:
                    item["until"] = values.written(until)
        if price is None:
            return
        item["price"] = price
        if old is not None and old > price:
            item["old_price"] = old
        currency = currency or text_of(record.get("currency")) or self.currency
        if currency and re.fullmatch("[A-Za-z]{3}", currency):
            item["currency"] = currency.upper()

    def _sale_until(self, period):
        """When a sale ends, False if it does not, None if it is not now."""
        if not period:
            return False
        found = self._read("sale_price", values.period, period)
        return found[1] if found and found[0] <= self.now <= found[1] else None

    def _put_until(self, item, value):
        """If a sale ends sooner, its end stays: the price is none any more then."""
        when = self._read("until", values.until, value)
        if when is not None:
            item["until"] = min(values.written(when), item.get("until", "9999"))

    def _put_images(self, item, main, others):
        if isinstance(others, str):  # what follows a comma that is part of an address is none
            others = re.split(r"\s*,\s*(?=https?:|/)", others.strip())
        elif not isinstance(others, list):
            others = []
        if isinstance(main, list):
            main, others = main[0], main[1:] + others
        if main:
            self._put(item, "image", values.address, main)
        found = [self._read("additional_image_link", values.address, image)
                 for image in others[:MOST_IMAGES]]
        found = [image for image in found if image]
        if found:
            item["images"] = found
