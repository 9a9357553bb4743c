// Why a decision came out as it did, for whoever has to answer "why did this visitor see that?".
//
// The decision is made by the code that makes it for pages; then its conditions, experiments and
// rules are asked again, one by one. Uses the heap and is not for the way of a page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "personalize/decision/decision.h"

namespace Json {
class Value;
}

namespace personalize {

// All that an explanation is made of. The declarations are those that `program` was compiled of.
struct Explained {
  const Program& program;
  const AttributeTable& attributes;
  const std::vector<Declaration>& segments;
  const std::vector<Declaration>& campaigns;
  const ExperimentText& experiments;
  Decision& decision;
  Facts& facts;
  DecisionInputs inputs;  // as the decision was given them
  std::pmr::memory_resource* memory;
  // Where the attribute's value comes from, in words.
  std::function<std::string(const Attribute&)> origin;
  // Whether the campaign has something to show.
  std::function<bool(CampaignId)> renders;
};

// Adds to the JSON object `out`:
//   attributes   by name: value (or missing), origin, and where the configuration first names it
//   segments     whether the visitor is in it, and every condition with its outcome
//   experiments  variant and why; hashed attribute and value, seed, hash, ranges, and all that
//                decides before the hash does; in the words of GrowthBook's SDK where it has any
//   features     value, and which rule gave it
//   slots        winner, and every campaign in the order in which they are asked, with the reason
//                why it won or lost
// Bounded: long texts are cut, of lists the first elements are told, and of thousands of
// experiments, features or segments the first (`left_out` says how many are not told). Throws
// bad_alloc.
void explain(const Explained& explained, Json::Value& out);

}  // namespace personalize
