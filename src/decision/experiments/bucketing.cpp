#include "decision/experiments/bucketing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>

#include "base/text/utf16.h"

namespace personalize::decision {

namespace {

// FNV-1a over 16-bit code units.
class Fnv32 {
 public:
  void add(std::string_view text) {
    std::uint32_t hash = hash_;
    for_each_utf16_unit(text, [&hash](std::uint32_t unit) { hash = (hash ^ unit) * 16777619; });
    hash_ = hash;
  }
  std::uint32_t value() const { return hash_; }

 private:
  std::uint32_t hash_ = 2166136261;
};

constexpr int steps_of_version_1 = 1000;
constexpr int steps_of_version_2 = 10000;

double version_1(const Fnv32& fnv) {
  return (fnv.value() % steps_of_version_1) / static_cast<double>(steps_of_version_1);
}

bool in_range(double n, const BucketRange& range) {
  return n >= range.begin && n < range.end;
}

}  // namespace

std::optional<double> hash(std::string_view seed, std::string_view value, int version) noexcept {
  Fnv32 first;
  if (version == 1) {
    first.add(value);
    first.add(seed);
    return version_1(first);
  }
  if (version == 2) {
    first.add(seed);
    first.add(value);
    char decimal[16];
    const auto end = std::to_chars(decimal, decimal + sizeof(decimal), first.value()).ptr;
    Fnv32 second;
    second.add({decimal, static_cast<std::size_t>(end - decimal)});
    return (second.value() % steps_of_version_2) / static_cast<double>(steps_of_version_2);
  }
  return std::nullopt;
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

bool in_namespace(std::string_view value, const Namespace& space) noexcept {
  // Hash version 1 with the seed "__NAME": the underscores distinguish a namespace from an
  // experiment of the same name.
  Fnv32 fnv;
  fnv.add(value);
  fnv.add("__");
  fnv.add(space.name);
  return in_range(version_1(fnv), space.range);
}

}  // namespace personalize::decision
