#include "nginx/redis_client/servers/topology_query.h"

#include <algorithm>

namespace personalize {

namespace {

// The shortest time between two queries.
constexpr ngx_msec_t least_interval = 100;

// The pause after a round that no candidate answered.
constexpr ngx_msec_t pause_interval = 300;

// Keeps workers from asking at the same time.
ngx_msec_t jittered(ngx_msec_t interval) noexcept {
  return interval / 2 + static_cast<ngx_msec_t>(ngx_random()) % interval;
}

}  // namespace

TopologyQuery::TopologyQuery(TopologyQueryOwner& owner, ngx_log_t* log) noexcept
    : owner_(owner),
      next_(static_cast<std::size_t>(ngx_random())),
      asked_at_(ngx_current_msec - least_interval) {
  timer_.bind<&TopologyQuery::on_timer>(*this, log);
}

void TopologyQuery::soon() noexcept {
  if (under_way_ || ngx_exiting) {
    return;
  }
  const auto since = static_cast<ngx_msec_int_t>(ngx_current_msec - asked_at_);
  const auto left = static_cast<ngx_msec_int_t>(least_interval) - since;
  timer_.start_earlier(static_cast<ngx_msec_t>(std::max<ngx_msec_int_t>(left, 1)));
}

void TopologyQuery::answered(ngx_msec_t interval) noexcept {
  under_way_ = false;
  unanswered_ = false;
  refusals_ = 0;
  timer_.start(jittered(interval));
}

// Asks from the timer, since this may be a call of the server that failed.
void TopologyQuery::failed() noexcept {
  under_way_ = false;
  if (++refusals_ < owner_.candidates()) {
    timer_.start(1);
  } else {
    pause();
  }
}

void TopologyQuery::ask() noexcept {
  asked_at_ = ngx_current_msec;
  const std::size_t count = owner_.candidates();
  while (refusals_ < count) {
    if (owner_.ask(next_++ % count)) {
      under_way_ = true;
      timer_.stop();
      return;
    }
    ++refusals_;
  }
  pause();
}

void TopologyQuery::pause() noexcept {
  refusals_ = 0;
  unanswered_ = true;
  timer_.start(jittered(pause_interval));
  owner_.on_nobody_knew();
}

void TopologyQuery::on_timer() noexcept {
  if (!ngx_exiting) {
    ask();
  }
}

}  // namespace personalize
