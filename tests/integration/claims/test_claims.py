"""Codes of a pool: who gets one, who gets none, and what is told and kept."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.claims import CAMPAIGNS, KEY, ClaimShop, codes
from harness.events import kinds
from harness.redis.cluster import RedisCluster
from harness.redis.server import RedisServer
from harness.waiting import wait_until

POOL = "codes:summer"


@pytest.fixture
def shop(nginx, redis):
    redis.data.rpush(POOL, *codes(5))
    return ClaimShop(nginx, redis).start()


def test_one_code_once(shop):
    visitor = shop.come()
    page = shop.get(visitor=visitor)
    assert "CODE" not in page.text and 'data-pz-campaign="summer"' in page.text
    assert page.get("cache-control") and "private" in page.get("cache-control")
    ticket = shop.ticket(visitor)
    answer = shop.claim(visitor, ticket)
    assert answer.status == 200 and answer.get("content-type").startswith("application/json")
    assert answer.get("cache-control") == "no-store"
    told = json.loads(answer.text)
    assert told == {"code": "CODE-4", "text": ""}
    other = shop.ticket(visitor)
    assert other != ticket
    for again in (ticket, other):
        assert json.loads(shop.claim(visitor, again).text) == told
    assert shop.redis.data.lrange(f"pz:claim:{{{POOL}}}:summer:{visitor.split('.')[0]}", 0, -1) == [
        b"CODE-4"]
    assert shop.redis.data.llen(POOL) == 4
    events = shop.settled(shop.come())
    assert kinds(events).count("claim") == 1
    event = next(event for event in events if event["event"] == "claim")
    assert (event["campaign"], event["origin"]) == ("summer", "edge") and "CODE" not in str(event)
    assert shop.results() == {"given": 1, "repeated": 2}
    assert shop.status()["campaigns"]["summer"]["claim"] == 1


def test_tickets_end_with_a_mark_of_the_visitor(shop):
    visitor = shop.come()
    marks = {shop.ticket(visitor).split(".")[1] for _ in range(2)}
    assert len(marks) == 1 and shop.ticket(shop.come()).split(".")[1] not in marks
    # A ticket of a page from before there were any is as good.
    assert shop.claimed(visitor, shop.ticket(visitor).split(".")[0]) == (200, "CODE-4")


def test_until_when_a_claim_is_kept_is_told(nginx, redis):
    redis.data.rpush(POOL, "CODE-0")
    shop = ClaimShop(nginx, redis, pool="code pool=codes:summer keep=1h;").start()
    visitor = shop.come()
    told = json.loads(shop.claim(visitor, shop.ticket(visitor)).text)
    assert abs(told.pop("until") / 1000 - time.time() - 3600) < 60
    assert told == {"code": "CODE-0", "text": ""}


def test_a_code_that_was_copied_is_reported(shop):
    visitor = shop.come()
    assert shop.beacon("n=0&t=1&claim=summer", visitor).status == 204
    event = next(event for event in shop.settled(shop.come()) if event["event"] == "claim")
    assert event["origin"] == "browser"
    assert shop.status()["events"]["claim"] == 1


def test_who_may_not(shop, nginx):
    visitor, other = shop.come(), shop.come()
    ticket = shop.ticket(visitor)
    sealed, mark = ticket.split(".")
    forged = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1] + "." + mark
    assert shop.claim(visitor, ticket, method="GET").status == 405
    for who, what, headers in [(None, ticket, {}), (other, ticket, {}), (visitor, forged, {}),
                               (visitor, "", {}), (visitor.split(".")[0], ticket, {}),
                               (visitor, ticket, {"Sec-Fetch-Site": "cross-site"}),
                               (visitor, ticket, {"Sec-Fetch-Site": None}),
                               (visitor, ticket, {"Host": "other.example"}),
                               (visitor, ticket, {"Sec-GPC": "1"}),
                               (visitor, ticket, {"User-Agent": "Googlebot/2.1"}),
                               (visitor, ticket, {"Sec-Purpose": "prefetch"})]:
        assert shop.claim(who, what, **headers).status == 403, (who, what, headers)
    assert shop.claim(visitor, "a" * 9000).status == 413
    assert shop.redis.data.llen(POOL) == 5
    # Those who cannot claim see another campaign.
    for who, headers in [(None, {}), (visitor, {"Sec-GPC": "1"})]:
        assert "Bar" in shop.get(visitor=who, **headers).text
    assert set(shop.results()) == {"refused"}


def test_too_often(shop):
    visitor = shop.come()
    ticket = shop.ticket(visitor)
    answers = [shop.claim(visitor, ticket) for _ in range(14)]
    assert [answer.status for answer in answers[:12]] == [200] * 12
    assert answers[-1].status == 429 and answers[-1].get("retry-after") == "60"


def test_an_empty_pool(shop):
    first, late = shop.come(), shop.come()
    tickets = [shop.ticket(visitor) for visitor in (first, late)]
    status, code = shop.claimed(first, tickets[0])
    assert status == 200
    shop.redis.data.delete(POOL)
    answer = shop.claim(late, tickets[1])
    assert (answer.status, json.loads(answer.text)) == (410, {"gone": True})
    wait_until(lambda: shop.ticket(late) is None, "the next campaign is shown")
    assert "Bar" in shop.get(visitor=late).text
    assert shop.status()["pool_codes"] == {POOL: 0}
    # Who has a code sees it still, by what the script has noted.
    state = shop.beacon("n=0&t=1&claim=summer", first).cookie("pz")
    ticket = shop.ticket(first, Cookie=f"vid={first}; pz={state}")
    assert shop.claimed(first, ticket) == (200, code)
    shop.redis.data.rpush(POOL, "NEW")
    wait_until(lambda: shop.ticket(late), "the pool is filled")
    assert shop.claimed(late) == (200, "NEW")
    assert "has no codes" in shop.nginx.error_log() and "has codes again" in shop.nginx.error_log()


def test_many_claim_at_once(nginx, redis):
    redis.data.rpush(POOL, *codes(30))
    shop = ClaimShop(nginx, redis, workers=3, timeout="5s").start()
    visitors = [shop.come() for _ in range(50)]
    tickets = {visitor: shop.ticket(visitor) for visitor in visitors}
    told = shop.claim_at_once([(visitor, tickets[visitor]) for visitor in visitors * 3])
    # A code that was given back at the last moment can still be had.
    told += [shop.claimed(visitor, tickets[visitor]) for visitor in visitors]
    answers = {}
    for visitor, answer in zip(visitors * 4, told):
        answers.setdefault(visitor, set()).add(answer)
    # Nobody has two codes.
    given = [{code for status, code in told if status == 200} for told in answers.values()]
    assert all(len(codes_) <= 1 for codes_ in given)
    given = [code for codes_ in given for code in codes_]
    assert sorted(given) == sorted(codes(30))
    assert redis.data.llen(POOL) == 0
    taken = [code for key in redis.data.keys("pz:claim:{*") for code in redis.data.lrange(key, 0, -1)]
    assert sorted(code.decode() for code in taken) == sorted(codes(30))
    kept = [json.loads(redis.data.lindex(key, -1)) for key in redis.data.keys("pz:claim:summer:*")]
    assert sorted(claim["code"] for claim in kept) == sorted(codes(30))
    assert {status for told in answers.values() for status, _ in told} == {200, 410}


def test_one_visitor_claims_at_once(nginx, redis):
    redis.data.rpush(POOL, *codes(200))
    shop = ClaimShop(nginx, redis, workers=3, timeout="5s").start()
    visitors = [shop.come() for _ in range(10)]
    claims = [(visitor, ticket) for visitor in visitors
              for ticket in [shop.ticket(visitor)] for _ in range(8)]
    told = shop.claim_at_once(claims)
    assert {status for status, _ in told} == {200}
    assert len({(visitor, code) for (visitor, _), (_, code) in zip(claims, told)}) == 10
    assert len({code for _, code in told}) == 10
    assert redis.data.llen(POOL) == 190


def test_a_campaign_gives_one_code(nginx, redis):
    """Whatever list the key names when the visitor comes again, and where two pages claim at once."""
    for group in ("a", "b"):
        redis.data.rpush(f"codes:{group}", *[f"{group}-{number}" for number in range(9)])
    redis.set_json("shared", {"group": "a"})
    shop = ClaimShop(nginx, redis, 'code "pool=codes:${shared.group}" keep=1d;', workers=2, timeout="5s",
                     http='personalize_source shared "key=shared" ttl=0;').start()
    visitors = [shop.come() for _ in range(6)]
    tickets = {visitor: [shop.ticket(visitor)] for visitor in visitors}
    first = shop.claimed(visitors[0], tickets[visitors[0]][0])
    assert first[0] == 200 and first[1].startswith("a-")
    redis.set_json("shared", {"group": "b"})
    for visitor in visitors:
        tickets[visitor].append(shop.ticket(visitor))
    assert shop.claimed(visitors[0], tickets[visitors[0]][1]) == first
    claims = [(visitor, ticket) for visitor in visitors for ticket in tickets[visitor] * 4]
    told = shop.claim_at_once(claims)
    assert {status for status, _ in told} == {200}
    given = {(visitor, code) for (visitor, _), (_, code) in zip(claims, told)}
    assert len(given) == len({code for _, code in given}) == 6
    # What was taken for a page that was too late is back.
    assert redis.data.llen("codes:a") + redis.data.llen("codes:b") == 18 - 6
    name = visitors[0].split(".")[0]
    assert json.loads(redis.data.lindex(f"pz:claim:summer:{name}", -1))["code"] == first[1]
    assert 80000 < redis.data.ttl(f"pz:claim:summer:{name}") <= 86400
    told = json.loads(nginx.get(f"/explain?uri=/&visitor={name}").text)["claims"][0]
    assert told["key"] == f"pz:claim:summer:{name}" and told["pool"] == "codes:b"


def test_redis_dies_between_commands(nginx, directory):
    """By kill -9 and SIGSTOP, with what it has confirmed on disk: whoever claims again and again has one
    code, which nobody else has."""
    redis = RedisServer(directory / "aof", ["--appendonly", "yes", "--appendfsync", "always"])
    try:
        redis.data.rpush(POOL, *codes(40))
        shop = ClaimShop(nginx, redis, workers=2, timeout="300ms", events="file={directory}/events").start()
        visitors = [shop.come() for _ in range(10)]
        # No visitor claims so often that the next claim has to wait.
        claims = [(visitor, shop.ticket(visitor)) for visitor in visitors for _ in range(3)]
        told = []
        with ThreadPoolExecutor(1) as thread:
            for end in (redis.kill, redis.suspend, redis.kill):
                asked = thread.submit(shop.claim_at_once, claims)
                wait_until(lambda: redis.data.keys("pz:claim:*") or asked.done(), "claims are under way")
                end()
                told += zip(claims, asked.result())
                redis.resume() if redis.started else redis.start()
                wait_until(lambda: shop.claimed(shop.come())[0] == 200, "Redis is asked again", step=0.1)
        told += [(claim, shop.claimed_soon(*claim)) for claim in claims[::3]]
        given = {(visitor, code) for (visitor, _), (status, code) in told if status == 200}
        assert len(given) == len({code for _, code in given}) == 10
        # Some codes may have got lost; none is in two places.
        left = redis.data.lrange(POOL, 0, -1)
        taken = [code for key in redis.data.keys("pz:claim:{*") for code in redis.data.lrange(key, 0, -1)]
        assert len(set(left + taken)) == len(left + taken) <= 40
    finally:
        redis.stop()


def test_redis_is_away(nginx, redis):
    redis.data.rpush(POOL, *codes(5))
    shop = ClaimShop(nginx, redis, timeout="200ms").start()
    visitor = shop.come()
    ticket = shop.ticket(visitor)
    redis.suspend()
    begin = time.monotonic()
    answer = shop.claim(visitor, ticket)
    assert answer.status == 503 and answer.get("retry-after")
    assert time.monotonic() - begin < 10
    assert shop.ticket(visitor)  # the page is as it was
    redis.resume()
    wait_until(lambda: shop.claim(visitor, ticket).status == 200, "it is answered later", step=0.3)
    assert shop.claimed(visitor, ticket)[1] in codes(5)
    # What was asked while Redis was away was done later, and changes nothing.
    assert len({shop.claimed(visitor, ticket)[1] for _ in range(3)}) == 1
    assert redis.data.llen(POOL) == 4
    redis.kill()
    assert shop.claim(visitor, ticket).status == 503
    assert "Ten" in shop.get(visitor=visitor).text


def test_what_redis_refuses(nginx, redis):
    redis.data.set(POOL, "a text")
    shop = ClaimShop(nginx, redis).start()
    visitor = shop.come()
    assert shop.claimed(visitor)[0] == 503
    assert "WRONGTYPE" in shop.nginx.error_log()
    redis.data.delete(POOL)
    redis.data.rpush(POOL, *codes(2))
    redis.data.config_set("maxmemory", "1")
    assert shop.claimed(visitor)[0] == 503
    redis.data.config_set("maxmemory", "0")
    assert shop.claimed(visitor) == (200, "CODE-1")


def test_tickets_outlive_reloads_and_keys(shop):
    visitor, other = shop.come(), shop.come()
    tickets = [shop.ticket(one) for one in (visitor, other)]
    shop.secret.write_text("f" * 32 + "\n" + KEY + "\n")
    shop.nginx.reload()
    assert shop.claimed(visitor, tickets[0])[0] == 200
    assert shop.claimed(other)[0] == 200
    shop.secret.write_text("f" * 32 + "\n")
    shop.nginx.reload()
    assert shop.claim(visitor, tickets[0]).status == 403


def test_a_campaign_that_was_ended(shop):
    visitor = shop.come()
    ticket = shop.ticket(visitor)
    shop.redis.data.hset("pz:switches", "campaign:summer", "off")
    wait_until(lambda: shop.claim(visitor, ticket).status == 410, "the switch is seen", step=1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


def test_a_cluster(nginx, cluster):
    pools = ["codes:summer", "codes:{eu}:1"]
    for pool in pools:
        cluster.master_of(pool).data.rpush(pool, *[f"{pool}-{code}" for code in codes(6)])
    second = CAMPAIGNS.split("\n")[1].replace("summer", "tagged").replace("slot s;", "slot t;")
    shop = ClaimShop(nginx, None, address=f"{cluster.nodes[0].address} mode=cluster",
                     campaigns=CAMPAIGNS % f"code pool={pools[0]};" + second % f'code "pool={pools[1]}";',
                     workers=2).start(connected=False)
    nginx.page("index.html", "<html><body><!--pz:s-->a<!--/pz--><!--pz:t-->b<!--/pz--></body></html>")
    visitors = [shop.come() for _ in range(9)]
    claims = []
    for visitor in visitors:
        page = shop.get(visitor=visitor).text
        found = [part.split('"')[0] for part in page.split('data-pz-claim="')[1:]]
        assert len(found) == 2
        claims += [(visitor, ticket) for ticket in found for _ in range(2)]
    told = shop.claim_at_once(claims)
    told += [shop.claimed(*claim) for claim in claims]
    for pool in pools:
        given = {(visitor, code) for (visitor, _), (_, code) in zip(claims * 2, told)
                 if code and code.startswith(pool)}
        assert len(given) == len({code for _, code in given}) == len({who for who, _ in given}) == 6
        assert cluster.master_of(pool).data.llen(pool) == 0
    assert {status for status, _ in told} == {200, 410}


@pytest.mark.parametrize("pool, message", [
    ("code pool=;", "unknown, empty or duplicate parameter \"pool=\""),
    ("code;", "invalid number of arguments"),
    ("code keep=1d;", "code lacks pool="),
    ("code pool=a keep=soon;", "invalid value \"keep=soon\""),
    ("code pool=a other=1;", "other=1"),
    ("code \"pool=a{}b\";", "invalid pool"),
    ("code \"pool=a:${request.arg.pool}\";", "visitors would choose the list"),
    ("code \"pool=a:${visitor.id}\";", "visitors would choose the list"),
    ("code pool=a; code pool=b;", "\"code\" is duplicate"),
    ("code pool=a; set code SUMMER;", "\"set code\" and \"code pool=\""),
])
def test_mistakes(nginx, redis, pool, message):
    ClaimShop(nginx, redis, pool)
    assert message in nginx.check()[1]


def test_what_is_missing_is_told(nginx, redis):
    for remove, message in [("personalize_redis", "needs personalize_redis"),
                            ("personalize_endpoint;", "needs personalize_endpoint"),
                            ("secret_file", "needs signed ids")]:
        ClaimShop(nginx, redis)
        text = nginx.config_file.read_text()
        if remove == "personalize_redis":
            lines = [line for line in text.split("\n") if remove not in line]
            text = "\n".join(lines).replace("stream=pz:events", "file=logs")
        elif remove == "secret_file":
            text = text.replace(f"secret_file={nginx.directory}/secret", "")
        else:
            text = text.replace(remove, "return 404;")
        nginx.config_file.write_text(text)
        output = nginx.check()[1]
        assert message in output, output
