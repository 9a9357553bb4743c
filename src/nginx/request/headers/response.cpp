#include "nginx/request/headers/response.h"

#include "base/text/ascii.h"
#include "nginx/platform/buffers.h"

namespace personalize {

std::string_view request_header(const ngx_http_request_t* r, std::string_view name) noexcept {
  const ngx_list_part_t* part = &r->headers_in.headers.part;
  for (; part != nullptr; part = part->next) {
    const auto* elements = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      const ngx_table_elt_t& e = elements[i];
      if (e.key.len == name.size() && ngx_memcmp(e.lowcase_key, name.data(), name.size()) == 0) {
        return view(e.value);
      }
    }
  }
  return {};
}

std::string_view declared_charset(const ngx_http_headers_out_t& headers) noexcept {
  if (headers.charset.len != 0) {
    return view(headers.charset);
  }
  constexpr std::string_view name = "charset=";
  const std::string_view type = view(headers.content_type);
  for (std::size_t at = type.find(';'); at != std::string_view::npos; at = type.find(';', at)) {
    at = type.find_first_not_of("; \t", at);
    if (at == std::string_view::npos) {
      break;
    }
    if (ascii::equal_ignoring_case(type.substr(at, name.size()), name)) {
      std::string_view value = type.substr(at + name.size());
      if (!value.empty() && value.front() == '"') {
        value.remove_prefix(1);
        return value.substr(0, value.find('"'));
      }
      return value.substr(0, value.find_first_of("; \t"));
    }
  }
  return {};
}

bool is_gzip(const ngx_http_request_t* r) noexcept {
  const ngx_table_elt_t* encoding = r->headers_out.content_encoding;
  return encoding != nullptr && encoding->hash != 0 &&
         (ascii::equal_ignoring_case(view(encoding->value), "gzip") ||
          ascii::equal_ignoring_case(view(encoding->value), "x-gzip"));
}

namespace {

// Returns nullptr if allocation fails.
ngx_table_elt_t* push_header(ngx_http_request_t* r, std::string_view name,
                             std::string_view value) noexcept {
  auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (header != nullptr) {
    *header = {};
    header->hash = 1;
    header->key = ngx_view(name);
    header->value = ngx_view(value);
  }
  return header;
}

}  // namespace

bool add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) noexcept {
  return push_header(r, name, value) != nullptr;
}

void set_cache_control(ngx_http_request_t* r, std::string_view value) {
  for_each_header(r->headers_out.headers, [](ngx_table_elt_t& header) {
    if (ascii::equal_ignoring_case(view(header.key), "cache-control")) {
      header.hash = 0;
    }
  });
  ngx_table_elt_t* header = push_header(r, "Cache-Control", value);
  if (header == nullptr) {
    throw std::bad_alloc();
  }
#if nginx_version >= 1023000
  r->headers_out.cache_control = header;
#else
  ngx_array_t& known = r->headers_out.cache_control;
  const bool is_made = known.elts != nullptr ||
                       ngx_array_init(&known, r->pool, 1, sizeof(ngx_table_elt_t*)) == NGX_OK;
  known.nelts = 0;
  auto* place = is_made ? static_cast<ngx_table_elt_t**>(ngx_array_push(&known)) : nullptr;
  if (place == nullptr) {
    throw std::bad_alloc();
  }
  *place = header;
#endif
}

ngx_int_t send_body(ngx_http_request_t* r, std::string_view type, std::string_view body,
                    ngx_uint_t status) noexcept {
  r->headers_out.status = status;
  r->headers_out.content_length_n = static_cast<off_t>(body.size());
  r->headers_out.content_type = ngx_view(type);
  r->headers_out.content_type_len = type.size();
  r->headers_out.charset = ngx_view("utf-8");

  const ngx_int_t rc = ngx_http_send_header(r);
  if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
    return rc;
  }
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
  if (buffer == nullptr) {
    return NGX_ERROR;
  }
  set_bytes(*buffer, body);
  buffer->last_buf = 1;
  buffer->last_in_chain = 1;
  ngx_chain_t out = {buffer, nullptr};
  return ngx_http_output_filter(r, &out);
}

}  // namespace personalize
