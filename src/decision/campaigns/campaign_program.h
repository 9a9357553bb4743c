// The campaigns of one server in their compiled form, and the slots, groups and contests that they
// make up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decision/campaigns/campaign_rules.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/slot.h"
#include "personalize/decision/program.h"

namespace personalize::decision {

// One condition of a campaign.
struct CampaignCondition {
  std::uint32_t root = 0;  // node
  std::string text;        // as it is written; the same text is the same condition
};

struct Campaign {
  std::string name;
  SlotId slot = 0;
  int priority = 0;
  std::uint32_t root = 0;  // node of its conditions
  std::vector<CampaignCondition> conditions;
  CampaignRules rules;
  std::vector<std::uint32_t> groups;
  std::vector<std::uint32_t> keep_while;  // nodes: an offer stays as long as all hold
  bool is_remembered = false;             // attributes ask what happened to it
};

// Campaigns that are capped together.
struct Group {
  std::string name;
  Where where;  // of the caps
  std::vector<Cap> caps;
  std::vector<CampaignId> members;
};

struct Slot {
  std::vector<CampaignId> campaigns;  // in the order in which they are asked
  SourceSet needs;
  std::uint32_t contest = 0;
  bool by_element = false;  // it is decided anew for each of its elements
};

// Slots that are decided together, because a group lets only some of their campaigns into one view.
// Most contests have one slot.
struct Contest {
  std::vector<CampaignId> campaigns;  // in the order in which they are asked
  std::vector<SlotId> slots;
};

// Filled when the configuration is read, then only read.
struct CampaignProgram {
  std::vector<Campaign> all;  // by CampaignId
  std::vector<Slot> slots;    // by SlotId
  std::vector<std::string> slot_names;
  std::vector<Group> groups;
  std::vector<Contest> contests;
  std::vector<CampaignId> with_holdout;
  bool decides_by_element = false;  // some slot

  // Return no_campaign and no_slot if there is none of that name.
  CampaignId find(std::string_view name) const;
  SlotId find_slot(std::string_view name) const;

  // Adds a campaign, which needs these sources, to the slot of that name, and adds that slot if it
  // is new.
  void add(Campaign campaign, const std::string& slot, const SourceSet& needs);
  // Orders campaigns, and forms groups and contests, once all campaigns are added. Throws
  // ConfigError: a group without caps, or with different ones.
  void finish();

  // Returns whether what the visitor saw and did of the campaign decides about something.
  bool keeps_state(CampaignId id) const;
  // Returns the sources that decide what the slot shows.
  SourceSet slot_needs(SlotId id) const;

 private:
  void rank(std::vector<CampaignId>& ids) const;
  std::uint32_t find_group(const GroupLine& line);
  void form_groups();
  void form_contests();
};

}  // namespace personalize::decision
