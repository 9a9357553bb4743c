"""What requests and reloads take is given back."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from harness import scene
from harness.nginx import is_sanitized
from harness.waiting import wait_until

SCRIPT = """
local i = 0
function request()
  i = i + 1
  return wrk.format("GET", nil, {Host = "x", Cookie = "vid=v" .. i % 500})
end
"""


def resident_kilobytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


pytestmark = pytest.mark.skipif(is_sanitized(), reason="AddressSanitizer keeps what is freed")


def load(nginx, seconds):
    done = subprocess.run(
        ["wrk", "-t1", "-c20", f"-d{seconds}s", "-s", str(nginx.directory / "load.lua"),
         f"http://127.0.0.1:{nginx.port}/"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        text=True, timeout=60, check=True)
    assert "Non-2xx" not in done.stdout, done.stdout


def test_a_worker_does_not_grow(nginx, redis):
    for i in range(0, 500, 2):
        redis.set_json(f"profile:v{i}", {"name": f"name{i}", "items": list(range(50))})
    redis.data.set("profile:v1", "no JSON")
    nginx.file("load.lua", SCRIPT)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, extra="gzip on;"), scene.server())
    nginx.start()
    worker = nginx.workers()[0]
    load(nginx, 2)
    before = resident_kilobytes(worker)
    load(nginx, 4)
    assert resident_kilobytes(worker) - before < 512
    assert nginx.workers() == [worker]


def page_faults(pid):
    """How often the process was given memory by the system."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])


def test_memory_is_not_asked_for_anew_by_every_request(nginx, redis):
    """Of a page that is inflated, personalized and compressed again it is most: some 200 pieces."""
    redis.set_json("profile:ada", scene.PROFILE)
    scene.prepare(nginx)
    page = scene.PAGE.replace("<h1>", "<p>Soft blue shoes for the summer</p>\n" * 12_000 + "<h1>")
    nginx.page("page.html.gz", gzip.compress(page.encode()))
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE, extra="gzip on;"),
                    scene.server(location="gzip_static always;"))
    nginx.start()
    worker = nginx.workers()[0]

    # What stays in memory is there by now.
    for _ in range(3):
        assert nginx.get("/", headers=scene.ADA).status == 200

    def get(times):
        for _ in range(times):
            response = nginx.get("/page.html", headers={**scene.ADA, "Accept-Encoding": "gzip"})
            assert scene.HELLO_ADA in gzip.decompress(response.body).decode()

    get(10)
    before = page_faults(worker)
    get(20)
    assert page_faults(worker) - before < 20 * 50


def test_a_reload_gives_back_the_old_configuration(nginx, redis, geo_database):
    campaigns = "".join(f"""personalize_segment s{i} {{ when profile.x{i} > {i}; }}
      personalize_campaign c{i} {{ slot slot{i}; when segment.s{i}; fragment hello.html; }}
    """ for i in range(100))
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, cache=scene.CACHE,
                               extra=f"personalize_geoip {geo_database};" + campaigns),
                    scene.server())
    nginx.start()
    master = nginx.master()

    def reload(times):
        for _ in range(times):
            old = set(nginx.workers())
            nginx.reload()
            wait_until(lambda: not old & set(nginx.workers()), "the old worker ends")

    reload(5)
    before = resident_kilobytes(master)
    reload(20)
    assert resident_kilobytes(master) - before < 1024
    # Maps and files of old configurations are gone too.
    maps = Path(f"/proc/{master}/maps").read_text()
    assert maps.count("city.mmdb") <= 2
    assert len(list(Path(f"/proc/{master}/fd").iterdir())) < 40
