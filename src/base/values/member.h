// Finds members inside a value by a path, as conditions and templates write it.
#pragma once

#include <string>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Returns what `path` leads to, as in address.city, tags.0 and tags.length; missing if it leads
// nowhere.
Value find_member(Value value, const std::vector<std::string>& path) noexcept;

}  // namespace personalize
