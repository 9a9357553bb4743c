#include "nginx/request/plans/active_filters.h"

#include <vector>

#include "nginx/platform/module.h"

namespace personalize {

namespace {

// Returns the places of their contexts. A filter that stands later in the list of modules runs
// earlier.
std::vector<ngx_uint_t> find_filters_between() {
  std::vector<ngx_uint_t> found;
  bool is_between = false;
  for (ngx_uint_t i = 0; ngx_cycle->modules[i] != nullptr; ++i) {
    const ngx_module_t* module = ngx_cycle->modules[i];
    if (module == &ngx_http_personalize_inflate_filter_module) {
      break;
    }
    if (is_between && module->type == NGX_HTTP_MODULE) {
      found.push_back(module->ctx_index);
    }
    is_between = is_between || module == &ngx_http_personalize_module;
  }
  return found;
}

}  // namespace

bool has_active_filter(const ngx_http_request_t* r) noexcept {
  static const std::vector<ngx_uint_t> filters = find_filters_between();
  for (const ngx_uint_t filter : filters) {
    if (r->ctx[filter] != nullptr) {
      return true;
    }
  }
  return false;
}

}  // namespace personalize
