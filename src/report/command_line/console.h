// What people see on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "personalize/report/reading.h"

namespace personalize::report {

// Prints the first few complaints, and counts all.
class ConsoleComplaints : public Complaints {
 public:
  void damaged(const std::string& where, const std::string& problem) override;
  std::uint64_t count() const noexcept { return count_; }
  // Prints how many there were, if not all have been printed.
  void finish() const;

 private:
  std::uint64_t count_ = 0;
};

// One line that is written over, a few times a second.
class ConsoleProgress : public Progress {
 public:
  void update(std::uint64_t events, std::uint64_t done, std::uint64_t total) override;
  // Removes the line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point shown_;
  bool is_shown_ = false;
};

}  // namespace personalize::report
