// Which prizes visitors draw.
#include "personalize/claims/draw.h"

#include <map>
#include <string>
#include <vector>

#include "suite.h"

using namespace personalize;

namespace {

using Prizes = std::pmr::vector<WeightedPrize>;

Prizes prizes(std::initializer_list<WeightedPrize> list) {
  return {list.begin(), list.end()};
}

std::string order(const Prizes& all, const std::string& visitor,
                  const std::string& campaign = "lucky") {
  std::string text;
  for (const auto& prize : draw(all, campaign, visitor, std::pmr::get_default_resource())) {
    text.append(prize.code.empty() ? prize.text : prize.code).append(" ");
  }
  return text;
}

std::string first(const std::string& order) {
  return order.substr(0, order.find(' '));
}

// Pearson's statistic.
double chi_square(const std::map<std::string, int>& seen,
                  const std::map<std::string, double>& shares, int total) {
  double sum = 0;
  for (const auto& [name, share] : shares) {
    const auto found = seen.find(name);
    const double n = found == seen.end() ? 0 : found->second;
    const double expected = share * total;
    sum += (n - expected) * (n - expected) / expected;
  }
  return sum;
}

constexpr double critical_3 = 16.27;  // of three degrees of freedom, at 0.001
constexpr double critical_2 = 13.82;

void odds_are_those_of_the_weights(void**) {
  const auto all = prizes({{{"A", "a", 1}, 1},
                           {{"B", "b", 1}, 20},
                           {{"C", "c", 1}, 79},
                           {{"D", "d", 1}, 0.5},
                           {{"never", "", 1}, 0}});
  constexpr int visitors = 20000;
  for (const char* campaign : {"lucky", "other", "\xc5\xbc"}) {
    std::map<std::string, int> firsts;
    std::map<std::string, int> seconds;  // of those who would have had C
    int without_c = 0;
    for (int i = 0; i < visitors; ++i) {
      const auto drawn = order(all, "visitor-" + std::to_string(i), campaign);
      assert_true(drawn.find("never") == std::string::npos);
      ++firsts[first(drawn)];
      if (first(drawn) == "C") {
        ++without_c;
        ++seconds[first(drawn.substr(2))];
      }
    }
    const double sum = 100.5;
    assert_true(chi_square(firsts,
                           {{"A", 1 / sum}, {"B", 20 / sum}, {"C", 79 / sum}, {"D", 0.5 / sum}},
                           visitors) < critical_3);
    // Once it is gone, the odds are those of the others.
    assert_true(chi_square(seconds, {{"A", 1 / 21.5}, {"B", 20 / 21.5}, {"D", 0.5 / 21.5}},
                           without_c) < critical_2);
  }
}

void the_same_visitor_draws_the_same(void**) {
  const auto all = prizes({{{"A", "", 1}, 1}, {{"B", "", 1}, 1}, {{"C", "", 1}, 1}});
  auto changed =
      prizes({{{"C", "", 7}, 1}, {{"E", "", 1}, 1e-9}, {{"B", "", 1}, 1}, {{"A", "", 2}, 1}});
  int others = 0;
  for (int i = 0; i < 100; ++i) {
    const auto visitor = "visitor-" + std::to_string(i);
    assert_string_equal(order(all, visitor).c_str(), order(all, visitor).c_str());
    // The order of the list, a stock and another prize change nothing.
    assert_string_equal((order(all, visitor) + "E ").c_str(), order(changed, visitor).c_str());
    others += order(all, visitor) == order(all, visitor, "other") ? 0 : 1;
  }
  assert_true(others > 60);
}

void nothing_comes_after_what_never_runs_out(void**) {
  const auto all = prizes({{{"A", "", {}}, 1}, {{"B", "", {}}, 1}, {{"", "luck", {}}, 1}});
  const auto limited = prizes({{{"pool=x", "", {}}, 1}, {{"A", "", {}}, 1e-9}});
  for (int i = 0; i < 50; ++i) {
    const auto visitor = "visitor-" + std::to_string(i);
    const auto drawn = order(all, visitor);
    assert_int_equal(drawn.size(), first(drawn).size() + 1);
    assert_string_equal(order(limited, visitor).c_str(), "pool=x A ");
  }
  assert_string_equal(order(prizes({}), "ada").c_str(), "");
  // The second one of a name is none.
  assert_string_equal(order(prizes({{{"A", "", 1}, 1}, {{"A", "", 9}, 1}}), "ada").c_str(), "A ");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(odds_are_those_of_the_weights),
    cmocka_unit_test(the_same_visitor_draws_the_same),
    cmocka_unit_test(nothing_comes_after_what_never_runs_out),
};
const Suite suite(__FILE__, tests);

}  // namespace
