#include "nginx/request/personalization.h"

#include <algorithm>

#include "nginx/platform/clock.h"
#include "nginx/platform/core_conf.h"
#include "nginx/request/counting/page_events.h"
#include "nginx/request/counting/request_counters.h"
#include "nginx/request/counting/visit_record.h"
#include "nginx/request/filters/rewrite_filter.h"
#include "nginx/request/headers/privacy.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/plans/active_filters.h"
#include "nginx/request/plans/gzip_filter.h"
#include "nginx/worker.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Returns the request's, as long as NGINX has not forgotten it.
Personalization* remembered(ngx_http_request_t* r) noexcept {
  return static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
}

// A page of up to so many bytes into which something is put is sent from memory by one call, which
// is cheaper than a call of sendfile() for each piece of it.
constexpr std::uint64_t longest_text = 1048576;

// Adds the time that its scope takes to a page's time, if that is measured.
class SlotTimer {
 public:
  explicit SlotTimer(std::optional<std::uint64_t>& time_ns) noexcept
      : time_ns_(time_ns), begun_ns_(time_ns ? monotonic_ns() : 0) {}
  ~SlotTimer() {
    if (time_ns_) {
      *time_ns_ += monotonic_ns() - begun_ns_;
    }
  }
  SlotTimer(const SlotTimer&) = delete;
  SlotTimer& operator=(const SlotTimer&) = delete;

 private:
  std::optional<std::uint64_t>& time_ns_;
  const std::uint64_t begun_ns_;
};

// Returns whether files of the location are read by other threads, or not as others are.
bool reads_in_threads(const ngx_http_request_t* r) noexcept {
  return core_loc_conf(r).aio != NGX_HTTP_AIO_OFF;
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
      file_(r),
      reader_(r, send_read),
      plans_(r) {
  move_timer_.bind<&Personalization::on_move_timer>(*this, r->connection->log);
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
  page_location_ = &location;
  refusal_ = Refusal::none;
  matcher_ = nullptr;
  file_.begin();
}

void Personalization::refuse_page(Refusal why) noexcept {
  // A filter may have replaced a page that was already held by an error page.
  hold_.release();
  file_.restore();
  reader_.stop();
  may_be_file_ = false;
  compressed_file_.reset();
  stream_.reset();
  page_location_ = nullptr;
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

void Personalization::choose_matcher() noexcept {
  if (matcher_ == nullptr) {
    const bool is_person = audience_.is_person();
    end_.ticket = is_person && page_location_->takes_tickets && is_prefetched_navigation(request_);
    end_.scripts = is_person && page_location_->loads_scripts && facts_.identity().has_consent();
    if (page_location_->tells_state != 0) {
      end_.told_features = &page_location_->state_features;
    }
    end_.late = !page_location_->late_slots.empty();
    end_.visual = page_location_->visual_matcher != nullptr && !asks_for_part(request_) &&
                  visual_.is_for_page();
    matcher_ = end_.visual     ? page_location_->visual_matcher
               : end_.is_any() ? page_location_->end_matcher
                               : page_location_->matcher;
  }
}

// What a charset filter has made of the page is known when all filters in front have seen the head.
Charset Personalization::charset() const noexcept {
  return charset_of(declared_charset(r_->headers_out));
}

void Personalization::find_plan(const ngx_chain_t* in) noexcept {
  const ngx_buf_t* file = file_.find(in);
  may_be_file_ = true;
  if (page_location_->plans_enabled == 0) {
    return;
  }
  if (file == nullptr) {
    count(Counter::plan_filtered);
    return;
  }
  choose_matcher();
  plans_.look_up(place_of(*file, false), *page_location_, *matcher_, charset() != Charset::unknown);
}

PagePlans::Place Personalization::place_of(const ngx_buf_t& file, bool is_gzip) const noexcept {
  return {file.file->fd, static_cast<std::uint64_t>(file.file_pos),
          static_cast<std::uint64_t>(file.file_last), file_.is_cache_entry(file), is_gzip};
}

bool Personalization::awaits_body() noexcept {
  if (!compressed_file_) {
    return file_.expect();
  }
  // The filters in front believe that the page is text. What they do with it is not seen: they get
  // it when the head is gone.
  const bool is_filtered = file_.is_wanted_in_memory() || has_active_filter(r_);
  file_.restore();
  if (is_filtered) {
    count(Counter::plan_filtered);
  } else {
    choose_matcher();
    plans_.look_up(*compressed_file_, *page_location_, *matcher_, charset() != Charset::unknown);
  }
  return false;
}

bool Personalization::is_known_file(const ngx_chain_t* in) noexcept {
  const ngx_buf_t* file = file_.find(in);
  if (file == nullptr || page_location_->plans_enabled == 0) {
    return false;
  }
  compressed_file_ = place_of(*file, true);
  file_.begin();
  choose_matcher();
  // A charset filter behind may still say what the charset is. That the bytes are sound, either
  // plan tells.
  return plans_.is_known(*compressed_file_, *page_location_, *matcher_);
}

bool Personalization::is_unchanged() const noexcept {
  return plans_.plan() != nullptr && plans_.plan()->splice_count() == 0;
}

void Personalization::open_stream(const Nonces& nonces, ngx_http_output_body_filter_pt next) {
  choose_matcher();
  slots_.open(facts_.locale(), nonces, end_);
  if (worker().is_timed_page()) {
    slots_ns_ = 0;
  }
  SlotFiller& filler = *this;
  if (const PagePlan* plan = plans_.plan()) {
    stream_.emplace(r_, *plan, charset(), filler, &memory_, next);
    return;
  }
  const Scanner::Limits limits = {static_cast<std::uint32_t>(page_location_->token_limit),
                                  static_cast<std::uint32_t>(page_location_->content_limit)};
  stream_.emplace(r_, *matcher_, limits, charset(), filler, &memory_, next);
}

void Personalization::settle_encoding() noexcept {
  if (plans_.plan() == nullptr || !stream_.has_value()) {
    return;
  }
  if (gzip_filter::is_active(r_)) {
    send_compressed();
  } else if (!compressed_file_) {
    send_file();
  }
}

void Personalization::send_compressed() noexcept {
  const CompressedPage* page = plans_.find_compressed();
  if (page == nullptr) {
    return;
  }
  try {
    stream_->compress(*page);
  } catch (const std::bad_alloc&) {
    return;
  }
  gzip_filter::stand_in(r_);
  reader_.pass_files();
}

void Personalization::send_file() noexcept {
  const bool needs_memory =
      file_.needs_memory() || r_->main_filter_need_in_memory != 0 || r_->filter_need_in_memory != 0;
  const bool is_short = plans_.plan()->page_size() <= longest_text;
  if (!needs_memory && (is_unchanged() || !is_short)) {
    reader_.pass_files();
    return;
  }
  if (!is_short || reads_in_threads(r_)) {
    return;
  }
  const std::string_view text = plans_.find_text();
  if (!text.empty()) {
    stream_->take_text(text);
    reader_.pass_files();
  }
}

ngx_int_t Personalization::filter(ngx_chain_t* in) noexcept {
  return reader_.read(in);
}

ngx_int_t Personalization::send_read(ngx_http_request_t* r, ngx_chain_t* in) noexcept {
  return remembered(r)->send_page(in);
}

ngx_int_t Personalization::send_page(ngx_chain_t* in) noexcept {
  if (!stream_.has_value()) {
    return send_behind_rewriter(r_, in);
  }
  const ngx_int_t rc = stream_->filter(in);
  if (stream_->is_held()) {
    hold_.hold_page(*this, longest_wait());
  } else {
    hold_.release();
  }
  wait_for_move();
  return rc;
}

// The rest of a page that pauses is not kept back for an element that may have to be moved.
void Personalization::wait_for_move() noexcept {
  constexpr ngx_msec_t longest = 50;
  if (!stream_->holds_move()) {
    move_timer_.stop();
  } else if (!move_timer_.is_set()) {
    move_timer_.start(longest);
  }
}

void Personalization::on_move_timer() noexcept {
  // NGINX forgets contexts when another response is sent in the place of this one.
  if (remembered(r_) != this || r_->filter_finalize) {
    return;
  }
  ngx_connection_t* c = r_->connection;
  ngx_http_set_log_request(c->log, r_);
  stream_->give_up_moves();
  if (send_page(nullptr) == NGX_ERROR) {
    c->error = 1;
  }
  ngx_post_event(c->write, &ngx_posted_events);
}

// NGINX's own send_timeout runs while a slot holds the response, and would cut the page off: the
// wait ends well before.
ngx_msec_t Personalization::longest_wait() const noexcept {
  return std::min(page_location_->wait, core_loc_conf(r_).send_timeout / 2);
}

void Personalization::expect(const Splice& splice, bool is_utf8) noexcept {
  if (!splice.is_default && !visual_.has(splice.slot)) {
    facts_.documents().expect(splice.slot, splice.data, is_utf8);
  }
}

// What a slot waits for: its campaigns, and at the end of the page what scripts are told there.
SourceSet Personalization::needs_of(SlotId slot) const noexcept {
  const Site& site = facts_.site();
  if (visual_.has(slot)) {
    return visual_.needs();
  }
  SourceSet needs = slot < site.slot_needs.size() ? site.slot_needs[slot] : SourceSet();
  if (slot == site.body_end && end_.told_features != nullptr) {
    needs |= page_location_->state_needs;
  }
  if (slot == site.body_end) {
    needs |= slots_.postponed_needs() | visual_.needs();
  }
  return needs;
}

Fill Personalization::fill(const Splice& splice, SlotHtml& html) noexcept {
  const SlotId slot = splice.slot;
  const SourceSet needs = needs_of(slot);
  const PageElement* element =
      visual_.has(slot) ? nullptr : facts_.documents().element(splice.data);
  const bool is_element_pending = element != nullptr && element->is_pending();
  if (is_element_pending || facts_.documents().is_pending(needs)) {
    if (end_.late && slot < page_location_->late_slots.size() && page_location_->late_slots[slot]) {
      return slots_.postpone(slot, splice.begin != splice.end, html);
    }
    if (stream_->held_bytes() >= page_location_->held_limit) {
      count(Counter::held_too_much);
      facts_.documents().give_up();
    } else if (hold_.time() >= longest_wait()) {
      hold_.give_up();
    } else {
      hold_.set_page_needs(needs, element);
      return Fill::pending;
    }
  }
  const SlotTimer timer(slots_ns_);
  if (visual_.has(slot)) {
    return visual_.fill(splice, stream_->is_utf8(), html);
  }
  return slots_.fill(slot, element, splice.classes, stream_->is_utf8(), stream_->is_compressed(),
                     html);
}

bool Personalization::keeps_default(SlotId slot) noexcept {
  const SlotTimer timer(slots_ns_);
  if (visual_.has(slot)) {
    return !facts_.documents().is_pending(visual_.needs()) && visual_.keeps_default(slot);
  }
  // What an element shows is decided where it ends, by what is known of it then.
  const bool is_end_alone = slot >= facts_.site().slot_needs.size();
  return !is_end_alone && !facts_.site().is_by_element(slot) &&
         !facts_.documents().is_pending(needs_of(slot)) && slots_.keeps_default(slot);
}

CampaignId Personalization::campaign(SlotId slot) noexcept {
  if (facts_.site().is_by_element(slot)) {
    return no_campaign;
  }
  if (stream_.has_value() || is_answering_slots()) {
    return slots_.shown(slot);
  }
  const bool can_be_page = refusal_ == Refusal::none && !is_head_gone();
  return can_be_page ? facts_.decision().winner(slot) : no_campaign;
}

std::string_view Personalization::plan_result() const noexcept {
  return is_page() ? plans_.result() : std::string_view();
}

std::string_view Personalization::result() const noexcept {
  if (!stream_.has_value() && !is_answering_slots()) {
    return to_string(refusal_);
  }
  return is_changed() ? "personalized" : "default";
}

void Personalization::record() noexcept {
  hold_.release();
  const bool has_page = stream_.has_value();
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
    record_page();
  }
}

void Personalization::record_page() noexcept {
  plans_.record();
  visual_.record();
  if (slots_ns_) {
    observe(Histogram::decision, *slots_ns_);
  }
  count(is_changed() ? Counter::page_personalized : Counter::page_default);
  record_doubts();
}

void Personalization::record_doubts() noexcept {
  for (const Doubt doubt : all_doubts) {
    if (const std::uint32_t times = stream_->doubts(doubt)) {
      count(*counter_of(doubt), times);
      worker().log(*counter_of(doubt), r_->connection->log, describe(doubt));
    }
  }
}

}  // namespace personalize
