// Finds members inside a value by a path, as conditions and templates write it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Splits a path at its dots: "address.city" has two parts, "" has one, which is empty.
std::vector<std::string> split_path(std::string_view path);

// Returns the member of that name, or the element of that number; missing if there is none.
Value find_member(const Value& value, std::string_view name) noexcept;

// Returns what `path` leads to, as in address.city, tags.0 and tags.length; missing if it leads
// nowhere.
Value find_member(Value value, const std::vector<std::string>& path) noexcept;

}  // namespace personalize
