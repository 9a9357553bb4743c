#include "nginx/request/request.h"

#include <algorithm>

#include "base/member.h"
#include "nginx/endpoints/inquiry.h"
#include "nginx/endpoints/preview.h"
#include "nginx/worker.h"
#include "personalize/render/character_references.h"
#include "personalize/render/preview_badge.h"

namespace personalize {

namespace {

void destroy(void* data) noexcept {
  static_cast<Personalization*>(data)->~Personalization();
}

// The headers that ask for a part of a page, or for one that is newer.
constexpr ngx_table_elt_t* ngx_http_headers_in_t::*condition_headers[] = {
    &ngx_http_headers_in_t::if_modified_since,
    &ngx_http_headers_in_t::if_unmodified_since,
    &ngx_http_headers_in_t::if_match,
    &ngx_http_headers_in_t::if_none_match,
    &ngx_http_headers_in_t::range,
    &ngx_http_headers_in_t::if_range,
};

// What stands before a slot that holds the page waits with it for this long (ms): a look-up in
// Redis mostly takes less, and the page then is one write and not two.
constexpr ngx_msec_t head_wait = 2;

// The request's headers without those that `hidden` tells. The old ones stay where they are, since
// others point to them.
template <class IsHidden>
bool copy_headers(ngx_pool_t* pool, ngx_list_t& headers, IsHidden is_hidden) noexcept {
  ngx_list_t kept;
  if (ngx_list_init(&kept, pool, 16, sizeof(ngx_table_elt_t)) != NGX_OK) {
    return false;
  }
  for (ngx_list_part_t* part = &headers.part; part != nullptr; part = part->next) {
    auto* elements = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_hidden(&elements[i])) {
        continue;
      }
      auto* copy = static_cast<ngx_table_elt_t*>(ngx_list_push(&kept));
      if (copy == nullptr) {
        return false;
      }
      *copy = elements[i];
    }
  }
  const bool in_first_part = kept.last == &kept.part;
  headers = kept;
  if (in_first_part) {
    headers.last = &headers.part;
  }
  return true;
}

}  // namespace

namespace {

std::optional<Counter> counter_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
    case Refusal::off:
      return std::nullopt;
    case Refusal::status:
      return Counter::passed_status;
    case Refusal::type:
      return Counter::passed_type;
    case Refusal::charset:
      return Counter::passed_charset;
    case Refusal::encoding:
      return Counter::passed_encoding;
  }
  return std::nullopt;
}

const char* describe(Doubt doubt) noexcept {
  switch (doubt) {
    case Doubt::none:
      break;
    case Doubt::end_uncertain:
      return "a slot keeps its default content: where its element ends cannot be told";
    case Doubt::foster_parent:
      return "a slot keeps its default content: it stands where a table takes no content";
    case Doubt::content_too_long:
      return "a slot keeps its default content, which is longer than is held back";
    case Doubt::token_too_long:
      return "a page is passed on from a tag or comment that is too long";
    case Doubt::not_html:
      return "a page is passed on: its first character is not \"<\"";
  }
  return "";
}

}  // namespace

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return "";
    case Refusal::off:
      return "off";
    case Refusal::status:
      return "status";
    case Refusal::type:
      return "type";
    case Refusal::charset:
      return "charset";
    case Refusal::encoding:
      return "encoding";
  }
  return "";
}

Personalization* Personalization::find(ngx_http_request_t* r) noexcept {
  r = r->main;
  auto* known =
      static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
  if (known != nullptr) {
    return known;
  }
  for (ngx_pool_cleanup_t* c = r->pool->cleanup; c != nullptr; c = c->next) {
    if (c->handler == destroy) {
      auto* found = static_cast<Personalization*>(c->data);
      ngx_http_set_ctx(r, found, ngx_http_personalize_module);
      return found;
    }
  }
  return nullptr;
}

Personalization* Personalization::obtain(ngx_http_request_t* r) noexcept {
  if (Personalization* known = find(r)) {
    return known;
  }
  return make(r->main, *server_conf(r).site, nullptr);
}

Personalization* Personalization::inquire(ngx_http_request_t* r, Inquiry& inquiry) noexcept {
  return find(r) == nullptr ? make(r, *inquiry.server().site, &inquiry) : nullptr;
}

Personalization* Personalization::make(ngx_http_request_t* r, const Site& site,
                                       Inquiry* inquiry) noexcept {
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(r->pool, sizeof(Personalization));
  if (cleanup == nullptr) {
    return nullptr;
  }
  try {
    auto* made = new (cleanup->data) Personalization(r, site, inquiry);
    cleanup->handler = destroy;
    ngx_http_set_ctx(r, made, ngx_http_personalize_module);
    return made;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

namespace {

std::optional<StickyVariants> make_sticky(const Site& site, RequestView& request, StickyGate& gate,
                                          std::pmr::memory_resource* memory) {
  std::optional<StickyVariants> sticky;
  if (!site.sticky.empty()) {
    sticky.emplace(request, gate, memory);
  }
  return sticky;
}

}  // namespace

Personalization::Personalization(ngx_http_request_t* r, const Site& site, Inquiry* inquiry)
    : r_(r),
      site_(site),
      memory_(r->pool),
      adapter_(r),
      inquiry_(inquiry),
      request_(inquiry == nullptr ? static_cast<RequestView&>(adapter_) : *inquiry),
      forcing_(read_preview()),
      signals_(request_, visitor_, &main_conf(r).geo, worker().zones, &memory_),
      state_(&memory_),
      sticky_(make_sticky(site, request_, *this, &memory_)),
      decision_(*site.program, *this, &memory_,
                {&state_, &worker().switches.of(site.number), sticky_ ? &*sticky_ : nullptr,
                 forcing_ ? &*forcing_ : nullptr}),
      values_(site.attributes.size(), &memory_),
      known_(site.attributes.size(), false, &memory_),
      documents_(site.sources.size(), &memory_),
      exposed_(site.program->experiment_count(), &memory_),
      shown_(site.program->slots().size(), no_campaign, &memory_),
      times_(site.program->slots().size(), 0, &memory_),
      contents_(&memory_),
      hidden_(&memory_) {
  if (inquiry != nullptr) {
    page_ = inquiry->page();
    page_known_ = true;
  }
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    documents_[i].owner = this;
    documents_[i].source = i;
  }
  if (site.keeps_state && has_consent()) {
    state_.read(find_cookie(request_, VisitorState::cookie_name).value_or(std::string_view()),
                request_.now_ms());
  }
  // The caps that the cookie counts keep their own time.
  if (forcing_ && forcing_->now_ms()) {
    adapter_.pretend(*forcing_->now_ms());
    if (inquiry_ != nullptr) {
      inquiry_->pretend(*forcing_->now_ms());
    }
  }

  timer_.data = this;
  timer_.log = r->connection->log;
  timer_.handler = [](ngx_event_t* event) {
    static_cast<Personalization*>(event->data)->on_timer();
  };
  wake_.data = this;
  wake_.log = r->connection->log;
  wake_.handler = [](ngx_event_t* event) { static_cast<Personalization*>(event->data)->resume(); };
}

Personalization::~Personalization() {
  for (auto& document : documents_) {
    Lookups::leave(document);
  }
  release_hold();
}

void Personalization::hide_conditions() noexcept {
  ngx_http_headers_in_t& headers = r_->headers_in;
  bool any = false;
  for (const auto header : condition_headers) {
    any = any || headers.*header != nullptr;
  }
  if (!any) {
    return;
  }
  try {
    for (const auto header : condition_headers) {
      if (headers.*header != nullptr) {
        hidden_.push_back({header, headers.*header});
      }
    }
  } catch (const std::bad_alloc&) {
    hidden_.clear();
    return;
  }
  const bool copied = copy_headers(r_->pool, headers.headers, [&](const ngx_table_elt_t* e) {
    return std::any_of(std::begin(condition_headers), std::end(condition_headers),
                       [&](const auto header) { return headers.*header == e; });
  });
  if (!copied) {
    hidden_.clear();
    return;
  }
  for (const auto& hidden : hidden_) {
    headers.*hidden.place = nullptr;
  }
}

void Personalization::restore_conditions() noexcept {
  for (const auto& hidden : hidden_) {
    r_->headers_in.*hidden.place = hidden.header;
  }
  hidden_.clear();
}

std::optional<Forcing> Personalization::read_preview() {
  const auto grant = find_preview(server(), request_, &memory_, is_preview_void_);
  if (!grant) {
    return std::nullopt;
  }
  preview_expires_s_ = grant->expires_s;
  return std::optional<Forcing>(std::in_place, grant->items, *site_.program, &memory_);
}

std::string_view Personalization::preview_cookie() noexcept {
  if (!is_preview_void_) {
    return {};
  }
  try {
    std::pmr::string value(&memory_);
    PreviewSecret::remove_cookie(has_secure_cookies(), value);
    return copy_to_pool(r_->pool, value);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void Personalization::tally(Counter counter, std::uint64_t n) const noexcept {
  if (inquiry_ == nullptr) {
    count(counter, n);
  }
}

const ServerConf& Personalization::server() const noexcept {
  return inquiry_ == nullptr ? server_conf(r_) : inquiry_->server();
}

bool Personalization::has_consent() noexcept {
  const Consent* rule = location_conf(r_).consent;
  if (!consent_ || rule != asked_consent_) {
    asked_consent_ = rule;
    consent_ = rule != nullptr ? rule->is_given(request_, signals_, &memory_)
                               : !asks_for_privacy(request_);
  }
  return *consent_;
}

// The cookie is read when somebody first asks, and a new visitor is made up only then.
void Personalization::identify() noexcept {
  if (identified_ || !has_consent()) {
    return;
  }
  identified_ = true;
  const VisitorRule* rule = server().visitor;
  if (rule == nullptr) {
    return;
  }
  if (inquiry_ != nullptr && inquiry_->visitor()) {
    visitor_ = visitor_from_variable(*inquiry_->visitor());
    visitor_.verified = rule->cookie != nullptr && rule->cookie->is_signed();
    return;
  }
  if (rule->cookie == nullptr) {
    if (const auto value = request_.variable(static_cast<std::uint32_t>(rule->variable))) {
      visitor_ = visitor_from_variable(*value);
    }
    return;
  }
  switch (rule->cookie->read(request_, visitor_)) {
    case VisitorCookieState::absent:
      break;
    case VisitorCookieState::valid:
      tally(Counter::visitor_known);
      break;
    case VisitorCookieState::malformed:
      tally(Counter::visitor_malformed);
      break;
    case VisitorCookieState::forged:
      tally(Counter::visitor_forged);
      break;
  }
  const bool may_come_back = signals_.device() != Device::bot;
  const bool may_issue = inquiry_ == nullptr && rule->cookie->options().issue;
  if (visitor_.is_new && may_issue && may_come_back) {
    if (rule->cookie->issue(&memory_, visitor_)) {
      issued_by_ = rule->cookie.get();
      count(Counter::visitor_issued);
    }
  }
}

bool Personalization::has_secure_cookies() noexcept {
  return server().has_secure_cookies(adapter_.scheme());
}

std::string_view Personalization::visitor_cookie() noexcept {
  identify();
  if (issued_by_ == nullptr || !has_consent()) {
    return {};
  }
  try {
    std::pmr::string value(&memory_);
    return issued_by_->set_cookie(visitor_.id, has_secure_cookies(), value)
               ? copy_to_pool(r_->pool, value)
               : std::string_view();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

std::string_view Personalization::state_cookie() noexcept {
  if (forcing_ || !has_consent() || !state_.is_known() || !state_.is_outdated() ||
      state_.is_empty()) {
    return {};
  }
  try {
    std::pmr::string value(&memory_);
    state_.set_cookie(has_secure_cookies(), value);
    return copy_to_pool(r_->pool, value);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// All that need no document, or whose documents are there already.
std::string_view Personalization::variants_cookie() noexcept {
  if (forcing_ || !sticky_ || !has_consent() || signals_.device() == Device::bot) {
    return {};
  }
  for (const ExperimentId id : site_.sticky) {
    decision_.variant(id);
  }
  try {
    std::pmr::string value(&memory_);
    return sticky_->write(has_secure_cookies(), value) ? copy_to_pool(r_->pool, value)
                                                       : std::string_view();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

bool Personalization::is_settled(std::string_view experiment) noexcept {
  for (const ExperimentId id : site_.sticky) {
    if (site_.program->experiment_name(id) == experiment) {
      const SourceSet& needs = site_.program->experiment_needs(id);
      const SourceSet unasked = SourceSet(needs & ~needs_).reset(page_need);
      return unasked.none() && !is_pending(needs);
    }
  }
  return false;
}

void Personalization::read_page(const LocationConf& location) noexcept {
  page_ = location.page != nullptr ? location.page->read(r_) : PageValues();
  page_known_ = true;
  // What was decided without it may be otherwise.
  decision_.reset();
}

void Personalization::start_lookups(const SourceSet& needs) noexcept {
  identify();
  // Twice: the key of a source may be made of a document that the first pass found in the cache.
  for (int round = 0; round < 2; ++round) {
    decision_.reset();
    for (std::uint32_t i = 0; i < documents_.size(); ++i) {
      if (needs[i] && documents_[i].state == Lookup::idle && !is_pending(site_.source_needs[i]) &&
          (round == 1 || site_.source_needs[i].none())) {
        start_lookup(i);
      }
    }
  }
  needs_ = needs;
  decision_.reset();
}

void Personalization::start_lookup(std::uint32_t source) noexcept {
  if (!has_consent()) {
    return;
  }
  Document& document = documents_[source];
  const Source& definition = site_.sources[source];
  const bool is_of_session = site_.session_part(source).has_value();
  if (is_of_session && (site_.session == nullptr || signals_.device() == Device::bot)) {
    return;  // not asked for
  }
  try {
    if (definition.condition &&
        !definition.condition->holds(decision_.segment(definition.condition->segment))) {
      return;  // not asked for
    }
    // Nothing can be known of somebody who has only just been given an id.
    const bool unknown =
        visitor_.is_new && definition.key.uses(site_.attributes, Root::visitor, Field::visitor_id);
    std::pmr::string key(&memory_);
    if (unknown || !site_.expand_key(source, *this, request_.now_ms() / 1000, key)) {
      document.state = Lookup::missing;
      return;
    }
    document.state = Lookup::pending;
    std::string_view bytes;
    const Lookup outcome = worker().lookups.find(definition, key, document, &memory_, bytes);
    if (outcome != Lookup::pending) {
      document.state = outcome;
      document.value = Value::document(bytes);
    }
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
}

void Personalization::Document::on_document(Lookup outcome, std::string_view bytes) noexcept {
  owner->settle(*this, outcome, bytes);
}

void Personalization::settle(Document& document, Lookup outcome, std::string_view bytes) noexcept {
  if (document.state != Lookup::pending) {
    return;
  }
  document.state = outcome;
  try {
    document.value = bytes.empty() ? Value() : Value::document(copy_to_pool(r_->pool, bytes));
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
  decision_.reset();

  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    const bool waits_for_it = site_.source_needs[i][document.source] && needs_[i];
    if (waits_for_it && documents_[i].state == Lookup::idle && !is_pending(site_.source_needs[i])) {
      start_lookup(i);
    }
  }
  if (holding_ != Hold::none && !is_pending(wanted_)) {
    ngx_post_event(&wake_, &ngx_posted_events);
  }
}

bool Personalization::is_pending(const SourceSet& needs) const noexcept {
  if (needs[page_need] && !page_known_) {
    return true;
  }
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    if (!needs[i]) {
      continue;
    }
    const Lookup state = documents_[i].state;
    // One that is idle waits for another to make its key of.
    if (state == Lookup::pending || (state == Lookup::idle && is_pending(site_.source_needs[i]))) {
      return true;
    }
  }
  return false;
}

void Personalization::stop_waiting() noexcept {
  for (auto& document : documents_) {
    if (document.state == Lookup::pending) {
      Lookups::leave(document);
      document.state = Lookup::timeout;
    }
  }
}

Value Personalization::get(AttributeId id) noexcept {
  const Attribute& attribute = site_.attributes[id];
  switch (attribute.root) {
    case Root::source:
      return !has_consent() ? Value()
                            : find_member(documents_[attribute.index].value, attribute.path);
    case Root::segment:
      return Value::boolean(decision_.segment(attribute.index));
    case Root::experiment:
      return decision_.use_variant(attribute.index);
    case Root::feature:
      return find_member(decision_.use_feature(attribute.index), attribute.path);
    case Root::consent:
      return Value::boolean(has_consent());
    case Root::page:
      return page_[attribute.index];
    case Root::session:
      return session_value(attribute.field);
    case Root::visitor:
      identify();
      return has_consent() ? signals_.read(attribute) : Value();
    case Root::geo:
      // Nothing else is known of a place that is made up.
      if (forcing_ && !forcing_->country().empty()) {
        return attribute.field == Field::geo_country ? Value::string(forcing_->country()) : Value();
      }
      [[fallthrough]];
    default:
      if (!known_[id]) {
        values_[id] = signals_.read(attribute);
        known_[id] = true;
      }
      return values_[id];
  }
}

// Of robots there is no session. Of others there is one, if only with this page.
Value Personalization::session_value(Field field) noexcept {
  identify();
  if (site_.session == nullptr || !has_consent() || signals_.device() == Device::bot) {
    return {};
  }
  try {
    SessionView session{
        *site_.session, session_start(), session_page(page_), request_.now_ms() / 1000, {}};
    for (std::size_t part = 0; part < session_parts; ++part) {
      const Document& document = documents_[*site_.first_of_session + part];
      session.documents[part] = {document.state, document.value};
    }
    return read_session(field, session);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

const SessionStart& Personalization::session_start() {
  if (!session_start_) {
    session_start_ = read_session_start(request_, &memory_);
  }
  return *session_start_;
}

Fill Personalization::fill(SlotId slot, std::string_view& html) noexcept {
  const bool is_badge_alone = slot >= shown_.size();
  const Fill filled = is_badge_alone ? Fill::none : fill_slot(slot, html);
  const bool takes_badge =
      forcing_ && !has_badge_ && slot == site_.badge_slot && filled != Fill::pending;
  if (!takes_badge) {
    return filled;
  }
  html = filled == Fill::content ? html : std::string_view();
  return add_badge(html);
}

Fill Personalization::add_badge(std::string_view& html) noexcept {
  try {
    std::pmr::string badge(&memory_);
    write_preview_badge(forcing_->items(), server().endpoint, adapter_.target(),
                        delivery_.nonces.style, badge);
    if (!is_utf8_) {
      to_character_references(badge);
    }
    std::pmr::string& out = contents_.emplace_back(html);
    out += badge;
    html = out;
    has_badge_ = true;
    return Fill::content;
  } catch (const std::bad_alloc&) {
    return html.empty() ? Fill::none : Fill::content;
  }
}

Fill Personalization::fill_slot(SlotId slot, std::string_view& html) noexcept {
  const SourceSet& needs = site_.slot_needs[slot];
  if (is_pending(needs)) {
    const bool too_long = waited_ >= longest_wait();
    const bool too_much = stream_->held_bytes() >= page_location_->held_limit;
    if (!too_long && !too_much) {
      wanted_ = needs;
      return Fill::pending;
    }
    count(too_much ? Counter::held_too_much : Counter::wait_exceeded);
    stop_waiting();
  }
  try {
    for (;;) {
      const CampaignId campaign = decision_.winner(slot);
      note_exposures();
      const bool is_enough = shown_[slot] == campaign && campaign != no_campaign &&
                             times_[slot] >= site_.program->views_cap(campaign);
      if (campaign == no_campaign || is_enough) {
        count(Counter::slot_default);
        return Fill::none;
      }
      std::pmr::string& out = contents_.emplace_back();
      delivery_.counted = delivery_.may_store && site_.program->keeps_state(campaign);
      if (site_.contents[campaign].render(*this, *main_conf(r_).locale, delivery_,
                                          site_.program->campaign_name(campaign), assets_, out)) {
        shown_[slot] = campaign;
        ++times_[slot];
        note_exposures();
        ++filled_;
        count(Counter::slot_filled);
        if (!is_utf8_) {
          to_character_references(out);
        }
        html = out;
        return Fill::content;
      }
      // It has nothing to show: the next campaign gets its turn.
      contents_.pop_back();
      count(Counter::slot_unrendered);
      decision_.skip(campaign);
    }
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

void Personalization::accept_page(const LocationConf& location, bool is_utf8) noexcept {
  page_location_ = &location;
  is_utf8_ = is_utf8;
  refusal_ = Refusal::none;
}

void Personalization::refuse_page(Refusal why) noexcept {
  // A filter may have replaced a page that was already held by an error page.
  release_hold();
  stream_.reset();
  page_location_ = nullptr;
  refusal_ = why;
  restore_conditions();
  if (const auto counter = counter_of(why)) {
    count(*counter);
  }
}

void Personalization::open_stream(const Nonces& nonces, ngx_http_output_body_filter_pt next) {
  delivery_ = {server().endpoint, nonces};
  delivery_.may_store = has_consent();
  const Scanner::Limits limits = {static_cast<std::uint32_t>(page_location_->token_limit),
                                  static_cast<std::uint32_t>(page_location_->content_limit)};
  SlotFiller& filler = *this;
  stream_.emplace(r_, *page_location_->matcher, limits, filler, &memory_, next);
}

ngx_int_t Personalization::filter(ngx_chain_t* in) noexcept {
  const ngx_int_t rc = stream_->filter(in);
  if (stream_->is_held()) {
    hold(Hold::page, longest_wait());
  } else {
    release_hold();
  }
  return rc;
}

// While a slot holds the response, NGINX's own send_timeout runs too, and its end would cut the
// page off: the wait ends well before.
ngx_msec_t Personalization::longest_wait() const noexcept {
  const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_get_module_loc_conf(r_, ngx_http_core_module));
  return std::min(page_location_->wait, core->send_timeout / 2);
}

void Personalization::hold(Hold what, ngx_msec_t longest) noexcept {
  if (what == Hold::page) {
    r_->connection->buffered |= hold_bit;
  }
  if (holding_ == Hold::none) {
    holding_ = what;
    if (waited_ == 0) {
      tally(Counter::held_page);
    }
    held_since_ = ngx_current_msec;
    const ngx_msec_t left = longest - waited_;
    ngx_add_timer(&timer_, what == Hold::page ? std::min(left, head_wait) : left);
  }
}

void Personalization::release_hold() noexcept {
  if (holding_ == Hold::none) {
    return;
  }
  if (holding_ == Hold::page) {
    r_->connection->buffered &= ~hold_bit;
  }
  holding_ = Hold::none;
  waited_ += ngx_current_msec - held_since_;
  tally(Counter::held_ms, ngx_current_msec - held_since_);
  if (timer_.timer_set) {
    ngx_del_timer(&timer_);
  }
  if (wake_.posted) {
    ngx_delete_posted_event(&wake_);
  }
}

// The head and what stands before the slot do not wait with it for longer than a moment.
void Personalization::on_timer() noexcept {
  if (holding_ == Hold::page && wait_time() < longest_wait()) {
    stream_->stop_gathering();
    ngx_add_timer(&timer_, longest_wait() - wait_time());
  } else {
    tally(Counter::wait_exceeded);
    stop_waiting();
  }
  resume();
}

void Personalization::resume() noexcept {
  ngx_http_set_log_request(r_->connection->log, r_);
  if (holding_ == Hold::request) {
    resume_request();
  } else {
    resume_page();
  }
}

bool Personalization::wait_in_phase(const SourceSet& awaited, ngx_msec_t longest) noexcept {
  if (!is_pending(awaited)) {
    return false;
  }
  if (holding_ == Hold::request) {
    return true;
  }
  if (waited_ >= longest) {
    tally(Counter::wait_exceeded);
    stop_waiting();
    return false;
  }
  wanted_ = awaited;
  hold(Hold::request, longest);
  // A client that goes away is noticed, and its request ends then.
  r_->read_event_handler = ngx_http_test_reading;
  r_->write_event_handler = ngx_http_request_empty_handler;
  return ngx_handle_read_event(r_->connection->read, 0) == NGX_OK;
}

// The phase is entered again, and finds that nothing is pending. May end the request.
void Personalization::resume_request() noexcept {
  ngx_connection_t* c = r_->connection;
  release_hold();
  r_->read_event_handler = ngx_http_block_reading;
  r_->write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(r_);
  ngx_http_run_posted_requests(c);
}

// ngx_http_output_filter() does not reach a filter behind postpone; so this calls the filter
// itself, and lets NGINX's own writer see to the rest.
void Personalization::resume_page() noexcept {
  ngx_connection_t* c = r_->connection;
  if (filter(nullptr) == NGX_ERROR) {
    c->error = 1;
  }
  ngx_post_event(c->write, &ngx_posted_events);
}

const Visitor& Personalization::visitor() noexcept {
  static const Visitor nobody;
  identify();
  return has_consent() ? visitor_ : nobody;
}

namespace {

void append_name(std::pmr::string& out, std::string_view name) {
  if (!out.empty()) {
    out += ',';
  }
  out += name;
}

}  // namespace

void Personalization::list_segments(std::pmr::string& out) {
  for (SegmentId id = 0; id < site_.program->segment_count(); ++id) {
    if (decision_.segment(id)) {
      append_name(out, site_.program->segment_name(id));
    }
  }
}

void Personalization::list_variants(std::pmr::string& out) {
  for (ExperimentId id = 0; id < site_.program->experiment_count(); ++id) {
    const Value variant = decision_.variant(id);
    if (!variant.is_missing()) {
      append_name(out, site_.program->experiment_name(id));
      out += '=';
      out += variant.as_string();
    }
  }
}

std::optional<std::string_view> Personalization::variant(ExperimentId id) noexcept {
  const Value variant = decision_.use_variant(id);
  note_exposures();
  return variant.is_missing() ? std::nullopt : std::optional(variant.as_string());
}

bool Personalization::write_redirect(std::pmr::string& out) {
  const bool redirects = decision_.redirect(out);
  note_exposures();
  return redirects;
}

// What is decided now may be forgotten when documents arrive; what was done by it stays.
void Personalization::note_exposures() noexcept {
  for (ExperimentId id = 0; id < exposed_.size(); ++id) {
    if (exposed_[id].empty() && decision_.is_exposed(id)) {
      exposed_[id] = decision_.variant(id).as_string();
    }
  }
}

void Personalization::list_campaigns(std::pmr::string& out) {
  for (SlotId slot = 0; slot < shown_.size(); ++slot) {
    const CampaignId campaign = stream_.has_value() ? shown_[slot] : decision_.winner(slot);
    if (campaign != no_campaign) {
      append_name(out, site_.program->campaign_name(campaign));
    }
  }
}

void Personalization::list_sources(std::pmr::string& out) {
  for (const auto& document : documents_) {
    if (document.state != Lookup::idle) {
      append_name(out, site_.sources[document.source].name);
      out += '=';
      out += to_string(document.state);
    }
  }
}

std::string_view Personalization::result() const noexcept {
  if (!stream_.has_value()) {
    return to_string(refusal_);
  }
  return filled_ != 0 ? "personalized" : "default";
}

void Personalization::record() noexcept {
  if (inquiry_ != nullptr) {
    return;
  }
  for (const auto& document : documents_) {
    if (const auto counter = counter_of(document.state)) {
      count(*counter);
    }
  }
  for (ExperimentId id = 0; id < exposed_.size(); ++id) {
    if (!exposed_[id].empty() && !forcing_ && signals_.device() != Device::bot) {
      main_conf(r_).labelled_counters.add(metrics::exposures,
                                          {site_.program->experiment_name(id), exposed_[id]});
    }
  }
  if (!stream_.has_value()) {
    return;
  }
  if (!has_consent()) {
    count(Counter::visitor_without_consent);
  }
  record_session();
  count(filled_ != 0 ? Counter::page_personalized : Counter::page_default);
  for (const Doubt doubt : {Doubt::end_uncertain, Doubt::foster_parent, Doubt::content_too_long,
                            Doubt::token_too_long, Doubt::not_html}) {
    if (const std::uint32_t times = stream_->scanner().doubts(doubt)) {
      count(*counter_of(doubt), times);
      worker().log(*counter_of(doubt), r_->connection->log, describe(doubt));
    }
  }
}

// Of somebody who has been here before, so that no keys are made for those who never return.
bool Personalization::is_page_view() noexcept {
  identify();
  const bool is_known = !visitor_.id.empty() && !visitor_.is_new;
  return is_known && has_consent() && !forcing_ && r_->method == NGX_HTTP_GET &&
         r_->headers_out.status == NGX_HTTP_OK && signals_.device() != Device::bot &&
         !is_prefetch(request_);
}

void Personalization::record_session() noexcept {
  if (site_.session == nullptr || !is_page_view()) {
    return;
  }
  try {
    worker().sessions.write(*site_.session, {visitor_.id, request_.now_ms() / 1000, session_start(),
                                             session_page(page_)});
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

ngx_msec_t Personalization::wait_time() const noexcept {
  return holding_ != Hold::none ? waited_ + (ngx_current_msec - held_since_) : waited_;
}

}  // namespace personalize
