"""The language of conditions, values and documents, told by a page and by personalize_explain."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness.upstream import reply

CART = {"total": 100, "lines": [{"sku": "a1", "category": "shoes", "qty": 1},
                  {"sku": "b2", "category": "winter-jacket", "qty": 2}]}


def day(**ago):
    return (datetime.now(timezone.utc) - timedelta(**ago)).strftime("%Y-%m-%d")


PROFILE = {
    "birthday": "1992" + day(days=-3)[4:],  # a leap year has every day
    "renewal": int(time.time()) + 86400,
    "last_order": day(days=200),
    "affinity": {"shoes": 3, "hats": 7.5},
}

# segment: its lines, and whether it holds for the visitor ann.
SEGMENTS = {
    "two_jackets": ("element cart.lines { when category = winter-jacket; when qty >= 2; }", True),
    "two_shoes": ("element cart.lines { when category = shoes; when qty >= 2; }", False),
    "first_line": ("when cart.lines.0.sku = a1;", True),
    "loves_hats": ("when profile.affinity.best = hats;", True),
    "birthday": ("when profile.birthday anniversary_within 7d;", True),
    "renews": ("when profile.renewal within_next 3d;", True),
    "renewed": ("when profile.renewal within_last 3d;", False),
    "dormant": ("when profile.last_order older_than 6M;", True),
    "merged": ("when customer.size = 42; when customer.tier = gold;", True),
    "dormant_long": ("when profile.last_order older_than 1y;", False),
}


CRM = {"tier": "gold", "size": ""}
WEB = {"tier": "none", "size": 42}

# What campaigns show in slots of their names, and is expected there.
DECLARED = """
  personalize_source crm key=crm:${visitor.id} fields=tier,size;
  personalize_source web key=web:${visitor.id};
  personalize_source customer merge=crm,web;
  personalize_source of_response key=sku:${var.upstream_http_x_sku};
  personalize_source of_segments key=members:${var.personalize_segments};
  personalize_value discount {
    15 when profile.pltv >= 5000;
    10 when segment.loves_hats when profile.gender missing;
    default 5;
  }
  personalize_value total { default "${cart.total | times 1.23 | round 2}"; }
  personalize_source covers 'key=covers:${profile.gender | default all}:${value.discount}';
  personalize_group calm { unless segment.two_shoes; cap 9/session 1/view; hours 0-24; }
  personalize_campaign b { slot b; when value.discount between 8 12; widget hello-bar;
                           set text '{{value.discount}}% for {{profile.name | default "you"}}'; }
  personalize_campaign c { slot c; group calm;
                           content '<p>{{title}}: {{value.total | money}} {{#list}}[{{sku}}]{{/list}}</p>';
                           set title "{{covers.title}}"; set list "${cart.lines}"; }
  personalize_campaign f { slot f; content '<p>{{of_response.name}} {{of_segments.name}}</p>';
                           when of_response.name; }
  personalize_campaign d { like c; slot d; when segment.two_shoes; set title "Not for ann"; }
  personalize_campaign e { like c; slot e; set title "Rivals in one view"; }
  personalize_experiment always { variants x=1 y=0; hours 0-24; weekdays mon-sun; }
  personalize_experiment never { variants x y; weekdays mon; when time.weekday != monday; }
"""


@pytest.fixture
def shop(nginx, redis, upstream):
    redis.set_json("profile:ann", PROFILE)
    redis.set_json("cart:ann", CART)
    redis.set_json("crm:ann", CRM)
    redis.set_json("web:ann", WEB)
    redis.set_json("sku:a1", {"name": "Kettle"})
    redis.set_json("members:" + ",".join(name for name, (_, holds) in SEGMENTS.items() if holds),
                   {"name": "of the same kind"})
    redis.set_json("covers:all:10", {"title": "Covers for all"})
    segments = "".join(f"personalize_segment {name} {{ {lines} }}\n"
                       for name, (lines, _) in SEGMENTS.items())
    page = ("<!doctype html><html><body>"
            + "".join(f"<!--pz:{s}-->{s}<!--/pz-->" for s in "abcdef") + "</body></html>")
    nginx.page("index.html", page)
    upstream.on("/shop/", reply(page, headers=[("X-Sku", "a1")]))
    nginx.file("a.html", "<p>{{profile.affinity.best}} {{cart.lines.1.sku}}</p>")
    nginx.configure(f"""
      personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
      personalize_visitor cookie=vid;
      personalize_source profile key=profile:${{visitor.id}};
      personalize_source cart key=cart:${{visitor.id}};
      {segments}
      {DECLARED}
    """, f"""
      personalize on;
      personalize_wait 2s;
      personalize_campaign a {{ slot a; when segment.two_jackets; fragment a.html; }}
      location /shop/ {{ proxy_pass {upstream.url}; }}
      location = /explain {{ personalize_explain; allow 127.0.0.1; deny all; }}
    """)
    nginx.start()

    class Shop:
        def page(self, path="/"):
            return nginx.get(path, headers={"Cookie": "vid=ann"}).text

        def explain(self, query="visitor=ann"):
            answer = nginx.get("/explain?" + query)
            assert answer.status == 200, answer.body
            return json.loads(answer.body)

    return Shop()


def test_language(shop):
    told = shop.explain()
    members = {one["segment"]: one["member"] for one in told["segments"]}
    assert members == {name: holds for name, (_, holds) in SEGMENTS.items()}
    page = shop.page()
    assert "<p>hats b2</p>" in page
    assert "10% for you" in page
    assert "<p>Covers for all: $123.00 [a1][b2]</p>" in page
    assert "<p>Kettle of the same kind</p>" in shop.page("/shop/") and "Kettle" not in page
    assert "Not for ann" not in page and "Rivals" not in page

    values = {one["name"]: one for one in told["values"]}
    assert values["discount"]["value"] == 10 and values["total"]["value"] == 123
    assert [(line["line"], line["holds"], line["chosen"]) for line in values["discount"]["lines"]] == [
        ("15 when profile.pltv >= 5000", False, False),
        ("10 when segment.loves_hats when profile.gender missing", True, True),
        ("default 5", True, False)]
    slots = {one["slot"]: one for one in told["slots"]}
    assert slots["c"]["winner"] == "c" and slots["d"]["winner"] is None
    assert slots["e"]["campaigns"][0]["outcome"] == "group_capped"
    assert slots["d"]["campaigns"][0]["conditions"][1]["condition"] == "when segment.two_shoes"
    variants = {one["experiment"]: one["variant"] for one in told["experiments"]}
    assert variants == {"always": "x", "never": None}

    jackets, shoes = (next(one for one in told["segments"] if one["segment"] == name)["conditions"][0]
                      for name in ("two_jackets", "two_shoes"))
    assert jackets["condition"] == "element cart.lines" and jackets["value"] == CART["lines"]
    assert jackets["holds"] and jackets["element"] == 1
    assert [line["elements"] for line in shoes["conditions"]] == [1, 1]
    assert not shoes["holds"] and "element" not in shoes
