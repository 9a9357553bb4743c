"""personalize_recommend: lists of documents, keys and the catalogue, in pages."""

import json
import time

import pytest

from harness import scene
from harness.redis.cluster import RedisCluster
from harness.redis.rogue import bulk
from harness.waiting import wait_until

# Shows each item's id and name; two lists stand in one page.
LIST = '<ul data-pz-campaign="C">{{#recommend.NAME}}<li>{{item_id}}={{name}}</li>{{/recommend.NAME}}</ul>'
PAGE = "<!doctype html><title>Shop</title><body><!--pz:a--><p>A</p><!--/pz--><!--pz:b--><p>B</p><!--/pz-->"
CACHE = "personalize_cache zone=personalize:4m ttl=1h stale=1h negative=1h;"
ITEMS = 'items "key=item:${id}";'


def chain(name, slot, body, when=""):
    return f"""
  personalize_recommend {name} {{ {body} }}
  personalize_campaign {name} {{
    slot {slot}; {when or f"when recommend.{name};"} fragment {name}.html;
  }}"""


def configure(nginx, redis, chains, cache=CACHE, session=False, wait="2s", timeout="5s", location="", sources=""):
    """`redis` is the address."""
    nginx.page("index.html", PAGE)
    for name in ("first", "second"):
        nginx.file(f"{name}.html", LIST.replace("NAME", name))
    nginx.configure(f"""
  personalize_redis {redis} timeout={timeout} connect_timeout=5s;
  {cache}
  personalize_visitor cookie=vid;
  {"personalize_session;" if session else ""}
  personalize_source profile "key=profile:${{visitor.id}}";
  {sources}
  {chains}""", f"""
    personalize_wait {wait};
    location / {{ personalize on; {location} }}
    location = /explain {{ personalize_explain; }}""")


def stock(redis, *ids, **fields):
    for one in ids:
        redis.set_json(f"item:{one}", {"name": f"N{one}", "url": f"/p/{one}", **fields})


def lists(nginx, headers=scene.ADA, path="/"):
    """The ids of both lists; None for a slot that keeps its default."""
    text = nginx.get(path, headers=headers).text
    found = []
    for slot, default in (("a", "<p>A</p>"), ("b", "<p>B</p>")):
        part = text.split(f"<!--pz:{slot}-->")[-1] if f"<!--pz:{slot}-->" in text else text
        found.append(None if default in part else True)
    shown = [[li.split("=")[0] for li in part.split("<li>")[1:]] for part in text.split("<ul")[1:]]
    return [shown.pop(0) if one else None for one in found]


def test_steps_of_documents_and_keys_fill_up(nginx, redis):
    configure(nginx, f"unix:{redis.socket}",
              chain("first", "a", 'try ${profile.mine}; try "key=similar:${profile.last}";'
                                  'try key=best type=zset; limit 5;' + ITEMS))
    stock(redis, 1, 2, 3, 4, 5, 6)
    redis.set_json("profile:ada", {"mine": [2, 9], "last": "x"})
    redis.set_json("similar:x", ["3", "2"])
    redis.data.zadd("best", {"5": 10, "1": 30, "4": 20})
    nginx.start()
    assert lists(nginx) == [["2", "3", "1", "4", "5"], None]
    # What is not there is filled up from the next.
    redis.data.delete("similar:x")
    wait_until(lambda: lists(nginx)[0] == ["2", "1", "4", "5"], "the list changes")
    # For a visitor of whom nothing is known the bestsellers are left.
    assert lists(nginx, headers={"Cookie": "vid=bob"}) == [["1", "4", "5"], None]


def test_a_change_of_an_item_is_on_the_next_page(nginx, redis):
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", "try key=best type=list;" + ITEMS))
    stock(redis, 1, 2)
    redis.data.rpush("best", "1", "2")
    nginx.start()
    assert lists(nginx)[0] == ["1", "2"]
    stock(redis, 1, available=False)
    wait_until(lambda: lists(nginx)[0] == ["2"], "the list changes")


def test_what_is_kept_of_an_item_is_the_same_for_everybody(nginx, redis):
    """What a fragment shows of an item is kept with it: in each language, for both lists, and no longer
    than the item stays as it is."""
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", "try key=best; limit 3;" + ITEMS) +
              chain("second", "b", "try ${profile.mine};" + ITEMS),
              sources="personalize_locale en-US USD; personalize_locale pl-PL PLN;")
    nginx.file("first.html", "<ul>{{#recommend.first}}<li>{{item_id}}={{name}} {{price | money currency}}</li>"
                             "{{/recommend.first}}</ul>")
    nginx.file("second.html", "<ul>{{#recommend.second}}<li>{{item_id}}={{name}} for {{profile.name}}</li>"
                              "{{/recommend.second}}</ul>")
    stock(redis, *range(1, 7), price=1234.5, currency="EUR")
    redis.set_json("best", [1, 2, 3])
    for visitor in ("ada", "bob"):
        redis.set_json(f"profile:{visitor}", {"mine": [4, 5, 6], "name": visitor})
    nginx.start()

    def page(visitor, language="en"):
        return nginx.get("/", headers={"Cookie": f"vid={visitor}", "Accept-Language": language,
                                       "Accept-Encoding": "gzip"}).text.replace("&#8364;", "€").replace("&#160;", " ")

    for _ in range(4):
        for visitor in ("ada", "bob"):
            text = page(visitor)
            assert "<li>1=N1 €1,234.50</li><li>2=N2 €1,234.50</li>" in text
            assert f"<li>4=N4 for {visitor}</li>" in text
            assert "1=N1 1234,50 €" in page(visitor, "pl")
    redis.set_json("item:1", {"name": "New <name>", "url": "/p/1", "price": 5, "currency": "EUR"})
    wait_until(lambda: "<li>1=New &lt;name&gt; €5.00</li><li>2=N2 €1,234.50</li>" in page("ada"), "the new name")
    assert "1=New &lt;name&gt; 5,00 €" in page("bob", "pl")


def test_items_are_asked_for_once_and_in_one_go(nginx, rogue):
    """Two chains with the same items: each key is asked for once, and all before the first answer."""
    rogue.on_read = lambda session, command: session.send(bulk(
        json.dumps([f"{i}" for i in range(50)]) if b"best" in command[1]
        else json.dumps({"name": "N", "url": "/"})))
    chains = (chain("first", "a", "try key=best; limit 3;" + ITEMS) +
              chain("second", "b", "try key=best; limit 3;" + ITEMS))
    configure(nginx, f"unix:{rogue.socket}", chains, cache="")
    nginx.start()
    assert lists(nginx) == [["0", "1", "2"], ["3", "4", "5"]]
    keys = [words[1].decode() for words in rogue.reads()]
    assert sorted(keys) == sorted(set(keys))
    assert len([key for key in keys if key.startswith("item:")]) == 50


def test_no_item_stands_twice_in_a_page(nginx, redis):
    chains = (chain("first", "a", "try key=best type=list; limit 2;" + ITEMS) +
              chain("second", "b", "try key=best type=list; limit 2; min 2;" + ITEMS))
    configure(nginx, f"unix:{redis.socket}", chains)
    stock(redis, 1, 2, 3, 4)
    redis.data.rpush("best", "1", "2", "3", "4")
    nginx.start()
    assert lists(nginx) == [["1", "2"], ["3", "4"]]
    redis.data.rpop("best")
    # Fewer than `min` are left for the second.
    wait_until(lambda: lists(nginx) == [["1", "2"], None], "the list changes")


def test_a_chain_in_a_chain(nginx, redis):
    chains = (chain("first", "a", "try recommend.second; try key=best type=list;" + ITEMS) +
              chain("second", "b", "try ${profile.mine}; unless item.name = N2;" + ITEMS,
                    when="when cookie.both;"))
    configure(nginx, f"unix:{redis.socket}", chains)
    stock(redis, 1, 2, 3)
    redis.set_json("profile:ada", {"mine": ["3", "2"]})
    redis.data.rpush("best", "1")
    nginx.start()
    assert lists(nginx) == [["3", "1"], None]


def test_what_was_looked_at(nginx, redis):
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", "try viewed;" + ITEMS) +
              chain("second", "b", "try key=best type=list; exclude viewed current;" + ITEMS),
              session=True, location='personalize_page type=product "item_id=$arg_item";')
    stock(redis, 1, 2, 3)
    redis.data.rpush("best", "1", "2", "3")
    nginx.start()
    assert lists(nginx, path="/?item=1")[1] == ["2", "3"]
    wait_until(lambda: lists(nginx, path="/?item=2") == [["1"], ["3"]], "the list changes")


def test_a_catalogue_of_hashes(nginx, redis):
    configure(nginx, f"unix:{redis.socket}",
              chain("first", "a", 'try key=best type=list; when item.price < 20; when item.color = red;'
                                  'items "key=item:${id}" as=hash;'))
    redis.data.rpush("best", "a b", "c:d", "e", "f")
    redis.data.hset("item:a b", mapping={"name": "N", "link": "/", "price": "19.90 EUR",
                                            "color": "red"})
    redis.data.hset("item:c:d", mapping={"name": "N", "url": "/", "price": "20", "color": "red"})
    redis.data.hset("item:e", mapping={"name": "N", "url": "/", "price": "2", "color": "blue"})
    redis.data.hset("item:f", mapping={"name": "N", "url": "/", "price": "2", "color": "red",
                                       "in_stock": "0"})
    nginx.start()
    assert lists(nginx)[0] == ["a b"]


def test_a_list_in_the_cache_whose_key_is_known_late(nginx, redis):
    """What its key is made of is asked for each time, and comes when the page is there."""
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", 'try "key=similar:${likes.last}";' + ITEMS),
              sources="personalize_source likes key=likes:${visitor.id} ttl=0;")
    stock(redis, 1, 2)
    redis.set_json("likes:ada", {"last": "x"})
    redis.set_json("similar:x", ["2", "1"])
    nginx.start()
    wait_until(lambda: lists(nginx)[0] == ["2", "1"], "the list is in the cache")
    for _ in range(5):
        assert lists(nginx)[0] == ["2", "1"]


def test_late_items_are_left_out(nginx, rogue):
    """What has come by then is shown; nothing waits longer than personalize_wait."""
    def on_read(session, command):
        key = command[1].decode()
        if key == "best":
            session.send(bulk('["1", "2", "3"]'))
        elif key != "item:3":
            session.send(bulk('{"name": "N", "url": "/"}'))
    rogue.on_read = on_read
    configure(nginx, f"unix:{rogue.socket}", chain("first", "a", "try key=best;" + ITEMS), cache="", wait="1500ms",
              timeout="20s")
    nginx.start()
    response = nginx.get("/", headers=scene.ADA)
    assert response.done_at < 10
    assert "<li>1=N</li><li>2=N</li></ul>" in response.text


def test_a_late_step_does_not_take_the_others_along(nginx, rogue):
    def on_read(session, command):
        key = command[1].decode()
        time.sleep(0.6 if key == "slow" else 0)
        session.send(bulk('{"name": "N", "url": "/"}' if key.startswith("item") else '["1"]'))
    rogue.on_read = on_read
    configure(nginx, f"unix:{rogue.socket}",
              chain("first", "a", "try key=slow ttl=0; try key=best;" + ITEMS), wait="200ms")
    nginx.start()
    # Items that are in the cache can be shown when the time is over.
    wait_until(lambda: lists(nginx)[0] == ["1"], "the list changes")


def test_without_redis_the_default_stays(nginx, redis):
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", "try key=best type=list;" + ITEMS), cache="",
              timeout="1s")
    stock(redis, 1)
    redis.data.rpush("best", "1")
    nginx.start()
    assert lists(nginx)[0] == ["1"]
    redis.suspend()
    try:
        assert lists(nginx) == [None, None]
    finally:
        redis.resume()
    wait_until(lambda: lists(nginx)[0] == ["1"], "the list changes")


@pytest.mark.parametrize("value", ['"x"', "{}", "[[], [1], null, {}]", "not JSON", "[" * 99,
                                   '["\\u0000", "../..", "${x}", "\\r\\nDEL best"]'])
def test_hostile_lists_and_items(nginx, redis, value):
    configure(nginx, f"unix:{redis.socket}", chain("first", "a", "try key=best;" + ITEMS))
    redis.data.set("best", value)
    redis.data.set("item:x", '{"name": "<script>", "url": "javascript:alert(1)"}')
    nginx.tolerate("invalid JSON|mended|repaired|with errors")
    nginx.start()
    text = nginx.get("/", headers=scene.ADA).text
    assert "=<script>" not in text
    assert redis.data.exists("best")


def test_what_each_candidate_became_is_explained(nginx, redis):
    configure(nginx, f"unix:{redis.socket}",
              chain("first", "a", "try ${profile.mine}; try key=best type=list; unless item.brand = Acme;"
                                  "limit 1; pin 4 at 1;" + ITEMS))
    stock(redis, 1)
    stock(redis, 2, 4, brand="Acme")
    redis.set_json("profile:ada", {"mine": ["3", "2"]})
    redis.data.rpush("best", "2", "1")
    nginx.start()
    explained = json.loads(nginx.get("/explain?uri=/&visitor=ada").text)["recommendations"][0]
    assert explained["items"] == 1
    assert [(step["try"], step["gave"]) for step in explained["steps"]] == [
        ("${profile.mine}", 2), ("key=best type=list", 2)]
    assert [(one["item"], one["from"], one["outcome"]) for one in explained["candidates"]] == [
        ("4", "pin", "listed"), ("3", "${profile.mine}", "unknown"), ("2", "${profile.mine}", "not_met"),
        ("2", "key=best type=list", "duplicate"), ("1", "key=best type=list", "surplus")]


def test_in_a_cluster_that_loses_a_node(nginx, tmp_path_factory):
    """Pages go on, with what the other nodes have, and all is back after the failover."""
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    try:
        master = cluster.master_of("best")
        spare = next(f"spare{i}" for i in range(1000) if cluster.master_of(f"spare{i}") is not master)
        configure(nginx, f"{' '.join(node.address for node in cluster.nodes[:3])} mode=cluster",
                  chain("first", "a", f"try key=best; try key={spare}; limit 40;" + ITEMS) +
                  chain("second", "b", f"try recommend.first; try key={spare}; limit 5;" + ITEMS), cache="", timeout="1s")
        ids = [f"{i}" for i in range(40)]
        others = [f"{i}" for i in range(40, 80)]
        for one in ids + others:
            cluster.set_json(f"item:{one}", {"name": "N", "url": "/"})
        cluster.set_json("best", ids)
        cluster.set_json(spare, others)
        cluster.wait_replicated()
        nginx.start()
        wait_until(lambda: lists(nginx) == [ids, others[:5]], "the lists of all nodes")

        alive = [one for one in others if cluster.master_of(f"item:{one}") is not master]
        lost = [one for one in ids + others if one not in alive and one in others]
        assert alive and lost
        master.kill()
        seen = []

        def show():
            response = nginx.get("/", headers=scene.ADA)
            assert response.status == 200 and response.complete and response.done_at < 10
            assert response.text.endswith("<!--/pz-->")
            found = [[li.split("=")[0] for li in part.split("<li>")[1:]]
                     for part in response.text.split("<ul")[1:]]
            seen.append(found)
            for one in found:
                assert len(set(one)) == len(one)
            assert not (len(found) == 2 and set(found[0]) & set(found[1]))
            return found

        # Neither the first step's list nor the items of that node can be asked for.
        wait_until(lambda: (show() or [[]])[0] == alive[:40], "the list is filled from the next step")
        wait_until(lambda: show() == [ids, others[:5]], "the replica has taken over", 60)
        assert seen
    finally:
        cluster.stop()
