// The hashes that the experiments of a program need, four at a time.
//
// A hash is one chain of multiplications, each of which waits for the one before. Four of the same
// visitor that know nothing of each other take the time of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"

namespace personalize::decision {

struct Experiments;

// A hash that is not known yet.
constexpr double unknown_hash = std::numeric_limits<double>::quiet_NaN();

constexpr std::size_t hash_lanes = 4;

class HashPlan {
 public:
  // Gives each hash of the experiments and their features a place. Call it once all are there.
  void plan(Experiments& experiments);

  // Returns how many places there are.
  std::size_t size() const { return fours_.size() * hash_lanes; }

  // Writes the hashes of a place and of those beside it, which are of the same attribute, whose
  // value is `value`. `hashes` has size() elements.
  void compute(std::uint32_t place, std::string_view value, double* hashes) const noexcept;

 private:
  struct Four {
    AttributeId attribute = 0;
    int version = 1;
    std::size_t used = 0;
    std::array<std::string, hash_lanes> seeds;
    std::array<std::uint32_t, hash_lanes> begins =
        {};  // version 2: what is hashed before the value
  };

  // Returns the place of a hash by the attribute; no_hash for an unknown version.
  std::uint32_t add(AttributeId attribute, std::string_view seed, int version);

  std::vector<Four> fours_;
};

}  // namespace personalize::decision
