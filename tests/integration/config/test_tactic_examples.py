"""Examples of what shops do: for several visitors of each, what a page shows, and what it does not."""

import pytest

from harness import examples
from harness.browser import PHONE, Browser, today
from harness.claims import signed
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


def test_weather(shop):
    shop(example("weather"))
    here = shop.newcomer(X_Client=POLAND)

    def weather(**members):
        shop.write("weather:PL:Łódź", **members)

    def shows(expected, text=""):
        wait_until(lambda: here.look() == expected, expected)
        assert text in here.says()

    shows([])
    weather(sky="rain", degrees=9, tomorrow={"degrees": -2})
    shows(["rain"], "It rains in Łódź")
    weather(sky="clear", degrees=9, tomorrow={"degrees": -2})
    shows(["frost_tomorrow"], "Tomorrow it freezes")
    weather(sky="clear", degrees=-1, tomorrow={"degrees": -2})
    shows([])
    weather(sky="clear", degrees=31)
    shows(["heat"], "31 °C in Łódź")
    # Elsewhere nobody has asked what the weather is like.
    assert shop.newcomer(X_Client=INDIA).look() == shop.newcomer().look() == []


def test_markets(shop, nginx):
    shop(example("markets"))
    nginx.page("index.html", PAGE + "<h1>Our <!--pz:trainers-->trainers<!--/pz--></h1>")
    shop.write("market:PL", name="Polska", delivery={"days": 1, "free_from": 199, "currency": "PLN"})
    shop.write("market:GB", name="United Kingdom", delivery={"days": 3, "free_from": 40, "currency": "GBP"})
    shop.write("words:en-US", trainers="sneakers")
    shop.write("words:pl", trainers="buty sportowe")

    def says(**headers):
        browser = shop.newcomer(**headers)
        browser.look()
        return browser.says()
    assert "Polska: delivery in 1 day, free from PLN 199.00" in says(X_Client=POLAND, Accept_Language="en")
    polish = says(X_Client=POLAND, Accept_Language="pl")
    assert "free from 199,00 zł" in polish.replace("\xa0", " ") and "Our buty sportowe" in polish
    assert "We do not deliver to your country yet" in says(X_Client=INDIA)
    assert "United Kingdom: delivery in 3 days, free from £40.00" in says(X_Client=INDIA, Host="shop.co.uk")
    # Where the place is not known, and nothing has been chosen.
    assert "Log in" in says() and "Our trainers" in says(Accept_Language="en")


def test_editorial(shop):
    shop(example("editorial"))
    for article in "tents", "children", "stoves", "acme":
        shop.write(f"article:{article}", title=f"About {article}", url=f"/read/{article}", summary="Read it")
        shop.page(f"/read/{article}", X_Article=article)
    shop.page("/p/1", X_Sku="1", X_Category="Tents", X_Brand="Acme")
    shop.page("/p/2", X_Sku="2", X_Category="Chairs")
    ann = shop.known()
    ann.redis.data.rpush("articles", "tents", "stoves")
    ann.redis.set_json("articles:Tents", ["tents", "children"])
    ann.redis.set_json("articles:Acme", ["acme"])

    def reads(path="/"):
        ann.look(path)
        return [one for one in ("tents", "children", "stoves", "acme") if f"About {one}" in ann.says()]
    wait_until(lambda: reads() == ["tents", "stoves"], "what everybody reads")
    # In the page of a product one about its category; elsewhere those of the visitor's favourites.
    assert reads("/p/1") == ["tents"]
    assert reads() == ["tents", "children"]
    # What is read is not offered.
    assert reads("/read/tents") == ["children"]
    assert reads() == ["children", "acme"]
    ann.look("/read/children"), ann.look("/read/acme"), ann.look("/read/stoves")
    assert reads() == []


def test_loyalty(shop):
    shop(example("loyalty"))
    shop.page("/cart")
    shop.page("/thanks", X_Order="1")
    shop.write("friend:ANN7", name="Ann")
    # A friend is new, and has the discount until the first order.
    bob = shop.newcomer()
    bob.look("/?ref=ANN7")
    assert bob.look(Referer="http://localhost/?ref=ANN7") == ["friend"]
    assert "10 % For friends of Ann, on the first order" in bob.says()
    bob.tell("impression=friend")
    assert bob.look() == ["friend"]
    bob.order("/thanks")
    assert bob.look() == []
    nobody = shop.newcomer()
    nobody.look("/?ref=NOBODY")
    assert nobody.look(Referer="http://localhost/?ref=NOBODY") == []
    # Points, and a friend to tell after an order.
    ann = shop.known()
    for points, expected in (320, ["gift_is_near"]), (400, ["gift_is_there"]), (120, []):
        shop.write(f"member:{ann.id}", points=points, next_gift=400, code="ANN7")
        assert ann.look() == expected
        assert "80 points more" in ann.says() or points != 320
    assert ann.look("/?ref=ANN7") == []
    ann.order("/thanks")
    assert ann.look() == ["tell_a_friend"] and "/tell-a-friend?ref=ANN7" in ann.page
    # The charity that was chosen.
    ann.look("/cart")
    assert "1 % of this order" not in ann.says()
    ann.answer("charity=school")
    ann.look("/cart")
    assert "1 % of this order gives a book for a school" in ann.says()
    ann.answer("charity=forest").look("/thanks")
    assert "gives a tree" in ann.says()
    assert "1 % of" not in (ann.look("/"), ann.says())[1]


def test_pets_and_colours(shop):
    shop(example("pets-and-colours"))
    redis = shop.known().redis
    for sku, colour in ("bed-1", "grey"), ("bed-2", "red"), ("bed-3", "grey"):
        shop.write(f"item:{sku}", item_name=sku.title(), url=f"/p/{sku}", item_variant=colour)
        redis.data.rpush("beds", sku)
    for animal in "dog", "cat":
        shop.write(f"item:{animal}-food", item_name=f"Food for {animal}s", url="/p/food")
        redis.data.rpush(f"food:{animal}", f"{animal}-food")
    shop.page("/p/1", X_Sku="1", X_Category="Cats", X_Colour="red")
    shop.page("/thanks", X_Order="1")
    ann = shop.known()
    assert ann.look() == []
    # The colour is known after a look, the animal after two; what was told counts more.
    ann.look("/p/1")
    assert ann.look() == ["beds"]
    assert ann.says().index("Bed-2") < ann.says().index("Bed-1") < ann.says().index("Bed-3")
    ann.look("/p/1")
    assert ann.look() == ["food", "beds"] and "For your cat Food for cats" in ann.says()
    ann.answer("pets=dog").look()
    assert "For your dog Food for dogs" in ann.says()
    # The bag should be empty after a month; after three there is another.
    ann.order("/thanks")
    for days, expected in (20, []), (10, ["used_up"]), (60, []):
        ann.come_back(days)
        assert [one for one in ann.look() if one == "used_up"] == expected


def test_fair_prices(shop):
    text = example("fair-prices")
    assert "hours    18-20;" in text
    shop(text.replace("hours    18-20;", "hours 0-24;"))
    for sku, members in {
            "milk": {"price": 2, "best_before": today(1)}, "salt": {"price": 1, "elsewhere": 0.8},
            "cheese": {"price": 8, "best_before": today(3)}, "bread": {"price": 3, "department": "Bakery"},
            "oil": {"price": 9, "elsewhere": 10, "best_before": today(90)}}.items():
        shop.write(f"item:{sku}", **members)
        shop.page(f"/p/{sku}", X_Sku=sku)
    ann = shop.newcomer()
    ann.look("/p/oil")

    def price(sku, expected, text=""):
        wait_until(lambda: ann.look(f"/p/{sku}") == expected, expected)
        assert text in ann.says(), ann.says()
    price("oil", [])
    price("milk", ["good_until"], "€1.00")
    assert "Less, so that nothing is thrown away" in ann.says()
    price("cheese", ["good_until"], "€7.20")
    price("bread", ["evening"], "€1.50")
    price("salt", ["elsewhere"], "€0.80")
    # What was seen stays, for that product: cheese gets no cheaper tomorrow, but milk was not seen yet.
    ann.tell("impression=good_until")
    shop.write("item:cheese", price=8, best_before=today(0))
    shop.write("item:milk", price=2, best_before=today(2))
    price("cheese", ["good_until"], "€7.20")
    bob = shop.newcomer()
    bob.look("/p/oil")
    wait_until(lambda: bob.look("/p/cheese") == ["good_until"] and "€4.00" in bob.says(), "nearer, and cheaper")


def test_proposal(shop):
    shop(example("proposal"))

    def proposal(until, lines):
        shop.write("proposal:P7Q2", company="Acme", buyer="Ms. Kowalska", until=until, currency="EUR", discount=0.1,
                   vat=0.23, lines=lines)
        browser = shop.newcomer()
        browser.look("/?proposal=P7Q2")
        return browser.look(Referer="http://localhost/?proposal=P7Q2"), browser.says()
    desks = [{"name": "Desk", "qty": 12, "price": 249}, {"name": "Lamp", "qty": 3, "price": "19.99"}]
    campaigns, text = proposal(today(9), desks)
    assert campaigns == []
    for words in ("Our proposal for Acme", "12 × Desk €2,988.00", "3 × Lamp €59.97", "Sum €3,047.97",
                  "Your discount -€304.80", "VAT €630.93", "To pay €3,374.10"):
        assert words in text, text
    campaigns, text = proposal(today(1), desks)
    assert campaigns == ["ends_tomorrow"] and "Ms. Kowalska, your proposal holds until" in text
    assert "proposal" not in proposal(today(-3), desks)[1]
    # A line without a price: rather no sum than a wrong one.
    assert "Our proposal" not in proposal(today(9), [*desks, {"name": "Chair", "qty": 1}])[1]
    assert shop.known().look("/?proposal=XXXX") == []


def test_devices(shop, nginx):
    shop(example("devices"))
    phone, desktop = shop.newcomer(User_Agent=PHONE), shop.newcomer()
    assert phone.look() == ["app"] and desktop.look() == ["before_you_go"]
    bot = shop.newcomer(User_Agent="Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert bot.look() == []
    # In the app nobody needs the app, nor does who has it.
    assert phone.look(X_Requested_With="shop.example.app") == []
    key = (nginx.directory / "visitor.key").read_text().strip()
    phone.cookies["customer"] = desktop.cookies["customer"] = signed("ann", key)
    shop.write("customer:ann", app=True, last={"device": "mobile", "name": "Moon lamp", "url": "/p/lamp-7"})
    assert phone.look() == []
    assert desktop.look() == ["you_looked_at", "before_you_go"] and "Go on with Moon lamp?" in desktop.says()
    desktop.cookies["customer"] = "ann.x"
    assert desktop.look() == ["before_you_go"]


def test_staff(shop):
    shop(example("staff"))
    shop.page("/p/lamp", X_Sku="lamp")
    shop.page("/p/unknown", X_Sku="unknown")
    shop.write("stock:lamp", left=3, next="2026-12-04", cost=21.40, price=49)
    staff = shop.newcomer(X_Client="192.168.7.7")
    assert staff.look("/p/lamp") == []
    assert "3 left, more on" in staff.says() and "Earns €27.60" in staff.says()
    assert staff.look("/p/unknown") == [] and "left" not in staff.says()
    customer = shop.newcomer(X_Client=POLAND)
    assert customer.look("/p/lamp") == ["newsletter"] and "Earns" not in customer.says()
    customer.cookies["staff"] = "1"
    customer.look("/p/lamp")
    assert "Earns" not in customer.says()
