// Scalars as text, and text as a number.
#pragma once

#include <cmath>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Appends a scalar; nothing for other kinds. Numbers are written as JavaScript writes them (5,
// 1.21, 1e+21) or, if a double cannot hold them, as they were written; infinity is not written.
void append_scalar(const Value& value, std::pmr::string& out);

// Return a finite number, or that of a string that is entirely a number ("12.50", as in a Redis
// hash); missing for anything else. It lives as long as the value.
Value to_number_of_text(const Value& value);
inline Value to_number(const Value& value) {
  if (value.kind() == Kind::string) {
    return to_number_of_text(value);
  }
  return value.kind() == Kind::number && std::isfinite(value.as_number()) ? value : Value();
}

}  // namespace personalize
