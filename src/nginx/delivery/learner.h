// Hands what is learned of visitors on to Redis, in the background. No request waits for it.
#pragma once

#include <cstddef>
#include <list>
#include <memory_resource>

#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/learning.h"
#include "personalize/learn/lesson.h"
#include "personalize/record/counters.h"

namespace personalize {

class Learner final : private RedisCommandHandler {
 public:
  // All must outlive this.
  Learner(const LearnOptions& options, RedisClient& redis, SharedLearning& shared,
          Counters& counters);
  ~Learner();
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  const LearnOptions& options() const noexcept { return options_; }
  SharedLearning& shared() noexcept { return shared_; }

  // Learns, unless the visitor has taught it in the last day; takes a copy. If Redis takes no
  // commands, or too many are in flight, the lesson is dropped and counted.
  void learn(const Lesson& lesson) noexcept;

 private:
  class Flight;
  using Flights = std::pmr::list<Flight>;

  // Replies to commands that nothing depends on.
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;

  bool send(const Command& command, RedisCommandHandler& handler) noexcept;
  void land(const RedisReply* reply) noexcept;
  using Question = const std::pmr::vector<Command>& (LessonCommands::*)();
  void ask(Flight& flight, Question question) noexcept;
  void go_on(Flight& flight) noexcept;
  void conclude(Flight& flight) noexcept;
  Counter learn_news(Flight& flight);

  const LearnOptions& options_;
  RedisClient& redis_;
  SharedLearning& shared_;
  Counters& counters_;
  std::size_t in_flight_ = 0;  // commands
  std::pmr::unsynchronized_pool_resource memory_;
  Flights flights_;  // lessons of which it is not known whether they are news
};

}  // namespace personalize
