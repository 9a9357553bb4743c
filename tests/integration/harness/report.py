"""Events as the module writes them, and what personalize-report says of them."""

import hashlib
import json
import subprocess

from harness.nginx import ROOT

PROGRAM = ROOT / "build" / "personalize-report"
START = 1_790_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR


def visitor(name):
    return hashlib.sha256(str(name).encode()).hexdigest()[:32]


class Events:
    """Lines of events, each with an id of its own and a time that can be given."""

    def __init__(self):
        self.records = []

    def add(self, event, who, time=START, **fields):
        record = {"id": f"0badcafe-{len(self.records)}", "event": event, "time": int(time),
                  "visitor": visitor(who), "host": "shop.example", "path": "/", "origin": "edge"}
        record.update({name: value for name, value in fields.items() if value is not None})
        self.records.append(record)
        return record

    def expose(self, who, variant, time=START, experiment="checkout",
               split="control=50,blue=50", **fields):
        return self.add("exposure", who, time, experiment=experiment, variant=variant, split=split,
                        **fields)

    def convert(self, who, time=START + 1, metric="purchase", **fields):
        return self.add("conversion", who, time, metric=metric, **fields)

    def write(self, path):
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n"
                                for record in self.records))
        return path


def run(*words, status=0, stdin=None, env=None):
    """(standard output, standard error)"""
    done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, text=True, timeout=120,
                          capture_output=True, env=env)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def report(path, *words):
    """What it says of the file, as JSON. All three forms are made, and none has what is no number."""
    out, _ = run("--format", "json", *words, path)
    for form in ("text", "html"):
        shown, _ = run("--format", form, *words, path)
        for word in ("nan", "inf", "NaN", "Infinity"):
            assert not any(part.strip("+-%,.;()") == word for part in shown.split()), shown
    return json.loads(out, parse_constant=refuse_constant)


def outcome_of(experiment, name, currency=None):
    found = [one for one in experiment["outcomes"]
             if one["name"] == name and currency in (None, one["currency"])]
    assert len(found) == 1, [one["name"] for one in experiment["outcomes"]]
    return found[0]
