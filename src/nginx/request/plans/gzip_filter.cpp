#include "nginx/request/plans/gzip_filter.h"

#include <cstddef>

#include "nginx/platform/memory.h"

namespace personalize::gzip_filter {

namespace {

// Found by name: NGINX can be built without it.
const ngx_module_t* find_module() noexcept {
  for (ngx_uint_t i = 0; ngx_cycle->modules[i] != nullptr; ++i) {
    const ngx_module_t& module = *ngx_cycle->modules[i];
    if (module.type == NGX_HTTP_MODULE &&
        std::string_view(module.name) == "ngx_http_gzip_filter_module") {
      return &module;
    }
  }
  return nullptr;
}

const ngx_module_t* module() noexcept {
  static const ngx_module_t* const found = find_module();
  return found;
}

// Returns where its configuration of a location has the value of a directive; nullptr if it has no
// such directive. The layout is private to the filter, but each directive tells its own place.
const char* find_value(const ngx_http_request_t* r, const ngx_module_t& gzip,
                       std::string_view directive) noexcept {
  for (const ngx_command_t* command = gzip.commands; command->name.len != 0; ++command) {
    if (view(command->name) == directive) {
      return static_cast<const char*>(r->loc_conf[gzip.ctx_index]) + command->offset;
    }
  }
  return nullptr;
}

}  // namespace

void tell_length(ngx_http_request_t* r, off_t length) noexcept {
  if (module() == nullptr || length == -1) {
    return;
  }
  const char* least = find_value(r, *module(), "gzip_min_length");
  if (least != nullptr && length < *reinterpret_cast<const ssize_t*>(least)) {
    r->gzip_tested = 1;
    r->gzip_ok = 0;
  }
}

bool is_active(const ngx_http_request_t* r) noexcept {
  return module() != nullptr && r->ctx[module()->ctx_index] != nullptr;
}

void stand_in(ngx_http_request_t* r) noexcept {
  r->ctx[module()->ctx_index] = nullptr;
}

}  // namespace personalize::gzip_filter
