#include "base/values/member.h"

#include <cstdint>
#include <string_view>

#include "base/numbers/number.h"

namespace personalize {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const auto dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) {
      return parts;
    }
    path.remove_prefix(dot + 1);
  }
}

namespace {

Value find_in_array(const Value& array, std::string_view name) {
  if (name == "length") {
    return Value::number(array.size());
  }
  if (name.empty() || (name.size() > 1 && name.front() == '0')) {
    return {};
  }
  const auto index = read_integer<std::uint32_t>(name);
  return index ? array.at(*index) : Value();
}

}  // namespace

Value find_member(const Value& value, std::string_view name) noexcept {
  return value.kind() == Kind::array ? find_in_array(value, name) : value.find(name);
}

double score_of(const Value& value) noexcept {
  const auto score = value.kind() == Kind::number   ? value.as_number()
                     : value.kind() == Kind::string ? read_decimal(value.as_string()).value_or(0)
                                                    : 0;
  return score > 0 ? score : 0;
}

namespace {

// Of equal scores the first name counts, in the order of bytes.
Value best_of(const Value& scores) {
  if (scores.kind() == Kind::array) {
    const Value first = scores.at(0);
    return first.kind() == Kind::object ? first.find("id") : first;
  }
  Value best;
  double highest = 0;
  for (std::uint32_t i = 0; scores.kind() == Kind::object && i < scores.size(); ++i) {
    const double score = score_of(scores.at(i));
    if (score > highest) {
      highest = score;
      best = Value::string(scores.key_at(i));
    }
  }
  return best;
}

}  // namespace

Value find_place(const Value& value, const std::vector<std::string>& path) noexcept {
  Value found = value;
  for (const auto& name : path) {
    const Value around = found;
    found = find_member(around, name);
    if (found.is_missing()) {
      return &name == &path.back() && name == "best" ? best_of(around) : found;
    }
  }
  return found;
}

Value find_member(Value value, const std::vector<std::string>& path) noexcept {
  for (const auto& name : path) {
    value = find_member(value, name);
    if (value.is_missing()) {
      break;
    }
  }
  return value;
}

}  // namespace personalize
