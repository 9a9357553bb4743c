#include "nginx/request/filters/refusal.h"

#include "base/text/ascii.h"
#include "nginx/request/headers/privacy.h"
#include "nginx/request/headers/response.h"
#include "personalize/rewrite/charset.h"

namespace personalize {

namespace {

// Ends the type at its first parameter, as in `text/html ; level=1`: NGINX does so only where that
// is `charset=`.
void trim_content_type(ngx_http_headers_out_t& headers) noexcept {
  std::string_view type = view(headers.content_type).substr(0, headers.content_type_len);
  type = type.substr(0, type.find(';'));
  const std::size_t end = type.find_last_not_of(" \t");
  headers.content_type_len = end == std::string_view::npos ? 0 : end + 1;
}

// What other filters may add or change.
Refusal judge_changeable(const ngx_http_request_t* r) noexcept {
  if (is_download(r)) {
    return Refusal::attachment;
  }
  if (charset_of(declared_charset(r->headers_out)) == Charset::not_like_ascii) {
    return Refusal::charset;
  }
  return forbids_change(r) ? Refusal::no_transform : Refusal::none;
}

bool is_encoded(const ngx_http_request_t* r) noexcept {
  const ngx_table_elt_t* encoding = r->headers_out.content_encoding;
  return encoding != nullptr && encoding->hash != 0 && encoding->value.len != 0 &&
         !ascii::equal_ignoring_case(view(encoding->value), "identity");
}

}  // namespace

bool has_type_of_page(ngx_http_request_t* r, LocationConf& location) noexcept {
  trim_content_type(r->headers_out);
  return ngx_http_test_content_type(r, &location.types) != nullptr;
}

Refusal judge(ngx_http_request_t* r, LocationConf& location) noexcept {
  if (r->headers_out.status != NGX_HTTP_OK) {
    return Refusal::status;
  }
  if (!has_type_of_page(r, location)) {
    return Refusal::type;
  }
  const Refusal refusal = judge_changeable(r);
  const bool is_readable = !is_encoded(r) || is_gzip(r);
  return refusal == Refusal::none && !is_readable ? Refusal::encoding : refusal;
}

Refusal judge_again(ngx_http_request_t* r) noexcept {
  return is_encoded(r) ? Refusal::encoding : judge_changeable(r);
}

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return "";
    case Refusal::off:
      return "off";
    case Refusal::method:
      return "method";
    case Refusal::status:
      return "status";
    case Refusal::type:
      return "type";
    case Refusal::attachment:
      return "attachment";
    case Refusal::charset:
      return "charset";
    case Refusal::encoding:
      return "encoding";
    case Refusal::no_transform:
      return "no_transform";
  }
  return "";
}

std::optional<Counter> counter_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
    case Refusal::off:
    case Refusal::method:
      return std::nullopt;
    case Refusal::status:
      return Counter::passed_status;
    case Refusal::type:
      return Counter::passed_type;
    case Refusal::attachment:
      return Counter::passed_attachment;
    case Refusal::charset:
      return Counter::passed_charset;
    case Refusal::encoding:
      return Counter::passed_encoding;
    case Refusal::no_transform:
      return Counter::passed_no_transform;
  }
  return std::nullopt;
}

}  // namespace personalize
