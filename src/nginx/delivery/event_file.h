// Writes events to a file, a JSON object a line. NGINX opens it as it opens logs, and reopens it on
// USR1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "nginx/platform/event_timer.h"
#include "nginx/platform/ngx.h"
#include "personalize/record/counters.h"

namespace personalize {

class EventFile {
 public:
  // Takes a file of the configuration that is being read. Returns nullptr, out of memory, or if it
  // is the file of a log.
  static ngx_open_file_t* open(ngx_conf_t* cf, std::string_view path) noexcept;

  // Returns whether a log has taken the file that open() returned.
  static bool is_taken(const ngx_open_file_t& file) noexcept { return file.flush != flush_file; }

  // All must outlive this. Throws bad_alloc.
  EventFile(ngx_open_file_t& file, Counters& counters, ngx_log_t* log);
  // Writes what is left.
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Takes the record of an event (event.h). Throws bad_alloc.
  void add(std::string_view record);

 private:
  static void flush_file(ngx_open_file_t* file, ngx_log_t* log) noexcept;
  // Writes all lines at once, so that other workers' lines do not get between them.
  void flush() noexcept;

  ngx_open_file_t& file_;
  Counters& counters_;
  ngx_log_t* log_;
  std::string buffer_;
  std::size_t lines_ = 0;  // in the buffer
  bool is_torn_ = false;   // the file ends in the middle of a line
  EventTimer timer_;
};

}  // namespace personalize
