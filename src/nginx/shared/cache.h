// The document cache in a zone of NGINX's shared memory: the lock, the copying out, the reload.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "personalize/sources/cache.h"

namespace personalize {

// One for each configuration. The zone outlives it: a reload takes over what is in a zone of the
// same name and size. Times are milliseconds, `now` is ngx_current_msec.
class SharedCache {
 public:
  // Reserves the zone, when the configuration is read. Throws ConfigError where the name is taken
  // for something else. This object must then stay where it is.
  void add_zone(ngx_conf_t* cf, std::string_view name, std::size_t size);

  // As DocumentCache::find, with the bytes copied to `memory`. Throws std::bad_alloc.
  Cached find(std::uint32_t source, std::string_view key, std::int64_t now,
              std::pmr::memory_resource* memory);

  // As DocumentCache's.
  bool store(std::uint32_t source, std::string_view key, std::string_view document,
             std::int64_t now, std::int64_t ttl, std::int64_t stale,
             std::uint64_t generation) noexcept;
  bool store_negative(std::uint32_t source, std::string_view key, Lookup reason, std::int64_t now,
                      std::int64_t ttl, std::uint64_t generation) noexcept;
  std::uint32_t invalidate(std::string_view key) noexcept;
  void invalidate_all() noexcept;

  // As DocumentCache's; the watcher is this process.
  bool begin_watch(std::uint32_t scope) noexcept;
  bool end_watch(std::uint32_t scope) noexcept;

  CacheStatistics statistics() noexcept;

 private:
  static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;
  Cached copy_out(const CacheKey& key, std::int64_t now) noexcept;

  ngx_slab_pool_t* pool_ = nullptr;
  DocumentCache cache_{CacheMemory()};  // in one block of the zone, the largest that it has
  // Documents are copied here under the lock, since memory that may have to be asked for must not
  // hold the other workers up.
  std::vector<char> copy_;
};

}  // namespace personalize
