#include "nginx/redis_client/followers/watch.h"

#include <algorithm>
#include <new>

#include "nginx/redis_client/servers/nodes.h"

namespace personalize {

RedisWatch::RedisWatch(const RedisOptions& options, const std::vector<std::string>& prefixes,
                       RedisClient& client, RedisSwitches& switches, SharedCache& cache,
                       Counters& counters, ngx_log_t* log)
    : prefixes_(prefixes),
      client_(client),
      switches_(switches),
      cache_(cache),
      counters_(counters),
      log_(log) {
  if (options.mode == RedisMode::standalone) {
    watch(options);
  } else {
    client_.set_topology_listener(*this);
  }
  if (options.mode != RedisMode::cluster) {
    swaps_.emplace(client_, switches_, cache_, counters_, log_);
  }
}

void RedisWatch::on_servers(const std::vector<RedisNode*>& servers) noexcept {
  const auto is_gone = [&](const auto& watched) {
    return std::none_of(servers.begin(), servers.end(), [&](const RedisNode* server) {
      return server->options().name == watched->server();
    });
  };
  watched_.erase(std::remove_if(watched_.begin(), watched_.end(), is_gone), watched_.end());

  for (const RedisNode* server : servers) {
    const auto is_this = [&](const auto& watched) {
      return watched->server() == server->options().name;
    };
    if (std::any_of(watched_.begin(), watched_.end(), is_this)) {
      continue;
    }
    try {
      watch(server->options());
    } catch (const std::bad_alloc&) {
      ngx_log_error(NGX_LOG_ERR, log_, 0,
                    "personalize: redis server %s: no memory for invalidation messages",
                    server->options().name.c_str());
    }
  }
}

void RedisWatch::watch(const RedisOptions& server) {
  watched_.push_back(std::make_unique<RedisInvalidation>(server, prefixes_, client_, switches_,
                                                         cache_, counters_, log_));
}

}  // namespace personalize
