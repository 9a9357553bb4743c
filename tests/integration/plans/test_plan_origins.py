"""Whose bytes are known: pages from files and caches are sent by their plans, by whatever way the
request came to them; pages that another filter changes are not. All are as without plans."""

import gzip
import time

import pytest

from harness import pages, plans
from harness.fastcgi import FastCGI
from harness.gateways import Gateway
from harness.pages import END, HEAD, assert_same, slot
from harness.plans import LARGE, body_of
from harness.ports import ReservedPort
from harness.upstream import reply
from harness.waiting import wait_until

CACHE = "{0}_cache {0}; {0}_cache_valid 1m; {0}_cache_key $request_uri;"

# name: (path, server). OLD is the directory of old files, UPSTREAM an application with the same.
PLANNED = {
    "file": ("/old/middle", "location / { }"),
    "alias": ("/page", "location = /page { alias OLD/middle; }"),
    "open_file_cache": ("/old/middle", "location / { open_file_cache max=100; "
                                       "open_file_cache_valid 1h; }"),
    "index": ("/old/", "location / { index middle; }"),
    "try_files": ("/some/middle", "location /some/ { try_files /nothing /old/middle =404; }"),
    "try_files to another location": ("/x", "location / { try_files $uri /old/middle; }"),
    "try_files to a named location": (
        "/x", "location / { try_files $uri @page; } "
              "location @page { rewrite ^ /old/middle break; }"),
    "rewrite": ("/x", "location = /x { rewrite ^ /old/middle last; }"),
    "error_page": ("/x", "location / { error_page 404 =200 /old/middle; }"),
    "error_page of an upstream": (
        "/x", "location = /x { proxy_pass UPSTREAM; proxy_intercept_errors on; "
              "error_page 404 =200 /old/middle; }"),
    "error_page of one that is down": (
        "/x", "location = /x { proxy_pass http://unix:/nowhere.sock; "
              "error_page 502 =200 /old/middle; }"),
    "X-Accel-Redirect": ("/accel", "location = /accel { proxy_pass UPSTREAM; } "
                                   "location /old/ { internal; }"),
    "X-Accel-Redirect from a cache": (
        "/accel", f"location = /accel {{ proxy_pass UPSTREAM; {CACHE.format('proxy')} }} "
                  "location /old/ { internal; }"),
    "subrequest before": ("/old/middle", "location /old/ { auth_request /allow; } "
                                         "location = /allow { proxy_pass UPSTREAM; }"),
    "charset that converts nothing": ("/old/middle", "location / { charset utf-8; "
                                                     "source_charset utf-8; }"),
    "proxy_cache": ("/old/middle", f"location / {{ proxy_pass UPSTREAM; "
                                   f"{CACHE.format('proxy')} }}"),
    "proxy_cache without a length": (
        "/unsized", f"location / {{ proxy_pass UPSTREAM; {CACHE.format('proxy')} }}"),
    "fastcgi_cache": ("/old/middle", "location / { fastcgi_pass FASTCGI; fastcgi_param "
                                     f"DOCUMENT_URI $document_uri; {CACHE.format('fastcgi')} }}"),
    "scgi_cache": ("/old/middle", f"location / {{ scgi_pass SCGI; {CACHE.format('scgi')} }}"),
    "uwsgi_cache": ("/old/middle", f"location / {{ uwsgi_pass UWSGI; {CACHE.format('uwsgi')} }}"),
    "compressed in the cache": ("/packed", f"location / {{ proxy_pass UPSTREAM; "
                                           f"{CACHE.format('proxy')} }}"),
    "compressed in the cache, with a charset of NGINX": (
        "/packed", f"location / {{ charset utf-8; proxy_pass UPSTREAM; {CACHE.format('proxy')} }}"),
}
UNPLANNED = {
    "ssi": ("/old/middle", "location / { ssi on; }"),
    "sub_filter": ("/old/middle", "location / { sub_filter more less; sub_filter_once off; }"),
    "sub_filter that finds nothing": ("/old/middle", "location / { sub_filter unfound x; }"),
    "addition before": ("/old/middle", "location /old/ { add_before_body /part; } "
                                       "location = /part { alias OLD/many-1; personalize off; }"),
    "addition after": ("/old/middle", "location /old/ { add_after_body /part; } "
                                      "location = /part { alias OLD/many-1; personalize off; }"),
    "additions to a cached page": (
        "/unsized", "location / { add_before_body /part; add_after_body /part; proxy_pass UPSTREAM;"
                    f"{CACHE.format('proxy')} }} location = /part {{ alias OLD/many-1; }}"),
    "addition of nothing": (
        "/unsized", "location / { add_after_body /none; proxy_pass UPSTREAM;"
                    f"{CACHE.format('proxy')} }} location = /none {{ return 204; }}"),
    "charset that converts": ("/old/utf-8", "location / { charset koi8-r; source_charset utf-8; }"),
    "charset that converts a cached page": (
        "/old/utf-8", "location / { charset koi8-r; override_charset on; proxy_pass UPSTREAM; "
                      f"{CACHE.format('proxy')} }}"),
    "directio": ("/old/middle", "location / { directio 512; }"),
    "from the upstream": ("/old/middle", "location / { proxy_pass UPSTREAM; }"),
    "from the upstream, of some age": ("/aged", "location / { proxy_pass UPSTREAM; "
                                                "proxy_force_ranges on; }"),
    "from the upstream unbuffered": ("/old/middle", "location / { proxy_pass UPSTREAM; "
                                                    "proxy_buffering off; }"),
    "compressed file": ("/old/packed.html", "location / { gzip_static always; }"),
    "a slice of a page": ("/old/middle", "location / { slice 8k; proxy_pass UPSTREAM; "
                                         "proxy_set_header Range $slice_range; }"),
    "in the configuration": ("/x", f"location / {{ return 200 '{HEAD}{slot()}{END}'; }}"),
}
ALL = {**PLANNED, **UNPLANNED}


@pytest.fixture
def start(nginx, rogue, upstream, directory):
    """start(server) → a visitor, and the port of a server without plans."""
    closing = []

    def start(server):
        plans.share_old_files(nginx)
        pages.prepare(nginx)
        pages.answer(rogue, "now")
        texts = {f"/old/{name}": page.html.encode() for name, page in LARGE.items()}
        middle = texts["/old/middle"]
        for path, text in texts.items():
            upstream.on(path, reply(text))
        upstream.on("/unsized", reply(middle, headers={"Content-Length": None}))
        upstream.on("/old/utf-8", reply(plans.MORE["utf-8"]))
        upstream.on("/aged", reply(middle, headers={
            "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "Accept-Ranges": "bytes"}))
        upstream.on("/packed", reply(gzip.compress(middle), headers={"Content-Encoding": "gzip"}))
        upstream.on("/accel", reply("unseen", headers={"X-Accel-Redirect": "/old/middle"}))
        upstream.on("/allow", reply("yes"))
        applications = {"FASTCGI": FastCGI(directory / "fastcgi", texts),
                        "SCGI": Gateway(directory / "scgi", middle),
                        "UWSGI": Gateway(directory / "uwsgi", middle)}
        closing.extend(applications.values())
        for name, value in {"OLD": str(plans.old_files()), "UPSTREAM": upstream.url}.items():
            server = server.replace(name, value)
        for name, application in applications.items():
            server = server.replace(name, f"unix:{application.socket}")
        server = "personalize on; personalize_wait 5s;" + server
        off = ReservedPort()
        kinds = ("proxy", "fastcgi", "scgi", "uwsgi")
        nginx.configure(pages.http(rogue, f"""
          {"".join(f"{k}_cache_path {nginx.directory}/{k} keys_zone={k}:1m;" for k in kinds)}
          charset_map koi8-r utf-8 {{ C0 D18E; }}
          gzip on; gzip_min_length 1;
          {plans.twin(nginx, off.number, server)}
        """), server + plans.STATUS)
        nginx.tolerate("nowhere.sock failed")
        nginx.start()
        off.release()
        return plans.Visitor(nginx), off.number

    yield start
    for each in closing:
        each.close()


def without_plan(visitor, path, port):
    """The page as the other server has it; asked for twice, so that a cache has it."""
    for _ in range(2):
        response = visitor.get(path, port=port)
    assert (response.status, response.complete, response.plan) == (200, True, "none")
    return response.body


@pytest.mark.parametrize("name", PLANNED)
def test_planned(start, name):
    path, server = PLANNED[name]
    visitor, port = start(server)
    expected = without_plan(visitor, path, port)
    assert expected == LARGE["middle"].filled().encode()
    visitor.hits(path, lambda response: assert_same(body_of(response), expected, name))


@pytest.mark.parametrize("name", UNPLANNED)
def test_not_planned(start, nginx, name):
    path, server = UNPLANNED[name]
    visitor, port = start(server)
    expected = without_plan(visitor, path, port)
    entries = [file for file in (nginx.directory / "proxy").rglob("*") if file.is_file()]
    wait_until(lambda: all(time.time() - file.stat().st_ctime > 0.15 for file in entries),
               "entries of the cache that are old enough")
    assert pages.CONTENT.encode() in expected
    for client in ["1.1", "1.1 gzip", "1.0"] * 2:
        response = visitor.get(path, client)
        assert (response.status, response.plan) == (200, "none")
        assert not plans.is_joined(response)
        assert body_of(response) == expected
    told = plans.status(nginx)
    assert told["plans"] == {"hit": 0, "made": 0, "none": 8}
    assert told["plans_made"] == {"splices": 0, "compressed": 0}


@pytest.mark.parametrize("page", ["alias OLD/middle;", "gzip_static always; alias OLD/packed.html;"],
                         ids=["file", "compressed file"])
def test_a_page_in_place_of_what_a_filter_gave_up(start, page):
    """NGINX sends it without body filters: its head must not wait for them."""
    visitor, _ = start(f"location = /page {{ {page} }} location = /x {{ personalize off; "
                       "alias OLD/many-1; error_page 412 =200 /page; }")
    response = visitor.get("/x", headers={"If-Match": '"another"'})
    assert (response.status, response.complete) == (200, True)
    packed = response.get("content-encoding") == "gzip"
    body = gzip.decompress(response.body) if packed else response.body
    assert b"<title>Shop</title>" in body and body.rstrip().endswith(b"</html>")
