// What a Program holds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "decision/campaigns/campaign_program.h"
#include "decision/campaigns/candidate_index.h"
#include "decision/chosen/chosen_value.h"
#include "decision/conditions/conditions.h"
#include "decision/experiments/experiment_program.h"
#include "decision/timing/schedule.h"
#include "personalize/decision/program.h"

namespace personalize::decision {

struct Segment {
  std::string name;
  Where where;
  std::uint32_t root = 0;  // node
  SourceSet needs;
};

// The conditions of a chain of recommendations, which are about one item of it.
struct ChainConditions {
  std::vector<std::uint32_t> all;     // nodes; an item has to pass each
  std::vector<std::uint32_t> boosts;  // nodes
  SourceSet needs;
};

struct CompiledProgram {
  CampaignProgram campaigns;
  std::vector<CandidateIndex> candidates;  // by contest
  std::size_t candidate_words = 0;         // the most of any
  std::size_t candidate_tests = 0;
  Conditions conditions;
  ExperimentProgram experiments;
  std::vector<Segment> segments;        // by SegmentId
  std::vector<ChosenValue> values;      // by ValueId
  std::vector<ChainConditions> chains;  // as they are declared
  ClockAttributes clock;                // if a campaign needs it
  AttributeId visitor_id = 0;           // if a campaign has a holdout
  AttributeId kept_offers = 0;          // if a campaign keeps offers in Redis
  std::vector<std::string> switch_names;
  std::vector<std::string> experiment_splits;  // by ExperimentId
  std::vector<std::string> campaign_splits;    // by the place in CampaignProgram::with_holdout
  std::vector<std::pair<Where, std::string>> warnings;

  // Returns what all segments and experiments need.
  SourceSet needs_of_all() const {
    SourceSet needs;
    for (const Segment& segment : segments) {
      needs |= segment.needs;
    }
    for (const auto& experiment : experiments.named) {
      needs |= experiment.needs;
    }
    return needs;
  }
};

}  // namespace personalize::decision
