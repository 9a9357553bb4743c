#include "nginx/request/headers/conditional_headers.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "base/text/ascii.h"
#include "nginx/platform/memory.h"

namespace personalize {

namespace {

constexpr ngx_table_elt_t* ngx_http_headers_in_t::*condition_headers[] = {
    &ngx_http_headers_in_t::if_modified_since,
    &ngx_http_headers_in_t::if_unmodified_since,
    &ngx_http_headers_in_t::if_match,
    &ngx_http_headers_in_t::if_none_match,
    &ngx_http_headers_in_t::range,
    &ngx_http_headers_in_t::if_range,
};

// Ranges of other units are an application's own, and are not asked of pages.
bool is_of_bytes(const ngx_table_elt_t* range) noexcept {
  constexpr std::string_view unit = "bytes=";
  return range == nullptr ||
         ascii::equal_ignoring_case(view(range->value).substr(0, unit.size()), unit);
}

// Replaces the list of headers by a copy without those for which `is_hidden` holds. The old
// elements stay where they are, since others point to them. Returns false if allocation fails.
template <class IsHidden>
bool copy_headers(ngx_pool_t* pool, ngx_list_t& headers, IsHidden is_hidden) noexcept {
  ngx_list_t kept;
  if (ngx_list_init(&kept, pool, 16, sizeof(ngx_table_elt_t)) != NGX_OK) {
    return false;
  }
  for (ngx_list_part_t* part = &headers.part; part != nullptr; part = part->next) {
    auto* elements = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_hidden(elements[i])) {
        continue;
      }
      auto* copy = static_cast<ngx_table_elt_t*>(ngx_list_push(&kept));
      if (copy == nullptr) {
        return false;
      }
      *copy = elements[i];
    }
  }
  const bool is_in_first_part = kept.last == &kept.part;
  headers = kept;
  if (is_in_first_part) {
    headers.last = &headers.part;
  }
  return true;
}

}  // namespace

void ConditionalHeaders::hide() noexcept {
  ngx_http_headers_in_t& headers = r_->headers_in;
  if (!hidden_.empty() || !is_of_bytes(headers.range)) {
    return;
  }
  try {
    for (const auto header : condition_headers) {
      if (headers.*header != nullptr) {
        hidden_.push_back(*(headers.*header));
      }
    }
  } catch (const std::bad_alloc&) {
    hidden_.clear();
  }
  if (hidden_.empty()) {
    return;
  }
  const auto is_hidden = [&](const ngx_table_elt_t& header) {
    return std::any_of(hidden_.begin(), hidden_.end(), [&](const ngx_table_elt_t& hidden) {
      return hidden.key.data == header.key.data;
    });
  };
  if (!copy_headers(r_->pool, headers.headers, is_hidden)) {
    hidden_.clear();
  }
}

void ConditionalHeaders::restore() noexcept {
  for (const auto& header : hidden_) {
    auto* place = static_cast<ngx_table_elt_t*>(ngx_list_push(&r_->headers_in.headers));
    if (place != nullptr) {
      *place = header;
    }
  }
  hidden_.clear();
}

void ConditionalHeaders::make_up_for() noexcept {
  const bool is_hidden = !hidden_.empty();
  restore();
  // NGINX itself answers what comes from a cache of its own, or is for it, in any case.
  const bool is_passed_on = r_->upstream != nullptr && r_->disable_not_modified;
  if (!is_hidden || !is_passed_on || r_->headers_out.status != NGX_HTTP_OK) {
    return;
  }
  r_->disable_not_modified = 0;
  // Upstreams take any date that is not before the last change (RFC 9110, 13.1.3), NGINX's filter
  // by default that of the change alone.
  const ngx_table_elt_t* since = r_->headers_in.if_modified_since;
  ngx_http_headers_out_t& head = r_->headers_out;
  if (since != nullptr && head.last_modified != nullptr && head.last_modified_time != -1) {
    const time_t date = ngx_parse_http_time(since->value.data, since->value.len);
    head.last_modified_time = std::max(head.last_modified_time, date);
  }
  const ngx_table_elt_t* accepted = r_->headers_out.accept_ranges;
  const bool has_ranges = accepted == nullptr || view(accepted->value) != "none";
  const bool is_range_asked_for = r_->headers_in.range != nullptr && !r_->allow_ranges;
  if (is_range_asked_for && has_ranges && r_->headers_out.content_length_n != -1) {
    ngx_http_clear_accept_ranges(r_);  // NGINX adds its own
    r_->allow_ranges = 1;
    r_->single_range = 1;
  }
}

}  // namespace personalize
