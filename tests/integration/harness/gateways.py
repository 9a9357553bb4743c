"""An SCGI or uwsgi application that has one page."""

from .listener import Listener


class Gateway(Listener):
    """One request a connection. Either protocol is one message that NGINX writes at once, and the
    answer ends with the connection."""

    def __init__(self, directory, page):
        self._answer = b"Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
        super().__init__(directory, "gateway.sock")

    def serve(self, sock):
        sock.recv(65536)
        sock.sendall(self._answer)
