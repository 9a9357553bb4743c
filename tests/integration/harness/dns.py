"""A name server whose answers the test decides."""

import socket
import struct
import threading


class NameServer:
    """Answers A questions from `names`, a dictionary of lists of IPv4 addresses; None does not
    answer at all. What is not in it does not exist. `questions` are the names asked for."""

    def __init__(self, names):
        self.names = names
        self.questions = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            answer = self._answer(query)
            if answer is not None:
                self._socket.sendto(answer, client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels)
        kind, = struct.unpack_from("!H", query, at + 1)
        self.questions.append(name)
        if name in self.names and self.names[name] is None:
            return None
        addresses = self.names.get(name, []) if kind == 1 else []
        code = 0 if name in self.names else 3
        answer = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        answer += query[12:at + 5]
        for address in addresses:
            answer += struct.pack("!HHHLH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(address)
        return answer

    def close(self):
        # A thread in recvfrom() keeps the socket; an empty datagram wakes it.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._socket.close()
