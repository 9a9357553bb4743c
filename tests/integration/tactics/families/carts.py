"""The cart: what is missing, what is in it, what goes with it, what was left in it."""

from harness.tactics import (cart, checkout, clicked, dismissed, home, is_known, later, order, page, product, saw, tactic,
                             there_is)

LINES = [{"sku": "parka", "category": "winter-jacket", "qty": 2, "price": 99.5}, {"sku": "hat", "category": "hats", "qty": 1, "price": 20}]

TACTICS = [
    tactic("free_delivery_progress_of_the_first_order", """
        personalize_campaign progress { slot main; when page.type = cart; when session.purchases = 0;
            widget purchase-progress; set goal 50; set value "{{page.value}}"; set text "{remaining} to free delivery";
            set done_text "Delivery is free"; }
    """, {
        "below": [cart(30), "progress: €20.00 to free delivery"],
        "above": [cart("50.00"), "progress: Delivery is free"],
        "not in the cart": [cart(30), home, None],
        "the second order": [order("1"), cart(30), None],
    }),
    tactic("gift_above_50_without_coupon", """
        personalize_campaign gift { slot bar; when page.type = cart; when page.value > 50; when page.coupon missing;
            widget hello-bar; set text "A gift comes with it"; }
    """, {
        "50": [cart(50), None],
        "above": [cart("50.01"), "gift"],
        "with a coupon": [cart(80, coupon="SAVE10"), None],
    }),
    tactic("two_winter_jackets", """
        personalize_campaign third { slot bar; element cart.lines { when category = winter-jacket; when qty >= 2; }
            widget hello-bar; set text "Three for two"; }
    """, {
        "no cart": [home, None],
        "two": [there_is("cart:ID", {"lines": LINES}), home, "third"],
        "one jacket, two hats": [there_is("cart:ID",
                                 {"lines": [{"category": "winter-jacket", "qty": 1},
                                 {"category": "hats", "qty": 2}]}),
                                 home, None],
    }),
    tactic("completes_the_newest_line", """
        personalize_recommend completes { try "${completes}"; exclude cart; limit 2; }
        personalize_campaign completes { slot side; widget complements; set title "Goes with it";
            set items recommend.completes; }
    """, {
        "an empty cart": [home, None],
        "a jacket": [there_is("cart:ID", {"lines": LINES}), there_is("completes:winter-jacket", [
            {"item_id": "hat", "title": "Hat", "url": "/hat"}, {"item_id": "glove", "title": "Glove", "url": "/glove"}]),
            home, "completes: Goes with it Glove"],
        "nothing goes with it": [there_is("cart:ID", {"lines": [{"sku": "x", "category": "sundries"}]}), home, None],
    }, http='personalize_source completes "key=completes:${cart.lines.0.category}";'),
    tactic("cart_for_somebody_who_knows_its_limit", """
        personalize_campaign limit { slot bar; when page.value > "${profile.limit}"; widget hello-bar;
            set text "Above your limit of {{profile.limit | money}}: ask your boss"; }
    """, {
        "below": [is_known(limit=500), cart(499), None],
        "above": [is_known(limit=500), cart(1000), "limit: €500.00"],
        "compared as numbers": [is_known(limit="1000"), cart("900"), None],
        "no limit": [cart(1000), None],
    }),
    tactic("left_1_to_3_days_ago", """
        personalize_campaign left { slot bar; when session.previous.cart_value > 0;
            when session.days_since_last_visit between 1 3;
            widget hello-bar; set text "You left {{session.previous.cart_value | money}} here"; set link /cart; }
    """, {
        "the same day": [cart(20), later(0.2), home, None],
        "yesterday": [cart(20), later(1), home, "left: €20.00"],
        "three days ago": [cart(20), later(3), home, "left"],
        "four days ago": [cart(20), later(4), home, None],
        "ordered": [cart(20), order("1"), later(1), home, None],
    }),
    tactic("left_and_followed_up", """
        personalize_campaign first { slot bar; priority 2; when session.previous.cart_value > 0; stop after=click;
            widget hello-bar; set text "Your cart is there"; set link /cart; }
        personalize_campaign second { slot bar; when campaign.first.first_shown older_than 1d;
            unless campaign.first.clicked;
            cap 1/lifetime; widget hello-bar; set text "Last chance for your cart"; set link /cart; }
    """, {
        "back": [cart(20), later(1), home, "first"],
        "seen a day ago": [cart(20), later(1), home, saw("first"), later(1.5), home, "second"],
        "seen an hour ago": [cart(20), later(1), home, saw("first"), later(0.1), home, None],
        "clicked": [cart(20), later(1), home, clicked("first"), later(2), home, None],
        "told twice": [cart(20), later(1), home, saw("first"), later(2), home, saw("second"), home, None],
    }),
    tactic("a_small_cart_and_a_rich_customer", """
        personalize_campaign more { slot bar; when page.type = cart; when page.value < 30; when profile.clv >= 1000;
            widget hello-bar; set text "Delivery is free for you"; }
    """, {
        "both": [is_known(clv=2000), cart(10), "more"],
        "a large cart": [is_known(clv=2000), cart(30), None],
        "a small customer": [is_known(clv=999), cart(10), None],
    }),
    tactic("things_in_the_cart_are_few", """
        personalize_campaign left { slot bar; when page.type in cart checkout; element cart.lines { when left < 3; }
            widget hello-bar; set text "Some of it is nearly gone"; }
    """, {
        "enough": [there_is("cart:ID", {"lines": [{"sku": "a", "left": 9}]}), cart(9), None],
        "few": [there_is("cart:ID", {"lines": [{"sku": "a", "left": 9}, {"sku": "b", "left": 2}]}), checkout(9),
                "left"],
        "elsewhere": [there_is("cart:ID", {"lines": [{"sku": "b", "left": 2}]}), home, None],
    }),
    tactic("reminder_that_was_closed", """
        personalize_campaign cart_waits { slot bar; when session.cart_value > 0;
            unless page.type in cart checkout order;
            stop after=dismiss for=7d; widget hello-bar;
            set text "{{session.cart_items | plural one='One thing' other='Things'}} in your cart"; }
    """, {
        "in the cart": [cart(9, items=1), None],
        "elsewhere": [cart(9, items=1), home, "cart_waits: One thing"],
        "more": [cart(9, items=3), home, "cart_waits: Things in your cart"],
        "closed": [cart(9, items=3), home, dismissed("cart_waits"), home, None],
        "closed eight days ago": [cart(9, items=3), home, dismissed("cart_waits"), later(8), cart(9, items=3), home,
                                  "cart_waits"],
        "ordered": [cart(9, items=3), order("1"), home, None],
    }),
    tactic("wish_list_to_cart", """
        personalize_campaign wishes { slot bar; when session.last_page_type = wishlist; unless page.type = wishlist;
            widget hello-bar; set text "Take your wishes along"; set link /wishes; }
    """, {
        "on the list": [page("/wishes", type="wishlist"), None],
        "after it": [page("/wishes", type="wishlist"), home, "wishes"],
        "two pages later": [page("/wishes", type="wishlist"), home, home, None],
    }),
    tactic("the_thing_of_this_page_is_in_the_cart", """
        personalize_campaign has_it { slot bar; when page.type = product;
            element cart.lines { when sku = "${page.item_id}"; }
            widget hello-bar; set text "This is in your cart"; set link /cart; }
    """, {
        "in it": [there_is("cart:ID", {"lines": LINES}), product("hat"), "has_it"],
        "not in it": [there_is("cart:ID", {"lines": LINES}), product("cap"), None],
        "no cart": [product("hat"), None],
    }),
]
