// The request headers that ask for a part of a response, or for a newer one only.
#pragma once

#include <memory_resource>
#include <vector>

#include "nginx/ngx.h"

namespace personalize {

// Hides them while a page is fetched, since a personal page can only be answered as a whole.
class ConditionalHeaders {
 public:
  // Both must outlive this.
  ConditionalHeaders(ngx_http_request_t* r, std::pmr::memory_resource* memory)
      : r_(r), hidden_(memory) {}

  // Takes the headers off the request, so that neither NGINX nor the upstream acts on them. Hides
  // nothing if memory is out.
  void hide() noexcept;
  // Gives them back to NGINX's own filters, for a response that turned out not to be a page.
  void restore() noexcept;

 private:
  struct Hidden {
    ngx_table_elt_t* ngx_http_headers_in_t::*place;
    ngx_table_elt_t* header;
  };

  ngx_http_request_t* r_;
  std::pmr::vector<Hidden> hidden_;
};

}  // namespace personalize
