// What fields of widgets are made of: deadlines, items, questions, prizes, the way of a cart.
#include "render/fields/field_values.h"

#include "fixture.h"
#include "render/fields/items.h"
#include "render/fields/prizes.h"
#include "render/fields/progress.h"
#include "render/fields/questions.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::Deadline;
using personalize::DeadlineClock;
using personalize::DocumentBuilder;
using personalize::Kind;
using personalize::Value;

namespace {

// A JSON document.
class Json {
 public:
  explicit Json(std::string_view json) {
    DocumentBuilder builder(std::pmr::get_default_resource());
    assert_true(personalize::decode_json(json, builder));
    bytes_ = builder.finish();
  }
  Value value() const { return Value::document(bytes_); }

 private:
  std::string bytes_;
};

// What a list becomes.
class Made {
 public:
  template <class Add>
  Made(std::string_view json, Add add) {
    DocumentBuilder builder(std::pmr::get_default_resource());
    add(Json(json).value(), builder);
    bytes_ = builder.finish();
  }
  Value at(std::uint32_t i) const { return Value::document(bytes_).at(i); }
  std::uint32_t size() const { return Value::document(bytes_).size(); }

 private:
  std::string bytes_;
};

Made items(std::string_view json) {
  return {json, [](const Value& list, DocumentBuilder& builder) {
            auto* memory = std::pmr::get_default_resource();
            builder.copy(personalize::ItemRecords(list, memory).list());
          }};
}

std::string text(const Value& value) {
  return value.kind() == Kind::string ? std::string(value.as_string()) : "";
}

double number(const Value& value) {
  return value.kind() == Kind::number ? value.as_number() : -1;
}

// 2026-11-20T12:00:00Z
constexpr double noon = 1795176000;

double seconds_left(std::string_view spelling, const DeadlineClock& clock) {
  const auto deadline = Deadline::read(spelling);
  if (!deadline) {
    fail_msg("no deadline: %s", std::string(spelling).c_str());
  }
  return static_cast<double>(deadline->left(clock).value()) / 1000;
}

void deadlines(void**) {
  const DeadlineClock utc{noon, 0, {}};
  const DeadlineClock warsaw{noon, 3600, {}};
  assert_true(seconds_left("2026-11-20T18:00Z", utc) == 6 * 3600);
  assert_true(seconds_left("2026-11-20T18:00:00+01:00", warsaw) == 5 * 3600);
  assert_true(seconds_left("2026-11-20T18:00", warsaw) == 5 * 3600);
  assert_true(seconds_left("2026-11-21", warsaw) == 11 * 3600);
  assert_true(seconds_left("1795176060", warsaw) == 60);
  assert_true(seconds_left("2026-11-20", utc) == -12 * 3600);

  assert_true(seconds_left("daily 14:00", utc) == 2 * 3600);
  assert_true(seconds_left("daily 14:00", warsaw) == 3600);
  assert_true(seconds_left("daily 12:00", utc) == 86400);
  assert_true(seconds_left("daily 14:00 Europe/Warsaw", utc) == 3600);
  assert_true(seconds_left("daily 14:00 Asia/Kolkata", utc) == 20.5 * 3600);
  // In Warsaw clocks go back in the night to 2026-10-25: at 23:00 UTC there it is 1 o'clock, and
  // until 4 o'clock four hours pass.
  assert_true(seconds_left("daily 04:00 Europe/Warsaw", {1792882800, 0, {}}) == 4 * 3600);

  assert_true(seconds_left("evergreen 2h", utc) == 2 * 3600);
  // Of the minute in which it was seen, the end counts.
  assert_true(seconds_left("evergreen 2h30m", {noon, 0, noon - 3600}) == 1.5 * 3600 + 60);
  assert_true(seconds_left("evergreen 2h", {noon, 0, noon - 7320}) == -60);
}

void what_is_no_deadline(void**) {
  for (const auto* spelling :
       {"", "soon", "daily", "daily 25:00", "daily 14", "daily 14:0", "daily 14:00 Mars/Base",
        "evergreen", "evergreen 2", "evergreen 0h", "evergreen -1h", "2026-13-01", "2026-11-20T",
        "2026-11-20T18:00 Europe/Warsaw", "daily 14:00; drop", "evergreen 1h 2h"}) {
    if (Deadline::read(spelling)) {
      fail_msg("a deadline: %s", spelling);
    }
  }
  // A time that nobody lives to see.
  assert_false(Deadline::read("1e300")->left({noon, 0, {}}).has_value());
  assert_false(Deadline::read("daily 14:00")->left({1e300, 0, {}}).has_value());
  try {
    Deadline::read("soon", {"nginx.conf", 7});
    fail_msg("no error");
  } catch (const ConfigError& error) {
    expect_part(error.what(), "\"soon\" is not a deadline: write a date, as in");
  }
}

void what_a_deadline_shows(void**) {
  const auto shown = [](std::string_view spelling, const DeadlineClock& clock) {
    DocumentBuilder builder(std::pmr::get_default_resource());
    const auto deadline = Deadline::read(spelling);
    deadline->add(clock, *deadline->left(clock), personalize::labels("pl"), builder);
    return std::string(builder.finish());
  };
  const auto day = shown("2026-11-22T13:02:03Z", {noon, 0, {}});
  const auto value = Value::document(day);
  expect(text(value.find("spec")), "1795352523000 0 0");
  expect(text(value.find("now")), "1795176000000");
  expect(text(value.find("left")), "176523000");
  expect(text(value.find("duration")), "P2DT1H2M3S");
  assert_true(value.find("passed").is_missing());
  const auto parts = value.find("parts");
  assert_int_equal(parts.size(), 4);
  expect(text(parts.at(0).find("count")), "2");
  expect(text(parts.at(1).find("count")), "01");
  expect(text(parts.at(1).find("name")), "godz.");
  assert_true(parts.at(0).find("zero").is_missing());

  const auto daily = shown("daily 12:01", {noon, 0, {}});
  expect(text(Value::document(daily).find("spec")), "1795176060000 86400000 0");
  assert_false(Value::document(daily).find("parts").at(0).find("zero").is_missing());
  const auto evergreen = shown("evergreen 1h", {noon, 0, {}});
  expect(text(Value::document(evergreen).find("spec")), "0 0 3600000");
  const auto begun = shown("evergreen 1h", {noon, 0, noon - 60});
  expect(text(Value::document(begun).find("spec")), "1795179600000 0 3600000");
  const auto passed = shown("2026-11-20T11:00Z", {noon, 0, {}});
  assert_false(Value::document(passed).find("passed").is_missing());
  expect(text(Value::document(passed).find("left")), "0");
}

void names_of_items(void**) {
  const auto made = items(R"json([
    {"item_id":"a1","item_name":"Shoe","item_brand":"Fell","price":10,"link":"/p/1",
     "image_link":"/i.png","description":"Warm"},
    {"id":7,"name":"Boot","url":"javascript:alert(1)","add_to_cart":"javascript:alert(1)"},
    {"sku":"c","title":"Sock","add_to_cart":"/cart/add?id=c","label":"New"}])json");
  assert_int_equal(made.size(), 3);
  const auto shoe = made.at(0);
  expect(text(shoe.find("id")), "a1");
  expect(text(shoe.find("name")), "Shoe");
  expect(text(shoe.find("brand")), "Fell");
  expect(text(shoe.find("url")), "/p/1");
  expect(text(shoe.find("picture")), "/i.png");
  expect(text(shoe.find("summary")), "Warm");
  assert_true(number(shoe.find("position")) == 1);
  assert_true(number(made.at(1).find("id")) == 7);
  assert_true(made.at(1).find("url").is_missing() && made.at(1).find("cart_url").is_missing());
  assert_true(made.at(1).find("blank").as_boolean());
  expect(text(made.at(2).find("cart_url")), "/cart/add?id=c");
  expect(text(made.at(2).find("badge")), "New");
}

void prices_of_items(void**) {
  struct Case {
    const char* members;
    double price, old_price, saving;
    const char* currency;
  };
  for (const auto& [members, price, old_price, saving, currency] : {
           Case{R"("price":10)", 10, -1, -1, ""},
           Case{R"("price":"10.50")", 10.5, -1, -1, ""},
           Case{R"("price":"15.00 EUR")", 15, -1, -1, "EUR"},
           Case{R"("price":"PLN 15")", 15, -1, -1, "PLN"},
           Case{R"("price":"15 EUR","currency":"RON")", 15, -1, -1, "RON"},
           Case{R"("price":"20.00 EUR","sale_price":"15.00 EUR")", 15, 20, 25, "EUR"},
           Case{R"("price":15,"old_price":20)", 15, 20, 25, ""},
           Case{R"("price":15,"discount":5)", 15, 20, 25, ""},
           Case{R"("price":19.99,"old_price":20)", 19.99, 20, -1, ""},
           Case{R"("price":20,"old_price":20)", 20, -1, -1, ""},
           Case{R"("price":20,"old_price":15)", 20, -1, -1, ""},
           Case{R"("price":20,"sale_price":25)", 25, -1, -1, ""},
           Case{R"("price":"soon")", -1, -1, -1, ""},
           Case{R"("price":"15 eur")", -1, -1, -1, ""},
           Case{R"("price":"EUR <b>")", -1, -1, -1, ""},
           Case{R"("price":-5)", -1, -1, -1, ""},
           Case{R"("price":0,"old_price":9)", 0, 9, 100, ""},
       }) {
    const auto made = items("[{\"name\":\"x\"," + std::string(members) + "}]");
    const auto item = made.at(0);
    const bool right =
        number(item.find("price")) == price && number(item.find("old_price")) == old_price &&
        number(item.find("saving")) == saving && text(item.find("currency")) == currency;
    if (!right) {
      fail_msg("%s: %g %g %g", members, number(item.find("price")), number(item.find("old_price")),
               number(item.find("saving")));
    }
  }
}

void ratings_and_availability(void**) {
  const auto rated = items(R"([{"name":"x","rating":4.56,"reviews":12},{"name":"x","rating":"4"},
    {"name":"x","rating":6},{"name":"x","rating":0,"reviews":3},{"name":"x","average_rating":5,
    "rating_count":0}])");
  assert_true(number(rated.at(0).find("rating")) == 4.6);
  assert_true(number(rated.at(0).find("rating_count")) == 12);
  assert_true(number(rated.at(1).find("rating")) == 4);
  assert_true(rated.at(2).find("rating").is_missing());
  assert_true(rated.at(3).find("rating").is_missing() &&
              rated.at(3).find("rating_count").is_missing());
  assert_true(number(rated.at(4).find("rating")) == 5 &&
              rated.at(4).find("rating_count").is_missing());

  for (const auto* gone :
       {R"("sold_out":true)", R"("available":false)", R"("in_stock":false)",
        R"("availability":"out of stock")", R"("availability":"https://schema.org/OutOfStock")",
        R"("availability":"Out_Of_Stock")"}) {
    const auto made = items("[{\"name\":\"x\",\"add_to_cart\":\"/c\"," + std::string(gone) + "}]");
    if (made.at(0).find("unavailable").is_missing() || !made.at(0).find("cart_url").is_missing()) {
      fail_msg("available: %s", gone);
    }
  }
  for (const auto* there : {R"("availability":"in stock")", R"("available":true)",
                            R"("sold_out":0)", R"("availability":"preorder")"}) {
    const auto made = items("[{\"name\":\"x\"," + std::string(there) + "}]");
    assert_true(made.at(0).find("unavailable").is_missing());
  }
}

std::string why_not_question(std::string_view json) {
  std::string why;
  const Json question(json);
  return personalize::read_question(question.value(), why) ? "" : why;
}

void questions(void**) {
  const Made made(R"([
    {"id":"why","text":"Why?","answers":["A","B","Something else…",5,""]},
    {"id":"how","text":"How?","kind":"several","answers":"A | B|"},
    {"id":"nps","text":"Recommend?","kind":"scale","low":"No","high":"Yes"},
    {"text":"no id"}, 5, {"id":"why","text":"again","kind":"text"},
    {"id":"say","text":"Say"}])",
                  personalize::add_questions);
  assert_int_equal(made.size(), 4);
  const auto why = made.at(0);
  expect(text(why.find("kind")), "single");
  expect(text(why.find("asks")), "Why?");
  assert_true(why.find("later").is_missing() && why.find("last").is_missing());
  assert_int_equal(why.find("choices").size(), 3);
  assert_true(why.find("choices").at(0).find("other").is_missing());
  assert_true(why.find("choices").at(2).find("other").as_boolean());
  const auto how = made.at(1);
  assert_true(how.find("several").as_boolean() && how.find("later").as_boolean());
  assert_int_equal(how.find("choices").size(), 2);
  expect(text(how.find("choices").at(1).find("says")), "B");
  assert_int_equal(made.at(2).find("steps").find("values").size(), 11);
  expect(text(made.at(2).find("steps").find("high")), "Yes");
  assert_true(made.at(3).find("words").as_boolean() && made.at(3).find("last").as_boolean());

  expect_part(why_not_question("5"), "needs an \"id\"");
  expect_part(why_not_question(R"({"id":"a b","text":"x"})"), "needs an \"id\"");
  expect_part(why_not_question(R"({"id":"a"})"), "question \"a\" needs a \"text\"");
  expect_part(why_not_question(R"({"id":"a","text":"x","kind":"radio"})"),
              "unknown kind \"radio\": it is one of single, several, scale, text");
  expect_part(why_not_question(R"({"id":"a","text":"x","kind":"single"})"), "needs \"answers\"");
  expect_part(why_not_question(R"({"id":"a","text":"x","kind":"scale","answers":["1"]})"),
              "takes no \"answers\"");
}

void prizes(void**) {
  const auto read = [](std::string_view json, std::string& why) {
    const Json prize(json);
    return personalize::read_prize(prize.value(), why).has_value();
  };
  std::string why;
  assert_true(read(R"({"text":"10%","code":"TEN","weight":2.5,"stock":10})", why));
  assert_true(read(R"({"text":"Better luck next time"})", why));
  for (const auto& [json, part] : {
           std::pair(R"("x")", "needs a \"text\""),
           {R"({"text":""})", "needs a \"text\""},
           {R"({"text":"x","code":5})", "\"code\" of a prize is a string"},
           {R"({"text":"x","weight":-1})", "\"weight\" of a prize is a number"},
           {R"({"text":"x","weight":"much"})", "\"weight\" of a prize is a number"},
           {R"({"text":"x","stock":1.5})", "\"stock\" of a prize is a whole number"},
           {R"({"text":"x","stock":5000000000})", "\"stock\" of a prize is a whole number"},
       }) {
    assert_false(read(json, why));
    expect_part(why, part);
  }
  const Made made(R"([{"text":"10%","code":"SECRET"},5])", personalize::add_prizes);
  assert_int_equal(made.size(), 1);
  expect(text(made.at(0)), "10%");
}

void the_way_of_a_cart(void**) {
  const personalize::Locale locale("pl-PL", "PLN");
  const auto made = [&](double amount, std::vector<double> goals,
                        std::vector<std::string_view> texts = {}, std::string_view done = {},
                        std::string_view currency = {}) {
    auto* memory = std::pmr::get_default_resource();
    personalize::Progress progress{Value::number(amount),
                                   std::pmr::vector<Value>(memory),
                                   {texts.begin(), texts.end(), memory},
                                   done,
                                   currency};
    for (const double goal : goals) {
      progress.goals.push_back(Value::number(goal));
    }
    DocumentBuilder builder(memory);
    personalize::add_progress(progress, personalize::labels("pl"), locale, builder);
    return std::string(builder.finish());
  };
  const auto one = made(12.4, {50});
  expect(text(Value::document(one).find("message")), "Brakuje 37,60\u00A0zł");
  expect(text(Value::document(one).find("goals")), "[50]");
  expect(text(Value::document(one).find("tag")), "pl-PL");
  assert_true(number(Value::document(one).find("steps").at(0).find("filled")) == 12.4);

  const auto two = made(60, {50, 80}, {"{remaining} do dostawy", "{remaining} do prezentu"});
  const auto value = Value::document(two);
  expect(text(value.find("message")), "20,00\u00A0zł do prezentu");
  assert_true(value.find("steps").at(0).find("full").as_boolean());
  assert_true(number(value.find("steps").at(0).find("filled")) == 50);
  assert_true(number(value.find("steps").at(1).find("span")) == 30);
  assert_true(number(value.find("steps").at(1).find("filled")) == 10);
  assert_true(value.find("done").is_missing());

  const auto done = made(80, {50, 80}, {}, "Dostawa gratis");
  expect(text(Value::document(done).find("message")), "Dostawa gratis");
  assert_true(Value::document(done).find("done").as_boolean());
  expect(text(Value::document(made(99, {5})).find("message")), "Cel osiągnięty");
  const auto euros = made(10, {50}, {}, {}, "EUR");
  expect(text(Value::document(euros).find("message")), "Brakuje 40,00\u00A0€");
  expect(text(Value::document(euros).find("money")), "EUR");
  expect(text(Value::document(made(10, {50}, {}, {}, "<b>")).find("money")), "PLN");
  // What does not rise is no step; a cart is not below nothing.
  assert_int_equal(Value::document(made(1, {50, 20, -5, 80})).find("steps").size(), 2);
  assert_true(Value::document(made(1, {})).find("goals").is_missing());
  assert_true(number(Value::document(made(-5, {10})).find("amount")) == 0);
  assert_true(number(Value::document(made(0.1 + 0.2, {1})).find("steps").at(0).find("filled")) ==
              0.3);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(deadlines),
    cmocka_unit_test(what_is_no_deadline),
    cmocka_unit_test(what_a_deadline_shows),
    cmocka_unit_test(names_of_items),
    cmocka_unit_test(prices_of_items),
    cmocka_unit_test(ratings_and_availability),
    cmocka_unit_test(questions),
    cmocka_unit_test(prizes),
    cmocka_unit_test(the_way_of_a_cart),
};
const Suite suite(__FILE__, tests);

}  // namespace
