"""Recency, dormancy, and what days without a purchase bring."""

from harness.tactics import cart, home, is_known, later, newcomer, order, product, saw, tactic

TACTICS = [
    tactic("recency_2_7_14", """
        personalize_value recency {
            hot  when session.days_since_last_visit <= 2;
            warm when session.days_since_last_visit <= 7;
            cool when session.days_since_last_visit <= 14;
            cold when session.days_since_last_visit exists;
        }
        personalize_campaign recency { slot bar; when value.recency exists; widget hello-bar;
            set text "You are {{value.recency}}"; }
    """, {
        "the first visit": [home, None],
        "2": [home, later(2), home, "recency: You are hot"],
        "3": [home, later(3), home, "recency: You are warm"],
        "7": [home, later(7), home, "recency: You are warm"],
        "8": [home, later(8), home, "recency: You are cool"],
        "15": [home, later(15), home, "recency: You are cold"],
    }),
    tactic("second_day_5_third_day_10", """
        personalize_segment no_order { when session.purchases = 0; }
        personalize_value percent {
            10 when campaign.days.first_shown older_than 1d;
            default 5;
        }
        personalize_campaign days { slot bar; when segment.no_order; when session.visits >= 2;
            when session.days_since_last_visit >= 1;
            widget hello-bar; set text "For your first order"; set discount "{{value.percent}} %";
            set reason "New here";
            keep_while segment.no_order; }
    """, {
        "the first day": [home, home, None],
        "later that day": [home, later(0.3), home, None],
        "the second day": [home, later(1), home, "days: 5 %"],
        "the third day": [home, later(1), home, saw("days"), later(1), home, "days: 10 %"],
        "ordered on the second": [home, later(1), home, saw("days"), order("1"), home, None],
    }),
    tactic("on_the_second_day_and_after_a_month", """
        personalize_value days {
            month  when session.first_visit older_than 30d;
            second when session.first_visit older_than 1d;
        }
        personalize_campaign days { slot bar; when value.days exists; widget hello-bar; set text "{{value.days}}"; }
    """, {
        "new": [home, None],
        "later that day": [home, later(0.5), home, None],
        "the second day": [home, later(1.5), home, "days: second"],
        "came in between": [home, later(1.5), home, later(15), home, later(15), home, "days: month"],
    }),
    tactic("dormant_six_months", """
        personalize_campaign dormant { slot bar; when session.last_purchase older_than 6M; widget hello-bar;
            set text "We missed you"; }
    """, {
        "never bought": [home, later(300), home, None],
        "five months": [order("1"), later(150), home, None],
        "six months": [order("1"), later(181), home, "dormant"],
    }),
    tactic("dormant_by_the_shops_own_books", """
        personalize_segment dormant { when profile.last_order older_than 6M;
            unless session.last_purchase within_last 6M; }
        personalize_campaign dormant_books { slot bar; when segment.dormant; widget hello-bar;
            set text "It has been long, {{profile.name | default 'friend'}}"; }
    """, {
        "long ago": [is_known(last_order="2020-01-31", name="Ann"), home, "dormant_books: long, Ann"],
        "without a name": [is_known(last_order="2020-01-31"), home, "dormant_books: long, friend"],
        "in milliseconds": [is_known(last_order=1580428800000), home, "dormant_books"],
        "bought here since": [is_known(last_order="2020-01-31"), order("1"), home, None],
        "not a date": [is_known(last_order="never"), home, None],
        "not known": [home, None],
    }),
    tactic("used_up_by_now", """
        personalize_campaign refill { slot bar; when session.last_purchase older_than 30d;
            when session.last_purchase within_last 90d;
            when session.purchased.0 exists;
            widget hello-bar; set text "Is it used up?"; set link "/p/{{session.purchased.0}}"; }
    """, {
        "soon": [order("1", items="soap"), later(10), home, None],
        "a month later": [order("1", items="soap"), later(31), home, "refill: Is it used up?"],
        "a season later": [order("1", items="soap"), later(91), home, None],
    }),
    tactic("every_third_order", """
        personalize_value in_row { default "${session.purchases | divided_by 3 | times 3}"; }
        personalize_campaign third { slot bar; when session.purchases > 0; when session.purchases = "${value.in_row}";
            widget hello-bar; set text "Your next order brings a gift"; }
    """, {
        "none": [home, None],
        "two": [order("1"), order("2"), home, None],
        "three": [order("1"), order("2"), order("3"), home, "third"],
        "four": [order("1"), order("2"), order("3"), order("4"), home, None],
    }),
    tactic("spent_enough_for_silver", """
        personalize_value missing { default "${session.purchase_value | times -1 | plus 100}"; }
        personalize_campaign silver { slot bar; when value.missing between 0.01 50; widget hello-bar;
            set text "{{value.missing | money}} to silver"; }
    """, {
        "nothing": [home, None],
        "half": [order("1", value="40.50"), order("2", value="20"), home, "silver: €39.50 to silver"],
        "all": [order("1", value=100), home, None],
    }),
    tactic("price_seen_last_time", """
        personalize_campaign seen { slot bar; when session.previous.last_item exists; when session.item_views = 0;
            widget hello-bar; set text "You looked at {{session.previous.last_item}}";
            set link "/p/{{session.previous.last_item}}"; }
    """, {
        "the same visit": [product("lamp"), home, None],
        "on return": [product("lamp"), later(1), home, "seen: You looked at lamp"],
        "who goes on": [product("lamp"), later(1), product("rug"), None],
        "a visit without": [product("lamp"), later(1), home, later(1), home, None],
    }),
    tactic("welcome_in_steps", """
        personalize_campaign step { slot bar; widget hello-bar;
            set text "{{session.visits | ordinal one='{n}st' other='Visit'}}";
            when session.visits between 2 3; }
        personalize_campaign known { slot bar; when session.visits > 3; widget hello-bar; set text "You know us"; }
    """, {
        "first": [newcomer, home, None],
        "second": [home, later(1), home, "step"],
        "fourth": [home, later(1), home, later(1), home, later(1), home, "known"],
    }),
    tactic("cart_value_grew", """
        personalize_campaign grown { slot bar; when session.cart_value > "${session.previous.cart_value}";
            widget hello-bar; set text "More than last time: delivery is free"; }
    """, {
        "less": [cart(90), later(1), cart(20), None],
        "more": [cart(90), later(1), cart(100), "grown"],
        "the first cart": [cart(90), None],
    }),
]
