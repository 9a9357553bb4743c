"""personalize_convert: conversions by address or by headers of the upstream, once for each order."""

import threading

import pytest

from harness.events import BROWSER, PREFETCH, EventShop, pseudonym
from harness.upstream import reply
from harness.waiting import wait_until

SITE = """
  personalize_experiment bars { variants a=50 b=50; }
  location / { personalize on; try_files /index.html =404; }
  location = /status { personalize_status; }
  location /thanks/ { personalize on; personalize_convert sign_up; try_files /index.html =404; }
  location = /order {
    personalize_convert purchase value=$upstream_http_x_total currency=$upstream_http_x_currency
                        id=$upstream_http_x_order items=$upstream_http_x_items
                        if=$upstream_http_x_order;
    proxy_pass UPSTREAM;
  }
  location /two/ { personalize_convert add_to_cart value=$arg_v; personalize_convert view_cart;
                   return 200 ok; }
  location /if/ { if ($arg_yes) { personalize_convert subscribe; } return 200 ok; }
  location /inner/ {
    personalize_convert outer;
    location /inner/own/ { personalize_convert own; return 200 ok; }
    location /inner/same/ { return 200 ok; }
  }
  %s
"""


class Shop(EventShop):
    def __init__(self, nginx, redis, upstream, **options):
        self.upstream = upstream
        super().__init__(nginx, redis, "stream=pz:events views=off",
                         site=SITE.replace("UPSTREAM", upstream.url), **options)

    def order(self, number="1001", total="19.90", visitor="ada", status="201 Created", method="POST",
              answer=(), **headers):
        """The application takes an order."""
        said = {"X-Order": number, "X-Total": total, "X-Currency": "EUR", **dict(answer)}
        self.upstream.on("/order", reply(b"{}", status, said.items(), type="application/json"))
        body = b"{}" if method in ("POST", "PUT", "PATCH") else b""
        return self.nginx.get("/order", method=method, body=body, headers={
            "User-Agent": BROWSER, "Cookie": f"vid={visitor}", **headers})

    def conversions(self):
        """All of what was asked for so far."""
        self._marks += 1
        mark = str(self._marks)
        self.get(f"/two/?v={mark}", "settler", **{"Sec-Fetch-Dest": "document"})
        wait_until(lambda: any(event.get("metric") == "view_cart" and event["time"] >= 0
                               and sum(e.get("metric") == "view_cart" for e in self.events()) >= self._marks
                               for event in self.events()), "the last conversion")
        return [event for event in self.events() if event["event"] == "conversion"
                and event["visitor"] != pseudonym("settler")]


@pytest.fixture
def shop(nginx, redis, upstream):
    return lambda **options: Shop(nginx, redis, upstream, **options).start()


def test_an_order(shop):
    shop = shop(http="personalize_session;")
    shop.order(answer={"X-Items": "sku-1,sku-2"})
    [event] = shop.conversions()
    assert event["metric"] == "purchase" and event["value"] == 19.9 and event["currency"] == "EUR"
    assert event["order"] == "1001" and event["items"] == "sku-1,sku-2"
    assert event["origin"] == "edge" and event["path"] == "/order" and event["host"] == "localhost"
    assert event["visitor"] == pseudonym("ada") and len(event["session"]) == 16
    assert event["attributes"] == {"device.type": "desktop"}


def test_an_order_counts_once(shop):
    shop = shop(workers=2)
    threads = [threading.Thread(target=shop.order) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.nginx.reload()
    shop.order()
    shop.order("1002")
    wait_until(lambda: shop.status()["conversions"]["counted"] == 2, "both are counted")
    wait_until(lambda: shop.length() == 2, "both are written")
    assert sorted(event["order"] for event in shop.events()) == ["1001", "1002"]
    assert shop.status()["conversions"]["duplicate"] == 20


def test_without_an_order_each_counts(shop):
    shop = shop()
    for _ in range(3):
        shop.get("/two/?v=2")
    metrics = [event["metric"] for event in shop.conversions()]
    assert metrics == ["add_to_cart", "view_cart"] * 3


def test_the_condition(shop):
    shop = shop()
    shop.order(number="")
    shop.order(number="0")
    assert shop.conversions() == []


@pytest.mark.parametrize("total, value", [
    ("12", 12), ("0", 0), ("-3.5", -3.5), ("1e3", 1000), (".5", 0.5), ("  7 ", 7)])
def test_values(shop, total, value):
    shop = shop()
    shop.order(total=total)
    [event] = shop.conversions()
    assert event["value"] == value


@pytest.mark.parametrize("total", ["12,50", "EUR 12", "NaN", "0x10", "1e999", "\"}{", "12.5.1"])
def test_what_is_no_number_is_left_out_and_told(shop, total):
    shop = shop()
    shop.order(total=total)
    [event] = shop.conversions()
    assert "value" not in event and event["order"] == "1001"
    assert shop.status()["conversions"]["without_value"] == 1
    assert "the value of a conversion is not a number" in shop.nginx.error_log()


def test_hostile_headers(shop):
    shop = shop()
    shop.order(number='"}\\', answer={"X-Currency": "<script>", "X-Items": "x" * 3000})
    [event] = shop.conversions()
    assert event["order"] == '"}\\' and "currency" not in event and len(event["items"]) == 3000


@pytest.mark.parametrize("status", ["400 Bad", "404 Not Found", "500 Error", "503 Busy"])
def test_failures(shop, status):
    shop = shop()
    shop.order(status=status)
    assert shop.conversions() == []


@pytest.mark.parametrize("options", [
    {"status": "303 See Other", "answer": {"Location": "/thanks/"}}, {"method": "PUT"}, {"method": "PATCH"},
    {"status": "204 No Content"}])
def test_what_is_accepted(shop, options):
    shop = shop()
    shop.order(**options)
    assert len(shop.conversions()) == 1


@pytest.mark.parametrize("options", [
    {"method": "HEAD"}, {"method": "DELETE"}, {"method": "GET", "Sec-Fetch-Dest": "image"},
    {"method": "GET", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"method": "GET", "status": "302 Found"}, {"Sec-Purpose": "prefetch"}, {"Sec-GPC": "1"},
    {"User-Agent": "Googlebot/2.1"}, {"Cookie": "a=b"}])
def test_what_is_not_counted(shop, options):
    shop = shop()
    shop.order(**options)
    assert shop.conversions() == []


def test_a_page(shop):
    shop = shop()
    shop.get("/thanks/x?order=1")
    shop.get("/thanks/x", **PREFETCH)
    [event] = shop.conversions()
    assert event["metric"] == "sign_up" and event["path"] == "/thanks/x" and "order" not in event


def test_in_an_if(shop):
    shop = shop()
    shop.get("/if/")
    shop.get("/if/?yes=1")
    assert [event["metric"] for event in shop.conversions()] == ["subscribe"]


def test_inner_locations(shop):
    shop = shop()
    shop.get("/inner/own/")
    shop.get("/inner/same/")
    assert [event["metric"] for event in shop.conversions()] == ["own", "outer"]


def test_an_order_that_was_not_written_counts_again(nginx, redis, upstream):
    shop = Shop(nginx, redis, upstream).start()
    redis.data.set("pz:events", "in the way")
    shop.order()
    wait_until(lambda: shop.dropped().get("refused"), "it is refused")
    redis.data.delete("pz:events")
    shop.order()
    wait_until(lambda: shop.length() == 1, "it is written")


def test_without_events_nothing_happens(nginx, redis, upstream):
    shop = Shop(nginx, redis, upstream)
    config = nginx.config_file
    config.write_text(config.read_text().replace("personalize_events stream", "# stream", 1))
    shop.start()
    assert shop.order().status == 201
    assert shop.length() == 0
    assert "does nothing without personalize_events" in nginx.check()[1]


@pytest.mark.parametrize("directive, message", [
    ("a-b", "invalid name"), ("purchase price=1", "unknown parameter"), ("purchase value=1 value=2", "value"),
    ("purchase value=$nonsense_variable", "unknown")])
def test_refused(nginx, directive, message):
    nginx.configure("personalize_visitor cookie=vid;", f"location / {{ personalize_convert {directive}; }}")
    code, output = nginx.check()
    assert code != 0 and message in output, output
