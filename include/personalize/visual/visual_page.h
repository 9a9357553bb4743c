// The visual changes of one page.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/decision/visual.h"
#include "personalize/render/content.h"
#include "personalize/render/json_text.h"
#include "personalize/rewrite/element_changes.h"
#include "personalize/visual/visual_changes.h"

namespace personalize {

class VisualPage {
 public:
  // All must outlive it, `choices` from the time they are set. All functions throw what `memory` or
  // a string's memory throws.
  VisualPage(const VisualChanges& changes, std::pmr::memory_resource* memory);

  // Sets the variations that the visitor has on the page.
  void set(const std::pmr::vector<VisualChoice>& choices);

  // Has elements keep what the stream replaces, for a script that can undo it: content in a
  // <template data-pz-was> behind that which is set, values of attributes as data-pz-was-NAME, "="
  // before them, or empty where there was no such attribute.
  void keep_originals() noexcept { keeps_originals_ = true; }

  // Returns whether something changes.
  bool any() const noexcept;
  // Returns whether one of the slots (VisualChanges::slots) has something to change.
  bool changes(std::size_t slot) const noexcept { return active_slots_[slot]; }

  // Returns whether the slot moves an element.
  bool moves(std::size_t slot) const noexcept {
    return slot < changes_.slots().size() &&
           changes_.slots()[slot].target == DomMutation::Target::position;
  }
  // Returns how many elements the stream is to move, if it finds them and their places.
  std::uint32_t move_count() const noexcept;

  // Appends what the slot shows at an element; `value` is that of its attribute in the page.
  // Returns false where the element stays as it is, or is left to the browser.
  bool write(std::size_t slot, const ElementChanges& at, std::string_view value,
             std::pmr::string& out) const;
  // Returns what goes behind the content that the slot has replaced, which is kept; "" where it is
  // not.
  std::string_view behind_original(std::size_t slot, const ElementChanges& at) const noexcept;

  // Appends what stands at the end of the head: style sheets, and what the browser needs to make
  // the other changes and to keep all of them where a framework works on the page. `is_utf8`: the
  // page is read as UTF-8.
  void write_head(const WidgetDelivery& delivery, bool is_utf8, std::pmr::string& out) const;
  // Appends the scripts of the variations, for the end of the body.
  void write_scripts(const WidgetDelivery& delivery, bool is_utf8, std::pmr::string& out) const;
  // Appends a JSON array that tells a script of all changes. `is_whole`: with style sheets and
  // scripts, for a page that does not have them yet.
  void write_json(bool is_whole, std::pmr::string& out) const;

 private:
  const VisualVariation& variation(const VisualChoice& choice) const {
    return choice.experiment->variations[choice.variation];
  }
  bool is_made(std::uint16_t change) const noexcept { return active_[change] && !left_[change]; }
  // Returns whether the stream makes the active change, wherever the page allows it.
  bool streams(std::size_t change) const noexcept {
    return changes_.all()[change].streams() && !left_[change];
  }
  bool write_html(bool appends, const ElementChanges& at, std::pmr::string& out) const;
  bool write_attribute(const VisualChanges::Slot& slot, const ElementChanges& at,
                       std::string_view value, std::pmr::string& out) const;
  void write_hidden(const WidgetDelivery& delivery, std::pmr::string& out) const;
  void write_mutations(const VisualChoice& choice, bool is_of_page, JsonText& json) const;

  const VisualChanges& changes_;
  std::pmr::memory_resource* memory_;
  const std::pmr::vector<VisualChoice>* choices_ = nullptr;
  bool keeps_originals_ = false;
  std::pmr::vector<bool> active_;        // by the number of a change
  std::pmr::vector<bool> left_;          // to the browser, because of other active changes
  std::pmr::vector<bool> active_slots_;  // by slot
};

}  // namespace personalize
