"""A FastCGI application: every request gets the page that stands for its path."""

import struct

from .listener import Listener

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def _record(kind, content):
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


class FastCGI(Listener):
    """One request a connection. `pages` maps DOCUMENT_URI to bytes."""

    def __init__(self, directory, pages):
        self._pages = pages
        super().__init__(directory, "fastcgi.sock")

    def serve(self, sock):
        with sock.makefile("rb") as stream:
            params = b""
            while True:
                _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", stream.read(8))
                content = stream.read(size)
                stream.read(padding)
                if kind == PARAMS:
                    params += content
                if kind == STDIN and not content:
                    break
            path = self._parameter(params, b"DOCUMENT_URI")
            out = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + self._pages[path]
            for i in range(0, len(out), 7001):
                sock.sendall(_record(STDOUT, out[i:i + 7001]))
            sock.sendall(_record(STDOUT, b"") + _record(END, b"\0" * 8))

    @staticmethod
    def _parameter(params, wanted):
        at = 0
        while at < len(params):
            sizes = []
            for _ in range(2):
                if params[at] < 128:
                    sizes.append(params[at])
                    at += 1
                else:
                    sizes.append(struct.unpack("!I", params[at:at + 4])[0] & 0x7fffffff)
                    at += 4
            name = params[at:at + sizes[0]]
            value = params[at + sizes[0]:at + sum(sizes)]
            at += sum(sizes)
            if name == wanted:
                return value.decode()
        raise KeyError(wanted)
