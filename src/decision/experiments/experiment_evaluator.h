// Decides experiments and features for one request.
#pragma once

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "decision/conditions/evaluator.h"
#include "decision/experiments/experiment.h"
#include "personalize/decision/sticky.h"

namespace personalize::decision {

// Why a visitor is in an experiment or not, in the order of the checks.
enum class AssignmentReason : std::uint8_t {
  disabled,            // it has fewer than two variants
  url,                 // it is for other pages
  forced_by_query,     // by ?my-experiment=1, or a preview
  forced,              // by the condition of a `force` line
  switched_off,        // by pz:switches, or `enabled off`
  out_of_time,         // by its schedule, hours or weekdays
  held_out,            // by a holdout
  missing_hash_value,  // the hashed attribute is missing
  filter,              // the hash is outside a filter's ranges
  other_namespace,     // the hash is in another part of the namespace
  condition,           // targeting does not hold
  prerequisite,        // a parent's condition does not hold
  group,               // it is for user groups, which are not known here
  unknown_hash_version,
  sticky_blocked,  // the visitor had a variant of a version that is over
  coverage,        // the hash is in no variant's range
  force,           // everybody gets that variant
  stopped,
  sticky,  // was assigned earlier
  bucket,  // the hash is in the variant's range
};
std::string_view to_string(AssignmentReason reason) noexcept;

// A visitor's place in an experiment.
struct Assignment {
  std::uint32_t variation = 0;  // 0 also for visitors who are not in it
  bool in_experiment = false;
  bool hash_used = false;  // not forced: using the variant is an exposure
  bool sticky = false;     // assigned earlier
  AssignmentReason reason = AssignmentReason::disabled;
  double bucket = std::numeric_limits<double>::quiet_NaN();  // the hash; NaN if it was not used
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

// What an assignment depends on beside facts: the page, switches and previews, and earlier
// assignments.
class ExperimentContext {
 public:
  // Returns whether the page is among those; asked only if an experiment has targets.
  virtual bool is_targeted(const std::vector<UrlTarget>& targets,
                           RegexBudget& regex_budget) noexcept = 0;
  // Returns the variation that the visitor is to get by a preview or the page's address, whatever
  // else holds. One that the experiment does not have takes the visitor out of it.
  virtual std::optional<std::size_t> forced_variation(std::uint32_t experiment) noexcept = 0;
  // Returns whether the experiment was switched on or off; nothing if `enabled` decides.
  virtual std::optional<bool> switched(std::uint32_t experiment) noexcept = 0;
  // Returns the ranges at present of an experiment that allocates itself; nullptr if those count
  // that are configured.
  virtual const std::vector<BucketRange>* allocated(std::uint32_t /*experiment*/) noexcept {
    return nullptr;
  }
  // Returns a hash by its place in the program's HashPlan, of an attribute with that value; nothing
  // if it has none.
  virtual std::optional<double> hash(std::uint32_t /*place*/, std::string_view /*value*/) noexcept {
    return std::nullopt;
  }
  // Returns nullptr if no assignments are kept.
  virtual StickyAssignments* sticky() noexcept = 0;
  // Called when a feature's rule finds the visitor in its experiment.
  virtual void on_assigned(std::uint32_t experiment, const Assignment& assignment) noexcept = 0;

 protected:
  ~ExperimentContext() = default;
};

class ExperimentEvaluator {
 public:
  // All must outlive it. Takes memory only to hash an array, and for what conditions take it.
  ExperimentEvaluator(const Experiments& experiments, Evaluator& conditions, Facts& facts,
                      ExperimentContext& context, std::pmr::memory_resource* memory) noexcept
      : experiments_(experiments),
        conditions_(conditions),
        facts_(facts),
        context_(context),
        memory_(memory) {}

  Assignment run(std::uint32_t experiment) noexcept { return run(experiment, nullptr); }
  FeatureResult feature(std::uint32_t feature) noexcept { return evaluate(feature, nullptr); }

  RegexBudget& regex_budget() noexcept { return conditions_.regex_budget(); }

  // The attribute that an experiment hashes for this visitor, and its value; missing if neither the
  // attribute nor its fallback has one.
  struct Hashed {
    const HashAttribute* attribute;
    Value value;
  };
  Hashed hashed(const Experiment& experiment) noexcept;
  // Returns the leaf of the experiment's bandit that the visitor is in; nullptr if it is not a
  // bandit.
  const BanditLeaf* leaf(const Experiment& experiment) noexcept;
  // Returns the parts of the hashes that have each variant for this visitor.
  const std::vector<BucketRange>& ranges(std::uint32_t experiment) noexcept;

 private:
  // The features under evaluation, innermost first.
  struct Chain {
    std::uint32_t feature;
    unsigned depth;
    const Chain* above;
  };

  Assignment run(std::uint32_t index, const Chain* chain) noexcept;
  FeatureResult evaluate(std::uint32_t index, const Chain* above) noexcept;
  enum class ParentOutcome { hold, fail, block, cycle };
  ParentOutcome parents_hold(const std::vector<Parent>& parents, const Chain* chain) noexcept;
  Value value_of(const HashAttribute& attribute) noexcept;
  Value first_value(const HashAttribute& attribute, const std::optional<HashAttribute>& fallback,
                    const HashAttribute** taken) noexcept;
  // Returns the hash of one of those that have a place, a seed and a version. `is_planned`: the
  // value is that of the attribute that the place is for.
  template <class Hashing>
  std::optional<double> hash_of(const Hashing& one, std::string_view value,
                                bool is_planned) noexcept;
  bool is_filtered_out(const std::vector<Filter>& filters) noexcept;
  bool is_in_rollout(const Rollout& rollout) noexcept;
  std::optional<AssignmentReason> refusal(const Experiment& experiment, std::string_view hash_value,
                                          bool is_planned, const Chain* chain) noexcept;
  bool is_in_namespace(const Namespace& space, std::string_view value, bool is_planned) noexcept;
  bool is_sticky(const Experiment& experiment, const Value& hashed) noexcept;

  // An earlier assignment.
  struct Earlier {
    std::optional<std::uint32_t> variation;
    bool is_blocked = false;
  };
  Earlier find_earlier(const Experiment& experiment) noexcept;

  const Experiments& experiments_;
  Evaluator& conditions_;
  Facts& facts_;
  ExperimentContext& context_;
  std::pmr::memory_resource* memory_;
};

}  // namespace personalize::decision
