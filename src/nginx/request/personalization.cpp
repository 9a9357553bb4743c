#include "nginx/request/personalization.h"

#include "nginx/request/counting/page_events.h"
#include "nginx/request/counting/request_counters.h"
#include "nginx/request/counting/visit_record.h"
#include "nginx/request/headers/privacy.h"
#include "nginx/request/headers/response.h"
#include "nginx/worker.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Returns the request's, as long as NGINX has not forgotten it.
Personalization* remembered(ngx_http_request_t* r) noexcept {
  return static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
}

}  // namespace

Personalization* Personalization::find(ngx_http_request_t* r) noexcept {
  r = r->main;
  Personalization* known = remembered(r);
  if (known != nullptr) {
    return known;
  }
  auto* found = find_in_pool<Personalization>(r->pool);
  if (found != nullptr) {
    ngx_http_set_ctx(r, found, ngx_http_personalize_module);
  }
  return found;
}

Personalization* Personalization::find_begun(ngx_http_request_t* r) noexcept {
  Personalization* known = remembered(r);
  // These forget the contexts of all modules.
  const bool may_be_forgotten = r->internal || r->filter_finalize;
  return known == nullptr && may_be_forgotten ? find(r) : known;
}

Personalization* Personalization::obtain(ngx_http_request_t* r) noexcept {
  if (Personalization* known = find(r)) {
    return known;
  }
  r = r->main;
  try {
    auto* made = make_in_pool<Personalization>(r->pool, r);
    ngx_http_set_ctx(r, made, ngx_http_personalize_module);
    return made;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

Personalization::Personalization(ngx_http_request_t* r, const SlotsQuestion* question)
    : r_(r),
      question_(question),
      memory_(r->pool),
      request_(r),
      facts_(r, server_conf(r), request_, &memory_,
             question != nullptr && question->visitor ? Identity::Issue::no : Identity::Issue::yes),
      conditional_headers_(r, &memory_),
      audience_(r, facts_, question),
      cookies_(r, facts_),
      hold_(r, facts_.documents()),
      exposures_(*facts_.site().program, &memory_),
      visual_(r, facts_, exposures_, &memory_),
      slots_(r, facts_, exposures_, visual_, &memory_),
      page_(r, facts_, audience_, hold_, visual_, slots_, send_read, &memory_) {
  if (question != nullptr && question->visitor) {
    facts_.identity().assume(*question->visitor);
    facts_.identity().assume_person({});  // whoever asks is not the visitor
  }
  // Only now: caps that a cookie counts keep their own time.
  if (facts_.forcing() != nullptr && facts_.forcing()->now_ms()) {
    request_.pretend(*facts_.forcing()->now_ms());
  }
}

SourceSet Personalization::start(const LocationConf& location) noexcept {
  SourceSet needs = location.needs;
  SourceSet awaited = location.before_upstream != 0 ? location.awaited : SourceSet();
  facts_.settle_person();
  if (facts_.site().person && facts_.sign_in().state() == SignIn::State::signing_in) {
    needs.set(*facts_.site().person);
    awaited.set(*facts_.site().person);
  }
  facts_.documents().start(needs);
  return awaited;
}

void Personalization::hide_conditions(bool is_personal) noexcept {
  if (is_personal && may_be_for_page(request_)) {
    conditional_headers_.hide();
  } else {
    conditional_headers_.restore();
  }
}

void Personalization::accept_page(const LocationConf& location) noexcept {
  refusal_ = Refusal::none;
  page_.accept(location);
}

void Personalization::refuse_page(Refusal why) noexcept {
  // A filter may have replaced a page that was already held by an error page.
  hold_.release();
  page_.give_up();
  refusal_ = why;
  conditional_headers_.make_up_for();
  if (const auto counter = counter_of(why)) {
    count(*counter);
  }
  if (why == Refusal::encoding) {
    worker().log(Counter::passed_encoding, r_->connection->log,
                 "a page is compressed and cannot be read, so nothing is put into it; if the "
                 "application compresses it, write \"proxy_set_header Accept-Encoding \"\";\" "
                 "(fastcgi_param HTTP_ACCEPT_ENCODING) in its location: ",
                 view(r_->unparsed_uri));
  }
}

void Personalization::answer_slots() {
  audience_.note_answer();
  if (question_->visitor) {
    facts_.identity().assume(*question_->visitor);  // by the rule of this location
  }
  is_chosen_ = true;
  slots_.open(facts_.locale(), {}, {});
}

void Personalization::write_slot(SlotId slot, std::pmr::string& out) {
  slots_.write(slot, question_->as_data, out);
}

std::optional<std::uint32_t> Personalization::told_state() const noexcept {
  const bool is_told = facts_.site().keeps_state && facts_.forcing() == nullptr;
  return is_told ? std::optional(facts_.state().sequence()) : std::nullopt;
}

void Personalization::give_cookies() noexcept {
  if (question_ == nullptr || !question_->visitor) {  // otherwise it is not the visitor who asks
    settle_identity(cookies_.give(is_page() || is_answering_slots(), is_chosen_));
  }
}

void Personalization::settle_identity(bool is_id_given) noexcept {
  if (facts_.identity().settle(is_id_given)) {
    facts_.decision().reset();
  }
}

bool Personalization::reveal() noexcept {
  if (!is_head_gone()) {
    is_chosen_ = true;
    return true;
  }
  settle_identity(false);
  const bool may_reveal = is_private_ || is_over();
  if (!may_reveal) {
    worker().log(Counter::passed_type, r_->connection->log,
                 "a variable is empty, since the head of the response is sent and lets anybody "
                 "store it: ",
                 view(r_->unparsed_uri));
  }
  return may_reveal;
}

void Personalization::note_exposures() noexcept {
  if (!is_over()) {
    exposures_.note(facts_.decision());
  }
}

bool Personalization::make_private() noexcept {
  is_private_ = is_page() || is_chosen_;
  return !is_private_ || personalize::make_private(r_, is_page() ? Reuse::nobody : reuse_of(r_));
}

ngx_int_t Personalization::send_read(ngx_http_request_t* r, ngx_chain_t* in) noexcept {
  return remembered(r)->page_.send(in);
}

CampaignId Personalization::campaign(SlotId slot) noexcept {
  if (facts_.site().is_by_element(slot)) {
    return no_campaign;
  }
  if (page_.has_stream() || is_answering_slots()) {
    return slots_.shown(slot);
  }
  const bool can_be_page = refusal_ == Refusal::none && !is_head_gone();
  return can_be_page ? facts_.decision().winner(slot) : no_campaign;
}

std::string_view Personalization::result() const noexcept {
  if (!page_.has_stream() && !is_answering_slots()) {
    return to_string(refusal_);
  }
  return is_changed() ? "personalized" : "default";
}

void Personalization::record() noexcept {
  hold_.release();
  const bool has_page = page_.has_stream();
  const bool has_slots = has_page || is_answering_slots();
  count_request(r_, facts_, hold_, has_page);
  if (exposures_.any() && audience_.counts_exposures()) {
    exposures_.count_in(main_conf(r_).labelled_counters);
  }
  if (worker().events != nullptr) {
    write_page_events(r_, facts_, audience_, exposures_, has_slots);
  }
  VisitRecord visit(r_, facts_, audience_, question_);
  if (has_slots) {
    visit.keep_view(slots_);
  }
  visit.keep_person(cookies_.has_given_sign_in());
  if (has_page) {
    page_.record();
    count(is_changed() ? Counter::page_personalized : Counter::page_default);
  }
}

}  // namespace personalize
