#include "decision/growthbook/payload_json.h"

namespace personalize::decision {

const Json::Value& member(const Json::Value& json, const char* name) {
  return json.isObject() ? json[name] : Json::Value::nullSingleton();
}

std::string text_or(const Json::Value& json, const std::string& otherwise) {
  return json.isString() && !json.asString().empty() ? json.asString() : otherwise;
}

double number_or(const Json::Value& json, double otherwise) {
  return json.isNumeric() ? json.asDouble() : otherwise;
}

const Json::Value& variations_of(const Json::Value& rule) {
  const Json::Value& contextual = member(rule, "contextualVariations");
  return contextual.isNull() ? member(rule, "variations") : contextual;
}

bool is_rule(const Json::Value& json) {
  return json.isObject() && (json.isMember("force") || variations_of(json).isArray() ||
                             !json["parentConditions"].isNull());
}

std::string variation_key(const Json::Value& experiment, Json::ArrayIndex index) {
  const Json::Value& meta = member(experiment, "meta");
  const Json::Value& about = meta.isArray() ? meta[index] : Json::Value::nullSingleton();
  return text_or(member(about, "key"), std::to_string(index));
}

}  // namespace personalize::decision
