"""What shops do to their pages: each tactic of `families/`, for those who should see it and those who should not."""

import importlib.util
import shutil
import tempfile
from pathlib import Path

import pytest

from harness.nginx import Nginx
from harness.redis.server import RedisServer
from harness.tactics import TacticShop, check


def families():
    """The tables of each file: {family: [tactic, ...]}."""
    found = {}
    for path in sorted((Path(__file__).parent / "families").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"tactics_of_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[path.stem] = module.TACTICS
    return found


TACTICS = [(family, tactic) for family, tactics in families().items() for tactic in tactics]
CASES = [pytest.param(tactic, steps, id=f"{family}/{tactic.name}: {case}")
         for family, tactic in TACTICS for case, steps in tactic.cases.items()]


@pytest.fixture(scope="module")
def shop(geo_database):
    """One NGINX with a server for each tactic."""
    directory = Path(tempfile.mkdtemp(prefix="pz-"))
    directory.chmod(0o755)
    redis, nginx = RedisServer(directory / "redis"), Nginx(directory / "nginx")
    yield TacticShop(nginx, redis, geo_database, [tactic for _, tactic in TACTICS])
    nginx.close()
    redis.stop()
    shutil.rmtree(directory, ignore_errors=True)


def test_names_are_told_apart():
    names = [tactic.name for _, tactic in TACTICS]
    assert len(names) == len(set(names))
    assert all(len(tactic.cases) > 1 for _, tactic in TACTICS)


@pytest.mark.parametrize("tactic, steps", CASES)
def test_tactic(shop, tactic, steps):
    check(shop, tactic, steps)
