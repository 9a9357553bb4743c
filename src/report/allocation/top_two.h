// Which share of the visitors each variant gets next: Thompson sampling, of the best two.
//
// Sources: Russo: Simple Bayesian Algorithms for Best Arm Identification (2016), whose top-two
// sampling plays the best arm of a draw with a chance that is chosen, and otherwise the best of the
// others; strata: as in comparison.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "report/statistics/comparison.h"

namespace personalize::report {

// What is believed of a variant's mean: normal.
struct Belief {
  double mean = 0;
  double error = 0;
};

// Less is known of a variant before so many visitors had it: shares do not change until then.
constexpr std::uint64_t least_visitors = 100;

// Returns the beliefs about all variants, whose visitors came under different shares. A variant
// that had most of its visitors in a good week is not better for that: visitors are compared with
// those of the same time, and times weigh as many visitors as came. Times in which a variant had
// less than least_visitors are taken together with those after them. Nothing if a variant had fewer
// in all. `is_rate`: each outcome is 0 or 1.
std::optional<std::vector<Belief>> beliefs_of(const Strata& strata, bool is_rate);

// Returns the shares: of `draws` from the beliefs, each gives four fifths to the variant that is
// best in it, and one fifth to the second. Then none has less than `floor`.
std::vector<double> top_two_shares(const std::vector<Belief>& beliefs, double floor,
                                   std::uint64_t seed, unsigned draws = 20000);

}  // namespace personalize::report
