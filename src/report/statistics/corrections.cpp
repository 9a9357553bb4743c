#include "report/statistics/corrections.h"

#include <algorithm>
#include <numeric>

namespace personalize::report {

std::vector<double> adjust(const std::vector<double>& p, Correction correction) {
  if (correction == Correction::none) {
    return p;
  }
  const std::size_t n = p.size();
  std::vector<std::size_t> ascending(n);
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::stable_sort(ascending.begin(), ascending.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(n);
  if (correction == Correction::holm) {
    double least = 0;
    for (std::size_t i = 0; i < n; ++i) {
      least = std::max(least, p[ascending[i]] * static_cast<double>(n - i));
      adjusted[ascending[i]] = std::min(1.0, least);
    }
  } else {
    double most = 1;
    for (std::size_t i = n; i-- > 0;) {
      most = std::min(most, p[ascending[i]] * static_cast<double>(n) / static_cast<double>(i + 1));
      adjusted[ascending[i]] = most;
    }
  }
  return adjusted;
}

}  // namespace personalize::report
