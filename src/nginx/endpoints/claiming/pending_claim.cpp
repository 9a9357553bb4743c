#include "nginx/endpoints/claiming/pending_claim.h"

#include <string>
#include <utility>

#include "base/text/json_string.h"
#include "nginx/request/counting/claims.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/worker.h"
#include "personalize/record/person_commands.h"

namespace personalize {

namespace {

ngx_int_t send_json(ngx_http_request_t* r, std::string_view json, ngx_uint_t status) noexcept {
  const bool is_added = add_header(r, "Cache-Control", "no-store") &&
                        add_header(r, "X-Content-Type-Options", "nosniff");
  return is_added ? send_body(r, "application/json", json, status) : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

ngx_int_t send_gone(ngx_http_request_t* r) noexcept {
  constexpr ngx_uint_t gone = 410;
  return send_json(r, R"({"gone":true})", gone);
}

ngx_int_t send_unavailable(ngx_http_request_t* r) noexcept {
  return add_header(r, "Retry-After", "2") ? send_json(r, "{}", NGX_HTTP_SERVICE_UNAVAILABLE)
                                           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

PendingClaim::PendingClaim(ngx_http_request_t* r, ClaimTicket ticket, std::string_view visitor,
                           std::pmr::memory_resource& memory)
    : r_(r),
      memory_(memory),
      ticket_(std::move(ticket)),
      visitor_(visitor),
      claim_(Claim::make(ticket_, visitor, &memory)) {}

PendingClaim::~PendingClaim() {
  if (is_waiting_) {
    worker().redis->cancel(*this);
  }
}

ngx_int_t PendingClaim::begin() {
  send();
  if (!is_waiting_) {
    return finish();
  }
  ++r_->main->count;
  return NGX_DONE;
}

// What cannot be sent has no reply.
void PendingClaim::send() {
  while (!claim_->command().empty()) {
    const auto& command = claim_->command();
    is_waiting_ = worker().redis->send(command.data(), command.size(), *this);
    if (is_waiting_) {
      return;
    }
    claim_->take(nullptr);
  }
}

void PendingClaim::go_on(const RedisReply* reply) noexcept {
  is_waiting_ = false;
  ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
  try {
    claim_->take(reply);
    send();
    if (is_waiting_) {
      return;
    }
    rc = finish();
  } catch (const std::exception&) {
    count(Counter::claim_failed);  // out of memory
  }
  ngx_connection_t* connection = r_->connection;
  ngx_http_finalize_request(r_, rc);
  ngx_http_run_posted_requests(connection);
}

ngx_int_t PendingClaim::finish() noexcept {
  switch (claim_->outcome()) {
    case Claim::Outcome::given:
      count(claim_->is_new() ? Counter::claim_given : Counter::claim_repeated);
      try {
        return send_claim();
      } catch (const std::exception&) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
      }
    case Claim::Outcome::gone:
      count(Counter::claim_gone);
      return send_gone(r_);
    case Claim::Outcome::pending:
    case Claim::Outcome::failed:
      break;
  }
  count(Counter::claim_failed);
  log_failure();
  return send_unavailable(r_);
}

void PendingClaim::log_failure() noexcept {
  if (!claim_->error().empty()) {
    worker().log(Counter::claim_failed, r_->connection->log,
                 "a claim failed since Redis has refused it: ", claim_->error());
  }
}

// The script writes the claim into the visitor's cookie, where it may have noted other things since
// it has asked.
ngx_int_t PendingClaim::send_claim() {
  if (claim_->is_new()) {
    write_event();
  }
  note_of_person();
  std::pmr::string json("{\"code\":", &memory_);
  append_json_string(claim_->code(), json);
  json += ",\"text\":";
  append_json_string(claim_->text(), json);
  if (ticket_.keep_s > 0) {
    // Until when Redis keeps it, if it is given now; the browser does not keep it for longer.
    json += ",\"until\":";
    json += std::to_string(RequestAdapter(r_).now_ms() + ticket_.keep_s * 1000);
  }
  json += '}';
  return send_json(r_, copy_to_pool(r_->pool, json), NGX_HTTP_OK);
}

// What is kept of a person is not in the browser.
void PendingClaim::note_of_person() {
  const ServerConf& server = server_conf(r_);
  RequestAdapter request(r_);
  Identity identity(r_, server, request, &memory_, Identity::Issue::no);
  const CampaignId id = server.site->program->campaign(ticket_.campaign);
  if (id == no_campaign || !identity.person().is_known()) {
    return;
  }
  PersonCommands commands(identity.person().key, request.now_ms(), &memory_);
  commands.event(CampaignEvent::claim, server.site->program->campaign_key(id));
  worker().persons.write(commands.finish());
}

void PendingClaim::write_event() {
  const ServerConf& server = server_conf(r_);
  RequestAdapter request(r_);
  const CampaignId id = server.site->program->campaign(ticket_.campaign);
  if (id != no_campaign) {
    main_conf(r_).campaign_counters.add(server.site->number, id, CampaignCount::claim);
  }
  if (worker().events == nullptr) {
    return;
  }
  Identity identity(r_, server, request, &memory_, Identity::Issue::no);
  RequestEvents events(r_, server, request, identity);
  const ngx_table_elt_t* host = r_->headers_in.host;
  events.set_path(
      path_of_referer(request, host == nullptr ? request.host() : view(host->value), &memory_));
  Event event;
  event.kind = EventKind::claim;
  event.campaign = ticket_.campaign;
  event.item = claim_->text();
  events.write_claim(event);
}

}  // namespace personalize
