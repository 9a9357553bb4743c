"""Devices of people: browsers in which somebody signs in and out, and whose script keeps the cookie."""

import time

from .browser import Browser, shown
from .state_cookie import base36


def campaign_key(name):
    """FNV-1a, as the runtime script has it."""
    key = 0x811c9dc5
    for unit in name:
        key = ((key ^ ord(unit)) * 0x01000193) & 0xffffffff
    return key


def _text(numbers):
    return ".".join(base36(n) if n else "" for n in numbers).rstrip(".")


class Device(Browser):
    """Whoever is signed in has the cookie `sid`."""

    def __init__(self, nginx, redis=None):
        super().__init__(nginx, redis)

    def sign_in(self, name):
        self.cookies["sid"] = f"s-{name}"
        return self

    def sign_out(self):
        del self.cookies["sid"]
        return self

    def go(self, path="/"):
        response = self.request(path)
        assert (response.status, response.complete) == (200, True)
        return response.text

    def shown(self, path="/"):
        """Names of the campaigns in the page."""
        return shown(self.go(path))

    def note(self, event, name):
        """What the runtime script writes into the cookie before it tells the server. Returns the
        sequence."""
        now = int(time.time()) // 60
        head, *campaigns = self.cookies.get("pz", "1").split("~")
        numbers = [int(n, 36) if n else 0 for n in head.split(".")[1:]] + [0, 0, 0]
        seen = [[int(n, 36) if n else 0 for n in campaign.split(".")] for campaign in campaigns]
        for fields in seen:
            fields += [0] * (14 - len(fields))
        key = campaign_key(name)
        fields = next((fields for fields in seen if fields[0] == key), None)
        if fields is None:
            fields = [key] + [0] * 13
            seen.append(fields)
        if event == "impression":
            fields[2] = now
            fields[11] = fields[11] or now
            for count, start in ((4, 5), (6, 7)):
                fields[start] = fields[start] if fields[count] else now
                fields[count] += 1
            fields[1] += 1
            fields[3] += 1
        else:
            fields[{"dismiss": 8, "click": 9, "conversion": 10}[event]] = now
        head = [numbers[0] + 1, numbers[1] or now, max(numbers[2], now)]
        self.cookies["pz"] = "~".join(["1." + _text(head), *map(_text, seen)])
        return head[0]

    def tell(self, event, name):
        """As the runtime script does."""
        sequence = self.note(event, name)
        answer = self.post("/_pz/e", f"n={sequence}&t={int(time.time()) // 60}&{event}={name}")
        assert answer.status == 204
        return answer

    def campaigns(self):
        """What the state cookie knows of campaigns."""
        return self.cookies.get("pz", "").split("~")[1:]
