"""Redis Cluster: three masters, three replicas, and what becomes of them while pages are asked for."""

import contextlib
import threading
import time
import types

import pytest
from redis.crc import key_slot

from harness import scene, visits
from harness.load import Load
from harness.redis.cluster import RedisCluster
from harness.redis.rogue import RogueRedis, array, bulk
from harness.redis.switching import is_switched, is_switched_soon, switch
from harness.visits import WAIT, become_personal, change_is_seen, hello, metrics, shows, visit
from harness.waiting import wait_until

CACHE = "personalize_cache zone=personalize:4m ttl=1h stale=1h negative=1h;"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(running):
    """Whole and empty, whatever the test before did."""
    running.heal()
    running.clear()
    return running


def load_of(nginx, visitors, wait=WAIT, **options):
    return Load(nginx, wait, visitors, content=hello, **options)


def start(nginx, seeds, redis="", **options):
    visits.start(nginx, seeds, f"mode=cluster {redis}", **options)


def fill(cluster, each=4):
    """Profiles on every master; their visitors."""
    visitors = [name for names in cluster.visitors(each).values() for name in names]
    for name in visitors:
        cluster.set_json(f"profile:{name}", {"name": name})
    cluster.wait_replicated()
    return visitors


# Where a key is


def test_keys_on_every_master(nginx, cluster):
    visitors = fill(cluster)
    start(nginx, cluster.nodes[:1])
    for visitor in visitors:
        assert shows(nginx, visitor)
    status = metrics(nginx)
    assert status["redis_failures"]["error"] == 0
    assert status["redis_commands"] >= len(visitors)
    # With the map, nobody is redirected.
    before = metrics(nginx)["redis_topology"]["redirected"]
    for visitor in visitors:
        assert shows(nginx, visitor)
    assert metrics(nginx)["redis_topology"]["redirected"] == before


def test_a_hash_tag_decides(nginx, cluster):
    """Two documents of one request, on one node by their tag; without it, on two."""
    tag = next(name for name in (f"v{i}" for i in range(100))
               if cluster.master_of(f"profile:{{{name}}}") is cluster.master_of(f"x:{{{name}}}")
               is not cluster.master_of(f"x:{name}"))
    cluster.set_json(f"profile:{tag}", {"name": tag})
    cluster.set_json(f"tagged:{{{tag}}}", {"name": "one"})
    cluster.set_json(f"plain:{tag}", {"name": "two"})
    assert key_slot(f"tagged:{{{tag}}}".encode()) == key_slot(tag.encode())
    start(nginx, cluster.nodes[1:2], extra="""
  personalize_source tagged 'key=tagged:{${visitor.id}}' ttl=0;
  personalize_source plain key=plain:${visitor.id} ttl=0;""",
          conditions="when profile.name; when tagged.name = one; when plain.name = two;")
    for _ in range(5):
        assert shows(nginx, tag)


def test_any_seed_will_do(nginx, cluster):
    visitors = fill(cluster, 1)
    start(nginx, ["127.0.0.1:1", cluster.nodes[5], "127.0.0.1:2"])
    become_personal(nginx, visitors)


def test_the_first_page_waits_for_the_map(nginx, cluster):
    visitors = fill(cluster, 1)
    start(nginx, ["127.0.0.1:1", cluster.nodes[4], "127.0.0.1:2"], wait=5, timeout="5s", workers=2)
    with load_of(nginx, visitors, 5) as load:
        load.wait_all_filled()
    assert not load.defaults()
    assert metrics(nginx)["redis_topology"]["redirected"] == 0


def test_all_seeds_down_at_start(nginx, cluster):
    visitors = fill(cluster, 1)
    seed = next(replicas[0] for _, replicas in cluster.shards())
    seed.kill()
    start(nginx, [seed])
    with load_of(nginx, visitors) as load:
        wait_until(lambda: len(load.answers) > 50, "pages without data")
        assert not any(answer.filled for answer in list(load.answers))
        seed.start()
        load.wait_all_filled()


# Who reads


def test_replicas_are_read(nginx, cluster):
    visitors = fill(cluster)
    for _, replicas in cluster.shards():
        for replica in replicas:
            wait_until(lambda one=replica: one.data.dbsize() == 4, "replication")
    start(nginx, cluster.nodes[:2], "read=replica")
    wait_until(lambda: metrics(nginx)["redis_topology"]["changed"] > 0, "a map")
    for node in cluster.nodes:
        node.data.config_resetstat()
    for _ in range(5):
        for visitor in visitors:
            assert shows(nginx, visitor)
    reads = {node.role(): 0 for node in cluster.nodes}
    for node in cluster.nodes:
        reads[node.role()] += node.reads()
    assert reads == {"master": 0, "slave": 5 * len(visitors)}


def test_without_replicas_the_master_is_read(nginx, cluster):
    visitors = fill(cluster)
    start(nginx, cluster.nodes[:3], "read=replica")
    for master, replicas in cluster.shards():
        wait_until(lambda: replicas[0].data.dbsize() == 4, "replication")
    with load_of(nginx, visitors) as load:
        load.wait_all_filled()
        for _, replicas in cluster.shards():
            replicas[0].kill()
        load.wait_all_filled()
    # A command that was on its way to the replica is sent again, to the master.
    assert len(load.defaults()) <= 3 * 3


# What moves


@pytest.mark.parametrize("read", ["master", "replica"])
def test_a_slot_on_its_way(nginx, cluster, read):
    """ASK: half of the keys of a slot are here, half there; the slot's owner does not change. A
    replica says of a key that its master has given away that there is none, which is not believed."""
    names = [f"v{i}" for i in range(6)]
    keys = [f"profile:{{moving}}{name}" for name in names]
    for name, key in zip(names, keys):
        cluster.set_json(key, {"name": name})
    slot = key_slot(b"moving")
    source = cluster.master_of("{moving}")
    target = next(master for master, _ in cluster.shards() if master is not source)
    start(nginx, cluster.nodes[:1], f"read={read}", key="'key=profile:{moving}${visitor.id}'")
    wait_until(lambda: metrics(nginx)["redis_topology"]["changed"], "the map")
    assert all(shows(nginx, name) for name in names)
    target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.identity())
    source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.identity())
    try:
        source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys[:3])
        before = metrics(nginx)["redis_topology"]["redirected"]
        for name in names:
            assert shows(nginx, name)
        assert metrics(nginx)["redis_topology"]["redirected"] == before + 3
        # What is nowhere is missing, not an error.
        assert scene.is_default(visit(nginx, "nobody").text)
        wait_until(lambda: any(entry["cookie"] == "vid=nobody"
                               and "profile=missing" in entry["sources"]
                               for entry in nginx.log(1)), "it is logged as missing")
    finally:
        source.command("CLUSTER", "SETSLOT", slot, "STABLE")
        target.command("MIGRATE", "127.0.0.1", source.port, "", 0, 5000, "KEYS", *keys[:3])
        target.command("CLUSTER", "SETSLOT", slot, "STABLE")


@pytest.mark.parametrize("read", ["master", "replica"])
def test_resharding_under_load(nginx, cluster, read):
    """MOVED and ASK while slots go around: not one page is without its document."""
    visitors = fill(cluster, 6)
    slots = sorted({key_slot(f"profile:{name}".encode()) for name in visitors})
    # A busy machine makes nodes slow; what is to be seen here is who is asked, not how soon.
    start(nginx, cluster.nodes[:1], f"read={read}", workers=2, wait=5, timeout="5s")
    with load_of(nginx, visitors, 5) as load:
        load.wait_all_filled()
        masters = [master for master, _ in cluster.shards()]
        for turn in range(3):
            for i, slot in enumerate(slots):
                cluster.move_slot(slot, masters[(i + turn) % len(masters)])
        load.wait_all_filled()
    assert metrics(nginx)["redis_topology"]["redirected"] > 0
    assert not load.defaults(), metrics(nginx)["redis_failures"]


def test_a_moved_slot_is_remembered(nginx, cluster):
    visitors = fill(cluster, 1)
    start(nginx, cluster.nodes[:1])
    assert all(shows(nginx, visitor) for visitor in visitors)
    visitor = visitors[0]
    source = cluster.master_of(f"profile:{visitor}")
    target = next(master for master, _ in cluster.shards() if master is not source)
    cluster.move_slot(key_slot(f"profile:{visitor}".encode()), target)
    before = metrics(nginx)["redis_topology"]["redirected"]
    for _ in range(10):
        assert shows(nginx, visitor)
    assert metrics(nginx)["redis_topology"]["redirected"] <= before + 1


# What cannot be answered now


def test_try_again(nginx):
    """While a slot moves; the same node is asked again, within the time of one command."""
    with node_on_a_port() as node:
        good = node.rogue.on_read
        refusals = [b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n"] * 3

        def on_read(session, words):
            if refusals:
                session.send(refusals.pop())
            else:
                good(session, words)

        node.rogue.on_read = on_read
        start(nginx, [f"127.0.0.1:{node.port}"], wait=5, timeout="5s")
        assert scene.is_filled(visit(nginx, "ada").text)
        assert len(node.rogue.reads()) == 4


def test_a_node_that_is_cut_off(nginx):
    """CLUSTERDOWN: others are asked where the slots are, and one of them for the document."""
    slot = key_slot(b"profile:ada")
    with node_on_a_port() as cut_off, node_on_a_port() as other:
        asked = []

        def on_other(session, words):
            if words[:2] == [b"CLUSTER", b"SLOTS"]:
                asked.append(words)
                session.send(b"*3\r\n" + entry(0, slot - 1, port=other.port)
                             + entry(slot, slot, port=cut_off.port)
                             + entry(slot + 1, 16383, port=other.port))
            else:
                session.send(b"+OK\r\n")

        cut_off.rogue.on_read = lambda session, words: session.send(
            b"-CLUSTERDOWN The cluster is down\r\n")
        cut_off.rogue.on_other = other.rogue.on_other = on_other
        start(nginx, [f"127.0.0.1:{cut_off.port}"], wait=5, timeout="5s")
        assert scene.is_filled(visit(nginx, "ada").text)
        assert cut_off.rogue.reads() and other.rogue.reads()
        wait_until(lambda: len(asked) > 1, "the map is asked for again")


def test_a_cluster_that_is_down_is_not_waited_for(nginx):
    with node_on_a_port() as node:
        good = node.rogue.on_read
        node.rogue.on_read = lambda session, words: session.send(
            b"-CLUSTERDOWN The cluster is down\r\n")
        start(nginx, [f"127.0.0.1:{node.port}"], wait=5, timeout="400ms")
        with Load(nginx, 5) as load:
            wait_until(lambda: len(load.last(0.5)) > 50, "pages that do not wait")
            node.rogue.on_read = good
            wait_until(load.is_personal_again, "the page is personal")


def test_a_cluster_that_refuses(nginx, cluster):
    """A part of its slots has nobody, and it wants to serve all or none: every node says CLUSTERDOWN,
    to every key. Pages are on time without their documents, and personal when it serves again."""
    visitors = fill(cluster, 2)
    for node in cluster.nodes:
        node.data.config_set("cluster-require-full-coverage", "yes")
    try:
        start(nginx, cluster.nodes[:3], wait=REFUSED_WAIT, timeout="150ms", workers=2)
        become_personal(nginx, visitors)
        lost = cluster.master_of(f"profile:{visitors[0]}")
        left = [name for name in visitors if cluster.master_of(f"profile:{name}") is not lost]
        gone = [lost, *cluster.replicas_of(f"profile:{visitors[0]}")]
        with load_of(nginx, visitors, REFUSED_WAIT) as load:
            load.wait_all_filled()
            for node in reversed(gone):
                node.kill()
            wait_until(lambda: all(node.info()["cluster_state"] == "fail" for node in cluster.nodes
                                   if node not in gone), "the cluster refuses", 60, 0.05)
            wait_until(lambda: is_without(load, visitors), "no page has its document", step=0.05)
            for node in gone:
                node.start()
            cluster.wait_whole(60)
            for name in set(visitors) - set(left):
                cluster.set_json(f"profile:{name}", {"name": name})
            load.wait_all_filled(30)
        assert "CLUSTERDOWN" in nginx.error_log()
        assert nginx.error_log().count("personalize:") < 60, "the log is flooded"
    finally:
        for node in cluster.nodes:
            if node.running:
                node.data.config_set("cluster-require-full-coverage", "no")


REFUSED_WAIT = 0.1


def is_without(load, visitors):
    """Whether nobody's page was personal of late, and all have asked."""
    recent = load.last(0.5)
    return {answer.visitor for answer in recent} == set(visitors) and not any(
        answer.filled for answer in recent)


# Who dies


def failed_over(cluster, master):
    wait_until(lambda: all(one is not master for one, _ in cluster.shards()),
               "a replica is elected", 60, 0.05)


@pytest.mark.parametrize("read", ["master", "replica"])
@pytest.mark.parametrize("fault", ["kill", "suspend"])
def test_a_master_fails_under_load(nginx, cluster, fault, read):
    visitors = fill(cluster, 2)
    start(nginx, cluster.nodes[:3], f"read={read}")
    victim = cluster.master_of(f"profile:{visitors[0]}")
    others = {master for master, _ in cluster.shards()} - {victim}
    untouched = [name for name in visitors
                 if cluster.master_of(f"profile:{name}") is not victim]
    with load_of(nginx, visitors) as load:
        load.wait_all_filled()
        getattr(victim, fault)()
        failed_over(cluster, victim)
        load.wait_all_filled()
    # The others' visitors did not feel it (unless the machine was so busy that the cluster gave up
    # another master, too); nor anybody, where replicas are read.
    if others == {master for master, _ in cluster.shards()} & others:
        assert not set(load.defaults()) & set(untouched)
    log = nginx.error_log()
    if read == "replica":
        assert not load.defaults()
    else:
        assert f"redis server {victim.address}" in log
    assert log.count("personalize:") < 40, "the log is flooded"


def test_a_master_stops_in_the_middle_of_a_pipeline(nginx, cluster):
    """Commands are written to it and not answered; it is killed, and they are given up at once."""
    visitors = fill(cluster, 6)
    start(nginx, cluster.nodes[:3], timeout="10s", wait=10)
    assert all(shows(nginx, visitor) for visitor in visitors)
    victim = cluster.master_of(f"profile:{visitors[0]}")
    names = [name for name in visitors if cluster.master_of(f"profile:{name}") is victim]
    victim.suspend()
    responses = []
    threads = [threading.Thread(target=lambda name=name: responses.append(visit(nginx, name)))
               for name in names]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert not responses, "nothing is in flight"
    victim.kill()
    for thread in threads:
        thread.join()
    assert len(responses) == len(names)
    assert all(response.done_at < 8 for response in responses)
    failed_over(cluster, victim)
    become_personal(nginx, visitors)


# What changes


def wait_watched(cluster, workers=1, read="master"):
    """Every server that is read from tells every worker of changes."""
    def is_watched():
        nodes = [node for master, replicas in cluster.shards()
                 for node in [master, *(replicas if read == "replica" else [])]]
        return all(node.listeners() == workers for node in nodes)
    wait_until(is_watched, "all servers tell of changes", step=0.02)


@pytest.mark.parametrize("read", ["master", "replica"])
def test_every_server_tells_of_changes(nginx, cluster, read):
    visitors = fill(cluster, 1)
    start(nginx, cluster.nodes[:1], f"read={read}", workers=2, cache=CACHE)
    wait_watched(cluster, 2, read)
    become_personal(nginx, visitors)
    for turn in range(3):
        change_is_seen(nginx, cluster, visitors, f"turn{turn}")
    # Between changes, the cache answers.
    before = metrics(nginx)["redis_commands"]
    for visitor in visitors:
        for _ in range(10):
            assert shows(nginx, visitor, f"turn2-{visitor}")
    assert metrics(nginx)["redis_commands"] <= before + 4


def test_changes_are_told_of_after_failover(nginx, cluster):
    visitors = fill(cluster, 2)
    start(nginx, cluster.nodes[:3], cache=CACHE)
    wait_watched(cluster)
    assert all(shows(nginx, visitor) for visitor in visitors)
    victim = cluster.master_of(f"profile:{visitors[0]}")
    victim.kill()
    # Meanwhile the cache answers for him, too.
    assert all(shows(nginx, visitor) for visitor in visitors)
    failed_over(cluster, victim)
    wait_watched(cluster)
    change_is_seen(nginx, cluster, visitors, "after")


def test_changes_are_told_of_after_a_slot_has_moved(nginx, cluster):
    visitors = fill(cluster, 1)
    start(nginx, cluster.nodes[:3], cache=CACHE)
    wait_watched(cluster)
    assert all(shows(nginx, visitor) for visitor in visitors)
    masters = [master for master, _ in cluster.shards()]
    for visitor in visitors:
        source = cluster.master_of(f"profile:{visitor}")
        target = masters[(masters.index(source) + 1) % len(masters)]
        cluster.move_slot(key_slot(f"profile:{visitor}".encode()), target)
    change_is_seen(nginx, cluster, visitors, "moved")


@pytest.mark.parametrize("cache", ["", CACHE])
def test_switches(nginx, cluster, cache):
    """A campaign is switched off and on in each worker within a second, also after a failover."""
    visitor = fill(cluster, 1)[0]
    start(nginx, cluster.nodes[:3], workers=3, cache=cache)
    become_personal(nginx, [visitor])
    if cache:
        wait_watched(cluster, 3)
    for value in ("off", "on", "off"):
        is_switched_soon(nginx, cluster.master_of("pz:switches"), visitor, value)
    victim = cluster.master_of("pz:switches")
    victim.kill()
    failed_over(cluster, victim)
    if cache:
        wait_watched(cluster, 3)
    # Who obeys this knows the new master.
    switch(cluster.master_of("pz:switches"), "on")
    is_switched(nginx, visitor, "on")
    is_switched_soon(nginx, cluster.master_of("pz:switches"), visitor, "off")


# Reload and end


def test_reload_under_load(nginx, cluster):
    visitors = fill(cluster, 2)
    start(nginx, cluster.nodes[:3], "connections=2", workers=2)
    with load_of(nginx, visitors, reconnect=True) as load:
        load.wait_all_filled()
        for _ in range(5):
            nginx.reload()
        load.wait_all_filled()
    wait_until(lambda: len(nginx.workers()) == 2, "old workers have ended")


# Hostile nodes


def entry(first=0, last=16383, host="127.0.0.1", port=1, replicas=b"", count=3):
    """One element of a reply to CLUSTER SLOTS."""
    node = b"*4\r\n" + bulk(host) + b":%d\r\n" % port + bulk("f" * 40) + b"*0\r\n"
    return b"*%d\r\n:%d\r\n:%d\r\n" % (count, first, last) + node + replicas


def nodes(count):
    return b"*%d\r\n" % count + b"".join(
        entry(i, i, f"127.0.{i >> 8}.{i & 255}") for i in range(count))


HOSTILE_MAPS = {
    "nothing": b"*0\r\n",
    "no array": b"+OK\r\n",
    "error": b"-ERR This instance has cluster support disabled\r\n",
    "not permitted": b"-NOPERM this user has no permissions to run 'cluster|slots'\r\n",
    "redirection": b"-MOVED 1 127.0.0.1:1\r\n",
    "flat": array(["a", "b", "c"]),
    "slots beyond the last": b"*1\r\n" + entry(0, 16384),
    "negative slots": b"*1\r\n" + entry(-5, 3),
    "slots the wrong way round": b"*1\r\n" + entry(7, 3),
    "empty host": b"*1\r\n" + entry(host="", port=0),
    "port beyond the last": b"*1\r\n" + entry(port=70000),
    "host that is none": b"*1\r\n" + entry(host="127.0.0.1\r\nevil"),
    "host that is a path": b"*1\r\n" + entry(host="unix:/etc/passwd"),
    "host that is a name": b"*1\r\n" + entry(host="redis.example.invalid", port=6379),
    "long host": b"*1\r\n" + entry(host="h" * 100000),
    "nobody listens": b"*1\r\n" + entry(),
    "too many nodes": nodes(1001),
    "more ranges than slots": b"*16385\r\n" + entry() * 16385,
    "deep": b"*1\r\n" * 50 + b":1\r\n",
    "huge": b"*1000000000\r\n",
    "not RESP": b"hello\r\n",
}


@pytest.mark.parametrize("fault", HOSTILE_MAPS)
def test_hostile_map(nginx, rogue, fault):
    """Whatever a node tells: pages are on time, the worker lives, and a good map is taken later."""
    asked = []
    maps = [HOSTILE_MAPS[fault]] * 3

    def on_other(session, words):
        if words[:2] == [b"CLUSTER", b"SLOTS"]:
            asked.append(words)
            session.send(maps.pop() if maps else good)
        else:
            session.send(b"+OK\r\n")

    # The good map's master is a second rogue: on a port, as nodes are.
    with node_on_a_port() as node:
        good = b"*1\r\n" + entry(port=node.port)
        rogue.on_other = on_other
        rogue.on_read = lambda session, words: session.send(b"-CLUSTERDOWN Hash slot not served\r\n")
        start(nginx, [f"unix:{rogue.socket}"])
        worker = nginx.workers()
        with Load(nginx, WAIT) as load:
            wait_until(load.is_personal_again, "the good map is taken", step=0.05)
        assert nginx.workers() == worker


HOSTILE_REDIRECTIONS = {
    "no address": b"-MOVED 1\r\n",
    "no slot": b"-MOVED\r\n",
    "slot beyond the last": b"-MOVED 16384 127.0.0.1:1\r\n",
    "negative slot": b"-MOVED -1 127.0.0.1:1\r\n",
    "port 0": b"-MOVED 1 127.0.0.1:0\r\n",
    "port beyond the last": b"-ASK 1 127.0.0.1:65536\r\n",
    "a path": b"-MOVED 1 unix:/etc/passwd:1\r\n",
    "a name": b"-MOVED 1 redis.example.invalid:6379\r\n",
    "nobody": b"-ASK 1 127.0.0.1:1\r\n",
    "the same host": b"-MOVED 1 :1\r\n",
    "try again": b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
    "cluster down": b"-CLUSTERDOWN The cluster is down\r\n",
}


@pytest.mark.parametrize("fault", HOSTILE_REDIRECTIONS)
def test_hostile_redirection(nginx, fault):
    with node_on_a_port() as node:
        good = node.rogue.on_read
        node.rogue.on_read = lambda session, words: session.send(HOSTILE_REDIRECTIONS[fault])
        start(nginx, [f"127.0.0.1:{node.port}"], timeout="300ms")
        worker = nginx.workers()
        with Load(nginx, WAIT) as load:
            wait_until(lambda: len(load.answers) > 50, "pages without data")
            assert not any(answer.filled for answer in list(load.answers))
            node.rogue.on_read = good
            wait_until(load.is_personal_again, "the page is personal", step=0.05)
        assert nginx.workers() == worker


def test_two_nodes_that_send_us_to_each_other(nginx):
    with node_on_a_port() as one, node_on_a_port() as other:
        one.rogue.on_read = lambda session, words: session.send(
            b"-MOVED 1 127.0.0.1:%d\r\n" % other.port)
        other.rogue.on_read = lambda session, words: session.send(
            b"-ASK 1 127.0.0.1:%d\r\n" % one.port)
        start(nginx, [f"127.0.0.1:{one.port}"])
        wait_until(lambda: metrics(nginx)["redis_topology"]["changed"], "the map")
        assert scene.is_default(visit(nginx, "ada").text)
        assert len(one.rogue.reads()) + len(other.rogue.reads()) == 4


@contextlib.contextmanager
def node_on_a_port():
    """A rogue that has all slots, and Ada at every key."""
    node = types.SimpleNamespace()
    node.rogue = RogueRedis(port=True)
    node.port = node.rogue.port
    node.rogue.on_read = lambda session, words: session.send(bulk('{"name":"Ada"}'))

    def on_other(session, words):
        if words[:2] == [b"CLUSTER", b"SLOTS"]:
            session.send(b"*1\r\n" + entry(port=node.port))
        else:
            session.send(b"+OK\r\n")

    node.rogue.on_other = on_other
    try:
        yield node
    finally:
        node.rogue.close()
