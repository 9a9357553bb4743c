// Whether a request counts: a person has asked for something to look at, and could have seen it.
#pragma once

#include <optional>

#include "nginx/request/facts.h"
#include "nginx/request/slots_question.h"

namespace personalize {

class Audience {
 public:
  // All must outlive this. `question` is what is asked of a page's slots; nullptr for any other
  // request.
  Audience(ngx_http_request_t* r, RequestFacts& facts, const SlotsQuestion* question) noexcept
      : r_(r), facts_(facts), question_(question) {}

  // Says that the question is answered.
  void note_answer() noexcept { is_answered_ = true; }
  bool is_answered() const noexcept { return is_answered_; }

  // Returns whether it is a person's request, not a bot's or a preview.
  bool is_person() noexcept;
  // Returns whether a person has asked for something to look at.
  bool is_counted() noexcept;

  // These are asked when the response is known.

  // Returns whether the answer was a page, personal or not.
  bool is_page_seen() noexcept;
  // Returns whether what was decided could be seen: on a page, in an answer, or where the
  // configuration sent the visitor.
  bool is_seen() noexcept;
  // Returns whether exposures of variants count. On a page that was counted they have been.
  bool counts_exposures() noexcept;
  // Returns whether it is a page view that is kept. Only persons, and visitors who came back, are
  // counted: nothing is written for those who may never return.
  bool is_page_view() noexcept;

 private:
  bool is_redirect_seen() const noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  const SlotsQuestion* question_;
  bool is_answered_ = false;
  std::optional<bool> is_counted_;  // known once it was asked for
};

}  // namespace personalize
