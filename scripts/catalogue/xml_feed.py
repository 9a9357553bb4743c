"""Reads Merchant Center's XML: RSS 2.0, RSS 1.0 or Atom."""

import re
from xml.parsers import expat

from .source import FeedError

GOOGLE = "base.google.com/ns"
CHUNK = 1 << 16
LONGEST_TAG = 4 << 20  # characters that are one tag, comment or the like
LONGEST_ITEM = 1 << 20
MOST_FIELDS = 1000
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
REMEDIES = {"not well-formed (invalid token)": 'is there a "&" that is not written "&amp;"?',
            "undefined entity": 'XML knows no entities of HTML: write "&#160;" for "&nbsp;"',
            "no element found": "it ends in the middle: was it cut off?",
            "unclosed token": "it ends in the middle: was it cut off?"}


def records(text, problems):
    """(line, record) of each item."""
    return XmlFeed(text, problems).records()


class XmlFeed:
    def __init__(self, text, problems):
        self.text = text
        self.problems = problems
        self.google = {"g"}  # prefixes
        self.fields = {}  # (is Google's, name) of elements
        self.parser = expat.ParserCreate("utf-8")  # whatever the declaration says
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity
        self.done = []
        self.depth = 0
        self.item_depth = 0  # 0: in none
        self.field, self.parts = None, []

    def records(self):
        given = 0
        while True:
            chunk = self.text.read(CHUNK)
            if FORBIDDEN.search(chunk):
                self.problems.note(self.parser.CurrentLineNumber, None,
                                   "from here on, control characters that XML forbids: removed")
                chunk = FORBIDDEN.sub("", chunk)
            if "\ufffd" in chunk:
                self.problems.note(self.parser.CurrentLineNumber, None, "from here on, bytes that "
                                   "are not of the feed's encoding: tell it with --encoding")
            data = chunk.encode()
            given += len(data)
            try:
                self.parser.Parse(data, not data)
            except expat.ExpatError as error:
                said = expat.ErrorString(error.code)
                raise FeedError(f"line {error.lineno}, column {error.offset}: the XML is broken: "
                                f"{said}: {REMEDIES.get(said, 'nothing after it can be read')}"
                                ) from None
            if given - self.parser.CurrentByteIndex > LONGEST_TAG:
                raise FeedError(f"line {self.parser.CurrentLineNumber}: a tag or comment that does "
                                "not end")
            if self.item_depth and given - self.begin > LONGEST_ITEM:
                self._give_up()
            yield from self.done
            self.done = []
            if not chunk:
                return

    def _entity(self, name, *_):
        raise FeedError(f"line {self.parser.CurrentLineNumber}: declares the entity {name!r}: feeds "
                        "with entities of their own are refused")

    def _start(self, name, attributes):
        self.depth += 1
        if not self.item_depth:
            for attribute, value in attributes.items():
                if attribute.startswith("xmlns:"):
                    (self.google.add if GOOGLE in value else self.google.discard)(attribute[6:])
                    self.fields.clear()
            if name.rpartition(":")[2] in ("item", "entry"):
                self.item_depth = self.depth
                self.line = self.parser.CurrentLineNumber
                self.begin = self.parser.CurrentByteIndex
                self.of_google, self.others, self.is_cut = {}, {}, False
        elif self.depth == self.item_depth + 1 and not self.is_cut:
            is_google, self.field = self.fields.get(name) or self._field_of(name)
            self.into = self.of_google if is_google else self.others
            self.parts = []
            if name == "link" and attributes.get("rel", "alternate") == "alternate":
                self.parts.append(attributes.get("href", ""))  # Atom
            self.parser.CharacterDataHandler = self.parts.append
        elif self.depth == self.item_depth + 2:
            # What is inside a field's elements is not the field: a price of shipping is no price.
            self.parser.CharacterDataHandler = None

    def _field_of(self, name):
        prefix, _, local = name.rpartition(":")
        is_google = prefix in self.google
        found = is_google, local if is_google or not prefix else None
        if len(self.fields) < MOST_FIELDS:
            self.fields[name] = found
        return found

    def _end(self, name):
        if self.depth == self.item_depth + 1:
            self.parser.CharacterDataHandler = None
            value = "".join(self.parts).strip() if self.field else None
            if value:
                self._add(value)
            self.field = None
        elif self.depth == self.item_depth:
            self.item_depth = 0
            self.done.append((self.line, {**self.others, **self.of_google}))
        self.depth -= 1

    def _give_up(self):
        """Takes no more of an item."""
        if not self.is_cut:
            self.problems.note(self.line, None, "an item of more than a megabyte: cut")
        self.is_cut = True
        self.field = None
        self.parts.clear()
        self.parser.CharacterDataHandler = None

    def _add(self, value):
        before = self.into.get(self.field)
        if before is None:
            self.into[self.field] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            self.into[self.field] = [before, value]
