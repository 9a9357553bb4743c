// What personalize_status shows: the metrics, and how they are written for Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4) and as JSON.
//
// A new labelled metric is a declaration at the end of this file and the place that counts: for a
// counter LabelledCounters::add(), for a gauge a few calls of MetricsWriter::add() where its values
// are known. Counters whose labels are fixed are lines of counters.def.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

struct Metric {
  static constexpr std::size_t most_labels = 3;
  using Labels = std::array<std::string_view, most_labels>;  // "" after the last

  enum class Kind : std::uint8_t { counter, gauge, histogram };
  // Written with as many decimals: milliseconds as seconds, millionths as the number that they are.
  enum class Unit : std::uint8_t { number, milliseconds, millionths };
  enum class Json : std::uint8_t {
    tree,    // N, {"A": N} or {"A": {"B": N}}, as many levels as there are labels
    on_off,  // a tree whose leaves are "on" for 1 and "off" for 0
    labels,  // {"label": "A"} of the only sample, whose value says nothing
    rows,  // [{"label": "A", "column": {"B": N}}], a row for each value of all labels but the last
  };

  constexpr std::size_t label_count() const noexcept {
    std::size_t count = 0;
    while (count < most_labels && !labels[count].empty()) {
      ++count;
    }
    return count;
  }

  std::string_view name;  // personalize_NAME, and personalize_NAME_total of a counter
  std::string_view help;
  Labels labels{};
  Kind kind = Kind::counter;
  Unit unit = Unit::number;
  Json json = Json::tree;
  std::string_view json_name = {};    // "" for `name`
  std::string_view json_column = {};  // Json::rows: the name of the column
};

// What a histogram has counted of durations. The last count is of those above all bounds.
struct HistogramValue {
  const std::uint32_t* bounds_us;  // in microseconds, ascending
  const std::uint64_t* counts;     // of each bucket alone, one more than bounds
  std::size_t bound_count;
  std::uint64_t sum_ns;
};

// Writes metrics one after the other: begin(), add() for each sample, begin() of the next one …,
// end(). Throws bad_alloc.
class MetricsWriter {
 public:
  virtual void begin(const Metric& metric) = 0;

  // Adds a sample; `labels` are the values of the metric's labels, which may be any bytes. They
  // live until the next begin() or end(). Samples with equal first labels follow each other.
  virtual void add(const Metric::Labels& labels, std::uint64_t value) = 0;

  // Adds the one sample of a histogram, which has no labels.
  virtual void add_histogram(const HistogramValue& value) = 0;

  // Adds a column to the row of the last sample, where rows are written.
  virtual void add_column(std::string_view name, std::uint64_t value) = 0;

  virtual void end() = 0;

 protected:
  ~MetricsWriter() = default;
};

// Appends to `out`, to be served as `text/plain; version=0.0.4`.
class PrometheusWriter final : public MetricsWriter {
 public:
  explicit PrometheusWriter(std::pmr::string& out) noexcept : out_(out) {}

  void begin(const Metric& metric) override;
  void add(const Metric::Labels& labels, std::uint64_t value) override;
  void add_histogram(const HistogramValue& value) override;
  void add_column(std::string_view, std::uint64_t) override {}
  void end() override {}

 private:
  void append_name();

  std::pmr::string& out_;
  const Metric* metric_ = nullptr;
};

// Appends to `out` one JSON object that has a member for each metric.
class JsonWriter final : public MetricsWriter {
 public:
  explicit JsonWriter(std::pmr::string& out) noexcept : out_(out) {}

  void begin(const Metric& metric) override;
  void add(const Metric::Labels& labels, std::uint64_t value) override;
  void add_histogram(const HistogramValue& value) override;
  void add_column(std::string_view name, std::uint64_t value) override;
  void end() override;

 private:
  void add_to_tree(const Metric::Labels& labels, std::uint64_t value);
  void add_labels(const Metric::Labels& labels);
  void add_to_row(const Metric::Labels& labels, std::uint64_t value);
  std::size_t shared_labels(const Metric::Labels& labels, std::size_t most) const noexcept;
  void end_row();
  void end_metric();

  std::pmr::string& out_;
  const Metric* metric_ = nullptr;  // its samples are being added; nullptr before the first
  Metric::Labels last_{};           // of the last sample
  bool has_samples_ = false;
  bool in_column_ = false;  // of a row, whose braces are open
};

// --- The labelled metrics ---

namespace metrics {

inline constexpr Metric exposures{
    "exposures",
    "Page views in which a variant of an experiment decided something.",
    {"experiment", "variant"},
};

inline constexpr Metric campaigns{
    "campaigns",
    "What became of each campaign: how often it was shown, and what visitors did with it.",
    {"campaign", "event"},
};

inline constexpr Metric experiment_weight{
    "experiment_weight",       "Share of an experiment's visitors that a variant should have.",
    {"experiment", "variant"}, Metric::Kind::gauge,
    Metric::Unit::millionths,
};

inline constexpr Metric experiment_visitors{
    "experiment_visitors",
    "Visitors who were exposed to a variant in the last whole window, or in the one that runs.",
    {"experiment", "variant"},
    Metric::Kind::gauge,
};

inline constexpr Metric experiment_sample_ratio_p{
    "experiment_sample_ratio_p",
    "Probability that right weights give visitors so far from them; something is wrong below "
    "0.001.",
    {"experiment"},
    Metric::Kind::gauge,
    Metric::Unit::millionths,
};

inline constexpr Metric build_info{
    "build_info",
    "The module and the NGINX that runs it.",
    {"version", "nginx"},
    Metric::Kind::gauge,
    Metric::Unit::number,
    Metric::Json::labels,
    "build",
};

inline constexpr Metric start_time{
    "start_time_seconds",
    "When the counters began, in seconds since 1970.",
    {},
    Metric::Kind::gauge,
};

inline constexpr Metric reload_time{
    "reload_time_seconds",
    "When the configuration was read, in seconds since 1970.",
    {},
    Metric::Kind::gauge,
};

inline constexpr Metric reloads{
    "reloads",
    "Times that the configuration was read again.",
};

inline constexpr Metric workers{
    "workers",
    "Worker processes that the configuration asks for.",
    {},
    Metric::Kind::gauge,
};

inline constexpr Metric pool_codes{"pool_codes",
                                   "Codes that are left in pools, as a worker last saw it.",
                                   {"pool"},
                                   Metric::Kind::gauge};

inline constexpr Metric switches{
    "switch",
    "What pz:switches turns on (1) and off (0).",
    {"name"},
    Metric::Kind::gauge,
    Metric::Unit::number,
    Metric::Json::on_off,
    "switches",
};

inline constexpr Metric redis_servers{
    "redis_server_workers",
    "Workers for which a Redis server is in that state.",
    {"server", "role", "state"},
    Metric::Kind::gauge,
    Metric::Unit::number,
    Metric::Json::rows,
    "redis_servers",
    "workers",
};

inline constexpr Metric zone_bytes{
    "zone_bytes",
    "Bytes of a zone of shared memory that entries take, and that they can take in all.",
    {"zone", "state"},
    Metric::Kind::gauge,
};

inline constexpr Metric zone_entries{
    "zone_entries",
    "Entries in a zone of shared memory.",
    {"zone"},
    Metric::Kind::gauge,
};

inline constexpr Metric zone_evictions{
    "zone_evictions",
    "Entries of a zone that had to make room for others.",
    {"zone"},
};

// Those that LabelledCounters keeps, in the order in which they are written.
inline constexpr std::array<const Metric*, 1> labelled_counters{&exposures};

}  // namespace metrics

}  // namespace personalize
