// What each operator of `when` holds for, and what it refuses.
#include "fixture.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "suite.h"

namespace {

struct Case {
  const char* line;
  const char* value;  // of profile.x, as JSON; "" for missing
  bool holds;
};

template <std::size_t N>
void check(const Case (&cases)[N]) {
  for (const auto& one : cases) {
    const std::string profile =
        *one.value == '\0' ? "{}" : "{\"x\": " + std::string(one.value) + "}";
    if (fixture::holds(one.line, profile) != one.holds) {
      fail_msg("%s with %s: expected %s", one.line, profile.c_str(), one.holds ? "true" : "false");
    }
  }
}

void test_bare_attribute(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x;", "true", true},       {"when profile.x;", "1", true},
      {"when profile.x;", "\"a\"", true},      {"when profile.x;", "[0]", true},
      {"when profile.x;", "{\"a\":1}", true},  {"when profile.x;", "\"no\"", true},
      {"when profile.x;", "", false},          {"when profile.x;", "null", false},
      {"when profile.x;", "false", false},     {"when profile.x;", "0", false},
      {"when profile.x;", "\"\"", false},      {"when profile.x;", "\"0\"", false},
      {"when profile.x;", "\"false\"", false}, {"when profile.x;", "[]", false},
      {"when profile.x;", "{}", false},        {"unless profile.x;", "", true},
      {"unless profile.x;", "1", false},
  };
  check(cases);
}

void test_equality(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x = gold;", "\"gold\"", true},
      {"when profile.x = gold;", "\"Gold\"", false},
      {"when profile.x = 50;", "50", true},
      {"when profile.x = 50.0;", "50", true},
      {"when profile.x = 5e1;", "50", true},
      // The text of an attribute is compared as text.
      {"when profile.x = 50;", "\"50\"", true},
      {"when profile.x = 50.0;", "\"50\"", false},
      {"when profile.x = gold;", "50", false},
      {"when profile.x = true;", "true", true},
      {"when profile.x = true;", "false", false},
      {"when profile.x = 1;", "true", true},
      {"when profile.x = false;", "false", true},
      {"when profile.x = true;", "\"true\"", true},
      {"when profile.x = true;", "1", false},
      {"when profile.x = \"\";", "\"\"", true},
      {"when profile.x = null;", "null", false},
      {"when profile.x = gold;", "", false},
      {"when profile.x = vip;", "[\"new\", \"vip\"]", true},
      {"when profile.x = vip;", "{\"vip\": 1}", false},
      {"when profile.x != gold;", "\"silver\"", true},
      {"when profile.x != gold;", "\"gold\"", false},
      {"when profile.x != gold;", "", true},
      {"when profile.x != gold;", "null", true},
      {"when profile.x != vip;", "[\"new\", \"vip\"]", false},
      {"unless profile.x = gold;", "", true},
      {"unless profile.x != gold;", "", false},
  };
  check(cases);
}

// Numbers that a double cannot hold are compared to the last digit.
void test_exact_numbers(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x = 9007199254740993;", "9007199254740993", true},
      {"when profile.x = 9007199254740993;", "9007199254740992", false},
      {"when profile.x = 9007199254740992;", "9007199254740993", false},
      {"when profile.x = 9007199254740993.0;", "9007199254740993", true},
      {"when profile.x = 9007199254740993;", "\"9007199254740993\"", true},
      {"when profile.x != 9007199254740993;", "9007199254740992", true},
      {"when profile.x in 9007199254740991 9007199254740993 9007199254740995;", "9007199254740993",
       true},
      {"when profile.x in 9007199254740991 9007199254740995;", "9007199254740993", false},
      {"when profile.x has 9007199254740993;", "[9007199254740992]", false},
      {"when profile.x has 9007199254740993;", "[1, 9007199254740993]", true},
      {"when profile.x > 9007199254740992;", "9007199254740993", true},
      {"when profile.x <= 9007199254740992;", "9007199254740993", false},
      {"when profile.x < 9007199254740993;", "\"9007199254740992\"", true},
      {"when profile.x between 9007199254740993 9007199254740995;", "9007199254740992", false},
      {"when profile.x ~ 3$;", "9007199254740993", true},
      {"when profile.x = 1e400;", "1e400", true},
      {"when profile.x = 1e400;", "1e401", false},
      {"when profile.x > 5;", "1e400", true},
      {"when profile.x;", "1e400", true},
      {"when profile.x = 0;", "-0", true},
      {"when profile.x = 0;", "1e-400", false},
      {"when profile.x = 123456789012345678901234567890;", "123456789012345678901234567890", true},
      {"when profile.x = 123456789012345678901234567890;", "123456789012345678901234567891", false},
  };
  check(cases);
}

void test_lists(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x in PL RO IN;", "\"RO\"", true},
      {"when profile.x in PL RO IN;", "\"DE\"", false},
      {"when profile.x in PL RO IN;", "", false},
      {"when profile.x in 1 2 3;", "2", true},
      {"when profile.x in a b;", "[\"c\", \"b\"]", true},
      {"when profile.x in a b;", "[[\"b\"]]", false},
      {"when profile.x not_in PL RO IN;", "\"DE\"", true},
      {"when profile.x not_in PL RO IN;", "\"PL\"", false},
      {"when profile.x not_in PL;", "", true},
      {"when profile.x has vip;", "[\"a\", \"vip\"]", true},
      {"when profile.x has vip;", "[\"vips\"]", false},
      {"when profile.x has 7;", "[5, 7]", true},
      {"when profile.x has a b;", "[\"b\", \"a\"]", true},
      {"when profile.x has a b;", "[\"a\"]", false},
      {"when profile.x has shoes;", "{\"shoes\": 3}", true},
      {"when profile.x has hats;", "{\"shoes\": 3}", false},
      {"when profile.x has shoes;", "\"bags, shoes ,hats\"", true},
      {"when profile.x has shoes;", "\"red shoes,hats\"", false},
      {"when profile.x has vip;", "", false},
      {"when profile.x has vip;", "true", false},
      {"unless profile.x has a b;", "[\"a\"]", true},
  };
  check(cases);
}

void test_order(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x >= 50000;", "50000", true},
      {"when profile.x >= 50000;", "49999.99", false},
      {"when profile.x >= 50000;", "\"60000\"", true},
      {"when profile.x > 9;", "\"10\"", true},
      {"when profile.x < 9;", "\"10\"", false},
      {"when profile.x <= -1.5;", "-1.5", true},
      // Rubbish is neither more nor less than a number.
      {"when profile.x >= 50000;", "\"unknown\"", false},
      {"when profile.x < 50000;", "\"\"", false},
      {"when profile.x < 5;", "", false},
      {"when profile.x < 5;", "null", false},
      {"when profile.x < 5;", "[1]", false},
      {"when profile.x < 5;", "true", false},
      {"when profile.x < b;", "\"a\"", true},
      {"when profile.x >= 2026-01-01;", "\"2026-03-01\"", true},
      {"when profile.x < b;", "1", false},
      {"when profile.x between 18 30;", "18", true},
      {"when profile.x between 18 30;", "30", true},
      {"when profile.x between 18 30;", "\"25\"", true},
      {"when profile.x between 18 30;", "31", false},
      {"when profile.x between 18 30;", "", false},
      {"when profile.x between a m;", "\"kite\"", true},
      {"unless profile.x between 18 30;", "31", true},
  };
  check(cases);
}

void test_size(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x size > 2;", "[1,2,3]", true},
      {"when profile.x size > 2;", "[1,2]", false},
      {"when profile.x size 2;", "[1,2]", true},
      {"when profile.x size = 2;", "{\"a\":1,\"b\":2}", true},
      {"when profile.x size != 2;", "[1]", true},
      {"when profile.x size 0;", "[]", true},
      {"when profile.x size > 2;", "\"sku1,sku2,sku3\"", true},
      {"when profile.x size > 2;", "\"sku1,sku2\"", false},
      {"when profile.x size 0;", "\"\"", true},
      {"when profile.x size 1;", "\"sku1,\"", true},
      {"when profile.x size 0;", "", false},
      {"when profile.x size != 1;", "5", false},
      {"unless profile.x size 2;", "[1,2]", false},
  };
  check(cases);
}

void test_presence(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x exists;", "0", true},       {"when profile.x exists;", "\"\"", true},
      {"when profile.x exists;", "null", false},   {"when profile.x exists;", "", false},
      {"when profile.x missing;", "null", true},   {"when profile.x missing;", "", true},
      {"when profile.x missing;", "false", false}, {"unless profile.x missing;", "1", true},
  };
  check(cases);
}

void test_regular_expressions(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x ~ ^/shoes/;", "\"/shoes/red\"", true},
      {"when profile.x ~ ^/Shoes/;", "\"/shoes/red\"", false},
      {"when profile.x ~* ^/Shoes/;", "\"/shoes/red\"", true},
      {"when profile.x !~ ^/shoes/;", "\"/hats\"", true},
      {"when profile.x !~ ^/shoes/;", "\"/shoes/\"", false},
      {"when profile.x !~ ^/shoes/;", "", true},
      {"when profile.x ~ .*;", "", false},
      {"when profile.x ~ .*;", "null", false},
      {"when profile.x ~ ^4;", "42", true},
      {"when profile.x ~ \"^a{2,3}$\";", "\"aa\"", true},
      {"when profile.x ~ ^v;", "[\"new\", \"vip\"]", true},
      {"when profile.x !~ ^v;", "[\"new\", \"vip\"]", false},
      {"when profile.x ~ vip;", "{\"vip\": 1}", false},
  };
  check(cases);
}

void test_dates(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x older_than 180d;", "\"2026-05-01\"", true},
      {"when profile.x older_than 180d;", "\"2026-11-01\"", false},
      {"when profile.x within 7d;", "\"2026-11-13T12:00:00Z\"", true},
      {"when profile.x within 7d;", "\"2026-11-13T11:59:59Z\"", false},
      {"when profile.x within 7d;", "1795175000", true},
      {"when profile.x within 7d;", "1795175000000", true},
      {"when profile.x within 7d;", "\"1795175000\"", true},
      {"when profile.x within 1h;", "\"2026-11-20T13:30:00+01:00\"", true},
      {"when profile.x within 1h;", "\"2026-11-20T13:30:00\"", false},
      // To come: a renewal in five days, a clock that is ahead.
      {"when profile.x within 7d;", "\"2026-11-25\"", true},
      {"when profile.x within 7d;", "\"2027-11-25\"", false},
      {"when profile.x older_than 1s;", "\"2027-11-25\"", false},
      {"when profile.x within 7d;", "\"yesterday\"", false},
      {"when profile.x older_than 7d;", "\"yesterday\"", false},
      {"when profile.x older_than 7d;", "", false},
      {"unless profile.x within 7d;", "", true},
  };
  check(cases);
}

// The present is noon of 2026-11-20, in UTC.
void test_dates_to_both_sides(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x older_than 6M;", "\"2026-05-20\"", true},
      {"when profile.x older_than 6M;", "\"2026-06-01\"", false},
      {"when profile.x older_than 1y;", "\"2025-11-19\"", true},
      {"when profile.x older_than 1y;", "\"2025-11-25\"", false},
      {"when profile.x within_last 3d;", "\"2026-11-17T12:00:00Z\"", true},
      {"when profile.x within_last 3d;", "\"2026-11-17T11:59:59Z\"", false},
      {"when profile.x within_last 3d;", "\"2026-11-20T12:00:30Z\"", true},
      {"when profile.x within_last 3d;", "\"2026-11-20T12:02:00Z\"", false},
      {"when profile.x within_next 3d;", "\"2026-11-23T12:00:00Z\"", true},
      {"when profile.x within_next 3d;", "\"2026-11-23T12:00:01Z\"", false},
      {"when profile.x within_next 3d;", "\"2026-11-20T11:59:59Z\"", false},
      // A day without a time is the whole day.
      {"when profile.x within_last 3d;", "\"2026-11-17\"", true},
      {"when profile.x within_last 3d;", "\"2026-11-16\"", false},
      {"when profile.x within_last 3d;", "\"2026-11-20\"", true},
      {"when profile.x within_last 3d;", "\"2026-11-21\"", false},
      {"when profile.x within_next 3d;", "\"2026-11-20\"", true},
      {"when profile.x within_next 3d;", "\"2026-11-23\"", true},
      {"when profile.x within_next 3d;", "\"2026-11-24\"", false},
      {"when profile.x within_next 3d;", "\"2026-11-19\"", false},
      {"when profile.x within_next 3d;", "\"soon\"", false},
      {"when profile.x within_next 3d;", "", false},
      {"when profile.x anniversary_within 7d;", "\"1990-11-27\"", true},
      {"when profile.x anniversary_within 7d;", "\"1990-11-13\"", true},
      {"when profile.x anniversary_within 7d;", "\"1990-11-28\"", false},
      {"when profile.x anniversary_within 0d;", "\"1990-11-20\"", true},
      {"when profile.x anniversary_within 0d;", "\"11-20\"", true},
      {"when profile.x anniversary_within 0d;", "\"--11-20\"", true},
      {"when profile.x anniversary_within 0d;", "\"1990-11-20T23:00:00-05:00\"", true},
      {"when profile.x anniversary_within 1d;", "\"1990-11-22\"", false},
      {"when profile.x anniversary_within 2M;", "\"1990-01-10\"", true},
      {"when profile.x anniversary_within 7d;", "\"1990-11-31\"", false},
      {"when profile.x anniversary_within 7d;", "\"11-31\"", false},
      {"when profile.x anniversary_within 7d;", "\"\"", false},
  };
  check(cases);
}

// On the visitor's clock a day begins when it begins there.
void test_days_on_local_clocks(void** /*state*/) {
  struct Local {
    const char* line;
    const char* date;
    const char* offset;
    bool holds;
  };
  const Local cases[] = {
      {"when profile.x within_last 1h;", "2026-11-19", "0", false},
      {"when profile.x within_last 1h;", "2026-11-19", "-46800", true},
      {"when profile.x within_next 1h;", "2026-11-21", "43200", true},
      {"when profile.x within_next 1h;", "2026-11-21", "0", false},
      {"when profile.x anniversary_within 0d;", "1990-11-21", "46800", true},
      {"when profile.x anniversary_within 0d;", "1990-11-20", "46800", false},
  };
  for (const auto& one : cases) {
    fixture::Server server({fixture::declare("tested", one.line)}, {});
    server.facts.set("profile", "{\"x\": \"" + std::string(one.date) + "\"}");
    server.facts.set("time.now", "1795176000");
    server.facts.set("time.offset", one.offset);
    std::pmr::monotonic_buffer_resource memory;
    personalize::Decision decision(*server.program, server.facts, &memory);
    if (decision.segment(0) != one.holds) {
      fail_msg("%s with %s, %s seconds ahead", one.line, one.date, one.offset);
    }
  }
}

std::string warnings_of(std::string_view lines) {
  fixture::Server server({fixture::declare("tested", lines)}, {});
  std::string all;
  for (const auto& [where, message] : server.program->condition_warnings()) {
    all += where.text() + ": " + message + "\n";
  }
  return all;
}

void test_minutes_that_should_be_months(void** /*state*/) {
  assert_string_equal(warnings_of("when profile.x older_than 6m;").c_str(),
                      "test.conf:1: \"profile.x\" older_than 6m: m is a minute; write \"6M\" for "
                      "months, or \"360s\" if minutes are meant\n");
  assert_string_equal(warnings_of("when profile.x older_than 30m;").c_str(), "");
  assert_string_equal(warnings_of("when profile.x older_than 360s;").c_str(), "");
  assert_string_equal(warnings_of("when profile.x older_than 6M;").c_str(), "");
}

void test_elements(void** /*state*/) {
  const char* cart =
      R"([{"sku": "a", "category": "shoes", "qty": 1, "tags": ["new"], "size": {"eu": 42}},)"
      R"( {"sku": "b", "category": "winter-jacket", "qty": 2}, null])";
  const Case cases[] = {
      {"element profile.x { when category = winter-jacket; when qty >= 2; }", cart, true},
      // Both hold, for two elements.
      {"element profile.x { when category = shoes; when qty >= 2; }", cart, false},
      {"element profile.x { any { when category = hats; when qty >= 2; } }", cart, true},
      {"element profile.x { unless category = shoes; }", cart, true},
      {"element profile.x { unless qty > 0; }", cart, false},
      {"element profile.x { when size.eu = 42; when tags has new; }", cart, true},
      {"element profile.x { element tags { when this ~ ^n; } }", cart, true},
      {"element profile.x { element tags { when this ~ ^o; } }", cart, false},
      {"element profile.x { when sku = ${profile.x.1.sku}; }", cart, true},
      {"element profile.x { when sku = ${profile.x.2.sku}; }", cart, false},
      {"element profile.x { when this = b; }", "[\"a\", \"b\"]", true},
      {"element profile.x { when this > 3; when this < 5; }", "[2, 6]", false},
      {"element profile.x { when this > 3; when this < 5; }", "[2, 4]", true},
      {"element profile.x { when category; }", "{\"category\": 1}", false},
      {"element profile.x { when category; }", "[]", false},
      {"element profile.x { unless category; }", "", false},
      {"when profile.x.0.sku = a;", cart, true},
      {"when profile.x.1.size missing;", cart, true},
      {"when profile.x.length = 3;", cart, true},
  };
  check(cases);
  assert_non_null(std::strstr(warnings_of("element profile.x { when geo.country = PL; }").c_str(),
                              "\"geo.country\" is a member of the element here"));
}

// Lists that are compared with each other have the budget of regular expressions.
void test_long_lists(void** /*state*/) {
  const auto list = [](int first, int count) {
    std::string json = "[";
    for (int i = 0; i < count; ++i) {
      json += std::to_string(first + i) + (i + 1 < count ? "," : "]");
    }
    return json;
  };
  const auto holds = [&](const std::string& a, const std::string& b, bool& is_exceeded) {
    fixture::Server server(
        {fixture::declare("tested", "element profile.a { when this in ${profile.b}; }")}, {});
    server.facts.set("profile", "{\"a\": " + a + ", \"b\": " + b + "}");
    std::pmr::monotonic_buffer_resource memory;
    personalize::RegexBudget budget;
    personalize::DecisionInputs inputs;
    inputs.regex_budget = &budget;
    personalize::Decision decision(*server.program, server.facts, &memory, inputs);
    const bool held = decision.segment(0);
    is_exceeded = budget.is_exceeded();
    return held;
  };
  bool is_exceeded = false;
  assert_true(holds(list(0, 200), list(199, 1000), is_exceeded));
  assert_false(is_exceeded);
  assert_false(holds(list(0, 3000), list(3000, 3000), is_exceeded));
  assert_true(is_exceeded);
}

void test_best(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x.best = shoes;", R"({"hats": 2, "shoes": "3.5"})", true},
      {"when profile.x.best = hats;", R"({"hats": 2, "shoes": 2})", true},
      {"when profile.x.best = 7;", R"({"hats": 2, "best": 7})", true},
      {"when profile.x.best missing;", R"({"hats": 0})", true},
      {"when profile.x.best missing;", "{}", true},
      {"when profile.x.best missing;", "", true},
      {"when profile.x.best = a;", R"(["a", "b"])", true},
      {"when profile.x.best = a;", R"([{"id": "a", "score": 3}, {"id": "b", "score": 1}])", true},
      {"when profile.x.best.more missing;", R"({"hats": 2})", true},
  };
  check(cases);
}

void test_blocks(void** /*state*/) {
  const char* lines =
      "when profile.clv >= 50000;\n"
      "any { when profile.tier = gold; all { when profile.orders > 20; unless profile.refunds; } }";
  assert_true(fixture::holds(lines, R"({"clv": 60000, "tier": "gold"})"));
  assert_true(fixture::holds(lines, R"({"clv": 60000, "orders": 21})"));
  assert_false(fixture::holds(lines, R"({"clv": 60000, "orders": 21, "refunds": 1})"));
  assert_false(fixture::holds(lines, R"({"clv": 60000, "tier": "tin", "orders": 20})"));
  assert_false(fixture::holds(lines, R"({"clv": 1, "tier": "gold"})"));
  assert_true(fixture::holds("", "{}"));
}

void test_documents_inside(void** /*state*/) {
  assert_true(
      fixture::holds("when profile.address.city = Kraków;", R"({"address": {"city": "Kraków"}})"));
  assert_true(
      fixture::holds("when profile.orders.0.total > 10;", R"({"orders": [{"total": 11}]})"));
  assert_false(fixture::holds("when profile.address.city exists;", R"({"address": "Kraków"})"));
}

// Both sides are in profile.x: {"a": …, "b": …}.
void test_attributes_as_values(void** /*state*/) {
  const Case cases[] = {
      {"when profile.x.a < ${profile.x.b};", R"({"a": 5, "b": 40})", true},
      {"when profile.x.a < ${profile.x.b};", R"({"a": 40, "b": 5})", false},
      {"when profile.x.a < ${profile.x.b};", R"({"a": "5", "b": "40"})", true},
      {"when profile.x.a <= ${profile.x.b};", R"({"a": 5, "b": "5.0"})", true},
      {"when profile.x.a > ${profile.x.b};", R"({"a": "b", "b": "a"})", true},
      {"when profile.x.a > ${profile.x.b};", R"({"a": "b", "b": 1})", false},
      {"when profile.x.a >= ${profile.x.b};", R"({"a": 1})", false},
      {"unless profile.x.a >= ${profile.x.b};", R"({"a": 1})", true},
      {"when profile.x.a < ${profile.x.b};", R"({"a": 1, "b": true})", false},
      {"when profile.x.a > ${profile.x.b};", R"({"a": 9007199254740993, "b": 9007199254740992})",
       true},
      {"when profile.x.a = ${profile.x.b};", R"({"a": "x", "b": "x"})", true},
      {"when profile.x.a = ${profile.x.b};", R"({"a": "x", "b": "X"})", false},
      {"when profile.x.a = ${profile.x.b};", R"({"a": 5, "b": "5"})", true},
      {"when profile.x.a = ${profile.x.b};", R"({"a": true, "b": "true"})", true},
      {"when profile.x.a = ${profile.x.b};", R"({"a": true, "b": 1})", false},
      {"when profile.x.a = ${profile.x.b};", R"({"a": null, "b": null})", false},
      {"when profile.x.a = ${profile.x.b};", R"({})", false},
      {"when profile.x.a = ${profile.x.b};", R"({"a": ["x", "y"], "b": "y"})", true},
      {"when profile.x.a != ${profile.x.b};", R"({"a": "x", "b": "y"})", true},
      {"when profile.x.a in ${profile.x.b};", R"({"a": "y", "b": ["x", "y"]})", true},
      {"when profile.x.a in ${profile.x.b};", R"({"a": "z", "b": ["x", "y"]})", false},
      {"when profile.x.a in w ${profile.x.b};", R"({"a": "w", "b": ["x", "y"]})", true},
      {"when profile.x.a in w ${profile.x.b} z;", R"({"a": "x", "b": ["x", "y"]})", true},
      {"when profile.x.a not_in w ${profile.x.b};", R"({"a": "x", "b": ["x", "y"]})", false},
      {"when profile.x.a not_in w ${profile.x.b};", R"({"a": "v", "b": ["x", "y"]})", true},
      {"when profile.x.a between 0 ${profile.x.b};", R"({"a": 5, "b": 5})", true},
      {"when profile.x.a between 0 ${profile.x.b};", R"({"a": 6, "b": 5})", false},
      {"when profile.x.a between ${profile.x.b} 9;", R"({"a": 6, "b": 5})", true},
      {"any { when profile.x.c; when profile.x.a = ${profile.x.b}; }", R"({"a": 1, "b": 1})", true},
  };
  check(cases);
}

void test_needs_of_both_sides(void** /*state*/) {
  fixture::Server server({fixture::declare("tested", "when profile.x < ${weather.y};")}, {});
  const auto needs = server.program->segment_needs(0);
  assert_true(needs[0] && needs[1]);
}

struct Mistake {
  const char* lines;
  const char* message;  // part of it
};

void test_mistakes(void** /*state*/) {
  const Mistake mistakes[] = {
      {"when;", "\"when\" lacks an attribute: write"},
      {"when profile.x == 1;", "for equality write \"=\""},
      {"when profile.x !~* a;", "unless profile.x ~* REGEX"},
      {"when profile.x PL;", "unknown operator \"PL\" after \"profile.x\"; the operators are = !="},
      {"when profile.x =;", "write \"when profile.x = VALUE\""},
      {"unless profile.x = a b;", "write \"unless profile.x = VALUE\""},
      {"when profile.x in;", "write \"when profile.x in VALUE"},
      {"when profile.x exists yes;", "write \"when profile.x exists\""},
      {"when profile.x between 1;", "write \"when profile.x between LOW HIGH\""},
      {"when profile.x between 30 18;", "write the lower one first"},
      {"when profile.x between 1 z;", "two numbers or two strings"},
      {"when profile.x = $cookie_a;", "write \"${var.cookie_a}\" for a variable of NGINX"},
      {"when profile.x = $profile.y;", "write \"${profile.y}\""},
      {"when profile.x = a${profile.y};", "neither a constant nor one attribute"},
      {"when profile.x = ${profile.y;", "neither a constant nor one attribute"},
      {"when profile.x = ${nothing.y};", "unknown attribute \"nothing.y\""},
      {"when profile.x within ${profile.y};", "\"within\" takes constants"},
      {"when profile.x top ${profile.y};", "\"top\" takes constants"},
      {"when profile.x size many;", "compared with a number"},
      {"when profile.x size ~ 2;", "[= != < <= > >=] NUMBER"},
      {"when profile.x ~ a(b;", "bad regular expression \"a(b\""},
      {"when profile.x within 7;", "is not a duration"},
      {"when profile.x within_next ${profile.y};", "\"within_next\" takes constants"},
      {"when profile.x anniversary_within 6h;", "write \"0d\" for the day itself"},
      {"when var.personalize_segments has vip;", "write \"segment.NAME\""},
      {"when page.type = wishes;", "personalize_page has the types home, "},
      {"when page.type in product basket;", "\"page.type\" cannot be \"basket\""},
      {"when profile.x=gold;", "write \"when profile.x = gold\""},
      {"unless profile.x>=5;", "write \"unless profile.x >= 5\""},
      {"when profile.x!=;", "write \"when profile.x != VALUE\""},
      {"element profile.x { }", "\"element\" is empty"},
      {"element { when a; }", "write \"element cart.lines {"},
      {"element profile.x { json a.json; }", "\"json\" cannot stand inside \"element\""},
      {"element profile.x { when a..b; }", "has an empty name"},
      {"element nothing.x { when a; }", "unknown attribute \"nothing.x\""},
      {"when profile.x older_than 3months;", "is not a duration"},
      {"when nothing.x;", "unknown attribute \"nothing.x\""},
      {"when segment.nobody;", "unknown segment \"nobody\""},
      {"when geo.in_eu > 1;", "is true or false, so \">\" does not apply"},
      {"when geo.in_eu = maybe;", "is true or false and cannot be \"maybe\""},
      {"when time.hour >= noon;", "is a number and cannot be compared with \"noon\""},
      {"when device.type = phone;", "it is one of mobile, tablet, desktop, bot"},
      {"when time.weekday in saturday sun;", "cannot be \"sun\""},
      {"any { }", "\"any\" is empty"},
      {"all x { when profile.x; }", "takes only a block"},
      {"any { slot top; }", "\"slot\" cannot stand inside \"any\""},
      {"widget hello-bar;", "unknown directive \"widget\" in a segment"},
      {"json;", "write \"json FILE\""},
      {"json /does/not/exist.json;", "cannot open \"/does/not/exist.json\""},
  };
  for (const auto& mistake : mistakes) {
    const std::string error = fixture::error_of(mistake.lines);
    if (error.find(mistake.message) == std::string::npos) {
      fail_msg("%s: \"%s\" lacks \"%s\"", mistake.lines, error.c_str(), mistake.message);
    }
  }
}

void test_mistake_tells_its_line(void** /*state*/) {
  try {
    fixture::Server server(
        {fixture::declare("tested", "when profile.a;\nany {\nwhen profile.b %;\n}")}, {});
    fail_msg("no error");
  } catch (const personalize::ConfigError& error) {
    assert_string_equal(error.where().file.c_str(), "test.conf");
    assert_int_equal(error.where().line, 3);
  }
}

void test_nesting_is_limited(void** /*state*/) {
  const auto nested = [](unsigned depth) {
    std::string lines;
    for (unsigned i = 0; i < depth; ++i) {
      lines += "all { ";
    }
    lines += "when profile.x; ";
    lines += std::string(depth, '}');
    return lines;
  };
  assert_string_equal(fixture::error_of(nested(64)).c_str(), "");
  assert_non_null(std::strstr(fixture::error_of(nested(65)).c_str(), "nest deeper than 64"));
}

void test_top(void** /*state*/) {
  const char* scores = R"({"shoes": 3, "bags": 7.5, "hats": 7.5, "toys": 0, "rugs": -2})";
  const Case cases[] = {
      {"when profile.x top bags;", scores, true},
      {"when profile.x top hats;", scores, true},  // as high
      {"when profile.x top shoes;", scores, false},
      {"when profile.x top 2 shoes;", scores, false},  // two are higher
      {"when profile.x top 3 shoes;", scores, true},
      {"when profile.x top shoes bags;", scores, true},
      {"when profile.x top 9 toys;", scores, false},
      {"when profile.x top 9 rugs;", scores, false},
      {"when profile.x top 9 books;", scores, false},
      {"unless profile.x top shoes;", scores, true},
      // As a hash holds them; what is no number is no score.
      {"when profile.x top shoes;", R"({"shoes": "12", "bags": "9"})", true},
      {"when profile.x top bags;", R"({"shoes": "12", "bags": "9"})", false},
      {"when profile.x top bags;", R"({"shoes": "many", "bags": 1, "hats": true})", true},
      {"when profile.x top hats;", R"({"shoes": "many", "bags": 1, "hats": true})", false},
      // A number alone is a name.
      {"when profile.x top 42;", R"({"42": 1})", true},
      {"when profile.x top shoes;", R"(["shoes", "bags"])", true},
      {"when profile.x top bags;", R"(["shoes", "bags"])", false},
      {"when profile.x top 2 bags;", R"(["shoes", "bags"])", true},
      {"when profile.x top shoes;", R"("shoes")", false},
      {"when profile.x top shoes;", "{}", false},
      {"when profile.x top shoes;", "", false},
      {"unless profile.x top shoes;", "", true},
  };
  check(cases);
  assert_non_null(std::strstr(fixture::error_of("when profile.x top 0 shoes;").c_str(), "from 1"));
  assert_non_null(std::strstr(fixture::error_of("when profile.x top 1.5 shoes;").c_str(), "whole"));
  assert_non_null(std::strstr(fixture::error_of("when profile.x top;").c_str(), "NAME"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_bare_attribute),
    cmocka_unit_test(test_equality),
    cmocka_unit_test(test_exact_numbers),
    cmocka_unit_test(test_lists),
    cmocka_unit_test(test_order),
    cmocka_unit_test(test_size),
    cmocka_unit_test(test_top),
    cmocka_unit_test(test_presence),
    cmocka_unit_test(test_regular_expressions),
    cmocka_unit_test(test_dates),
    cmocka_unit_test(test_dates_to_both_sides),
    cmocka_unit_test(test_days_on_local_clocks),
    cmocka_unit_test(test_minutes_that_should_be_months),
    cmocka_unit_test(test_elements),
    cmocka_unit_test(test_long_lists),
    cmocka_unit_test(test_best),
    cmocka_unit_test(test_blocks),
    cmocka_unit_test(test_documents_inside),
    cmocka_unit_test(test_attributes_as_values),
    cmocka_unit_test(test_needs_of_both_sides),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_mistake_tells_its_line),
    cmocka_unit_test(test_nesting_is_limited),
};
const Suite suite(__FILE__, tests);

}  // namespace
