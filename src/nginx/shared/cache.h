// The document cache in shared memory: its zone, its lock, and copying out of it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/shared/table_zone.h"
#include "personalize/sources/cache.h"

namespace personalize {

// One for each configuration. Times are milliseconds, `now` is ngx_current_msec.
class SharedCache final : public TableZone {
 public:
  SharedCache() noexcept : TableZone("personalize_cache") {}

  // Reserves a zone of `size` bytes while the configuration is read. Throws ConfigError if NGINX
  // refuses, as it does for a name that is used for something else.
  void add_zone(ngx_conf_t* cf, std::string_view name, std::size_t size);

  // Does the same as DocumentCache::find, with the bytes copied to `memory`. Throws bad_alloc.
  Cached find(std::uint32_t source, std::string_view key, std::int64_t now,
              std::pmr::memory_resource* memory);

  // Returns the table, for what needs no lock.
  const DocumentCache& table() const noexcept { return table_; }

  // Do the same as DocumentCache's.
  bool store(std::uint32_t source, std::string_view key, std::string_view document,
             std::int64_t now, std::int64_t ttl, std::int64_t stale,
             std::uint64_t generation) noexcept;
  bool store_negative(std::uint32_t source, std::string_view key, Lookup reason, std::int64_t now,
                      std::int64_t ttl, std::uint64_t generation) noexcept;
  std::uint32_t invalidate(std::string_view key) noexcept;
  void invalidate_all() noexcept;

  // Do the same as DocumentCache's, with this process as the watcher.
  bool begin_watch(std::uint32_t scope) noexcept;
  bool end_watch(std::uint32_t scope) noexcept;

 private:
  Cached copy_out(const CacheKey& key, std::int64_t now) noexcept;

  // Documents are copied here under the lock, during which nothing is allocated.
  std::vector<char> copy_;
};

}  // namespace personalize
