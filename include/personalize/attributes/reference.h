// How a configuration refers to an attribute where a constant could stand.
#pragma once

#include <string_view>

namespace personalize {

// Returns the attribute of `${ATTRIBUTE}`: session.viewed of "${session.viewed}". "" if the text is
// anything else.
inline std::string_view referred_attribute(std::string_view text) {
  const bool is_one = text.size() > 3 && text.substr(0, 2) == "${" && text.back() == '}' &&
                      text.find('}') == text.size() - 1;
  return is_one ? text.substr(2, text.size() - 3) : std::string_view();
}

}  // namespace personalize
