#!/usr/bin/python3
"""Measures a personal page against the same page from a bare proxy_cache. Called by scripts/bench.

One NGINX without the module and one with it, one worker each, a Redis, all private and on loopback.
The variants are measured in turn, round after round, and the medians are printed.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))

import pages  # noqa: E402
from harness import client  # noqa: E402
from harness.nginx import BINARY, MODULE  # noqa: E402
from harness.ports import ReservedPort  # noqa: E402
from harness.redis.server import RedisServer  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

VISITORS = 100

HTTP = """
%(load)s
%(user)s
daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log warn;
events { worker_connections 512; }
http {
  default_type text/html;
  types { text/html html; }
  access_log off;
  sendfile on;
  tcp_nopush on;
  output_buffers 2 64k;  # as the README advises: a page in one read and one write
  keepalive_requests 1000000000;
  client_body_temp_path %(dir)s/body;
  proxy_temp_path %(dir)s/proxy;
  fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi;
  scgi_temp_path %(dir)s/scgi;
  proxy_cache_path %(dir)s/cache keys_zone=pages:1m inactive=1d;
  proxy_cache_valid 200 1d;
  proxy_cache_key $uri;
  proxy_set_header Accept-Encoding "";
  server { listen unix:%(dir)s/upstream.sock; root %(html)s; }
%(servers)s
}
"""

CACHED = "proxy_pass http://unix:%s/upstream.sock:; proxy_cache pages;"

BARE = """
  server {
    listen 127.0.0.1:%(bare)d;
    location / { %(cached)s }
  }
  server {
    listen 127.0.0.1:%(bare_memory)d;
    sendfile off;
    location / { %(cached)s }
  }
"""

CAMPAIGNS = """
    personalize_campaign bar_%(source)s {
      slot hello-bar; when %(source)s.tier = gold; fragment bar_%(source)s.html; }
    personalize_campaign offer_%(source)s {
      slot offer; when %(source)s.orders > 3; fragment offer_%(source)s.html; }
    personalize_campaign recommended_%(source)s {
      slot recommended; when %(source)s.items; fragment recommended_%(source)s.html; }
"""

PERSONAL = """
  personalize_redis unix:%(redis)s timeout=1s;
  personalize_cache zone=personalize:16m ttl=1h;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_source fresh key=profile:${visitor.id} ttl=0;
  personalize_wait 1s;
  server {
    listen 127.0.0.1:%(off)d;
    location / { personalize off; %(cached)s }
  }
  server {
    listen 127.0.0.1:%(cached_profile)d;
%(profile_campaigns)s
    location / { personalize on; personalize_slot offer "#offer"; %(cached)s }
  }
  server {
    listen 127.0.0.1:%(redis_profile)d;
%(fresh_campaigns)s
    location / { personalize on; personalize_slot offer "#offer"; %(cached)s }
  }
"""

FRAGMENTS = {
    "bar": '<p class="bar">Hello {{%s.name}}, free delivery to {{%s.city}}</p>',
    "offer": '<p>For you, {{%s.name}}: {{%s.offer}} until Sunday</p>',
    "recommended": '<ul class="grid">{{#%s.items}}<li><a href="{{url}}">{{title}}</a> {{price}}'
                   "</li>{{/%s.items}}</ul>",
}

# Requests of many visitors in turn, put together before the measurement.
WRK_SCRIPT = """
local requests, i = {}, 0
function init(args)
  for n = 1, %d do
    requests[n] = wrk.format("GET", nil, {Host = "localhost", Cookie = "vid=visitor" .. n})
  end
end
function request()
  i = i %% #requests + 1
  return requests[i]
end
"""


def profile(n):
    """About 800 bytes of JSON."""
    return {"name": f"Visitor {n}", "city": "Warszawa", "tier": "gold", "orders": 12,
            "clv": 48000.5, "offer": "10% off running shoes", "last_order": "2026-10-02",
            "affinity": {"category": ["shoes", "jackets", "bags"], "brand": ["North", "South"]},
            "items": [{"id": f"sku-{i}", "title": f"Trail runner {i} with a name", "price": 59.5 + i,
                       "url": f"/p/trail-runner-{i}", "image": f"/i/trail-runner-{i}.webp"}
                      for i in range(4)]}


@dataclass
class Variant:
    name: str
    port: int
    pid: int
    path: str
    filled: bool  # the three slots are expected to be filled
    cpu: list = field(default_factory=list)  # µs a request, by round
    rate: list = field(default_factory=list)  # requests a second, by round
    p99: list = field(default_factory=list)  # ms, by round
    alone: float = 0.0  # ms, median latency of one connection


class Server:
    """NGINX with one worker."""

    def __init__(self, directory, load, servers):
        directory.mkdir()
        self.directory = directory
        values = {"dir": directory, "html": directory.parent / "html", "servers": servers,
                  "load": f"load_module {MODULE};" if load else "",
                  "user": "user root;" if os.geteuid() == 0 else ""}
        (directory / "nginx.conf").write_text(HTTP % values)

    def start(self, port):
        command = ["setpriv", "--pdeathsig", "TERM", BINARY, "-p", f"{self.directory}/", "-c",
                   f"{self.directory}/nginx.conf", "-e", "stderr"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_until(lambda: self._answers(port), "NGINX answers", 20)
        self.worker = wait_until(self._find_worker, "a worker", 20)

    def _find_worker(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in children.split():
            if "worker process" in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
        return None

    def _answers(self, port):
        if self.process.poll() is not None:
            sys.exit("bench: NGINX ended at once")
        try:
            client.Connection(port).close()
            return True
        except ConnectionError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def cpu_seconds(pid):
    """utime + stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(variant, script, seconds, connections):
    """(requests, seconds, {percentile: ms})"""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{variant.port}{variant.path}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        timeout=seconds + 30)
    counted = re.search(r"(\d+) requests in ([\d.]+)s", done.stdout)
    if done.returncode != 0 or not counted or "Non-2xx" in done.stdout \
            or "Socket errors" in done.stdout:
        sys.exit(f"bench: wrk on {variant.name}:\n{done.stdout}")
    latency = {int(p): float(v) * MILLISECONDS[unit] for p, v, unit in
               re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M)}
    return int(counted.group(1)), float(counted.group(2)), latency


def check(variant, original):
    """What is measured must be right: filled slots, or the page as it is."""
    body = client.get(variant.port, variant.path, headers={"Cookie": "vid=visitor1"}).body
    if not variant.filled:
        correct = body == original
    else:
        correct = all(text in body for text in
                      (b"Hello Visitor 1,", b"For you, Visitor 1:", b"Trail runner 3 with a name")
                      ) and b"Bestsellers" not in body
    if not correct:
        sys.exit(f"bench: {variant.name} does not answer with the right page")


def measure(variants, script, rounds, seconds, connections):
    for variant in variants:
        wrk(variant, script, 1, connections)  # fills caches
    for number in range(rounds):
        for variant in variants:
            before = cpu_seconds(variant.pid)
            requests, duration, latency = wrk(variant, script, seconds, connections)
            variant.cpu.append((cpu_seconds(variant.pid) - before) / requests * 1e6)
            variant.rate.append(requests / duration)
            variant.p99.append(latency[99])
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr)
    for variant in variants:
        variant.alone = wrk(variant, script, min(seconds, 1), 1)[2][50]


def report(name, html, variants):
    bare = min(statistics.median(v.cpu) for v in variants if v.name.startswith("bare"))
    print("\n%s KB page (%d bytes, %d tags, %d attributes)"
          % (name.replace("-", ", "), len(html.encode()), *pages.count(html)))
    print(f"{'':38}{'CPU µs':>9}{'ratio':>8}{'spread':>9}{'req/s':>9}{'p99 ms':>9}"
          f"{'alone ms':>10}")
    for v in variants:
        cpu = statistics.median(v.cpu)
        spread = (max(v.cpu) - min(v.cpu)) / cpu
        print(f"{v.name:38}{cpu:9.1f}{cpu / bare:8.2f}{spread:9.0%}{statistics.median(v.rate):9.0f}"
              f"{statistics.median(v.p99):9.2f}{v.alone:10.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="60 KB pages only, three short rounds")
    parser.add_argument("--sizes", type=int, nargs="+", help="page sizes in KB")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of each run")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    sizes = options.sizes or ([60] if options.quick else [16, 60, 500])
    rounds = options.rounds or (3 if options.quick else 12)
    seconds = options.seconds or 1

    directory = Path(tempfile.mkdtemp(prefix="pz-bench-"))
    directory.chmod(0o755)
    servers, redis = [], RedisServer(directory / "redis")
    try:
        run(directory, servers, redis, sizes, rounds, seconds, options.connections)
    finally:
        for server in servers:
            server.stop()
        redis.stop()
        shutil.rmtree(directory, ignore_errors=True)


def run(directory, servers, redis, sizes, rounds, seconds, connections):
    for n in range(1, VISITORS + 1):
        redis.set_json(f"profile:visitor{n}", profile(n))
    html = directory / "html"
    html.mkdir()
    kinds = [(f"ordinary-{size}", size, pages.ORDINARY_CARD) for size in sizes]
    kinds.append(("dense-60", 60, pages.DENSE_CARD))
    for name, size, card in kinds:
        (html / f"slots-{name}.html").write_text(pages.page(size * 1000, True, card))
        (html / f"plain-{name}.html").write_text(pages.page(size * 1000, False, card))
    script = directory / "visitors.lua"
    script.write_text(WRK_SCRIPT % VISITORS)

    reserved = {name: ReservedPort() for name in
                ("bare", "bare_memory", "off", "cached_profile", "redis_profile")}
    ports = {name: port.number for name, port in reserved.items()}
    bare = Server(directory / "bare", False,
                  BARE % {**ports, "cached": CACHED % (directory / "bare")})
    personal = Server(directory / "personal", True, PERSONAL % {
        **ports, "redis": redis.socket, "cached": CACHED % (directory / "personal"),
        "profile_campaigns": CAMPAIGNS % {"source": "profile"},
        "fresh_campaigns": CAMPAIGNS % {"source": "fresh"}})
    for name, text in FRAGMENTS.items():
        for source in ("profile", "fresh"):
            path = directory / "personal" / f"{name}_{source}.html"
            path.write_text(text % (source, source))
    for server, port in ((bare, "bare"), (personal, "off")):
        server.start(ports[port])
        servers.append(server)

    print(f"bench: {rounds} rounds of {seconds} s, {connections} connections, profile of "
          f"{len(json.dumps(profile(1)))} bytes, {os.cpu_count()} processors")
    for name, _, _ in kinds:
        slots, plain = f"/slots-{name}.html", f"/plain-{name}.html"
        variants = [
            Variant("bare, sendfile on", ports["bare"], bare.worker, slots, False),
            Variant("bare, sendfile off", ports["bare_memory"], bare.worker, slots, False),
            Variant("module loaded, personalize off", ports["off"], personal.worker, slots, False),
            Variant("no slot in the page", ports["cached_profile"], personal.worker, plain, False),
            Variant("3 slots, profile in shared memory", ports["cached_profile"], personal.worker,
                    slots, True),
            Variant("3 slots, profile from Redis each time", ports["redis_profile"],
                    personal.worker, slots, True),
        ]
        for variant in variants:
            check(variant, (html / variant.path[1:]).read_bytes())
        resident = resident_kilobytes(personal.worker)
        measure(variants, script, rounds, seconds, connections)
        for variant in variants:
            check(variant, (html / variant.path[1:]).read_bytes())
        report(name, (html / slots[1:]).read_text(), variants)
        print(f"resident size of the worker: {resident} KB before, "
              f"{resident_kilobytes(personal.worker)} KB after")


if __name__ == "__main__":
    main()
