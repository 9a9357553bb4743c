"""First orders, regulars, tiers, ranges and values; offers that stay, and that end."""

from harness.tactics import (cart, home, in_days, is_known, later, newcomer, order, product, saw, tactic, there_is)

TACTICS = [
    tactic("first_order_delivery", """
        personalize_segment first { when session.purchases = 0; }
        personalize_campaign free { slot bar; when segment.first; widget hello-bar; set text "Your first delivery";
            set discount "Free"; set reason "For new customers"; keep_while segment.first; }
    """, {
        "a newcomer": [newcomer, home, "free: Free … For new customers"],
        "on record": [home, home, "free"],
        "ordered": [order("1"), home, None],
        "had seen it, and ordered": [home, saw("free"), order("1"), home, None],
    }),
    tactic("regulars_10_percent", """
        personalize_campaign regulars { slot bar; any { when session.purchases >= 3; when profile.orders >= 3; }
            widget hello-bar; set text "For regulars"; set discount "10 %"; set reason "Because you come back"; }
    """, {
        "two orders": [order("1"), order("2"), home, None],
        "three orders": [order("1"), order("2"), order("3"), home, "regulars: 10 %"],
        "orders elsewhere": [is_known(orders=3), home, "regulars"],
        "orders elsewhere as text": [is_known(orders="12"), home, "regulars"],
    }),
    tactic("tiers_by_lifetime_value", """
        personalize_value tier_discount { 15 when profile.ltv >= 5000; 10 when profile.ltv >= 1000; 5 when profile.ltv > 0; }
        personalize_campaign tier { slot bar; when value.tier_discount exists; widget hello-bar; set text "For you";
            set discount "{{value.tier_discount}} %";
            set reason "Because you have bought for {{profile.ltv | money}}"; }
    """, {
        "nothing": [home, None],
        "bronze": [is_known(ltv=20), home, "tier: 5 % … €20.00"],
        "silver": [is_known(ltv="1000"), home, "tier: 10 %"],
        "gold": [is_known(ltv=5000.01), home, "tier: 15 %"],
        "minus": [is_known(ltv=-3), home, None],
    }),
    tactic("a_discount_within_limits", """
        personalize_value own { "${profile.discount | at_most 20 | at_least 3}" when profile.discount; }
        personalize_campaign own { slot bar; when value.own exists; widget hello-bar; set text "Yours";
            set discount "{{value.own}} %"; set reason "As agreed"; }
    """, {
        "none": [home, None],
        "in the range": [is_known(discount=12), home, "own: 12 %"],
        "too much": [is_known(discount=90), home, "own: 20 %"],
        "too little": [is_known(discount=1), home, "own: 3 %"],
        "no number": [is_known(discount="a lot"), home, None],
    }),
    tactic("an_offer_keeps_its_value", """
        personalize_campaign rate { slot bar; when profile.rate; widget hello-bar; set text "Today";
            set discount "{{profile.rate}} %"; set reason "For you"; keep value; }
    """, {
        "seen with 12": [is_known(rate=12), home, saw("rate"), is_known(rate=10), home, "rate: 12 %"],
        "in a page that was looked at": [is_known(rate=12), home, is_known(rate=10), home, "rate: 12 %"],
        "who comes later": [is_known(rate=10), home, "rate: 10 %"],
        "seen, and nothing now": [is_known(rate=12), home, saw("rate"), is_known(), home, "rate: 12 %"],
    }),
    tactic("an_offer_for_each_product", """
        personalize_campaign off { slot price; when offer.percent; widget notice; set text "{{offer.percent}} % less";
            set price "{{offer.price}}"; set reason "{{offer.why}}"; keep value; keep_per "${page.item_id}"; }
    """, {
        "milk": [there_is("off:milk", {"percent": 20, "price": 1.6, "why": "Good until tomorrow"}), product("milk"),
                 "off: 20 % less … €1.60 … Good until tomorrow"],
        "salt": [there_is("off:milk", {"percent": 20, "price": 1.6, "why": "Good"}), product("milk"), saw("off"),
                 product("salt"), None],
        "milk, when the offer is over": [there_is("off:oat", {"percent": 20, "price": 1.6, "why": "Good"}), product("oat"),
                                         saw("off"), there_is("off:oat", {}), product("oat"), "off: €1.60 … Good"],
        "no reason": [there_is("off:rice", {"percent": 20, "price": 1.6}), product("rice"), None],
    }, http='personalize_source offer "key=off:${page.item_id}";'),
    tactic("rates_by_recency_frequency_and_money", """
        personalize_value points {
            3 when session.purchases >= 5 when session.purchase_value >= 500 when session.last_purchase within_last 30d;
            2 when session.purchases >= 2 when session.last_purchase within_last 90d;
            1 when session.purchases >= 1;
            default 0;
        }
        personalize_campaign rfm { slot bar; when value.points >= 1; widget hello-bar;
            set text "Class {{value.points}}"; }
    """, {
        "none": [home, None],
        "one order": [order("1", value=900), home, "rfm: Class 1"],
        "two orders": [order("1", value=900), order("2", value=1), home, "rfm: Class 2"],
        "five orders": [*(order(str(n), value=100) for n in range(5)), home, "rfm: Class 3"],
        "five, but long ago": [*(order(str(n), value=100) for n in range(5)), later(60), home, "rfm: Class 2"],
        "five small ones": [*(order(str(n), value=10) for n in range(5)), home, "rfm: Class 2"],
    }),
    tactic("coupon_of_the_profile", """
        personalize_campaign coupon { slot side; when profile.coupon.code exists;
            when profile.coupon.until within_next 1y;
            widget side-coupon; set code "{{profile.coupon.code}}";
            set title "Until {{profile.coupon.until | date '%d.%m.'}}"; }
    """, {
        "none": [home, None],
        "one": [is_known(coupon={"code": "ANN-7", "until": in_days(30)}), home, "coupon: Until"],
        "years away": [is_known(coupon={"code": "ANN-7", "until": "2099-12-24"}), home, None],
        "over": [is_known(coupon={"code": "ANN-7", "until": "2020-12-24"}), home, None],
        "no date": [is_known(coupon={"code": "ANN-7"}), home, None],
    }),
    tactic("a_pack_costs_less", """
        personalize_campaign pack { slot price; when page.type = product; when page.price < 10; widget notice;
            set text "Three for {{page.price | times 2.5 | round 2 | money 'EUR'}}";
            set link "/pack/{{page.item_id}}"; set link_text "Take three"; }
    """, {
        "cheap": [product("soap", price="3.99"), "pack: Three for €9.98"],
        "dear": [product("lamp", price=10), None],
        "no price": [product("lamp"), None],
    }),
    tactic("like_another_campaign", """
        personalize_campaign base { slot bar; when profile.tier = gold; cap 3/day; widget hello-bar; set text "Gold";
            set link /gold; }
        personalize_campaign silver { like base; when profile.tier = silver; set text "Silver"; }
    """, {
        "gold": [is_known(tier="gold"), home, "base: Gold"],
        "silver": [is_known(tier="silver"), home, "silver: Silver"],
        "bronze": [is_known(tier="bronze"), home, None],
    }),
    tactic("not_for_who_pays_full_price", """
        personalize_campaign sale { slot bar; when profile.buys_on_sale; unless profile.full_price_share > 0.8;
            widget hello-bar; set text "Sale"; }
    """, {
        "a hunter": [is_known(buys_on_sale=True), home, "sale"],
        "written as text": [is_known(buys_on_sale="false"), home, None],
        "pays": [is_known(buys_on_sale=True, full_price_share=0.9), home, None],
        "not known": [home, None],
    }),
    tactic("free_gift_from_the_second_item", """
        personalize_campaign gift { slot bar; when page.type = cart; when page.items >= 2; unless session.purchases > 0;
            widget hello-bar; set text "A gift with your first order"; }
    """, {
        "one item": [cart(9, items=1), None],
        "ten items": [cart(9, items=10), "gift"],
        "ordered before": [order("1"), cart(9, items=2), None],
    }),
]
