// Scalars as text, and text as a number.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Appends the number as JavaScript's String(n) does (ECMAScript, Number::toString): 5, 1.21, 1e+21.
// Appends nothing if it is not finite.
void append_number(double n, std::pmr::string& out);

// Appends a scalar; nothing for other kinds.
void append_scalar(const Value& value, std::pmr::string& out);

// Returns a finite number, or that of a string that is entirely a number ("12.50", as in a Redis
// hash).
std::optional<double> to_number(const Value& value);

}  // namespace personalize
