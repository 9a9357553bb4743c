"""personalize_new_visitors: how many visitors one client address can add to Redis."""

import json

import pytest

from harness import scene
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def start(nginx, redis, limit="", workers=1, extra=""):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket,
                               extra=f"personalize_session; {limit} {extra}"),
                    """personalize_wait 2s; location / { personalize on; }
                       set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
                       location = /status { personalize_status; }""", workers=workers)
    nginx.start()


def look(nginx, visitor, address="127.0.0.1"):
    response = nginx.get("/", headers={"Cookie": f"vid={visitor}", "User-Agent": BROWSER,
                                       "X-Real-IP": address})
    assert response.status == 200 and response.complete


def writes(nginx):
    return json.loads(nginx.get("/status?format=json").text)["session_writes"]


def visitors(redis, views, nginx):
    """How many visitors have a session, once nothing is under way any more."""
    def settled():
        count = len(redis.data.keys("pz:session:*"))
        return count + writes(nginx)["over_budget"] >= views
    wait_until(settled, "all views are written or refused")
    return len(redis.data.keys("pz:session:*"))


def test_made_up_ids_end_with_the_budget(nginx, redis):
    start(nginx, redis, "personalize_new_visitors 50/h;")
    for i in range(200):
        look(nginx, f"v{i}")
    assert visitors(redis, 200, nginx) == 50
    assert writes(nginx)["over_budget"] == 150
    assert "personalize_new_visitors" in nginx.error_log()
    # Those who are in stay in.
    views = int(redis.data.hget("pz:session:v7", "views"))
    look(nginx, "v7")
    wait_until(lambda: int(redis.data.hget("pz:session:v7", "views")) == views + 1, "one more view")


def test_the_default_leaves_an_office_alone(nginx, redis):
    start(nginx, redis)
    for i in range(300):
        look(nginx, f"v{i}")
    assert visitors(redis, 300, nginx) == 300
    assert writes(nginx)["over_budget"] == 0


def test_other_addresses_have_their_own(nginx, redis):
    start(nginx, redis, "personalize_new_visitors 5/h;")
    for i in range(10):
        look(nginx, f"a{i}", "192.0.2.1")
    for i in range(10):
        look(nginx, f"b{i}", "192.0.2.2")
    for i in range(10):
        look(nginx, f"c{i}", f"2001:db8::{i + 1:x}")  # one network
    for i in range(3):
        look(nginx, f"d{i}", f"2001:db8:0:{i + 1:x}::1")
    assert visitors(redis, 33, nginx) == 5 + 5 + 5 + 3


@pytest.mark.parametrize("limit", ["personalize_new_visitors off;",
                                   "personalize_new_visitors 5/h trusted=10.0.0.0/8,127.0.0.1;"])
def test_no_limit(nginx, redis, limit):
    start(nginx, redis, limit)
    for i in range(20):
        look(nginx, f"v{i}")
    assert visitors(redis, 20, nginx) == 20


def test_the_budget_is_that_of_all_workers_and_outlasts_a_reload(nginx, redis):
    start(nginx, redis, "personalize_new_visitors 10/h;", workers=2)
    for i in range(30):
        look(nginx, f"v{i}")
    assert visitors(redis, 30, nginx) == 10
    nginx.reload()
    for i in range(30):
        look(nginx, f"w{i}")
    assert visitors(redis, 60, nginx) == 10
