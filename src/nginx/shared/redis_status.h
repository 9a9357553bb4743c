// What each worker sees of the Redis servers, in shared memory, so that any worker can report it
// for all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/redis_status.h"

namespace personalize {

class SharedRedisStatus {
 public:
  // Reserves the memory while the configuration is read. Without it, write() writes no server, and
  // no other function may be called. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_redis_status"); }

  // Publishes what this worker sees; it is valid for some seconds.
  void set(const std::pmr::vector<RedisServerStatus>& servers) noexcept;
  // Withdraws what this worker has published.
  void clear() noexcept;

  // Writes what all workers see. Throws what `memory` and the writer throw.
  void write(MetricsWriter& writer, std::pmr::memory_resource& memory) const;

 private:
  // More workers share slots and more servers are left out: the metrics then show only some.
  static constexpr std::size_t place_count = 64;
  static constexpr std::size_t most_servers = 64;
  static constexpr std::size_t most_name = 116;

  struct Server {
    RedisRole role;
    RedisState state;
    std::uint16_t name_size;
    std::uint32_t in_flight;
    std::array<char, most_name> name;
  };

  // A worker's slot. If the worker dies while writing, part of it is old, which does no harm.
  struct Place {
    ngx_pid_t owner;  // 0 if the slot is free
    ngx_msec_t set_at;
    std::uint32_t count;
    std::array<Server, most_servers> servers;
  };

  struct Places {
    std::array<Place, place_count> workers;
  };

  Place& mine() noexcept { return zone_->workers[ngx_worker % place_count]; }
  std::pmr::vector<RedisServerSummary> summary(std::pmr::memory_resource& memory) const;

  Shared<Places> zone_;
};

}  // namespace personalize
