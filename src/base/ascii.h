// Characters as HTTP knows them, independent of any locale.
#pragma once

#include <algorithm>
#include <memory_resource>
#include <string_view>

namespace personalize::ascii {

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

inline std::string_view trim(std::string_view s) {
  while (!s.empty() && is_space(s.front())) {
    s.remove_prefix(1);
  }
  while (!s.empty() && is_space(s.back())) {
    s.remove_suffix(1);
  }
  return s;
}

// What stands before the first `separator`, which is taken off `rest` along with it.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

// `s` itself where it has no upper case, else a copy of it in `memory`.
inline std::string_view to_lower(std::string_view s, std::pmr::memory_resource* memory) {
  if (std::none_of(s.begin(), s.end(), is_upper)) {
    return s;
  }
  auto* copy = static_cast<char*>(memory->allocate(s.size(), 1));
  std::transform(s.begin(), s.end(), copy, lower);
  return {copy, s.size()};
}

}  // namespace personalize::ascii
