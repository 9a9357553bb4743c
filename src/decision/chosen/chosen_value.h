// Values that the configuration chooses: tiers, ranges and defaults in one place.
//
//   personalize_value discount {
//       15 when profile.pltv >= 5000;
//       10 when segment.regular when geo.country in PL CZ;      all conditions of a line must hold
//       "${profile.discount | at_most 8}" when profile.discount;
//       default 5;
//   }
//
// The first line whose conditions hold counts. Without one, and without a default, the value is
// missing.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "decision/conditions/conditions.h"
#include "decision/conditions/evaluator.h"
#include "personalize/attributes/expression.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize::decision {

struct ChosenValue {
  struct Line {
    Where where;
    std::string text;        // as it is written
    std::uint32_t root = 0;  // node of its conditions
    Value constant;          // if there is no expression
    std::optional<Expression> expression;
  };

  std::string name;
  Where where;
  std::vector<Line> lines;  // as declared; `default` is the last one
  SourceSet needs;

  // Returns the line that counts; nullptr if none does.
  const Line* choose(Evaluator& conditions) const noexcept;
};

// Returns the value of a line; missing where memory for it is lacking.
Value value_of(const ChosenValue::Line& line, Facts& facts,
               std::pmr::memory_resource* memory) noexcept;

// Compiles a declaration, and adds what it depends on. Constants live as long as `conditions`.
// Throws ConfigError.
ChosenValue compile_value(const Declaration& declaration, const Json::Value* saved_groups,
                          Conditions& conditions, AttributeTable& attributes,
                          Dependencies& dependencies);

}  // namespace personalize::decision
