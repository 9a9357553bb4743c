"""scripts/import-catalogue: what becomes of the fields of each kind of feed, and of broken ones."""

import gzip
import json
import subprocess

import pytest

from harness.nginx import ROOT
from harness.redis.server import RedisServer

SCRIPT = ROOT / "scripts/import-catalogue"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


def imported(redis, feed, *arguments, code=0):
    """({id: item}, what was said) of an import into nothing."""
    redis.data.flushall()
    feed = feed if isinstance(feed, bytes) else feed.encode("utf-8", "surrogateescape")
    done = subprocess.run([SCRIPT, "--redis", f"unix:{redis.socket}", *arguments, "-"], input=feed,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    told = done.stdout.decode()
    assert done.returncode == code and "Traceback" not in told, told
    return {key.decode()[5:]: json.loads(redis.data.get(key))
            for key in redis.data.keys("item:*")}, told


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


def simple(item_id="a", **fields):
    return {"id": item_id, "title": "Thing", "link": "/p", **fields}


FULL = {
    "item_id": "SKU 1", "item_name": "Dress “Łódź” & more", "item_brand": "Acme",
    "item_category": "Home", "item_category2": "Women", "item_category3": "Dresses",
    "price": 15, "currency": "EUR", "url": "https://shop.example/p/1?a=1&b=2",
    "image": "https://cdn.shop.example/1.jpg",
    "images": ["https://cdn.shop.example/1,w=3.jpg", "https://cdn.shop.example/2.jpg"],
    "available": True, "until": "2100-03-31T22:00:00Z", "item_group_id": "G1", "color": "red"}

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:g="http://base.google.com/ns/1.0" xmlns:media="http://search.yahoo.com/mrss/" version="2.0">
<channel><title>Shop</title><link>https://shop.example</link>
<item>
  <g:id>SKU 1</g:id>
  <title><![CDATA[Dress “Łódź” & more]]></title>
  <link>
    https://shop.example/p/1?a=1&amp;utm_source=google&amp;utm_medium=cpc&amp;b=2
  </link>
  <description>&lt;b&gt;long&lt;/b&gt;</description>
  <media:title>of the picture</media:title>
  <g:brand>Acme</g:brand>
  <g:product_type>Home &gt; Women &gt; Dresses</g:product_type>
  <g:product_type>Sale</g:product_type>
  <g:google_product_category>2271</g:google_product_category>
  <g:price>15.00 EUR</g:price>
  <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
  <g:image_link>https://cdn.shop.example/1.jpg</g:image_link>
  <g:additional_image_link>https://cdn.shop.example/1,w=3.jpg</g:additional_image_link>
  <g:additional_image_link>https://cdn.shop.example/2.jpg</g:additional_image_link>
  <g:availability>in_stock</g:availability>
  <g:expiration_date>2100-04-01T00:00+0200</g:expiration_date>
  <g:item_group_id>G1</g:item_group_id>
  <g:color>red</g:color>
</item>
</channel></rss>
"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0">
<title>Shop</title><entry><id>tag:shop.example,2026:1</id><x:id>a</x:id><title>Thing</title>
<link rel="edit" href="/admin"/><link href="https://shop.example/p"/><x:price>5 PLN</x:price></entry></feed>"""

COLUMNS = ("id\ttitle\tlink\timage link\tadditional_image_link\tprice\tavailability\tbrand\tproduct_type\t"
           "expiration_date\titem_group_id\tcolor\n")
TSV = COLUMNS + (
    "SKU 1\tDress “Łódź” &amp; more\thttps://shop.example/p/1?a=1&b=2\thttps://cdn.shop.example/1.jpg\t"
    "https://cdn.shop.example/1,w=3.jpg, https://cdn.shop.example/2.jpg\t15,00 €\tin stock\tAcme\t"
    "Home > Women > Dresses\t2100-04-01T00:00+0200\tG1\tred\n")

LD = {
    "@context": "https://schema.org", "@type": "Product", "sku": "SKU 1", "name": "Dress “Łódź” & more",
    "brand": {"@type": "Brand", "name": "Acme"}, "category": "Home > Women > Dresses", "color": "red",
    "image": [{"@type": "ImageObject", "url": "https://cdn.shop.example/1.jpg"},
              "https://cdn.shop.example/1,w=3.jpg", "https://cdn.shop.example/2.jpg"],
    "inProductGroupWithID": "G1",
    "offers": {"@type": "Offer", "price": "15.00", "priceCurrency": "EUR",
               "availability": "https://schema.org/InStock", "url": "https://shop.example/p/1?a=1&b=2",
               "priceValidUntil": "2100-03-31T22:00Z"}}

API = {  # of Merchant Center
    "id": "online:de:DE:SKU 1", "offerId": "SKU 1", "title": FULL["item_name"], "brand": "Acme",
    "productTypes": ["Home > Women > Dresses", "Sale"], "link": FULL["url"], "imageLink": FULL["image"],
    "additionalImageLinks": FULL["images"], "price": {"value": "15.00", "currency": "EUR"},
    "availability": "in stock", "expirationDate": "2100-03-31T22:00:00Z", "itemGroupId": "G1", "color": "red"}
JSON = {**FULL, "price": {"value": "15.00", "currencyCode": "EUR"}, "unknown": None}
CSV = ("item_id;item_name;item_brand;item_category;item_category2;item_category3;price;currency;url;image;images;"
       "available;until;item_group_id;color\n"
       'SKU 1;Dress “Łódź” & more;"Acme";Home;Women;Dresses;15,00;eur;https://shop.example/p/1?a=1&b=2;'
       "https://cdn.shop.example/1.jpg;https://cdn.shop.example/1,w=3.jpg,https://cdn.shop.example/2.jpg;1;"
       "2100-03-31T22:00Z;G1;red\n")

FEEDS = {"RSS": RSS, "TSV": TSV, "JSON-LD": lines(LD), "JSON lines": lines(JSON), "API": lines(API), "CSV": CSV,
         "RSS without its namespace": RSS.replace(' xmlns:g="http://base.google.com/ns/1.0"', ""),
         "JSON-LD in a graph": lines({"@graph": [{"@type": "WebPage"}, LD]}),
         "gzip": gzip.compress(RSS.encode()), "with a mark": b"\xef\xbb\xbf" + CSV.encode(),
         "UTF-16": TSV.encode("utf-16"), "DOS": TSV.replace("\n", "\r\n"), "old Mac": TSV.replace("\n", "\r")}


@pytest.mark.parametrize("feed", FEEDS)
def test_kinds_of_feeds(redis, feed):
    found, told = imported(redis, FEEDS[feed])
    assert found == {"SKU 1": FULL}
    assert "problems" not in told


def test_atom(redis):
    found, _ = imported(redis, ATOM)
    assert found == {"a": {"item_id": "a", "item_name": "Thing", "price": 5, "currency": "PLN",
                           "url": "https://shop.example/p"}}


PRICES = {
    "15.00 EUR": (15, "EUR"), "15 USD": (15, "USD"), "EUR 15.5": (15.5, "EUR"), "15,90 €": (15.9, "EUR"),
    "€1.299,00": (1299, "EUR"), "1,299.00 GBP": (1299, "GBP"), "1 299,90 zł": (1299.9, "PLN"),
    "1\u202f299,90 EUR": (1299.9, "EUR"), "1'299.95 CHF": (1299.95, "CHF"), "15,550.00 RUB": (15550, "RUB"),
    "1.234.567 IDR": (1234567, "IDR"), "1,23,456.78 INR": (123456.78, "INR"), "$19.99": (19.99, None),
    "1,299 USD": (1299, "USD"), "1.250 KWD": (1.25, "KWD"), "0.999 EUR": (0.999, "EUR"), ",89 EUR": (.89, "EUR"),
    "1.299 EUR": None, "call us": None, "": None, "-5 EUR": None, "NaN": None, "1e3": None, "1..5": None,
    "15 EUR 3": None, "9" * 400: None}


def test_prices(redis):
    found, told = imported(redis, lines(*(simple(i, price=price) for i, price in enumerate(PRICES))),
                           "--max-errors", "100")
    for i, (price, expected) in enumerate(PRICES.items()):
        item = found[str(i)]
        assert (item.get("price"), item.get("currency")) == (expected or (None, None)), price
    other, _ = imported(redis, lines(simple(price="5 EUR", compare_at_price="7.5"), simple("b", price=5, list_price=5)))
    assert other["a"]["old_price"] == 7.5 and "old_price" not in other["b"]
    assert '"call us" is not a price' in told and "1299 or 1.299: tell with --decimal" in told
    found, _ = imported(redis, lines(simple(price="1.299 EUR"), simple("b", price=1.299)), "--decimal", "comma",
                        "--currency", "pln")
    assert found["a"]["price"] == 1299 and found["a"]["currency"] == "EUR"
    assert found["b"]["price"] == 1.299 and found["b"]["currency"] == "PLN"


SALES = [
    (None, (8, 10, None)),
    ("2020-01-01T13:00-0800 / 2100-02-28T15:30-0800", (8, 10, "2100-02-28T23:30:00Z")),
    ("2020-01-01/2100-02-28", (8, 10, "2100-02-28T23:59:59Z")),
    ("2020-01-01/2020-02-01", (10, None, None)),  # over
    ("2100-01-01/2100-02-01", (10, None, None)),  # not yet
    ("soon", (10, None, None))]


def test_sales(redis):
    def sale(item_id, period, **fields):
        return simple(item_id, price="10.00 EUR", sale_price="8.00 EUR", sale_price_effective_date=period, **fields)

    found, told = imported(redis, lines(
        *(sale(f"a{i}", period) for i, (period, _) in enumerate(SALES)),
        *(sale(f"b{i}", period, expiration_date="2099-05-05") for i, (period, _) in enumerate(SALES))))
    for i, (period, (price, old_price, until)) in enumerate(SALES):
        item, ends = found[f"a{i}"], found[f"b{i}"]
        assert (item["price"], item.get("old_price"), item.get("until")) == (price, old_price, until), period
        assert (ends["price"], ends["until"]) == (price, "2099-05-05T23:59:59Z"), period  # what is first
    assert '"soon" is not a period' in told


WORDS = {"in stock": True, "In_Stock": True, "http://schema.org/InStock": True, "PreOrder": True, "backorder": True,
         "out of stock": False, "https://schema.org/SoldOut": False, "InStoreOnly": False, "12": True, "0": False,
         "Dispon\u00edvel": None}


def test_availability(redis):
    given = [*WORDS.items(), (True, True), (False, False), (0, False), (3, True)]
    found, told = imported(redis, lines(*(simple(i, availability=word) for i, (word, _) in enumerate(given))))
    assert [found[str(i)].get("available") for i in range(len(given))] == [expected for _, expected in given]
    assert 'line 11: 10: available left out: "Dispon\u00edvel" is not an availability' in told


def test_json_ld(redis):
    """Offers in all their forms; variants; what is not a product."""
    def product(sku, **fields):
        return {"@context": "http://schema.org/", "@type": ["Product", "Thing"], "sku": sku, "name": "Thing",
                "url": "https://shop.example/p", **fields}

    def offer(price, state="InStock"):
        return {"@type": "Offer", "price": price, "priceCurrency": "GBP", "availability": f"http://schema.org/{state}"}

    found, told = imported(redis, lines(
        product("several", offers=[offer("0.54", "OutOfStock"), offer("13.99"), offer(15.5)]),
        product("gone", offers=[offer("5", "SoldOut"), offer("3", "OutOfStock")]),
        product("range", offers={"@type": "AggregateOffer", "lowPrice": 227, "highPrice": "336", "offerCount": 20,
                                 "priceCurrency": "EUR"}),
        product("nested", offers={"@type": "AggregateOffer", "lowPrice": "9", "priceCurrency": "EUR",
                                  "offers": [offer("9")]}),
        product("specified", offers={"@type": "Offer", "priceSpecification": [
            {"@type": "UnitPriceSpecification", "price": 20, "priceType": "https://schema.org/ListPrice"},
            {"@type": "UnitPriceSpecification", "price": 12, "priceCurrency": "EUR"}]}),
        product("rated", aggregateRating={"ratingValue": "90", "bestRating": "100", "reviewCount": "12"},
                brand="Acme", image="https://cdn.shop.example/1.jpg", category=["Women", "Dresses"]),
        {"@type": "ProductGroup", "name": "Dress", "url": "https://shop.example/g", "productGroupID": "G",
         "hasVariant": [{"@type": "Product", "sku": "s", "size": "S"}, {"@type": "Product", "sku": "m", "name": "M"}]},
        {"@type": "BreadcrumbList", "itemListElement": []}, [1], {"@type": "Product", "offers": [[], 5, None]}))
    short = {sku: (item.get("price"), item.get("currency"), item.get("available"), item.get("old_price"))
             for sku, item in found.items()}
    assert short == {
        "several": (13.99, "GBP", True, None), "gone": (3, "GBP", False, None), "range": (227, "EUR", None, None),
        "nested": (9, "GBP", True, None), "specified": (12, "EUR", None, 20), "rated": (None,) * 4,
        "s": (None,) * 4, "m": (None,) * 4}
    assert found["rated"] | {"rating": 4.5, "rating_count": 12, "item_brand": "Acme", "item_category2": "Dresses",
                             "image": "https://cdn.shop.example/1.jpg"} == found["rated"]
    assert found["s"] == {"item_id": "s", "item_name": "Dress", "url": "https://shop.example/g", "item_group_id": "G",
                          "size": "S"}
    assert found["m"]["item_name"] == "M"
    assert "line 8: has no Product" in told and "line 9: is not an object" in told and "line 10: has no id" in told


def test_ids_of_any_form(redis):
    ids = ["a b", "a:b", "{a}b", "Łódź", "日本", "*", "-1", '"', "a'b", "\\", "0", "00", "a\u00a0b", "x" * 500]
    found, told = imported(redis, lines(*map(simple, ids), simple(12), simple(12345678901234567890), simple(7.0),
                                        simple("  padded\n"), simple(["list"])))
    # A space that does not break is a space.
    assert set(found) == {*ids, "12", "12345678901234567890", "7", "padded", "list"} - {"a\u00a0b"}
    assert "1 ids twice" in told
    found, told = imported(redis, lines(simple(""), simple(None), simple({}), simple("x" * 501), simple("ok")))
    assert set(found) == {"ok"} and told.count("has no id") == 3 and "more than 500 bytes" in told


def test_fields_that_are_kept(redis):
    _, told = imported(redis, lines(simple(description="long", gtin="400", custom_label_0="x")))
    assert "fields not taken (--keep NAME takes one): description gtin\n" in told
    found, told = imported(redis, lines(simple(description="y" * 5000, gtin=400, custom_label_0="x", margin=0.5)),
                           "--keep", "gtin", "--keep", "margin", "--keep", "Description")
    assert "fields not taken" not in told and "description cut" in told
    assert found["a"]["gtin"] == 400 and found["a"]["margin"] == 0.5 and found["a"]["custom_label_0"] == "x"
    assert found["a"]["description"] == "y" * 1000


def test_what_is_no_address(redis):
    bad = ["javascript:alert(1)", "//evil.example", "ftp://a/", "shop.example/p", "data:,", "https:///p",
           "https://a/" + "x" * 2000]
    found, told = imported(redis, lines(*(simple(link=address) for address in bad),
                                        *(simple(i, image=address) for i, address in enumerate(bad))),
                           "--max-errors", "100")
    assert set(found) == {str(i) for i in range(len(bad))}
    assert not any("image" in item for item in found.values())
    assert told.count("a: url left out: ") == told.count("image left out: ") == len(bad)


# ---- Tables that are not quite right

def rows(redis, text, *arguments):
    found, told = imported(redis, text, *arguments)
    return {key: item["item_name"] for key, item in found.items()}, told


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_quotes_in_tables(redis, delimiter):
    text = "\n".join(delimiter.join(row) for row in [
        ("id", "link", "title"), ("1", "/p", '"Two\nlines"'), ("2", "/p", f'"a{delimiter} b"'),
        ("3", "/p", '"said ""so"""'), ("4", "/p", '27" screen'), ("5", "/p", '"Best" lamp'),
        ("6", "/p", '"never closed'), ("7", "/p", "after it"), ("8", '"/p"', '"quoted"'), ("9", "/p", "")])
    found, told = rows(redis, text)
    assert found == {"1": "Two lines", "2": "a, b".replace(",", delimiter) if delimiter != "\t" else "a b",
                     "3": 'said "so"', "4": '27" screen', "5": '"Best" lamp', "6": '"never closed', "7": "after it",
                     "8": "quoted"}
    assert "line 11: 9: has no title" in told


def test_rows_of_another_length(redis):
    found, told = rows(redis, "\n".join(["id,title,link,price,price", "1,A,/a", "", "2,B,/b,5,6,7", "3,C,/c,,,,", ",,,",
                                          "4,D,/d,1,2"]))
    assert found == {"1": "A", "3": "C", "4": "D"}
    assert "line 4: has 6 values for 5 columns" in told


def test_a_line_without_end(redis):
    found, told = rows(redis, "id,title,link\n1,A,/a\n2," + "x" * 3_000_000 + ",/b\n3,C,/c\n")
    assert found == {"1": "A", "3": "C"} and "line 3: is longer than a megabyte" in told


def test_bytes_that_are_no_text(redis):
    latin = "id,title,link\n1,Käse,/a\n".encode("latin-1")
    found, told = rows(redis, latin)
    assert found == {"1": "K\ufffdse"} and "line 2: bytes that are not of the feed's encoding" in told
    assert rows(redis, latin, "--encoding", "latin-1")[0] == {"1": "Käse"}
    assert rows(redis, b"id,title,link\n1,A\x00B\x07C,/a\n")[0] == {"1": "ABC"}
    declared = RSS.replace("UTF-8", "windows-1250").encode("cp1250", "replace")
    assert rows(redis, declared)[0] == {"SKU 1": "Dress “Łódź” & more"}
    assert "unknown encoding" in imported(redis, latin, "--encoding", "rot13", code=1)[1]


def test_json_that_is_not_quite(redis):
    half = lines(simple(title="half \ud83d"))
    assert "half ?" in imported(redis, half, "--dry-run")[1]
    found, told = imported(redis, '{"id": 1, "title": "half \\ud83d", "link": "/a", "rating": NaN, "price": 1e999, "sale_price": ' + "9" * 400 + '}\n'
                           + "[" * 5000 + "\n" + '{"id": 2\n' + '"text"\n'
                           + '[{"id": 3, "title": "C", "link": "/c"}]\n')
    assert found == {"1": {"item_id": "1", "item_name": "half ?", "url": "/a"},
                     "3": {"item_id": "3", "item_name": "C", "url": "/c"}}
    assert "line 2: is not JSON" in told and "line 3: is not JSON" in told and "line 4: is not an object" in told


# ---- Feeds that are refused

LAUGHS = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><item><id>&b;</id></item></rss>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><item><id>&a;</id></item></rss>'


REFUSED = {
    "entities": (LAUGHS, "declares the entity 'a'"), "a file": (OUTSIDE, "declares the entity 'a'"),
    "ampersand": (RSS.replace("Acme", "A & B"),
                  'column 14: the XML is broken: not well-formed (invalid token): is there a "&"'),
    "entity of HTML": (RSS.replace("Acme", "&nbsp;"), 'write "&#160;"'),
    "cut off": (RSS[:700], "was it cut off?"), "HTML": ("<!doctype html><p>502", "is an HTML page, not a feed"),
    "nothing": ("", "standard input is empty"),
    "no id": ("name,price\nA,5\n", "has no column id or item_id: its columns are name, price"),
    "array": ('[\n{"id": 1},\n', "jq -c '.[]'"), "zip": (b"PK\x03\x04", "unzip -p"),
    "no gzip": (b"\x1f\x8bno", "cannot be read"),
    "endless": ("<a " + "b" * 6_000_000, "a tag or comment that does not end")}


@pytest.mark.parametrize("feed", REFUSED)
def test_refused(redis, feed):
    found, told = imported(redis, REFUSED[feed][0], code=1)
    assert REFUSED[feed][1] in told and found == {}


def test_characters_that_xml_forbids(redis):
    found, told = imported(redis, RSS.replace("Acme", "A\x0bc\x00me"))
    assert found["SKU 1"]["item_brand"] == "Acme" and "control characters that XML forbids" in told


def test_an_item_that_is_too_large(redis):
    feed = RSS.replace("<g:brand>", "<g:gtin>" + "x" * 3_000_000 + "</g:gtin><g:brand>").replace(
        "</channel>", "<item><g:id>b</g:id><title>B</title><link>/b</link></item></channel>")
    found, told = imported(redis, feed)
    assert found["b"]["item_name"] == "B" and "line 4: an item of more than a megabyte: cut" in told
    assert found["SKU 1"]["item_name"] == FULL["item_name"] and "price" not in found["SKU 1"]


def test_a_terminal_is_not_obeyed(redis):
    _, told = imported(redis, lines(simple("\u202e", price="\x1b[2J"), {"\x1b]0;x": 1, **simple()}))
    assert "\x1b" not in told and "\u202e" not in told


def test_memory_is_bounded(redis):
    """30 MB of a feed, most of it in an element that is not wanted."""
    item = "<item><g:id>{}</g:id><g:title>T</g:title><g:link>/p</g:link><g:description>" + "x" * 3000 + "</g:description></item>\n"
    feed = RSS[:RSS.index("<item>")] + "".join(item.format(i) for i in range(10000)) + "</channel></rss>"
    done = subprocess.run(["bash", "-c", f"ulimit -v 120000; exec {SCRIPT} --redis unix:{redis.socket} --quiet -"],
                          input=feed.encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
