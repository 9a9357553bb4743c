#include "base/values/scalar.h"

#include <cmath>

#include "base/values/exact_number.h"

namespace personalize {

void append_number(const Value& number, std::pmr::string& out) {
  if (std::isfinite(number.as_number()) || !number.exact_text().empty()) {
    NumberBuffer buffer;
    out += number_text(number, buffer);
  }
}

void append_scalar(const Value& value, std::pmr::string& out) {
  switch (value.kind()) {
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      break;
    case Kind::number:
      append_number(value, out);
      break;
    case Kind::string:
      out += value.as_string();
      break;
    default:
      break;
  }
}

Value to_number_of_text(const Value& value) {
  const Value number = exact_number(value.as_string());
  return std::isfinite(number.as_number()) ? number : Value();
}

}  // namespace personalize
