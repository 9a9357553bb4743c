// Experiments and features: who gets which variant or value, and why. The names of members are
// those of GrowthBook's SDK if it has them.
#include <algorithm>

#include "base/values/ecmascript.h"
#include "decision/experiments/bucketing.h"
#include "decision/experiments/experiment_decision.h"
#include "decision/explain/explainer.h"
#include "decision/notations/when_compiler.h"

namespace personalize::decision {

namespace {

const char* source_name(FeatureSource source) {
  switch (source) {
    case FeatureSource::default_value:
      return "defaultValue";
    case FeatureSource::force:
      return "force";
    case FeatureSource::experiment:
      return "experiment";
    case FeatureSource::prerequisite:
      return "prerequisite";
    case FeatureSource::cyclic_prerequisite:
      return "cyclicPrerequisite";
    case FeatureSource::unknown_feature:
      return "unknownFeature";
  }
  return "";
}

const char* switch_name(Switch set) {
  switch (set) {
    case Switch::unset:
      return "unset";
    case Switch::on:
      return "on";
    case Switch::off:
      return "off";
  }
  return "";
}

// Returns whether ExperimentCompiler compiles the statement into `condition` or `admission`.
bool is_targeting(const Statement& statement) {
  return WhenCompiler::knows(statement) || statement.words[0] == "prerequisite";
}

bool is_holdout(const Statement& statement) {
  return statement.words[0] == "holdout";
}

Json::Value range_of(const BucketRange& range) {
  Json::Value out(Json::arrayValue);
  out.append(range.begin);
  out.append(range.end);
  return out;
}

}  // namespace

const Declaration* Explainer::declaration(const std::string& experiment) const {
  for (const auto* list : {&explained_.experiments.experiments, &explained_.experiments.holdouts}) {
    const auto found = std::find_if(list->begin(), list->end(),
                                    [&](const Declaration& one) { return one.name == experiment; });
    if (found != list->end()) {
      return &*found;
    }
  }
  return nullptr;
}

Json::Value Explainer::experiments() {
  Json::Value out(Json::arrayValue);
  const auto count = std::min(explained_.program.experiment_count(), most_entries);
  for (ExperimentId id = 0; id < count; ++id) {
    out.append(experiment(id));
  }
  return out;
}

Json::Value Explainer::experiment(ExperimentId id) {
  const NamedExperiment& named = compiled_.experiments.named[id];
  const Declaration* declared = declaration(named.name);
  Json::Value out(Json::objectValue);
  out["experiment"] = named.name;
  out["at"] = named.where.text();
  const Value variant = explained_.decision.variant(id);
  out["variant"] = values_.write(variant);
  // As a page with all slots would count it.
  out["exposure"] = explained_.decision.is_exposed(id);
  out["switch"] = switch_name(switch_of(explained_.program.campaign_count() + id));
  add_allocation(id, out);

  Json::Value& runs = out["runs"] = Json::Value(Json::arrayValue);
  for (const std::uint32_t index : named.experiments) {
    runs.append(run(index, declared));
  }
  // Then those that rules of features run.
  for (const std::uint32_t feature : named.features) {
    for (const Rule& rule : compiled_.experiments.compiled.features[feature].rules) {
      if (rule.experiment != no_index && compiled_.experiments.name_of[rule.experiment] == id) {
        Json::Value one = run(rule.experiment, nullptr);
        one["feature"] = compiled_.experiments.compiled.features[feature].key;
        runs.append(std::move(one));
      }
    }
  }
  return out;
}

// Tells where the shares of an experiment that allocates itself come from.
void Explainer::add_allocation(ExperimentId id, Json::Value& out) {
  for (const auto& allocated : explained_.program.allocated()) {
    if (allocated.id == id) {
      const auto version = explained_.decision.allocation_version(id);
      Json::Value& allocation = out["allocation"];
      allocation["metric"] = allocated.metric;
      allocation["version"] = version.empty() ? Json::Value() : Json::Value(std::string(version));
    }
  }
}

Json::Value Explainer::run(std::uint32_t index, const Declaration* declaration) {
  const Experiment& experiment = compiled_.experiments.compiled.experiments[index];
  const Assignment assignment = experiment_evaluator_.run(index);
  Json::Value out(Json::objectValue);
  out["inExperiment"] = assignment.in_experiment;
  out["reason"] = std::string(to_string(assignment.reason));
  out["hashUsed"] = assignment.hash_used;
  out["stickyBucketUsed"] = assignment.sticky;
  if (assignment.in_experiment) {
    out["variationId"] = assignment.variation;
    out["key"] = experiment.variations[assignment.variation].key;
  }
  out["enabled"] = experiment.enabled;
  add_hash(index, out);
  add_targeting(experiment, declaration, out);
  return out;
}

void Explainer::add_hash(std::uint32_t index, Json::Value& out) {
  const Experiment& experiment = compiled_.experiments.compiled.experiments[index];
  const auto hashed = experiment_evaluator_.hashed(experiment);
  out["hashAttribute"] = hashed.attribute->name;
  out["hashVersion"] = experiment.hash_version;
  out["seed"] = experiment.seed;
  const BanditLeaf* leaf = experiment_evaluator_.leaf(experiment);
  if (leaf != nullptr) {
    add_leaf(experiment, *leaf, out);
  }
  const auto& taken = experiment_evaluator_.ranges(index);
  double coverage = 0;
  Json::Value& ranges = out["ranges"] = Json::Value(Json::objectValue);
  for (std::size_t i = 0; i < experiment.variations.size() && i < taken.size(); ++i) {
    ranges[experiment.variations[i].key] = range_of(taken[i]);
    coverage += taken[i].end - taken[i].begin;
  }
  out["coverage"] = coverage;
  if (experiment.space) {
    out["namespace"]["name"] = experiment.space->name;
    out["namespace"]["range"] = range_of(experiment.space->range);
  }
  if (hashed.value.is_missing()) {
    out["hashValue"] = Json::Value();
    return;
  }
  const ecmascript::Text text(hashed.value, explained_.memory);
  out["hashValue"] = explained_text(text.view());
  if (const auto n = hash(experiment.seed, text.view(), experiment.hash_version)) {
    out["bucket"] = *n;
  }
  if (experiment.space) {
    out["namespace"]["member"] = in_namespace(text.view(), *experiment.space);
  }
}

// Tells which ranges a bandit has for this visitor, and why.
void Explainer::add_leaf(const Experiment& experiment, const BanditLeaf& leaf, Json::Value& out) {
  out["leafId"] = leaf.id ? Json::Value(*leaf.id) : Json::Value();
  out["banditVersion"] =
      experiment.bandit->version ? Json::Value(*experiment.bandit->version) : Json::Value();
  Json::Value& weights = out["variationWeights"] = Json::Value(Json::arrayValue);
  for (const double weight : leaf.weights) {
    weights.append(weight);
  }
}

void Explainer::add_targeting(const Experiment& experiment, const Declaration* declaration,
                              Json::Value& out) {
  if (experiment.condition) {
    out["condition_holds"] = evaluator_.holds(*experiment.condition);
    if (declaration != nullptr) {
      out["conditions"] = conditions(declaration->statements, *experiment.condition, is_targeting);
    }
  }
  if (experiment.admission && declaration != nullptr) {
    out["holdouts"] = conditions(declaration->statements, *experiment.admission, is_holdout);
  }
  if (experiment.schedule) {
    out["schedule_holds"] = experiment.schedule->holds(experiment.clock.read(explained_.facts));
  }
  for (const Forced& forced : experiment.forced) {
    Json::Value one(Json::objectValue);
    one["key"] = experiment.variations[forced.variation].key;
    one["holds"] = evaluator_.holds(forced.condition);
    out["forced"].append(std::move(one));
  }
}

Json::Value Explainer::features() {
  Json::Value out(Json::arrayValue);
  const auto count =
      std::min<std::size_t>(compiled_.experiments.compiled.features.size(), most_entries);
  for (FeatureId id = 0; id < count; ++id) {
    out.append(feature(id));
  }
  return out;
}

Json::Value Explainer::feature(FeatureId id) {
  const FeatureResult result = experiment_evaluator_.feature(id);
  Json::Value out(Json::objectValue);
  out["feature"] = compiled_.experiments.compiled.features[id].key;
  out["value"] = values_.write(explained_.decision.feature(id));
  out["source"] = source_name(result.source);
  if (result.rule != nullptr) {
    out["ruleId"] = result.rule->id;
    if (result.rule->experiment != no_index) {
      out["experiment"] = compiled_.experiments.compiled.experiments[result.rule->experiment].key;
    }
  }
  return out;
}

}  // namespace personalize::decision
