// Which variant of an experiment a visitor gets: GrowthBook's hashing, so that a browser SDK and a
// backend SDK choose the same one for the same id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace personalize::decision {

// A number in [0, 1) that spreads ids evenly. The texts are UTF-8 and are hashed as the UTF-16 code
// units that JavaScript sees (FNV-1a, 32 bits); bytes that are not UTF-8 count as U+FFFD each.
// Version 2 has 10,000 steps. Version 1 has 1,000 and is for experiments that began with it: its
// buckets of two experiments are not independent. No other version is known.
std::optional<double> hash(std::string_view seed, std::string_view value, int version) noexcept;

// From `begin` up to and without `end`.
struct BucketRange {
  double begin;
  double end;
};

// 1/n each; nothing for n < 1.
std::vector<double> equal_weights(int n);

// One range per variant, of its weight and shrunk to `coverage` (a share, 1 is everybody) where it
// stands, so that widening the coverage later moves nobody to another variant. Weights that are not
// `n` or do not add up to 1 (give or take 0.01) are taken as equal.
std::vector<BucketRange> bucket_ranges(int n, double coverage, std::vector<double> weights);

// The first variant whose range holds the hash; nothing where none does.
std::optional<std::size_t> choose_variation(double hash,
                                            const std::vector<BucketRange>& ranges) noexcept;

// A share of visitors that experiments divide among themselves, to exclude each other.
struct Namespace {
  std::string name;
  BucketRange range;
};

bool in_namespace(std::string_view value, const Namespace& space) noexcept;

}  // namespace personalize::decision
