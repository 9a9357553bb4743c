"""How far a visit has come, at exit and on return."""

from harness.tactics import cart, category, checkout, home, later, newcomer, order, product, tactic

TACTICS = [
    tactic("exit_by_stage", """
        personalize_campaign at_checkout { slot body-end; priority 3; when session.furthest = checkout;
            widget exit-popup; set title "Questions about paying?"; }
        personalize_campaign at_cart { slot body-end; priority 2; when session.furthest = cart;
            widget exit-popup; set title "We keep your cart"; }
        personalize_campaign at_product { slot body-end; priority 1; when session.furthest = product;
            widget exit-popup; set title "Not the right one?"; }
    """, {
        "home": [home, None],
        "product": [home, product("a"), home, "at_product"],
        "cart": [product("a"), cart(9), product("b"), "at_cart"],
        "checkout": [checkout(9), home, "at_checkout"],
        "order": [checkout(9), order("1"), home, None],
    }),
    tactic("return_by_stage", """
        personalize_value next {
            "finish your order"  when session.previous.furthest = checkout;
            "see your cart"      when session.previous.furthest = cart;
            "go on looking"      when session.previous.furthest in product category;
        }
        personalize_campaign welcome { slot bar; when value.next exists;
            widget hello-bar; set text "Welcome back: {{value.next}}"; }
    """, {
        "a newcomer": [newcomer, home, None],
        "in the same visit": [checkout(9), home, None],
        "after a checkout": [checkout(9), later(1), home, "welcome: finish your order"],
        "after a cart": [cart(9), later(1), home, "welcome: see your cart"],
        "after a category": [category("Rugs"), later(1), home, "welcome: go on looking"],
        "after an order": [checkout(9), order("1"), later(1), home, None],
    }),
    tactic("return_until_as_far", """
        personalize_campaign go_on { slot bar; when session.previous.furthest >= cart;
            unless session.previous.furthest = order;
            unless session.furthest >= cart; widget hello-bar; set text "Your cart waits"; set link /cart; }
    """, {
        "back": [cart(9), later(1), home, "go_on"],
        "in the cart again": [cart(9), later(1), home, cart(9), None],
        "after that": [cart(9), later(1), home, cart(9), home, None],
        "had only looked": [product("a"), later(1), home, None],
    }),
    tactic("help_in_a_long_visit", """
        personalize_campaign help { slot side; when session.views >= 5; unless session.furthest >= checkout;
            widget floating-icon; set title "A question?"; set icon chat; set link /chat; }
    """, {
        "four pages": [home, home, home, home, None],
        "five pages": [home, home, home, home, home, "help: A question?"],
        "who is about to pay": [home, home, home, home, checkout(9), None],
    }),
    tactic("cart_left_twice", """
        personalize_segment left_again { when session.previous.cart_value > 0; when session.visits >= 3; }
        personalize_campaign call_us { slot bar; when segment.left_again; unless session.purchases > 0;
            widget hello-bar; set text "Call us about your cart for {{session.previous.cart_value | money}}"; }
    """, {
        "left once": [cart(9), later(1), home, None],
        "left twice": [cart(9), later(1), cart(12), later(1), home, "call_us: €12.00"],
        "ordered meanwhile": [cart(9), order("1"), later(1), cart(12), later(1), home, None],
    }),
    tactic("quick_reorder", """
        personalize_campaign again { slot bar; when session.previous.furthest = order;
            widget hello-bar; set text "The same again?"; set link /again; }
    """, {
        "browsed last time": [home, later(1), home, None],
        "ordered last time": [order("1"), later(1), home, "again"],
        "ordered the time before": [order("1"), later(1), home, later(1), home, None],
    }),
]
