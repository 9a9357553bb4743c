// The variants of an experiment: their names, and the shares of visitors that they get.
//
//   variants NAME[=WEIGHT]…
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/experiments/bucketing.h"
#include "personalize/base/statement.h"

namespace personalize::decision {

// The variants of a holdout.
constexpr std::string_view held_out = "holdout";
constexpr std::string_view not_held_out = "open";

struct Variants {
  std::vector<std::string> names;
  std::vector<std::string> weights;  // as written; "" for none

  bool have_weights() const;
};

// "NAME=VALUE"; the value is "" if there is none.
struct Assigned {
  std::string name;
  std::string value;
};
Assigned split_assigned(const std::string& word);

// Returns the `variants` line of an experiment. Throws ConfigError if it has none.
const Statement& variants_line(const Declaration& experiment);

// Throws ConfigError: fewer than two names, names that are duplicate or cannot be in a list.
Variants read_variants(const Statement& line);

// Returns the weights as shares of 1. Weights that add up to 100 are percentages and those that add
// up to 1 are shares, as precise as they are written; others count relative to each other. Throws
// ConfigError.
std::vector<double> read_shares(const Statement& line, const Variants& variants);

// Reads FROM-TO, two shares from 0 to 1.
std::optional<BucketRange> read_range(const std::string& text);

}  // namespace personalize::decision
