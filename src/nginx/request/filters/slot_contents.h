// What the slots of one page show.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/request/counting/exposures.h"
#include "nginx/request/facts.h"
#include "nginx/request/filters/told_elements.h"
#include "nginx/request/filters/visual_contents.h"
#include "nginx/request/visitor/claim_offers.h"
#include "personalize/render/content.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

// What stands at the end of a page, beside what a campaign shows there.
struct PageEnd {
  bool ticket = false;   // the page is counted later, by a ticket
  bool scripts = false;  // Site::scripts
  // What scripts are told of what was decided; nullptr: they are not.
  const std::vector<FeatureId>* told_features = nullptr;

  bool late = false;    // slots whose documents have come since (postpone())
  bool visual = false;  // an experiment with visual changes is for the page

  bool is_any() const noexcept {
    return ticket || scripts || told_features != nullptr || late || visual;
  }
};

class SlotContents {
 public:
  // All must outlive this. Throws what `memory`, which is the request's, throws.
  SlotContents(ngx_http_request_t* r, RequestFacts& facts, Exposures& exposures,
               VisualContents& visual, std::pmr::memory_resource* memory);

  // Before the first slot is filled: how values are written, and how widgets reach the browser.
  // `locale` must outlive this.
  void open(const Locale& locale, const Nonces& nonces, PageEnd end);

  // Decides what stands in a slot and renders it, for each of its places in turn. Everything that
  // the slot depends on is known, or will not be. `element`: where the place is, in a slot that is
  // decided by element; nullptr if nothing is known of that. `is_utf8`: the page is read as UTF-8
  // there. `notes_constants`: `html` says which parts of it are the configuration's own. It lives
  // as long as the request's memory.
  // `original`: see Splice.
  Fill fill(SlotId slot, const PageElement* element, std::string_view original, bool is_utf8,
            bool notes_constants, SlotHtml& html) noexcept;
  // Decides the same for an answer that is no page, and appends a member of a JSON object to `out`:
  // "NAME":{"campaign":…,"html":…}, or with `as_data` what Content::write_data() tells in place of
  // HTML. Appends nothing where no campaign applies. Throws bad_alloc.
  void write(SlotId slot, bool as_data, std::pmr::string& out);
  // Whether the page has passed its end, where what was left to it would have been put.
  bool has_ended() const noexcept { return has_ended_; }
  // Whether fill() would answer Fill::none because no campaign applies. Counts nothing.
  bool keeps_default(SlotId slot) noexcept;

  // Leaves the place to the end of the page: there follows what stands in it, which is marked by
  // what this answers (late_patch.h), and a script is told of it. `element`: see fill().
  Fill postpone(const Splice& splice, const PageElement* element, SlotHtml& html) noexcept;
  // The documents that postponed places need; and an element among them whose documents are on
  // their way, or nullptr.
  SourceSet postponed_needs() const noexcept;
  const PageElement* postponed_element() const noexcept;

  // The campaign that stands in a slot; no_campaign for the default content.
  CampaignId shown(SlotId slot) const noexcept { return shown_[slot]; }
  // The campaigns that stand at elements, in slots that are decided by element; each once.
  const std::pmr::vector<CampaignId>& shown_at_elements() const noexcept { return at_elements_; }
  // How many places show something of a campaign.
  std::uint32_t filled() const noexcept { return filled_; }

 private:
  // A place that is filled at the end of the page.
  struct Postponed {
    Splice splice;
    const PageElement* element;
  };

  void enter(SlotId slot, const PageElement* element) noexcept;
  Fill fill_with_campaign(SlotId slot, const PageElement* element, std::string_view original,
                          bool notes_constants, SlotHtml& html) noexcept;
  CampaignId choose(SlotId slot, bool as_data, ConstantParts* constants);
  void note_shown(SlotId slot, CampaignId campaign);
  void write_rendered(SlotId slot, CampaignId campaign, bool as_data, std::pmr::string& out) const;
  bool render(CampaignId campaign, bool as_data, ConstantParts* constants) noexcept;
  Fill fill_end(SlotHtml& html) noexcept;
  void write_end(std::pmr::string& out);
  void write_state(std::pmr::string& out);
  void choose_late_key();
  void write_late(std::pmr::string& out, std::pmr::string& names);
  bool fill_late(const Postponed& late, std::uint32_t place, std::pmr::string& out);
  void tell(SlotId slot, CampaignId campaign);
  ToldContent told_content(SlotId slot, CampaignId campaign, const PageElement* element,
                           std::string_view original);
  SlotHtml copy_rendered();
  void keep_constants(SlotHtml& html);
  // The campaign stands in the slot as often as it may.
  bool is_enough(SlotId slot, CampaignId campaign) const noexcept;
  bool is_at_element(CampaignId campaign) const noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  Exposures& exposures_;
  VisualContents& visual_;
  std::pmr::memory_resource* memory_;

  const Locale* locale_ = nullptr;
  WidgetDelivery delivery_;
  ClaimOffers claims_;
  bool is_utf8_ = true;  // the page, where the present slot stands

  std::pmr::vector<CampaignId> shown_;     // by slot
  std::pmr::vector<std::uint32_t> times_;  // by slot: how often it was shown
  std::pmr::vector<CampaignId> at_elements_;
  std::pmr::vector<Postponed> postponed_;  // in the order of the page
  std::pmr::string late_key_;              // LatePlace::key
  std::pmr::string told_slots_;            // members of a JSON object; empty unless they are told
  std::pmr::vector<bool> told_;            // by slot
  ToldElements told_elements_;
  std::pmr::string rendered_;  // what is being rendered; keeps its room
  ConstantParts constants_;    // of that
  unsigned assets_ = 0;        // in the page so far
  std::uint32_t filled_ = 0;
  PageEnd end_;
  bool has_ended_ = false;
};

}  // namespace personalize
