#include "personalize/redis/pipeline.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace personalize {

Pipeline::Pipeline(const Limits& limits)
    : limits_(limits), line_(std::max<std::uint32_t>(limits.in_flight, 1)) {}

bool Pipeline::add(const std::string_view* words, std::size_t count, RedisCommandHandler* handler,
                   std::uint64_t deadline) noexcept {
  if (size_ == line_.size() || !commands_.add(words, count, limits_.unsent)) {
    return false;
  }
  at(size_) = {handler, deadline};
  ++size_;
  if (handler != nullptr) {
    ++waiting_;
  }
  return true;
}

Pipeline::Received Pipeline::receive(std::string_view& input) noexcept {
  Received received;
  if (input.empty()) {
    return received;
  }
  received.kind = Received::Kind::broken;
  if (size_ == 0) {
    error_ = "a reply that nothing asked for";
    return received;
  }
  if (!reader_) {
    try {
      reader_.emplace(limits_.reply);
    } catch (const std::exception&) {
      error_ = "out of memory";
      return received;
    }
  }
  switch (reader_->read(input)) {
    case ReplyReader::Status::more:
      received.kind = Received::Kind::more;
      break;
    case ReplyReader::Status::reply:
      received.kind = Received::Kind::reply;
      received.handler = pop().handler;
      received.reply = &reader_->reply();
      break;
    case ReplyReader::Status::broken:
      error_ = reader_->error();
      break;
  }
  return received;
}

void Pipeline::cancel(const RedisCommandHandler& handler) noexcept {
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (at(i).handler == &handler) {
      at(i).handler = nullptr;
      --waiting_;
    }
  }
}

std::uint32_t Pipeline::expire(std::uint64_t now) noexcept {
  std::uint32_t count = 0;
  for (auto deadline = next_deadline(); deadline && *deadline <= now; deadline = next_deadline()) {
    RedisCommandHandler* handler = std::exchange(at(expired_).handler, nullptr);
    --waiting_;
    ++count;
    handler->on_failure(RedisFailure::timeout);
  }
  return count;
}

std::optional<std::uint64_t> Pipeline::next_deadline() noexcept {
  while (expired_ < size_ && at(expired_).handler == nullptr) {
    ++expired_;
  }
  if (expired_ == size_) {
    return std::nullopt;
  }
  return at(expired_).deadline;
}

void Pipeline::fail_all(RedisFailure why) noexcept {
  restart();
  for (std::uint32_t left = size_; left > 0; --left) {
    RedisCommandHandler* handler = pop().handler;
    if (handler != nullptr) {
      handler->on_failure(why);
    }
  }
}

void Pipeline::drop_all() noexcept {
  restart();
  while (size_ > 0) {
    pop();
  }
}

Pipeline::Command Pipeline::pop() noexcept {
  const Command command = at(0);
  first_ = (first_ + 1) % static_cast<std::uint32_t>(line_.size());
  --size_;
  if (command.handler != nullptr) {
    --waiting_;
  }
  if (expired_ > 0) {
    --expired_;
  }
  return command;
}

void Pipeline::restart() noexcept {
  commands_.clear();
  reader_.reset();
}

}  // namespace personalize
