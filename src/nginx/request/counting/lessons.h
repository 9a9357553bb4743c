// What one request teaches about items (personalize_learn): of a visitor who is recognized, agrees,
// and is no bot. The caller knows whether it is something that a person looked at or did.
#pragma once

#include <string_view>

#include "nginx/config/configuration.h"
#include "nginx/request/visitor/identity.h"
#include "personalize/signals/session_start.h"

namespace personalize {

// Returns whether anything is learned.
bool is_learning() noexcept;

// Learns from a page view: of a product, or of an order. Other pages teach nothing.
void learn_view(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                Identity& identity, const SessionPage& page) noexcept;

// Learns from a conversion: an order, or what was put into the cart. `items` says which
// (item_ids).
void learn_conversion(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                      Identity& identity, std::string_view metric, std::string_view items) noexcept;

}  // namespace personalize
