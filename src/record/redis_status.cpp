#include "personalize/record/redis_status.h"

#include "record/quoted.h"

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

void append_servers_prometheus(const std::pmr::vector<RedisServerSummary>& servers,
                               std::pmr::string& out) {
  out +=
      "# HELP personalize_redis_server_workers Workers for which a Redis server is in that state.\n"
      "# TYPE personalize_redis_server_workers gauge\n";
  for (const RedisServerSummary& one : servers) {
    // Also those that nobody sees: a series that comes and goes is hard to alert on.
    for (const RedisState state : states) {
      out += "personalize_redis_server_workers{server=";
      append_quoted(one.server, out);
      out += ",role=";
      append_quoted(to_string(one.role), out);
      out += ",state=";
      append_quoted(to_string(state), out);
      out += "} ";
      out += std::to_string(one.workers[static_cast<std::size_t>(state)]);
      out += '\n';
    }
  }
}

void append_servers_json(const std::pmr::vector<RedisServerSummary>& servers,
                         std::pmr::string& out) {
  out += '[';
  for (const RedisServerSummary& one : servers) {
    out += &one == servers.data() ? "{\"server\":" : ",{\"server\":";
    append_quoted(one.server, out);
    out += ",\"role\":";
    append_quoted(to_string(one.role), out);
    out += ",\"workers\":";
    for (const RedisState state : states) {
      out += state == RedisState::idle ? '{' : ',';
      append_quoted(to_string(state), out);
      out += ':';
      out += std::to_string(one.workers[static_cast<std::size_t>(state)]);
    }
    out += "},\"in_flight\":";
    out += std::to_string(one.in_flight);
    out += '}';
  }
  out += ']';
}

}  // namespace personalize
