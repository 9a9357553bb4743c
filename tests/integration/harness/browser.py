"""A browser: it keeps cookies, looks at pages, tells what it saw, and comes back days later."""

import datetime
import html
import re

from .state_cookie import minutes_ago
from .waiting import wait_until

DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


def shown(text):
    """The names of the campaigns in a page, in the order of its bytes."""
    return re.findall(r'<[a-z][^>]* data-pz-campaign="([^"]+)"', text)


def words(text):
    """What a page says, without its markup, scripts and styles."""
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


class Browser:
    """`headers` are sent with each request: `Browser(nginx, redis, User_Agent=PHONE)`."""

    def __init__(self, nginx, redis, cookies=None, **headers):
        self.nginx, self.redis = nginx, redis
        self.cookies = dict(cookies or {})
        self.headers = {"User-Agent": DESKTOP, **_named(headers)}
        self.page = None  # the text of the page looked at last
        self.views = 0  # of this visit, as far as they count: with the id that was issued
        self._began = 0  # when the visit before this one did
        self._keeps = "personalize_session" in nginx.config_file.read_text()

    @property
    def id(self):
        """Of this visitor, once NGINX has issued it (as `vid`, with a signature)."""
        return self.cookies["vid"].rsplit(".", 1)[0]

    def request(self, path, method="GET", body=b"", **headers):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self.nginx.get(path, method=method, body=body, headers={
            **self.headers, "Cookie": cookie or None, **_named(headers)})
        for given in response.all("set-cookie"):
            name, value = given.split(";", 1)[0].split("=", 1)
            self.cookies.pop(name, None)
            if "max-age=0" not in given.lower():
                self.cookies[name] = value
        return response

    def look(self, path="/", **headers):
        """What campaigns show in the page: [name, …]. Its text is `page` then."""
        # Nothing is kept of who is not known, and of previews.
        counts = "vid" in self.cookies and not any("preview" in name for name in self.cookies)
        response = self.request(path, **headers)
        assert response.status == 200, (path, response.status)
        self.page = response.text
        if counts and self._keeps:
            self.views += 1
            self._settle()
        return shown(self.page)

    def _settle(self):
        """Returns when what is written of the view has been written, in steps of which each waits for Redis's answer to
        the one before. A page that is prefetched is no view, and its documents come after those answers."""
        if self.views == 1:
            wait_until(lambda: int(self.redis.data.hget(f"pz:visits:{self.id}", "last") or 0) > self._began,
                       "the visit is written")
        for _ in range(2):
            self.request("/", Sec_Purpose="prefetch")

    def order(self, path):
        """Looks at the page of an order, and returns when it is kept."""
        def purchases():
            return self.redis.data.hget(f"pz:purchases:{self.id}", "purchases")
        before = purchases()
        campaigns = self.look(path)
        wait_until(lambda: purchases() != before, "the purchase is written")
        return campaigns

    def says(self):
        """The words of the page looked at last."""
        return words(self.page)

    def post(self, path, body):
        return self.request(path, "POST", body.encode(), Sec_Fetch_Site="same-origin")

    def tell(self, *events):
        """What the runtime script reports: `impression=sale`."""
        assert self.post("/_pz/e", "&".join(events)).status == 204
        return self

    def answer(self, form):
        """Sends a form: `size=37&pets=dog`."""
        assert self.post("/_pz/answers", form).status == 204
        return self

    def wait(self, key, field, what="it is written"):
        """Until the field of the visitor's hash is there."""
        return wait_until(lambda: self.redis.data.hget(f"pz:{key}:{self.id}", field), what)

    def come_back(self, days):
        """The visit is over, and so many days and a minute pass for all that is kept of the visitor. (The cookie pz has
        minutes: exactly a day later, what was seen in this minute would be older than a day but for the minute's first
        second.)"""
        data = self.redis.data
        visits = f"pz:visits:{self.id}"
        seconds = round(days * 86400) + 60
        wait_until(lambda: data.hget(f"pz:session:{self.id}", "views") == b"%d" % self.views, "all views are written")
        self.views = 0
        data.delete(*(f"pz:{part}:{self.id}" for part in ("session", "browsed", "prices")))
        for key, fields in ((visits, ("first", "last", "previous")), (f"pz:purchases:{self.id}", ("last_purchase",))):
            for field in fields:
                if data.hexists(key, field):
                    data.hincrby(key, field, -seconds)
        self._began = int(data.hget(visits, "last"))
        if "pz" in self.cookies:
            self.cookies["pz"] = minutes_ago(self.cookies["pz"], seconds // 60)
        return self


def _named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def today(days=0, form="%Y-%m-%d"):
    """The date in so many days, as documents have it and where NGINX is. The day does not end while a test runs."""
    almost_over = datetime.time(23, 59, 30)
    wait_until(lambda: datetime.datetime.now().time() < almost_over, "the next day")
    return (datetime.date.today() + datetime.timedelta(days)).strftime(form)
