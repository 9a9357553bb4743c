"""The forms in which personalize_status answers: what Prometheus reads, JSON, and a page for people."""

import json
import re
from html.parser import HTMLParser

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness import scene
from harness.waiting import wait_until

BROWSER = ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8")
SCRAPER = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
           "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
HOSTILE = "</script><b>&amp"


def start(nginx, redis, http="", workers=1):
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE) + http, scene.server() + """
      location = /status { personalize_status; }
      location /_pz/ { personalize_endpoint; }""", workers=workers)
    nginx.start()


def families(nginx):
    """{name: family} as Prometheus would read it; the parser checks escapes and numbers."""
    text = nginx.get("/status").text
    found = {family.name: family for family in text_string_to_metric_families(text)}
    assert len(found) == text.count("# TYPE "), "every family is written once"
    return found


def value(nginx, name, **labels):
    for sample in families(nginx)[name].samples:
        if sample.labels == labels:
            return sample.value
    return None


@pytest.mark.parametrize("accept, kind", [
    (None, "text/plain"), ("*/*", "text/plain"), (SCRAPER, "text/plain"), (BROWSER, "text/html"),
    ("application/json", "application/json"), ("text/html;q=0.1, application/json", "application/json"),
])
def test_the_client_says_what_it_wants(accept, kind, nginx, redis):
    start(nginx, redis)
    headers = {} if accept is None else {"Accept": accept}
    response = nginx.get("/status", headers=headers)
    assert response.get("content-type").split(";")[0] == kind
    assert response.get("vary") == "Accept" and response.get("cache-control") == "no-store"
    # What stands in the address goes before that.
    for name, other in (("html", "text/html"), ("json", "application/json"),
                        ("prometheus", "text/plain")):
        response = nginx.get(f"/status?format={name}", headers=headers)
        assert response.get("content-type").split(";")[0] == other
    assert nginx.get("/status?format=xml", headers=headers).status == 400
    assert nginx.get("/status?format=html", method="HEAD").status == 200


def test_histograms(nginx, redis):
    start(nginx, redis, workers=2)
    cookies = [f"vid=v{i}" for i in range(40)]
    for cookie in cookies:
        nginx.get("/", headers={"Cookie": cookie})
    wait_until(lambda: value(nginx, "personalize_pages", result="default") == len(cookies),
               "all pages are counted")
    all_families = families(nginx)
    for name, least, most in (("lookup", len(cookies), len(cookies)), ("wait", 1, len(cookies)),
                              ("decision", 1, len(cookies) // 16)):
        family = all_families[f"personalize_{name}_seconds"]
        assert family.type == "histogram"
        buckets = [(float(s.labels["le"]), s.value) for s in family.samples if "le" in s.labels]
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf")
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), "buckets are cumulative"
        single = {s.name.rpartition("_")[2]: s.value for s in family.samples if not s.labels}
        assert counts[-1] == single["count"] and least <= single["count"] <= most
        in_json = json.loads(nginx.get("/status?format=json").text)[f"{name}_seconds"]
        assert in_json["count"] == single["count"] and in_json["buckets"]["+Inf"] == single["count"]
        if name != "wait":  # which may have taken less than a millisecond
            assert 0 < single["sum"] < 60


def test_an_answer_that_comes_late_is_in_the_histogram(nginx, redis):
    start(nginx, redis)
    redis.suspend()
    nginx.get("/", headers=scene.ADA)

    def gave_up():
        samples = families(nginx)["personalize_lookup_seconds"].samples
        counts = {s.labels["le"]: s.value for s in samples if "le" in s.labels}
        return counts["+Inf"] == 1 and counts["0.01"] == 0
    wait_until(gave_up, "the look-up is given up")
    wait_until(lambda: value(nginx, "personalize_held_pages") == 1, "the page is counted")
    redis.resume()


def campaign(nginx, name, event):
    return value(nginx, "personalize_campaigns", campaign=name, event=event)


def test_campaigns(nginx, redis):
    start(nginx, redis, http="""
      personalize_campaign never { slot nowhere; widget hello-bar; set text a; }
      personalize_campaign seen { slot body-end; widget hello-bar; set text a; }""")
    nginx.get("/")
    nginx.get("/")
    same_site = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    for body, status in (("impression=seen&click=seen", 204),
                         ("impression=seen&dismiss=seen&conversion=seen", 204),
                         ("impression=unknown", 400)):
        assert nginx.get("/_pz/e", method="POST", body=body.encode(),
                         headers=same_site).status == status
    expected = {"shown": 2, "impression": 2, "click": 1, "dismiss": 1, "conversion": 1}
    for event, count in expected.items():
        assert campaign(nginx, "seen", event) == count, event
        assert campaign(nginx, "never", event) == 0
    assert campaign(nginx, "unknown", "impression") is None
    nginx.reload()
    assert campaign(nginx, "seen", "shown") == 2


def test_thousands_of_campaigns_are_a_thousand_series(nginx, redis):
    many = "".join(f"personalize_campaign c{i} {{ slot s{i % 3}; when cookie.none = {i}; "
                   f"widget hello-bar; set text a; }}\n" for i in range(1100))
    start(nginx, redis, http=many + """
      personalize_campaign last { slot body-end; widget hello-bar; set text a; }""")
    nginx.get("/")
    samples = families(nginx)["personalize_campaigns"].samples
    assert len(samples) == 6 * 1001
    assert campaign(nginx, "(others)", "shown") == 1
    assert campaign(nginx, "last", "shown") is None


def test_weights_of_experiments(nginx, redis):
    start(nginx, redis, http="personalize_experiment bars { variants a=60 b=40; coverage 10%; }")
    assert value(nginx, "personalize_experiment_weight", experiment="bars", variant="a") == 0.6
    assert value(nginx, "personalize_experiment_weight", experiment="bars", variant="b") == 0.4
    nginx.config_file.write_text(nginx.config_file.read_text().replace("b=40", "b=140"))
    nginx.reload()
    assert value(nginx, "personalize_experiment_weight", experiment="bars", variant="b") == 0.7


def test_what_runs(nginx, redis):
    start(nginx, redis, workers=2)
    first = json.loads(nginx.get("/status?format=json").text)
    assert first["workers"] == 2 and first["reloads"] == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+", first["build"]["nginx"])
    assert re.fullmatch(r"\d+\.\d+\.\d+(-\w+)?", first["build"]["version"])
    assert first["start_time_seconds"] == first["reload_time_seconds"]
    nginx.reload()
    second = json.loads(nginx.get("/status?format=json").text)
    assert second["reloads"] == 1
    assert second["start_time_seconds"] == first["start_time_seconds"]
    assert second["reload_time_seconds"] >= first["reload_time_seconds"]


class Text(HTMLParser):
    """The elements of a page, and what stands in its tables."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.cells = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_cell = tag in ("td", "th")

    def handle_data(self, data):
        if self._in_cell:
            self.cells.append(data)
            self._in_cell = False


def test_the_page(nginx, redis):
    """It has all numbers without a script, and whatever a name is, it stays text."""
    start(nginx, redis, http=f"""
      personalize_campaign "{HOSTILE}" {{ slot other; widget hello-bar; set text a; }}
      personalize_campaign bar {{ slot body-end; widget hello-bar; set text a; }}""")
    for _ in range(3):
        nginx.get("/")
    response = nginx.get("/status", headers={"Accept": BROWSER})
    policy = response.get("content-security-policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert response.get("x-content-type-options") == "nosniff"
    page = Text(response.text)
    assert page.cells[page.cells.index("bar"):][:3] == ["bar", "shown", "3"]
    assert HOSTILE in page.cells
    assert [tag for tag, _ in page.tags].count("b") == 0
    assert not [attrs for _, attrs in page.tags if "style" in attrs or attrs.get("src")]
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', response.text, re.S)
    assert json.loads(data[1])["campaigns"][HOSTILE]["shown"] == 0
    assert json.loads(data[1])["campaigns"]["bar"]["shown"] == 3


def test_the_page_is_not_personalized(nginx, redis):
    """What a campaign would put into it, its policy would not allow."""
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket) + """
      personalize_campaign bar { slot body-end; widget hello-bar; set text "Hello you"; }""", """
      personalize on;
      location = /status { personalize_status; }""")
    nginx.start()
    assert "Hello you" in nginx.get("/").text
    before = json.loads(nginx.get("/status?format=json").text)["passed"]
    response = nginx.get("/status", headers={"Accept": BROWSER})
    assert "Hello you" not in response.text and response.get("cache-control") == "no-store"
    assert json.loads(nginx.get("/status?format=json").text)["passed"] == before
