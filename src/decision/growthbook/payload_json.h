// The JSON of GrowthBook's features payload, read as leniently as the SDK reads it: a member of a
// wrong type counts as missing.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>

namespace personalize::decision {

// Returns a member of an object; null if there is none or the JSON is not an object.
const Json::Value& member(const Json::Value& json, const char* name);

// Returns the string; `otherwise` if it is "" or not a string.
std::string text_or(const Json::Value& json, const std::string& otherwise);

double number_or(const Json::Value& json, double otherwise);

// Returns the variations of a feature's rule. Contextual bandits have theirs where SDKs that do not
// know bandits do not look.
const Json::Value& variations_of(const Json::Value& rule);

// Returns whether the SDK reads the feature's rule.
bool is_rule(const Json::Value& json);

// Returns the key of a variation, which is its number unless `meta` gives it one.
std::string variation_key(const Json::Value& experiment, Json::ArrayIndex index);

}  // namespace personalize::decision
