// A timer of NGINX's event loop that calls a member function, and a clock that wraps around.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Returns whether a time has come, also if the clock has wrapped around meanwhile.
inline bool is_due(ngx_msec_t time) noexcept {
  return static_cast<ngx_msec_int_t>(ngx_current_msec - time) >= 0;
}

// Belongs to one object and ends with it.
class EventTimer {
 public:
  EventTimer() = default;
  ~EventTimer() { stop(); }
  EventTimer(const EventTimer&) = delete;
  EventTimer& operator=(const EventTimer&) = delete;

  // Once, before use: what it calls when its time has come. `owner` and `log` must outlive this. A
  // worker that shuts down does not wait for it.
  template <auto function, class Owner>
  void bind(Owner& owner, ngx_log_t* log) noexcept {
    connection_.data = &owner;
    connection_.fd = static_cast<ngx_socket_t>(-1);
    event_.data = &connection_;
    event_.log = log;
    event_.cancelable = 1;
    event_.handler = [](ngx_event_t* event) {
      auto* connection = static_cast<ngx_connection_t*>(event->data);
      (static_cast<Owner*>(connection->data)->*function)();
    };
  }

  // Has a worker that shuts down wait until the timer is not set any more.
  void keep_worker() noexcept { event_.cancelable = 0; }

  // Sets the timer to `delay` ms from now, whatever was set before.
  void start(ngx_msec_t delay) noexcept {
    stop();
    ngx_add_timer(&event_, delay);
  }
  // Does the same, unless it is set to an earlier time.
  void start_earlier(ngx_msec_t delay) noexcept {
    const bool is_earlier =
        event_.timer_set && static_cast<ngx_msec_int_t>(event_.timer.key - ngx_current_msec) <=
                                static_cast<ngx_msec_int_t>(delay);
    if (!is_earlier) {
      start(delay);
    }
  }
  void stop() noexcept {
    if (event_.timer_set) {
      ngx_del_timer(&event_);
    }
  }
  bool is_set() const noexcept { return event_.timer_set; }

 private:
  ngx_connection_t connection_{};  // what NGINX expects an event's data to be
  ngx_event_t event_{};
};

}  // namespace personalize
