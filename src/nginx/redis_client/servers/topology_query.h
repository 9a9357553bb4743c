// When to ask where the servers are, and whom: one after the other until one knows.
#pragma once

#include <cstddef>

#include "nginx/event_timer.h"
#include "nginx/ngx.h"

namespace personalize {

// Who asks.
class TopologyQueryOwner {
 public:
  // How many there are to be asked, now.
  virtual std::size_t candidates() const noexcept = 0;

  // Sends the question to one of them. False where it cannot be asked; else answered() or failed()
  // is called later, from the event loop.
  virtual bool ask(std::size_t candidate) noexcept = 0;

  // None of the candidates knew. Also from inside begin().
  virtual void on_nobody_knew() noexcept = 0;

 protected:
  ~TopologyQueryOwner() = default;
};

class TopologyQuery {
 public:
  // Both must outlive this.
  TopologyQuery(TopologyQueryOwner& owner, ngx_log_t* log) noexcept;

  // Asks at once, for the first time.
  void begin() noexcept { ask(); }

  // Something speaks against the last answer: asks as soon as it may be asked again. Never asks
  // from inside this call. Does nothing while a question is under way or the worker shuts down.
  void soon() noexcept;

  // The question was answered; it is asked again after about `interval`. Not from inside ask().
  void answered(ngx_msec_t interval) noexcept;
  // It was not: the next one is asked.
  void failed() noexcept;

  // Whether there may be an answer before long: not after all were asked in vain, until one
  // answers.
  bool is_promising() const noexcept { return !nobody_knew_; }

 private:
  void ask() noexcept;
  void on_timer() noexcept;
  void pause() noexcept;

  TopologyQueryOwner& owner_;
  std::size_t next_;          // candidate
  std::size_t refusals_ = 0;  // candidates in a row that did not know
  bool under_way_ = false;
  bool nobody_knew_ = false;  // when all were asked last
  ngx_msec_t asked_at_;
  EventTimer timer_;
};

}  // namespace personalize
