"""What is known of a request, as templates show it and conditions see it."""

import datetime
import zoneinfo

import pytest

from harness.waiting import wait_until

PAGE = "<!doctype html><body><!--pz:s--><!--/pz--></body>"


@pytest.fixture
def show(nginx):
    """Returns show(attribute, headers=…, path=…, http=…): what {{attribute}} comes out as."""
    nginx.page("index.html", PAGE)

    def start(attributes, http="", server="", extra_location=""):
        nginx.file("s.html", "".join(f"[{{{{{a}}}}}]" for a in attributes))
        nginx.configure(http + "\ncharset utf-8; personalize_campaign s { slot s; fragment s.html; }",
                        server + "\nlocation / { personalize on; try_files $uri /index.html?$args; "
                        + extra_location + " }")
        nginx.start()

        def values(headers=(), path="/"):
            response = nginx.get(path, headers=headers)
            assert response.status == 200
            text = response.text
            inner = text[text.index("["):text.rindex("]") + 1]
            return inner[1:-1].split("][")

        return values

    return start


def test_request(show, nginx):
    values = show(["request.path", "request.method", "request.scheme", "request.host",
                   "request.arg.q", "request.arg.none", "request.header.x-thing",
                   "request.referer_host", "request.language"])
    assert values({"Host": "Shop.example:8080", "X-Thing": "a b",
                   "Referer": "https://Search.example/find?q=1",
                   "Accept-Language": "en;q=0.5, pl-PL, de;q=0.9"},
                  "/some/path?q=a%20b+c&q=second") == \
        ["/some/path", "GET", "http", "shop.example", "a b c", "", "a b", "search.example", "pl"]


def test_request_without_anything(show):
    values = show(["request.referer_host", "request.language", "request.arg.q",
                   "request.header.x", "cookie.a", "visitor.id"])
    assert values({"Host": "x"}) == ["", "", "", "", "", ""]


def test_cookies(show):
    values = show(["cookie.a", "cookie.b", "cookie.A", "cookie.empty", "cookie.none"])
    assert values({"Cookie": 'a=1; b="two words"; A=3; empty=; a=second'}) == \
        ["1", "two words", "3", "", ""]


def test_visitor_of_a_cookie(show, nginx):
    values = show(["visitor.id", "visitor.new", "visitor.verified"],
                  "personalize_visitor cookie=vid;")
    assert values({"Cookie": "vid=ada"}) == ["ada", "false", "false"]
    assert values()[0] == ""
    assert nginx.last_log(1)["visitor"] == "ada"


def test_visitor_of_a_variable(show, nginx):
    values = show(["visitor.id"], "personalize_visitor $arg_user;")
    assert values(path="/?user=ada") == ["ada"]
    assert values() == [""]


def test_visitor_of_a_map(show):
    values = show(["visitor.id"], 'map $http_x_user $user { default ""; ~^u(?<n>\\d+)$ user-$n; }\n'
                                  "personalize_visitor $user;")
    assert values({"X-User": "u42"}) == ["user-42"]
    assert values({"X-User": "other"}) == [""]


def test_variables(show):
    values = show(["var.arg_x", "var.request_method", "var.mapped", "var.http_x"],
                  "map $arg_x $mapped { default no; 1 yes; }")
    assert values({"X": "<b>"}, "/?x=1") == ["1", "GET", "yes", "&lt;b&gt;"]


GEO = ["geo.country", "geo.continent", "geo.region", "geo.city", "geo.postal", "geo.timezone",
       "geo.in_eu"]


def test_geo(show, geo_database):
    values = show(GEO, f"personalize_geoip {geo_database};")
    assert values({"X-Client": "203.0.113.77"}) == \
        ["PL", "EU", "14", "Łódź", "90-001", "Europe/Warsaw", "true"]
    assert values({"X-Client": "198.51.100.1"}) == \
        ["IN", "AS", "MH", "Mumbai", "", "Asia/Kolkata", "false"]
    assert values({"X-Client": "2001:db8::5"})[:4] == ["RO", "EU", "", "Cluj-Napoca"]
    assert values({"X-Client": "::ffff:203.0.113.77"})[0] == "PL"
    assert values()[:6] == [""] * 6


def test_geo_coordinates(show, geo_database):
    values = show(["geo.latitude", "geo.longitude"], f"personalize_geoip {geo_database};")
    assert [float(v) for v in values({"X-Client": "203.0.113.77"})] == [51.77, 19.46]


def test_geo_of_two_databases(show, geo_database, asn_database):
    values = show(["geo.country", "geo.asn"],
                  f"personalize_geoip {asn_database}; personalize_geoip {geo_database};")
    assert values({"X-Client": "203.0.113.77"}) == ["PL", "64496"]


def test_geo_is_of_the_address_after_realip_of_the_location(show, geo_database):
    """realip in a location comes after the phases in which one could look too early."""
    values = show(["geo.country"], f"personalize_geoip {geo_database};",
                  server="real_ip_header X-Unused;", extra_location="real_ip_header X-Other;")
    assert values({"X-Client": "203.0.113.77", "X-Other": "198.51.100.1"}) == ["IN"]


DEVICES = {
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
               "Chrome/126.0.0.0 Safari/537.36",
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
              "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "tablet": "Mozilla/5.0 (Linux; Android 13; SM-X906B) AppleWebKit/537.36 (KHTML, like Gecko) "
              "Chrome/126.0.0.0 Safari/537.36",
    "bot": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}


@pytest.mark.parametrize("device", DEVICES)
def test_device(show, device):
    assert show(["device.type"])({"User-Agent": DEVICES[device]}) == [device]


def test_time_in_the_visitors_zone(show, geo_database):
    values = show(["time.date", "time.hour", "time.weekday", "time.now"],
                  f"personalize_geoip {geo_database};")

    def agrees():
        zone = zoneinfo.ZoneInfo("Asia/Kolkata")
        before = datetime.datetime.now(zone)
        date, hour, weekday, now = values({"X-Client": "198.51.100.1"})
        after = datetime.datetime.now(zone)
        return any((date, hour, weekday) ==
                   (t.strftime("%Y-%m-%d"), str(t.hour), t.strftime("%A").lower())
                   for t in (before, after)) and \
            before.timestamp() - 2 <= float(now) <= after.timestamp() + 2

    wait_until(agrees, "the time is right", step=0.5)


def test_segments_in_templates_and_log(show, nginx):
    values = show(["segment.a", "segment.b"], """
      personalize_segment a { when cookie.a; }
      personalize_segment b { unless segment.a; }
    """)
    assert values({"Cookie": "a=1"}) == ["true", "false"]
    assert nginx.last_log(1)["segments"] == "a"
    assert nginx.last_log(1)["campaigns"] == "s"


CONDITIONS = [
    ("when geo.country = PL", True), ("when geo.country = DE", False),
    ("when geo.country in DE PL", True), ("when geo.country not_in DE PL", False),
    ("when geo.country != DE", True), ("unless geo.country = PL", False),
    ("when geo.latitude between 50 55", True), ("when geo.latitude > 52", False),
    ("when geo.in_eu", True), ("when geo.city ~ 'dź$'", True), ("when geo.city ~* '^ŁÓ'", True),
    ("when geo.city !~ 'x'", True), ("when request.path = /", True),
    ("when request.arg.n >= 9", True), ("when request.arg.n = 10", True),
    ("when request.arg.n < 9", False), ("when request.arg.none", False),
    ("when request.arg.none missing", True), ("when request.arg.n exists", True),
    ("when request.arg.none < 5", False), ("when request.arg.none != 5", True),
    ("any { when geo.country = DE; when geo.country = PL; }", True),
    ("any { when geo.country = DE; all { when geo.in_eu; unless geo.in_eu; } }", False),
    ("all { when geo.in_eu; when geo.country = PL; }", True),
    ("when cookie.a = 1; when cookie.a = 2", False),
    ("when segment.eu", True), ("unless segment.eu", False),
]


@pytest.mark.parametrize("condition,expected", CONDITIONS, ids=[c for c, _ in CONDITIONS])
def test_condition(nginx, geo_database, condition, expected):
    nginx.page("index.html", PAGE)
    nginx.file("s.html", "yes")
    end = "" if condition.endswith("}") else ";"
    nginx.configure(f"""personalize_geoip {geo_database};
      personalize_segment eu {{ when geo.in_eu; }}
      personalize_segment test {{ {condition}{end} }}
      personalize_campaign s {{ slot s; when segment.test; fragment s.html; }}""",
                    "location / { personalize on; }")
    nginx.start()
    response = nginx.get("/?n=10", headers={"X-Client": "203.0.113.77", "Cookie": "a=1"})
    assert ("yes" in response.text) == expected
