"""Templates in real responses: the locale of each request, and documents in scripts."""

import json
import re

from harness import plans, scene

PRICE = "?price=1234.5"
WRITTEN = {"en": "£1,234.50", "pl": "1234,50 zł", "de": "1.234,50 €"}
CLOSE = {"en": "Close", "pl": "Zamknij", "de": "Schließen"}
# How a request says its language → the language that it gets.
REQUESTS = [
    ("", {}, "en"),
    ("", {"Accept-Language": "nl, de-AT;q=0.8, pl;q=0.9"}, "pl"),
    ("&lang=de", {"Accept-Language": "pl"}, "de"),
    ("&lang=PL_pl", {}, "pl"),
    ("&lang=xx", {"Accept-Language": "de"}, "de"),
    ("&lang=%22%3E", {}, "en"),
]


def text_of(body):
    """The page as readers see it: characters for references, plain blanks."""
    page = re.sub(r"&#(\d+);", lambda number: chr(int(number[1])), body.decode())
    return page.replace("\u00a0", " ")


def test_each_request_has_its_locale_also_with_plans(nginx):
    nginx.file("price.html", "<b>{{request.arg.price | money}}</b>"
                             "{{#request.arg.price}}<i>always the same in all languages</i>{{/request.arg.price}}")
    nginx.configure(plans.without_redis(nginx, """
      gzip on; gzip_min_length 1;
      personalize_locale en-GB GBP;
      personalize_locale pl-PL PLN;
      personalize_locale de-DE EUR;
      personalize_locale $arg_lang;
      personalize_campaign price { slot greeting; fragment price.html; }
      personalize_campaign bar { slot body-end; widget hello-bar; set text "{{request.arg.price | money}}"; }
    """), f"personalize on; location /on/ {{ alias {plans.old_files()}/; }} {plans.STATUS}")
    nginx.start()
    visitor = plans.Visitor(nginx)
    kinds = set()
    for _ in range(2):
        for query, headers, language in REQUESTS:
            for client in ("1.1", "1.1 gzip"):
                answer = visitor.get(f"/on/slots{PRICE}{query}", client, headers=headers)
                page = text_of(plans.body_of(answer))
                assert f"<b>{WRITTEN[language]}</b>" in page, (query, headers)
                assert f'aria-label="{CLOSE[language]}"' in page
                assert page.count(WRITTEN[language]) == 2
                kinds.add(answer.plan)
    assert "hit" in kinds


def test_documents_in_scripts(nginx, redis):
    hostile = {"name": "</script><script>alert('1')//\"\\&<!--\u2028]]>", "tier": "gold",
               "cart": [{"id": 9007199254740993, "price": -1.5, "new": True, "gift": None}],
               "__proto__": {"admin": True}}
    scene.prepare(nginx, fragment="""<script type="application/json" id="user">{{profile}}</script>
<script>const price = {{profile.cart | money}}, name = "{{profile.name}}";</script>
<p style="inline-size: {{profile.width}}%" title="{{profile.name}}">x</p>""")
    redis.set_json("profile:ada", hostile)
    nginx.configure(scene.http(redis.socket, conditions="when profile.tier = gold;"), scene.server())
    nginx.start()
    page = nginx.get("/", headers=scene.ADA).body
    page = page.decode() if isinstance(page, bytes) else page
    blocks = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    assert len(blocks) == 2
    assert json.loads(blocks[0]) == hostile
    assert blocks[0].isascii() and "<" not in blocks[0] and "&" not in blocks[0]
    price, name = re.fullmatch(r'const price = (.*), name = "(.*)";', blocks[1]).groups()
    assert price == "null"
    assert json.loads(f'"{name}"') == hostile["name"]
    assert 'style="inline-size: %"' in page


def test_markup_of_trusted_sources(nginx, redis):
    scene.prepare(nginx, fragment="<div>{{{news.html}}}</div>{{#news.items}}{{{.}}}{{/news.items}}")
    redis.set_json("profile:ada", scene.PROFILE)
    redis.set_json("news", {"html": "<b>New</b>", "items": ["<i>1</i>", "<i>2</i>"]})
    nginx.configure(scene.http(redis.socket, extra="personalize_source news key=news trusted ttl=0;"),
                    scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).body,
                           "<div><b>New</b></div><i>1</i><i>2</i>")


def test_markup_of_other_sources_is_refused(nginx, redis):
    scene.prepare(nginx, fragment="<div>{{{profile.html}}}</div>")
    nginx.configure(scene.http(redis.socket), scene.server())
    code, output = nginx.check()
    assert code != 0
    assert 'template "hello.html", line 1: {{{profile.html}}} would insert' in output
