#include "nginx/shared_counters.h"

#include <memory>
#include <new>

#include "nginx/configuration.h"

namespace personalize {

namespace {

// Workers beyond that share a place, which costs a little time and no correctness.
constexpr std::size_t places = 64;
constexpr std::size_t bytes = places * sizeof(Counters) + alignof(Counters);

// A build that counts other things finds no memory of this one's.
const std::string& zone_name() {
  static const std::string name = "personalize_counters_" + std::to_string(sizeof(Counters));
  return name;
}

}  // namespace

void SharedCounters::add_zone(ngx_conf_t* cf) {
  ngx_str_t name = ngx_view(zone_name());
  const std::size_t size = bytes + 8 * ngx_pagesize;
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_personalize_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  zone->init = init_zone;
  zone->data = this;
}

ngx_int_t SharedCounters::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto* self = static_cast<SharedCounters*>(zone->data);
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (old != nullptr) {
    self->counters_ = static_cast<SharedCounters*>(old)->counters_;
    return NGX_OK;
  }
  if (!zone->shm.exists) {
    pool->data = ngx_slab_calloc(pool, bytes);
    if (pool->data == nullptr) {
      return NGX_ERROR;
    }
  }
  void* memory = pool->data;
  std::size_t room = bytes;
  self->counters_ = static_cast<Counters*>(
      std::align(alignof(Counters), places * sizeof(Counters), memory, room));
  return NGX_OK;
}

Counters& SharedCounters::mine() noexcept {
  return counters_[ngx_worker % places];
}

CounterSnapshot SharedCounters::snapshot() const noexcept {
  CounterSnapshot sum;
  for (std::size_t i = 0; i < places; ++i) {
    sum.add(counters_[i]);
  }
  return sum;
}

}  // namespace personalize
