#include "base/json_file.h"

#include <json/reader.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace personalize::decision {

namespace {

constexpr std::size_t max_file = 16UL * 1024 * 1024;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string read_file(const std::string& path, const Where& where) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw ConfigError(where, "cannot open " + quoted(path) + ": " + std::strerror(errno));
  }
  std::string text;
  char buffer[65536];
  while (file.read(buffer, sizeof(buffer)) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_file) {
      throw ConfigError(where, quoted(path) + " is larger than 16 MB");
    }
  }
  if (file.bad()) {
    throw ConfigError(where, "cannot read " + quoted(path) + ": " + std::strerror(errno));
  }
  return text;
}

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
  auto json = parse_json(read_file(path, where), errors);
  if (!json) {
    throw ConfigError(where, quoted(path) + " is not JSON: " + errors);
  }
  return std::move(*json);
}

}  // namespace personalize::decision
