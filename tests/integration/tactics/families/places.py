"""Weather, markets, languages, devices and the staff."""

from harness.tactics import (INDIA, POLAND, comes, has, home, is_known, newcomer, on_a_phone, product, tactic, there_is)

POLISH, GERMAN = comes(Accept_Language="pl-PL,pl;q=0.9"), comes(Accept_Language="de")
STAFF = comes(X_Client="192.168.1.7")
BOT = comes(User_Agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")

TACTICS = [
    tactic("umbrellas_in_the_rain", """
        personalize_campaign rain { slot bar; when rain_at.sky in rain drizzle; widget hello-bar;
            set text "It rains in {{geo.city}}"; }
    """, {
        "rain": [there_is("sky:PL:Łódź", {"sky": "rain"}), POLAND, home, "rain: It rains in Łódź"],
        "sun elsewhere": [there_is("sky:IN:Mumbai", {"sky": "clear"}), INDIA, home, None],
        "nobody knows where": [home, None],
    }, http='personalize_source rain_at "key=sky:${geo.country}:${geo.city}";'),
    tactic("below_zero_and_above_thirty", """
        personalize_value temperature { cold when warmth.degrees < 0; hot when warmth.degrees > 30; }
        personalize_campaign warm { slot bar; when value.temperature = cold; widget hello-bar; set text "Gloves"; }
        personalize_campaign cool { slot bar; when value.temperature = hot; widget hello-bar; set text "Ice cream"; }
    """, {
        "cold": [there_is("warmth:PL", {"degrees": -1}), POLAND, home, "warm"],
        "hot": [there_is("warmth:IN", {"degrees": 31}), INDIA, home, "cool"],
        "unknown": [home, None],
    }, http='personalize_source warmth "key=warmth:${geo.country}";'),
    tactic("name_of_the_market", """
        personalize_value market { Polska when geo.country = PL; भारत when geo.country = IN; }
        personalize_campaign market { slot bar; when value.market exists;
            content '<p data-pz-campaign="market">{{value.market}}</p>'; }
    """, {
        "Poland": [POLAND, home, "market: Polska"],
        "India": [INDIA, home, "market: भारत"],
        "elsewhere": [home, None],
    }),
    tactic("words_of_the_language", """
        personalize_value shoes { buty when request.language = pl; Schuhe when request.language = de; default shoes; }
        personalize_campaign words { slot main; content '<h1 data-pz-campaign="words">New {{value.shoes}}</h1>'; }
    """, {
        "Polish": [POLISH, home, "words: New buty"],
        "German": [GERMAN, home, "words: New Schuhe"],
        "nothing said": [home, "words: New shoes"],
        "a newcomer": [newcomer, POLISH, home, "words: New buty"],
    }),
    tactic("stranger_in_the_market", """
        personalize_campaign abroad { slot bar; when geo.country = PL; unless request.language = pl;
            when request.language exists;
            widget hello-bar; set text "Also in your language"; set link /languages; }
    """, {
        "Polish in Poland": [POLAND, POLISH, home, None],
        "German in Poland": [POLAND, GERMAN, home, "abroad"],
        "a browser that says nothing": [POLAND, home, None],
        "German in India": [INDIA, GERMAN, home, None],
    }),
    tactic("free_delivery_from", """
        personalize_value free_from { "199 zł" when geo.country = PL; "€49" when geo.in_eu; }
        personalize_campaign free_from { slot bar; when value.free_from exists; widget hello-bar;
            set text "Free from {{value.free_from}}"; }
    """, {
        "Poland": [POLAND, home, "free_from: 199 zł"],
        "Romania": [comes(X_Client="2001:db8::7"), home, "free_from: €49"],
        "India": [INDIA, home, None],
    }),
    tactic("shop_near_you", """
        personalize_campaign near { slot side; when shop_of.street exists; widget floating-icon;
            set title "Our shop in {{geo.city}}";
            set text "{{shop_of.street}}"; set link /shops; }
    """, {
        "there is one": [there_is("shop:Łódź", {"street": "Piotrkowska 7"}), POLAND, home,
                         "near: Our shop in Łódź … Piotrkowska 7"],
        "there is none": [INDIA, home, None],
    }, http='personalize_source shop_of "key=shop:${geo.city}";'),
    tactic("phone_and_desktop", """
        personalize_campaign app { slot body-end; when device.type = mobile; widget floating-icon;
            set title "Our app"; set link /app; }
        personalize_campaign bar { slot bar; when device.type = desktop; widget hello-bar;
            set text "Delivery is free"; }
    """, {
        "a phone": [on_a_phone, home, "app"],
        "a desktop": [home, "bar"],
        "a bot": [newcomer, BOT, home, None],
    }),
    tactic("who_has_the_app", """
        personalize_campaign get_it { slot bar; when device.type in mobile tablet; unless profile.app;
            unless cookie.app exists;
            widget hello-bar; set text "Get the app"; }
    """, {
        "has not": [on_a_phone, home, "get_it"],
        "has": [on_a_phone, is_known(app=True), home, None],
        "came from it": [on_a_phone, has(app="1"), home, None],
        "has not, as the profile says": [on_a_phone, is_known(app=False), home, "get_it"],
    }),
    tactic("staff_by_network", """
        personalize_campaign stock { slot price; when var.of_staff = 1; when left_of.left exists;
            content '<p data-pz-campaign="stock">{{left_of.left}} left, {{left_of.price | minus left_of.cost | money}} earned</p>'; }
        personalize_campaign sale { slot bar; unless var.of_staff = 1; widget hello-bar; set text "Sale"; }
    """, {
        "staff": [STAFF, there_is("left:lamp", {"left": 3, "price": 49, "cost": 21.4}), product("lamp"),
                  "stock: 3 left, €27.60 earned"],
        "a customer": [there_is("left:lamp", {"left": 3, "price": 49, "cost": 21.4}), product("lamp"), "sale"],
        "a customer who says so": [has(staff="1"), comes(X_Forwarded_For="192.168.1.7"), product("lamp"), "sale"],
    }, http="""geo $of_staff { default 0; 192.168.0.0/16 1; }
               personalize_source left_of "key=left:${page.item_id}" if=segment.in_the_house;
               personalize_segment in_the_house { when var.of_staff = 1; }"""),
    tactic("logged_in_at_wordpress", """
        personalize_campaign member { slot bar; when cookie.wordpress_logged_in_*; widget hello-bar;
            set text "Your orders"; set link /orders; }
    """, {
        "out": [home, None],
        "in": [has(wordpress_logged_in_8f3="ann%7C1"), home, "member"],
    }),
    tactic("cart_in_a_cookie", """
        personalize_campaign cookie_cart { slot bar; when cookie.basket.total > 20; widget hello-bar;
            set text "{{cookie.basket.total | money}} in your basket"; }
    """, {
        "none": [home, None],
        "JSON": [has(basket="%7B%22total%22%3A30%7D"), home, "cookie_cart: €30.00"],
        "arguments": [has(basket="total=21.5&n=2"), home, "cookie_cart: €21.50"],
        "little": [has(basket="total=20"), home, None],
        "hostile": [has(basket="total=<b>99</b>"), home, None],
    }),
    tactic("data_saver", """
        personalize_campaign light { slot main; when request.header.Save-Data = on;
            content '<p data-pz-campaign="light">Small pictures</p>'; }
    """, {
        "on": [comes(Save_Data="on"), home, "light"],
        "off": [home, None],
    }),
]
