"""Where visitors come from: searches, price comparisons, letters, friends, advertisements."""

from harness.tactics import cart, comes, home, later, newcomer, order, page, product, tactic, there_is


def lands(path, referer=None, **fields):
    """The first page of a newcomer, and the next one, which is on record."""
    return [newcomer, page(path, {"Referer": referer} if referer else {}, **fields)]



TACTICS = [
    tactic("from_a_price_comparison", """
        personalize_campaign best_price { slot bar; when request.referer_host ~ "(^|\\.)(idealo|ceneo)\\.";
            widget hello-bar; set text "Our price is also yours"; }
    """, {
        "from there": [*lands("/p/a", "https://www.idealo.de/offer"), "best_price"],
        "from a look-alike": [*lands("/p/a", "https://notidealo.de/"), None],
        "from nowhere": [newcomer, product("a"), None],
    }),
    tactic("price_comparison_for_the_whole_visit", """
        personalize_campaign compared { slot bar; when session.referer_host ~ "ceneo\\.pl$";
            when page.type in product cart;
            widget hello-bar; set text "Seen at Ceneo: the price holds"; }
    """, {
        "the first page": [*lands("/p/a", "https://www.ceneo.pl/1", type="product"), "compared"],
        "pages later, on record": [comes(Referer="https://www.ceneo.pl/1"), page("/"), comes(Referer=None), cart(9),
                                   "compared"],
        "another visit": [comes(Referer="https://www.ceneo.pl/1"), page("/"), comes(Referer=None), later(1), cart(9),
                          None],
    }),
    tactic("from_the_newsletter", """
        personalize_campaign letter { slot bar; when session.utm_source = newsletter; when session.utm_campaign exists;
            unless session.purchases > 0; widget hello-bar; set text "Your code: {{session.utm_campaign | upper}}"; }
    """, {
        "the first page": [newcomer, page("/?utm_source=newsletter&utm_campaign=may7"), "letter: Your code: MAY7"],
        "pages later": [page("/?utm_source=newsletter&utm_campaign=may7"), home, product("a"), "letter: MAY7"],
        "another letter": [page("/?utm_source=partner&utm_campaign=may7"), home, None],
        "after an order": [page("/?utm_source=newsletter&utm_campaign=may7"), order("1"), home, None],
    }),
    tactic("referral_code_kept_for_the_visit", """
        personalize_campaign friend { slot bar; when session.args.ref exists; when session.purchases = 0;
            widget hello-bar; set text "{{friend_of.name | default 'A friend'}} sends you"; }
    """, {
        "no code": [home, None],
        "pages later": [there_is("friend:ANN7", {"name": "Ann"}), page("/?ref=ANN7"), home, product("a"),
                        "friend: Ann sends you"],
        "an unknown code": [page("/?ref=XX"), home, "friend: A friend sends you"],
        "a code in the middle": [home, page("/?ref=ANN7"), home, None],
        "a buyer": [page("/?ref=ANN7"), order("1"), home, None],
        "hostile": [page("/?ref=<script>"), home, "friend: A friend"],
    }, http='personalize_source friend_of "key=friend:${session.args.ref}";'),
    tactic("paid_click_without_purchase", """
        personalize_campaign paid { slot body-end; when session.args.gclid exists; when session.item_views >= 2;
            unless session.furthest >= cart; widget exit-popup; set title "Free returns for 100 days"; }
    """, {
        "clicked and looked": [page("/?gclid=1"), product("a"), product("b"), "paid"],
        "only clicked": [page("/?gclid=1"), product("a"), None],
        "without": [product("a"), product("b"), None],
        "took something": [page("/?gclid=1"), product("a"), product("b"), cart(9), None],
    }),
    tactic("from_a_search_engine_to_a_product", """
        personalize_campaign searched { slot bar; when session.referer_host ~ "(^|\\.)(google|bing|duckduckgo)\\.";
            when page.type = product; when session.visits = 1; widget hello-bar; set text "More like this";
            set link "/c/{{page.item_category}}"; }
    """, {
        "lands on it": [*lands("/p/a", "https://www.google.com/", type="product", item_id="a", item_category="Rugs"),
                        "searched"],
        "lands at home": [*lands("/", "https://www.google.com/", type="home"), None],
        "comes back": [home, later(1), comes(Referer="https://www.google.com/"), product("a", "Rugs"), None],
    }),
    tactic("partners_page", """
        personalize_value partner { Acme when request.arg.partner = acme; Zen when request.arg.partner in zen zen-shop; }
        personalize_campaign partner { slot bar; when value.partner exists; widget hello-bar;
            set text "Welcome, customers of {{value.partner}}"; }
    """, {
        "Acme": [page("/?partner=acme"), "partner: customers of Acme"],
        "Zen": [newcomer, page("/?a=1&partner=zen-shop"), "partner: customers of Zen"],
        "somebody else": [page("/?partner=evil"), None],
    }),
    tactic("a_test_for_new_visitors", """
        personalize_experiment bar_text { variants a=1 b=0; when session.visits = 1; }
        personalize_campaign tested { slot bar; when experiment.bar_text = a; widget hello-bar; set text "A"; }
        personalize_campaign untested { slot bar; when experiment.bar_text missing; widget hello-bar;
            set text "As ever"; }
    """, {
        "new": [home, "tested: A"],
        "not new": [home, later(1), home, "untested"],
    }),
]
