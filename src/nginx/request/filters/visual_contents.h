// The visual changes of one request's page.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/request/counting/exposures.h"
#include "nginx/request/facts.h"
#include "personalize/render/content.h"
#include "personalize/rewrite/rewrite.h"
#include "personalize/visual/visual_page.h"

namespace personalize {

class VisualContents {
 public:
  // All must outlive this.
  VisualContents(ngx_http_request_t* r, RequestFacts& facts, Exposures& exposures,
                 std::pmr::memory_resource* memory)
      : r_(r), facts_(facts), exposures_(exposures), memory_(memory) {}

  // Returns whether an experiment with visual changes is for the page's address, whoever asks.
  bool is_for_page() noexcept;
  // Returns the documents that decide about those, once is_for_page() was asked.
  SourceSet needs() const noexcept { return needs_; }
  // Returns whether the slot is one of visual changes.
  bool has(SlotId slot) const noexcept {
    return facts_.site().visual.has_value() && slot >= facts_.site().first_visual;
  }

  // Before the first is filled: how they reach the browser, and whether a script may have to undo
  // them there.
  void open(const WidgetDelivery& delivery, bool can_be_undone) noexcept {
    delivery_ = delivery;
    can_be_undone_ = can_be_undone;
  }

  // Does what SlotFiller does. Everything that the experiments depend on is known, or will not be.
  Fill fill(const Splice& splice, bool is_utf8, SlotHtml& html) noexcept;
  bool keeps_default(SlotId slot) noexcept;

  // Append what stands at the end of the body, where the end of the head has its part, too; and
  // what scripts are told: a member of a JSON object; nothing on a page that no experiment is for.
  // Throw bad_alloc.
  void write_scripts(bool is_utf8, std::pmr::string& out);
  void write_json(JsonText& json, std::pmr::string& out);

  // How many places of the page have changed.
  std::uint32_t filled() const noexcept { return filled_; }

  // Counts which elements were moved, when the page is over.
  void record() const noexcept;

 private:
  VisualPage* page();
  // Tells of what the page's own policy keeps from visitors.
  void warn_of_policy() noexcept;
  bool write(const Splice& splice, bool is_utf8, std::pmr::string& out);
  std::string_view behind(const Splice& splice) const noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  Exposures& exposures_;
  std::pmr::memory_resource* memory_;
  WidgetDelivery delivery_;
  bool can_be_undone_ = false;
  std::optional<bool> is_for_page_;
  SourceSet needs_;
  std::optional<std::pmr::vector<VisualChoice>> choices_;
  std::optional<VisualPage> page_;
  bool has_head_ = false;  // the page had an end of the head
  std::uint32_t filled_ = 0;
  std::uint32_t moved_ = 0;
};

}  // namespace personalize
