"""TCP ports that no other test takes between choosing and use."""

import socket


class ReservedPort:
    """A free port on 127.0.0.1, held by a socket that is bound but does not listen.

    Linux lets a second socket bind and listen there when both have SO_REUSEADDR (NGINX and Redis
    set it), while the kernel gives the port to nobody who asks for any free one.
    """

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def release(self):
        self._socket.close()
