"""Random pages, cut at random places, through buffers of random sizes: the same bytes as the page that
comes whole. Seeded: a failure tells the seed, and comes again."""

import random

import pytest

from harness import pages
from harness.client import get_http2
from harness.pages import assert_same
from harness.upstream import reply

SEEDS = 8
PAGES_A_SEED = 20

PARTS = [
    "<p class=x>text &amp; more</p>\n", "<br>", "<!-- a comment -->", "<!doctype html>", "<html>",
    "<head><title>T <b></title>", "</head>", "<body class='a>b'>", "</body>", "</html>",
    "<script>if (a < b) { x = '<div data-pz-slot=s>'; }</script>", "<style>p::after{}</style>",
    "<textarea><div data-pz-slot=s></textarea>", "<table><tr><td>cell</td></tr></table>",
    "<svg><title>t</title><![CDATA[ <p> ]]></svg>", "<div data-pz-slot=s>", "</div>",
    '<div id=o data-pz-slot="o"><i>open</i></div>', "<!--pz:s-->", "<!--pz:o-->", "<!--/pz-->",
    "<div data-pz-slot=s>default</div>", "<!--pz:o-->default<!--/pz-->", "<ul><li>one<li>two</ul>",
    "<", "<!", "<!-", "<a href=\"", "\"", "'", ">", "&", "\0", "\r", "é€𝄞", "\ufeff",
    "<p title='" + "long " * 300 + "'>", "words and words " * 100, "<div class=wide>" * 20,
]


def random_page(chance):
    parts = chance.choices(PARTS, k=chance.randrange(1, 60))
    page = "".join(parts)
    if chance.random() < 0.7:
        page = "<!doctype html><body>" + page
    data = page.encode()
    if chance.random() < 0.1:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice([b"\xff\xfe", b"\xc3", b"\0" * 50]) + data[at:]
    return data


def random_pieces(chance, data):
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(0, 30)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)]) if a < b]


def random_location(chance, number, url):
    """A location whose buffers are as NGINX allows them."""
    kilo = chance.choice([1, 2, 3, 4])
    count = chance.choice([2, 3, 4, 8])
    directives = [f"proxy_buffer_size {kilo}k", f"proxy_buffers {max(count, 3)} {kilo}k",
                  f"proxy_busy_buffers_size {kilo}k"]
    directives += chance.choice([["proxy_buffering off"], ["proxy_max_temp_file_size 0"],
                                 ["proxy_temp_file_write_size 4k"], ["aio threads"]])
    directives += chance.choice([["sendfile on"], ["sendfile off"]])
    directives += [f"output_buffers {chance.choice([1, 2])} {chance.choice([1, 3, 32])}k"]
    directives += chance.choice([["gzip on", "gzip_min_length 1", "gzip_buffers 2 1k"], []])
    directives += chance.choice([["postpone_output 0"], ["postpone_output 1460"]])
    # Not SSI: by itself it loses a "<!-" at some cuts, and at a page's end.
    directives += chance.choice([["sub_filter NOWHERE x", "sub_filter_once off"], []])
    return (f"location /{number}/ {{ personalize on; proxy_pass {url}/; "
            + "".join(f"{d}; " for d in directives) + "}\n")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_page_cut_anyhow_through_any_buffers(nginx, rogue, upstream, seed):
    chance = random.Random(seed)
    pages.answer(rogue, 0.003)
    pages.prepare(nginx)
    nginx.file("open.html", "<em>open</em>")
    locations = [random_location(chance, i, upstream.url) for i in range(6)]
    nginx.configure(
        pages.http(rogue, "personalize_campaign open { slot o; fragment open.html; }\n"
                   + "".join(f"personalize_campaign {n} {{ slot {n}; fragment open.html; }}\n"
                             for n in ("head-end", "body-start", "body-end"))),
        "personalize_wait 5s; personalize_slot o 'li:nth-child(2)' append;"
        "location /whole/ { personalize on; proxy_buffers 8 1m; proxy_buffer_size 64k; "
        f"proxy_busy_buffers_size 2m; proxy_pass {upstream.url}/; }}\n" + "".join(locations),
        http2=bool(seed % 2))
    nginx.start()

    def fetch(paths, encoding):
        headers = {**pages.ADA, "Accept-Encoding": encoding}
        if seed % 2:
            return get_http2(nginx.port, [(path, headers) for path in paths])
        with nginx.connect() as connection:
            responses = []
            for path in paths:
                connection.request(path, headers=headers)
                responses.append(connection.response())
            return responses

    for number in range(PAGES_A_SEED):
        page = random_page(chance)
        upstream.on("/page", reply(page))
        whole = body(fetch(["/whole/page"], "identity")[0])
        upstream.on("/cut", reply(pieces=random_pieces(chance, page), pause=0.0003))
        encoding = chance.choice(["gzip", "identity"])
        paths = [f"/{i}/cut" for i in range(len(locations))]
        for path, location, response in zip(paths, locations, fetch(paths, encoding)):
            what = f"seed {seed}, page {number}, {encoding}, {location}"
            assert (response.status, response.complete) == (200, True), what
            assert_same(body(response), whole, what)


def body(response):
    return (pages.gzip.decompress(response.body)
            if response.get("content-encoding") == "gzip" else response.body)
