#include "nginx/request/filters/slot_contents.h"

#include "nginx/worker.h"
#include "personalize/render/character_references.h"
#include "personalize/render/preview_badge.h"

namespace personalize {

SlotContents::SlotContents(RequestFacts& facts, Exposures& exposures,
                           std::pmr::memory_resource* memory)
    : facts_(facts),
      exposures_(exposures),
      memory_(memory),
      shown_(facts.site().program->slots().size(), no_campaign, memory),
      times_(facts.site().program->slots().size(), 0, memory),
      contents_(memory) {}

void SlotContents::open(const Locale& locale, const Nonces& nonces) {
  locale_ = &locale;
  delivery_ = {facts_.server().endpoint, nonces};
  delivery_.may_store = facts_.identity().has_consent();
  delivery_.cookie_domain = facts_.server().cookie_domain();
  if (facts_.site().keeps_state && facts_.forcing() == nullptr) {
    delivery_.state = facts_.state().sequence();
  }
}

Fill SlotContents::fill(SlotId slot, bool is_utf8, std::string_view& html) noexcept {
  is_utf8_ = is_utf8;
  const bool is_badge_alone = slot >= shown_.size();
  const Fill filled = is_badge_alone ? Fill::none : fill_with_campaign(slot, html);
  const bool takes_badge =
      facts_.forcing() != nullptr && !has_badge_ && slot == facts_.site().badge_slot;
  if (!takes_badge) {
    return filled;
  }
  html = filled == Fill::content ? html : std::string_view();
  return add_badge(html);
}

Fill SlotContents::fill_with_campaign(SlotId slot, std::string_view& html) noexcept {
  Decision& decision = facts_.decision();
  try {
    for (;;) {
      const CampaignId campaign = decision.winner(slot);
      exposures_.note(decision);
      if (campaign == no_campaign || is_enough(slot, campaign)) {
        count(Counter::slot_default);
        return Fill::none;
      }
      std::pmr::string& out = contents_.emplace_back();
      if (render(campaign, out)) {
        shown_[slot] = campaign;
        ++times_[slot];
        exposures_.note(decision);
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
      decision.skip(campaign);
    }
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

bool SlotContents::is_enough(SlotId slot, CampaignId campaign) const noexcept {
  return shown_[slot] == campaign && times_[slot] >= facts_.site().program->views_cap(campaign);
}

bool SlotContents::keeps_default(SlotId slot) noexcept {
  const bool takes_badge =
      facts_.forcing() != nullptr && !has_badge_ && slot == facts_.site().badge_slot;
  if (takes_badge) {
    return false;
  }
  const CampaignId campaign = facts_.decision().winner(slot);
  return campaign == no_campaign || is_enough(slot, campaign);
}

bool SlotContents::render(CampaignId campaign, std::pmr::string& out) noexcept {
  const Site& site = facts_.site();
  delivery_.counted = delivery_.may_store && site.program->keeps_state(campaign);
  return site.contents[campaign].render(facts_, *locale_, delivery_,
                                        site.program->campaign_name(campaign), assets_, out);
}

Fill SlotContents::add_badge(std::string_view& html) noexcept {
  try {
    std::pmr::string badge(memory_);
    write_preview_badge(facts_.forcing()->items(), facts_.server().endpoint,
                        facts_.request().target(), delivery_.nonces.style, badge);
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

}  // namespace personalize
