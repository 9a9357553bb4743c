#include "nginx/request/conditional_headers.h"

#include <algorithm>
#include <iterator>
#include <new>

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

// Replaces the list of headers by a copy without those for which `is_hidden` holds. The old
// elements stay where they are, since others point to them. Returns false if memory is out.
template <class IsHidden>
bool copy_headers(ngx_pool_t* pool, ngx_list_t& headers, IsHidden is_hidden) noexcept {
  ngx_list_t kept;
  if (ngx_list_init(&kept, pool, 16, sizeof(ngx_table_elt_t)) != NGX_OK) {
    return false;
  }
  for (ngx_list_part_t* part = &headers.part; part != nullptr; part = part->next) {
    auto* elements = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_hidden(&elements[i])) {
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
  try {
    for (const auto header : condition_headers) {
      if (headers.*header != nullptr) {
        hidden_.push_back({header, headers.*header});
      }
    }
  } catch (const std::bad_alloc&) {
    hidden_.clear();
  }
  if (hidden_.empty()) {
    return;
  }
  const bool is_copied = copy_headers(r_->pool, headers.headers, [&](const ngx_table_elt_t* e) {
    return std::any_of(std::begin(condition_headers), std::end(condition_headers),
                       [&](const auto header) { return headers.*header == e; });
  });
  if (!is_copied) {
    hidden_.clear();
    return;
  }
  for (const auto& hidden : hidden_) {
    headers.*hidden.place = nullptr;
  }
}

void ConditionalHeaders::restore() noexcept {
  for (const auto& hidden : hidden_) {
    r_->headers_in.*hidden.place = hidden.header;
  }
  hidden_.clear();
}

}  // namespace personalize
