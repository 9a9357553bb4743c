// JSON files that a configuration names.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize::decision {

// JSON as RFC 8259 has it. Nothing where the text is something else or nested too deep; then
// `errors` says where and why, in one line.
std::optional<Json::Value> parse_json(std::string_view text, std::string& errors);

// The JSON in a file of at most 16 MB. A relative path starts from the working directory. Throws
// ConfigError, which names the file and, for what is not JSON (RFC 8259), its line and column.
Json::Value read_json_file(const std::string& path, const Where& where);

}  // namespace personalize::decision
