#include "nginx/shared/block.h"

#include <new>

#include "nginx/config/configuration.h"

namespace personalize {

void SharedBlock::add_zone(ngx_conf_t* cf, ngx_str_t name, std::size_t size) {
  // With room for what the slab allocator itself keeps there.
  ngx_shm_zone_t* zone =
      ngx_shared_memory_add(cf, &name, size + 8 * ngx_pagesize, &ngx_http_personalize_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  size_ = size;
  zone->init = init_zone;
  zone->data = this;
}

ngx_int_t SharedBlock::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto* self = static_cast<SharedBlock*>(zone->data);
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  self->pool_ = pool;
  if (old != nullptr) {
    self->memory_ = static_cast<SharedBlock*>(old)->memory_;
    return NGX_OK;
  }
  if (!zone->shm.exists) {
    pool->data = ngx_slab_calloc(pool, self->size_);
    if (pool->data == nullptr) {
      return NGX_ERROR;
    }
  }
  self->memory_ = pool->data;
  return NGX_OK;
}

}  // namespace personalize
