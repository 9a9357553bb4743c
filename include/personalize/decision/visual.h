// Visual changes: what the variations of a GrowthBook payload's own experiments change in a page
// (its visual editor makes them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"

namespace personalize {

// One of `domMutations`: what happens to each element that matches the selector. It means what
// GrowthBook's dom-mutator makes of it (https://github.com/growthbook/dom-mutator).
struct DomMutation {
  enum class Target : std::uint8_t {
    html,        // what is in the element
    classes,     // attribute `class`: one class, or several as if they were one
    class_name,  // the list of classes as a text
    attribute,
    position,  // of the first such element in the page
  };
  enum class Action : std::uint8_t { set, append, remove };

  std::string selector;
  Target target = Target::html;
  Action action = Action::set;
  std::string attribute;  // as in the payload
  std::string value;
  std::string parent, before;  // of a position: selectors; `before` may be ""
};

// Returns the action's name in a payload.
constexpr std::string_view name_of(DomMutation::Action action) {
  switch (action) {
    case DomMutation::Action::set:
      return "set";
    case DomMutation::Action::append:
      return "append";
    case DomMutation::Action::remove:
      return "remove";
  }
  return {};
}

struct VisualVariation {
  std::string css, js;
  std::vector<DomMutation> mutations;
  bool has_handlers = false;  // a mutation writes an attribute such as `onclick`

  bool empty() const { return css.empty() && js.empty() && mutations.empty(); }
};

// An experiment with visual changes.
struct VisualExperiment {
  Where where;                    // of the payload's directive
  std::string file;               // the payload
  std::string key;                // of the experiment
  std::string change;             // `changeId`; "" for none
  std::uint32_t number;           // among all experiments of a program
  std::uint32_t name;             // ExperimentId
  bool targets_fragment = false;  // by what no server sees of an address
  std::vector<VisualVariation> variations;

  // Returns whether some variation runs a script.
  bool has_js() const {
    for (const VisualVariation& variation : variations) {
      if (!variation.js.empty() || variation.has_handlers) {
        return true;
      }
    }
    return false;
  }
};

// The variation that a visitor has on a page.
struct VisualChoice {
  const VisualExperiment* experiment;
  std::uint32_t variation;
};

}  // namespace personalize
