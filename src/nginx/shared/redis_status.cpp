#include "nginx/shared/redis_status.h"

#include <algorithm>
#include <array>

#include "nginx/event_timer.h"
#include "nginx/shared/lock.h"

namespace personalize {

namespace {

// Workers beyond that share a place, and servers beyond that are left out: of both, the metrics
// then tell of some.
constexpr std::size_t place_count = 64;
constexpr std::size_t most_servers = 64;
constexpr std::size_t most_name = 116;

// What is older was said by a worker that has ended without a word, or hangs.
constexpr ngx_msec_t holds_for = 5000;

struct Server {
  RedisRole role;
  RedisState state;
  std::uint16_t name_size;
  std::uint32_t in_flight;
  std::array<char, most_name> name;
};

}  // namespace

// A worker's. Whoever dies while it is written leaves it half old, which is nothing worse.
struct SharedRedisStatus::Place {
  ngx_pid_t owner;  // 0: nobody
  ngx_msec_t said_at;
  std::uint32_t count;
  std::array<Server, most_servers> servers;
};

void SharedRedisStatus::add_zone(ngx_conf_t* cf) {
  block_.add_zone(cf, ngx_string("personalize_redis_status"), place_count * sizeof(Place));
}

SharedRedisStatus::Place& SharedRedisStatus::mine() noexcept {
  return places()[ngx_worker % place_count];
}

void SharedRedisStatus::set(const std::pmr::vector<RedisServerStatus>& servers) noexcept {
  const SharedLock lock(block_.pool());
  Place& place = mine();
  place.owner = ngx_pid;
  place.said_at = ngx_current_msec;
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
  const SharedLock lock(block_.pool());
  // After a reload it belongs to the new worker of the same number.
  if (mine().owner == ngx_pid) {
    mine().owner = 0;
  }
}

std::pmr::vector<RedisServerSummary> SharedRedisStatus::summary(
    std::pmr::memory_resource& memory) const {
  std::pmr::vector<RedisServerSummary> all(&memory);
  if (places() == nullptr) {
    return all;
  }
  for (std::size_t i = 0; i < place_count; ++i) {
    Place place;
    {
      const SharedLock lock(block_.pool());
      place = places()[i];
    }
    if (place.owner == 0 || is_due(place.said_at + holds_for)) {
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
