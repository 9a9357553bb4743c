"""Hours, weekdays, seasons, birthdays and deadlines."""

from harness.tactics import INDIA, POLAND, at, cart, home, in_days, is_known, product, tactic

FRIDAY_EVENING, FRIDAY_MORNING, SUNDAY = "2026-11-27T18:30:00+01:00", "2026-11-27T09:00:00+01:00", "2026-11-29T12:00:00+01:00"

TACTICS = [
    tactic("happy_hour_on_weekends", """
        personalize_campaign happy { slot bar; weekdays fri-sat; hours 17-20; widget hello-bar; set text "Happy hour"; }
    """, {
        "Friday evening": [POLAND, at(FRIDAY_EVENING), home, "happy"],
        "Friday morning": [POLAND, at(FRIDAY_MORNING), home, None],
        "Sunday": [POLAND, at(SUNDAY), home, None],
        "the same moment in India": [INDIA, at(FRIDAY_EVENING), home, None],
    }),
    tactic("night_owls", """
        personalize_campaign owl { slot bar; when time.hour in 22 23 0 1 2 3; widget hello-bar;
            set text "Still awake?"; }
    """, {
        "day": [POLAND, at(FRIDAY_EVENING), home, None],
        "night in India": [INDIA, at("2026-11-27T18:30:00+01:00"), home, "owl"],
        "night in Poland": [POLAND, at("2026-11-27T23:59:00+01:00"), home, "owl"],
    }),
    tactic("birthday_week_of_gold_customers", """
        personalize_campaign birthday { slot bar; when profile.tier in gold platinum;
            when profile.birthday anniversary_within 3d;
            widget hello-bar; set text "Happy birthday, {{profile.name | default 'friend'}}"; }
    """, {
        "today": [is_known(tier="gold", birthday=in_days(0, "1992-%m-%d"), name="Ann"), home,
                  "birthday: Happy birthday, Ann"],
        "in three days": [is_known(tier="gold", birthday=in_days(3, "%m-%d")), home, "birthday: friend"],
        "in a week": [is_known(tier="gold", birthday=in_days(8, "1992-%m-%d")), home, None],
        "not gold": [is_known(tier="bronze", birthday=in_days(0)), home, None],
        "on February 29": [is_known(tier="gold", birthday="1992-02-29"), at("2027-03-01T12:00:00Z"), home, "birthday"],
        "no date": [is_known(tier="gold", birthday="soon"), home, None],
    }),
    tactic("black_friday_and_before", """
        personalize_campaign friday { slot bar; priority 2;
            schedule from=2099-11-27T00:00:00+01:00 until=2099-11-30T00:00:00+01:00;
            widget hello-bar; set text "Black Friday"; set deadline 2099-11-30T00:00:00+01:00; }
        personalize_campaign soon { slot bar; schedule from=2099-11-20 until=2099-11-27T00:00:00+01:00;
            widget hello-bar;
            set text "Black Friday comes"; }
    """, {
        "long before": [home, None],
        "a week before": [POLAND, at("2099-11-21T10:00:00+01:00"), home, "soon"],
        "the last second before": [POLAND, at("2099-11-26T23:59:59+01:00"), home, "soon"],
        "then": [POLAND, at("2099-11-27T00:00:00+01:00"), home, "friday"],
        "after": [POLAND, at("2099-11-30T00:00:00+01:00"), home, None],
    }),
    tactic("order_until_14_comes_tomorrow", """
        personalize_campaign tomorrow { slot main; weekdays mon-thu; hours 6-14; when geo.country = PL;
            widget countdown;
            set deadline "daily 14:00"; set title "At your place tomorrow"; }
    """, {
        "Monday morning": [POLAND, at("2026-11-30T09:00:00+01:00"), home, "tomorrow"],
        "Monday at 14": [POLAND, at("2026-11-30T14:00:00+01:00"), home, None],
        "Friday": [POLAND, at(FRIDAY_MORNING), home, None],
        "India": [INDIA, at("2026-11-30T09:00:00+05:30"), home, None],
    }),
    tactic("end_of_the_month", """
        personalize_segment payday { when time.date ~ "-(25|26|27|28|29|30|31)$"; }
        personalize_campaign payday { slot bar; when segment.payday; widget hello-bar; set text "Treat yourself"; }
    """, {
        "the 24th": [POLAND, at("2026-11-24T12:00:00+01:00"), home, None],
        "the 25th": [POLAND, at("2026-11-25T12:00:00+01:00"), home, "payday"],
        "the 1st": [POLAND, at("2026-12-01T12:00:00+01:00"), home, None],
    }),
    tactic("renewal_is_near", """
        personalize_campaign renew { slot bar; when profile.subscription.ends within_next 14d; widget hello-bar;
            set text "Your subscription ends on {{profile.subscription.ends | date '%-d.%m.'}}"; set link /renew; }
    """, {
        "far": [is_known(subscription={"ends": in_days(30)}), home, None],
        "near": [is_known(subscription={"ends": in_days(10)}), home, "renew"],
        "today": [is_known(subscription={"ends": in_days(0)}), home, "renew"],
        "over": [is_known(subscription={"ends": in_days(-2)}), home, None],
        "none": [is_known(subscription=None), home, None],
    }),
    tactic("warranty_ends", """
        personalize_segment warranty { element profile.devices { when bought older_than 22M;
            unless bought older_than 25M; } }
        personalize_campaign warranty { slot bar; when segment.warranty; widget hello-bar;
            set text "Extend the warranty"; }
    """, {
        "new": [is_known(devices=[{"bought": in_days(-30)}]), home, None],
        "one is old enough": [is_known(devices=[{"bought": in_days(-30)}, {"bought": in_days(-700)}]), home, "warranty"],
        "too old": [is_known(devices=[{"bought": in_days(-900)}]), home, None],
    }),
    tactic("evening_bakery", """
        personalize_campaign bakery { slot price; when page.item_category = Bakery; hours 18-20; widget notice;
            set text "Baked today"; set price "{{page.price | divided_by 2.0 | round 2}}";
            set old_price "{{page.price}}";
            set reason "Half the price before we close"; keep off; }
    """, {
        "bread in the evening": [POLAND, at(FRIDAY_EVENING), product("bread", "Bakery", price=3), "bakery: €1.50"],
        "bread in the morning": [POLAND, at(FRIDAY_MORNING), product("bread", "Bakery", price=3), None],
        "milk": [POLAND, at(FRIDAY_EVENING), product("milk", "Dairy", price=3), None],
    }),
    tactic("evergreen_deadline", """
        personalize_campaign two_hours { slot bar; when session.cart_value > 0; unless page.type in cart checkout;
            widget hello-bar;
            set text "Reserved for you"; set deadline "evergreen 2h"; }
    """, {
        "no cart": [home, None],
        "a cart": [cart(9), home, "two_hours: Reserved for you"],
    }),
    tactic("christmas_delivery", """
        personalize_value latest { "December 20" when geo.country = PL; "December 10" when geo.continent = EU;
            default "December 1"; }
        personalize_campaign christmas { slot bar; schedule from=2026-11-15 until=2026-12-24; widget hello-bar;
            set text "Order until {{value.latest}} for Christmas"; }
    """, {
        "Poland": [POLAND, at("2026-12-02T12:00:00+01:00"), home, "christmas: until December 20"],
        "India": [INDIA, at("2026-12-02T12:00:00+01:00"), home, "christmas: until December 1"],
        "nowhere": [at("2026-12-02T12:00:00+01:00"), home, "christmas: until December 1"],
        "in summer": [at("2026-07-02T12:00:00+01:00"), home, None],
    }),
]
