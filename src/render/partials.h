// The files of templates and of their partials.
#pragma once

#include <string>
#include <string_view>

#include "render/templates/template.h"

namespace personalize {

// Returns the path of a file of the configuration: relative ones start from `directory`.
std::string resolve(const std::string& directory, std::string_view path);

// Returns the folder of the file; "" for that of the process.
std::string folder_of(const std::string& path);

// Returns the file's text without a byte order mark. Throws ConfigError.
std::string read_template(const std::string& path, const Where& where);

// Reads `{{> price}}` from price.html in `folder`, or else in `directory`, which is that of the
// configuration, and `{{> parts/price.txt}}` from below either of them. Names that lead elsewhere
// are refused.
Template::PartialReader partials_of(const std::string& folder, const std::string& directory);

}  // namespace personalize
