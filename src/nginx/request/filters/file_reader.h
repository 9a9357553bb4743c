// Reads what of a page is in a file, so that the page's filter sees it in memory: NGINX's own way,
// with buffers of our own in front of our own filter.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// In `connection->buffered`: something is not read yet. No other module uses this bit.
constexpr unsigned reading_bit = 0x80;

class FileReader {
 public:
  // The filter behind.
  using Next = ngx_int_t (*)(ngx_http_request_t* r, ngx_chain_t* in);

  FileReader(ngx_http_request_t* r, Next next) noexcept;

  // Passes files as they are from now on. Call it before the first read().
  void pass_files() noexcept { chain_.sendfile = 1, chain_.need_in_memory = 0; }

  // A body filter's work: hands on `in` (NULL to go on), with what is in files read. While
  // something is not read, NGINX calls the filters again.
  ngx_int_t read(ngx_chain_t* in) noexcept;

  // Forgets what is not read: the page is given up.
  void stop() noexcept;

 private:
#if (NGX_THREADS)
  static ngx_int_t read_in_thread(ngx_thread_task_t* task, ngx_file_t* file) noexcept;
#endif

  ngx_http_request_t* r_;
  Next next_;
#if (NGX_THREADS)
  ngx_int_t (*thread_handler_)(ngx_thread_task_t*, ngx_file_t*) = nullptr;  // the copy filter's
#endif
  ngx_output_chain_ctx_t chain_{};
};

}  // namespace personalize
