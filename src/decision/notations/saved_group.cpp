#include "decision/notations/saved_group.h"

#include "base/values/json/json_file.h"

namespace personalize::decision {

SavedGroup::SavedGroup(const Json::Value& json) {
  if (json.isArray()) {
    values = &json;
  } else if (json.isObject() && json["type"].isString()) {
    const auto type = text_of(json["type"]);
    if (type == "list" && json["values"].isArray()) {
      values = &json["values"];
      attribute =
          json["attributeKey"].isString() ? text_of(json["attributeKey"]) : std::string_view();
    } else if (type == "condition" && json["condition"].isObject()) {
      condition = &json["condition"];
    }
  }
}

const Json::Value* find_saved_group(const Json::Value* groups, std::string_view id) {
  return groups != nullptr && groups->isObject() ? groups->find(id.data(), id.data() + id.size())
                                                 : nullptr;
}

}  // namespace personalize::decision
