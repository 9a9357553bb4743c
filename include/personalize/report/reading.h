// Reads events from JSON lines and from Redis streams.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/report/event.h"

namespace personalize::report {

// Something cannot be read at all. The message names it.
class ReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Takes events one by one. An event's text lives until take() returns.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void take(const Event& event) = 0;
};

// Told of damaged lines and entries, which are passed over.
class Complaints {
 public:
  virtual ~Complaints() = default;
  // `where` is FILE:LINE or STREAM/ENTRY.
  virtual void damaged(const std::string& where, const std::string& problem) = 0;
};

// Shows how far reading is. `done` of `total` are bytes or entries; a `total` of 0 is unknown.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void update(std::uint64_t events, std::uint64_t done, std::uint64_t total) = 0;
};

// Where a Redis server is.
struct RedisAddress {
  std::string host;  // or the path of a socket, with an initial /
  unsigned port = 6379;
  std::string user;  // both from the command line or the environment; "" for none
  std::string password;
  unsigned database = 0;
};

// Reads HOST, HOST:PORT, [IPv6]:PORT, unix:PATH or a path that begins with /. Throws ReadError.
RedisAddress read_redis_address(std::string_view text);

struct Inputs {
  std::vector<std::string> files;  // `-` is standard input; gzip is told by its first bytes
  std::vector<std::string> streams;
  RedisAddress redis;
};

// Reads all events of all inputs, files first. `progress` may be nullptr. Throws ReadError.
void read_events(const Inputs& inputs, EventSink& sink, Complaints& complaints, Progress* progress);

// Reads one JSON line, without its end. Strings with escapes are unescaped into `scratch`, into
// which the event points. Returns what is wrong, or nullptr.
const char* read_event_line(std::string_view line, Event& event, std::string& scratch);

}  // namespace personalize::report
