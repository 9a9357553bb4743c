// A consumer of a Redis stream: what it has not acknowledged, it gets again.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "report/reading/redis_connection.h"

namespace personalize::report {

class StreamGroup {
 public:
  struct Names {
    std::string stream;
    std::string group;
    std::string consumer;
  };

  // Creates the group if there is none: it begins with the stream's first entry. Throws ReadError,
  // as all functions do.
  StreamGroup(RedisConnection& redis, Names names);

  // Returns how many entries the stream has dropped before the group read them; 0 if the server
  // does not tell.
  std::uint64_t missed();

  // Gets at most `count` entries: first those that this consumer has got before and not
  // acknowledged, then those that another one has not acknowledged for `abandoned`, then new ones.
  // Waits for new ones for at most `wait`, which may be zero. The reply owns what take() gets.
  Reply read(std::size_t count, std::chrono::milliseconds wait);

  // Calls take(id, pairs) for each entry of such a reply; `pairs` is nullptr where the stream has
  // dropped it.
  static void for_each(const redisReply& reply,
                       const std::function<void(std::string_view, const redisReply*)>& take);

  void acknowledge(const std::vector<std::string>& ids);

 private:
  Reply read_from(std::string_view id, std::size_t count, std::chrono::milliseconds wait);
  Reply claim(std::size_t count);

  RedisConnection& redis_;
  Names names_;
  bool reads_pending_ = true;
  std::chrono::steady_clock::time_point claimed_{};
};

}  // namespace personalize::report
