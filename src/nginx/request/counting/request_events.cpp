#include "nginx/request/counting/request_events.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/json_string.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

constexpr std::size_t longest_text = 256;  // of an attribute

// Adds `"name":` and what follows it, to an object that begins with the first.
void append_name(std::string_view name, std::string& json) {
  json += json.empty() ? '{' : ',';
  append_json_string(name, json);
  json += ':';
}

// Adds an attribute to a JSON object. Lists and objects are left out.
void append_attribute(std::string_view name, const Value& value, std::string& json) {
  NumberBuffer buffer;
  switch (value.kind()) {
    case Kind::string:
      append_name(name, json);
      append_json_string(value.as_string().substr(0, longest_text), json);
      break;
    case Kind::number:
      if (!std::isfinite(value.as_number())) {
        break;
      }
      append_name(name, json);
      json +=
          value.exact_text().empty() ? number_text(value.as_number(), buffer) : value.exact_text();
      break;
    case Kind::boolean:
      append_name(name, json);
      json += value.as_boolean() ? "true" : "false";
      break;
    default:
      break;
  }
}

// Whether it is the same for every request of the visitor's at that time: it can be read from
// another one than that for the page.
bool is_of_visitor(Root root) noexcept {
  return root == Root::visitor || root == Root::geo || root == Root::device ||
         root == Root::cookie || root == Root::time;
}

// Returns the currency if it can be a code of ISO 4217, else "".
std::string_view currency_of(std::string_view text) noexcept {
  constexpr std::size_t letters = 3;
  const bool is_code = text.size() == letters && std::all_of(text.begin(), text.end(), [](char c) {
                         return ascii::is_letter(c);
                       });
  return is_code ? text : std::string_view();
}

// Segments whose documents are there. The others are not known.
void append_segments(RequestFacts& facts, std::string& json) {
  const Program& program = *facts.site().program;
  bool is_first = true;
  for (SegmentId id = 0; id < program.segment_count(); ++id) {
    if (facts.documents().is_complete(program.segment_needs(id)) && facts.decision().segment(id)) {
      if (is_first) {
        append_name("segments", json);
        json += '[';
      } else {
        json += ',';
      }
      is_first = false;
      append_json_string(program.segment_name(id), json);
    }
  }
  if (!is_first) {
    json += ']';
  }
}

}  // namespace

bool RequestEvents::are_views_written() noexcept {
  const EventLog* log = worker().events.get();
  return log != nullptr && log->options().views;
}

RequestEvents::RequestEvents(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                             Identity& identity, RequestFacts* facts) noexcept
    : r_(r),
      server_(server),
      request_(request),
      identity_(identity),
      facts_(facts),
      log_(worker().events.get()) {}

bool RequestEvents::is_written() noexcept {
  if (!is_written_) {
    is_written_ =
        log_ != nullptr && identity_.visitor().is_known() && !identity_.is_bot() && is_admitted();
  }
  return *is_written_;
}

// Returns whether the client's address may add the visitor to the events.
bool RequestEvents::is_admitted() noexcept {
  MainConf& main = main_conf(r_);
  const bool is_admitted =
      main.newcomers.admit(main.newcomer_rule, identity_.visitor().id, r_->connection->sockaddr);
  if (!is_admitted) {
    count(Counter::event_over_budget);
  }
  return is_admitted;
}

void RequestEvents::write_view() noexcept {
  if (is_written() && log_->options().views) {
    Event event;
    event.kind = EventKind::view;
    write(event, 0);
  }
}

void RequestEvents::write_exposure(std::string_view experiment, std::string_view variant) noexcept {
  if (!is_written()) {
    return;
  }
  const auto mark = log_->shared().note_exposure(
      {"experiment", identity_.visitor().id, experiment, variant}, log_->options().window_s);
  if (mark != 0) {
    MainConf& main = main_conf(r_);
    main.experiment_visitors.add(main.weights, experiment, variant, ngx_time(),
                                 log_->options().window_s);
    Event event;
    event.kind = EventKind::exposure;
    event.experiment = experiment;
    event.variant = variant;
    add_split(event);
    event.attributes = attributes();
    write(event, mark);
  }
}

// Tells what the draw was among.
void RequestEvents::add_split(Event& event) noexcept {
  const Site& site = *server_.site;
  const auto id = site.program->experiment(event.experiment);
  if (!id) {
    return;
  }
  const Allocations& allocations = worker().weights.of(site.number);
  event.version = allocations.version(*id);
  event.split = allocations.split(*id);
  if (event.split.empty()) {
    event.split = site.program->experiment_split(*id);
  }
}

void RequestEvents::write_campaign_exposure(std::string_view campaign,
                                            std::string_view variant) noexcept {
  if (!is_written()) {
    return;
  }
  const auto mark = log_->shared().note_exposure(
      {"campaign", identity_.visitor().id, campaign, variant}, log_->options().window_s);
  if (mark != 0) {
    Event event;
    event.kind = EventKind::exposure;
    event.campaign = campaign;
    event.variant = variant;
    const Program& program = *server_.site->program;
    const CampaignId id = program.campaign(campaign);
    event.split = id == no_campaign ? std::string_view() : program.campaign_split(id);
    event.attributes = attributes();
    write(event, mark);
  }
}

void RequestEvents::write_claim(const Event& event) noexcept {
  if (is_written()) {
    write(event, 0);
  }
}

// Orders of different servers may have the same number.
SharedEvents::Mark RequestEvents::note_order(const Event& event) noexcept {
  const auto& core = *static_cast<const ngx_http_core_srv_conf_t*>(
      ngx_http_get_module_srv_conf(r_, ngx_http_core_module));
  const std::string_view server = view(core.server_name);
  SharedEvents& shared = log_->shared();
  if (!event.is_claimed) {
    return shared.note_order({server, event.metric, event.order});
  }
  return shared.has_order({server, event.metric, event.order})
             ? 0
             : shared.note_order({"claimed", server, event.metric, event.order});
}

void RequestEvents::write_conversion(Event event) noexcept {
  if (!is_written()) {
    return;
  }
  const SharedEvents::Mark mark = event.order.empty() ? 0 : note_order(event);
  if (mark == 0 && !event.order.empty()) {
    count(Counter::conversion_duplicate);
    return;
  }
  count(Counter::conversion_counted);
  event.currency = currency_of(event.currency);
  event.attributes = attributes();
  write(event, mark);
}

void RequestEvents::write(Event event, SharedEvents::Mark mark) noexcept {
  if (!identify()) {
    count(Counter::event_dropped_error);
    log_->shared().forget(mark);
    return;
  }
  event.time_ms = request_.now_ms();
  event.visitor = {visitor_.data(), visitor_.size()};
  event.session = {session_.data(), has_session_ ? session_.size() : 0};
  event.host = view(r_->headers_in.server);
  event.path = path_ ? *path_ : request_.path();
  if (!names_lists(event) || !worker().item_lists->write(event, mark, identity_.owner().id)) {
    log_->write(event, mark);
  }
}

// Returns whether it is asked for in which lists the visitor has clicked the items.
bool RequestEvents::names_lists(const Event& event) noexcept {
  return event.kind == EventKind::conversion && !event.items.empty() &&
         worker().item_lists != nullptr && server_.site->session != nullptr &&
         identity_.owner().is_known();
}

// Finds out once who the visitor is to those who read events. Returns false if OpenSSL fails.
bool RequestEvents::identify() noexcept {
  if (is_identified_) {
    return *is_identified_;
  }
  const std::string_view id = identity_.visitor().id;
  is_identified_ = log_->pseudonyms().make(id, visitor_);
  if (const SessionOptions* session = server_.site->session) {
    std::uint64_t number = log_->shared().session(id, session->timeout_s);
    for (char& digit : session_) {
      digit = "0123456789abcdef"[number & 0xFU];
      number >>= 4U;
    }
    has_session_ = true;
  }
  return *is_identified_;
}

// Returns what is known of the visitor, as JSON; "" for nothing. Lives until another request's are
// asked for.
std::string_view RequestEvents::attributes() noexcept {
  if (!attributes_.empty()) {
    return attributes_;
  }
  std::string& json = log_->attributes_room();
  json.clear();
  const Site& site = *server_.site;
  try {
    for (const AttributeId id : site.event_attributes) {
      const Attribute& attribute = site.attributes[id];
      if (facts_ != nullptr) {
        append_attribute(attribute.spelling, facts_->get(id), json);
      } else if (is_of_visitor(attribute.root)) {
        identity_.visitor();
        append_attribute(attribute.spelling, identity_.signals().read(attribute), json);
      }
    }
    if (facts_ != nullptr) {
      append_segments(*facts_, json);
    }
    if (!json.empty()) {
      json += '}';
    }
    attributes_ = json;
  } catch (const std::bad_alloc&) {
    attributes_ = {};
  }
  return attributes_;
}

}  // namespace personalize
