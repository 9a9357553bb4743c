// Counters: what the module did and why, for Prometheus, for JSON, and for the log.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>

#include "personalize/rewrite/rewrite.h"
#include "personalize/sources/sources.h"

namespace personalize {

// Everything that is counted. src/record/record.cpp gives each its metric, label and help text.
enum class Counter : std::uint8_t {
  // pages of personalised locations
  page_personalized,
  page_default,
  // why such a response was passed on as it was
  passed_status,
  passed_type,
  passed_charset,
  passed_encoding,
  passed_memory,
  // slots that a page came to
  slot_filled,
  slot_default,
  slot_unrendered,
  // what the scanner did not know
  doubt_end_uncertain,
  doubt_foster_parent,
  doubt_content_too_long,
  doubt_token_too_long,
  doubt_not_html,
  // what became of documents
  lookup_hit,
  lookup_stale,
  lookup_fetched,
  lookup_missing,
  lookup_too_large,
  lookup_invalid,
  lookup_wrong_type,
  lookup_error,
  lookup_timeout,
  // waiting for them
  held_page,
  held_ms,
  wait_exceeded,
  held_too_much,
  // visitor cookies
  visitor_known,
  visitor_issued,
  visitor_malformed,
  visitor_forged,
  visitor_without_consent,
  // what runtime scripts tell, and of what
  beacon_accepted,
  beacon_refused,
  event_impression,
  event_click,
  event_dismiss,
  event_conversion,
  // what is written of sessions
  session_sent,
  session_refused,
  session_failed,
  // Redis
  redis_connected,
  redis_connection_lost,
  redis_command,
  redis_timeout,
  redis_error_reply,
  redis_redirected,
  redis_topology_changed,
  breaker_opened,
  breaker_refused,
  // the shared cache
  cache_stored,
  cache_no_room,
  cache_invalidated,
  cache_invalidated_all,

  log_suppressed,
  // not a counter: how many there are
  count,
};
constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count);

// The counter of a look-up's outcome, of a doubt; none for what is not an outcome.
std::optional<Counter> counter_of(Lookup outcome) noexcept;
std::optional<Counter> counter_of(Doubt doubt) noexcept;

// Zero bytes are a valid value, and it may lie in memory that processes share. With one for each
// worker the processors do not contend for the same cache line; readers add them up.
class alignas(64) Counters {
 public:
  void add(Counter counter, std::uint64_t n = 1) noexcept {
    values_[static_cast<std::size_t>(counter)].fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t get(Counter counter) const noexcept {
    return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");
  std::array<std::atomic<std::uint64_t>, counter_count> values_ = {};
};

// Counters as they stood at one time, added up.
class CounterSnapshot {
 public:
  void add(const Counters& counters) noexcept;
  std::uint64_t operator[](Counter counter) const noexcept {
    return values_[static_cast<std::size_t>(counter)];
  }

 private:
  std::array<std::uint64_t, counter_count> values_ = {};
};

// Append the counters to `out`: in Prometheus' text format 0.0.4, to be served as `text/plain;
// version=0.0.4`; and as one JSON object of families, {"pages":{"personalized":1,…},…}, times in
// seconds. False, and `out` as it was, where memory is out.
bool write_prometheus(const CounterSnapshot& counters, std::pmr::string& out) noexcept;
bool write_json(const CounterSnapshot& counters, std::pmr::string& out) noexcept;

// Keeps a log from being flooded by what clients or a broken server can cause: a token bucket for
// each kind of message, named by the counter that goes with it. Used by one thread.
class LogLimiter {
 public:
  // At most `burst` messages of a kind at once, and `per_second` in the long run; both at least 1.
  LogLimiter(std::uint32_t per_second, std::uint32_t burst) noexcept;

  struct Answer {
    bool write;  // this message may be written
    std::uint64_t
        suppressed;  // messages of this kind left out before it; 0 where not to be written
  };
  // `now_ms` from any clock that counts milliseconds; where it jumps back, nothing is lost but
  // time.
  Answer ask(Counter kind, std::int64_t now_ms) noexcept;

 private:
  struct Bucket {
    std::uint64_t thousandths = 0;  // of a message, that may be written
    std::int64_t at_ms = 0;         // when they were counted
    std::uint64_t suppressed = 0;
    bool used = false;
  };

  std::uint64_t per_second_;
  std::uint64_t full_;  // thousandths
  std::array<Bucket, counter_count> buckets_ = {};
};

}  // namespace personalize
