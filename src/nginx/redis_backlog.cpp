#include "nginx/redis_backlog.h"

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
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      size += words[i].size();
    }
    Command command{&handler, ngx_current_msec + patience, {}, {}};
    command.bytes.reserve(size);
    command.words.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const char* begin = command.bytes.data() + command.bytes.size();
      command.bytes.insert(command.bytes.end(), words[i].begin(), words[i].end());
      command.words.emplace_back(begin, words[i].size());
    }
    commands_.push_back(std::move(command));
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (!timer_.is_set()) {
    timer_.start(patience);
  }
  return true;
}

void RedisBacklog::cancel(const RedisCommandHandler& handler) noexcept {
  for (Command& command : commands_) {
    if (command.handler == &handler) {
      command.handler = nullptr;
    }
  }
}

// Each is out of line before its handler is told, which may cancel others or send more.
RedisBacklog::Command RedisBacklog::take_first() noexcept {
  Command command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

void RedisBacklog::send_all() noexcept {
  for (std::size_t left = commands_.size(); left > 0; --left) {
    const Command command = take_first();
    if (command.handler != nullptr &&
        !client_.send(command.words.data(), command.words.size(), *command.handler)) {
      command.handler->on_failure(RedisFailure::unavailable);
    }
  }
}

void RedisBacklog::fail_all() noexcept {
  for (std::size_t left = commands_.size(); left > 0; --left) {
    const Command command = take_first();
    if (command.handler != nullptr) {
      counters_.add(Counter::breaker_refused);
      command.handler->on_failure(RedisFailure::unavailable);
    }
  }
}

void RedisBacklog::on_timer() noexcept {
  while (!commands_.empty() && is_due(commands_.front().deadline)) {
    const Command command = take_first();
    if (command.handler != nullptr) {
      counters_.add(Counter::redis_timeout);
      command.handler->on_failure(RedisFailure::timeout);
    }
  }
  if (!commands_.empty()) {
    timer_.start(commands_.front().deadline - ngx_current_msec);
  }
}

}  // namespace personalize
