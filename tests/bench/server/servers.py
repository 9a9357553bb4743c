"""The NGINXs that are compared, each with one worker: one without the module, one with it, and one
with a page written in Lua; and what their visitors must be given."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))

from harness import client  # noqa: E402
from harness.nginx import BINARY, MODULE  # noqa: E402
from harness.ports import ReservedPort  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

VISITORS = 100

# ---- Configurations

# What is common to all. /stored/ has the pages as an upstream that compresses them gives them.
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
  gzip on;  # for clients that take it, which are half of the variants
  gzip_comp_level 1;
  output_buffers 2 64k;  # as the README advises: a page in one read and one write
  keepalive_requests 1000000000;
  client_body_temp_path %(dir)s/body;
  proxy_temp_path %(dir)s/proxy;
  fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi;
  scgi_temp_path %(dir)s/scgi;
  proxy_cache_path %(dir)s/cache keys_zone=pages:1m inactive=1d;
  proxy_cache pages;
  proxy_cache_valid 200 1d;
  proxy_cache_key $uri;
  proxy_set_header Accept-Encoding "";
  server {
    listen unix:%(dir)s/upstream.sock;
    root %(html)s;
    gzip off;
    location /stored/ { alias %(html)s/; gzip_static always; }
  }
%(servers)s
}
"""

BARE = """
  server {
    listen 127.0.0.1:%(port)d;
    location / { %(cached)s }
  }
"""

SOURCES = """
  personalize_redis unix:%(redis)s timeout=1s;
  personalize_cache zone=personalize:16m ttl=1h;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_source fresh key=profile:${visitor.id} ttl=0;
  personalize_wait 1s;
"""

OFF = """
  server {
    listen 127.0.0.1:%(port)d;
    location / { personalize off; %(cached)s }
  }
"""

PERSONAL = """
  server {
    listen 127.0.0.1:%(port)d;
    personalize_plans %(plans)s;
    personalize_campaign bar {
      slot hello-bar; when %(source)s.tier = gold; fragment bar_%(source)s.html; }
    personalize_campaign offer {
      slot offer; when %(source)s.orders > 3; fragment offer_%(source)s.html; }
    personalize_campaign recommended {
      slot recommended; when %(source)s.items; fragment recommended_%(source)s.html; }
    location / { personalize on; personalize_slot offer "#offer"; %(cached)s }
  }
"""

FRAGMENTS = {
    "bar": '<p class="bar">Hello {{%s.name}}, free delivery to {{%s.city}}</p>',
    "offer": "<p>For you, {{%s.name}}: {{%s.offer}} until Sunday</p>",
    "recommended": '<ul class="grid">{{#%s.items}}<li><a href="{{url}}">{{title}}</a> {{price}}'
                   "</li>{{/%s.items}}</ul>",
}

LUA_COMMON = """
  lua_package_path "%(here)s/?.lua;;";
  lua_shared_dict profiles 16m;
  init_by_lua_block { require("page").load("%(profiles)s") }
"""

LUA = """
  server {
    listen 127.0.0.1:%(port)d;
    location / { content_by_lua_block { require("page").serve(%(kept)s) } }
    location /cached/ { internal; rewrite ^/cached(.*) $1 break; %(cached)s }
  }
"""

DEBIAN_MODULES = Path("/usr/lib/nginx/modules")
LUA_MODULES = [DEBIAN_MODULES / f"{name}.so" for name in ("ndk_http_module", "ngx_http_lua_module")]


def has_lua():
    """Whether Debian's Lua module for NGINX and Lua's JSON module are there. The project has no use
    for them but to be compared with them, and installs none."""
    return all(module.exists() for module in LUA_MODULES) \
        and any(Path("/usr/lib").glob("*/lua/5.1/cjson.so"))


# ---- Visitors and what they must be given

def profile(n):
    """About 800 bytes of JSON."""
    return {"name": f"Visitor {n}", "city": "Warszawa", "tier": "gold", "orders": 12,
            "clv": 48000.5, "offer": "10% off running shoes", "last_order": "2026-10-02",
            "affinity": {"category": ["shoes", "jackets", "bags"], "brand": ["North", "South"]},
            "items": [{"id": f"sku-{i}", "title": f"Trail runner {i} with a name", "price": 59.5 + i,
                       "url": f"/p/trail-runner-{i}", "image": f"/i/trail-runner-{i}.webp"}
                      for i in range(4)]}


def personal(html, n):
    """The page as visitor n must see it."""
    who = profile(n)
    for default, own in (
            ("Free delivery from 50", f"Hello {who['name']}, free delivery to {who['city']}"),
            ("Today only: 5% off", f"For you, {who['name']}: {who['offer']} until Sunday"),
            ("<p>Bestsellers</p>", '<ul class="grid">' + "".join(
                f'<li><a href="{item["url"]}">{item["title"]}</a> {item["price"]}</li>'
                for item in who["items"]) + "</ul>")):
        assert html.count(default) == 1
        html = html.replace(default, own)
    return html


# ---- Processes

class Server:
    """NGINX with one worker and the servers {name: (text, values)}."""

    def __init__(self, directory, modules, common, servers):
        directory.mkdir()
        self.directory = directory
        self._reserved = {name: ReservedPort() for name in servers}
        self.ports = {name: port.number for name, port in self._reserved.items()}
        cached = f"proxy_pass http://unix:{directory}/upstream.sock:;"
        (directory / "nginx.conf").write_text(HTTP % {
            "dir": directory, "html": directory.parent / "html",
            "load": "\n".join(f"load_module {module};" for module in modules),
            "user": "user root;" if os.geteuid() == 0 else "",
            "servers": common + "".join(
                text % {**values, "port": self.ports[name], "cached": cached}
                for name, (text, values) in servers.items())})

    def start(self):
        command = ["setpriv", "--pdeathsig", "TERM", BINARY, "-p", f"{self.directory}/", "-c",
                   f"{self.directory}/nginx.conf", "-e", "stderr"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        port = next(iter(self.ports.values()))
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
        for port in self._reserved.values():
            port.release()


def write_pages(directory, html):
    """The pages {file name: text}, also compressed as upstreams mostly do."""
    directory.mkdir()
    for name, text in html.items():
        (directory / name).write_text(text)
        (directory / f"{name}.gz").write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def bare_server(directory):
    return Server(directory, [], "", {"bare": (BARE, {})})


def module_server(directory, redis):
    for n in range(1, VISITORS + 1):
        redis.set_json(f"profile:visitor{n}", profile(n))
    server = Server(directory, [MODULE], SOURCES % {"redis": redis.socket}, {
        "off": (OFF, {}),
        "shared": (PERSONAL, {"source": "profile", "plans": "on"}),
        "redis": (PERSONAL, {"source": "fresh", "plans": "on"}),
        "unplanned": (PERSONAL, {"source": "profile", "plans": "off"})})
    for name, text in FRAGMENTS.items():
        for source in ("profile", "fresh"):
            (directory / f"{name}_{source}.html").write_text(text.replace("%s", source))
    return server


def lua_server(directory):
    profiles = directory / "profiles"
    server = Server(directory, LUA_MODULES,
                    LUA_COMMON % {"here": Path(__file__).parent, "profiles": profiles},
                    {"lua": (LUA, {"kept": "false"}), "lua_kept": (LUA, {"kept": "true"})})
    profiles.write_text("".join(
        f"visitor{n} {json.dumps(profile(n))}\n" for n in range(1, VISITORS + 1)))
    return server
