// The state of each Redis server, for Prometheus and for JSON.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

enum class RedisRole : std::uint8_t {
  unknown,  // nobody counts it among the servers now
  standalone,
  master,
  replica,
  sentinel,
};
std::string_view to_string(RedisRole role) noexcept;

enum class RedisState : std::uint8_t {
  idle,        // not connected, and nothing speaks against it
  connecting,  // commands are taken and wait for it
  connected,
  down,  // commands are refused; probes of our own find out when it is back
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

// Append a gauge for each server and state: how many workers see it so; and a JSON array of
// objects. Throw what the string's memory throws.
void append_servers_prometheus(const std::pmr::vector<RedisServerSummary>& servers,
                               std::pmr::string& out);
void append_servers_json(const std::pmr::vector<RedisServerSummary>& servers,
                         std::pmr::string& out);

}  // namespace personalize
