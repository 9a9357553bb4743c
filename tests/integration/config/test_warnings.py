"""What `nginx -t` says of configurations that work and are hardly meant.

In each case the line that is to be blamed ends with the comment `# <-`.
"""

import glob

import pytest

KEY = "0123456789abcdef0123456789abcdef\n"
REDIS = "personalize_redis unix:/nonexistent/redis.sock;\n"
PROFILE = "personalize_source profile 'key=profile:${visitor.id}';\n"
SIGNED = "personalize_visitor cookie=vid secret_file=vid.key;"
SHOWN = "personalize_campaign c { slot s; when profile.tier; fragment x.html; }\n"
SHOWN_TO_ALL = "personalize_campaign c { slot s; fragment x.html; }\n"
OTHER = "server { listen 127.0.0.1:1; %s }"

# name: (http, server, words of the warning)
WARNED = {
    "an unsigned server beside a signed one": (
        REDIS + PROFILE + SHOWN + OTHER % SIGNED, "personalize_visitor cookie=vid; # <-",
        ["not signed here", "source \"profile\"", "another visitor's"]),
    "a variable that clients send beside a signed server": (
        REDIS + PROFILE + SHOWN + OTHER % SIGNED, "personalize_visitor $arg_v; # <-",
        ["not signed here"]),
    "an unsigned location beside a signed server": (
        REDIS + PROFILE + SHOWN, SIGNED + "\nlocation / { personalize on;\npersonalize_visitor cookie=v; # <-\n}",
        ["not signed here", "source \"profile\"", "another visitor's"]),
    "pages that report to an endpoint of others": (
        SHOWN_TO_ALL, "personalize_visitor cookie=v; location /_pz/ { personalize_endpoint; }\n"
        "location /b2b/ { personalize on;\npersonalize_visitor cookie=account; # <-\n}",
        ["taken for that of others", "inside this location"]),
    "pages whose consent is another one than their endpoint's": (
        SHOWN_TO_ALL, "personalize_visitor cookie=v; location /_pz/ {\npersonalize_endpoint; # <-\n}\n"
        "location /b/ { location /b/c/ { personalize on;\npersonalize_consent { when cookie.c = yes; }\n} }",
        ["kept by another personalize_consent", "specify it for the server"]),
    "an endpoint whose consent is another one than its pages'": (
        SHOWN_TO_ALL, "personalize_visitor cookie=v; personalize_consent { when cookie.c = yes; }\n"
        "location /b/ { personalize on; personalize_consent { when cookie.b = yes; } }\n"
        "location /_pz/ {\npersonalize_endpoint; # <-\n}",
        ["kept by another personalize_consent"]),
    "a wait that a failed look-up ends": (
        "personalize_redis unix:/nonexistent/redis.sock;\n" + PROFILE + SHOWN,
        "personalize_visitor cookie=v;\npersonalize_wait 200ms; # <-\nlocation / { personalize on; }\n"
        "location /b/ { personalize on; }",
        ["personalize_wait 200ms ends sooner", "after 50ms", "timeout=200ms at personalize_redis"]),
    "a wait that send_timeout ends": (
        "personalize_redis unix:/nonexistent/redis.sock timeout=2s;\n" + PROFILE + SHOWN,
        "personalize_visitor cookie=v; send_timeout 3s;\nlocation / { personalize on;\n"
        "personalize_wait 1600ms; # <-\n}",
        ["ends sooner, after 1500ms", "half of send_timeout"]),
    "late slots without an endpoint": (
        REDIS + PROFILE + SHOWN, "personalize_visitor cookie=v;\npersonalize_late on; # <-\n"
        "location / { personalize on; }",
        ["personalize_late has no effect without personalize_endpoint", "slots hold the page"]),
    "attention without an endpoint": (
        REDIS + "personalize_visitor cookie=v; personalize_session;\n"
        "personalize_segment s { when session.visible_seconds > 60; } # <-", "",
        ["session.visible_seconds", "without personalize_endpoint"]),
    "a type that no page has": (
        "personalize_segment w { any {\nwhen page.type = wishlist; # <-\n} }",
        "location / { personalize on; personalize_page type=home; }\n"
        "location /p/ { personalize on; personalize_page type=product item_id=$arg_id; }",
        ["never \"wishlist\"", "home, product"]),
    "a code that nobody can claim": (
        "personalize_campaign a { slot a; widget hello-bar; set text x; }\n"
        "personalize_campaign b { slot b; widget hello-bar; set text x;\nwhen campaign.a.claimed; # <-\n}", "",
        ["campaign.a.claimed", "is never claimed", "set code"]),
    "a campaign that nobody can click": (
        "personalize_campaign a { slot a; widget hello-bar; set text x; }\n"
        "personalize_campaign b { slot b; widget hello-bar; set text x;\nunless campaign.a.clicked; # <-\n}", "",
        ["campaign.a.clicked", "is never clicked", "set link"]),
    "sources that differ by who they are for": (
        REDIS + "personalize_segment s { when cookie.a = b; }\n"
        "personalize_source a 'key=k:${geo.country}' if=segment.s;\n"
        "personalize_source b 'key=k:${geo.country}' if=!segment.s; # <-", "",
        ["source \"b\" reads what source \"a\" reads", "merge=a,b"]),
    "a link that is closed only where it is not begun": (
        "personalize_campaign c { slot a;\n"
        "content '<p>{{#segment.s}}<a href=\"/\">{{/segment.s}}x{{^segment.s}}</a>{{/segment.s}}</p>'; # <-\n}\n"
        "personalize_segment s { when cookie.a = b; }", "",
        ["does not close <a>", "where {{#segment.s}} holds"]),
    "a section that closes what another one begins": (
        "personalize_campaign c { slot a;\n"
        "content '{{#segment.s}}<div>{{/segment.s}}x</div>'; # <-\n}\n"
        "personalize_segment s { when cookie.a = b; }", "",
        ["ends <div> where {{^segment.s}} holds", "an element of the page"]),
    "an element that no section closes": (
        "personalize_campaign c { slot a;\n"
        "content '<div>{{#segment.s}}<b>x</b>{{/segment.s}}{{^segment.s}}<i>y</i>{{/segment.s}}'; # <-\n}\n"
        "personalize_segment s { when cookie.a = b; }", "", ["does not close <div>"]),
    "a discount that only the text knows": (
        "personalize_campaign c { slot a; widget hello-bar;\nset text '20 % off today'; # <-\n}", "",
        ["promises a discount", "set discount"]),
    "answers of those who can be anybody": (
        REDIS + "personalize_visitor cookie=vid;\npersonalize_collect a { field b in c; } # <-", "",
        ["keeps nothing", "secret_file="]),
    "somebody whom nobody names": ("personalize_segment s { when person.id exists; } # <-", "",
                                   ["person.id", "personalize_person"]),
    "a person from a cookie's variable": (REDIS, "personalize_person $cookie_uid; # <-",
                                          ["personalize_person trusts $cookie_uid", "auth_request_set"]),
    "a person from what a map makes of a header": (
        REDIS + "map $http_x_user $who { default $http_x_user; }\n", "personalize_person $who; # <-",
        ["$who", "everybody can send"]),
    "a visitor from a cookie's variable": ("", "personalize_visitor $cookie_vid; # <-",
                                           ["$cookie_vid", "everybody can send", "secret_file="]),
    "a visitor from an argument": ("personalize_visitor $arg_id; # <-", "", ["$arg_id"]),
    "a visitor from a header": ("personalize_visitor $http_x_user; # <-", "", ["$http_x_user"]),
    "samesite=none without secure": ("personalize_visitor cookie=v samesite=none; # <-", "",
                                     ["samesite=none", "secure=on"]),
    "GrowthBook's cookie, which its script cannot read": (
        "personalize_visitor cookie=gbuuid issue=on; # <-", "", ["httponly=off"]),
    "samesite=none with secure=off": (
        "personalize_visitor cookie=v samesite=none secure=off; # <-", "", ["secure=on"]),
    "a cache without Redis": ("personalize_cache zone=p:1m; # <-", "",
                              ["personalize_cache", "personalize_redis"]),
    "experiments of one variable": (
        "personalize_visitor cookie=v; personalize_experiment a.b { variants x y; }\n"
        "personalize_experiment a_b { # <-\n variants x y; }",
        "add_header X $personalize_variant_a_b;", ["\"a.b\"", "\"a_b\"", "$personalize_variant_a_b"]),
    "learning without visitors": (
        REDIS + "personalize_learn; # <-", "", ["learns nothing", "personalize_visitor"]),
    "learning without products": (
        REDIS + "personalize_visitor cookie=v; personalize_learn; # <-", "",
        ["learns nothing", "personalize_page type=product"]),
    "learning by country without places": (
        REDIS + "personalize_visitor cookie=v; personalize_learn by=country; # <-",
        "location /p/ { personalize_page type=product item_id=$arg_id; }",
        ["by=country", "personalize_geoip"]),
    "bestsellers without orders": (
        REDIS + "personalize_visitor cookie=v; personalize_learn;\n"
        "personalize_recommend r {\ntry bestsellers; # <-\nitems 'key=i:${id}'; }",
        "location /p/ { personalize_page type=product item_id=$arg_id; }",
        ["nothing is learned of orders", "personalize_convert purchase"]),
    "learned lists without a cache": (
        REDIS + "personalize_visitor cookie=v; personalize_learn;\n"
        "personalize_recommend r {\ntry trending; # <-\nitems 'key=i:${id}'; }",
        "location /p/ { personalize_page type=product item_id=$arg_id; }",
        ["personalize_cache", "anew"]),
    "an endpoint that \"return\" silences": (
        "", "location /pz/ {\npersonalize_endpoint; # <-\nreturn 204; }",
        ["personalize_endpoint never answers", "\"return\""]),
    "an endpoint beside a regular expression": (
        "", "location /pz/ {\npersonalize_endpoint; # <-\n}\nlocation ~* \\.js$ { expires 1d; }",
        ["does not answer for /pz/", ".js and ", "\"location ~ \\.js$\"", "location ^~ /pz/"]),
    "an endpoint whose path another location has": (
        "", "location /pz/ {\npersonalize_endpoint; # <-\nlocation = /pz/slots { return 404; }\n}",
        ["does not answer for /pz/slots, since \"location = /pz/slots\" does", "leave these paths"]),
    "a page that \"return\" makes": (
        "personalize_visitor cookie=vid;",
        "personalize on; personalize_state on;\nlocation /said/ {\nreturn 200 '<p>page</p>'; # <-\n}",
        ["slots of a page that \"return\" makes"]),
    "an endpoint in a location beside a regular expression": (
        "", "location /b2b/ {\nlocation /b2b/pz/ {\npersonalize_endpoint; # <-\n} }\nlocation ~/slots$ { return 404; }",
        ["does not answer for /b2b/pz/slots", "^~ at the locations around it"]),
    "a key that everybody can name": (
        REDIS + "personalize_source account 'key=account:${cookie.uid}'; # <-\n", "",
        ["everybody can send ${cookie.uid}", "${visitor.id}"]),
    "a key that begins with a cookie": (
        REDIS + "personalize_source theme 'key=${cookie.theme}'; # <-\n", "",
        ["theme", "any key of Redis", "key=theme:${cookie.theme}"]),
    "a key that begins with what is in the page": (
        REDIS + "personalize_source price 'key=${slot.data.sku}'; # <-\n",
        "personalize_campaign c { slot a; content '<b data-pz-campaign=c>{{price.x}}</b>'; when price.x; }",
        ["whoever writes a part of the page", "key=price:${slot.data.sku}"]),
    "a key that an argument names": (
        REDIS + "personalize_source account 'key=account:${var.arg_customer_id}'; # <-\n", "",
        ["everybody can send ${var.arg_customer_id}"]),
    "an attribute without braces in a value": (
        REDIS + PROFILE, "personalize_value v {\n5 when profile.a when profile.b = profile.c; # <-\n}",
        ["\"profile.b\" is compared with the text \"profile.c\"", "${profile.c}"]),
    "minutes in the condition of a group": (
        REDIS + PROFILE, "personalize_group g {\nwhen profile.last_order older_than 6m; # <-\n}\n"
        "personalize_campaign a { slot a; group g; content A; }\n"
        "personalize_campaign b { slot b; group g; content B; }", ["m is a minute"]),
    "minutes that should be months": (
        REDIS + PROFILE, "personalize_segment gone {\nwhen profile.last_order older_than 6m; # <-\n}",
        ["m is a minute", "\"6M\"", "360s"]),
    "an attribute inside of element": (
        REDIS + PROFILE, "personalize_segment c {\nelement profile.lines {\n"
        "when geo.country = PL; # <-\n} }", ["\"geo.country\" is a member of the element here"]),
    "consent of who has not answered": (
        "", "personalize_consent {\nwhen cookie.c != no; # <-\n}",
        ["when cookie.c != no", "not answered", "when cookie.c = yes"]),
    "content that is not closed": (
        "personalize_campaign c { slot s;\ncontent '<div class=x><b>open</b>'; # <-\n}", "",
        ["does not close <div>", "rest of the page", "</div>"]),
    "content with an element that another one's end leaves open": (
        "personalize_campaign c { slot s;\ncontent '<div><b>open</div>'; # <-\n}", "", ["close <b>"]),
    "a fragment that is not closed": (
        "personalize_campaign c { slot s;\nfragment open.html; # <-\n}", "",
        ["\"open.html\" does not close <section>"]),
    "a widget that is not closed": (
        "personalize_widget w { # <-\ntemplate open.html; }", "", ["widget \"w\" does not close <section>"]),
    "a file that is written as content": (
        "personalize_campaign c { slot s;\ncontent fragments/x.html; # <-\n}", "",
        ["shows the text \"fragments/x.html\"", "fragment fragments/x.html"]),
    "a value that is an attribute's name": (
        REDIS + PROFILE, "personalize_value v {\nprofile.spent when profile.spent; # <-\ndefault 5;\n}",
        ["\"v\" is the text \"profile.spent\"", "\"${profile.spent}\""]),
    "a default that is an attribute's name": (
        REDIS + PROFILE, "personalize_value v {\n5 when profile.a;\ndefault profile.spent; # <-\n}",
        ["\"${profile.spent}\""]),
    "a line behind one that holds whenever it does": (
        REDIS + PROFILE, "personalize_value v {\n10 when profile.x >= 1000;\n15 when profile.x >= 5000; # <-\n}",
        ["\"15 when profile.x >= 5000\"", "never reached", "\"10 when profile.x >= 1000\""]),
    "a line with a condition more than one before": (
        REDIS + PROFILE, "personalize_value v {\n1 when profile.x < 9;\n2 when profile.y when profile.x < 5; # <-\n}",
        ["never reached"]),
    "a line twice": (
        REDIS + PROFILE, "personalize_value v {\n1 when profile.x;\n2 when profile.x; # <-\n}", ["never reached"]),
    "a list with commas": (
        REDIS + PROFILE, "personalize_segment s {\nwhen profile.tier in gold, silver; # <-\n}",
        ["the text \"gold,\"", "no commas", "in gold silver"]),
    "a list with commas and no blanks": (
        REDIS + PROFILE, "personalize_segment s {\nwhen profile.tier not_in gold,silver; # <-\n}",
        ["the text \"gold,silver\"", "blanks between them"]),
    "an amount with a decimal comma": (
        REDIS + PROFILE, "personalize_segment s {\nany {\nwhen profile.total > 50,00; # <-\n} }",
        ["the text \"50,00\"", "49.99"]),
    "an amount with its currency": (
        REDIS + PROFILE, "personalize_value v {\n5 when profile.total >= '50 EUR'; # <-\n}", ["the text \"50 EUR\""]),
    "a tag in a condition": (
        REDIS + PROFILE, "personalize_segment s {\nwhen profile.name = '{{cookie.name}}'; # <-\n}",
        ["tags are for templates", "${ATTRIBUTE}"]),
    "a path with arguments": (
        "personalize_segment s {\nwhen request.path = '/cart?x=1'; # <-\n}", "",
        ["is never \"/cart?x=1\"", "request.arg.NAME"]),
    "a path without its slash": (
        "personalize_segment s {\nwhen request.path in /cart checkout; # <-\n}", "",
        ["is never \"checkout\"", "begins with"]),
    "a host with its scheme": (
        "personalize_segment s {\nwhen request.referer_host = https://www.idealo.de/; # <-\n}", "",
        ["a host alone"]),
    "a language with its country": (
        "personalize_segment s {\nunless request.language = pl-PL; # <-\n}", "", ["is never \"pl-PL\"", "as pl"]),
    "an answer that nobody can give": (
        REDIS, SIGNED + "personalize_collect c { field size in 36 37; }\n"
        "personalize_segment s {\nwhen answers.size = 39; # <-\n} location /_pz/ { personalize_endpoint; }",
        ["is never \"39\"", "36, 37"]),
    "a selector as the name of a slot": (
        "personalize_campaign c {\nslot '#banner'; # <-\ncontent x; }", "", ["personalize_slot NAME \"#banner\""]),
    "another site without its scheme": (
        "personalize_campaign c { slot s; widget hello-bar; set text T;\nset link www.shop.example/x; # <-\n}", "",
        ["https://www.shop.example/x"]),
    "a text with a hole": (
        REDIS + PROFILE, "personalize_campaign c { slot s; when request.arg.a; widget hello-bar;\n"
        "set text 'Hello {{profile.name | upper}}'; # <-\n}",
        ["\"profile.name\"", "a hole", "{{profile.name | default 'TEXT'}}", "when profile.name exists;"]),
    "a group without campaigns": (
        "personalize_group g { # <-\nhours 9-22; }\n" + OTHER % "", "", ["\"g\" applies to no campaign", "group g;"]),
    "an anniversary all year round": (
        REDIS + PROFILE, "personalize_segment s {\nwhen profile.born anniversary_within 400d; # <-\n}",
        ["holds on every day"]),
    "minutes since an order": (
        REDIS + "personalize_visitor cookie=v; personalize_session;\n"
        "personalize_segment s {\nwhen session.last_purchase older_than 6m; # <-\n}", "",
        ["m is a minute", "\"6M\""]),
    "explanations for all": ("", "location = /e {\npersonalize_explain; # <-\nallow all; }",
                             ["personalize_explain", "deny all"]),
    "explanations for all, then nobody": (
        "", "location = /e {\npersonalize_explain; # <-\nallow all; deny all; }", ["deny all"]),
    "explanations that one address is denied": (
        "deny all;", "location = /e {\npersonalize_explain; # <-\ndeny 192.0.2.1; }", ["deny all"]),
    "explanations without a password": (
        "auth_basic shop; auth_basic_user_file users;",
        "location = /e {\npersonalize_explain; # <-\nauth_basic off; }", ["deny all"]),
    "an attribute that is compared as a text": (
        REDIS + PROFILE + "personalize_segment s {\nany { when cookie.c = PL; }\n"
        "when cookie.a < profile.b; # <-\n}", "personalize_visitor cookie=v secret_file=vid.key;",
        ["\"cookie.a\"", "the text \"profile.b\"", "\"${profile.b}\""]),
    "a slot called nearly like a place": (
        "personalize_campaign c {\nslot bodyend; # <-\nfragment x.html; }", "",
        ["\"bodyend\"", "data-pz-slot", "\"body-end\""]),
    "a deadline that has passed": (
        "personalize_campaign c { slot s; widget countdown;\nset deadline 2020-01-01; # <-\n}", "",
        ["has passed"]),
    "an attribute that is shown as a text": (
        "personalize_campaign c { slot s; widget hello-bar;\nset text request.path; # <-\n}", "",
        ["\"request.path\"", "\"{{request.path}}\""]),
    "an attribute in half its braces": (
        "personalize_campaign c { slot s; widget hello-bar;\nset text \"At ${request.path}\"; # <-\n}", "",
        ["\"{{request.path}}\""]),
    "a list in a text": (
        "personalize_campaign c { slot s; widget hello-bar;\nset text '[\"a\", \"b\"]'; # <-\n}", "",
        ["\"text\"", "the list"]),
    "a form that is sent elsewhere": (
        "personalize_campaign c { slot s; widget lead-form; set title x;\n"
        "set action https://lists.example/s; # <-\n}", "", ["https://lists.example/s", "path alone"]),
    "a price of two currencies": (
        "personalize_locale pl-PL PLN; personalize_locale de-DE EUR;\n"
        "personalize_campaign c { # <-\nslot s; widget notice; set text x; set price 49; set reason x; }",
        "", ["\"c\"", "without a currency", "converts nothing"]),
    "items of two currencies": (
        "personalize_locale pl-PL PLN; personalize_locale de-DE EUR;\n"
        "personalize_campaign c { # <-\nslot s; widget recommendations;\n"
        "set items '[{\"name\": \"A\", \"price\": 49}]'; }", "", ["without a currency"]),
}

PASSWORD = "auth_basic x; auth_basic_user_file users;"
EXPLAIN = "location = /e {\npersonalize_explain; # <-\n%s }"
WARNED.update({f"explanations with {rules}": ("", EXPLAIN % rules, ["shows everybody"]) for rules in [
    "satisfy any; allow all; " + PASSWORD,
    "satisfy any; allow all; deny all; " + PASSWORD,
    "satisfy any; allow ::/0; deny all; " + PASSWORD,
    "satisfy any; allow 192.0.2.1;",
    "allow 0.0.0.0/0; deny all;",
    "deny 0.0.0.0/0;",
    "deny 192.0.2.0/24; allow 192.0.2.0/00; deny all;",
    "auth_basic x;",
    "auth_basic $arg_a; auth_basic_user_file users;",
    "set $realm $http_realm; auth_basic $realm; auth_basic_user_file users;",
]})

VISITOR = "personalize_visitor $%s; # <-"
WARNED.update({f"a visitor from ${name}": (VISITOR % name, "", [f"${name}", "everybody can send"])
               for name in ["args", "query_string", "request_uri", "uri", "request_body",
                            "content_type", "host"]})
WARNED.update({f"a visitor from {text}": (http, server + VISITOR % "x", ["$x", "everybody can send"])
               for text, http, server in [
    ("set", "", "set $x $cookie_z;\n"),
    ("set of set", "", "set $y ${cookie_z}; set $x id-$y;\n"),
    ("map", "map $cookie_y $x { default $cookie_y; }", ""),
    ("map with a capture", "map $http_y $x { '~^id=(?<id>.+)$' $id; default ''; }", ""),
    ("map with $1", "map $args $x { '~*id=([a-z]+)' $1; }", ""),
    ("map of a map", "map $y $x { default $y; } map $cookie_y $y { '' none; default $arg_y; }", ""),
]})

FINE = {
    "waits that nothing ends": (
        "personalize_redis unix:/nonexistent/redis.sock timeout=200ms;\n" + PROFILE + SHOWN,
        "personalize_visitor cookie=v; personalize_wait 200ms; send_timeout 1s; location / { personalize on; }"),
    "a wait where nothing is looked up": (
        REDIS + SHOWN_TO_ALL, "personalize_wait 200ms; location / { personalize on; }"),
    "late slots with an endpoint": (
        REDIS + PROFILE + SHOWN, "personalize_visitor cookie=v; personalize_late on;\n"
        "location / { personalize on; } location /_pz/ { personalize_endpoint; }"),
    "all servers signed": (REDIS + PROFILE + SHOWN + OTHER % SIGNED, SIGNED),
    "servers that share no document of a visitor": (
        REDIS + "personalize_source shop key=shop;\n" + OTHER % SIGNED,
        "personalize_visitor cookie=vid;"),
    "one consent for pages and endpoint": (
        "personalize_consent { when cookie.c = yes; }\n" + SHOWN_TO_ALL,
        "personalize_visitor cookie=v; location / { personalize on; } location /_pz/ { personalize_endpoint; }"),
    "an endpoint beside a server with another consent": (
        SHOWN_TO_ALL + OTHER % "location / { personalize on; personalize_consent { when cookie.c = yes; } }",
        "personalize_visitor cookie=v; location /_pz/ { personalize_endpoint; }"),
    "a location with an endpoint of its own": (
        SHOWN_TO_ALL, "personalize_visitor cookie=v; location /_pz/ { personalize_endpoint; }\n"
        "location /b2b/ { personalize on; personalize_visitor cookie=account;\n"
        "location /b2b/_pz/ { personalize_endpoint; } }"),
    "a location that only does not issue": (
        SHOWN_TO_ALL, "personalize_visitor cookie=v issue=on; location / { personalize on; }\n"
        "location /_pz/ { personalize_visitor cookie=v; personalize_endpoint; }\n"
        "location /a/ { personalize on; personalize_visitor cookie=v; }"),
    "types of pages that a variable says": (
        "personalize_segment w { when page.type = wishlist; }",
        "location / { personalize on; personalize_page type=$arg_type; }"),
    "a campaign with something to click": (
        "personalize_campaign a { slot a; widget hello-bar; set text x; set link /a; set code A; }\n"
        "personalize_campaign f { slot f; content '<p data-pz-campaign=\"f\"><a href=\"/\">x</a></p>'; }\n"
        "personalize_campaign b { slot b; widget hello-bar; set text x; when campaign.a.clicked;\n"
        "unless campaign.a.claimed; unless campaign.f.clicked; }", ""),
    "sources of one key that are merged": (
        REDIS + "personalize_segment s { when cookie.a = b; }\n"
        "personalize_source a 'key=k:${device.type}' if=segment.s;\n"
        "personalize_source b 'key=k:${device.type}' if=!segment.s;\n"
        "personalize_source c merge=a,b;", ""),
    **{f"sections that {name}": (
        f"personalize_campaign c {{ slot a; content '{content}'; }}\n"
        "personalize_segment s { when cookie.a = b; } personalize_segment t { when cookie.a = c; }", "")
       for name, content in {
        "open and close alike": "{{#segment.s}}<a href=\"/\">{{/segment.s}}x{{#segment.s}}</a>{{/segment.s}}",
        "open one of two": "{{#segment.s}}<div class=\"a\">{{/segment.s}}{{^segment.s}}<div>{{/segment.s}}x</div>",
        "open by another name": "{{#segment.s}}<div>{{/segment.s}}x{{^segment.t}}</div>{{/segment.t}}",
        "open paragraphs": "{{#segment.s}}<p>x{{/segment.s}}<ul>{{#segment.t}}<li>y{{/segment.t}}</ul>",
        "nest": "{{#segment.s}}<b>{{#segment.t}}<i>{{/segment.t}}x{{#segment.t}}</i>{{/segment.t}}</b>{{/segment.s}}",
        "end what the page began": "x</section>{{#segment.s}}<b>y</b>{{/segment.s}}"}.items()},
    "a variable that NGINX sets": ("personalize_visitor $remote_user;", ""),
    "GrowthBook's cookie, which its script can read": (
        "personalize_visitor cookie=gbuuid issue=on httponly=off;", ""),
    "samesite=none with secure=on": ("personalize_visitor cookie=v samesite=none secure=on;", ""),
    "a cache with Redis": (REDIS + "personalize_cache zone=p:1m;", ""),
    "experiments of one variable that nobody uses": (
        "personalize_visitor cookie=v; personalize_experiment a.b { variants x y; }\n"
        "personalize_experiment a_b { variants x y; }", ""),
    "consent of who has answered": ("", "personalize_consent { when cookie.c = yes; }"),
    "consent unless there is an objection": ("", "personalize_consent { when cookie.c missing; }"),
    "explanations for some, in the server": ("", "allow 127.0.0.1; deny all;\n"
                                             "location = /e { personalize_explain; }"),
    **{f"a visitor from {text}": (http, server + "personalize_visitor $x;") for text, http, server in [
        ("what NGINX knows", "", "set $x $remote_user;"),
        ("a token that is checked", "map $secure_link $x { 1 $arg_id; default ''; }", ""),
        ("a value that is checked", "", "set $x ''; if ($secure_link) { set $x $arg_id; }"),
        ("names of a fixed list", "map $cookie_k $x { abc ann; default ''; }", ""),
        ("what is mixed", "", "set $x $remote_user$cookie_x;"),
        ("a constant", "", "set $x all;")]},
    **{f"explanations with {rules}": ("", "location = /e { personalize_explain; %s }" % rules)
       for rules in [
        "deny 0.0.0.0/0; deny ::/0;",
        "allow 127.0.0.1; deny 0.0.0.0/0; deny ::/0; allow all;",
        "satisfy any; allow 127.0.0.1; deny all; " + PASSWORD,
        "satisfy any; allow 127.0.0.1; deny all;",
        "satisfy any; allow 127.0.0.1; " + PASSWORD,
        "satisfy any; deny all; " + PASSWORD,
        "allow all; " + PASSWORD,
        "auth_basic $remote_addr; auth_basic_user_file users;"]},
    "prices that say their currency": (
        "personalize_locale pl-PL PLN; personalize_locale de-DE EUR; personalize_locale fr-FR EUR;\n"
        "personalize_campaign c { slot body-end; widget recommendations;\n"
        "set items '[{\"name\": \"A [1]\", \"price\": \"49 EUR\"}]'; }", ""),
    "content that is closed": (
        "personalize_campaign a { slot a; content '<p>x<ul><li>a<li>b<br><img src=x></ul><svg><path/></svg>'; }\n"
        "personalize_campaign b { slot b; content '{{#segment.s}}<b>{{/segment.s}}x{{#segment.s}}</b>{{/segment.s}}'; }\n"
        "personalize_campaign d { slot d; content '<table><tr><td>x</table><style>b { }</style><P>X</p>'; }\n"
        "personalize_campaign e { slot e; content 'Read index.html'; }\n"
        "personalize_segment s { when request.arg.a; }", ""),
    "values that can all be reached": (
        "personalize_value v { 15 when request.arg.x >= 5000; 10 when request.arg.x >= 1000;\n"
        "7 when request.arg.x > 900; 6 when request.arg.x >= 900; 5 when request.arg.x < 1;\n"
        "4 when request.arg.x; 3 when request.arg.y; 2 when request.arg.z unless request.arg.y; default a.b; }", ""),
    "a group of http that one of the servers uses": (
        "personalize_group g { hours 9-22; }\n" + OTHER % "",
        "personalize_campaign c { group g; slot body-end; content x; }"),
    "an anniversary of half a year": (
        "personalize_segment s { when request.arg.born anniversary_within 90d; }", ""),
    "words that look like other things": (
        "personalize_campaign c { slot s; widget hello-bar; set text \"[New] request.path {x} www.example.com\";\n"
        "set deadline \"evergreen 2h\"; when request.arg.at = www.example.com/request.path; }", ""),
    "constants that are meant as they are written": (
        REDIS + PROFILE + "personalize_segment s {\nwhen profile.name in 'Smith, John' Ann; when profile.since >= 2026-11-20;\n"
        "when profile.version > 1.2.3; when request.path in / /a,b/; when request.language in pl de;\n"
        "when request.host = shop.example; when profile.text = 'Hello {{}'; when profile.name != 50,00; }",
        SIGNED + "personalize_collect c { field size in 36 37; field born date; }\n"
        "personalize_segment t { when answers.size in 36 37; when answers.born < 2020-01-01; }\n"
        "location /_pz/ { personalize_endpoint; }"),

    "texts without a hole": (
        REDIS + PROFILE + "personalize_source gifts 'key=gifts:${profile.tier}'; personalize_source best key=best;\n"
        "personalize_value tier { default '${profile.tier}'; } personalize_segment s { when value.tier = gold; }\n"
        "personalize_recommend r { try '${gifts.list}'; }",
        SIGNED + "personalize_campaign a { slot a; when segment.s; widget hello-bar; set text 'Hello {{profile.name}}'; }\n"
        "personalize_campaign g { slot g; widget notice; set value '{{best.n}}'; set text '{{best.n}} bought it'; }\n"
        "personalize_campaign b { slot b; widget hello-bar; set text '{{profile.text}}'; set link '{{profile.link}}'; }\n"
        "personalize_campaign c { slot c; widget recommendations; set items recommend.r; set title 'For {{profile.name}}'; }\n"
        "personalize_campaign d { slot d; widget hello-bar; set text 'Hello {{profile.name | default \"you\"}}'; }\n"
        "personalize_campaign e { slot e; widget hello-bar; set text 'Hello{{#profile.name}} {{profile.name}}{{/profile.name}}'; }\n"
        "personalize_campaign f { slot f; element best.list { when id = '${profile.id}'; } widget hello-bar;\n"
        "set text '{{best.name}} for {{profile.name}}'; }"),
    "endpoints before locations for files": (
        "", "location ^~ /pz/ { personalize_endpoint; } location ~* [.](?:css|js)$ { expires 1d; }\n"
        "location ^~ /b2b/ { location /b2b/pz/ { personalize_endpoint; } location ~ ^/b2b/[0-9]+$ { } } location ~ ^/p/ { }"),
    "explanations inside": ("", "location = /e { internal; personalize_explain; }"),
}


def check(nginx, http, server):
    nginx.file("x.html", "x")
    nginx.file("open.html", "<section><p>x")
    nginx.file("vid.key", KEY).chmod(0o600)
    nginx.configure(http, server)
    code, output = nginx.check()
    assert code == 0, output
    return [line for line in output.splitlines() if "[warn]" in line]


@pytest.mark.parametrize("name", WARNED)
def test_warning(nginx, name):
    http, server, words = WARNED[name]
    warnings = check(nginx, http, server)
    line = 1 + next(i for i, text in enumerate(nginx.config_file.read_text().splitlines())
                    if text.endswith("# <-"))
    blaming = [text for text in warnings if text.endswith(f"in {nginx.config_file}:{line}")]
    assert any(all(word in text for word in words) for text in blaming), warnings


@pytest.mark.parametrize("name", FINE)
def test_no_warning(nginx, name):
    assert check(nginx, *FINE[name]) == []


BROTLI = next(iter(glob.glob("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")), None)


@pytest.mark.skipif(BROTLI is None, reason="libnginx-mod-http-brotli-filter is not installed")
@pytest.mark.parametrize("is_first", [True, False])
def test_a_compressor_that_runs_first(nginx, is_first):
    nginx.configure("", "brotli on;")
    load = f"load_module {BROTLI};\n"
    text = nginx.config_file.read_text()
    own = next(line for line in text.splitlines(True) if line.startswith("load_module"))
    nginx.config_file.write_text(text.replace(own, load + own if is_first else own + load, 1))
    code, output = nginx.check()
    assert code == 0, output
    warned = "brotli_filter_module compresses pages before" in output
    assert warned != is_first, output
    if warned:
        assert f"in {nginx.config_file}:" in output
