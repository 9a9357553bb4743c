#include "nginx/shared/cache.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "nginx/config/configuration.h"
#include "nginx/memory.h"
#include "nginx/shared/lock.h"

namespace personalize {

namespace {

// What most documents fit into.
constexpr std::size_t ordinary_document = 16384;

// All that NGINX's allocator has to give, in one piece. The cache divides it itself: the
// allocator's powers of two would waste a third, and leave holes that no eviction fills.
CacheMemory take_all(ngx_slab_pool_t* pool) noexcept {
  const std::size_t size = pool->pfree * ngx_pagesize;
  void* area = ngx_slab_alloc(pool, size);
  return {area, area == nullptr ? 0 : size};
}

// A worker that was killed did not say that it no longer watches.
bool is_running(std::int32_t process) noexcept {
  return kill(process, 0) == 0 || errno != ESRCH;
}

bool make_seed(CacheSeed& seed) noexcept {
  return getrandom(&seed, sizeof(seed), 0) == static_cast<ssize_t>(sizeof(seed));
}

}  // namespace

void SharedCache::add_zone(ngx_conf_t* cf, std::string_view name, std::size_t size) {
  ngx_str_t zone_name = ngx_view(name);
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &zone_name, size, &ngx_http_personalize_module);
  if (zone == nullptr) {
    throw ConfigError(current_place(cf),
                      "the zone \"" + std::string(name) + "\" cannot be had for personalize_cache");
  }
  copy_.resize(ordinary_document);
  zone->init = init_zone;
  zone->data = this;
}

// Also called for a zone that is in use: workers of the old configuration go on with it.
ngx_int_t SharedCache::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
  auto& self = *static_cast<SharedCache*>(zone->data);
  self.pool_ = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (old != nullptr) {
    self.cache_ = static_cast<const SharedCache*>(old)->cache_;
  } else {
    self.cache_ = DocumentCache(take_all(self.pool_));
  }

  CacheSeed seed;
  if (!make_seed(seed)) {
    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, ngx_errno,
                  "personalize_cache: the system gave no random bytes");
    return NGX_ERROR;
  }
  bool ready;
  {
    const SharedLock lock(self.pool_);
    ready = self.cache_.init(seed);
  }
  if (!ready) {
    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "personalize_cache: zone \"%V\" is too small",
                  &zone->shm.name);
    return NGX_ERROR;
  }
  return NGX_OK;
}

Cached SharedCache::find(std::uint32_t source, std::string_view key, std::int64_t now,
                         std::pmr::memory_resource* memory) {
  const CacheKey cache_key = cache_.key(source, key);
  Cached cached = copy_out(cache_key, now);
  while (cached.bytes.size() < cached.size) {
    const bool leased = cached.fetch;
    copy_.resize(cached.size);
    cached = copy_out(cache_key, now);
    cached.fetch = cached.fetch || leased;
  }
  if (!cached.bytes.empty()) {
    auto* bytes = static_cast<char*>(memory->allocate(cached.size, 1));
    std::memcpy(bytes, cached.bytes.data(), cached.size);
    cached.bytes = {bytes, cached.size};
  }
  return cached;
}

Cached SharedCache::copy_out(const CacheKey& key, std::int64_t now) noexcept {
  cache_.warm(key);
  const SharedLock lock(pool_);
  return cache_.find(key, now, copy_.data(), copy_.size());
}

bool SharedCache::store(std::uint32_t source, std::string_view key, std::string_view document,
                        std::int64_t now, std::int64_t ttl, std::int64_t stale,
                        std::uint64_t generation) noexcept {
  const CacheKey cache_key = cache_.key(source, key);
  const SharedLock lock(pool_);
  return cache_.store(cache_key, document, now, ttl, stale, generation);
}

bool SharedCache::store_negative(std::uint32_t source, std::string_view key, Lookup reason,
                                 std::int64_t now, std::int64_t ttl,
                                 std::uint64_t generation) noexcept {
  const CacheKey cache_key = cache_.key(source, key);
  const SharedLock lock(pool_);
  return cache_.store_negative(cache_key, reason, now, ttl, generation);
}

std::uint32_t SharedCache::invalidate(std::string_view key) noexcept {
  const CacheKey cache_key = cache_.key(0, key);
  const SharedLock lock(pool_);
  return cache_.invalidate(cache_key);
}

void SharedCache::invalidate_all() noexcept {
  const SharedLock lock(pool_);
  cache_.invalidate_all();
}

bool SharedCache::begin_watch(std::uint32_t scope) noexcept {
  const SharedLock lock(pool_);
  return cache_.begin_watch({ngx_pid, scope}, is_running);
}

bool SharedCache::end_watch(std::uint32_t scope) noexcept {
  const SharedLock lock(pool_);
  return cache_.end_watch({ngx_pid, scope}, is_running);
}

CacheStatistics SharedCache::statistics() noexcept {
  const SharedLock lock(pool_);
  return cache_.statistics();
}

}  // namespace personalize
