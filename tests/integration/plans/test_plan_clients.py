"""Whoever takes a page, and however it is written to the socket: the bytes are those of the page
without plans, and a compressed page is one that every decoder takes."""

import gzip
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from harness import pages, plans
from harness.certificates import Authority
from harness.client import get_http2
from harness.pages import assert_same
from harness.plans import LARGE, body_of
from harness.ports import ReservedPort
from harness.upstream import reply

# How NGINX reads and writes files, by location.
SENDING = {
    "plain": "",
    "no-sendfile": "sendfile off;",
    "no-nopush": "tcp_nopush off;",
    "no-nodelay": "tcp_nodelay off;",
    "small-buffers": "output_buffers 1 1k;",
    "small-buffers-read": "sendfile off; output_buffers 1 1k;",
    "small-chunks": "sendfile_max_chunk 2k;",
    "threads": "aio threads;",
    "threads-read": "aio threads; sendfile off; output_buffers 2 3k;",
    "threads-small-chunks": "aio threads; sendfile_max_chunk 4k;",
    "not-postponed": "postpone_output 0;",
    "limited": "limit_rate 8m; limit_rate_after 1k;",
    "opened-before": "open_file_cache max=100; open_file_cache_valid 1h;",
}
UNPLANNED = {"directio": "directio 128;", "directio-threads": "directio 128; aio threads;",
             "off": "personalize_plans off;"}
CLIENTS = ("1.1", "1.0", "1.1 gzip", "1.0 gzip", "2", "2 gzip")
NAMES = ("small", "start", "middle", "wide", "large", "bare")


@pytest.fixture
def start(nginx, rogue, upstream):
    """start(locations) → a visitor. A location KIND/NAME is cached, from the upstream's /KIND/."""
    def pages_of(location):
        if "/" not in location:
            return f"alias {plans.old_files()}/;"
        kind = location.split("/")[0]
        return (f"proxy_pass {upstream.url}/{kind}/; proxy_cache pages; proxy_cache_valid 1h; "
                f"proxy_cache_key {kind}$page;")

    def start(locations, http="", server="", answers="now"):
        pages.answer(rogue, answers)
        pages.prepare(nginx)
        http2 = ReservedPort()
        nginx.configure(
            pages.http(rogue, f"gzip on; gzip_min_length 1; gzip_http_version 1.0; {http}"),
            f"listen 127.0.0.1:{http2.number} http2; {server} personalize on; personalize_wait 5s;"
            + plans.STATUS + "".join(
                f"location /{name}/ {{ {pages_of(name)} {directives} }}\n"
                for name, directives in locations.items()))
        nginx.start()
        http2.release()
        return plans.Visitor(nginx, http2.number)

    return start


def make_plans(visitor, location, names=NAMES):
    for name in names:
        visitor.hits(f"/{location}/{name}")


def check(visitor, location, name, client, is_planned=True):
    what = f"{location}, {name}, HTTP {client}"
    response = visitor.get(f"/{location}/{name}", client)
    assert (response.status, response.complete) == (200, True), what
    assert response.plan == ("hit" if is_planned else "none"), what
    assert plans.is_joined(response) == ("gzip" in client and is_planned), what
    assert_same(body_of(response), LARGE[name].filled().encode(), what)


@pytest.mark.parametrize("answers", ["now", "late"])
def test_every_way_of_sending_to_every_client(start, answers):
    visitor = start({**SENDING, **UNPLANNED}, answers=answers)
    make_plans(visitor, "plain")
    locations, names = {**SENDING, **UNPLANNED}, NAMES
    if answers == "late":
        # While a slot waits it is of less importance how the page is written.
        locations = ("plain", "no-sendfile", "threads", "small-chunks")
        names = ("start", "middle", "large")
    for location in locations:
        for name in names:
            for client in CLIENTS:
                check(visitor, location, name, client, is_planned=location in SENDING)


def test_cached_pages_to_every_client(start, upstream):
    """As the upstream sent them, compressed or not."""
    for name in NAMES:
        html = LARGE[name].html.encode()
        upstream.on(f"/plain/{name}", reply(html))
        upstream.on(f"/packed/{name}", reply(gzip.compress(html),
                                             headers={"Content-Encoding": "gzip"}))
    few = ("plain", "no-sendfile", "threads", "small-chunks", "small-buffers-read")
    visitor = start({f"{kind}/{how}": SENDING[how] for kind in ("plain", "packed") for how in few},
                    "proxy_cache_path cache keys_zone=pages:1m;"
                    "map $uri $page { ~/(?<last>[^/]+)$ $last; }")
    for kind in ("plain", "packed"):
        make_plans(visitor, f"{kind}/plain")
        for location in few:
            for name in NAMES:
                for client in CLIENTS:
                    check(visitor, f"{kind}/{location}", name, client)


def head_of(response):
    """What is told of the page; its length may be told or not."""
    return sorted((name, value) for name, value in response.headers
                  if name not in ("date", "content-length", "transfer-encoding"))


def test_heads(start, nginx):
    """Of GET with a plan, without one, and of HEAD."""
    visitor = start({"on": "", "off": "personalize_plans off;"}, "gzip_vary on;")
    make_plans(visitor, "on")
    for name in NAMES:
        for encoding in ("gzip", "identity"):
            headers = {**pages.ADA, "Accept-Encoding": encoding}
            heads = [head_of(nginx.get(f"/{where}/{name}", method=method, headers=headers))
                     for where in ("on", "off") for method in ("GET", "HEAD")]
            assert heads[0] == heads[2], name
            assert heads[1] == heads[3], name
            # NGINX compresses no response to HEAD, and says so.
            if encoding == "identity":
                assert heads[0] == heads[1], name


def test_ranges_and_conditions_have_no_effect(start):
    visitor = start({"on": ""})
    make_plans(visitor, "on", ["large"])
    for headers in ({"Range": "bytes=0-99"}, {"If-None-Match": "*"}, {"Range": "bytes=5-1,7-9"},
                    {"If-Modified-Since": "Sun, 06 Nov 2094 08:49:37 GMT"},
                    {"Range": "bytes=100-", "If-Range": '"x"'}):
        for client in CLIENTS:
            response = visitor.get("/on/large", client, headers)
            assert (response.status, response.plan) == (200, "hit")
            assert_same(body_of(response), LARGE["large"].filled().encode(), str(headers))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("location", ["plain", "no-sendfile", "threads", "small-chunks"])
def test_pipelined(start, nginx, location, encoding):
    visitor = start({location: SENDING[location]})
    make_plans(visitor, location)
    names = ["small", "large", "bare", "wide", "small", "large", "middle"]
    with nginx.connect() as connection:
        connection.send("".join(
            f"{method} /{location}/{name} HTTP/1.1\r\nHost: x\r\nCookie: vid=ada\r\n"
            f"Accept-Encoding: {encoding}\r\n\r\n"
            for name in names for method in ("GET", "HEAD")).encode())
        for name in names:
            response = connection.response()
            assert plans.is_joined(response) == (encoding == "gzip")
            assert_same(body_of(response), LARGE[name].filled().encode(), name)
            assert connection.response("HEAD").status == 200


def test_many_streams_of_http2(start, nginx):
    visitor = start({"plain": "", "threads": "aio threads;"}, answers="late")
    make_plans(visitor, "plain")
    wanted = [(name, encoding) for name in NAMES for encoding in ("gzip", "identity")] * 2
    for location in ("plain", "threads"):
        responses = get_http2(visitor.http2_port, [
            (f"/{location}/{name}", {**pages.ADA, "Accept-Encoding": encoding})
            for name, encoding in wanted])
        for (name, encoding), response in zip(wanted, responses):
            assert plans.is_joined(response) == (encoding == "gzip")
            assert_same(body_of(response), LARGE[name].filled().encode(), name)


def test_http_0_9(start, nginx):
    visitor = start({"on": ""})
    make_plans(visitor, "on", ["large"])
    with socket.create_connection(("127.0.0.1", nginx.port), timeout=20) as sock:
        sock.sendall(b"GET /on/large\r\n")
        body = read_all(sock)
    # Without a header there is no visitor.
    assert_same(body, LARGE["large"].html.encode(), "HTTP/0.9")


def read_all(sock, size=65536, pause=0.0):
    data = b""
    while True:
        part = sock.recv(size)
        if not part:
            return data
        data += part
        time.sleep(pause)


@pytest.mark.parametrize("location", ["plain", "no-sendfile", "threads", "small-chunks"])
def test_slow_readers(start, nginx, location):
    visitor = start({location: SENDING[location]})
    make_plans(visitor, location, ["large"])
    for encoding in ("identity", "gzip"):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(20)
            sock.connect(("127.0.0.1", nginx.port))
            sock.sendall(f"GET /{location}/large HTTP/1.0\r\nCookie: vid=ada; n=slow-{encoding}\r\n"
                         f"Accept-Encoding: {encoding}\r\n\r\n".encode())
            body = read_all(sock, 4096, 0.0005).split(b"\r\n\r\n", 1)[1]
        if encoding == "gzip":
            assert body[9] == plans.JOINED
            body = plans.inflate(body)
        assert_same(body, LARGE["large"].filled().encode(), encoding)


def test_clients_that_go_away(start, nginx):
    """A reader that leaves in the middle leaves nothing behind: the pages of others are whole."""
    visitor = start({"plain": "limit_rate 400k;", "threads": "aio threads; limit_rate 400k;",
                     "fast": ""})
    make_plans(visitor, "fast", ["large"])
    workers = nginx.workers()
    for location in ("plain", "threads"):
        for encoding in ("identity", "gzip"):
            for how in ("close", "reset"):
                connection = nginx.connect()
                connection.request(f"/{location}/large",
                                   headers={**pages.ADA, "Accept-Encoding": encoding})
                connection.read_until(b"\r\n\r\n")
                getattr(connection, how)()
    for client in CLIENTS:
        response = visitor.get("/fast/large", client)
        assert response.plan == "hit"
        assert_same(body_of(response), LARGE["large"].filled().encode(), client)
    assert nginx.workers() == workers


def test_tls(start, nginx, directory):
    certificate, key = Authority(directory / "ca").issue("shop")
    secure = ReservedPort()
    visitor = start(SENDING, server=f"listen 127.0.0.1:{secure.number} ssl http2;"
                                    f"ssl_certificate {certificate}; ssl_certificate_key {key};")
    secure.release()
    make_plans(visitor, "plain")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for location in SENDING:
        for name in NAMES:
            for encoding in ("identity", "gzip"):
                cookie = f"vid=ada; n={location}-{name}-{encoding}"
                with socket.create_connection(("127.0.0.1", secure.number), timeout=20) as plain, \
                        context.wrap_socket(plain, suppress_ragged_eofs=True) as sock:
                    sock.sendall(f"GET /{location}/{name} HTTP/1.0\r\nCookie: {cookie}\r\n"
                                 f"Accept-Encoding: {encoding}\r\n\r\n".encode())
                    body = read_all(sock).split(b"\r\n\r\n", 1)[1]
                assert visitor.logged(cookie)["plan"] == "hit"
                if encoding == "gzip":
                    assert body[9] == plans.JOINED
                    body = plans.inflate(body)
                assert_same(body, LARGE[name].filled().encode(), f"{location}, {name}, {encoding}")


def test_http2_over_tls(start, directory):
    certificate, key = Authority(directory / "ca").issue("shop")
    secure = ReservedPort()
    visitor = start(SENDING, server=f"listen 127.0.0.1:{secure.number} ssl http2;"
                                    f"ssl_certificate {certificate}; ssl_certificate_key {key};")
    secure.release()
    make_plans(visitor, "plain", ["large"])
    for location in SENDING:
        for encoding in ("identity", "gzip"):
            cookie = f"vid=ada; n={location}-{encoding}"
            got = subprocess.run(
                ["curl", "-sSk", "--http2", "--fail", "--cookie", cookie, "--header",
                 f"Accept-Encoding: {encoding}",
                 f"https://127.0.0.1:{secure.number}/{location}/large"],
                check=True, timeout=60, stdout=subprocess.PIPE).stdout
            logged = visitor.logged(cookie)
            assert logged["plan"] == "hit" and "HTTP/2.0" in logged["request"]
            if encoding == "gzip":
                assert got[9] == plans.JOINED
                got = plans.inflate(got)
            assert_same(got, LARGE["large"].filled().encode(), f"{location}, {encoding}")


# Decoders


def node(packed):
    script = ("const z = require('zlib'), fs = require('fs');"
              "process.stdout.write(z.gunzipSync(fs.readFileSync(process.argv[1])))")
    return subprocess.run(["node", "-e", script, packed], check=True, timeout=60,
                          stdout=subprocess.PIPE).stdout


def gzip_command(packed):
    subprocess.run(["gzip", "-t", packed], check=True, timeout=60)
    return subprocess.run(["gzip", "-dc", packed], check=True, timeout=60,
                          stdout=subprocess.PIPE).stdout


DECODERS = {"gzip": gzip_command, "node": node,
            "python": lambda packed: gzip.decompress(packed.read_bytes())}


@pytest.mark.parametrize("decoder", DECODERS)
def test_decoders(start, directory, decoder):
    if decoder == "node" and shutil.which("node") is None:
        pytest.skip("no node")
    visitor = start({"on": ""})
    make_plans(visitor, "on")
    for name in NAMES:
        response = visitor.get(f"/on/{name}", "1.1 gzip")
        assert plans.is_joined(response)
        packed = directory / f"{name}.gz"
        packed.write_bytes(response.body)
        assert_same(DECODERS[decoder](packed), LARGE[name].filled().encode(), name)


def test_curl(start, nginx):
    visitor = start({"on": ""})
    make_plans(visitor, "on")
    for name in NAMES:
        got = subprocess.run(["curl", "-sS", "--compressed", "--cookie", "vid=ada; n=curl",
                              f"http://127.0.0.1:{nginx.port}/on/{name}"],
                             check=True, timeout=60, stdout=subprocess.PIPE).stdout
        assert_same(got, LARGE[name].filled().encode(), name)


# Whether a page is compressed

# directives: the requests' headers, by which the page is compressed (True) or not.
GZIP = {"Accept-Encoding": "gzip"}
VIA = {**GZIP, "Via": "1.1 proxy"}
CONDITIONS = {
    "gzip on; gzip_min_length 1;": [(GZIP, True), ({}, False), (VIA, False),
                                    ({"Accept-Encoding": "gzip;q=0"}, False),
                                    ({"Accept-Encoding": "br, gzip;q=0.5"}, True),
                                    ({"Accept-Encoding": "*"}, False)],
    "gzip off;": [(GZIP, False)],
    "gzip on; gzip_min_length 58k;": [(GZIP, True)],
    "gzip on; gzip_min_length 61500;": [(GZIP, False)],
    "gzip on; gzip_min_length 1; gzip_proxied any;": [(GZIP, True), (VIA, True)],
    "gzip on; gzip_min_length 1; gzip_proxied no-cache;": [(GZIP, True), (VIA, True)],
    "gzip on; gzip_min_length 1; gzip_proxied auth;": [(VIA, False),
                                                       ({**VIA, "Authorization": "x"}, True)],
    "gzip on; gzip_min_length 1; gzip_disable Teapot;": [
        (GZIP, True), ({**GZIP, "User-Agent": "Teapot/1.0"}, False)],
    "gzip on; gzip_min_length 1; gzip_vary on;": [(GZIP, True), ({}, False), (VIA, False)],
    "gzip on; gzip_min_length 70k; gzip_vary on;": [(GZIP, False)],
    "gzip on; gzip_min_length 1; default_type application/xhtml+xml; "
    "personalize_types application/xhtml+xml;": [(GZIP, False)],
    "gzip on; gzip_min_length 1; default_type application/xhtml+xml; "
    "personalize_types application/xhtml+xml; "
    "gzip_types application/xhtml+xml;": [(GZIP, True)],
}


def test_conditions_of_gzip(start):
    locations = {}
    for number, directives in enumerate(CONDITIONS):
        locations[f"on-{number}"] = directives
        locations[f"off-{number}"] = directives + "personalize_plans off;"
    visitor = start(locations)
    make_plans(visitor, "on-0", ["middle"])
    for number, (directives, requests) in enumerate(CONDITIONS.items()):
        for headers, is_compressed in requests:
            for client in ("1.1", "1.0", "2"):
                what = f"{directives} {headers} {client}"
                planned, unplanned = (visitor.get(f"/{where}-{number}/middle", client, headers)
                                      for where in ("on", "off"))
                assert (planned.plan, unplanned.plan) == ("hit", "none"), what
                assert plans.is_joined(planned) == is_compressed, what
                assert head_of(planned) == head_of(unplanned), what
                assert body_of(planned) == body_of(unplanned), what


def test_version_of_http_for_gzip(nginx, rogue):
    pages.answer(rogue, "now")
    pages.prepare(nginx)
    plans.share_old_files(nginx)
    nginx.configure(pages.http(rogue, "gzip on;"), "personalize on;")
    nginx.start()
    visitor = plans.Visitor(nginx)
    visitor.hits("/old/middle")
    response = visitor.get("/old/middle", "1.0 gzip")
    assert (response.plan, response.get("content-encoding")) == ("hit", None)
    assert_same(response.body, LARGE["middle"].filled().encode(), "HTTP/1.0")


def test_gzip_of_plans_off(nginx, rogue):
    """NGINX compresses; the plan tells where the slots are."""
    pages.answer(rogue, "now")
    pages.prepare(nginx)
    plans.share_old_files(nginx)
    nginx.configure(pages.http(rogue, "gzip on; personalize_plans gzip=off;"),
                    f"personalize on; {plans.STATUS}")
    nginx.start()
    visitor = plans.Visitor(nginx)
    visitor.hits("/old/middle", clients=["1.1"])
    for _ in range(5):
        response = visitor.get("/old/middle", "1.1 gzip")
        assert response.plan == "hit" and not plans.is_joined(response)
        assert_same(body_of(response), LARGE["middle"].filled().encode(), "gzip=off")
    assert plans.status(nginx)["plans_made"] == {"splices": 1, "compressed": 0}
