"""Without consent nobody is recognized, nothing looked up and nothing kept; the rest still works."""

import pytest

from harness import scene

RULE = "personalize_consent { when cookie.consent = yes; }"
GPC = {"Sec-GPC": "1"}


def cookies(**values):
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in values.items())}


def set_cookies(response):
    return response.all("set-cookie")


FORGET_VID = "vid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


def start(nginx, redis, rule=RULE, http="", location="", fragment=scene.FRAGMENT, server="",
          visitor="cookie=vid issue=on"):
    scene.prepare(nginx, fragment=fragment)
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.configure(scene.http(redis.socket, timeout="2s", visitor=visitor,
                               extra=http),
                    rule + scene.server(location=location) + server)
    return nginx.start()


def test_only_who_consents_is_recognized(nginx, redis):
    start(nginx, redis)
    assert scene.is_filled(nginx.get("/", headers=cookies(vid="ada", consent="yes")).text)
    assert redis.reads() == 1
    for headers in cookies(vid="ada"), cookies(vid="ada", consent="no"), {}:
        response = nginx.get("/", headers=headers)
        assert scene.is_default(response.text)
        assert set_cookies(response) == ([FORGET_VID] if headers else [])
    assert redis.reads() == 1
    entry = nginx.last_log(4)
    assert entry["visitor"] == "" and entry["sources"] == ""


def test_withdrawn_consent_removes_what_was_kept(nginx, redis):
    start(nginx, redis)
    kept = {"vid": "ada", "pz": "1.1.1.1~1.1", "pz_variants": "A" * 12, "pz-preview": "x", "cart": "7"}
    forget = [f"{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
              for name in ("vid", "pz", "pz_variants")]
    assert set_cookies(nginx.get("/", headers=cookies(**kept, consent="no"))) == forget
    assert set_cookies(nginx.get("/", headers={**cookies(**kept, consent="yes"), **GPC})) == forget
    assert set_cookies(nginx.get("/", headers=cookies(**kept, consent="yes"))) == []


def test_an_id_of_the_application_is_not_removed(nginx, redis):
    start(nginx, redis, visitor="cookie=vid")
    kept = cookies(vid="ada", pz="1.1.1.1", consent="no")
    assert [one.split("=")[0] for one in set_cookies(nginx.get("/", headers=kept))] == ["pz"]


def test_cookies_of_a_domain_are_removed_there(nginx, redis):
    start(nginx, redis, visitor="cookie=vid issue=on domain=.shop.example secure=on")
    assert set_cookies(nginx.get("/", headers=cookies(vid="ada"))) == [
        "vid=; Path=/; Domain=.shop.example; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
        "vid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"]


@pytest.mark.parametrize("visitor", [
    "cookie=__Host-vid", "cookie=__Secure-vid", "cookie=__Secure-vid domain=.shop.example",
    "cookie=vid samesite=none secure=on", "cookie=vid samesite=strict httponly=off",
    "cookie=vid domain=.shop.example max_age=0"])
def test_an_id_is_removed_with_the_attributes_that_it_was_given_with(nginx, redis, visitor):
    start(nginx, redis, visitor=visitor + " issue=on")

    def attributes(header):
        parts = header.split("; ")
        return parts[0].split("=")[0], {part for part in parts[1:] if "Max-Age" not in part}

    (given,) = set_cookies(nginx.get("/", headers=cookies(consent="yes")))
    removal = set_cookies(nginx.get("/", headers={"Cookie": given.split(";")[0]}))
    name, same = attributes(given)
    hosts = [same, same - {"Domain=.shop.example"}] if "domain=" in visitor else [same]
    assert [attributes(one) for one in removal] == [(name, one) for one in hosts]
    assert all(one.startswith(name + "=;") and "; Max-Age=0" in one for one in removal)


@pytest.mark.parametrize("rule, yes, no", [
    ("when cookie.klaro.marketing = true", "klaro=%7B%22marketing%22%3Atrue%7D",
     "klaro=%7B%22marketing%22%3Afalse%7D"),
    ("when cookie.OptanonConsent.groups has C0004:1", "OptanonConsent=x=0&groups=C0001%3A1%2CC0004%3A1",
     "OptanonConsent=x=0&groups=C0001%3A1%2CC0004%3A0"),
    ("when cookie.CookieConsent.marketing = true",
     "CookieConsent={stamp:%27a%27%2Cmarketing:true%2Cver:1}",
     "CookieConsent={stamp:%27a%27%2Cmarketing:false%2Cver:1}"),
    ("when cookie.cookieyes-consent.analytics = yes", "cookieyes-consent=consent:yes,analytics:yes",
     "cookieyes-consent=consent:yes,analytics:no"),
])
def test_cookies_of_consent_tools(nginx, redis, rule, yes, no):
    start(nginx, redis, rule="personalize_consent { %s; }" % rule)
    assert scene.is_filled(nginx.get("/", headers={"Cookie": f"vid=ada; {yes}"}).text)
    assert scene.is_default(nginx.get("/", headers={"Cookie": f"vid=ada; {no}"}).text)
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)


def test_an_id_is_issued_after_consent(nginx, redis):
    start(nginx, redis)
    assert nginx.get("/").cookie("vid") is None
    assert nginx.get("/", headers=cookies(consent="yes")).cookie("vid")


@pytest.mark.parametrize("rule, headers, consents", [
    ("", {}, True),
    ("", GPC, False),
    ("", {"Sec-GPC": "0"}, True),
    ("personalize_consent { }", GPC, False),
    ("personalize_consent gpc=refuse { }", GPC, False),
    ("personalize_consent gpc=ignore { }", GPC, True),
    ("personalize_consent gpc=ignore { when cookie.consent exists; }", GPC, False),
    ("personalize_consent gpc=ignore { when cookie.vid = ada; }", GPC, True),
    (RULE, {}, False),
])
def test_global_privacy_control(nginx, redis, rule, headers, consents):
    start(nginx, redis, rule)
    text = nginx.get("/", headers={**scene.ADA, **headers}).text
    assert scene.is_filled(text) if consents else scene.is_default(text)


def test_no_document_at_all_is_looked_up(nginx, redis):
    redis.set_json("popular", {"text": "Lamp"})
    start(nginx, redis, http="""
  personalize_source popular key=popular ttl=0;
  personalize_campaign two { slot two; when popular.text; fragment hello.html; }
""", location="personalize_before_upstream on;")
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    assert redis.reads() == 0


def test_what_needs_nobody_still_works(nginx, redis):
    start(nginx, redis, http="""
  personalize_campaign place {
    slot hello-bar; priority 9; when request.path = /; unless consent.personalization;
    when page.type = home; fragment hello.html;
  }
""", location="personalize_page type=home;",
          fragment="<p>{{page.type}}{{visitor.id}}{{profile.name}}{{consent.personalization}}</p>")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>homefalse</p>")


def test_attributes_of_the_visitor_are_missing(nginx, redis):
    start(nginx, redis, http="""
  personalize_segment nobody { when visitor.id missing; when visitor.new missing;
                               when visitor.verified missing; }
""")
    nginx.get("/", headers=scene.ADA)
    assert nginx.last_log(1)["segments"] == "nobody"
    nginx.get("/", headers=cookies(vid="ada", consent="yes"))
    assert nginx.last_log(2)["segments"] == ""


def test_no_variant_is_kept(nginx, redis):
    start(nginx, redis, http="""
  personalize_experiment bar { variants a=50 b=50; hash_by request.host; sticky cookie; }
""")
    assert nginx.get("/", headers=cookies(vid="ada", consent="yes")).cookie("pz_variants")
    response = nginx.get("/", headers=scene.ADA)
    assert set_cookies(response) == [FORGET_VID]


def test_a_variant_kept_earlier_is_not_read(nginx, redis):
    start(nginx, redis, http="""
  personalize_experiment bar { variants a=100 b=0; hash_by request.host; sticky cookie; }
""", location="add_header X-Variant $personalize_variant_bar;")
    kept = nginx.get("/", headers=cookies(consent="yes")).cookie("pz_variants")
    nginx.config_file.write_text(
        nginx.config_file.read_text().replace("variants a=100 b=0", "variants a=0 b=100"))
    nginx.reload()
    assert nginx.get("/", headers=cookies(pz_variants=kept, consent="yes")).get("x-variant") == "a"
    assert nginx.get("/", headers=cookies(pz_variants=kept)).get("x-variant") == "b"


CAPPED = """
  personalize_campaign capped {
    slot hello-bar; priority 9; cap 1/session; widget hello-bar; set text Hi;
  }
"""


def test_campaigns_keep_no_state(nginx, redis):
    start(nginx, redis, http=CAPPED, server="location /_pz/ { personalize_endpoint; }")
    told = nginx.get("/", headers=scene.ADA)
    assert "data-pz-uncounted" in told.text and "data-pz-no-cookie" in told.text
    consented = nginx.get("/", headers=cookies(vid="ada", consent="yes")).text
    assert "data-pz-uncounted" not in consented and "data-pz-no-cookie" not in consented

    def report(**values):
        return nginx.get("/_pz/e", method="POST", body=b"n=0&t=29000000&impression=capped",
                         headers={**cookies(**values), "Sec-Fetch-Site": "same-origin"})

    assert report(vid="ada").status == 204
    assert report(vid="ada").all("set-cookie") == []
    assert report(vid="ada", consent="yes").cookie("pz")


def test_state_kept_earlier_is_not_read(nginx, redis):
    start(nginx, redis, http=CAPPED, server="location /_pz/ { personalize_endpoint; }")
    state = nginx.get("/_pz/e", method="POST", body=b"n=0&t=29000000&impression=capped",
                      headers={**cookies(consent="yes"), "Sec-Fetch-Site": "same-origin"})
    pz = state.cookie("pz")
    assert "Hi" not in nginx.get("/", headers=cookies(pz=pz, consent="yes")).text
    assert "Hi" in nginx.get("/", headers=cookies(pz=pz)).text


def test_inheritance(nginx, redis):
    start(nginx, redis, server="""
    location /open/ { personalize on; personalize_consent { } alias html/; }
    location /open/none/ { personalize on; alias html/; }
""")
    assert scene.is_filled(nginx.get("/open/index.html", headers=scene.ADA).text)
    assert scene.is_default(nginx.get("/open/none/index.html", headers=scene.ADA).text)


def test_the_location_that_answers_decides(nginx, redis):
    start(nginx, redis, rule="", location="try_files /none /inner/index.html;", server="""
    location /inner/ { personalize on; %s alias html/; }
""" % RULE)
    response = nginx.get("/x")
    assert response.all("set-cookie") == []
    assert scene.is_default(nginx.get("/x", headers=scene.ADA).text)
    assert scene.is_filled(nginx.get("/x", headers=cookies(vid="ada", consent="yes")).text)


def test_by_a_variable_and_the_place(nginx, redis, geo_database):
    scene.prepare(nginx)
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.configure(scene.http(redis.socket, timeout="2s", extra=f"""
  personalize_geoip {geo_database};
  map $http_x_choice $choice {{ all yes; default no; }}
  personalize_consent {{ any {{ unless geo.in_eu; when var.choice = yes; }} }}
"""), scene.server())
    nginx.start()
    for client, choice, consents in (("203.0.113.1", "all", True), ("203.0.113.1", "none", False),
                                     ("198.51.100.1", "none", True)):
        text = nginx.get("/", headers={**scene.ADA, "X-Client": client, "X-Choice": choice}).text
        assert scene.is_filled(text) if consents else scene.is_default(text)


def test_it_is_counted(nginx, redis):
    start(nginx, redis, server="location = /status { personalize off; personalize_status; }")
    nginx.get("/", headers=scene.ADA)
    nginx.get("/", headers=cookies(vid="ada", consent="yes"))
    nginx.last_log(2)
    assert 'personalize_visitors_total{state="without_consent"} 1' in nginx.get("/status").text
