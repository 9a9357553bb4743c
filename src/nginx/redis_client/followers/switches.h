// Follows the hash pz:switches in Redis, so that campaigns and experiments can be turned on and off
// without a reload. One for each worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/switches.h"
#include "personalize/decision/switches.h"
#include "personalize/record/metrics.h"

namespace personalize {

// What of the hash the configuration knows.
struct SwitchPlan {
  std::vector<std::string> names;  // fields of the hash, each once
  // By Site::number: for each of its Program's switch_names(), the index in `names`.
  std::vector<std::vector<std::uint32_t>> sites;

  // The number for a site whose program has these switches.
  std::uint32_t add(const std::vector<std::string>& switch_names);
};

class RedisSwitches final : private RedisCommandHandler {
 public:
  static constexpr std::string_view key = "pz:switches";

  // Begins to ask where `redis` is not nullptr and there is something to ask for. All must outlive
  // this. Throws bad_alloc.
  RedisSwitches(const SwitchPlan& plan, RedisClient* redis, SharedSwitches& shared, ngx_log_t* log);
  ~RedisSwitches();
  RedisSwitches(const RedisSwitches&) = delete;
  RedisSwitches& operator=(const RedisSwitches&) = delete;

  // As last heard; while Redis cannot be asked, that stays.
  const Switches& of(std::uint32_t site) const noexcept { return sites_[site]; }
  // Writes metrics::switches: those that are on or off. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

  // Asks now: Redis told that the key has changed.
  void refresh() noexcept;

 private:
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;
  void on_timer() noexcept;
  void set(std::size_t name, Switch value) noexcept;
  void say_unknown() noexcept;

  const SwitchPlan& plan_;
  RedisClient* redis_;
  SharedSwitches& shared_;
  ngx_log_t* log_;
  std::vector<std::string_view> command_;
  Switches all_;
  std::vector<Switches> sites_;
  bool asking_ = false;
  // Most of the time no switch is set: only where there is something, it is read.
  bool asks_whether_ = false;
  bool again_ = false;      // it changed while the answer was under way
  bool announced_ = false;  // the log has it that the key cannot be read
  bool announced_unknown_ = false;
  ngx_msec_t began_at_ = ngx_current_msec;
  EventTimer timer_;
};

}  // namespace personalize
