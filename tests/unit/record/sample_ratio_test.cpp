// The check of sample ratios: against values of scipy, and by simulation.
#include "personalize/record/sample_ratio.h"

#include <cmath>
#include <random>
#include <vector>

#include "suite.h"

using namespace personalize;

namespace {

bool is_close(double value, double expected) {
  return std::fabs(value - expected) <= 1e-9 * std::fabs(expected);
}

double chi_square(const std::vector<VariantCount>& variants) {
  return sample_ratio_p(variants.data(), variants.size());
}
double sequential(const std::vector<VariantCount>& variants) {
  return sequential_sample_ratio_p(variants.data(), variants.size());
}

// scipy.stats.chisquare
void same_as_scipy(void**) {
  assert_true(is_close(chi_square({{0.5, 821}, {0.5, 880}}), 0.15256223662217283));
  assert_true(is_close(chi_square({{0.6, 590}, {0.2, 230}, {0.2, 180}}), 0.035673993347252395));
  assert_true(is_close(chi_square({{0.25, 2500}, {0.25, 2650}, {0.25, 2450}, {0.25, 2400}}),
                       0.002905152774267437));
  assert_true(is_close(chi_square({{0.9, 900000}, {0.1, 104000}}), 4.742687651150217e-33));
  // Worked out with scipy.special.gammaln.
  assert_true(is_close(sequential({{0.6, 590}, {0.2, 260}, {0.2, 150}}), 2.2828769897724067e-05));
}

void nothing_is_wrong_without_visitors(void**) {
  assert_true(chi_square({{0.5, 0}, {0.5, 0}}) == 1);
  assert_true(sequential({{0.5, 0}, {0.5, 0}}) == 1);
  assert_true(chi_square({{1, 10}, {0, 0}}) == 1);
  assert_true(chi_square({}) == 1);
}

void nobody_is_where_nobody_should_be(void**) {
  assert_true(chi_square({{1, 10000}, {0, 1}}) == 0);
  assert_true(sequential({{1, 10000}, {0, 1}}) == 0);
}

// Looked at after each ten visitors: an alarm in a hundredth of right experiments at most, and soon
// in a wrong one.
void sequential_holds_however_often_one_looks(void**) {
  std::mt19937_64 random(7);
  const auto alarms = [&](double share, double level, int runs) {
    int found = 0;
    for (int run = 0; run < runs; ++run) {
      std::vector<VariantCount> variants{{0.5, 0}, {0.5, 0}};
      std::bernoulli_distribution is_first(share);
      for (int i = 1; i <= 3000; ++i) {
        ++variants[is_first(random) ? 0 : 1].visitors;
        if (i % 10 == 0 && sequential(variants) < level) {
          ++found;
          break;
        }
      }
    }
    return found;
  };
  // Of 1000 runs at 0.05: more than 72 would be a chance of a thousandth even at its bound.
  assert_in_range(alarms(0.5, 0.05, 1000), 0, 72);
  assert_in_range(alarms(0.6, 0.001, 200), 195, 200);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(same_as_scipy),
    cmocka_unit_test(nothing_is_wrong_without_visitors),
    cmocka_unit_test(nobody_is_where_nobody_should_be),
    cmocka_unit_test(sequential_holds_however_often_one_looks),
};
const Suite suite(__FILE__, tests);

}  // namespace
