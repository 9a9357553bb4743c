// Fields of HTTP heads that hold a list: Cache-Control, Accept, Surrogate-Control (RFC
// 9110, 5.6.1).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/text/ascii.h"

namespace personalize {

// Takes the first element off a list, trimmed; "" past the last, and if one is empty. A comma in
// double quotes is part of its element:
//   no-cache="set-cookie, vary", private   →   no-cache="set-cookie, vary"
inline std::string_view take_element(std::string_view& list) noexcept {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (is_quoted || list[end] != ','); ++end) {
    if (list[end] == '"') {
      is_quoted = !is_quoted;
    } else if (is_quoted && list[end] == '\\') {
      ++end;
    }
  }
  end = end < list.size() ? end : list.size();
  const auto element = ascii::trim(list.substr(0, end));
  list = end == list.size() ? std::string_view() : list.substr(end + 1);
  return element;
}

// Returns the name of an element: what precedes its value or its parameters.
//   max-age=60 → max-age      text/html;q=0.9 → text/html
inline std::string_view name_of_element(std::string_view element) noexcept {
  return ascii::trim(element.substr(0, element.find_first_of("=;")));
}

// Returns whether some element is called `name`, which is in lower case.
inline bool has_element(std::string_view list, std::string_view name) noexcept {
  while (!list.empty()) {
    if (ascii::equal_ignoring_case(name_of_element(take_element(list)), name)) {
      return true;
    }
  }
  return false;
}

}  // namespace personalize
