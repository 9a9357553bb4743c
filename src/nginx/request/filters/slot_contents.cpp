#include "nginx/request/filters/slot_contents.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "nginx/request/counting/prefetched_pages.h"
#include "nginx/request/told_decisions.h"
#include "nginx/request/visitor/kept_offers.h"
#include "nginx/worker.h"
#include "personalize/render/character_references.h"
#include "personalize/render/json_text.h"
#include "personalize/render/late_patch.h"
#include "personalize/render/preview_badge.h"
#include "personalize/render/state_script.h"
#include "personalize/render/view_script.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Returns the list of classes if the original is one (Splice::original).
std::string_view classes_of(std::string_view original) noexcept {
  return original.substr(std::min<std::size_t>(original.size(), 1));
}

}  // namespace

SlotContents::SlotContents(ngx_http_request_t* r, RequestFacts& facts, Exposures& exposures,
                           VisualContents& visual, std::pmr::memory_resource* memory)
    : r_(r),
      facts_(facts),
      exposures_(exposures),
      visual_(visual),
      memory_(memory),
      claims_(r, facts),
      shown_(facts.site().program->slots().size(), no_campaign, memory),
      times_(facts.site().program->slots().size(), 0, memory),
      at_elements_(memory),
      postponed_(memory),
      late_key_(memory),
      told_slots_(memory),
      told_(shown_.size(), false, memory),
      told_elements_(facts.site(), memory),
      rendered_(memory),
      constants_(memory) {}

void SlotContents::open(const Locale& locale, const Nonces& nonces, PageEnd end) {
  end_ = end;
  locale_ = &locale;
  delivery_ = {location_conf(r_).endpoint, nonces};
  delivery_.may_store = facts_.identity().has_consent();
  delivery_.claims = &claims_;
  delivery_.kept_texts = &facts_.documents().kept_texts();
  delivery_.cookie_domain = cookie_domain(state_rule(r_, facts_.server()));
  if (facts_.site().keeps_state && facts_.forcing() == nullptr) {
    delivery_.state = facts_.state().sequence();
  }
  visual_.open(delivery_, end_.told_features != nullptr);
}

Fill SlotContents::fill(SlotId slot, const PageElement* element, std::string_view original,
                        bool is_utf8, bool notes_constants, SlotHtml& html) noexcept {
  is_utf8_ = is_utf8;
  if (slot == facts_.site().page_end) {
    return fill_end(html);
  }
  enter(slot, element);
  const Fill filled = fill_with_campaign(slot, element, original, notes_constants, html);
  facts_.documents().enter(nullptr);
  return filled;
}

// From here on it is decided for this place.
void SlotContents::enter(SlotId slot, const PageElement* element) noexcept {
  if (facts_.site().is_by_element(slot)) {
    facts_.decision().begin_element(slot);
    facts_.documents().enter(element);
  }
}

Fill SlotContents::fill_with_campaign(SlotId slot, const PageElement* element,
                                      std::string_view original, bool notes_constants,
                                      SlotHtml& html) noexcept {
  try {
    delivery_.page_classes = classes_of(original);
    const CampaignId campaign = choose(slot, false, notes_constants ? &constants_ : nullptr);
    if (campaign == no_campaign) {
      return Fill::none;
    }
    const bool is_told = end_.told_features != nullptr;
    if (is_told && facts_.site().is_content(slot)) {
      tell(slot, campaign);
    }
    html = copy_rendered();
    keep_constants(html);
    if (is_told && !facts_.site().is_content(slot)) {
      told_elements_.add(told_content(slot, campaign, element, original));
    }
    note_shown(slot, campaign);
    return Fill::content;
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

// Returns the campaign that stands in the slot, and leaves what it shows in rendered_; no_campaign
// for the default content.
CampaignId SlotContents::choose(SlotId slot, bool as_data, ConstantParts* constants) {
  Decision& decision = facts_.decision();
  for (;;) {
    const CampaignId campaign = decision.winner(slot);
    exposures_.note(decision);
    if (campaign == no_campaign || is_enough(slot, campaign)) {
      count(Counter::slot_default);
      return no_campaign;
    }
    rendered_.clear();
    constants_.clear();
    if (render(campaign, as_data, constants)) {
      return campaign;
    }
    // It has nothing to show: the next campaign gets its turn.
    count(Counter::slot_unrendered);
    decision.skip(campaign);
  }
}

// A campaign that stands at many elements of a page is shown in it once.
void SlotContents::note_shown(SlotId slot, CampaignId campaign) {
  facts_.documents().note_shown(facts_.site().lists[campaign]);
  bool is_new = true;
  if (facts_.site().is_by_element(slot)) {
    facts_.decision().note_at_element(campaign);
    is_new = !is_at_element(campaign);
    if (is_new) {
      at_elements_.push_back(campaign);
    }
  }
  shown_[slot] = campaign;
  ++times_[slot];
  exposures_.note(facts_.decision());
  exposures_.note_shown(campaign);
  ++filled_;
  count(Counter::slot_filled);
  if (is_new) {
    main_conf(r_).campaign_counters.add(facts_.site().number, campaign, CampaignCount::shown);
  }
}

void SlotContents::write(SlotId slot, bool as_data, std::pmr::string& out) {
  const CampaignId campaign = choose(slot, as_data, nullptr);
  if (campaign != no_campaign) {
    write_rendered(slot, campaign, as_data, out);
    note_shown(slot, campaign);
  }
}

void SlotContents::write_rendered(SlotId slot, CampaignId campaign, bool as_data,
                                  std::pmr::string& out) const {
  const Program& program = *facts_.site().program;
  JsonText json(out);
  json.key(program.slots()[slot]).begin_object();
  json.key("campaign").string(program.campaign_name(campaign));
  if (as_data) {
    out += ',';
    out += rendered_;
  } else {
    json.key("html").string(rendered_);
    const std::uint32_t most = program.views_cap(campaign);
    if (most != std::numeric_limits<std::uint32_t>::max()) {
      json.key("most").value(Value::number(most));
    }
  }
  json.end_object();
}

Fill SlotContents::postpone(const Splice& splice, const PageElement* element,
                            SlotHtml& html) noexcept {
  try {
    if (postponed_.empty()) {
      choose_late_key();
    }
    const LatePlace place = {late_key_, static_cast<std::uint32_t>(postponed_.size())};
    const bool is_range = splice.begin != splice.end;
    std::pmr::string mark(memory_);
    if (facts_.site().attribute_slots[splice.slot]) {
      append_late_attribute_mark(place, mark);
    } else {
      append_late_mark(place, is_range, mark);
      html.behind = is_range ? late_mark_end : std::string_view();
    }
    html.text = copy_text(mark, memory_);
    postponed_.push_back({splice, element});
    return Fill::around;
  } catch (const std::bad_alloc&) {
    html = SlotHtml();
    return Fill::none;
  }
}

// Without randomness there is the empty one, which works as well.
void SlotContents::choose_late_key() {
  std::array<unsigned char, 8> random;
  if (getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size())) {
    std::array<char, 2 * random.size()> text;
    ngx_hex_dump(reinterpret_cast<u_char*>(text.data()), random.data(), random.size());
    late_key_.assign(text.data(), text.size());
  }
}

SourceSet SlotContents::postponed_needs() const noexcept {
  SourceSet needs;
  for (const Postponed& late : postponed_) {
    needs |= facts_.site().slot_needs[late.splice.slot];
  }
  return needs;
}

const PageElement* SlotContents::postponed_element() const noexcept {
  const auto found = std::find_if(postponed_.begin(), postponed_.end(), [](const Postponed& late) {
    return late.element != nullptr && late.element->is_pending();
  });
  return found == postponed_.end() ? nullptr : found->element;
}

// Adds what postponed places show to `out` and to what is told, and the names of their slots to a
// JSON array. Nothing comes into what another one replaces.
void SlotContents::write_late(std::pmr::string& out, std::pmr::string& names) {
  std::pmr::vector<bool> is_named(shown_.size(), false, memory_);
  const Splice* filled = nullptr;  // the last place
  JsonText json(names);
  json.begin_array();
  for (std::uint32_t place = 0; place < postponed_.size(); ++place) {
    const Splice& splice = postponed_[place].splice;
    // As the Splicer tells it.
    const bool is_replaced =
        filled != nullptr && (splice.begin < filled->end ||
                              (filled->first < splice.first && splice.last < filled->last));
    if (is_replaced || !fill_late(postponed_[place], place, out)) {
      continue;
    }
    filled = &splice;
    if (!is_named[splice.slot]) {
      json.string(facts_.site().program->slots()[splice.slot]);
      is_named[splice.slot] = true;
    }
  }
  json.end_array();
}

// Returns whether there is something to show.
bool SlotContents::fill_late(const Postponed& late, std::uint32_t place, std::pmr::string& out) {
  const SlotId slot = late.splice.slot;
  delivery_.page_classes = classes_of(late.splice.original);
  enter(slot, late.element);
  const CampaignId campaign = choose(slot, false, nullptr);
  if (campaign != no_campaign) {
    if (!facts_.site().attribute_slots[slot]) {
      append_late_patch({late_key_, place}, facts_.site().program->slots()[slot], rendered_, out);
    }
    if (facts_.site().is_content(slot)) {
      tell(slot, campaign);
    } else {
      told_elements_.add_late(told_content(slot, campaign, late.element, late.splice.original),
                              place);
    }
    note_shown(slot, campaign);
  }
  facts_.documents().enter(nullptr);
  return campaign != no_campaign;
}

// A slot that stands in several places is told of once.
void SlotContents::tell(SlotId slot, CampaignId campaign) {
  if (!told_[slot]) {
    told_[slot] = true;
    write_rendered(slot, campaign, false, told_slots_);
  }
}

// Leaves in rendered_ what scripts are told that it shows.
ToldContent SlotContents::told_content(SlotId slot, CampaignId campaign, const PageElement* element,
                                       std::string_view original) {
  const Site& site = facts_.site();
  // What changes of a list of classes does not depend on the list.
  const bool is_class = site.attribute_slots[slot] && ascii::starts_with(rendered_, " class=");
  if (is_class) {
    rendered_.clear();
    delivery_.page_classes = std::nullopt;
    render(campaign, false, nullptr);
  }
  const bool is_known = !is_class && (is_utf8_ || ascii::is_ascii(original));
  return {slot, site.program->campaign_name(campaign), rendered_,
          is_known ? original : std::string_view(), element};
}

bool SlotContents::is_at_element(CampaignId campaign) const noexcept {
  return std::find(at_elements_.begin(), at_elements_.end(), campaign) != at_elements_.end();
}

// Limits per view of slots that are decided by element are the decision's: another campaign may
// follow.
bool SlotContents::is_enough(SlotId slot, CampaignId campaign) const noexcept {
  return !facts_.site().is_by_element(slot) && shown_[slot] == campaign &&
         times_[slot] >= facts_.site().program->views_cap(campaign);
}

bool SlotContents::keeps_default(SlotId slot) noexcept {
  const CampaignId campaign = facts_.decision().winner(slot);
  return campaign == no_campaign || is_enough(slot, campaign);
}

bool SlotContents::render(CampaignId campaign, bool as_data, ConstantParts* constants) noexcept {
  const Site& site = facts_.site();
  const std::string& name = site.program->campaign_name(campaign);
  claims_.set_campaign(campaign);
  const bool is_kept = delivery_.may_store && site.program->keeps_state(campaign);
  // Of many elements in one page, the visitor's cookie counts the first.
  delivery_.counted = is_kept && !is_at_element(campaign);
  const CampaignHistory* history = is_kept ? facts_.state().find(campaign_key(name)) : nullptr;
  delivery_.first_shown =
      history != nullptr && history->first != 0 ? std::optional(history->first) : std::nullopt;
  OfferFacts facts(facts_, campaign);
  if (as_data) {
    return site.contents[campaign].write_data(facts, *locale_, delivery_, rendered_);
  }
  return site.contents[campaign].render(facts, *locale_, delivery_, assets_, rendered_, constants);
}

Fill SlotContents::fill_end(SlotHtml& html) noexcept {
  has_ended_ = true;
  try {
    std::pmr::string end(memory_);
    write_end(end);
    if (!is_utf8_) {
      to_character_references(end);
    }
    if (end.empty()) {
      return Fill::none;
    }
    html = copy_text(end, memory_);
    return Fill::content;
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

// Returns what the page has of it. A script is told the characters themselves.
SlotHtml SlotContents::copy_rendered() {
  if (is_utf8_ || ascii::is_ascii(rendered_)) {
    return copy_text(rendered_, memory_);
  }
  constants_.clear();  // nothing is where it was
  std::pmr::string text(rendered_, memory_);
  to_character_references(text);
  return copy_text(text, memory_);
}

void SlotContents::keep_constants(SlotHtml& html) {
  if (constants_.empty()) {
    return;
  }
  auto* parts = static_cast<ConstantPart*>(
      memory_->allocate(constants_.size() * sizeof(ConstantPart), alignof(ConstantPart)));
  std::copy(constants_.begin(), constants_.end(), parts);
  html.constants = parts;
  html.constant_count = constants_.size();
}

// Everything before it is decided: all exposures are known, but of the features that scripts are
// told.
void SlotContents::write_end(std::pmr::string& out) {
  if (end_.visual) {
    visual_.write_scripts(is_utf8_, out);
  }
  if (end_.told_features != nullptr || !postponed_.empty()) {
    write_state(out);
  }
  if (facts_.forcing() != nullptr) {
    write_preview_badge(facts_.forcing()->items(), delivery_.endpoint, facts_.request().target(),
                        delivery_.nonces.style, out);
    return;
  }
  if (end_.scripts) {
    for (const Asset* script : facts_.site().scripts) {
      append_script_by_need(delivery_, *script, out);
    }
  }
  if (!end_.ticket) {
    return;
  }
  std::pmr::string ticket(memory_);
  write_ticket(r_, facts_, exposures_, ticket);
  if (!ticket.empty()) {
    append_view_script(delivery_, ticket, out);
  }
}

// To tell scripts of a feature is to use it.
void SlotContents::write_state(std::pmr::string& out) {
  std::pmr::string late(memory_);
  write_late(out, late);
  if (end_.told_features == nullptr && told_slots_.empty() && told_elements_.empty()) {
    return;  // nothing has come
  }
  std::pmr::string features(memory_);
  JsonText values(features);
  static const std::vector<FeatureId> none;
  for (const FeatureId id : end_.told_features == nullptr ? none : *end_.told_features) {
    const Value value = facts_.decision().use_feature(id);
    if (!value.is_missing()) {
      values.key(facts_.site().attributes.features()[id]).value(value);
    }
  }
  exposures_.note(facts_.decision());

  std::pmr::string text(memory_);
  JsonText json(text);
  json.begin_object().key("slots").begin_object();
  text += told_slots_;
  json.end_object();
  write_variants(facts_, json.key("variants"));
  if (end_.visual) {
    visual_.write_json(json, text);
  }
  json.key("exposures").begin_object();
  exposures_.for_each([&](std::string_view experiment, std::string_view variant) {
    json.key(experiment).string(variant);
  });
  json.end_object().key("features").begin_object();
  text += features;
  json.end_object();
  json.key("places").raw(location_conf(r_).slot_places).key("late").raw(late);
  if (!postponed_.empty()) {
    json.key("key").string(late_key_);
  }
  if (!told_elements_.empty()) {
    told_elements_.write(location_conf(r_).element_places, json.key("elements"));
  }
  // Those that are fetched ahead bring a ticket.
  RequestView& request = facts_.request();
  const bool is_counted = is_navigation(request) || is_prefetched_navigation(request);
  json.key("counted").value(Value::boolean(is_counted));
  json.key("state").value(delivery_.state ? Value::number(*delivery_.state) : Value::null());
  json.end_object();
  append_state_script(delivery_, text, out);
}

}  // namespace personalize
