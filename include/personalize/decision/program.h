// What one server declares of segments, experiments, features and campaigns, compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/relation.h"
#include "personalize/base/slot.h"
#include "personalize/base/statement.h"
#include "personalize/base/value.h"
#include "personalize/decision/experiments.h"
#include "personalize/decision/visual.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

namespace decision {
struct CompiledProgram;
class Explainer;
}  // namespace decision

using SegmentId = std::uint32_t;
using CampaignId = std::uint32_t;
using ValueId = std::uint32_t;
constexpr CampaignId no_campaign = ~CampaignId{0};

// The name of the hidden source with what visitors were offered. It is declared before a Program
// with campaigns that need it.
constexpr std::string_view kept_offers_name = "kept offers";

struct AllocatedExperiment;

// A condition on an item that does no more than compare values of the item with a number, or with
// values of the request: all comparisons have to hold; not all of them, if it is negated.
struct ItemComparisons {
  struct One {
    AttributeId mine = 0;  // of the item
    Relation relation = Relation::equal;
    std::optional<AttributeId> other;  // of the request; nothing for a number
    Value number;
  };
  std::vector<One> all;
  bool negated = false;
};

// Immutable once complete; shared by all requests.
class Program {
 public:
  // Compiles declarations. The names in them must be known to `attributes`: sources first, then
  // segments in the order of `segments`, then experiments by declare_experiments.
  //
  // A segment has `when`, `unless`, `any`, `all` and `json` (a file with a GrowthBook condition,
  // where a relative path starts from the working directory), all of which must hold. Segments of
  // payloads come after those declared. A campaign has the same, and `slot` (once), `priority` (a
  // whole number, 0 by default) and rules: src/decision/notations/when_line.h and
  // src/decision/campaigns/campaign_rules.h list them. Other statements of a campaign, about what
  // it shows, are ignored.
  //
  // Throws ConfigError: unknown names and operators, literals that an attribute cannot have,
  // segments that depend on themselves, campaigns with the same name or without a slot, invalid
  // rules.
  //
  // Of `chains` only the conditions and the boosts are read, whose item.* is one item of a list.
  // The statements of `values` are explained in src/decision/chosen/chosen_value.h.
  Program(AttributeTable& attributes, const std::vector<Declaration>& segments,
          const std::vector<Declaration>& campaigns, const ExperimentText& experiments = {},
          const std::vector<Declaration>& chains = {}, const std::vector<Declaration>& values = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::uint32_t segment_count() const;
  const std::string& segment_name(SegmentId id) const;
  std::optional<SegmentId> segment(std::string_view name) const;

  std::uint32_t value_count() const;

  std::uint32_t experiment_count() const;
  const std::string& experiment_name(ExperimentId id) const;
  const Where& experiment_place(ExperimentId id) const;
  std::optional<ExperimentId> experiment(std::string_view name) const;
  bool has_variant(ExperimentId id, std::string_view variant) const;
  // Returns the share of the experiment's visitors that each variant should have, by the width of
  // its buckets; empty if it is not one for all: in bandits, and where an experiment of several
  // payloads has several.
  std::vector<VariantShare> variant_shares(ExperimentId id) const;
  // Return how visitors are drawn: "control=0.5,new=0.5", with all variants in the order in which
  // they are declared; of a campaign with a holdout "shown=0.95,holdout=0.05". "" where that is not
  // one for all, or changes (Allocations::split).
  std::string_view experiment_split(ExperimentId id) const;
  std::string_view campaign_split(CampaignId id) const;
  // Returns whether visitors keep the variant that they were given first.
  bool is_sticky(ExperimentId id) const;
  // Returns the experiments that allocate themselves (allocations.h).
  const std::vector<AllocatedExperiment>& allocated() const;

  // Returns the experiments with visual changes that are made, in the payloads' order.
  const std::vector<VisualExperiment>& visual() const;

  std::uint32_t campaign_count() const;
  const std::string& campaign_name(CampaignId id) const;
  // Returns no_campaign if there is none of that name.
  CampaignId campaign(std::string_view name) const;
  // Returns whether what the visitor saw and did of the campaign (VisitorState) decides about it,
  // or about any campaign.
  bool keeps_state(CampaignId id) const;
  bool keeps_state() const;
  // Returns whether what the campaign offers is kept in Redis, and the values by which it was made.
  bool keeps_offers(CampaignId id) const;
  bool keeps_offers() const;  // of any campaign
  bool keeps_values(CampaignId id) const;
  // Has what the visitor saw and did of the campaigns kept that attributes ask for. Call it when
  // all attributes have been interned.
  void remember(const AttributeTable& attributes);
  // Returns by what the visitor's state knows the campaign.
  CampaignKey campaign_key(CampaignId id) const;
  // Returns whether visitors claim what the campaign gives: a code of a pool, or a prize.
  bool is_claimed(CampaignId id) const;
  // Returns the campaigns that some visitors never see.
  const std::vector<CampaignId>& campaigns_with_holdout() const;
  // Returns how often the campaign may be in one page.
  std::uint32_t views_cap(CampaignId id) const;

  // Returns the names of all slots that campaigns fill, by SlotId.
  const std::vector<std::string>& slots() const;
  // Returns no_slot if no campaign fills a slot of that name.
  SlotId slot(std::string_view name) const;
  // Returns whether other slots are decided together with it, because a group limits views.
  bool has_rivals(SlotId id) const;
  // Says that the slot, which has no rivals, is decided anew for each of its elements
  // (Decision::begin_element). What is offered there is not kept.
  void decide_by_element(SlotId id);

  // Returns the fields of pz:switches: "campaign:NAME" by CampaignId, then "experiment:NAME" by
  // ExperimentId.
  const std::vector<std::string>& switch_names() const;

  // Return the conditions that each item of a chain has to pass, and those of its boosts, for
  // Decision::holds(), and what all of them need. A chain is the place in which it is declared.
  const std::vector<std::uint32_t>& chain_conditions(std::size_t chain) const;
  const std::vector<std::uint32_t>& chain_boosts(std::size_t chain) const;
  // Returns whether such a condition has the same outcome for an item whoever asks, and whenever.
  bool is_about_item_alone(std::uint32_t condition, const AttributeTable& attributes) const;
  // Returns what such a condition compares; nothing if it does something else.
  ItemComparisons item_comparisons(std::uint32_t condition, const AttributeTable& attributes) const;
  SourceSet chain_needs(std::size_t chain) const;

  // Adds sources that what the campaign shows needs, beside those of its conditions.
  void add_content_needs(CampaignId id, SourceSet sources);

  // Return the sources that must be known before something can be decided: those of all conditions,
  // through the segments and experiments that they name, and those given to add_content_needs().
  // The caller adds the sources that the keys of these sources need. Empty for an unknown id.
  SourceSet slot_needs(SlotId id) const;
  SourceSet segment_needs(SegmentId id) const;
  SourceSet experiment_needs(ExperimentId id) const;
  SourceSet feature_needs(FeatureId id) const;
  SourceSet value_needs(ValueId id) const;
  SourceSet attribute_needs(const Attribute& attribute) const;

  // What decides about a segment, an experiment, a feature or a value, through all that it names.
  struct Deciding {
    std::vector<AttributeId> attributes;
    // A cookie of the browser, or the page's address, can say which variant somebody has.
    bool is_forcible = false;
  };
  // Returns the attribute itself for any other.
  Deciding deciding(AttributeId id, const Attribute& attribute) const;

  // Returns warnings about experiments: what seems wrong but is accepted, by GrowthBook's SDK too.
  const std::vector<std::pair<Where, std::string>>& warnings() const;
  // Returns warnings about conditions that hold when nobody would expect it.
  const std::vector<std::pair<Where, std::string>>& condition_warnings() const;

 private:
  friend class Decision;
  friend class decision::Explainer;

  std::unique_ptr<decision::CompiledProgram> compiled_;
};

// A campaign that makes an offer (sets a discount or a price) which shoppers would not understand.
struct OfferWarning {
  Where where;
  std::string message;
};

// Finds pairs of offers for one slot that differ only by who is asking and give the same reason,
// offers for a time that has no end, and campaigns that offer something without saying so: their
// text has a discount in it.
std::vector<OfferWarning> doubtful_offers(const std::vector<Declaration>& campaigns);

}  // namespace personalize
