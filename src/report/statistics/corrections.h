// Corrections for looking at several numbers at once.
#pragma once

#include <vector>

namespace personalize::report {

enum class Correction : unsigned char {
  none,
  holm,                // of all alarms, the chance of a single false one is bounded
  benjamini_hochberg,  // of what is called an effect, the share of false ones is bounded
};

// Returns the adjusted p values, in the same order.
std::vector<double> adjust(const std::vector<double>& p, Correction correction);

}  // namespace personalize::report
