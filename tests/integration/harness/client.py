"""An HTTP client that hides nothing: raw heads, chunk times, pipelining, half-open connections.

HTTP/1.0 and 1.1 over a socket; HTTP/2 with prior knowledge through python3-h2.
"""

import gzip
import socket
import time
import zlib
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

TIMEOUT = 60.0


@dataclass
class Response:
    status: int
    headers: list  # of (lower-case name, value), as received
    body: bytes = b""
    head_at: float = 0.0  # seconds from the request to the end of the head
    done_at: float = 0.0  # seconds from the request to the end of the body
    arrivals: list = field(default_factory=list)  # (seconds from the request, body bytes so far)
    complete: bool = True  # the body ended as its framing says

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8")

    def gunzipped(self):
        assert self.get("content-encoding") == "gzip"
        return gzip.decompress(self.body)

    def cookie(self, name):
        """The value that Set-Cookie gives the cookie, or None."""
        for value in self.all("set-cookie"):
            pair = value.split(";", 1)[0]
            if pair.startswith(name + "="):
                return pair[len(name) + 1:]
        return None

    def arrived(self, marker):
        """Seconds until the bytes `marker` had arrived."""
        end = self.body.index(marker) + len(marker)
        for seconds, size in self.arrivals:
            if size >= end:
                return seconds
        raise AssertionError("arrival not recorded")


class Connection:
    """One client connection. Requests can be sent before responses are read."""

    def __init__(self, port, timeout=TIMEOUT):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._sent_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def reset(self):
        """Goes away without a farewell: RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    def send(self, data):
        self._sent_at = time.monotonic()
        self._socket.sendall(data)

    def request(self, path="/", method="GET", headers=(), version="1.1", body=b""):
        """Sends a request. A header given as None is left out; Host is added for 1.1."""
        lines = [f"{method} {path} HTTP/{version}"]
        given = dict(headers)
        if version == "1.1":
            given.setdefault("Host", "localhost")
        if body:
            given.setdefault("Content-Length", str(len(body)))
        for name, value in given.items():
            if value is not None:
                lines.append(f"{name}: {value}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def read_until(self, marker):
        """Returns when these bytes of a response have come; response() reads them again."""
        while marker not in self._buffer:
            assert self._more(), f"closed before {marker!r}"

    def received(self):
        """What has come and is not part of a response yet."""
        return self._buffer

    def read_body_until(self, marker):
        """Returns when these bytes have come in a body, which may be chunked and compressed; response()
        reads all of it again."""
        while marker not in body_so_far(self._buffer):
            assert self._more(), f"closed before {marker!r}"

    def more(self):
        """Waits for more; False if the server has closed."""
        return self._more()

    def _more(self):
        data = self._socket.recv(65536)
        self._buffer += data
        return len(data) > 0

    def _line(self):
        while b"\r\n" not in self._buffer:
            if not self._more():
                return None
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def response(self, method="GET"):
        """Reads one response; ConnectionError where the server closed before its head ended."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                raise ConnectionError(f"closed before a response: {self._buffer!r}")
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = []
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers.append((name.strip().lower(), value.strip()))
        result = Response(status, headers, head_at=time.monotonic() - self._sent_at)
        if method != "HEAD" and status not in (204, 304):
            body = bytearray()  # grows without being copied
            result.complete = self._read_body(result, body)
            result.body = bytes(body)
        result.done_at = time.monotonic() - self._sent_at
        return result

    def _take(self, result, body, size):
        """Moves `size` bytes (None: all until the end) from the connection to the body."""
        while size is None or size > 0:
            if not self._buffer:
                if not self._more():
                    return size is None
            part = self._buffer if size is None else self._buffer[:size]
            self._buffer = self._buffer[len(part):]
            body += part
            result.arrivals.append((time.monotonic() - self._sent_at, len(body)))
            if size is not None:
                size -= len(part)
        return True

    def _read_body(self, result, body):
        """Returns whether it is complete."""
        if "chunked" in result.get("transfer-encoding", ""):
            while True:
                line = self._line()
                if line is None:
                    return False
                size = int(line.split(b";")[0], 16)
                if size == 0:
                    self._line()
                    return True
                if not self._take(result, body, size) or self._line() is None:
                    return False
        length = result.get("content-length")
        return self._take(result, body, None if length is None else int(length))


def body_so_far(received):
    """What a browser can show of a response whose end has not come, unchunked and inflated."""
    head, _, rest = received.partition(b"\r\n\r\n")
    head, body = head.lower(), rest
    if b"\r\ntransfer-encoding: chunked" in head:
        body = b""
        while b"\r\n" in rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[:int(size, 16)]
            rest = rest[int(size, 16) + 2:]
    if b"\r\ncontent-encoding: gzip" in head:
        return zlib.decompressobj(31).decompress(body)
    return body


def get(port, path="/", headers=(), method="GET", version="1.1", timeout=TIMEOUT,
        body=b""):
    """One request on a connection of its own."""
    with Connection(port, timeout) as connection:
        close = {"Connection": "close"}
        close.update(dict(headers))
        connection.request(path, method, close, version, body)
        return connection.response(method)


def get_http2(port, requests, timeout=TIMEOUT):
    """Sends all `requests`, (path, headers) each, at once on one HTTP/2 connection.

    Returns their responses in the same order.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        connection.initiate_connection()
        responses = {}
        order = []
        for path, headers in requests:
            stream = connection.get_next_available_stream_id()
            connection.send_headers(stream, [
                (":method", "GET"), (":path", path), (":scheme", "http"),
                (":authority", "localhost"), *[(n.lower(), v) for n, v in dict(headers).items()],
            ], end_stream=True)
            order.append(stream)
        started = time.monotonic()
        sock.sendall(connection.data_to_send())
        open_streams = set(order)
        while open_streams:
            data = sock.recv(65536)
            if not data:
                raise ConnectionError(f"closed with streams {sorted(open_streams)} open")
            for event in connection.receive_data(data):
                now = time.monotonic() - started
                if isinstance(event, h2.events.ResponseReceived):
                    headers = [(n.decode() if isinstance(n, bytes) else n,
                                v.decode() if isinstance(v, bytes) else v)
                               for n, v in event.headers]
                    status = int(dict(headers)[":status"])
                    responses[event.stream_id] = Response(status, headers, head_at=now)
                elif isinstance(event, h2.events.DataReceived):
                    response = responses[event.stream_id]
                    response.body += event.data
                    response.arrivals.append((now, len(response.body)))
                    connection.acknowledge_received_data(event.flow_controlled_length,
                                                         event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    responses[event.stream_id].done_at = now
                    open_streams.discard(event.stream_id)
                elif isinstance(event, h2.events.StreamReset):
                    responses.setdefault(event.stream_id, Response(0, [])).complete = False
                    open_streams.discard(event.stream_id)
            sock.sendall(connection.data_to_send())
        return [responses[stream] for stream in order]
