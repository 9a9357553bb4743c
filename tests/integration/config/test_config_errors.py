"""Every mistake in a configuration is reported by `nginx -t` with file and line, and a remedy.

In each case the line that is to be blamed ends with the comment `# <-`.
"""

import re
import signal

import pytest

from harness.waiting import wait_until

BASE = """
  personalize_redis unix:/nonexistent/redis.sock;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_segment returning { when cookie.seen; }
  personalize_campaign greeting { slot hello-bar; fragment hello.html; }
"""

# name: (context, text, words that the message must hold). The context is `http` (beside BASE),
# `alone` (http without BASE), `server` or `location`.
MISTAKES = {
    # personalize
    "personalize maybe": ("server", "personalize maybe; # <-", ["personalize", "on", "off"]),
    "personalize without on": ("location", "personalize; # <-", ["personalize", "arguments"]),
    # personalize_visitor of locations
    "one cookie with two domains": (
        "location", "personalize_visitor cookie=vid domain=shop.example; # <-",
        ["cookie \"vid\"", "another domain", "another name"]),
    "visitors of a location twice": (
        "location", "personalize_visitor cookie=a;\npersonalize_visitor cookie=b; # <-", ["duplicate"]),
    "visitors of a location by no variable": (
        "location", "personalize_visitor $nothing_of_that_kind; # <-", ["no variable $nothing_of_that_kind"]),
    # personalize_learn
    "learning twice": ("http", "personalize_learn;\npersonalize_learn off; # <-", ["duplicate"]),
    "learning without Redis": ("alone", "personalize_visitor cookie=v;\npersonalize_learn; # <-",
                               ["personalize_learn needs personalize_redis"]),
    "a learned list where nothing is learned": (
        "http", "personalize_recommend r {\ntry trending; # <-\n}", ["needs personalize_learn"]),
    "a list by what is not learned": (
        "http", "personalize_learn by=brand;\npersonalize_recommend r {\ntry trending country=PL; # <-\n}",
        ["by=country"]),
    # personalize_person
    "persons without Redis": ("alone", "personalize_visitor cookie=v;\npersonalize_person $remote_user; # <-",
                              ["personalize_person needs personalize_redis"]),
    "a person of a variable that is none": ("http", "personalize_person $nobody_knows; # <-",
                                            ["no variable $nobody_knows"]),
    "a person without a variable": ("http", "personalize_person ann; # <-", ["personalize_person $user_id"]),
    "what persons do not take over": ("http", "personalize_person $remote_user merge=session,cart; # <-",
                                      ["session, caps, offers and answers", "merge=off"]),
    "another parameter of persons": ("http", "personalize_person $remote_user keep=1y; # <-", ["merge="]),
    "persons twice": ("http", "personalize_person $remote_user;\npersonalize_person off; # <-", ["duplicate"]),
    # personalize_collect, what is kept of offers, campaign.*
    "answers without Redis": ("alone", "personalize_visitor cookie=v;\n"
                              "personalize_collect a { field b in c; } # <-", ["personalize_collect needs"]),
    "an answer that nobody can give": ("http", "personalize_collect a { field size in 36 37; }\n"
                                       "personalize_segment s { when answers.shoe = 36; } # <-",
                                       ["\"answers.shoe\"", "has the fields size"]),
    "values of a field with commas": ("http", "personalize_collect a {\nfield size in 36, 37, 38; # <-\n}",
                                      ["\"36,\"", "write \"field size in 36 37 38\""]),
    "a field of two forms": ("http", "personalize_collect a { field b in c; }\n"
                             "personalize_collect d {\nfield b date; # <-\n}", ["\"a\" has it, too"]),
    "a source called answers": ("http", "personalize_source answers key=a;\n"
                                "personalize_collect a { field b in c; } # <-", ["\"answers\" is duplicate"]),
    "a value of nothing is kept": ("http", "personalize_campaign k { # <-\nslot a; widget hello-bar; set text x; "
                                   "set discount 5%; set reason x; keep value; }", ["keep campaign"]),
    "offers kept without Redis": ("alone", "personalize_visitor cookie=v;\npersonalize_campaign k { # <-\n"
                                  "slot a; widget hello-bar; set text x; set price 5; set reason x; "
                                  "keep_per ${cookie.a}; }", ["needs personalize_redis"]),
    "what happened to no campaign": ("http", "personalize_segment s { when campaign.none.clicked; } # <-",
                                     ["unknown campaign \"none\"", "greeting"]),
    "a stage that is none": ("http", "personalize_session;\npersonalize_segment s { when session.furthest >= kart; } # <-",
                             ["\"kart\"", "home, category"]),
    "before the first stage": ("http", "personalize_session;\npersonalize_segment s { when session.furthest < home; } # <-",
                               ["in this order"]),
    "a time and a number": ("http", "personalize_segment s { when campaign.greeting.clicked > 1d; } # <-",
                            ["older_than 1d"]),
    "an attribute and a number": ("http", "personalize_session;\npersonalize_segment s { "
                                  "when session.lowest_price < session.highest_price; } # <-",
                                  ["${session.highest_price}"]),
    "nothing that happens to a campaign": ("http", "personalize_segment s { when campaign.greeting.bought; } # <-",
                                           ["shown, first_shown"]),
    # personalize_wait, personalize_types
    "wait without a unit that exists": ("location", "personalize_wait 20parsecs; # <-",
                                        ["personalize_wait"]),
    "wait twice": ("location", "personalize_wait 1ms;\npersonalize_wait 2ms; # <-",
                   ["personalize_wait", "duplicate"]),
    "types without a type": ("location", "personalize_types; # <-", ["personalize_types"]),
    # personalize_source, personalize_value, personalize_group
    "a field that fields= does not have": (
        "http", "personalize_source a key=b fields=name;\n"
        "personalize_segment s { when a.nmae; } # <-", ["\"a.nmae\"", "has the fields name"]),
    "a merge of what is not there": ("http", "personalize_source a merge=profile,web; # <-",
                                     ["unknown source \"web\""]),
    "a merge of a merge": (
        "http", "personalize_source web key=w; personalize_source both merge=profile,web;\n"
        "personalize_source a merge=both,web; # <-", ["\"both\" is itself a merge", "profile, web"]),
    "a field that no merged source has": (
        "http", "personalize_source a key=a fields=size,name; personalize_source b key=b fields=tier,name;\n"
        "personalize_source c merge=a,b;\npersonalize_segment s { when c.sizze; } # <-",
        ["\"c.sizze\"", "merged sources have the fields name, size, tier"]),
    "a field inside of a field": (
        "http", "personalize_source a key=b fields=a.b; # <-", ["goes into a field", "write \"a\" for \"a.b\""]),
    "a key in the braces of pages": (
        "http", "personalize_source a 'key=k:{{profile.gender}}'; # <-", ["{{…}} is for pages", "${visitor.id}"]),
    "an attribute as default": (
        "http", "personalize_source a 'key=k:${profile.gender | default profile.sex}'; # <-",
        ["\"default profile.sex\"", "personalize_value", "in quotes"]),
    "an attribute as default in a page": (
        "http", "personalize_campaign c { slot s; content '{{profile.a | default geo.country}}'; } # <-",
        ["\"default geo.country\"", "line 1"]),
    "nothing but like": ("http", "personalize_campaign c {\nlike greeting; # <-\n}",
                         ["\"c\" is all like \"greeting\"", "what is different"]),
    **{f"a pool that visitors choose by a {name}": (
        "http", f"{declared}\npersonalize_campaign k {{ slot a; widget popup; set title a;\n"
                f"code \"pool=codes:${{{attribute}}}\"; # <-\n}}",
        [f"cannot have \"{attribute}\"", f"\"{sent}\"", "visitors would choose"])
       for name, attribute, declared, sent in [
        ("document", "d.pool", "personalize_source d 'key=d:${request.arg.k}';", "request.arg.k"),
        ("merge", "m.pool", "personalize_source e 'key=d:${cookie.k}'; "
         "personalize_source m merge=profile,e;", "cookie.k"),
        ("value", "d.pool", "personalize_source d 'key=d:${value.v}'; "
         "personalize_value v { default '${request.arg.k | default a}'; }", "request.arg.k"),
        ("segment by the session", "segment.t", "personalize_session; personalize_segment t { "
         "when session.utm_source = x; }", "session.utm_source"),
        ("segment by a variable", "segment.t", "personalize_segment t { when var.arg_k = x; }", "var.arg_k"),
        ("segment by what was seen", "segment.t", "personalize_segment t { when campaign.greeting.clicked; }",
         "campaign.greeting.clicked"),
        ("experiment", "experiment.e", "personalize_experiment e { variants x y; when request.arg.k = x; }",
         "request.arg.k"),
        ("forced variant", "experiment.e", "personalize_experiment e { variants x y; "
         "force x when cookie.k = x; }", "cookie.k"),
        ("hash", "experiment.e", "personalize_experiment e { variants x y; hash_by cookie.k; }", "cookie.k"),
        ("prerequisite", "experiment.e", "personalize_experiment d { variants x y; when request.header.x = y; }\n"
         "personalize_experiment e { variants x y; when experiment.d = x; }", "request.header.x"),
        ("segment", "segment.t", "personalize_segment t { any { when segment.u; when geo.country; } }\n"
         "personalize_segment u { when request.header.x; }", "request.header.x"),
    ]},
    "a pool by a variant that a cookie keeps": (
        "http", "personalize_experiment e { variants x y; sticky cookie; }\n"
        "personalize_campaign k { slot a; widget popup; set title a;\ncode 'pool=codes:${experiment.e}'; # <-\n}",
        ["cookie of variants", "visitors would choose"]),
    "a source twice": ("http", "personalize_source profile key=b; # <-",
                       ["\"profile\" is duplicate", "${value.NAME}"]),
    "a value without lines": ("http", "personalize_value v { } # <-", ["\"v\" is empty"]),
    "a value that asks for nothing": ("http", "personalize_value v {\n5 if profile.x; # <-\n}",
                                      ["VALUE when ATTRIBUTE", "default VALUE"]),
    "a value twice": ("http", "personalize_value v { default 1; }\n"
                      "personalize_value v { default 2; } # <-", ["value \"v\" is duplicate"]),
    "a value with a block": ("http", "personalize_value v {\n5 { # <-\n} }", ["unexpected \"{\""]),
    "a group that holds what it cannot": ("http", "personalize_group g {\nwidget hello-bar; # <-\n}",
                                          ["not allowed here"]),
    "like nobody": ("http", "personalize_campaign c {\nlike nobody; # <-\n}",
                    ["unknown campaign \"nobody\"", "greeting"]),
    "a filter that keys do not have": (
        "http", "personalize_source a 'key=b:${profile.x | money}'; # <-",
        ["unknown filter \"money\"", "default 'TEXT', plus NUMBER"]),
    "a list as a text": (
        "http", "personalize_session;\npersonalize_campaign c { slot s; "
        "content '<p>{{session.viewed}}</p>'; } # <-", ["{{#session.viewed}}", "join"]),
    "a document that is a list as a text": (
        "http", "personalize_source recs key=r type=list;\npersonalize_campaign c { slot s; widget hello-bar;\n"
        "set text 'For you: {{recs}}'; # <-\n}", ["{{#recs}}", "join"]),
    "a sorted set as a text": (
        "http", "personalize_source recs key=r type=zset;\npersonalize_campaign c { slot s; "
        "content '<p>{{recs}}</p>'; } # <-", ["{{#recs}}", "join"]),
    "a list compared with a number": (
        "http", "personalize_session;\npersonalize_segment s { when session.viewed > 2; } # <-",
        ["is a list", "when session.viewed size > 2"]),
    "a list between numbers": (
        "http", "personalize_source recs key=r type=list;\npersonalize_segment s { when recs between 2 3; } # <-",
        ["is a list", "size >= 2"]),
    "a type of page that does not exist": (
        "http", "personalize_segment s { when page.type = wishes; } # <-", ["\"wishes\"", "product"]),
    "a condition on what is decided": (
        "http", "personalize_segment s { when var.personalize_segments has vip; } # <-",
        ["segment.NAME"]),
    # personalize_before_upstream
    "before upstream maybe": ("location", "personalize_before_upstream maybe; # <-",
                              ["personalize_before_upstream", "maybe", "$personalize_segments"]),
    "before upstream on and more": (
        "location", "personalize_before_upstream on $personalize_segments; # <-",
        ["$personalize_segments", "on, off"]),
    "before upstream for another module's variable": (
        "location", "personalize_before_upstream $uri; # <-", ["$uri", "$personalize_segments"]),
    "before upstream for what needs nothing": (
        "location", "personalize_before_upstream $personalize_visitor; # <-",
        ["$personalize_visitor", "$personalize_variant_NAME"]),
    "before upstream for an unknown experiment": (
        "location", "personalize_before_upstream $personalize_variant_none; # <-",
        ["none", "personalize_experiment"]),
    "before upstream twice": (
        "location", "personalize_before_upstream on;\n"
        "personalize_before_upstream $personalize_segments; # <-", ["is duplicate"]),
    # personalize_page
    "page with an unknown field": ("location", "personalize_page typ=cart; # <-",
                                   ["typ=cart", "type, item_id"]),
    "page without a value": ("location", "personalize_page type; # <-", ["\"type\"", "FIELD=VALUE"]),
    "page of a type that does not exist": ("location", "personalize_page type=basket; # <-",
                                           ["type=basket", "home, category, product, cart"]),
    "page with a field twice": ("location", "personalize_page item_id=1 item_id=2; # <-",
                                ["item_id=", "is duplicate"]),
    "page twice": ("location", "personalize_page type=cart;\npersonalize_page value=1; # <-",
                   ["personalize_page", "is duplicate"]),
    "page in a server": ("server", "personalize_page type=cart; # <-",
                         ["personalize_page", "not allowed here"]),
    "attribute of a page that does not exist": (
        "http", "personalize_segment p { when page.brand = x; } # <-", ["page.brand", "item_brand"]),
    # personalize_consent
    "consent by a document": ("server", "personalize_consent { when profile.ok; } # <-",
                              ["profile.ok", "nothing is looked up", "cookie"]),
    "consent by the visitor": ("location", "personalize_consent { any { when visitor.id; } } # <-",
                               ["visitor.id", "nobody is recognized"]),
    "consent with an unknown parameter": ("http", "personalize_consent gpc=no { } # <-",
                                          ["gpc=no", "gpc=ignore"]),
    "consent by any answer": ("server", "personalize_consent { any { when cookie.consent; } } # <-",
                              ["when cookie.consent", "= yes", "exists"]),
    "consent by any value of a variable": ("server", "personalize_consent { when var.cookie_c; } # <-",
                                           ["when var.cookie_c", "= yes"]),
    "consent twice": ("http", "personalize_consent { } \npersonalize_consent { } # <-",
                      ["personalize_consent", "is duplicate"]),
    "consent with an unknown operator": ("http", "personalize_consent { when cookie.a is 1; } # <-",
                                         ["is"]),
    "consent by an unknown variable": ("http", "personalize_consent { when var.nothing_like_it = 1; } # <-",
                                       ["var.nothing_like_it", "no variable"]),
    "consent without a block": ("http", "personalize_consent; # <-", ["personalize_consent", "{"]),
    # personalize_session
    "session without being kept": ("http", "personalize_segment p { when session.views > 1; } # <-",
                                   ["session.views", "personalize_session;", "into http"]),
    "session attribute that does not exist": (
        "http", "personalize_session;\npersonalize_segment p { when session.pages > 1; } # <-",
        ["session.pages", "item_views", "days_since_last_visit"]),
    "session without a field": (
        "http", "personalize_session;\npersonalize_segment p { when session; } # <-",
        ["session", "field"]),
    "session with something inside": (
        "http", "personalize_session;\npersonalize_segment p { when session.views.x; } # <-",
        ["session.views.x", "which has no fields"]),
    "session with an unknown parameter": ("http", "personalize_session ttl=3m; # <-",
                                          ["ttl=3m", "timeout=", "half_life="]),
    "session off with more": ("http", "personalize_session off timeout=1m; # <-", ["\"off\""]),
    "session with a parameter twice": ("server", "personalize_session keep=1d keep=2d; # <-",
                                       ["keep=", "is duplicate"]),
    "session without a time": ("http", "personalize_session timeout=soon; # <-",
                               ["timeout=soon", "timeout=30m"]),
    "session of no time": ("http", "personalize_session half_life=0; # <-", ["half_life=0"]),
    "session of parts of a second": ("http", "personalize_session timeout=1500ms; # <-",
                                     ["timeout=1500ms", "whole seconds"]),
    "session for ever": ("http", "personalize_session keep=11y; # <-", ["keep=11y"]),
    "session with too long a history": ("http", "personalize_session history=101; # <-",
                                        ["history=101", "1 to 100"]),
    "session without a history": ("http", "personalize_session history=0; # <-", ["history=0"]),
    "session twice": ("http", "personalize_session;\npersonalize_session; # <-",
                      ["personalize_session", "is duplicate"]),
    "session in a location": ("location", "personalize_session; # <-",
                              ["personalize_session", "not allowed here"]),
    "session without Redis": ("alone", "personalize_session; # <-", ["personalize_redis"]),
    "source called session": ("http", "personalize_source session key=a; # <-",
                              ["session", "something else"]),
    # personalize_redis
    "redis in a location": ("location", "personalize_redis unix:/a; # <-",
                            ["personalize_redis", "not allowed here"]),
    "redis twice": ("http", "personalize_redis unix:/a; # <-", ["personalize_redis", "is duplicate"]),
    "redis with a parameter twice": (
        "alone", "personalize_redis unix:/a timeout=1ms timeout=2ms; # <-",
        ["personalize_redis", "timeout=", "is duplicate"]),
    "cache with a parameter twice": (
        "alone", "personalize_cache zone=a:1m zone=b:1m; # <-",
        ["personalize_cache", "zone=", "is duplicate"]),
    "visitor with a parameter twice": (
        "alone", "personalize_visitor cookie=a cookie=b; # <-",
        ["personalize_visitor", "cookie=", "is duplicate"]),
    "limits with a parameter twice": (
        "location", "personalize_limits held=1k held=2k; # <-",
        ["personalize_limits", "held=", "is duplicate"]),
    "redis without an address": ("alone", "personalize_redis timeout=1s; # <-",
                                 ["address", "unix:"]),
    "redis with an unknown parameter": ("alone", "personalize_redis unix:/a tmeout=1s; # <-",
                                        ["tmeout", "timeout="]),
    "redis with a timeout that is none": ("alone", "personalize_redis unix:/a timeout=soon; # <-",
                                          ["timeout", "soon", "50ms"]),
    "redis with timeout 0": ("alone", "personalize_redis unix:/a timeout=0; # <-", ["timeout"]),
    "redis with no connections": ("alone", "personalize_redis unix:/a connections=0; # <-",
                                  ["connections=0"]),
    "redis with too many connections": ("alone", "personalize_redis unix:/a connections=65; # <-",
                                        ["connections=65", "64"]),
    "redis cluster with a database": ("alone", "personalize_redis 127.0.0.1:1 mode=cluster db=1; # <-",
                                      ["cluster", "db="]),
    "redis that reads from whom": ("alone", "personalize_redis unix:/a mode=cluster read=any; # <-",
                                   ["read=any", "read=replica"]),
    "redis alone with replicas": ("alone", "personalize_redis unix:/a read=replica; # <-",
                                  ["read=replica", "mode=cluster"]),
    "redis with sentinels of nobody": ("alone", "personalize_redis 127.0.0.1:1 mode=sentinel: ; # <-",
                                       ["mode=sentinel:", "sentinel:NAME"]),
    "redis with a sentinel's user alone": (
        "alone", "personalize_redis 127.0.0.1:1 mode=sentinel:m sentinel_user=u; # <-",
        ["sentinel_user=", "sentinel_password_file="]),
    "redis with a sentinel's user and no sentinel": (
        "alone", "personalize_redis 127.0.0.1:1 sentinel_user=u; # <-", ["mode=sentinel:NAME"]),
    "redis with a port that is none": ("alone", "personalize_redis 127.0.0.1:99999; # <-",
                                       ["99999"]),
    "redis with a host that does not resolve": (
        "alone", "personalize_redis no-such-host.invalid:6379; # <-", ["no-such-host.invalid"]),
    "redis with an empty path": ("alone", "personalize_redis unix:; # <-", ["unix:"]),
    "redis with a database that is none": ("alone", "personalize_redis unix:/a db=first; # <-",
                                           ["db", "first", "number"]),
    "redis with a password file that is missing": (
        "alone", "personalize_redis unix:/a password_file=/nonexistent/file; # <-",
        ["/nonexistent/file", "No such file"]),
    "redis with user but no password": ("alone", "personalize_redis unix:/a user=web; # <-",
                                        ["user", "password"]),
    "redis in a mode that does not exist": (
        "alone", "personalize_redis unix:/a mode=swarm; # <-", ["swarm", "standalone"]),
    # personalize_cache
    "cache without a zone": ("alone", "personalize_cache ttl=1s; # <-", ["zone="]),
    "cache without a size": ("alone", "personalize_cache zone=p; # <-", ["zone=NAME:SIZE"]),
    "cache without a name": ("alone", "personalize_cache zone=:1m; # <-", ["zone"]),
    "cache that is too small": ("alone", "personalize_cache zone=p:1k; # <-", ["size", "1k"]),
    "cache with a size that is none": ("alone", "personalize_cache zone=p:big; # <-", ["big"]),
    "cache with an unknown parameter": ("alone", "personalize_cache zone=p:1m tll=1s; # <-",
                                        ["tll", "ttl="]),
    "cache with a time that is none": ("alone", "personalize_cache zone=p:1m ttl=soon; # <-",
                                       ["ttl", "soon"]),
    "cache twice": ("alone", "personalize_cache zone=p:1m;\npersonalize_cache zone=q:1m; # <-",
                    ["personalize_cache", "is duplicate"]),
    # personalize_geoip
    "geoip that is missing": ("alone", "personalize_geoip /nonexistent/geo.mmdb; # <-",
                              ["/nonexistent/geo.mmdb"]),
    "geoip that is none": ("alone", "personalize_geoip hello.html; # <-", ["hello.html"]),
    "redis with two passwords": ("alone", "personalize_redis unix:/a password=x password_file=short.key; # <-",
                                 ["two passwords"]),
    # names
    "segment named like a list": ("http", "personalize_segment a,b {  # <-\n when cookie.a; }",
                                  ["\"a,b\"", "commas"]),
    "experiment without a name": ("http", "personalize_experiment '' {  # <-\n variants a b; }",
                                  ["cannot be a name"]),
    "campaign named with a space": (
        "http", "personalize_campaign 'a b' {  # <-\n slot a; fragment hello.html; }", ["\"a b\"", "spaces"]),
    # what can never be
    "segment without conditions": ("http", "personalize_segment all { } # <-", ["\"all\"", "everybody"]),
    "country between commas": ("http", "personalize_segment s { when geo.country in PL,RO; } # <-",
                               ["\"PL,RO\"", "two capital letters", "in PL RO"]),
    "continent by its name": ("http", "personalize_segment s { when geo.continent = Europe; } # <-",
                              ["\"Europe\"", "EU"]),
    "hour after midnight": ("http", "personalize_segment s { when time.hour = 24; } # <-", ["0 to 23"]),
    "variable as a value": ("http", "personalize_segment s { when cookie.a = $arg_a; } # <-",
                            ["\"$arg_a\"", "${var.arg_a}"]),
    "field of a text": ("http", "personalize_source note key=n type=string;\n"
                        "personalize_segment s { when note.a; } # <-", ["\"note.a\"", "no fields"]),
    "experiment with an empty seed": ("http", "personalize_experiment x { variants a b; seed ''; } # <-",
                                      ["seed", "empty"]),
    "sticky for nobody": (
        "http", "personalize_experiment x { variants a b;\n"
        "sticky cookie bucket_version=1 min_bucket_version=2; } # <-", ["min_bucket_version=", "everybody"]),
    "widget in head": ("http", "personalize_campaign w {  # <-\n slot head-end; widget hello-bar; set text a; }",
                       ["<head>", "body-start"]),
    # places
    "slot in two places": ("location", "personalize_slot hello-bar div before after; # <-",
                           ["before and after"]),
    "position on every match": ("location", "personalize_slot hello-bar body-start all; # <-",
                                ["body-start", "\"all\""]),
    "position that does not exist": ("location", "personalize_slot hello-bar body-begin; # <-",
                                     ["\"body-begin\"", "body-start"]),
    # two that answer in one location
    "status beside explain": ("server", "location /s { personalize_status;\npersonalize_explain; # <-\n}",
                              ["personalize_explain", "location of its own"]),
    "endpoint before proxy_pass": (
        "server", "location /p/ {\npersonalize_endpoint; # <-\nproxy_pass http://127.0.0.1:9; }",
        ["personalize_endpoint", "location of its own"]),
    "endpoint behind proxy_pass": (
        "server", "location /p/ {\nproxy_pass http://127.0.0.1:9;\npersonalize_endpoint; # <-\n}",
        ["personalize_endpoint", "location of its own"]),
    "status before stub_status": (
        "server", "location /s { personalize_status; # <-\nstub_status; }",
        ["personalize_status", "location of its own"]),
    # personalize_visitor
    "visitor in a cookie of the module": ("alone", "personalize_visitor cookie=pz; # <-",
                                          ["cookie=pz", "another name"]),
    "visitor without a cookie": ("alone", "personalize_visitor issue=on; # <-", ["cookie="]),
    "visitor with marks that no id has": ("alone", "personalize_visitor cookie=a id_marks=:; # <-",
                                          ["id_marks=:", "ids can contain"]),
    "visitor with a __Host- name without Secure": (
        "alone", "personalize_visitor cookie=__Host-a secure=off; # <-", ["without Secure"]),
    "bots twice": ("http", "personalize_bots Acme; personalize_bots Other; # <-",
                   ["personalize_bots", "is duplicate"]),
    "bots by less than a word": ("http", "personalize_bots b; # <-", ["invalid value", "three"]),
    "bots except what is no word": ("http", "personalize_bots except=a/b; # <-",
                                    ["invalid value", "except=WORD"]),
    "visitor with an unknown parameter": ("alone", "personalize_visitor cookie=a isue=on; # <-",
                                          ["isue", "issue"]),
    "visitor with issue=maybe": ("alone", "personalize_visitor cookie=a issue=maybe; # <-",
                                 ["issue", "maybe", "on", "off"]),
    "visitor with a cookie name that is none": ("alone", "personalize_visitor 'cookie=a b'; # <-",
                                                ["cookie"]),
    "visitor with a secret file that is missing": (
        "alone", "personalize_visitor cookie=a secret_file=/nonexistent/key; # <-",
        ["/nonexistent/key"]),
    "visitor with a secret that is too short": (
        "alone", "personalize_visitor cookie=a secret_file=short.key; # <-", ["short.key", "32"]),
    "visitor with an empty secret file": (
        "alone", "personalize_visitor cookie=a secret_file=empty.key; # <-", ["empty.key"]),
    "visitor with a variable that does not exist": (
        "alone", "personalize_visitor $no_such_variable; # <-", ["no_such_variable"]),
    "visitor with a variable and a cookie": (
        "alone", "personalize_visitor $remote_user cookie=a; # <-", ["variable", "cookie="]),
    "visitor twice": ("http", "personalize_visitor cookie=b; # <-",
                      ["personalize_visitor", "is duplicate"]),
    # personalize_source
    "source without a key": ("http", "personalize_source cart ttl=1s; # <-", ["cart", "key="]),
    "source with an unknown parameter": ("http", "personalize_source cart key=c tll=1s; # <-",
                                         ["cart", "tll", "ttl="]),
    "source of an unknown type": ("http", "personalize_source cart key=c type=set; # <-",
                                  ["type=set", "json", "hash"]),
    "source with a time that is none": ("http", "personalize_source cart key=c ttl=soon; # <-",
                                        ["ttl", "soon"]),
    "source with a size that is none": ("http", "personalize_source cart key=c max=big; # <-",
                                        ["max", "big"]),
    "source with a key that is not closed": (
        "http", "personalize_source cart 'key=c:${visitor.id'; # <-", ["${"]),
    "source with a key of unknown attributes": (
        "http", "personalize_source cart key=c:${vistor.id}; # <-", ["vistor", "visitor"]),
    "source with the name of a root": ("http", "personalize_source geo key=c; # <-", ["geo"]),
    "source twice": ("http", "personalize_source profile key=c; # <-", ["profile"]),
    "source without redis": ("alone", "personalize_source profile key=c; # <-",
                             ["profile", "personalize_redis"]),
    "sources in a circle": ("http", "personalize_source a key=a:${b.x}; # <-\n"
                                    "personalize_source b key=b:${a.x};", ["a", "b"]),
    # personalize_segment
    "segment with an unknown root": ("http", "personalize_segment vip {\n"
                                     "  when prfile.clv > 1; # <-\n}", ["prfile"]),
    "segment with an unknown field": ("http", "personalize_segment vip {\n"
                                      "  when geo.contry = PL; # <-\n}",
                                      ["contry", "country"]),
    "segment with an unknown operator": ("http", "personalize_segment vip {\n"
                                         "  when profile.clv => 1; # <-\n}", ["=>", ">="]),
    "segment without an operand": ("http", "personalize_segment vip {\n"
                                   "  when profile.clv >=; # <-\n}", [">="]),
    "segment with too many operands": ("http", "personalize_segment vip {\n"
                                       "  when profile.clv >= 1 2; # <-\n}", [">="]),
    "segment with an operand that is none": ("http", "personalize_segment vip {\n"
                                             "  when profile.clv missing 1; # <-\n}",
                                             ["missing"]),
    "segment with a regex that is none": ("http", "personalize_segment vip {\n"
                                          "  when request.path ~ '^/(a'; # <-\n}", ["^/(a"]),
    "segment with an empty when": ("http", "personalize_segment vip {\n  when; # <-\n}",
                                   ["when"]),
    "segment with an unknown word": ("http", "personalize_segment vip {\n"
                                     "  wen profile.clv; # <-\n}", ["wen"]),
    "segment with an unknown word in any": (
        "http", "personalize_segment vip {\n  any {\n    wen profile.clv; # <-\n  }\n}", ["wen"]),
    "segment with an error in any": (
        "http", "personalize_segment vip {\n  any {\n    all {\n      when geo.contry; # <-\n"
                "    }\n  }\n}", ["contry"]),
    "segment of an unknown segment": ("http", "personalize_segment vip {\n"
                                      "  when segment.retuning; # <-\n}",
                                      ["retuning", "returning"]),
    "segment of itself": ("http", "personalize_segment vip { # <-\n  when segment.vip;\n}",
                          ["vip -> vip"]),
    "segments in a circle": ("http", "personalize_segment a { # <-\n  when segment.b;\n}\n"
                             "personalize_segment b { when segment.a; }", ["a -> b -> a"]),
    "segment twice": ("http", "personalize_segment returning { when cookie.a; } # <-",
                      ["returning"]),
    "segment without a name": ("http", "personalize_segment { when cookie.a; } # <-",
                               ["personalize_segment"]),
    "segment in a location": ("location", "personalize_segment a { when cookie.a; } # <-",
                              ["personalize_segment", "not allowed here"]),
    "segment that is not closed": ("alone", "personalize_segment a {\n  when cookie.a\n}\n# <-",
                                   []),
    # personalize_campaign
    "campaign without a slot": ("http", "personalize_campaign c { fragment hello.html; } # <-",
                                ["c", "slot"]),
    "campaign without content": ("http", "personalize_campaign c { slot a; } # <-",
                                 ["c", "fragment", "widget"]),
    "campaign with two contents": ("http", "personalize_campaign c {\n  slot a;\n"
                                   "  fragment hello.html;\n  widget hello-bar; # <-\n"
                                   "  set text x;\n}", ["fragment", "widget"]),
    "campaign with a priority that is none": (
        "http", "personalize_campaign c {\n  slot a;\n  priority high; # <-\n"
                "  fragment hello.html;\n}", ["priority", "high"]),
    "campaign with two slots": ("http", "personalize_campaign c {\n  slot a;\n  slot b; # <-\n"
                                "  fragment hello.html;\n}", ["slot"]),
    "campaign with an unknown word": ("http", "personalize_campaign c {\n  slot a;\n"
                                      "  fragmnt hello.html; # <-\n}", ["fragmnt"]),
    "campaign with a condition that is none": (
        "http", "personalize_campaign c {\n  slot a;\n  when geo.contry = PL; # <-\n"
                "  fragment hello.html;\n}", ["contry", "country"]),
    "campaign with a fragment that is missing": (
        "http", "personalize_campaign c {\n  slot a;\n  fragment no.html; # <-\n}",
        ["no.html", "No such file"]),
    "campaign with an unknown widget": ("http", "personalize_campaign c {\n  slot a;\n"
                                        "  widget helo-bar; # <-\n}", ["helo-bar", "hello-bar"]),
    "campaign with an unknown trigger": (
        "http", "personalize_campaign c {\n  slot a;\n  widget exit-popup;\n  set title a;\n"
                "  trigger exit_intent;\n  trigger leaving delay=5s; # <-\n}",
        ["unknown word \"leaving\" of trigger", "exit_intent", "delay="]),
    "campaign with a trigger whose value is none": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar;\n  set text a;\n"
                "  trigger scroll=half; # <-\n}", ["scroll=half", "from 1% to 100%"]),
    "campaign that hides at once": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar;\n  set text a;\n"
                "  auto_hide 0s; # <-\n}", ["auto_hide", "from a second to a day"]),
    "campaign with an unknown field": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar;\n"
                "  set txet hello; # <-\n}", ["txet", "text"]),
    "campaign with a field twice": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar;\n  set link a;\n"
                "  set link b; # <-\n}", ["link", "is duplicate"]),
    "campaign without a required field": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar; # <-\n}", ["text"]),
    "campaign with a field that its fragment does not show": (
        "http", "personalize_campaign c {\n  slot a;\n  fragment hello.html;\n"
                "  set text a; # <-\n}", ["\"text\" is not shown", "{{text}}"]),
    "campaign with an error in a field": (
        "http", "personalize_campaign c {\n  slot a;\n  widget hello-bar;\n"
                "  set text 'Hello {{prfile.name}}'; # <-\n}", ["prfile"]),
    "campaign twice": ("http", "personalize_campaign greeting { slot a; fragment hello.html; } "
                               "# <-", ["greeting"]),
    # personalize_slot
    "slot that nothing fills": ("location", "personalize_slot helo-bar '#a'; # <-",
                                ["helo-bar", "personalize_campaign"]),
    "slot without a selector": ("location", "personalize_slot hello-bar; # <-",
                                ["personalize_slot"]),
    "slot with a placement that is none": ("location", "personalize_slot hello-bar '#a' "
                                           "inside; # <-", ["inside", "inner", "append"]),
    "slot that is early and replaces nothing": (
        "location", "personalize_slot hello-bar '#a' after early; # <-", ["early", "replace", "after"]),
    "slot with a selector that is none": ("location", "personalize_slot hello-bar '#'; # <-",
                                          ["#"]),
    "slot with a selector not closed": ("location", "personalize_slot hello-bar '[a=b'; # <-",
                                        ["[a=b"]),
    "slot with a selector that is not supported": (
        "location", "personalize_slot hello-bar 'a:hover'; # <-", ["hover"]),
    "slot with a selector of later siblings": (
        "location", "personalize_slot hello-bar 'li:last-child'; # <-", [":last-child", "a stream cannot know"]),
    "slot that is an event handler": (
        "location", "personalize_slot hello-bar 'img' attribute=onload; # <-", ["onload", "is a script"]),
    "slot that is an attribute of an unknown element": (
        "location", "personalize_slot hello-bar '.hero' attribute=src; # <-", ["src", "img.hero"]),
    "slot that is an attribute and a place": (
        "location", "personalize_slot hello-bar 'img' attribute=src after; # <-", ["after", "attribute"]),
    "slot that is no attribute": (
        "location", "personalize_slot hello-bar 'img' attribute=; # <-", ["attribute=", "attribute=src"]),
    "slot that is an attribute here and a place there": (
        "location", "personalize_slot hello-bar 'img' attribute=src;\npersonalize_slot hello-bar main; # <-",
        ["a place in the page here", "the attribute \"src\" of <img>", "another name"]),
    "widget in an attribute": (
        "http", "personalize_slot pic img attribute=src;\npersonalize_campaign w { slot pic;\n"
                "widget hello-bar; # <-\nset text a; }", ["\"pic\" is the attribute \"src\"", "content"]),
    "markup in an attribute": (
        "http", "personalize_slot pic img attribute=src;\npersonalize_campaign w { slot pic;\n"
                "content '<img src=\"/x.jpg\">'; # <-\n}",
        ["\"content\" has markup", "the attribute \"src\"", "its value alone"]),
    "markup with a value in an attribute": (
        "http", "personalize_slot pic img attribute=src;\npersonalize_campaign w { slot pic;\n"
                "content '<img src=\"{{profile.hero}}\">'; # <-\n}", ["\"content\" has markup"]),
    "features of a state that is off": (
        "location", "personalize_state off features=all; # <-", ["features= goes with on"]),
    "slot with an empty selector": ("location", "personalize_slot hello-bar ''; # <-",
                                    ["selector"]),
    "slot with a selector that is none, where personalize is off": (
        "server", "personalize_slot hello-bar '#'; # <-", ["#"]),
    "slot of another server": (
        "location", "personalize_slot of-another '#a'; # <-", ["of-another"]),
    # what fields of widgets take
    "item with a misspelt member": (
        "http", 'personalize_campaign c {\n slot a; widget recommendations; \n set items \'[{"name": "A", "ulr": "/a"}]\'; # <-\n}',
        ["item 1", "\"ulr\"", "write \"url\""]),
    "item with a price that is none": (
        "http", 'personalize_campaign c {\n slot a; widget recommendations; \n set items \'[{"name": "A", "price": "49,00"}]\'; # <-\n}',
        ["\"price\" of item 1", "49.50 EUR"]),
    "items that are no JSON": (
        "http", 'personalize_campaign c {\n slot a; widget recommendations; \n set items \'[{"name": "A", "price": 4,5}]\'; # <-\n}',
        ["not JSON", "in element 1, after member", "column 27"]),
    "prizes of one name": (
        "http", 'personalize_campaign c {\n slot a; widget scratch-coupon; set title a;\n set prizes \'[{"text": "A", "code": "X"}, {"text": "B", "code": "X"}]\'; # <-\n}',
        ["two prizes", "\"X\""]),
    "prize of a pool with an attribute": (
        "http", 'personalize_campaign c {\n slot a; widget scratch-coupon; set title a;\n set prizes \'[{"text": "A", "code": "pool=a:${geo.country}"}]\'; # <-\n}',
        ["same for everybody"]),
    "question with a misspelt member": (
        "http", 'personalize_campaign c {\n slot a; widget survey; \n set questions \'[{"id": "a", "text": "A?", "anwsers": ["B"]}]\'; # <-\n}',
        ["anwsers", "answers"]),
    "answers without a question": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n set answers "A|B"; # <-\n}',
        ["beside \"question\""]),
    "a link that nothing shows": (
        "http", 'personalize_campaign c {\n slot a; widget notice; set text a;\n set link /a; # <-\n}',
        ["beside \"link_text\""]),
    "more texts than goals": (
        "http", 'personalize_campaign c {\n slot a; widget purchase-progress; set goal 5; set value 1;\n set text "{remaining} more"; set text b; # <-\n}',
        ["2 times", "\"goal\" 1"]),
    "a misspelt place": (
        "http", 'personalize_campaign c {\n slot a; widget purchase-progress; set goal 5; set value 1;\n set text "{remaning} more"; # <-\n}',
        ["{remaning}", "write {remaining}"]),
    "a place that is not filled": (
        "http", 'personalize_campaign c {\n slot a; widget hello-bar; \n set text "{remaining} more"; # <-\n}',
        ["purchase-progress has {remaining}"]),
    "a pool that would be shown": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n set code "pool=codes:a"; # <-\n}',
        ["pool=codes:a", "without set"]),
    "a form that would run a script": (
        "http", 'personalize_campaign c {\n slot a; widget lead-form; set title a;\n set action "javascript:a"; # <-\n}',
        ["javascript:a", "/newsletter"]),
    "a form sent to a path beside the page": (
        "http", 'personalize_campaign c {\n slot a; widget lead-form; set title a;\n set action newsletter; # <-\n}',
        ["takes an address", "/newsletter"]),
    "a number that is written as money": (
        "http", 'personalize_campaign c {\n slot a; widget purchase-progress; set goal 5;\n'
        ' set value "{{profile.total | money}}"; # <-\n}', ["takes a number", "leave the filter out"]),
    "a link of a form without consent": (
        "http", 'personalize_campaign c {\n slot a; widget lead-form; set title a; set link_text b;\n'
        ' set link /privacy; # <-\n}', ["beside \"consent\""]),
    "answers of which two are the same": (
        "http", 'personalize_campaign c {\n slot a; widget survey;\n'
        ' set questions \'[{"id": "a", "text": "A?", "answers": ["x", "x"]}]\'; # <-\n}', ["\"x\"", "is duplicate"]),
    "answers in one text": (
        "http", 'personalize_campaign c {\n slot a; widget survey;\n'
        ' set questions \'[{"id": "a", "text": "A?", "answers": "x|y"}]\'; # <-\n}', ["is a list of texts"]),
    "a currency that is none": (
        "http", 'personalize_campaign c {\n slot a; widget purchase-progress; set goal 5; set value 1;\n set currency EURO; # <-\n}',
        ["EURO", "ISO 4217"]),
    "an unknown time zone": (
        "http", 'personalize_campaign c {\n slot a; widget countdown; \n set deadline "daily 14:00 Europe/Warschau"; # <-\n}',
        ["unknown time zone", "Europe/Warschau", "Europe/Warsaw"]),
    "a time of the day that is none": (
        "http", 'personalize_campaign c {\n slot a; widget countdown; \n set deadline "daily 25:00"; # <-\n}',
        ["25:00", "time of the day"]),
    "a trigger at a selector that is none": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n trigger click=a[; # <-\n}',
        ["click=a[", "CSS selector"]),
    "a trigger without a unit": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n trigger delay=5; # <-\n}',
        ["delay=5", "delay=5s"]),
    "auto_hide without a unit": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n auto_hide 5; # <-\n}',
        ["auto_hide 10s"]),
    "codes kept without a unit": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n code pool=a keep=5; # <-\n}',
        ["keep=5", "365d"]),
    "a pool with half a hash tag": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n code "pool=a:{eu"; # <-\n}',
        ["a:{eu", "hash tag"]),
    "a pool with half an attribute": (
        "http", 'personalize_campaign c {\n slot a; widget popup; set title a;\n code "pool=a:${geo.country"; # <-\n}',
        ["lacks its closing"]),
    "a field without set": (
        "http", 'personalize_campaign c {\n slot a; widget popup; \n title x; # <-\n}',
        ["unknown directive \"title\"", "set title"]),
    "a value of an attribute in a regular expression": (
        "http", "personalize_segment s { when cookie.a ~ \"${cookie.b}\"; } # <-",
        ["regular expression is a constant", "${cookie.b}"]),
    "a list that is filled from itself": (
        "http", "personalize_recommend r { # <-\ntry recommend.r; }", ["filled from itself", "what fills a list"]),
    # personalize_widget
    "widget called like a built-in one": (
        "http", "personalize_widget hello-bar { # <-\ntemplate hello.html; }", ["is built in"]),
    "widget called like a file of the module": (
        "http", "personalize_widget personalize { # <-\ntemplate hello.html; }", ["is built in"]),
    "widget twice": ("http", "personalize_widget w { template hello.html; }\n"
                     "personalize_widget w { # <-\ntemplate hello.html; }", ["is duplicate"]),
    "widget without a template": ("http", "personalize_widget w { # <-\nfield a; }", ["template FILE"]),
    "widget whose template is missing": (
        "http", "personalize_widget w {\ntemplate gone.html; # <-\n}", ["gone.html"]),
    "widget whose style is missing": (
        "http", "personalize_widget w { template hello.html;\nstyle gone.css; # <-\n}", ["gone.css"]),
    "widget with an unknown field": (
        "http", "personalize_widget w {\ntemplate fields.html; # <-\nfield title; }",
        ['template "fields.html", line 2', "text", "field text;"]),
    "widget with a field of all widgets": (
        "http", "personalize_widget w { template hello.html;\nfield campaign; # <-\n}",
        ["all widgets have that name"]),
    "widget with a field twice": (
        "http", "personalize_widget w { template hello.html; field a;\nfield a; # <-\n}",
        ["is duplicate"]),
    "widget with an unknown parameter of a field": (
        "http", "personalize_widget w { template hello.html;\nfield a optional; # <-\n}",
        ["optional", "required"]),
    "widget whose script ends its element": (
        "http", "personalize_widget w { template hello.html;\nscript ends.js; # <-\n}",
        ["ends.js", "</script"]),
    "campaign that lacks a field of a widget": (
        "http", "personalize_widget w { template title.html; field title required; }\n"
        "personalize_campaign c { slot hello-bar;\nwidget w; # <-\n}", ["needs the field", "title"]),
    "campaign that sets an unknown field of a widget": (
        "http", "personalize_widget w { template title.html; field title; }\n"
        "personalize_campaign c { slot hello-bar; widget w;\nset text x; # <-\n}",
        ["widget w has no field", "text", "it has title"]),
    "campaign whose field calls a partial elsewhere": (
        "http", "personalize_campaign c { slot hello-bar; widget hello-bar;\n"
        "set text '{{> ../secret}}'; # <-\n}", ["is outside of the folder"]),
    # personalize_locale
    "locale with a currency that is none": ("alone", "personalize_locale pl-PL zloty; # <-",
                                            ["zloty"]),
    "locale twice": ("alone", "personalize_locale pl-PL PLN;\npersonalize_locale pl-pl EUR; # <-",
                     ["pl-pl", "is duplicate"]),
    "locale without a currency": ("alone", "personalize_locale pl-PL; # <-", ["pl-PL PLN"]),
    "locale by two variables": (
        "alone", "personalize_locale $host;\npersonalize_locale $args; # <-", ["is duplicate"]),
}


def configure(nginx, context, text, base=BASE):
    nginx.file("hello.html", "<p>hello</p>")
    nginx.file("fields.html", "<p{{> campaign}}>{{title}}\n{{text}}</p>")
    nginx.file("title.html", "<p{{> campaign}}>{{title}}</p>")
    nginx.file("ends.js", "a = '</script>'")
    nginx.file("short.key", "too short\n").chmod(0o600)
    nginx.file("empty.key", "").chmod(0o600)
    other = ("server { listen 127.0.0.1:1; personalize_campaign o { slot of-another; "
             "fragment hello.html; } }")
    http = base if context != "alone" else ""
    server = {"server": text, "location": "location / {\npersonalize on;\n" + text + "\n}"}
    if context in ("http", "alone"):
        http += text
    nginx.configure(http + "\n" + (other if context == "location" else ""),
                    server.get(context, ""))


def blamed_line(nginx):
    lines = nginx.config_file.read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if line.endswith("# <-"))


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(nginx, name):
    context, text, words = MISTAKES[name]
    configure(nginx, context, text)
    code, output = nginx.check()
    assert code != 0, output
    place = f" in {nginx.config_file}:{blamed_line(nginx)}"
    lines = [line for line in output.splitlines() if "[emerg]" in line]
    assert len(lines) == 1, output
    if words:
        assert lines[0].endswith(place), output
    message = lines[0].split("[emerg]", 1)[1].replace(place, "")
    for word in words:
        assert word in message, output


def test_the_base_has_no_mistake(nginx):
    configure(nginx, "location", "")
    assert nginx.check()[0] == 0


# Templates: the line of the directive, and the template's name and line.
TEMPLATES = {
    "unknown root": ("<p>\n{{prfile.name}}</p>", 2, ["prfile"]),
    "section that is not closed": ("<p>\n\n{{#profile.items}}<b></b></p>", 3, ["profile.items"]),
    "section closed by another": ("{{#profile.a}}\n{{/profile.b}}", 2, ["profile.b"]),
    "tag that is not closed": ("<p>{{profile.name</p>", 1, []),
    "end without a beginning": ("\n{{/profile.a}}", 2, ["profile.a"]),
    "value in a script": ("<script>\nvar {{profile.name}} = 1;</script>", 2, ["script"]),
    "value in a style": ("<style>\n{{profile.tag}} { color: red }</style>", 2, ["CSS"]),
    "value in an event handler": ("<a\nonclick=\"f('{{profile.name}}')\">x</a>", 2, ["onclick"]),
    "value in a style attribute": ("<a style=\"{{profile.property}}:red\">x</a>", 1, ["CSS"]),
    "value as tag name": ("<{{profile.tag}}>", 1, ["tag"]),
    "value as attribute name": ("<a {{profile.attribute}}>x</a>", 1, ["attribute"]),
    "value in an unquoted attribute": ("<a class={{profile.a}}>x</a>", 1, ["quote"]),
    "value in a comment": ("<!-- {{profile.name}} -->", 1, ["comment"]),
    "value in srcdoc": ("<iframe srcdoc=\"{{profile.a}}\"></iframe>", 1, ["srcdoc"]),
    "unescaped value": ("<p>{{{profile.html}}}</p>", 1, ["{{{"]),
    "unescaped value with &": ("<p>{{&profile.html}}</p>", 1, []),
    "unknown filter": ("<p>{{profile.name | shout}}</p>", 1, ["shout", "money"]),
    "filter without its argument": ("<p>{{profile.name | default}}</p>", 1, ["default"]),
    "partial that is missing": ("<p>\n{{> no.html}}</p>", 2, ["no.html"]),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_mistake_in_a_template(nginx, name):
    text, line, words = TEMPLATES[name]
    nginx.file("t.html", text)
    configure(nginx, "http", "personalize_campaign t {\n  slot a;\n  fragment t.html; # <-\n}")
    code, output = nginx.check()
    assert code != 0, output
    message = next(line for line in output.splitlines() if "[emerg]" in line)
    assert message.endswith(f" in {nginx.config_file}:{blamed_line(nginx)}"), output
    assert re.search(rf"t\.html\W+(line )?{line}\b", message), output
    for word in words:
        assert word in message, output


def test_value_in_a_script_of_a_partial(nginx):
    """Escaping follows the place where the partial is put, not the partial's beginning."""
    nginx.file("t.html", "<script>{{> value.html}}</script>")
    nginx.file("value.html", "{{profile.name}}")
    configure(nginx, "http", "personalize_campaign t {\n  slot a;\n  fragment t.html; # <-\n}")
    code, output = nginx.check()
    assert code != 0 and "script" in output
    assert f"{nginx.config_file}:{blamed_line(nginx)}" in output


def test_mistake_in_an_included_file(nginx):
    """The included file is blamed, at its own line."""
    included = nginx.file("segments.conf", "personalize_segment vip {\n\n  when geo.contry = PL;\n}\n")
    configure(nginx, "http", "include segments.conf;")
    code, output = nginx.check()
    assert code != 0 and f"{included}:3" in output


def test_mistake_in_a_file_included_in_a_block(nginx):
    included = nginx.file("when.conf", "when cookie.a;\nwhen geo.contry = PL;\n")
    configure(nginx, "http", "personalize_segment vip { include when.conf; }")
    code, output = nginx.check()
    assert code != 0 and f"{included}:2" in output


def test_a_failed_reload_leaves_the_old_configuration(nginx):
    nginx.page("index.html", "<body><!--pz:hello-bar--><!--/pz-->")
    configure(nginx, "location", "")
    nginx.start()
    assert "<p>hello</p>" in nginx.get("/").text
    good = nginx.config_file.read_text()
    worker = nginx.workers()
    nginx.config_file.write_text(good.replace("fragment hello.html;", "fragment no.html;", 1))
    nginx.signal(signal.SIGHUP)
    wait_until(lambda: "no.html" in nginx.error_log(), "the log says why")
    nginx.tolerate(r"\[emerg\].*no\.html")
    assert nginx.workers() == worker and "<p>hello</p>" in nginx.get("/").text


# What is no mistake


FINE = {
    "declared further down": ("alone", """
      personalize_campaign c { slot a; when segment.late; when late.x; fragment hello.html; }
      personalize_segment late { when segment.later; }
      personalize_segment later { when late.y > 3; }
      personalize_source late key=late:${visitor.id};
      personalize_visitor cookie=vid;
      personalize_redis 127.0.0.1:1;
    """),
    "a pool of what the shop says": ("http", """
      personalize_segment vip { when profile.tier = gold; when geo.country = PL; }
      personalize_campaign k { slot a; widget popup; set title a; code "pool=codes:${segment.vip}:${profile.p}"; }
    """),
    "texts that look like attributes": ("http", """
      personalize_source d 'key=d:{${profile.g | default "a.b"}}:${profile.h | default www.example}';
      personalize_campaign k { slot a; content "{{profile.a | default 'geo.country'}}"; }
    """),
    "names that NGINX uses too": ("http", """
      personalize_segment set { when cookie.limit; }
      personalize_campaign if { slot location; priority 1; when segment.set; widget hello-bar;
                                set text root; }
    """),
    "quotes": ("http", """
      personalize_segment q { when cookie.n = "123"; when "cookie.n" = 123;
                              when request.path ~ "^/a{2,3}$"; }
    """),
    "blocks inside blocks": ("http", """
      personalize_segment deep { any { all { any { unless cookie.a; when cookie.b; } }
                                 when cookie.c; } }
    """),
    "a server of its own": ("server", """
      personalize_visitor cookie=other;
      personalize_segment mine { when cookie.a; }
      personalize_campaign mine { slot mine; when segment.mine; fragment hello.html; }
      location /a { personalize on; personalize_slot mine '#a'; }
    """),
    "all placements and selectors": ("location", """
      personalize_slot hello-bar '#a' inner;          personalize_slot hello-bar .a replace;
      personalize_slot hello-bar div before all;      personalize_slot hello-bar '[a]' after;
      personalize_slot hello-bar '[a=b]' prepend;     personalize_slot hello-bar "[a='b c']" append;
      personalize_slot hello-bar body-start;          personalize_slot hello-bar body-end;
      personalize_slot hello-bar head-end;
    """),
    "every operator": ("http", """
      personalize_segment ops {
        when profile.a = 1;  when profile.a != 1;  when profile.a < 1;  when profile.a <= 1;
        when profile.a > 1;  when profile.a >= 1;  when profile.a in 1 2 3;
        when profile.a not_in a b; when profile.a has x; when profile.a size 3;
        when profile.a ~ '^x'; when profile.a ~* '^x'; when profile.a !~ '^x';
        when profile.a exists; when profile.a missing; when profile.a between 1 2;
        when profile.a within 7d; when profile.a older_than 180d; when profile.a;
      }
    """),
}


@pytest.mark.parametrize("name", FINE)
def test_no_mistake(nginx, name):
    context, text = FINE[name]
    configure(nginx, context, text)
    code, output = nginx.check()
    assert code == 0, output


def test_a_time_without_a_unit(nginx):
    configure(nginx, "location", "personalize_wait 20;")
    code, output = nginx.check()
    assert code == 0
    assert "personalize_wait: 20 are seconds: write 20ms or 20s" in output


@pytest.mark.parametrize("time", ["0", "20ms", "1s"])
def test_a_time_with_a_unit(nginx, time):
    configure(nginx, "location", f"personalize_wait {time};")
    assert "are seconds" not in nginx.check()[1]
