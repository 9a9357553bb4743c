#include "nginx/shared/cache.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "nginx/platform/config_errors.h"
#include "nginx/platform/memory.h"

namespace personalize {

namespace {

// Large enough for most documents; grows for larger ones.
constexpr std::size_t ordinary_document = 16384;

// Returns whether the process runs. A worker that was killed has not called end_watch().
bool is_running(std::int32_t process) noexcept {
  return kill(process, 0) == 0 || errno != ESRCH;
}

}  // namespace

void SharedCache::add_zone(ngx_conf_t* cf, std::string_view name, std::size_t size) {
  if (!reserve(cf, name, size)) {
    throw ConfigError(current_place(cf), "personalize_cache: the zone \"" + std::string(name) +
                                             "\" is used for something else");
  }
  copy_.resize(ordinary_document);
}

Cached SharedCache::find(std::uint32_t source, std::string_view key, std::int64_t now,
                         std::pmr::memory_resource* memory) {
  const CacheKey cache_key = table_.key(source, key);
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
  table_.warm(key);
  const Lock lock(*this);
  return table_.find(key, now, copy_.data(), copy_.size());
}

bool SharedCache::store(std::uint32_t source, std::string_view key, std::string_view document,
                        std::int64_t now, std::int64_t ttl, std::int64_t stale,
                        std::uint64_t generation) noexcept {
  const CacheKey cache_key = table_.key(source, key);
  const Lock lock(*this);
  return table_.store(cache_key, document, now, ttl, stale, generation);
}

bool SharedCache::store_negative(std::uint32_t source, std::string_view key, Lookup reason,
                                 std::int64_t now, std::int64_t ttl,
                                 std::uint64_t generation) noexcept {
  const CacheKey cache_key = table_.key(source, key);
  const Lock lock(*this);
  return table_.store_negative(cache_key, reason, now, ttl, generation);
}

std::uint32_t SharedCache::invalidate(std::string_view key) noexcept {
  const CacheKey cache_key = table_.key(0, key);
  const Lock lock(*this);
  return table_.invalidate(cache_key);
}

void SharedCache::invalidate_all() noexcept {
  const Lock lock(*this);
  table_.invalidate_all();
}

bool SharedCache::begin_watch(std::uint32_t scope) noexcept {
  const Lock lock(*this);
  return table_.begin_watch({ngx_pid, scope}, is_running);
}

bool SharedCache::end_watch(std::uint32_t scope) noexcept {
  const Lock lock(*this);
  return table_.end_watch({ngx_pid, scope}, is_running);
}

}  // namespace personalize
