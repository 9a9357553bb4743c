// Makes what requests use of what was read and merged.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Returns whether responses of the location can be personal: personalize is on, and something that
// decides is declared. Call it when both are merged; compiled locations are active if it holds.
bool can_decide(const ServerConf& server, const LocationConf& location);

// To be called in postconfiguration, when all servers and locations are merged.
char* compile_configuration(ngx_conf_t* cf);

}  // namespace personalize
