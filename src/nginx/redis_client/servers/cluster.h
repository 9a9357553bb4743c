// A Redis Cluster: each command goes to the node that has its key's slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/redis_client/servers/backlog.h"
#include "nginx/redis_client/servers/nodes.h"
#include "nginx/redis_client/servers/topology_query.h"
#include "personalize/record/counters.h"
#include "personalize/redis/cluster.h"

namespace personalize {

// Asks for the map of slots when the worker starts, from time to time, and whenever a node is lost
// or says that a slot has moved. Until there is a first one, commands wait for it.
class RedisCluster final : public RedisClient,
                           private RedisLossListener,
                           private RedisHostsListener,
                           private TopologyQueryOwner {
 public:
  // Starts to ask for the map. The addresses of `options` are the seeds. `counters` and `log` must
  // outlive this. Throws bad_alloc.
  RedisCluster(RedisOptions options, Counters& counters, ngx_log_t* log);
  ~RedisCluster() override;

  using RedisClient::send;
  bool send(const std::string_view* words, std::size_t count,
            RedisCommandHandler& handler) noexcept override;
  void cancel(const RedisCommandHandler& handler) noexcept override;
  void set_topology_listener(RedisTopologyListener& listener) noexcept override;
  void add_status(std::pmr::vector<RedisServerStatus>& servers) const override {
    nodes_.add_status(servers);
  }
  void reconsider() noexcept override { topology_query_.soon(); }

 private:
  class Command;
  class MapQuery;

  // The servers of a shard of the map; nullptr for an unusable address.
  struct Shard {
    RedisNode* master = nullptr;
    std::vector<RedisNode*> replicas;
  };

  void on_server_lost(const RedisServer&) noexcept override { topology_query_.soon(); }
  void on_resolved() noexcept override { topology_query_.soon(); }

  // Commands
  bool wait_for_map(const std::string_view* words, std::size_t count,
                    RedisCommandHandler& handler) noexcept;
  Command* make_command(const std::string_view* words, std::size_t count,
                        RedisCommandHandler& handler);
  static void link(Command& command, Command*& list) noexcept;
  static void unlink(Command& command) noexcept;
  void release(Command& command) noexcept;
  bool dispatch(Command& command) noexcept;
  bool send_to_shard(Command& command, const Shard& shard) noexcept;
  bool send_to(RedisNode& node, Command& command, bool asking) noexcept;
  void on_reply(Command& command, const RedisReply& reply) noexcept;
  void on_failure(Command& command, RedisFailure why) noexcept;
  bool redirect(Command& command, const Redirection& redirection) noexcept;
  bool retry_at_master(Command& command) noexcept;
  bool retry_later(Command& command, bool elsewhere) noexcept;
  void on_retry_timer() noexcept;
  bool retry(Command& command) noexcept;
  RedisNode* another_node(const Command& command) noexcept;
  RedisNode* target(const Command& command, const Redirection& redirection) noexcept;

  // The map
  std::size_t candidates() const noexcept override;
  bool ask(std::size_t candidate) noexcept override;
  void on_nobody_knew() noexcept override { backlog_.fail_all(); }
  void on_map_reply(const RedisReply& reply) noexcept;
  void on_map_failure() noexcept;
  bool adopt(const RedisReply& reply);
  bool is_whole() const noexcept;
  void log_no_map(const char* what) noexcept;

  RedisOptions options_;
  Counters& counters_;
  ngx_log_t* log_;

  std::pmr::unsynchronized_pool_resource memory_;  // of commands
  Command* commands_ = nullptr;                    // under way
  Command* retries_ = nullptr;                     // to be sent again in a moment
  EventTimer retry_timer_;
  RedisBacklog backlog_;  // until there is a map
  RedisNodes nodes_;
  RedisTopologyListener* listener_ = nullptr;

  std::optional<ClusterMap> map_;
  std::vector<Shard> shards_;  // by the indexes of map_->shards()
  std::size_t next_replica_ = 0;
  std::size_t next_other_ = 0;  // shard

  std::unique_ptr<MapQuery> query_;
  RedisNode* asked_ = nullptr;  // for the map, while the reply is under way
  TopologyQuery topology_query_;
  ngx_msec_t next_log_ = 0;
  bool announced_ = false;  // it was logged that there is no map
};

}  // namespace personalize
