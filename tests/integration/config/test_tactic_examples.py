"""Examples of what shops do: for several visitors of each, what a page shows, and what it does not."""

import pytest

from harness import examples
from harness.browser import PHONE, Browser, today
from harness.examples import PAGE, example
from harness.upstream import reply
from harness.waiting import wait_until

POLAND, INDIA = "203.0.113.77", "198.51.100.1"


@pytest.fixture
def shop(nginx, redis, upstream, geo_database):
    """shop(text) starts NGINX with an example of which nginx -t has nothing to say."""

    class Shop:
        def __call__(self, text, **paths):
            examples.prepare(text, nginx, redis, upstream, geo_database)
            self.page("/")
            code, output = nginx.check()
            assert code == 0 and "[warn]" not in output, output
            nginx.start()
            return self

        def page(self, path, body=PAGE, **headers):
            """A page of the application, with headers that say what it is."""
            upstream.on(path, reply(body, headers={name.replace("_", "-"): str(value)
                                                   for name, value in headers.items()}))

        def newcomer(self, **headers):
            return Browser(nginx, redis, **headers)

        def known(self, **headers):
            """Who is on record, with a page."""
            browser = self.newcomer(**headers)
            browser.look()  # gives the id, with which the next page comes
            browser.look()
            return browser

        def write(self, key, **members):
            """A document; what NGINX keeps of it is forgotten."""
            redis.set_json(key, members)

    return Shop()


def test_funnel(shop):
    shop(example("funnel"))
    for sku, price in ("a", 20), ("b", 22), ("c", 45):
        shop.page(f"/p/{sku}", X_Sku=sku, X_Price=price)
    shop.page("/cart", X_Value=42, X_Count=2)
    shop.page("/checkout", X_Value=42)
    shop.page("/thanks", X_Order="1001", X_Value=42)
    assert shop.newcomer().look() == []
    # Who looks at one thing after the other is asked, and told about differences in price.
    ann = shop.known()
    assert ann.look("/p/a") == ann.look("/p/b") == []
    assert ann.look("/p/a") == ["leaving_without_anything"]
    assert ann.look("/p/c") == ["comparing", "leaving_without_anything"]
    assert "Between $20.00 and $45.00" in ann.says()
    # With a cart, another question; and on return it is there.
    assert ann.look("/cart") == ["leaving_the_cart"]
    assert "Your things for $42.00" in ann.says()
    assert ann.come_back(days=1).look() == ["back_to_the_cart"]
    assert ann.look("/checkout") == ["leaving_the_checkout"]
    assert ann.come_back(days=1).look() == ["back_to_the_checkout"]
    assert ann.look("/cart") == ["back_to_the_checkout", "leaving_the_cart"]
    # After the order nobody is held up, and who has bought is not asked what they look for.
    assert ann.order("/thanks") == []
    assert ann.come_back(days=1).look() == ["back_after_an_order"]
    assert [ann.look("/p/a") for _ in range(4)][-1] == ["back_after_an_order"]
    assert ann.come_back(days=1).look() == []


def test_abandoned(shop):
    shop(example("abandoned"))
    shop.write("item:lamp", item_id="lamp", item_name="Moon lamp", url="/p/lamp", price=49)
    shop.page("/p/lamp", X_Sku="lamp")
    shop.page("/cart", X_Value=49)
    shop.page("/thanks", X_Order="1001", X_Items="lamp")
    # Of a cart and a view the cart counts; a day after the first time it is told once more.
    ann = shop.known()
    assert ann.look("/p/lamp") == ann.look("/cart") == []
    assert ann.come_back(days=1).look() == ["your_cart"]
    assert "Your cart for $49.00 is still there" in ann.says()
    ann.tell("impression=your_cart").come_back(days=1)
    assert ann.look() == ["your_cart_again"]
    ann.tell("impression=your_cart_again")
    assert ann.look() == ["your_view"]
    # Who has clicked is left in peace.
    bob = shop.known()
    bob.look("/cart")
    bob.come_back(days=1).look()
    bob.tell("impression=your_cart", "click=your_cart").come_back(days=2)
    assert bob.look() == []
    # Only looked at something.
    eve = shop.known()
    eve.look("/p/lamp")
    assert eve.come_back(days=1).look() == ["your_view"]
    assert "Moon lamp is $49.00" in eve.says()
    eve.tell("impression=your_view").come_back(days=1)
    assert eve.look() == ["your_view_again"] and "/p/lamp#reviews" in eve.page
    # What was bought was not left behind.
    dan = shop.known()
    dan.look("/p/lamp"), dan.order("/thanks")
    assert dan.come_back(days=1).look() == []
    assert shop.known().come_back(days=1).look() == []


def test_returning(shop, nginx):
    shop(example("returning"))
    shop.page("/thanks", X_Order="1001", X_Value="39.90", X_Items="1,2")
    assert shop.newcomer().look() == []
    ann = shop.known()
    ann.look()
    # 5 % on another day, and 10 % a day after that was seen, until the first order.
    assert ann.come_back(days=1).look() == ["first_order"] and "5 % off your first order" in ann.says()
    ann.tell("impression=first_order").come_back(days=1)
    assert ann.look() == ["first_order"] and "10 % off your first order" in ann.says()
    ann.order("/thanks")
    assert ann.look() == ["away_for_days"]
    # Then the greeting tells how long it was.
    for days, greeting in (2, "away_for_days"), (5, "away_for_a_week"), (14, "away_for_two_weeks"), (15, "away_for_long"):
        assert ann.come_back(days).look() == [greeting]
    # The application's own word about an order is as good as the page.
    bob = shop.known()
    bob.look()
    shop.page("/api/order", "{}", X_Order="1002", X_Value="12")
    bob.post("/api/order", "{}")
    bob.wait("purchases", "purchases")
    assert bob.come_back(days=5).look() == ["away_for_a_week"]


def test_dormant(shop):
    shop(example("dormant"))
    for sku in "tent", "mat", "lamp", "stove", "pot":
        shop.write(f"item:{sku}", item_name=sku.title(), url=f"/p/{sku}", price=9)
    shop.write("goes-with:tent")
    shop.page("/api/order", "{}", X_Order="1001", X_Items="stove,pot")

    def customer(order, items):
        browser = shop.known()
        shop.page("/api/order", "{}", X_Order=order, X_Items=items)
        browser.look()
        browser.post("/api/order", "{}")
        browser.wait("purchases", "last_purchase")
        return browser

    shop_redis = customer("1001", "tent").redis
    shop_redis.set_json("goes-with:tent", ["mat", "tent", "lamp"])
    ann = customer("1002", "tent")
    assert ann.look() == []
    ann.come_back(days=170)
    assert ann.look() == []
    ann.come_back(days=20)
    assert ann.look() == ["cross_sell"]
    assert "Mat" in ann.says() and "Lamp" in ann.says() and "Tent" not in ann.says()
    ann.come_back(days=200)
    assert ann.look() == ["cross_sell", "why"]
    # Of things that no list is about, what others bought with them.
    for order in range(3):
        customer(f"20{order}", "stove,pot")
    bob = customer("1003", "stove")
    bob.come_back(days=200)
    wait_until(lambda: bob.look() == ["cross_sell"], "it is learned")
    assert "Pot" in bob.says()
    assert shop.known().come_back(days=400).look() == []


def test_first_order(shop):
    shop(example("first-order"))
    shop.page("/cart", X_Value=12)
    ann = shop.known()
    assert ann.look() == ["first_delivery"]
    assert ann.look("/cart") == ["first_delivery", "how_much_is_missing"]
    assert "$8.00 more, and delivery is free" in ann.says()
    shop.page("/cart", X_Value=25)
    ann.look("/cart")
    assert "Delivery of your first order is free" in ann.says()
    # Who has seen the offer loses it with the order; the third one makes a regular.
    ann.tell("impression=first_delivery")
    for order, expected in ("1", []), ("2", []), ("3", ["regulars"]):
        shop.page("/thanks", X_Order=order, X_Value=25)
        ann.order("/thanks")
        assert ann.look() == ann.look("/cart") == expected
    # Orders elsewhere count.
    bob = shop.known()
    shop.write(f"crm:{bob.id}", orders=1)
    assert bob.look() == []
    shop.write(f"crm:{bob.id}", orders=7)
    assert bob.look() == ["regulars"]
    # A newcomer has no order either.
    assert shop.newcomer().look() == ["first_delivery"]


def test_affinity(shop):
    shop(example("affinity"))
    shop.write("picture:Shoes", title="New shoes", image="/img/shoes.jpg", link="/shoes")
    shop.write("picture:Shoes:Acme", title="Shoes by Acme", image="/img/acme.jpg", link="/acme/shoes")
    for sku, category, brand in ("1", "Shoes", "Acme"), ("2", "Shoes", "Acme"), ("3", "Bags", "Zen"), ("4", "Shoes", "Zen"):
        shop.page(f"/p/{sku}", X_Sku=sku, X_Category=category, X_Brand=brand)
    assert shop.newcomer().look() == []
    ann = shop.known()
    ann.look("/p/1")
    assert ann.look() == []
    ann.look("/p/2")
    assert ann.look() == ["picture"] and "Shoes by Acme" in ann.says()
    ann.look("/p/3")
    assert ann.look() == ["brand", "picture"] and "All of Acme" in ann.says()
    # There is no picture of the brand: that of the category.
    bob = shop.known()
    bob.look("/p/4"), bob.look("/p/4")
    assert bob.look() == ["picture"] and "New shoes" in bob.says()
    # The model knows better, also of who has just come.
    eve = shop.known()
    shop.write(f"model:{eve.id}", categories={"Bags": 4, "Shoes": 3.5, "Hats": 1})
    assert eve.look() == ["shoe_lovers"]
    shop.write(f"model:{eve.id}", categories={"Bags": 4, "Shoes": 3.5, "Hats": 5})
    wait_until(lambda: eve.look() == [], "the model's change")
