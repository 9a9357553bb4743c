#include "nginx/shared_exposures.h"

#include <algorithm>
#include <new>

#include "nginx/configuration.h"

namespace personalize {

namespace {

constexpr std::size_t cell_count = 4096;

// FNV-1a, never 0. The names are of a configuration, not of visitors.
std::uint64_t hash_of(std::string_view experiment, std::string_view variant) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&](unsigned char c) { hash = (hash ^ c) * 0x100000001b3U; };
  for (const char c : experiment) {
    add(static_cast<unsigned char>(c));
  }
  add(0);
  for (const char c : variant) {
    add(static_cast<unsigned char>(c));
  }
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
  ngx_str_t name = ngx_string("personalize_exposures");
  const std::size_t size = cell_count * sizeof(Cell) + 8 * ngx_pagesize;
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_personalize_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  zone->init = init_zone;
  zone->data = this;
}

ngx_int_t SharedExposures::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto* self = static_cast<SharedExposures*>(zone->data);
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (old != nullptr) {
    self->cells_ = static_cast<SharedExposures*>(old)->cells_;
    return NGX_OK;
  }
  if (!zone->shm.exists) {
    pool->data = ngx_slab_calloc(pool, cell_count * sizeof(Cell));
    if (pool->data == nullptr) {
      return NGX_ERROR;
    }
  }
  self->cells_ = static_cast<Cell*>(pool->data);
  return NGX_OK;
}

SharedExposures::Cell* SharedExposures::find(std::string_view experiment, std::string_view variant,
                                             bool may_take) const noexcept {
  const std::uint64_t hash = hash_of(experiment, variant);
  for (std::size_t i = 0; i < cell_count; ++i) {
    Cell& cell = cells_[(hash + i) % cell_count];
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
