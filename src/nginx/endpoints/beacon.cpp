#include "nginx/endpoints/beacon.h"

#include <algorithm>

#include "base/text/copy.h"
#include "nginx/endpoints/own_pages.h"
#include "nginx/endpoints/request_body.h"
#include "nginx/request/counting/claims.h"
#include "nginx/request/counting/page_views.h"
#include "nginx/request/counting/prefetched_pages.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/identity.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/request/visitor/response_cookies.h"
#include "nginx/request/visitor/sign_in.h"
#include "nginx/worker.h"
#include "personalize/record/item_clicks.h"
#include "personalize/record/person_commands.h"
#include "personalize/signals/beacon.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

Counter counter_of(BeaconEvent::Kind kind) noexcept {
  switch (kind) {
    case BeaconEvent::Kind::impression:
      return Counter::event_impression;
    case BeaconEvent::Kind::click:
      return Counter::event_click;
    case BeaconEvent::Kind::dismiss:
      return Counter::event_dismiss;
    case BeaconEvent::Kind::claim:
      return Counter::event_claim;
    case BeaconEvent::Kind::conversion:
      return Counter::event_conversion;
    case BeaconEvent::Kind::answer:
      return Counter::event_answer;
    case BeaconEvent::Kind::finish:
      return Counter::event_finish;
    case BeaconEvent::Kind::lead:
      return Counter::event_lead;
  }
  return Counter::event_impression;
}

// Returns why an event is refused; nothing if it is not. A page may be older than the
// configuration.
std::optional<Counter> refusal_of(const BeaconEvent& event, const MainConf& main,
                                  const Program& program) noexcept {
  if (!event.campaign.empty() && program.campaign(event.campaign) == no_campaign) {
    return Counter::beacon_unknown_campaign;
  }
  if (!event.metric.empty() && !is_known_metric(main, event.metric)) {
    return Counter::beacon_unknown_metric;
  }
  return std::nullopt;
}

// Removes events of what does not exist. Returns why the last one was.
std::optional<Counter> remove_unknown(ngx_http_request_t* r, Beacon& beacon) noexcept {
  const Program& program = *server_conf(r).site->program;
  std::optional<Counter> why;
  auto* const begin = beacon.events.data();
  auto* const end = std::remove_if(begin, begin + beacon.count, [&](const BeaconEvent& event) {
    const auto refusal = refusal_of(event, main_conf(r), program);
    if (refusal) {
      count(*refusal);
      why = refusal;
    }
    return refusal.has_value();
  });
  beacon.count = static_cast<std::size_t>(end - begin);
  return why;
}

void count_events(ngx_http_request_t* r, const Beacon& beacon) noexcept {
  const Site& site = *server_conf(r).site;
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const CampaignId id = site.program->campaign(beacon.events[i].campaign);
    count(counter_of(beacon.events[i].kind));
    const auto event = beacon.events[i].campaign_event();
    if (event && id != no_campaign) {
      main_conf(r).campaign_counters.add(site.number, id, count_of(*event));
    }
  }
}

// Calls visit(event, key) for what is noted of a campaign, and visit_all() for conversions of all.
template <class Visit, class VisitAll>
void for_each_noted(const Program& program, const Beacon& beacon, Visit visit, VisitAll visit_all) {
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const BeaconEvent& event = beacon.events[i];
    const CampaignId id = program.campaign(event.campaign);
    const auto noted = event.state_event();
    if (noted && id != no_campaign && program.keeps_state(id)) {
      visit(*noted, campaign_key(event.campaign));
    } else if (id == no_campaign && event.campaign_event() == CampaignEvent::conversion) {
      visit_all();
    }
  }
}

bool is_noted(const Beacon& beacon, const VisitorState& state) noexcept {
  return beacon.sequence != 0 && state.sequence() >= beacon.sequence;
}

// Adds to the state what the browser has not added yet.
void note(ngx_http_request_t* r, const Beacon& beacon, VisitorState& state) {
  if (is_noted(beacon, state)) {
    return;
  }
  for_each_noted(
      *server_conf(r).site->program, beacon,
      [&](CampaignEvent event, CampaignKey key) { state.apply(event, key); },
      [&] { state.convert_all(); });
  state.set_sequence(std::max(state.sequence() + 1, beacon.sequence));
}

// Notes it of a person, whose browser needs to know no more of it.
void note_of_person(ngx_http_request_t* r, const Beacon& beacon, const Person& person,
                    std::int64_t now_ms, VisitorState& state, std::pmr::memory_resource* memory) {
  PersonCommands commands(person.key, now_ms, memory);
  for_each_noted(
      *server_conf(r).site->program, beacon,
      [&](CampaignEvent event, CampaignKey key) { commands.event(event, key); },
      [&] { commands.convert_all(); });
  if (!is_noted(beacon, state)) {
    state.set_sequence(std::max(state.sequence() + 1, beacon.sequence));
  }
  if (worker().persons.write(commands.finish())) {
    state.forget_campaigns();
  }
}

void refuse(Counter why) noexcept {
  count(Counter::beacon_refused);
  count(why);
}

// Tells the browser's developer why.
ngx_int_t tell(ngx_http_request_t* r, Counter why) noexcept {
  switch (why) {
    case Counter::beacon_unknown_campaign:
      return send_body(r, "text/plain", "unknown campaign\n", NGX_HTTP_BAD_REQUEST);
    case Counter::beacon_unknown_metric:
      return send_body(r, "text/plain", "unknown metric\n", NGX_HTTP_BAD_REQUEST);
    case Counter::beacon_too_many:
      return add_header(r, "Retry-After", "60")
                 ? send_body(r, "text/plain", "too many events\n", NGX_HTTP_TOO_MANY_REQUESTS)
                 : NGX_HTTP_INTERNAL_SERVER_ERROR;
    default:
      return send_body(r, "text/plain", "not understood\n", NGX_HTTP_BAD_REQUEST);
  }
}

ngx_int_t refuse(ngx_http_request_t* r, Counter why) noexcept {
  refuse(why);
  return tell(r, why);
}

// Returns whether the visitor's browser may report so many events. Nothing is written of others.
bool may_report(ngx_http_request_t* r, Identity& identity, std::size_t events) noexcept {
  EventLog* log = worker().events.get();
  const Visitor& visitor = identity.visitor();
  if (log == nullptr || !visitor.is_known()) {
    return true;
  }
  sockaddr* address = r->connection->sockaddr;
  const bool counts = !visitor.verified && is_limited(main_conf(r).newcomer_rule, address);
  return log->shared().admit(visitor.id, counts ? identity_of(*address) : std::string_view(),
                             static_cast<std::uint32_t>(events));
}

void write_events(ngx_http_request_t* r, const Beacon& beacon, RequestView& request,
                  Identity& identity, std::pmr::memory_resource* memory) {
  if (worker().events == nullptr) {
    return;
  }
  RequestEvents events(r, server_conf(r), request, identity);
  const ngx_table_elt_t* host = r->headers_in.host;
  events.set_path(
      path_of_referer(request, host == nullptr ? request.host() : view(host->value), memory));
  write_claims(beacon, events);
}

// Keeps what the visitor has clicked in lists, for the events of what is bought later.
void keep_clicks(ngx_http_request_t* r, const Beacon& beacon, std::string_view visitor,
                 std::int64_t now_s, std::pmr::memory_resource* memory) {
  std::pmr::vector<std::string_view> clicks(memory);
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const BeaconEvent& event = beacon.events[i];
    if (event.kind == BeaconEvent::Kind::click && !event.item.empty() && !event.list.empty()) {
      std::pmr::string click(memory);
      append_item_click({event.item, event.list, event.position}, now_s, click);
      clicks.push_back(copy_text(click, memory));
    }
  }
  keep_item_clicks(r, visitor, now_s, clicks);
}

// Keeps what the visitor has done with items and how the page was looked at, for the attributes
// session.*.
void keep_in_session(ngx_http_request_t* r, const Beacon& beacon, RequestView& request,
                     Identity& identity, std::pmr::memory_resource* memory) {
  const SessionOptions* session = server_conf(r).site->session;
  if (session == nullptr || !identity.owner().is_known() || identity.is_bot()) {
    return;
  }
  const std::string_view visitor = identity.owner().id;
  const std::int64_t now_s = request.now_ms() / 1000;
  keep_attention(r, *session, visitor, now_s, beacon.attention);
  if (worker().item_lists != nullptr) {
    keep_clicks(r, beacon, visitor, now_s, memory);
  }
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const BeaconEvent& event = beacon.events[i];
    if (event.kind == BeaconEvent::Kind::conversion) {
      keep_items_of_conversion(r, *session, visitor, now_s, event.metric, event.items);
    } else if (event.is_dismissal_of_item()) {
      keep_dismissed_item(r, *session, visitor, now_s, event.item);
    }
  }
}

// Keeps what a survey or a popup has asked for, if that is a field of personalize_collect.
void keep_answers(ngx_http_request_t* r, const Beacon& beacon, Identity& identity,
                  std::pmr::memory_resource* memory) {
  const AnswerForms& forms = server_conf(r).site->forms;
  const Visitor& visitor = identity.owner();
  if (forms.empty() || !visitor.is_known() || !visitor.verified || identity.is_bot()) {
    return;
  }
  AnswerForms::Answers answers(memory);
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const BeaconEvent& event = beacon.events[i];
    if (event.kind != BeaconEvent::Kind::answer) {
      continue;
    }
    if (const auto answer = forms.read(event.question, event.text, memory)) {
      answers.push_back(*answer);
    }
  }
  if (!answers.empty()) {
    worker().sessions.write_answers(visitor.id, answers, forms.keep_s());
    count(Counter::answers_kept);
  }
}

ngx_int_t answer(ngx_http_request_t* r) {
  PoolMemory memory(r->pool);
  const auto body = body_of(r, Beacon::max_size, &memory);
  if (!body) {
    refuse(Counter::beacon_too_large);
    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
  }
  auto beacon = read_beacon(*body, &memory);
  if (!beacon) {
    return refuse(r, Counter::beacon_not_understood);
  }

  const ServerConf& server = server_conf(r);
  RequestAdapter request(r);
  VisitorState state(&memory);
  const auto cookie = find_cookie(request, VisitorState::cookie_name);
  state.read(cookie.value_or(std::string_view()), request.now_ms(), beacon->minute);
  // Nothing is counted in a preview.
  const bool is_preview = read_preview_cookie(server, request, &memory).grant.has_value();
  Identity identity(r, server, request, &memory, Identity::Issue::no);
  const std::size_t told = beacon->count + (beacon->attention.is_any() ? 1 : 0);
  if (told != 0 && !is_preview && !may_report(r, identity, told)) {
    return refuse(r, Counter::beacon_too_many);
  }
  const auto why = remove_unknown(r, *beacon);
  if (why && beacon->is_empty()) {
    count(Counter::beacon_refused);
    return tell(r, *why);
  }
  const bool has_events = beacon->count != 0 && !is_preview;
  const SignIn sign_in =
      identity.has_consent() ? SignIn(r, server, request, identity, &memory) : SignIn();
  // The browser had a cookie when it noted the events; the visitor was forgotten since.
  const bool is_forgotten = beacon->sequence != 0 && !cookie;
  // What was seen by somebody who is here no more is not kept of whoever is.
  const bool is_kept = has_events && !sign_in.is_of_others() && !is_forgotten;
  if (has_events) {
    count_events(r, *beacon);
    write_events(r, *beacon, request, identity, &memory);
  }
  if (!is_preview && !sign_in.is_of_others()) {
    keep_in_session(r, *beacon, request, identity, &memory);
  }
  if (is_kept) {
    keep_answers(r, *beacon, identity, &memory);
  }
  const bool was_empty = state.is_empty();
  if (is_kept && sign_in.state() == SignIn::State::signed_in) {
    note_of_person(r, *beacon, identity.person(), request.now_ms(), state, &memory);
  } else if (is_kept) {
    note(r, *beacon, state);
  }
  if (!beacon->ticket.empty() && !is_preview) {
    redeem_ticket(r, server, request, identity, beacon->ticket, &memory);
  }
  const bool has_state = !was_empty || !state.is_empty();
  if (is_kept && has_state && identity.has_consent() &&
      !ResponseCookies(r, server).give_state(state)) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  if (!add_header(r, "Cache-Control", "no-store")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  count(Counter::beacon_accepted);
  r->headers_out.status = NGX_HTTP_NO_CONTENT;
  r->header_only = 1;
  return ngx_http_send_header(r);
}

void on_body(ngx_http_request_t* r) {
  ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
  try {
    rc = answer(r);
  } catch (const std::bad_alloc&) {
    // Answered as an error; nothing of the page depends on it.
  }
  if (rc == NGX_HTTP_INTERNAL_SERVER_ERROR) {
    refuse(Counter::beacon_error);
  }
  ngx_http_finalize_request(r, rc);
}

}  // namespace

ngx_int_t serve_beacon(ngx_http_request_t* r) {
  const ngx_int_t method = require_post(r);
  if (method != NGX_OK) {
    return method;
  }
  RequestAdapter request(r);
  if (!is_from_own_page(r, request)) {
    refuse(Counter::beacon_of_other_site);
    return NGX_HTTP_FORBIDDEN;
  }
  if (is_prefetch(request)) {
    // The page was not looked at yet. Our script waits until it is; another one may not.
    refuse(Counter::beacon_of_prefetch);
    const ngx_int_t rc = ngx_http_discard_request_body(r);
    return rc == NGX_OK ? NGX_HTTP_NO_CONTENT : rc;
  }
  if (r->headers_in.content_length_n < 0) {
    refuse(Counter::beacon_without_length);
    return NGX_HTTP_LENGTH_REQUIRED;
  }
  if (r->headers_in.content_length_n > static_cast<off_t>(Beacon::max_size)) {
    refuse(Counter::beacon_too_large);
    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
  }
  const ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);
  return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

}  // namespace personalize
