// Scalars as text, and text as numbers.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Appends the number as JavaScript's String(n) would: 5, 1.21, 1e+21. Nothing where it is not
// finite. (ECMAScript, Number::toString.)
void append_number(double n, std::pmr::string& out);

// Appends a scalar; nothing for what is absent, an array or an object.
void append_scalar(const Value& value, std::pmr::string& out);

// A finite number, or a string that is one through and through ("12.50", as in a Redis hash).
std::optional<double> to_number(const Value& value);

}  // namespace personalize
