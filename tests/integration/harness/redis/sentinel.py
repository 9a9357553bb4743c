"""A private master, its replica, and three sentinels that watch over them, on loopback."""

import contextlib
import json
from pathlib import Path

import redis

from ..ports import ReservedPort
from ..waiting import wait_until
from .process import COMMON, RedisProcess

NAME = "shop"


class Server(RedisProcess):
    """A redis-server on a port, or with `sentinel`, its configuration, a sentinel."""

    def __init__(self, directory, options=(), sentinel=None, password=None):
        self._reserved = ReservedPort()
        self.port = self._reserved.number
        self.address = f"127.0.0.1:{self.port}"
        arguments = ["--port", self.port, "--repl-diskless-sync-delay", "0", *COMMON, *options]
        data = redis.Redis(port=self.port, socket_timeout=5, password=password)
        super().__init__(directory, data,
                         ["sentinel.conf", "--sentinel"] if sentinel else arguments)
        if sentinel:
            (self.directory / "sentinel.conf").write_text(
                f"port {self.port}\nbind 127.0.0.1\n" + sentinel)

    def stop(self):
        super().stop()
        self._reserved.release()


class RedisSentinel:
    """`password` is what the sentinels ask of their clients. With a `host`, a name for 127.0.0.1, the
    sentinels tell the servers' names instead of their addresses."""

    def __init__(self, directory, password=None, host=None):
        self._directory = Path(directory)
        self._password = password
        self._host = host
        self._built = 0
        self._build()

    def _build(self):
        self._built += 1
        directory = self._directory / str(self._built)
        password = self._password
        master = Server(directory / "0").start()
        host = self._host or "127.0.0.1"
        announced = ["--replica-announce-ip", host] if self._host else []
        replica = Server(directory / "1",
                         ["--replicaof", f"{host} {master.port}", *announced]).start()
        self.servers = [master, replica]
        names = "sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n"
        configuration = (names if self._host else "") + f"""\
sentinel monitor {NAME} {host} {master.port} 2
sentinel down-after-milliseconds {NAME} 1000
sentinel failover-timeout {NAME} 3000
sentinel parallel-syncs {NAME} 1
"""
        if password:
            configuration += f"requirepass {password}\nsentinel sentinel-pass {password}\n"
        self.sentinels = [Server(directory / f"s{i}", sentinel=configuration,
                                 password=password).start() for i in range(3)]
        self.wait_whole()

    def master(self):
        """As the sentinels have it, and as it says itself."""
        for sentinel in self.sentinels:
            with contextlib.suppress(redis.exceptions.RedisError):
                _, port = sentinel.data.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
                return next(server for server in self.servers if server.port == int(port))
        raise AssertionError("no sentinel answers")

    def replica(self):
        master = self.master()
        return next(server for server in self.servers if server is not master)

    def wait_whole(self, seconds=30):
        wait_until(self._is_whole, "master, replica and sentinels agree", seconds, 0.05)

    def _is_whole(self):
        if not all(server.running for server in [*self.servers, *self.sentinels]):
            return False
        try:
            master = self.master()
            about = self.replica().data.info("replication")
            if master.role() != "master" or about["role"] != "slave" or \
                    about["master_link_status"] != "up" or about["master_port"] != master.port:
                return False
            for sentinel in self.sentinels:
                state = sentinel.data.sentinel_master(NAME)
                replicas = sentinel.data.sentinel_slaves(NAME)
                if state["port"] != master.port or state["flags"] != "master" or \
                        state["num-other-sentinels"] != 2 or len(replicas) != 1 or \
                        replicas[0]["flags"] != "slave" or \
                        replicas[0]["master-link-status"] != "ok":
                    return False
            return True
        except redis.exceptions.RedisError:
            return False

    def wait_replicated(self):
        """The replica has what was written; it outlives its master."""
        wait_until(lambda: self.replica().has_all_of(self.master()), "the replica has the data", step=0.005)

    def wait_failed_over(self, master):
        wait_until(lambda: self.master() is not master and self.master().role() == "master",
                   "the replica is master", 60, 0.05)

    def set_json(self, key, value):
        self.master().data.set(key, json.dumps(value))

    def heal(self):
        """As at the start. After a failover, sentinels take long to agree; others are faster."""
        if not self._is_whole():
            self.stop()
            self._build()

    def stop(self):
        for server in [*self.sentinels, *self.servers]:
            server.stop()
