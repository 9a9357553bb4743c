// ASCII characters, independent of any locale. White space has two meanings: HTTP's (space and tab)
// and HTML's.
#pragma once

#include <algorithm>
#include <memory_resource>
#include <string>
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
  return static_cast<unsigned char>((static_cast<unsigned char>(c) | 0x20) - 'a') < 26;
}
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}
// Returns whether it is HTTP's optional white space (RFC 9110, 5.6.3).
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}
// Returns whether it is "ASCII whitespace" of the WHATWG's standards. CR counts: HTML's parser sees
// it as LF.
constexpr bool is_html_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

constexpr bool starts_with(std::string_view s, std::string_view prefix) {
  return s.substr(0, prefix.size()) == prefix;
}
constexpr bool ends_with(std::string_view s, std::string_view suffix) {
  return s.size() >= suffix.size() && s.substr(s.size() - suffix.size()) == suffix;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

// Returns whether `lower_case` is somewhere in `text`, in whatever case it is there.
inline bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
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

inline std::string_view trim_html_space(std::string_view s) {
  while (!s.empty() && is_html_space(s.front())) {
    s.remove_prefix(1);
  }
  while (!s.empty() && is_html_space(s.back())) {
    s.remove_suffix(1);
  }
  return s;
}

// Returns what precedes the first `separator`, and removes both from `rest`. For example, "a;b"
// returns "a" and leaves "b".
inline std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

// Returns `s` itself if it has no upper case, else a copy of it in `memory`.
inline std::string_view to_lower(std::string_view s, std::pmr::memory_resource* memory) {
  if (std::none_of(s.begin(), s.end(), is_upper)) {
    return s;
  }
  auto* copy = static_cast<char*>(memory->allocate(s.size(), 1));
  std::transform(s.begin(), s.end(), copy, lower);
  return {copy, s.size()};
}

// Returns whether all of it is ASCII.
inline bool is_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

// Returns a copy in lower case.
inline std::string lowered(std::string_view s) {
  std::string copy(s);
  std::transform(copy.begin(), copy.end(), copy.begin(), lower);
  return copy;
}

}  // namespace personalize::ascii
