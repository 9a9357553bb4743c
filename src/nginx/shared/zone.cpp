#include "nginx/shared/zone.h"

#include <sys/random.h>

#include "nginx/platform/memory.h"
#include "nginx/platform/module.h"

namespace personalize {

std::size_t SharedZone::zone_size(std::size_t size) noexcept {
  // NGINX's allocator keeps its own data in the zone's first pages, some of it for each page.
  const std::size_t pages = ngx_align(size, ngx_pagesize) / ngx_pagesize;
  const std::size_t own = ngx_align(pages * sizeof(ngx_slab_page_t), ngx_pagesize);
  return pages * ngx_pagesize + own + 8 * ngx_pagesize;
}

bool SharedZone::fill_random(ngx_shm_zone_t& zone, const char* what, void* bytes,
                             std::size_t size) noexcept {
  if (getrandom(bytes, size, 0) == static_cast<ssize_t>(size)) {
    return true;
  }
  ngx_log_error(NGX_LOG_EMERG, zone.shm.log, ngx_errno, "%s: getrandom() failed", what);
  return false;
}

bool SharedZone::reserve(ngx_conf_t* cf, std::string_view name, std::size_t size) noexcept {
  ngx_str_t zone_name = ngx_view(name);
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &zone_name, size, &ngx_http_personalize_module);
  // To NGINX all of our zones are of one kind.
  const bool is_taken = zone != nullptr && zone->data != nullptr && zone->data != this;
  if (zone == nullptr || is_taken) {
    return false;
  }
  zone->init = init_zone;
  zone->data = this;
  return true;
}

// Takes all pages in one piece: NGINX's allocator has nothing else to do in the zone.
ngx_int_t SharedZone::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto& self = *static_cast<SharedZone*>(zone->data);
  self.pool_ = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (old != nullptr) {
    const auto& before = *static_cast<const SharedZone*>(old);
    self.area_ = before.area_;
    self.area_size_ = before.area_size_;
  } else {
    self.area_size_ = self.pool_->pfree * ngx_pagesize;
    self.area_ = ngx_slab_alloc(self.pool_, self.area_size_);
    if (self.area_ == nullptr) {
      return NGX_ERROR;
    }
  }
  return self.prepare(old == nullptr, *zone) ? NGX_OK : NGX_ERROR;
}

}  // namespace personalize
