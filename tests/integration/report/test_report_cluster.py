"""A stream of a Redis Cluster is on one node, and any of them says which."""

import json

import pytest

from harness.redis.cluster import RedisCluster
from harness.report import START, run


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


def test_any_master_leads_to_the_stream(cluster):
    home = cluster.master_of("pz:events")
    for number in range(2500):  # of several pages
        home.data.xadd("pz:events", {"id": f"0a-{number}", "event": "view", "time": START})
    for master, _ in cluster.shards():
        out, _ = run("--format", "json", "--redis", master.address, "--stream", "pz:events")
        assert json.loads(out)["events"]["view"] == 2500
