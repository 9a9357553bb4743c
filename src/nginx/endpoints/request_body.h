// The body of a request of a runtime script.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>

#include "nginx/platform/ngx.h"

namespace personalize {

// Returns the request's body, which was read, in one piece; nullopt if it is larger than `max`, or
// cannot be read. Throws what `memory` throws.
std::optional<std::pmr::string> body_of(const ngx_http_request_t* r, std::size_t max,
                                        std::pmr::memory_resource* memory);

}  // namespace personalize
