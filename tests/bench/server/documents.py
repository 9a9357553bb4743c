#!/usr/bin/python3
"""Measures what documents cost a whole server: every request a fetch from Redis, every one a hit, nine
of ten a hit; and how late pages are while Redis is stopped. Called by scripts/bench documents."""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))

from bench import cpu_seconds  # noqa: E402
from harness import client, scene  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.ports import ReservedPort  # noqa: E402
from harness.redis.server import RedisServer  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from servers import profile  # noqa: E402

HOT = 100  # visitors who come again and again
COLD = 60000  # who come once

# `share` of a hundred requests are of visitors who have not been here before.
WRK_SCRIPT = """
local hot, i, cold = {}, 0, %(first)d
local function get(visitor)
  return wrk.format("GET", nil, {Host = "localhost", Cookie = "vid=" .. visitor})
end
function init(args)
  for n = 1, %(hot)d do hot[n] = get("hot" .. n) end
end
function request()
  i = i + 1
  if i %% 100 < %(share)d then
    cold = cold + 1
    return get("cold" .. cold %% %(cold)d)
  end
  return hot[i %% #hot + 1]
end
"""

SOURCES = """
  personalize_redis unix:%(redis)s timeout=1s;
  personalize_cache zone=personalize:128m ttl=1h;
  personalize_visitor cookie=vid;
  personalize_source kept key=profile:${visitor.id};
  personalize_source asked key=profile:${visitor.id} ttl=0;
  personalize_wait 1s;
  keepalive_requests 1000000000;
"""

SERVER = """
  server {
    listen unix:%(socket)s;
    listen 127.0.0.1:%(port)d;
    root %(html)s;
    access_log off;
    personalize_campaign greeting { slot hello-bar; when %(source)s.name;
                                    fragment %(source)s.html; }
    location / { personalize on; }
  }
"""


class Variant:
    def __init__(self, name, port, share):
        self.name, self.port, self.share = name, port, share
        self.cpu, self.rate, self.p99, self.fetches = [], [], [], []


def wrk(port, script, seconds):
    """(requests, seconds, p99 in ms)"""
    done = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        timeout=seconds + 30, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"bench: requests failed:\n{done.stdout}")
    requests, duration = re.search(r"(\d+) requests in ([\d.]+)s", done.stdout).groups()
    p99, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M).groups()
    return int(requests), float(duration), float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure_costs(directory, redis, rounds, seconds):
    with redis.data.pipeline(transaction=False) as pipe:
        for name, count in (("hot", HOT + 1), ("cold", COLD)):
            for n in range(count):
                pipe.set(f"profile:{name}{n}", json.dumps(profile(n)))
        pipe.execute()

    nginx = Nginx(directory)
    reserved = ReservedPort()
    ports = {"kept": nginx.port, "asked": reserved.number}
    try:
        nginx.page("index.html", scene.PAGE)
        servers = ""
        for source in ("kept", "asked"):
            nginx.file(f"{source}.html", "<p>Hello {{%s.name}}</p>" % source)
        nginx.configure()
        for source in ("kept", "asked"):
            servers += SERVER % {"socket": directory / f"{source}.sock", "source": source,
                                 "port": ports[source], "html": directory / "html"}
        text = nginx.config_file.read_text()
        # The harness's own server gives way to these.
        start = text.index("  server {")
        nginx.config_file.write_text(
            text[:start] + SOURCES % {"redis": redis.socket} + servers + "}\n")
        nginx.start()
        worker = nginx.workers()[0]
        variants = [Variant("every request a fetch from Redis", ports["asked"], 0),
                    Variant("every request a hit", ports["kept"], 0),
                    Variant("nine of ten a hit", ports["kept"], 10)]
        script = directory / "visitors.lua"
        first = 0
        for variant in variants:
            script.write_text(WRK_SCRIPT % {"hot": HOT, "cold": COLD, "share": 0, "first": 0})
            wrk(variant.port, script, 1)
        for _ in range(rounds):
            for variant in variants:
                script.write_text(WRK_SCRIPT % {"hot": HOT, "cold": COLD, "share": variant.share,
                                                "first": first})
                cpu, reads = cpu_seconds(worker), redis.reads()
                requests, duration, p99 = wrk(variant.port, script, seconds)
                variant.cpu.append((cpu_seconds(worker) - cpu) / requests * 1e6)
                variant.rate.append(requests / duration)
                variant.p99.append(p99)
                variant.fetches.append((redis.reads() - reads) / requests)
                first += requests * variant.share // 100
                if first > COLD:
                    sys.exit("bench: too few documents: give fewer or shorter rounds")
    finally:
        nginx.stop()
        reserved.release()

    hit = statistics.median(variants[1].cpu)
    print(f"\n{'':38}{'CPU µs':>9}{'+ µs':>8}{'spread':>9}{'fetched':>9}{'req/s':>9}{'p99 ms':>9}")
    for v in variants:
        cpu = statistics.median(v.cpu)
        print(f"{v.name:38}{cpu:9.1f}{cpu - hit:8.1f}{(max(v.cpu) - min(v.cpu)) / cpu:9.0%}"
              f"{statistics.median(v.fetches):9.0%}{statistics.median(v.rate):9.0f}"
              f"{statistics.median(v.p99):9.2f}")


def measure_outage(directory, redis, times, wait_ms):
    """Redis is stopped again and again, and one client asks on; a request is one of before the
    breaker opened where it had to time out."""
    redis.set_json("profile:ada", scene.PROFILE)
    nginx = Nginx(directory)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, timeout="50ms"), scene.server(f"{wait_ms}ms"))
    seconds = {"Redis answers": [], "stopped, before the breaker opens": [],
               "stopped, the breaker is open": []}
    try:
        nginx.start()
        answers = []
        for _ in range(times):
            wait_until(lambda: ask(nginx, answers), "a personal page", 20)
            for _ in range(20):
                ask(nginx, answers)
            redis.suspend()
            began = time.monotonic()
            while time.monotonic() - began < 0.6:
                ask(nginx, answers)
            redis.resume()
        for answer, entry in zip(answers, nginx.log(len(answers))):
            outcome = entry["sources"].partition("=")[2]
            kind = {"fetched": "Redis answers", "timeout": "stopped, before the breaker opens",
                    "error": "stopped, the breaker is open"}.get(outcome)
            if kind:
                seconds[kind].append(answer * 1000)
    finally:
        redis.resume()
        nginx.stop()

    print(f"\nRedis stopped {times} times, personalize_wait {wait_ms} ms, one client")
    print(f"{'':38}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for kind, values in seconds.items():
        values.sort()
        print(f"{kind:38}{len(values):9}{values[len(values) // 2]:9.2f}"
              f"{values[len(values) * 99 // 100]:9.2f}{values[-1]:9.2f}")


def ask(nginx, answers):
    """Whether the page is personal."""
    response = client.get(nginx.port, "/", headers=scene.ADA)
    answers.append(response.done_at)
    return scene.is_filled(response.body)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="pz-bench-"))
    directory.chmod(0o755)
    redis = RedisServer(directory / "redis")
    print(f"bench: {os.cpu_count()} processors, profile of {len(json.dumps(profile(1)))} bytes, "
          f"page of {len(scene.PAGE)} bytes, one worker, 16 connections")
    try:
        measure_costs(directory / "costs", redis, 3 if options.quick else 7, 1)
        measure_outage(directory / "outage", redis, 4 if options.quick else 20, 20)
    finally:
        redis.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
