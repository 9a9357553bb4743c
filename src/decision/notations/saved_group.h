// Saved groups of a GrowthBook payload.
#pragma once

#include <json/value.h>

#include <string_view>

namespace personalize::decision {

// A group is a list of values, {"type": "list", "attributeKey": NAME, "values": [VALUE…]}, or
// {"type": "condition", "condition": {…}}. This points into its JSON.
struct SavedGroup {
  explicit SavedGroup(const Json::Value& json);

  const Json::Value* values = nullptr;     // an array; nullptr if it is not a list
  std::string_view attribute;              // that has one of the values; "" if the group has none
  const Json::Value* condition = nullptr;  // an object; nullptr if it is not a condition
};

// Returns the group of that id in an object of groups by id; nullptr if there is none, or `groups`
// is nullptr or no object.
const Json::Value* find_saved_group(const Json::Value* groups, std::string_view id);

}  // namespace personalize::decision
