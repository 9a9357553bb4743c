// Follows the hash pz:switches in Redis, so that campaigns and experiments can be turned on and off
// without a reload. Each worker has one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/switches.h"
#include "personalize/decision/switches.h"
#include "personalize/record/metrics.h"

namespace personalize {

// The switches of the configuration.
struct SwitchPlan {
  std::vector<std::string> names;  // fields of the hash, each once
  // By Site::number: the index in `names` of each of its Program's switch_names().
  std::vector<std::vector<std::uint32_t>> sites;

  // Adds a site whose program has these switches; returns its number.
  std::uint32_t add(const std::vector<std::string>& switch_names);
};

class RedisSwitches final : private RedisCommandHandler {
 public:
  static constexpr std::string_view key = "pz:switches";

  // Starts to ask, unless `redis` is null or there are no switches. All must outlive this. Throws
  // bad_alloc.
  RedisSwitches(const SwitchPlan& plan, RedisClient* redis, SharedSwitches& shared, ngx_log_t* log);
  ~RedisSwitches();
  RedisSwitches(const RedisSwitches&) = delete;
  RedisSwitches& operator=(const RedisSwitches&) = delete;

  // Returns the last known switches, which stay while Redis cannot be asked.
  const Switches& of(std::uint32_t site) const noexcept { return sites_[site]; }
  // Writes metrics::switches: those that are on or off. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

  // Asks now, since the key has changed.
  void refresh() noexcept;

 private:
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;
  void on_timer() noexcept;
  void set(std::size_t name, Switch value) noexcept;
  void log_unknown() noexcept;

  const SwitchPlan& plan_;
  RedisClient* redis_;
  SharedSwitches& shared_;
  ngx_log_t* log_;
  std::vector<std::string_view> command_;
  Switches all_;
  std::vector<Switches> sites_;
  bool asking_ = false;
  // Most of the time there is no switch: EXISTS is asked first.
  bool asked_exists_ = false;
  bool ask_again_ = false;  // it has changed while the answer was under way
  bool announced_ = false;  // it was logged that the key cannot be read
  bool announced_unknown_ = false;
  ngx_msec_t began_at_ = ngx_current_msec;
  EventTimer timer_;
};

}  // namespace personalize
