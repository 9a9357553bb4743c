"""A Redis whose every reply the test decides: late, cut, hostile."""

import contextlib
import socket
import threading
import time
from pathlib import Path

from ..waiting import wait_until
from . import running


def bulk(value):
    """RESP of a bulk string; None is the null bulk string."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, str):
        value = value.encode()
    return b"$%d\r\n%s\r\n" % (len(value), value)


def array(values):
    return b"*%d\r\n" % len(values) + b"".join(bulk(value) for value in values)


class Session:
    """One connection, as the script sees it."""

    def __init__(self, sock):
        self._socket = sock
        self._buffer = b""
        self.gone = False  # the client is
        # Answers come in the order of commands: none before one that a script still owes.
        self._owed = 0
        self._deferred = b""

    def send(self, data):
        self._socket.sendall(data)
        self._owed = max(0, self._owed - 1)
        if self._owed == 0 and self._deferred:
            data, self._deferred = self._deferred, b""
            self._socket.sendall(data)

    def owe(self):
        self._owed += 1

    def send_in_turn(self, data):
        if self._owed:
            self._deferred += data
        else:
            self._socket.sendall(data)

    def trickle(self, data, pause=0.001):
        """One byte at a time."""
        for i in range(len(data)):
            self.send(data[i:i + 1])
            time.sleep(pause)

    def close(self):
        self._socket.close()

    def shutdown(self):
        """Closes also while another thread reads. Who has gone already need not be told."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _fill(self):
        data = self._socket.recv(65536)
        if not data:
            raise EOFError
        self._buffer += data

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._fill()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def command(self):
        """The next command, a list of bytes; EOFError when the client has gone."""
        head = self._line()
        assert head[:1] == b"*", f"not a RESP command: {head!r}"
        words = []
        for _ in range(int(head[1:])):
            length = int(self._line()[1:])
            while len(self._buffer) < length + 2:
                self._fill()
            words.append(self._buffer[:length])
            self._buffer = self._buffer[length + 2:]
        return words


class Subscribers:
    """The sessions that subscribed to something: whom a test may tell things unasked. A worker may
    give one up at any time, as when the machine is slow, and subscribe on another."""

    def __init__(self):
        self._sessions = []

    def add(self, session):
        if session not in self._sessions:
            self._sessions.append(session)

    def count(self):
        """How many there have been."""
        return len(self._sessions)

    def listening(self):
        return [session for session in self._sessions if not session.gone]

    def wait(self, count=1):
        return wait_until(lambda: self.listening() if len(self.listening()) >= count else None,
                          f"{count} that listen")

    def tell(self, data, say=Session.send):
        """Says it to everybody who listens; waits until anybody does. Who goes while it is said does
        not hear the end of it. Returns the sessions that it was said to."""
        sessions = self.wait()
        for session in sessions:
            with contextlib.suppress(OSError):
                say(session, data)
        return sessions


# What each worker asks for by itself; no business of the scripts.
SWITCHES = [b"EXISTS", b"pz:switches"]
READS = {b"GET", b"GETRANGE", b"SUBSTR", b"MGET", b"HGETALL", b"HMGET", b"LRANGE"}


class RogueRedis:
    """Listens on a Unix socket, or on `port`. `on_read(session, command)` answers each look-up; `on_other` every
    other command (AUTH, SELECT, CLIENT, PING …), by default with +OK. Commands are kept in
    `commands`, as (monotonic seconds, words)."""

    def __init__(self, directory=None, on_read=None, port=False):
        self.on_read = on_read or (lambda session, command: session.send(bulk(None)))
        self.on_other = lambda session, command: session.send(b"+OK\r\n")
        self.commands = []
        self._sessions = []
        self._greeted = []
        self._asked = []  # the sessions that had an answer
        self._closed = False
        self.running = True
        if port:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.port = self._listener.getsockname()[1]
            self.addresses = [f"127.0.0.1:{self.port}"]
        else:
            Path(directory).mkdir(parents=True, exist_ok=True)
            self.socket = Path(directory) / "rogue.sock"
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(self.socket))
            self.socket.chmod(0o777)
            self.addresses = [f"unix:{self.socket}"]
        self.tells = False
        running.register(self)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def reads(self):
        return [words for _, words in self.commands if words[0].upper() in READS]

    def connections(self):
        """The sessions on which something was said, in that order."""
        return list(self._greeted)

    def newest(self):
        return len(self._greeted)

    def asked(self, mark):
        return sum(session in self._asked for session in self._greeted[mark:])

    def _accept(self):
        while not self._closed:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sessions.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        session = Session(sock)
        try:
            while True:
                words = session.command()
                if session not in self._greeted:
                    self._greeted.append(session)
                self.commands.append((time.monotonic(), words))
                if words == SWITCHES:
                    session.send_in_turn(b":0\r\n")
                    self._asked.append(session)
                    continue
                session.owe()
                if words[0].upper() in READS:
                    self.on_read(session, words)
                else:
                    self.on_other(session, words)
        except (EOFError, OSError):
            session.gone = True
            sock.close()

    def close(self):
        self._closed = True
        self.running = False
        # A thread in accept() keeps the socket alive; shutdown wakes it.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for sock in self._sessions:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
