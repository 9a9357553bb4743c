"""A server on a Unix socket that NGINX may reach."""

import socket
import threading
from pathlib import Path


class Listener:
    """Calls `serve(sock)` for each connection, in a thread of its own. `socket` is the path."""

    def __init__(self, directory, name):
        Path(directory).mkdir(parents=True, exist_ok=True)
        self.socket = Path(directory) / name
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.socket))
        self.socket.chmod(0o777)
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock:
            try:
                self.serve(sock)
            except OSError:
                pass  # NGINX has gone: what that means is asserted at the other end

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
