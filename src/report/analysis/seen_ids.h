// The ids of all events, in little more than a bit each.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/siphash.h"
#include "report/analysis/visitor_table.h"

namespace personalize::report {

// An id is a start, `-` and a running number: neighbours share a row of bits.
class SeenIds {
 public:
  // Returns whether the id is new.
  bool add(std::string_view id) {
    std::uint64_t number = 0;
    std::uint64_t scale = 1;
    std::size_t begin = id.size();
    while (begin > 0 && id.size() - begin < 18 && id[begin - 1] >= '0' && id[begin - 1] <= '9') {
      --begin;
      number += scale * static_cast<std::uint64_t>(id[begin] - '0');
      scale *= 10;
    }
    // The digits that were not read, and how many were, are part of the row's name: a-1 and a-01
    // differ.
    const std::uint64_t row = siphash(number / bits_a_row, id.size() - begin, id.substr(0, begin));
    Row& bits = rows_.insert(row).record;
    std::uint64_t& word = bits.words[number % bits_a_row / 64];
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }

 private:
  static constexpr std::uint64_t bits_a_row = 512;
  struct Row {
    std::uint64_t visitor;  // the row's name
    std::uint64_t words[bits_a_row / 64];
  };
  VisitorTable<Row> rows_;
};

}  // namespace personalize::report
