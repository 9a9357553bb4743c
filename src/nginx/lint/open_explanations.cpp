#include "nginx/lint/open_explanations.h"

namespace personalize {

namespace {

// Returns the place in another module's configuration of the location which that module's command
// sets; nullptr if there is no such module. In the modules asked below the word there is null where
// nothing is configured.
const void* setting(ngx_conf_t* cf, void** location_confs, std::string_view module,
                    std::string_view command) {
  for (ngx_uint_t i = 0; cf->cycle->modules[i] != nullptr; ++i) {
    const ngx_module_t& one = *cf->cycle->modules[i];
    if (one.name == nullptr || module != one.name) {
      continue;
    }
    for (const ngx_command_t* c = one.commands; c->name.len != 0; ++c) {
      if (view(c->name) == command) {
        const auto* conf = static_cast<const char*>(location_confs[one.ctx_index]);
        return conf + c->offset;
      }
    }
  }
  return nullptr;
}

bool is_set(const void* word) {
  return word != nullptr && *static_cast<void* const*>(word) != nullptr;
}

bool is_restricted(ngx_conf_t* cf, void** location_confs) {
  const void* rules = setting(cf, location_confs, "ngx_http_access_module", "allow");
  bool has_rules = false;
  // For IPv4, IPv6 and Unix sockets.
  for (std::size_t i = 0; rules != nullptr && i < 3; ++i) {
    has_rules = has_rules || is_set(static_cast<void* const*>(rules) + i);
  }
  const void* uri = setting(cf, location_confs, "ngx_http_auth_request_module", "auth_request");
  return has_rules ||
         is_set(setting(cf, location_confs, "ngx_http_auth_basic_module", "auth_basic")) ||
         (uri != nullptr && static_cast<const ngx_str_t*>(uri)->len != 0);
}

}  // namespace

void warn_of_open_explanations(ngx_conf_t* cf, const MainConf& main) {
  for (const auto& explain : main.explains) {
    if (!is_restricted(cf, explain.location_confs)) {
      warn(cf, explain.where,
           "personalize_explain tells everybody what is known of any visitor: write for example "
           "\"allow 127.0.0.1; deny all;\" into its location");
    }
  }
}

}  // namespace personalize
