#include "decision/experiments/hash_plan.h"

#include <algorithm>

#include "base/text/utf16.h"
#include "decision/experiments/bucketing.h"
#include "decision/experiments/experiment.h"
#include "personalize/base/fnv.h"

namespace personalize::decision {

namespace {

using Lanes = std::array<std::uint32_t, hash_lanes>;

// With 64 bits, of which the lower half counts, compilers do not make one vector of the four, whose
// multiplications would take longer than these one after the other.
using Wide = std::uint64_t;
constexpr Wide step(Wide hash, Wide unit) {
  return (hash ^ unit) * fnv1a_32_prime;
}

Lanes hash_in_lanes(std::string_view text, const Lanes& begins) noexcept {
  Wide a = begins[0];
  Wide b = begins[1];
  Wide c = begins[2];
  Wide d = begins[3];
  for_each_utf16_unit(text, [&](std::uint32_t unit) {
    a = step(a, unit);
    b = step(b, unit);
    c = step(c, unit);
    d = step(d, unit);
  });
  return {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b),
          static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(d)};
}

// Hashes the numbers as they are written. All are taken for ten digits long, so that nothing
// depends on how long they are but whether a digit counts.
Lanes hash_decimals(const Lanes& numbers) noexcept {
  constexpr std::size_t most_digits = 10;
  std::array<std::array<unsigned char, hash_lanes>, most_digits> digits;
  Lanes rest = numbers;
  for (std::size_t i = most_digits; i > 0; i -= 2) {
    for (std::size_t lane = 0; lane < hash_lanes; ++lane) {
      const std::uint32_t two = rest[lane] % 100;
      rest[lane] /= 100;
      digits[i - 2][lane] = static_cast<unsigned char>('0' + two / 10);
      digits[i - 1][lane] = static_cast<unsigned char>('0' + two % 10);
    }
  }
  std::array<Wide, hash_lanes> hashes;
  hashes.fill(fnv1a_32_start);
  std::array<bool, hash_lanes> has_begun = {};
  for (std::size_t i = 0; i < most_digits; ++i) {
    for (std::size_t lane = 0; lane < hash_lanes; ++lane) {
      has_begun[lane] = has_begun[lane] || digits[i][lane] != '0' || i + 1 == most_digits;
      const Wide next = step(hashes[lane], digits[i][lane]);
      hashes[lane] = has_begun[lane] ? next : hashes[lane];
    }
  }
  Lanes ends;
  std::copy(hashes.begin(), hashes.end(), ends.begin());
  return ends;
}

}  // namespace

void HashPlan::plan(Experiments& experiments) {
  const auto place_of = [&](const HashAttribute& attribute, std::string_view seed, int version) {
    return attribute.id ? add(*attribute.id, seed, version) : no_hash;
  };
  const auto plan_filters = [&](std::vector<Filter>& filters) {
    for (Filter& filter : filters) {
      filter.hash = place_of(filter.attribute, filter.seed, filter.hash_version);
    }
  };
  for (Experiment& experiment : experiments.experiments) {
    experiment.hash = place_of(experiment.hash_by, experiment.seed, experiment.hash_version);
    if (experiment.filters) {
      plan_filters(*experiment.filters);
    } else if (experiment.space) {
      experiment.space->hash =
          place_of(experiment.hash_by, namespace_seed(experiment.space->name), 1);
    }
  }
  for (Feature& feature : experiments.features) {
    for (Rule& rule : feature.rules) {
      plan_filters(rule.filters);
      if (rule.rollout.range || rule.rollout.coverage) {
        rule.rollout.hash =
            place_of(rule.rollout.hash_by, rule.rollout.seed, rule.rollout.hash_version);
      }
    }
  }
}

std::uint32_t HashPlan::add(AttributeId attribute, std::string_view seed, int version) {
  if (version != 1 && version != 2) {
    return no_hash;
  }
  Four* free = nullptr;
  for (std::size_t i = 0; i < fours_.size(); ++i) {
    Four& four = fours_[i];
    if (four.attribute != attribute || four.version != version) {
      continue;
    }
    const auto end = four.seeds.begin() + four.used;
    const auto same = std::find(four.seeds.begin(), end, seed);
    if (same != end) {
      return static_cast<std::uint32_t>(i * hash_lanes) +
             static_cast<std::uint32_t>(same - four.seeds.begin());
    }
    free = four.used < hash_lanes ? &four : free;
  }
  if (free == nullptr) {
    free = &fours_.emplace_back();
    free->attribute = attribute;
    free->version = version;
  }
  free->seeds[free->used] = seed;
  free->begins[free->used] = hash_units(seed);
  return static_cast<std::uint32_t>(static_cast<std::size_t>(free - fours_.data()) * hash_lanes +
                                    free->used++);
}

void HashPlan::compute(std::uint32_t place, std::string_view value, double* hashes) const noexcept {
  const Four& four = fours_[place / hash_lanes];
  double* const out = hashes + place / hash_lanes * hash_lanes;
  if (four.version == 1) {
    const std::uint32_t begin = hash_units(value);
    for (std::size_t i = 0; i < four.used; ++i) {
      out[i] = bucket_of_version_1(hash_units(four.seeds[i], begin));
    }
    return;
  }
  const Lanes second = hash_decimals(hash_in_lanes(value, four.begins));
  for (std::size_t i = 0; i < four.used; ++i) {
    out[i] = bucket_of_version_2(second[i]);
  }
}

}  // namespace personalize::decision
