#include "nginx/request/counting/prefetched_pages.h"

#include "nginx/request/counting/lessons.h"
#include "nginx/request/counting/page_views.h"
#include "nginx/request/counting/request_events.h"
#include "nginx/request/visitor/ticket_keys.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

// Opens a ticket with whichever key it was made with.
std::optional<ViewTicket> open(ngx_http_request_t* r, const ServerConf& server,
                               RequestView& request, const TicketHolder& holder,
                               std::string_view sealed, std::pmr::memory_resource* memory) {
  const std::int64_t now_s = request.now_ms() / 1000;
  for (const TicketKey& key : ticket_keys(r, server)) {
    if (auto ticket = open_ticket(sealed, holder, key, now_s, memory)) {
      return ticket;
    }
  }
  return std::nullopt;
}

// A reload may have changed experiments and campaigns since.
void count_exposures(const ViewTicket& ticket, const Program& program, LabelledCounters& counters,
                     RequestEvents& events) noexcept {
  for (const auto& [experiment, variant] : ticket.exposures) {
    const auto id = program.experiment(experiment);
    if (id && program.has_variant(*id, variant)) {
      counters.add(metrics::exposures, {experiment, variant});
      events.write_exposure(experiment, variant);
    }
  }
  for (const auto& [campaign, variant] : ticket.campaigns) {
    if (program.campaign(campaign) != no_campaign) {
      events.write_campaign_exposure(campaign, variant);
    }
  }
}

}  // namespace

void write_ticket(ngx_http_request_t* r, RequestFacts& facts, const Exposures& exposures,
                  std::pmr::string& out) {
  const Visitor& visitor = facts.identity().owner();
  ViewTicket ticket(facts.memory());
  exposures.for_each([&](std::string_view experiment, std::string_view variant) {
    ticket.exposures.emplace_back(experiment, variant);
  });
  exposures.for_each_campaign([&](std::string_view campaign, std::string_view variant) {
    ticket.campaigns.emplace_back(campaign, variant);
  });
  ticket.path = facts.request().path();
  const bool keeps_views =
      facts.site().session != nullptr || is_learning() || RequestEvents::are_views_written();
  if (keeps_views && visitor.is_known()) {
    ticket.is_view = true;
    ticket.start = facts.session_start();
    const SessionOptions* session = facts.site().session;
    ticket.page = session_page(facts.page(), session == nullptr ? nullptr : &session->names);
  }
  if (!ticket.is_view && ticket.exposures.empty() && ticket.campaigns.empty()) {
    return;
  }
  ticket.issued_s = facts.request().now_ms() / 1000;
  seal_ticket(ticket, {facts.request().host(), visitor.id}, *ticket_keys(r, facts.server()).begin(),
              out);
}

void redeem_ticket(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                   Identity& identity, std::string_view sealed, std::pmr::memory_resource* memory) {
  MainConf& main = main_conf(r);
  const Visitor& visitor = identity.owner();
  const auto ticket = open(r, server, request, {request.host(), visitor.id}, sealed, memory);
  if (!ticket || identity.is_bot() || !main.view_tickets.redeem(*ticket)) {
    count(Counter::prefetched_view_refused);
    return;
  }
  count(Counter::prefetched_view_counted);
  RequestEvents events(r, server, request, identity);
  events.set_path(ticket->path);
  count_exposures(*ticket, *server.site->program, main.labelled_counters, events);
  if (!ticket->is_view || !visitor.is_known()) {
    return;
  }
  events.write_view();
  learn_view(r, server, request, identity, ticket->page);
  if (server.site->session != nullptr) {
    keep_page_view(r, *server.site->session,
                   {visitor.id, request.now_ms() / 1000, ticket->start, ticket->page});
  }
}

}  // namespace personalize
