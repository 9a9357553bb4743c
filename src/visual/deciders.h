// Which variations change what the selectors of a later change ask for: a stream matches all
// selectors before anything is changed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/decision/visual.h"

namespace personalize {

class Deciders {
 public:
  // So many variations of other experiments are told.
  static constexpr std::size_t most = 64;

  // Takes the changes of all variations, in their order.
  void add(const VisualChoice& variation, const DomMutation& mutation);

  // Returns the variations with a change so far that may decide what the selectors of `mutation`,
  // one of `own`, match, but for new elements: `own` itself first, each once. None of the other
  // variations of its experiment, which nobody has who has it. Ends with `most` + 1.
  std::vector<VisualChoice> of(const VisualChoice& own, const DomMutation& mutation) const;

 private:
  using Variations = std::vector<VisualChoice>;  // each once, in their order

  std::map<std::string, Variations, std::less<>> by_attribute_;  // in small letters
  std::map<std::string, Variations, std::less<>> by_class_;      // that alone comes or goes
  Variations any_attribute_;
  Variations any_class_;
};

}  // namespace personalize
