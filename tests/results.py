#!/usr/bin/python3
"""Counts what test suites reported.

    tests/results.py [--total] DIRECTORY

Reads every result file in DIRECTORY (JUnit XML of ctest and pytest, TAP of node; SUITE.failed where
a suite ended badly, which counts as one failure if its results do not tell of any) and prints one
line a suite; with --total only the sum, `N passed, N failed` and `, N skipped` where any were.
Exit code 1 if anything failed or there are no results.
"""

import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

CMOCKA = re.compile(r"\[ +(PASSED|FAILED|SKIPPED) +\] (\d+) test\(s\)")


def count_program(case):
    """A ctest case is a program; where cmocka's summary is in its output, its tests are counted."""
    counts = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for kind, number in CMOCKA.findall(case.findtext("system-out") or ""):
        counts[kind] += int(number)
    status = case.get("status")
    if status == "fail" and counts["FAILED"] == 0:
        counts["FAILED"] = 1  # it crashed, or a sanitizer ended it
    elif status in ("notrun", "disabled"):
        counts["SKIPPED"] = max(1, counts["SKIPPED"])
    elif sum(counts.values()) == 0:
        counts["PASSED"] = 1
    return counts["PASSED"], counts["FAILED"], counts["SKIPPED"]


def count_junit(path):
    passed = failed = skipped = 0
    for case in xml.parse(path).iter("testcase"):
        if case.get("status") is not None:
            p, f, s = count_program(case)
        elif case.find("failure") is not None or case.find("error") is not None:
            p, f, s = 0, 1, 0
        elif case.find("skipped") is not None:
            p, f, s = 0, 0, 1
        else:
            p, f, s = 1, 0, 0
        passed, failed, skipped = passed + p, failed + f, skipped + s
    return passed, failed, skipped


def count_tap(path):
    text = path.read_text()

    def total(*names):
        return sum(int(n) for name in names for n in re.findall(rf"^# {name} (\d+)", text, re.M))

    return total("pass"), total("fail", "cancelled"), total("skipped", "todo")


def main(arguments):
    only_total = "--total" in arguments
    directory = Path([a for a in arguments if not a.startswith("--")][0])
    suites = {}
    for path in sorted(directory.iterdir()):
        if path.suffix in (".xml", ".tap"):
            suites[path.stem] = count_tap(path) if path.suffix == ".tap" else count_junit(path)
    for path in sorted(directory.glob("*.failed")):
        if not any(counts[1] for suite, counts in suites.items() if suite.startswith(path.stem)):
            suites[path.name] = (0, 1, 0)
    total = tuple(sum(column) for column in zip(*suites.values())) or (0, 0, 0)
    if not only_total:
        for suite, counts in suites.items():
            print(f"{suite:>20}: {describe(counts)}")
    if only_total:
        print(describe(total))
    return 1 if total[1] or not total[0] else 0


def describe(counts):
    passed, failed, skipped = counts
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
