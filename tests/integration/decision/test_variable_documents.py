"""Variables of what is decided are complete wherever they are used, also of documents that no slot needs."""

import pytest

from harness import scene

HTTP = """
  personalize_redis unix:%s timeout=2s connect_timeout=5s;
  personalize_visitor cookie=vid;
  personalize_source profile key=profile:${visitor.id};
  personalize_source crm key=crm:${visitor.id};
  personalize_source team key=team:${crm.team};
  personalize_segment gold { when profile.tier = gold; }
  personalize_segment big { when crm.size > 100; }
  personalize_segment in_team { when team.open; }
  personalize_segment never { when crm.none; }
  personalize_campaign all { slot hello-bar; fragment hello.html; }
  %s
"""


@pytest.fixture
def start(nginx, redis):
    redis.data.set("profile:ada", '{"tier": "gold"}')
    redis.data.set("crm:ada", '{"size": 500, "team": "red"}')
    redis.data.set("team:red", '{"open": true}')

    def begin(fragment="<p>Hello</p>", http="", location=""):
        scene.prepare(nginx, fragment=fragment)
        nginx.configure(HTTP % (redis.socket, http),
                        f"location / {{ personalize on; personalize_wait 2s; {location} }}")
        return nginx.start()
    return begin


def test_in_the_access_log(start, nginx):
    start(fragment="<p>{{profile.tier}}{{crm.size}}{{team.open}}</p>")
    assert "<p>gold500true</p>" in nginx.get("/", headers=scene.ADA).text
    assert nginx.last_log(1)["segments"] == "gold,big,in_team"


def test_of_documents_that_no_slot_needs(start, nginx):
    start()
    nginx.get("/", headers=scene.ADA)
    entry = nginx.last_log(1)
    # They are asked for, whether they come in time or not.
    assert {pair.split("=")[0] for pair in entry["sources"].split(",")} >= {"profile", "crm"}


def test_when_held_for_them(start, nginx):
    start(location="personalize_before_upstream $personalize_segments; "
                   "add_header X-Segments $personalize_segments;")
    answer = nginx.get("/", headers=scene.ADA)
    assert answer.get("x-segments") == "gold,big,in_team"
    assert nginx.last_log(1)["segments"] == "gold,big,in_team"


def test_in_a_page(start, nginx):
    start(fragment="<p>{{var.personalize_segments}}</p>")
    assert "<p>gold,big,in_team</p>" in nginx.get("/", headers=scene.ADA).text
