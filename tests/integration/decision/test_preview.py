"""personalize_preview: what a signed link forces for one browser."""

import json
import re
import subprocess
import time
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from harness import scene
from harness.nginx import ROOT
from harness.waiting import wait_until

KEY = "a" * 40

CONFIGURATION = """
  personalize_segment polish { when geo.country = PL; }
  personalize_segment night { when time.hour >= 22; }
  personalize_experiment bars { variants control free; when request.arg.never; }
  personalize_campaign top { slot hello-bar; priority 9; when request.arg.top; fragment top.html; }
  personalize_campaign poles { slot hello-bar; priority 5; when segment.polish; fragment poles.html; }
  personalize_campaign nights { slot hello-bar; priority 4; when segment.night; fragment nights.html; }
  personalize_campaign tested { slot hello-bar; priority 3; when experiment.bars = free;
                                fragment tested.html; }
  personalize_campaign capped { slot hello-bar; priority 2; cap 1/session;
                                when request.arg.capped; fragment capped.html; }
"""


@pytest.fixture
def site(nginx):
    scene.prepare(nginx)
    for name in ("top", "poles", "nights", "tested", "capped"):
        nginx.file(f"{name}.html", f'<p data-pz-campaign="{name}">{name} {{{{geo.country}}}}</p>')
    nginx.file("preview.key", f"# comment\n{KEY}\n").chmod(0o600)

    def start(preview="personalize_preview secret_file=preview.key;", more="",
              visitor="personalize_visitor cookie=vid;"):
        nginx.configure(f"""
          {visitor}
          {CONFIGURATION}
          {preview}
        """, f"""
          location / {{ personalize on; add_header X-Variant $personalize_variant_bars; {more} }}
          location /_pz/ {{ personalize_endpoint; }}
          location = /_pz/explain {{ personalize_explain; allow 127.0.0.1; deny all; }}
          location = /status {{ personalize_status; }}
        """)
        return nginx.start()

    return start


def link(nginx, *items, to="/", lasts="1h", site="http://localhost:8080"):
    """What scripts/preview-link makes, without the site that it begins with."""
    done = subprocess.run([ROOT / "scripts" / "preview-link", "--secret",
                           nginx.directory / "preview.key", "--site", site, "--to", to,
                           "--for", lasts, *items],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().removeprefix(site)


def follow(nginx, *items, to="/"):
    """The cookie that the link leaves."""
    answer = nginx.get(link(nginx, *items, to=to))
    assert answer.status == 303, answer.body
    cookie = answer.get("set-cookie")
    assert re.fullmatch(r"pz-preview=\S+; Path=/; Max-Age=3\d{3}; HttpOnly; SameSite=Lax", cookie)
    return cookie.split(";")[0]


def page(nginx, cookie, path="/"):
    return nginx.get(path, headers={"Cookie": cookie})


def shown(answer):
    return re.findall(r'data-pz-campaign="(\w+)"', answer.text)


@pytest.mark.parametrize("items, expected", [
    (["segment.polish=on"], ["poles"]), (["country=PL"], ["poles"]),
    (["campaign.capped=on"], ["capped"]), (["experiment.bars=free", "segment.night=off"], ["tested"]),
    (["experiment.bars=control", "segment.night=off"], []), (["time=2026-11-22T23:30:00Z"], ["nights"]),
    (["segment.night=on", "segment.polish=on", "campaign.poles=off"], ["nights"])])
def test_what_is_forced_is_shown(site, nginx, items, expected):
    site()
    assert shown(nginx.get("/?x=1")) in ([], ["nights"])
    got = page(nginx, follow(nginx, *items))
    assert shown(got) == expected
    for item in items:
        assert f"<li>{item}</li>" in got.text
    assert got.get("cache-control") == "private, no-cache"


def test_over_tls_the_cookie_is_of_the_host(site):
    nginx = site("personalize_preview secret_file=preview.key; personalize_visitor cookie=vid "
                 "secure=on;", visitor="")
    answer = nginx.get(link(nginx, "segment.polish=on"), headers={"Host": "localhost"})
    cookie = answer.get("set-cookie")
    assert re.fullmatch(r"__Host-pz-preview=\S+; Path=/; Max-Age=3\d{3}; HttpOnly; SameSite=Lax; "
                        r"Secure", cookie)
    hidden = "; ".join(["pz-preview=1.x.y"] * 70 + [cookie.split(";")[0]])
    assert 'class="pz-preview"' in nginx.get("/", headers={"Host": "localhost",
                                                           "Cookie": hidden}).text
    ended = nginx.get("/_pz/preview?end=1&to=/", headers={"Host": "localhost"})
    assert [one.split(";")[0] for one in ended.all("set-cookie")] == ["pz-preview=",
                                                                      "__Host-pz-preview="]


def test_a_forced_campaign_wins_whatever_ranks_higher(site, nginx):
    site()
    cookie = follow(nginx, "campaign.capped=on")
    assert shown(page(nginx, cookie, "/?top=1")) == ["capped"]
    assert shown(nginx.get("/?top=1")) == ["top"]


def test_country_is_for_templates_too(site, nginx):
    site()
    assert "poles PL</p>" in page(nginx, follow(nginx, "country=PL")).text


def test_variables_see_the_variant(site, nginx):
    site()
    assert page(nginx, follow(nginx, "experiment.bars=free")).get("x-variant") == "free"
    assert nginx.get("/").get("x-variant") is None


def test_the_badge_stands_at_the_end_of_the_body_and_ends_the_preview(site, nginx):
    site()
    got = page(nginx, follow(nginx, "segment.polish=on"), "/?a=1&b=%22")
    badge = got.text[got.text.index('<link rel="stylesheet" href="/_pz/preview.css'):]
    assert badge.index("</aside>") < badge.index("</body>")
    assert got.text.count('class="pz-preview"') == 1
    style = re.search(r'href="(/_pz/preview\.css\?v=\w+)"', badge).group(1)
    asset = nginx.get(style)
    assert asset.status == 200 and asset.get("content-type").startswith("text/css")
    assert b".pz-preview" in asset.body and "immutable" in asset.get("cache-control")

    end = re.search(r'<a href="([^"]+)"', badge).group(1).replace("&amp;", "&")
    answer = nginx.get(end)
    assert answer.status == 303
    assert urlsplit(answer.get("location")).path == "/"
    assert urlsplit(answer.get("location")).query == "a=1&b=%22"
    assert answer.get("set-cookie").startswith("pz-preview=; Path=/; Max-Age=0; HttpOnly")


def test_without_a_preview_pages_are_as_they_were(site, nginx):
    site()
    assert scene.is_default(nginx.get("/?x=1").text) or shown(nginx.get("/?x=1")) == ["nights"]
    assert "pz-preview" not in nginx.get("/").text


def test_nothing_is_counted(site, nginx):
    site()
    cookie = follow(nginx, "experiment.bars=free", "campaign.capped=on")
    before = nginx.get("/status").text
    got = page(nginx, cookie)
    assert got.get("set-cookie") is None

    def exposures(text):
        return [line for line in text.splitlines() if "exposure" in line and line[0] != "#"]

    assert exposures(nginx.get("/status").text) == exposures(before)
    body = "n=0&t=1&impression=capped"
    with nginx.connect() as connection:
        connection.request("/_pz/e", method="POST", body=body.encode(), headers={
            "Cookie": cookie, "Origin": f"http://localhost", "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.response("POST")
    assert answer.status == 204 and answer.get("set-cookie") is None


def test_a_tampered_or_expired_cookie_is_ignored_and_removed(site, nginx):
    site()
    cookie = follow(nginx, "segment.polish=on")
    for bad in (cookie.replace("polish", "night"), cookie[:-1], cookie + "x",
                "pz-preview=1.x.y", "pz-preview=", cookie.replace("=1", "=2", 1)):
        got = page(nginx, bad)
        assert "pz-preview" not in got.text and "poles" not in got.text
        assert got.get("set-cookie").startswith("pz-preview=; Path=/; Max-Age=0"), bad


def test_a_preview_ends_by_itself(site, nginx):
    site()
    url = link(nginx, "segment.polish=on")
    query = parse_qs(urlsplit(url).query)
    import hashlib
    import hmac
    expires = int(time.time()) + 2
    text = f"personalize preview 2\nlocalhost\n{expires}\n{query['set'][0]}".encode()
    signature = hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest()
    answer = nginx.get("/_pz/preview?" + urlencode(
        {"set": query["set"][0], "exp": expires, "sig": signature}))
    cookie = answer.get("set-cookie").split(";")[0]
    assert shown(page(nginx, cookie)) == ["poles"] or time.time() >= expires
    wait_until(lambda: "poles" not in page(nginx, cookie).text, "the end of the preview")


def test_a_link_is_good_for_its_host_alone(site, nginx):
    """Several sites may have the same key."""
    site()
    other = link(nginx, "segment.polish=on", site="https://other.example")
    assert nginx.get(other).status == 403
    answer = nginx.get(other, headers={"Host": "Other.example:8443"})
    assert answer.status == 303
    cookie = answer.get("set-cookie").split(";")[0]
    assert shown(page(nginx, cookie)) != ["poles"]
    assert shown(nginx.get("/", headers={"Host": "other.example", "Cookie": cookie})) == ["poles"]
    forged = "; ".join([cookie.replace(".", ".0", 1)] * 10)
    assert shown(nginx.get("/", headers={"Host": "other.example",
                                         "Cookie": f"{forged}; {cookie}"})) == ["poles"]


def test_links_that_are_not_ours(site, nginx):
    site()
    good = link(nginx, "segment.polish=on")
    for bad in (good.replace("polish", "night"), good.replace("&sig=", "&sig=0"),
                re.sub(r"exp=\d+", "exp=9999999999", good), re.sub(r"&sig=\w+", "", good),
                "/_pz/preview"):
        answer = nginx.get(bad)
        assert answer.status == 403 and answer.get("set-cookie") is None
        assert answer.get("cache-control") == "no-store"
    unknown = nginx.get(link(nginx, "segment.nobody=on"))
    assert unknown.status == 400 and "segment.nobody=on" in unknown.text
    assert unknown.get("set-cookie") is None
    assert nginx.get(good, method="POST").status == 405


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil.example",
                                "javascript:alert(1)", "/\r\nSet-Cookie: a=b", "shop"])
def test_it_leads_only_to_a_page_of_the_same_site(site, nginx, to):
    site()
    location = nginx.get(link(nginx, "segment.polish=on", to=to)).get("location")
    assert urlsplit(location).path == "/"
    assert urlsplit(location).netloc in ("", f"localhost:{nginx.port}")
    shop = nginx.get(link(nginx, "segment.polish=on", to="/shop?a=b")).get("location")
    assert urlsplit(shop).path == "/shop" and urlsplit(shop).query == "a=b"


def test_without_a_secret_there_is_none(site, nginx):
    site(preview="")
    assert nginx.get(link(nginx, "segment.polish=on")).status == 404
    got = page(nginx, "pz-preview=1.x.y")
    assert got.get("set-cookie") is None and "pz-preview" not in got.text


def test_explain_tells_what_is_forced(site, nginx):
    site()
    cookie = follow(nginx, "segment.polish=on", "experiment.bars=free", "campaign.capped=on",
                    "time=2026-11-22T23:30:00Z")
    answer = json.loads(page(nginx, cookie, "/_pz/explain").body)
    assert answer["preview"]["forced"] == ["segment.polish=on", "experiment.bars=free",
                                           "campaign.capped=on", "time=2026-11-22T23:30:00Z"]
    assert answer["preview"]["expires"] > time.time()
    segments = {one["segment"]: one for one in answer["segments"]}
    assert segments["polish"]["member"] and segments["polish"]["forced"]
    assert segments["night"]["member"] and "forced" not in segments["night"]
    assert answer["attributes"]["time.hour"]["origin"] == "preview"
    slot = answer["slots"][0]
    assert slot["winner"] == "capped"
    reasons = {one["campaign"]: one["reason"] for one in slot["campaigns"]}
    assert reasons["capped"] == "forced by a preview"
    assert "it is forced by a preview" in reasons["poles"]
    run = answer["experiments"][0]["runs"][0]
    assert run["reason"] == "forced_by_query" and run["key"] == "free"
    assert answer["experiments"][0]["exposure"] is False


def test_a_readable_secret_and_a_missing_endpoint_are_warned_of(site, nginx):
    nginx.file("preview.key", KEY + "\n").chmod(0o644)
    nginx.configure("", "personalize_preview secret_file=preview.key;")
    code, output = nginx.check()
    assert code == 0
    assert "force what any browser is shown; chmod 600" in output
    assert "personalize_preview needs a location with personalize_endpoint" in output


@pytest.mark.parametrize("text, says", [
    ("personalize_preview secret=preview.key;", "secret_file=PATH"),
    ("personalize_preview secret_file=missing.key;", "missing.key"),
    ("personalize_preview secret_file=short.key;", "32"),
    ("personalize_preview secret_file=preview.key; personalize_preview secret_file=preview.key;",
     "is duplicate")])
def test_mistakes(nginx, text, says):
    nginx.file("preview.key", KEY + "\n").chmod(0o600)
    nginx.file("short.key", "abc\n").chmod(0o600)
    nginx.configure(text)
    code, output = nginx.check()
    assert code != 0 and says in output


def test_the_script_refuses_what_forces_nothing(nginx):
    nginx.file("preview.key", KEY + "\n")
    for words in (["segment.vip"], ["segment.vip=maybe"], ["country=pl"], ["--for", "31d", "time=0"],
                  ["segment.a;b=on"], ["time=yesterday"], []):
        done = subprocess.run([ROOT / "scripts" / "preview-link", "--secret",
                               nginx.directory / "preview.key", "--site", "http://localhost",
                               *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 2, words
    assert quote("segment.polish=on", safe="") in link(nginx, "segment.polish=on")
