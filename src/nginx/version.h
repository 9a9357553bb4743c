// The module's own version.
#pragma once

#include <string_view>

namespace personalize {

constexpr std::string_view module_version = "0.1.0-dev";

}  // namespace personalize
