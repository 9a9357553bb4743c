"""The Redis servers that a test runs, real ones and rogues, by their addresses in nginx.conf.

Whoever waits for NGINX waits for its workers' connections too: a test never has to know when a
worker connects. A server has

    addresses         as in personalize_redis
    running           whether it can answer
    newest()          a mark, before all connections that come later
    asked(mark)       how many connections later than the mark were answered something
    tells             whether it tells who asks which keys change
"""

import re
import weakref

from ..waiting import wait_until

_servers = weakref.WeakSet()


def register(server):
    _servers.add(server)


class Expected:
    """The connections that workers of an NGINX with this configuration make by themselves. `told` is how
    often a worker has noted that it is told which keys change: Redis counts it sooner, and what a worker
    fetches until then it does not keep."""

    def __init__(self, configuration, told):
        text = re.sub(r"#.*", "", configuration)
        self._server = self._find(text)
        self._listens = self._server is not None and self._is_tracking(text)
        self._mark = self._server.newest() if self._server else None
        self._told, self._told_before = told, told()
        self._workers = int((re.search(r"\bworker_processes (\d+);", text) or [0, 0])[1])

    @staticmethod
    def _find(text):
        """The server that standalone workers try first, if it runs; else None."""
        directive = re.search(r"\bpersonalize_redis\s+\"?([^\s;\"]+)([^;]*);", text)
        if directive is None or "mode=" in directive[2]:
            return None
        return next((server for server in list(_servers)
                     if directive[1] in server.addresses and server.running), None)

    @staticmethod
    def _is_tracking(text):
        """Whether workers want to know which keys change: something is kept in the cache."""
        cache = re.search(r"\bpersonalize_cache\b([^;]*);", text)
        sources = re.findall(r"\bpersonalize_source\b([^;]*);", text)
        return bool(cache and "invalidation=off" not in cache[1]
                    and any("ttl=0" not in source for source in sources))

    def wait(self, workers=None):
        """Until each worker, or each of so many new ones, has them."""
        server = self._server
        workers = workers or self._workers
        if server is None:
            return
        wait_until(lambda: server.asked(self._mark) >= workers, "each worker is connected to Redis")
        if self._listens and server.tells:
            wait_until(lambda: self._told() >= self._told_before + workers,
                       "each worker is told which keys change")
