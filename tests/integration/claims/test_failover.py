"""Claims while sentinels replace the master."""

from harness.claims import ClaimShop, codes
from harness.redis.sentinel import NAME, RedisSentinel
from harness.waiting import wait_until

POOL = "codes:summer"


def test_claims_outlive_a_failover(nginx, tmp_path):
    sentinel = RedisSentinel(tmp_path)
    try:
        sentinel.wait_whole()
        master = sentinel.master()
        master.data.rpush(POOL, *codes(6))
        shop = ClaimShop(nginx, None, workers=2, timeout="500ms", events="file={directory}/events",
                         address=f"{' '.join(one.address for one in sentinel.sentinels)} mode=sentinel:{NAME}")
        shop.start(connected=False)
        visitors = [shop.come() for _ in range(6)]
        tickets = {visitor: shop.ticket(visitor) for visitor in visitors}
        before = {visitor: shop.claimed(visitor, tickets[visitor]) for visitor in visitors[:3]}
        assert {status for status, _ in before.values()} == {200}
        sentinel.wait_replicated()
        master.kill()
        assert shop.claim(visitors[3], tickets[visitors[3]]).status == 503
        sentinel.wait_failed_over(master)
        wait_until(lambda: shop.claim(visitors[3], tickets[visitors[3]]).status == 200,
                   "the new master is asked", step=0.5)
        after = {visitor: shop.claimed_soon(visitor, tickets[visitor]) for visitor in visitors}
        assert {visitor: after[visitor] for visitor in before} == before
        assert len({code for _, code in after.values()}) == 6
        assert sentinel.master().data.llen(POOL) == 0
    finally:
        sentinel.stop()
