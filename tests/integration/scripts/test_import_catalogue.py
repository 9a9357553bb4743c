"""scripts/import-catalogue: what is written, what is deleted, and what is left alone."""

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess

import pytest

from harness import scene
from harness.certificates import Authority
from harness.nginx import ROOT
from harness.ports import ReservedPort
from harness.redis.cluster import RedisCluster
from harness.redis.server import RedisServer
from harness.waiting import wait_until

SCRIPT = ROOT / "scripts/import-catalogue"


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis(shared_redis):
    shared_redis.data.flushall()
    return shared_redis


def command(redis, *arguments):
    return [SCRIPT, "--redis", redis if isinstance(redis, str) else f"unix:{redis.socket}",
            *map(str, arguments)]


def run(redis, feed, *arguments, code=0):
    """Imports a feed, text or bytes, from standard input. Returns what was said."""
    feed = feed if isinstance(feed, bytes) else feed.encode()
    done = subprocess.run(command(redis, *arguments, "-"), input=feed, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told = done.stdout.decode()
    assert done.returncode == code and "Traceback" not in told, told
    return told


def items(redis, prefix="item:"):
    """{id: item} of all that is there."""
    return {key.decode().removeprefix(prefix): json.loads(redis.data.get(key))
            for key in redis.data.keys(f"{prefix}*")}


def table(*rows, delimiter=","):
    return "".join(delimiter.join(row) + "\n" for row in rows)


def many(ids, **fields):
    """A feed of JSON lines with these ids."""
    return "".join(json.dumps({"item_id": one, "item_name": f"Thing {one}", "url": f"/p/{one}",
                               **fields}) + "\n" for one in ids)


# ---- Deletion

def test_what_is_gone_is_deleted(redis):
    redis.data.set("item:shop", "written by the shop")
    assert "20 new, 0 changed, 0 unchanged, 0 deleted" in run(redis, many(range(20)))
    assert "0 new, 0 changed, 18 unchanged, 2 deleted" in run(redis, many(range(2, 20)))
    assert redis.data.get("item:shop") == b"written by the shop"
    assert redis.data.exists("item:2", "item:19") == 2
    assert redis.data.exists("item:0", "item:1") == 0
    assert redis.data.smembers("pz:catalogue:{default}") == {b"item:%d" % i for i in range(2, 20)}


def test_much_is_not_deleted_unless_told(redis):
    run(redis, many(range(100)))
    told = run(redis, many(range(50)), code=1)
    assert "50 of the 100 items" in told and "--max-delete 100" in told
    assert len(items(redis)) == 100
    # They are known still, and nothing is lost by having refused.
    assert "50 deleted" in run(redis, many(range(50)), "--max-delete", "100")
    assert len(items(redis)) == 50


@pytest.mark.parametrize("feed", ["", "<rss></rss>", "id,title,link\n", "\n\n"])
def test_an_empty_feed_deletes_nothing(redis, feed):
    run(redis, many(range(5)))
    run(redis, feed, code=1)
    assert len(items(redis)) == 5


def test_a_feed_that_is_empty_on_purpose(redis):
    run(redis, many(range(5)))
    assert "5 deleted" in run(redis, "id,title,link\n", "--max-delete", "100")
    assert redis.data.keys() == []


@pytest.mark.parametrize("broken", ["cut off", "cut off in gzip", "ampersand"])
def test_a_broken_feed_deletes_nothing(redis, broken):
    run(redis, many(range(12)))
    feed = google(*[f"<g:id>{i}</g:id><g:title>New</g:title><g:link>/p</g:link>" for i in range(9)])
    if broken == "cut off in gzip":
        feed = gzip.compress(feed.encode() + os.urandom(50000).hex().encode())[:-30000]
    else:
        feed = feed[:-20] if broken == "cut off" else feed.replace("<g:title>New", "<g:title>A & B", 1)
    told = run(redis, feed, code=1)
    assert "nothing is deleted" in told
    assert len(items(redis)) == 12
    if broken != "cut off in gzip":
        assert re.search(r'line \d+, column \d+: the XML is broken', told)
        assert ("was it cut off?" if broken == "cut off" else '"&amp;"') in told


def test_too_many_problems_delete_nothing(redis):
    run(redis, many(range(20)))
    feed = many(range(1, 20)) + "no JSON\n" * 11
    told = run(redis, feed, code=1)
    assert "11 problems in 19 records are too many" in told and "line 20: is not JSON" in told
    assert len(items(redis)) == 20
    assert "1 deleted" in run(redis, feed, "--max-errors", "11")


def test_an_item_that_cannot_be_used_any_more_stays_as_it_was(redis):
    run(redis, many(["a", "b"]))
    told = run(redis, many(["a"]) + '{"item_id": "b", "url": "/p/b"}\n')
    assert "line 2: b: has no title" in told and "0 deleted" in told
    assert items(redis)["b"]["item_name"] == "Thing b"


def test_feeds_delete_what_is_their_own(redis):
    run(redis, many(["a", "both"]), "--feed", "shoes")
    run(redis, many(["b", "both"]), "--feed", "hats")
    assert "1 deleted" in run(redis, many(["c"]), "--feed", "shoes")
    assert set(items(redis)) == {"b", "both", "c"}
    assert "2 deleted" in run(redis, many(["c"]), "--feed", "hats")
    assert set(items(redis)) == {"c"}


@contextlib.contextmanager
def started(redis, feed, *arguments):
    """An import that has read this much of its feed, and waits for more."""
    process = subprocess.Popen(command(redis, *arguments, "-"), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdin.write(feed.encode())
    process.stdin.flush()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# What reads ahead is content with this, and 500 items are one batch.
PADDING = " " * 600000 + "\n"


def test_an_import_that_was_killed_leaves_nothing_behind(redis):
    run(redis, many(range(500)))
    with started(redis, many([*range(500), "x"]) + many(["y"], badge="z" * 900) * 700 + PADDING) as process:
        wait_until(lambda: redis.data.exists("item:x"), "it has written something")
        told = run(redis, many(range(500)), code=1)
        assert "another import of this feed is running" in told
        process.send_signal(signal.SIGKILL)
        process.wait()
    redis.data.delete("pz:catalogue:{default}:lock")  # a minute later
    assert redis.data.smismember("pz:catalogue:{default}", ["item:1", "item:x"]) == [1, 0]
    assert "500 unchanged" in run(redis, many(range(500)))
    assert "x" not in items(redis)
    assert redis.data.keys("pz:*:*") == [b"pz:catalogue:{default}"]


def test_an_import_that_was_overtaken_deletes_nothing(redis):
    """Its feed was silent for so long that another import could begin, and end."""
    run(redis, many(range(500)))
    with started(redis, many([*range(500), "x"]) + many(["y"], badge="z" * 900) * 700 + PADDING) as process:
        wait_until(lambda: redis.data.exists("item:x"), "it has written something")
        redis.data.delete("pz:catalogue:{default}:lock")
        run(redis, many(range(500)))
        told = process.communicate(many(["z"]).encode(), 30)[0].decode()
    assert process.returncode == 1 and "another import of this feed has run" in told
    assert redis.data.exists(*(f"item:{i}" for i in range(500))) == 500
    assert "2 deleted" in run(redis, many(range(500))), "what the other one wrote later"


# ---- Writing

def test_only_what_has_changed_is_written(redis):
    feed = many(range(1200))
    run(redis, feed)
    written = redis.calls("set")
    redis.data.delete("item:7")
    redis.data.set("item:8", "something else")
    redis.data.delete("item:9")
    redis.data.lpush("item:9", "a list")
    told = run(redis, feed.replace("Thing 11", "Thing XI"))
    changed = 2 + sum(str(i).startswith("11") for i in range(1200))
    assert f"1 new, {changed} changed" in told
    assert redis.calls("set") == written + changed + 1 + 3  # and the lock, twice, and "something else"
    assert len(items(redis)) == 1200 and items(redis)["8"]["item_name"] == "Thing 8"


def test_hashes(redis):
    feed = many(["a", "b"], price=5, available=True, images=["/1.jpg"], badge="New")
    run(redis, feed)
    assert "2 changed" in run(redis, feed, "--as", "hash")
    assert redis.data.hgetall("item:a") == {
        b"item_id": b"a", b"item_name": b"Thing a", b"price": b"5", b"url": b"/p/a",
        b"available": b"true", b"images": b'["/1.jpg"]', b"badge": b"New"}
    assert "2 unchanged" in run(redis, feed, "--as", "hash")
    assert "2 changed" in run(redis, many(["a", "b"]), "--as", "hash")
    assert b"badge" not in redis.data.hgetall("item:a")


def test_expiry(redis):
    run(redis, many(["a"]), "--expire", "2d")
    assert 172700 < redis.data.ttl("item:a") <= 172800
    redis.data.expire("item:a", 100)
    assert "1 unchanged" in run(redis, many(["a"]), "--expire", "1h")
    assert 3500 < redis.data.ttl("item:a") <= 3600
    run(redis, many(["a"]))
    assert redis.data.ttl("item:a") == -1
    run(redis, many(["a"]), "--as", "hash", "--expire", "1h")
    assert redis.data.ttl("item:a") > 3500


def test_prefix_and_id(redis):
    run(redis, many(["a"], mpn="m 1"), "--prefix", "shop:{de}:", "--id", "mpn")
    assert set(items(redis, "shop:{de}:")) == {"m 1"}


def test_dry_run_writes_nothing(redis):
    run(redis, many(range(20)))
    before = {key: redis.data.dump(key) for key in redis.data.keys()}
    told = run(redis, many([*range(1, 20), "new", "new"], price=7), "--dry-run")
    assert "1 would be new, 19 would be changed, 0 unchanged, 1 would be deleted" in told
    assert "would be deleted: item:0\n" in told and '"item_name":"Thing 1","price":7' in told
    assert "1 ids twice" in told
    assert {key: redis.data.dump(key) for key in redis.data.keys()} == before
    told = run("127.0.0.1:1", many(["a"]), "--dry-run")
    assert "Redis cannot be asked what would change" in told and '"item_id":"a"' in told


@pytest.mark.parametrize("ids", [["a", "a"], ["a", *map(str, range(600)), "a"]])
def test_the_last_of_two_with_one_id_counts(redis, ids):
    feed = many(ids[:-1]) + many(ids[-1:], badge="last")
    told = run(redis, feed)
    assert f"line {len(ids)}: a: has been in this feed before" in told
    assert items(redis)["a"]["badge"] == "last"


# ---- Servers

def test_cluster(tmp_path):
    cluster = RedisCluster(tmp_path)
    try:
        address = cluster.nodes[0].address
        run(address, many(range(60)))
        assert "60 unchanged" in run(address, many(range(60)))
        owners = [cluster.master_of(f"item:{i}") for i in range(60)]
        assert len({owner.port for owner in owners}) == 3
        assert all(owner.data.exists(f"item:{i}") for i, owner in enumerate(owners))
        # A slot moves while an import runs that has asked where it is.
        with started(address, many(["first"]) + PADDING) as process:
            wait_until(lambda: cluster.master_of("pz:catalogue:{default}").data.exists(
                "pz:catalogue:{default}:lock"), "it has begun")
            slot = owners[3].data.cluster("KEYSLOT", "item:3")
            cluster.move_slot(slot, next(owner for owner in owners if owner is not owners[3]))
            told = process.communicate(many(range(1, 60), badge="moved").encode(), 30)[0].decode()
        assert "1 new, 59 changed, 0 unchanged, 1 deleted" in told
        now = cluster.master_of("item:3")
        assert now is not owners[3] and b"moved" in now.data.get("item:3")
    finally:
        cluster.stop()


def test_tls_and_access_control(directory):
    """With the permissions that the documentation names."""
    authority = Authority(directory / "certificates")
    certificate, key = authority.issue("redis")
    port = ReservedPort()
    server = RedisServer(directory / "redis", options=[
        "--tls-port", str(port.number), "--tls-cert-file", str(certificate), "--tls-key-file",
        str(key), "--tls-ca-cert-file", str(authority.file), "--tls-auth-clients", "no"])
    page = (ROOT / "docs/reference/catalogue.md").read_text()
    rules = next(line for line in page.splitlines() if line.startswith("ACL SETUSER importer"))
    server.data.execute_command(*rules.replace(">PASSWORD", ">secret").split())
    (directory / "password").write_text("secret\n")
    given = ("--tls", "--ca", authority.file, "--user", "importer", "--password-file",
             directory / "password")
    try:
        for more in ((), ("--expire", "1d"), ("--as", "hash"), ("--as", "hash", "--expire", "1d")):
            assert "1 deleted" in (run(f"localhost:{port.number}", many(["a", "b"]), *given, *more)
                                   and run(f"localhost:{port.number}", many(["a"]), *given, *more))
        told = run(f"localhost:{port.number}", many(["a"]), *given, "--prefix", "x:", code=1)
        assert "No permissions" in told or "NOPERM" in told
    finally:
        server.stop()
        port.release()


def test_redis_is_full_or_away(redis):
    redis.data.config_set("maxmemory", "1mb")
    try:
        assert "OOM" in run(redis, many(range(20)), code=1)
    finally:
        redis.data.config_set("maxmemory", "0")
    assert "Connection refused" in run("127.0.0.1:1", many(range(20)), code=1)


def test_pages_have_what_was_imported(nginx, redis):
    """NGINX hears which items have changed; those that have not, it does not ask for again."""
    scene.prepare(nginx, fragment="<p>{{product.item_name}}: {{product.price}}</p>")
    nginx.configure(f"""
        personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
        personalize_cache zone=items:1m ttl=1h stale=1h negative=1h;
        personalize_visitor cookie=vid;
        personalize_source product "key=item:${{request.arg.id}}";
        personalize_campaign price {{ slot hello-bar; when product.item_name; fragment hello.html; }}
        """, scene.server())
    nginx.start()

    def shows(item, content):
        text = nginx.get(f"/?id={item}", headers=scene.ADA).text
        return scene.is_filled(text, content) if content else scene.is_default(text)

    run(redis, many(["a", "b"], price=5))
    wait_until(lambda: shows("a", "<p>Thing a: 5</p>"), "a new item is on the page")
    assert shows("b", "<p>Thing b: 5</p>")
    run(redis, many(["a"], price=4) + many(["b"], price=5))
    wait_until(lambda: shows("a", "<p>Thing a: 4</p>"), "its price has changed")
    reads = redis.calls("getrange")  # NGINX's; an import uses GET
    assert shows("b", "<p>Thing b: 5</p>") and redis.calls("getrange") == reads
    run(redis, many(["b"], price=5))
    wait_until(lambda: shows("a", None), "it is gone")


@pytest.mark.parametrize("kind", ["json", "hash"])
def test_lists_show_what_was_imported(nginx, redis, kind):
    """Not what is sold out or over, in whichever form it is kept."""
    scene.prepare(nginx, fragment="{{#recommend.best}}<i>{{item_name}} {{price}}</i>{{/recommend.best}}")
    nginx.configure(f"""
        personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
        personalize_visitor cookie=vid;
        personalize_recommend best {{
            try key=bestsellers; items "key=item:${{id}}" as={kind}; unless item.item_brand = Acme;
        }}
        personalize_campaign best {{ slot hello-bar; when recommend.best size >= 1; fragment hello.html; }}
        """, scene.server())
    redis.set_json("bestsellers", ["gone", "dear 1", "sold:out", "over", "Łódź", "acme", "cheap"])
    run(redis, many(["dear 1", "cheap"], price="1,500.00 EUR", sale_price="8 EUR") +
        many(["sold:out"], availability="out_of_stock") + many(["over"], expiration_date="2020-01-01") +
        many(["acme"], brand="Acme") + many(["Łódź"], price=0.5, expiration_date="2100-01-01"), "--as", kind)
    nginx.start()
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<i>Thing dear 1 8</i>"
                                       "<i>Thing Łódź 0.5</i><i>Thing cheap 8</i>"), "the list is on the page")


def google(*entries):
    """A feed of Merchant Center's of items with these elements, each in a line of its own."""
    return ('<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">'
            "<channel><title>Shop</title>\n" +
            "".join(f"<item>{entry}</item>\n" for entry in entries) + "</channel></rss>\n")


def test_feeds_in_one_line_and_of_one_category(redis):
    """Records are told by their number, and a category that is the whole shop's is told."""
    record = "<item><g:id>{0}</g:id><title>T{0}</title><link>/p/{0}</link><g:product_type>Home &gt; A{0}</g:product_type></item>"
    xml = ('<rss xmlns:g="http://base.google.com/ns/1.0"><channel>' + "".join(map(record.format, range(25)))
           + "<item><title>No id</title></item></channel></rss>")
    told = run(redis, xml)
    assert "line 1, record 26: has no id" in told
    assert 'all items have the item_category "Home"' in told
    told = run(redis, xml.replace("Home &gt; ", ""))
    assert "all items have" not in told
