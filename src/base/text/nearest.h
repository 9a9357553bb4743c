// What somebody probably meant who has written a name wrongly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/text.h"

namespace personalize {

// Returns how many characters have to be added, removed, replaced, or exchanged with the next one
// to make one of the other (optimal string alignment).
inline std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = std::move(last);
    last = std::move(row);
  }
  return last[b.size()];
}

// Returns the name that is nearest to the text; "" if none is so near that it was probably meant.
template <class Names>
std::string_view nearest_name(std::string_view text, const Names& names) {
  std::string_view nearest;
  std::size_t least = std::min<std::size_t>(3, text.size() / 2 + 1);  // at most two edits
  for (const std::string_view name : names) {
    const std::size_t edits = edits_between(text, name);
    if (edits < least) {
      least = edits;
      nearest = name;
    }
  }
  return nearest;
}

// Returns `: it has a, b, c`, or of many names `: write "url"`, where one of them is near.
template <class Names>
std::string remedy_of_name(std::string_view text, const Names& names) {
  constexpr std::size_t few = 8;
  const auto nearest = std::size(names) <= few ? std::string_view() : nearest_name(text, names);
  return nearest.empty() ? ": it has " + list_names(names) : ": write " + quoted(nearest);
}

}  // namespace personalize
