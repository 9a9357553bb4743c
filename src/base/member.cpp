#include "base/member.h"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace personalize::decision {

namespace {

Value find_in_array(const Value& array, std::string_view name) {
  if (name == "length") {
    return Value::number(array.size());
  }
  if (name.empty() || (name.size() > 1 && name.front() == '0')) {
    return {};
  }
  std::uint32_t index = 0;
  const char* end = name.data() + name.size();
  const auto result = std::from_chars(name.data(), end, index);
  return result.ec == std::errc() && result.ptr == end ? array.at(index) : Value();
}

}  // namespace

Value find_member(Value value, const std::vector<std::string>& path) noexcept {
  for (const auto& name : path) {
    value = value.kind() == Kind::array ? find_in_array(value, name) : value.find(name);
    if (value.is_missing()) {
      break;
    }
  }
  return value;
}

}  // namespace personalize::decision
