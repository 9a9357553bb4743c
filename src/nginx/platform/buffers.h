// NGINX's buffers.
#pragma once

#include <string_view>

#include "nginx/platform/memory.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// Notes that all bytes of a buffer are taken, so that its owner can use it again.
inline void take_all(ngx_buf_t& buffer) noexcept {
  buffer.pos = buffer.last;
  if (buffer.in_file) {
    buffer.file_pos = buffer.file_last;
  }
}

// Makes the bytes the content of a buffer; nobody writes to them.
inline void set_bytes(ngx_buf_t& buffer, std::string_view bytes) noexcept {
  const ngx_str_t text = ngx_view(bytes);
  buffer.memory = 1;
  buffer.pos = buffer.start = text.data;
  buffer.last = buffer.end = text.data + text.len;
}

}  // namespace personalize
