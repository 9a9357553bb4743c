#include "nginx/shared/exposures.h"

#include <algorithm>

#include "personalize/base/fnv.h"

namespace personalize {

namespace {

constexpr std::size_t cell_count = 4096;

// Never 0. The names are of a configuration, not of visitors.
std::uint64_t hash_of(std::string_view experiment, std::string_view variant) noexcept {
  const std::uint64_t hash = fnv1a(variant, fnv1a({"\0", 1}, fnv1a(experiment)));
  return hash == 0 ? 1 : hash;
}

}  // namespace

void SharedExposures::add(const std::string& experiment, const std::vector<std::string>& variants) {
  const auto same = [&](const ExposureCount& one) { return one.experiment == experiment; };
  // All variants of an experiment stand together, of servers that name it differently too.
  auto place = std::find_if(named_.rbegin(), named_.rend(), same).base();
  place = place == named_.begin() ? named_.end() : place;
  for (const auto& variant : variants) {
    const bool known = std::any_of(named_.begin(), named_.end(), [&](const ExposureCount& one) {
      return same(one) && one.variant == variant;
    });
    if (!known) {
      place = named_.insert(place, {experiment, variant, 0}) + 1;
    }
  }
}

void SharedExposures::add_zone(ngx_conf_t* cf) {
  block_.add_zone(cf, ngx_string("personalize_exposures"), cell_count * sizeof(Cell));
}

SharedExposures::Cell* SharedExposures::find(std::string_view experiment, std::string_view variant,
                                             bool may_take) const noexcept {
  const std::uint64_t hash = hash_of(experiment, variant);
  for (std::size_t i = 0; i < cell_count; ++i) {
    Cell& cell = cells()[(hash + i) % cell_count];
    std::uint64_t name = cell.name.load(std::memory_order_relaxed);
    if (name == 0 && may_take) {
      cell.name.compare_exchange_strong(name, hash, std::memory_order_relaxed);
      name = cell.name.load(std::memory_order_relaxed);
    }
    if (name == hash) {
      return &cell;
    }
    if (name == 0) {
      return nullptr;
    }
  }
  return nullptr;
}

void SharedExposures::count(std::string_view experiment, std::string_view variant) noexcept {
  if (Cell* cell = find(experiment, variant, true)) {
    cell->views.fetch_add(1, std::memory_order_relaxed);
  }
}

std::vector<ExposureCount> SharedExposures::snapshot() const {
  std::vector<ExposureCount> counts = named_;
  for (auto& count : counts) {
    const Cell* cell = find(count.experiment, count.variant, false);
    count.views = cell == nullptr ? 0 : cell->views.load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace personalize
