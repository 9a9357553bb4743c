"""A client of Redis for the scripts, of the standard library alone: one server, a cluster, or the
master that sentinels watch over; TLS, users and passwords; pipelined commands."""

import binascii
import re
import socket
import ssl
import time

SLOTS = 16384
MOST_REDIRECTIONS = 5


class RedisError(Exception):
    pass


def encode(*words):
    """A command as it is sent."""
    words = [word if type(word) is bytes else str(word).encode() for word in words]
    return b"*%d\r\n%s" % (len(words), b"".join(
        [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]))


class Connection:
    """One server; speaks RESP2."""

    def __init__(self, address, options):
        self.address = address
        self.host, self.socket = connect(address, options.timeout)
        if options.tls:
            self.socket = tls_context(options).wrap_socket(
                self.socket, server_hostname=options.server_name or self.host)
        self.file = self.socket.makefile("rb", 1 << 16)

    def call(self, *words):
        self.send(encode(*words))
        return raised(self.reply())

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        """The next reply; one that is an error is returned, not raised."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise RedisError(f"{self.address} closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return RedisError(rest.decode(errors="replace"))
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        raise RedisError(f"{self.address} does not speak Redis's protocol")


def raised(reply):
    if isinstance(reply, RedisError):
        raise reply
    return reply


def connect(address, timeout):
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(timeout)
        client.connect(address[len("unix:"):])
        return None, client
    match = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+)(?::(\d+))?", address)
    if not match:
        raise RedisError(f"{address!r} is no address: write HOST:PORT or unix:PATH")
    host, port = match[1] or match[3], int(match[2] or match[4] or 6379)
    return host, socket.create_connection((host, port), timeout)


def tls_context(options):
    context = ssl.create_default_context(cafile=options.ca)
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def slot_of(key):
    """The slot of a key in a cluster: of its hash tag, if it has one."""
    begin = key.find(b"{")
    if begin >= 0:
        end = key.find(b"}", begin + 1)
        if end > begin + 1:
            key = key[begin + 1:end]
    return binascii.crc_hqx(key, 0) % SLOTS


class Servers:
    """The servers that have the data; a command about a key goes to the one that has it."""

    def __init__(self, options):
        self.options = options
        self.connections = {}
        addresses = [master_of(options)] if options.master else options.redis
        self.first = first_that_answers(addresses, self.at)
        try:
            slots = self.first.call("CLUSTER", "SLOTS")
        except RedisError:
            slots = None  # not part of a cluster
        self.owners = None
        if slots is None:
            if options.db:
                self.first.call("SELECT", options.db)
            self.masters = [self.first]
        else:
            self.owners = [address_of(slots[0][2], self.first) if slots else self.first.address] * SLOTS
            for begin, end, master, *_ in slots:
                self.owners[begin:end + 1] = [address_of(master, self.first)] * (end + 1 - begin)
            self.masters = [self.at(address) for address in sorted(set(self.owners))]

    def at(self, address):
        if address not in self.connections:
            connection = Connection(address, self.options)
            authenticate(connection, self.options.user, self.options.password)
            self.connections[address] = connection
        return self.connections[address]

    def owner(self, key):
        return self.first if self.owners is None else self.at(self.owners[slot_of(key)])

    def call(self, key, *words):
        """Sends a command to the server that has the key."""
        return raised(self.pipeline([(as_bytes(key), encode(*words), 1)])[0])

    def pipeline(self, commands):
        """Sends commands together: (key, encoded, number of its replies). Returns the last reply of
        each; one that is an error is returned, not raised."""
        by_server = {}
        for index, (key, _, _) in enumerate(commands):
            by_server.setdefault(self.owner(key), []).append(index)
        for server, indexes in by_server.items():
            server.send(b"".join([commands[index][1] for index in indexes]))
        replies = [None] * len(commands)
        for server, indexes in by_server.items():
            for index in indexes:
                replies[index] = last_reply(server, commands[index][2])
        for index, reply in enumerate(replies):
            if isinstance(reply, RedisError):
                replies[index] = self._sent_elsewhere(commands[index], reply)
        return replies

    def _sent_elsewhere(self, command, error):
        """The reply to a command after an error that says where its slot is by now, or to wait."""
        key, data, count = command
        redirections = 0
        deadline = time.monotonic() + self.options.timeout
        while True:
            kind, *about = str(error).split()
            # What is inside a transaction cannot be asked for while its slot moves.
            waits = kind in ("TRYAGAIN", "CLUSTERDOWN") or kind == "ASK" and count > 1
            if waits and time.monotonic() < deadline:
                time.sleep(0.05)
                server = self.owner(key)
            elif kind in ("MOVED", "ASK") and not waits and redirections < MOST_REDIRECTIONS:
                redirections += 1
                host, _, port = about[1].rpartition(":")
                address = join(host or self.first.host, port)
                server = self.at(address)
                if kind == "MOVED":
                    self.owners[int(about[0])] = address
                    self.masters += [server] if server not in self.masters else []
                else:
                    server.call("ASKING")
            else:
                return error
            server.send(data)
            reply = last_reply(server, count)
            if not isinstance(reply, RedisError):
                return reply
            error = reply

    def scan(self, pattern):
        for server in self.masters:
            cursor = b"0"
            while True:
                cursor, keys = server.call("SCAN", cursor, "MATCH", pattern, "COUNT", "1000")
                yield from keys
                if cursor == b"0":
                    break


def as_bytes(key):
    return key if isinstance(key, bytes) else key.encode()


def last_reply(server, count):
    """Of several replies that belong together: the first that redirects, or the last."""
    replies = [server.reply() for _ in range(count)]
    moved = (reply for reply in replies
             if isinstance(reply, RedisError) and str(reply).startswith(("MOVED", "ASK ")))
    return next(moved, replies[-1])


def join(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_of(node, asked):
    """The address of a node of CLUSTER SLOTS."""
    host = node[0].decode() if node[0] else ""
    return join(asked.host if host in ("", "?") else host, node[1])


def authenticate(connection, user, password):
    if password:
        connection.call("AUTH", *([user, password] if user else [password]))


def first_that_answers(addresses, make):
    problems = []
    for address in addresses:
        try:
            return make(address)
        except (OSError, RedisError) as error:
            problems.append(f"{address}: {error}")
    raise RedisError("; ".join(problems))


def master_of(options):
    def ask(address):
        sentinel = Connection(address, options)
        authenticate(sentinel, options.sentinel_user, options.sentinel_password)
        found = sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.master)
        if not found:
            raise RedisError(f"knows no master {options.master!r}")
        return join(found[0].decode(), found[1].decode())
    return first_that_answers(options.redis, ask)


def add_arguments(parser):
    """What says where Redis is."""
    parser.add_argument("--redis", action="append", metavar="ADDRESS",
                        help="HOST:PORT or unix:PATH; may be repeated (default 127.0.0.1:6379)")
    parser.add_argument("--db", type=int, default=0)
    parser.add_argument("--user", help="of Redis's access control")
    parser.add_argument("--password-file", help="its first line is the password")
    parser.add_argument("--master", metavar="NAME", help="the addresses are sentinels")
    parser.add_argument("--sentinel-user")
    parser.add_argument("--sentinel-password-file")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ca", help="file of trusted certificates (default: the system's)")
    parser.add_argument("--cert", help="the client's certificate")
    parser.add_argument("--key", help="and its key")
    parser.add_argument("--server-name", help="in the server's certificate, if not the host")
    parser.add_argument("--insecure", action="store_true", help="do not verify the certificate")
    parser.add_argument("--timeout", type=float, default=10, help="in seconds")


def servers_of(options):
    """Connects to what the arguments name. Raises OSError and RedisError."""
    options.redis = options.redis or ["127.0.0.1:6379"]
    options.password = read_password(options.password_file)
    options.sentinel_password = read_password(options.sentinel_password_file)
    return Servers(options)


def read_password(path):
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.readline().rstrip(b"\r\n")
