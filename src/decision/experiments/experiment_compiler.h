// personalize_experiment and personalize_holdout blocks to compiled experiments.
//
//   variants NAME[=WEIGHT]…                     required, two or more; equal without weights
//   coverage PERCENT                            100% by default
//   hash_by ATTRIBUTE [fallback ATTRIBUTE]      visitor.id by default
//   seed TEXT                                   the experiment's name by default
//   hash_version 1|2                            2 by default
//   ranges NAME=FROM-TO…                        instead of weights and coverage
//   namespace NAME FROM TO                      excludes experiments in other parts of it
//   filter SEED FROM-TO… [hash_by=A] [hash_version=N]    GrowthBook's newer form of namespaces
//   force VARIANT [when|unless CONDITION]       for visitors for whom it holds, whatever else does
//   prerequisite experiment.NAME|feature.KEY [OPERATOR VALUE…]
//   holdout NAME                                visitors who are held out are not in the experiment
//   schedule [from=DATE] [until=DATE]
//   hours 9-18…, weekdays mon-fri…
//   enabled on|off
//   allocate bandit metric=NAME [every=TIME] [floor=PERCENT]    shares that are learned
//   sticky cookie [bucket_version=N] [min_bucket_version=N]
//   when unless any all json                    which visitors may be in it
//
// A holdout takes coverage (required), hash_by, seed, hash_version, schedule, hours, weekdays,
// enabled and conditions. It is an experiment whose variants are `holdout`, with that coverage, and
// `open`.
#pragma once

#include <string>
#include <vector>

#include "decision/conditions/conditions.h"
#include "decision/experiments/experiment.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize::decision {

class ExperimentCompiler {
 public:
  // All must outlive it. `holdouts` are those that `holdout` lines may name.
  ExperimentCompiler(const std::vector<Declaration>& holdouts, const Json::Value* saved_groups,
                     Conditions& conditions, AttributeTable& attributes)
      : holdouts_(holdouts),
        saved_groups_(saved_groups),
        conditions_(conditions),
        attributes_(attributes) {}

  // Both throw ConfigError.
  Experiment experiment(const Declaration& declaration, Dependencies& dependencies);
  Experiment holdout(const Declaration& declaration, Dependencies& dependencies);

 private:
  class Block;

  const std::vector<Declaration>& holdouts_;
  const Json::Value* saved_groups_;
  Conditions& conditions_;
  AttributeTable& attributes_;
};

}  // namespace personalize::decision
