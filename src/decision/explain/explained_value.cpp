#include "decision/explain/explained_value.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/numbers/number.h"

namespace personalize::decision {

namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

}  // namespace

// A cut may leave part of a character, which the JSON writer replaces.
Json::Value explained_text(std::string_view text) {
  std::string kept(text.substr(0, ExplainedValues::longest_text));
  if (kept.size() < text.size()) {
    kept += ellipsis;
  }
  return kept;
}

namespace {

// A number that neither a double nor 64 bits hold becomes a string. JSON has no infinity.
Json::Value explained_number(const Value& number) {
  const auto exact = number.exact_text();
  if (exact.empty()) {
    return std::isfinite(number.as_number()) ? Json::Value(number.as_number()) : Json::Value();
  }
  if (const auto whole = read_integer<Json::Int64>(exact)) {
    return *whole;
  }
  return explained_text(exact);
}

}  // namespace

Json::Value ExplainedValues::write(const Value& value, unsigned depth) {
  if (left_ == 0) {
    return {};
  }
  --left_;
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      return {};
    case Kind::boolean:
      return value.as_boolean();
    case Kind::number:
      return explained_number(value);
    case Kind::string:
      return explained_text(value.as_string());
    case Kind::array:
    case Kind::object:
      break;
  }
  if (depth == deepest) {
    return std::string(ellipsis);
  }
  const bool is_array = value.kind() == Kind::array;
  Json::Value out(is_array ? Json::arrayValue : Json::objectValue);
  const std::uint32_t count = std::min(value.size(), most_elements);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (is_array) {
      out.append(write(value.at(i), depth + 1));
    } else {
      out[explained_text(value.key_at(i)).asString()] = write(value.at(i), depth + 1);
    }
  }
  if (count < value.size()) {
    if (is_array) {
      out.append(std::string(ellipsis));
    } else {
      out[std::string(ellipsis)] = value.size() - count;
    }
  }
  return out;
}

}  // namespace personalize::decision
