#include "nginx/request/counting/request_counters.h"

#include "nginx/worker.h"

namespace personalize {

namespace {

std::optional<Counter> counter_of(VisitorCookieState state) noexcept {
  switch (state) {
    case VisitorCookieState::absent:
      break;
    case VisitorCookieState::valid:
      return Counter::visitor_known;
    case VisitorCookieState::malformed:
      return Counter::visitor_malformed;
    case VisitorCookieState::forged:
      return Counter::visitor_forged;
  }
  return std::nullopt;
}

void count_regex(ngx_http_request_t* r, RequestFacts& facts) noexcept {
  if (facts.identity().regex_budget().is_exceeded()) {
    count(Counter::regex_exceeded);
    worker().log(
        Counter::regex_exceeded, r->connection->log,
        "regular expressions of conditions were given up, or lists compared with lists, since "
        "they would have taken too many steps, for ",
        facts.request().target());
  }
}

void count_visitor(Identity& identity, bool is_page) noexcept {
  if (const auto state = identity.cookie_state()) {
    if (const auto counter = counter_of(*state)) {
      count(*counter);
    }
  }
  if (identity.is_issued()) {
    count(Counter::visitor_issued);
  }
  if (is_page && !identity.has_consent()) {
    count(Counter::visitor_without_consent);
  }
}

void count_lookup(Lookup state) noexcept {
  if (const auto counter = counter_of(state)) {
    count(*counter);
  }
}

void count_documents(const Documents& documents) noexcept {
  for (std::size_t i = 0; i < documents.size(); ++i) {
    count_lookup(documents.state(i));
  }
  documents.each_of_elements([](std::uint32_t, Lookup state) { count_lookup(state); });
}

void count_waiting(const Hold& hold) noexcept {
  if (hold.was_held()) {
    count(Counter::held_page);
    count(Counter::held_ms, hold.time());
    observe(Histogram::wait, std::uint64_t{hold.time()} * 1000000);
  }
  if (hold.times_exceeded() != 0) {
    count(Counter::wait_exceeded, hold.times_exceeded());
  }
}

}  // namespace

void count_request(ngx_http_request_t* r, RequestFacts& facts, const Hold& hold,
                   bool is_page) noexcept {
  count_regex(r, facts);
  count_visitor(facts.identity(), is_page);
  count_documents(facts.documents());
  count_waiting(hold);
}

}  // namespace personalize
