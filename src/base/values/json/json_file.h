// JSON as a configuration has it: read with jsoncpp, which keeps it as a tree.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"
#include "personalize/base/document.h"

namespace personalize {

// Parses JSON (RFC 8259). Returns nothing if the text is something else or nested too deeply; then
// `errors` says where and why, in one line.
std::optional<Json::Value> parse_json(std::string_view text, std::string& errors);

// Reads and parses a JSON file of at most 16 MB. A relative path starts from the working directory.
// Throws ConfigError, which names the file and, if it is not JSON, the line and column.
Json::Value read_json_file(const std::string& path, const Where& where);

// Returns the bytes of a JSON string, which belong to it.
std::string_view text_of(const Json::Value& string);

// Returns the text of a number: whole numbers of 64 bits to the last digit.
std::string number_text(const Json::Value& number);

// Returns null, a boolean, a number or a string as a Value, which lives as long as `json`; missing
// for arrays and objects. A number is the nearest double.
Value scalar_of(const Json::Value& json);

// Returns Boolean(json) of JavaScript.
bool to_boolean(const Json::Value& json);

// Adds the whole value to a document.
void add_json(const Json::Value& json, DocumentBuilder& out);

}  // namespace personalize
