// Statements that are conditions to compiled conditions.
//
//   when   ATTRIBUTE [OPERATOR LITERAL…];     any { CONDITION… }     json FILE [groups=FILE];
//   unless ATTRIBUTE [OPERATOR LITERAL…];     all { CONDITION… }
//
//   element LIST { CONDITION… }    all of them hold for one and the same element of the list, as
//                                  GrowthBook's $elemMatch has it; names are those of its members,
//                                  and `this` is the element itself
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

  // Returns whether the statement is one of the six.
  static bool knows(const Statement& statement);

  // Adds one node, with what is under it. Throws ConfigError.
  void compile(const Statement& statement);

 private:
  void block(const Statement& statement, Op op);
  void element(const Statement& statement);
  // Adds a group and the conditions of the statement's block.
  void open_block(const Statement& statement, const Node& group);
  void json(const Statement& statement);
  bool stays(std::uint32_t index) const;

  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Json::Value* saved_groups_;
  bool in_element_ = false;  // names are those of members
  unsigned nesting_ = 0;
};

}  // namespace personalize::decision
