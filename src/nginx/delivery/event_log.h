// Where a worker's events go.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nginx/delivery/event_file.h"
#include "nginx/delivery/event_options.h"
#include "nginx/delivery/event_stream.h"
#include "personalize/record/event.h"
#include "personalize/signals/pseudonym.h"

namespace personalize {

class EventLog {
 public:
  // All must outlive this; `redis` may be nullptr if there is no stream. Throws bad_alloc, and
  // runtime_error if the system has no randomness.
  EventLog(const EventOptions& options, RedisClient* redis, SharedEvents& shared,
           Counters& counters, ngx_log_t* log);
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  const EventOptions& options() const noexcept { return options_; }
  SharedEvents& shared() noexcept { return shared_; }
  const Pseudonyms& pseudonyms() const noexcept { return pseudonyms_; }

  // Room for the attributes of a request, kept from one request to the next.
  std::string& attributes_room() noexcept { return attributes_; }

  // Writes the event, sooner or later. `mark` is forgotten if it cannot be.
  void write(const Event& event, SharedEvents::Mark mark = 0) noexcept;

  // Makes the record of an event (event.h), of which more is to be found out before write_record()
  // is called. It lives until another event is written. Throws bad_alloc.
  std::string_view encode(const Event& event);
  void write_record(std::string_view record, SharedEvents::Mark mark) noexcept;

 private:
  std::string_view next_id() noexcept;

  const EventOptions& options_;
  SharedEvents& shared_;
  Counters& counters_;
  Pseudonyms pseudonyms_;
  std::optional<EventStream> stream_;
  std::optional<EventFile> file_;
  std::string attributes_;
  std::string record_;        // that is being written; keeps its room
  std::array<char, 40> id_;   // of the last event: random digits of the worker, and a number
  std::uint64_t number_ = 0;  // in it
};

}  // namespace personalize
