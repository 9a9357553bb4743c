#include "decision/growthbook/payload_program.h"

#include <json/value.h>

#include <algorithm>
#include <map>

#include "base/text/text.h"
#include "decision/growthbook/attribute_mapping.h"
#include "decision/growthbook/payload_compiler.h"
#include "decision/growthbook/payload_json.h"
#include "decision/growthbook/payload_names.h"
#include "decision/growthbook/visual_changes.h"

namespace personalize::decision {

// One payload, added in steps.
class PayloadProgram::Payload {
 public:
  Payload(PayloadProgram& owner, const FeaturesDeclaration& declaration)
      : owner_(owner),
        program_(owner.program_),
        declaration_(declaration),
        payload_(*declaration.payload),
        names_(declaration.attributes, owner.attributes_, declaration.where),
        first_experiment_(static_cast<std::uint32_t>(program_.compiled.experiments.size())),
        first_feature_(static_cast<std::uint32_t>(program_.compiled.features.size())) {
    static const Json::Value no_groups(Json::objectValue);
    dialect_.names = &names_;
    dialect_.saved_groups =
        payload_["savedGroups"].isObject() ? &payload_["savedGroups"] : &no_groups;
    dialect_.strict = false;
    dialect_.mistakes = &mistakes_;
    compiler_.emplace(dialect_, declaration.sticky, program_.compiled, owner.conditions_,
                      owner.attributes_, declaration.where);
  }

  void add() {
    for (const auto& [name, attribute] : declaration_.attributes) {
      owner_.attributes_.intern(attribute, declaration_.where);  // throws if there is none
    }
    if (payload_["features"].isObject()) {
      compiler_->add_features(payload_["features"], payload_["contextualBandits"]);
    }
    for (const auto& experiment : payload_["experiments"]) {
      listed_.push_back(compiler_->add_experiment(experiment));
    }
    add_groups();
    name_experiments();
    connect_features();
    connect_experiments();
    add_visual_changes();
    intern_url();
    add_warnings();
  }

 private:
  void add_groups() {
    auto& groups = owner_.groups_;
    for (const auto& name : group_names(payload_)) {
      const bool is_known = std::any_of(groups.begin(), groups.end(),
                                        [&](const GroupSegment& one) { return one.name == name; });
      if (is_known) {
        continue;
      }
      groups.push_back({name, declaration_.where, owner_.conditions_.next(), {}});
      Json::Value reference;
      reference["$savedGroup"]["id"] = name;
      const auto first_mistake = mistakes_.size();
      compile_json(reference, dialect_, owner_.conditions_, owner_.attributes_,
                   groups.back().dependencies, declaration_.where);
      for (auto i = first_mistake; i < mistakes_.size(); ++i) {
        mistakes_[i].insert(0, "segment " + quoted(name) + ": ");
      }
    }
  }

  // Adds the names in the order in which declare_experiments adds them.
  void name_experiments() {
    std::map<std::string, std::uint32_t> ids;
    for (const auto& [name, variants] : experiment_names(payload_)) {
      ids.emplace(name, static_cast<std::uint32_t>(program_.named.size()));
      program_.named.push_back({name, declaration_.where, {}, {}, {}, false});
      owner_.graph_.experiments.push_back({name, declaration_.where, {}});
    }
    for (auto i = first_experiment_; i < program_.compiled.experiments.size(); ++i) {
      const Experiment& experiment = program_.compiled.experiments[i];
      const auto found = ids.find(experiment.key);
      const bool is_named = found != ids.end() && experiment.variations.size() >= 2;
      program_.name_of.push_back(is_named ? found->second : no_index);
      program_.overrides.push_back(declaration_.query_override);
      if (is_named) {
        auto& named = program_.named[found->second];
        named.sticky = named.sticky || experiment.sticky;
      }
    }
    for (const auto index : listed_) {
      program_.redirecting.push_back(index);
      if (program_.name_of[index] != no_index && !program_.compiled.experiments[index].is_manual) {
        program_.named[program_.name_of[index]].experiments.push_back(index);
      }
    }
  }

  void connect_features() {
    for (auto i = first_feature_; i < program_.compiled.features.size(); ++i) {
      const Feature& feature = program_.compiled.features[i];
      const auto found = compiler_->feature_dependencies().find(i);
      owner_.graph_.features.push_back(
          {feature.key, declaration_.where,
           found == compiler_->feature_dependencies().end() ? Dependencies() : found->second});
      for (const Rule& rule : feature.rules) {
        const auto id = rule.experiment == no_index ? no_index : program_.name_of[rule.experiment];
        if (id == no_index) {
          continue;
        }
        auto& features = program_.named[id].features;
        if (features.empty() || features.back() != i) {
          features.push_back(i);
          owner_.graph_.experiments[id].dependencies.features.push_back(i);
        }
      }
    }
  }

  void connect_experiments() {
    for (const auto index : listed_) {
      const auto id = program_.name_of[index];
      const auto found = compiler_->experiment_dependencies().find(index);
      if (id != no_index && found != compiler_->experiment_dependencies().end()) {
        owner_.graph_.experiments[id].dependencies.add(found->second);
      }
    }
  }

  // An experiment with a script is left out as a whole where scripts are not wanted, as by the SDK:
  // half of a variation would be measured as if it were the whole.
  void add_visual_changes() {
    const bool is_on = declaration_.visual.value_or(false);
    std::size_t found = 0;
    for (std::size_t i = 0; i < listed_.size(); ++i) {
      const Json::Value& json = payload_["experiments"][static_cast<Json::ArrayIndex>(i)];
      const std::uint32_t name = program_.name_of[listed_[i]];
      if (name == no_index || program_.compiled.experiments[listed_[i]].is_manual ||
          !has_visual_changes(json)) {
        continue;
      }
      ++found;
      VisualExperiment visual{declaration_.where,
                              declaration_.path,
                              program_.named[name].name,
                              text_or(member(json, "changeId"), ""),
                              listed_[i],
                              name,
                              targets_fragment(json),
                              {}};
      if (!is_on) {
        continue;
      }
      visual.variations = visual_variations(json, mistakes_);
      if (visual.has_js() && !declaration_.visual_js) {
        mistakes_.push_back("experiment " + quoted(visual.key) +
                            " is not run: one of its variations has a script; with "
                            "\"visual_js=on\" scripts of the payload run in pages");
        continue;
      }
      if (visual.targets_fragment) {
        mistakes_.push_back("experiment " + quoted(visual.key) +
                            " is for addresses with a \"#\", of which a server sees nothing: such "
                            "a pattern matches no page");
      }
      program_.visual.push_back(std::move(visual));
    }
    if (found != 0 && !declaration_.visual) {
      mistakes_.push_back(std::to_string(found) + " experiment" + (found == 1 ? " has" : "s have") +
                          " visual changes, which are not made: write \"visual=on\" to have them "
                          "made in pages, or \"visual=off\" to leave them to GrowthBook's script");
    }
  }

  void intern_url() {
    const auto& experiments = program_.compiled.experiments;
    const bool has_targets = std::any_of(
        experiments.begin() + first_experiment_, experiments.end(),
        [](const Experiment& experiment) { return experiment.url_targets.has_value(); });
    if (declaration_.query_override || has_targets) {
      program_.url = owner_.attributes_.intern("request.url", declaration_.where);
    }
  }

  void add_warnings() {
    const auto warn = [&](std::string message) {
      owner_.warnings_.emplace_back(declaration_.where, std::move(message));
    };
    const std::string file = quoted(declaration_.path);
    const auto warn_in_file = [&](std::string_view message) {
      std::string text = "in ";
      warn(text.append(file).append(": ").append(message));
    };
    for (const auto& mistake : mistakes_) {
      warn_in_file(mistake);
    }
    for (const auto& name : names_.unknown()) {
      std::string text = "attribute ";
      text.append(quoted(name))
          .append(" is always missing: say what it is, as in \"personalize_features FILE ")
          .append(name)
          .append("=profile.")
          .append(name)
          .append("\"");
      warn_in_file(text);
    }
    if (experiment_names(payload_).empty() && program_.compiled.features.size() == first_feature_ &&
        payload_["savedGroups"].empty()) {
      warn(file + " has no features, experiments or saved groups");
    }
  }

  PayloadProgram& owner_;
  ExperimentProgram& program_;
  const FeaturesDeclaration& declaration_;
  const Json::Value& payload_;
  AttributeMapping names_;
  JsonDialect dialect_;
  std::vector<std::string> mistakes_;
  std::optional<PayloadCompiler> compiler_;
  const std::uint32_t first_experiment_;
  const std::uint32_t first_feature_;
  std::vector<std::uint32_t> listed_;  // experiments of the payload's list
};

void PayloadProgram::add(const FeaturesDeclaration& declaration) {
  Payload(*this, declaration).add();
}

}  // namespace personalize::decision
