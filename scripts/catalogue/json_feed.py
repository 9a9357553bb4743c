"""Reads JSON lines: objects with GA4's or Merchant Center's names, or schema.org's JSON-LD."""

import json

from . import schema_org
from .item import field_name
from .table_feed import Lines


def no_number(text):
    """NaN and Infinity are no JSON."""
    return None


DECODER = json.JSONDecoder(parse_constant=no_number)


def records(text, problems):
    """(line, record) of each object, or of each product in it."""
    lines = Lines(text, problems)
    while line := lines.next():
        line = line.strip("\ufeff \t\r\n")
        if not line:
            continue
        try:
            value = DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            problems.skip(lines.number, None, f"is not JSON: {error}"[:200])
            continue
        for one in value if isinstance(value, list) else [value]:
            yield from records_of(one, lines.number, problems)


def records_of(value, number, problems):
    if not isinstance(value, dict):
        problems.skip(number, None, "is not an object")
    elif schema_org.is_json_ld(value):
        found = False
        for record in schema_org.records(value):
            found = True
            yield number, record
        if not found:
            problems.skip(number, None, "has no Product of schema.org")
    else:
        yield number, {field_name(name): inner for name, inner in value.items()
                       if inner not in (None, "", [])}
