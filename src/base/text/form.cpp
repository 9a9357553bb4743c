#include "base/text/form.h"

#include <cstddef>

#include "base/text/ascii.h"
#include "base/text/percent.h"

namespace personalize {

namespace {

// Takes one byte off a query string, decoded as application/x-www-form-urlencoded.
char take_decoded(std::string_view& s) {
  if (s.front() == '+') {
    s.remove_prefix(1);
    return ' ';
  }
  return take_percent_decoded(s);
}

bool decodes_to(std::string_view encoded, std::string_view plain) {
  while (!encoded.empty() && !plain.empty()) {
    if (take_decoded(encoded) != plain.front()) {
      return false;
    }
    plain.remove_prefix(1);
  }
  return encoded.empty() && plain.empty();
}

}  // namespace

std::string_view decode_argument(std::string_view s, std::pmr::memory_resource* memory) {
  return decode_bytes(s, "%+", take_decoded, memory);
}

std::optional<std::string_view> find_argument(std::string_view query, std::string_view name,
                                              std::pmr::memory_resource* memory) {
  while (!query.empty()) {
    auto value = ascii::take_until(query, '&');
    if (value.empty()) {
      continue;
    }
    const auto key = ascii::take_until(value, '=');
    if (decodes_to(key, name)) {
      return decode_argument(value, memory);
    }
  }
  return std::nullopt;
}

}  // namespace personalize
