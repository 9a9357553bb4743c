#include "report/analysis/verdict.h"

namespace personalize::report {

Verdict judge(const Experiment& experiment, const Outcome& outcome, const VariantResult& result,
              const Settings& settings) {
  if (experiment.has_alarm()) {
    return Verdict::untrusted;
  }
  if (!result.comparison) {
    return Verdict::too_early;
  }
  const Estimate& effect = result.comparison->effect();
  const double alpha = 1 - settings.confidence;
  const bool is_better = (effect.value > 0) != outcome.lower_is_better;
  if (outcome.is_guardrail) {
    // One-sided and not corrected: harm that is missed costs more than a false alarm.
    return !is_better && effect.p / 2 < alpha ? Verdict::harm : Verdict::no_harm_seen;
  }
  if (result.adjusted_always_p < alpha) {
    return is_better ? Verdict::better : Verdict::worse;
  }
  if (result.adjusted_p < alpha) {
    return is_better ? Verdict::better_planned : Verdict::worse_planned;
  }
  return Verdict::no_difference;
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::untrusted:
      return "untrusted";
    case Verdict::too_early:
      return "too_early";
    case Verdict::no_difference:
      return "no_difference";
    case Verdict::better_planned:
      return "better_if_planned";
    case Verdict::worse_planned:
      return "worse_if_planned";
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::no_harm_seen:
      return "no_harm_seen";
    case Verdict::harm:
      return "harm";
  }
  return "";
}

double chance_to_beat(const Outcome& outcome, const Comparison& comparison) {
  return outcome.lower_is_better ? 1 - comparison.chance : comparison.chance;
}

}  // namespace personalize::report
