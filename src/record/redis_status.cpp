#include "personalize/record/redis_status.h"

namespace personalize {

namespace {

constexpr RedisState states[redis_state_count] = {RedisState::idle, RedisState::connecting,
                                                  RedisState::connected, RedisState::down};

}  // namespace

std::string_view to_string(RedisRole role) noexcept {
  switch (role) {
    case RedisRole::unknown:
      return "unknown";
    case RedisRole::standalone:
      return "standalone";
    case RedisRole::master:
      return "master";
    case RedisRole::replica:
      return "replica";
    case RedisRole::sentinel:
      return "sentinel";
  }
  return "";
}

std::string_view to_string(RedisState state) noexcept {
  switch (state) {
    case RedisState::idle:
      return "idle";
    case RedisState::connecting:
      return "connecting";
    case RedisState::connected:
      return "connected";
    case RedisState::down:
      return "down";
  }
  return "";
}

void write_redis_servers(const std::pmr::vector<RedisServerSummary>& servers,
                         MetricsWriter& writer) {
  writer.begin(metrics::redis_servers);
  for (const RedisServerSummary& one : servers) {
    // States in which no worker sees it are written too: series that come and go are hard to alert
    // on.
    for (const RedisState state : states) {
      writer.add({one.server, to_string(one.role), to_string(state)},
                 one.workers[static_cast<std::size_t>(state)]);
    }
    writer.add_column("in_flight", one.in_flight);
  }
}

}  // namespace personalize
