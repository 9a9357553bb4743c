// Warns of texts that have a hole where nothing is known: "Still thinking about ?".
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// `server` is compiled. A field of a widget that shows a document's value among words needs a
// default, or a condition that asks for that document, itself or by a segment, a value or a list.
void warn_of_holes(ngx_conf_t* cf, const MainConf& main, const ServerConf& server);

}  // namespace personalize
