"""personalize-report export: every event arrives at least once, whoever is killed."""

import csv
import gzip
import io
import json
import re
import shlex
import signal
import subprocess
from collections import Counter

import pytest

from harness import postgresql
from harness.nginx import ROOT
from harness.redis.cluster import RedisCluster
from harness.waiting import wait_until

PROGRAM = ROOT / "build" / "personalize-report"
STREAM = "pz:events"
FIELDS = ("id event time visitor session host path origin experiment variant version split "
          "campaign slot holdout item list position metric value currency order items question answer "
          "attributes").split()
HOSTILE = 'x"y,\\ \n\r\t\x01 \U0001f600 Łódź; DROP TABLE'


def event(i, **fields):
    return {"id": f"0badcafe-{i}", "event": "exposure", "time": str(1_790_000_000_000 + i),
            "visitor": f"{i % 50:032x}", "host": "shop.example", "path": "/", "origin": "edge",
            "experiment": "bar", "variant": "new" if i % 2 else "control",
            "attributes": '{"geo.country":"PL","device.type":"mobile"}', **fields}


def add(redis, numbers, **fields):
    pipeline = redis.data.pipeline(transaction=False)
    for i in numbers:
        pipeline.xadd(STREAM, event(i, **fields))
    pipeline.execute()


def command(redis, *words):
    return [PROGRAM, "export", "--redis", redis.socket, "--stream", STREAM, *words]


def export(redis, *words, status=0):
    done = subprocess.run(command(redis, *words), timeout=60, capture_output=True)
    assert done.returncode == status, done.stderr.decode()
    return done


def ids(text):
    return [json.loads(line)["id"] for line in text.splitlines()]


def arrived(out):
    """Those in a file that is being written: its last line may be torn."""
    return ids(out.read_text().rpartition("\n")[0]) if out.exists() else []


class Follower:
    """Runs `export --follow` until it is ended."""

    def __init__(self, redis, *words):
        self.process = subprocess.Popen(command(redis, "--follow", *words), stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return errors.decode()


def test_what_was_acknowledged_does_not_come_again(redis):
    add(redis, range(2500))
    first = export(redis)
    assert ids(first.stdout) == [f"0badcafe-{i}" for i in range(2500)]
    assert export(redis).stdout == b""
    add(redis, range(2500, 2600))
    assert len(ids(export(redis).stdout)) == 100
    assert len(ids(export(redis, "--group", "another").stdout)) == 2600


def test_json_has_types(redis):
    redis.data.xadd(STREAM, event(1, event="conversion", metric="purchase", value="12.50",
                                  currency="EUR", position="3", order=HOSTILE))
    redis.data.xadd(STREAM, event(2, attributes="{broken", value="1", position="one"))
    redis.data.xadd(STREAM, {"event": "exposure", "time": "1790000000000", "path": b"/\xff\x00x"})
    whole, broken, bytes_ = map(json.loads, export(redis).stdout.splitlines())
    assert whole["value"] == 12.5 and whole["position"] == 3 and whole["time"] == 1_790_000_000_001
    assert whole["attributes"] == {"geo.country": "PL", "device.type": "mobile"}
    assert whole["order"] == HOSTILE and "session" not in whole
    assert broken["attributes"] == "{broken" and broken["position"] == "one"
    assert bytes_["path"] == "/��x"


def test_csv(redis):
    redis.data.xadd(STREAM, event(1, order=HOSTILE, items='a,"b"'))
    redis.data.xadd(STREAM, event(2, attributes="{broken", position="one"))
    out = export(redis, "--format", "csv", "--header").stdout.decode()
    header, first, second = csv.reader(io.StringIO(out, newline=""))
    assert header == FIELDS
    assert dict(zip(header, first))["order"] == HOSTILE
    assert dict(zip(header, first))["items"] == 'a,"b"'
    assert dict(zip(header, second))["attributes"] == dict(zip(header, second))["position"] == ""


def test_files_become_csv(directory):
    lines = [json.dumps({**event(i), "time": 1_790_000_000_000 + i}) for i in range(3000)]
    (directory / "a.log").write_text("\n".join(lines[:1000]) + "\n{torn\n")
    with gzip.open(directory / "b.log.gz", "wt") as out:
        out.write("\n".join(lines[1000:]) + "\n")
    done = subprocess.run([PROGRAM, "export", "--format", "csv", directory / "a.log",
                           directory / "b.log.gz"], timeout=60, capture_output=True, check=True)
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert [row[0] for row in rows] == [f"0badcafe-{i}" for i in range(3000)]
    assert "a.log:1001" in done.stderr.decode()


def test_events_are_chosen(redis):
    add(redis, range(10))
    add(redis, range(10, 15), event="conversion", metric="purchase")
    assert len(ids(export(redis, "--events", "conversion,lead").stdout)) == 5
    assert export(redis).stdout == b""


def test_damaged_entries_are_told_and_passed_over(redis):
    redis.data.xadd(STREAM, {"event": "exposure", "time": "yesterday"})
    add(redis, range(3))
    done = export(redis)
    assert len(ids(done.stdout)) == 3
    assert "pz:events/" in done.stderr.decode() and "passed over" in done.stderr.decode()
    assert redis.data.xpending(STREAM, "export")["pending"] == 0


def test_what_the_stream_dropped_is_told(redis):
    export(redis)
    add(redis, range(100))
    redis.data.xtrim(STREAM, maxlen=40, approximate=False)
    done = export(redis)
    assert len(ids(done.stdout)) == 40
    assert "60 events were dropped from the stream" in done.stderr.decode()


def test_killed_again_and_again(redis, directory):
    out = directory / "out.jsonl"
    total = 20_000
    add(redis, range(total // 2))
    for turn in range(12):
        begun = out.stat().st_size if out.exists() else 0
        follower = Follower(redis, "--output", out, "--batch", "50")
        wait_until(lambda: out.exists() and out.stat().st_size > begun, "events to arrive")
        follower.end(signal.SIGKILL)
        add(redis, range(total // 2 + turn * 100, total // 2 + (turn + 1) * 100))
    export(redis, "--output", out)
    times = Counter(arrived(out))
    assert set(times) == {f"0badcafe-{i}" for i in range(total // 2 + 1200)}
    assert sum(times.values()) - len(times) <= 12 * 50
    assert redis.data.xpending(STREAM, "export")["pending"] == 0


def test_a_command_that_fails_gets_the_same_again(redis, directory):
    add(redis, range(120))
    out, gate = directory / "out", directory / "gate"
    script = f"cat > {directory}/batch; test -e {gate} || exit 3; cat {directory}/batch >> {out}"
    follower = Follower(redis, "--batch", "50", "--pipe-to", script)
    line = follower.process.stderr.readline().decode()
    assert "exit status 3" in line and "trying again" in line and not out.exists()
    gate.touch()
    wait_until(lambda: len(arrived(out)) == 120, "events to arrive")
    add(redis, range(120, 125))
    wait_until(lambda: len(arrived(out)) == 125, "events to arrive")
    follower.end()
    assert arrived(out) == [f"0badcafe-{i}" for i in range(125)]
    assert redis.data.xpending(STREAM, "export")["pending"] == 0


def test_a_command_that_fails_ends_it_without_follow(redis):
    add(redis, range(3))
    done = export(redis, "--pipe-to", "exit 1", status=1)
    assert "exit status 1" in done.stderr.decode()
    assert len(ids(export(redis).stdout)) == 3


def test_a_reader_that_goes_away(redis):
    add(redis, range(50_000))
    with subprocess.Popen(command(redis), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        one.stdout.readline()
        one.stdout.close()
        assert one.wait(timeout=30) == 1
        assert b"standard output" in one.stderr.read()
    assert len(ids(export(redis).stdout)) > 40_000


def test_redis_goes_and_comes_back(redis, directory):
    out = directory / "out"
    add(redis, range(10))
    follower = Follower(redis, "--output", out)
    wait_until(lambda: len(arrived(out)) == 10, "events to arrive")
    redis.kill()
    assert "trying again" in follower.process.stderr.readline().decode()
    redis.start()
    add(redis, range(10, 20))
    wait_until(lambda: len(arrived(out)) == 20, "events to arrive")
    # A server that lost its data knows no group any more.
    redis.data.delete(STREAM)
    add(redis, range(20, 30))
    wait_until(lambda: len(arrived(out)) == 30, "events to arrive")
    follower.end()


def test_a_rotated_file(redis, directory):
    out = directory / "out"
    follower = Follower(redis, "--output", out)
    add(redis, range(10))
    wait_until(lambda: len(arrived(out)) == 10, "events to arrive")
    out.rename(directory / "out.1")
    add(redis, range(10, 20))
    wait_until(lambda: len(arrived(out)) == 10, "events to arrive")
    follower.end()
    assert arrived(out) == [f"0badcafe-{i}" for i in range(10, 20)]


def test_several_share_the_work(redis, directory):
    followers = [Follower(redis, "--output", directory / f"out{i}", "--consumer", f"c{i}",
                          "--batch", "10") for i in range(3)]
    wait_until(lambda: redis.data.exists(STREAM) and redis.data.xinfo_groups(STREAM), "a group")
    add(redis, range(3000))

    def all_arrived():
        return [one for i in range(3) for one in arrived(directory / f"out{i}")]

    wait_until(lambda: len(all_arrived()) == 3000, "events to arrive")
    assert len(set(all_arrived())) == 3000
    for follower in followers:
        follower.end()


def test_what_a_lost_one_left_undone_is_taken_over(redis):
    add(redis, range(30))
    export(redis, "--consumer", "lost", "--batch", "10", "--pipe-to", "exit 1", status=1)
    pending = redis.data.xpending_range(STREAM, "export", "-", "+", 100)
    assert len(pending) == 10
    # As if a minute had passed.
    redis.data.xclaim(STREAM, "export", "lost", 0, [one["message_id"] for one in pending],
                      idle=61_000, justid=True)
    assert sorted(ids(export(redis, "--consumer", "other").stdout)) == \
        sorted(f"0badcafe-{i}" for i in range(30))


def test_a_cluster(directory):
    cluster = RedisCluster(directory / "cluster")
    try:
        cluster.wait_whole()
        owner = cluster.master_of(STREAM)
        owner.data.execute_command("XADD", STREAM, "*", *sum(event(1).items(), ()))
        other = next(node for node in cluster.nodes if node is not owner)
        done = subprocess.run([PROGRAM, "export", "--redis", f"127.0.0.1:{other.port}", "--stream",
                               STREAM], timeout=60, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        assert ids(done.stdout) == ["0badcafe-1"]
    finally:
        cluster.stop()


@pytest.mark.parametrize("words, message", [
    ((), "export reads one stream, or files"),
    (("--stream", "a", "--stream", "b"), "export reads one stream, or files"),
    (("--stream", "a"), "--stream needs --redis ADDRESS"),
    (("--follow", "file"), "--follow reads a stream"),
    (("--header", "file"), "--header is for --format csv"),
    (("--format", "xml", "file"), 'invalid format "xml", json or csv expected'),
    (("--output", "a", "--pipe-to", "b", "file"), "exclude each other"),
    (("--events", "purchase", "file"), 'unknown event "purchase"'),
    (("--batch", "0", "file"), 'invalid number "0" of --batch'),
])
def test_mistakes(words, message):
    done = subprocess.run([PROGRAM, "export", *words], timeout=30, capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr and "--help" in done.stderr


def test_nobody_answers(directory):
    done = subprocess.run([PROGRAM, "export", "--redis", directory / "none", "--stream", "s"],
                          timeout=30, capture_output=True, text=True)
    assert done.returncode == 1 and "cannot connect to Redis" in done.stderr


def documented(language, containing):
    """The block of docs/warehouse.md that contains the text."""
    text = (ROOT / "docs" / "warehouse.md").read_text()
    found = [block for name, block in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
             if name == language and containing in block]
    assert len(found) == 1, containing
    return found[0]


def test_help_is_what_the_documentation_says():
    text = subprocess.run([PROGRAM, "export", "--help"], check=True, timeout=30, text=True,
                          capture_output=True).stdout
    assert documented("text", "--follow") == text[text.index("  --redis"):]


@pytest.mark.skipif(postgresql.programs() is None, reason="PostgreSQL is not installed")
def test_postgresql(redis, directory):
    """The commands of docs/warehouse.md: a running import, and a file at once."""
    database = postgresql.PostgreSQL(directory / "pg")
    try:
        database.query(documented("sql", "id text PRIMARY KEY"))
        (directory / "import.sql").write_text(documented("sql", "pstdin"))
        add(redis, range(500))
        add(redis, range(100))  # once more, under the same ids
        redis.data.xadd(STREAM, event(600, order=HOSTILE))
        redis.data.xadd(STREAM, event(601, path=b"/\xff\x00", attributes="{", position="x"))
        claims = (("browser", "10"), ("edge", "12.50"), ("edge", "12.50"))
        for i, (origin, value) in enumerate(claims):
            redis.data.xadd(STREAM, event(700 + i, event="conversion", metric="purchase",
                                          order="A1", value=value, origin=origin))
        # As documented, but for where the servers are.
        importing = " ".join(database.psql("--file", str(directory / "import.sql")))
        wanted = documented("console", "--group postgresql")
        options = shlex.split(wanted.replace("\\\n", "").removeprefix("$ "))
        assert options[:2] == ["personalize-report", "export"]
        options[options.index("--redis") + 1] = str(redis.socket)
        options[options.index("--pipe-to") + 1] = importing
        follower = subprocess.Popen([PROGRAM, *options[1:]], stderr=subprocess.PIPE)
        try:
            wait_until(lambda: database.query("SELECT count(*) FROM personalize_events;")
                       == [["505"]], "the import")
        finally:
            follower.terminate()
            _, errors = follower.communicate(timeout=30)
        assert follower.returncode == 0, errors.decode()
        assert database.query("SELECT \"order\" = E'" + HOSTILE.replace("\\", "\\\\")
                              .replace("\n", "\\n").replace("\r", "\\r")
                              + "' FROM personalize_events WHERE id = '0badcafe-600';") == [["t"]]
        hostile = database.query("SELECT path, attributes IS NULL, position IS NULL "
                                 "FROM personalize_events WHERE id = '0badcafe-601';")
        assert hostile == [["/��", "t", "t"]]
        assigned = database.query(documented("sql", "experiment_id") + ";")
        assert len(assigned) == 502 and assigned[0][2:] == ["bar", "control", "PL", "mobile"]
        facts = database.query(documented("sql", "DISTINCT ON") + ";")
        assert [row[2:] for row in facts] == [["purchase", "12.50", "A1"]]

        one = f"visitor = '{3:032x}'"
        count = f"SELECT count(*) FROM personalize_events WHERE {one};"
        assert database.query(count) == [["10"]]
        database.query("INSERT INTO personalize_events (id, event, time, visitor) VALUES "
                       f"('f', 'forget', {1_790_000_000_000 + 200}, '{3:032x}');")
        database.query(documented("sql", "DELETE"))
        # Of the ten, 3, 53, 103 and 153 are older; and there is the wish itself.
        assert database.query(count) == [["7"]]
        database.query(f"DELETE FROM personalize_events WHERE {one};")

        lines = "".join(json.dumps({**event(i), "time": 1_790_000_000_000 + i}) + "\n"
                        for i in range(1000, 1100))
        (directory / "events.log").write_text(lines)
        out = subprocess.run([PROGRAM, "export", "--format", "csv", directory / "events.log"],
                             check=True, capture_output=True, timeout=30).stdout
        (directory / "events.csv").write_bytes(out)
        copy = documented("console", "events.csv WITH")
        copy = re.search(r'-c "(.*)"', copy).group(1)
        database.query(copy.replace("events.csv", f"'{directory}/events.csv'") + "\n")
        assert database.query("SELECT count(*) FROM personalize_events;") == [["595"]]
    finally:
        database.stop()
