// A Redis server as a worker sees it: a few pipelined connections, opened when they are needed and
// again after they were lost, and not waited for while the server does not answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/platform/ngx.h"
#include "nginx/redis_client/connection/link.h"
#include "nginx/redis_client/options.h"
#include "nginx/redis_client/redis_client.h"
#include "personalize/record/counters.h"
#include "personalize/redis/circuit_breaker.h"
#include "personalize/redis/command.h"

namespace personalize {

class RedisServer;

// Wants to know when a server may no longer have its role.
class RedisLossListener {
 public:
  // Called when a connection to it was lost, or it is down; from the event loop or from inside
  // send().
  virtual void on_server_lost(const RedisServer& server) noexcept = 0;

 protected:
  ~RedisLossListener() = default;
};

class RedisServer final : public RedisClient, private RedisLinkOwner {
 public:
  // `options` have at least one address. Does not connect yet. `counters`, `listener` (which may be
  // null) and `log` must outlive this. Throws bad_alloc.
  RedisServer(RedisOptions options, Counters& counters, RedisLossListener* listener,
              ngx_log_t* log);

  // Closes. Handlers that still wait are not called: this is for the end of the worker.
  ~RedisServer() override = default;

  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Sends any command: all keys are on this server.
  using RedisClient::send;
  bool send(const std::string_view* words, std::size_t count,
            RedisCommandHandler& handler) noexcept override {
    return send(words, count, handler, false);
  }
  // Does the same, with `asking` as in RedisLink::add().
  bool send(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
            bool asking) noexcept;
  void cancel(const RedisCommandHandler& handler) noexcept override;

  void add_status(std::pmr::vector<RedisServerStatus>& servers) const override {
    servers.push_back(status(RedisRole::standalone));
  }
  RedisServerStatus status(RedisRole role) const noexcept {
    return {name(), role, state(), in_flight()};
  }

  RedisState state() const noexcept;
  std::uint32_t in_flight() const noexcept;
  const std::string& name() const noexcept { return options_.name; }

 private:
  using Links = std::vector<std::unique_ptr<RedisLink>>;

  void on_ready(RedisLink& link) noexcept override;
  void on_loss(RedisLink& link, const RedisLoss& loss) noexcept override;
  std::optional<RedisLoss> on_reply(const RedisReply& reply) noexcept override;
  bool on_silence() noexcept override;

  RedisLink* link_for_command(bool keeps_order) noexcept;
  RedisLink* least_loaded(bool ready) const noexcept;
  RedisLink* one_to_open() const noexcept;
  bool is_another_open(const RedisLink& link) const noexcept;

  std::optional<RedisLoss> look_for_master(const RedisReply& refusal) noexcept;

  void go_down(const RedisReason& reason) noexcept;
  void on_retry_timer() noexcept;

  void log_loss(const RedisLink& link, const RedisReason& reason) noexcept;
  void log_error_reply(const RedisReply& reply) noexcept;
  void announce_down(const RedisReason& reason) noexcept;

  RedisOptions options_;
  Counters& counters_;
  RedisLossListener* listener_;
  ngx_log_t* log_;
  Links links_;
  CircuitBreaker breaker_;
  ngx_msec_t failed_at_ = 0;  // when the last time-out was counted
  EventTimer retry_timer_;
  ngx_msec_t next_search_ = ngx_current_msec;  // for a master, after READONLY
  ngx_msec_t search_interval_ = 0;

  RedisReason announced_;  // why it is down, as it was logged
  ngx_msec_t next_down_log_ = 0;
  ngx_msec_t next_error_log_ = 0;
};

}  // namespace personalize
