#include "nginx/request/counting/conversions.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "nginx/request/counting/lessons.h"
#include "nginx/request/counting/page_views.h"
#include "nginx/request/counting/request_events.h"
#include "nginx/request/personalization.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/request/visitor/response_cookies.h"
#include "nginx/request/visitor/sign_in.h"
#include "nginx/worker.h"
#include "personalize/record/person_commands.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Returns the value; "" if there is none, or allocation fails.
std::string_view evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* compiled) noexcept {
  ngx_str_t value = ngx_null_string;
  const bool is_known =
      compiled != nullptr && ngx_http_complex_value(r, compiled, &value) == NGX_OK;
  return is_known ? ascii::trim(view(value)) : std::string_view();
}

// Returns whether a person can have done something with the request: a page was looked at, or
// something was sent and accepted.
bool is_done_by_person(const ngx_http_request_t* r, RequestView& request) noexcept {
  const ngx_uint_t status = r->headers_out.status;
  if (r->method == NGX_HTTP_GET) {
    return status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE && is_navigation(request);
  }
  constexpr ngx_uint_t sending = NGX_HTTP_POST | NGX_HTTP_PUT | NGX_HTTP_PATCH;
  return (r->method & sending) != 0 && status >= NGX_HTTP_OK && status < NGX_HTTP_BAD_REQUEST &&
         !is_prefetch(request);
}

bool is_met(ngx_http_request_t* r, const Conversion& conversion) noexcept {
  if (conversion.condition == nullptr) {
    return true;
  }
  const std::string_view value = evaluate(r, conversion.condition);
  return !value.empty() && value != "0";
}

// Notes what the visitor bought, or did with the cart.
void keep(ngx_http_request_t* r, const Conversion& conversion, const ServerConf& server,
          RequestView& request, Identity& identity) noexcept {
  const SessionOptions* session = server.site->session;
  if (session == nullptr || !identity.owner().is_known() || identity.is_bot()) {
    return;
  }
  const std::string_view items = evaluate(r, conversion.items);
  const std::int64_t now_s = request.now_ms() / 1000;
  if (conversion.metric != "purchase") {
    keep_items_of_conversion(r, *session, identity.owner().id, now_s, conversion.metric, items);
    return;
  }
  constexpr std::size_t longest_order = 256;
  constexpr std::size_t longest_items = 16384;
  PageView view{identity.owner().id, now_s, {}, {}};
  view.page.order = evaluate(r, conversion.order).substr(0, longest_order);
  view.page.order_value = evaluate(r, conversion.value);
  view.page.order_items = items.size() <= longest_items ? items : std::string_view();
  keep_purchase(r, *session, view);
}

void record(ngx_http_request_t* r, const Conversion& conversion, RequestEvents& events) noexcept {
  Event event;
  event.kind = EventKind::conversion;
  event.metric = conversion.metric;
  event.order = evaluate(r, conversion.order);
  event.items = evaluate(r, conversion.items);
  event.currency = evaluate(r, conversion.currency);
  const std::string_view value = evaluate(r, conversion.value);
  event.value = read_decimal(value);
  if (!value.empty() && !(event.value && std::isfinite(*event.value))) {
    count(Counter::conversion_without_value);
    worker().log(Counter::conversion_without_value, r->connection->log,
                 "the value of a conversion is not a number: ", value);
  }
  events.write_conversion(event);
}

void record(ngx_http_request_t* r, const std::vector<Conversion>& conversions,
            const ServerConf& server, RequestView& request, Identity& identity,
            RequestEvents& events) noexcept {
  for (const Conversion& conversion : conversions) {
    if (is_met(r, conversion)) {
      record(r, conversion, events);
      learn_conversion(r, server, request, identity, conversion.metric,
                       evaluate(r, conversion.items));
      keep(r, conversion, server, request, identity);
    }
  }
}

// Those of a request of which nothing else is known.
void record_alone(ngx_http_request_t* r, const std::vector<Conversion>& conversions) {
  PoolMemory memory(r->pool);
  RequestAdapter request(r);
  const ServerConf& server = server_conf(r);
  if (!is_done_by_person(r, request) || read_preview_cookie(server, request, &memory).grant) {
    return;
  }
  Identity identity(r, server, request, &memory, Identity::Issue::no);
  RequestEvents events(r, server, request, identity);
  record(r, conversions, server, request, identity, events);
}

}  // namespace

void give_conversions(ngx_http_request_t* r, bool is_private) noexcept {
  const std::vector<Conversion>* conversions = location_conf(r).conversions;
  const ServerConf& server = server_conf(r);
  if (conversions == nullptr || !server.site->keeps_state ||
      (r->method == NGX_HTTP_GET && !is_private)) {
    return;
  }
  const bool is_purchase =
      std::any_of(conversions->begin(), conversions->end(), [&](const Conversion& conversion) {
        return conversion.metric == "purchase" && is_met(r, conversion);
      });
  if (!is_purchase) {
    return;
  }
  try {
    PoolMemory memory(r->pool);
    RequestAdapter request(r);
    if (!is_done_by_person(r, request) || read_preview_cookie(server, request, &memory).grant) {
      return;
    }
    Identity identity(r, server, request, &memory, Identity::Issue::no);
    if (!identity.has_consent() || identity.is_bot()) {
      return;
    }
    const SignIn sign_in(r, server, request, identity, &memory);
    if (sign_in.state() == SignIn::State::signed_in) {
      PersonCommands commands(identity.person().key, request.now_ms(), &memory);
      commands.convert_all();
      worker().persons.write(commands.finish());
      return;
    }
    if (sign_in.is_of_others()) {
      return;
    }
    VisitorState state(&memory);
    state.read(find_cookie(request, VisitorState::cookie_name).value_or(std::string_view()),
               request.now_ms());
    if (!state.is_empty()) {
      state.convert_all();
      state.set_sequence(state.sequence() + 1);
      ResponseCookies(r, server).give_state(state);
    }
  } catch (const std::bad_alloc&) {
    // The purchase counts all the same.
  }
}

void record_conversions(ngx_http_request_t* r) noexcept {
  const std::vector<Conversion>* conversions = location_conf(r).conversions;
  const bool is_kept =
      worker().events != nullptr || is_learning() || server_conf(r).site->session != nullptr;
  if (conversions == nullptr || !is_kept) {
    return;
  }
  try {
    Personalization* personalization = Personalization::find(r);
    if (personalization == nullptr) {
      record_alone(r, *conversions);
      return;
    }
    RequestFacts& facts = personalization->facts();
    if (!is_done_by_person(r, facts.request()) || facts.forcing() != nullptr) {
      return;
    }
    RequestEvents events(r, facts.server(), facts.request(), facts.identity(), &facts);
    record(r, *conversions, facts.server(), facts.request(), facts.identity(), events);
  } catch (const std::bad_alloc&) {
    count(Counter::event_dropped_error);
  }
}

}  // namespace personalize
