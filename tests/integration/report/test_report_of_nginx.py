"""From visitors through NGINX and a stream to the report."""

import json
from collections import Counter

from harness.events import STREAM, EventShop
from harness.report import run


def test_what_nginx_writes_is_what_the_report_reads(nginx, redis):
    shop = EventShop(nginx, redis, http="personalize_session;").start()
    for number in range(60):
        for _ in range(2):
            shop.get(visitor=f"v{number}")
    events = shop.events(180)
    out, error = run("--format", "json", "--redis", redis.socket, "--stream", STREAM,
                     "--by", "device.type")
    assert error == ""
    found = json.loads(out)
    assert (found["events"]["exposure"], found["events"]["view"]) == (60, 120)
    assert found["events"]["damaged"] == found["events"]["without_visitor"] == 0
    experiment = found["experiments"][0]
    assert experiment["name"] == "bars"
    seen = Counter(event["variant"] for event in events if event["event"] == "exposure")
    assert {one["name"]: one["visitors"] for one in experiment["variants"]} == seen
    assert [(cut["value"], sum(cut["visitors"])) for cut in experiment["cuts"]] == [("desktop", 60)]
