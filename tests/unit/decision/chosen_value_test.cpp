// personalize_value: which line counts, what a value is, and what is refused.
#include <cstring>
#include <optional>

#include "fixture.h"
#include "suite.h"

namespace {

using fixture::declare;
using personalize::Decision;
using personalize::Declaration;
using personalize::Kind;
using personalize::Value;

constexpr const char* tiers =
    "15 when profile.spent >= 5000; "
    "12.50 when segment.regular when profile.country in PL CZ unless profile.staff; "
    "\"${profile.own | at_most 8}\" when profile.own; "
    "\"${weather.sky | default 'gray'}\" when profile.sky; "
    "false when profile.never; "
    "default 5;";

class Visitor {
 public:
  explicit Visitor(const char* profile, const char* lines = tiers)
      : server_({declare("regular", "when profile.orders >= 3;"),
                 declare("spoilt", "when value.tier >= 12;")},
                {}, {},
                {declare("tier", lines),
                 declare("double", "\"${value.tier | times 2}\" when value.tier;")}) {
    server_.facts.set("profile", profile);
    decision_.emplace(*server_.program, server_.facts, &memory_);
    server_.facts.decision = &*decision_;
  }

  Value tier() { return decision_->value(0); }
  Value twice() { return decision_->value(1); }
  bool is_spoilt() { return decision_->segment(1); }
  Decision& decision() { return *decision_; }
  fixture::Server& server() { return server_; }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  fixture::Server server_;
  std::optional<Decision> decision_;
};

void test_lines(void** /*state*/) {
  assert_true(Visitor("{}").tier().as_number() == 5);
  assert_true(Visitor(R"({"spent": 5000, "orders": 9, "country": "PL"})").tier().as_number() == 15);
  // What is not written as numbers are is a text.
  const char* regular = R"({"orders": 3, "country": "CZ"})";
  assert_true(Visitor(regular).tier().as_string() == "12.50");
  assert_true(Visitor(R"({"orders": 3, "country": "CZ", "staff": true})").tier().as_number() == 5);
  assert_true(Visitor(R"({"orders": 3})").tier().as_number() == 5);
  assert_true(Visitor(R"({"own": 7})").tier().as_number() == 7);
  assert_true(Visitor(R"({"own": "30"})").tier().as_number() == 8);
  assert_true(Visitor(R"({"sky": 1})").tier().as_string() == "gray");
  assert_true(Visitor(R"({"never": 1})").tier().kind() == Kind::boolean);
  assert_true(Visitor("{}", "1 when profile.x;").tier().is_missing());
}

void test_values_in_conditions_and_values(void** /*state*/) {
  Visitor regular(R"({"orders": 3, "country": "CZ"})");
  assert_true(regular.is_spoilt());
  assert_true(regular.twice().as_number() == 25);
  Visitor other("{}");
  assert_false(other.is_spoilt());
  assert_true(other.twice().as_number() == 10);
}

// A value is decided once, and anew when documents arrive.
void test_decided_once(void** /*state*/) {
  Visitor visitor(R"({"spent": 1})");
  visitor.tier();
  const unsigned asked = visitor.server().facts.asked;
  visitor.tier();
  assert_int_equal(visitor.server().facts.asked, asked);
  visitor.server().facts.set("profile", R"({"spent": 6000})");
  assert_true(visitor.tier().as_number() == 5);
  visitor.decision().reset();
  assert_true(visitor.tier().as_number() == 15);
}

void test_needs(void** /*state*/) {
  fixture::Server server(
      {declare("regular", "when profile.orders >= 3;")}, {}, {},
      {declare("a", "1 when segment.regular;"), declare("b", "default ${weather.sky};"),
       declare("c", "2 when value.a; default ${value.b};")});
  assert_true(server.program->value_needs(0) == 1);
  assert_true(server.program->value_needs(1) == 2);
  assert_true(server.program->value_needs(2) == 3);
}

std::string error_of(const char* lines) {
  try {
    Visitor visitor("{}", lines);
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

void test_mistakes(void** /*state*/) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"", "value \"tier\" is empty"},
      {"15;", "\"15\" is no line of a value: write \"VALUE when ATTRIBUTE"},
      {"15 if profile.x;", "is no line of a value"},
      {"15 when;", "is no line of a value"},
      {"15 when profile.x when;", "\"when\" lacks an attribute"},
      {"default 1; default 2;", "\"default\" is duplicate"},
      {"default;", "\"default\" takes one value"},
      {"default 1 when profile.x;", "\"default\" takes one value"},
      {"default a${profile.x};", "neither a constant nor one attribute"},
      {"default \"${profile.x}${profile.y}\";", "neither a constant nor one attribute"},
      {"default \"${profile.x | money}\";", "unknown filter \"money\" of \"profile.x\""},
      {"1 when value.nothing;", "unknown value \"nothing\": declared are tier, double"},
      {"1 when value.double;",
       "value \"tier\" depends on itself: value.tier -> value.double -> value.tier"},
      {"1 when segment.spoilt;", "depends on itself"},
  };
  for (const auto& [lines, message] : mistakes) {
    const auto error = error_of(lines);
    if (error.find(message) == std::string::npos) {
      fail_msg("%s: \"%s\" lacks \"%s\"", lines, error.c_str(), message);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_lines),        cmocka_unit_test(test_values_in_conditions_and_values),
    cmocka_unit_test(test_decided_once), cmocka_unit_test(test_needs),
    cmocka_unit_test(test_mistakes),
};
const Suite suite(__FILE__, tests);

}  // namespace
