// `when`, `unless`, `any`, `all` and `json` lines to compiled conditions.
//
//   when   ATTRIBUTE [OPERATOR LITERAL…]      any { … }
//   unless ATTRIBUTE [OPERATOR LITERAL…]      all { … }      json FILE [groups=FILE]
//
// A literal takes the type that the attribute has at request time. A missing attribute (JSON's null
// is one) fails every operator but missing, != , not_in, not_in_group and !~.
//
//   (none)            true and not empty; empty are false, 0, "", "0", "false", [], {}
//   = L, != L         of an array, one element is, or none is
//   in L…, not_in L…  one of these
//   in_group ID, not_in_group ID    one of the values of a features payload's saved group
//   < <= > >= L       numbers if L reads as one (what does not fails), else texts by their bytes
//   between A B       A <= attribute <= B
//   has L…            all of these: elements of an array, keys of an object, items of a text
//   top [N] NAME…     one of these names is among the N (1) with the highest scores of an object
//                     name → score; only scores above 0 count, and of equal ones both are as high.
//                     Of an array, which has the best first: among its first N elements
//   size N, size OP N number of those; OP is one of = != < <= > >=
//   ~ R, ~* R, !~ R   regular expression (ECMAScript); ~* ignores case
//   exists, missing
//   within D          a date not further from now than the duration, in the past or to come
//   older_than D      a date longer ago than the duration
//
// The items of a text stand between commas: "shoes, bags" has two. Durations are "45s", "30m",
// "12h", "180d", "2w"; dates as date.h tells.
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
  // All must outlive it. `saved_groups` are those that in_group may name, and conditions in files
  // where their line does not say another file; nullptr for none.
  WhenCompiler(Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies,
               const Json::Value* saved_groups)
      : conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies),
        saved_groups_(saved_groups) {}

  // Whether the statement is one of the five.
  static bool knows(const Statement& statement);

  // Adds one node, with what is under it. Throws ConfigError.
  void compile(const Statement& statement);

 private:
  void block(const Statement& statement, Op op);
  void json(const Statement& statement);
  void comparison(const Statement& statement);

  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Json::Value* saved_groups_;
  unsigned nesting_ = 0;
};

}  // namespace personalize::decision
