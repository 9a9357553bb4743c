// The filter between postpone and gzip: sees the finished page, subrequests and all, and puts the
// slots' content into it.
#include "nginx/request/filters/rewrite_filter.h"

#include <array>

#include "nginx/request/personalization.h"
#include "nginx/request/response.h"

namespace personalize {

namespace {

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// What a shared cache on the way to the client would go by.
constexpr std::string_view caching_headers[] = {"cache-control",     "expires",           "pragma",
                                                "surrogate-control", "cdn-cache-control", "etag",
                                                "last-modified",     "accept-ranges",     "age"};

// `hash` 0 means that a header is not sent.
bool has_name(const ngx_table_elt_t& header, std::string_view lower) {
  return header.hash != 0 && header.key.len == lower.size() &&
         ngx_strncasecmp(header.key.data, ngx_view(lower).data, lower.size()) == 0;
}

void remove_header(ngx_http_request_t* r, std::string_view lower) {
  for (ngx_list_part_t* part = &r->headers_out.headers.part; part != nullptr; part = part->next) {
    auto* elements = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (has_name(elements[i], lower)) {
        elements[i].hash = 0;  // not sent
      }
    }
  }
}

// The answer is one visitor's: nobody may store it for another, and no validator may say of it that
// it has not changed.
bool make_private(ngx_http_request_t* r) {
  for (const auto name : caching_headers) {
    remove_header(r, name);
  }
  ngx_http_clear_content_length(r);
  ngx_http_clear_accept_ranges(r);
  ngx_http_clear_last_modified(r);
  ngx_http_clear_etag(r);
  r->headers_out.expires = nullptr;
  r->allow_ranges = 0;
  return add_header(r, "Cache-Control", "private, no-cache");
}

// Of the policies that stand in the response's own header. More than a few there are not.
Nonces response_nonces(const ngx_http_request_t* r) {
  constexpr std::string_view name = "content-security-policy";
  std::array<std::string_view, 8> policies;
  std::size_t count = 0;
  const ngx_list_part_t* part = &r->headers_out.headers.part;
  for (; part != nullptr; part = part->next) {
    const auto* elements = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts && count < policies.size(); ++i) {
      if (has_name(elements[i], name)) {
        policies[count++] = view(elements[i].value);
      }
    }
  }
  return find_nonces(policies.data(), count);
}

ngx_int_t header_filter(ngx_http_request_t* r) {
  if (r != r->main) {
    return next_header_filter(r);
  }
  auto* personalization =
      static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
  if (personalization == nullptr || !personalization->is_page()) {
    return next_header_filter(r);
  }

  const ngx_table_elt_t* encoding = r->headers_out.content_encoding;
  if (encoding != nullptr && encoding->hash != 0 && encoding->value.len != 0 &&
      view(encoding->value) != "identity") {
    // Some filter compressed the page before us, or nobody could inflate it.
    personalization->refuse_page(Refusal::encoding);
    return next_header_filter(r);
  }
  // Only now is it known what a charset filter has made of the page.
  const Charset charset = charset_of(declared_charset(r->headers_out));
  if (charset == Charset::not_like_ascii) {
    personalization->refuse_page(Refusal::charset);
    return next_header_filter(r);
  }
  // Whether the client takes gzip is for the gzip filter to find out anew.
  r->gzip_tested = 0;
  r->gzip_ok = 0;

  if (!make_private(r)) {
    return NGX_ERROR;
  }
  personalization->give_cookies();

  if (!r->header_only && r->method == NGX_HTTP_GET) {
    personalization->open_stream(response_nonces(r), charset, next_body_filter);
  }
  return next_header_filter(r);
}

ngx_int_t body_filter(ngx_http_request_t* r, ngx_chain_t* in) {
  auto* personalization =
      static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
  if (personalization == nullptr || r != r->main || !personalization->has_stream() ||
      r->filter_finalize) {
    return next_body_filter(r, in);
  }
  return personalization->filter(in);
}

}  // namespace

void install_rewrite_filter() {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = header_filter;
  next_body_filter = ngx_http_top_body_filter;
  ngx_http_top_body_filter = body_filter;
}

}  // namespace personalize
