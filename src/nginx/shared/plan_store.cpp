#include "nginx/shared/plan_store.h"

#include <string>

#include "nginx/platform/config_errors.h"
#include "nginx/platform/memory.h"

namespace personalize {

namespace {

// A plan does not grow old: its key would be another one if the page changed.
constexpr std::int64_t forever_ms = std::int64_t{1000} * 86400 * 365 * 100;

// What could not be kept is not tried again for so long.
constexpr std::int64_t refused_ms = std::int64_t{1000} * 600;

std::int64_t now_ms() noexcept {
  return static_cast<std::int64_t>(ngx_current_msec);
}

}  // namespace

void PlanStore::add_zone(ngx_conf_t* cf, const Where& where, std::string_view name,
                         std::size_t size) {
  if (!reserve(cf, name, size)) {
    throw ConfigError(where, "personalize_plans: the zone \"" + std::string(name) +
                                 "\" is used for something else; write another name in zone=");
  }
}

CacheKey PlanStore::key_of(PlanPart part, std::string_view key) const noexcept {
  return table_.key(static_cast<std::uint32_t>(part), key);
}

bool PlanStore::find(PlanPart part, std::string_view key, std::vector<char>& bytes) {
  const CacheKey table_key = key_of(part, key);
  table_.warm(table_key);
  bytes.resize(1024);  // most plans of splices fit
  for (;;) {
    const Cached cached = copy_out(table_key, bytes.data(), bytes.size());
    if (cached.state != Cached::State::fresh) {
      return false;
    }
    const bool is_whole = cached.bytes.size() == cached.size;
    bytes.resize(cached.size);
    if (is_whole) {
      return true;
    }
  }
}

void PlanStore::touch(std::string_view key) noexcept {
  copy_out(key_of(PlanPart::splices, key), nullptr, 0);
  copy_out(key_of(PlanPart::compressed, key), nullptr, 0);
}

Cached PlanStore::copy_out(const CacheKey& key, char* buffer, std::size_t room) noexcept {
  const Lock lock(*this);
  return table_.find(key, now_ms(), buffer, room);
}

void PlanStore::forget(std::string_view key) noexcept {
  const CacheKey table_key = key_of(PlanPart::splices, key);
  const Lock lock(*this);
  table_.invalidate(table_key);  // whatever the part is
}

bool PlanStore::is_missing(PlanPart part, std::string_view key) noexcept {
  return copy_out(key_of(part, key), nullptr, 0).state == Cached::State::absent;
}

bool PlanStore::begin(PlanPart part, std::string_view key) noexcept {
  const CacheKey table_key = key_of(part, key);
  const Lock lock(*this);
  const Cached cached = table_.find(table_key, now_ms(), nullptr, 0);
  return cached.state == Cached::State::absent &&
         table_.store_negative(table_key, Lookup::missing, now_ms(), mark_ms, cached.generation);
}

void PlanStore::go_on(PlanPart part, std::string_view key) noexcept {
  const CacheKey table_key = key_of(part, key);
  const Lock lock(*this);
  mark(table_key, mark_ms);
}

void PlanStore::refuse(PlanPart part, std::string_view key) noexcept {
  const CacheKey table_key = key_of(part, key);
  const Lock lock(*this);
  mark(table_key, refused_ms);
}

bool PlanStore::keep(PlanPart part, std::string_view key, std::string_view bytes) noexcept {
  const CacheKey table_key = key_of(part, key);
  const Lock lock(*this);
  const Cached cached = table_.find(table_key, now_ms(), nullptr, 0);
  if (table_.store(table_key, bytes, now_ms(), forever_ms, 0, cached.generation)) {
    return true;
  }
  mark(table_key, refused_ms);
  return false;
}

// Leaves alone what somebody has made meanwhile.
void PlanStore::mark(const CacheKey& key, std::int64_t ms) noexcept {
  const Cached cached = table_.find(key, now_ms(), nullptr, 0);
  if (cached.state != Cached::State::fresh) {
    table_.store_negative(key, Lookup::missing, now_ms(), ms, cached.generation);
  }
}

}  // namespace personalize
