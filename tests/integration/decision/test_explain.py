"""personalize_explain: the decision about a request and its reasons, as JSON."""

import json
from urllib.parse import urlencode

import pytest

from harness import scene
from harness.bucketing import bucket
from harness.state_cookie import base36
from harness.waiting import wait_until

LOCATION = "location = /_pz/explain { personalize_explain; allow 127.0.0.1; deny all; }"

CONFIGURATION = """
  personalize_segment gold {
    when profile.tier = gold;
    any { when geo.country in PL RO; when request.arg.vip; }
  }
  personalize_segment noon { when time.hour between 11 13; }
  personalize_holdout untouched { coverage 0%; }
  personalize_experiment bars {
    variants control=50 free=50;
    holdout untouched;
    when device.type = desktop;
    force free when cookie.qa = free;
  }
  personalize_experiment narrow { variants a b; coverage 0%; namespace shelf 0 0.5; }
  personalize_campaign first {
    slot hello-bar; priority 30;
    when segment.gold; when segment.noon;
    fragment hello.html;
  }
  personalize_campaign second {
    slot hello-bar; priority 20;
    when experiment.bars = free;
    cap 2/session;
    fragment hello.html;
  }
  personalize_campaign third { slot hello-bar; priority 10; fragment hello.html; }
  personalize_campaign off { slot other; enabled off; fragment hello.html; }
  personalize_campaign over { slot other; schedule until=2020-01-01T00:00:00Z; fragment hello.html; }
  personalize_campaign held { slot other; holdout 100%; fragment hello.html; }
"""


@pytest.fixture
def explain(nginx, redis, geo_database):
    """explain(**arguments): the answer's JSON. Dots of argument names are written __."""
    scene.prepare(nginx)
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_geoip {geo_database};
      personalize_visitor cookie=vid;
      personalize_source profile key=profile:${{visitor.id}} ttl=0;
      {CONFIGURATION}
    """, f"""
      personalize on;
      personalize_wait 2s;
      {LOCATION}
      location = /status {{ personalize off; personalize_status; }}
    """)
    nginx.start()

    def ask(status=200, headers=(), **arguments):
        query = urlencode({name.replace("__", "."): value for name, value in arguments.items()})
        answer = nginx.get("/_pz/explain?" + query, headers=dict(headers))
        assert answer.status == status, answer.body
        assert answer.get("content-type") == "application/json; charset=utf-8"
        assert answer.get("cache-control") == "no-store"
        assert answer.get("set-cookie") is None
        return json.loads(answer.body)

    return ask


def slot(answer, name="hello-bar"):
    return next(one for one in answer["slots"] if one["slot"] == name)


def campaign(answer, name):
    return next(one for slot in answer["slots"] for one in slot["campaigns"]
                if one["campaign"] == name)


def segment(answer, name):
    return next(one for one in answer["segments"] if one["segment"] == name)


def experiment(answer, name):
    return next(one for one in answer["experiments"] if one["experiment"] == name)


DESKTOP = "Mozilla/5.0 (X11; Linux x86_64)"


def test_why_did_this_visitor_see_that_at_noon_from_there(explain):
    answer = explain(visitor="ada", time="2026-11-22T12:00:00Z", uri="/shop?vip=1",
                     **{"header.User-Agent": DESKTOP})
    assert answer["complete"] is True
    assert answer["visitor"] == {"id": "ada", "new": False, "verified": False}
    assert answer["request"]["uri"] == "/shop?vip=1"
    assert answer["documents"] == [{"source": "profile", "key": "profile:ada", "state": "fetched",
                                    "at": answer["documents"][0]["at"]}]
    attributes = answer["attributes"]
    assert attributes["profile.tier"] == {"value": "gold", "origin": "document profile: fetched",
                                          "at": attributes["profile.tier"]["at"]}
    assert attributes["request.arg.vip"]["value"] == "1"
    assert attributes["request.arg.vip"]["origin"] == "argument"
    assert attributes["time.hour"] == {"value": 12, "origin": "argument",
                                       "at": attributes["time.hour"]["at"]}
    assert attributes["geo.country"]["missing"] is True
    assert attributes["geo.country"]["origin"] == "geo database"

    gold = segment(answer, "gold")
    assert gold["member"] is True
    tier, either = gold["conditions"]
    assert (tier["condition"], tier["holds"], tier["value"]) == \
        ("when profile.tier = gold", True, "gold")
    assert either["condition"] == "any" and either["holds"] is True
    assert [(one["condition"], one["holds"]) for one in either["conditions"]] == \
        [("when geo.country in PL RO", False), ("when request.arg.vip", True)]

    bar = slot(answer)
    assert bar["winner"] == "first"
    assert [one["campaign"] for one in bar["campaigns"]] == ["first", "second", "third"]
    assert [one["outcome"] for one in bar["campaigns"]] == ["shown", "outranked", "outranked"]
    assert campaign(answer, "second")["reason"] == \
        'campaign "first" won the slot: its priority is 30'


def test_places_are_those_of_the_configuration(explain, nginx):
    answer = explain(visitor="ada")
    lines = nginx.config_file.read_text().splitlines()

    def line(place):
        path, number = place.rsplit(":", 1)
        assert path == str(nginx.config_file)
        return lines[int(number) - 1]

    assert "when profile.tier = gold" in line(segment(answer, "gold")["conditions"][0]["at"])
    assert "personalize_campaign third" in line(campaign(answer, "third")["at"])
    assert "personalize_experiment bars" in line(experiment(answer, "bars")["at"])
    assert "personalize_source profile" in line(answer["documents"][0]["at"])


def test_another_time_decides_otherwise(explain):
    evening = explain(visitor="ada", time="2026-11-22T20:00:00Z", uri="/?vip=1", cookie__qa="free")
    assert segment(evening, "noon")["member"] is False
    assert campaign(evening, "first")["outcome"] == "not_met"
    assert [(one["condition"], one["holds"]) for one in campaign(evening, "first")["conditions"]] \
        == [("when segment.gold", True), ("when segment.noon", False)]
    assert slot(evening)["winner"] == "second"


def test_the_country_of_an_address(explain):
    answer = explain(visitor="ada", ip="203.0.113.9")
    country = answer["attributes"]["geo.country"]
    assert country["value"] == "PL" and country["origin"] == "argument"
    assert segment(answer, "gold")["member"] is True


def test_an_experiment_by_its_hash(explain):
    for visitor in ("ada", "bob", "eve", "joe"):
        run = experiment(explain(visitor=visitor, time="2026-11-22T20:00:00Z",
                                 **{"header.User-Agent": DESKTOP}),
                         "bars")["runs"][0]
        n = bucket("bars", visitor)
        assert run["bucket"] == pytest.approx(n)
        assert run["key"] == ("control" if n < 0.5 else "free")
        assert (run["inExperiment"], run["hashUsed"], run["reason"]) == (True, True, "bucket")
        assert (run["hashAttribute"], run["hashValue"]) == ("visitor.id", visitor)
        assert (run["seed"], run["hashVersion"], run["coverage"]) == ("bars", 2, 1)
        assert run["ranges"] == {"control": [0, 0.5], "free": [0.5, 1]}
        assert [one["holds"] for one in run["holdouts"]] == [True]


def test_an_experiment_that_forces_or_refuses(explain):
    forced = experiment(explain(visitor="ada", cookie__qa="free"), "bars")
    assert forced["variant"] == "free" and forced["exposure"] is False
    assert forced["runs"][0]["reason"] == "forced"
    phone = experiment(explain(visitor="ada", **{
        "header.User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E"}),
        "bars")
    assert phone["variant"] is None
    assert phone["runs"][0]["reason"] == "condition"
    assert phone["runs"][0]["conditions"][0]["value"] == "mobile"
    answer = explain(visitor="ada")
    narrow = experiment(answer, "narrow")["runs"][0]
    assert narrow["namespace"]["range"] == [0, 0.5]
    assert narrow["reason"] == ("coverage" if narrow["namespace"]["member"] else "namespace")
    nobody = experiment(explain(uri="/", cookie__other="1"), "narrow")["runs"][0]
    assert nobody["reason"] == "missing_hash_value" and nobody["hashValue"] is None


def test_rules_tell_why_they_refuse(explain, redis):
    answer = explain(visitor="ada")
    assert campaign(answer, "off")["outcome"] == "switched_off"
    assert "enabled off" in campaign(answer, "off")["reason"]
    assert campaign(answer, "over")["outcome"] == "out_of_time"
    assert "schedule" in campaign(answer, "over")["reason"]
    assert campaign(answer, "held")["outcome"] == "held_out"
    assert "hash" in campaign(answer, "held")["reason"]
    assert slot(answer, "other")["winner"] is None


def test_caps_are_those_of_the_cookie(explain):
    key = campaign_key("second")
    minutes = 1763812800 // 60  # 2025-11-22T12:00:00Z
    seen = f"1.1.{base36(minutes)}.{base36(minutes)}~{base36(key)}.2.{base36(minutes)}.2.2." \
           f"{base36(minutes)}.2.{base36(minutes)}..."
    answer = explain(visitor="ada", cookie__qa="free", cookie__pz=seen,
                     time=str(minutes * 60 + 60))
    capped = campaign(answer, "second")
    assert capped["outcome"] == "capped", capped
    assert capped["reason"] == "shown 2 times, and its cap is 2/session"
    assert capped["history"]["session"] == 2
    assert capped["history"]["last_shown"] == minutes * 60


def campaign_key(name):
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


def test_nothing_is_counted(explain, nginx):
    before = nginx.get("/status").text
    for _ in range(3):
        explain(visitor="ada", **{"header.User-Agent": DESKTOP})
    after = nginx.get("/status").text
    counted = ("visitor", "page", "slot", "exposure", "held", "wait")

    def lines(text):
        return [line for line in text.splitlines()
                if not line.startswith("#") and any(word in line for word in counted)]

    assert lines(before) == lines(after) != []


def test_the_asking_request_counts_where_nothing_is_given(explain):
    answer = explain(headers={"Cookie": "vid=ada; qa=free", "User-Agent": DESKTOP})
    assert answer["visitor"]["id"] == "ada"
    assert answer["attributes"]["cookie.qa"] == {"value": "free", "origin": "cookie",
                                                 "at": answer["attributes"]["cookie.qa"]["at"]}
    assert answer["attributes"]["device.type"]["value"] == "desktop"
    # A visitor has none of the operator's cookies.
    answer = explain(headers={"Cookie": "vid=ada; qa=free"}, visitor="bob")
    assert answer["attributes"]["cookie.qa"]["missing"] is True


@pytest.mark.parametrize("arguments, says", [
    ({"uri": "shop"}, "slash"), ({"ip": "here"}, "address"), ({"time": "noon"}, "date"),
    ({"visiter": "ada"}, "unknown argument"), ({"header.": "x"}, "unknown argument")])
def test_what_cannot_be_asked_is_said(explain, arguments, says):
    assert says in explain(status=400, **arguments)["error"]


def test_hostile_values_are_escaped_and_cut(explain):
    hostile = "</script>\"\\\x00\xff" + "é" * 900
    answer = explain(visitor="ada", cookie__qa=hostile)
    value = answer["attributes"]["cookie.qa"]["value"]
    assert value.startswith("</script>\"\\\x00ÿ") and len(value) < 520 and value.endswith("…")


def test_only_reading(nginx, explain):
    assert nginx.get("/_pz/explain", method="POST").status == 405
    head = nginx.get("/_pz/explain?visitor=ada", method="HEAD")
    assert head.status == 200 and head.body == b""


def test_access_rules_count(nginx, explain):
    assert nginx.get("/_pz/explain", headers={"X-Client": "192.0.2.1"}).status == 403


def test_without_redis_what_is_missing_is_said(explain, redis, nginx):
    redis.kill()
    answer = explain(visitor="ada", time="2026-11-22T20:00:00Z")
    assert answer["complete"] is False
    assert answer["documents"][0]["state"] in ("error", "timeout")
    assert answer["attributes"]["profile.tier"]["missing"] is True
    assert slot(answer)["winner"] == "third" or slot(answer)["winner"] == "second"


def test_a_slow_redis_is_not_waited_for_longer_than_personalize_wait(nginx, rogue):
    scene.prepare(nginx)
    nginx.configure(scene.http(rogue.socket), scene.server("50ms", "") + f"""
      {LOCATION}
    """)
    nginx.start()
    rogue.on_read = lambda session, command: None
    answer = json.loads(nginx.get("/_pz/explain?visitor=ada").body)
    assert answer["documents"][0]["state"] == "timeout" and answer["complete"] is False


def test_a_client_that_goes_away_while_documents_are_waited_for(nginx, rogue):
    scene.prepare(nginx)
    nginx.configure(scene.http(rogue.socket), scene.server("1s", "") + LOCATION)
    nginx.start()
    rogue.on_read = lambda session, command: None
    for _ in range(5):
        connection = nginx.connect()
        connection.request("/_pz/explain?visitor=ada")
        connection.reset()
    wait_until(lambda: len(rogue.reads()) >= 1, "the questions")
    assert nginx.get("/_pz/explain?visitor=ada").status == 200


def test_the_server_of_the_host_decides(nginx, redis):
    scene.prepare(nginx)
    nginx.configure("", f"""
      {LOCATION}
      personalize_campaign here {{ slot hello-bar; fragment hello.html; }}
    }}
    server {{
      listen 127.0.0.1:{nginx.port};
      server_name other.example;
      personalize_campaign there {{ slot hello-bar; when request.host = other.example;
                                   fragment hello.html; }}
    """)
    nginx.file("hello.html", "<p>Hello</p>")
    nginx.start()
    assert slot(json.loads(nginx.get("/_pz/explain").body))["winner"] == "here"
    assert slot(json.loads(nginx.get("/_pz/explain?host=Other.example:80").body))["winner"] == \
        "there"
    assert slot(json.loads(nginx.get("/_pz/explain?host=unknown").body))["winner"] == "here"


@pytest.mark.parametrize("rules, warns", [
    ("", True), ("allow 127.0.0.1; deny all;", False), ("deny all;", False),
    ('auth_basic "operators"; auth_basic_user_file users;', False)])
def test_an_open_explanation_is_warned_of(nginx, rules, warns):
    nginx.configure("", f"location = /e {{ personalize_explain; {rules} }}")
    code, output = nginx.check()
    assert code == 0, output
    assert ("personalize_explain shows everybody" in output) == warns, output
