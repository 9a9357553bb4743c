// When the sessions of visitors began, as far as page views and other events tell.
#pragma once

#include <cstdint>

#include "personalize/record/set_table.h"

namespace personalize {

// A table of a fixed size (64 Ki visitors, 768 KiB). If a part of it is full, it forgets the
// visitor who was away longest, whose next event begins another session.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class SessionStarts {
 public:
  // Notes that the visitor of that hash, which nobody outside can choose, is here. Returns when the
  // visitor's session began: now, if nothing was noted for `timeout_s`. `now_s` are seconds of a
  // clock that all callers share.
  std::uint32_t note(std::uint64_t visitor, std::int64_t now_s, std::int64_t timeout_s) noexcept;

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t began_s = 0;
    std::uint32_t used_s = 0;
  };

  using Table = SetTable<Entry, 8192>;

  Table table_;
};

}  // namespace personalize
