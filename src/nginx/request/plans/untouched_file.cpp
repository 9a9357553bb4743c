#include "nginx/request/plans/untouched_file.h"

namespace personalize {

namespace {

// Returns the length of the entry of NGINX's cache that the response comes from; 0 if there is
// none, or it is empty. Its head does not say it if the upstream's did not.
off_t cached_length(const ngx_http_request_t* r) noexcept {
#if (NGX_HTTP_CACHE)
  const bool is_hit = r->cached != 0 && r->cache != nullptr;
  return is_hit ? r->cache->length - static_cast<off_t>(r->cache->body_start) : 0;
#else
  return 0;
#endif
}

// Returns whether an upstream answers the request, and not a file to which it has referred.
bool has_upstream(const ngx_http_request_t* r) noexcept {
  return r->upstream != nullptr && r->upstream->cleanup != nullptr;
}

// Returns the length of the file that the response looks like the whole of, and whose buffer
// follows at once, so that a head that waits for it keeps nobody waiting; 0 if it does not.
off_t length_of_file(const ngx_http_request_t* r) noexcept {
  const bool is_static = !has_upstream(r) && r->allow_ranges != 0 &&
                         r->headers_out.last_modified_time != -1 &&
                         r->headers_out.content_length_n > 0;
  return is_static ? r->headers_out.content_length_n : cached_length(r);
}

}  // namespace

void UntouchedFile::begin() noexcept {
  restore();  // of a response in whose place this one is sent
  has_begun_ = true;
  // A connection with TLS asks for memory from the start.
  had_need_ = r_->main_filter_need_in_memory != 0;
  r_->main_filter_need_in_memory = 0;
}

bool UntouchedFile::expect() noexcept {
  // Where a filter has replaced the response, body filters are passed by, and a head must not wait.
  const bool has_body = r_->method == NGX_HTTP_GET && !r_->header_only && !r_->filter_finalize;
  if (!has_begun_ || is_wanted_in_memory() || !has_body || length_of_file(r_) <= 0) {
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
  const off_t length = length_of_file(r_);
  restore();
  if (in == nullptr || in->next != nullptr) {
    return nullptr;
  }
  const ngx_buf_t& buffer = *in->buf;
  const bool is_whole_file = buffer.in_file && !ngx_buf_in_memory(&buffer) && buffer.last_buf &&
                             buffer.file_last - buffer.file_pos == length;
  return is_whole_file ? &buffer : nullptr;
}

bool UntouchedFile::is_wanted_in_memory() const noexcept {
  return r_->main_filter_need_in_memory != 0 || r_->filter_need_in_memory != 0 ||
         r_->filter_need_temporary != 0;
}

bool UntouchedFile::is_cache_entry(const ngx_buf_t& file) const noexcept {
#if (NGX_HTTP_CACHE)
  return cached_length(r_) > 0 && r_->cache->file.fd == file.file->fd;
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
    // Beside what filters have asked for since.
    r_->main_filter_need_in_memory |= had_need_;
  }
  is_expected_ = false;
  has_begun_ = false;
}

}  // namespace personalize
