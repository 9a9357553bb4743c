#include "nginx/shared_switches.h"

#include <new>

#include "nginx/configuration.h"

namespace personalize {

namespace {

constexpr std::size_t cell_count = 4096;
constexpr std::uint64_t switch_bits = 3;

std::uint64_t hash_of(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash | (switch_bits + 1);
}

}  // namespace

void SharedSwitches::add_zone(ngx_conf_t* cf) {
  ngx_str_t name = ngx_string("personalize_switches");
  const std::size_t size = cell_count * sizeof(Cell) + 8 * ngx_pagesize;
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_personalize_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  zone->init = init_zone;
  zone->data = this;
}

ngx_int_t SharedSwitches::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto* self = static_cast<SharedSwitches*>(zone->data);
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (old != nullptr) {
    self->cells_ = static_cast<SharedSwitches*>(old)->cells_;
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

SharedSwitches::Cell* SharedSwitches::find(std::uint64_t hash, bool may_take) const noexcept {
  for (std::size_t i = 0; i < cell_count; ++i) {
    Cell& cell = cells_[(hash / (switch_bits + 1) + i) % cell_count];
    std::uint64_t value = cell.load(std::memory_order_relaxed);
    if (value == 0) {
      if (!may_take) {
        return nullptr;
      }
      cell.compare_exchange_strong(value, hash & ~switch_bits, std::memory_order_relaxed);
      value = cell.load(std::memory_order_relaxed);
    }
    if ((value & ~switch_bits) == (hash & ~switch_bits)) {
      return &cell;
    }
  }
  return nullptr;
}

Switch SharedSwitches::get(std::string_view name) const noexcept {
  const Cell* cell = find(hash_of(name), false);
  return cell == nullptr ? Switch::unset
                         : static_cast<Switch>(cell->load(std::memory_order_relaxed) & switch_bits);
}

void SharedSwitches::set(std::string_view name, Switch value) noexcept {
  const std::uint64_t hash = hash_of(name);
  // What nobody has set takes no room.
  if (Cell* cell = find(hash, value != Switch::unset)) {
    cell->store((hash & ~switch_bits) | static_cast<std::uint64_t>(value),
                std::memory_order_relaxed);
  }
}

}  // namespace personalize
