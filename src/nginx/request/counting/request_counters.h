// What the metrics count of every request that was personalized, page or not.
#pragma once

#include "nginx/request/facts.h"
#include "nginx/request/hold.h"

namespace personalize {

// Counts a request that is over: how its visitor was recognized, what became of its documents, how
// long it was held, and what regular expressions were given up. `is_page`: a page was personalized.
void count_request(ngx_http_request_t* r, RequestFacts& facts, const Hold& hold,
                   bool is_page) noexcept;

}  // namespace personalize
