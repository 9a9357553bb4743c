#include "nginx/request/counting/page_views.h"

#include <new>

#include "nginx/worker.h"

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

}  // namespace

void keep_page_view(ngx_http_request_t* r, const SessionOptions& options,
                    const PageView& view) noexcept {
  if (!may_keep_session(r->connection, main_conf(r), view.visitor)) {
    return;
  }
  try {
    worker().sessions.write(options, view);
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

}  // namespace personalize
