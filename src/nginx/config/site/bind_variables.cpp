#include "nginx/config/site/bind_variables.h"

#include <algorithm>
#include <iterator>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/platform/core_conf.h"
#include "nginx/platform/memory.h"

namespace personalize {

bool is_known_variable(ngx_conf_t* cf, std::string_view name) {
  const auto& core = core_main_conf(cf);

  const auto* keys = static_cast<const ngx_hash_key_t*>(core.variables_keys->keys.elts);
  const auto* prefixes = static_cast<const ngx_http_variable_t*>(core.prefix_variables.elts);
  return std::any_of(keys, keys + core.variables_keys->keys.nelts,
                     [&](const ngx_hash_key_t& key) { return view(key.key) == name; }) ||
         std::any_of(prefixes, prefixes + core.prefix_variables.nelts,
                     [&](const ngx_http_variable_t& prefix) {
                       return name.substr(0, prefix.name.len) == view(prefix.name);
                     });
}

void bind_variables(ngx_conf_t* cf, AttributeTable& attributes) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    Attribute& attribute = attributes[id];
    if (attribute.root != Root::variable) {
      continue;
    }
    const std::string lower = ascii::lowered(attribute.name);
    if (!is_known_variable(cf, lower)) {
      throw ConfigError(attribute.where, "unknown attribute " + quoted(attribute.spelling) +
                                             ": NGINX has no variable $" + attribute.name);
    }
    ngx_str_t name = ngx_view(copy_to_pool(cf->pool, lower));
    const ngx_int_t index = ngx_http_get_variable_index(cf, &name);
    if (index == NGX_ERROR) {
      throw ConfigError(attribute.where, "variable $" + attribute.name + " cannot be used");
    }
    attribute.index = static_cast<std::uint32_t>(index);
  }
}

}  // namespace personalize
