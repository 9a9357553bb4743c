"""An application server whose every response the test decides, down to the timing of its writes."""

import time
from dataclasses import dataclass, field

from .listener import Listener


@dataclass
class Request:
    method: str
    path: str
    headers: dict  # lower-case names
    at: float = field(default_factory=time.monotonic)


def reply(body=b"", status="200 OK", headers=(), type="text/html; charset=utf-8", pieces=None,
          pause=0.0, delay=0.0, turns=None):
    """A handler for Upstream.on: answers with `body`, or with `pieces` written `pause` seconds
    apart, `delay` seconds after the request. With `turns`, each piece but the first takes one. Headers
    override Content-Type and Content-Length."""
    if isinstance(body, str):
        body = body.encode()
    whole = b"".join(pieces) if pieces is not None else body

    def handler(request, send):
        time.sleep(delay)
        fields = {"Content-Type": type, "Content-Length": str(len(whole))}
        fields.update(dict(headers))
        head = f"HTTP/1.1 {status}\r\n"
        head += "".join(f"{n}: {v}\r\n" for n, v in fields.items() if v is not None)
        send((head + "\r\n").encode("latin-1"))
        if request.method == "HEAD":
            return
        for i, piece in enumerate(pieces if pieces is not None else [whole]):
            if turns and i > 0:
                turns.take()
            send(piece)
            time.sleep(pause)

    return handler


class Upstream(Listener):
    """One request a connection, as NGINX's proxy does by default. `url` is for proxy_pass; `requests`
    what was asked."""

    def __init__(self, directory):
        self.requests = []
        self._handlers = {}
        super().__init__(directory, "upstream.sock")
        self.url = f"http://unix:{self.socket}:"

    def on(self, path, handler):
        self._handlers[path] = handler

    def asked(self, path):
        return [request for request in self.requests if request.path == path]

    def serve(self, sock):
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536)
            if not more:
                return
            data += more
        lines = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        request = Request(method, path, headers)
        self.requests.append(request)
        missing = reply(b"<p>no such page</p>", "404 Not Found")
        self._handlers.get(path.split("?")[0], missing)(request, sock.sendall)
