"""Opens a feed: a file or standard input, gzip or not, in whatever encoding; finds its format."""

import codecs
import gzip
import io
import os
import re
import sys

HEAD = 65536
MARKS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16")]
ARCHIVES = {b"PK\x03\x04": "unzip -p", b"BZh": "bzip2 -dc", b"\xfd7zXZ": "xz -dc",
            b"\x28\xb5\x2f\xfd": "zstd -dc"}
DELIMITERS = ",;|"


class FeedError(Exception):
    """The feed cannot be read, or not any further."""


class Replayed(io.RawIOBase):
    """A stream of which the begin has been read already."""

    def __init__(self, head, stream):
        self.head, self.stream = head, stream

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.head:
            count = min(len(buffer), len(self.head))
            buffer[:count], self.head = self.head[:count], self.head[count:]
            return count
        return self.stream.readinto(buffer)


class Source:
    """`text` is the feed, `format` one of xml, tsv, csv, json, and `delimiter` that of a table."""

    def __init__(self, path, encoding=None, form=None):
        self.name = "standard input" if path == "-" else path
        self.file = sys.stdin.buffer if path == "-" else open(path, "rb")
        head, stream = self._peek(self.file)
        if head.startswith(b"\x1f\x8b"):
            head, stream = self._peek(io.BufferedReader(gzip.GzipFile(fileobj=stream)))
        for magic, command in ARCHIVES.items():
            if head.startswith(magic):
                raise FeedError(f"{self.name} is compressed: unpack it, as in "
                                f"`{command} FILE | scripts/import-catalogue -`")
        encoding = encoding or encoding_of(head)
        try:
            begin = codecs.getincrementaldecoder(encoding)("replace").decode(head)
            self.text = io.TextIOWrapper(stream, encoding, errors="replace")
        except (LookupError, TypeError):
            raise FeedError(f'unknown encoding "{encoding}": tell with --encoding, such as '
                            "--encoding windows-1252") from None
        self.format, self.delimiter = format_of(begin, self.name, form)

    @staticmethod
    def _peek(stream):
        head = b""
        try:
            while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
                head += more
        except (EOFError, OSError) as error:
            if not head:
                raise FeedError(f"cannot be read: {error}") from None
        return head, io.BufferedReader(Replayed(head, stream), 1 << 18)

    def part_read(self):
        """How much of a file has been read, from 0 to 1, or None."""
        try:
            size = os.fstat(self.file.fileno()).st_size
            return min(1, self.file.tell() / size) if size else None
        except (OSError, ValueError):
            return None


def encoding_of(head):
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", head)
    return declared[1].decode() if declared else "utf-8"


def format_of(begin, name, form=None):
    """(format, delimiter) of a text that begins so."""
    begin = begin.lstrip("\ufeff \t\r\n") if form in (None, "xml", "json") else begin
    first_line = begin.split("\n", 1)[0]
    if form is None:
        if not begin:
            raise FeedError(f"{name} is empty")
        if re.match(r"<(!doctype html|html)\b", begin, re.I):
            raise FeedError(f"{name} is an HTML page, not a feed: is it what the shop answers to "
                            "an error?")
        form = ("xml" if begin[0] == "<" else "json" if begin[0] in "{[" else
                "tsv" if "\t" in first_line else "csv")
    if form == "json" and begin.startswith("[") and not first_line.rstrip().endswith("]"):
        raise FeedError(f"{name} is one JSON array: write one object in each line, as "
                        "`jq -c '.[]' FILE | scripts/import-catalogue -` does")
    if form == "csv":
        return form, max(DELIMITERS, key=first_line.count)
    return form, "\t" if form == "tsv" else None
