// The status as a page for people: what a script draws of the metrics, and without a script all of
// them as tables.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/record/metrics.h"

namespace personalize {

// Appends to `out` a table in HTML for each metric.
class TableWriter final : public MetricsWriter {
 public:
  explicit TableWriter(std::pmr::string& out) noexcept : out_(out) {}

  void begin(const Metric& metric) override;
  void add(const Metric::Labels& labels, std::uint64_t value) override;
  void add_histogram(const HistogramValue& value) override;
  void add_column(std::string_view, std::uint64_t) override {}
  void end() override;

 private:
  void end_metric();

  std::pmr::string& out_;
  const Metric* metric_ = nullptr;  // its samples are being added; nullptr before the first
  bool has_samples_ = false;
};

// Appends the page to `out`: `json` is what JsonWriter wrote, `tables` what TableWriter did. Throws
// bad_alloc.
void write_status_page(std::string_view json, std::string_view tables, std::pmr::string& out);

// Returns the Content-Security-Policy of the page: nothing but its own style and script, and its
// own address. Throws bad_alloc.
const std::string& status_page_policy();

}  // namespace personalize
