// Experiments and features in their compiled form, the same for personalize_experiment blocks and
// for GrowthBook payloads.
//
// Every part means what it means in GrowthBook's SDK
// (https://docs.growthbook.io/lib/build-your-own), which also sets the order of the checks. What
// only a configuration has is marked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/addresses/url_target.h"
#include "decision/experiments/bucketing.h"
#include "decision/timing/schedule.h"
#include "decision/timing/weekly_hours.h"
#include "personalize/attributes/attribute.h"
#include "personalize/decision/allocations.h"

namespace personalize::decision {

constexpr std::uint32_t no_index = ~std::uint32_t{0};

// The attribute whose value is hashed.
struct HashAttribute {
  std::string name;               // in sticky assignments
  std::optional<AttributeId> id;  // nothing: its value is always missing
};

// A share of the visitors, by a hash of its own.
struct Filter {
  HashAttribute attribute;
  std::string seed;
  int hash_version = 2;
  std::vector<BucketRange> ranges;
  std::uint32_t hash = no_hash;
};

// A prerequisite: a condition must hold for a feature's value.
struct Parent {
  std::uint32_t feature = no_index;        // no_index: there is no such feature, its value is null
  std::optional<std::uint32_t> condition;  // node that looks at members of {"value": …}
  bool gate = false;  // of a feature's rule: if it does not hold, the feature is off altogether
};

struct Variation {
  std::string key;
  std::string name;
  bool has_key = false;  // false: `key` is its number
  bool passthrough = false;
  std::uint32_t document = 0;  // its value
  std::string redirect;        // address that visitors are sent to; "" for none
};

// Only in configurations: visitors for whom the condition holds get the variation.
struct Forced {
  std::uint32_t variation = 0;
  std::uint32_t condition = 0;  // node
};

// One context of a contextual bandit.
struct BanditLeaf {
  std::optional<double> id;                // GrowthBook's; -1 for visitors in no other leaf
  std::optional<std::uint32_t> condition;  // node; nothing: holds for everybody
  std::vector<double> weights;             // as in the payload; empty for none
  std::vector<BucketRange> ranges;
};

// A contextual bandit: the weights of the variations depend on the visitor, and GrowthBook learns
// them again from time to time.
struct Bandit {
  std::optional<double> version;   // of the weights
  std::vector<BanditLeaf> leaves;  // the first that holds counts; the last holds for everybody
};

struct Experiment {
  std::string key;
  std::string seed;
  HashAttribute hash_by;
  std::optional<HashAttribute> fallback;  // hashed if `hash_by` is missing
  int hash_version = 1;
  std::uint32_t hash = no_hash;  // by `hash_by`
  std::vector<Variation> variations;
  std::vector<BucketRange> ranges;
  std::optional<Bandit> bandit;  // has ranges of its own

  std::optional<std::vector<UrlTarget>> url_targets;
  std::optional<std::vector<Filter>> filters;
  std::optional<Namespace> space;          // ignored if there are filters
  std::optional<std::uint32_t> condition;  // node
  std::vector<Parent> parents;
  // Everybody in the experiment gets this variation. A number that no variation has excludes
  // everybody.
  std::optional<std::size_t> force;
  bool enabled = true;
  bool stopped = false;
  bool is_closed = false;  // for user groups, which are not known here
  bool is_manual = false;  // the page's own script starts it

  // Whether visitors keep the variation that they were given first.
  bool sticky = false;
  int bucket_version = 0;
  int min_bucket_version = 0;
  std::optional<HashAttribute> sticky_fallback;  // its assignments count too

  bool keeps_arguments = false;  // a redirect keeps the page's arguments

  // Only in configurations.
  std::vector<Forced> forced;
  std::optional<Schedule> schedule;
  WeeklyHours hours;
  ClockAttributes clock;
  std::optional<std::uint32_t> admission;        // node; must hold for sticky assignments too
  std::optional<AllocatedExperiment> allocated;  // `allocate bandit`; the id comes later
};

// The share of visitors that a rule's fixed value is for.
struct Rollout {
  std::string seed;
  HashAttribute hash_by;
  std::optional<HashAttribute> fallback;
  int hash_version = 1;
  std::uint32_t hash = no_hash;  // by `hash_by`
  std::optional<BucketRange> range;
  std::optional<double> coverage;
};

// Gives a feature a fixed value, or the value of a variation.
struct Rule {
  std::string id;
  std::vector<Parent> parents;
  std::vector<Filter> filters;
  std::uint32_t experiment = no_index;  // no_index: the rule has a fixed value
  // For a fixed value:
  std::optional<std::uint32_t> condition;  // node
  Rollout rollout;
  std::uint32_t document = 0;
};

struct Feature {
  std::string key;
  std::uint32_t document = 0;  // its value if no rule applies
  std::vector<Rule> rules;
};

// Filled when the configuration is read, then only read.
struct Experiments {
  std::vector<Experiment> experiments;
  std::vector<Feature> features;
  // Values, each wrapped as {"value": …} in the flat form of document.h; the first is null.
  std::vector<std::string_view> documents;
};

}  // namespace personalize::decision
