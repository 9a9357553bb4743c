#!/usr/bin/python3
"""Measures what recommendations cost a whole server. All pages have 60 KB and three slots, and look the
visitor's profile up. They are filled by

  sentences   a sentence each: a page without lists
  documents   eight items each, which stand ready in the profile: lists that somebody else has made
  chains      eight items each, by a chain of four steps with 200 candidates, conditions, boosts and
              "per", whose lists are of ids: each item is looked up

Everything is in the cache. So chains ÷ sentences is a page with three chains beside one without lists,
and chains ÷ documents what it costs that the lists are made here. Called by scripts/bench lists."""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))

from bench import cpu_seconds  # noqa: E402
from documents import HOT, WRK_SCRIPT, Variant, wrk  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.ports import ReservedPort  # noqa: E402
from harness.redis.server import RedisServer  # noqa: E402
from pages import page  # noqa: E402

SLOTS = ("hello-bar", "offer", "recommended")
LISTED = 8

HTTP = """
  personalize_redis unix:%(redis)s timeout=1s;
  personalize_cache zone=personalize:128m ttl=1h;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_wait 1s;
  keepalive_requests 1000000000;
"""

SERVER = """
  server {
    listen 127.0.0.1:%(port)d;
    root %(html)s;
    access_log off;
    %(campaigns)s
    location / { personalize on; personalize_slot offer "#offer"; }
  }
"""

CHAIN = """
    personalize_recommend list%(n)d {
      try "${profile.list%(n)d}"; try "key=best:%(n)d" type=list; try key=best:a type=list; try key=best:b type=list;
      items "key=item:${id}";
      exclude "${profile.seen}";
      when item.price between 0 "${profile.budget}"; unless item.item_brand in "Brand 1" "Brand 2";
      boost 1.5 when item.item_category = "${profile.category}";
      per item_brand 2; limit 8; min 3;
    }
"""
ROW = '<ul class="grid">{{#%s}}<li><a href="{{url}}">{{item_name}}</a> {{price}}</li>{{/%s}}</ul>'


def item(n):
    return {"item_id": f"sku-{n}", "item_name": f"Moor Wool Throw No. {n}", "item_brand": f"Brand {n % 17}",
            "item_category": f"Category {n % 9}", "price": 20 + n % 90, "currency": "EUR",
            "url": f"/product/moor-wool-throw-{n}/", "image": f"/img/moor-wool-throw-{n}.jpg", "available": True}


def fill(redis):
    with redis.data.pipeline(transaction=False) as pipe:
        for n in range(2000):
            pipe.set(f"item:sku-{n}", json.dumps(item(n)))
        for visitor in range(1, HOT + 1):
            pipe.set(f"profile:hot{visitor}", json.dumps({
                "name": f"Visitor {visitor}", "budget": 95, "category": "Category 3",
                "seen": [f"sku-{visitor * 7 % 2000}"],
                **{f"list{n}": [f"sku-{(visitor * 31 + n * 500 + i) % 2000}" for i in range(50)] for n in range(3)},
                **{f"items{n}": [item(visitor * 31 + n * 500 + i) for i in range(LISTED)] for n in range(3)}}))
        for key in "012ab":
            start = ord(key) * 37
            pipe.rpush(f"best:{key}", *(f"sku-{(start + i) % 2000}" for i in range(50)))
        pipe.execute()


def campaigns(nginx, kind):
    text = ""
    for n, slot in enumerate(SLOTS):
        content = {"sentences": "<p>Hello {{profile.name}}</p>",
                   "documents": ROW.replace("%s", f"profile.items{n}"),
                   "chains": ROW.replace("%s", f"recommend.list{n}")}[kind]
        nginx.file(f"{kind}{n}.html", content)
        text += CHAIN % {"n": n} if kind == "chains" else ""
        text += f"personalize_campaign c{n} {{ slot {slot}; when profile.name; fragment {kind}{n}.html; }}\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="pz-bench-"))
    directory.chmod(0o755)
    redis = RedisServer(directory / "redis")
    nginx = Nginx(directory / "nginx")
    kinds = ("sentences", "documents", "chains")
    reserved = [ReservedPort() for _ in kinds]
    try:
        fill(redis)
        nginx.page("index.html", page(60000, True))
        nginx.configure()
        servers = "".join(SERVER % {"port": port.number, "html": nginx.directory / "html",
                                    "campaigns": campaigns(nginx, kind)} for kind, port in zip(kinds, reserved))
        text = nginx.config_file.read_text()
        start = text.index("  server {")
        text = text[:start] + HTTP % {"redis": redis.socket} + text[start:].rstrip().removesuffix("}") + servers + "}\n"
        nginx.config_file.write_text(text)
        nginx.start()
        worker = nginx.workers()[0]
        script = directory / "visitors.lua"
        script.write_text(WRK_SCRIPT % {"hot": HOT, "cold": 1, "share": 0, "first": 0})
        variants = [Variant(kind, port.number, 0) for kind, port in zip(kinds, reserved)]
        for variant in variants:
            wrk(variant.port, script, 2)
        for _ in range(3 if options.quick else 9):
            for variant in variants:
                cpu = cpu_seconds(worker)
                requests, duration, p99 = wrk(variant.port, script, 1)
                variant.cpu.append((cpu_seconds(worker) - cpu) / requests * 1e6)
                variant.rate.append(requests / duration)
                variant.p99.append(p99)
    finally:
        nginx.stop()
        redis.stop()
        for port in reserved:
            port.release()
        shutil.rmtree(directory, ignore_errors=True)

    print(f"bench: {os.cpu_count()} processors, three slots in a page of 60 KB, one worker, 16 connections")
    print(f"{'filled by':16}{'CPU µs':>9}{'÷ sentences':>13}{'÷ documents':>13}{'req/s':>9}{'p99 ms':>9}")
    for v in variants:
        ratios = [statistics.median(a / b for a, b in zip(v.cpu, other.cpu)) for other in variants[:2]]
        print(f"{v.name:16}{statistics.median(v.cpu):9.1f}{ratios[0]:13.2f}{ratios[1]:13.2f}"
              f"{statistics.median(v.rate):9.0f}{statistics.median(v.p99):9.2f}")


if __name__ == "__main__":
    main()
