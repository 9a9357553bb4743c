// How many page views saw which variant, as personalize_status shows it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

namespace personalize {

struct ExposureCount {
  std::string experiment;
  std::string variant;
  std::uint64_t views = 0;
};

// Append the counts of one experiment's variants behind each other: a counter of Prometheus' text
// format, or a JSON object {"EXPERIMENT": {"VARIANT": N}}. Names may be any text. Throw bad_alloc.
void append_exposures_prometheus(const std::vector<ExposureCount>& counts, std::pmr::string& out);
void append_exposures_json(const std::vector<ExposureCount>& counts, std::pmr::string& out);

}  // namespace personalize
