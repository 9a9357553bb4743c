// Helpers by which the rows of location_directives.h read their directives.
#pragma once

#include "nginx/config/configuration.h"
#include "nginx/config/reading/directive.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// The row in the configuration of the location that is being read.
template <class Row>
Row& location_row(void* conf) {
  return *static_cast<LocationConf*>(conf);
}

// Has one of NGINX's own functions read the directive into `member`.
template <class Member>
char* read_into(ngx_conf_t* cf, const ngx_command_t* command, Member& member,
                char* (*read)(ngx_conf_t*, ngx_command_t*, void*)) {
  ngx_command_t at_member = *command;
  at_member.offset = 0;
  return read(cf, &at_member, &member);
}

}  // namespace personalize
