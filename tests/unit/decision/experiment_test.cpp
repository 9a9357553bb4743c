// personalize_experiment and personalize_holdout: who gets which variant.
#include <algorithm>
#include <array>
#include <cmath>

#include "fixture.h"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>

#include "suite.h"

namespace {

using fixture::declare;
using fixture::Server;
using personalize::Decision;
using personalize::DecisionInputs;
using personalize::ExperimentId;
using personalize::ExperimentText;
using personalize::Switch;
using personalize::Switches;

std::string error_of(const ExperimentText& text,
                     const std::vector<personalize::Declaration>& segments = {}) {
  try {
    Server server(segments, {}, text);
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

std::string error_of(std::string_view lines) {
  return error_of({{declare("tested", lines)}, {}, {}});
}

void assert_contains(const std::string& text, const char* part) {
  if (text.find(part) == std::string::npos) {
    fail_msg("\"%s\" lacks \"%s\"", text.c_str(), part);
  }
}

void visit(Server& server, const std::string& id) {
  server.facts.set("visitor.id", "\"" + id + "\"");
}

std::string variant(Server& server, ExperimentId id, DecisionInputs inputs = {}) {
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource(), inputs);
  const personalize::Value value = decision.variant(id);
  return value.is_missing() ? "" : std::string(value.as_string());
}

// How many of 10,000 visitors get each; "" for nobody.
std::map<std::string, int> counts(Server& server, ExperimentId id) {
  std::map<std::string, int> result;
  for (int i = 0; i < 10000; ++i) {
    visit(server, "visitor-" + std::to_string(i));
    ++result[variant(server, id)];
  }
  return result;
}

bool near(int count, int expected) {
  return std::abs(count - expected) < 4 * std::sqrt(expected) + 1;
}

void test_weights_and_coverage(void** /*state*/) {
  Server server({}, {},
                {{declare("bars", "variants control=50 free=25 ten=25; coverage 40%;")}, {}, {}});
  auto seen = counts(server, 0);
  assert_int_equal(seen.size(), 4);
  assert_true(near(seen[""], 6000));
  assert_true(near(seen["control"], 2000));
  assert_true(near(seen["free"], 1000));
  assert_true(near(seen["ten"], 1000));
}

// The values are those that the JavaScript SDK gives for the same key, weights and ids.
// Of those who are in the experiment, whatever its coverage.
void test_shares_of_variants(void** /*state*/) {
  Server server({}, {},
                {{declare("bars", "variants a=60 b=30 c=10; coverage 50%;"),
                  declare("ranges", "variants a b; ranges b=0.9-1 a=0-0.3;")},
                 {},
                 {}});
  const auto bars = server.program->variant_shares(0);
  assert_int_equal(bars.size(), 3);
  assert_string_equal(bars[1].variant.c_str(), "b");
  assert_true(bars[0].share == 0.6 && bars[1].share == 0.3 && bars[2].share == 0.1);
  const auto ranges = server.program->variant_shares(1);
  assert_true(ranges[0].share == 0.75 && ranges[1].share == 0.25);
}

void test_same_as_sdk(void** /*state*/) {
  Server server({}, {},
                {{declare("my-test", "variants a b; hash_version 1;"),
                  declare("key", "variants a=0.5 b=0.5; seed foo; coverage 99%;")},
                 {},
                 {}});
  constexpr const char* expected[] = {"b", "a", "a", "b", "b", "b", "a", "b", "a"};
  for (int i = 1; i <= 9; ++i) {
    visit(server, std::to_string(i));
    assert_string_equal(variant(server, 0).c_str(), expected[i - 1]);
  }
  visit(server, "1");
  assert_string_equal(variant(server, 1).c_str(), "b");
}

void test_no_id_no_experiment(void** /*state*/) {
  Server server(
      {}, {}, {{declare("bars", "variants a b; hash_by profile.id fallback visitor.id;")}, {}, {}});
  assert_string_equal(variant(server, 0).c_str(), "");
  server.facts.set("visitor.id", "\"\"");
  assert_string_equal(variant(server, 0).c_str(), "");
  visit(server, "somebody");
  const std::string anonymous = variant(server, 0);
  assert_string_not_equal(anonymous.c_str(), "");
  server.facts.set("profile", R"({"id": "somebody"})");
  visit(server, "other");
  assert_string_equal(variant(server, 0).c_str(), anonymous.c_str());
}

void test_conditions_and_prerequisites(void** /*state*/) {
  Server server({declare("vip", "when profile.clv > 100;")}, {},
                {{declare("second", "variants x y; prerequisite experiment.first = b;"),
                  declare("first", "variants a b; when segment.vip; unless geo.country = PL;")},
                 {},
                 {}});
  visit(server, "7");
  assert_string_equal(variant(server, 1).c_str(), "");
  server.facts.set("profile", R"({"clv": 101})");
  server.facts.set("geo.country", "\"RO\"");
  int both = 0;
  for (int i = 0; i < 100; ++i) {
    visit(server, std::to_string(i));
    const std::string first = variant(server, 1);
    assert_true(first == "a" || first == "b");
    assert_int_equal(variant(server, 0).empty(), first == "a");
    both += first == "b" ? 1 : 0;
  }
  assert_in_range(both, 30, 70);
  server.facts.set("geo.country", "\"PL\"");
  assert_string_equal(variant(server, 1).c_str(), "");
}

void test_namespaces_exclude_each_other(void** /*state*/) {
  Server server({}, {},
                {{declare("one", "variants a b; namespace bars 0 0.5;"),
                  declare("two", "variants a b; namespace bars 0.5 1;"),
                  declare("three", "variants a b; filter bars 0-0.25 0.75-1;")},
                 {},
                 {}});
  int one = 0;
  int three = 0;
  for (int i = 0; i < 4000; ++i) {
    visit(server, std::to_string(i));
    const bool in_one = !variant(server, 0).empty();
    assert_int_equal(in_one, variant(server, 1).empty());
    one += in_one ? 1 : 0;
    three += variant(server, 2).empty() ? 0 : 1;
  }
  assert_true(near(one, 2000));
  assert_true(near(three, 2000));
}

void test_ranges(void** /*state*/) {
  Server server({}, {}, {{declare("bars", "variants a b; ranges b=0.9-1 a=0-0.1;")}, {}, {}});
  auto seen = counts(server, 0);
  assert_true(near(seen["a"], 1000));
  assert_true(near(seen["b"], 1000));
}

void test_holdout_spans_experiments(void** /*state*/) {
  Server server({}, {},
                {{declare("one", "variants a b; holdout everything;"),
                  declare("two", "variants a b; holdout everything; force a when cookie.qa;")},
                 {declare("everything", "coverage 5%;")},
                 {}});
  int held = 0;
  for (int i = 0; i < 4000; ++i) {
    visit(server, std::to_string(i));
    const bool is_held = variant(server, 2) == "holdout";
    assert_int_equal(is_held, variant(server, 0).empty());
    assert_int_equal(is_held, variant(server, 1).empty());
    held += is_held ? 1 : 0;
  }
  assert_true(near(held, 200));
  // Who tests it is not held out.
  server.facts.set("cookie.qa", "\"1\"");
  assert_string_equal(variant(server, 1).c_str(), "a");
}

void test_forced(void** /*state*/) {
  Server server({}, {},
                {{declare("bars",
                          "variants a b; enabled off; force b when cookie.qa = b; "
                          "force a when cookie.qa;")},
                 {},
                 {}});
  visit(server, "1");
  assert_string_equal(variant(server, 0).c_str(), "");
  server.facts.set("cookie.qa", "\"b\"");
  assert_string_equal(variant(server, 0).c_str(), "b");
  server.facts.set("cookie.qa", "\"yes\"");
  assert_string_equal(variant(server, 0).c_str(), "a");

  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  decision.use_variant(0);
  assert_false(decision.is_exposed(0));
}

void test_schedule(void** /*state*/) {
  Server server({}, {},
                {{declare("sale",
                          "variants a b; schedule from=2026-11-20T00:00:00+01:00 "
                          "until=2026-12-01T00:00:00+01:00;")},
                 {},
                 {}});
  visit(server, "1");
  const auto at = [&](const char* now) {
    server.facts.set("time.now", now);
    return !variant(server, 0).empty();
  };
  assert_false(at(""));
  assert_false(at("1795129199"));
  assert_true(at("1795129200"));
  assert_true(at("1796079599"));
  assert_false(at("1796079600"));
}

void test_hours(void** /*state*/) {
  Server server({}, {}, {{declare("evening", "variants a b; hours 18-22; weekdays fri;")}, {}, {}});
  visit(server, "1");
  const auto at = [&](const char* now, const char* offset) {
    server.facts.set("time.now", now);
    server.facts.set("time.offset", offset);
    return !variant(server, 0).empty();
  };
  // 1795176000 is noon of Friday, 2026-11-20.
  assert_false(at("1795176000", "0"));
  assert_true(at("1795176000", "21600"));
  assert_true(at("1795197600", "0"));
  assert_false(at("1795284000", "0"));
}

void test_switches(void** /*state*/) {
  Server server(
      {}, {declare("c", "slot top;")},
      {{declare("on", "variants a b;"), declare("off", "variants a b; enabled off;")}, {}, {}});
  const auto& names = server.program->switch_names();
  const auto switch_of = [&](const char* name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  visit(server, "1");
  assert_string_not_equal(variant(server, 0).c_str(), "");
  assert_string_equal(variant(server, 1).c_str(), "");
  Switches switches(names.size());
  switches.set(switch_of("experiment:on"), Switch::off);
  switches.set(switch_of("experiment:off"), Switch::on);
  DecisionInputs inputs;
  inputs.switches = &switches;
  assert_string_equal(variant(server, 0, inputs).c_str(), "");
  assert_string_not_equal(variant(server, 1, inputs).c_str(), "");
}

void test_sticky(void** /*state*/) {
  Server before({}, {}, {{declare("bars", "variants a b; sticky cookie;")}, {}, {}});
  Server after({}, {},
               {{declare("bars", "variants a=1 b=99; sticky cookie; when profile.x;")}, {}, {}});
  Server raised({}, {},
                {{declare("bars",
                          "variants a b; sticky cookie bucket_version=1 "
                          "min_bucket_version=1;")},
                 {},
                 {}});
  // Somebody who had the variant that has become rare.
  std::string id;
  for (int i = 0; id.empty(); ++i) {
    visit(before, std::to_string(i));
    visit(after, std::to_string(i));
    id = variant(before, 0) == "a" ? std::to_string(i) : "";
  }
  visit(after, id);
  visit(raised, id);
  assert_string_equal(variant(after, 0).c_str(), "");

  personalize::StickyCookie first("", std::pmr::new_delete_resource());
  DecisionInputs inputs;
  inputs.sticky = &first;
  assert_string_equal(variant(before, 0, inputs).c_str(), "a");
  assert_true(first.is_changed());
  std::pmr::string value;
  first.write(value);
  assert_int_equal(value.size(), 12);

  personalize::StickyCookie second(value, std::pmr::new_delete_resource());
  inputs.sticky = &second;
  assert_string_equal(variant(after, 0, inputs).c_str(), "a");
  assert_false(second.is_changed());
  // Versions below the least are over: who had them is in no more.
  assert_string_equal(variant(raised, 0, inputs).c_str(), "");
  // Another visitor in the same browser starts anew.
  visit(before, id + "x");
  variant(before, 0, inputs);
  assert_true(second.is_changed());
}

void test_sticky_cookie_is_bounded(void** /*state*/) {
  personalize::StickyCookie cookie("", std::pmr::new_delete_resource());
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("experiment-" + std::to_string(i));
    cookie.assign({"id", "7", names.back(), 0}, "b");
  }
  std::pmr::string value;
  cookie.write(value);
  assert_int_equal(value.size(), 12 * personalize::StickyCookie::most);
  assert_false(cookie.has({"id", "7", names.front(), 0}));
  assert_true(cookie.is({"id", "7", names.back(), 0}, "b"));
  assert_false(cookie.is({"id", "7", names.back(), 0}, "a"));
  assert_false(cookie.has({"id", "7", names.back(), 1}));
  assert_false(cookie.has({"id", "8", names.back(), 0}));

  for (const char* odd : {"x", "AAAAAAAAAAA=", "AAAAAAAAAAA\xff", "AAAAAAAAAAAAA"}) {
    personalize::StickyCookie broken(odd, std::pmr::new_delete_resource());
    std::pmr::string rest;
    broken.write(rest);
    assert_int_equal(rest.size(), 0);
  }
  personalize::StickyCookie large(std::string(12 * 65, 'A'), std::pmr::new_delete_resource());
  std::pmr::string rest;
  large.write(rest);
  assert_int_equal(rest.size(), 0);
}

void test_exposures(void** /*state*/) {
  Server server({}, {declare("bar", "slot top; when geo.country = PL; when experiment.bars = b;")},
                {{declare("bars", "variants a b;"), declare("other", "variants a b;")}, {}, {}});
  visit(server, "1");
  server.facts.set("geo.country", "\"RO\"");
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  decision.winner(0);
  assert_false(decision.is_exposed(0));
  decision.reset();
  server.facts.set("geo.country", "\"PL\"");
  decision.variant(0);
  assert_false(decision.is_exposed(0));
  decision.winner(0);
  assert_true(decision.is_exposed(0));
  assert_false(decision.is_exposed(1));
  assert_false(decision.is_exposed(2));
}

// Counts the bytes that are taken, and refuses when it is told to.
class CountingMemory final : public std::pmr::memory_resource {
 public:
  std::size_t taken = 0;
  bool refuses = false;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (refuses) {
      throw std::bad_alloc();
    }
    taken += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

Server with_experiments(unsigned count) {
  std::vector<personalize::Declaration> experiments;
  for (unsigned i = 0; i < count; ++i) {
    experiments.push_back(declare("e" + std::to_string(i), "variants a b;"));
  }
  return Server({}, {declare("bar", "slot top; when geo.country = PL;")},
                {std::move(experiments), {}, {}});
}

// Of hundreds of experiments most pages use none.
void test_experiments_that_nothing_asks_for_take_nothing(void** /*state*/) {
  const auto taken = [](unsigned experiments) {
    Server server = with_experiments(experiments);
    visit(server, "1");
    CountingMemory memory;
    Decision decision(*server.program, server.facts, &memory);
    decision.winner(0);
    const std::size_t before = memory.taken;
    assert_false(decision.variant(0).is_missing());
    assert_true(memory.taken > before);
    return before;
  };
  assert_int_equal(taken(300), taken(1));
}

void test_without_memory_nobody_is_in_an_experiment(void** /*state*/) {
  Server server = with_experiments(2);
  visit(server, "1");
  CountingMemory memory;
  Decision decision(*server.program, server.facts, &memory);
  memory.refuses = true;
  assert_true(decision.use_variant(1).is_missing());
  assert_false(decision.is_exposed(1));
  assert_int_equal(decision.last_used(), personalize::no_experiment);
  memory.refuses = false;
  assert_false(decision.use_variant(1).is_missing());
  assert_true(decision.is_exposed(1));
  assert_int_equal(decision.last_used(), 1);
}

void test_needs(void** /*state*/) {
  Server server({declare("vip", "when profile.clv > 100;")},
                {declare("bar", "slot top; when experiment.second = x;")},
                {{declare("first", "variants a b; when segment.vip;"),
                  declare("second", "variants x y; prerequisite experiment.first = b;"),
                  declare("third", "variants x y; hash_by weather.id;")},
                 {},
                 {}});
  assert_true(server.program->experiment_needs(0) == server.program->segment_needs(0));
  assert_true(server.program->experiment_needs(1) == server.program->segment_needs(0));
  assert_true(server.program->slot_needs(0) == server.program->segment_needs(0));
  assert_true(server.program->experiment_needs(2).test(1));
}

void test_circles(void** /*state*/) {
  assert_contains(error_of({{declare("a", "variants x y; when segment.s;")}, {}, {}},
                           {declare("s", "when experiment.a = x;")}),
                  "segment \"s\" depends on itself: s -> experiment.a -> s");
  assert_contains(
      error_of({{declare("a", "variants x y; prerequisite experiment.b;"),
                 declare("b", "variants x y; force x when experiment.a = y;")},
                {},
                {}}),
      "experiment \"a\" depends on itself: experiment.a -> experiment.b -> experiment.a");
  assert_contains(error_of({{declare("a", "variants x y; hash_by experiment.a;")}, {}, {}}),
                  "experiment.a -> experiment.a");
  assert_contains(error_of({{declare("a", "variants x y; holdout h;")},
                            {declare("h", "coverage 5%; when experiment.a;")},
                            {}}),
                  "depends on itself");
}

void test_errors(void** /*state*/) {
  assert_contains(error_of(""), "has no variants");
  assert_contains(error_of("variants a;"), "two variants or more");
  assert_contains(error_of("variants a b a;"), "is duplicate");
  assert_contains(error_of("variants a=1 b;"), "give one to each");
  assert_contains(error_of("variants a=x b=1;"), "not a weight");
  assert_contains(error_of("variants a=0 b=0;"), "more than 0");
  assert_contains(error_of("variants a,b c;"), "name of a variant");
  assert_contains(error_of("variants a b; coverage 40;"), "coverage 40%");
  assert_contains(error_of("variants a b; coverage 101%;"), "not a percentage");
  assert_contains(error_of("variants a b; coverage 1%; coverage 2%;"), "is duplicate");
  assert_contains(error_of("variants a b; hash_version 3;"), "1 or 2");
  assert_contains(error_of("variants a b; hash_by nothing.id;"), "unknown attribute");
  assert_contains(error_of("variants a b; hash_by visitor.id or cookie.x;"), "fallback");
  assert_contains(error_of("variants a b; namespace bars 0.5 0.2;"), "namespace bars 0 0.5");
  assert_contains(error_of("variants a b; ranges c=0-1;"), "unknown variant \"c\"");
  assert_contains(error_of("variants a b; ranges a=0-0.6 b=0.5-1;"), "in common");
  assert_contains(error_of("variants a=1 b=2; ranges a=0-0.6;"), "take the place");
  assert_contains(error_of("variants a b; filter x 0-1; namespace n 0 1;"), "keep one");
  assert_contains(error_of("variants a b; filter x;"), "filter pricing");
  assert_contains(error_of("variants a b; force c;"),
                  "unknown variant \"c\": experiment \"tested\" has a, b");
  assert_contains(error_of("variants a b; force a if cookie.x;"), "force control when");
  assert_contains(error_of("variants a b; prerequisite geo.country = PL;"),
                  "takes an experiment or a feature");
  assert_contains(error_of("variants a b; prerequisite experiment.tesled = a;"),
                  "unknown experiment \"tesled\"");
  assert_contains(error_of("variants a b; when experiment.other;"), "declared are tested");
  assert_contains(error_of("variants a b; when feature.x;"), "no personalize_features");
  assert_contains(error_of("variants a b; holdout h;"),
                  "none is declared with personalize_holdout");
  assert_contains(error_of("variants a b; sticky redis;"), "sticky cookie");
  assert_contains(error_of("variants a b; sticky cookie bucket_version=x;"), "whole number");
  assert_contains(error_of("variants a b; enabled yes;"), "on or off");
  assert_contains(error_of("variants a b; schedule from=soon;"), "not a date");
  assert_contains(
      error_of({{declare("x", "variants a b;"), declare("x", "variants a b;")}, {}, {}}),
      "is duplicate");
  assert_contains(error_of({{}, {declare("h", "hash_version 2;")}, {}}), "lacks its share");
  assert_contains(error_of({{}, {declare("h", "coverage 5%; variants a b;")}, {}}), "in a holdout");
  // A typo in a condition that could never hold.
  assert_contains(
      error_of({{declare("x", "variants a b;")}, {}, {}}, {declare("s", "when experiment.x = c;")}),
      "its variants are a, b");
}

// Shares that are learned take the place of those configured, within the coverage.
void test_allocated_shares(void** /*state*/) {
  Server server({}, {},
                {{declare("bars",
                          "variants control=50 one=50; coverage 60%; "
                          "allocate bandit metric=purchase;"),
                  declare("other", "variants a b;")},
                 {},
                 {}});
  assert_int_equal(server.program->allocated().size(), 1);
  const auto& declared = server.program->allocated()[0];
  assert_string_equal(declared.metric.c_str(), "purchase");
  assert_true(declared.id == 0 && declared.every_s == 3600 && declared.floor == 0.01);
  assert_true(declared.coverage == 0.6 && declared.shares == std::vector<double>({0.5, 0.5}));
  assert_true(server.program->variant_shares(0).empty());

  personalize::Allocations allocations(*server.program);
  DecisionInputs inputs;
  inputs.allocations = &allocations;
  const auto share = [&](ExperimentId id, const std::string& wanted) {
    int count = 0;
    for (int i = 0; i < 2000; ++i) {
      visit(server, "visitor-" + std::to_string(i));
      count += variant(server, id, inputs) == wanted ? 1 : 0;
    }
    return count;
  };
  const int configured = share(0, "one");
  const int others = share(1, "a");
  assert_true(near(configured, 600) && allocations.version(0).empty());

  assert_true(allocations.set(0, R"({"version":3,"weights":{"control":0.1,"one":0.9}})"));
  assert_true(allocations.version(0) == "3");
  assert_true(near(share(0, "one"), 1080) && near(share(0, "control"), 120));
  assert_int_equal(share(1, "a"), others);
  assert_false(allocations.set(1, R"({"version":3,"weights":{"a":0.1,"b":0.9}})"));
  assert_false(allocations.set(0, R"({"version":4,"weights":{"control":0.1}})"));
  assert_true(allocations.version(0) == "3");
  assert_true(allocations.set(0, ""));
  assert_int_equal(share(0, "one"), configured);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_allocated_shares),
    cmocka_unit_test(test_weights_and_coverage),
    cmocka_unit_test(test_shares_of_variants),
    cmocka_unit_test(test_same_as_sdk),
    cmocka_unit_test(test_no_id_no_experiment),
    cmocka_unit_test(test_conditions_and_prerequisites),
    cmocka_unit_test(test_namespaces_exclude_each_other),
    cmocka_unit_test(test_ranges),
    cmocka_unit_test(test_holdout_spans_experiments),
    cmocka_unit_test(test_forced),
    cmocka_unit_test(test_schedule),
    cmocka_unit_test(test_hours),
    cmocka_unit_test(test_switches),
    cmocka_unit_test(test_sticky),
    cmocka_unit_test(test_sticky_cookie_is_bounded),
    cmocka_unit_test(test_exposures),
    cmocka_unit_test(test_experiments_that_nothing_asks_for_take_nothing),
    cmocka_unit_test(test_without_memory_nobody_is_in_an_experiment),
    cmocka_unit_test(test_needs),
    cmocka_unit_test(test_circles),
    cmocka_unit_test(test_errors),
};
const Suite suite(__FILE__, tests);

}  // namespace
