"""A private Redis Cluster on loopback: three masters, three replicas, no persistence."""

import contextlib
import json
from pathlib import Path

import redis
from redis.crc import key_slot

from ..ports import ReservedPort
from ..waiting import wait_until
from .process import COMMON, RedisProcess

SLOTS = 16384
NODE_TIMEOUT = 2.0  # seconds, after which others hold a node that is silent to have failed


class Node(RedisProcess):
    """One of the cluster."""

    def __init__(self, directory, options=()):
        self._port = ReservedPort()
        self._bus = ReservedPort()
        self.port = self._port.number
        self.bus = self._bus.number
        self.address = f"127.0.0.1:{self.port}"
        super().__init__(directory, redis.Redis(port=self.port, socket_timeout=5), [
            "--port", self.port, *COMMON, "--cluster-enabled", "yes", "--cluster-port", self.bus,
            "--cluster-node-timeout", int(NODE_TIMEOUT * 1000),
            "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
            "--cluster-allow-replica-migration", "no", "--cluster-require-full-coverage", "no",
            "--repl-ping-replica-period", "1", *options])

    def command(self, *words):
        return self.data.execute_command(*words)

    def identity(self):
        return self.command("CLUSTER", "MYID").decode()

    def info(self):
        text = self.command("CLUSTER INFO")
        if isinstance(text, bytes):
            text = text.decode()
        if isinstance(text, str):
            return dict(line.split(":", 1) for line in text.split())
        return text

    def view(self):
        """Who has which slots since which epoch, as this node has it."""
        lines = (line.split() for line in self.command("CLUSTER", "NODES").decode().splitlines())
        return tuple(sorted((identity, epoch, *slots)
                            for identity, _, _, _, _, _, epoch, _, *slots in lines if slots))

    def stop(self):
        super().stop()
        self._port.release()
        self._bus.release()


class RedisCluster:
    def __init__(self, directory, masters=3):
        self._directory = Path(directory)
        self._masters = masters
        self._built = 0
        self.nodes = []
        self._build()

    def _build(self):
        masters = self._masters
        self._built += 1
        self.nodes = [Node(self._directory / f"{self._built}-{i}") for i in range(2 * masters)]
        for node in self.nodes:
            node.start()
        for i, node in enumerate(self.nodes):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
            if i > 0:
                first = self.nodes[0]
                node.command("CLUSTER", "MEET", "127.0.0.1", first.port, first.bus)
        share = SLOTS // masters
        for i in range(masters):
            last = SLOTS - 1 if i == masters - 1 else (i + 1) * share - 1
            self.nodes[i].command("CLUSTER", "ADDSLOTSRANGE", i * share, last)
        wait_until(lambda: all(node.info()["cluster_known_nodes"] == str(len(self.nodes))
                               for node in self.nodes), "the nodes know each other")
        for i in range(masters):
            self._replicate(self.nodes[masters + i], self.nodes[i])
        self.wait_whole()

    def _replicate(self, replica, master):
        def done():
            with contextlib.suppress(redis.exceptions.ResponseError):
                return replica.command("CLUSTER", "REPLICATE", master.identity())
        wait_until(done, "a replica knows its master")

    # State

    def wait_whole(self, seconds=30):
        """Every slot has a master, every master a replica that is up to date, and all agree."""
        wait_until(self._is_whole, "the cluster is whole", seconds, 0.05)

    def _is_whole(self):
        try:
            maps = {json.dumps(self._slots(node)) for node in self.nodes}
            # (A replica is told of only when its place in its master's stream is known.)
            if any(not replicas for node in self.nodes for *_, replicas in self._slots(node)):
                return False
            if len(maps) != 1 or any(node.info()["cluster_state"] != "ok" for node in self.nodes):
                return False
            for node in self.nodes:
                about = node.data.info("replication")
                if about["role"] == "slave":
                    if about["master_link_status"] != "up":
                        return False
                elif about["connected_slaves"] == 0:
                    return False
            return True
        except redis.exceptions.RedisError:
            return False

    @staticmethod
    def _slots(node):
        # The order of replicas is not the same everywhere.
        return sorted([first, last, master[1], sorted(replica[1] for replica in replicas)]
                      for first, last, master, *replicas in _cluster_slots(node))

    def wait_replicated(self):
        """The replicas have what was written; it outlives its master."""
        wait_until(lambda: all(replica.has_all_of(master) for master, replicas in self.shards()
                               for replica in replicas), "the replicas have the data", step=0.005)

    def by_port(self, port):
        return next(node for node in self.nodes if node.port == port)

    def someone(self):
        """A node that answers."""
        for node in self.nodes:
            if node.running:
                with contextlib.suppress(redis.exceptions.RedisError):
                    node.data.ping()
                    return node
        raise AssertionError("no node answers")

    def shards(self):
        """(master, replicas) of each, as one that answers has it."""
        found = {}
        for _, _, master, *replicas in _cluster_slots(self.someone()):
            found[master[1]] = (self.by_port(master[1]),
                                [self.by_port(replica[1]) for replica in replicas])
        return list(found.values())

    def master_of(self, key):
        slot = key_slot(key.encode())
        for first, last, master, *_ in _cluster_slots(self.someone()):
            if first <= slot <= last:
                return self.by_port(master[1])
        raise AssertionError(f"nobody has slot {slot}")

    def replicas_of(self, key):
        master = self.master_of(key)
        return next(replicas for one, replicas in self.shards() if one is master)

    # Data

    def set_json(self, key, value):
        self.master_of(key).data.set(key, json.dumps(value))

    def visitors(self, each=1):
        """Names whose profiles are on each of the masters: {master's port: [name, …]}."""
        names = {master.port: [] for master, _ in self.shards()}
        i = 0
        while any(len(found) < each for found in names.values()):
            port = self.master_of(f"profile:v{i}").port
            if len(names[port]) < each:
                names[port].append(f"v{i}")
            i += 1
        return names

    def clear(self):
        for master, _ in self.shards():
            master.data.flushall()

    # Change

    def move_slot(self, slot, target):
        """Moves a slot as redis-cli --cluster reshard does, and returns when all nodes know it."""
        source = next(self.by_port(master[1]) for first, last, master, *_
                      in _cluster_slots(self.someone()) if first <= slot <= last)
        if source is target:
            return
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.identity())
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.identity())
        while True:
            keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, 100)
            if not keys:
                break
            source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", target.identity())
        for master, _ in self.shards():
            master.command("CLUSTER", "SETSLOT", slot, "NODE", target.identity())
        # A node that takes a slot raises its epoch over all that it knows. Were the next slot moved
        # before that is known, two nodes could take the same epoch, and the one that has to yield
        # would take back, or delete, what it has given away.
        wait_until(self._is_agreed, "all nodes know who has which slot", step=0.001)

    def _is_agreed(self):
        return len({node.view() for node in self.nodes if node.running}) == 1

    def heal(self):
        """What a test has stopped runs again. A cluster that does not come together, on a busy
        machine or after a test that failed halfway, is replaced."""
        for node in self.nodes:
            if node.started:
                node.resume()
            else:
                node.start()
        try:
            self.wait_whole(10)
        except AssertionError:
            self.stop()
            self._build()

    def stop(self):
        for node in self.nodes:
            node.stop()


def _cluster_slots(node):
    """CLUSTER SLOTS, not as redis-py tidies it."""
    connection = node.data.connection_pool.get_connection("CLUSTER SLOTS")
    try:
        connection.send_command("CLUSTER", "SLOTS")
        return connection.read_response()
    finally:
        node.data.connection_pool.release(connection)
