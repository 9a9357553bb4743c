// One variant against another: by how much, and how sure that is.
//
// Sources:
//   relative lift and ratios by the delta method: Deng, Knoblich, Lu: Applying the Delta Method in
//     Metric Analytics (KDD 2018); Welch's degrees of freedom: Welch (1947);
//   always valid: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central limit theory
//   and
//     asymptotic confidence sequences (arXiv 2103.06476);
//   covariates (CUPED): Deng, Xu, Kohavi, Walker (WSDM 2013);
//   several strata: the estimate of each is weighted by its share of the visitors
//   (post-stratification).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "report/statistics/distributions.h"
#include "report/statistics/moments.h"

namespace personalize::report {

// What was estimated of one number.
struct Estimate {
  double value = 0;
  double error = 0;    // standard error
  double degrees = 0;  // of freedom
  Interval interval;   // at the level of confidence asked for, valid if looked at once
  double p = 1;        // of no effect, two-sided
  Interval always;     // valid however often it is looked at
  double always_p = 1;
};

struct Mean {
  double value = 0;
  double error = 0;
};

struct Comparison {
  Mean control;
  Mean treatment;
  Estimate difference;           // treatment - control
  std::optional<Estimate> lift;  // relative; absent if control is too near to zero to divide by
  double chance = 0.5;           // that treatment is greater, under a flat prior
  double detectable = 0;  // the lift (or difference, without it) that would be seen 4 times in 5
  std::uint64_t visitors = 0;  // of both that count
  std::uint64_t left_out = 0;  // of strata that have less than two visitors in one of the two
  std::optional<double>
      variance_saved;  // by the covariate: the share of the variance of `difference`

  // The lift, or else the difference.
  const Estimate& effect() const { return lift ? *lift : difference; }
};

// Moments of each stratum, one a variant.
using Strata = std::vector<std::vector<Moments>>;

struct ComparisonOptions {
  double confidence = 0.95;
  bool uses_covariate = false;
};

// Nothing if there are too few visitors, or if nothing varies.
std::optional<Comparison> compare(const Strata& strata, std::size_t control, std::size_t treatment,
                                  const ComparisonOptions& options);

// Returns the mean (or ratio of means) of one variant over all strata, unadjusted and unweighted:
// what was counted. Nothing if there is nothing to divide by.
std::optional<Mean> observed_mean(const Strata& strata, std::size_t variant);

// The half width of an asymptotic confidence sequence around an estimate with standard error
// `error` after `n` observations, and its p value.
double always_valid_half_width(double error, double n, double alpha);
double always_valid_p(double estimate, double error, double n, double alpha);

}  // namespace personalize::report
