// Groups of campaigns, and the slots that must be decided together because of them.
#pragma once

#include "decision/compiled.h"

namespace personalize::decision {

// Fills in the groups of all campaigns from their memberships. Throws ConfigError: a group without
// limits, or with different ones.
void form_groups(Program::Compiled& compiled);

// Fills in the contests; slots that are decided together also need the same sources.
void form_contests(Program::Compiled& compiled);

}  // namespace personalize::decision
