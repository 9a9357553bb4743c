// Memory of one size that all workers share and that outlasts reloads: zero at first, then whatever
// its users left in it.
#pragma once

#include "nginx/ngx.h"

namespace personalize {

class SharedBlock {
 public:
  // Reserves it, when the configuration is read. A zone of the same name and size keeps its memory
  // over reloads. `name` must outlive NGINX. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf, ngx_str_t name, std::size_t size);

  // nullptr until NGINX has made its zones. Aligned as malloc would.
  void* memory() const noexcept { return memory_; }
  // For a SharedLock, where one is needed.
  ngx_slab_pool_t* pool() const noexcept { return pool_; }

 private:
  static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;

  std::size_t size_ = 0;
  void* memory_ = nullptr;
  ngx_slab_pool_t* pool_ = nullptr;  // which it is part of
};

}  // namespace personalize
