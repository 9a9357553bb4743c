#include "report/allocation/top_two.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace personalize::report {

namespace {

constexpr double share_of_best = 0.8;

std::uint64_t visitors_of(const std::vector<Moments>& stratum) {
  return std::accumulate(stratum.begin(), stratum.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Moments& one) { return sum + one.n; });
}

bool is_known(const std::vector<Moments>& stratum) {
  return std::all_of(stratum.begin(), stratum.end(),
                     [](const Moments& one) { return one.n >= least_visitors; });
}

// Takes strata together until each knows of all variants. What is left over goes to the last.
Strata merge(const Strata& strata) {
  Strata merged;
  std::vector<Moments> open;
  const auto add_to = [](std::vector<Moments>& to, const std::vector<Moments>& from) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i) {
      to[i] += from[i];
    }
  };
  for (const auto& stratum : strata) {
    add_to(open, stratum);
    if (is_known(open)) {
      merged.push_back(std::move(open));
      open.clear();
    }
  }
  if (!merged.empty()) {
    add_to(merged.back(), open);
  }
  return merged;
}

// What is believed after a flat prior: of a rate the moments of Beta(1 + s, 1 + n - s), so that a
// variant of which nobody has converted yet is not taken for certain; of other means the error of
// the mean, with the spread of all variants where its own has none.
Belief belief_of(const Moments& moments, bool is_rate, double spread) {
  const auto n = static_cast<double>(moments.n);
  const auto sum = static_cast<double>(moments.y);
  if (is_rate) {
    const double mean = (sum + 1) / (n + 2);
    return {mean, std::sqrt(mean * (1 - mean) / (n + 3))};
  }
  const double mean = sum / n;
  const double own = static_cast<double>(moments.yy) / n - mean * mean;
  return {mean, std::sqrt((own > 0 ? own : spread) / n)};
}

double spread_of(const std::vector<Moments>& stratum) {
  Moments all;
  for (const Moments& one : stratum) {
    all += one;
  }
  const auto n = static_cast<double>(all.n);
  const double mean = static_cast<double>(all.y) / n;
  return std::max(static_cast<double>(all.yy) / n - mean * mean, 0.0);
}

// Raises what is below the floor, at the cost of the others in proportion to what they have above
// it.
void apply_floor(std::vector<double>& shares, double floor) {
  const auto lacks = [floor](double sum, double share) {
    return sum + std::max(floor - share, 0.0);
  };
  const auto above = [floor](double sum, double share) {
    return sum + std::max(share - floor, 0.0);
  };
  const double missing = std::accumulate(shares.begin(), shares.end(), 0.0, lacks);
  const double spare = std::accumulate(shares.begin(), shares.end(), 0.0, above);
  for (double& share : shares) {
    share = share <= floor ? floor : floor + (share - floor) * (1 - missing / spare);
  }
}

}  // namespace

std::optional<std::vector<Belief>> beliefs_of(const Strata& strata, bool is_rate) {
  const Strata merged = merge(strata);
  if (merged.empty()) {
    return std::nullopt;
  }
  std::uint64_t all = 0;
  for (const auto& stratum : merged) {
    all += visitors_of(stratum);
  }
  std::vector<Belief> beliefs(merged.front().size());
  for (const auto& stratum : merged) {
    const double weight = static_cast<double>(visitors_of(stratum)) / static_cast<double>(all);
    const double spread = spread_of(stratum);
    for (std::size_t i = 0; i < beliefs.size(); ++i) {
      const Belief one = belief_of(stratum[i], is_rate, spread);
      beliefs[i].mean += weight * one.mean;
      beliefs[i].error += weight * weight * one.error * one.error;
    }
  }
  for (Belief& belief : beliefs) {
    belief.error = std::sqrt(belief.error);
  }
  return beliefs;
}

std::vector<double> top_two_shares(const std::vector<Belief>& beliefs, double floor,
                                   std::uint64_t seed, unsigned draws) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> shares(beliefs.size());
  std::vector<std::pair<double, std::size_t>> drawn(beliefs.size());
  for (unsigned draw = 0; draw < draws; ++draw) {
    for (std::size_t i = 0; i < beliefs.size(); ++i) {
      drawn[i] = {beliefs[i].mean + beliefs[i].error * normal(random), i};
    }
    std::nth_element(drawn.begin(), drawn.begin() + 1, drawn.end(), std::greater<>());
    shares[std::max(drawn[0], drawn[1]).second] += share_of_best / draws;
    shares[std::min(drawn[0], drawn[1]).second] += (1 - share_of_best) / draws;
  }
  apply_floor(shares, floor);
  return shares;
}

}  // namespace personalize::report
