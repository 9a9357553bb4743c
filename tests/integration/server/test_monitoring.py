"""docs/monitoring/: the dashboard and the alerts are valid, and ask for what personalize_status tells."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from harness import scene
from harness.nginx import ROOT
from harness.waiting import wait_until

FOLDER = ROOT / "docs" / "monitoring"
ALERTS = FOLDER / "prometheus-alerts.yml"
PROMTOOL = shutil.which("promtool")  # of Debian's package prometheus; not needed for the rest


def dashboard():
    return json.loads((FOLDER / "grafana-dashboard.json").read_text())


def rules():
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def targets():
    return [target for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def expressions():
    found = [rule["expr"] for rule in rules()] + [target["expr"] for target in targets()]
    found += [one["expr"] for one in dashboard()["annotations"]["list"]]
    return found + [one["definition"] for one in dashboard()["templating"]["list"]
                    if "definition" in one]


@pytest.fixture
def series(nginx, redis):
    """What a server tells that has all there is: {name: [labels of a sample]}."""
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE) + """
      personalize_experiment bars { variants a b; }
      personalize_events file=events.log;
      personalize_campaign codes { slot codes; widget popup; set title x; code pool=codes:x; }
      """, scene.server() + "location = /status { personalize_status; }")
    nginx.start()
    wait_until(lambda: "personalize_pool_codes{" in nginx.get("/status").text, "the pool is known")
    found = {}
    for family in text_string_to_metric_families(nginx.get("/status").text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def test_every_metric_exists_with_its_labels(series):
    for expression in expressions():
        names = re.findall(r"\bpersonalize_\w+", expression)
        assert names, expression
        for name in names:
            assert name in series, (name, expression)
        for name, matchers in re.findall(r"\b(personalize_\w+)\{([^}]*)\}", expression):
            for label, values in re.findall(r'(\w+)=~?"([^"]*)"', matchers):
                if label == "instance":  # which Prometheus adds
                    continue
                told = {labels.get(label) for labels in series[name]}
                assert set(values.split("|")) <= told, (expression, label)
        # What is grouped by, too.
        for names_of_labels in re.findall(r"\bby \(([^)]*)\)", expression):
            for label in set(re.split(r",\s*", names_of_labels)) - {"instance"}:
                assert any(label in labels for name in names for labels in series[name]), expression


def test_alerts_say_what_to_do():
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert set(rule["annotations"]) == {"summary", "description"}, rule
        assert re.fullmatch(r"\d+m", rule["for"]), rule


def test_the_dashboard_is_one():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not taken & cells, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["targets"], panel["title"]
    for target in targets():
        assert target["datasource"]["uid"] == "${datasource}"
        assert 'instance=~"$instance"' in target["expr"], target["expr"]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_understands_them(tmp_path):
    """Those of the dashboard as if they were recorded."""
    recorded = [{"record": f"dashboard:{number}",
                 "expr": re.sub(r"\$__rate_interval", "5m", target["expr"])}
                for number, target in enumerate(targets())]
    (tmp_path / "dashboard.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    for path in (ALERTS, tmp_path / "dashboard.yml"):
        done = subprocess.run([PROMTOOL, "check", "rules", str(path)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_reads_the_status(nginx, redis):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket), scene.server() +
                    "location = /status { personalize_status; }")
    nginx.start()
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=nginx.get("/status").text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
