#include "report/command_line/stopping.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

namespace personalize::report {

namespace {

std::atomic<bool> stopped{false};

void stop(int /*signal*/) {
  stopped = true;
}

}  // namespace

void stop_by_signals() {
  struct sigaction action {};
  action.sa_handler = stop;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool is_stopped() noexcept {
  return stopped;
}

void wait(std::chrono::milliseconds pause) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds step{50};
  const auto until = Clock::now() + pause;
  while (!stopped && Clock::now() < until) {
    std::this_thread::sleep_for(std::min(pause, step));
  }
}

}  // namespace personalize::report
