// Experiments and features in their compiled form: those of personalize_experiment blocks and those
// of a GrowthBook payload are the same thing here, decided by the same code.
//
// The order of the checks and the meaning of every part are those of GrowthBook's SDK
// (https://docs.growthbook.io/lib/build-your-own); what only a configuration has is marked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/addresses/url_target.h"
#include "decision/experiments/bucketing.h"
#include "decision/timing/schedule.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

constexpr std::uint32_t no_index = ~std::uint32_t{0};

// The attribute whose value is hashed.
struct HashAttribute {
  std::string name;               // by which assignments are remembered
  std::optional<AttributeId> id;  // nothing: its value is always missing
};

// A share of the visitors, by a hash of its own.
struct Filter {
  HashAttribute attribute;
  std::string seed;
  int hash_version = 2;
  std::vector<BucketRange> ranges;
};

// A feature that must have a value for which a condition holds.
struct Parent {
  std::uint32_t feature = no_index;        // no_index: there is no such feature, its value is null
  std::optional<std::uint32_t> condition;  // node that looks at members of {"value": …}
  bool gate = false;  // of a feature's rule: where it does not hold, the feature is blocked
};

struct Variation {
  std::string key;
  std::string name;
  bool has_key = false;  // it was given one; without, its number is its key
  bool passthrough = false;
  std::uint32_t document = 0;  // its value
  std::string redirect;        // where it leads; "" for none
};

// Of a configuration: the visitors for whom the condition holds get the variation.
struct Forced {
  std::uint32_t variation = 0;
  std::uint32_t condition = 0;  // node
};

// Some of the visitors, and how a bandit divides them.
struct BanditLeaf {
  std::optional<double> id;                // as GrowthBook counts them; -1 for who is in no other
  std::optional<std::uint32_t> condition;  // node; nothing: holds for everybody
  std::vector<double> weights;             // as told; empty for none
  std::vector<BucketRange> ranges;
};

// A contextual bandit: which weights the variations have depends on who asks, and GrowthBook learns
// them anew from time to time.
struct Bandit {
  std::optional<double> version;   // of what was learned
  std::vector<BanditLeaf> leaves;  // the first that holds counts; the last one holds for everybody
};

struct Experiment {
  std::string key;
  std::string seed;
  HashAttribute hash_by;
  std::optional<HashAttribute> fallback;  // hashed where the other is missing
  int hash_version = 1;
  std::vector<Variation> variations;
  std::vector<BucketRange> ranges;
  std::optional<Bandit> bandit;  // has ranges of its own

  std::optional<std::vector<UrlTarget>> url_targets;
  std::optional<std::vector<Filter>> filters;
  std::optional<Namespace> space;          // looked at only without filters
  std::optional<std::uint32_t> condition;  // node
  std::vector<Parent> parents;
  std::optional<std::size_t>
      force;  // everybody in it gets that; a number too high: nobody is in it
  bool enabled = true;
  bool stopped = false;
  bool is_closed = false;  // for groups that are not known here
  bool is_manual = false;  // a page's own script starts it

  // Whether visitors keep the variation that they had first.
  bool sticky = false;
  int bucket_version = 0;
  int min_bucket_version = 0;
  std::optional<HashAttribute> sticky_fallback;  // whose assignments count too

  bool keeps_arguments = false;  // a redirect takes the page's arguments with it

  // Of a configuration.
  std::vector<Forced> forced;
  std::optional<Schedule> schedule;
  ClockAttributes clock;
  std::optional<std::uint32_t> admission;  // node; must hold also for who was assigned before
};

// Which share of visitors a rule's value is for.
struct Rollout {
  std::string seed;
  HashAttribute hash_by;
  std::optional<HashAttribute> fallback;
  int hash_version = 1;
  std::optional<BucketRange> range;
  std::optional<double> coverage;
};

// Gives a feature a value: a fixed one, or a variation's.
struct Rule {
  std::string id;
  std::vector<Parent> parents;
  std::vector<Filter> filters;
  std::optional<std::uint32_t> condition;  // node; of a fixed value
  Rollout rollout;                         // of a fixed value
  std::uint32_t document = 0;              // the fixed value
  std::uint32_t experiment = no_index;     // no_index: a fixed value
};

struct Feature {
  std::string key;
  std::uint32_t document = 0;  // its value where no rule applies
  std::vector<Rule> rules;
};

// Filled at configuration time, then only read.
struct Experiments {
  std::vector<Experiment> experiments;
  std::vector<Feature> features;
  // Values, each wrapped as {"value": …} in the flat form; the first is null.
  std::vector<std::string_view> documents;
};

}  // namespace personalize::decision
