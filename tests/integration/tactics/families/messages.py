"""One message at a time: priorities, groups, caps, follow-ups, switches and segments of staff and testers."""

from harness.tactics import cart, clicked, dismissed, has, home, is_known, later, order, product, saw, tactic

TACTICS = [
    tactic("one_message_by_priority", """
        personalize_group messages { cap 1/view; }
        personalize_campaign service { slot bar; priority 30; group messages; when profile.parcel exists;
            widget hello-bar;
            set text "Your parcel comes {{profile.parcel}}"; }
        personalize_campaign waiting_cart { slot main; priority 20; group messages;
            when session.previous.cart_value > 0; widget hello-bar;
            set text "Your cart"; }
        personalize_campaign news { slot side; priority 10; group messages; widget hello-bar; set text "News"; }
    """, {
        "news": [home, "news"],
        "a cart": [cart(9), later(1), home, "waiting_cart"],
        "a parcel and a cart": [is_known(parcel="today"), cart(9), later(1), home, "service: Your parcel comes today"],
    }),
    tactic("two_promotions_in_a_visit", """
        personalize_group promotions { unless profile.b2b; cap 2/session; }
        personalize_campaign one { slot bar; group promotions; cap 1/session; priority 3; widget hello-bar;
            set text "One"; }
        personalize_campaign two { slot bar; group promotions; cap 1/session; priority 2; widget hello-bar;
            set text "Two"; }
        personalize_campaign three { slot bar; group promotions; cap 1/session; widget hello-bar; set text "Three"; }
    """, {
        "the first": [home, "one"],
        "the second": [saw("one"), home, "two"],
        "no third": [saw("one"), saw("two"), home, None],
        "a company": [is_known(b2b=True), home, None],
        "the next day": [home, saw("one"), saw("two"), later(1), home, "one"],
    }),
    tactic("not_again_after_a_click", """
        personalize_campaign letter { slot body-end; cap 3/week; stop after=click; stop after=dismiss for=30d;
            widget popup; set title "Letter"; }
    """, {
        "new": [home, "letter"],
        "seen three times": [saw("letter"), saw("letter"), saw("letter"), home, None],
        "seen yesterday": [home, saw("letter"), later(1), home, "letter"],
        "clicked": [home, clicked("letter"), later(100), home, None],
        "closed a week ago": [home, dismissed("letter"), later(7), home, None],
        "closed long ago": [home, dismissed("letter"), later(31), home, "letter"],
    }),
    tactic("stops_after_the_order", """
        personalize_campaign push { slot bar; stop after=conversion; widget hello-bar; set text "Buy"; }
    """, {
        "looks": [home, "push"],
        "seen": [saw("push"), home, "push"],
        "bought without having seen it": [order("1"), home, "push"],
    }),
    tactic("follow_up_of_what_was_closed", """
        personalize_campaign loud { slot body-end; when session.views >= 2; stop after=dismiss; widget popup;
            set title "10 reasons"; set link /reasons; set link_text Read; }
        personalize_campaign quiet { slot bar; when campaign.loud.dismissed exists; unless campaign.loud.clicked;
            widget hello-bar; set text "10 reasons, in short"; }
    """, {
        "new": [home, home, "loud"],
        "closed": [home, home, dismissed("loud"), home, "quiet"],
        "clicked": [home, home, clicked("loud"), home, None],
    }),
    tactic("shown_three_times_in_vain", """
        personalize_campaign first { slot bar; unless campaign.first.shown >= 3; widget hello-bar;
            set text "Free returns"; set link /r; }
        personalize_campaign other { slot bar; when campaign.first.shown >= 3; unless campaign.first.clicked;
            widget hello-bar; set text "Free delivery"; }
    """, {
        "once": [saw("first"), home, "first"],
        "three times": [saw("first"), saw("first"), saw("first"), home, "other"],
        "clicked": [saw("first"), saw("first"), clicked("first"), home, None],
    }),
    tactic("testers_see_what_is_off", """
        personalize_segment testers { when cookie.tester = yes; }
        personalize_campaign soon { slot bar; when segment.testers; widget hello-bar; set text "The new bar"; }
        personalize_campaign now { slot bar; enabled on; widget hello-bar; set text "The old bar"; }
        personalize_campaign off { slot main; enabled off; widget hello-bar; set text "Off"; }
    """, {
        "a tester": [has(tester="yes"), home, "soon"],
        "everybody else": [home, "now"],
        "who says no": [has(tester="no"), home, "now"],
    }),
    tactic("same_for_all_in_three_pages", """
        personalize_campaign welcome { slot bar; when session.visits = 1; when session.views <= 3;
            unless page.type in cart checkout;
            widget hello-bar; set text "Page {{session.views}} of 3"; }
    """, {
        "one": [home, "welcome: Page 1 of 3"],
        "three": [home, home, product("a"), "welcome: Page 3 of 3"],
        "four": [home, home, home, home, None],
        "in the cart": [cart(9), None],
    }),
]
