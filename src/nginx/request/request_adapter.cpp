#include "nginx/request/request_adapter.h"

#include "nginx/request/response.h"

namespace personalize {

std::string_view RequestAdapter::header(std::string_view name) noexcept {
  return request_header(r_, name);
}

std::optional<std::string_view> RequestAdapter::cookie_header(std::size_t i) noexcept {
#if nginx_version >= 1023000
  const ngx_table_elt_t* cookie = r_->headers_in.cookie;
  while (cookie != nullptr && i > 0) {
    cookie = cookie->next;
    --i;
  }
  return cookie == nullptr ? std::nullopt : std::optional(view(cookie->value));
#else
  const ngx_array_t& cookies = r_->headers_in.cookies;
  if (i >= cookies.nelts) {
    return std::nullopt;
  }
  return view(static_cast<ngx_table_elt_t* const*>(cookies.elts)[i]->value);
#endif
}

std::string_view RequestAdapter::scheme() noexcept {
#if (NGX_HTTP_SSL || NGX_COMPAT)
  return r_->connection->ssl != nullptr ? "https" : "http";
#else
  return "http";
#endif
}

std::optional<std::string_view> RequestAdapter::variable(std::uint32_t index) noexcept {
  const ngx_http_variable_value_t* value = ngx_http_get_flushed_variable(r_, index);
  if (value == nullptr || value->not_found) {
    return std::nullopt;
  }
  return std::string_view(reinterpret_cast<const char*>(value->data), value->len);
}

std::int64_t RequestAdapter::now_ms() noexcept {
  if (pretended_ms_) {
    return *pretended_ms_;
  }
  const ngx_time_t* now = ngx_timeofday();
  return static_cast<std::int64_t>(now->sec) * 1000 + static_cast<std::int64_t>(now->msec);
}

}  // namespace personalize
