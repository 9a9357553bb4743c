"""Reads tables: Merchant Center's TSV, and CSV."""

import csv
from collections import deque

from .item import ID, field_name
from .source import FeedError

LONGEST_LINE = 1 << 20
MOST_LINES = 1000  # of one row whose values have line breaks

csv.field_size_limit(LONGEST_LINE)


class Lines:
    """The lines of a text with their numbers; lines can be given back."""

    def __init__(self, text, problems):
        self.text = text
        self.problems = problems
        self.number = 0  # of the line that came last
        self.given_back = deque()

    def next(self):
        """The next line that is not too long, or "" at the end."""
        if self.given_back:
            self.number += 1
            return self.given_back.popleft()
        while line := self.text.readline(LONGEST_LINE):
            self.number += 1
            if len(line) < LONGEST_LINE or line.endswith("\n"):
                if "\ufffd" in line:
                    self.problems.note(self.number, None, "bytes that are not of the feed's "
                                       "encoding: tell it with --encoding")
                return line
            while len(line) == LONGEST_LINE and not line.endswith("\n"):
                line = self.text.readline(LONGEST_LINE)
            self.problems.skip(self.number, None, "is longer than a megabyte")
        return ""

    def give_back(self, lines):
        self.given_back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(text, problems, delimiter, id_field=None):
    """(line, record) of each row."""
    lines = Lines(text, problems)
    header = [field_name(name.lstrip("\ufeff")) for name in next(csv.reader(
        [lines.next()], delimiter=delimiter), [])]
    ids = [field_name(id_field)] if id_field else ID
    if not set(header) & set(ids):
        raise FeedError(f"line 1: has no column {ids[0] if id_field else 'id or item_id'}: its "
                        f"columns are {', '.join(header)[:200]}")
    while line := lines.next():
        number = lines.number
        row = row_of(line, len(header), delimiter, lines)
        if not any(row):
            continue
        if len(row) > len(header) and any(row[len(header):]):
            problems.skip(number, None, f"has {len(row)} values for {len(header)} columns")
            continue
        record = {}
        for name, value in zip(header, row):
            if value and name:
                # A column that is there several times is a list.
                record[name] = [*record[name], value] if isinstance(record.get(name), list) else \
                    [record[name], value] if name in record else value
        yield number, record


def row_of(line, columns, delimiter, lines):
    """The values of a row, which may need further lines."""
    if '"' not in line:
        return line.rstrip("\n").split(delimiter)
    plain = [unquoted(value) for value in line.rstrip("\n").split(delimiter)]
    # In a TSV a quote that is not closed does no harm, except where the next line may close it.
    if delimiter == "\t" and len(plain) == columns and not plain[-1].startswith('"'):
        return plain
    further = []

    def wanted():
        yield line
        while len(further) < MOST_LINES and (more := lines.next()):
            further.append(more)
            yield more

    try:
        row = next(csv.reader(wanted(), delimiter=delimiter, strict=True), [])
    except csv.Error:
        row = []
    if len(row) == columns or row and not further:
        return row
    # A quote that is not closed: the following rows are not part of this one.
    lines.give_back(further)
    return plain


def unquoted(value):
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('""', '"')
    return value
