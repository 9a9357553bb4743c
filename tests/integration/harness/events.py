"""A shop that writes events, and what it has written."""

import hashlib
import hmac
import json

from .waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PREFETCH = {"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
SALT = "0123456789abcdef0123456789abcdef"
STREAM = "pz:events"
PAGE = "<!doctype html><html><head><title>T</title></head><body><!--pz:s-->Default<!--/pz--></body></html>"
SERVER = """
  personalize_experiment bars { variants a=50 b=50; }
  personalize_campaign bar { slot s; when experiment.bars = b; fragment bar.html; }
  %s
  location / { personalize on; personalize_wait 2s; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
"""
JSON_FIELDS = {"time", "value", "position", "attributes"}


def pseudonym(visitor, salt=SALT):
    return hmac.new(salt.encode(), b"personalize event 1\n" + visitor.encode(),
                    hashlib.sha256).hexdigest()[:32]


class EventShop:
    """`redis` is the stream's server, or None. `events` is what personalize_events says beside the
    salt; `{directory}` in it is NGINX's."""

    def __init__(self, nginx, redis, events=f"stream={STREAM}", http="", server="", site=SERVER,
                 visitor="issue=on", address=None, timeout="2s", **options):
        self.nginx, self.redis = nginx, redis
        self._marks = 0
        nginx.page("index.html", PAGE)
        nginx.file("bar.html", "<p>Bar</p>")
        salt = nginx.file("salt", SALT + "\n")
        salt.chmod(0o600)
        events = events.format(directory=nginx.directory)
        where = address or (f"unix:{redis.socket}" if redis else None)
        connection = f"personalize_redis {where} timeout={timeout} connect_timeout=5s;" if where else ""
        if "personalize_new_visitors" not in http:
            http += " personalize_new_visitors off;"
        nginx.configure(f"""
          {connection}
          personalize_visitor cookie=vid {visitor};
          personalize_events {events} salt_file={salt};
          {http}""", site % server, **options)

    def start(self, **options):
        self.nginx.start(**options)
        return self

    def get(self, path="/", visitor="ada", status=200, **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        response = self.nginx.get(path, headers={"User-Agent": BROWSER, **cookie, **headers})
        assert response.status == status and response.complete
        return response

    def beacon(self, body, visitor="ada", **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        return self.nginx.get("/_pz/e", method="POST", body=body.encode(), headers={
            "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **cookie, **headers})

    def status(self):
        return json.loads(self.nginx.get("/status?format=json").text)

    def written(self, to="stream"):
        return self.status()["events_written"][to]

    def dropped(self):
        return {reason: n for reason, n in self.status()["events_dropped"].items() if n}

    def events(self, count=None):
        """What is in the stream, once there are that many."""
        if count is not None:
            wait_until(lambda: self.length() >= count, f"{count} events")
        return read_stream(self.redis.data)

    def length(self):
        return self.redis.data.xlen(STREAM)

    def settled(self, settler="settler"):
        """All events of what was asked for so far, once they are there. (Of one worker, that writes
        views.)"""
        self._marks += 1
        mark = f"/settled/{self._marks}"
        self.get(mark, settler)
        found = wait_until(lambda: (events := self.events()) and events[-1].get("path") == mark and events,
                           "the last view is written")
        return [event for event in found if event["visitor"] != pseudonym(settler.split(".")[0])]


def read_stream(data, key=STREAM):
    """The events, in the form of JSON lines."""
    return [decode(fields) for _, fields in data.xrange(key)]


def decode(fields):
    event = {name.decode(): value.decode() for name, value in fields.items()}
    return {name: json.loads(value) if name in JSON_FIELDS else value
            for name, value in event.items()}


def read_lines(path):
    """The events of a file; each line must be whole, in time: of one that is just being written, a reader can
    see a part."""
    def whole():
        text = path.read_text() if path.exists() else "\n"
        return text if text.endswith("\n") else None if text else "\n"
    return [json.loads(line) for line in wait_until(whole, "whole lines").splitlines() if line]


def kinds(events):
    return [event["event"] for event in events]


def ids(events):
    found = [event["id"] for event in events]
    assert len(set(found)) == len(found), "an event is there twice"
    return set(found)

