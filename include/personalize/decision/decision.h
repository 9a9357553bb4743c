// Segments and campaigns: who sees what. A pure function of the configuration and the facts.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/slot.h"
#include "personalize/base/statement.h"
#include "personalize/decision/experiments.h"
#include "personalize/decision/sticky.h"
#include "personalize/decision/switches.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

namespace decision {
class Evaluator;
class ExperimentDecision;
class Explainer;
}  // namespace decision

class Forcing;

using SegmentId = std::uint32_t;
using CampaignId = std::uint32_t;
constexpr CampaignId no_campaign = ~CampaignId{0};

// Why a campaign is not shown, or that it is.
enum class CampaignOutcome : std::uint8_t {
  undecided,     // nobody asked for its slot
  shown,         // it won its slot
  outranked,     // it was not asked: another one won the slot
  unrendered,    // it had nothing to show
  switched_off,  // pz:switches, or `enabled off`
  out_of_time,   // schedule, hours, weekdays
  stopped,       // the visitor closed it, clicked or bought
  capped,        // shown often enough
  group_capped,  // its group was shown often enough, or has its place in this view
  other_offer,   // the visitor saw another offer in this slot, which stays
  held_out,      // the visitor is one who is never to see it
  not_met,       // its conditions do not hold
};
std::string_view to_string(CampaignOutcome outcome) noexcept;

// One server's segments and campaigns, compiled. Immutable once complete; shared by all requests.
class Program {
 public:
  // Compiles declarations. Segments must have been declared in `attributes` in the same order, then
  // experiments with declare_experiments, and all sources before. A segment holds `when`, `unless`,
  // `any`, `all` and `json` (a file with a GrowthBook condition; a relative path starts from the
  // working directory), all of which must hold; src/decision/when_compiler.h tells the operators.
  // Segments of payloads stand behind those declared.
  // Of a campaign it reads those, `slot` (once), `priority` (a whole number, 0 by default) and the
  // rules that src/decision/campaign_rules.h lists; other statements (what the campaign shows) are
  // the render step's. Throws ConfigError: unknown names, operators or literals that cannot be,
  // segments that depend on themselves, campaigns of one name or without a slot, rules that cannot
  // be.
  Program(AttributeTable& attributes, const std::vector<Declaration>& segments,
          const std::vector<Declaration>& campaigns, const ExperimentText& experiments = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::uint32_t segment_count() const;
  std::uint32_t campaign_count() const;
  const std::string& segment_name(SegmentId id) const;
  const std::string& campaign_name(CampaignId id) const;

  // Slots by SlotId: every name that a campaign fills.
  const std::vector<std::string>& slots() const;
  // no_campaign where there is none of that name.
  CampaignId campaign(std::string_view name) const;
  // Whether what the visitor saw and did of the campaign (VisitorState) decides about it, or about
  // any campaign.
  bool keeps_state(CampaignId id) const;
  bool keeps_state() const;
  // How often the campaign may stand in one page.
  std::uint32_t views_cap(CampaignId id) const;
  // The fields of pz:switches: "campaign:NAME", by CampaignId.
  const std::vector<std::string>& switch_names() const;

  // no_slot where no campaign fills a slot of that name.
  SlotId slot(std::string_view name) const;

  // What the campaign shows needs these sources, beside those of its conditions.
  void add_content_needs(CampaignId id, SourceSet sources);

  // The sources that must be known before it can be said what the slot shows, or whether the
  // visitor is in the segment: those of all conditions, through the segments that they name, and
  // what add_content_needs told. Sources that a source's key is made of are the caller's to add.
  SourceSet slot_needs(SlotId id) const;
  SourceSet segment_needs(SegmentId id) const;
  // The same for which variant the visitor has, for a feature's value, and for any attribute.
  SourceSet experiment_needs(ExperimentId id) const;
  SourceSet feature_needs(FeatureId id) const;
  SourceSet attribute_needs(const Attribute& attribute) const;

  std::uint32_t experiment_count() const;
  const std::string& experiment_name(ExperimentId id) const;
  const Where& experiment_place(ExperimentId id) const;
  // Whether visitors keep the variant that they had first.
  bool is_sticky(ExperimentId id) const;

  // What seems wrong with a features payload and is no error, since GrowthBook's SDK takes it too.
  const std::vector<std::pair<Where, std::string>>& warnings() const;

  class Compiled;
  const Compiled& compiled() const { return *compiled_; }

 private:
  std::unique_ptr<Compiled> compiled_;
};

// Offers (campaigns that set a discount or a price) that a shopper could not understand: two for
// one slot that differ only by who is asking and give the same reason, or one for a time that has
// no end.
struct OfferWarning {
  Where where;
  std::string message;
};
std::vector<OfferWarning> doubtful_offers(const std::vector<Declaration>& campaigns);

// What a decision depends on beside the facts. nullptr: nothing is known of the visitor, no switch
// is set, no variant was given earlier and none is remembered, nothing is forced. All must outlive
// the decision.
struct DecisionInputs {
  const VisitorState* state = nullptr;
  const Switches* switches = nullptr;
  StickyAssignments* sticky = nullptr;
  const Forcing* forcing = nullptr;
};

// One request's decision. Segments, experiments and slots are decided when first asked for, then
// remembered.
class Decision {
 public:
  // All must outlive it. Takes a few bytes per segment, slot and campaign from `memory`, and
  // throws what that throws; nothing after it throws.
  Decision(const Program& program, Facts& facts, std::pmr::memory_resource* memory,
           DecisionInputs inputs = {});

  ~Decision();
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;

  bool segment(SegmentId id) noexcept;

  // The name of the visitor's variant; missing where the visitor is not in the experiment.
  Value variant(ExperimentId id) noexcept;
  Value feature(FeatureId id) noexcept;
  // The same for what is shown or done because of it. A condition that names an experiment or a
  // feature uses it too.
  Value use_variant(ExperimentId id) noexcept;
  Value use_feature(FeatureId id) noexcept;
  // Whether the variant was used, by a visitor who got it by chance: an exposure.
  bool is_exposed(ExperimentId id) const noexcept;
  // Where the first experiment of redirects in a features payload, in which the visitor is, leads
  // from this page: appends the address, and uses the variant. False where to nowhere. Throws what
  // the decision's memory throws.
  bool redirect(std::pmr::string& out);
  // The winner: of the slot's campaigns whose rules and conditions hold, the highest priority, then
  // the first declared. Slots of which a group lets only some campaigns into one view are decided
  // together, in the same order. `skip` campaigns could not be rendered: the next one gets its
  // turn.
  CampaignId winner(SlotId slot) noexcept;
  void skip(CampaignId id) noexcept;
  // What became of a campaign so far.
  CampaignOutcome outcome(CampaignId id) const noexcept { return outcomes_[id]; }

  // Facts changed (documents arrived): forget what was decided, and what was skipped.
  void reset() noexcept;

 private:
  friend class decision::Explainer;

  // In the memory that the decision was given.
  struct Destroy {
    std::pmr::memory_resource* memory;
    void operator()(decision::ExperimentDecision* experiments) const noexcept;
  };

  template <class Ask>
  auto with_conditions(Ask ask) noexcept;
  bool holds(std::uint32_t condition) noexcept;
  void decide(std::uint32_t contest) noexcept;
  CampaignOutcome judge(CampaignId id) noexcept;
  std::optional<CampaignOutcome> forced_outcome(CampaignId id) const noexcept;
  bool is_on(CampaignId id) const noexcept;
  bool is_stopped(CampaignId id) noexcept;
  bool is_group_capped(CampaignId id) const noexcept;
  bool has_other_offer(CampaignId id) noexcept;
  bool is_kept_offer(CampaignId id) noexcept;
  const CampaignHistory* history(CampaignId id) const noexcept;

  const Program& program_;
  Facts& facts_;
  DecisionInputs inputs_;
  std::unique_ptr<decision::ExperimentDecision, Destroy> experiments_;
  std::pmr::vector<std::uint8_t> segments_;     // 0 not asked, 1 false, 2 true
  std::pmr::vector<CampaignId> winners_;        // by slot
  std::pmr::vector<CampaignOutcome> outcomes_;  // by campaign
};

}  // namespace personalize
