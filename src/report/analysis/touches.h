// Clicks, and the conversions that followed them.
#pragma once

#include "report/analysis/findings.h"

namespace personalize::report {

// Adds campaigns, lists of recommendations and the answers to surveys.
void add_touches(EventStore& store, const Settings& settings, Findings& findings);
void add_questions(EventStore& store, const Settings& settings, Findings& findings);

}  // namespace personalize::report
