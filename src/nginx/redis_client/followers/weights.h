// Follows the hash pz:weights in Redis, which says what shares of the visitors the variants of
// experiments with `allocate bandit` get, and keeps the hash pz:experiments, which tells
// personalize-report what is declared of them. Each worker has one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/allocations.h"
#include "personalize/decision/allocations.h"

namespace personalize {

// The experiments of the configuration that allocate themselves. Those of one name, in several
// servers, share their weights.
struct WeightPlan {
  struct Named {
    std::string name;
    std::string declaration;  // JSON, for pz:experiments
    struct Place {
      std::uint32_t site;  // Site::number
      ExperimentId id;
    };
    std::vector<Place> places;
  };
  std::vector<Named> named;
  std::vector<const Program*> programs;  // by Site::number

  // Adds the experiments of the next site.
  void add(const Program& program);
};

class RedisWeights final : private RedisCommandHandler {
 public:
  static constexpr std::string_view key = "pz:weights";
  static constexpr std::string_view declarations_key = "pz:experiments";

  // Starts to ask, unless `redis` is null or there are no such experiments. All must outlive this.
  // Throws bad_alloc.
  RedisWeights(const WeightPlan& plan, RedisClient* redis, SharedAllocations& shared,
               ngx_log_t* log);
  ~RedisWeights();
  RedisWeights(const RedisWeights&) = delete;
  RedisWeights& operator=(const RedisWeights&) = delete;

  // Returns the last known shares, which stay while Redis cannot be asked.
  const Allocations& of(std::uint32_t site) const noexcept { return sites_[site]; }

 private:
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;
  void on_timer() noexcept;
  void ask() noexcept;
  void read(const RedisReply& reply) noexcept;
  void declare() noexcept;
  bool set(std::size_t i, std::string_view text) noexcept;
  void take(std::size_t i, std::string_view text) noexcept;

  const WeightPlan& plan_;
  RedisClient* redis_;
  SharedAllocations& shared_;
  ngx_log_t* log_;
  std::vector<Allocations> sites_;
  std::vector<std::string> texts_;  // by WeightPlan::named: what was read last
  std::vector<std::string_view> question_;
  std::vector<std::string_view> declaration_;
  bool asking_ = false;
  bool declaring_ = false;          // what is asked is to write the declarations
  bool announced_ = false;          // it was logged that the key cannot be read
  bool announced_unknown_ = false;  // and that the declarations cannot be written
  unsigned until_declared_ = 0;
  EventTimer timer_;
};

}  // namespace personalize
