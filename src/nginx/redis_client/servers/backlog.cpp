#include "nginx/redis_client/servers/backlog.h"

#include <memory_resource>
#include <new>
#include <utility>

namespace personalize {

RedisBacklog::RedisBacklog(RedisClient& client, Counters& counters, ngx_log_t* log) noexcept
    : client_(client), counters_(counters) {
  timer_.bind<&RedisBacklog::on_timer>(*this, log);
}

bool RedisBacklog::add(const std::string_view* words, std::size_t count,
                       RedisCommandHandler& handler, ngx_msec_t patience) noexcept {
  if (commands_.size() == most_commands) {
    return false;
  }
  try {
    commands_.push_back(Waiting{&handler, ngx_current_msec + patience,
                                CommandCopy(words, count, *std::pmr::get_default_resource())});
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (!timer_.is_set()) {
    timer_.start(patience);
  }
  return true;
}

void RedisBacklog::cancel(const RedisCommandHandler& handler) noexcept {
  for (Waiting& waiting : commands_) {
    if (waiting.handler == &handler) {
      waiting.handler = nullptr;
    }
  }
}

// A command is removed before its handler is called, which may cancel others or send more.
RedisBacklog::Waiting RedisBacklog::take_first() noexcept {
  Waiting first = std::move(commands_.front());
  commands_.pop_front();
  return first;
}

void RedisBacklog::send_all() noexcept {
  for (std::size_t left = commands_.size(); left > 0; --left) {
    const Waiting waiting = take_first();
    if (waiting.handler != nullptr &&
        !client_.send(waiting.command.words(), waiting.command.count(), *waiting.handler)) {
      waiting.handler->on_failure(RedisFailure::unavailable);
    }
  }
}

void RedisBacklog::fail_all() noexcept {
  for (std::size_t left = commands_.size(); left > 0; --left) {
    const Waiting waiting = take_first();
    if (waiting.handler != nullptr) {
      counters_.add(Counter::breaker_refused);
      waiting.handler->on_failure(RedisFailure::unavailable);
    }
  }
}

void RedisBacklog::on_timer() noexcept {
  while (!commands_.empty() && is_due(commands_.front().deadline)) {
    const Waiting waiting = take_first();
    if (waiting.handler != nullptr) {
      counters_.add(Counter::redis_timeout);
      waiting.handler->on_failure(RedisFailure::timeout);
    }
  }
  if (!commands_.empty()) {
    timer_.start(commands_.front().deadline - ngx_current_msec);
  }
}

}  // namespace personalize
