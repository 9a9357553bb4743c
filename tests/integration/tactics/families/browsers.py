"""Browsers, buyers, and those who compare."""

from harness.tactics import (cart, category, checkout, home, later, newcomer, order, product, search, tactic,
                             thanks_page)

TACTICS = [
    tactic("many_views_no_cart", """
        personalize_campaign advice { slot bar; when session.item_views >= 3; unless session.furthest >= cart;
                                      widget hello-bar; set text "Shall we help you to choose?"; set link /advice; }
    """, {
        "a newcomer": [newcomer, home, None],
        "after two things": [product("a"), product("b"), None],
        "after three": [product("a"), product("b"), product("c"), "advice: Shall we help"],
        "also when it is the same one": [product("a"), product("a"), product("a"), home, "advice"],
        "with something in the cart": [product("a"), product("b"), product("c"), cart(20), home, None],
        "in another visit": [product("a"), product("b"), product("c"), later(1), home, None],
    }),
    tactic("compares_two_items", """
        personalize_campaign compare { slot bar; when session.item_views >= 2; when session.viewed.0 exists;
                                       when page.type = product; when page.item_id != "${session.viewed.0}";
                                       widget hello-bar; set text "Compare {{page.item_id}} with {{session.viewed.0}}";
                                       set link "/compare?a={{page.item_id}}&b={{session.viewed.0}}"; }
    """, {
        "the first thing": [product("a"), None],
        "another thing": [product("a"), product("b"), "compare: Compare b with a"],
        "the same thing again": [product("a"), product("a"), None],
        "not at home": [product("a"), product("b"), home, None],
    }),
    tactic("compares_prices", """
        personalize_value twice { default "${session.lowest_price | times 2}"; }
        personalize_campaign range { slot bar; when session.highest_price >= "${value.twice}";
                                     widget hello-bar; set text "What makes the difference"; set link /guide; }
    """, {
        "one price": [product("a", price=20), None],
        "near prices": [product("a", price=20), product("b", price=35), None],
        "cheap and dear": [product("a", price=20), product("b", price=40), "range"],
        "dear and cheap, with cents": [product("a", price="39.98"), product("b", price="19.99"), home, "range"],
        "without prices": [product("a"), product("b"), None],
    }),
    tactic("only_cheap_things", """
        personalize_campaign outlet { slot bar; when session.item_views >= 2; when session.highest_price < 10;
                                      widget hello-bar; set text "More below 10"; set link /outlet; }
    """, {
        "cheap": [product("a", price=3), product("b", price="9.99"), "outlet"],
        "one is dear": [product("a", price=3), product("b", price=10), None],
        "prices are not known": [product("a"), product("b"), None],
    }),
    tactic("buyers_are_thanked", """
        personalize_campaign thanks { slot bar; when session.last_purchase within_last 1d; unless page.type = order;
                                      widget hello-bar; set text "Thank you for order {{session.purchases}}"; }
    """, {
        "a browser": [home, None],
        "on the page of the order": [order("1"), None],
        "a buyer": [order("1"), order("2"), home, "thanks: Thank you for order 2"],
        "the same order twice": [order("1"), thanks_page("1"), home, "thanks: Thank you for order 1"],
        "days later": [order("1"), later(2), home, None],
    }),
    tactic("visits_without_buying", """
        personalize_campaign why { slot body-end; when session.visits >= 3; when session.purchases = 0;
                                   widget popup; set title "What is missing?";
            set question "What keeps you from buying?"; }
    """, {
        "the second visit": [home, later(1), home, None],
        "the third visit": [home, later(1), home, later(1), home, "why: What keeps you"],
        "a buyer": [order("1"), later(1), home, later(1), home, None],
    }),
    tactic("bought_before_new_in_category", """
        personalize_campaign fans { slot bar; when page.type = category; when session.purchases >= 2;
                                    when page.item_category = "${session.top_category}";
                                    widget hello-bar; set text "First for you: new {{page.item_category}}"; }
    """, {
        "a buyer in the favourite category": [product("a", "Lamps"), order("1"), order("2"), category("Lamps"),
                                              "fans: new Lamps"],
        "in another category": [product("a", "Lamps"), order("1"), order("2"), category("Rugs"), None],
        "a browser": [product("a", "Lamps"), category("Lamps"), None],
    }),
    tactic("searched_and_left", """
        personalize_campaign found { slot bar; when session.last_page_type = search; when page.type = home;
                                     widget hello-bar; set text "Not found? Ask us"; set link /ask; }
    """, {
        "back home from a search": [search("moon lamp"), home, "found"],
        "from a search to a thing": [search("moon lamp"), product("a"), home, None],
        "without a search": [home, home, None],
    }),
    tactic("looks_at_many_categories", """
        personalize_campaign gifts { slot bar; when session.categories size >= 3; unless session.furthest >= cart;
                                     widget hello-bar; set text "Looking for a gift?"; set link /gifts; }
    """, {
        "two": [category("Lamps"), category("Rugs"), home, None],
        "three": [category("Lamps"), category("Rugs"), category("Toys"), home, "gifts"],
        "three times the same": [category("Lamps"), category("Lamps"), category("Lamps"), home, None],
        "who knows already": [category("Lamps"), category("Rugs"), category("Toys"), cart(9), home, None],
    }),
    tactic("stops_at_the_checkout", """
        personalize_campaign pay_later { slot body-end; when session.furthest = checkout; unless page.type = checkout;
                                         widget exit-popup; set title "Pay in 30 days"; }
    """, {
        "in the cart": [cart(30), None],
        "in the checkout": [cart(30), checkout(30), None],
        "back in the cart": [cart(30), checkout(30), cart(30), "pay_later"],
        "after the order": [checkout(30), order("1"), home, None],
    }),
    tactic("landed_on_a_product", """
        personalize_campaign more { slot main; when session.views = 1; when session.landing_path ~ ^/p/;
                                    widget hello-bar; set text "You are new here: this is who we are";
            set link /about; }
    """, {
        "a newcomer who lands on a thing": [newcomer, product("a"), "more"],
        "a newcomer at home": [newcomer, home, None],
        "the second page": [newcomer, product("a"),
                            product("b").at("/p/b", Referer="http://landed-on-a-product.example/p/a"),
                            home, None],
    }),
]
