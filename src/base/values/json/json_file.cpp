#include "base/values/json/json_file.h"

#include <json/reader.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/files.h"
#include "base/text/text.h"
#include "base/values/ecmascript.h"
#include "base/values/exact_number.h"
#include "base/values/json/json_error.h"

namespace personalize {

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
  if (auto described = describe_json_error(text); !described.empty()) {
    errors = std::move(described);
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

std::string_view text_of(const Json::Value& string) {
  const char* begin = nullptr;
  const char* end = nullptr;
  string.getString(&begin, &end);
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string number_text(const Json::Value& number) {
  if (number.isInt64()) {
    return std::to_string(number.asInt64());
  }
  if (number.isUInt64()) {
    return std::to_string(number.asUInt64());
  }
  NumberBuffer buffer;
  return std::string(number_text(number.asDouble(), buffer));
}

Value scalar_of(const Json::Value& json) {
  switch (json.type()) {
    case Json::nullValue:
      return Value::null();
    case Json::booleanValue:
      return Value::boolean(json.asBool());
    case Json::stringValue:
      return Value::string(text_of(json));
    case Json::arrayValue:
    case Json::objectValue:
      return {};
    default:
      return Value::number(json.asDouble());
  }
}

bool to_boolean(const Json::Value& json) {
  return json.isArray() || json.isObject() || ecmascript::to_boolean(scalar_of(json));
}

void add_json(const Json::Value& json, DocumentBuilder& out) {
  switch (json.type()) {
    case Json::arrayValue:
      out.begin_array();
      for (const auto& element : json) {
        add_json(element, out);
      }
      out.end();
      break;
    case Json::objectValue:
      out.begin_object();
      for (auto member = json.begin(); member != json.end(); ++member) {
        out.key(member.name());
        add_json(*member, out);
      }
      out.end();
      break;
    case Json::intValue:
    case Json::uintValue:
      out.copy(exact_number(number_text(json)));
      break;
    default:
      out.copy(scalar_of(json));
  }
}

}  // namespace personalize
