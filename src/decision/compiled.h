// What a Program holds.
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "decision/campaigns/campaign_rules.h"
#include "decision/conditions/conditions.h"
#include "decision/experiments/experiment_program.h"
#include "personalize/decision/decision.h"

namespace personalize {

class Program::Compiled {
 public:
  struct Segment {
    std::string name;
    Where where;
    std::uint32_t root = 0;  // node
    SourceSet needs;
  };

  struct Campaign {
    std::string name;
    SlotId slot = 0;
    int priority = 0;
    std::uint32_t root = 0;  // node
    decision::CampaignRules rules;
    std::vector<std::uint32_t> groups;
  };

  // Campaigns that are limited together.
  struct Group {
    std::string name;
    Where where;  // of the limits
    std::vector<decision::Cap> caps;
    std::vector<CampaignId> members;
  };

  struct Slot {
    std::vector<CampaignId> campaigns;  // in the order in which they are asked
    SourceSet needs;
    std::uint32_t contest = 0;
  };

  // Slots that are decided together, since a group lets only some of their campaigns into one view;
  // most slots are alone.
  struct Contest {
    std::vector<CampaignId> campaigns;  // in the order in which they are asked
    std::vector<SlotId> slots;
  };

  void add_rules(AttributeTable& attributes, const Where& where);
  bool keeps_state(CampaignId id) const;
  // Sorts campaigns into the order in which they are asked.
  void rank(std::vector<CampaignId>& ids) const;

  decision::Conditions conditions;
  decision::ExperimentProgram experiments;
  std::vector<Segment> segments;
  std::vector<Campaign> campaigns;
  std::vector<Slot> slots;
  std::vector<Group> groups;
  std::vector<Contest> contests;
  decision::ClockAttributes clock;        // where a campaign needs it
  AttributeId visitor_id = 0;             // where a campaign has a holdout
  std::vector<std::string> switch_names;  // of campaigns by CampaignId, then of others
  std::vector<std::string> slot_names;
};

}  // namespace personalize
