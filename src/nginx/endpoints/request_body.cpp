#include "nginx/endpoints/request_body.h"

#include "nginx/endpoints/own_pages.h"
#include "nginx/request/request_adapter.h"
#include "nginx/worker.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Appends the buffer's bytes. They are in a file with client_body_in_file_only, or if
// client_body_buffer_size was too small. Returns false if there are more than `room`, or they
// cannot be read. Throws what the string's memory throws.
bool append_buffer(const ngx_buf_t& buffer, std::size_t room, std::pmr::string& bytes) {
  if (!buffer.in_file) {
    const auto size = static_cast<std::size_t>(buffer.last - buffer.pos);
    if (size > room) {
      return false;
    }
    bytes.append(reinterpret_cast<const char*>(buffer.pos), size);
    return true;
  }
  const auto size = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
  if (size > room) {
    return false;
  }
  const std::size_t before = bytes.size();
  bytes.resize(before + size);
  return ngx_read_file(buffer.file, reinterpret_cast<u_char*>(&bytes[before]), size,
                       buffer.file_pos) == static_cast<ssize_t>(size);
}

}  // namespace

std::optional<std::pmr::string> body_of(const ngx_http_request_t* r, std::size_t max,
                                        std::pmr::memory_resource* memory) {
  std::pmr::string bytes(memory);
  if (r->request_body == nullptr) {
    return std::nullopt;
  }
  for (const ngx_chain_t* link = r->request_body->bufs; link != nullptr; link = link->next) {
    if (!append_buffer(*link->buf, max - bytes.size(), bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

ngx_int_t read_own_form(ngx_http_request_t* r, std::size_t max, Counter refused,
                        ngx_http_client_body_handler_pt handler) noexcept {
  const ngx_int_t method = require_post(r);
  if (method != NGX_OK) {
    return method;
  }
  RequestAdapter request(r);
  if (!is_from_own_page(r, request) || is_prefetch(request)) {
    count(refused);
    return NGX_HTTP_FORBIDDEN;
  }
  if (r->headers_in.content_length_n < 0) {
    count(refused);
    return NGX_HTTP_LENGTH_REQUIRED;
  }
  if (r->headers_in.content_length_n > static_cast<off_t>(max)) {
    count(refused);
    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
  }
  const ngx_int_t rc = ngx_http_read_client_request_body(r, handler);
  return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

}  // namespace personalize
