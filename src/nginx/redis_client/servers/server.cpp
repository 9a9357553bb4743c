#include "nginx/redis_client/servers/server.h"

#include <algorithm>
#include <utility>

#include "personalize/redis/cluster.h"
#include "personalize/redis/command.h"

namespace personalize {

namespace {

// The shortest time between two messages of a kind.
constexpr ngx_msec_t log_interval = 10000;

// How long a connection is not tried again that could not be made while others work.
constexpr ngx_msec_t pause_interval = 1000;

// Between searches for a master while servers say READONLY: doubles from the first to the last.
constexpr ngx_msec_t first_search_interval = 500;
constexpr ngx_msec_t last_search_interval = 10000;

// Returns whether the server refuses every command, not this one alone.
bool concerns_server(std::string_view code) noexcept {
  return code == "NOAUTH" || code == "LOADING" || code == "MASTERDOWN";
}

}  // namespace

RedisServer::RedisServer(RedisOptions options, Counters& counters, RedisLossListener* listener,
                         ngx_log_t* log)
    : options_(std::move(options)),
      counters_(counters),
      listener_(listener),
      log_(log),
      breaker_(CircuitBreaker::Limits{}) {
  RedisLinkOwner& self = *this;
  for (std::uint32_t i = 0; i < options_.connections; ++i) {
    links_.push_back(std::make_unique<RedisLink>(self, options_, counters_, log_));
  }
  retry_timer_.bind<&RedisServer::on_retry_timer>(*this, log);
}

// --- Commands ---

bool RedisServer::send(const std::string_view* words, std::size_t count,
                       RedisCommandHandler& handler, bool asking) noexcept {
  RedisLink* link = breaker_.state() == CircuitBreaker::State::closed
                        ? link_for_command(count > 0 && !is_read(words[0]))
                        : nullptr;
  if (link == nullptr || !link->add(words, count, handler, asking)) {
    counters_.add(Counter::breaker_refused);
    return false;
  }
  counters_.add(Counter::redis_command);
  return true;
}

void RedisServer::cancel(const RedisCommandHandler& handler) noexcept {
  for (const auto& link : links_) {
    link->cancel(handler);
  }
}

RedisState RedisServer::state() const noexcept {
  if (breaker_.state() != CircuitBreaker::State::closed) {
    return RedisState::down;
  }
  RedisState state = RedisState::idle;
  for (const auto& link : links_) {
    if (link->is_ready()) {
      return RedisState::connected;
    }
    if (link->is_open()) {
      state = RedisState::connecting;
    }
  }
  return state;
}

std::uint32_t RedisServer::in_flight() const noexcept {
  std::uint32_t sum = 0;
  for (const auto& link : links_) {
    sum += link->in_flight();
  }
  return sum;
}

// --- Choosing a connection ---

// Returns the one with the fewest commands in flight of those that are ready. If each has some,
// opens one more for later commands, for which this one does not wait.
//
// Commands that change data go over the first that is ready, since connections do not wait for each
// other: what is written to a key must not overtake what was written before.
RedisLink* RedisServer::link_for_command(bool keeps_order) noexcept {
  if (keeps_order) {
    const auto first = std::find_if(links_.begin(), links_.end(),
                                    [](const auto& link) { return link->is_ready(); });
    if (first != links_.end()) {
      return first->get();
    }
  }
  RedisLink* ready = least_loaded(true);
  if (ready != nullptr && (ready->in_flight() == 0 || links_.size() == 1)) {
    return ready;
  }
  RedisLink* connecting = least_loaded(false);
  if (connecting != nullptr) {
    return ready != nullptr ? ready : connecting;
  }
  RedisLink* closed = one_to_open();
  const bool opened = closed != nullptr && closed->open();
  if (ready != nullptr) {
    return ready;
  }
  return opened ? closed : nullptr;
}

RedisLink* RedisServer::least_loaded(bool ready) const noexcept {
  RedisLink* best = nullptr;
  for (const auto& link : links_) {
    const bool usable = link->is_open() && link->is_ready() == ready;
    if (usable && (best == nullptr || link->in_flight() < best->in_flight())) {
      best = link.get();
    }
  }
  return best;
}

RedisLink* RedisServer::one_to_open() const noexcept {
  const auto closed =
      std::find_if(links_.begin(), links_.end(), [](const auto& link) { return link->may_open(); });
  return closed != links_.end() ? closed->get() : nullptr;
}

bool RedisServer::is_another_open(const RedisLink& link) const noexcept {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& other) { return other.get() != &link && other->is_open(); });
}

// --- Events of the connections ---

void RedisServer::on_ready(RedisLink&) noexcept {
  if (breaker_.state() == CircuitBreaker::State::half_open) {
    breaker_.probe_succeeded();
  }
  if (!announced_.empty()) {
    announced_ = RedisReason();
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "personalize: redis server %s: connected again",
                  options_.name.c_str());
  }
}

std::optional<RedisLoss> RedisServer::on_reply(const RedisReply& reply) noexcept {
  const bool is_redirected =
      options_.mode == RedisMode::cluster && is_redirection(reply.error_code());
  if (reply.kind == RedisReply::Kind::error && !is_redirected) {
    counters_.add(Counter::redis_error_reply);
    log_error_reply(reply);
  }
  if (!concerns_server(reply.error_code())) {
    breaker_.succeeded();
  } else if (breaker_.failed()) {
    return RedisLoss{RedisFailure::unavailable,
                     RedisReason("it answered every command with \"%s\"; %s",
                                 Printable(reply.text).c_str(), remedy_or(reply.text, "")),
                     false, true};
  }
  return reply.error_code() == "READONLY" ? look_for_master(reply) : std::nullopt;
}

// After a failover, connections to the demoted master stay open and every write on them is refused.
// Replaces all of them: at the next address, and once the host name has been resolved again. If all
// servers are replicas, that soon happens so rarely that reading does not suffer.
std::optional<RedisLoss> RedisServer::look_for_master(const RedisReply& refusal) noexcept {
  if (!is_due(next_search_)) {
    return std::nullopt;
  }
  const bool is_first = search_interval_ == 0 || is_due(next_search_ + last_search_interval);
  search_interval_ =
      is_first ? first_search_interval : std::min(2 * search_interval_, last_search_interval);
  next_search_ = ngx_current_msec + search_interval_;
  return RedisLoss{RedisFailure::unavailable,
                   RedisReason("it answered \"%s\"; %s", Printable(refusal.text).c_str(),
                               remedy_or(refusal.text, "")),
                   true, false, true};
}

bool RedisServer::on_silence() noexcept {
  // Time-outs on several connections at a time have one cause.
  if (!is_due(failed_at_ + options_.timeout)) {
    return false;
  }
  failed_at_ = ngx_current_msec;
  return breaker_.failed();
}

void RedisServer::on_loss(RedisLink& link, const RedisLoss& loss) noexcept {
  if (loss.was_working) {
    // Redis was restarted, or closes idle clients. The next command connects again.
    log_loss(link, loss.reason);
    for (const auto& other : links_) {
      if (loss.is_demoted && other.get() != &link && other->is_open()) {
        other->skip_address();
        other->drop(loss.failure);
      }
    }
  } else if (!loss.concerns_server && is_another_open(link)) {
    log_loss(link, loss.reason);
    link.pause(ngx_current_msec + pause_interval);
  } else {
    go_down(loss.reason);
    for (const auto& other : links_) {
      if (other.get() != &link && other->is_open()) {
        other->drop(loss.failure);
      }
    }
  }
  if (listener_ != nullptr) {
    listener_->on_server_lost(*this);
  }
}

// --- Down and up again ---

void RedisServer::go_down(const RedisReason& reason) noexcept {
  if (breaker_.state() == CircuitBreaker::State::closed) {
    counters_.add(Counter::breaker_opened);
  }
  breaker_.trip();
  retry_timer_.start(breaker_.delay_ms(static_cast<std::uint32_t>(ngx_random())));
  announce_down(reason);
}

void RedisServer::on_retry_timer() noexcept {
  breaker_.probing();
  links_.front()->open();
}

// --- The log ---

// A connection on which nothing was under way is not missed.
void RedisServer::log_loss(const RedisLink& link, const RedisReason& reason) noexcept {
  const bool missed = link.waiting() > 0;
  if (missed) {
    if (!is_due(next_error_log_)) {
      return;
    }
    next_error_log_ = ngx_current_msec + log_interval;
  }
  const ngx_uint_t level = missed ? NGX_LOG_ERR : NGX_LOG_INFO;
  ngx_log_error(level, log_, 0,
                "personalize: redis server %s: connection lost (%s), commands in flight: %uD",
                options_.name.c_str(), reason.c_str(), link.waiting());
}

void RedisServer::log_error_reply(const RedisReply& reply) noexcept {
  // It concerns one key, and is logged by its look-up.
  if (reply.error_code() == "WRONGTYPE" || !is_due(next_error_log_)) {
    return;
  }
  next_error_log_ = ngx_current_msec + log_interval;
  ngx_log_error(NGX_LOG_ERR, log_, 0, "personalize: redis server %s answered \"%s\"; %s",
                options_.name.c_str(), Printable(reply.text).c_str(),
                remedy_or(reply.text, "see personalize_redis and personalize_source"));
}

// Logs it once, and again if the reason has changed.
void RedisServer::announce_down(const RedisReason& reason) noexcept {
  if (announced_.text == reason.text || !is_due(next_down_log_)) {
    return;
  }
  next_down_log_ = ngx_current_msec + log_interval;
  announced_ = reason;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "personalize: redis server %s is down, pages are served without its data: %s",
                options_.name.c_str(), reason.c_str());
}

}  // namespace personalize
