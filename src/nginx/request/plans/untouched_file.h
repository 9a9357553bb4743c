// Finds out whether a page is a file whose bytes no filter has changed on the way.
//
// NGINX's copy filter reads a file into memory only if a filter asks for that, and whoever changes
// bytes has to ask. Where nobody has, the copy filter is made to pass the file's buffer as it is.
// If that buffer, and no other, arrives at our own filter, the page is the file.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

class UntouchedFile {
 public:
  explicit UntouchedFile(ngx_http_request_t* r) noexcept : r_(r) {}
  ~UntouchedFile() { restore(); }
  UntouchedFile(const UntouchedFile&) = delete;
  UntouchedFile& operator=(const UntouchedFile&) = delete;

  // Called before other header filters, so that their requests for memory can be told from earlier
  // ones.
  void begin() noexcept;

  // Called after the header filters that stand before ours. Returns whether the body may be a file
  // as it is: then find() is to be called with what comes first, and the head can wait for it.
  // Otherwise, all bytes of the body come in memory.
  bool expect() noexcept;
  bool is_expected() const noexcept { return is_expected_; }

  // Called with what comes first of the body. Returns the buffer that is the whole page; nullptr if
  // there is none.
  const ngx_buf_t* find(const ngx_chain_t* in) noexcept;

  // Returns whether a filter that has seen the head since begin() asks for bytes in memory.
  bool is_wanted_in_memory() const noexcept;

  // Returns whether the connection takes bytes from memory alone; after find().
  bool needs_memory() const noexcept { return needs_memory_; }

  // Returns whether the file is an entry of NGINX's cache.
  bool is_cache_entry(const ngx_buf_t& file) const noexcept;

  // Gives NGINX's settings back, if the page is given up.
  void restore() noexcept;

 private:
  ngx_http_request_t* r_;
  bool has_begun_ = false;
  bool is_expected_ = false;
  bool had_sendfile_ = false;
  bool had_need_ = false;  // of memory
  bool needs_memory_ = false;
};

}  // namespace personalize
