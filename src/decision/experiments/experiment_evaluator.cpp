#include "decision/experiments/experiment_evaluator.h"

#include <algorithm>

#include "base/values/ecmascript.h"

namespace personalize::decision {

namespace {

using ecmascript::Text;

// Parents that nest deeper than this are taken for a cycle, since evaluation recurses over them.
constexpr unsigned max_depth = 256;

Assignment outside(AssignmentReason reason) noexcept {
  Assignment assignment;
  assignment.reason = reason;
  return assignment;
}

// Assigns the variation if there is one of that number; else the visitor is not in the experiment.
Assignment chosen(const Experiment& experiment, std::size_t variation,
                  AssignmentReason reason) noexcept {
  Assignment assignment = outside(reason);
  if (variation < experiment.variations.size()) {
    assignment.variation = static_cast<std::uint32_t>(variation);
    assignment.in_experiment = true;
  }
  return assignment;
}

}  // namespace

std::string_view to_string(AssignmentReason reason) noexcept {
  switch (reason) {
    case AssignmentReason::disabled:
      return "disabled";
    case AssignmentReason::url:
      return "url";
    case AssignmentReason::forced_by_query:
      return "forced_by_query";
    case AssignmentReason::forced:
      return "forced";
    case AssignmentReason::switched_off:
      return "switched_off";
    case AssignmentReason::out_of_time:
      return "out_of_time";
    case AssignmentReason::held_out:
      return "held_out";
    case AssignmentReason::missing_hash_value:
      return "missing_hash_value";
    case AssignmentReason::filter:
      return "filter";
    case AssignmentReason::other_namespace:
      return "namespace";
    case AssignmentReason::condition:
      return "condition";
    case AssignmentReason::prerequisite:
      return "prerequisite";
    case AssignmentReason::group:
      return "group";
    case AssignmentReason::unknown_hash_version:
      return "unknown_hash_version";
    case AssignmentReason::sticky_blocked:
      return "sticky_blocked";
    case AssignmentReason::coverage:
      return "coverage";
    case AssignmentReason::force:
      return "force";
    case AssignmentReason::stopped:
      return "stopped";
    case AssignmentReason::sticky:
      return "sticky";
    case AssignmentReason::bucket:
      return "bucket";
  }
  return "";
}

Value ExperimentEvaluator::value_of(const HashAttribute& attribute) noexcept {
  const Value value = attribute.id ? facts_.get(*attribute.id) : Value();
  // As in the SDK, an id that is falsy in JavaScript counts as missing.
  return ecmascript::to_boolean(value) ? value : Value();
}

Value ExperimentEvaluator::first_value(const HashAttribute& attribute,
                                       const std::optional<HashAttribute>& fallback,
                                       const HashAttribute** taken) noexcept {
  *taken = &attribute;
  Value value = value_of(attribute);
  if (value.is_missing() && fallback) {
    value = value_of(*fallback);
    *taken = value.is_missing() ? &attribute : &*fallback;
  }
  return value;
}

ExperimentEvaluator::Hashed ExperimentEvaluator::hashed(const Experiment& experiment) noexcept {
  Hashed hashed{};
  hashed.value = first_value(experiment.hash_by, experiment.fallback, &hashed.attribute);
  return hashed;
}

const BanditLeaf* ExperimentEvaluator::leaf(const Experiment& experiment) noexcept {
  if (!experiment.bandit) {
    return nullptr;
  }
  const auto& leaves = experiment.bandit->leaves;
  const auto found = std::find_if(leaves.begin(), leaves.end(), [&](const BanditLeaf& leaf) {
    return !leaf.condition || conditions_.holds(*leaf.condition);
  });
  return &*found;
}

const std::vector<BucketRange>& ExperimentEvaluator::ranges(std::uint32_t index) noexcept {
  const Experiment& experiment = experiments_.experiments[index];
  if (const BanditLeaf* leaf = this->leaf(experiment)) {
    return leaf->ranges;
  }
  const auto* allocated = experiment.allocated ? context_.allocated(index) : nullptr;
  return allocated == nullptr ? experiment.ranges : *allocated;
}

template <class Hashing>
std::optional<double> ExperimentEvaluator::hash_of(const Hashing& one, std::string_view value,
                                                   bool is_planned) noexcept {
  const auto planned =
      is_planned && one.hash != no_hash ? context_.hash(one.hash, value) : std::nullopt;
  return planned ? planned : hash(one.seed, value, one.hash_version);
}

bool ExperimentEvaluator::is_filtered_out(const std::vector<Filter>& filters) noexcept {
  return std::any_of(filters.begin(), filters.end(), [&](const Filter& filter) {
    const Value value = value_of(filter.attribute);
    if (value.is_missing()) {
      return true;
    }
    const Text text(value, memory_);
    const auto n = hash_of(filter, text.view(), true);
    return !n || !choose_variation(*n, filter.ranges);
  });
}

bool ExperimentEvaluator::is_in_rollout(const Rollout& rollout) noexcept {
  if (!rollout.range && !rollout.coverage) {
    return true;
  }
  if (!rollout.range && *rollout.coverage == 0) {
    return false;
  }
  const HashAttribute* taken = nullptr;
  const Value value = first_value(rollout.hash_by, rollout.fallback, &taken);
  if (value.is_missing()) {
    return false;
  }
  const Text text(value, memory_);
  const auto n = hash_of(rollout, text.view(), taken == &rollout.hash_by);
  if (!n) {
    return false;
  }
  return rollout.range ? *n >= rollout.range->begin && *n < rollout.range->end
                       : *n <= *rollout.coverage;
}

ExperimentEvaluator::ParentOutcome ExperimentEvaluator::parents_hold(
    const std::vector<Parent>& parents, const Chain* chain) noexcept {
  for (const Parent& parent : parents) {
    const FeatureResult result =
        parent.feature == no_index ? FeatureResult() : evaluate(parent.feature, chain);
    if (result.source == FeatureSource::cyclic_prerequisite) {
      return ParentOutcome::cycle;
    }
    const Value value = Value::document(experiments_.documents[result.document]);
    if (parent.condition && !conditions_.holds(*parent.condition, value)) {
      return parent.gate ? ParentOutcome::block : ParentOutcome::fail;
    }
  }
  return ParentOutcome::hold;
}

// Returns whether assignments are kept. Not for arrays and objects, which the SDK does not keep
// either.
bool ExperimentEvaluator::is_sticky(const Experiment& experiment, const Value& hashed) noexcept {
  return experiment.sticky && context_.sticky() != nullptr && hashed.kind() != Kind::array &&
         hashed.kind() != Kind::object;
}

// Finds an earlier assignment. One by the hashed attribute goes before one by the fallback.
ExperimentEvaluator::Earlier ExperimentEvaluator::find_earlier(
    const Experiment& experiment) noexcept {
  StickyAssignments& assignments = *context_.sticky();
  const Value own = value_of(experiment.hash_by);
  const Value other = experiment.sticky_fallback ? value_of(*experiment.sticky_fallback) : Value();
  const Text own_text(own.is_missing() ? Value::string("") : own, memory_);
  const Text other_text(other.is_missing() ? Value::string("") : other, memory_);

  Earlier earlier;
  StickyAssignments::Bucket bucket{experiment.hash_by.name, own_text.view(), experiment.key, 0};
  StickyAssignments::Bucket fallback = bucket;
  if (!other.is_missing()) {
    fallback.attribute = experiment.sticky_fallback->name;
    fallback.value = other_text.view();
  }

  for (int version = 0; version < experiment.min_bucket_version; ++version) {
    bucket.version = fallback.version = version;
    if (assignments.has(bucket) || assignments.has(fallback)) {
      earlier.is_blocked = true;
      return earlier;
    }
  }
  bucket.version = fallback.version = experiment.bucket_version;
  const auto& counts = assignments.has(bucket) ? bucket : fallback;
  for (std::uint32_t i = 0; i < experiment.variations.size(); ++i) {
    const Variation& variation = experiment.variations[i];
    if (variation.has_key && assignments.is(counts, variation.key)) {
      earlier.variation = i;
      return earlier;
    }
  }
  return earlier;
}

bool ExperimentEvaluator::is_in_namespace(const Namespace& space, std::string_view value,
                                          bool is_planned) noexcept {
  const auto planned =
      is_planned && space.hash != no_hash ? context_.hash(space.hash, value) : std::nullopt;
  return planned ? in_range(*planned, space.range) : in_namespace(value, space);
}

// Returns why the visitor may not be in the experiment; not asked if there is an earlier
// assignment.
std::optional<AssignmentReason> ExperimentEvaluator::refusal(const Experiment& experiment,
                                                             std::string_view hash_value,
                                                             bool is_planned,
                                                             const Chain* chain) noexcept {
  if (experiment.filters) {
    if (is_filtered_out(*experiment.filters)) {
      return AssignmentReason::filter;
    }
  } else if (experiment.space && !is_in_namespace(*experiment.space, hash_value, is_planned)) {
    return AssignmentReason::other_namespace;
  }
  if (experiment.condition && !conditions_.holds(*experiment.condition)) {
    return AssignmentReason::condition;
  }
  if (parents_hold(experiment.parents, chain) != ParentOutcome::hold) {
    return AssignmentReason::prerequisite;
  }
  return experiment.is_closed ? std::optional(AssignmentReason::group) : std::nullopt;
}

Assignment ExperimentEvaluator::run(std::uint32_t index, const Chain* chain) noexcept {
  const Experiment& experiment = experiments_.experiments[index];
  if (experiment.variations.size() < 2) {
    return outside(AssignmentReason::disabled);
  }
  if (experiment.url_targets && !context_.is_targeted(*experiment.url_targets, regex_budget())) {
    return outside(AssignmentReason::url);
  }
  if (const auto variation = context_.forced_variation(index)) {
    return chosen(experiment, *variation, AssignmentReason::forced_by_query);
  }
  for (const Forced& forced : experiment.forced) {
    if (conditions_.holds(forced.condition)) {
      return chosen(experiment, forced.variation, AssignmentReason::forced);
    }
  }
  if (!context_.switched(index).value_or(experiment.enabled)) {
    return outside(AssignmentReason::switched_off);
  }
  if (experiment.schedule && !experiment.schedule->holds(experiment.clock.read(facts_))) {
    return outside(AssignmentReason::out_of_time);
  }
  if (!experiment.hours.is_always() && !experiment.hours.holds(experiment.clock.read(facts_))) {
    return outside(AssignmentReason::out_of_time);
  }
  if (experiment.admission && !conditions_.holds(*experiment.admission)) {
    return outside(AssignmentReason::held_out);
  }

  const Hashed by = hashed(experiment);
  if (by.value.is_missing()) {
    return outside(AssignmentReason::missing_hash_value);
  }
  const Text text(by.value, memory_);
  const bool is_planned = by.attribute == &experiment.hash_by;

  const bool sticky = is_sticky(experiment, by.value);
  const Earlier earlier = sticky ? find_earlier(experiment) : Earlier();
  if (!earlier.variation) {
    if (const auto reason = refusal(experiment, text.view(), is_planned, chain)) {
      return outside(*reason);
    }
  }

  const auto n = hash_of(experiment, text.view(), is_planned);
  if (!n) {
    return outside(AssignmentReason::unknown_hash_version);
  }
  const auto variation = earlier.variation ? std::optional<std::size_t>(*earlier.variation)
                                           : choose_variation(*n, ranges(index));
  if (earlier.is_blocked) {
    Assignment assignment = outside(AssignmentReason::sticky_blocked);
    assignment.sticky = true;
    return assignment;
  }
  if (!variation) {
    return outside(AssignmentReason::coverage);
  }
  if (experiment.force) {
    return chosen(experiment, *experiment.force, AssignmentReason::force);
  }
  if (experiment.stopped) {
    return outside(AssignmentReason::stopped);
  }

  Assignment assignment =
      chosen(experiment, *variation,
             earlier.variation ? AssignmentReason::sticky : AssignmentReason::bucket);
  assignment.hash_used = true;
  assignment.sticky = earlier.variation.has_value();
  assignment.bucket = *n;
  if (sticky) {
    context_.sticky()->assign(
        {by.attribute->name, text.view(), experiment.key, experiment.bucket_version},
        experiment.variations[assignment.variation].key);
  }
  return assignment;
}

FeatureResult ExperimentEvaluator::evaluate(std::uint32_t index, const Chain* above) noexcept {
  FeatureResult result;
  const Chain chain{index, above == nullptr ? 1 : above->depth + 1, above};
  for (const Chain* open = above; open != nullptr; open = open->above) {
    if (open->feature == index || chain.depth > max_depth) {
      result.source = FeatureSource::cyclic_prerequisite;
      return result;
    }
  }

  const Feature& feature = experiments_.features[index];
  for (const Rule& rule : feature.rules) {
    switch (parents_hold(rule.parents, &chain)) {
      case ParentOutcome::hold:
        break;
      case ParentOutcome::fail:
        continue;
      case ParentOutcome::block:
        result.source = FeatureSource::prerequisite;
        return result;
      case ParentOutcome::cycle:
        result.source = FeatureSource::cyclic_prerequisite;
        return result;
    }
    if (is_filtered_out(rule.filters)) {
      continue;
    }
    if (rule.experiment == no_index) {
      if ((!rule.condition || conditions_.holds(*rule.condition)) && is_in_rollout(rule.rollout)) {
        result.source = FeatureSource::force;
        result.document = rule.document;
        result.rule = &rule;
        return result;
      }
      continue;
    }

    const Assignment assignment = run(rule.experiment, &chain);
    if (!assignment.in_experiment) {
      continue;
    }
    context_.on_assigned(rule.experiment, assignment);
    const Variation& variation =
        experiments_.experiments[rule.experiment].variations[assignment.variation];
    if (!variation.passthrough) {
      result.source = FeatureSource::experiment;
      result.document = variation.document;
      result.rule = &rule;
      result.assignment = assignment;
      return result;
    }
  }
  result.source = FeatureSource::default_value;
  result.document = feature.document;
  return result;
}

}  // namespace personalize::decision
