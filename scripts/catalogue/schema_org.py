"""Products of schema.org in JSON-LD as records with Merchant Center's names."""

ID = ["sku", "productID", "identifier", "mpn", "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "@id"]
DEEPEST = 8


def first(value, names):
    """The first of these members that has something."""
    return next((value[name] for name in names if value.get(name) not in (None, "", [])), None)


def is_json_ld(value):
    return "@type" in value or "@graph" in value or "@context" in value


def records(value, depth=0):
    """Of each product in a JSON-LD value, variants of a ProductGroup being products of their own."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from records(one, depth + 1)
    elif isinstance(value, dict):
        types = type_of(value)
        if "ProductGroup" in types and value.get("hasVariant"):
            for variant in listed(value["hasVariant"]):
                if isinstance(variant, dict):
                    yield product({**inherited(value), **variant})
        elif types & {"Product", "ProductGroup", "IndividualProduct", "ProductModel"}:
            yield product(value)
        else:
            for name in ("@graph", "itemListElement", "item", "mainEntity"):
                if name in value:
                    yield from records(value[name], depth + 1)


def listed(value):
    return value if isinstance(value, list) else [value]


def type_of(value):
    return {str(one).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for one in listed(value.get("@type"))}


def inherited(group):
    """What variants have from their group unless they say otherwise."""
    names = ("name", "brand", "category", "image", "url", "offers", "aggregateRating")
    own = {name: group[name] for name in names if name in group}
    return {**own, "inProductGroupWithID": group.get("productGroupID")}


def named(value):
    """A text, or the name of a thing."""
    value = listed(value)[0] if value else None
    return first(value, ["name", "@value", "value"]) if isinstance(value, dict) else value


def picture(value):
    return first(value, ["contentUrl", "url", "@id"]) if isinstance(value, dict) else value


def product(value):
    offer, lowest, currency = best_offer(value.get("offers"))
    images = [picture(one) for one in listed(value.get("image")) if one]
    rating = listed(value.get("aggregateRating"))[0]
    record = {
        "id": named(first(value, ID)),
        "title": named(value.get("name")),
        "brand": named(first(value, ["brand", "manufacturer"])),
        "category": category(value.get("category")),
        "link": first(value, ["url"]) or offer.get("url") or page(value.get("@id")),
        "image": images[0] if images else None,
        "images": images[1:],
        "price": lowest,
        "old_price": list_price(offer),
        "currency": currency,
        "availability": offer.get("availability"),
        "until": first(offer, ["availabilityEnds", "validThrough"]) or offer.get("priceValidUntil"),
        "item_group_id": named(value.get("inProductGroupWithID")),
        "color": named(value.get("color")),
        "size": named(value.get("size")),
        "material": named(value.get("material")),
        "pattern": named(value.get("pattern")),
    }
    if isinstance(rating, dict):
        record["rating"] = scaled(rating)
        record["rating_count"] = first(rating, ["ratingCount", "reviewCount"])
    return {name: found for name, found in record.items() if found not in (None, "", [])}


def category(value):
    """A path; of several texts, each is a level unless it is a path itself."""
    texts = [text for text in map(named, listed(value)) if isinstance(text, str)] if value else []
    return texts[0] if texts and ">" in texts[0] else " > ".join(texts) or None


def page(identity):
    return identity if isinstance(identity, str) and identity.startswith("http") else None


def scaled(rating):
    """A rating out of 5."""
    value, best = first(rating, ["ratingValue"]), rating.get("bestRating")
    try:
        scale = float(best) / 5
        return round(float(value) / scale, 2) if scale > 0 and scale != 1 else value
    except (TypeError, ValueError):
        return value


def offers_in(value, depth=0):
    for offer in listed(value):
        if isinstance(offer, dict) and depth < DEEPEST:
            yield offer
            if offer.get("offers"):
                yield from offers_in(offer["offers"], depth + 1)


def best_offer(value):
    """(offer, price, currency): the cheapest that can be bought, or else the cheapest."""
    best = ({}, None, None)
    best_rank = (2, 0.0)
    whole = None  # an offer of several says what they have in common
    for offer in offers_in(value):
        price, currency = price_of(offer)
        if offer.get("offers"):
            whole = whole or (offer, price, currency)
            continue
        gone = any(word in str(offer.get("availability")).lower()
                   for word in ("outofstock", "soldout", "discontinued"))
        try:
            rank = (int(gone), float(price))
        except (TypeError, ValueError):
            rank = (int(gone), float("inf"))
        if best[0] == {} or rank < best_rank:
            best, best_rank = (offer, price, currency), rank
    if whole:
        offer, price, currency = best
        best = ({**whole[0], **offer}, price if price is not None else whole[1], currency or whole[2])
    return best


def price_of(offer):
    specification = current(offer)
    price = first(offer, ["price", "lowPrice"])
    return (price if price is not None else first(specification, ["price", "minPrice"]),
            first(offer, ["priceCurrency"]) or specification.get("priceCurrency"))


def specifications(offer):
    return [one for one in listed(offer.get("priceSpecification")) if isinstance(one, dict)]


def is_old(specification):
    kind = str(specification.get("priceType"))
    return any(word in kind for word in ("ListPrice", "StrikethroughPrice", "SRP", "MSRP"))


def current(offer):
    return next((one for one in specifications(offer) if not is_old(one)), {})


def list_price(offer):
    return next((one.get("price") for one in specifications(offer) if is_old(one)), None)
