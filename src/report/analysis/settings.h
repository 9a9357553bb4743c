// What is asked of a report.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/statistics/corrections.h"

namespace personalize::report {

// A number of a visitor: METRIC.rate (whether there was one), METRIC.count or METRIC.value.
struct QuantityName {
  std::string metric;
  enum class Kind : unsigned char { rate, count, value } kind = Kind::rate;
};

struct RatioSetting {
  std::string name;
  QuantityName numerator;
  QuantityName denominator;
};

struct Settings {
  std::int64_t since = 0;                                         // ms; exposures from here on
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  // and all events before
  std::int64_t window = 0;  // ms after the exposure in which conversions count; 0: no end
  std::int64_t assist = std::int64_t{7} * 86400 * 1000;  // the same after a click, for campaigns
  bool edge_only = false;

  std::vector<std::string> experiments;  // only these; all if there are none
  std::vector<std::string> campaigns;
  std::vector<std::string> metrics;
  std::vector<std::string> guardrails;
  std::vector<std::string> lower_is_better;
  std::vector<RatioSetting> ratios;
  std::vector<std::string> by;
  std::string control;                          // of all experiments
  std::map<std::string, std::string> controls;  // by experiment
  // The draw, by experiment: variants and weights.
  std::map<std::string, std::vector<std::pair<std::string, double>>> splits;

  double confidence = 0.95;
  std::optional<double> winsorize;  // a share, such as 0.999
  std::string covariate;            // an attribute
  bool uses_cuped = true;
  Correction correction = Correction::holm;
  std::string timezone = "UTC";
};

}  // namespace personalize::report
