// The forms of a report.
#pragma once

#include <string>

#include "report/analysis/findings.h"

namespace personalize::report {

// For a terminal, in UTF-8.
std::string text_report(const Findings& findings, const Settings& settings);
// docs/reference/report.md describes its members.
std::string json_report(const Findings& findings, const Settings& settings);
// One page without anything from outside.
std::string html_report(const Findings& findings, const Settings& settings);

}  // namespace personalize::report
