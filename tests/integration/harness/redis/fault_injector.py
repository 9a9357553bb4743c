"""Stands between NGINX and a real Redis, and harms what passes."""

import socket
import threading


class Link:
    """A connection of NGINX's, and the one to Redis behind it."""

    def __init__(self, client, server):
        self._client, self._server = client, server

    def to_nginx(self, data):
        self._client.sendall(data)

    def to_redis(self, data):
        self._server.sendall(data)

    def close(self):
        for sock in (self._client, self._server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was faster


class FaultInjector:
    """Listens on a Unix socket. While `on_command(link, data)` and `on_reply(link, data)` are None
    bytes pass as they are; otherwise these say what becomes of them."""

    def __init__(self, path, redis_path):
        self.socket = path
        self.on_command = self.on_reply = None
        self._redis_path = str(redis_path)
        self._links = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o777)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def pass_on(self):
        """No faults from now on. Links end: what was lost on them is missing for good."""
        self.on_command = self.on_reply = None
        links, self._links = self._links, []
        for link in links:
            link.close()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # a close alone leaves accept() waiting
        self._listener.close()
        self.pass_on()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(self._redis_path)
            link = Link(client, server)
            self._links.append(link)
            for source, sink, fault in ((client, link.to_redis, lambda: self.on_command),
                                        (server, link.to_nginx, lambda: self.on_reply)):
                threading.Thread(target=self._copy, args=(link, source, sink, fault),
                                 daemon=True).start()

    @staticmethod
    def _copy(link, source, sink, fault):
        try:
            while data := source.recv(65536):
                harm = fault()
                if harm is None:
                    sink(data)
                else:
                    harm(link, data)
        except OSError:
            pass  # closed by a fault, or from either side
        link.close()
