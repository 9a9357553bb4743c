"""A private redis-server on a Unix socket, without persistence."""

import json
from pathlib import Path

import redis

from .process import COMMON, RedisProcess


class RedisServer(RedisProcess):
    """`socket` is its path. Started at once unless `start=False`."""

    def __init__(self, directory, options=(), port=0, password=None, start=True):
        self.port = port  # 0: on the socket alone
        self.socket = Path(directory) / "redis.sock"
        arguments = ["--port", port, "--unixsocket", self.socket, "--unixsocketperm", "777",
                     *COMMON, *options]
        if password:
            arguments += ["--requirepass", password]
        super().__init__(directory, redis.Redis(unix_socket_path=str(self.socket),
                                                password=password), arguments,
                         [f"unix:{self.socket}", f"127.0.0.1:{port}"])
        if start:
            self.start()

    def set_json(self, key, value):
        self.data.set(key, json.dumps(value))
