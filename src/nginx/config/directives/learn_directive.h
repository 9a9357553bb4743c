// personalize_learn [half_life=TIME] [keep=TIME] [by=WORD,…] [top=NUMBER], or off
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Reads the directive into a MainConf.
char* read_learn(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace personalize
