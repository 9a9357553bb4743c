// What a Program holds.
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "decision/conditions.h"
#include "personalize/decision.h"

namespace personalize {

class Program::Compiled {
 public:
  struct Segment {
    std::string name;
    std::uint32_t root = 0;  // node
    SourceSet needs;
  };

  struct Campaign {
    std::string name;
    SlotId slot = 0;
    int priority = 0;
    std::uint32_t root = 0;  // node
  };

  struct Slot {
    std::vector<CampaignId> campaigns;  // in the order in which they are asked
    SourceSet needs;
  };

  decision::Conditions conditions;
  std::vector<Segment> segments;
  std::vector<Campaign> campaigns;
  std::vector<Slot> slots;
  std::vector<std::string> slot_names;
};

}  // namespace personalize
