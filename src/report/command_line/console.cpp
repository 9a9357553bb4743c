#include "report/command_line/console.h"

#include <unistd.h>

#include <cstdio>

namespace personalize::report {

namespace {

constexpr std::uint64_t printed = 10;

}  // namespace

void ConsoleComplaints::damaged(const std::string& where, const std::string& problem) {
  if (++count_ <= printed) {
    std::fputs(isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "", stderr);  // over the progress
    std::fprintf(stderr, "personalize-report: %s: passed over: %s\n", where.c_str(),
                 problem.c_str());
  }
}

void ConsoleComplaints::finish() const {
  if (count_ > printed) {
    std::fprintf(stderr, "personalize-report: %llu damaged lines or entries were passed over\n",
                 static_cast<unsigned long long>(count_));
  }
}

void ConsoleProgress::update(std::uint64_t events, std::uint64_t done, std::uint64_t total) {
  constexpr auto pause = std::chrono::milliseconds(200);
  const auto now = Clock::now();
  if (now - shown_ < pause) {
    return;
  }
  shown_ = now;
  is_shown_ = true;
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  std::fprintf(stderr, "\r\033[Kread %.1f million events", static_cast<double>(events) / 1e6);
  if (total > 0) {
    std::fprintf(stderr, ", %.0f %%", 100 * static_cast<double>(done) / static_cast<double>(total));
  }
  if (seconds > 0) {
    std::fprintf(stderr, ", %.1f million a second", static_cast<double>(events) / 1e6 / seconds);
  }
  std::fflush(stderr);
}

void ConsoleProgress::finish() {
  if (is_shown_) {
    std::fputs("\r\033[K", stderr);
    is_shown_ = false;
  }
}

}  // namespace personalize::report
