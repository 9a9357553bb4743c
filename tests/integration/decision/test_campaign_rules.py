"""Campaigns with caps, groups, hours and the like; what the browser tells, and the cookie of it."""

import json
import re
import time

import pytest

from harness.state_cookie import base36, minutes_ago

PAGE = "<!doctype html><html><body><!--pz:a-->A<!--/pz--><!--pz:b-->B<!--/pz--></body></html>"
SAME = {"Sec-Fetch-Site": "same-origin"}


def start(nginx, campaigns, http="", endpoint=True, workers=1):
    nginx.page("index.html", PAGE)
    for name in ("one", "two", "three"):
        nginx.file(f"{name}.html", f'<p data-pz-campaign="{name}">{name}</p>')
    nginx.configure(http, campaigns + "location / { personalize on; }" +
                    ("location /_pz/ { personalize_endpoint; }" if endpoint else "") +
                    "location = /status { personalize_status; }", workers=workers)
    nginx.start()


def cookies(value):
    return {"Cookie": f"pz={value}"} if value else {}


def shown(nginx, value=None, **headers):
    """Names of the campaigns in the page."""
    response = nginx.get("/", headers={**cookies(value), **headers})
    assert response.status == 200
    return re.findall(r'<\w[^>]* data-pz-campaign="(\w+)"', response.text)


def post(nginx, body, value=None, headers=SAME, path="/_pz/e"):
    return nginx.get(path, method="POST", body=body.encode(), headers={**cookies(value), **headers})


def tell(nginx, body, value=None):
    """What the cookie is after the browser told that."""
    response = post(nginx, body, value)
    assert response.status == 204 and not response.body
    assert response.get("cache-control") == "no-store"
    return response.cookie("pz")


def status(nginx):
    return json.loads(nginx.get("/status?format=json").text)


def test_a_cap_is_reached(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 2/session 3/day; fragment one.html; }")
    assert shown(nginx) == ["one"]
    cookie = tell(nginx, "impression=one")
    assert shown(nginx, cookie) == ["one"]
    cookie = tell(nginx, "impression=one", cookie)
    assert shown(nginx, cookie) == []
    # Another session, the same day.
    cookie = minutes_ago(cookie, 31)
    assert shown(nginx, cookie) == ["one"]
    cookie = tell(nginx, "impression=one", cookie)
    assert shown(nginx, cookie) == []
    assert shown(nginx, minutes_ago(cookie, 31)) == []
    assert shown(nginx, minutes_ago(cookie, 1440)) == ["one"]
    # Whoever throws the cookie away or writes another deceives nobody else.
    assert shown(nginx) == shown(nginx, "rubbish") == shown(nginx, "~~~~") == ["one"]
    assert shown(nginx, "1." + "z" * 3000) == ["one"]


def test_the_cookie_as_the_browser_gets_it(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 2/session; fragment one.html; }")
    header = post(nginx, "impression=one").get("set-cookie")
    assert re.fullmatch(r"pz=1\.1\.\w+\.\w+~[\w.]+; Path=/; Max-Age=31536000; SameSite=Lax", header)
    # A page sets none, until the one that the browser has is out of date.
    assert nginx.get("/").cookie("pz") is None
    cookie = tell(nginx, "impression=one")
    assert nginx.get("/", headers=cookies(cookie)).cookie("pz") is None
    renewed = nginx.get("/", headers=cookies(minutes_ago(cookie, 10))).cookie("pz")
    assert renewed.count("~") == 1
    assert shown(nginx, tell(nginx, "impression=one", renewed)) == []
    # What is forged is not handed back.
    assert nginx.get("/", headers=cookies("<script>")).cookie("pz") is None


def test_a_browser_that_has_counted_already_is_not_counted_twice(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 2/session; fragment one.html; }")
    cookie = tell(nginx, "impression=one")
    assert tell(nginx, "n=1&impression=one", cookie) == cookie
    assert shown(nginx, cookie) == ["one"]
    # It has not, where the cookie that came is an older one.
    assert shown(nginx, tell(nginx, "n=2&impression=one", cookie)) == []


def test_a_time_of_a_visitors_own_begins_when_the_campaign_is_first_seen(nginx):
    start(nginx, "personalize_campaign one { slot a; widget countdown; set deadline 'evergreen 2h'; }")

    def since(cookie=None):
        found = re.search(r'data-pz-deadline="(\d+) 0 (\d+)"', nginx.get("/", headers=cookies(cookie)).text)
        assert found[2] == "7200000"
        return found[1] != "0" and (int(found[1]) - 7200000) // 60000 - 1

    assert nginx.get("/").status == 200 and since() is False
    cookie = tell(nginx, "impression=one")
    first = since(cookie)
    assert abs(first - time.time() / 60) < 2
    # Later impressions change nothing.
    cookie = tell(nginx, "impression=one", minutes_ago(cookie, 30))
    assert since(cookie) == first - 30
    # A cookie from before the first one was kept.
    assert since(cookie[:cookie.rindex(".")]) is False
    assert 'data-pz-deadline=' not in nginx.get("/", headers=cookies(minutes_ago(cookie, 100))).text


def test_a_campaign_stops_for_those_who_have_claimed(nginx):
    start(nginx, "personalize_campaign one { slot a; stop after=claim for=1h; fragment one.html; }")
    cookie = tell(nginx, "impression=one")
    assert shown(nginx, cookie) == ["one"]
    minute = base36(int(time.time()) // 60)
    claimed = f"{cookie}.{minute}"
    assert shown(nginx, claimed) == []
    assert shown(nginx, minutes_ago(claimed, 61)) == ["one"]


def test_whoever_comes_to_the_end_of_its_questions_has_answered(nginx):
    start(nginx, "personalize_campaign one { slot a; stop after=answer for=1h; fragment one.html; }")
    begun = tell(nginx, "impression=one&answer=one&question=why&text=Price")
    assert shown(nginx, begun) == ["one"]
    finished = tell(nginx, "finish=one", begun)
    assert shown(nginx, finished) == []
    assert shown(nginx, minutes_ago(finished, 61)) == ["one"]


def test_events_of_no_campaign_leave_nothing(nginx):
    start(nginx, "personalize_campaign one { slot a; fragment one.html; }"
                 "personalize_campaign two { slot b; cap 1/week; fragment two.html; }")
    assert tell(nginx, "impression=one&click=one&impression=unknown&conversion=") is None
    cookie = tell(nginx, "impression=two&impression=unknown")
    assert cookie.count("~") == 1
    seen = status(nginx)
    assert seen["events"] == {"impression": 2, "click": 1, "dismiss": 0, "conversion": 1,
                              "claim": 0, "answer": 0, "finish": 0, "lead": 0}
    assert seen["beacons"]["accepted"] == 2


@pytest.mark.parametrize("headers, expected", [
    ({"Sec-Fetch-Site": "same-origin"}, 204),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ({"Origin": "http://localhost"}, 204),
    ({"Origin": "https://LOCALHOST"}, 204),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({}, 403),
])
def test_only_pages_of_the_site_are_heard(nginx, headers, expected):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }")
    response = post(nginx, "impression=one", headers=headers)
    assert response.status == expected
    assert (response.cookie("pz") is not None) == (expected == 204)


def test_what_is_no_report_is_refused(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }")
    for body, expected in (("", 400), ("hello", 400), ("impression=", 400), ("buy=one", 400),
                           ("n=x&click=one", 400), ("impression=" + "x" * 129, 400),
                           ("&".join(["click=one"] * 33), 400), ("x" * 4097, 413),
                           ("x" * 2000000, 413), ("impression=%3Cscript%3E", 400)):
        with nginx.connect() as connection:
            connection.request("/_pz/e", "POST", {**SAME, "Content-Length": str(len(body))},
                               body=body.encode()[:5000])
            response = connection.response("POST")
        assert response.status == expected, body[:40]
        assert b"script" not in response.body and response.cookie("pz") is None
    response = post(nginx, "", headers={**SAME, "Transfer-Encoding": "chunked"})
    assert response.status == 411
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        response = nginx.get("/_pz/e", method=method, headers=SAME)
        assert response.status == 405 and response.get("allow") == "POST"
    assert nginx.get("/_pz/personalize.js", method="POST", headers=SAME).status == 405
    # It goes on.
    assert tell(nginx, "impression=one") is not None


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender"])
def test_reports_of_pages_that_nobody_looks_at_are_ignored(nginx, purpose):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }")
    response = post(nginx, "impression=one", headers={**SAME, "Sec-Purpose": purpose})
    assert response.status == 204 and response.cookie("pz") is None
    seen = status(nginx)
    assert seen["events"]["impression"] == 0
    assert seen["beacons"] == {"accepted": 0, "refused": 1}


def forbidden(nginx, value=None, names=("one", "two", "three"), **headers):
    """Which of the campaigns may not be shown any more."""
    response = nginx.get("/_pz/may?" + "&".join(f"c={name}" for name in names),
                         headers={**cookies(value), **headers})
    assert response.status == 200 and response.get("content-type").startswith("application/json")
    assert response.get("cache-control") == "no-store"
    return json.loads(response.text)


def test_what_may_still_be_shown(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 2/session; stop after=click for=1h; fragment one.html; }"
                 "personalize_campaign two { slot b; group rest 1/session; when cookie.no; fragment two.html; }"
                 "personalize_campaign three { slot b; group rest; stop after=dismiss; fragment three.html; }")
    assert forbidden(nginx) == {}
    assert forbidden(nginx, "rubbish") == {}
    cookie = tell(nginx, "impression=one")
    assert forbidden(nginx, cookie) == {}
    cookie = tell(nginx, "impression=one&impression=three", cookie)
    # A group is capped together; conditions are not asked.
    assert forbidden(nginx, cookie) == {"one": "capped", "two": "capped", "three": "capped"}
    assert forbidden(nginx, cookie, ["two"]) == {"two": "capped"}
    cookie = tell(nginx, "click=one&dismiss=three", cookie)
    assert forbidden(nginx, cookie) == {"one": "stopped", "two": "capped", "three": "stopped"}
    # In the next session caps are forgotten, and stops that have no end are not.
    assert forbidden(nginx, minutes_ago(cookie, 61)) == {"three": "stopped"}
    # Who has not consented is known nothing of, as by pages.
    assert forbidden(nginx, cookie, **{"Sec-GPC": "1"}) == {}


def test_what_is_switched_off_or_over_is_stopped(nginx):
    start(nginx, "personalize_campaign one { slot a; enabled off; fragment one.html; }"
                 "personalize_campaign two { slot b; schedule until=2020-01-01; fragment two.html; }")
    assert forbidden(nginx) == {"one": "stopped", "two": "stopped"}


def test_odd_questions(nginx):
    start(nginx, "personalize_campaign one { slot a; enabled off; fragment one.html; }")
    assert forbidden(nginx, names=["%6fne", "%22", "constructor", ""]) == {"one": "stopped"}
    for query in ("", "?", "?c", "?one", "?d=one", "?" + "c=x&" * 32 + "c=one"):
        assert json.loads(nginx.get("/_pz/may" + query).text) == {}
    assert nginx.get("/_pz/may?c=one", method="POST", headers=SAME).status == 405


def test_pages_tell_the_state_that_they_were_made_by(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 9/session; fragment one.html; }")
    assert 'data-pz-state="0"' in nginx.get("/").text
    cookie = tell(nginx, "impression=one")
    assert 'data-pz-state="1"' in nginx.get("/", headers=cookies(cookie)).text
    assert "data-pz-state" not in nginx.get("/", headers={**cookies(cookie), "Sec-GPC": "1"}).text


def test_pages_tell_no_state_where_nothing_depends_on_it(nginx):
    start(nginx, "personalize_campaign one { slot a; fragment one.html; }")
    text = nginx.get("/").text
    assert "<script" in text and "data-pz-state" not in text


@pytest.mark.parametrize("how", ["client_body_in_file_only clean;", "client_body_buffer_size 8;",
                                 "client_body_in_file_only on;"])
def test_reports_in_files(nginx, how):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }" + how)
    assert tell(nginx, "impression=one") is not None
    assert post(nginx, "impression=one&" * 200).status in (204, 400)
    assert post(nginx, "x" * 4097).status == 413


@pytest.mark.parametrize("secure, expected", [("on", True), ("off", False)])
def test_a_report_is_answered_with_a_secure_cookie_where_tls_ends_before_us(nginx, secure, expected):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }",
          f"personalize_visitor cookie=vid secure={secure};")
    cookie, = post(nginx, "impression=one").all("set-cookie")
    assert ("Secure" in cookie) == expected, cookie


def test_slow_reports(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }")
    with nginx.connect() as connection:
        connection.send(b"POST /_pz/e HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
                        b"Content-Length: 14\r\n\r\nimpres")
        time.sleep(0.05)
        connection.send(b"sion=one")
        assert connection.response("POST").status == 204
    # One that never ends is the client's own affair.
    with nginx.connect() as connection:
        connection.send(b"POST /_pz/e HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
                        b"Content-Length: 14\r\n\r\nimpres")
    assert shown(nginx) == ["one"]


def test_one_of_a_group_in_a_view(nginx):
    start(nginx, "personalize_campaign one { slot a; group overlays 1/view 2/session; fragment one.html; }"
                 "personalize_campaign two { slot b; priority 5; group overlays; fragment two.html;"
                 "  unless request.arg.off; }")
    # The more important one, though its slot stands behind.
    assert shown(nginx) == ["two"]
    assert re.findall(r"<p data-pz-campaign=\"(\w+)", nginx.get("/?off=1").text) == ["one"]
    cookie = tell(nginx, "impression=one&impression=two")
    assert shown(nginx, cookie) == []


def test_a_campaign_once_in_a_view(nginx):
    start(nginx, "personalize_slot a span all;"
                 "personalize_campaign one { slot a; cap 2/view; fragment one.html; }")
    nginx.page("index.html", "<!doctype html><body>" + "<span>x</span>" * 5)
    text = nginx.get("/").text
    assert text.count("data-pz-campaign") == 2 and text.count("<span>x</span>") == 3


def test_stopping(nginx):
    start(nginx, "personalize_campaign one { slot a; stop after=dismiss for=7d; stop after=conversion; fragment one.html; }"
                 "personalize_campaign two { slot a; fragment two.html; }")
    cookie = tell(nginx, "impression=one&click=one")
    assert shown(nginx, cookie) == ["one"]
    closed = tell(nginx, "dismiss=one", cookie)
    assert shown(nginx, closed) == ["two"]
    assert shown(nginx, minutes_ago(closed, 7 * 1440)) == ["one"]
    bought = tell(nginx, "conversion=", cookie)
    assert shown(nginx, bought) == ["two"]
    assert shown(nginx, minutes_ago(bought, 300 * 1440)) == ["two"]


def test_hours_where_the_visitor_is(nginx, geo_database):
    # In Mumbai it is half an hour past some hour when it is a full one in UTC.
    now = time.gmtime()
    india = (now.tm_hour * 60 + now.tm_min + 330) % 1440
    start(nginx, f"""
      personalize_campaign one {{ slot a; hours {india // 60}:{india % 60:02}-{(india + 5) // 60 % 24}:{(india + 5) % 60:02}; fragment one.html; }}
      personalize_campaign two {{ slot b; schedule from=2020-01-01T00:00:00+01:00; fragment two.html; }}
    """, http=f"personalize_geoip {geo_database};")
    assert shown(nginx, **{"X-Client": "198.51.100.7"}) == ["one", "two"]
    assert shown(nginx, **{"X-Client": "203.0.113.9"}) == ["two"]


def test_holdout_needs_no_write(nginx):
    start(nginx, "personalize_campaign one { slot a; holdout 50%; fragment one.html; }",
          http="personalize_visitor cookie=vid;")
    outcomes = {}
    for i in range(100):
        headers = {"Cookie": f"vid=visitor-{i}"}
        text = nginx.get("/", headers=headers).text
        assert text == nginx.get("/", headers=headers).text
        outcomes["data-pz-campaign" in text] = outcomes.get("data-pz-campaign" in text, 0) + 1
    assert 30 < outcomes[True] < 70


def test_widgets_have_rules_of_their_own(nginx):
    start(nginx, "personalize_campaign one { slot a; widget hello-bar; set text Hi; }"
                 "personalize_campaign two { slot b; widget exit-popup; set title Wait; }")
    assert shown(nginx) == ["one", "two"]
    assert shown(nginx, tell(nginx, "impression=one&impression=two")) == ["one"]
    assert shown(nginx, tell(nginx, "dismiss=one")) == ["two"]


def test_without_endpoint_the_script_stands_in_the_page(nginx):
    start(nginx, "personalize_campaign one { slot a; cap 1/session; fragment one.html; }",
          endpoint=False)
    text = nginx.get("/").text
    assert text.count("<script") == 1 and "pzLoaded" in text


def test_an_offer_stays_with_who_saw_it(nginx):
    start(nginx, """personalize_campaign one { slot a; when request.arg.new;
        schedule from=2020-01-01; widget hello-bar; set text Hi; set price 9; set reason "First order"; }""")
    assert re.findall(r'data-pz-campaign="(\w+)"', nginx.get("/?new=1").text) == ["one"]
    assert shown(nginx) == []
    assert shown(nginx, tell(nginx, "impression=one")) == ["one"]


MISTAKES = [
    ("cap 3/month;", "invalid limit"),
    ("cap 0/day;", "invalid limit"),
    ("group overlays;", "limits nothing"),
    ("schedule from=soon;", "is not a date"),
    ("schedule from=2026-02-01 until=2026-01-01;", "before it begins"),
    ("hours 25-26;", "invalid hours"),
    ("weekdays someday;", "invalid weekday"),
    ("stop after=lunch;", "after=dismiss"),
    ("holdout 101%;", "0% to 100%"),
    ("enabled yes;", "on or off"),
    ("cap 1/day; cap 2/week;", "is duplicate"),
    ("frequency 3;", 'unknown directive "frequency"'),
    ("set price 9;", "set reason"),
]


@pytest.mark.parametrize("rule, message", MISTAKES)
def test_mistakes(nginx, rule, message):
    nginx.configure(server="personalize_campaign one {\n  slot a; widget hello-bar; set text Hi;\n  "
                           + rule + "\n}\nlocation / { personalize on; }")
    code, output = nginx.check()
    line = 1 + nginx.config_file.read_text().split(rule)[0].count("\n")
    assert code == 1 and message in output and f"nginx.conf:{line}" in output


def test_doubts_are_warned_of(nginx):
    nginx.file("plain.html", "<p>Hi</p>")
    offer = "slot a; widget hello-bar; set text Hi; "
    nginx.configure(server=f"""
      personalize_campaign silent {{ slot b; cap 1/day; fragment plain.html; }}
      personalize_campaign near {{ {offer} when geo.country = PL; set price 9; set reason Today; }}
      personalize_campaign far {{ {offer} set price 12; set reason Today; }}
      personalize_campaign early {{ {offer} when time.hour < 9; set discount 5%; set reason "Early birds"; }}
      location / {{ personalize on; }}""")
    code, output = nginx.check()
    assert code == 0
    assert 'campaign "silent" cannot be counted' in output
    assert 'campaigns "near" and "far" make different offers' in output
    assert 'campaign "early" makes an offer for a time and has no schedule' in output


def test_what_happened_is_known_to_others(nginx):
    """A follow-up a day after the first, unless that was clicked; a campaign without rules is remembered for it."""
    nginx.file("told.html", "[{{campaign.one.shown}} {{campaign.one.clicked | default none}}]")
    start(nginx, """
        personalize_campaign one { slot a; unless campaign.one.first_shown exists; fragment one.html; }
        personalize_campaign two { slot a; when campaign.one.first_shown older_than 1d;
                                   unless segment.followed; fragment two.html; }
        personalize_campaign told { slot b; fragment told.html; }
        personalize_segment followed { when campaign.one.clicked; }
    """)

    def told(cookie=None):
        return re.search(r"\[(.*)\]", nginx.get("/", headers=cookies(cookie)).text).group(1)
    assert shown(nginx) == ["one"] and told() == "0 none"
    cookie = tell(nginx, "impression=one")
    assert shown(nginx, cookie) == [] and told(cookie) == "1 none"
    later = minutes_ago(cookie, 1500)
    assert shown(nginx, later) == ["two"]
    clicked = tell(nginx, "impression=one&click=one", later)
    assert shown(nginx, clicked) == []
    count, when = told(clicked).split()
    assert count == "2" and abs(int(when) - time.time()) < 120
    # Nothing is known of those who do not agree.
    assert told(None) == "0 none"
    text = nginx.get("/", headers={**cookies(clicked), "Sec-GPC": "1"}).text
    assert "[ none]" in text


def test_a_purchase_that_nginx_sees_is_a_conversion(nginx):
    nginx.file("told.html", "[{{campaign.one.converted}}]")
    start(nginx, """
        personalize_visitor cookie=vid issue=on;
        personalize_campaign one { slot a; stop after=conversion; fragment one.html; }
        personalize_campaign told { slot b; fragment told.html; }
        location = /buy { personalize off; personalize_convert purchase if=$arg_paid; return 200 ok; }
        location = /add { personalize off; personalize_convert add_to_cart; return 200 ok; }
        location = /thanks { personalize on; personalize_convert purchase; try_files /index.html =404; }
    """)
    seen = tell(nginx, "impression=one")

    def buy(path, method="POST", cookie=seen, **headers):
        return nginx.get(path, method=method, headers={
            **cookies(cookie), "Accept": "text/html", **{n.replace("_", "-"): v for n, v in headers.items()}})
    assert shown(nginx, seen) == ["one"]
    for answer in (buy("/buy"), buy("/add"), buy("/buy?paid=1", Sec_GPC="1"), buy("/buy?paid=1", "GET"),
                   buy("/buy?paid=1", cookie=None), buy("/buy?paid=1", User_Agent="Googlebot/2.1"),
                   buy("/buy?paid=1", Sec_Purpose="prefetch")):
        assert answer.status == 200 and answer.cookie("pz") is None
    for answer in (buy("/buy?paid=1"), buy("/thanks", "GET", Sec_Fetch_Dest="document", Sec_Fetch_Mode="navigate")):
        bought = answer.cookie("pz")
        assert shown(nginx, bought) == []
        when = int(re.search(r"\[(\d+)\]", nginx.get("/", headers=cookies(bought)).text).group(1))
        assert abs(when - time.time()) < 120
    # A browser that has counted less than the server knows of is not believed.
    assert shown(nginx, tell(nginx, "n=1&impression=one", bought)) == []
