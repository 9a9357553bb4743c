// What NGINX and personalize-report tell each other about experiments with `allocate bandit`, in
// two hashes of Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/reading/redis_connection.h"

namespace personalize::report {

// A field of pz:experiments, which NGINX writes.
struct DeclaredExperiment {
  std::string name;
  std::string metric;  // METRIC, or METRIC.value
  std::int64_t every_s = 3600;
  double floor = 0;
  std::vector<std::string> variants;
  std::vector<double> shares;  // of the configuration
};

// A field of pz:weights, which NGINX obeys.
struct Weights {
  std::uint64_t version = 0;   // 0 for none, or one that is no number
  std::int64_t time = 0;       // when it was computed, in ms since 1970; 0 if that is not known
  std::vector<double> shares;  // as the variants; empty for none
};

// Read those hashes. Fields that are not what they should be are passed over; `problems` tells.
// Throw ReadError.
std::vector<DeclaredExperiment> read_declared(RedisConnection& redis,
                                              std::vector<std::string>& problems);
Weights read_weights(RedisConnection& redis, const DeclaredExperiment& experiment);

// Throws ReadError.
void write_weights(RedisConnection& redis, const DeclaredExperiment& experiment,
                   const Weights& weights);

}  // namespace personalize::report
