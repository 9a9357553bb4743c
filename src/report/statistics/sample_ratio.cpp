#include "report/statistics/sample_ratio.h"

#include <algorithm>
#include <cmath>

#include "report/statistics/distributions.h"

namespace personalize::report {

namespace {

constexpr double least_expected = 5;
constexpr double prior_weight = 10000;

// Solves a x = b for a symmetric positive definite a, which is destroyed, and returns b·x.
double quadratic_form(std::vector<std::vector<double>>& a, const std::vector<double>& b) {
  const std::size_t n = b.size();
  std::vector<double> z = b;  // a = L L', L z = b, and the form is z·z
  double form = 0;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) {
      a[j][j] -= a[j][k] * a[j][k];
      z[j] -= a[j][k] * z[k];
    }
    a[j][j] = std::sqrt(a[j][j]);
    z[j] /= a[j][j];
    form += z[j] * z[j];
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) {
        a[i][j] -= a[i][k] * a[j][k];
      }
      a[i][j] /= a[j][j];
    }
  }
  return form;
}

}  // namespace

std::optional<RatioCheck> check_ratio(const std::vector<DrawCount>& draws) {
  if (draws.empty()) {
    return std::nullopt;
  }
  RatioCheck check;
  const std::size_t variants = draws.front().shares.size();
  check.expected.resize(variants);
  std::vector<double> surplus(variants);
  for (const auto& draw : draws) {
    double total = 0;
    for (const auto visitors : draw.visitors) {
      total += static_cast<double>(visitors);
    }
    for (std::size_t i = 0; i < variants; ++i) {
      check.expected[i] += total * draw.shares[i];
      surplus[i] += static_cast<double>(draw.visitors[i]) - total * draw.shares[i];
    }
  }
  std::vector<std::size_t> drawn;  // those that had a share
  for (std::size_t i = 0; i < variants; ++i) {
    if (check.expected[i] > 0) {
      if (check.expected[i] < least_expected) {
        return std::nullopt;
      }
      drawn.push_back(i);
    } else if (surplus[i] > 0) {
      check.p = 0;  // visitors of a variant that nobody can have drawn
      return check;
    }
  }
  if (drawn.size() < 2) {
    return std::nullopt;
  }
  // The last is determined by the others.
  drawn.pop_back();
  const std::size_t n = drawn.size();
  std::vector<std::vector<double>> covariance(n, std::vector<double>(n));
  std::vector<double> b(n);
  for (std::size_t i = 0; i < n; ++i) {
    b[i] = surplus[drawn[i]];
    for (const auto& draw : draws) {
      double total = 0;
      for (const auto visitors : draw.visitors) {
        total += static_cast<double>(visitors);
      }
      for (std::size_t j = 0; j < n; ++j) {
        covariance[i][j] +=
            total * draw.shares[drawn[i]] * ((i == j ? 1.0 : 0.0) - draw.shares[drawn[j]]);
      }
    }
  }
  check.degrees = static_cast<double>(n);
  check.chi_square = quadratic_form(covariance, b);
  if (!std::isfinite(check.chi_square)) {  // a draw that has only one outcome
    return std::nullopt;
  }
  check.p = chi_square_above(check.chi_square, check.degrees);
  return check;
}

void SequentialRatioCheck::add(const std::vector<double>& shares, std::size_t variant) {
  if (shares[variant] <= 0) {
    greatest_ = log_factor_ = std::numeric_limits<double>::max();
    return;
  }
  double sum = 0;
  double of_variant = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] > 0) {
      const double prior = prior_weight * shares[i];
      const double predicted = shares[i] * (prior + counts_[i]) / (prior + expected_[i]);
      sum += predicted;
      of_variant = i == variant ? predicted : of_variant;
    }
    expected_[i] += shares[i];
  }
  counts_[variant] += 1;
  log_factor_ += std::log(of_variant / sum / shares[variant]);
  greatest_ = std::max(greatest_, log_factor_);
}

double SequentialRatioCheck::p() const {
  return std::exp(-greatest_);
}

}  // namespace personalize::report
