// One `when` or `unless` line to compiled conditions.
//
//   when   ATTRIBUTE [OPERATOR LITERAL…]
//   unless ATTRIBUTE [OPERATOR LITERAL…]
//
// A literal takes the type that the attribute has when a request is decided. A missing attribute
// (null is one) fails every operator except missing, !=, not_in, not_in_group and !~.
//
//   (none)            true and not empty; empty are false, 0, "", "0", "false", [], {}
//   = L, != L         an array equals L if one of its elements does
//   in L…, not_in L…  one of these
//   in_group ID, not_in_group ID    one of the values of a saved group in a features payload
//   < <= > >= L       numbers if L is one (a value that is not a number fails), else strings, by
//                     their bytes
//   between A B       A <= attribute <= B
//   has L…            all of these: elements of an array, keys of an object, items of a string
//   top [N] NAME…     one of these names is among the N (1 by default) highest scores of an object
//                     {name: score}, where only scores above 0 count and equal scores rank equally;
//                     or among the first N elements of an array, which has the best first
//   size N, size OP N how many there are; OP is one of = != < <= > >=
//   ~ R, ~* R, !~ R   regular expression (ECMAScript's); ~* ignores case
//   exists, missing
//   within D          a date no further from now than the duration, in the past or the future
//   older_than D      a date longer ago than the duration
//   within_last D     a date in the past, not longer ago than the duration
//   within_next D     a date in the future, not further away than the duration
//   anniversary_within D  a date whose anniversary is not more days away, before or after
//
// Items of a string have commas between them: "shoes, bags" has two. base/numbers/units.h says how
// durations are written, base/numbers/date.h how dates are.
//
// To add an operator: a row in the table in when_line.cpp, the function that it names, and, if no
// operation of conditions.h means the same, one more of those and its case in evaluator.cpp.
#pragma once

#include <string>

#include "decision/conditions/conditions.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize::decision {

// What a line may name.
struct WhenScope {
  const Json::Value* saved_groups = nullptr;  // by in_group; nullptr for none
  bool in_element = false;                    // members of an element, and no attributes
};

// Adds one node, with what is under it. Throws ConfigError.
void compile_when_line(const Statement& statement, const WhenScope& scope, Conditions& conditions,
                       AttributeTable& attributes, Dependencies& dependencies);

// Makes `node` look at what a condition names: an attribute or, inside `element`, a member of the
// element, which is itself called `this`. Throws ConfigError.
void look_at_name(Node& node, const std::string& name, const Where& where, bool in_element,
                  Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies);

}  // namespace personalize::decision
