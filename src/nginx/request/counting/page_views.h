// Page views that go into a visitor's session, and what visitors buy and do with items.
#pragma once

#include "nginx/platform/ngx.h"
#include "personalize/record/session_commands.h"

namespace personalize {

// Has a page view written to Redis, with the order if it is the page of one, unless too many new
// visitors come from the client's address.
void keep_page_view(ngx_http_request_t* r, const SessionOptions& options,
                    const PageView& view) noexcept;

// Has a purchase written to Redis under the same condition: the page's order.
void keep_purchase(ngx_http_request_t* r, const SessionOptions& options,
                   const PageView& view) noexcept;
// Has what the visitor was offered written to Redis under the same condition.
void keep_offers(ngx_http_request_t* r, const PageView& view,
                 const std::pmr::vector<std::string_view>& offers) noexcept;
// Has written to Redis what a conversion says about items: `metric` is GA4's name for what was done
// with them, `items` names them (item_ids()). Others change nothing.
void keep_items_of_conversion(ngx_http_request_t* r, const SessionOptions& options,
                              std::string_view visitor, std::int64_t now_s, std::string_view metric,
                              std::string_view items) noexcept;
// The same of an item that the visitor has dismissed.
void keep_dismissed_item(ngx_http_request_t* r, const SessionOptions& options,
                         std::string_view visitor, std::int64_t now_s,
                         std::string_view item) noexcept;

// Has what the visitor has clicked in lists written to Redis (record/item_clicks.h), under the same
// condition.
void keep_item_clicks(ngx_http_request_t* r, std::string_view visitor, std::int64_t now_s,
                      const std::pmr::vector<std::string_view>& clicks) noexcept;

// Has written to Redis how a page was looked at, under the same condition; nothing if no condition
// asks for it.
void keep_attention(ngx_http_request_t* r, const SessionOptions& options, std::string_view visitor,
                    std::int64_t now_s, const Attention& attention) noexcept;

}  // namespace personalize
