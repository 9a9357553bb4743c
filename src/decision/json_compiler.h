// GrowthBook's targeting conditions (a dialect of MongoDB's queries) to compiled conditions, with
// the meaning that GrowthBook's JavaScript SDK gives them.
#pragma once

#include <string>
#include <string_view>

#include "decision/conditions.h"
#include "personalize/attribute.h"

namespace Json {
class Value;
}

namespace personalize::decision {

struct JsonDialect {
  // Put before every attribute name: "user." makes {"age": 30} a condition on user.age.
  std::string prefix;
  // Lists by id for $inGroup and $notInGroup; without them these are errors.
  const Json::Value* saved_groups = nullptr;
  // Whether mistakes (unknown operators, operands of a wrong kind, bad regular expressions) are
  // errors, or fail as they do in the SDK.
  bool strict = true;
};

// Adds one node, with what is under it. Throws ConfigError.
void compile_json(const Json::Value& condition, const JsonDialect& dialect, Conditions& conditions,
                  AttributeTable& attributes, Dependencies& dependencies, const Where& where);

// The same, strictly, for the condition in a file. A relative path starts from the working
// directory. Errors name the file.
void compile_json_file(const std::string& path, Conditions& conditions, AttributeTable& attributes,
                       Dependencies& dependencies, const Where& where);

}  // namespace personalize::decision
