"""What browsers report, as events: known names, marked as claimed, bounded."""

import pytest

from harness.claims import KEY, signed
from harness.events import BROWSER, EventShop, kinds, pseudonym
from harness.waiting import wait_until

HTTP = "personalize_session;"
SERVER = """
  personalize_campaign two { slot body-end; when cookie.never; fragment bar.html; }
  location /thanks/ { personalize_convert subscribe; personalize_convert purchase id=$arg_order value=9;
                      return 200 ok; }
"""


@pytest.fixture
def shop(nginx, redis):
    return lambda events="stream=pz:events views=off", **options: EventShop(
        nginx, redis, events, http=HTTP, server=SERVER, **options).start()


def test_events_of_campaigns(shop):
    shop = shop()
    answer = shop.beacon("n=0&t=0&impression=bar&click=bar&dismiss=two&lead=two&conversion=bar",
                         Referer="http://localhost/shoes/caf%C3%A9?a=b#c")
    assert answer.status == 204
    events = shop.events(5)
    assert kinds(events) == ["impression", "click", "dismiss", "lead", "conversion"]
    assert [event["campaign"] for event in events] == ["bar", "bar", "two", "two", "bar"]
    for event in events:
        assert event["origin"] == "browser" and event["visitor"] == pseudonym("ada")
        assert event["path"] == "/shoes/caf\xe9" and event["host"] == "localhost"
        assert len(event["session"]) == 16
    assert events[4]["metric"] == "conversion"
    counted = shop.status()["events"]
    assert counted["lead"] == counted["impression"] == 1


def test_details(shop):
    shop = shop()
    shop.beacon("click=&item=sku-1&list=similar&position=2&impression=&list=similar"
                "&answer=bar&question=why&text=Zu+teuer%21&click=bar&slot=s")
    click, impression, answer, other = shop.events(4)
    assert (click["item"], click["list"], click["position"]) == ("sku-1", "similar", 2)
    assert "campaign" not in click and impression["list"] == "similar" and "item" not in impression
    assert (answer["event"], answer["question"], answer["answer"]) == ("answer", "why", "Zu teuer!")
    assert other["slot"] == "s"


def test_conversions_are_claims(shop):
    shop = shop()
    claim = "conversion=&metric=purchase&value=19.90&currency=EUR&order=1001&items=a%2Cb"
    for _ in range(3):
        assert shop.beacon(claim).status == 204
    [event] = shop.events(1)
    assert event["origin"] == "browser" and event["metric"] == "purchase" and event["value"] == 19.9
    assert event["order"] == "1001" and event["attributes"] == {"device.type": "desktop"}
    # The edge sees the same order, and says so: its word is better.
    shop.get("/thanks/?order=1001")
    events = shop.events(3)
    assert [(event["metric"], event["origin"]) for event in events[1:]] == [
        ("subscribe", "edge"), ("purchase", "edge")]
    # What the edge has written is not claimed again.
    shop.get("/thanks/?order=1002")
    shop.beacon(claim.replace("1001", "1002"))
    shop.beacon("lead=")
    events = shop.events(6)
    assert kinds(events[3:]) == ["conversion", "conversion", "lead"]
    assert {event["origin"] for event in events[3:5]} == {"edge"}


@pytest.mark.parametrize("body, reason", [
    ("impression=nonsense", "campaign"), ("lead=nonsense", "campaign"),
    ("conversion=&metric=nonsense", "metric"), ("conversion=&metric=", None),
    ("conversion=&metric=subscribe", None), ("conversion=&metric=add_to_cart", None),
    ("impression", "body"), ("purchase=1", "body"), ("click=bar&value=x", "body"), ("{}", "body"),
    ("\0\xff", "body"), ("answer=bar&question=a", "body"), ("click=bar&click=" + "x" * 129, "body"),
    ("&".join(["click=bar"] * 33), "body"), ("click=" + "%" * 4000, "body")])
def test_names_that_are_not_known(shop, body, reason):
    shop = shop()
    answer = shop.nginx.get("/_pz/e", method="POST", body=body.encode("latin-1"), headers={
        "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Cookie": "vid=ada"})
    refusals = {name: n for name, n in shop.status()["beacon_refusals"].items() if n}
    if reason is None:
        assert answer.status == 204 and refusals == {}
        return
    assert answer.status == 400 and refusals == {reason: 1}
    assert answer.get("content-type").startswith("text/plain")
    assert answer.text == {"campaign": "unknown campaign\n", "metric": "unknown metric\n",
                           "body": "not understood\n"}[reason]
    shop.beacon("lead=")
    assert kinds(shop.events(1)) == ["lead"]


def test_the_known_ones_of_a_batch_count(shop):
    shop = shop()
    assert shop.beacon("click=gone&click=bar&conversion=&metric=nonsense").status == 204
    assert kinds(shop.events(1)) == ["click"]
    status = shop.status()
    assert status["beacon_refusals"]["campaign"] == status["beacon_refusals"]["metric"] == 1
    assert status["beacons"] == {"accepted": 1, "refused": 0}


def test_too_many(shop):
    shop = shop()
    batch = "&".join(["click=bar"] * 30)
    answers = [shop.beacon(batch).status for _ in range(8)]
    assert answers[:4] == [204] * 4 and answers[-1] == 429
    refused = shop.beacon(batch)
    assert refused.status == 429 and refused.get("retry-after") and refused.text == "too many events\n"
    assert shop.status()["beacon_refusals"]["rate"] >= 2
    # Others are not concerned.
    assert shop.beacon(batch, visitor="bob").status == 204


def test_too_large(shop):
    shop = shop()
    assert shop.beacon("click=bar&" * 500).status == 413
    assert shop.status()["beacon_refusals"]["size"] == 1


@pytest.mark.parametrize("headers, status, reason", [
    ({"Sec-Fetch-Site": "cross-site"}, 403, "site"), ({"Sec-Fetch-Site": "none"}, 403, "site"),
    ({"Sec-Purpose": "prefetch"}, 204, "prefetch"), ({"Sec-GPC": "1"}, 204, None),
    ({"User-Agent": "Googlebot/2.1"}, 204, None), ({"Cookie": "a=b"}, 204, None)])
def test_who_is_not_heard(shop, headers, status, reason):
    shop = shop()
    assert shop.beacon("click=bar", **headers).status == status
    if reason:
        assert shop.status()["beacon_refusals"][reason] == 1
    shop.beacon("lead=", visitor="bob")
    assert kinds(shop.events(1)) == ["lead"]


@pytest.mark.parametrize("referer", [
    "http://evil.example/x", "http://localhost.evil.example/x", "rubbish", "", "http://localhost", "data:x"])
def test_referers_of_others(shop, referer):
    shop = shop()
    shop.beacon("click=bar", Referer=referer)
    assert "path" not in shop.events(1)[0]


def test_new_visitors_of_one_address(nginx, redis):
    shop = EventShop(nginx, redis, "stream=pz:events", http="personalize_new_visitors 2/h;").start()
    for visitor in ("ada", "bob", "cleo", "ada"):
        shop.get(visitor=visitor)
    wait_until(lambda: shop.length() == 5, "those of two visitors")
    assert {event["visitor"] for event in shop.events()} == {pseudonym("ada"), pseudonym("bob")}
    assert shop.dropped() == {"over_budget": 1}


def test_ids_that_are_made_up(shop, nginx, redis):
    """All of them together have the budget of their address, which ids that are signed do not touch."""
    secret = nginx.file("secret", KEY + "\n")
    secret.chmod(0o600)
    shop = EventShop(nginx, redis, http="personalize_new_visitors 1000/h;", server=SERVER).start()
    report = "&".join(["click=bar"] * 30)
    answers = [shop.beacon(report, f"visitor{number}").status for number in range(50)]
    assert answers[:40] == [204] * 40 and answers[-1] == 429
    assert shop.status()["beacon_refusals"]["rate"] >= 1
    nginx.config_file.write_text(nginx.config_file.read_text().replace(
        "cookie=vid issue=on", f"cookie=vid issue=on secret_file={secret}"))
    nginx.reload()
    assert shop.beacon(report, signed("ada")).status == 204


def test_control_characters(shop):
    shop = shop()
    shop.beacon("answer=bar&question=w%1B%5B31mhy%00&text=Zu%1B%5B2J+teuer%0A%09%7F%21")
    [event] = shop.events(1)
    assert (event["question"], event["answer"]) == ("w[31mhy", "Zu[2J teuer\n\t!")
    assert shop.beacon("answer=bar&question=why&text=%01%02").status == 400
