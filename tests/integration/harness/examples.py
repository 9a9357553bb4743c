"""The examples of the project, with the addresses and paths of a test in place of theirs."""

import re
import secrets

from .nginx import MODULE, ROOT
from .upstream import reply

EXAMPLES = ROOT / "conf-examples"

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>Shop</title></head><body>
<header><!--pz:greeting--><a href="/login">Log in</a><!--/pz--></header>
<main><section class="bestsellers"><h2>Bestsellers</h2></section></main>
</body></html>
"""

HEAD = """pid %(directory)s/nginx.pid;
error_log %(directory)s/error.log info;
daemon off;
"""


def example(name):
    return (EXAMPLES / f"{name}.conf").read_text()


def prepare(text, nginx, redis, upstream, geo_database):
    """Writes nginx.conf of an example's text, and the files that it names."""
    nginx.page("index.html", PAGE)
    nginx.page("product/index.html", PAGE)
    upstream.on("/product/", reply(PAGE))
    (nginx.directory / "var-log").mkdir()
    nginx.file("visitor.key", secrets.token_hex(32) + "\n").chmod(0o600)
    for fragment in (EXAMPLES / "fragments").iterdir():
        nginx.file(f"fragments/{fragment.name}", fragment.read_text())
    for payload in (EXAMPLES / "growthbook").iterdir():
        nginx.file(f"growthbook/{payload.name}", payload.read_text())
    nginx.configure()
    for written, here in {
            "modules/ngx_http_personalize_module.so": MODULE,
            "127.0.0.1:6379": f"unix:{redis.socket}",
            "/run/redis/redis-server.sock": str(redis.socket),
            "/var/lib/GeoIP/GeoLite2-City.mmdb": str(geo_database),
            "/var/www/html": str(nginx.directory / "html"),
            "/var/log/nginx/": f"{nginx.directory}/var-log/",
            "/var/lib/nginx/pages": str(nginx.directory / "pages"),
            "http://127.0.0.1:8000": upstream.url,
            "listen 8080": f"listen 127.0.0.1:{nginx.port}",
            "http {": "http { set_real_ip_from 127.0.0.1; real_ip_header X-Client; "
                      "types { text/html html; } personalize_wait 5s;"}.items():
        text = text.replace(written, here)
    user = "user root;\n" if nginx.config_file.read_text().count("user root;") else ""
    nginx.config_file.write_text(user + HEAD % {"directory": nginx.directory} + _patient(text))


def _patient(text):
    """The same with more time for Redis than a machine takes that runs other tests besides."""
    def redis(directive):
        return re.sub(r"\s+(connect_)?timeout=\w+", "", directive[1]) + " timeout=5s connect_timeout=5s;"
    text = re.sub(r"^(\s*personalize_redis\s[^;]*);", redis, text, flags=re.M)
    return re.sub(r"(personalize_wait\s+)\w+;", r"\g<1>5s;", text)
