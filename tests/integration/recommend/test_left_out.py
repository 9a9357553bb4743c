"""What no list can show is counted: items that the catalogue does not have, or cannot be bought."""

import json

from harness.waiting import wait_until

LIST = "<ul>{{#recommend.a}}<li>{{item_id}}</li>{{/recommend.a}}</ul>"


def test_items_that_are_left_out_are_counted(nginx, redis):
    nginx.page("index.html", "<!doctype html><title>Shop</title><body><!--pz:a--><p>A</p><!--/pz-->")
    nginx.file("a.html", LIST)
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=5s connect_timeout=5s;
      personalize_cache zone=personalize:4m;
      personalize_visitor cookie=vid;
      personalize_recommend a {{ try key=best; limit 3; items "key=item:${{id}}"; unless item.price > 100; }}
      personalize_campaign a {{ slot a; fragment a.html; }}""", """
      location / { personalize on; personalize_wait 2s; }
      location = /explain { personalize_explain; }
      location = /status { personalize_status; }""")
    for one in range(1, 9):
        redis.set_json(f"item:{one}", {"name": "N", "url": "/"})
    redis.set_json("item:2", {"name": "N"})
    redis.set_json("item:3", {"name": "N", "url": "/", "sold_out": True})
    redis.set_json("item:4", {"name": "N", "url": "/", "until": "2020-01-01"})
    redis.set_json("item:5", {"name": "N", "url": "/", "price": 200})
    redis.set_json("best", ["nope", *range(1, 9), "never looked at"])
    nginx.start()

    def counted():
        return json.loads(nginx.get("/status?format=json").text)["items_left_out"]

    def show():
        text = nginx.get("/", headers={"Cookie": "vid=ada"}).text
        return [part.split("<")[0] for part in text.split("<li>")[1:]]

    wait_until(lambda: show() == ["1", "6", "7"], "the list")
    first = counted()
    assert first["unknown"] >= 1 and first["incomplete"] >= 1 and first["unavailable"] >= 2
    assert show() == ["1", "6", "7"]
    assert counted() == {"unknown": first["unknown"] + 1, "incomplete": first["incomplete"] + 1,
                         "unavailable": first["unavailable"] + 2}
    before = counted()
    nginx.get("/explain?uri=/&visitor=ada")
    assert counted() == before
