// The request headers that ask for a part of a response, or for a newer one only.
#pragma once

#include <memory_resource>
#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

// Keeps them from an upstream that may be asked for a page: a personal page can only be answered as
// a whole. NGINX's own filters, slices and caches see them all the time; the early filter makes
// them treat a page as a whole.
class ConditionalHeaders {
 public:
  // Both must outlive this.
  ConditionalHeaders(ngx_http_request_t* r, std::pmr::memory_resource* memory)
      : r_(r), hidden_(memory) {}

  // Takes the headers out of what NGINX passes on. Hides nothing if allocation fails.
  void hide() noexcept;
  // Puts them back.
  void restore() noexcept;

  // Call it if the upstream was asked without them, and its answer turned out not to be a page.
  // Puts them back, and has NGINX's filters answer instead of the upstream, from the validators and
  // the length that it gave.
  void make_up_for() noexcept;

 private:
  ngx_http_request_t* r_;
  std::pmr::vector<ngx_table_elt_t> hidden_;
};

}  // namespace personalize
