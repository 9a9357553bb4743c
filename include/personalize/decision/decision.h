// Decides who sees what: segments, variants, features and campaigns for one request.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/slot.h"
#include "personalize/decision/allocations.h"
#include "personalize/decision/program.h"
#include "personalize/decision/regex_budget.h"
#include "personalize/decision/sticky.h"
#include "personalize/decision/switches.h"
#include "personalize/decision/visual.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

namespace decision {
class CandidateIndex;
struct Contest;
class ExperimentDecision;
class Explainer;
}  // namespace decision

class Forcing;

// The outcome of one campaign.
enum class CampaignOutcome : std::uint8_t {
  undecided,     // its slot was not decided
  shown,         // it won its slot
  outranked,     // it was not asked: another campaign won the slot
  unrendered,    // it had nothing to show
  switched_off,  // by pz:switches, or `enabled off`
  out_of_time,   // by its schedule, hours or weekdays
  stopped,       // the visitor dismissed it, clicked it or converted
  capped,        // it was shown often enough
  group_capped,  // its group was shown often enough, or is in this view already
  other_offer,   // the visitor saw another offer in this slot, which stays
  held_out,      // it would have won, and the visitor is one who never sees it
  not_met,       // its conditions do not hold
};
std::string_view to_string(CampaignOutcome outcome) noexcept;

// What a decision depends on beside the facts. All must outlive the decision; nullptr stands for
// nothing known of the visitor, no switch set, no variants kept, nothing forced, a budget of its
// own, and shares as configured.
struct DecisionInputs {
  const VisitorState* state = nullptr;
  const Switches* switches = nullptr;
  StickyAssignments* sticky = nullptr;
  const Forcing* forcing = nullptr;
  RegexBudget* regex_budget = nullptr;
  const Allocations* allocations = nullptr;
};

// One request's decision. A pure function of its arguments: segments, experiments and slots are
// decided when first asked for, then remembered.
class Decision {
 public:
  // All must outlive it. Takes a few bytes per segment, value, slot and campaign from `memory`, and
  // throws what that throws; nothing after it does. If there are no bytes for experiments when the
  // first is asked for, the visitor is in none.
  Decision(const Program& program, Facts& facts, std::pmr::memory_resource* memory,
           DecisionInputs inputs = {});

  ~Decision();
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;

  bool segment(SegmentId id) noexcept;

  // Returns the name of the visitor's variant; missing if the visitor is not in the experiment.
  Value variant(ExperimentId id) noexcept;
  Value feature(FeatureId id) noexcept;
  // Returns the value of a personalize_value; missing if there is none for the visitor.
  Value value(ValueId id) noexcept;
  // Return the same as variant() and feature(), and note that something is shown or done because of
  // it (is_exposed). Conditions that name an experiment or a feature use it too.
  Value use_variant(ExperimentId id) noexcept;
  Value use_feature(FeatureId id) noexcept;
  // Returns whether the variant was used and the visitor got it by the hash: an exposure.
  bool is_exposed(ExperimentId id) const noexcept;
  // Returns the version of the shares by which an experiment that allocates itself chooses; "" for
  // those that are configured.
  std::string_view allocation_version(ExperimentId id) const noexcept;
  // Return the experiments whose variants were used, the last one first; no_experiment at the end:
  //   for (auto id = decision.last_used(); id != no_experiment; id = decision.used_before(id))
  ExperimentId last_used() const noexcept;
  ExperimentId used_before(ExperimentId id) const noexcept;
  // Appends the address to which the first redirect test of the payloads that the visitor is in
  // leads from this page, and uses the variant, also one that stays. Returns whether there is an
  // address. Throws what the decision's memory throws.
  bool redirect(std::pmr::string& out);

  // Returns whether an experiment with visual changes is for this page, whoever asks.
  bool targets_page(const VisualExperiment& visual) noexcept;
  // Adds the variations with visual changes that the visitor has on this page, in the payloads'
  // order, and uses them, also those that change nothing. Without `may_run_js` experiments with
  // scripts are passed over. Throws what `out` throws.
  void choose_visual(bool may_run_js, std::pmr::vector<VisualChoice>& out);

  // Returns the winner of the slot, or no_campaign: of its campaigns whose rules and conditions
  // hold the one with the highest priority, then the first declared. Slots whose campaigns share a
  // group that limits views are decided together, in the same order.
  CampaignId winner(SlotId slot) noexcept;
  // Forgets what was decided of a slot that is decided by element (Program::decide_by_element): the
  // page has come to another one, of which the facts tell from now on.
  void begin_element(SlotId slot) noexcept;
  // Notes that the campaign stands at an element of such a slot: it counts for limits per view.
  void note_at_element(CampaignId id) noexcept;
  // Returns which of its rules forbids to show the campaign now, whatever its conditions and
  // rivals: switched_off, out_of_time, stopped, capped or group_capped. Nothing if none does, or
  // there is no such campaign.
  std::optional<CampaignOutcome> forbidden(CampaignId id) noexcept;
  // Returns what is kept of the campaign's offer (base/values/kept_offer.h), if the visitor has
  // seen it and it still counts: an object. Missing for offers of which nothing is kept in Redis.
  Value kept_offer(CampaignId id) noexcept;
  // Appends what the campaign's offer is kept for now; "" for an offer that is one for all. Returns
  // false if that is not known: then nothing is kept. Throws what `out` throws.
  bool kept_for(CampaignId id, std::pmr::string& out);
  // Makes way for the next campaign: this one could not be rendered.
  void skip(CampaignId id) noexcept;
  // Makes outcome() certain for every campaign, at the cost of judging them one by one. Call it
  // before winner().
  void keep_outcomes() noexcept { keeps_outcomes_ = true; }
  // Returns the outcome of a campaign so far. Without keep_outcomes() those that are not shown may
  // be undecided.
  CampaignOutcome outcome(CampaignId id) const noexcept { return outcomes_[id]; }

  // Returns whether a condition of Program::chain_conditions() or chain_boosts() holds, with the
  // values of `facts`.
  bool holds(std::uint32_t condition, Facts& facts) noexcept;
  // Returns whether all of them do.
  bool all_hold(const std::vector<std::uint32_t>& conditions, Facts& facts) noexcept;

  // Forgets what was decided and skipped, since facts changed: documents arrived.
  void reset() noexcept;

 private:
  friend class decision::Explainer;

  struct Destroy {
    std::pmr::memory_resource* memory;
    void operator()(decision::ExperimentDecision* experiments) const noexcept;
  };

  decision::ExperimentDecision* make_experiments(std::pmr::memory_resource* memory) const;
  // Calls ask(evaluator), with an evaluator whose conditions use what they name.
  template <class Ask>
  auto with_conditions(Facts& facts, Ask ask);
  template <class Ask>
  auto with_conditions(Ask ask) {
    return with_conditions(facts_, ask);
  }
  bool holds(std::uint32_t condition) noexcept;
  void decide(std::uint32_t contest) noexcept;
  void decide(const decision::Contest& contest,
              const decision::CandidateIndex& candidates) noexcept;
  CampaignOutcome judge(CampaignId id) noexcept;
  template <class Holds>
  CampaignOutcome judge(CampaignId id, Holds conditions_hold) noexcept;
  std::optional<CampaignOutcome> forced_outcome(CampaignId id) const noexcept;
  bool is_on(CampaignId id) const noexcept;
  bool is_stopped(CampaignId id) noexcept;
  bool is_group_capped(CampaignId id) const noexcept;
  bool has_other_offer(CampaignId id) noexcept;
  bool is_kept_offer(CampaignId id) noexcept;
  bool is_by_element(CampaignId id) const noexcept;
  const CampaignHistory* history(CampaignId id) const noexcept;

  const Program& program_;
  Facts& facts_;
  DecisionInputs inputs_;
  RegexBudget own_budget_;
  std::unique_ptr<decision::ExperimentDecision, Destroy> experiments_;
  std::pmr::vector<std::uint8_t> segments_;     // 0 unknown, 1 no, 2 yes
  std::pmr::vector<Value> values_;              // by ValueId
  std::pmr::vector<std::uint8_t> has_value_;    // by ValueId: it is decided
  std::pmr::vector<CampaignId> winners_;        // by slot
  std::pmr::vector<CampaignOutcome> outcomes_;  // by campaign
  std::pmr::vector<std::uint32_t> views_;       // by campaign: of slots that are decided by element
  std::pmr::vector<std::uint8_t> shared_;       // of conditions that stand in several places
  // Room for a decision::CandidateIndex.
  std::pmr::vector<std::uint64_t> candidate_words_;
  std::pmr::vector<std::uint8_t> candidate_tests_;
  bool is_begun_ = false;  // something of all that is decided, but what experiments_ has
  bool keeps_outcomes_ = false;
};

}  // namespace personalize
