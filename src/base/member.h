// Members inside a value, by a path as a condition writes it.
#pragma once

#include <string>
#include <vector>

#include "personalize/base/value.h"

namespace personalize::decision {

// address.city, tags.0, tags.length; missing where the path leads nowhere.
Value find_member(Value value, const std::vector<std::string>& path) noexcept;

}  // namespace personalize::decision
