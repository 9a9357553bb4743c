"""Experiments through a running server: who gets which variant, and where it can be used."""

import json
import secrets
import subprocess
from base64 import b64encode
from collections import Counter
from urllib.parse import quote

import pytest

from harness import scene
from harness.bucketing import bucket
from harness.upstream import reply
from harness.waiting import wait_until

SHOWS = "add_header X-Variant $personalize_variant_bars; add_header X-Variants $personalize_variants;"


def choose(seed, value, ranges):
    n = bucket(seed, value)
    return next((name for name, begin, end in ranges if begin <= n < end), None)


def experiment(text, name="bars"):
    return f"personalize_experiment {name} {{ {text} }}\n"


BARS = experiment("variants control=50 free=25 ten=25;")


def start(nginx, http, location=SHOWS, server="", fragment="", visitor="cookie=vid"):
    nginx.page("index.html", scene.PAGE)
    nginx.file("hello.html", fragment or "<p>{{experiment.bars}}</p>")
    nginx.configure(f"""
      personalize_visitor {visitor};
      {http}
    """, f"""
      location / {{ personalize on; {location} }}
      {server}
    """)
    return nginx.start()


def variants(nginx, ids, header="x-variant", path="/"):
    """id → what the header says."""
    return {one: nginx.get(path, headers={"Cookie": f"vid={one}"}).get(header) for one in ids}


IDS = [f"u{i}" for i in range(400)]


# Assignment


def test_variants_are_those_of_the_hash(nginx):
    start(nginx, experiment("variants control=50 free=25 ten=25; coverage 80%;"))
    got = variants(nginx, IDS)
    ranges = [("control", 0, 0.4), ("free", 0.5, 0.7), ("ten", 0.75, 0.95)]
    assert got == {one: choose("bars", one, ranges) for one in IDS}
    counts = Counter(got.values())
    assert 120 < counts["control"] < 200 and 50 < counts["free"] < 115 and 40 < counts[None] < 120


def test_ids_hash_as_in_javascript(nginx):
    start(nginx, experiment("variants a b; hash_by request.arg.who;"))
    for who in ("josé", "żółć", "日本語", "😀🎉", "e\u0301", "plain"):
        got = nginx.get(f"/?who={quote(who)}").get("x-variant")
        assert got == choose("bars", who, [("a", 0, 0.5), ("b", 0.5, 1)]), who


def test_the_same_after_a_reload_and_a_wider_coverage(nginx):
    start(nginx, experiment("variants a=50 b=50; coverage 40%;"))
    before = variants(nginx, IDS)
    nginx.reload()
    assert variants(nginx, IDS) == before
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace("coverage 40%", "coverage 80%"))
    nginx.reload()
    after = {}

    def widened():
        after.update(variants(nginx, IDS))
        return sum(v is not None for v in after.values()) > 250

    wait_until(widened, "the wider coverage")
    assert all(after[one] == variant for one, variant in before.items() if variant)


def test_experiments_in_conditions_and_templates(nginx):
    start(nginx, BARS + """
      personalize_campaign bar { slot hello-bar; when experiment.bars != control;
                                 when experiment.bars exists; fragment hello.html; }""")
    for one in IDS[:40]:
        body = nginx.get("/", headers={"Cookie": f"vid={one}"}).text
        variant = choose("bars", one, [("control", 0, 0.5), ("free", 0.5, 0.75), ("ten", 0.75, 1)])
        if variant == "control":
            assert scene.is_default(body)
        else:
            assert scene.is_filled(body, f"<p>{variant}</p>")


def test_an_experiment_in_a_key(nginx, redis):
    redis.set_json("shelf:a", "first shelf")
    redis.set_json("shelf:b", "second shelf")
    start(nginx, f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_source shelf key=shelf:${{experiment.bars}};
      {experiment("variants a b;")}
      personalize_campaign c {{ slot hello-bar; when shelf; fragment hello.html; }}
    """, fragment="<p>{{shelf}}</p>", location="personalize_wait 2s;")
    for one in IDS[:10]:
        body = nginx.get("/", headers={"Cookie": f"vid={one}"}).text
        first = choose("bars", one, [("a", 0, 0.5), ("b", 0.5, 1)]) == "a"
        assert scene.is_filled(body, f"<p>{'first' if first else 'second'} shelf</p>")


def test_a_new_visitor_keeps_the_variant_of_the_first_page(nginx):
    start(nginx, experiment("variants a b;"), visitor="cookie=vid issue=on")
    for _ in range(10):
        first = nginx.get("/")
        again = nginx.get("/", headers={"Cookie": f"vid={first.cookie('vid')}"})
        assert first.get("x-variant") in ("a", "b")
        assert again.get("x-variant") == first.get("x-variant")


def test_namespaces_exclude_each_other(nginx):
    start(nginx, experiment("variants a b; namespace n 0 0.5;") +
          experiment("variants a b; namespace n 0.5 1;", "other"))
    lists = variants(nginx, IDS, "x-variants").values()
    assert all((text or "").count("=") == 1 for text in lists)
    assert {text.split("=")[0] for text in lists} == {"bars", "other"}


def test_who_is_held_out_is_in_no_experiment(nginx):
    start(nginx, "personalize_holdout quiet { coverage 20%; }" +
          experiment("variants a b; holdout quiet;") +
          experiment("variants a b; holdout quiet; hash_version 1;", "other"))
    lists = variants(nginx, IDS, "x-variants")
    held = [one for one, text in lists.items() if text == "quiet=holdout"]
    assert held == [one for one in IDS if bucket("quiet", one) < 0.2]
    assert 50 < len(held) < 115
    assert all(text.count("=") == 3 for one, text in lists.items() if one not in held)


def test_forced_variants(nginx):
    start(nginx, experiment("variants a b; enabled off; force b when request.arg.qa = b; "
                            "force a unless request.arg.qa missing;"))
    assert nginx.get("/").get("x-variant") is None
    assert nginx.get("/?qa=b").get("x-variant") == "b"
    assert nginx.get("/?qa=").get("x-variant") == "a"


def test_schedule(nginx):
    start(nginx, experiment("variants a b; schedule from=2020-01-01T00:00:00Z until=2099-01-01T00:00:00+01:00;") +
          experiment("variants a b; schedule until=2020-01-01T00:00:00Z;", "over") +
          experiment("variants a b; schedule from=2099-01-01T00:00:00Z;", "planned"))
    assert set(variants(nginx, IDS[:20], "x-variants").values()) == {"bars=a", "bars=b"}


# Variables


def test_a_variant_chooses_the_upstream_and_the_cache_entry(nginx, upstream):
    upstream.on("/a/", reply(scene.PAGE, headers={"Cache-Control": "max-age=60"}.items()))
    upstream.on("/b/", reply("<p>other</p>", headers={"Cache-Control": "max-age=60"}.items()))
    start(nginx, experiment("variants a b;") + """
      personalize_campaign c { slot hello-bar; fragment hello.html; }
      proxy_cache_path %s/cache keys_zone=pages:1m;
    """ % nginx.directory, fragment="<p>mine</p>", location=f"""
      proxy_cache pages;
      proxy_cache_key $uri:$personalize_variant_bars;
      add_header X-Variant $personalize_variant_bars;
      rewrite ^ /$personalize_variant_bars$uri break;
      proxy_pass {upstream.url};
    """)
    for one in IDS[:30]:
        response = nginx.get("/", headers={"Cookie": f"vid={one}"})
        expected = choose("bars", one, [("a", 0, 0.5), ("b", 0.5, 1)])
        assert response.get("x-variant") == expected
        if expected == "a":
            assert scene.is_filled(response.text, "<p>mine</p>")
        else:
            assert response.text == "<p>other</p>"
        # What depends on the visitor is not for a shared cache on the way.
        assert response.get("cache-control") == "private, no-cache"
    assert sorted(request.path for request in upstream.requests) == ["/a/", "/b/"]


def test_variants_in_maps_and_the_log(nginx):
    start(nginx, experiment("variants a b;") + """
      map $personalize_variant_bars $colour { a red; b blue; default none; }
      log_format variants '$personalize_variants|$colour';
    """, f"add_header X-Colour $colour; access_log {nginx.directory}/variants.log variants;")
    expected = {one: {"a": "red", "b": "blue"}[choose("bars", one, [("a", 0, 0.5), ("b", 0.5, 1)])]
                for one in IDS[:20]}
    assert variants(nginx, IDS[:20], "x-colour") == expected
    log = nginx.directory / "variants.log"
    lines = wait_until(lambda: len(log.read_text().splitlines()) >= 20 and
                       log.read_text().splitlines(), "the log")
    assert [line.split("|")[1] for line in lines] == list(expected.values())
    assert {line for line in lines} == {"bars=a|red", "bars=b|blue"}


# Exposures


def exposures(nginx):
    return json.loads(nginx.get("/status?format=json").text)["exposures"]


def test_exposures_are_counted_once_a_page_and_only_where_the_variant_decides(nginx):
    nginx.page("two.html", scene.PAGE + scene.PAGE)
    start(nginx, experiment("variants a b; coverage 50%; force a when request.arg.qa;") +
          experiment("variants a b;", "unused") + """
      personalize_campaign c { slot hello-bar; unless request.arg.skip; when experiment.bars = b;
                               fragment hello.html; }
    """, "add_header X-Variants $personalize_variants;",
          server="location = /status { personalize_status; }", fragment="{{experiment.bars}}")
    bot = {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
    expected = Counter()
    for one in IDS[:60]:
        cookie = {"Cookie": f"vid={one}"}
        nginx.get("/two.html", headers=cookie)
        expected[choose("bars", one, [("a", 0, 0.25), ("b", 0.5, 0.75)])] += 1
        nginx.get("/?skip=1", headers=cookie)
        nginx.get("/?qa=1", headers=cookie)
        nginx.get("/", headers={**cookie, **bot})
    wanted = {"bars": {"a": expected["a"], "b": expected["b"]}, "unused": {"a": 0, "b": 0}}
    assert expected["a"] > 5 and expected["b"] > 5 and expected[None] > 5
    wait_until(lambda: exposures(nginx) == wanted, "the counts")
    nginx.reload()
    assert exposures(nginx) == wanted
    text = nginx.get("/status").text
    assert f'personalize_exposures_total{{experiment="bars",variant="b"}} {expected["b"]}' in text


def test_a_variable_that_routes_is_an_exposure(nginx):
    start(nginx, experiment("variants a b;"), SHOWS,
          server="location = /status { personalize_status; }")
    for one in IDS[:10]:
        nginx.get("/", headers={"Cookie": f"vid={one}"})
    wait_until(lambda: sum(exposures(nginx)["bars"].values()) == 10, "the counts")


# Sticky variants


def sticky(text="", weights="a=50 b=50"):
    return experiment(f"variants {weights}; sticky cookie{text};")


def change(nginx, old, new):
    text = nginx.config_file.read_text()
    assert old in text
    nginx.config_file.write_text(text.replace(old, new))
    nginx.reload()


def test_a_visitor_keeps_the_first_variant(nginx):
    start(nginx, sticky())
    first = {}
    for one in IDS[:30]:
        response = nginx.get("/", headers={"Cookie": f"vid={one}"})
        kept = response.cookie("pz_variants")
        assert len(kept) == 12
        first[one] = (response.get("x-variant"), kept)
        assert "HttpOnly" in response.all("set-cookie")[0]
    assert {variant for variant, _ in first.values()} == {"a", "b"}
    change(nginx, "variants a=50 b=50", "variants a=0 b=100")
    wait_until(lambda: set(variants(nginx, IDS[:30]).values()) == {"b"}, "the new weights")
    for one, (variant, kept) in first.items():
        response = nginx.get("/", headers={"Cookie": f"vid={one}; pz_variants={kept}"})
        assert response.get("x-variant") == variant
        assert response.cookie("pz_variants") is None


def test_kept_variants_are_of_one_visitor_and_hostile_cookies_do_no_harm(nginx):
    start(nginx, sticky())
    ours = nginx.get("/", headers={"Cookie": "vid=u1"})
    kept = ours.cookie("pz_variants")
    for one in IDS[:20]:
        expected = choose("bars", one, [("a", 0, 0.5), ("b", 0.5, 1)])
        for value in (kept, "x", "A" * 12, "A" * 12 * 64, "A" * 5000, "\xff" * 12, '"'):
            response = nginx.get("/", headers={"Cookie": f"vid={one}; pz_variants={value}"})
            assert response.status == 200 and response.get("x-variant") == expected


def test_bots_keep_nothing(nginx):
    start(nginx, sticky())
    headers = {"Cookie": "vid=u1", "User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
    assert nginx.get("/", headers=headers).cookie("pz_variants") is None


def test_a_raised_version_starts_anew_and_a_least_version_excludes(nginx):
    start(nginx, sticky())
    kept = nginx.get("/", headers={"Cookie": "vid=u1"}).cookie("pz_variants")
    cookie = {"Cookie": f"vid=u1; pz_variants={kept}"}
    change(nginx, "sticky cookie;", "sticky cookie bucket_version=1;")
    again = wait_until(lambda: nginx.get("/", headers=cookie).cookie("pz_variants"), "a new entry")
    assert again.startswith(kept) and len(again) == 24
    change(nginx, "bucket_version=1;", "bucket_version=1 min_bucket_version=1;")
    wait_until(lambda: nginx.get("/", headers=cookie).get("x-variant") is None, "the exclusion")


def test_sticky_experiments_that_need_documents(nginx, redis):
    redis.set_json("profile:u1", {"plan": "gold"})
    http = f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_source profile key=profile:${{visitor.id}} ttl=0;
      {experiment("variants a b; when profile.plan = gold; sticky cookie;")}
      personalize_campaign c {{ slot hello-bar; when experiment.bars; fragment hello.html; }}
    """
    start(nginx, http, location="personalize_wait 2s;")
    code, output = nginx.check()
    assert code == 0
    line = next(line for line in output.splitlines() if "sticky" in line)
    assert "profile" in line and "personalize_before_upstream" in line and "nginx.conf:" in line
    response = nginx.get("/", headers={"Cookie": "vid=u1"})
    expected = choose("bars", "u1", [("a", 0, 0.5), ("b", 0.5, 1)])
    assert scene.is_filled(response.text, f"<p>{expected}</p>")
    assert response.cookie("pz_variants") is None
    change(nginx, "personalize_wait 2s;", "personalize_wait 2s; personalize_before_upstream on;")
    assert "sticky" not in nginx.check()[1]
    wait_until(lambda: nginx.get("/", headers={"Cookie": "vid=u1"}).cookie("pz_variants"),
               "the kept variant")


# GrowthBook's payload

PAYLOAD = {
    "status": 200,
    "features": {
        "checkout-colour": {
            "defaultValue": "grey",
            "rules": [
                {"condition": {"country": "XX"}, "force": "never"},
                {"id": "fr_1", "key": "colour-test", "seed": "colour-test", "hashAttribute": "id",
                 "hashVersion": 2, "variations": ["red", "blue"], "weights": [0.5, 0.5],
                 "coverage": 1, "meta": [{"key": "0"}, {"key": "1"}], "phase": "0"},
            ],
        },
        "limits": {"defaultValue": {"items": 6, "title": "For <you>"}},
        "vip-page": {"defaultValue": False,
                     "rules": [{"condition": {"plan": "gold", "id": {"$inGroup": "staff"}},
                                "force": True}]},
        "gated": {"defaultValue": True, "rules": [
            {"parentConditions": [{"id": "vip-page", "condition": {"value": True}, "gate": True}]}]},
    },
    "experiments": [
        {"key": "new-home", "hashAttribute": "id", "hashVersion": 2, "persistQueryString": True,
         "variations": [{}, {"urlRedirect": "http://localhost/new"}], "weights": [0.5, 0.5],
         "urlPatterns": [{"type": "simple", "include": True, "pattern": "/old"}]},
    ],
    "savedGroups": {"staff": ["u1", "u2"]},
    "dateUpdated": "2026-11-20T10:00:00Z",
}


def payload(nginx, content=None, name="features.json"):
    nginx.file(name, json.dumps(content or PAYLOAD) if not isinstance(content, str) else content)


FEATURES = "personalize_features features.json plan=cookie.plan;"


def test_features_and_experiments_of_a_payload(nginx):
    payload(nginx)
    start(nginx, FEATURES + """
      personalize_campaign c { slot hello-bar; when feature.checkout-colour in red blue;
                               fragment hello.html; }
    """, "add_header X-Variants $personalize_variants;"
         "add_header X-Colour $personalize_variant_colour_test;",
        fragment="<p class='{{feature.checkout-colour}}'>{{feature.limits.items}} "
                 "{{feature.limits.title}} {{experiment.colour-test}}</p>")
    for one in IDS[:40]:
        response = nginx.get("/", headers={"Cookie": f"vid={one}"})
        variant = choose("colour-test", one, [("0", 0, 0.5), ("1", 0.5, 1)])
        colour = {"0": "red", "1": "blue"}[variant]
        assert scene.is_filled(
            response.text, f"<p class='{colour}'>6 For &lt;you&gt; {variant}</p>"), response.text
        assert response.get("x-colour") == variant
        assert response.get("x-variants") == f"colour-test={variant}"
    # As in the SDK, who tests a variant says so in the address.
    assert nginx.get("/?colour-test=1", headers={"Cookie": "vid=u0"}).get("x-colour") == "1"
    assert nginx.get("/?colour-test=0", headers={"Cookie": "vid=u0"}).get("x-colour") == "0"


def segments_of(nginx, cookie):
    return nginx.get("/", headers={"Cookie": cookie}).get("x-segments")


def test_conditions_saved_groups_and_prerequisites_of_a_payload(nginx):
    payload(nginx)
    nginx.file("staff.json", '{"visitor.id": {"$inGroup": "staff"}}')
    nginx.file("own.json", '{"visitor.id": {"$inGroup": "mine"}}')
    nginx.file("groups.json", '{"mine": {"type": "list", "values": ["u3"]}}')
    start(nginx, FEATURES + """
      personalize_segment gated { when feature.gated; }
      personalize_segment staff { json staff.json; }
      personalize_segment own { json own.json groups=groups.json; }
    """, "add_header X-Segments $personalize_segments;")
    assert segments_of(nginx, "vid=u1; plan=gold") == "gated,staff"
    assert segments_of(nginx, "vid=u1; plan=tin") == "staff"
    assert segments_of(nginx, "vid=u3; plan=gold") == "own"
    assert segments_of(nginx, "vid=u4; plan=gold") is None


BANDIT = {
    "features": {"greeting": {"defaultValue": "Hello", "rules": [
        {"key": "greeting-bandit", "hashAttribute": "id", "hashVersion": 2, "coverage": 1,
         "contextualVariations": ["Hi", "Dear"], "weights": [0.5, 0.5],
         "meta": [{"key": "hi"}, {"key": "dear"}], "contextualBanditRef": "cb_1"}]}},
    "contextualBandits": {"cb_1": {"banditVersion": 7, "contexts": [
        {"leafId": 1, "condition": {"plan": "gold"}, "weights": [0.1, 0.9]},
        {"leafId": 2, "condition": {"plan": {"$in": ["tin", "wood"]}}, "weights": [1, 0]}]}},
}


def test_a_contextual_bandit(nginx):
    payload(nginx, BANDIT)
    start(nginx, FEATURES + """
      personalize_campaign c { slot hello-bar; fragment hello.html; }
    """, "add_header X-Variant $personalize_variant_greeting_bandit;",
        "location = /explain { personalize_explain; allow all; }",
        fragment="<p>{{feature.greeting}}</p>")
    for plan, share, leaf in (("gold", 0.1, 1), ("tin", 1, 2), ("none", 0.5, -1)):
        for one in IDS[:40]:
            response = nginx.get("/", headers={"Cookie": f"vid={one}; plan={plan}"})
            variant = choose("greeting-bandit", one, [("hi", 0, share), ("dear", share, 1)])
            assert response.get("x-variant") == variant
            assert scene.is_filled(response.text, "<p>" + {"hi": "Hi", "dear": "Dear"}[variant] +
                                   "</p>"), response.text
        answer = json.loads(nginx.get(f"/explain?cookie.vid=u1&cookie.plan={plan}").body)
        run, = answer["experiments"][0]["runs"]
        assert (run["leafId"], run["banditVersion"]) == (leaf, 7)
        assert run["variationWeights"] == pytest.approx([share, 1 - share])
        assert run["ranges"]["hi"] == [0, share]
    # What has been learned since.
    learned = json.loads(json.dumps(BANDIT))
    learned["contextualBandits"]["cb_1"]["contexts"][0]["weights"] = [1, 0]
    payload(nginx, learned)
    nginx.reload()
    one = next(one for one in IDS if bucket("greeting-bandit", one) > 0.6)
    wait_until(lambda: nginx.get("/", headers={"Cookie": f"vid={one}; plan=gold"}).get(
        "x-variant") == "hi", "the new weights")


def encrypted(content, key):
    """As GrowthBook's SDK endpoint has it where encryption is on."""
    vector = secrets.token_bytes(16)
    text = subprocess.run(
        ["openssl", "enc", "-aes-128-cbc", "-K", key.hex(), "-iv", vector.hex()],
        input=json.dumps(content).encode(), stdout=subprocess.PIPE, check=True).stdout
    return f"{b64encode(vector).decode()}.{b64encode(text).decode()}"


def test_an_encrypted_payload(nginx):
    key = secrets.token_bytes(16)
    nginx.file("features.key", b64encode(key).decode() + "\n")
    payload(nginx, {"status": 200, "features": {},
                    "encryptedFeatures": encrypted(PAYLOAD["features"], key),
                    "encryptedExperiments": encrypted(PAYLOAD["experiments"], key),
                    "encryptedSavedGroups": encrypted(PAYLOAD["savedGroups"], key)})
    start(nginx, "personalize_features features.json key_file=features.key plan=cookie.plan;" + """
      personalize_segment gated { when feature.gated; }
    """, "add_header X-Segments $personalize_segments;")
    assert segments_of(nginx, "vid=u1; plan=gold") == "gated"
    assert segments_of(nginx, "vid=u3; plan=gold") is None
    # The key of another connection leaves the old configuration at work.
    nginx.file("features.key", b64encode(secrets.token_bytes(16)).decode() + "\n")
    code, output = nginx.check()
    assert code == 1 and "\"encryptedFeatures\"" in output and "cannot be decrypted" in output
    nginx.file("features.key", "")
    code, output = nginx.check()
    assert code == 1 and "key_file" in output and "is empty" in output


def test_saved_groups_are_segments(nginx, redis):
    payload(nginx, {"features": {}, "savedGroups": {
        "grp_list": ["u1", 2],
        "grp_plan": {"type": "list", "attributeKey": "plan", "values": ["gold"]},
        "grp_rich": {"type": "condition", "condition": {"profile.clv": {"$gt": 100}}}}})
    for one in ("u1", "u2"):
        redis.set_json(f"profile:{one}", {"clv": 200})
        redis.set_json(f"secret:{one}", {"word": "sesame"})
    start(nginx, FEATURES + f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_wait 2s;
      personalize_source profile key=profile:${{visitor.id}};
      personalize_source secret key=secret:${{visitor.id}} if=segment.grp_plan;
      personalize_segment listed {{ when visitor.id in_group grp_list; }}
      personalize_campaign c {{ slot hello-bar; when segment.grp_rich; fragment hello.html; }}
    """, "personalize_before_upstream on; add_header X-Segments $personalize_segments;",
        "location = /explain { personalize_explain; personalize_wait 2s; allow all; }",
        fragment="<p>{{secret.word | default \"closed\"}}</p>")
    assert segments_of(nginx, "vid=u1; plan=gold") == "listed,grp_plan,grp_rich"
    assert segments_of(nginx, "vid=u2; plan=tin") == "grp_rich"
    assert segments_of(nginx, "vid=u3; plan=gold") == "grp_plan"
    assert segments_of(nginx, "vid=2") == "listed"
    assert "sesame" in nginx.get("/", headers={"Cookie": "vid=u1; plan=gold"}).text
    assert "closed" in nginx.get("/", headers={"Cookie": "vid=u2; plan=tin"}).text
    assert nginx.get("/", headers={"Cookie": "vid=u3; plan=gold"}).text == scene.PAGE
    answer = json.loads(nginx.get("/explain?cookie.vid=u2&cookie.plan=gold").body)
    assert {one["segment"]: one["member"] for one in answer["segments"]} == {
        "listed": False, "grp_plan": True, "grp_rich": True}
    assert answer["segments"][0]["conditions"][0]["condition"] == "when visitor.id in_group grp_list"


def test_redirects_of_a_payload(nginx):
    payload(nginx)
    nginx.page("old", scene.PAGE)
    nginx.page("new", "new")
    start(nginx, FEATURES, 'if ($personalize_redirect) { return 302 $personalize_redirect; }')
    for one in IDS[:20]:
        response = nginx.get("/old?a=b", headers={"Cookie": f"vid={one}", "Host": "localhost"})
        if bucket("new-home", one) < 0.5:
            assert response.status == 200
        else:
            assert response.status == 302
            assert response.get("location") == "http://localhost/new?a=b"
        assert nginx.get("/index.html", headers={"Cookie": f"vid={one}"}).status == 200


def redirect_test(to, pattern):
    return {"experiments": [
        {"key": "moved", "hashAttribute": "id", "hashVersion": 2,
         "meta": [{"key": "control"}, {"key": "new"}],
         "variations": [{}, {"urlRedirect": to}], "weights": [0.5, 0.5],
         "urlPatterns": [{"type": "simple", "include": True, "pattern": pattern}]}]}


@pytest.mark.parametrize("to, pattern, status", [
    ("http://localhost/new", "/old", 302),
    # The visitor is there already: the test is for that page, too.
    ("http://localhost/old", "/*", 200),
])
def test_every_variation_of_a_redirect_test_is_an_exposure(nginx, to, pattern, status):
    """As in GrowthBook's SDK: control, which leads nowhere, and what does not lead away."""
    payload(nginx, redirect_test(to, pattern))
    nginx.page("old", scene.PAGE)
    nginx.page("new", scene.PAGE)
    start(nginx, FEATURES, 'if ($personalize_redirect) { return 302 $personalize_redirect; }',
          server="location = /status { personalize_status; }")
    expected = Counter()
    for one in IDS[:20]:
        cookie = {"Cookie": f"vid={one}"}
        variant = "control" if bucket("moved", one) < 0.5 else "new"
        expected[variant] += 1
        response = nginx.get("/old", headers={**cookie, "Host": "localhost"})
        assert response.status == (status if variant == "new" else 200)
        nginx.get("/old", headers={**cookie, "Host": "localhost", "Sec-Purpose": "prefetch"})
        nginx.get("/old", headers={**cookie, "Host": "localhost"}, method="HEAD")
    assert len(expected) == 2
    wait_until(lambda: exposures(nginx)["moved"] == dict(expected), "each visitor once")


def test_a_payload_is_read_again_on_reload(nginx):
    payload(nginx)
    start(nginx, FEATURES + """
      personalize_campaign c { slot hello-bar; fragment hello.html; }""", "",
          fragment="<p>{{feature.limits.items}}</p>")
    assert "<p>6</p>" in nginx.get("/").text
    changed = json.loads(json.dumps(PAYLOAD))
    changed["features"]["limits"]["defaultValue"]["items"] = 9
    payload(nginx, changed)
    nginx.reload()
    wait_until(lambda: "<p>9</p>" in nginx.get("/").text, "the new value")
    # A payload that cannot be read leaves the old configuration at work.
    payload(nginx, "{")
    nginx.tolerate("not JSON")
    nginx.signal(1)
    wait_until(lambda: "is not JSON" in nginx.error_log(), "the complaint")
    assert "<p>9</p>" in nginx.get("/").text


def checked(nginx, http, server="location / { personalize on; }"):
    nginx.configure("personalize_visitor cookie=vid;\n" + http, server)
    return nginx.check()


@pytest.mark.parametrize("content, words", [
    ("{\n  \"features\": {,}\n}", ["is not JSON", "line 2, column 16", "features.json"]),
    ("[]", ["must be an object"]),
    ("{}", ["neither \"features\" nor \"experiments\"", "/api/features/"]),
    ('{"features": {}, "encryptedFeatures": "abc.def"}', ["encryptedFeatures", "key_file=FILE"]),
    ('{"features": []}', ["\"features\" must be an object"]),
    ('{"features": {}, "experiments": {}}', ["\"experiments\" must be an array"]),
    ('{"features": {}, "contextualBandits": []}', ["\"contextualBandits\" must be an object"]),
])
def test_payloads_that_are_none(nginx, content, words):
    payload(nginx, content)
    code, output = checked(nginx, "personalize_features features.json;")
    assert code == 1
    assert all(word in output for word in [*words, "nginx.conf:"]), output


def test_what_seems_wrong_with_a_payload_is_a_warning(nginx):
    payload(nginx, {"features": {
        "a": {"defaultValue": 1, "rules": [
            {"condition": {"company": 1, "browser.name": "x"}, "force": 2},
            {"condition": {"id": {"$regex": "("}}, "force": 2},
            {"condition": {"id": {"$inGroup": "none"}}, "force": 2},
            {"parentConditions": [{"id": "gone", "condition": {"value": 1}}]},
            {"contextualVariations": [1, 2], "contextualBanditRef": "cb_lost"},
            {"weights": [1]}]}}})
    code, output = checked(nginx, "personalize_features features.json;")
    assert code == 0
    for words in (["\"company\"", "company=profile.company"], ["browser.name"],
                  ["feature \"a\"", "regular expression"], ["saved group"], ["\"gone\""],
                  ["contextual bandit \"cb_lost\""],
                  ["neither \"force\" nor"]):
        assert any(all(word in line for word in words) and "[warn]" in line
                   for line in output.splitlines()), (words, output)
    code, output = checked(nginx, "personalize_features features.json company=nothing.at.all;")
    assert code == 1 and "unknown attribute" in output


@pytest.mark.parametrize("http, server, words", [
    (BARS, "add_header X $personalize_variant_baz;", ["unknown experiment \"baz\""]),
    (BARS, "location /x { proxy_pass http://127.0.0.1/$personalize_variant_baz; }",
     ["unknown experiment \"baz\""]),
    ("personalize_segment s { when experiment.gone; }" + BARS, "",
     ["unknown experiment \"gone\"", "bars"]),
    (BARS + "personalize_segment s { when experiment.bars = fre; }", "",
     ["cannot be \"fre\"", "control, free, ten"]),
    (experiment("variants a b; when segment.s;") +
     "personalize_segment s { when experiment.bars; }", "",
     ["depends on itself", "experiment.bars -> s"]),
    (BARS + BARS, "", ["\"bars\" is duplicate"]),
    (experiment("variants a b; holdout gone;"), "", ["unknown holdout"]),
    (experiment("variants a b; colour red;"), "", ["colour"]),
    ("personalize_holdout h { coverage 5%; variants a b; }", "", ["variants"]),
    ("personalize_features gone.json;", "", ["cannot open"]),
    ("personalize_features features.json plan;", "", ["NAME=ATTRIBUTE"]),
    ("personalize_features features.json;" + experiment("variants a b;", "colour-test"), "",
     ["is duplicate"]),
    ("personalize_features features.json; personalize_segment s { when feature.gone; }", "",
     ["unknown feature \"gone\"", "checkout-colour"]),
    ("personalize_features features.json; personalize_segment s { when visitor.id in_group gone; }",
     "", ["unknown saved group \"gone\"", "staff"]),
    ("personalize_segment s { when visitor.id in_group staff; }", "", ["personalize_features"]),
    ("personalize_features features.json vip=segment.s;"
     "personalize_segment s { when feature.vip-page; }", "", []),
])
def test_mistakes(nginx, http, server, words):
    payload(nginx)
    code, output = checked(nginx, http, server)
    if not words:
        assert code == 0, output
        return
    assert code == 1
    assert all(word in output for word in [*words, "nginx.conf:"]), output


def test_a_server_has_its_own_experiments(nginx):
    nginx.page("index.html", scene.PAGE)
    nginx.configure("personalize_visitor cookie=vid;" + experiment("variants a b;"), f"""
      {experiment("variants x y;", "mine")}
      location / {{ personalize on; add_header X-Variants $personalize_variants; }}""")
    nginx.start()
    lists = variants(nginx, IDS[:20], "x-variants")
    assert all(text.startswith("bars=") and ",mine=" in text for text in lists.values())
