// Which variant of an experiment a visitor gets: GrowthBook's hashing, so that SDKs in browsers and
// backends choose the same one for the same id (https://docs.growthbook.io/lib/build-your-own).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/fnv.h"

namespace personalize::decision {

// Returns a number in [0, 1) that spreads ids evenly; nothing for an unknown version. The strings
// are UTF-8 and are hashed as the UTF-16 code units that JavaScript sees (FNV-1a, 32 bits), where
// bytes that are not UTF-8 count as U+FFFD each. Version 2 has 10,000 steps. Version 1 has 1,000
// and is for experiments that began with it: its buckets in two experiments are not independent.
std::optional<double> hash(std::string_view seed, std::string_view value, int version) noexcept;

// What it consists of: the hash of some units, which goes on from that of those before them, and
// what becomes of it. Version 1 is bucket_of_version_1() of the hash of the value and the seed;
// version 2 is bucket_of_version_2() of the hash of the decimal digits of that of the seed and the
// value.
std::uint32_t hash_units(std::string_view text, std::uint32_t hash = fnv1a_32_start) noexcept;
double bucket_of_version_1(std::uint32_t hash) noexcept;
double bucket_of_version_2(std::uint32_t hash) noexcept;

// The place of a hash in a program's HashPlan; none.
constexpr std::uint32_t no_hash = ~std::uint32_t{0};

// Includes `begin` and not `end`.
struct BucketRange {
  double begin;
  double end;
};

constexpr bool in_range(double n, const BucketRange& range) noexcept {
  return n >= range.begin && n < range.end;
}

// Returns `n` weights of 1/n; none if n < 1.
std::vector<double> equal_weights(int n);

// Returns a range per variant: as wide as its weight and shrunk to `coverage` (a share, 1 is
// everybody) from its end, so that raising the coverage later moves no visitor to another variant.
// With weights 0.5 and 0.5 and coverage 0.4 they are [0, 0.2) and [0.5, 0.7). The weights are equal
// if there are not `n` or they do not add up to 1 (within 0.01).
std::vector<BucketRange> bucket_ranges(int n, double coverage, std::vector<double> weights);

// Returns the first variant whose range includes the hash; nothing if none does.
std::optional<std::size_t> choose_variation(double hash,
                                            const std::vector<BucketRange>& ranges) noexcept;

// Returns how many of the hash's steps are in a range: what a variant can have of the visitors. 0
// for an unknown version.
int bucket_count(const BucketRange& range, int version) noexcept;

// A part of a namespace. Experiments that have different parts of one exclude each other.
struct Namespace {
  std::string name;
  BucketRange range;
  std::uint32_t hash = no_hash;
};

// Returns the seed of its hash, of version 1.
std::string namespace_seed(std::string_view name);

bool in_namespace(std::string_view value, const Namespace& space) noexcept;

}  // namespace personalize::decision
