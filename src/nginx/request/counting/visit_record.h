// What is kept of a visit once its response is over.
#pragma once

#include "nginx/request/counting/audience.h"
#include "nginx/request/filters/slot_contents.h"
#include "personalize/record/person_merge.h"

namespace personalize {

class VisitRecord {
 public:
  // All must outlive this. `question`: as Audience has it.
  VisitRecord(ngx_http_request_t* r, RequestFacts& facts, Audience& audience,
              const SlotsQuestion* question) noexcept
      : r_(r), facts_(facts), audience_(audience), question_(question) {}

  // Has a page view written that counts: into the visitor's session, as what it teaches about
  // items, and what was offered in `slots`.
  void keep_view(const SlotContents& slots) noexcept;

  // Has written what is kept of a person, if one is known. `takes_over`: the browser was told who
  // is signed in, and what it gathered before becomes the person's. Call it after keep_view():
  // the view is the person's first one here.
  void keep_person(bool takes_over) noexcept;

 private:
  SessionPage page(const SessionNames* names = nullptr) noexcept;
  void keep_session(const SessionOptions& options) noexcept;
  void keep_offers(const SlotContents& slots) noexcept;
  PersonMerge merge() noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  Audience& audience_;
  const SlotsQuestion* question_;
};

}  // namespace personalize
