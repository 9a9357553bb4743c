#include "nginx/request/filters/slot_contents.h"

#include <algorithm>

#include "base/text/copy.h"
#include "nginx/request/counting/prefetched_pages.h"
#include "nginx/request/visitor/kept_offers.h"
#include "nginx/worker.h"
#include "personalize/render/character_references.h"
#include "personalize/render/preview_badge.h"
#include "personalize/render/view_script.h"

namespace personalize {

SlotContents::SlotContents(ngx_http_request_t* r, RequestFacts& facts, Exposures& exposures,
                           std::pmr::memory_resource* memory)
    : r_(r),
      facts_(facts),
      exposures_(exposures),
      memory_(memory),
      claims_(r, facts),
      shown_(facts.site().program->slots().size(), no_campaign, memory),
      times_(facts.site().program->slots().size(), 0, memory),
      at_elements_(memory),
      rendered_(memory),
      constants_(memory) {}

void SlotContents::open(const Locale& locale, const Nonces& nonces, PageEnd end) {
  end_ = end;
  locale_ = &locale;
  delivery_ = {location_conf(r_).endpoint, nonces};
  delivery_.may_store = facts_.identity().has_consent();
  delivery_.claims = &claims_;
  delivery_.cookie_domain = cookie_domain(state_rule(r_, facts_.server()));
  if (facts_.site().keeps_state && facts_.forcing() == nullptr) {
    delivery_.state = facts_.state().sequence();
  }
}

Fill SlotContents::fill(SlotId slot, const PageElement* element, std::string_view classes,
                        bool is_utf8, bool notes_constants, SlotHtml& html) noexcept {
  is_utf8_ = is_utf8;
  delivery_.page_classes = classes;
  if (facts_.site().is_by_element(slot)) {
    facts_.decision().begin_element(slot);
    facts_.documents().enter(element);
    const Fill filled = fill_with_campaign(slot, notes_constants, html);
    facts_.documents().enter(nullptr);
    return filled;
  }
  const bool is_badge_alone = slot >= shown_.size();
  const Fill filled = is_badge_alone ? Fill::none : fill_with_campaign(slot, notes_constants, html);
  if (!takes_end(slot)) {
    return filled;
  }
  html = filled == Fill::content ? html : SlotHtml();
  return add_end(html);
}

Fill SlotContents::fill_with_campaign(SlotId slot, bool notes_constants, SlotHtml& html) noexcept {
  Decision& decision = facts_.decision();
  try {
    for (;;) {
      const CampaignId campaign = decision.winner(slot);
      exposures_.note(decision);
      if (campaign == no_campaign || is_enough(slot, campaign)) {
        count(Counter::slot_default);
        return Fill::none;
      }
      rendered_.clear();
      constants_.clear();
      if (render(campaign, notes_constants ? &constants_ : nullptr)) {
        const std::size_t size = rendered_.size();
        if (!is_utf8_) {
          to_character_references(rendered_);
        }
        if (rendered_.size() != size) {
          constants_.clear();  // nothing is where it was
        }
        html = copy_text(rendered_, memory_);
        keep_constants(html);
        facts_.documents().note_shown(facts_.site().lists[campaign]);
        note_shown(slot, campaign);
        return Fill::content;
      }
      // It has nothing to show: the next campaign gets its turn.
      count(Counter::slot_unrendered);
      decision.skip(campaign);
    }
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

// A campaign that stands at many elements of a page is shown in it once.
void SlotContents::note_shown(SlotId slot, CampaignId campaign) {
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
  if (takes_end(slot)) {
    return false;
  }
  const CampaignId campaign = facts_.decision().winner(slot);
  return campaign == no_campaign || is_enough(slot, campaign);
}

bool SlotContents::render(CampaignId campaign, ConstantParts* constants) noexcept {
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
  return site.contents[campaign].render(facts, *locale_, delivery_, name, assets_, rendered_,
                                        constants);
}

bool SlotContents::takes_end(SlotId slot) const noexcept {
  return !has_end_ && slot == facts_.site().body_end &&
         (facts_.forcing() != nullptr || end_.is_any());
}

Fill SlotContents::add_end(SlotHtml& html) noexcept {
  has_end_ = true;
  try {
    std::pmr::string end(memory_);
    write_end(end);
    if (!is_utf8_) {
      to_character_references(end);
    }
    if (!end.empty()) {
      rendered_.assign(html.text);
      rendered_ += end;
      html.text = copy_text(rendered_, memory_);
    }
  } catch (const std::bad_alloc&) {
    // What the campaign shows is there.
  }
  return html.text.empty() ? Fill::none : Fill::content;
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

// Everything before it is decided: all exposures are known.
void SlotContents::write_end(std::pmr::string& out) {
  if (facts_.forcing() != nullptr) {
    write_preview_badge(facts_.forcing()->items(), delivery_.endpoint,
                        facts_.request().target(), delivery_.nonces.style, out);
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

}  // namespace personalize
