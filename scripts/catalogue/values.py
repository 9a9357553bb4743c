"""Values of feeds: prices, dates, availability, categories, addresses. What cannot be read raises
ValueError with a message that says why."""

import functools
import html
import re
from datetime import datetime, timedelta, timezone

SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN", "lei": "RON", "kč": "CZK", "ft": "HUF",
           "₺": "TRY", "₴": "UAH", "лв": "BGN", "us$": "USD", "r$": "BRL"}
THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
PRICE = re.compile(r"([^\d.,+-]*)([+-]?[\d.,][\d.,' \u00a0\u202f’]*)(.*)", re.S)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UTM = re.compile(r"(?<=[?&])utm_\w+=[^&#]*&?")
ADDRESS = re.compile(r"https?://[^/]|/(?!/)", re.I)
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]\w*);")

# Merchant Center's values, schema.org's, and what spreadsheets have.
AVAILABLE = {"instock", "available", "preorder", "presale", "backorder", "limitedavailability",
             "onlineonly", "madetoorder", "limitedstock", "true", "yes", "y", "1"}
UNAVAILABLE = {"outofstock", "soldout", "unavailable", "discontinued", "instoreonly", "reserved",
               "availablesoon", "comingsoon", "notavailable", "false", "no", "n", "0"}


def tidy(text):
    """One line of text; entities that an exporter has left in it are read."""
    text = " ".join(text.split())
    if "&" in text:
        text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return text if text.isprintable() else CONTROL.sub("", text)


@functools.lru_cache(20000)
def price(text, point=None):
    """(number, currency or None) of "15.00 EUR", "€ 1.299,00", "15". `point` is the decimal one."""
    match = PRICE.fullmatch(text.strip())
    if not match:
        raise ValueError(f'"{text[:40]}" is not a price')
    words = [word for word in (match[1].strip(), match[3].strip()) if word]
    currency = None
    for word in words:
        if re.fullmatch("[A-Za-z]{3}", word) and word.lower() not in SYMBOLS:
            currency = word.upper()
        elif word.strip(".").lower() in SYMBOLS:
            currency = SYMBOLS[word.strip(".").lower()]
        elif word not in ("$", "kr", "¥", "Fr", "kr."):
            raise ValueError(f'"{text[:40]}" is not a price')
    return number(match[2], point, currency in THREE_DECIMALS), currency


def number(text, point=None, three_decimals=False):
    """The number of "1299", "1299.00", "1.299,00", "1 299,00" or "1,299"."""
    digits = re.sub(r"[' \u00a0\u202f’]", "", text)
    if point is None:
        point = decimal_point(digits, three_decimals)
    other = "," if point == "." else "."
    whole, _, decimals = digits.partition(point)
    # India groups by two, but for the last three digits.
    if other in whole and not re.fullmatch(rf"[+-]?\d{{1,3}}(\{other}\d\d\d?)*\{other}\d\d\d", whole):
        raise ValueError(f'"{text[:40]}" is not a number')
    try:
        found = float(f"{whole.replace(other, '')}.{decimals}")
    except ValueError:
        raise ValueError(f'"{text[:40]}" is not a number') from None
    return plain(found)


def decimal_point(digits, three_decimals):
    """Which of the two is the decimal point in a number."""
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        return "," if comma > dot else "."
    mark = "," if comma >= 0 else "."
    if digits.count(mark) > 1:
        return "." if mark == "," else ","
    whole, _, decimals = digits.partition(mark)
    if len(decimals) == 3 and 1 <= len(whole) <= 3 and whole != "0" and not three_decimals:
        if mark == ".":
            raise ValueError(f'"{digits}" can be {digits.replace(".", "")} or {whole}.{decimals}: '
                             'tell with --decimal')
        return "."
    return mark


def plain(value):
    """A number as JSON has it: an integer where it is one."""
    if not 0 <= value < 1e12:
        raise ValueError(f"{str(value)[:40]} is out of range")
    return int(value) if value == int(value) else value


@functools.lru_cache(1000)
def moment(text, end_of_day=False):
    """A date of ISO 8601, in UTC where it has no zone. A day alone is its begin, or its end."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text[:40]}" is not a date: write it like 2026-03-31T23:59+0100') from None
    if end_of_day and re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
        found += timedelta(hours=23, minutes=59, seconds=59)
    try:
        return found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f'"{text[:40]}" is too far away') from None


def until(text):
    return moment(text, True)


@functools.lru_cache(1000)
def period(text):
    """(begin, end) of sale_price_effective_date."""
    begin, slash, end = text.partition("/")
    if not slash:
        raise ValueError(f'"{text[:60]}" is not a period: write BEGIN/END')
    return moment(begin), moment(end, True)


def written(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@functools.lru_cache(1000)
def availability(text):
    word = re.sub(r"[\s_-]", "", text.strip().rstrip("/").rsplit("/", 1)[-1]).lower()
    if word in AVAILABLE:
        return True
    if word in UNAVAILABLE:
        return False
    if re.fullmatch(r"-?\d+(\.0+)?", word):  # how many there are
        return float(word) > 0
    raise ValueError(f'"{text[:40]}" is not an availability: write in_stock or out_of_stock')


@functools.lru_cache(20000)
def categories(path):
    """The levels of "Home > Women > Dresses"; GA4 has five."""
    levels = [level.strip()[:200] for level in re.split(r"[>»›]", path)]
    return tuple([level for level in levels if level][:5])


def address(text):
    """An address of the web, or of this site. Parameters of campaigns are taken away: followed
    inside the shop, they would say of its visitors that they came from there."""
    if " " in text:
        text = text.replace(" ", "%20")
    if len(text) > 2000:
        raise ValueError("an address of more than 2000 characters")
    if not ADDRESS.match(text):
        raise ValueError(f'"{text[:60]}" is not an address of the web: write https://…')
    if "utm_" in text:
        text = re.sub(r"[?&](?=#|$)", "", UTM.sub("", text))
    return text
