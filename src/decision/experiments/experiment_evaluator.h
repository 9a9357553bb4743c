// Decides experiments and features for one request.
#pragma once

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "base/ecmascript.h"
#include "decision/conditions/evaluator.h"
#include "decision/experiments/experiment.h"
#include "personalize/decision/sticky.h"

namespace personalize::decision {

// Why a visitor is in an experiment or not, in the order in which it is asked.
enum class AssignmentReason : std::uint8_t {
  disabled,            // no experiments at all, or fewer than two variants
  url,                 // another page
  forced_by_query,     // ?my-experiment=1, or a preview
  forced,              // for whom a condition holds
  switched_off,        // pz:switches, or `enabled off`
  out_of_time,         // schedule
  held_out,            // a holdout
  missing_hash_value,  // nothing to hash
  filter,              // not in the filter's ranges
  other_namespace,     // the namespace has the visitor elsewhere
  condition,           // targeting does not hold
  prerequisite,        // a parent's value is another
  group,               // only for groups that are not known here
  unknown_hash_version,
  sticky_blocked,  // had a variant of a version that is over
  coverage,        // no variant's range has the visitor's hash
  force,           // everybody gets that variant
  stopped,
  sticky,  // as assigned earlier
  bucket,  // by the hash
};
std::string_view to_string(AssignmentReason reason) noexcept;

// What becomes of a visitor in an experiment.
struct Assignment {
  std::uint32_t variation = 0;  // 0 also for who is not in it
  bool in_experiment = false;
  bool hash_used = false;  // not forced: it counts
  bool sticky = false;     // given earlier
  AssignmentReason reason = AssignmentReason::disabled;
  double bucket = std::numeric_limits<double>::quiet_NaN();  // the hash, where it decided
};

enum class FeatureSource : std::uint8_t {
  default_value,
  force,
  experiment,
  prerequisite,
  cyclic_prerequisite,
  unknown_feature,
};

struct FeatureResult {
  FeatureSource source = FeatureSource::unknown_feature;
  std::uint32_t document = 0;  // the value; 0 is null
  const Rule* rule = nullptr;  // that gave it; nullptr for none
  Assignment assignment;       // in the rule's experiment
};

// What else a decision depends on: the page, and what is asked for by hand.
class ExperimentContext {
 public:
  // The page's address as the client wrote it; "" where there is none.
  virtual std::string_view url() noexcept = 0;
  // Whether the page is one of those; asked only where an experiment has targets.
  virtual bool is_targeted(const std::vector<UrlTarget>& targets) noexcept = 0;
  // The variation that the visitor is to get, whatever else holds; one that the experiment does not
  // have takes the visitor out of it.
  virtual std::optional<std::size_t> forced_variation(std::uint32_t experiment) noexcept = 0;
  // Switched on or off while the server runs; nothing where the experiment's own word counts.
  virtual std::optional<bool> switched(std::uint32_t experiment) noexcept = 0;
  // nullptr where nothing is remembered.
  virtual StickyAssignments* sticky() noexcept = 0;
  // The visitor is in an experiment that was run for itself or for a feature.
  virtual void on_assigned(std::uint32_t experiment, const Assignment& assignment) noexcept = 0;

  // No experiments at all.
  virtual bool is_disabled() const noexcept { return false; }
  // Only forced variations.
  virtual bool is_qa() const noexcept { return false; }

 protected:
  ~ExperimentContext() = default;
};

class ExperimentEvaluator {
 public:
  // All must outlive it. `memory` is used for two rare things: a hashed array, and what the
  // evaluator of conditions needs.
  ExperimentEvaluator(const Experiments& experiments, Evaluator& conditions, Facts& facts,
                      ExperimentContext& context, std::pmr::memory_resource* memory) noexcept
      : experiments_(experiments),
        conditions_(conditions),
        facts_(facts),
        context_(context),
        memory_(memory) {}

  Assignment run(std::uint32_t experiment) noexcept { return run(experiment, nullptr); }
  FeatureResult feature(std::uint32_t feature) noexcept { return evaluate(feature, nullptr); }

  // Which attribute an experiment hashes for this visitor, and its value; missing where it has
  // none.
  struct Hashed {
    const HashAttribute* attribute;
    Value value;
  };
  Hashed hashed(const Experiment& experiment) noexcept;
  // The leaf of the experiment's bandit that the visitor is in; nullptr where it is no bandit.
  const BanditLeaf* leaf(const Experiment& experiment) noexcept;

 private:
  // The features that are being evaluated, innermost first.
  struct Chain {
    std::uint32_t feature;
    unsigned depth;
    const Chain* above;
  };

  Assignment run(std::uint32_t index, const Chain* chain) noexcept;
  FeatureResult evaluate(std::uint32_t index, const Chain* above) noexcept;
  // Why a rule does not apply because of its parents, if it does not.
  enum class ParentOutcome { hold, fail, block, cycle };
  ParentOutcome parents_hold(const std::vector<Parent>& parents, const Chain* chain) noexcept;
  Value value_of(const HashAttribute& attribute) noexcept;
  Value first_value(const HashAttribute& attribute, const std::optional<HashAttribute>& fallback,
                    const HashAttribute** taken) noexcept;
  bool is_filtered_out(const std::vector<Filter>& filters) noexcept;
  bool is_in_rollout(const Rollout& rollout) noexcept;
  std::optional<AssignmentReason> refusal(const Experiment& experiment, std::string_view hash_value,
                                          const Chain* chain) noexcept;
  bool is_sticky(const Experiment& experiment, const Value& hashed) noexcept;

  // What was assigned earlier.
  struct Earlier {
    std::optional<std::uint32_t> variation;
    bool is_blocked = false;
  };
  Earlier find_earlier(const Experiment& experiment) noexcept;
  const std::vector<BucketRange>& ranges(const Experiment& experiment) noexcept;

  const Experiments& experiments_;
  Evaluator& conditions_;
  Facts& facts_;
  ExperimentContext& context_;
  std::pmr::memory_resource* memory_;
};

}  // namespace personalize::decision
