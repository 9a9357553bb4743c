#include "nginx/endpoints/beacon.h"

#include <algorithm>

#include "nginx/request/counting/prefetched_pages.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/identity.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/request/visitor/response_cookies.h"
#include "nginx/worker.h"
#include "personalize/signals/beacon.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

Counter counter_of(CampaignEvent event) noexcept {
  switch (event) {
    case CampaignEvent::impression:
      return Counter::event_impression;
    case CampaignEvent::click:
      return Counter::event_click;
    case CampaignEvent::dismiss:
      return Counter::event_dismiss;
    case CampaignEvent::conversion:
      return Counter::event_conversion;
  }
  return Counter::event_impression;
}

// Appends the buffer's bytes. They are in a file with client_body_in_file_only, or if
// client_body_buffer_size was too small. Returns false if there are more than `room`, or they
// cannot be read. Throws what the string's memory throws.
bool append_buffer(const ngx_buf_t& buffer, std::size_t room, std::pmr::string& bytes) {
  if (!buffer.in_file) {
    const auto size = static_cast<std::size_t>(buffer.last - buffer.pos);
    if (size > room) {
      return false;
    }
    bytes.append(reinterpret_cast<const char*>(buffer.pos), size);
    return true;
  }
  const auto size = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
  if (size > room) {
    return false;
  }
  const std::size_t before = bytes.size();
  bytes.resize(before + size);
  return ngx_read_file(buffer.file, reinterpret_cast<u_char*>(&bytes[before]), size,
                       buffer.file_pos) == static_cast<ssize_t>(size);
}

// Returns the request's body in one piece, nullopt if it is larger than a report can be. Throws
// what `memory` throws.
std::optional<std::pmr::string> body_of(const ngx_http_request_t* r,
                                        std::pmr::memory_resource* memory) {
  std::pmr::string bytes(memory);
  if (r->request_body == nullptr) {
    return std::nullopt;
  }
  for (const ngx_chain_t* link = r->request_body->bufs; link != nullptr; link = link->next) {
    if (!append_buffer(*link->buf, Beacon::max_size - bytes.size(), bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

// Counts events of campaigns that exist, and adds to the state those that the browser has not added
// yet.
void apply(ngx_http_request_t* r, const Beacon& beacon, VisitorState& state) {
  const Site& site = *server_conf(r).site;
  const Program& program = *site.program;
  const bool is_applied = beacon.sequence != 0 && state.sequence() >= beacon.sequence;
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const auto& [event, name] = beacon.events[i];
    const CampaignId id = program.campaign(name);
    if (id == no_campaign && !name.empty()) {
      continue;
    }
    count(counter_of(event));
    if (id != no_campaign) {
      main_conf(r).campaign_counters.add(site.number, id, count_of(event));
    }
    if (is_applied) {
      continue;
    }
    if (name.empty()) {
      state.convert_all();
    } else if (program.keeps_state(id)) {
      state.apply(event, campaign_key(name));
    }
  }
  if (!is_applied) {
    state.set_sequence(std::max(state.sequence() + 1, beacon.sequence));
  }
}

ngx_int_t answer(ngx_http_request_t* r) {
  PoolMemory memory(r->pool);
  const auto body = body_of(r, &memory);
  if (!body) {
    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
  }
  const auto beacon = read_beacon(*body, &memory);
  if (!beacon) {
    return NGX_HTTP_BAD_REQUEST;
  }

  const ServerConf& server = server_conf(r);
  RequestAdapter request(r);
  VisitorState state(&memory);
  state.read(find_cookie(request, VisitorState::cookie_name).value_or(std::string_view()),
             request.now_ms(), beacon->minute);
  // Nothing is counted in a preview.
  const bool is_preview = read_preview_cookie(server, request, &memory).grant.has_value();
  const bool has_events = beacon->count != 0 && !is_preview;
  if (has_events) {
    apply(r, *beacon, state);
  }
  Identity identity(r, server, request, &memory, Identity::Issue::no);
  if (!beacon->ticket.empty() && !is_preview) {
    redeem_ticket(r, server, request, identity, beacon->ticket, &memory);
  }
  if (has_events && !state.is_empty() && identity.has_consent() &&
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

ngx_int_t refuse(ngx_int_t status) noexcept {
  count(Counter::beacon_refused);
  return status;
}

void on_body(ngx_http_request_t* r) {
  ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
  try {
    rc = answer(r);
  } catch (const std::bad_alloc&) {
    // Answered as an error; nothing of the page depends on it.
  }
  ngx_http_finalize_request(r, rc >= NGX_HTTP_SPECIAL_RESPONSE ? refuse(rc) : rc);
}

}  // namespace

ngx_int_t serve_beacon(ngx_http_request_t* r) {
  if (r->method != NGX_HTTP_POST) {
    return add_header(r, "Allow", "POST") ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  RequestAdapter request(r);
  const ngx_table_elt_t* host = r->headers_in.host;
  if (!is_same_origin(request, host == nullptr ? request.host() : view(host->value))) {
    return refuse(NGX_HTTP_FORBIDDEN);
  }
  if (is_prefetch(request)) {
    // The page was not looked at yet. Our script waits until it is; another one may not.
    refuse(NGX_HTTP_NO_CONTENT);
    const ngx_int_t rc = ngx_http_discard_request_body(r);
    return rc == NGX_OK ? NGX_HTTP_NO_CONTENT : rc;
  }
  if (r->headers_in.content_length_n < 0) {
    return refuse(NGX_HTTP_LENGTH_REQUIRED);
  }
  if (r->headers_in.content_length_n > static_cast<off_t>(Beacon::max_size)) {
    return refuse(NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
  }
  const ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);
  return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

}  // namespace personalize
