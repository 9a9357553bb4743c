// Lists of words, and text for messages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include "base/text/ascii.h"

namespace personalize {

template <std::size_t n>
bool is_one_of(std::string_view text, const std::string_view (&list)[n]) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

template <std::size_t n>
bool begins_with_one_of(std::string_view text, const std::string_view (&list)[n]) {
  return std::any_of(std::begin(list), std::end(list),
                     [text](std::string_view prefix) { return ascii::starts_with(text, prefix); });
}

// Takes ASCII letters of both cases for the same.
template <std::size_t n>
bool is_one_of_ignoring_case(std::string_view text, const std::string_view (&list)[n]) {
  return std::any_of(std::begin(list), std::end(list), [text](std::string_view one) {
    return ascii::equal_ignoring_case(text, one);
  });
}

// Returns `"text"`, as messages quote the configuration.
inline std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  out += text;
  out += '"';
  return out;
}

// "a, b, c": what `name_of` gives for each element, which converts to std::string_view.
template <class Range, class NameOf>
std::string list_names(const Range& range, NameOf name_of, std::string_view separator = ", ") {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) {
      out += separator;
    }
    out += std::string_view(name_of(element));
  }
  return out;
}

// "a, b, c" of a range of strings.
template <class Range>
std::string list_names(const Range& range, const char* separator = ", ") {
  return list_names(
      range, [](const auto& name) -> std::string_view { return name; }, separator);
}

}  // namespace personalize
