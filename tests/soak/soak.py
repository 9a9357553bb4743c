#!/usr/bin/python3
"""A million requests with the resident size watched, and a reload every second. Called by
scripts/soak."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import scene  # noqa: E402
from harness.load import Load  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.redis.server import RedisServer  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

VISITORS = 2000

# Known visitors, unknown ones, such whose document is no JSON, forged ids, and none.
WRK_SCRIPT = """
local i = 0
function request()
  i = i + 1
  local cookie = "vid=v" .. i %% %d
  if i %% 17 == 0 then cookie = "vid=<script>" .. i end
  if i %% 19 == 0 then cookie = "a=b" end
  return wrk.format("GET", nil, {Host = "x", Cookie = cookie})
end
""" % VISITORS

# Documents from the cache, from Redis, made of others, and evicted by others.
HTTP = """
  personalize_cache zone=personalize:256k ttl=2s stale=1s negative=1s;
  personalize_source other key=other:${visitor.id} ttl=0;
  personalize_source group key=group:${profile.group} ttl=1s;
  personalize_segment gold { when profile.tier = gold; }
  personalize_source offer key=offer if=segment.gold;
  personalize_campaign second { slot second; when group.name; when offer.text missing;
                                unless other.x; fragment hello.html; }
  gzip on;
"""


def resident_kilobytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def fill(redis):
    for i in range(0, VISITORS, 2):
        redis.set_json(f"profile:v{i}", {"name": "Ada", "tier": "gold" if i % 4 else "tin",
                                         "group": i % 10, "items": list(range(50))})
    redis.data.set("profile:v1", "no JSON")
    redis.data.rpush("profile:v3", "no string")
    redis.data.set("profile:v5", "x" * 200000)
    for i in range(10):
        redis.set_json(f"group:{i}", {"name": f"G{i}"})
    redis.set_json("profile:ada", scene.PROFILE)


def start(directory, redis, workers, wait="100ms", extra=HTTP):
    nginx = Nginx(directory)
    scene.prepare(nginx, scene.PAGE.replace("<p>Welcome</p>",
                                            "<!--pz:second--><!--/pz--><p>Welcome</p>")
                  if extra else scene.PAGE)
    nginx.configure(scene.http(redis.socket, timeout="100ms", source=" ",
                               cache="" if extra else scene.CACHE, extra=extra),
                    scene.server(wait), workers=workers)
    # The log of a million requests is of no interest here.
    text = nginx.config_file.read_text()
    if extra:
        nginx.config_file.write_text(re.sub(r"access_log \S+ test;", "access_log off;", text))
    nginx.start()
    return nginx


def wrk(nginx, seconds):
    """How many requests were answered."""
    done = subprocess.run(
        ["wrk", "-t1", "-c20", f"-d{seconds}s", "-s", str(nginx.directory / "load.lua"),
         f"http://127.0.0.1:{nginx.port}/"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        text=True, timeout=seconds + 60, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"soak: requests failed:\n{done.stdout}")
    return int(re.search(r"(\d+) requests in", done.stdout).group(1))


def many_requests(directory, redis, requests, seconds):
    """True where the worker's size is flat: after a tenth, it grows by less than 1 MB."""
    nginx = start(directory, redis, 1)
    try:
        nginx.file("load.lua", WRK_SCRIPT)
        worker = nginx.workers()[0]
        print(f"soak: resident size of the worker at the start: {resident_kilobytes(worker)} KB")
        done, settled, shown = 0, 0, 0
        while done < requests:
            done += wrk(nginx, seconds)
            size = resident_kilobytes(worker)
            if settled == 0 and done >= requests // 10:
                settled = size
            if done >= shown:
                print(f"soak: {done:>9} requests: {size} KB", flush=True)
                shown = done + requests // 20
        if nginx.workers() != [worker]:
            sys.exit("soak: the worker died")
    finally:
        nginx.stop()
    print(f"soak: grew by {size - settled} KB over the last nine tenths")
    return size - settled < 1024


def many_reloads(directory, redis, seconds):
    """True where no request failed and the master is not larger."""
    nginx = start(directory, redis, 2, extra="")
    try:
        def reload():
            old = set(nginx.workers())
            nginx.reload()
            wait_until(lambda: not old & set(nginx.workers()), "the old workers' end", 20)

        for _ in range(3):
            reload()
        before = resident_kilobytes(nginx.master())
        load = Load(nginx, 0.1, reconnect=True)
        with load:
            end = time.monotonic() + seconds
            reloads = 0
            while time.monotonic() < end:
                began = time.monotonic()
                reload()
                reloads += 1
                time.sleep(max(0.0, 1 - (time.monotonic() - began)))
        after = resident_kilobytes(nginx.master())
    finally:
        nginx.stop()
    filled = sum(answer.filled for answer in load.answers)
    slowest = max(answer.seconds for answer in load.answers)
    print(f"soak: {reloads} reloads, {len(load.answers)} requests, {len(load.failures)} failed, "
          f"{len(load.answers) - filled} not personal, slowest {slowest * 1000:.0f} ms; "
          f"master {before} KB before, {after} KB after")
    return filled > 0.99 * len(load.answers) and after - before < 2048


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="30,000 requests, five reloads")
    parser.add_argument("--requests", type=int)
    parser.add_argument("--reload-seconds", type=int)
    options = parser.parse_args()
    requests = options.requests or (30_000 if options.short else 1_000_000)
    seconds = options.reload_seconds or (5 if options.short else 60)

    directory = Path(tempfile.mkdtemp(prefix="pz-soak-"))
    directory.chmod(0o755)
    redis = RedisServer(directory / "redis")
    try:
        fill(redis)
        flat = many_requests(directory / "many", redis, requests, 1 if options.short else 5)
        steady = many_reloads(directory / "reloads", redis, seconds)
    finally:
        redis.stop()
        shutil.rmtree(directory, ignore_errors=True)
    if not (flat and steady):
        sys.exit("soak: FAILED")
    print("soak: passed")


if __name__ == "__main__":
    main()
