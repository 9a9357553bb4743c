"""The page, the campaign and the configuration that most tests share."""

BEFORE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title></head>
<body>
<h1>Shop &amp; more</h1>
"""
OPENING = "<!--pz:hello-bar-->"
DEFAULT = "<p class=bar>Free returns</p>"
CLOSING = "<!--/pz-->"
AFTER = """
<p>Welcome</p>
</body>
</html>
"""
PAGE = BEFORE + OPENING + DEFAULT + CLOSING + AFTER

# What the shared campaign shows, and what it shows for PROFILE.
FRAGMENT = "<p>Hello {{profile.name}}</p>"
HELLO_ADA = "<p>Hello Ada</p>"
PROFILE = {"name": "Ada", "tier": "gold", "orders": 7}
# Sent with the requests of the visitor whose profile that is.
ADA = {"Cookie": "vid=ada"}


def is_filled(body, content=HELLO_ADA):
    """Whether the page is PAGE with `content` in its slot and everything else as it was."""
    if isinstance(body, bytes):
        body = body.decode()
    for opening in (OPENING, ""):
        for closing in (CLOSING, ""):
            if body == BEFORE + opening + content + closing + AFTER:
                return True
    return False


def is_default(body):
    """Whether the page is PAGE, byte for byte."""
    return body == (PAGE if isinstance(body, str) else PAGE.encode())


def http(redis_socket=None, timeout="2s", cache="", visitor="cookie=vid", source="", conditions="",
         extra="", address=None, key="key=profile:${visitor.id}"):
    """The http block's part: a campaign for `hello-bar` that shows the profile's name. Redis is at the
    socket, or where `address` says; a busy machine may take longer to connect than a site would wait for.

    The cache keeps nothing unless `cache` says otherwise, so that every request asks Redis.
    """
    where = f"{address or f'unix:{redis_socket}'} timeout={timeout}"
    if "connect_timeout=" not in where:
        where += " connect_timeout=5s"
    return f"""
  personalize_redis {where};
  {cache}
  personalize_visitor {visitor};
  personalize_source profile {key} {source or ("" if cache else "ttl=0")};
  personalize_campaign greeting {{
    slot hello-bar;
    {conditions or "when profile.name;"}
    fragment hello.html;
  }}
  {extra}
"""


CACHE = "personalize_cache zone=personalize:4m ttl=60s stale=10m negative=10s;"


def server(wait="2s", location=""):
    """The server block's part: every page is personal; `location` is what else stands there."""
    return f"""
    personalize_wait {wait};
    location / {{
      personalize on;
      {location}
    }}
"""


def prepare(nginx, page=PAGE, fragment=FRAGMENT):
    """Puts the page and the fragment where `http` and `server` look for them."""
    nginx.page("index.html", page)
    nginx.file("hello.html", fragment)
