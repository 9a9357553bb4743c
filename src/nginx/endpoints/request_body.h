// The body of a request of a runtime script.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>

#include "nginx/platform/ngx.h"
#include "personalize/record/counters.h"

namespace personalize {

// Returns the request's body, which was read, in one piece; nullopt if it is larger than `max`, or
// cannot be read. Throws what `memory` throws.
std::optional<std::pmr::string> body_of(const ngx_http_request_t* r, std::size_t max,
                                        std::pmr::memory_resource* memory);

// Reads the body of a POST that a page of this very site sent because somebody wanted it, and has
// `handler` called then. Returns what the location's handler is to return; what may not be asked,
// is of unknown length, or larger than `max` is refused and counted by `refused`.
ngx_int_t read_own_form(ngx_http_request_t* r, std::size_t max, Counter refused,
                        ngx_http_client_body_handler_pt handler) noexcept;

}  // namespace personalize
