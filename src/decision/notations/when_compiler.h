// Statements that are conditions to compiled conditions.
//
//   when   ATTRIBUTE [OPERATOR LITERAL…];     any { CONDITION… }     json FILE [groups=FILE];
//   unless ATTRIBUTE [OPERATOR LITERAL…];     all { CONDITION… }
#pragma once

#include "decision/conditions/conditions.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize::decision {

class WhenCompiler {
 public:
  // All must outlive it. `saved_groups` are those that in_group may name, and the conditions of a
  // `json` line that names no file of groups; nullptr for none.
  WhenCompiler(Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies,
               const Json::Value* saved_groups)
      : conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies),
        saved_groups_(saved_groups) {}

  // Returns whether the statement is one of the five.
  static bool knows(const Statement& statement);

  // Adds one node, with what is under it. Throws ConfigError.
  void compile(const Statement& statement);

 private:
  void block(const Statement& statement, Op op);
  void json(const Statement& statement);

  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Json::Value* saved_groups_;
  unsigned nesting_ = 0;
};

}  // namespace personalize::decision
