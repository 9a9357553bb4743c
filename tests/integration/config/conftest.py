"""What the tests of examples share."""

import pytest

from harness import examples


@pytest.fixture
def run(nginx, redis, upstream, geo_database):
    """run(text): starts NGINX with an example's text; returns get(**headers)."""

    def start(text):
        examples.prepare(text, nginx, redis, upstream, geo_database)
        nginx.start()
        return lambda path="/", **headers: nginx.get(
            path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return start
