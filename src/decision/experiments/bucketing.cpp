#include "decision/experiments/bucketing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>

#include "base/text/utf16.h"

namespace personalize::decision {

namespace {

constexpr int steps_of_version_1 = 1000;
constexpr int steps_of_version_2 = 10000;

}  // namespace

std::uint32_t hash_units(std::string_view text, std::uint32_t hash) noexcept {
  for_each_utf16_unit(text, [&hash](std::uint32_t unit) { hash = fnv1a_32_step(hash, unit); });
  return hash;
}

double bucket_of_version_1(std::uint32_t hash) noexcept {
  return (hash % steps_of_version_1) / static_cast<double>(steps_of_version_1);
}

double bucket_of_version_2(std::uint32_t hash) noexcept {
  return (hash % steps_of_version_2) / static_cast<double>(steps_of_version_2);
}

std::optional<double> hash(std::string_view seed, std::string_view value, int version) noexcept {
  switch (version) {
    case 1:
      return bucket_of_version_1(hash_units(seed, hash_units(value)));
    case 2: {
      char decimal[16];
      const std::uint32_t first = hash_units(value, hash_units(seed));
      const auto* end = std::to_chars(decimal, decimal + sizeof(decimal), first).ptr;
      return bucket_of_version_2(fnv1a_32({decimal, static_cast<std::size_t>(end - decimal)}));
    }
    default:
      return std::nullopt;
  }
}

int bucket_count(const BucketRange& range, int version) noexcept {
  const int steps = version == 1 ? steps_of_version_1 : version == 2 ? steps_of_version_2 : 0;
  int count = 0;
  for (int i = 0; i < steps; ++i) {
    count += in_range(i / static_cast<double>(steps), range) ? 1 : 0;
  }
  return count;
}

std::vector<double> equal_weights(int n) {
  if (n < 1) {
    return {};
  }
  return std::vector<double>(static_cast<std::size_t>(n), 1.0 / n);
}

std::vector<BucketRange> bucket_ranges(int n, double coverage, std::vector<double> weights) {
  coverage = std::clamp(coverage, 0.0, 1.0);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const bool fits = n > 0 && weights.size() == static_cast<std::size_t>(n);
  if (!fits || total < 0.99 || total > 1.01) {
    weights = equal_weights(n);
  }

  std::vector<BucketRange> ranges;
  ranges.reserve(weights.size());
  double begin = 0;
  for (const double weight : weights) {
    ranges.push_back({begin, begin + coverage * weight});
    begin += weight;
  }
  return ranges;
}

std::optional<std::size_t> choose_variation(double hash,
                                            const std::vector<BucketRange>& ranges) noexcept {
  const auto found = std::find_if(ranges.begin(), ranges.end(),
                                  [&](const BucketRange& range) { return in_range(hash, range); });
  if (found == ranges.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - ranges.begin());
}

// The underscores distinguish a namespace from an experiment of the same name.
std::string namespace_seed(std::string_view name) {
  return "__" + std::string(name);
}

bool in_namespace(std::string_view value, const Namespace& space) noexcept {
  const std::uint32_t begin = hash_units("__", hash_units(value));
  return in_range(bucket_of_version_1(hash_units(space.name, begin)), space.range);
}

}  // namespace personalize::decision
