#include "nginx/request/request_adapter.h"

#include "nginx/request/headers/response.h"

namespace personalize {

namespace {

// Returns the path that the client asked for, decoded and normalized as NGINX does it; what `r` has
// if allocation fails.
std::string_view asked_path(ngx_http_request_t* r, std::string_view target) noexcept {
  const auto* core =
      static_cast<ngx_http_core_srv_conf_t*>(ngx_http_get_module_srv_conf(r, ngx_http_core_module));
  // NGINX's parser reads an address from a request, and leaves what it found there.
  ngx_http_request_t parsed{};
  parsed.connection = r->connection;
  parsed.uri_start = ngx_view(target).data;
  parsed.uri_end = parsed.uri_start + target.size();
  parsed.uri.data = static_cast<u_char*>(ngx_pnalloc(r->pool, target.size()));
  const bool is_parsed = parsed.uri.data != nullptr &&
                         ngx_http_parse_complex_uri(&parsed, core->merge_slashes) == NGX_OK;
  return view(is_parsed ? parsed.uri : r->uri);
}

}  // namespace

RequestAdapter::RequestAdapter(ngx_http_request_t* r) noexcept
    : r_(r), path_(view(r->uri)), arguments_(view(r->args)) {
  if (r->valid_unparsed_uri) {
    return;
  }
  // It was rewritten, or an internal redirect led here.
  const auto target = view(r->unparsed_uri).substr(0, view(r->unparsed_uri).find('#'));
  const auto question = target.find('?');
  arguments_ = question == std::string_view::npos ? "" : target.substr(question + 1);
  const auto path = target.substr(0, question);
  path_ = path.empty() ? "/" : asked_path(r, path);
}

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
