#include "nginx/delivery/event_log.h"

#include <sys/random.h>

#include <charconv>
#include <stdexcept>

namespace personalize {

namespace {

constexpr std::size_t random_digits = 16;

}  // namespace

EventLog::EventLog(const EventOptions& options, RedisClient* redis, SharedEvents& shared,
                   Counters& counters, ngx_log_t* log)
    : options_(options),
      shared_(shared),
      counters_(counters),
      pseudonyms_(options.salt.empty() ? shared.salt() : std::string_view(options.salt)) {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random))) {
    throw std::runtime_error("getrandom() failed");
  }
  for (std::size_t i = 0; i < random_digits; ++i) {
    id_[i] = "0123456789abcdef"[random >> (4 * i) & 0xFU];
  }
  id_[random_digits] = '-';
  if (!options.stream.empty() && redis != nullptr) {
    stream_.emplace(options, *redis, shared, counters, log);
  }
  if (options.file != nullptr) {
    file_.emplace(*options.file, counters, log);
  }
}

void EventLog::write(const Event& event, SharedEvents::Mark mark) noexcept {
  try {
    write_record(encode(event), mark);
  } catch (const std::bad_alloc&) {
    counters_.add(Counter::event_dropped_error);
    shared_.forget(mark);
  }
}

std::string_view EventLog::encode(const Event& event) {
  encode_event(event, next_id(), record_);
  return record_;
}

void EventLog::write_record(std::string_view record, SharedEvents::Mark mark) noexcept {
  if (stream_) {
    stream_->add(record, mark);
  }
  if (file_) {
    file_->add(record);
  }
}

std::string_view EventLog::next_id() noexcept {
  char* digits = id_.data() + random_digits + 1;
  const char* end = std::to_chars(digits, id_.data() + id_.size(), ++number_).ptr;
  return {id_.data(), static_cast<std::size_t>(end - id_.data())};
}

}  // namespace personalize
