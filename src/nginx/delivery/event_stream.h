// Sends events to a Redis stream. Nothing waits for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "nginx/delivery/event_options.h"
#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/events.h"
#include "personalize/record/counters.h"
#include "personalize/record/event_ring.h"

namespace personalize {

// Events wait in a ring, the oldest of which make room for new ones. What is sent leaves the ring,
// and is not sent again whatever becomes of it: it is written, refused or unacknowledged.
class EventStream {
 public:
  // All must outlive this. Throws bad_alloc.
  EventStream(const EventOptions& options, RedisClient& redis, SharedEvents& shared,
              Counters& counters, ngx_log_t* log);
  // Counts what is left as dropped.
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Takes the record of an event (event.h). If it is not written in the end, its mark is forgotten.
  void add(std::string_view record, SharedEvents::Mark mark) noexcept;

 private:
  // So many commands leave room on the connection for requests that wait for a reply.
  static constexpr std::size_t most_in_flight = 256;

  // An event that was sent.
  class Flight final : public RedisCommandHandler {
   public:
    void on_reply(const RedisReply& reply) noexcept override { stream->land(*this, &reply); }
    void on_failure(RedisFailure) noexcept override { stream->land(*this, nullptr); }

    EventStream* stream = nullptr;
    Flight* next = nullptr;  // of those that are free
    SharedEvents::Mark mark = 0;
    bool is_sent = false;
  };

  void on_timer() noexcept;
  bool send(const EventRing::Entry& entry) noexcept;
  void land(Flight& flight, const RedisReply* reply) noexcept;
  void drop(Counter why, SharedEvents::Mark mark) noexcept;
  void drop_all(Counter why) noexcept;
  // Returns whether the worker shuts down and has waited enough.
  bool is_late() noexcept;

  const EventOptions& options_;
  RedisClient& redis_;
  SharedEvents& shared_;
  Counters& counters_;
  ngx_log_t* log_;
  EventRing ring_;
  std::array<Flight, most_in_flight> flights_;
  Flight* free_ = nullptr;
  std::size_t in_flight_ = 0;
  bool is_doubtful_ = false;  // what was sent last was not written: one at a time
  ngx_msec_t late_at_ = 0;    // 0: the worker does not shut down
  EventTimer timer_;          // set while anything waits or is in flight
};

}  // namespace personalize
