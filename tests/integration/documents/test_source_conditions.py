"""What is looked up: nothing that no campaign of the location can use, and sources with if= only
for who is in their segment."""

import pytest

from harness import scene
from harness.redis.rogue import bulk

HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid;
"""
SERVER = "personalize_wait 2s; location / { personalize on; }"


def start(nginx, redis, http, server=SERVER):
    scene.prepare(nginx, fragment="<p>{{offer.text}}</p>")
    nginx.configure(HTTP % redis.socket + http, server)
    return nginx.start()


def keys(rogue):
    return [words[1].decode() for words in rogue.reads()]


@pytest.fixture
def documents(rogue):
    """A rogue that answers with what is put into the dictionary."""
    known = {}
    rogue.on_read = lambda session, command: session.send(bulk(known.get(command[1].decode())))
    return known


OFFER = """
  personalize_segment polish { when request.language = pl; }
  personalize_source offer key=offer if=%s ttl=0;
  personalize_campaign one { slot hello-bar; when offer.text; fragment hello.html; }
"""
PL = {"Accept-Language": "pl"}
EN = {"Accept-Language": "en"}


@pytest.mark.parametrize("condition, asked, not_asked", [
    ("segment.polish", PL, EN), ("!segment.polish", EN, PL)])
def test_only_for_who_is_in_the_segment(nginx, rogue, documents, condition, asked, not_asked):
    documents["offer"] = '{"text": "Yes"}'
    start(nginx, rogue, OFFER % condition)
    assert scene.is_default(nginx.get("/", headers=not_asked).text)
    assert keys(rogue) == []
    assert nginx.last_log(1)["sources"] == ""
    assert scene.is_filled(nginx.get("/", headers=asked).text, "<p>Yes</p>")
    assert keys(rogue) == ["offer"]
    assert nginx.last_log(2)["sources"] == "offer=fetched"


BY_PROFILE = """
  personalize_source profile key=profile:${visitor.id} %s;
  personalize_segment gold { when profile.tier = gold; }
  personalize_source offer key=offer:${visitor.id} if=segment.gold ttl=0;
  personalize_campaign one { slot hello-bar; when offer.text; fragment hello.html; }
"""


def test_the_segment_may_need_a_document(nginx, rogue, documents):
    documents.update({"profile:ada": '{"tier": "gold"}', "profile:bob": '{"tier": "tin"}',
                      "offer:ada": '{"text": "A"}', "offer:bob": '{"text": "B"}'})
    start(nginx, rogue, BY_PROFILE % "ttl=0")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>A</p>")
    assert keys(rogue) == ["profile:ada", "offer:ada"]
    assert scene.is_default(nginx.get("/", headers={"Cookie": "vid=bob"}).text)
    assert keys(rogue) == ["profile:ada", "offer:ada", "profile:bob"]


def test_a_document_that_is_cached_decides_at_once(nginx, rogue, documents):
    documents.update({"profile:ada": '{"tier": "gold"}', "offer:ada": '{"text": "A"}'})
    start(nginx, rogue, scene.CACHE + BY_PROFILE % "")
    for _ in range(2):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>A</p>")
    assert keys(rogue) == ["profile:ada", "offer:ada", "offer:ada"]
    assert nginx.last_log(2)["sources"] == "profile=hit,offer=fetched"


def test_a_document_that_is_missing_decides_too(nginx, rogue, documents):
    documents["offer"] = '{"text": "New here"}'
    start(nginx, rogue, """
  personalize_source profile key=profile:${visitor.id} ttl=0;
  personalize_segment known { when profile.tier exists; }
  personalize_source offer key=offer if=!segment.known ttl=0;
  personalize_campaign one { slot hello-bar; when offer.text; fragment hello.html; }
""")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>New here</p>")


def test_a_key_made_of_a_segment(nginx, rogue, documents):
    documents.update({"profile:ada": '{"tier": "gold"}', "offer:true": '{"text": "A"}'})
    start(nginx, rogue, """
  personalize_source profile key=profile:${visitor.id} ttl=0;
  personalize_segment gold { when profile.tier = gold; }
  personalize_source offer key=offer:${segment.gold} ttl=0;
  personalize_campaign one { slot hello-bar; when offer.text; fragment hello.html; }
""")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>A</p>")
    assert keys(rogue) == ["profile:ada", "offer:true"]


# What a location needs


def test_each_server_asks_for_what_its_own_campaigns_use(nginx, rogue, documents):
    scene.prepare(nginx, fragment="<p>x</p>")
    other = nginx.directory / "other.sock"
    nginx.configure(HTTP % rogue.socket + f"""
  personalize_source used key=used ttl=0;
  personalize_source by_condition key=by_condition ttl=0;
  personalize_source by_segment key=by_segment ttl=0;
  personalize_source by_key key=by_key ttl=0;
  personalize_source by_if key=by_if ttl=0;
  personalize_source by_template key=by_template:${{by_key.x}} if=segment.wanted ttl=0;
  personalize_source unused key=unused ttl=0;
  personalize_source unused_if key=unused_if if=segment.wanted ttl=0;
  personalize_segment wanted {{ when by_if.x missing; }}
  personalize_segment any {{ when by_segment.x missing; }}
  server {{
    listen unix:{other};
    personalize_campaign other {{ slot other; when used.x; when unused.x; fragment hello.html; }}
    location / {{ personalize on; }}
  }}""", """
    personalize_campaign one { slot hello-bar; when segment.any; when by_condition.x missing;
                               widget hello-bar; set text "{{used.x}}{{by_template.x}}"; }
    location / { personalize on; }
    location /off/ { personalize off; alias html/; }
""")
    documents["by_key"] = '{"x": 1}'
    nginx.start()
    nginx.get("/off/index.html")
    assert keys(rogue) == []
    nginx.get("/")
    assert sorted(keys(rogue)) == sorted(["used", "by_condition", "by_segment", "by_key", "by_if",
                                          "by_template:1"])


# Mistakes

MISTAKES = {
    "no segment": ("personalize_source a key=a if=cookie.x; # <-",
                   ["if=cookie.x", "if=segment.NAME"]),
    "an unknown segment": ("personalize_source a key=a if=segment.none; # <-", ["none"]),
    "a source that needs itself": (
        """personalize_segment s { when a.x; }
           personalize_source a key=a if=segment.s; # <-""", ["a -> segment.s -> a"]),
    "two that need each other": (
        """personalize_segment s { when b.x; }
           personalize_source a key=a if=segment.s; # <-
           personalize_source b key=b:${a.x};""", ["a -> segment.s -> b -> a"]),
    "a circle of segments of segments": (
        """personalize_segment s { when segment.t; }
           personalize_segment t { when a.x; }
           personalize_source a key=a if=!segment.s; # <-""", ["a -> segment.s -> a"]),
    "a key of itself": ("personalize_source a key=a:${a.x}; # <-", ["a -> a"]),
    "a third look-up": (
        """personalize_source a key=a;
           personalize_source b key=b:${a.x};
           personalize_segment s { when b.x; }
           personalize_source c key=c if=segment.s; # <-""", ["c -> segment.s -> b -> a"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(nginx, name):
    text, words = MISTAKES[name]
    scene.prepare(nginx)
    nginx.configure(HTTP % "/nonexistent" + text +
                    "\n personalize_campaign one { slot hello-bar; fragment hello.html; }", SERVER)
    line = 1 + next(i for i, line in enumerate(nginx.config_file.read_text().splitlines())
                    if line.endswith("# <-"))
    code, output = nginx.check()
    assert code == 1
    assert f"in {nginx.config_file}:{line}\n" in output
    for word in words:
        assert word in output
