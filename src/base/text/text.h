// Text for messages and lists, made when the configuration is read.
#pragma once

#include <string>
#include <string_view>

namespace personalize {

// `"text"`, as messages name what somebody wrote.
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
std::string list_names(const Range& range) {
  return list_names(range, [](const auto& name) -> std::string_view { return name; });
}

}  // namespace personalize
