"""A redis-server that a test starts, suspends, kills and starts again. Keeps nothing on disk."""

import signal
import subprocess
from pathlib import Path

import redis

from ..waiting import wait_until
from . import running

# Whatever it is for: on loopback, and with nothing on disk.
COMMON = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
          "--enable-debug-command", "local"]


class RedisProcess:
    """`data` is a client of it, `arguments` what is said to redis-server besides its directory,
    `addresses` what personalize_redis may call it."""

    def __init__(self, directory, data, arguments=(), addresses=()):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data = data
        self._arguments = [str(argument) for argument in arguments]
        self._process = None
        self._suspended = False
        self.addresses = list(addresses)
        self.tells = True
        running.register(self)

    def start(self):
        # Ends with the tests, however those end.
        command = ["setpriv", "--pdeathsig", "TERM", "redis-server", *self._arguments]
        with open(self.directory / "redis.log", "ab") as log:
            self._process = subprocess.Popen(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        wait_until(self._answers, "Redis answers")
        return self

    def _answers(self):
        assert self._process.poll() is None, (self.directory / "redis.log").read_text()
        try:
            return self.data.ping()
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
            return False

    @property
    def started(self):
        return self._process is not None

    @property
    def running(self):
        return self.started and not self._suspended

    def newest(self):
        return max(int(client["id"]) for client in self.data.client_list())

    def asked(self, mark):
        # The first words on a connection are no question yet.
        first = ("NULL", "auth", "select", "ping", "subscribe", "client")
        return sum(int(client["id"]) > mark and not client["cmd"].startswith(first)
                   for client in self.data.client_list())

    def role(self):
        return self.data.info("replication")["role"]

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
        """What has changed since then is told. (Whether the workers know that they are told is another
        question: Nginx.wait_told.)"""
        wait_until(lambda: self.listeners() == count, f"{count} connections that are told")

    def has_all_of(self, master):
        """Whether this replica has what was written to its master. That its link is up does not say
        so: after a full copy a master sends nothing on for up to a second, and of what it keeps back
        nothing is left when it is killed."""
        written = master.data.info("replication")["master_repl_offset"]
        return self.data.info("replication").get("slave_repl_offset", -1) >= written

    def suspend(self):
        self._process.send_signal(signal.SIGSTOP)
        self._suspended = True

    def resume(self):
        self._process.send_signal(signal.SIGCONT)
        self._suspended = False

    def kill(self):
        """kill -9: no farewell."""
        if self.started:
            self._process.kill()
            self._process.wait(10)
            self._process = None
            self._suspended = False
        self.data.connection_pool.disconnect()

    def stop(self):
        """The end of it, in whatever state it is."""
        self.kill()
        self.data.close()
