"""The items of one feed in Redis.

  item:ID                        an item: JSON, or a hash
  pz:catalogue                   a set of the names of feeds
  pz:catalogue:{FEED}            a set of the keys that this feed's imports have written
  pz:catalogue:{FEED}:next       the keys of the import that runs, or that broke off
  pz:catalogue:{FEED}:lock       that it runs

A key is in one of the two sets before it is written, so that an import that breaks off leaves nothing
that a later one would not know.
"""

import os
import socket
import time

from shared.redis_servers import RedisError, as_bytes, encode

FEEDS = b"pz:catalogue"
LOCKED = 60  # seconds, after which an import that is silent has ended
PAGE = 1000


class Busy(Exception):
    pass


class Store:
    def __init__(self, servers, feed, as_hash=False, expire=None):
        self.servers = servers
        self.name = as_bytes(feed)
        self.known, self.next, self.lock = self._keys(self.name)
        self.as_hash = as_hash
        self.expire = expire
        self.token = f"{socket.gethostname()}:{os.getpid()}:{time.time()}".encode()
        self.renewed = None  # when
        self.added = 0  # to the set of this import
        self.new = self.changed = self.unchanged = self.deleted = 0

    @staticmethod
    def _keys(feed):
        known = b"%s:{%s}" % (FEEDS, feed)
        return known, known + b":next", known + b":lock"

    def begin(self):
        self.hold()
        self._call(FEEDS, "SADD", FEEDS, self.name)
        # What an import had written that broke off.
        for page in self._pages(self.next):
            self._call(self.known, "SADD", self.known, *page)
        self._call(self.next, "UNLINK", self.next)

    def hold(self):
        """Takes the lock, or holds it for longer. It can have been lost while the feed was silent."""
        holder = self._call(self.lock, "GET", self.lock)
        if holder not in (None, self.token) or not self._call(
                self.lock, "SET", self.lock, self.token, "EX", LOCKED, "XX" if holder else "NX"):
            raise Busy(f"another import of this feed is running ({(holder or b'?').decode()}), or "
                       f"broke off less than {LOCKED} seconds ago")
        if self.renewed and not holder and self._call(self.next, "SCARD", self.next) != self.added:
            raise Busy("another import of this feed has run while this one waited for its feed: "
                       "nothing is deleted")
        self.renewed = time.monotonic()

    def _hold_on(self):
        if time.monotonic() - self.renewed > LOCKED / 6:
            self.hold()

    def _call(self, key, *words):
        return self.servers.call(key, *words)

    def _all(self, commands):
        replies = self.servers.pipeline(commands)
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
        return replies

    def _pages(self, key):
        cursor = b"0"
        while True:
            cursor, members = self._call(key, "SSCAN", key, cursor, "COUNT", PAGE)
            if members:
                yield members
            if cursor == b"0":
                break

    # Writing

    def write(self, batch):
        """Writes what has changed of {key: value}: bytes, or {field: bytes} for a hash. Returns the
        keys that this import had before."""
        self._hold_on()
        keys = list(batch)
        before, again = self._look(keys)
        commands = []
        for key, old in zip(keys, before):
            if old == batch[key]:
                self.unchanged += 1
                commands.append(self._aged(key))
            else:
                self.changed += old is not None
                self.new += old is None
                commands.append(self._put(key, batch[key]))
        self._write(commands)
        return again

    def _look(self, keys):
        """(what is at the keys, those of them that this import had before)."""
        before, added = self._read(keys), self._add(keys)
        return before, [key for key, is_new in zip(keys, added) if not is_new]

    def _read(self, keys):
        command = b"HGETALL" if self.as_hash else b"GET"
        replies = self.servers.pipeline([(key, encode(command, key), 1) for key in keys])
        for index, reply in enumerate(replies):
            if isinstance(reply, RedisError):
                if not str(reply).startswith("WRONGTYPE"):
                    raise reply
                replies[index] = b""  # something else, which is overwritten
            elif self.as_hash:
                replies[index] = dict(zip(reply[::2], reply[1::2])) or None
        return replies

    def _add(self, keys):
        added = self._all([(self.next, encode(b"SADD", self.next, key), 1) for key in keys])
        self.added += sum(added)
        return added

    def _put(self, key, value):
        if not self.as_hash:
            expire = ("EX", self.expire) if self.expire else ()
            return key, encode(b"SET", key, value, *expire), 1
        fields = [word for pair in value.items() for word in pair]
        commands = [encode("MULTI"), encode("DEL", key), encode("HSET", key, *fields)]
        if self.expire:
            commands.append(encode(b"EXPIRE", key, self.expire))
        commands.append(encode("EXEC"))
        return key, b"".join(commands), len(commands)

    def _aged(self, key):
        """An item that is as it was lives on for as long as one that is written."""
        if self.expire:
            return key, encode(b"EXPIRE", key, self.expire), 1
        return key, encode(b"PERSIST", key), 1

    def _write(self, commands):
        for reply in self._all(commands):
            for inner in reply if isinstance(reply, list) else []:
                if isinstance(inner, RedisError):
                    raise inner

    def keep(self, keys):
        """Items of the feed that cannot be used this time stay as they are."""
        known = self._all([(self.known, encode(b"SISMEMBER", self.known, key), 1) for key in keys])
        self._add([key for key, is_known in zip(keys, known) if is_known])

    # Deleting

    def count_known(self):
        return self._call(self.known, "SCARD", self.known)

    def gone(self):
        """Pages of keys that earlier imports wrote, and that no feed has any more."""
        others = [key for name in self._call(FEEDS, "SMEMBERS", FEEDS) if name != self.name
                  for key in self._keys(name)[:2]]
        for page in self._pages(self.known):
            self._hold_on()
            page = self._missing(page)
            for other in others:
                found = self._all([(other, encode(b"SISMEMBER", other, key), 1) for key in page])
                page = [key for key, is_there in zip(page, found) if not is_there]
            if page:
                yield page

    def _missing(self, page):
        found = self._all([(self.next, encode(b"SISMEMBER", self.next, key), 1) for key in page])
        return [key for key, is_there in zip(page, found) if not is_there]

    def delete(self, keys):
        self.deleted += sum(self._all([(key, encode(b"UNLINK", key), 1) for key in keys]))

    def finish(self):
        """This import's keys are the ones that are known."""
        self._call(self.known, "UNLINK", self.known)
        if self._call(self.next, "EXISTS", self.next):
            self._call(self.next, "RENAME", self.next, self.known)
        else:
            self._call(FEEDS, "SREM", FEEDS, self.name)

    def release(self):
        if self._call(self.lock, "GET", self.lock) == self.token:
            self._call(self.lock, "UNLINK", self.lock)


class Rehearsal(Store):
    """Asks, and writes nothing. Remembers the keys itself: 100 bytes for each."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.seen = set()

    def begin(self):
        self.hold()

    def hold(self):
        self.renewed = time.monotonic()

    def _add(self, keys):
        added = [key not in self.seen for key in keys]
        self.seen.update(keys)
        return added

    def _write(self, commands):
        pass

    def _missing(self, page):
        return [key for key in page if key not in self.seen]

    def delete(self, keys):
        self.deleted += len(keys)

    def finish(self):
        pass

    def release(self):
        pass
