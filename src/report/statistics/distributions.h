// Distributions, from Boost.Math. All arguments are finite, all results too.
#pragma once

namespace personalize::report {

// Returns the probability that a standard normal value is at most `z`.
double normal_below(double z);
// Returns the value below which a standard normal one is with probability `p` in (0, 1).
double normal_quantile(double p);

// Returns the probability that a value of Student's t distribution is at least as far from 0 as
// `t`.
double student_two_sided(double t, double degrees);
// Returns the value below which one of Student's t distribution is with probability `p` in (0, 1).
double student_quantile(double p, double degrees);

// Returns the probability that a value of the chi-square distribution is at least `x`.
double chi_square_above(double x, double degrees);

struct Interval {
  double low = 0;
  double high = 0;
};

// Returns Wilson's interval (1927) for a share of `hits` in `trials`, which holds for small
// numbers, too. [0, 1] if there are no trials.
Interval wilson_interval(double hits, double trials, double confidence);

}  // namespace personalize::report
