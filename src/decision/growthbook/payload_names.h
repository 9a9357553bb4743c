// The names that a features payload brings.
#pragma once

#include <json/value.h>

#include <map>
#include <string>
#include <vector>

namespace personalize::decision {

// Returns the experiments with two variations or more by key, each with the keys of its variations.
// One that is in several places has those of all.
std::map<std::string, std::vector<std::string>> experiment_names(const Json::Value& payload);

// Returns the features, in the order in which PayloadCompiler adds them.
std::vector<std::string> feature_names(const Json::Value& payload);

// Returns the ids of the saved groups that are segments, by values of an attribute or by a
// condition, in the payload's order. Of other groups only the values are known.
std::vector<std::string> group_names(const Json::Value& payload);

}  // namespace personalize::decision
