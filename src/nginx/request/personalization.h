// What the module knows and does for one request: ties together who asks, what is known of them,
// what holds the request, and what its page shows.
//
// Made once for a main request, and found again after internal redirects and error pages, which
// forget every module's context.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

#include "nginx/config/configuration.h"
#include "nginx/request/counting/audience.h"
#include "nginx/request/counting/exposures.h"
#include "nginx/request/facts.h"
#include "nginx/request/filters/personal_page.h"
#include "nginx/request/filters/refusal.h"
#include "nginx/request/filters/slot_contents.h"
#include "nginx/request/headers/conditional_headers.h"
#include "nginx/request/hold.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/slots_question.h"
#include "nginx/request/visitor/given_cookies.h"

namespace personalize {

class Personalization final {
 public:
  // Returns the request's; nullptr if it has none yet.
  static Personalization* find(ngx_http_request_t* r) noexcept;
  // Does the same, and searches only where something can have been forgotten.
  static Personalization* find_begun(ngx_http_request_t* r) noexcept;
  // Makes it if there is none. The location must be active. nullptr if allocation fails.
  static Personalization* obtain(ngx_http_request_t* r) noexcept;

  // With a question the request does not ask for a page, but for slots of it.
  explicit Personalization(ngx_http_request_t* r, const SlotsQuestion* question = nullptr);
  Personalization(const Personalization&) = delete;
  Personalization& operator=(const Personalization&) = delete;

  RequestFacts& facts() noexcept { return facts_; }
  Hold& hold() noexcept { return hold_; }
  std::pmr::memory_resource* memory() noexcept { return &memory_; }

  // Called before the location's content is made or asked for. Asks for documents, and returns
  // which of them the request is to be held for: those that choose the upstream; and what is kept
  // of a person who has just come, since then it is known whether the browser's cookies can be
  // theirs.
  SourceSet start(const LocationConf& location) noexcept;

  // Called before the location's content is made or asked for. Keeps conditions and ranges from the
  // upstream if the location is personal and may be asked for a page.
  void hide_conditions(bool is_personal) noexcept;

  // Returns what is asked of a page's slots; nullptr for any other request.
  const SlotsQuestion* slots_question() const noexcept { return question_; }
  // Begins the answer to that: from now on what is decided is shown, in this location's page.
  void answer_slots();
  bool is_answering_slots() const noexcept { return audience_.is_answered(); }
  // Appends a member of a JSON object, `"NAME":{"campaign":…}`, to the answer; nothing if no
  // campaign applies. Everything that the slot depends on is known, or will not be. Throws
  // bad_alloc.
  void write_slot(SlotId slot, std::pmr::string& out);
  // Appends a member `"visual":[…]`, if an experiment with visual changes is for the page. Throws
  // the same.
  void write_visual(JsonText& json, std::pmr::string& out) { visual_.write_json(json, out); }
  // Returns the documents that decide about those.
  SourceSet visual_needs() noexcept {
    return visual_.is_for_page() ? visual_.needs() : SourceSet();
  }
  // Returns the number of the visitor's state by which it is decided; nothing where none matters.
  std::optional<std::uint32_t> told_state() const noexcept;

  // Called by the header filters when the response's head is there: it is a page to personalize, by
  // this location.
  void accept_page(const LocationConf& location) noexcept;
  // Notes that the response is passed on as it is.
  void refuse_page(Refusal why) noexcept;
  bool is_page() const noexcept { return page_.is_accepted(); }
  // Returns the page on its way, where the response is one.
  PersonalPage& page() noexcept { return page_; }
  const PersonalPage& page() const noexcept { return page_; }

  // Called before a variable reveals something of the visitor. What answers the request after that
  // counts as chosen for this visitor, since it is not known what is done with the value. Returns
  // false if it must not: the head has told caches that the response is for everybody.
  bool reveal() noexcept;
  // Notes that what was decided so far was used, unless it is for the log.
  void note_exposures() noexcept;

  // Makes the response private if it is the visitor's: a page, or what was chosen. Returns false if
  // allocation fails.
  bool make_private() noexcept;

  // Adds the cookies that the response is to give, now that its head leaves. Does without those for
  // which allocation fails.
  void give_cookies() noexcept;

  // Returns the campaign in a slot of the page; before it is known whether there is a page, the one
  // that would stand there. Not for slots that are decided by element.
  CampaignId campaign(SlotId slot) noexcept;
  // Returns the campaigns that stand at elements of the page, in slots that are decided by element.
  const std::pmr::vector<CampaignId>& campaigns_at_elements() const noexcept {
    return slots_.shown_at_elements();
  }
  // Returns the value of $personalize_result.
  std::string_view result() const noexcept;

  // Notes that the response is over and the request is about to be logged: nothing that is said of
  // the visitor from now on reaches the client.
  void end() noexcept { is_ended_ = true; }
  // Counts what became of the request; once, when it is over.
  void record() noexcept;

 private:
  // Returns whether no cookie can be given to the browser any more: the head is sent, or there was
  // none.
  bool is_head_gone() const noexcept { return r_->header_sent != 0 || is_over(); }
  // Returns whether the request is being logged. A request that is first personalized by its log
  // has sent no head, so that its connection is closed, and nothing holds it. On a connection that
  // is kept alive NGINX logs requests that still hold themselves.
  bool is_over() const noexcept { return is_ended_ || r_->count == 0; }
  static ngx_int_t send_read(ngx_http_request_t* r, ngx_chain_t* in) noexcept;
  void settle_identity(bool is_id_given) noexcept;
  bool is_changed() const noexcept { return slots_.filled() != 0 || visual_.filled() != 0; }

  ngx_http_request_t* r_;
  const SlotsQuestion* question_;
  PoolMemory memory_;
  RequestAdapter request_;
  RequestFacts facts_;
  ConditionalHeaders conditional_headers_;
  Audience audience_;
  GivenCookies cookies_;
  Hold hold_;
  Exposures exposures_;
  VisualContents visual_;
  SlotContents slots_;
  PersonalPage page_;

  Refusal refusal_ = Refusal::none;
  bool is_chosen_ = false;
  bool is_private_ = false;
  bool is_ended_ = false;
};

}  // namespace personalize
