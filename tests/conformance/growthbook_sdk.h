// The engine in the shape of a GrowthBook SDK: a context as JSON goes in, results as JSON come out.
#pragma once

#include <json/json.h>

#include <cmath>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/values/ecmascript.h"
#include "base/values/json/json_file.h"
#include "base/values/member.h"
#include "decision/experiments/experiment_evaluator.h"
#include "decision/experiments/redirect.h"
#include "decision/growthbook/payload_compiler.h"
#include "personalize/sources/sources.h"

namespace growthbook {

namespace decision = personalize::decision;
using personalize::AttributeId;
using personalize::AttributeTable;
using personalize::Kind;
using personalize::Value;

inline Json::Value to_json(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      return {};
    case Kind::boolean:
      return value.as_boolean();
    case Kind::number:
      if (std::floor(value.as_number()) == value.as_number() &&
          std::fabs(value.as_number()) < 9007199254740992.0) {
        return Json::Int64(value.as_number());
      }
      return value.as_number();
    case Kind::string:
      return std::string(value.as_string());
    case Kind::array: {
      Json::Value json(Json::arrayValue);
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        json.append(to_json(value.at(i)));
      }
      return json;
    }
    case Kind::object: {
      Json::Value json(Json::objectValue);
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        json[std::string(value.key_at(i))] = to_json(value.at(i));
      }
      return json;
    }
  }
  return {};
}

// The visitor's attributes are one document, a source called "attributes".
class DocumentFacts final : public personalize::Facts {
 public:
  DocumentFacts(const AttributeTable& attributes, const Json::Value& json)
      : attributes_(attributes) {
    personalize::DocumentBuilder builder(std::pmr::new_delete_resource());
    const Json::Value& object = json.isObject() ? json : Json::Value(Json::objectValue);
    personalize::add_json(object, builder);
    bytes_ = builder.finish();
  }
  Value get(AttributeId id) noexcept override {
    return personalize::find_member(Value::document(bytes_), attributes_[id].path);
  }

 private:
  const AttributeTable& attributes_;
  std::string bytes_;
};

// Every name is that of an attribute of the visitor.
class Names final : public decision::AttributeNames {
 public:
  explicit Names(AttributeTable& attributes) : attributes_(attributes) {}
  std::optional<AttributeId> find(const std::string& name) override {
    return attributes_.intern("attributes." + name, {});
  }

 private:
  AttributeTable& attributes_;
};

class NothingDecided final : public decision::Decided {
 public:
  bool segment(std::uint32_t /*id*/) noexcept override { return false; }
  Value experiment(std::uint32_t /*id*/) noexcept override { return {}; }
  Value feature(std::uint32_t /*id*/) noexcept override { return {}; }
  Value value(std::uint32_t /*id*/) noexcept override { return {}; }
};

// Assignments in the SDK's documents, by "NAME||VALUE".
class StickyDocuments final : public personalize::StickyAssignments {
 public:
  Json::Value documents{Json::objectValue};

  bool has(const Bucket& bucket) noexcept override { return find(bucket) != nullptr; }
  bool is(const Bucket& bucket, std::string_view variation) noexcept override {
    const Json::Value* found = find(bucket);
    return found != nullptr && found->asString() == variation;
  }
  void assign(const Bucket& bucket, std::string_view variation) noexcept override {
    Json::Value& document = documents[key(bucket)];
    document["attributeName"] = std::string(bucket.attribute);
    document["attributeValue"] = std::string(bucket.value);
    document["assignments"][experiment(bucket)] = std::string(variation);
  }

 private:
  static std::string key(const Bucket& b) {
    return std::string(b.attribute) + "||" + std::string(b.value);
  }
  static std::string experiment(const Bucket& b) {
    return std::string(b.experiment) + "__" + std::to_string(b.version);
  }
  const Json::Value* find(const Bucket& bucket) const {
    if (!documents.isMember(key(bucket))) {
      return nullptr;
    }
    const Json::Value& assignments = documents[key(bucket)]["assignments"];
    return assignments.isMember(experiment(bucket)) ? &assignments[experiment(bucket)] : nullptr;
  }
};

class Sdk final : private decision::ExperimentContext {
 public:
  // `sticky`: whether assignments are remembered.
  Sdk(const Json::Value& context, bool sticky)
      : context_(context), saved_groups_(Json::objectValue), sticky_(sticky) {
    attributes_.declare_source("attributes", {});
    dialect_.names = &names_;
    if (context["savedGroups"].isObject()) {
      saved_groups_ = context["savedGroups"];
    }
    dialect_.saved_groups = &saved_groups_;
    dialect_.strict = false;
    compiler_.emplace(dialect_, sticky, experiments_, conditions_, attributes_,
                      personalize::Where());
    if (context["features"].isObject()) {
      compiler_->add_features(context["features"], context["contextualBandits"]);
    }
    for (const auto& experiment : context["experiments"]) {
      automatic_.push_back(compiler_->add_experiment(experiment));
    }
    url_ = context["url"].isString() ? context["url"].asString() : "";
    parsed_url_ = decision::parse_url(url_, "_", std::pmr::new_delete_resource());
  }

  // What was assigned earlier, as the SDK's documents.
  void set_sticky_documents(const Json::Value& documents) {
    for (const auto& document : documents) {
      documents_.documents[document["attributeName"].asString() + "||" +
                           document["attributeValue"].asString()] = document;
    }
  }

  // Of these documents, those of the visitor's attributes that an experiment hashes: what an SDK
  // asks its store for.
  Json::Value documents_of_visitor(const Json::Value& documents) {
    prepare();
    std::set<std::string> known;
    const auto add = [&](const decision::HashAttribute& attribute) {
      if (attribute.id) {
        const personalize::ecmascript::Text text(facts_->get(*attribute.id),
                                                 std::pmr::new_delete_resource());
        known.insert(attribute.name + "||" + std::string(text.view()));
      }
    };
    for (const auto& experiment : experiments_.experiments) {
      add(experiment.hash_by);
      if (experiment.fallback) {
        add(*experiment.fallback);
      }
    }
    Json::Value found(Json::arrayValue);
    for (const auto& document : documents) {
      if (known.count(document["attributeName"].asString() + "||" +
                      document["attributeValue"].asString()) > 0) {
        found.append(document);
      }
    }
    return found;
  }

  const Json::Value& sticky_documents() const { return documents_.documents; }

  bool condition(const Json::Value& json) {
    const auto root = static_cast<std::uint32_t>(conditions_.nodes().size());
    decision::Dependencies dependencies;
    decision::compile_json(json, dialect_, conditions_, attributes_, dependencies, {});
    prepare();
    return conditions_evaluator_->holds(root);
  }

  // The result of an experiment that stands alone.
  Json::Value run(const Json::Value& experiment) {
    const auto index = compiler_->add_experiment(experiment);
    prepare();
    const decision::Assignment assignment = evaluator_->run(index);
    return result(index, assignment, Json::Value());
  }

  // {"value", "on", "off", "source", "ruleId", "experimentResult"?}
  Json::Value feature(const std::string& key) {
    prepare();
    decision::FeatureResult found;
    for (std::uint32_t i = 0; i < experiments_.features.size(); ++i) {
      if (experiments_.features[i].key == key) {
        found = evaluator_->feature(i);
      }
    }
    const Value value = Value::document(experiments_.documents[found.document]).find("value");
    Json::Value json(Json::objectValue);
    json["value"] = to_json(value);
    json["on"] = personalize::ecmascript::to_boolean(value);
    json["off"] = !personalize::ecmascript::to_boolean(value);
    json["source"] = source_name(found.source);
    json["ruleId"] = found.rule == nullptr ? "" : found.rule->id;
    if (found.source == decision::FeatureSource::experiment) {
      json["experimentResult"] = result(found.rule->experiment, found.assignment, key);
    }
    return json;
  }

  // What the payload's own experiments do with the page's address.
  Json::Value redirects() {
    prepare();
    Json::Value list(Json::arrayValue);
    const auto redirect = decision::find_redirect(automatic_, experiments_, *evaluator_, url_,
                                                  std::pmr::new_delete_resource());
    if (redirect && !redirect->url.empty()) {
      Json::Value one(Json::objectValue);
      one["inExperiment"] = true;
      one["urlRedirect"] =
          experiments_.experiments[redirect->experiment].variations[redirect->variation].redirect;
      one["urlWithParams"] = std::string(redirect->url);
      list.append(one);
    }
    return list;
  }

 private:
  void prepare() {
    // In the SDK's QA mode only forced variations are given, as if all experiments were stopped.
    if (context_["qaMode"].isBool() && context_["qaMode"].asBool()) {
      for (auto& experiment : experiments_.experiments) {
        experiment.stopped = true;
      }
    }
    facts_.emplace(attributes_, context_["attributes"]);
    conditions_evaluator_.emplace(conditions_, *facts_, decided_, std::pmr::new_delete_resource(),
                                  regex_budget_);
    evaluator_.emplace(experiments_, *conditions_evaluator_, *facts_,
                       static_cast<decision::ExperimentContext&>(*this),
                       std::pmr::new_delete_resource());
  }

  static const char* source_name(decision::FeatureSource source) {
    switch (source) {
      case decision::FeatureSource::default_value:
        return "defaultValue";
      case decision::FeatureSource::force:
        return "force";
      case decision::FeatureSource::experiment:
        return "experiment";
      case decision::FeatureSource::prerequisite:
        return "prerequisite";
      case decision::FeatureSource::cyclic_prerequisite:
        return "cyclicPrerequisite";
      case decision::FeatureSource::unknown_feature:
        return "unknownFeature";
    }
    return "";
  }

  Json::Value result(std::uint32_t index, const decision::Assignment& assignment,
                     const Json::Value& feature) {
    const decision::Experiment& experiment = experiments_.experiments[index];
    const auto hashed = evaluator_->hashed(experiment);
    Json::Value json(Json::objectValue);
    json["featureId"] = feature;
    json["inExperiment"] = assignment.in_experiment;
    json["hashUsed"] = assignment.hash_used;
    json["stickyBucketUsed"] = assignment.sticky;
    json["variationId"] = assignment.variation;
    json["hashAttribute"] = hashed.attribute->name;
    json["hashValue"] = hashed.value.is_missing() ? Json::Value("") : to_json(hashed.value);
    if (assignment.variation < experiment.variations.size()) {
      const decision::Variation& variation = experiment.variations[assignment.variation];
      json["key"] = variation.key;
      json["value"] =
          to_json(Value::document(experiments_.documents[variation.document]).find("value"));
      if (!variation.name.empty()) {
        json["name"] = variation.name;
      }
      if (variation.passthrough) {
        json["passthrough"] = true;
      }
    } else {
      json["key"] = "0";
    }
    if (!std::isnan(assignment.bucket)) {
      json["bucket"] = assignment.bucket;
    }
    const decision::BanditLeaf* leaf = evaluator_->leaf(experiment);
    if (leaf != nullptr && assignment.hash_used && assignment.in_experiment) {
      if (leaf->id) {
        json["leafId"] = Json::Int64(*leaf->id);
      }
      for (const double weight : leaf->weights) {
        json["variationWeights"].append(weight);
      }
      if (experiment.bandit->version) {
        json["banditVersion"] = Json::Int64(*experiment.bandit->version);
      }
    }
    return json;
  }

  bool is_targeted(const std::vector<decision::UrlTarget>& targets,
                   personalize::RegexBudget& regex_budget) noexcept override {
    return decision::is_targeted(parsed_url_ ? &*parsed_url_ : nullptr, targets, regex_budget);
  }
  std::optional<std::size_t> forced_variation(std::uint32_t index) noexcept override {
    if (is_disabled()) {
      return std::nullopt;
    }
    const decision::Experiment& experiment = experiments_.experiments[index];
    if (const auto variation =
            decision::query_override(experiment.key, url_, experiment.variations.size())) {
      return variation;
    }
    const Json::Value& forced = context_["forcedVariations"];
    if (!forced.isObject() || !forced.isMember(experiment.key)) {
      return std::nullopt;
    }
    const Json::Value& variation = forced[experiment.key];
    return variation.isUInt() ? variation.asUInt() : experiment.variations.size();
  }
  std::optional<bool> switched(std::uint32_t /*experiment*/) noexcept override {
    return is_disabled() ? std::optional(false) : std::nullopt;
  }
  personalize::StickyAssignments* sticky() noexcept override {
    return sticky_ ? &documents_ : nullptr;
  }
  void on_assigned(std::uint32_t /*experiment*/,
                   const decision::Assignment& /*assignment*/) noexcept override {}
  // The SDK can be switched off as a whole.
  bool is_disabled() const { return context_["enabled"].isBool() && !context_["enabled"].asBool(); }

  const Json::Value context_;
  Json::Value saved_groups_;
  bool sticky_;
  AttributeTable attributes_;
  Names names_{attributes_};
  decision::JsonDialect dialect_;
  decision::Conditions conditions_;
  decision::Experiments experiments_;
  std::optional<decision::PayloadCompiler> compiler_;
  std::vector<std::uint32_t> automatic_;
  std::string url_;
  std::optional<decision::Url> parsed_url_;
  NothingDecided decided_;
  StickyDocuments documents_;
  std::optional<DocumentFacts> facts_;
  personalize::RegexBudget regex_budget_;
  std::optional<decision::Evaluator> conditions_evaluator_;
  std::optional<decision::ExperimentEvaluator> evaluator_;
};

}  // namespace growthbook
