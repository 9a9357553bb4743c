#include "decision/growthbook/payload_names.h"

#include <algorithm>

#include "base/values/json/json_file.h"
#include "decision/growthbook/payload_json.h"
#include "decision/notations/saved_group.h"

namespace personalize::decision {

std::vector<std::string> feature_names(const Json::Value& payload) {
  std::vector<std::string> names;
  const Json::Value& features = member(payload, "features");
  for (auto one = features.begin(); one != features.end(); ++one) {
    if (to_boolean(*one)) {
      names.push_back(one.name());
    }
  }
  return names;
}

std::vector<std::string> group_names(const Json::Value& payload) {
  std::vector<std::string> names;
  const Json::Value& groups = member(payload, "savedGroups");
  for (auto one = groups.begin(); one != groups.end(); ++one) {
    const SavedGroup group(*one);
    if (!group.attribute.empty() || group.condition != nullptr) {
      names.push_back(one.name());
    }
  }
  return names;
}

std::map<std::string, std::vector<std::string>> experiment_names(const Json::Value& payload) {
  std::map<std::string, std::vector<std::string>> names;
  const auto add = [&](const std::string& key, const Json::Value& experiment,
                       const Json::Value& variations) {
    if (key.empty() || !variations.isArray() || variations.size() < 2) {
      return;
    }
    auto& variants = names[key];
    for (Json::ArrayIndex i = 0; i < variations.size(); ++i) {
      const std::string variant = variation_key(experiment, i);
      if (std::find(variants.begin(), variants.end(), variant) == variants.end()) {
        variants.push_back(variant);
      }
    }
  };
  const Json::Value& features = member(payload, "features");
  for (auto one = features.begin(); one != features.end(); ++one) {
    for (const auto& rule : member(*one, "rules")) {
      if (is_rule(rule) && !rule.isMember("force")) {
        add(text_or(rule["key"], one.name()), rule, variations_of(rule));
      }
    }
  }
  for (const auto& experiment : member(payload, "experiments")) {
    add(text_or(member(experiment, "key"), ""), experiment, member(experiment, "variations"));
  }
  return names;
}

}  // namespace personalize::decision
