"""Everything that may happen to Redis and to NGINX, while requests run throughout: none fails, none
is late, no worker dies, and pages are personal again when it is over."""

import os
import random
import re
import signal
import struct
import threading
import time
from pathlib import Path

import pytest
import redis as redis_client

from harness import scene
from harness.redis.fault_injector import FaultInjector
from harness.load import Load
from harness.redis.rogue import array, bulk
from harness.waiting import wait_until, wait_until_steady

WAIT = 0.15  # of which a machine that runs other tests besides takes a part
GOOD = bulk('{"name":"Ada"}')


def start(nginx, socket, workers=2, cache="", source="", timeout="120ms", **options):
    scene.prepare(nginx)
    nginx.configure(scene.http(socket, timeout=timeout, cache=cache, source=source,
                               **options), scene.server(f"{int(WAIT * 1000)}ms"), workers=workers)
    nginx.start()


def personal_again(load):
    wait_until(load.is_personal_again, "pages are personal again", step=0.05)


def survive(nginx, load, fault):
    """Runs `fault` under `load`, before and after which pages are personal."""
    workers = set(nginx.workers())
    with load:
        personal_again(load)
        fault()
        personal_again(load)
    assert set(nginx.workers()) == workers


# A Redis


def kill(redis):
    redis.kill()
    time.sleep(0.5)
    redis.start()
    redis.set_json("profile:ada", scene.PROFILE)


def stop_and_continue(redis):
    redis.suspend()
    time.sleep(0.7)
    redis.resume()


def restart_empty(redis):
    redis.kill()
    redis.start()
    time.sleep(0.5)
    redis.set_json("profile:ada", scene.PROFILE)


def full(redis):
    redis.data.config_set("maxmemory", "1")
    time.sleep(0.4)
    with pytest.raises(redis_client.exceptions.ResponseError):
        redis.data.set("other", "x")
    redis.data.config_set("maxmemory", "0")


def pause(redis):
    redis.data.client_pause(500, all=True)
    time.sleep(0.6)


def kill_clients(redis):
    own = redis.data.client_id()
    for _ in range(10):
        for client in redis.data.client_list():
            if int(client["id"]) != own:
                redis.data.execute_command("CLIENT", "KILL", "ID", client["id"])
        time.sleep(0.05)


def password_changed(redis):
    redis.data.config_set("requirepass", "other")
    kill_clients(redis)
    time.sleep(0.3)
    redis.data.config_set("requirepass", "")


def slow_command(redis):
    # Redis answers nobody meanwhile.
    redis.data.execute_command("DEBUG", "SLEEP", "0.5")


def data_of_another_type(redis):
    redis.data.delete("profile:ada")
    redis.data.rpush("profile:ada", "x")
    time.sleep(0.3)
    redis.data.delete("profile:ada")
    redis.set_json("profile:ada", scene.PROFILE)


def flush(redis):
    redis.data.flushall()
    time.sleep(0.3)
    redis.set_json("profile:ada", scene.PROFILE)


FAULTS = [kill, stop_and_continue, restart_empty, full, pause, kill_clients, password_changed,
          slow_command, data_of_another_type, flush]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("cache", ["", "personalize_cache zone=p:1m ttl=20ms stale=0 negative=20ms;"],
                         ids=["every request asks", "cached"])
def test_redis(nginx, redis, fault, cache):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=cache)
    survive(nginx, Load(nginx, WAIT), lambda: fault(redis))


def test_what_is_cached_outlives_redis(nginx, redis):
    """With a stale time, an outage is not seen at all."""
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache="personalize_cache zone=p:1m ttl=50ms stale=10m "
                                     "invalidation=off;")
    load = Load(nginx, WAIT)
    with load:
        personal_again(load)
        began = len(load.answers)
        redis.suspend()
        time.sleep(1)
        redis.resume()
        redis.kill()
        time.sleep(0.5)
    assert all(answer.filled for answer in load.answers[began:])


def test_a_stale_copy_is_fetched_anew_once_for_all_workers(nginx, rogue):
    rogue.on_read = lambda session, _: (time.sleep(0.2), session.send(GOOD))
    start(nginx, rogue.socket, timeout="9s", cache="personalize_cache zone=p:1m ttl=100ms "
                                                   "stale=10m invalidation=off;")
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).body), "the document")
    # What the other worker has asked for meanwhile is answered, and stale.
    wait_until_steady(lambda: len(rogue.reads()), "nothing is asked for")
    is_over = threading.Event()
    rogue.on_read = lambda session, _: (is_over.wait(8), session.send(GOOD))
    asked = len(rogue.reads())
    pages = [nginx.get("/", headers=scene.ADA).body for _ in range(12)]
    assert all(scene.is_filled(page) for page in pages)
    wait_until(lambda: len(rogue.reads()) > asked, "it is fetched anew")
    is_over.set()
    assert len(rogue.reads()) == asked + 1


def test_a_value_of_512_megabytes_is_never_fetched(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    redis.data.config_set("proto-max-bulk-len", "512mb")
    redis.data.setrange("profile:big", 512 * 1024 * 1024 - 1, "x")
    start(nginx, redis.socket, timeout="2s")
    before = redis.data.info("stats")["total_net_output_bytes"]
    load = Load(nginx, WAIT, visitors=("ada", "big"))
    with load:
        wait_until(lambda: len(load.answers) > 400, "requests", 60)
    sent = redis.data.info("stats")["total_net_output_bytes"] - before
    # 64 KB and a byte a time at most, for the visitor of the large one.
    assert sent < len(load.answers) * 66 * 1024
    assert any(answer.filled for answer in load.answers)
    assert any("profile=too_large" in entry["sources"] for entry in nginx.log(50))


def test_ten_thousand_keys_at_once_and_a_full_zone(nginx, redis):
    with redis.data.pipeline() as pipe:
        for i in range(10000):
            pipe.set(f"profile:v{i}", '{"name": "Ada", "more": "%s"}' % ("x" * 500))
        pipe.execute()
    start(nginx, redis.socket, timeout="2s", cache="personalize_cache zone=p:512k ttl=1h;")
    load = Load(nginx, 2.0, visitors=[f"v{i}" for i in random.sample(range(10000), 10000)],
                connections=8)
    with load:
        wait_until(lambda: len(load.answers) > 3000, "requests of many visitors", 60)
    filled = sum(answer.filled for answer in load.answers)
    assert filled > 0.9 * len(load.answers)
    assert nginx.get("/", headers={"Cookie": "vid=v1"}).status == 200


# A fault between NGINX and Redis


def in_pieces(send, data):
    for i in range(0, len(data), 3):
        send(data[i:i + 3])
        time.sleep(0.0002)


def late(send, data):
    time.sleep(random.uniform(0, 0.3))
    send(data)


def cut(link, send, data):
    send(data[:len(data) // 2])
    link.close()


def at_random_between(link, send, data):
    random.choice([in_pieces, late, lambda send, data: cut(link, send, data),
                   lambda send, data: send(data)])(send, data)


BETWEEN = {
    "replies in pieces": ("on_reply", lambda link, data: in_pieces(link.to_nginx, data)),
    "late replies": ("on_reply", lambda link, data: late(link.to_nginx, data)),
    "replies cut off": ("on_reply", lambda link, data: cut(link, link.to_nginx, data)),
    "replies lost": ("on_reply", lambda link, data: None),
    "garbage before replies": ("on_reply", lambda link, data: link.to_nginx(b"\0\r\n" + data)),
    "commands in pieces": ("on_command", lambda link, data: in_pieces(link.to_redis, data)),
    "late commands": ("on_command", lambda link, data: late(link.to_redis, data)),
    "commands cut off": ("on_command", lambda link, data: cut(link, link.to_redis, data)),
    "commands lost": ("on_command", lambda link, data: None),
    "at random": ("on_reply", lambda link, data: at_random_between(link, link.to_nginx, data)),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_fault_between_nginx_and_redis(nginx, redis, directory, name):
    redis.set_json("profile:ada", scene.PROFILE)
    injector = FaultInjector(directory / "between.sock", redis.socket)
    direction, harm = BETWEEN[name]
    try:
        start(nginx, injector.socket)

        def fault():
            setattr(injector, direction, harm)
            time.sleep(0.7)
            injector.pass_on()

        survive(nginx, Load(nginx, WAIT), fault)
    finally:
        injector.close()


# A rogue server


def delays(session, _):
    time.sleep(random.uniform(0, 0.3))
    session.send(GOOD)


def cuts(session, _):
    session.send(GOOD[:-5])
    session.close()


def one_byte_at_a_time(session, _):
    session.trickle(GOOD, 0.0005)


def at_random(session, command):
    random.choice([delays, cuts, lambda s, _: s.send(b"\0garbage\r\n"),
                   lambda s, _: s.close(), lambda s, _: s.send(GOOD)])(session, command)


ROGUES = {
    "delays": delays,
    "cuts mid-reply": cuts,
    "closes": lambda session, _: session.close(),
    "says nothing": lambda session, _: None,
    "garbage": lambda session, _: session.send(b"\0\1\2garbage\r\n\r\n" * 20),
    "two replies": lambda session, _: session.send(GOOD + b"+extra\r\n"),
    "a push": lambda session, _: session.send(b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"),
    "a malformed push": lambda session, _: session.send(b">1\r\n:1\r\n"),
    "unsubscribe of two": lambda session, _: session.send(array(["unsubscribe", "a"])),
    "a billion elements": lambda session, _: session.send(b"*1000000000\r\n"),
    "a nesting of 100,000": lambda session, _: session.send(b"*1\r\n" * 100000),
    "one byte at a time": one_byte_at_a_time,
    "loading": lambda session, _: session.send(b"-LOADING Redis is loading the dataset\r\n"),
    "out of memory": lambda session, _: session.send(b"-OOM command not allowed\r\n"),
    "wrong type": lambda session, _: session.send(b"-WRONGTYPE Operation against a key\r\n"),
    "at random": at_random,
}


@pytest.mark.parametrize("name", ROGUES)
def test_rogue(nginx, rogue, name):
    good = lambda session, _: session.send(GOOD)  # noqa: E731
    rogue.on_read = good
    start(nginx, rogue.socket)

    def fault():
        rogue.on_read = ROGUES[name]
        time.sleep(0.5)
        rogue.on_read = good

    survive(nginx, Load(nginx, WAIT), fault)


# NGINX itself


def test_reload_again_and_again(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    start(nginx, redis.socket, cache=scene.CACHE)
    load = Load(nginx, WAIT, reconnect=True)
    with load:
        personal_again(load)
        for _ in range(6):
            nginx.reload()
            time.sleep(0.3)
        personal_again(load)
    missed = sum(not answer.filled for answer in load.answers)
    assert missed < 0.05 * len(load.answers), f"{missed} of {len(load.answers)}"
    # Old workers end; what they held is given back.
    wait_until(lambda: len(nginx.workers()) == 2, "the old workers' end")


def test_workers_killed_again_and_again(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.tolerate(r"exited on signal 9")
    start(nginx, redis.socket, cache="personalize_cache zone=p:1m ttl=5ms;")
    load = Load(nginx, WAIT, reconnect=True)
    with load:
        personal_again(load)
        for _ in range(15):
            nginx.kill_worker(random.choice(nginx.workers()))
        personal_again(load)


def zone_address(pid, kilobytes):
    """Where the worker has the shared memory of that size."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw-s .*/dev/zero", line)
        if found:
            begin, end = (int(number, 16) for number in found.groups())
            if end - begin == kilobytes * 1024:
                return begin
    raise AssertionError("no such zone")


def test_a_worker_that_dies_with_the_cache_locked(nginx, redis):
    redis.set_json("profile:ada", scene.PROFILE)
    nginx.tolerate(r"exited on signal 9|shared memory zone .* was locked by")
    start(nginx, redis.socket, cache="personalize_cache zone=p:1112k ttl=60s;")
    load = Load(nginx, WAIT, reconnect=True)
    with load:
        personal_again(load)
        for _ in range(3):
            victim = nginx.workers()[0]
            # As if it had been in the middle of it: a zone begins with NGINX's lock, which holds
            # the pid of who has it.
            os.kill(victim, signal.SIGSTOP)
            address = zone_address(victim, 1112)
            with open(f"/proc/{victim}/mem", "r+b", buffering=0) as memory:
                def lock():
                    memory.seek(address)
                    return struct.unpack("@Q", memory.read(8))[0]

                wait_until(lambda: lock() in (0, victim), "the lock, free")
                memory.seek(address)
                memory.write(struct.pack("@Q", victim))
                assert lock() == victim
            nginx.kill_worker(victim)
        personal_again(load)
    assert "was locked by" in nginx.error_log()
