// Files with keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/config/reading/directive.h"

namespace personalize {

// Reads the keys of a file that `parameter` names. Warns if other users can read it; `harm` is what
// they could do then. Throws ConfigError.
std::vector<std::string> read_secret(const Directive& directive, std::string_view file,
                                     const std::string& parameter, const std::string& harm);

}  // namespace personalize
