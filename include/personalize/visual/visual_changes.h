// The visual changes of a site (personalize/decision/visual.h), compiled: which of them are made
// while a page streams by, by which slots, and which are left to the browser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/base/slot.h"
#include "personalize/decision/visual.h"

namespace personalize {

// One mutation.
struct VisualChange {
  const VisualExperiment* experiment;
  std::uint32_t variation;
  const DomMutation* mutation;
  // Why the browser makes it; "" if it is made in the stream, wherever the page allows it.
  std::string refusal;
  // Variations of other experiments with an earlier change that may decide what it is about: for
  // those who have one of these, too, the browser makes it.
  std::vector<VisualChoice> deciders;
  // Whether what it matches can be hidden by a style sheet until the browser has made it.
  bool can_hide = false;
  std::uint8_t breaks_in = 0;  // of HTML: the places (ElementChanges) where the browser makes it
  std::size_t slot = 0;        // that has something to do because of it, if it is streamed

  bool streams() const { return refusal.empty(); }
};

// Changes that move elements, in their order: tells which of them may depend on one before it.
// Where none does, each can be made by the stream or by the browser.
class MoveOrder {
 public:
  explicit MoveOrder(std::pmr::memory_resource* memory)
      : moved_(memory), touched_(memory), places_(memory) {}

  // Takes the next one, which must outlive it. Returns whether it may depend on one before it.
  bool add(const DomMutation& move);

 private:
  std::pmr::set<std::string_view> moved_;    // identifiers of elements that are moved
  std::pmr::set<std::string_view> touched_;  // of these, and of what says where they go
  std::pmr::set<std::pair<std::string_view, std::string_view>> places_;
  bool is_empty_ = true;
  bool has_unknown_ = false;  // one that asks for something else than identifiers
};

// Immutable once compiled; shared by all requests.
class VisualChanges {
 public:
  // What one slot does at elements.
  struct Slot {
    DomMutation::Target target;  // html, position, or attribute for all others
    bool appends = false;        // of html: behind what is there; else in its place
    std::string attribute;       // in small letters
    std::size_t moves = none;    // of a position: the change; each has a slot of its own

    static constexpr std::size_t none = ~std::size_t{0};
  };

  // `experiments` must outlive it.
  explicit VisualChanges(const std::vector<VisualExperiment>& experiments);

  bool empty() const { return experiments_.empty(); }
  // Returns whether some variation runs a script.
  bool has_js() const;
  const std::vector<VisualExperiment>& experiments() const { return experiments_; }
  // Returns all mutations, in the order in which they are made.
  const std::vector<VisualChange>& all() const { return all_; }
  // Returns the slots that change elements. Behind them comes one more, at the end of the head.
  const std::vector<Slot>& slots() const { return slots_; }
  std::size_t slot_count() const { return empty() ? 0 : slots_.size() + 1; }

  // Returns the rules of the slots, of which the first has this number.
  std::vector<SlotRule> rules(SlotId first) const;

 private:
  void add_slots();

  const std::vector<VisualExperiment>& experiments_;
  std::vector<VisualChange> all_;
  std::vector<Slot> slots_;
};

}  // namespace personalize
