// NGINX variables that a configuration asks for by their names.
#pragma once

#include <string>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "personalize/attributes/attribute.h"

namespace personalize {

// Returns whether there is a variable of the name, in lower case. Call it after http was read.
bool is_known_variable(ngx_conf_t* cf, std::string_view name);

// Gives each attribute var.NAME the index of its variable. Throws ConfigError if NGINX has no such
// variable. Call it after http was read; calling it again changes nothing.
void bind_variables(ngx_conf_t* cf, AttributeTable& attributes);

}  // namespace personalize
