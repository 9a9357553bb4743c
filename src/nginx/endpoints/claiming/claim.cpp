#include "nginx/endpoints/claiming/claim.h"

#include "base/text/form.h"
#include "nginx/endpoints/claiming/pending_claim.h"
#include "nginx/endpoints/request_body.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/claim_offers.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/request/visitor/ticket_keys.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

constexpr std::size_t max_body = ClaimTicket::max_size + 64;

ngx_int_t refuse(Counter why, ngx_int_t status) noexcept {
  count(why);
  return status;
}

// Returns nothing if no key of ours has sealed the ticket for this visitor, or it is too old.
std::optional<ClaimTicket> open(ngx_http_request_t* r, RequestView& request,
                                std::string_view visitor, std::string_view sealed,
                                std::pmr::memory_resource* memory) {
  for (const TicketKey& key : ticket_keys(r, server_conf(r))) {
    if (auto ticket =
            open_claim(sealed, {request.host(), visitor}, key, request.now_ms() / 1000, memory)) {
      return ticket;
    }
  }
  return std::nullopt;
}

// Returns whether the campaign still gives anything: an operator can end it, also by a switch.
bool is_running(const Site& site, std::string_view campaign) noexcept {
  const CampaignId id = site.program->campaign(campaign);
  return id != no_campaign && worker().switches.of(site.number).get(id) != Switch::off;
}

// In a preview everything looks as it would, and nothing is taken.
ngx_int_t pretend(ngx_http_request_t* r) noexcept {
  return add_header(r, "Cache-Control", "no-store")
             ? send_body(r, "application/json", R"({"code":"PREVIEW","text":""})")
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t answer(ngx_http_request_t* r) {
  auto& memory = *make_in_pool<PoolMemory>(r->pool, r->pool);
  const auto body = body_of(r, max_body, &memory);
  if (!body) {
    return refuse(Counter::claim_refused, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
  }
  const ServerConf& server = server_conf(r);
  RequestAdapter request(r);
  if (read_preview_cookie(server, request, &memory).grant) {
    return pretend(r);
  }
  Identity identity(r, server, request, &memory, Identity::Issue::no);
  const Visitor& visitor = identity.owner();
  if (!visitor.is_known() || !visitor.verified || identity.is_bot()) {
    return refuse(Counter::claim_refused, NGX_HTTP_FORBIDDEN);
  }
  if (!main_conf(r).shared_claims.admit(visitor.id)) {
    count(Counter::claim_too_many);
    return add_header(r, "Retry-After", "60") ? NGX_HTTP_TOO_MANY_REQUESTS
                                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const auto sealed = find_argument(*body, "t", &memory).value_or(std::string_view());
  auto ticket = open(r, request, visitor.id, sealed, &memory);
  if (!ticket) {
    return refuse(Counter::claim_refused, NGX_HTTP_FORBIDDEN);
  }
  if (!is_running(*server.site, ticket->campaign)) {
    count(Counter::claim_gone);
    return send_gone(r);
  }
  if (worker().redis == nullptr) {
    count(Counter::claim_failed);
    return send_unavailable(r);
  }
  auto* pending = make_in_pool<PendingClaim>(r->pool, r, std::move(*ticket),
                                             copy_to_pool(r->pool, visitor.id), memory);
  return pending->begin();
}

void on_body(ngx_http_request_t* r) {
  ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
  try {
    rc = answer(r);
  } catch (const std::exception&) {
    count(Counter::claim_failed);  // out of memory
  }
  ngx_http_finalize_request(r, rc);
}

}  // namespace

ngx_int_t serve_claim(ngx_http_request_t* r) {
  return read_own_form(r, max_body, Counter::claim_refused, on_body);
}

}  // namespace personalize
