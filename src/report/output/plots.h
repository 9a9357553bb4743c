// Plots as SVG inside the page, whose style sheet gives them their colors.
#pragma once

#include <string>

#include "report/analysis/findings.h"

namespace personalize::report {

// The effect of a variant over time, with its interval and, around it, the always-valid band. "" if
// there is nothing to draw.
std::string effect_plot(const Experiment& experiment, const Outcome& outcome, std::size_t variant);

// Visitors of each variant, up to each day.
std::string visitors_plot(const Experiment& experiment);

// The share of each variant, with a mark where it should be.
std::string share_plot(const Experiment& experiment);

// Intervals of effects beside each other, for the rows of a table: all on the scale [low, high].
struct Scale {
  double low = -1;
  double high = 1;
};
Scale scale_of(const std::vector<const Comparison*>& comparisons);
std::string interval_plot(const Comparison& comparison, const Scale& scale,
                          const std::string& mood);

// A bar of a share with its interval.
std::string share_bar(double share, const Interval& interval);

}  // namespace personalize::report
