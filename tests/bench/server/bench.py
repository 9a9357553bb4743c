#!/usr/bin/python3
"""Measures a personal page beside the same page from a bare proxy_cache and from Lua. Called by
scripts/bench.

An NGINX without the module, one with it and one with Lua, one worker each, a Redis, all private and
on loopback. The variants are measured in turn, round after round, and the medians are printed.
"""

import argparse
import gzip
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

import chart  # noqa: E402
import figures  # noqa: E402
import pages  # noqa: E402
import servers  # noqa: E402
from harness import client  # noqa: E402
from harness.redis.server import RedisServer  # noqa: E402

# Requests of many visitors in turn, put together before the measurement.
WRK_SCRIPT = """
local requests, i = {}, 0
function init(args)
  for n = 1, %(visitors)d do
    requests[n] = wrk.format("GET", nil, {Host = "localhost", Cookie = "vid=visitor" .. n,
                                          ["Accept-Encoding"] = %(encoding)s})
  end
end
function request()
  i = i %% #requests + 1
  return requests[i]
end
"""

SLOTS, PLAIN, STORED = "/slots-%s.html", "/plain-%s.html", "/stored/slots-%s.html"

# key: (what is printed, NGINX, its server, page, whether the slots are expected to be filled). Of a
# key that begins with gzip_ the client takes gzip.
VARIANTS = {
    "bare": ("bare", "bare", "bare", SLOTS, False),
    "off": ("module loaded, personalize off", "module", "off", SLOTS, False),
    "no_slot": ("no slot in the page", "module", "shared", PLAIN, False),
    "slots": ("3 slots, profile in shared memory", "module", "shared", SLOTS, True),
    "redis": ("3 slots, profile from Redis each time", "module", "redis", SLOTS, True),
    "unplanned": ("3 slots, without plans", "module", "unplanned", SLOTS, True),
    "lua": ("Lua, 3 places", "lua", "lua", SLOTS, True),
    "lua_kept": ("Lua, 3 places, profiles kept decoded", "lua", "lua_kept", SLOTS, True),
    "gzip_stored": ("gzip: bare, page stored compressed", "bare", "bare", STORED, False),
    "gzip_no_slot": ("gzip: no slot in the page", "module", "shared", PLAIN, False),
    "gzip_slots": ("gzip: 3 slots", "module", "shared", SLOTS, True),
    "gzip_unplanned": ("gzip: 3 slots, without plans", "module", "unplanned", SLOTS, True),
    "gzip_bare": ("gzip: bare, compressed each time", "bare", "bare", SLOTS, False),
    "gzip_lua": ("gzip: Lua, 3 places", "lua", "lua", SLOTS, True),
}


@dataclass
class Variant:
    name: str
    port: int
    pid: int
    path: str
    gzip: bool
    filled: bool
    cpu: list = field(default_factory=list)  # µs a request, by round
    rate: list = field(default_factory=list)  # requests a second, by round
    p99: list = field(default_factory=list)  # ms, by round


def cpu_seconds(pid):
    """utime + stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(variant, scripts, seconds, connections):
    """(requests, seconds, ms of the slowest of 100)"""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s",
         str(scripts[variant.gzip]), f"http://127.0.0.1:{variant.port}{variant.path}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        timeout=seconds + 30)
    counted = re.search(r"(\d+) requests in ([\d.]+)s", done.stdout)
    if done.returncode != 0 or not counted or "Non-2xx" in done.stdout \
            or "Socket errors" in done.stdout:
        sys.exit(f"bench: wrk on {variant.name}:\n{done.stdout}")
    p99, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M).groups()
    return int(counted.group(1)), float(counted.group(2)), float(p99) * MILLISECONDS[unit]


def check(variant, html):
    """What is measured must be right, for every visitor. Caches are filled by it as well."""
    headers = {"Accept-Encoding": "gzip"} if variant.gzip else {}
    for n in range(1, servers.VISITORS + 1):
        response = client.get(variant.port, variant.path,
                              headers={**headers, "Cookie": f"vid=visitor{n}"})
        expected = servers.personal(html, n) if variant.filled else html
        encoding = response.get("content-encoding")
        body = gzip.decompress(response.body) if encoding == "gzip" else response.body
        if (encoding == "gzip") != variant.gzip or body != expected.encode():
            sys.exit(f"bench: {variant.name} does not answer with the right page")


def measure(variants, scripts, rounds, seconds, connections):
    for number in range(rounds):
        for variant in variants:
            before = cpu_seconds(variant.pid)
            requests, duration, p99 = wrk(variant, scripts, seconds, connections)
            variant.cpu.append((cpu_seconds(variant.pid) - before) / requests * 1e6)
            variant.rate.append(requests / duration)
            variant.p99.append(p99)
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr)


def report(title, html, variants):
    print("\n%s page (%d bytes, %d tags, %d attributes)"
          % (title, len(html.encode()), *pages.count(html)))
    print(f"{'':38}{'CPU µs':>9}{'÷ bare':>8}{'spread':>9}{'req/s':>9}{'p99 ms':>9}")
    for key, v in variants.items():
        cpu = statistics.median(v.cpu)
        bare = variants["gzip_stored" if v.gzip else "bare"]
        print(f"{v.name:38}{cpu:9.1f}{figures.ratio(v, bare):8.2f}"
              f"{(max(v.cpu) - min(v.cpu)) / cpu:9.0%}{statistics.median(v.rate):9.0f}"
              f"{statistics.median(v.p99):9.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="60 KB only, three rounds")
    parser.add_argument("--sizes", type=int, nargs="+", help="page sizes in KB")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, default=1, help="of each run")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--svg", type=Path, metavar="FILE",
                        help="draw the page of 60 KB, or else the first one")
    options = parser.parse_args()
    options.sizes = options.sizes or ([60] if options.quick else [16, 60, 500])
    options.rounds = options.rounds or (3 if options.quick else 12)

    directory = Path(tempfile.mkdtemp(prefix="pz-bench-"))
    directory.chmod(0o755)
    started, redis = {}, RedisServer(directory / "redis")
    try:
        run(directory, started, redis, options)
    finally:
        for server in started.values():
            server.stop()
        redis.stop()
        shutil.rmtree(directory, ignore_errors=True)


def run(directory, started, redis, options):
    kinds = [(f"ordinary-{size}", size, pages.ORDINARY_CARD) for size in options.sizes]
    if not options.quick:
        kinds.append(("dense-60", 60, pages.DENSE_CARD))
    html = {}
    for name, size, card in kinds:
        html[f"slots-{name}.html"] = pages.page(size * 1000, True, card)
        html[f"plain-{name}.html"] = pages.page(size * 1000, False, card)
    servers.write_pages(directory / "html", html)
    scripts = {}
    for takes_gzip, encoding in ((False, "nil"), (True, '"gzip"')):
        scripts[takes_gzip] = directory / f"visitors-{takes_gzip}.lua"
        scripts[takes_gzip].write_text(
            WRK_SCRIPT % {"visitors": servers.VISITORS, "encoding": encoding})

    compared = {"bare": servers.bare_server(directory / "bare"),
                "module": servers.module_server(directory / "module", redis)}
    if servers.has_lua():
        compared["lua"] = servers.lua_server(directory / "lua")
    else:
        print("bench: rows with Lua are left out: they need the packages libnginx-mod-http-lua and "
              "lua-cjson")
    for name, server in compared.items():
        server.start()
        started[name] = server

    print(f"bench: {options.rounds} rounds of {options.seconds} s, {options.connections} "
          f"connections, profile of {len(json.dumps(servers.profile(1)))} bytes, "
          f"{os.cpu_count()} processors")
    measured = {}
    for name, size, _ in kinds:
        variants = {
            key: Variant(text, compared[nginx].ports[server], compared[nginx].worker, path % name,
                         key.startswith("gzip_"), filled)
            for key, (text, nginx, server, path, filled) in VARIANTS.items() if nginx in compared}
        for variant in variants.values():
            check(variant, html[Path(variant.path).name])
        worker = compared["module"].worker
        resident = resident_kilobytes(worker)
        measure(variants.values(), scripts, options.rounds, options.seconds, options.connections)
        for variant in variants.values():
            check(variant, html[Path(variant.path).name])
        kind, _ = name.split("-")
        report(f"{size} KB, {kind}", html[f"slots-{name}.html"], variants)
        print(f"resident size of the module's worker: {resident} KB before, "
              f"{resident_kilobytes(worker)} KB after")
        if kind == "ordinary":
            measured[size] = variants

    print("\n" + figures.table(measured))
    if options.svg:
        size = 60 if 60 in measured else options.sizes[0]
        options.svg.write_text(chart.draw(measured[size], size, options.rounds))


if __name__ == "__main__":
    main()
