"""docs/reference/report.md and the program say the same."""

import re

from harness.nginx import ROOT
from harness.report import run

TEXT = (ROOT / "docs" / "reference" / "report.md").read_text()


def section(heading):
    return re.search(rf"^### {heading}\n(.*?)^##", TEXT, re.M | re.S)[1]


def test_options():
    shown = re.findall(r"^  (--[\w-]+(?: \S+)?)(?:  |$)", run("--help")[0], re.M)
    documented = re.findall(r"^\| `(--[^`]+)` \|", section("Options"), re.M)
    assert shown == documented


def test_commands():
    """Each that the program knows is in its help, and has a page or a section."""
    known = re.findall(r'{"(\w+)", "', (ROOT / "src/report/command_line/commands.cpp").read_text())
    shown = re.findall(r"^  (\w+) {3,}", run("--help")[0], re.M)
    assert known and known == shown
    assert all(f"[{name}](" in TEXT for name in known if name != "report")


def test_verdicts():
    known = set(re.findall(r'return "(\w+)";',
                           (ROOT / "src/report/analysis/verdict.cpp").read_text()))
    documented = {word for row in section("Verdicts").splitlines() if row.count("|") == 4
                  for word in re.findall(r"`(\w+)`", row.rsplit("|", 2)[-2])}
    assert known and known == documented


def test_exit_statuses():
    documented = set(re.findall(r"^\| `(\d)` \|", section("Exit status"), re.M))
    header = (ROOT / "src/report/command_line/commands.h").read_text()
    assert documented == set(re.findall(r"exit_\w+ = (\d)", header))


def test_members_of_json(directory):
    """Each that the writer knows is in the table, but for the kinds of events."""
    source = (ROOT / "src/report/output/json_report.cpp").read_text()
    known = set(re.findall(r'(?:member|name|numbers|strings|write_estimate|write_touches)\("(\w+)"',
                           source))
    assert len(known) > 60
    obvious = {"name", "value", "low", "high", "p", "begin", "end", "read", "first_time", "last_time",
               "confidence", "correction", "timezone", "attribute", "metric", "currency", "until",
               "chi_square", "degrees", "variant", "capped", "others", "answers_given",
               "after_click", "value_after_click", "after_view", "value_after_view"}
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", TEXT.split("## JSON")[1]))))
    assert known - obvious <= documented, known - obvious - documented
