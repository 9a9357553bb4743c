#include "nginx/delivery/event_stream.h"

#include <algorithm>

#include "nginx/worker.h"
#include "personalize/record/event.h"

namespace personalize {

namespace {

// For how long events are gathered, unless there are many: they share system calls.
constexpr ngx_msec_t gathering = 20;
constexpr std::size_t many = 64;
// Before it is tried again while Redis takes nothing.
constexpr ngx_msec_t retry_interval = 200;
// For how long a worker that shuts down tries to send what is left.
constexpr ngx_msec_t longest_exit = 1000;

// XADD KEY MAXLEN ~ N * field value …
constexpr std::size_t command_head = 6;

}  // namespace

EventStream::EventStream(const EventOptions& options, RedisClient& redis, SharedEvents& shared,
                         Counters& counters, ngx_log_t* log)
    : options_(options),
      redis_(redis),
      shared_(shared),
      counters_(counters),
      log_(log),
      ring_(options.buffer) {
  for (Flight& flight : flights_) {
    flight.stream = this;
    flight.next = free_;
    free_ = &flight;
  }
  timer_.bind<&EventStream::on_timer>(*this, log);
  timer_.keep_worker();
}

EventStream::~EventStream() {
  for (Flight& flight : flights_) {
    if (flight.is_sent) {
      redis_.cancel(flight);
      drop(Counter::event_unacknowledged, flight.mark);
    }
  }
  drop_all(Counter::event_dropped_at_exit);
}

void EventStream::add(std::string_view record, SharedEvents::Mark mark) noexcept {
  while (!ring_.push(record, mark)) {
    if (ring_.is_empty()) {
      drop(Counter::event_dropped_full, mark);
      return;
    }
    drop(Counter::event_dropped_full, ring_.front().tag);
    ring_.pop();
  }
  const bool is_sendable = !is_doubtful_ && in_flight_ < most_in_flight;
  timer_.start_earlier(is_sendable && ring_.count() >= many ? 0 : gathering);
}

void EventStream::on_timer() noexcept {
  const std::size_t most = is_doubtful_ ? 1 : most_in_flight;
  bool is_taken = true;
  while (!ring_.is_empty() && in_flight_ < most && is_taken) {
    is_taken = send(ring_.front());
    if (is_taken) {
      ring_.pop();
    }
  }
  if (is_late()) {
    drop_all(Counter::event_dropped_at_exit);
    return;
  }
  if (!ring_.is_empty() || in_flight_ != 0) {
    timer_.start_earlier(retry_interval);
  }
}

bool EventStream::send(const EventRing::Entry& entry) noexcept {
  std::array<std::string_view, command_head + 2 * most_event_fields> words = {
      "XADD", options_.stream, "MAXLEN", "~", options_.maxlen, "*"};
  std::size_t count = command_head;
  std::string_view rest = entry.record;
  EventField field;
  while (take_field(rest, field)) {
    words[count++] = field.name;
    words[count++] = field.value;
  }
  Flight& flight = *free_;
  if (!redis_.send(words.data(), count, flight)) {
    return false;
  }
  free_ = flight.next;
  flight.mark = entry.tag;
  flight.is_sent = true;
  ++in_flight_;
  return true;
}

void EventStream::land(Flight& flight, const RedisReply* reply) noexcept {
  flight.is_sent = false;
  flight.next = free_;
  free_ = &flight;
  --in_flight_;
  const bool is_written = reply != nullptr && reply->kind == RedisReply::Kind::string;
  is_doubtful_ = !is_written;
  if (is_written) {
    counters_.add(Counter::event_written_to_stream);
  } else {
    drop(reply == nullptr ? Counter::event_unacknowledged : Counter::event_refused, flight.mark);
    if (reply != nullptr) {
      worker().log(Counter::event_refused, log_,
                   "Redis refused an event, see personalize_events: ", reply->text);
    }
  }
  if (!ring_.is_empty()) {
    timer_.start_earlier(is_written ? 0 : retry_interval);
  }
}

void EventStream::drop(Counter why, SharedEvents::Mark mark) noexcept {
  counters_.add(why);
  shared_.forget(mark);
}

void EventStream::drop_all(Counter why) noexcept {
  for (; !ring_.is_empty(); ring_.pop()) {
    drop(why, ring_.front().tag);
  }
}

bool EventStream::is_late() noexcept {
  if (ngx_exiting == 0) {
    return false;
  }
  if (late_at_ == 0) {
    late_at_ = ngx_current_msec + longest_exit;
  }
  return is_due(late_at_);
}

}  // namespace personalize
