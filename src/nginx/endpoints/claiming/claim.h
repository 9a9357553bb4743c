// ENDPOINT/claim: a visitor claims what a campaign in a page has offered.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Content handler. Takes a POST from a page of the same site, by a visitor whose id is signed, with
// a form that has the ticket: t=TICKET. Answers
//   200 {"code":"…","text":"…"}   the same ever after; "until":MS, if Redis forgets it then
//   403                           no signed id, no consent, or a ticket that is not theirs
//   410 {"gone":true}             there is nothing left
//   429                           too often
//   503                           Redis has not answered
ngx_int_t serve_claim(ngx_http_request_t* r);

}  // namespace personalize
