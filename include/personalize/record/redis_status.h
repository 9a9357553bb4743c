// The state of each Redis server, as personalize_status shows it.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/record/metrics.h"

namespace personalize {

enum class RedisRole : std::uint8_t {
  unknown,  // not among the servers now
  standalone,
  master,
  replica,
  sentinel,
};
std::string_view to_string(RedisRole role) noexcept;

enum class RedisState : std::uint8_t {
  idle,        // not connected, and not known to be down
  connecting,  // commands are queued
  connected,
  down,  // commands are refused; probes find out when it is back
};
constexpr std::size_t redis_state_count = 4;
std::string_view to_string(RedisState state) noexcept;

// A server as one worker sees it.
struct RedisServerStatus {
  std::string_view server;  // its address; any bytes
  RedisRole role = RedisRole::unknown;
  RedisState state = RedisState::idle;
  std::uint32_t in_flight = 0;  // commands
};

// A server as all workers see it.
struct RedisServerSummary {
  std::pmr::string server;
  RedisRole role = RedisRole::unknown;
  std::array<std::uint32_t, redis_state_count> workers{};  // by RedisState
  std::uint64_t in_flight = 0;

  void add(const RedisServerStatus& one) noexcept {
    ++workers[static_cast<std::size_t>(one.state)];
    in_flight += one.in_flight;
  }
};

// Writes metrics::redis_servers, with the commands in flight as a column. Throws what the writer
// throws.
void write_redis_servers(const std::pmr::vector<RedisServerSummary>& servers,
                         MetricsWriter& writer);

}  // namespace personalize
