// Pages that are prefetched: they are counted when somebody looks at them, by a ticket in the page
// that the runtime script hands in.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "nginx/request/counting/exposures.h"
#include "nginx/request/facts.h"

namespace personalize {

// Appends the ticket of a page to `out`: the view of a visitor's session, and the exposures so far.
// Appends nothing if there is nothing to count. Throws bad_alloc.
void write_ticket(ngx_http_request_t* r, RequestFacts& facts, const Exposures& exposures,
                  std::pmr::string& out);

// Counts what the ticket says, if it is ours, was given to this visitor and was not handed in
// before. Throws what `memory` throws.
void redeem_ticket(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                   Identity& identity, std::string_view ticket, std::pmr::memory_resource* memory);

}  // namespace personalize
