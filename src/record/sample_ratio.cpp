#include "personalize/record/sample_ratio.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/complement.hpp>
#include <cmath>

namespace personalize {

namespace {

// Errors are answered as numbers, not as exceptions.
using Policy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

std::uint64_t sum_of(const VariantCount* variants, std::size_t count) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all += variants[i].visitors;
  }
  return all;
}

// Returns whether a variant that nobody should get has visitors.
bool has_impossible(const VariantCount* variants, std::size_t count) {
  return std::any_of(variants, variants + count,
                     [](const VariantCount& one) { return one.share <= 0 && one.visitors != 0; });
}

// Returns the logarithm of the Bayes factor of shares that are drawn from a Dirichlet distribution
// around the right ones, against the right ones.
double log_bayes_factor(const VariantCount* variants, std::size_t count, double concentration) {
  const auto all = static_cast<double>(sum_of(variants, count));
  double log = std::lgamma(concentration) - std::lgamma(concentration + all);
  for (std::size_t i = 0; i < count; ++i) {
    if (variants[i].share > 0) {
      const double prior = concentration * variants[i].share;
      const auto visitors = static_cast<double>(variants[i].visitors);
      log += std::lgamma(prior + visitors) - std::lgamma(prior) -
             visitors * std::log(variants[i].share);
    }
  }
  return log;
}

}  // namespace

double sample_ratio_p(const VariantCount* variants, std::size_t count) {
  if (has_impossible(variants, count)) {
    return 0;
  }
  const auto all = static_cast<double>(sum_of(variants, count));
  double chi_square = 0;
  int possible = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (variants[i].share > 0) {
      ++possible;
      const double expected = variants[i].share * all;
      const double off = static_cast<double>(variants[i].visitors) - expected;
      chi_square += expected > 0 ? off * off / expected : 0;
    }
  }
  if (possible < 2 || all == 0) {
    return 1;
  }
  const boost::math::chi_squared_distribution<double, Policy> distribution(possible - 1);
  return boost::math::cdf(boost::math::complement(distribution, chi_square));
}

double sequential_sample_ratio_p(const VariantCount* variants, std::size_t count) {
  if (has_impossible(variants, count)) {
    return 0;
  }
  const double far = log_bayes_factor(variants, count, 100);
  const double near = log_bayes_factor(variants, count, 10000);
  const double most = std::max(far, near);
  const double both = most + std::log(0.5 * (std::exp(far - most) + std::exp(near - most)));
  return std::min(1.0, std::exp(-both));
}

}  // namespace personalize
