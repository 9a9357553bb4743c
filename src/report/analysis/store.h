// What is kept of the events: a record of 32 bytes for each visitor of each experiment, of 24 or so
// for each conversion, impression and click, and a bit for each other event.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "personalize/report/reading.h"
#include "report/analysis/names.h"
#include "report/analysis/seen_ids.h"
#include "report/analysis/settings.h"
#include "report/analysis/visitor_table.h"

namespace personalize::report {

// The first exposure of a visitor.
struct Exposure {
  std::uint64_t visitor = 0;
  std::int64_t time = 0;
  double covariate = 0;       // NaN if the attribute is absent
  std::uint32_t groups = 0;   // which combination of values of the attributes in --by
  std::uint16_t stratum = 0;  // which version and split
  std::uint16_t variant = 0;
  bool is_in_several = false;  // saw several variants
  bool is_forgotten = false;   // it is older than a `forget`, and no newer one is known
};

// A version of an experiment's weights, with its split as written.
struct Stratum {
  std::string version;
  std::string split;
};

// An experiment, or a campaign that holds visitors out.
struct ExperimentStore {
  std::string name;
  bool is_campaign = false;
  Names variants{1000};
  std::vector<Stratum> strata;
  std::unordered_map<std::string, std::uint16_t> stratum_numbers;
  VisitorTable<Exposure> exposures;
  std::int64_t first_time = 0;
  std::int64_t last_split_time = -1;  // when `last_split` was in force
  std::uint16_t last_split = 0;       // the stratum with the latest split
};

struct ConversionRecord {
  std::uint64_t visitor = 0;
  std::int64_t time = 0;
  double value = 0;
  std::uint16_t currency = 0;  // 0: none
  std::uint32_t items = 0;     // how many of MetricStore::items, from this place on
  std::uint32_t first_item = 0;
  bool has_value = false;
  bool is_edge = false;
};

struct MetricStore {
  std::string name;
  std::vector<ConversionRecord> conversions;
  std::vector<std::uint64_t> items;  // hashes of the ids of what was bought
  struct Order {
    std::uint64_t visitor = 0;  // the hash of the order's id
    std::uint32_t place = 0;    // among the conversions
  };
  VisitorTable<Order> orders;
  std::uint64_t duplicates = 0;
  std::uint64_t from_browsers = 0;
};

struct Touch {
  std::uint64_t visitor = 0;
  std::int64_t time = 0;
  std::uint16_t campaign = 0;  // 0: none
  std::uint16_t slot = 0;
  std::uint16_t list = 0;
  EventKind kind = EventKind::impression;  // or click, dismiss, claim
};

// A click on an item of a list.
struct ItemClick {
  std::uint64_t visitor = 0;
  std::int64_t time = 0;
  std::uint64_t item = 0;  // a hash of its id
  std::uint16_t list = 0;
};

struct Question {
  std::string name;
  Names answers{2000};
  struct LastAnswer {
    std::uint64_t visitor = 0;
    std::int64_t time = 0;
    std::uint32_t answer = 0;
    std::uint32_t count = 0;  // of the visitor's answers; 0 if they are forgotten
  };
  VisitorTable<LastAnswer> last;
};

// When a visitor last had everything forgotten.
struct Forgetting {
  std::uint64_t visitor = 0;
  std::int64_t time = 0;
};

struct ReadingCounts {
  std::uint64_t events = 0;
  std::array<std::uint64_t, event_kind_count> kinds{};
  std::uint64_t duplicates = 0;       // a second event of the same id
  std::uint64_t without_visitor = 0;  // that would have needed one
  std::uint64_t outside = 0;          // of --since and --until
  std::uint64_t ignored_browser = 0;  // --edge-only
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
};

class EventStore : public EventSink {
 public:
  explicit EventStore(const Settings& settings);
  ~EventStore() override;

  void take(const Event& event) override;
  // Brings conversions and touches into the order of time, without those that are forgotten. Called
  // once, when all events are there.
  void finish();

  const ReadingCounts& counts() const { return counts_; }
  std::deque<ExperimentStore>& experiments() { return experiments_; }
  std::deque<MetricStore>& metrics() { return metrics_; }
  std::deque<Question>& questions() { return questions_; }
  std::vector<Touch>& touches() { return touches_; }                          // by visitor and time
  const std::vector<ItemClick>& item_clicks() const { return item_clicks_; }  // in the same order
  const Names& currencies() const { return currencies_; }
  const Names& campaigns() const { return campaigns_; }
  const Names& lists() const { return lists_; }
  // The values of the attributes in --by, one a line, in the order of --by.
  const Names& groups() const { return groups_; }

 private:
  class Attributes;

  void take_exposure(const Event& event);
  void take_conversion(const Event& event);
  void take_touch(const Event& event);
  void take_answer(const Event& event);
  void take_forget(const Event& event);
  // Whether that is older than a `forget` of the visitor.
  bool is_forgotten(std::uint64_t visitor, std::int64_t time) const;
  std::uint16_t stratum_of(ExperimentStore& experiment, const Event& event);
  bool is_needed(std::string_view metric) const;

  const Settings& settings_;
  ReadingCounts counts_;
  SeenIds ids_;
  std::deque<ExperimentStore> experiments_;
  Names experiment_names_{10000};
  std::deque<MetricStore> metrics_;
  Names metric_names_{1000};
  std::deque<Question> questions_;
  Names question_names_{1000};
  std::vector<Touch> touches_;
  std::vector<ItemClick> item_clicks_;
  VisitorTable<Forgetting> forgotten_;
  Names currencies_{1000};
  Names campaigns_;
  Names slots_;
  Names lists_;
  Names groups_{1000000};
  std::unique_ptr<Attributes> attributes_;
};

// Returns the visitor as a number: the first half of the hash, or a hash of anything else.
std::uint64_t visitor_number(std::string_view visitor) noexcept;

}  // namespace personalize::report
