#include "nginx/request/headers/privacy.h"

#include <algorithm>
#include <iterator>

#include "base/text/list_field.h"
#include "base/text/text.h"
#include "nginx/request/headers/response.h"

namespace personalize {

namespace {

// Written by CDNs, proxies and frameworks for a cache on the way, beside those that end in
// `-Cache-Control`. A cache that knows one of these goes by it and not by Cache-Control.
constexpr std::string_view cache_headers[] = {
    "x-accel-expires",      // NGINX
    "edge-control",         // Akamai
    "x-reverse-proxy-ttl",  // Varnish with FOSHttpCache
};

// By which a browser would use the response again.
constexpr std::string_view reuse_headers[] = {"expires",       "pragma",        "etag",
                                              "last-modified", "accept-ranges", "age"};

constexpr std::string_view digest_headers[] = {"content-md5", "content-digest",   "repr-digest",
                                               "digest",      "unencoded-digest", "x-goog-hash"};

// What a page shows, runs or plays. Of these a page has many, and the address of each stands for
// the same bytes as long as the response says.
constexpr std::string_view asset_types[] = {"image/",
                                            "font/",
                                            "audio/",
                                            "video/",
                                            "text/css",
                                            "text/javascript",
                                            "application/javascript",
                                            "application/x-javascript",
                                            "application/wasm",
                                            "application/font-",
                                            "application/vnd.ms-fontobject"};

bool is_of_other_caches(std::string_view name) noexcept {
  constexpr std::string_view suffix = "-cache-control";
  const bool ends_so = name.size() > suffix.size() &&
                       ascii::equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
  return ends_so || is_one_of_ignoring_case(name, cache_headers);
}

// Returns whether a directive of Cache-Control stays beside `private`.
bool stays(std::string_view directive, Reuse reuse) noexcept {
  const auto name = name_of_element(directive);
  if (reuse == Reuse::nobody) {
    constexpr std::string_view stricter[] = {"no-store", "no-transform"};
    return is_one_of_ignoring_case(name, stricter);
  }
  constexpr std::string_view of_shared_caches[] = {"public", "private", "s-maxage",
                                                   "proxy-revalidate"};
  return !name.empty() && !is_one_of_ignoring_case(name, of_shared_caches);
}

void append_directive(std::pmr::string& out, std::string_view directive) {
  out += out.empty() ? "" : ", ";
  out += directive;
}

// A surrogate that processes ESI must still do so (Edge Architecture Specification 1.0).
//   content="ESI/1.0", max-age=60  →  content="ESI/1.0", no-store
// Writes nothing if the header says no more than how long to store.
void write_surrogate_control(std::string_view list, std::pmr::string& out) {
  bool is_needed = false;
  while (!list.empty()) {
    const auto directive = take_element(list);
    const auto name = name_of_element(directive);
    if (ascii::equal_ignoring_case(name, "content")) {
      append_directive(out, directive);
      is_needed = true;
    } else {
      is_needed = is_needed || ascii::equal_ignoring_case(name, "no-store");
    }
  }
  if (is_needed) {
    append_directive(out, "no-store");
  }
}

// Throws bad_alloc.
void make_private(ngx_http_request_t* r, Reuse reuse, std::pmr::memory_resource* memory) {
  const std::string_view own = reuse == Reuse::nobody ? "private, no-cache" : "private";
  std::pmr::string staying(memory);
  for_each_header(r->headers_out.headers, [&](ngx_table_elt_t& header) {
    const auto name = view(header.key);
    if (ascii::equal_ignoring_case(name, "cache-control")) {
      for (auto list = view(header.value); !list.empty();) {
        const auto directive = take_element(list);
        if (stays(directive, reuse)) {
          append_directive(staying, directive);
        }
      }
      header.hash = 0;
    } else if (ascii::equal_ignoring_case(name, "surrogate-control")) {
      std::pmr::string kept(memory);
      write_surrogate_control(view(header.value), kept);
      header.value = ngx_view(copy_to_pool(r->pool, kept));
      header.hash = kept.empty() ? 0 : header.hash;
    } else if (is_of_other_caches(name)) {
      const bool forbids_storing = has_element(view(header.value), "no-store");
      header.hash = forbids_storing ? header.hash : 0;
    } else if (reuse == Reuse::nobody && is_one_of_ignoring_case(name, reuse_headers)) {
      header.hash = 0;
    }
  });
  if (reuse == Reuse::nobody) {
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
    r->headers_out.expires = nullptr;
    r->allow_ranges = 0;
  }
  if (staying.empty()) {
    set_cache_control(r, own);
    return;
  }
  std::pmr::string value(own, memory);
  append_directive(value, staying);
  set_cache_control(r, copy_to_pool(r->pool, value));
}

}  // namespace

Reuse reuse_of(const ngx_http_request_t* r) noexcept {
  const ngx_http_headers_out_t& headers = r->headers_out;
  // It says that the browser may go on using what it has.
  if (headers.status == NGX_HTTP_NOT_MODIFIED) {
    return Reuse::browser;
  }
  const bool is_there = headers.status == NGX_HTTP_OK || headers.status == NGX_HTTP_PARTIAL_CONTENT;
  const auto type = view(headers.content_type);
  const bool is_asset =
      std::any_of(std::begin(asset_types), std::end(asset_types), [&](std::string_view prefix) {
        return ascii::equal_ignoring_case(type.substr(0, prefix.size()), prefix);
      });
  return is_there && is_asset ? Reuse::browser : Reuse::nobody;
}

bool make_private(ngx_http_request_t* r, Reuse reuse) noexcept {
  try {
    PoolMemory memory(r->pool);
    make_private(r, reuse, &memory);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void remove_digests(ngx_http_request_t* r) noexcept {
  constexpr std::string_view checksum = "x-amz-checksum-";
  for_each_header(r->headers_out.headers, [&](ngx_table_elt_t& header) {
    const auto name = view(header.key);
    if (is_one_of_ignoring_case(name, digest_headers) ||
        ascii::equal_ignoring_case(name.substr(0, checksum.size()), checksum)) {
      header.hash = 0;
    }
  });
}

bool forbids_change(const ngx_http_request_t* r) noexcept {
  bool found = false;
  for_each_header(r->headers_out.headers, [&](const ngx_table_elt_t& header) {
    found = found || (ascii::equal_ignoring_case(view(header.key), "cache-control") &&
                      has_element(view(header.value), "no-transform"));
  });
  return found;
}

bool is_download(const ngx_http_request_t* r) noexcept {
  bool found = false;
  for_each_header(r->headers_out.headers, [&](const ngx_table_elt_t& header) {
    if (ascii::equal_ignoring_case(view(header.key), "content-disposition")) {
      const auto value = view(header.value);
      const auto type = ascii::trim(value.substr(0, value.find(';')));
      // A type that is not known means `attachment`; one that is missing, nothing.
      const bool is_type = !type.empty() && type.find('=') == std::string_view::npos;
      found = found || (is_type && !ascii::equal_ignoring_case(type, "inline"));
    }
  });
  return found;
}

}  // namespace personalize
