#include "decision/growthbook/payload_compiler.h"

#include <algorithm>
#include <utility>

#include "base/text/text.h"
#include "base/values/json/json_file.h"
#include "decision/growthbook/payload_json.h"
#include "personalize/base/document.h"

namespace personalize::decision {

namespace {

// Returns -1, which is not a version, if it is not a whole number, as in 1.5.
int version_or(const Json::Value& json, int otherwise) {
  if (!to_boolean(json)) {
    return otherwise;
  }
  return json.isInt() ? json.asInt() : -1;
}

int bucket_version(const Json::Value& json) {
  return json.isInt() ? json.asInt() : 0;
}

BucketRange range(const Json::Value& json) {
  const bool is_pair = json.isArray() && json.size() == 2;
  return is_pair ? BucketRange{number_or(json[0], 0), number_or(json[1], 0)} : BucketRange{0, 0};
}

std::vector<BucketRange> ranges(const Json::Value& json) {
  std::vector<BucketRange> result;
  if (json.isArray()) {
    std::transform(json.begin(), json.end(), std::back_inserter(result), range);
  }
  return result;
}

std::vector<double> weights(const Json::Value& json) {
  std::vector<double> result;
  if (json.isArray()) {
    std::transform(json.begin(), json.end(), std::back_inserter(result),
                   [](const Json::Value& weight) { return number_or(weight, 0); });
  }
  return result;
}

std::vector<UrlTarget> url_targets(const Json::Value& json) {
  std::vector<UrlTarget> targets;
  for (const auto& one : json) {
    const std::string type = text_or(member(one, "type"), "");
    const Json::Value& include = member(one, "include");
    targets.emplace_back(type == "simple"  ? UrlTarget::Type::simple
                         : type == "regex" ? UrlTarget::Type::regex
                                           : UrlTarget::Type::other,
                         text_or(member(one, "pattern"), ""),
                         !include.isBool() || include.asBool());
  }
  return targets;
}

// Returns the ranges of the variations with these weights.
std::vector<BucketRange> variation_ranges(const Json::Value& experiment, std::size_t variations,
                                          const Json::Value& weights_of) {
  if (member(experiment, "ranges").isArray()) {
    auto all = ranges(experiment["ranges"]);
    all.resize(variations, BucketRange{0, 0});  // nobody is in what is not there
    return all;
  }
  const bool has_coverage = experiment.isObject() && experiment.isMember("coverage");
  return bucket_ranges(static_cast<int>(variations),
                       has_coverage ? number_or(experiment["coverage"], 0) : 1,
                       weights(weights_of));
}

}  // namespace

PayloadCompiler::PayloadCompiler(const JsonDialect& dialect, bool sticky, Experiments& out,
                                 Conditions& conditions, AttributeTable& attributes, Where where)
    : dialect_(dialect),
      sticky_(sticky),
      out_(out),
      conditions_(conditions),
      attributes_(attributes),
      where_(std::move(where)) {
  if (out_.documents.empty()) {
    document(Json::Value());
  }
}

void PayloadCompiler::add_features(const Json::Value& features, const Json::Value& bandits) {
  if (!features.isObject()) {
    throw ConfigError(where_, "the features must be an object, as in {\"my-feature\": {…}}");
  }
  // All names first, since a parent may come later. A feature that is null is unknown.
  for (auto one = features.begin(); one != features.end(); ++one) {
    if (to_boolean(*one)) {
      features_.emplace(one.name(), static_cast<std::uint32_t>(out_.features.size()));
      out_.features.emplace_back().key = one.name();
    }
  }
  for (const auto& [key, index] : features_) {
    const Json::Value& json = features[key];
    Dependencies& needs = feature_dependencies_[index];
    const auto first_mistake = dialect_.mistakes == nullptr ? 0 : dialect_.mistakes->size();
    Feature feature;
    feature.key = key;
    feature.document = document(member(json, "defaultValue"));
    const Json::Value& rules = member(json, "rules");
    if (rules.isArray()) {
      for (const auto& one : rules) {
        if (is_rule(one)) {
          feature.rules.push_back(rule(one, key, bandits, needs));
        } else if (dialect_.mistakes != nullptr) {
          dialect_.mistakes->emplace_back(
              "a rule has neither \"force\" nor \"variations\" and is skipped");
        }
      }
    }
    for (auto i = first_mistake; dialect_.mistakes != nullptr && i < dialect_.mistakes->size();
         ++i) {
      (*dialect_.mistakes)[i].insert(0, "feature " + quoted(key) + ": ");
    }
    out_.features[index] = std::move(feature);
  }
}

std::uint32_t PayloadCompiler::add_experiment(const Json::Value& json) {
  const auto index = static_cast<std::uint32_t>(out_.experiments.size());
  Dependencies& needs = experiment_dependencies_[index];
  Experiment made =
      experiment(json, member(json, "variations"), text_or(member(json, "key"), ""), needs);
  if (to_boolean(member(json, "urlPatterns")) && member(json, "urlPatterns").isArray()) {
    made.url_targets = url_targets(json["urlPatterns"]);
  }
  made.parents = parents(member(json, "parentConditions"), needs);
  const std::string status = text_or(member(json, "status"), "");
  const Json::Value& active = member(json, "active");
  made.enabled = status != "draft" && !(active.isBool() && !active.asBool());
  made.stopped = status == "stopped";
  made.is_closed = to_boolean(member(json, "groups"));
  made.is_manual = to_boolean(member(json, "manual"));
  made.keeps_arguments = to_boolean(member(json, "persistQueryString"));
  if (json.isObject() && json.isMember("force")) {
    const double force = number_or(json["force"], -1);
    const bool fits = force >= 0 && force < static_cast<double>(made.variations.size());
    made.force = fits ? static_cast<std::size_t>(force) : made.variations.size();
  }
  out_.experiments.push_back(std::move(made));
  return index;
}

Experiment PayloadCompiler::experiment(const Json::Value& json, const Json::Value& variations,
                                       const std::string& key, Dependencies& needs) {
  Experiment made;
  made.key = key;
  made.seed = text_or(member(json, "seed"), key);
  made.hash_by = attribute(member(json, "hashAttribute"), needs);
  made.hash_version = version_or(member(json, "hashVersion"), 1);

  const Json::Value& meta = member(json, "meta");
  for (const auto& value : variations) {
    const auto index = static_cast<Json::ArrayIndex>(made.variations.size());
    const Json::Value& about = meta.isArray() ? meta[index] : Json::Value::nullSingleton();
    Variation variation;
    variation.has_key = !text_or(member(about, "key"), "").empty();
    variation.key = variation_key(json, index);
    variation.name = text_or(member(about, "name"), "");
    variation.passthrough = to_boolean(member(about, "passthrough"));
    variation.document = document(value);
    variation.redirect = text_or(member(value, "urlRedirect"), "");
    made.variations.push_back(std::move(variation));
  }

  made.ranges = variation_ranges(json, made.variations.size(), member(json, "weights"));
  if (member(json, "filters").isArray()) {
    made.filters = filters(json["filters"], needs);
  }
  const Json::Value& space = member(json, "namespace");
  if (space.isArray() && space.size() == 3) {
    const bool has_name = space[0].isConvertibleTo(Json::stringValue);
    made.space = Namespace{has_name ? space[0].asString() : std::string(),
                           {number_or(space[1], 0), number_or(space[2], 0)}};
  }
  if (to_boolean(member(json, "condition"))) {
    made.condition = condition(json["condition"], needs);
  }
  stickiness(json, made, needs);
  return made;
}

void PayloadCompiler::stickiness(const Json::Value& json, Experiment& made, Dependencies& needs) {
  made.sticky = sticky_ && !to_boolean(member(json, "disableStickyBucketing"));
  if (!made.sticky) {
    return;
  }
  made.bucket_version = bucket_version(member(json, "bucketVersion"));
  // Each earlier version is looked for at evaluation.
  constexpr int most = 1000;
  made.min_bucket_version = std::min(bucket_version(member(json, "minBucketVersion")), most);
  if (to_boolean(member(json, "fallbackAttribute"))) {
    made.fallback = attribute(json["fallbackAttribute"], needs);
  }
  // Without a fallback the SDK looks at assignments of "id" too.
  made.sticky_fallback = attribute(member(json, "fallbackAttribute"), needs);
}

// Returns the bandit that the rule refers to. Without one the rule is an ordinary experiment.
std::optional<Bandit> PayloadCompiler::bandit(const Json::Value& rule, const Json::Value& bandits,
                                              const Experiment& experiment, Dependencies& needs) {
  const std::string reference = text_or(member(rule, "contextualBanditRef"), "");
  if (reference.empty()) {
    return std::nullopt;
  }
  const Json::Value& json = member(bandits, reference.c_str());
  if (!to_boolean(json)) {
    if (dialect_.mistakes != nullptr) {
      dialect_.mistakes->push_back("contextual bandit " + quoted(reference) +
                                   " is not in the payload: the rule's own weights count");
    }
    return std::nullopt;
  }

  Bandit made;
  const auto number = [](const Json::Value& value) {
    return value.isNumeric() ? std::optional(value.asDouble()) : std::nullopt;
  };
  made.version = number(member(json, "banditVersion"));
  const std::size_t count = experiment.variations.size();
  const Json::Value& contexts = member(json, "contexts");
  if (contexts.isArray()) {
    for (const auto& one : contexts) {
      if (!one.isObject()) {
        break;  // the SDK throws an exception here, and looks no further
      }
      BanditLeaf leaf;
      leaf.id = number(one["leafId"]);
      if (to_boolean(one["condition"])) {
        leaf.condition = condition(one["condition"], needs);
      }
      leaf.weights = weights(one["weights"]);
      leaf.ranges = variation_ranges(rule, count, one["weights"]);
      made.leaves.push_back(std::move(leaf));
    }
  }

  constexpr double no_leaf = -1;
  BanditLeaf others;
  others.id = no_leaf;
  others.weights = member(rule, "weights").isArray() ? weights(rule["weights"])
                                                     : equal_weights(static_cast<int>(count));
  others.ranges = experiment.ranges;
  made.leaves.push_back(std::move(others));
  return made;
}

Rule PayloadCompiler::rule(const Json::Value& json, const std::string& feature,
                           const Json::Value& bandits, Dependencies& needs) {
  Rule made;
  made.id = text_or(member(json, "id"), "");
  made.parents = parents(member(json, "parentConditions"), needs);
  if (member(json, "filters").isArray()) {
    made.filters = filters(json["filters"], needs);
  }
  if (!json.isMember("force")) {
    // A rule without variations only has parents: nobody is in its experiment.
    Experiment run =
        experiment(json, variations_of(json), text_or(member(json, "key"), feature), needs);
    run.bandit = bandit(json, bandits, run, needs);
    made.experiment = static_cast<std::uint32_t>(out_.experiments.size());
    out_.experiments.push_back(std::move(run));
    return made;
  }

  made.document = document(json["force"]);
  if (to_boolean(member(json, "condition"))) {
    made.condition = condition(json["condition"], needs);
  }
  Rollout& rollout = made.rollout;
  rollout.seed = text_or(member(json, "seed"), feature);
  rollout.hash_version = version_or(member(json, "hashVersion"), 1);
  if (to_boolean(member(json, "range"))) {
    rollout.range = range(json["range"]);
  }
  if (json.isMember("coverage")) {
    rollout.coverage = number_or(json["coverage"], 0);
  }
  if (rollout.range || rollout.coverage) {
    rollout.hash_by = attribute(member(json, "hashAttribute"), needs);
    const bool has_fallback = sticky_ && !to_boolean(member(json, "disableStickyBucketing")) &&
                              to_boolean(member(json, "fallbackAttribute"));
    if (has_fallback) {
      rollout.fallback = attribute(json["fallbackAttribute"], needs);
    }
  }
  return made;
}

HashAttribute PayloadCompiler::attribute(const Json::Value& name, Dependencies& needs) {
  HashAttribute made;
  made.name = text_or(name, "id");
  made.id = dialect_.names->find(made.name);
  if (made.id) {
    needs.add(attributes_[*made.id]);
  }
  return made;
}

std::vector<Filter> PayloadCompiler::filters(const Json::Value& json, Dependencies& needs) {
  std::vector<Filter> made;
  for (const auto& one : json) {
    Filter filter;
    filter.attribute = attribute(member(one, "attribute"), needs);
    filter.seed = text_or(member(one, "seed"), "");
    filter.hash_version = version_or(member(one, "hashVersion"), 2);
    filter.ranges = ranges(member(one, "ranges"));
    made.push_back(std::move(filter));
  }
  return made;
}

std::vector<Parent> PayloadCompiler::parents(const Json::Value& json, Dependencies& needs) {
  std::vector<Parent> made;
  if (!json.isArray()) {
    return made;
  }
  for (const auto& one : json) {
    Parent parent;
    const std::string id = text_or(member(one, "id"), "");
    const auto found = features_.find(id);
    if (found != features_.end()) {
      parent.feature = found->second;
      needs.parents.push_back(found->second);
    } else if (dialect_.mistakes != nullptr) {
      dialect_.mistakes->push_back("prerequisite " + quoted(id) +
                                   " is not a feature of the payload");
    }
    if (to_boolean(member(one, "condition"))) {
      parent.condition = conditions_.next();
      compile_json_on_members(one["condition"], dialect_, conditions_, attributes_, where_);
    }
    parent.gate = to_boolean(member(one, "gate"));
    made.push_back(parent);
  }
  return made;
}

std::uint32_t PayloadCompiler::condition(const Json::Value& json, Dependencies& needs) {
  const auto root = conditions_.next();
  compile_json(json, dialect_, conditions_, attributes_, needs, where_);
  return root;
}

std::uint32_t PayloadCompiler::document(const Json::Value& value) {
  DocumentBuilder builder(std::pmr::new_delete_resource());
  builder.begin_object();
  builder.key("value");
  add_json(value, builder);
  builder.end();
  out_.documents.push_back(conditions_.keep(builder.finish()));
  return static_cast<std::uint32_t>(out_.documents.size() - 1);
}

}  // namespace personalize::decision
