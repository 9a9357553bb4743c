// The parameters `NAME=VALUE` of a directive.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize {

// Throws ConfigError, as "personalize_cache: ttl= is duplicate", if two of `words` have the same
// name before "=". Words without "=" are not looked at.
template <class Words>
void refuse_duplicates(std::string_view directive, const Words& words, const Where& where) {
  const auto name_of = [](std::string_view word) { return word.substr(0, word.find('=')); };
  for (auto word = std::begin(words); word != std::end(words); ++word) {
    const std::string_view name = name_of(*word);
    const bool is_duplicate = name.size() < word->size() &&
                              std::any_of(std::begin(words), word, [&](std::string_view earlier) {
                                return earlier.size() > name.size() && name_of(earlier) == name;
                              });
    if (is_duplicate) {
      throw ConfigError(where,
                        std::string(directive) + ": " + std::string(name) + "= is duplicate");
    }
  }
}

}  // namespace personalize
