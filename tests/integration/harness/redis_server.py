"""A private redis-server on a Unix socket, without persistence."""

import json
import signal
import subprocess
from pathlib import Path

import redis

from .waiting import wait_until


class RedisServer:
    """`data` is a client of it; `socket` its path. Started at once unless `start=False`."""

    def __init__(self, directory, options=(), port=0, password=None, start=True):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket = self.directory / "redis.sock"
        self._options = list(options)
        self._port = port
        self._password = password
        self._process = None
        self.data = redis.Redis(unix_socket_path=str(self.socket), password=password)
        if start:
            self.start()

    def start(self):
        command = ["setpriv", "--pdeathsig", "TERM", "redis-server", "--port", str(self._port), "--bind", "127.0.0.1",
                   "--unixsocket", str(self.socket), "--unixsocketperm", "777", "--save", "",
                   "--appendonly", "no", "--dir", str(self.directory), *self._options]
        if self._password:
            command += ["--requirepass", self._password]
        with open(self.directory / "redis.log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log)
        wait_until(self._answers, "Redis answers")
        return self

    def _answers(self):
        assert self._process.poll() is None, (self.directory / "redis.log").read_text()
        try:
            return self.data.ping()
        except redis.exceptions.ConnectionError:
            return False

    def set_json(self, key, value):
        self.data.set(key, json.dumps(value))

    def calls(self, *commands):
        """How often the commands were called, by INFO commandstats."""
        stats = self.data.info("commandstats")
        return sum(stats.get(f"cmdstat_{command}", {}).get("calls", 0) for command in commands)

    def reads(self):
        """How many look-ups came in, whatever command fetched them."""
        return self.calls("get", "getrange", "substr", "mget", "strlen", "hmget", "hgetall",
                          "hget", "lrange")

    def listeners(self):
        """How many connections are told which keys change."""
        return self.data.pubsub_numsub("__redis__:invalidate")[0][1]

    def wait_listeners(self, count=1):
        """What is cached before that is not trusted after it."""
        wait_until(lambda: self.listeners() == count, f"{count} connections that are told")

    def suspend(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """kill -9: no farewell, the socket file stays."""
        self._process.kill()
        self._process.wait(10)
        self._process = None
        self.data.connection_pool.disconnect()

    def stop(self):
        if self._process is not None:
            self.resume()
            self._process.kill()
            self._process.wait(10)
            self._process = None
        self.data.close()
        self.data.connection_pool.disconnect()
