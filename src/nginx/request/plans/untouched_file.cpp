#include "nginx/request/plans/untouched_file.h"

namespace personalize {

namespace {

bool is_cache_hit(const ngx_http_request_t* r) noexcept {
#if (NGX_HTTP_CACHE)
  return r->cached != 0 && r->cache != nullptr;
#else
  return false;
#endif
}

// Returns whether the response looks like the whole of a file, whose buffer follows at once: a head
// that waits for it keeps nobody waiting.
bool looks_like_file(const ngx_http_request_t* r) noexcept {
  const bool is_static =
      r->upstream == nullptr && r->allow_ranges != 0 && r->headers_out.last_modified_time != -1;
  return (is_static || is_cache_hit(r)) && r->headers_out.content_length_n > 0;
}

}  // namespace

void UntouchedFile::begin() noexcept {
  if (!has_begun_) {
    has_begun_ = true;
    // A connection with TLS asks for memory from the start.
    had_need_ = r_->main_filter_need_in_memory != 0;
    r_->main_filter_need_in_memory = 0;
  }
}

bool UntouchedFile::expect() noexcept {
  const bool is_wanted = r_->main_filter_need_in_memory != 0 || r_->filter_need_in_memory != 0 ||
                         r_->filter_need_temporary != 0;
  const bool has_body = r_->method == NGX_HTTP_GET && !r_->header_only;
  if (!has_begun_ || is_wanted || !has_body || !looks_like_file(r_)) {
    // The copy filter reads files for us; subrequests inherit it.
    r_->main_filter_need_in_memory = 1;
    has_begun_ = false;
    return false;
  }
  is_expected_ = true;
  had_sendfile_ = r_->connection->sendfile != 0;
  r_->connection->sendfile = 1;
  return true;
}

const ngx_buf_t* UntouchedFile::find(const ngx_chain_t* in) noexcept {
  restore();
  if (in == nullptr || in->next != nullptr) {
    return nullptr;
  }
  const ngx_buf_t& buffer = *in->buf;
  const bool is_whole_file = buffer.in_file && !ngx_buf_in_memory(&buffer) && buffer.last_buf &&
                             buffer.file_last - buffer.file_pos == r_->headers_out.content_length_n;
  return is_whole_file ? &buffer : nullptr;
}

bool UntouchedFile::is_cache_entry(const ngx_buf_t& file) const noexcept {
#if (NGX_HTTP_CACHE)
  return is_cache_hit(r_) && r_->cache->file.fd == file.file->fd;
#else
  return false;
#endif
}

void UntouchedFile::restore() noexcept {
  if (is_expected_) {
    needs_memory_ = !had_sendfile_ || had_need_;
    r_->connection->sendfile = had_sendfile_;
  }
  if (has_begun_) {
    r_->main_filter_need_in_memory = had_need_;
  }
  is_expected_ = false;
  has_begun_ = false;
}

}  // namespace personalize
