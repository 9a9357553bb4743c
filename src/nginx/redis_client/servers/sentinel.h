// A master and its replicas, found through sentinels.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/subscription.h"
#include "nginx/redis_client/options.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/redis_client/servers/backlog.h"
#include "nginx/redis_client/servers/nodes.h"
#include "nginx/redis_client/servers/topology_query.h"
#include "personalize/record/counters.h"

namespace personalize {

// Asks a sentinel who is master when the worker starts, every second, and whenever a server is
// lost; a sentinel also announces a new one. Until the first is known, commands wait for it. A
// master must confirm its role itself, so that no command goes to a demoted one.
class RedisSentinel final : public RedisClient,
                            private RedisLossListener,
                            private RedisHostsListener,
                            private TopologyQueryOwner,
                            private RedisSubscriber {
 public:
  // Starts to ask. The addresses of `options` are those of the sentinels. `counters` and `log` must
  // outlive this. Throws bad_alloc.
  RedisSentinel(const RedisOptions& options, Counters& counters, ngx_log_t* log);
  ~RedisSentinel() override;

  // Sends what only reads to a replica if `options` say so and one is up, anything else to the
  // master.
  using RedisClient::send;
  bool send(const std::string_view* words, std::size_t count,
            RedisCommandHandler& handler) noexcept override;
  void cancel(const RedisCommandHandler& handler) noexcept override;
  void set_topology_listener(RedisTopologyListener& listener) noexcept override {
    listener_ = &listener;
  }
  void add_status(std::pmr::vector<RedisServerStatus>& servers) const override;
  void reconsider() noexcept override { topology_query_.soon(); }

 private:
  // A question, and the function that takes its answer.
  class Query;
  class ReplicaRead;

  void on_server_lost(const RedisServer&) noexcept override { topology_query_.soon(); }
  void on_resolved() noexcept override { topology_query_.soon(); }
  std::size_t candidates() const noexcept override { return options_.addresses.size(); }
  bool ask(std::size_t candidate) noexcept override;
  void on_nobody_knew() noexcept override { backlog_.fail_all(); }

  // Announcements, from any of the sentinels.
  void on_open() noexcept override { watch_.subscribe(); }
  void on_message(const RedisReply& payload) noexcept override;
  void on_lost(const RedisReason* news) noexcept override;
  const char* remedy(std::string_view error) const noexcept override;

  // Commands
  bool send_to_replica(const std::string_view* words, std::size_t count,
                       RedisCommandHandler& handler) noexcept;
  bool send_to_master(const std::string_view* words, std::size_t count,
                      RedisCommandHandler& handler) noexcept;
  bool send_to_master_instead(const ReplicaRead& read) noexcept;
  void on_reply(ReplicaRead& read, const RedisReply& reply) noexcept;
  void on_failure(ReplicaRead& read, RedisFailure why) noexcept;

  // Who is master
  void on_master(const RedisReply* reply) noexcept;
  void on_replicas(const RedisReply* reply) noexcept;
  void ask_for_replicas() noexcept;
  void follow(RedisNode* master, std::vector<RedisNode*> replicas);
  void done() noexcept;
  void log_no_master(const RedisReply& reply) noexcept;

  RedisOptions options_;          // of sentinels
  RedisOptions master_options_;   // of masters
  RedisOptions replica_options_;  // of replicas
  Counters& counters_;
  ngx_log_t* log_;
  RedisNodes sentinels_;
  RedisNodes masters_;
  RedisNodes replicas_;
  RedisTopologyListener* listener_ = nullptr;

  RedisBacklog backlog_;                           // until there is a master
  std::pmr::unsynchronized_pool_resource memory_;  // of replica_reads_
  std::pmr::list<ReplicaRead> replica_reads_;      // under way
  RedisNode* master_ = nullptr;
  std::vector<RedisNode*> replicas_of_master_;
  std::size_t next_replica_ = 0;

  std::unique_ptr<Query> master_query_;
  std::unique_ptr<Query> replicas_query_;
  RedisNode* asked_ = nullptr;
  RedisNode* named_ = nullptr;  // the master that it named
  bool overtaken_ = false;      // another master was announced since the question was sent
  TopologyQuery topology_query_;
  RedisSubscription watch_;  // for announcements
  ngx_msec_t next_log_ = 0;
};

}  // namespace personalize
