"""However the page comes to the filter, whoever takes it, and whether its slot waits or not: the
same bytes. Every origin is crossed with every way in which Redis answers; each then serves every
page to every kind of client."""

import pytest

from harness import pages
from harness.client import get, get_http2
from harness.fastcgi import FastCGI
from harness.pages import PAGES, assert_same, body_of
from harness.ports import ReservedPort
from harness.upstream import reply

STATIC = {
    "file": "",
    "file without sendfile": "sendfile off;",
    "file in small buffers": "output_buffers 1 1k;",
    "file by threads": "aio threads;",
    "file by threads in small pieces": "aio threads; sendfile_max_chunk 4k; output_buffers 2 2k;",
    "file by directio": "directio 512; output_buffers 1 4k;",
    "file by directio and threads": "aio threads; directio 512;",
    "file, output not postponed": "postpone_output 0; sendfile_max_chunk 8k;",
}
PROXIED = {
    "proxied": "",
    "proxied in tiny buffers": "proxy_buffer_size 1k; proxy_buffers 2 1k; "
                               "proxy_busy_buffers_size 1k; proxy_max_temp_file_size 0;",
    "proxied by temporary files": "proxy_buffer_size 1k; proxy_buffers 2 1k; "
                                  "proxy_busy_buffers_size 1k; proxy_temp_file_write_size 2k;",
    "proxied by temporary files and threads": "proxy_buffer_size 1k; proxy_buffers 2 1k; "
                                              "proxy_busy_buffers_size 1k; aio threads; "
                                              "aio_write on; proxy_temp_file_write_size 2k;",
    "unbuffered": "proxy_buffering off;",
    "unbuffered in a tiny buffer": "proxy_buffering off; proxy_buffer_size 512;",
    "from the cache": "proxy_cache pages; proxy_cache_valid 1m;",
    "from the cache by threads": "proxy_cache pages; proxy_cache_valid 1m; aio threads; "
                                 "sendfile off; output_buffers 1 3k;",
    "included": None,
    "included file": None,
    "limited": "limit_rate 3m; limit_rate_after 1k;",
    "compressed upstream": None,
}
FASTCGI = {"fastcgi": "", "fastcgi unbuffered": "fastcgi_buffering off; fastcgi_buffer_size 1k;"}

CLIENTS = ("1.1", "1.0", "gzip", "2")


def location(origin, nginx, upstream, socket):
    """The server's part that serves PAGES at /NAME."""
    if origin in STATIC:
        return f"location / {{ personalize on; {STATIC[origin]} }}"
    if origin in FASTCGI:
        return (f"location / {{ personalize on; {FASTCGI[origin]} fastcgi_pass unix:{socket}; "
                "fastcgi_param DOCUMENT_URI $document_uri; fastcgi_param REQUEST_METHOD GET; }")
    if origin.startswith("included"):
        for name in PAGES:
            nginx.page(f"outer/{name}", f'<!--#include virtual="/inner/{name}" wait="yes" -->')
        outer = "location / { personalize on; ssi on; rewrite ^/(.*)$ /outer/$1 break; }\n"
        if origin == "included file":
            return outer + f"location /inner/ {{ alias {nginx.directory}/html/; }}"
        return (outer +
                f"location /inner/ {{ proxy_pass {upstream.url}/; proxy_buffers 4 2k; "
                "proxy_buffer_size 2k; proxy_busy_buffers_size 4k; }")
    if origin == "compressed upstream":
        return (f"location / {{ personalize on; proxy_pass {upstream.url}/gz/; proxy_buffers 4 1k; "
                "proxy_buffer_size 1k; proxy_busy_buffers_size 2k; gunzip_buffers 2 2k; }")
    return f"location / {{ personalize on; {PROXIED[origin]} proxy_pass {upstream.url}; }}"


@pytest.mark.parametrize("answers", pages.ANSWERS)
@pytest.mark.parametrize("origin", [*STATIC, *PROXIED, *FASTCGI])
def test_origin(nginx, upstream, rogue, directory, origin, answers):
    pages.answer(rogue, answers)
    pages.prepare(nginx)
    files = {f"/{name}": page.html.encode() for name, page in PAGES.items()}
    for path, html in files.items():
        nginx.page(path[1:], html)
        third = len(html) // 3
        upstream.on(path, reply(pieces=[html[:third], html[third:third + 700],
                                        html[third + 700:]]))
        packed = pages.gzip.compress(html)
        upstream.on(f"/gz{path}", reply(packed, headers={"Content-Encoding": "gzip"}))
    application = FastCGI(directory / "fastcgi", files)
    http2 = ReservedPort()  # without TLS, HTTP/2 takes a port of its own
    nginx.configure(
        pages.http(rogue, f"proxy_cache_path {nginx.directory}/cache keys_zone=pages:1m;"
                          "gzip on; gzip_min_length 1;"),
        f"listen 127.0.0.1:{http2.number} http2;" + pages.wait(answers)
        + location(origin, nginx, upstream, application.socket))
    nginx.start()
    try:
        check(nginx, http2.number, origin, answers)
    finally:
        application.close()
        http2.release()


def check(nginx, http2_port, origin, answers):
    with nginx.connect() as connection:
        for name, page in PAGES.items():
            expected = page.expected(answers != "never")
            for client in CLIENTS:
                what = f"{origin}, {name}, HTTP {client}, answered {answers}"
                headers = dict(pages.ADA)
                if client == "2":
                    response = get_http2(http2_port, [(f"/{name}", headers)])[0]
                elif client == "1.0":
                    response = get(nginx.port, f"/{name}", headers, version="1.0")
                else:
                    if client == "gzip":
                        headers["Accept-Encoding"] = "gzip"
                    connection.request(f"/{name}", headers=headers)
                    response = connection.response()
                    assert (response.get("content-encoding") == "gzip") == (client == "gzip"), what
                assert (response.status, response.complete) == (200, True), what
                assert_same(body_of(response), expected, what)
                if answers == "never":
                    assert response.done_at > 0.07, f"{what}: nothing was held"
