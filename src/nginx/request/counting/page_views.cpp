#include "nginx/request/counting/page_views.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "base/text/ascii.h"
#include "nginx/worker.h"
#include "personalize/base/item_ids.h"

namespace personalize {

namespace {

// Returns whether the client's address may add the visitor to what Redis keeps.
bool may_keep_session(const ngx_connection_t* connection, MainConf& main,
                      std::string_view visitor) noexcept {
  if (main.newcomers.admit(main.newcomer_rule, visitor, connection->sockaddr)) {
    return true;
  }
  count(Counter::session_over_budget);
  worker().log(Counter::session_over_budget, connection->log,
               "too many new visitors come from one address, so nothing is kept of some; see "
               "personalize_new_visitors, and realip if this is a proxy: ",
               view(connection->addr_text));
  return false;
}

// What GA4's events do to what is kept of a visitor's items.
std::optional<ItemChange> change_of(std::string_view metric) noexcept {
  static constexpr std::pair<std::string_view, ItemChange> changes[] = {
      {"purchase", ItemChange::purchased},
      {"add_to_cart", ItemChange::put_into_cart},
      {"remove_from_cart", ItemChange::taken_from_cart},
      {"view_cart", ItemChange::cart_holds},
      {"begin_checkout", ItemChange::cart_holds},
  };
  const auto* found = std::find_if(std::begin(changes), std::end(changes),
                                   [&](const auto& row) { return row.first == metric; });
  return found == std::end(changes) ? std::nullopt : std::optional(found->second);
}

void keep_items(ngx_http_request_t* r, const SessionOptions& options, const PageView& view,
                ItemChange change, const ItemList& items) {
  if (may_keep_session(r->connection, main_conf(r), view.visitor)) {
    worker().sessions.write_items(options, view, change, items);
  }
}

// Writes what is kept of a visitor, if that is allowed. What there is no memory for is lost.
template <class Write>
void keep(ngx_http_request_t* r, const PageView& view, Write write) noexcept {
  if (!may_keep_session(r->connection, main_conf(r), view.visitor)) {
    return;
  }
  try {
    write(worker().sessions);
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

}  // namespace

void keep_page_view(ngx_http_request_t* r, const SessionOptions& options,
                    const PageView& view) noexcept {
  keep(r, view, [&](SessionWriter& sessions) {
    sessions.write(options, view);
    if (!view.page.order.empty()) {
      sessions.write_purchase(options, view);
    }
  });
}

void keep_purchase(ngx_http_request_t* r, const SessionOptions& options,
                   const PageView& view) noexcept {
  keep(r, view, [&](SessionWriter& sessions) { sessions.write_purchase(options, view); });
}

void keep_offers(ngx_http_request_t* r, const PageView& view,
                 const std::pmr::vector<std::string_view>& offers) noexcept {
  if (!offers.empty()) {
    keep(r, view, [&](SessionWriter& sessions) { sessions.write_offers(view, offers); });
  }
}

void keep_item_clicks(ngx_http_request_t* r, std::string_view visitor, std::int64_t now_s,
                      const std::pmr::vector<std::string_view>& clicks) noexcept {
  const PageView view{visitor, now_s, {}, {}};
  if (!clicks.empty()) {
    keep(r, view, [&](SessionWriter& sessions) { sessions.write_item_clicks(view, clicks); });
  }
}

void keep_attention(ngx_http_request_t* r, const SessionOptions& options, std::string_view visitor,
                    std::int64_t now_s, const Attention& attention) noexcept {
  const PageView view{visitor, now_s, {}, {}};
  if (options.keeps_attention && attention.is_any()) {
    keep(r, view,
         [&](SessionWriter& sessions) { sessions.write_attention(options, view, attention); });
  }
}

void keep_items_of_conversion(ngx_http_request_t* r, const SessionOptions& options,
                              std::string_view visitor, std::int64_t now_s, std::string_view metric,
                              std::string_view items) noexcept {
  const auto change = change_of(metric);
  if (!change) {
    return;
  }
  try {
    PoolMemory memory(r->pool);
    const auto ids = item_ids(items, &memory);
    // A text without ids says nothing of the cart, but that of an empty list that it is empty.
    if (!ids.empty() || (change == ItemChange::cart_holds && ascii::trim(items) == "[]")) {
      keep_items(r, options, {visitor, now_s, {}, {}}, *change, ids);
    }
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

void keep_dismissed_item(ngx_http_request_t* r, const SessionOptions& options,
                         std::string_view visitor, std::int64_t now_s,
                         std::string_view item) noexcept {
  try {
    PoolMemory memory(r->pool);
    keep_items(r, options, {visitor, now_s, {}, {}}, ItemChange::dismissed,
               ItemList({item}, &memory));
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

}  // namespace personalize
