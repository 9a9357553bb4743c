// What the numbers mean for a decision.
#pragma once

#include "report/analysis/findings.h"

namespace personalize::report {

enum class Verdict : unsigned char {
  untrusted,       // the split is wrong: nothing can be said
  too_early,       // nothing can be compared yet
  no_difference,   // none was seen
  better_planned,  // if it was planned to look now, and only now
  worse_planned,
  better,  // however often it was looked at
  worse,
  no_harm_seen,  // guardrails
  harm,
};

// What the experiment's outcome says of one of its variants, which is not control.
Verdict judge(const Experiment& experiment, const Outcome& outcome, const VariantResult& result,
              const Settings& settings);

// "too_early" and the like, for programs.
const char* verdict_name(Verdict verdict);

// Returns the probability that the variant is better than control.
double chance_to_beat(const Outcome& outcome, const Comparison& comparison);

}  // namespace personalize::report
