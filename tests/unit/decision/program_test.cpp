// Segments that name segments, slots and their winners, and what each needs to know.
#include "fixture.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using fixture::declare;
using fixture::Server;
using personalize::Decision;
using personalize::no_campaign;
using personalize::no_slot;

Decision decide(Server& server) {
  return Decision(*server.program, server.facts, std::pmr::new_delete_resource());
}

std::string error_of(const std::vector<personalize::Declaration>& segments,
                     const std::vector<personalize::Declaration>& campaigns) {
  try {
    Server server(segments, campaigns);
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

void assert_contains(const std::string& text, const char* part) {
  if (text.find(part) == std::string::npos) {
    fail_msg("\"%s\" lacks \"%s\"", text.c_str(), part);
  }
}

void test_segments_name_segments(void** /*state*/) {
  // In an order in which the first depends on the last.
  Server server({declare("target", "when segment.vip; unless segment.recent;"),
                 declare("recent", "when profile.last_order within 7d;"),
                 declare("vip", "when profile.clv >= 100;")},
                {});
  server.facts.set("time.now", "1795176000");
  server.facts.set("profile", R"({"clv": 150, "last_order": "2026-01-01"})");
  Decision decision = decide(server);
  assert_true(decision.segment(0));
  assert_false(decision.segment(1));
  assert_true(decision.segment(2));
  assert_false(decision.segment(3));  // there is none

  server.facts.set("profile", R"({"clv": 150, "last_order": "2026-11-19"})");
  decision.reset();
  assert_false(decision.segment(0));
}

void test_segment_in_comparisons(void** /*state*/) {
  Server server(
      {declare("vip", "when profile.clv >= 100;"), declare("other", "when segment.vip = false;")},
      {});
  server.facts.set("profile", R"({"clv": 99})");
  Decision decision = decide(server);
  assert_true(decision.segment(1));
}

void test_segment_is_decided_once(void** /*state*/) {
  Server server({declare("vip", "when profile.clv >= 100;")}, {});
  Decision decision = decide(server);
  assert_false(decision.segment(0));
  const unsigned asked = server.facts.asked;
  assert_true(asked > 0);
  assert_false(decision.segment(0));
  assert_int_equal(server.facts.asked, asked);
}

// A condition that stands in several places is evaluated once, until facts change; whether it is
// asked for by `when` or `unless`. What is about an element of the page is not kept.
void test_conditions_are_evaluated_once(void** /*state*/) {
  fixture::Server server(
      {declare("a", "when profile.tier = gold; when profile.age >= 18;"),
       declare("b", "unless profile.tier = gold;"),
       declare("c", "any { when profile.tier = gold; when profile.tier = silver; }"),
       declare("d", "element profile.lines { when tier = gold; }"),
       declare("e", "element profile.others { when tier = gold; }")},
      {declare("card", "slot s; when profile.tier = gold; when slot.data.tier = gold;"),
       declare("other", "slot s; when slot.data.tier = gold;")});
  server.program->decide_by_element(0);
  server.facts.set("profile", R"({"tier": "gold", "age": 40, "lines": [{"tier": "gold"}]})");
  personalize::Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  const auto check = [&](bool a, bool b, bool c) {
    server.facts.asked = 0;
    assert_int_equal(decision.segment(0), a);
    assert_int_equal(decision.segment(1), b);
    assert_int_equal(decision.segment(2), c);
  };
  check(true, false, true);
  assert_int_equal(server.facts.asked, 2);
  assert_true(decision.segment(3));
  assert_false(decision.segment(4));
  // Without reset() what was found out stays.
  server.facts.set("profile", R"({"tier": "silver"})");
  decision.reset();
  check(false, true, true);
  assert_int_equal(server.facts.asked, 2);

  server.facts.set("profile", R"({"tier": "gold"})");
  decision.reset();
  for (const bool is_gold : {true, false, true}) {
    server.facts.set("slot.data.tier", is_gold ? "\"gold\"" : "\"tin\"");
    decision.begin_element(0);
    assert_int_equal(decision.winner(0), is_gold ? 0 : personalize::no_campaign);
  }
}

void test_self_dependency(void** /*state*/) {
  assert_contains(error_of({declare("a", "when segment.b;"),
                            declare("b", "any { when segment.c; when profile.x; }"),
                            declare("c", "unless segment.b;")},
                           {}),
                  "segment \"b\" depends on itself: b -> c -> b");
  assert_contains(error_of({declare("a", "when segment.a;")}, {}), "a -> a");
}

void test_winner(void** /*state*/) {
  Server server({declare("vip", "when profile.clv >= 100;")},
                {declare("first", "slot top; when profile.a;"),
                 declare("second", "slot top; when profile.b; set text x; widget hello-bar;"),
                 declare("important", "slot top; priority 20; when segment.vip;"),
                 declare("fallback", "slot top; priority -5;"),
                 declare("elsewhere", "slot side; when profile.a;")});
  assert_int_equal(server.program->slots().size(), 2);
  const auto top = server.program->slot("top");
  const auto side = server.program->slot("side");
  assert_int_equal(server.program->slot("bottom"), no_slot);

  server.facts.set("profile", R"({"a": 1, "b": 1, "clv": 100})");
  Decision decision = decide(server);
  assert_string_equal(server.program->campaign_name(decision.winner(top)).c_str(), "important");
  decision.skip(decision.winner(top));
  assert_string_equal(server.program->campaign_name(decision.winner(top)).c_str(), "first");
  decision.skip(decision.winner(top));
  assert_string_equal(server.program->campaign_name(decision.winner(top)).c_str(), "second");
  decision.skip(decision.winner(top));
  assert_string_equal(server.program->campaign_name(decision.winner(top)).c_str(), "fallback");
  decision.skip(decision.winner(top));
  assert_int_equal(decision.winner(top), no_campaign);
  assert_string_equal(server.program->campaign_name(decision.winner(side)).c_str(), "elsewhere");

  server.facts.set("profile", "{}");
  decision.reset();
  assert_string_equal(server.program->campaign_name(decision.winner(top)).c_str(), "fallback");
  assert_int_equal(decision.winner(side), no_campaign);
  assert_int_equal(decision.winner(no_slot), no_campaign);
}

void test_skipping_a_loser_keeps_the_winner(void** /*state*/) {
  Server server({}, {declare("first", "slot top;"), declare("second", "slot top;")});
  Decision decision = decide(server);
  assert_int_equal(decision.winner(0), 0);
  decision.skip(1);
  assert_int_equal(decision.winner(0), 0);
  decision.skip(0);
  assert_int_equal(decision.winner(0), no_campaign);
}

void test_needs(void** /*state*/) {
  Server server({declare("sunny", "when weather.temperature > 20;"),
                 declare("vip_in_sun", "when profile.vip; when segment.sunny;"),
                 declare("polish", "when geo.country = PL;")},
                {declare("a", "slot top; when segment.vip_in_sun;"),
                 declare("b", "slot side; when segment.polish;"),
                 declare("c", "slot foot; any { when profile.x; when cookie.y; }")});
  auto& program = *server.program;
  assert_int_equal(program.segment_needs(0).to_ulong(), 2);
  assert_int_equal(program.segment_needs(1).to_ulong(), 3);
  assert_int_equal(program.segment_needs(2).to_ulong(), 0);
  assert_int_equal(program.slot_needs(program.slot("top")).to_ulong(), 3);
  assert_int_equal(program.slot_needs(program.slot("side")).to_ulong(), 0);
  assert_int_equal(program.slot_needs(program.slot("foot")).to_ulong(), 1);

  program.add_content_needs(1, program.segment_needs(0));
  assert_int_equal(program.slot_needs(program.slot("side")).to_ulong(), 2);
  assert_int_equal(program.slot_needs(no_slot).to_ulong(), 0);
}

void test_campaign_mistakes(void** /*state*/) {
  assert_contains(error_of({}, {declare("a", "priority 1;")}), "write \"slot NAME;\" into it");
  assert_contains(error_of({}, {declare("a", "slot x; slot y;")}), "\"slot\" is duplicate");
  assert_contains(error_of({}, {declare("a", "slot x y;")}), "write \"slot NAME\"");
  assert_contains(error_of({}, {declare("a", "slot x; priority 1; priority 2;")}),
                  "\"priority\" is duplicate");
  assert_contains(error_of({}, {declare("a", "slot x; priority high;")}),
                  "\"high\" is not a whole number");
  assert_contains(error_of({}, {declare("a", "slot x; priority 1.5;")}), "is not a whole number");
  assert_contains(error_of({}, {declare("a", "slot x; priority 99999999999;")}),
                  "is not a whole number");
  assert_contains(error_of({}, {declare("a", "slot x;"), declare("a", "slot y;")}),
                  "campaign \"a\" is duplicate");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_segments_name_segments),
    cmocka_unit_test(test_segment_in_comparisons),
    cmocka_unit_test(test_segment_is_decided_once),
    cmocka_unit_test(test_conditions_are_evaluated_once),
    cmocka_unit_test(test_self_dependency),
    cmocka_unit_test(test_winner),
    cmocka_unit_test(test_skipping_a_loser_keeps_the_winner),
    cmocka_unit_test(test_needs),
    cmocka_unit_test(test_campaign_mistakes),
};
const Suite suite(__FILE__, tests);

}  // namespace
