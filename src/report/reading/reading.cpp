#include "personalize/report/reading.h"

#include <sys/stat.h>

#include <algorithm>

#include "report/reading/line_reader.h"
#include "report/reading/redis_connection.h"

namespace personalize::report {

namespace {

// Reads all inputs, and knows how far that is.
class Reading {
 public:
  Reading(EventSink& sink, Complaints& complaints, Progress* progress)
      : sink_(sink), complaints_(complaints), progress_(progress) {}

  void read_files(const std::vector<std::string>& paths) {
    bool is_known = true;
    for (const auto& path : paths) {
      struct stat status {};
      if (path != "-" && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
        total_ += static_cast<std::uint64_t>(status.st_size);
      } else {
        is_known = false;
      }
    }
    total_ = is_known ? total_ : 0;
    for (const auto& path : paths) {
      read_file(path);
    }
  }

  void read_stream(RedisConnection& redis, const std::string& key) {
    done_ = 0;
    redis.follow(key);
    total_ = static_cast<std::uint64_t>(redis.command({"XLEN", key})->integer);
    redis.send({"XRANGE", key, "-", "+", "COUNT", page_size});
    for (;;) {
      const auto page = redis.receive();
      if (page->elements == 0) {
        break;
      }
      // The server looks for the next page while this one is read.
      const auto last = text_of(*page->element[page->elements - 1]->element[0]);
      redis.send({"XRANGE", key, "(" + std::string(last), "+", "COUNT", page_size});
      for (std::size_t i = 0; i < page->elements; ++i) {
        take_entry(key, *page->element[i]);
      }
    }
    show(done_);
  }

 private:
  // Small enough not to keep a server that others use waiting for more than a millisecond or two.
  static constexpr std::string_view page_size = "1000";
  static constexpr std::uint64_t shown_every = 1U << 14;

  void read_file(const std::string& path) {
    LineReader reader(path);
    while (const auto line = reader.next()) {
      if (line->find_first_not_of(" \t\r") == std::string_view::npos) {
        continue;
      }
      if (const char* problem = read_event_line(*line, event_, scratch_)) {
        complaints_.damaged(path + ":" + std::to_string(reader.line_number()), problem);
        continue;
      }
      take();
      if (events_ % shown_every == 0) {
        show(done_ + reader.position());
      }
    }
    if (!reader.damage().empty()) {
      complaints_.damaged(path + ":" + std::to_string(reader.line_number()), reader.damage());
    }
    done_ += reader.position();
    show(done_);
  }

  void take_entry(const std::string& key, const redisReply& entry) {
    ++done_;
    if (entry.elements != 2) {
      return;
    }
    if (const char* problem = read_event_entry(*entry.element[1], event_)) {
      complaints_.damaged(key + "/" + std::string(text_of(*entry.element[0])), problem);
      return;
    }
    take();
    if (events_ % shown_every == 0) {
      show(done_);
    }
  }

  void take() {
    ++events_;
    sink_.take(event_);
  }

  void show(std::uint64_t done) {
    if (progress_ != nullptr) {
      progress_->update(events_, done, std::max(done, total_));
    }
  }

  EventSink& sink_;
  Complaints& complaints_;
  Progress* progress_;
  Event event_;
  std::string scratch_;
  std::uint64_t events_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

void read_events(const Inputs& inputs, EventSink& sink, Complaints& complaints,
                 Progress* progress) {
  Reading reading(sink, complaints, progress);
  reading.read_files(inputs.files);
  if (!inputs.streams.empty()) {
    RedisConnection redis(inputs.redis);
    for (const auto& key : inputs.streams) {
      reading.read_stream(redis, key);
    }
  }
}

}  // namespace personalize::report
