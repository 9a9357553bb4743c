#include "base/json_file.h"

#include <json/reader.h>

#include <algorithm>
#include <memory>

#include "base/files.h"
#include "base/text.h"

namespace personalize::decision {

namespace {

constexpr std::size_t max_file = std::size_t{16} * 1024 * 1024;

}  // namespace

std::optional<Json::Value> parse_json(std::string_view text, std::string& errors) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value json;
  try {
    if (reader->parse(text.data(), text.data() + text.size(), &json, &errors)) {
      return json;
    }
  } catch (const Json::Exception& error) {
    errors = error.what();
  }
  // jsoncpp's report has a line per fact; an error log has one.
  std::replace(errors.begin(), errors.end(), '\n', ' ');
  return std::nullopt;
}

Json::Value read_json_file(const std::string& path, const Where& where) {
  std::string errors;
  auto json = parse_json(read_file(path, max_file, where), errors);
  if (!json) {
    throw ConfigError(where, quoted(path) + " is not JSON: " + errors);
  }
  return std::move(*json);
}

}  // namespace personalize::decision
