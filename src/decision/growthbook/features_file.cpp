// Reads the file of a personalize_features directive.
#include <json/value.h>

#include "base/text/text.h"
#include "base/values/json/json_file.h"
#include "decision/growthbook/encrypted_payload.h"
#include "personalize/decision/experiments.h"

namespace personalize {

namespace {

void check_payload(const Json::Value& payload, const std::string& file, const Where& where) {
  if (!payload.isObject()) {
    throw ConfigError(where, file + " must be an object, as in {\"features\": {…}}");
  }
  const Json::Value& features = payload["features"];
  const Json::Value& experiments = payload["experiments"];
  if (!features.isObject() && !features.isNull()) {
    throw ConfigError(where, file + ": \"features\" must be an object");
  }
  if (!experiments.isArray() && !experiments.isNull()) {
    throw ConfigError(where, file + ": \"experiments\" must be an array");
  }
  for (const char* name : {"savedGroups", "contextualBandits"}) {
    if (!payload[name].isObject() && !payload[name].isNull()) {
      throw ConfigError(where, file + ": " + quoted(name) + " must be an object");
    }
  }
  if (features.isNull() && experiments.isNull()) {
    throw ConfigError(where, file +
                                 " has neither \"features\" nor \"experiments\": take what "
                                 "GrowthBook's SDK endpoint returns, /api/features/CLIENT_KEY");
  }
}

bool read_switch(const std::string& name, const std::string& value, const Where& where) {
  if (value != "on" && value != "off") {
    throw ConfigError(where,
                      "personalize_features: " + name + "= is on or off, not " + quoted(value));
  }
  return value == "on";
}

}  // namespace

FeaturesDeclaration read_features(const std::string& path,
                                  const std::vector<std::string>& parameters, std::string_view key,
                                  const Where& where) {
  FeaturesDeclaration declaration;
  declaration.where = where;
  declaration.path = path;
  for (const auto& parameter : parameters) {
    const auto equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == parameter.size()) {
      throw ConfigError(where, "unknown parameter " + quoted(parameter) +
                                   " of personalize_features; it takes NAME=ATTRIBUTE for "
                                   "attributes as GrowthBook calls them, as in "
                                   "company=profile.company.id, and sticky=cookie, override=off, "
                                   "visual=on, visual_js=on and key_file=FILE");
    }
    const std::string name = parameter.substr(0, equals);
    const std::string value = parameter.substr(equals + 1);
    if (name == "sticky") {
      if (value != "cookie" && value != "off") {
        throw ConfigError(where,
                          "personalize_features: sticky= is cookie or off, not " + quoted(value));
      }
      declaration.sticky = value == "cookie";
    } else if (name == "override") {
      declaration.query_override = read_switch(name, value, where);
    } else if (name == "visual") {
      declaration.visual = read_switch(name, value, where);
    } else if (name == "visual_js") {
      declaration.visual_js = read_switch(name, value, where);
    } else if (!declaration.attributes.emplace(name, value).second) {
      throw ConfigError(where, "personalize_features: " + quoted(name) + " is duplicate");
    }
  }
  if (declaration.visual_js && !declaration.visual.value_or(false)) {
    throw ConfigError(where, "personalize_features: visual_js=on needs visual=on");
  }
  auto payload = std::make_shared<Json::Value>(read_json_file(path, where));
  const std::string file = "the features payload " + quoted(path);
  decision::decrypt_payload(*payload, key, file, where);
  check_payload(*payload, file, where);
  declaration.payload = std::move(payload);
  return declaration;
}

}  // namespace personalize
