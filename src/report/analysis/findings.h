// What a report says, before it is written as text, JSON or HTML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/analysis/settings.h"
#include "report/analysis/store.h"
#include "report/statistics/comparison.h"
#include "report/statistics/sample_ratio.h"

namespace personalize::report {

enum class OutcomeKind : unsigned char { rate, count, value, ratio };

// What one variant is compared with control by one outcome.
struct VariantResult {
  std::uint64_t conversions = 0;  // events that count
  std::uint64_t converted = 0;    // visitors who have any
  double total = 0;               // of what is counted: visitors, events, money
  std::optional<Mean> mean;       // absent if there is nobody
  // All of these are absent for control, and where nothing can be said.
  std::optional<Comparison> comparison;
  double adjusted_p = 1;  // of the effect, for several outcomes and variants
  double adjusted_always_p = 1;
};

// The numbers up to a moment.
struct SeriesPoint {
  std::int64_t time = 0;
  // One a variant; absent where nothing can be said yet.
  std::vector<std::optional<Estimate>> effects;
  std::vector<bool> is_lift;
};

struct Outcome {
  std::string name;    // "purchase.rate", "purchase.value", of a ratio what it was called
  std::string metric;  // "" for a ratio
  OutcomeKind kind = OutcomeKind::rate;
  std::string currency;
  bool is_guardrail = false;
  bool lower_is_better = false;
  std::optional<double> cap;            // by winsorizing
  std::uint64_t capped = 0;             // visitors
  std::string covariate;                // what CUPED used; "" if nothing
  std::vector<VariantResult> variants;  // as in the experiment
  std::vector<SeriesPoint> series;
};

// Visitors with one value of an attribute.
struct Cut {
  std::string attribute;
  std::string value;
  std::vector<std::uint64_t> visitors;
  std::optional<RatioCheck> ratio;
  struct Row {
    std::size_t outcome = 0;
    std::vector<VariantResult> variants;
  };
  std::vector<Row> rows;
};

struct Variant {
  std::string name;
  std::uint64_t visitors = 0;
  double share = 0;     // of the draw: what it should have
  double expected = 0;  // visitors
};

struct DayCount {
  std::int64_t time = 0;                // where it ends
  std::vector<std::uint64_t> visitors;  // up to here
};

struct Experiment {
  std::string name;
  bool is_campaign = false;
  std::vector<Variant> variants;  // control first
  bool has_split = false;         // it is known how visitors were drawn
  std::size_t strata = 1;
  bool has_versions = false;
  std::uint64_t in_several = 0;  // visitors in several variants, who are left out
  std::uint64_t visitors = 0;    // those that count
  std::uint64_t immature = 0;    // whose window has not ended
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::optional<RatioCheck> ratio;
  double sequential_p = 1;
  std::vector<DayCount> days;
  std::vector<Outcome> outcomes;
  std::vector<Cut> cuts;
  std::vector<std::string> further_values;  // of cuts, that are not shown
  std::vector<std::string> warnings;

  bool has_alarm() const {
    return (ratio && ratio->p < sample_ratio_alarm) || sequential_p < sample_ratio_alarm;
  }
};

// Clicks and what followed, of a campaign or of a list of recommendations. Not what it caused: that
// says a holdout.
struct TouchSummary {
  std::string name;
  std::uint64_t impressions = 0;
  std::uint64_t clicks = 0;
  std::uint64_t dismissals = 0;
  std::uint64_t viewers = 0;  // visitors
  std::uint64_t clickers = 0;
  std::uint64_t claimers = 0;
  Interval click_rate;  // of visitors
  struct Assisted {
    std::string metric;
    std::string currency;
    std::uint64_t after_click = 0;
    double value_after_click = 0;
    std::uint64_t after_view = 0;
    double value_after_view = 0;
    // Of a list: those of its items that were bought after they were clicked there last, in how
    // many conversions, and their part of the value, as if all items of a conversion cost the same.
    std::uint64_t items = 0;
    std::uint64_t with_items = 0;
    double value_of_items = 0;
  };
  std::vector<Assisted> assisted;
};

// Returns whether items that were clicked there were bought.
inline bool has_items(const std::vector<TouchSummary>& summaries) {
  for (const auto& summary : summaries) {
    for (const auto& assisted : summary.assisted) {
      if (assisted.with_items > 0) {
        return true;
      }
    }
  }
  return false;
}

struct Answer {
  std::string text;
  std::uint64_t visitors = 0;
  Interval share;
};

struct QuestionSummary {
  std::string name;
  std::uint64_t visitors = 0;
  std::uint64_t answers_given = 0;
  std::vector<Answer> answers;  // the most frequent ones
  std::uint64_t others = 0;     // visitors with other answers
};

struct Findings {
  std::vector<Experiment> experiments;
  std::vector<TouchSummary> campaigns;
  std::vector<TouchSummary> lists;
  std::vector<QuestionSummary> questions;
  std::vector<std::string> warnings;
  ReadingCounts counts;
  std::uint64_t damaged = 0;
};

// Makes everything of what was read. `store` is used up.
Findings analyze(EventStore& store, const Settings& settings);

}  // namespace personalize::report
