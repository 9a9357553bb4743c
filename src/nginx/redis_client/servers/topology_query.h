// When to ask for the addresses of the servers, and whom: one after the other until one answers.
#pragma once

#include <cstddef>

#include "nginx/platform/event_timer.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// Asks the question.
class TopologyQueryOwner {
 public:
  // Returns how many can be asked now.
  virtual std::size_t candidates() const noexcept = 0;

  // Sends the question to one of them. Returns false if it cannot; otherwise calls answered() or
  // failed() later, from the event loop.
  virtual bool ask(std::size_t candidate) noexcept = 0;

  // Called if none of the candidates has answered, also from inside begin().
  virtual void on_nobody_knew() noexcept = 0;

 protected:
  ~TopologyQueryOwner() = default;
};

class TopologyQuery {
 public:
  // `owner` and `log` must outlive this.
  TopologyQuery(TopologyQueryOwner& owner, ngx_log_t* log) noexcept;

  // Asks for the first time, at once.
  void begin() noexcept { ask(); }

  // Asks again as soon as that is allowed, since the last answer may be outdated; never from inside
  // this call. Does nothing while a question is under way or the worker shuts down.
  void soon() noexcept;

  // Notes an answer: the question is asked again after about `interval`. Not from inside ask().
  void answered(ngx_msec_t interval) noexcept;
  // Notes that it was not answered: asks the next candidate.
  void failed() noexcept;

  // Returns false after all candidates were asked in vain, until one answers.
  bool is_promising() const noexcept { return !unanswered_; }

 private:
  void ask() noexcept;
  void on_timer() noexcept;
  void pause() noexcept;

  TopologyQueryOwner& owner_;
  std::size_t next_;          // the candidate to ask
  std::size_t refusals_ = 0;  // candidates in a row that did not answer
  bool under_way_ = false;
  bool unanswered_ = false;  // when all were last asked
  ngx_msec_t asked_at_;
  EventTimer timer_;
};

}  // namespace personalize
