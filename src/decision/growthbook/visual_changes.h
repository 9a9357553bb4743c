// Reads the visual changes of a payload's experiments.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "personalize/decision/visual.h"

namespace personalize::decision {

// Returns whether the SDK takes one of the payload's own experiments for one with visual changes,
// and not for a redirect test.
bool has_visual_changes(const Json::Value& experiment);

// Returns the changes of each variation. Adds to `mistakes` what the SDK would pass over silently.
std::vector<VisualVariation> visual_variations(const Json::Value& experiment,
                                               std::vector<std::string>& mistakes);

// Returns whether a pattern of the experiment's is about a fragment ("/shop#new").
bool targets_fragment(const Json::Value& experiment);

}  // namespace personalize::decision
