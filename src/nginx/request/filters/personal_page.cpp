#include "nginx/request/filters/personal_page.h"

#include <algorithm>

#include "nginx/platform/clock.h"
#include "nginx/platform/core_conf.h"
#include "nginx/request/filters/rewrite_filter.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/plans/active_filters.h"
#include "nginx/request/plans/gzip_filter.h"
#include "nginx/worker.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

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

// Returns whether the page has a place of the slot, which is looked for from the end.
bool has_place(const PagePlan& plan, SlotId slot) noexcept {
  for (std::size_t i = plan.splice_count(); i-- > 0;) {
    if (plan.splice(i).slot == slot) {
      return true;
    }
  }
  return false;
}

// Returns whether files of the location are read by other threads, or not as others are.
bool reads_in_threads(const ngx_http_request_t* r) noexcept {
  return core_loc_conf(r).aio != NGX_HTTP_AIO_OFF;
}

}  // namespace

PersonalPage::PersonalPage(ngx_http_request_t* r, RequestFacts& facts, Audience& audience,
                           Hold& hold, VisualContents& visual, SlotContents& slots,
                           FileReader::Next send_read, std::pmr::memory_resource* memory)
    : r_(r),
      facts_(facts),
      audience_(audience),
      hold_(hold),
      visual_(visual),
      slots_(slots),
      memory_(memory),
      file_(r),
      reader_(r, send_read),
      plans_(r) {
  pause_timer_.bind<&PersonalPage::on_pause>(*this, r->connection->log);
}

void PersonalPage::accept(const LocationConf& location) noexcept {
  location_ = &location;
  matcher_ = nullptr;
  file_.begin();
}

void PersonalPage::give_up() noexcept {
  file_.restore();
  reader_.stop();
  may_be_file_ = false;
  compressed_file_.reset();
  stream_.reset();
  location_ = nullptr;
}

void PersonalPage::choose_matcher() noexcept {
  if (matcher_ == nullptr) {
    const bool is_person = audience_.is_person();
    end_.ticket =
        is_person && location_->takes_tickets && is_prefetched_navigation(facts_.request());
    end_.scripts = is_person && location_->loads_scripts && facts_.identity().has_consent();
    if (location_->tells_state != 0) {
      end_.told_features = &location_->state_features;
    }
    end_.late = !location_->late_slots.empty() && !asks_for_part(facts_.request());
    end_.visual = location_->visual_matcher != nullptr && !asks_for_part(facts_.request()) &&
                  visual_.is_for_page();
    matcher_ = end_.visual     ? location_->visual_matcher
               : end_.is_any() ? location_->end_matcher
                               : location_->matcher;
  }
}

// What a charset filter has made of the page is known when all filters in front have seen the head.
Charset PersonalPage::charset() const noexcept {
  return charset_of(declared_charset(r_->headers_out));
}

void PersonalPage::find_plan(const ngx_chain_t* in) noexcept {
  const ngx_buf_t* file = file_.find(in);
  may_be_file_ = true;
  if (location_->plans_enabled == 0) {
    return;
  }
  if (file == nullptr) {
    count(Counter::plan_filtered);
    return;
  }
  choose_matcher();
  plans_.look_up(place_of(*file, false), *location_, *matcher_, charset() != Charset::unknown);
}

PagePlans::Place PersonalPage::place_of(const ngx_buf_t& file, bool is_gzip) const noexcept {
  return {file.file->fd, static_cast<std::uint64_t>(file.file_pos),
          static_cast<std::uint64_t>(file.file_last), file_.is_cache_entry(file), is_gzip};
}

bool PersonalPage::awaits_body() noexcept {
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
    plans_.look_up(*compressed_file_, *location_, *matcher_, charset() != Charset::unknown);
  }
  return false;
}

bool PersonalPage::is_known_file(const ngx_chain_t* in) noexcept {
  const ngx_buf_t* file = file_.find(in);
  if (file == nullptr || location_->plans_enabled == 0) {
    return false;
  }
  compressed_file_ = place_of(*file, true);
  file_.begin();
  choose_matcher();
  // A charset filter behind may still say what the charset is. That the bytes are sound, either
  // plan tells.
  return plans_.is_known(*compressed_file_, *location_, *matcher_);
}

bool PersonalPage::is_unchanged() const noexcept {
  return plans_.plan() != nullptr && plans_.plan()->splice_count() == 0;
}

void PersonalPage::open_stream(const Nonces& nonces, ngx_http_output_body_filter_pt next) {
  choose_matcher();
  // What is late comes at the end of the page, as far as it is known to have a place for that.
  const PagePlan* plan = plans_.plan();
  end_.late = end_.late && (plan == nullptr || has_place(*plan, facts_.site().page_end));
  slots_.open(facts_.locale(), nonces, end_);
  if (worker().is_timed_page()) {
    slots_ns_ = 0;
  }
  SlotFiller& filler = *this;
  if (plan != nullptr) {
    stream_.emplace(r_, *plan, charset(), filler, memory_, next);
    return;
  }
  const Scanner::Limits limits = {static_cast<std::uint32_t>(location_->token_limit),
                                  static_cast<std::uint32_t>(location_->content_limit)};
  stream_.emplace(r_, *matcher_, limits, charset(), filler, memory_, next);
}

void PersonalPage::settle_encoding() noexcept {
  if (plans_.plan() == nullptr || !stream_.has_value()) {
    return;
  }
  if (gzip_filter::is_active(r_)) {
    send_compressed();
  } else if (!compressed_file_) {
    send_file();
  }
}

void PersonalPage::send_compressed() noexcept {
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

void PersonalPage::send_file() noexcept {
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

ngx_int_t PersonalPage::send(ngx_chain_t* in) noexcept {
  if (!stream_.has_value()) {
    return send_behind_rewriter(r_, in);
  }
  awaits_default_ = false;
  const ngx_int_t rc = stream_->filter(in);
  if (stream_->is_held()) {
    hold_.hold_page(*this, longest_wait());
  } else {
    hold_.release();
    if (awaits_default_) {
      hold_.watch(*this);
    }
  }
  wait_for_more();
  return rc;
}

// What has come of a page that pauses is not kept back for what may come.
void PersonalPage::wait_for_more() noexcept {
  constexpr ngx_msec_t longest_for_place = 50;
  const Scanner::Awaited awaited = stream_->awaits();
  if (awaited == Scanner::Awaited::nothing) {
    pause_timer_.stop();
  } else if (!pause_timer_.is_set()) {
    // Which slots a page has is not for the pace to tell at which it comes, nor for flushes.
    const bool is_for_page = awaited == Scanner::Awaited::page;
    pause_timer_.start(is_for_page ? longest_wait() : longest_for_place);
  }
}

void PersonalPage::on_pause() noexcept {
  // NGINX forgets contexts when another response is sent in the place of this one.
  const bool is_forgotten = ngx_http_get_module_ctx(r_, ngx_http_personalize_module) == nullptr;
  if (is_forgotten || r_->filter_finalize) {
    return;
  }
  ngx_connection_t* c = r_->connection;
  ngx_http_set_log_request(c->log, r_);
  stream_->stop_waiting();
  if (send(nullptr) == NGX_ERROR) {
    c->error = 1;
  }
  ngx_post_event(c->write, &ngx_posted_events);
}

ngx_msec_t PersonalPage::longest_wait() const noexcept {
  return std::min(location_->wait, most_wait(core_loc_conf(r_).send_timeout));
}

void PersonalPage::expect(const Splice& splice, bool is_utf8) noexcept {
  if (!splice.is_default && !visual_.has(splice.slot)) {
    facts_.documents().expect(splice.slot, splice.data, is_utf8);
  }
}

// What a slot waits for: its campaigns, and at the end of the page what scripts are told there.
SourceSet PersonalPage::needs_of(SlotId slot) const noexcept {
  const Site& site = facts_.site();
  if (visual_.has(slot)) {
    return visual_.needs();
  }
  SourceSet needs = slot < site.slot_needs.size() ? site.slot_needs[slot] : SourceSet();
  if (slot == site.page_end) {
    needs |= slots_.postponed_needs() | visual_.needs();
    needs |= end_.told_features != nullptr ? location_->state_needs : SourceSet();
  }
  return needs;
}

// Returns whether the place can be filled when the page has passed it, and has not ended. Its end
// has to be known, so that nothing is shown in what is replaced later; and where elements are
// moved, a range might be torn apart.
bool PersonalPage::can_be_late(const Splice& splice) const noexcept {
  const auto& late_slots = location_->late_slots;
  const bool is_range = splice.begin != splice.end;
  const bool is_whole = splice.end != Splice::open_end && !(is_range && end_.visual);
  return end_.late && !slots_.has_ended() && !splice.is_default && is_whole &&
         splice.slot < late_slots.size() && late_slots[splice.slot];
}

Fill PersonalPage::fill(const Splice& splice, SlotHtml& html) noexcept {
  const SlotId slot = splice.slot;
  const SourceSet needs = needs_of(slot);
  const PageElement* element =
      visual_.has(slot) ? nullptr : facts_.documents().element(splice.data);
  const PageElement* awaited =
      slot == facts_.site().page_end ? slots_.postponed_element() : element;
  const bool is_element_pending = awaited != nullptr && awaited->is_pending();
  if (is_element_pending || facts_.documents().is_pending(needs)) {
    if (can_be_late(splice)) {
      return slots_.postpone(splice, element, html);
    }
    if (stream_->held_bytes() >= location_->held_limit) {
      count(Counter::held_too_much);
      facts_.documents().give_up();
    } else if (hold_.time() >= longest_wait()) {
      hold_.give_up();
    } else {
      hold_.set_page_needs(needs, awaited);
      return Fill::pending;
    }
  }
  const SlotTimer timer(slots_ns_);
  if (visual_.has(slot)) {
    return visual_.fill(splice, stream_->is_utf8(), html);
  }
  return slots_.fill(slot, element, splice.original, stream_->is_utf8(), stream_->is_compressed(),
                     html);
}

bool PersonalPage::keeps_default(SlotId slot) noexcept {
  const SlotTimer timer(slots_ns_);
  // What an element shows is decided where it ends, by what is known of it then.
  const bool is_visual = visual_.has(slot);
  if (!is_visual && (slot == facts_.site().page_end || facts_.site().is_by_element(slot))) {
    return false;
  }
  const SourceSet needs = needs_of(slot);
  if (facts_.documents().is_pending(needs)) {
    awaits_default_ = true;
    hold_.set_page_needs(needs, nullptr);
    return false;
  }
  return is_visual ? visual_.keeps_default(slot) : slots_.keeps_default(slot);
}

std::string_view PersonalPage::plan_result() const noexcept {
  return is_accepted() ? plans_.result() : std::string_view();
}

void PersonalPage::record() noexcept {
  plans_.record();
  visual_.record();
  if (slots_ns_) {
    observe(Histogram::decision, *slots_ns_);
  }
  record_doubts();
}

void PersonalPage::record_doubts() noexcept {
  for (const Doubt doubt : all_doubts) {
    if (const std::uint32_t times = stream_->doubts(doubt)) {
      count(*counter_of(doubt), times);
      worker().log(*counter_of(doubt), r_->connection->log, describe(doubt));
    }
  }
}

}  // namespace personalize
