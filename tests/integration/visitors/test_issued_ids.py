"""Who decides by an id gives it, with whatever answer; who does not give it, does not name it."""

import secrets

import pytest

from harness import scene
from harness.upstream import reply
from harness.waiting import wait_until

EXPERIMENT = "personalize_experiment shop { variants old new; }"
NEW = "map $personalize_variant_shop $is_new { new 1; default ''; }"


def start(nginx, location, http="", server="", visitor="cookie=vid issue=on"):
    scene.prepare(nginx, fragment=scene.HELLO_ADA)
    nginx.page("style.css", "p { color: red }")
    nginx.page("feed.json", "{}")
    nginx.configure(f"personalize_visitor {visitor}; {EXPERIMENT} {NEW} {http}",
                    f"location / {{ personalize on; {location} }} {server}")
    return nginx.start()


ANSWERS = {
    "302": "return 302 /$personalize_variant_shop/;",
    "404": "add_header X-Variant $personalize_variant_shop always; return 404;",
    "204": "add_header X-Variant $personalize_variant_shop; return 204;",
    "json": "default_type application/json; add_header X-Variant $personalize_variant_shop; "
            "return 200 '{}';",
    "page": "add_header X-Variant $personalize_variant_shop; return 200 <p>page</p>;",
}


def chosen(response):
    return (response.get("location") or response.get("x-variant")).strip("/").split("/")[-1]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_first_answer_gives_the_id_that_decided_it(nginx, answer):
    start(nginx, ANSWERS[answer])
    seen = set()
    for i in range(1, 31):
        first = nginx.get("/")
        given = first.cookie("vid")
        again = nginx.get("/", headers={"Cookie": f"vid={given}"})
        assert chosen(again) == chosen(first) and again.cookie("vid") is None
        assert "private" in first.get("cache-control")
        assert nginx.last_log(2 * i - 1)["visitor"] == given
        seen.add(chosen(first))
    assert seen == {"old", "new"}


def test_an_application_that_redirects_by_a_variant(nginx, upstream):
    """Split-URL: the application behind either side answers with a redirect."""
    for side in ("old", "new"):
        upstream.on(f"/{side}", reply(status="302 Found", headers={"Location": f"/at-{side}"}))
    start(nginx, f"rewrite ^ /$personalize_variant_shop break; proxy_pass {upstream.url};")
    for _ in range(20):
        first = nginx.get("/")
        again = nginx.get("/", headers={"Cookie": f"vid={first.cookie('vid')}"})
        assert first.get("location") == again.get("location")


def test_an_id_that_the_application_was_told_is_given(nginx, upstream):
    upstream.on("/", reply("{}", type="application/json"))
    start(nginx, f"proxy_set_header X-Visitor $personalize_visitor; proxy_pass {upstream.url};")
    given = nginx.get("/").cookie("vid")
    assert upstream.requests[0].headers["x-visitor"] == given


def test_variants_that_are_kept_go_with_a_redirect(nginx):
    start(nginx, "return 302 /$personalize_variant_shop/;",
          http="personalize_experiment other { variants a b; sticky cookie; }")
    assert nginx.get("/").cookie("pz_variants") is None  # `other` decided nothing
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace("variants old new;",
                                              "variants old new; sticky cookie;"))
    nginx.reload()

    def kept():
        return nginx.get("/").cookie("pz_variants")
    assert len(wait_until(kept, "the kept variant")) == 12


NOTHING_DECIDED = {
    "/missing": 404, "/style.css": 200, "/feed.json": 200, "/go": 302,
}


def test_where_nothing_is_decided_no_id_is_given_or_logged(nginx):
    logs = (f"access_log {nginx.directory}/access.log test; "
            f"access_log {nginx.directory}/all.log all;")
    start(nginx, "", http="""
      log_format all '$personalize_visitor|$personalize_variants|$personalize_variant_shop';
    """, server=logs + "location /go { personalize on; return 302 /; }")
    for number, (path, status) in enumerate(NOTHING_DECIDED.items(), 1):
        response = nginx.get(path)
        assert response.status == status and response.get("set-cookie") is None
        assert response.get("cache-control") is None
        assert nginx.last_log(number)["visitor"] == ""
    assert (nginx.directory / "all.log").read_text() == "||-\n" * len(NOTHING_DECIDED)


def test_an_id_that_came_is_logged_everywhere(nginx):
    start(nginx, "")
    for number, path in enumerate(NOTHING_DECIDED, 1):
        nginx.get(path, headers={"Cookie": "vid=ada"})
        assert nginx.last_log(number)["visitor"] == "ada"


# What is no page, by an application.
OTHER_ANSWERS = {
    "/a.png": reply("png", type="image/png"), "/feed.json": reply("{}", type="application/json"),
    "/missing": reply("no", status="404 Not Found"), "/go": reply("", status="302 Found", headers={"Location": "/"}),
}


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_what_is_known_is_logged_of_every_answer(nginx, upstream, connection):
    for path, answer in OTHER_ANSWERS.items():
        upstream.on(path, answer)
    start(nginx, f"proxy_pass {upstream.url};", http="""
      personalize_segment g { when cookie.g = 1; }
      log_format all '$personalize_visitor|$personalize_segments|$personalize_variants';
    """, server=f"access_log {nginx.directory}/all.log all; "
                "location /status { access_log off; personalize_status; }")
    headers = {"Cookie": "vid=ada; g=1", "Connection": connection}
    for path in OTHER_ANSWERS:
        assert nginx.get(path, headers=headers).get("cache-control") is None
    nginx.get("/go", headers={"Connection": connection})
    log = nginx.directory / "all.log"
    wait_until(lambda: log.read_text().count("\n") == len(OTHER_ANSWERS) + 1, "all are logged")
    lines = log.read_text().splitlines()
    assert lines[-1] == "||"  # an id that was not given
    assert len(set(lines[:-1])) == 1 and lines[0].startswith("ada|g|shop=")
    assert "a variable is empty" not in nginx.error_log()


def test_a_key_made_of_a_variant_gives_no_id_to_a_style(nginx, redis):
    """Documents are asked for before it is known that the answer is no page."""
    start(nginx, "personalize_wait 2s;", http=f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_source shelf key=shelf:${{experiment.shop}};
      personalize_campaign c {{ slot hello-bar; when shelf; fragment hello.html; }}
    """)
    response = nginx.get("/style.css")
    assert response.get("set-cookie") is None and response.get("cache-control") is None
    assert nginx.last_log(1)["visitor"] == ""
    assert nginx.get("/").cookie("vid")


def test_no_head_no_id(nginx):
    start(nginx, "if ($personalize_variant_shop) { return 444; }")
    with nginx.connect() as connection:
        connection.request("/")
        with pytest.raises(ConnectionError):
            connection.response()
    assert nginx.last_log(1)["visitor"] == ""


def test_issued_ids_are_counted_where_they_are_given(nginx):
    start(nginx, "", server="location /status { personalize_status; }"
                            "location /go { personalize on; return 302 $personalize_visitor; }")

    def issued():
        return nginx.get("/status").text.split('visitors_total{state="issued"} ')[1].split("\n")[0]
    nginx.get("/style.css")
    nginx.get("/missing")
    assert issued() == "0"
    nginx.get("/")
    nginx.get("/go")
    nginx.log(4)
    assert issued() == "2"


def test_without_consent_nothing_is_given(nginx):
    start(nginx, "return 302 /$personalize_variant_shop;",
          http="personalize_consent { when cookie.ok = yes; }")
    response = nginx.get("/")
    assert response.get("set-cookie") is None and response.get("location").endswith("/")
    assert nginx.get("/", headers={"Cookie": "ok=yes"}).cookie("vid")


def test_bots_get_none(nginx):
    start(nginx, "return 302 /$personalize_variant_shop;")
    bot = {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
    assert nginx.get("/", headers=bot).get("set-cookie") is None


# Campaigns in the log


def test_what_is_no_page_shows_no_campaign(nginx):
    start(nginx, "", http="personalize_campaign c { slot hello-bar; fragment hello.html; }",
          server="location /go { personalize on; return 302 /; }")
    for number, (path, status) in enumerate(NOTHING_DECIDED.items(), 1):
        nginx.get(path)
        assert nginx.last_log(number)["campaigns"] == ""
    nginx.get("/", method="HEAD")
    assert nginx.last_log(5)["campaigns"] == ""
    assert scene.is_filled(nginx.get("/").text)
    assert nginx.last_log(6)["campaigns"] == "c"


def test_a_post_shows_none(nginx, upstream):
    upstream.on("/", reply(scene.PAGE))
    start(nginx, f"proxy_pass {upstream.url}; personalize_before_upstream on;",
          http="personalize_campaign c { slot hello-bar; fragment hello.html; }")
    nginx.get("/", method="POST", body=secrets.token_hex(8).encode())
    entry = nginx.last_log(1)
    assert (entry["campaigns"], entry["result"]) == ("", "method")
