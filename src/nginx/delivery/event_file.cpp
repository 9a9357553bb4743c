#include "nginx/delivery/event_file.h"

#include <algorithm>
#include <utility>

#include "nginx/platform/memory.h"
#include "nginx/worker.h"
#include "personalize/record/event.h"

namespace personalize {

namespace {

constexpr std::size_t buffer_size = std::size_t{64} * 1024;
constexpr std::size_t full = buffer_size - 8192;  // for one more line, as a rule
constexpr ngx_msec_t flush_interval = 1000;

}  // namespace

ngx_open_file_t* EventFile::open(ngx_conf_t* cf, std::string_view path) noexcept {
  ngx_str_t name = ngx_view(path);
  ngx_open_file_t* file = ngx_conf_open_file(cf->cycle, &name);
  if (file == nullptr || file->flush != nullptr) {
    return nullptr;
  }
  file->flush = flush_file;
  return file;
}

// The master has no EventFile.
void EventFile::flush_file(ngx_open_file_t* file, ngx_log_t*) noexcept {
  if (file->data != nullptr) {
    static_cast<EventFile*>(file->data)->flush();
  }
}

EventFile::EventFile(ngx_open_file_t& file, Counters& counters, ngx_log_t* log)
    : file_(file), counters_(counters), log_(log) {
  buffer_.reserve(buffer_size);
  timer_.bind<&EventFile::flush>(*this, log);
  file.data = this;
}

EventFile::~EventFile() {
  flush();
  file_.data = nullptr;
}

void EventFile::add(std::string_view record) {
  const std::size_t before = buffer_.size();
  try {
    if (is_torn_ && before == 0) {
      buffer_ += '\n';
    }
    append_json_line(record, buffer_);
  } catch (const std::bad_alloc&) {
    buffer_.resize(before);
    throw;
  }
  ++lines_;
  if (buffer_.size() >= full) {
    flush();
  } else if (!timer_.is_set()) {
    timer_.start(flush_interval);
  }
}

void EventFile::flush() noexcept {
  timer_.stop();
  if (buffer_.empty()) {
    return;
  }
  const ssize_t written = ngx_write_fd(file_.fd, buffer_.data(), buffer_.size());
  const ngx_err_t error = ngx_errno;
  const std::size_t size = written < 0 ? 0 : static_cast<std::size_t>(written);
  const bool is_whole = size == buffer_.size();
  const auto ends =
      std::count(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size), '\n');
  const auto whole =
      std::min(lines_, static_cast<std::size_t>(ends) - (is_torn_ && ends > 0 ? 1 : 0));
  counters_.add(Counter::event_written_to_file, whole);
  if (!is_whole) {
    counters_.add(Counter::event_dropped_error, lines_ - whole);
    u_char text[NGX_MAX_ERROR_STR];
    const u_char* end = written < 0 ? ngx_strerror(error, text, sizeof(text))
                                    : ngx_cpymem(text, "the disk is full", 16);
    worker().log(Counter::event_dropped_error, log_,
                 "events cannot be written to the file of personalize_events: ",
                 {reinterpret_cast<const char*>(text), static_cast<std::size_t>(end - text)});
  }
  if (size != 0) {
    is_torn_ = buffer_[size - 1] != '\n';
  }
  buffer_.clear();
  lines_ = 0;
}

}  // namespace personalize
