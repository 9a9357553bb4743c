#include "nginx/shared/redis_status.h"

#include <algorithm>

#include "nginx/platform/event_timer.h"

namespace personalize {

namespace {

// A worker that has not published for longer hangs, or has died.
constexpr ngx_msec_t holds_for = 5000;

}  // namespace

void SharedRedisStatus::set(const std::pmr::vector<RedisServerStatus>& servers) noexcept {
  const SharedZone::Lock lock(zone_);
  Place& place = mine();
  place.owner = ngx_pid;
  place.set_at = ngx_current_msec;
  place.count = 0;
  for (const RedisServerStatus& one : servers) {
    if (place.count == most_servers) {
      break;
    }
    Server& server = place.servers[place.count++];
    server.role = one.role;
    server.state = one.state;
    server.in_flight = one.in_flight;
    const std::string_view name = one.server.substr(0, most_name);
    std::copy(name.begin(), name.end(), server.name.begin());
    server.name_size = static_cast<std::uint16_t>(name.size());
  }
}

void SharedRedisStatus::clear() noexcept {
  const SharedZone::Lock lock(zone_);
  // After a reload the slot belongs to the new worker of the same number.
  if (mine().owner == ngx_pid) {
    mine().owner = 0;
  }
}

void SharedRedisStatus::write(MetricsWriter& writer, std::pmr::memory_resource& memory) const {
  const auto servers = summary(memory);
  write_redis_servers(servers, writer);
}

std::pmr::vector<RedisServerSummary> SharedRedisStatus::summary(
    std::pmr::memory_resource& memory) const {
  std::pmr::vector<RedisServerSummary> all(&memory);
  if (!zone_.is_there()) {
    return all;
  }
  for (const Place& shared : zone_->workers) {
    Place place;
    {
      const SharedZone::Lock lock(zone_);
      place = shared;
    }
    if (place.owner == 0 || is_due(place.set_at + holds_for)) {
      continue;
    }
    for (std::uint32_t j = 0; j < place.count; ++j) {
      const Server& server = place.servers[j];
      const RedisServerStatus one{
          {server.name.data(), server.name_size}, server.role, server.state, server.in_flight};
      auto same = std::find_if(all.begin(), all.end(), [&](const RedisServerSummary& known) {
        return known.server == one.server && known.role == one.role;
      });
      if (same == all.end()) {
        all.push_back({std::pmr::string(one.server, &memory), one.role, {}, 0});
        same = all.end() - 1;
      }
      same->add(one);
    }
  }
  return all;
}

}  // namespace personalize
