#include "decision/growthbook/growthbook_payload.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "personalize/base/document.h"

namespace personalize::decision {

namespace {

const Json::Value null;

// A member of an object; null where there is none, or the JSON is no object.
const Json::Value& member(const Json::Value& json, const char* name) {
  return json.isObject() ? json[name] : null;
}

// What JavaScript takes for true.
bool is_truthy(const Json::Value& json) {
  switch (json.type()) {
    case Json::nullValue:
      return false;
    case Json::booleanValue:
      return json.asBool();
    case Json::stringValue:
      return !json.asString().empty();
    case Json::arrayValue:
    case Json::objectValue:
      return true;
    default:
      return json.asDouble() != 0;
  }
}

std::string text_or(const Json::Value& json, const std::string& otherwise) {
  return json.isString() && !json.asString().empty() ? json.asString() : otherwise;
}

double number_or(const Json::Value& json, double otherwise) {
  return json.isNumeric() ? json.asDouble() : otherwise;
}

// A hash version that is none of ours, also 1.5, is no version.
int version_or(const Json::Value& json, int otherwise) {
  if (!is_truthy(json)) {
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

// Which part of the hashes each of the variations has, with these weights.
std::vector<BucketRange> variation_ranges(const Json::Value& experiment, std::size_t variations,
                                          const Json::Value& weights_of) {
  if (member(experiment, "ranges").isArray()) {
    return ranges(experiment["ranges"]);
  }
  const bool has_coverage = experiment.isObject() && experiment.isMember("coverage");
  return bucket_ranges(static_cast<int>(variations),
                       has_coverage ? number_or(experiment["coverage"], 0) : 1,
                       weights(weights_of));
}

// Contextual bandits have theirs where SDKs that know none do not look.
const Json::Value& variations_of_rule(const Json::Value& rule) {
  const Json::Value& contextual = member(rule, "contextualVariations");
  return contextual.isNull() ? member(rule, "variations") : contextual;
}

// Whether a feature's rule is one that the SDK looks at; of others there is nothing to say.
bool is_rule(const Json::Value& json) {
  return json.isObject() && (json.isMember("force") || variations_of_rule(json).isArray() ||
                             !json["parentConditions"].isNull());
}

std::string variation_key(const Json::Value& experiment, Json::ArrayIndex index) {
  const Json::Value& meta = member(experiment, "meta");
  const Json::Value& about = meta.isArray() ? meta[index] : null;
  return text_or(member(about, "key"), std::to_string(index));
}

}  // namespace

std::vector<std::string> feature_names(const Json::Value& payload) {
  std::vector<std::string> names;
  const Json::Value& features = member(payload, "features");
  for (auto one = features.begin(); one != features.end(); ++one) {
    if (is_truthy(*one)) {
      names.push_back(one.name());
    }
  }
  return names;
}

std::vector<std::string> group_names(const Json::Value& payload) {
  std::vector<std::string> names;
  const Json::Value& groups = member(payload, "savedGroups");
  for (auto one = groups.begin(); one != groups.end(); ++one) {
    const std::string type = text_or(member(*one, "type"), "");
    const bool is_list = type == "list" && !text_or(member(*one, "attributeKey"), "").empty() &&
                         member(*one, "values").isArray();
    const bool is_condition = type == "condition" && member(*one, "condition").isObject();
    if (is_list || is_condition) {
      names.push_back(one.name());
    }
  }
  return names;
}

std::map<std::string, std::vector<std::string>> experiment_names(const Json::Value& payload) {
  std::map<std::string, std::vector<std::string>> names;
  const auto add = [&](const std::string& key, const Json::Value& experiment,
                       const Json::Value& variations) {
    if (key.empty() || !variations.isArray() || variations.size() < 2) {
      return;
    }
    auto& variants = names[key];
    for (Json::ArrayIndex i = 0; i < variations.size(); ++i) {
      const std::string variant = variation_key(experiment, i);
      if (std::find(variants.begin(), variants.end(), variant) == variants.end()) {
        variants.push_back(variant);
      }
    }
  };
  const Json::Value& features = member(payload, "features");
  for (auto one = features.begin(); one != features.end(); ++one) {
    for (const auto& rule : member(*one, "rules")) {
      if (is_rule(rule) && !rule.isMember("force")) {
        add(text_or(rule["key"], one.name()), rule, variations_of_rule(rule));
      }
    }
  }
  for (const auto& experiment : member(payload, "experiments")) {
    add(text_or(member(experiment, "key"), ""), experiment, member(experiment, "variations"));
  }
  return names;
}

std::optional<AttributeId> MappedAttributes::find(const std::string& name) {
  for (auto end = name.size(); end != std::string::npos && end > 0;
       end = name.rfind('.', end - 1)) {
    const auto found = mapping_.find(name.substr(0, end));
    if (found == mapping_.end()) {
      continue;
    }
    const std::string rest = name.substr(end);
    const AttributeId id = attributes_.intern(found->second, where_);
    const Root root = attributes_[id].root;
    if (rest.empty()) {
      return id;
    }
    if (root == Root::source || root == Root::feature) {
      return attributes_.intern(found->second + rest, where_);
    }
    break;  // nothing stands inside a text
  }
  if (attributes_.knows_root(name)) {
    try {
      return attributes_.intern(name, where_);
    } catch (const ConfigError&) {
      // Looks like one of ours, and is none.
    }
  }
  if (std::find(unknown_.begin(), unknown_.end(), name) == unknown_.end()) {
    unknown_.push_back(name);
  }
  return std::nullopt;
}

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
  // Parents may stand further down. One that is null is unknown.
  for (auto one = features.begin(); one != features.end(); ++one) {
    if (is_truthy(*one)) {
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
  if (is_truthy(member(json, "urlPatterns")) && member(json, "urlPatterns").isArray()) {
    made.url_targets = url_targets(json["urlPatterns"]);
  }
  made.parents = parents(member(json, "parentConditions"), needs);
  const std::string status = text_or(member(json, "status"), "");
  const Json::Value& active = member(json, "active");
  made.enabled = status != "draft" && !(active.isBool() && !active.asBool());
  made.stopped = status == "stopped";
  made.is_closed = is_truthy(member(json, "groups"));
  made.is_manual = is_truthy(member(json, "manual"));
  made.keeps_arguments = is_truthy(member(json, "persistQueryString"));
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
    const Json::Value& about = meta.isArray() ? meta[index] : null;
    Variation variation;
    variation.has_key = !text_or(member(about, "key"), "").empty();
    variation.key = variation_key(json, index);
    variation.name = text_or(member(about, "name"), "");
    variation.passthrough = is_truthy(member(about, "passthrough"));
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
    made.space = Namespace{space[0].asString(), {number_or(space[1], 0), number_or(space[2], 0)}};
  }
  if (is_truthy(member(json, "condition"))) {
    made.condition = condition(json["condition"], needs);
  }
  stickiness(json, made, needs);
  return made;
}

void PayloadCompiler::stickiness(const Json::Value& json, Experiment& made, Dependencies& needs) {
  made.sticky = sticky_ && !is_truthy(member(json, "disableStickyBucketing"));
  if (!made.sticky) {
    return;
  }
  made.bucket_version = bucket_version(member(json, "bucketVersion"));
  // What came before them is looked for one by one.
  constexpr int most = 1000;
  made.min_bucket_version = std::min(bucket_version(member(json, "minBucketVersion")), most);
  if (is_truthy(member(json, "fallbackAttribute"))) {
    made.fallback = attribute(json["fallbackAttribute"], needs);
  }
  // Without a fallback the SDK looks at assignments of "id" too.
  made.sticky_fallback = attribute(member(json, "fallbackAttribute"), needs);
}

// The bandit that the rule refers to. Without one its own weights count, and it is as any other
// experiment.
std::optional<Bandit> PayloadCompiler::bandit(const Json::Value& rule, const Json::Value& bandits,
                                              const Experiment& experiment, Dependencies& needs) {
  const std::string reference = text_or(member(rule, "contextualBanditRef"), "");
  if (reference.empty()) {
    return std::nullopt;
  }
  const Json::Value& json = member(bandits, reference.c_str());
  if (!is_truthy(json)) {
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
        break;  // the SDK stumbles over it, and looks no further
      }
      BanditLeaf leaf;
      leaf.id = number(one["leafId"]);
      if (is_truthy(one["condition"])) {
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
    // One without variations is there for its parents alone: nobody is in it.
    Experiment run =
        experiment(json, variations_of_rule(json), text_or(member(json, "key"), feature), needs);
    run.bandit = bandit(json, bandits, run, needs);
    made.experiment = static_cast<std::uint32_t>(out_.experiments.size());
    out_.experiments.push_back(std::move(run));
    return made;
  }

  made.document = document(json["force"]);
  if (is_truthy(member(json, "condition"))) {
    made.condition = condition(json["condition"], needs);
  }
  Rollout& rollout = made.rollout;
  rollout.seed = text_or(member(json, "seed"), feature);
  rollout.hash_version = version_or(member(json, "hashVersion"), 1);
  if (is_truthy(member(json, "range"))) {
    rollout.range = range(json["range"]);
  }
  if (json.isMember("coverage")) {
    rollout.coverage = number_or(json["coverage"], 0);
  }
  if (rollout.range || rollout.coverage) {
    rollout.hash_by = attribute(member(json, "hashAttribute"), needs);
    const bool has_fallback = sticky_ && !is_truthy(member(json, "disableStickyBucketing")) &&
                              is_truthy(member(json, "fallbackAttribute"));
    if (has_fallback) {
      rollout.fallback = attribute(json["fallbackAttribute"], needs);
    }
  }
  return made;
}

HashAttribute PayloadCompiler::attribute(const Json::Value& name, Dependencies& needs) {
  HashAttribute made;
  made.name = text_or(name, "id");
  made.id = dialect_.names != nullptr ? dialect_.names->find(made.name)
                                      : attributes_.intern(dialect_.prefix + made.name, where_);
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
      dialect_.mistakes->push_back("prerequisite " + quoted(id) + " is no feature of the payload");
    }
    if (is_truthy(member(one, "condition"))) {
      parent.condition = static_cast<std::uint32_t>(conditions_.nodes().size());
      compile_json_on_members(one["condition"], dialect_, conditions_, attributes_, where_);
    }
    parent.gate = is_truthy(member(one, "gate"));
    made.push_back(parent);
  }
  return made;
}

std::uint32_t PayloadCompiler::condition(const Json::Value& json, Dependencies& needs) {
  const auto root = static_cast<std::uint32_t>(conditions_.nodes().size());
  compile_json(json, dialect_, conditions_, attributes_, needs, where_);
  return root;
}

std::uint32_t PayloadCompiler::document(const Json::Value& value) {
  DocumentBuilder builder(std::pmr::new_delete_resource());
  builder.begin_object();
  builder.key("value");
  build_document(value, builder);
  builder.end();
  out_.documents.push_back(conditions_.keep(builder.finish()));
  return static_cast<std::uint32_t>(out_.documents.size() - 1);
}

}  // namespace personalize::decision
