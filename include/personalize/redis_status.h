// The state of each Redis server, for Prometheus and for JSON.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

struct RedisServerStatus {
  std::string_view server;  // its address; any bytes
  std::string_view role;    // standalone, master, replica, sentinel
  std::string_view state;   // idle, connecting, connected, down
  std::uint32_t in_flight = 0;
};

// Append a gauge for each server, 1 unless it is down; and a JSON array of objects. Throw what the
// string's memory throws.
void append_servers_prometheus(const std::pmr::vector<RedisServerStatus>& servers,
                               std::pmr::string& out);
void append_servers_json(const std::pmr::vector<RedisServerStatus>& servers, std::pmr::string& out);

}  // namespace personalize
