// Explains a decision, for people who are asked "why did this visitor see that?".
//
// The decision is made by the code that makes it for pages. Then its conditions, experiments and
// rules are evaluated again, one by one. Uses the heap; not for requests for pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "personalize/decision/decision.h"

namespace Json {
class Value;
}

namespace personalize {

// What an explanation is made from. Everything that it refers to must outlive the call of
// explain(). The declarations are those that `program` was compiled from.
struct Explained {
  const Program& program;
  const AttributeTable& attributes;
  const std::vector<Declaration>& segments;
  const std::vector<Declaration>& campaigns;
  const ExperimentText& experiments;
  Decision& decision;
  Facts& facts;
  DecisionInputs inputs;  // of the decision
  std::pmr::memory_resource* memory;
  // Returns where the attribute's value comes from, in words.
  std::function<std::string(const Attribute&)> origin;
  // Returns whether the campaign has something to show.
  std::function<bool(CampaignId)> renders;
};

// Adds to the JSON object `out`:
//   attributes   by name: value (or missing), origin, and where the configuration first names it
//   segments     whether the visitor is in it, and every condition with its outcome
//   values       the value, and which line gave it
//   experiments  variant and why; hashed attribute and value, seed, hash, ranges, and what is
//                checked before the hash; in the terms of GrowthBook's SDK if it has any
//   features     value, and which rule gave it
//   slots        winner, and every campaign in the order in which they are asked, with the reason
//                why it won or lost
//   left_out     how many experiments, features, segments and values are left out if there are
//                thousands
// Long strings are cut, and so are long lists. Throws bad_alloc.
void explain(const Explained& explained, Json::Value& out);

}  // namespace personalize
