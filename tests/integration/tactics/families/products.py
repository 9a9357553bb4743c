"""Pages of products: prices that drop, stock, sizes, what others buy; and lists of products."""

from harness.tactics import home, in_days, is_known, later, order, page, product, saw, tactic, there_is


def things(*names):
    return [there_is(f"thing:{name}", {"item_id": name, "title": name.title(), "url": f"/p/{name}", "price": price, "brand": brand})
            for name, price, brand in names]


LAMPS = things(("moon", 40, "Acme"), ("sun", 20, "Acme"), ("star", 60, "Zen"), ("comet", 10, "Zen"))

TACTICS = [
    tactic("price_drop_of_a_viewed_item", """
        personalize_campaign drop { slot bar; when page.type = home; when last_seen.price < "${profile.seen_price}";
            widget hello-bar; set text "{{last_seen.title}} is {{profile.seen_price | minus last_seen.price | money}} cheaper"; set link "{{last_seen.url}}"; }
    """, {
        "dropped": [*LAMPS, is_known(seen_price=49.99), product("moon"), home, "drop: Moon is €9.99 cheaper"],
        "the same": [*LAMPS, is_known(seen_price=40), product("moon"), home, None],
        "dearer": [*LAMPS, is_known(seen_price="9"), product("moon"), home, None],
        "nothing seen": [*LAMPS, is_known(seen_price=49.99), home, None],
    }, http='personalize_source last_seen "key=thing:${session.viewed.0}";'),
    tactic("back_in_stock", """
        personalize_segment waits { when page.item_id in "${profile.waits_for}"; when in_store.left > 0; }
        personalize_campaign back { slot price; when segment.waits; widget notice; set text "It is back";
            set value "{{in_store.left}}"; }
    """, {
        "waited, and there": [there_is("store:lamp", {"left": 3}), is_known(waits_for=["rug", "lamp"]),
                              product("lamp"), "back"],
        "waited, and not there": [there_is("store:rug", {"left": 0}), is_known(waits_for=["rug"]), product("rug"),
                                  None],
        "did not wait": [there_is("store:lamp", {"left": 3}), product("lamp"), None],
    }, http='personalize_source in_store "key=store:${page.item_id}";'),
    tactic("size_in_stock", """
        personalize_segment fits { element sizes_of.sizes { when size = "${profile.size}"; when left > 0; } }
        personalize_campaign fits { slot price; when segment.fits; widget notice;
            set text "In your size {{profile.size}}"; }
        personalize_campaign gone { slot price; when profile.size exists; when sizes_of.sizes size > 0;
            unless segment.fits;
            widget notice; set text "Not in {{profile.size}} at the moment"; }
    """, {
        "there": [there_is("sizes:boot", {"sizes": [{"size": 37, "left": 2}, {"size": 38, "left": 0}]}),
                  is_known(size=37), product("boot"),
                  "fits: In your size 37"],
        "gone": [there_is("sizes:boot", {"sizes": [{"size": 37, "left": 2}, {"size": 38, "left": 0}]}),
                 is_known(size=38), product("boot"), "gone"],
        "size as text": [there_is("sizes:boot", {"sizes": [{"size": 37, "left": 2}]}), is_known(size="37"),
                         product("boot"), "fits"],
        "nobody knows": [there_is("sizes:boot", {"sizes": [{"size": 37, "left": 2}]}), product("boot"), None],
        "has no sizes": [is_known(size=37), product("poster"), None],
    }, http='personalize_source sizes_of "key=sizes:${page.item_id}";'),
    tactic("few_left_and_many_bought", """
        personalize_campaign few { slot price; priority 2; when today_of.left between 1 3; widget notice;
            set text "Only {{today_of.left}} left"; }
        personalize_campaign many { slot price; widget notice; set text "{{today_of.bought}} bought today";
            set value "{{today_of.bought}}"; set min 10; }
    """, {
        "few": [there_is("today:a", {"left": 2, "bought": 40}), product("a"), "few: Only 2 left"],
        "many": [there_is("today:a", {"left": 9, "bought": 40}), product("a"), "many: 40 bought today"],
        "not many": [there_is("today:a", {"left": 9, "bought": 4}), product("a"), None],
        "nothing known": [product("z"), None],
    }, http='personalize_source today_of "key=today:${page.item_id}";'),
    tactic("perishable_by_days_left", """
        personalize_value cut { 0.5 when fresh.until within_next 1d; 0.7 when fresh.until within_next 2d; }
        personalize_campaign fresh { slot price; when value.cut exists; widget notice;
            set text "Until {{fresh.until | date '%d.%m.'}}";
            set price "{{page.price | times value.cut | round 2}}"; set old_price "{{page.price}}";
            set reason "Nothing is thrown away";
            keep value; keep_per "${page.item_id}"; }
    """, {
        "tomorrow": [there_is("fresh:milk", {"until": in_days(1)}), product("milk", price=2), "fresh: €1.00"],
        "in two days": [there_is("fresh:egg", {"until": in_days(2)}), product("egg", price=2), "fresh: €1.40"],
        "next week": [there_is("fresh:ham", {"until": in_days(9)}), product("ham", price=2), None],
        "of yesterday": [there_is("fresh:old", {"until": in_days(-1)}), product("old", price=2), None],
        "seen at a higher price": [there_is("fresh:pie", {"until": in_days(2)}), product("pie", price=2), saw("fresh"),
                                   there_is("fresh:pie", {"until": in_days(1)}), product("pie", price=2), "fresh: €1.40"],
    }, http='personalize_source fresh "key=fresh:${page.item_id}";'),
    tactic("continue_shopping", """
        personalize_recommend seen { try viewed; items "key=thing:${id}"; exclude current purchased; limit 3; }
        personalize_campaign seen { slot main; widget continue-shopping; set title "Go on"; set items recommend.seen; }
    """, {
        "nothing": [*LAMPS, home, None],
        "the last first": [*LAMPS, product("moon"), product("sun"), home, "seen: Sun … Moon"],
        "not this one": [*LAMPS, product("moon"), product("sun"), product("sun"), "seen: Moon"],
        "not what was bought": [*LAMPS, product("moon"), product("sun"), order("1", items="sun"), home, "seen: Moon"],
    }),
    tactic("similar_and_not_dearer", """
        personalize_recommend alike { try "key=alike:${page.item_id}"; items "key=thing:${id}";
            when item.price <= "${page.price}";
            boost 5 when item.brand = "${page.item_brand}"; exclude current; limit 2; }
        personalize_campaign alike { slot main; widget recommendations; set items recommend.alike; }
    """, {
        "of the brand first": [*LAMPS, there_is("alike:moon", ["star", "comet", "sun"]),
                               product("moon", item_brand="Acme", price=40),
                               "alike: Sun … Comet"],
        "all are dearer": [*LAMPS, there_is("alike:comet", ["star", "sun"]), product("comet", price=10), None],
        "nothing is alike": [*LAMPS, product("orphan", price=99), None],
    }),
    tactic("bestsellers_fill_up", """
        personalize_recommend best { try "${profile.recommended}"; try "key=best:${page.item_category}" type=zset;
            try key=best type=list;
            items "key=thing:${id}"; per brand 1; limit 3; min 2; }
        personalize_campaign best { slot main; widget recommendations; set items recommend.best; }
    """, {
        "two brands": [*LAMPS, there_is("best", "list:moon sun star"), home, "best: Moon … Star"],
        "those of the category first": [*LAMPS, there_is("best", "list:moon sun star"),
                                        there_is("best:Lamps", "zset:comet moon"),
                                        page("/c/", type="category", item_category="Lamps"), "best: Comet … Moon"],
        "those of the model first": [*LAMPS, there_is("best", "list:moon sun star"), is_known(recommended=["sun"]),
                                     home, "best: Sun … Star"],
        "fewer than two": [there_is("best", "list:nothing"), home, None],
    }),
    tactic("accessories_after_the_order", """
        personalize_recommend with { try "key=with:${session.purchased.0}"; items "key=thing:${id}";
            exclude purchased; limit 2; }
        personalize_campaign with { slot main; when session.last_purchase within_last 30d; widget complements;
            set title "Goes with it"; set items recommend.with; }
    """, {
        "ordered": [*LAMPS, there_is("with:moon", ["sun", "moon", "star"]), order("1", items="moon"), home,
                    "with: Sun … Star"],
        "has one of it": [*LAMPS, there_is("with:moon", ["sun", "star"]), order("1", items="sun"),
                          order("2", items="moon"), home, "with: Star"],
        "long ago": [*LAMPS, there_is("with:moon", ["sun"]), order("1", items="moon"), later(40), home, None],
        "nothing ordered": [*LAMPS, home, None],
    }),
]
