"""What was wrong with a feed: told with line numbers, counted, and judged at the end."""

import re
import sys

AT_LEAST = 10  # that many are tolerated, however small the feed is
FIRST = 1000  # records, after which a percentage can be judged


class TooManyProblems(Exception):
    pass


class Problems:
    """`limit` is a number, or with `is_percentage` one of a hundred records."""

    def __init__(self, limit, is_percentage, shown):
        self.limit = limit
        self.is_percentage = is_percentage
        self.shown = shown
        self.skipped = self.left_out = self.duplicates = 0
        self.record = 0  # the number of the one that is read

    def skip(self, line, item, text):
        """A record that is not imported."""
        self._tell(self.skipped, line, item, text)
        self.skipped += 1

    def note(self, line, item, text):
        """A value that is not."""
        self._tell(self.left_out, line, item, text)
        self.left_out += 1

    def duplicate(self, line, item):
        self._tell(self.duplicates, line, item, "has been in this feed before: the last one counts")
        self.duplicates += 1

    def _tell(self, before, line, item, text):
        if before < self.shown:
            # Where several records share a line, as in feeds without line feeds.
            shares = self.record > line
            print(f"line {line}, record {self.record}:" if shares else f"line {line}:", *([f"{printable(item)}:"] if item else []), printable(text),
                  file=sys.stderr)
        elif before == self.shown:
            print("(more like this are only counted: --verbose tells all)", file=sys.stderr)

    def check(self, records, at_end=False):
        """Raises TooManyProblems."""
        found = self.skipped + self.left_out
        allowed = max(AT_LEAST, records * self.limit / 100) if self.is_percentage else self.limit
        if found > allowed and (at_end or not self.is_percentage or records >= FIRST):
            raise TooManyProblems(f"{found} problems in {records} records are too many "
                                  "(--max-errors)")


def printable(text):
    """Feeds are other people's text, which a terminal must not obey."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", str(text))
