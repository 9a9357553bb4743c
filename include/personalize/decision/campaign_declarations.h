// Campaigns as they are written, with what they take from groups and from each other.
#pragma once

#include <vector>

#include "personalize/base/statement.h"

namespace personalize {

// Returns the campaigns, in the same order, with all that applies to them written into each:
//
//   like OTHER;     the statements of another campaign, but for those of a kind that the campaign
//   has
//                   itself: a `set` of the same field, a `stop` after the same event, what is shown
//                   (widget, fragment, content); its conditions count as one, and so do its groups
//                   and triggers
//   group NAME;     if a personalize_group of that name is declared: its conditions beside those of
//                   the campaign, its cap as the limits of the group, and its schedule, hours and
//                   weekdays where the campaign has none
//
// Throws ConfigError: an unknown campaign, one that is like itself, a statement that a group cannot
// have, limits of a group in two places.
std::vector<Declaration> expand_campaigns(const std::vector<Declaration>& campaigns,
                                          const std::vector<Declaration>& groups);

}  // namespace personalize
