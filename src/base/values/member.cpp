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
