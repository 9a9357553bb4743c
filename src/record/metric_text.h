// Values of metrics as text, the same in all formats.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/record/metrics.h"

namespace personalize {

inline void append_number(std::uint64_t number, std::pmr::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

// Appends `value` divided by ten to the power of `decimals`.
inline void append_decimal(std::uint64_t value, int decimals, std::pmr::string& out) {
  char digits[20];
  const auto size = static_cast<int>(std::to_chars(digits, std::end(digits), value).ptr - digits);
  if (size > decimals) {
    out.append(digits, static_cast<std::size_t>(size - decimals));
  } else {
    out += '0';
  }
  if (decimals > 0) {
    out += '.';
    out.append(static_cast<std::size_t>(std::max(decimals - size, 0)), '0');
    out.append(digits + std::max(size - decimals, 0), digits + size);
  }
}

inline void append_value(std::uint64_t value, Metric::Unit unit, std::pmr::string& out) {
  switch (unit) {
    case Metric::Unit::number:
      return append_number(value, out);
    case Metric::Unit::milliseconds:
      return append_decimal(value, 3, out);
    case Metric::Unit::millionths:
      return append_decimal(value, 6, out);
  }
}

// Appends a bound in seconds, as short as it can be written: 0.0025.
inline void append_bound(std::uint32_t bound_us, std::pmr::string& out) {
  append_decimal(bound_us, 6, out);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') {
    out.pop_back();
  }
}

// Calls use(bound, count) for each bucket; `count` is of all durations up to the bound. Returns the
// last.
template <class Use>
std::uint64_t for_each_bucket(const HistogramValue& value, Use use) {
  std::pmr::string bound;  // short enough to need no memory
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < value.bound_count; ++i) {
    count += value.counts[i];
    bound.clear();
    append_bound(value.bounds_us[i], bound);
    use(std::string_view(bound), count);
  }
  count += value.counts[value.bound_count];
  use(std::string_view("+Inf"), count);
  return count;
}

}  // namespace personalize
