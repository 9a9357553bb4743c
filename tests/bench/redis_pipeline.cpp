// What a command and its reply cost without a socket: GETRANGE of an 800-byte profile, formatted,
// kept in line, and its reply read; in batches as they come from one pass of the event loop.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "personalize/redis/pipeline.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Counter final : personalize::RedisCommandHandler {
  std::size_t bytes = 0;
  void on_reply(const personalize::RedisReply& reply) noexcept override {
    bytes += reply.text.size();
  }
  void on_failure(personalize::RedisFailure) noexcept override {}
};

// Nanoseconds per command; negative where a reply was lost.
double measure(std::size_t batch, std::string_view wire) {
  constexpr std::size_t commands = 200000;
  personalize::Pipeline pipeline(personalize::Pipeline::Limits{});
  Counter counter;
  const std::string_view words[] = {"GETRANGE", "profile:0123456789abcdef", "0", "65536"};
  const auto begin = Clock::now();
  for (std::size_t done = 0; done < commands; done += batch) {
    for (std::size_t i = 0; i < batch; ++i) pipeline.add(words, 4, &counter, 1);
    pipeline.sent(pipeline.unsent().size());
    std::string_view input = wire;
    for (auto received = pipeline.receive(input); received.handler != nullptr;
         received = pipeline.receive(input)) {
      received.handler->on_reply(*received.reply);
    }
  }
  const std::chrono::duration<double, std::nano> taken = Clock::now() - begin;
  return counter.bytes == commands * 800 ? taken.count() / commands : -1;
}

}  // namespace

int main() {
  for (const std::size_t batch : {1, 4, 20}) {
    std::string wire;
    for (std::size_t i = 0; i < batch; ++i) wire += "$800\r\n" + std::string(800, 'x') + "\r\n";
    std::array<double, 7> runs{};
    for (double& run : runs) run = measure(batch, wire);
    std::sort(runs.begin(), runs.end());
    std::printf("%2zu at a time: %.0f ns per command (median of %zu runs)\n", batch,
                runs[runs.size() / 2], runs.size());
  }
  return 0;
}
