// Files that a configuration names.
#pragma once

#include <cstddef>
#include <string>

#include "personalize/base/config_error.h"

namespace personalize {

// Returns the whole file, of at most `max_size` bytes. A relative path starts from the working
// directory. Throws ConfigError, which names the file and what is wrong with it.
std::string read_file(const std::string& path, std::size_t max_size, const Where& where);

}  // namespace personalize
