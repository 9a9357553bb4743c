"""An SCGI or uwsgi application that has one page."""

import socket
import threading
from pathlib import Path


class Gateway:
    """Listens on a Unix socket; one request a connection. Either protocol is one message that NGINX
    writes at once, and the answer ends with the connection."""

    def __init__(self, directory, page):
        Path(directory).mkdir(parents=True, exist_ok=True)
        self.socket = Path(directory) / "gateway.sock"
        self._answer = b"Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.socket))
        self.socket.chmod(0o777)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
                with sock:
                    sock.recv(65536)
                    sock.sendall(self._answer)
            except OSError:
                return

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
