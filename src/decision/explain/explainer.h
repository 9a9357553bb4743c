// Explains one decision (personalize/decision/explain.h).
#pragma once

#include <json/value.h>

#include <optional>
#include <string>

#include "decision/compiled_program.h"
#include "decision/conditions/evaluator.h"
#include "decision/experiments/experiment_evaluator.h"
#include "decision/explain/explained_value.h"
#include "personalize/decision/explain.h"

namespace personalize::decision {

class Explainer {
 public:
  explicit Explainer(const Explained& explained);

  // Decides every slot, as a page with all of them would. Call it first: the others evaluate more
  // than a decision does.
  Json::Value slots();
  Json::Value segments();
  Json::Value values();
  Json::Value experiments();
  Json::Value features();
  Json::Value attributes();

 private:
  // Lets conditions ask the decision for what they name, without using it as they do for a page.
  class UnusedDecision final : public Decided {
   public:
    explicit UnusedDecision(Decision& decision) : decision_(decision) {}
    bool segment(std::uint32_t id) noexcept override { return decision_.segment(id); }
    Value experiment(std::uint32_t id) noexcept override { return decision_.variant(id); }
    Value feature(std::uint32_t id) noexcept override { return decision_.feature(id); }
    Value value(std::uint32_t id) noexcept override { return decision_.value(id); }

   private:
    Decision& decision_;
  };

  // explainer.cpp
  Json::Value condition(const Statement& statement, std::uint32_t node);
  void explain_element(const Statement& statement, std::uint32_t node, Json::Value& out);
  // Explains the statements for which is_condition() holds. They are the children of the node
  // `group`, in their order.
  Json::Value conditions(const std::vector<Statement>& statements, std::uint32_t group,
                         bool (*is_condition)(const Statement&));
  // Returns the value of the switch in pz:switches.
  Switch switch_of(std::size_t index) const noexcept;

  // explained_campaigns.cpp
  Json::Value campaign(CampaignId id);
  Json::Value keep_while(CampaignId id);
  std::string reason(CampaignId id);
  std::string cap_reason(CampaignId id);
  std::string group_reason(CampaignId id);
  std::string stop_reason(CampaignId id);
  std::string time_reason(CampaignId id);
  const CampaignHistory* history(CampaignId id) const noexcept;

  // explained_experiments.cpp
  const Declaration* declaration(const std::string& experiment) const;
  Json::Value experiment(ExperimentId id);
  Json::Value run(std::uint32_t index, const Declaration* declaration);
  void add_allocation(ExperimentId id, Json::Value& out);
  void add_hash(std::uint32_t index, Json::Value& out);
  void add_leaf(const Experiment& experiment, const BanditLeaf& leaf, Json::Value& out);
  void add_targeting(const Experiment& experiment, const Declaration* declaration,
                     Json::Value& out);
  Json::Value feature(FeatureId id);

  const Explained& explained_;
  const CompiledProgram& compiled_;
  UnusedDecision decided_;
  RegexBudget regex_budget_;  // a second one: the decision has used its own
  Evaluator evaluator_;
  ExperimentEvaluator experiment_evaluator_;
  ExplainedValues values_;
};

// The most entries of a list; the rest is left out.
constexpr std::uint32_t most_entries = 500;

}  // namespace personalize::decision
