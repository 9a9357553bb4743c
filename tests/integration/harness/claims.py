"""A shop whose visitors claim codes, and what they are told."""

import base64
import hashlib
import hmac
import html
import json
import re
from concurrent.futures import ThreadPoolExecutor

from .events import BROWSER, EventShop
from .waiting import wait_until

KEY = "0123456789abcdef0123456789abcdef"
CAMPAIGNS = """
  personalize_campaign summer { slot s; priority 10; widget exit-popup; set title "Ten"; %s }
  personalize_campaign plain { slot s; fragment bar.html; }
"""
LOCATIONS = """
  %s
  location / { personalize on; personalize_wait 2s; try_files /index.html =404; }
  location /_pz/ { personalize_endpoint; }
  location = /status { personalize_status; }
  location = /explain { personalize_explain; allow 127.0.0.1; deny all; }
"""


class ClaimShop(EventShop):
    """`pool` is what the campaign says of its codes."""

    def __init__(self, nginx, redis, pool="code pool=codes:summer;", campaigns=None, **options):
        self.secret = nginx.file("secret", KEY + "\n")
        self.secret.chmod(0o600)
        campaigns = CAMPAIGNS % pool if campaigns is None else campaigns
        super().__init__(nginx, redis, site=LOCATIONS, server=campaigns + options.pop("server", ""),
                         visitor=f"issue=on secret_file={self.secret}",
                         http=options.pop("http", ""), **options)

    def come(self):
        """A new visitor's cookie."""
        return self.get(visitor=None).cookie("vid")

    def ticket(self, visitor, **headers):
        """That of the visitor's page; None if it has none."""
        text = self.get(visitor=visitor, **headers).text
        found = re.search(r'data-pz-claim="([^"]*)"', text)
        return found and html.unescape(found[1])

    def claim(self, visitor, ticket, method="POST", **headers):
        cookie = {"Cookie": f"vid={visitor}"} if visitor else {}
        headers = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **cookie, **headers}
        headers = {name: value for name, value in headers.items() if value is not None}
        body = f"t={ticket}".encode() if method == "POST" else b""
        return self.nginx.get("/_pz/claim", method=method, body=body, headers=headers)

    def claimed(self, visitor, ticket=None):
        """(status, code) of a claim."""
        answer = self.claim(visitor, ticket or self.ticket(visitor))
        told = json.loads(answer.text) if answer.status in (200, 410) else {}
        return answer.status, told.get("code")

    def claimed_soon(self, visitor, ticket):
        """The same, asked again while Redis does not answer."""
        told = []
        wait_until(lambda: told.append(self.claimed(visitor, ticket)) or told[-1][0] not in (429, 503),
                   "Redis answers", step=0.5)
        return told[-1]

    def claim_at_once(self, claims):
        """What each of [(visitor, ticket)] is told, all of them claiming at the same time."""
        with ThreadPoolExecutor(16) as threads:
            return list(threads.map(lambda claim: self.claimed(*claim), claims))

    def results(self):
        return {result: n for result, n in self.status()["claims"].items() if n}


def signed(visitor, key=KEY):
    """The value of the visitor's cookie."""
    digest = hmac.new(key.encode(), b"personalize visitor 1\n" + visitor.encode(), hashlib.sha256).digest()
    return f"{visitor}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def codes(count):
    return [f"CODE-{number}" for number in range(count)]
