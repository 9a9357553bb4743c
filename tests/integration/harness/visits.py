"""The shared page with its data on several servers, and visits to it by one visitor at a time."""

import json

from . import scene
from .waiting import wait_until


WAIT = 2.0  # personalize_wait


def start(nginx, servers, redis, wait=WAIT, workers=1, timeout="1500ms", **options):
    """`servers` are addresses or have one, `redis` is what else personalize_redis is told; the other
    options are those of scene.http(). (Where one of several servers is stopped, the others are asked after
    connect_timeout.)"""
    scene.prepare(nginx)
    addresses = " ".join(one if isinstance(one, str) else one.address for one in servers)
    http = scene.http(address=f"{addresses} {redis} connect_timeout=1s", timeout=timeout, **options)
    nginx.configure(http, scene.server(f"{wait * 1000:.0f}ms", "add_header X-Worker $pid;") + """
    location = /_pz/status { personalize_status; }""", workers=workers)
    return nginx.start()


def visit(nginx, visitor):
    response = nginx.get("/", headers={"Cookie": f"vid={visitor}"})
    assert (response.status, response.complete) == (200, True)
    return response


def shows(nginx, visitor, name=None):
    """Whether the page of the visitor, whose profile has his own name or this one, is personal."""
    return scene.is_filled(visit(nginx, visitor).text, hello(name or visitor))


def hello(name):
    """What the shared campaign shows to whose profile has that name."""
    return f"<p>Hello {name}</p>"


def become_personal(nginx, visitors):
    wait_until(lambda: all(shows(nginx, visitor) for visitor in visitors), "all pages personal",
               step=0.05)


def change_is_seen(nginx, store, visitors, name):
    """Changes all profiles by `store.set_json`; the cache does not keep what was."""
    for visitor in visitors:
        store.set_json(f"profile:{visitor}", {"name": f"{name}-{visitor}"})
    for visitor in visitors:
        wait_until(lambda one=visitor: shows(nginx, one, f"{name}-{one}"),
                   f"the change of {visitor}", step=0.005)


def metrics(nginx):
    return json.loads(nginx.get("/_pz/status?format=json").text)
