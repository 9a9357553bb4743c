#include "report/statistics/distributions.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace personalize::report {

namespace {

namespace math = boost::math;
namespace policies = boost::math::policies;

// What overflows becomes infinite, and nothing throws.
using Quiet = policies::policy<policies::domain_error<policies::ignore_error>,
                               policies::pole_error<policies::ignore_error>,
                               policies::overflow_error<policies::ignore_error>,
                               policies::evaluation_error<policies::ignore_error>>;
using Normal = math::normal_distribution<double, Quiet>;
using Student = math::students_t_distribution<double, Quiet>;
using ChiSquare = math::chi_squared_distribution<double, Quiet>;

}  // namespace

double normal_below(double z) {
  return math::cdf(Normal(), z);
}

double normal_quantile(double p) {
  return math::quantile(Normal(), p);
}

double student_two_sided(double t, double degrees) {
  return std::min(1.0, 2 * math::cdf(math::complement(Student(degrees), std::abs(t))));
}

double student_quantile(double p, double degrees) {
  return math::quantile(Student(degrees), p);
}

double chi_square_above(double x, double degrees) {
  return math::cdf(math::complement(ChiSquare(degrees), x));
}

Interval wilson_interval(double hits, double trials, double confidence) {
  if (trials <= 0) {
    return {0, 1};
  }
  const double z = normal_quantile(0.5 + confidence / 2);
  const double share = hits / trials;
  const double scale = 1 + z * z / trials;
  const double middle = (share + z * z / (2 * trials)) / scale;
  const double half =
      z / scale * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace personalize::report
