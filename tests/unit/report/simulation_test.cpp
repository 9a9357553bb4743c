// Whether the promises hold: experiments are simulated, of which the truth is known.
//
//   SIMULATIONS=100000 report_test simulation_test      many more of them than the 2,000 by default
#include "report/statistics/comparison.h"
#include "report/statistics/sample_ratio.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace {

using namespace personalize::report;

constexpr int days = 14;
constexpr int visitors_a_day = 200;

int simulations() {
  const char* text = std::getenv("SIMULATIONS");
  return text == nullptr ? 2000 : std::max(1, std::atoi(text));
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  bool chance(double p) { return uniform() < p; }
  double exponential() { return -std::log(1 - uniform()); }

 private:
  std::mt19937_64 engine_;
};

// Asserts that so many of the simulations are within 3.3 standard deviations of their share.
void assert_share(const char* what, int count, int of, double share) {
  const double deviation = 3.3 * std::sqrt(share * (1 - share) * of);
  std::printf("  %-52s %.2f %%\n", what, 100.0 * count / of);
  assert_true(count >= share * of - deviation);
  assert_true(count <= share * of + deviation);
}

void assert_at_most(const char* what, int count, int of, double share) {
  std::printf("  %-52s %.2f %%, at most %.1f\n", what, 100.0 * count / of, 100 * share);
  assert_true(count <= share * of);
}

// What a visitor does: a third has bought before; a tenth buys, for amounts that are far from
// normal.
struct Shopper {
  double taste;
  double before;
  explicit Shopper(Dice& dice)
      : taste(0.3 + 0.7 * dice.exponential()),
        before(dice.chance(0.3) ? 50 * taste * dice.exponential() : 0) {}
};

Visit buys(Dice& dice, const Shopper& shopper, double lift) {
  Visit visit;
  visit.x = shopper.before;
  visit.y = dice.chance(std::min(1.0, 0.1 * shopper.taste * lift)) ? 50 * dice.exponential() : 0;
  return visit;
}

Visit converts(Dice& dice, double lift) {
  Visit visit;
  visit.y = dice.chance(0.1 * lift) ? 1 : 0;
  return visit;
}

// Clicks a page view.
Visit clicks(Dice& dice, double lift) {
  Visit visit;
  visit.d = 0;
  do {
    visit.d += 1;
    visit.y += dice.chance(0.1 * lift) ? 1 : 0;
  } while (dice.chance(0.6));
  return visit;
}

struct Alarms {
  int at_the_end = 0;
  int peeking = 0;         // by the p value that is meant to be looked at once
  int peeking_always = 0;  // by the one that may be looked at always
};

// Runs experiments without any effect, and looks at them every day.
template <class Make>
Alarms alarms_of(std::uint64_t seed, bool uses_covariate, Make make) {
  Alarms alarms;
  Dice dice(seed);
  for (int i = 0; i < simulations(); ++i) {
    Strata strata(1, std::vector<Moments>(2));
    bool is_peeked = false;
    bool is_peeked_always = false;
    for (int day = 0; day < days; ++day) {
      for (int visitor = 0; visitor < visitors_a_day; ++visitor) {
        strata[0][dice.chance(0.5) ? 1 : 0].add(make(dice));
      }
      const auto comparison = compare(strata, 0, 1, {0.95, uses_covariate});
      if (!comparison) {
        continue;
      }
      const auto& effect = comparison->effect();
      is_peeked |= effect.p < 0.05;
      is_peeked_always |= effect.always_p < 0.05;
      alarms.at_the_end += day + 1 == days && effect.p < 0.05 ? 1 : 0;
    }
    alarms.peeking += is_peeked ? 1 : 0;
    alarms.peeking_always += is_peeked_always ? 1 : 0;
  }
  return alarms;
}

void assert_alarms(const std::string& what, const Alarms& alarms) {
  assert_share((what + ", looked at once").c_str(), alarms.at_the_end, simulations(), 0.05);
  assert_at_most((what + ", every day, always valid").c_str(), alarms.peeking_always, simulations(),
                 0.05);
  // That looking every day is a problem at all, else these tests could not fail.
  assert_true(alarms.peeking > 0.1 * simulations());
}

void false_alarms_are_as_rare_as_promised(void**) {
  assert_alarms("rate", alarms_of(1, false, [](Dice& dice) { return converts(dice, 1); }));
  assert_alarms("value",
                alarms_of(2, false, [](Dice& dice) { return buys(dice, Shopper(dice), 1); }));
  assert_alarms("value, CUPED",
                alarms_of(3, true, [](Dice& dice) { return buys(dice, Shopper(dice), 1); }));
  assert_alarms("ratio", alarms_of(4, false, [](Dice& dice) { return clicks(dice, 1); }));
}

// Counts how often the true lift is inside of the intervals.
template <class Make>
void assert_coverage(const char* what, std::uint64_t seed, double lift, bool uses_covariate,
                     Make make) {
  Dice dice(seed);
  int inside = 0;
  int outside_once = 0;  // of the always-valid band, on any day
  for (int i = 0; i < simulations(); ++i) {
    Strata strata(1, std::vector<Moments>(2));
    bool is_outside = false;
    for (int day = 0; day < days; ++day) {
      for (int visitor = 0; visitor < visitors_a_day; ++visitor) {
        const bool is_treated = dice.chance(0.5);
        strata[0][is_treated ? 1 : 0].add(make(dice, is_treated ? 1 + lift : 1));
      }
      const auto comparison = compare(strata, 0, 1, {0.95, uses_covariate});
      if (!comparison || !comparison->lift) {
        continue;
      }
      const auto& estimate = *comparison->lift;
      is_outside |= estimate.always.low > lift || estimate.always.high < lift;
      inside += day + 1 == days && estimate.interval.low <= lift && lift <= estimate.interval.high;
    }
    outside_once += is_outside ? 1 : 0;
  }
  std::printf("  %-52s %.2f %%\n", what, 100.0 * inside / simulations());
  // The delta method is an approximation: a point is left to it.
  assert_true(inside >= 0.935 * simulations() && inside <= 0.965 * simulations());
  assert_at_most("  outside of the always-valid band on some day", outside_once, simulations(),
                 0.05);
}

void intervals_cover_real_lifts(void**) {
  assert_coverage("rate, +10 %", 11, 0.1, false,
                  [](Dice& dice, double lift) { return converts(dice, lift); });
  assert_coverage("rate, -30 %", 12, -0.3, false,
                  [](Dice& dice, double lift) { return converts(dice, lift); });
  assert_coverage("value, +25 %, CUPED", 13, 0.25, true,
                  [](Dice& dice, double lift) { return buys(dice, Shopper(dice), lift); });
  assert_coverage("ratio, +25 %", 14, 0.25, false,
                  [](Dice& dice, double lift) { return clicks(dice, lift); });
}

// CUPED may only make an interval narrower.
void covariates_save_variance_and_change_no_effect(void**) {
  Dice dice(21);
  double saved = 0;
  double plain = 0;
  double adjusted = 0;
  const int count = simulations() / 10;
  for (int i = 0; i < count; ++i) {
    Strata strata(1, std::vector<Moments>(2));
    for (int visitor = 0; visitor < days * visitors_a_day; ++visitor) {
      const bool is_treated = dice.chance(0.5);
      const Shopper shopper(dice);
      Visit visit = buys(dice, shopper, is_treated ? 1.2 : 1);
      visit.y += 0.2 * shopper.before;  // who has bought buys again
      strata[0][is_treated ? 1 : 0].add(visit);
    }
    const auto without = compare(strata, 0, 1, {0.95, false});
    const auto with = compare(strata, 0, 1, {0.95, true});
    saved += *with->variance_saved;
    plain += without->difference.value;
    adjusted += with->difference.value;
    assert_true(with->difference.error < without->difference.error);
  }
  assert_true(saved / count > 0.1);
  assert_true(std::abs(adjusted - plain) / count < 0.1);
}

// A bandit sends ever more visitors to a variant that is no better, while the days get better for
// all of them: sums over all days find an effect, those within the versions do not.
void changing_weights_are_no_effect(void**) {
  Dice dice(31);
  int alarms = 0;
  int alarms_of_sums = 0;
  for (int i = 0; i < simulations(); ++i) {
    Strata strata(days, std::vector<Moments>(2));
    Strata sums(1, std::vector<Moments>(2));
    for (int day = 0; day < days; ++day) {
      const double weight = 0.1 + 0.8 * day / (days - 1);
      for (int visitor = 0; visitor < visitors_a_day; ++visitor) {
        const Visit visit = converts(dice, 1 + 3.0 * day / days);
        const std::size_t variant = dice.chance(weight) ? 1 : 0;
        strata[static_cast<std::size_t>(day)][variant].add(visit);
        sums[0][variant].add(visit);
      }
    }
    alarms += compare(strata, 0, 1, {})->effect().p < 0.05 ? 1 : 0;
    alarms_of_sums += compare(sums, 0, 1, {})->effect().p < 0.05 ? 1 : 0;
  }
  assert_share("bandit without effect, by version", alarms, simulations(), 0.05);
  assert_true(alarms_of_sums > 0.9 * simulations());
}

// Splits as drawn.
void a_right_split_raises_no_alarm(void**) {
  Dice dice(41);
  const std::vector<double> shares = {0.5, 0.3, 0.2};
  int of_twenty = 0;
  int of_thousand = 0;
  int sequential_of_twenty = 0;
  int sequential_of_thousand = 0;
  for (int i = 0; i < simulations(); ++i) {
    SequentialRatioCheck sequential(3);
    DrawCount draw{shares, {0, 0, 0}};
    for (int visitor = 0; visitor < days * visitors_a_day; ++visitor) {
      const double place = dice.uniform();
      const std::size_t variant = place < 0.5 ? 0 : place < 0.8 ? 1 : 2;
      ++draw.visitors[variant];
      sequential.add(shares, variant);
    }
    const double p = check_ratio({draw})->p;
    of_twenty += p < 0.05 ? 1 : 0;
    of_thousand += p < 0.001 ? 1 : 0;
    // The least p of all visitors: as if it had been looked at after each.
    sequential_of_twenty += sequential.p() < 0.05 ? 1 : 0;
    sequential_of_thousand += sequential.p() < 0.001 ? 1 : 0;
  }
  assert_share("chi-square test of the split at 0.05", of_twenty, simulations(), 0.05);
  const double few = 0.001 * simulations() + 3.3 * std::sqrt(0.001 * simulations()) + 1;
  assert_true(of_thousand <= few);
  assert_at_most("sequential test of the split at 0.05", sequential_of_twenty, simulations(), 0.05);
  assert_true(sequential_of_thousand <= few);
}

void the_split_of_changing_weights_raises_no_alarm(void**) {
  Dice dice(42);
  int of_twenty = 0;
  int sequential_of_twenty = 0;
  for (int i = 0; i < simulations(); ++i) {
    SequentialRatioCheck sequential(2);
    std::vector<DrawCount> draws;
    for (int day = 0; day < days; ++day) {
      const double weight = 0.5 + 0.4 * day / days;
      draws.push_back({{1 - weight, weight}, {0, 0}});
      for (int visitor = 0; visitor < visitors_a_day; ++visitor) {
        const std::size_t variant = dice.chance(weight) ? 1 : 0;
        ++draws.back().visitors[variant];
        sequential.add(draws.back().shares, variant);
      }
    }
    of_twenty += check_ratio(draws)->p < 0.05 ? 1 : 0;
    sequential_of_twenty += sequential.p() < 0.05 ? 1 : 0;
  }
  assert_share("chi-square test, changing weights", of_twenty, simulations(), 0.05);
  assert_at_most("sequential test, changing weights", sequential_of_twenty, simulations(), 0.05);
}

// One visitor in twenty-five of one variant is lost.
void a_wrong_split_is_found(void**) {
  Dice dice(43);
  const std::vector<double> shares = {0.5, 0.5};
  const int count = simulations() / 20;
  int found = 0;
  int found_sequentially = 0;
  for (int i = 0; i < count; ++i) {
    SequentialRatioCheck sequential(2);
    DrawCount draw{shares, {0, 0}};
    for (int visitor = 0; visitor < 100000; ++visitor) {
      const std::size_t variant = dice.chance(0.5) ? 1 : 0;
      if (variant == 1 && dice.chance(0.04)) {
        continue;
      }
      ++draw.visitors[variant];
      sequential.add(shares, variant);
    }
    found += check_ratio({draw})->p < sample_ratio_alarm ? 1 : 0;
    found_sequentially += sequential.p() < sample_ratio_alarm ? 1 : 0;
  }
  assert_true(found > 0.98 * count);
  assert_true(found_sequentially > 0.9 * count);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(false_alarms_are_as_rare_as_promised),
    cmocka_unit_test(intervals_cover_real_lifts),
    cmocka_unit_test(covariates_save_variance_and_change_no_effect),
    cmocka_unit_test(changing_weights_are_no_effect),
    cmocka_unit_test(a_right_split_raises_no_alarm),
    cmocka_unit_test(the_split_of_changing_weights_raises_no_alarm),
    cmocka_unit_test(a_wrong_split_is_found),
};
const Suite suite(__FILE__, tests);

}  // namespace
