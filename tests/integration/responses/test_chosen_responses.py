"""Whatever a variable of the module decided is the visitor's own, of any status and type; what it
did not decide is left as it is."""

import gzip

import pytest

from harness import scene
from harness.bucketing import bucket
from harness.upstream import reply

SHARED = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT",
          "Cache-Control": "public, max-age=600", "Expires": "Thu, 31 Dec 2037 23:55:55 GMT",
          "CDN-Cache-Control": "max-age=600", "X-Accel-Expires": "600"}
# What NGINX, asked as a front, takes out of X-Accel-Expires is passed where it is told so.
PASSED = "proxy_pass_header X-Accel-Expires;"
EXPERIMENT = "personalize_experiment shop { variants old new; }"
MAP = 'map $personalize_variant_shop $side { new /new; default /old; }'


def variant(visitor):
    return "old" if bucket("shop", visitor) < 0.5 else "new"


OLD = next(f"u{i}" for i in range(99) if variant(f"u{i}") == "old")
NEW = next(f"u{i}" for i in range(99) if variant(f"u{i}") == "new")


def start(nginx, upstream, server="", location="", http="", visitor="cookie=vid issue=on",
          main=f"proxy_pass UPSTREAM$side$uri; {PASSED}"):
    nginx.configure(f"""
      personalize_visitor {visitor};
      {EXPERIMENT} {MAP} {http}
    """, f"""
      location / {{ personalize on; {main.replace("UPSTREAM", upstream.url)} {location} }}
      {server}
    """)
    return nginx.start()


def both(upstream, path, handler_of):
    for side in ("old", "new"):
        upstream.on(f"/{side}{path}", handler_of(side))


KINDS = {
    "json": lambda side: reply(f'"{side}"', type="application/json", headers=SHARED),
    "404": lambda side: reply(side, "404 Not Found", headers=SHARED),
    "500": lambda side: reply(side, "500 Internal Server Error", headers=SHARED),
    "301": lambda side: reply(side, "301 Moved Permanently",
                              headers={**SHARED, "Location": f"http://x/{side}"}),
    "brotli": lambda side: reply(side, headers={**SHARED, "Content-Encoding": "br"}),
    "page": lambda side: reply(side, headers=SHARED),
    "download": lambda side: reply(side, headers={**SHARED, "Content-Disposition": "attachment"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_variant_chose_is_private(nginx, upstream, kind):
    both(upstream, "/x", KINDS[kind])
    start(nginx, upstream)
    for visitor in (OLD, NEW):
        response = nginx.get("/x", headers={"Cookie": f"vid={visitor}"})
        assert variant(visitor) in response.text or response.status == 301
        assert response.all("cache-control") == ["private, no-cache"]
        for name in ("etag", "last-modified", "expires", "cdn-cache-control", "x-accel-expires"):
            assert response.get(name) is None, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_cache_in_front_gives_it_to_nobody_else(nginx, upstream, kind):
    """NGINX itself, with what an operator writes."""
    both(upstream, "/x", KINDS[kind])
    start(nginx, upstream, http=f"""
      proxy_cache_path {nginx.directory}/cache keys_zone=front:1m;
      server {{
        listen unix:{nginx.directory}/front.sock;
        location / {{ personalize on; {"proxy_pass UPSTREAM$side$uri;".replace("UPSTREAM",
                                                                          upstream.url)} {PASSED} }}
      }}
    """, server=f"""
      location /front/ {{ proxy_pass http://unix:{nginx.directory}/front.sock:/; proxy_cache front;
                          proxy_cache_valid 404 301 500 1h; proxy_cache_key $uri;
                          add_header X-Cache $upstream_cache_status always; }}
    """)
    for _ in range(2):
        for visitor in (OLD, NEW):
            response = nginx.get("/front/x", headers={"Cookie": f"vid={visitor}"})
            assert response.get("x-cache") == "MISS"
            if kind != "301":
                assert variant(visitor) in response.text


def test_pictures_and_styles_stay_in_the_browser(nginx, upstream):
    """They are many, and a page that fetches them all again is slow."""
    for type in ("image/png", "text/css", "application/javascript; charset=utf-8", "font/woff2"):
        both(upstream, "/x", lambda side, type=type: reply(side, type=type, headers={
            **SHARED, "Cache-Control": "public, max-age=600, s-maxage=60, immutable"}))
        if not nginx.running:
            start(nginx, upstream)
        response = nginx.get("/x", headers={"Cookie": f"vid={NEW}"})
        assert response.all("cache-control") == ["private, max-age=600, immutable"]
        assert response.get("etag") == '"v1"'
        assert response.get("cdn-cache-control") is None
        assert response.get("x-accel-expires") is None


def test_what_no_variable_chose_is_left_as_it_is(nginx, upstream):
    upstream.on("/x", reply("{}", type="application/json", headers=SHARED))
    start(nginx, upstream, main=f"proxy_pass UPSTREAM; {PASSED}")
    response = nginx.get("/x")
    for name, value in SHARED.items():
        assert response.all(name) == [value]
    assert response.get("set-cookie") is None


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_configuration(nginx, upstream, code):
    start(nginx, upstream, main=f"""
      expires 1h;
      if ($personalize_variant_shop = new) {{ return {code} /new/; }}
      return 204;
    """)
    response = nginx.get("/", headers={"Cookie": f"vid={NEW}"})
    assert (response.status, response.get("location")[-5:]) == (code, "/new/")
    assert response.all("cache-control") == ["private, no-cache"]
    assert response.get("expires") is None
    response = nginx.get("/", headers={"Cookie": f"vid={OLD}"})
    assert response.status == 204
    assert response.all("cache-control") == ["private, no-cache"]


ELSEWHERE = {
    "named location": ("error_page 418 = @other; if ($personalize_variant_shop) { return 418; }",
                       "location @other { proxy_pass UPSTREAM; rewrite ^ /x break; }"),
    "try_files": ("set $v $personalize_variant_shop; try_files /none @other;",
                  "location @other { proxy_pass UPSTREAM; }"),
    "X-Accel-Redirect": ("proxy_set_header X-Side $personalize_variant_shop; "
                         "proxy_pass UPSTREAM/accel;", "location /x { proxy_pass UPSTREAM; }"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_choice_before_an_internal_redirect(nginx, upstream, name):
    upstream.on("/x", reply("{}", type="application/json", headers=SHARED))
    upstream.on("/accel", reply(headers={"X-Accel-Redirect": "/x"}))
    main, server = (text.replace("UPSTREAM", upstream.url) for text in ELSEWHERE[name])
    start(nginx, upstream, main="return 404;",
          server=f"location /go {{ personalize on; {main} rewrite ^/go /x break; }} {server}")
    response = nginx.get("/go", headers={"Cookie": f"vid={NEW}"})
    assert response.status == 200 and response.text == "{}"
    assert response.all("cache-control") == ["private, no-cache"] and response.get("etag") is None


def test_a_choice_in_the_server_before_a_location_that_is_not_personal(nginx, upstream):
    upstream.on("/x", reply("{}", type="application/json", headers=SHARED))
    start(nginx, upstream, main="return 404;", server=f"""
      personalize on;
      set $side2 old; if ($personalize_variant_shop = new) {{ set $side2 new; }}
      location /x {{ personalize off; proxy_pass {upstream.url}; add_header X-Side $side2; }}
    """)
    response = nginx.get("/x", headers={"Cookie": f"vid={NEW}"})
    assert response.get("x-side") == "new"
    assert response.all("cache-control") == ["private, no-cache"]


LATE = {
    "sub_filter": ("sub_filter_types application/json; sub_filter '{}' '$personalize_segments';",
                   "{}"),
    "SSI": ("ssi on; ssi_types application/json;",
            '<!--# echo var="personalize_segments" default="{}" -->'),
    "an added body": ("addition_types application/json; add_after_body /after;", "{}"),
}


@pytest.mark.parametrize("name", LATE)
def test_what_was_sent_as_everybodys_tells_of_nobody(nginx, upstream, name):
    """Some filters ask for variables only when the head has left."""
    directives, body = LATE[name]
    upstream.on("/x", reply(body, type="application/json", headers=SHARED))
    start(nginx, upstream, main=f"proxy_pass {upstream.url}; {directives}",
          http="personalize_segment known { when cookie.vid; }",
          server='location /after { default_type application/json; return 200 '
                 '"$personalize_segments"; }')
    response = nginx.get("/x", headers={"Cookie": "vid=ada"})
    assert response.status == 200 and response.complete
    assert response.get("cache-control") == SHARED["Cache-Control"]
    assert "known" not in response.text
    assert nginx.last_log(1)["segments"] == "known"
    assert "a variable is empty" in nginx.error_log()
    # In a page, which is private, they tell.
    upstream.on("/x", reply(body, headers=SHARED))
    if name != "an added body":
        assert nginx.get("/x", headers={"Cookie": "vid=ada"}).text == "known"


# What is stricter stays


STRICTER = {
    "no-store": "private, no-cache, no-store",
    "No-Store, max-age=0": "private, no-cache, No-Store",
    'private="set-cookie, vary", no-store': "private, no-cache, no-store",
    "must-revalidate, max-age=60": "private, no-cache",
}


@pytest.mark.parametrize("said", STRICTER)
@pytest.mark.parametrize("page", ["with a slot", "without"])
def test_what_the_upstream_forbids_stays_forbidden(nginx, redis, upstream, said, page):
    upstream.on("/", reply(scene.PAGE if page == "with a slot" else "<p>no slot", headers={
        "Cache-Control": said}))
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket),
                    scene.server(location=f"proxy_pass {upstream.url};"))
    nginx.start()
    assert nginx.get("/").all("cache-control") == [STRICTER[said]]


def start_page(nginx, redis, upstream, headers, location="", http=""):
    redis.set_json("profile:ada", scene.PROFILE)
    upstream.on("/", reply(scene.PAGE, headers=headers))
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra=http),
                    scene.server(location=f"proxy_pass {upstream.url}; {PASSED} {location}"))
    return nginx.start()


def test_a_page_that_must_not_be_transformed_is_not(nginx, redis, upstream):
    headers = {**SHARED, "Cache-Control": "public, No-Transform"}
    start_page(nginx, redis, upstream, headers)
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    for name, value in headers.items():
        assert response.all(name) == [value]
    assert nginx.last_log(1)["result"] == "no_transform"


# Other caches, digests


VENDORS = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Vercel-CDN-Cache-Control",
           "Netlify-CDN-Cache-Control", "Akamai-Cache-Control", "X-LiteSpeed-Cache-Control",
           "Surrogate-Control", "Edge-Control", "X-Accel-Expires", "X-Reverse-Proxy-TTL"]


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("written_by", ["upstream", "add_header"])
def test_headers_for_other_caches(nginx, redis, upstream, name, written_by):
    value = "600" if "Expires" in name or "TTL" in name else "max-age=600"
    start_page(nginx, redis, upstream, {name: value} if written_by == "upstream" else {},
               "" if written_by == "upstream" else f"add_header {name} {value};")
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_filled(response.text)
    assert response.get(name) is None


@pytest.mark.parametrize("said, kept", [
    ('max-age=600, content="ESI/1.0"', 'content="ESI/1.0", no-store'),
    ('content="ESI/1.0 ESI-Inline/1.0";edge, max-age=600',
     'content="ESI/1.0 ESI-Inline/1.0";edge, no-store'),
    ("no-store, max-age=0", "no-store")])
def test_surrogate_control(nginx, redis, upstream, said, kept):
    start_page(nginx, redis, upstream, {"Surrogate-Control": said,
                                        "CDN-Cache-Control": "no-store"})
    response = nginx.get("/", headers=scene.ADA)
    assert response.all("surrogate-control") == [kept]
    assert response.all("cdn-cache-control") == ["no-store"]


def test_x_accel_expires_makes_no_nginx_store_a_page(nginx, redis, upstream):
    upstream.on("/", reply(scene.PAGE))
    for who in ("ada", "eve"):
        redis.set_json(f"profile:{who}", {"name": who})
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra=f"""
      proxy_cache_path {nginx.directory}/cache keys_zone=front:1m;
      server {{
        listen unix:{nginx.directory}/front.sock;
        personalize_wait 2s;
        location / {{ personalize on; proxy_pass {upstream.url}; add_header X-Accel-Expires 600; }}
      }}"""), f"""
      location / {{ proxy_pass http://unix:{nginx.directory}/front.sock:/; proxy_cache front;
                    proxy_cache_key $uri; }}
    """)
    nginx.start()
    for who in ("ada", "eve", "ada"):
        text = nginx.get("/", headers={"Cookie": f"vid={who}"}).text
        assert scene.is_filled(text, f"<p>Hello {who}</p>")


DIGESTS = {"Content-MD5": "Q2hlY2sgSW50ZWdyaXR5IQ==", "Digest": "SHA-256=abc=",
           "Content-Digest": "sha-256=:abc=:", "Repr-Digest": "sha-256=:abc=:",
           "X-Amz-Checksum-Sha256": "abc="}


def test_digests_of_what_is_changed_are_removed(nginx, redis, upstream):
    start_page(nginx, redis, upstream, DIGESTS)
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_filled(response.text)
    for name in DIGESTS:
        assert response.get(name) is None, name


def test_digests_of_what_is_not_changed_stay(nginx, redis, upstream):
    start_page(nginx, redis, upstream, {**DIGESTS, "Content-Type": "text/plain"})
    response = nginx.get("/", headers=scene.ADA)
    for name, value in DIGESTS.items():
        assert response.get(name) == value


# NGINX knows what is sent


def test_variables_and_filters_see_the_new_cache_control(nginx, redis, upstream):
    start_page(nginx, redis, upstream, {**SHARED, "Cache-Control": "public, no-store"},
               f"access_log {nginx.directory}/access.log test;"
               f"access_log {nginx.directory}/sent.log sent;",
               "log_format sent '$sent_http_cache_control|$sent_http_expires|$sent_http_etag';")
    nginx.get("/", headers=scene.ADA)
    nginx.log(1)
    assert (nginx.directory / "sent.log").read_text() == "private, no-cache, no-store|-|-\n"


@pytest.mark.parametrize("proxied, compresses", [
    ("private no-cache", True), ("private", True), ("no-store", False), ("expired", False)])
def test_gzip_proxied(nginx, redis, upstream, proxied, compresses):
    start_page(nginx, redis, upstream, SHARED,
               f"gzip on; gzip_min_length 1; gzip_proxied {proxied};")
    response = nginx.get("/", headers={**scene.ADA, "Via": "1.1 proxy",
                                       "Accept-Encoding": "gzip"})
    assert (response.get("content-encoding") == "gzip") == compresses
    body = gzip.decompress(response.body) if compresses else response.body
    assert scene.is_filled(body)


# Downloads


@pytest.mark.parametrize("value, is_page", [
    ("attachment", False), ('Attachment; filename="page.html"', False), ("unknown", False),
    ("inline", True), ('Inline; filename="page.html"', True), ('filename="page.html"', True)])
@pytest.mark.parametrize("written_by", ["upstream", "add_header"])
def test_what_is_saved_is_left_alone(nginx, redis, upstream, value, is_page, written_by):
    header = {"Content-Disposition": value}
    start_page(nginx, redis, upstream, {**SHARED, **(header if written_by == "upstream" else {})},
               "" if written_by == "upstream" else f"add_header Content-Disposition '{value}';")
    response = nginx.get("/", headers=scene.ADA)
    if is_page:
        assert scene.is_filled(response.text)
    else:
        assert scene.is_default(response.text)
        assert response.get("cache-control") == SHARED["Cache-Control"]
        assert response.get("etag") == '"v1"'
        assert nginx.last_log(1)["result"] == "attachment"
