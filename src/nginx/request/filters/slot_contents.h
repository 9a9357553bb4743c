// What the slots of one page show.
#pragma once

#include <list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/request/exposures.h"
#include "nginx/request/facts.h"
#include "personalize/render/content.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

class SlotContents {
 public:
  // All must outlive this. Throws what `memory`, which is the request's, throws.
  SlotContents(RequestFacts& facts, Exposures& exposures, std::pmr::memory_resource* memory);

  // Before the first slot is filled: how values are written, and how widgets reach the browser.
  // `locale` must outlive this.
  void open(const Locale& locale, const Nonces& nonces);

  // Decides what stands in a slot and renders it, for each of its places in turn. Everything that
  // the slot depends on is known, or will not be. `is_utf8`: the page is read as UTF-8 there.
  // `html` lives as long as this.
  Fill fill(SlotId slot, bool is_utf8, std::string_view& html) noexcept;
  // Whether fill() would answer Fill::none because no campaign applies. Counts nothing.
  bool keeps_default(SlotId slot) noexcept;

  // The campaign that stands in a slot; no_campaign for the default content.
  CampaignId shown(SlotId slot) const noexcept { return shown_[slot]; }
  // How many places show something of a campaign.
  std::uint32_t filled() const noexcept { return filled_; }

 private:
  Fill fill_with_campaign(SlotId slot, std::string_view& html) noexcept;
  bool render(CampaignId campaign, std::pmr::string& out) noexcept;
  Fill add_badge(std::string_view& html) noexcept;
  // The campaign stands in the slot as often as it may.
  bool is_enough(SlotId slot, CampaignId campaign) const noexcept;

  RequestFacts& facts_;
  Exposures& exposures_;
  std::pmr::memory_resource* memory_;

  const Locale* locale_ = nullptr;
  WidgetDelivery delivery_;
  bool is_utf8_ = true;  // the page, where the present slot stands

  std::pmr::vector<CampaignId> shown_;         // by slot
  std::pmr::vector<std::uint32_t> times_;      // by slot: how often it was shown
  std::pmr::list<std::pmr::string> contents_;  // what was filled in
  unsigned assets_ = 0;                        // in the page so far
  std::uint32_t filled_ = 0;
  bool has_badge_ = false;
};

}  // namespace personalize
