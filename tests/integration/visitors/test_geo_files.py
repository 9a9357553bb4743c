"""Files of personalize_geoip that change while NGINX runs."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from harness.waiting import wait_until

MAKE = Path(__file__).resolve().parents[3] / "scripts/make-mmdb"
PAGE = "<!doctype html><body><!--pz:s--><!--/pz--></body>"


def make(path, country):
    """A database in which loopback is in that country."""
    networks = {"127.0.0.0/8": {"country": country}}
    networks.update({f"10.0.{i}.0/24": {"city": f"{country} town {i}"} for i in range(200)})
    subprocess.run([MAKE, path], input=json.dumps(networks).encode(), check=True)
    return path.read_bytes()


@pytest.fixture
def files(directory):
    return {country: make(directory / f"{country}.mmdb", country) for country in ("PL", "DE")}


@pytest.fixture
def path(directory, files):
    path = directory / "city.mmdb"
    path.write_bytes(files["PL"])
    return path


@pytest.fixture
def shop(nginx, path):
    nginx.page("index.html", PAGE)
    nginx.file("s.html", "[{{geo.country}}]")
    nginx.configure(f"personalize_geoip {path}; personalize_campaign s {{ slot s; fragment s.html; }}",
                    """location / { personalize on; add_header X-Worker $pid; }
                       location = /status { personalize_status; }""", workers=2)
    nginx.start()
    assert country(nginx) == "PL"
    return nginx


def country(nginx):
    response = nginx.get("/")
    assert response.status == 200 and response.complete
    return response.text.split("[")[1].split("]")[0]


def countries_by_worker(nginx):
    found = {}
    wait_until(lambda: found.update({(r := nginx.get("/")).get("x-worker"):
                                     r.text.split("[")[1].split("]")[0]}) or len(found) == 2,
               "both workers answer")
    return set(found.values())


def updates(nginx):
    return json.loads(nginx.get("/status?format=json").text)["geoip_updates"]


def in_place(path, data):
    """As cp and curl -o write: the same file, truncated first."""
    with open(path, "wb") as file:
        file.write(data)


def renamed(path, data):
    other = path.with_suffix(".new")
    other.write_bytes(data)
    other.rename(path)


@pytest.mark.parametrize("replace", [in_place, renamed])
def test_a_new_file_is_taken_up(shop, path, files, replace):
    replace(path, files["DE"])
    wait_until(lambda: country(shop) == "DE", "the new file", step=0.05)
    assert countries_by_worker(shop) == {"DE"}
    wait_until(lambda: updates(shop) == {"loaded": 1, "refused": 0}, "it is counted once")
    assert "city.mmdb reloaded" in shop.error_log()
    replace(path, files["PL"])
    wait_until(lambda: countries_by_worker(shop) == {"PL"}, "the first file again", step=0.05)


def test_truncated_in_place(shop, path, files):
    """A mapped file of which the end is gone takes a process down that reads there."""
    in_place(path, b"")
    for _ in range(20):
        assert country(shop) == "PL"
    in_place(path, files["DE"][:len(files["DE"]) // 2])
    wait_until(lambda: updates(shop)["refused"] >= 1, "it is refused", step=0.05)
    assert countries_by_worker(shop) == {"PL"}
    assert "cannot be used, the previous one stays" in shop.error_log()
    in_place(path, files["DE"])
    wait_until(lambda: countries_by_worker(shop) == {"DE"}, "the whole file", step=0.05)


def test_written_slowly(shop, path, files):
    with open(path, "wb") as file:
        step = len(files["DE"]) // 30 + 1
        for at in range(0, len(files["DE"]), step):
            file.write(files["DE"][at:at + step])
            file.flush()
            assert country(shop) == "PL"
            time.sleep(0.1)
    wait_until(lambda: countries_by_worker(shop) == {"DE"}, "the whole file", step=0.05)


def test_removed(shop, path, files):
    path.unlink()
    time.sleep(1.5)
    assert countries_by_worker(shop) == {"PL"}
    path.write_bytes(files["DE"])
    wait_until(lambda: countries_by_worker(shop) == {"DE"}, "the file is back", step=0.05)


def test_no_worker_dies(shop, path, files):
    before = shop.worker_pids() if hasattr(shop, "worker_pids") else None
    for _ in range(5):
        for data in (files["DE"], b"", files["PL"][:100], files["PL"]):
            in_place(path, data)
            assert country(shop) in ("PL", "DE")
    assert "exited on signal" not in shop.error_log()
    if before is not None:
        assert shop.worker_pids() == before
