#include "nginx/shared_cache.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include "nginx/configuration.h"
#include "nginx/memory.h"

namespace personalize {

namespace {

// What most documents fit into.
constexpr std::size_t ordinary_document = 16384;

// NGINX gives this mutex back when a worker dies that holds it, and no other one.
class Lock {
 public:
  explicit Lock(ngx_slab_pool_t* pool) noexcept : mutex_(&pool->mutex) { ngx_shmtx_lock(mutex_); }
  ~Lock() { ngx_shmtx_unlock(mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  ngx_shmtx_t* mutex_;
};

void* allocate(void* pool, std::size_t bytes) noexcept {
  return ngx_slab_alloc_locked(static_cast<ngx_slab_pool_t*>(pool), bytes);
}

void release(void* pool, void* block) noexcept {
  ngx_slab_free_locked(static_cast<ngx_slab_pool_t*>(pool), block);
}

void reset(void* context) noexcept {
  auto* pool = static_cast<ngx_slab_pool_t*>(context);
  ngx_slab_init(pool);
  // A full zone is nothing to log: the oldest documents make room.
  pool->log_nomem = 0;
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
ngx_int_t SharedCache::init_zone(ngx_shm_zone_t* zone, void* /*old*/) noexcept {
  auto& self = *static_cast<SharedCache*>(zone->data);
  self.pool_ = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  self.cache_ =
      DocumentCache({self.pool_, allocate, release, reset, zone->shm.size, &self.pool_->data});

  CacheSeed seed;
  if (!make_seed(seed)) {
    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, ngx_errno,
                  "personalize_cache: the system gave no random bytes");
    return NGX_ERROR;
  }
  bool ready;
  {
    const Lock lock(self.pool_);
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
  Cached cached;
  while (!copy_out(cache_key, now, cached)) {
    copy_.resize(cached.bytes.size());
  }
  if (!cached.bytes.empty()) {
    auto* bytes = static_cast<char*>(memory->allocate(cached.bytes.size(), 1));
    std::memcpy(bytes, cached.bytes.data(), cached.bytes.size());
    cached.bytes = {bytes, cached.bytes.size()};
  }
  return cached;
}

// False where copy_ is too small; `cached.bytes` then tells only how large it must be. A lease that
// was got in the first attempt is kept in the second.
bool SharedCache::copy_out(const CacheKey& key, std::int64_t now, Cached& cached) noexcept {
  const bool leased = cached.state == Cached::State::stale && cached.fetch;
  const Lock lock(pool_);
  cached = cache_.find(key, now);
  cached.fetch = cached.fetch || leased;
  if (cached.bytes.size() > copy_.size()) {
    return false;
  }
  std::copy(cached.bytes.begin(), cached.bytes.end(), copy_.begin());
  cached.bytes = {copy_.data(), cached.bytes.size()};
  return true;
}

bool SharedCache::store(std::uint32_t source, std::string_view key, std::string_view document,
                        std::int64_t now, std::int64_t ttl, std::int64_t stale,
                        std::uint32_t generation) noexcept {
  const CacheKey cache_key = cache_.key(source, key);
  const Lock lock(pool_);
  return cache_.store(cache_key, document, now, ttl, stale, generation);
}

bool SharedCache::store_negative(std::uint32_t source, std::string_view key, Lookup reason,
                                 std::int64_t now, std::int64_t ttl,
                                 std::uint32_t generation) noexcept {
  const CacheKey cache_key = cache_.key(source, key);
  const Lock lock(pool_);
  return cache_.store_negative(cache_key, reason, now, ttl, generation);
}

void SharedCache::invalidate(std::string_view key) noexcept {
  const CacheKey cache_key = cache_.key(0, key);
  const Lock lock(pool_);
  cache_.invalidate(cache_key);
}

CacheStatistics SharedCache::statistics() noexcept {
  const Lock lock(pool_);
  return cache_.statistics();
}

}  // namespace personalize
