#include "nginx/shared/counters/labelled_counters.h"

#include <algorithm>
#include <string_view>

#include "personalize/base/fnv.h"

namespace personalize {

namespace {

// Never 0. fnv1a() will do: labels come from configurations, not from visitors.
std::uint64_t hash_of(const Metric& metric, const Metric::Labels& labels) noexcept {
  std::uint64_t hash = fnv1a(metric.name);
  for (const std::string_view label : labels) {
    hash = fnv1a(label, fnv1a({"\0", 1}, hash));
  }
  return hash == 0 ? 1 : hash;
}

}  // namespace

Metric::Labels LabelledCounters::Series::views() const noexcept {
  Metric::Labels all;
  std::copy(labels.begin(), labels.end(), all.begin());
  return all;
}

// Those with an equal first label follow each other, whatever the order of their declarations.
void LabelledCounters::declare(const Metric& metric, const Metric::Labels& labels) {
  const bool is_known = std::any_of(declared_.begin(), declared_.end(), [&](const Series& series) {
    return series.metric == &metric && series.views() == labels;
  });
  if (is_known) {
    return;
  }
  const auto last_of_group =
      std::find_if(declared_.rbegin(), declared_.rend(), [&](const Series& series) {
        return series.metric == &metric && series.labels[0] == labels[0];
      });
  Series series{&metric, {}};
  std::copy(labels.begin(), labels.end(), series.labels.begin());
  declared_.insert(last_of_group == declared_.rend() ? declared_.end() : last_of_group.base(),
                   std::move(series));
}

LabelledCounters::Cell* LabelledCounters::find(std::uint64_t hash, bool may_take) const noexcept {
  auto& cells = zone_->cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    Cell& cell = cells[(hash + i) % cells.size()];
    std::uint64_t found = cell.hash.load(std::memory_order_relaxed);
    if (found == 0 && may_take) {
      cell.hash.compare_exchange_strong(found, hash, std::memory_order_relaxed);
      found = cell.hash.load(std::memory_order_relaxed);
    }
    if (found == hash) {
      return &cell;
    }
    if (found == 0) {
      return nullptr;
    }
  }
  return nullptr;
}

void LabelledCounters::add(const Metric& metric, const Metric::Labels& labels,
                           std::uint64_t n) noexcept {
  if (Cell* cell = find(hash_of(metric, labels), true)) {
    cell->value.fetch_add(n, std::memory_order_relaxed);
  }
}

void LabelledCounters::write(MetricsWriter& writer) const {
  for (const Metric* metric : metrics::labelled_counters) {
    writer.begin(*metric);
    for (const Series& series : declared_) {
      if (series.metric != metric) {
        continue;
      }
      const Metric::Labels labels = series.views();
      const Cell* cell = find(hash_of(*metric, labels), false);
      writer.add(labels, cell == nullptr ? 0 : cell->value.load(std::memory_order_relaxed));
    }
  }
}

}  // namespace personalize
