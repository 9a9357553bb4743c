#include "nginx/request/plans/active_filters.h"

#include <array>

#include "nginx/platform/module.h"

namespace personalize {

namespace {

// The places of the contexts of filters between the inflate filter and the rewriter. A filter that
// stands later in the list of modules runs earlier.
struct FiltersBetween {
  FiltersBetween() noexcept {
    bool is_between = false;
    for (ngx_uint_t i = 0; ngx_cycle->modules[i] != nullptr; ++i) {
      const ngx_module_t* module = ngx_cycle->modules[i];
      if (module == &ngx_http_personalize_inflate_filter_module) {
        break;
      }
      if (is_between && module->type == NGX_HTTP_MODULE && count < contexts.size()) {
        contexts[count++] = module->ctx_index;
      }
      is_between = is_between || module == &ngx_http_personalize_module;
    }
  }

  std::array<ngx_uint_t, 64> contexts{};  // more filters than anybody has
  std::size_t count = 0;
};

}  // namespace

bool has_active_filter(const ngx_http_request_t* r) noexcept {
  static const FiltersBetween filters;
  for (std::size_t i = 0; i < filters.count; ++i) {
    if (r->ctx[filters.contexts[i]] != nullptr) {
      return true;
    }
  }
  return filters.count == filters.contexts.size();
}

}  // namespace personalize
