"""scripts/forget-visitor: one visitor's keys and no others, in every kind of Redis."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from harness.certificates import Authority
from harness.ports import ReservedPort
from harness.redis.cluster import RedisCluster
from harness.redis.sentinel import NAME, RedisSentinel
from harness.redis.server import RedisServer

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/forget-visitor"
ODD = ["*", "a*", "?", "[a-z]", "a", "a:category:1", "`id`", "$(id)", "a b", "-x", "a\\", "ä", "^a"]


def keys_of(visitor):
    return [f"pz:session:{visitor}", f"pz:visits:{visitor}", f"pz:seen:{visitor}",
            f"pz:affinity:{visitor}:category:91", f"pz:affinity:{visitor}:brand:92",
            f"pz:affinity:{visitor}:brand:93", f"profile:{visitor}"]


def fill(data, visitors):
    for visitor in visitors:
        for key in keys_of(visitor):
            data.set(key, "1")


def left(data, visitors):
    """Whose keys are all there; of nobody only some may be."""
    found = []
    for visitor in visitors:
        count = sum(data.exists(key) for key in keys_of(visitor))
        assert count in (0, len(keys_of(visitor))), visitor
        found += [visitor] if count else []
    return found


def forget(*arguments, code=0):
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_person(redis):
    owner = "{person:%s}" % hashlib.sha256("Zoë <zoe@shop.example>".encode()).hexdigest()[:32]
    fill(redis.data, [owner, "Zoë <zoe@shop.example>", "ann"])
    redis.data.set(f"pz:person:{owner}", "1")
    out = forget("--redis", f"unix:{redis.socket}", "--person", "Zoë <zoe@shop.example>")
    assert len(out.splitlines()) == len(keys_of(owner))  # and not that of the profile
    assert f"pz:person:{owner}" in out and not redis.data.exists(f"pz:person:{owner}")
    assert left(redis.data, ["Zoë <zoe@shop.example>", "ann"]) == ["Zoë <zoe@shop.example>", "ann"]


@pytest.mark.parametrize("visitor", ODD)
def test_only_this_visitor_is_forgotten(redis, visitor):
    fill(redis.data, ODD)
    out = forget("--redis", f"unix:{redis.socket}", "--also", "profile:ID", "--", visitor)
    assert len(out.splitlines()) == len(keys_of(visitor))
    assert left(redis.data, ODD) == [other for other in ODD if other != visitor]
    again = forget("--redis", f"unix:{redis.socket}", "--also", "profile:ID", "--", visitor)
    assert again == f"nothing found of {visitor}\n"


def test_dry_run(redis):
    fill(redis.data, ["ada"])
    out = forget("--redis", f"unix:{redis.socket}", "--dry-run", "ada")
    assert "would delete pz:affinity:ada:brand:92" in out
    assert left(redis.data, ["ada"]) == ["ada"]


def test_several_visitors(redis):
    fill(redis.data, ["ada", "bob", "eve"])
    out = forget("--redis", f"unix:{redis.socket}", "--also", "profile:ID", "ada", "zoe", "eve")
    assert left(redis.data, ["ada", "bob", "eve"]) == ["bob"]
    assert [line for line in out.splitlines() if "nothing" in line] == ["nothing found of zoe"]


def test_access_control(redis, directory):
    fill(redis.data, ["ada", "bob"])
    (directory / "password").write_text("secret\n")
    redis.data.acl_setuser("forgetter", enabled=True, passwords=["+secret"],
                           keys=["pz:*", "profile:*"], commands=["+del", "+scan"])
    address = ("--redis", f"unix:{redis.socket}", "--user", "forgetter")
    forget(*address, "--password-file", str(directory / "password"), "--also", "profile:ID", "ada")
    assert left(redis.data, ["ada", "bob"]) == ["bob"]
    (directory / "password").write_text("wrong\n")
    assert "WRONGPASS" in forget(*address, "--password-file", str(directory / "password"), "bob",
                                 code=1)


class ClusterData:
    """Each command goes to the node that has the key."""

    def __init__(self, cluster):
        self._cluster = cluster

    def set(self, key, value):
        self._cluster.master_of(key).data.set(key, value)

    def exists(self, key):
        return self._cluster.master_of(key).data.exists(key)


def test_cluster(tmp_path):
    cluster = RedisCluster(tmp_path)
    try:
        visitors = [f"v{i}" for i in range(8)]
        data = ClusterData(cluster)
        fill(data, visitors)
        forget("--redis", "127.0.0.1:1", "--redis", cluster.nodes[0].address, "--also", "profile:ID",
               *visitors[:7])
        assert left(data, visitors) == visitors[7:]
    finally:
        cluster.stop()


def test_tls(directory):
    authority = Authority(directory / "certificates")
    certificate, key = authority.issue("redis")
    port = ReservedPort()
    server = RedisServer(directory / "redis", options=[
        "--tls-port", str(port.number), "--tls-cert-file", str(certificate), "--tls-key-file",
        str(key), "--tls-ca-cert-file", str(authority.file)], password="secret")
    (directory / "password").write_text("secret\n")
    try:
        fill(server.data, ["ada", "bob"])
        given = ("--redis", f"localhost:{port.number}", "--tls", "--cert", str(certificate), "--key",
                 str(key), "--password-file", str(directory / "password"), "--also", "profile:ID")
        assert "certificate verify failed" in forget(*given, "ada", code=1)
        forget(*given, "--ca", str(authority.file), "ada")
        assert left(server.data, ["ada", "bob"]) == ["bob"]
    finally:
        server.stop()
        port.release()


def test_sentinels(tmp_path):
    sentinel = RedisSentinel(tmp_path)
    try:
        data = sentinel.master().data
        fill(data, ["ada", "bob"])
        forget("--redis", sentinel.sentinels[1].address, "--master", NAME, "--also", "profile:ID",
               "ada")
        assert left(data, ["ada", "bob"]) == ["bob"]
    finally:
        sentinel.stop()


def test_nobody_answers():
    assert "Connection refused" in forget("--redis", "127.0.0.1:1", "ada", code=1)


def test_a_key_without_the_id_is_refused(redis):
    assert "holds no ID" in forget("--redis", f"unix:{redis.socket}", "--also", "profile:all", "ada",
                                   code=2)
