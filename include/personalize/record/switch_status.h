// The switches that are set, as personalize_status shows them.
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/decision/switches.h"

namespace personalize {

// Append the switches that are on or off, which go by the index of `names`: a gauge of Prometheus'
// text format, 1 for on and 0 for off; or a JSON object of name and "on" or "off". Names may be any
// text. Throw bad_alloc.
void append_switches_prometheus(const std::vector<std::string>& names, const Switches& switches,
                                std::pmr::string& out);
void append_switches_json(const std::vector<std::string>& names, const Switches& switches,
                          std::pmr::string& out);

}  // namespace personalize
