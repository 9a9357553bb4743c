"""Prizes: what visitors draw, how many there are, and that it stays so."""

import json
from collections import Counter

import pytest

from harness.claims import ClaimShop
from harness.waiting import wait_until

CAMPAIGNS = """
  personalize_campaign lucky { slot s; priority 10; widget scratch-coupon; set title "Scratch";
                               set prizes %s; }
  personalize_campaign plain { slot s; fragment bar.html; }
"""


def literal(*prizes):
    return "'" + json.dumps(prizes, ensure_ascii=False) + "'"


def shop_of(nginx, redis, *prizes, **options):
    return ClaimShop(nginx, redis, campaigns=CAMPAIGNS % literal(*prizes), **options)


TWENTY = {"text": "20 %", "code": "TWENTY", "weight": 30, "stock": 6}
MUG = {"text": "A mug", "code": "pool=codes:mugs", "weight": 30}
FIVE = {"text": "5 %", "code": "FIVE", "weight": 40, "stock": 9}


def test_nothing_is_oversold(nginx, redis):
    redis.data.rpush("codes:mugs", *[f"MUG-{number}" for number in range(4)])
    shop = shop_of(nginx, redis, TWENTY, MUG, FIVE, workers=3, timeout="5s").start()
    visitors = [shop.come() for _ in range(30)]
    page = shop.get(visitor=visitors[0]).text
    assert not any(word in page for word in ("TWENTY", "FIVE", "MUG", "codes:"))
    claims = [(visitor, shop.ticket(visitor)) for visitor in visitors]
    told = shop.claim_at_once(claims * 3)
    answers = {}
    for (visitor, _), (status, code) in zip(claims * 3, told):
        answers.setdefault(visitor, set()).add(code if status == 200 else None)
    won = [code for codes in answers.values() for code in codes - {None}]
    assert all(len(codes - {None}) <= 1 for codes in answers.values())
    count = Counter(won)
    assert count["TWENTY"] <= 6 and count["FIVE"] <= 9
    mugs = [code for code in won if code.startswith("MUG")]
    assert len(set(mugs)) == len(mugs) <= 4
    # Once nobody claims at the same moment, what came back can be had.
    for visitor, ticket in claims:
        shop.claimed(visitor, ticket)
    kept = [json.loads(redis.data.lindex(key, -1)) for key in redis.data.keys("pz:claim:lucky:*")]
    count = Counter(claim["prize"] for claim in kept)
    assert count == {"TWENTY": 6, "FIVE": 9, "pool=codes:mugs": 4}
    assert redis.data.get("pz:stock:lucky:TWENTY") == b"6"
    assert redis.data.get("pz:stock:lucky:FIVE") == b"9"


def test_when_nothing_is_left(nginx, redis):
    """The next campaign is shown, but to those who have won; until there is something again."""
    redis.data.rpush("codes:mugs", "MUG-1")
    shop = shop_of(nginx, redis, {**TWENTY, "stock": 1}, MUG).start()
    winners = [shop.come() for _ in range(2)]
    late = shop.come()
    ticket = shop.ticket(late)
    won = {visitor: shop.claimed(visitor) for visitor in winners}
    assert sorted(code for _, code in won.values()) == ["MUG-1", "TWENTY"]
    assert shop.claimed(late, ticket) == (410, None)
    wait_until(lambda: shop.ticket(late) is None, "the next campaign is shown")
    assert "Bar" in shop.get(visitor=late).text
    assert shop.status()["pool_codes"] == {"codes:mugs": 0} and "has no codes" in nginx.error_log()
    state = shop.beacon("n=0&t=1&claim=lucky", winners[0]).cookie("pz")
    ticket = shop.ticket(winners[0], Cookie=f"vid={winners[0]}; pz={state}")
    assert shop.claimed(winners[0], ticket) == won[winners[0]]
    redis.data.decr("pz:stock:lucky:TWENTY")
    wait_until(lambda: shop.ticket(late), "one has come back")
    assert shop.claimed(late) == (200, "TWENTY")


def test_a_prize_stays(nginx, redis):
    shop = shop_of(nginx, redis, {"text": "Łucky <10> & %", "code": "TEN", "stock": 2}).start()
    first, second, third = (shop.come() for _ in range(3))
    answer = shop.claim(first, shop.ticket(first))
    assert json.loads(answer.text) == {"code": "TEN", "text": "Łucky <10> & %"}
    ticket = shop.ticket(second)
    event = next(event for event in shop.settled(shop.come()) if event["event"] == "claim")
    assert event["item"] == "Łucky <10> & %" and "TEN" not in str(event)
    # The list changes; what was claimed and what was offered does not.
    text = nginx.config_file.read_text()
    nginx.config_file.write_text(text.replace(literal({"text": "Łucky <10> & %", "code": "TEN", "stock": 2}),
                                              literal({"text": "One", "code": "ONE", "stock": 1})))
    nginx.reload()
    assert shop.claimed(first)[1] == "TEN"
    assert shop.claimed(second, ticket)[1] == "TEN"
    fourth = shop.come()
    late = shop.ticket(fourth)
    assert shop.claimed(third) == (200, "ONE")
    assert shop.claimed(fourth, late) == (410, None)


def test_blanks_and_documents(nginx, redis):
    redis.set_json("prizes", {"list": [{"text": "No luck"}, {"text": "Theirs", "code": "pool=queue"}]})
    redis.data.rpush("queue", "a job")
    shop = ClaimShop(nginx, redis, campaigns=CAMPAIGNS % "shared.list",
                     http='personalize_source shared "key=prizes";').start()
    for _ in range(4):
        visitor = shop.come()
        answer = shop.claim(visitor, shop.ticket(visitor))
        assert json.loads(answer.text) == {"code": "", "text": "No luck"}
    assert redis.data.llen("queue") == 1
    redis.set_json("prizes", {"list": []})
    nginx.reload()


def test_the_draw_is_explained(nginx, redis):
    shop = shop_of(nginx, redis, TWENTY, MUG, FIVE).start()
    visitor = shop.come()
    name = visitor.split(".")[0]
    told = json.loads(nginx.get(f"/explain?uri=/&visitor={name}").text)["claims"][0]
    assert (told["campaign"], told["offered"]) == ("lucky", True)
    assert [round(prize["odds"], 3) for prize in told["prizes"]] == [0.3, 0.3, 0.4]
    assert told["key"] == f"pz:claim:lucky:{name}"
    assert sorted(told["draw"]) == ["FIVE", "TWENTY", "pool=codes:mugs"]
    # Nothing is left of the pool: the first of the others.
    first = next(prize for prize in told["draw"] if not prize.startswith("pool="))
    assert shop.claimed(visitor) == (200, first)
    assert redis.data.exists(told["key"]) == 1
    counted = {prize["prize"]: prize.get("counted_at") for prize in told["prizes"]}
    assert redis.data.get(counted[first]) == b"1"


@pytest.mark.parametrize("prizes, message", [
    ("'[{\"code\": \"A\"}]'", "text"), ("'[{\"text\": \"a\", \"weight\": -1}]'", "weight")])
def test_mistakes(nginx, redis, prizes, message):
    ClaimShop(nginx, redis, campaigns=CAMPAIGNS % prizes)
    status, output = nginx.check()
    assert status != 0 and message in output
