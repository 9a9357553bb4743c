// ENDPOINT/slots: what slots of a page show, for scripts that change the page, apps and other
// servers.
//
// The request goes the way of one for the page, through rewriting and access rules, to where the
// page would be asked for; there it is answered.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

class Personalization;

// Answers a request to the endpoint.
ngx_int_t serve_slots(ngx_http_request_t* r);

// Has the request answered in place of the location's content. Called in PRECONTENT for a request
// that asks for slots.
void prepare_slots(ngx_http_request_t* r, Personalization& personalization) noexcept;

}  // namespace personalize
