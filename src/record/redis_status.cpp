#include "personalize/redis_status.h"

#include "record/quoted.h"

namespace personalize {

void append_servers_prometheus(const std::pmr::vector<RedisServerStatus>& servers,
                               std::pmr::string& out) {
  out +=
      "# HELP personalize_redis_server_up Whether a Redis server is asked (1) or down (0), as the "
      "worker that answers sees it.\n"
      "# TYPE personalize_redis_server_up gauge\n";
  for (const RedisServerStatus& one : servers) {
    out += "personalize_redis_server_up{server=";
    append_quoted(one.server, out);
    out += ",role=";
    append_quoted(one.role, out);
    out += ",state=";
    append_quoted(one.state, out);
    out += one.state == "down" ? "} 0\n" : "} 1\n";
  }
}

void append_servers_json(const std::pmr::vector<RedisServerStatus>& servers,
                         std::pmr::string& out) {
  out += '[';
  for (const RedisServerStatus& one : servers) {
    out += &one == servers.data() ? "{\"server\":" : ",{\"server\":";
    append_quoted(one.server, out);
    out += ",\"role\":";
    append_quoted(one.role, out);
    out += ",\"state\":";
    append_quoted(one.state, out);
    out += ",\"in_flight\":";
    out += std::to_string(one.in_flight);
    out += '}';
  }
  out += ']';
}

}  // namespace personalize
