// Whether the variants got the visitors that they should have got. If not, something is broken –
// lost events, a redirect of one variant, bots, a changed configuration – and no other number means
// anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace personalize::report {

constexpr double sample_ratio_alarm = 0.001;

// Visitors of one stratum, and the shares that they should have had: those of the draw, which sum
// to 1.
struct DrawCount {
  std::vector<double> shares;
  std::vector<std::uint64_t> visitors;
};

struct RatioCheck {
  double chi_square = 0;
  double degrees = 0;
  double p = 1;
  std::vector<double> expected;  // visitors a variant
};

// Pearson's chi-square test; for several strata the quadratic form of what was counted and its
// covariance, of which Pearson's is the case of one. Nothing if a variant should have got fewer
// than five visitors.
std::optional<RatioCheck> check_ratio(const std::vector<DrawCount>& draws);

// The sequential test of Lindon and Malek: Anytime-Valid Inference for Multinomial Count Data
// (NeurIPS 2022), which may be looked at after each visitor. A Bayes factor compares the draw with
// a Dirichlet prior around it, worth 10,000 visitors.
//
// With shares that change, the prior and the counts move with them: for one draw it is the same.
class SequentialRatioCheck {
 public:
  explicit SequentialRatioCheck(std::size_t variants) : counts_(variants), expected_(variants) {}

  // One visitor got `variant` out of these shares.
  void add(const std::vector<double>& shares, std::size_t variant);

  // Returns the p value: the least that it has been so far.
  double p() const;

 private:
  std::vector<double> counts_;
  std::vector<double> expected_;
  double log_factor_ = 0;
  double greatest_ = 0;
};

}  // namespace personalize::report
