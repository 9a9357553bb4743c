// The index over a contest's campaigns: the same winners as by judging them one by one, with less
// asked.
#include "decision/campaigns/candidate_index.h"

#include "fixture.h"

#include <cstdint>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "suite.h"

using namespace personalize;
using fixture::declare;

namespace {

std::vector<Declaration> campaigns(int count, const std::string& lines) {
  std::vector<Declaration> result;
  for (int i = 0; i < count; ++i) {
    std::string text = lines;
    for (auto at = text.find('#'); at != std::string::npos; at = text.find('#')) {
      text.replace(at, 1, std::to_string(i));
    }
    result.push_back(declare("c" + std::to_string(i), "slot s; " + text));
  }
  return result;
}

// Returns the name of the winner of the first slot, and counts in `asked` what facts were asked
// for.
std::string winner(fixture::Server& server, unsigned& asked) {
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  server.facts.asked = 0;
  const CampaignId id = decision.winner(0);
  asked = server.facts.asked;
  return id == no_campaign ? "" : server.program->campaign_name(id);
}

void test_a_value_selects(void** /*state*/) {
  fixture::Server server({}, campaigns(1000, "when profile.tier = t#;"));
  unsigned asked = 0;
  server.facts.set("profile", R"({"tier": "t700"})");
  assert_string_equal(winner(server, asked).c_str(), "c700");
  assert_true(asked <= 2);
  server.facts.set("profile", R"({"tier": "other"})");
  assert_string_equal(winner(server, asked).c_str(), "");
  assert_true(asked <= 2);
  server.facts.set("profile", "{}");
  assert_string_equal(winner(server, asked).c_str(), "");
  assert_true(asked <= 2);
  // What only the conditions can tell is judged by them.
  server.facts.set("profile", R"({"tier": ["t3", "t2"]})");
  assert_string_equal(winner(server, asked).c_str(), "c2");
}

void test_numbers_select(void** /*state*/) {
  fixture::Server server({}, campaigns(100, "when profile.group in # 10#;"));
  unsigned asked = 0;
  for (const char* profile : {R"({"group": 1042})", R"({"group": "1042"})"}) {
    server.facts.set("profile", profile);
    assert_string_equal(winner(server, asked).c_str(), "c42");
    assert_true(asked <= 2);
  }
}

void test_what_is_shared_is_asked_once(void** /*state*/) {
  fixture::Server server({}, campaigns(100, "when geo.country in PL RO; when profile.n >= #;"));
  unsigned asked = 0;
  server.facts.set("geo.country", "\"DE\"");
  server.facts.set("profile", R"({"n": 0})");
  assert_string_equal(winner(server, asked).c_str(), "");
  assert_int_equal(asked, 1);
  server.facts.set("geo.country", "\"PL\"");
  assert_string_equal(winner(server, asked).c_str(), "c0");
  assert_true(asked <= 3);
}

void test_segments_select(void** /*state*/) {
  std::vector<Declaration> segments;
  for (int i = 0; i < 200; ++i) {
    segments.push_back(
        declare("s" + std::to_string(i), "when profile.tier = t" + std::to_string(i) + ";"));
  }
  fixture::Server server(segments, campaigns(200, "when segment.s#;"));
  unsigned asked = 0;
  server.facts.set("profile", R"({"tier": "t150"})");
  assert_string_equal(winner(server, asked).c_str(), "c150");
  assert_true(asked <= 3);
}

// Each segment names the two before it: there are a billion ways through them.
void test_segments_in_segments_are_looked_into_once(void** /*state*/) {
  std::vector<Declaration> segments = {declare("s0", "when profile.a = 1;"),
                                       declare("s1", "when profile.b = 1;")};
  for (int i = 2; i < 45; ++i) {
    segments.push_back(declare("s" + std::to_string(i), "when segment.s" + std::to_string(i - 1) +
                                                            "; when segment.s" +
                                                            std::to_string(i - 2) + ";"));
  }
  fixture::Server server(segments, campaigns(10, "when segment.s44; when profile.tier = t#;"));
  unsigned asked = 0;
  server.facts.set("profile", R"({"a": 1, "b": 1, "tier": "t7"})");
  assert_string_equal(winner(server, asked).c_str(), "c7");
}

// Whom a campaign that ranks lower would expose to an experiment is not asked.
void test_experiments_are_asked_in_their_turn(void** /*state*/) {
  ExperimentText text;
  text.experiments.push_back(declare("e", "variants a b;"));
  auto list = campaigns(20, "when experiment.e = a; when profile.x = yes;");
  list.push_back(declare("first", "slot s; priority 9; when profile.x = no;"));
  fixture::Server server({}, list, text);
  server.facts.set("visitor.id", "\"ada\"");
  server.facts.set("profile", R"({"x": "no"})");
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  assert_int_equal(decision.winner(0), 20);
  assert_false(decision.is_exposed(0));
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  const std::string& of(const std::vector<std::string>& list) {
    return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> lines = {
    "when geo.country in PL RO;",
    "unless geo.country = PL;",
    "when geo.country = DE;",
    "when profile.tier = gold;",
    "when profile.tier in tin 3;",
    "when profile.tier = 3;",
    "unless profile.tier = 3;",
    "when profile.tier = true;",
    "when profile.tier = null;",
    "when profile.tier missing;",
    "any { when profile.tier = tin; when geo.country = RO; }",
    "all { when profile.tier = tin; when geo.country in PL DE; }",
    "when profile.tags has vip;",
    "when profile.n >= 5;",
    "when segment.tin;",
    "unless segment.tin;",
    "when segment.polish;",
    "when segment.tested;",
    "when experiment.e = a;",
    "unless experiment.e = a;",
    "when visitor.id = ada;",
    "group g 1/view;",
    "group h 1/view;",
    "cap 1/view;",
    "enabled off;",
    "holdout 30%;",
};

const std::vector<std::string> profiles = {
    R"({"tier": "gold", "n": 7, "tags": ["vip"]})",
    R"({"tier": "tin", "n": 3})",
    R"({"tier": 3})",
    R"({"tier": "3", "n": 9})",
    R"({"tier": true})",
    R"({"tier": null})",
    R"({"tier": ["tin", "gold"]})",
    R"({"tier": {"a": 1}})",
    "{}",
    "",
};

void test_the_winners_are_the_same(void** /*state*/) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const std::vector<Declaration> segments = {
        declare("tin", "when profile.tier = tin;"),
        declare("polish", "when geo.country = PL; when segment.tin;"),
        declare("tested", "when experiment.e = a;"),
    };
    ExperimentText text;
    text.experiments.push_back(declare("e", "variants a b;"));
    std::vector<Declaration> list;
    const int count = 4 + random.below(150);
    const int slots = 1 + random.below(3);
    for (int i = 0; i < count; ++i) {
      std::string campaign = "slot s" + std::to_string(random.below(slots)) + "; priority " +
                             std::to_string(random.below(4)) + ";";
      std::vector<std::string> used;
      for (int k = random.below(4); k >= 0; --k) {
        const std::string& line = random.of(lines);
        const std::string word = line.substr(0, line.find(' ', line.find(' ') + 1));
        if (std::find(used.begin(), used.end(), word) == used.end()) {
          used.push_back(word);
          campaign += " " + line;
        }
      }
      list.push_back(declare("c" + std::to_string(i), campaign));
    }
    fixture::Server server(segments, list, text);
    server.facts.set("visitor.id", random.below(2) == 0 ? "\"ada\"" : "\"bob\"");
    server.facts.set("geo.country", random.of({"\"PL\"", "\"DE\"", "\"FR\"", ""}));
    server.facts.set("profile", random.of(profiles));

    Decision indexed(*server.program, server.facts, std::pmr::new_delete_resource());
    Decision judged(*server.program, server.facts, std::pmr::new_delete_resource());
    judged.keep_outcomes();
    const auto slot_count = static_cast<SlotId>(server.program->slots().size());
    for (int round = 0; round < 3; ++round) {
      for (SlotId slot = 0; slot < slot_count; ++slot) {
        const CampaignId winner = indexed.winner(slot);
        if (winner != judged.winner(slot) || indexed.is_exposed(0) != judged.is_exposed(0)) {
          fail_msg("seed %u, round %d, slot %u: %u is not %u", seed, round, slot, winner,
                   judged.winner(slot));
        }
      }
      // What cannot be rendered makes way.
      const auto slot = static_cast<SlotId>(random.below(slot_count));
      const CampaignId skipped = indexed.winner(slot);
      indexed.skip(skipped);
      judged.skip(skipped);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_a_value_selects),
    cmocka_unit_test(test_numbers_select),
    cmocka_unit_test(test_what_is_shared_is_asked_once),
    cmocka_unit_test(test_segments_select),
    cmocka_unit_test(test_segments_in_segments_are_looked_into_once),
    cmocka_unit_test(test_experiments_are_asked_in_their_turn),
    cmocka_unit_test(test_the_winners_are_the_same),
};
const Suite suite(__FILE__, tests);

}  // namespace
