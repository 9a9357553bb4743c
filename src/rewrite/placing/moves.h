// Elements that are moved to a later place of the page: finds element and place, and holds the page
// back in between.
//
//   <main id=a><p id=b>…</p><h1>…</h1><aside></aside></main>
//
//   element #b, parent #a, before aside    the bytes of #b, and the place before <aside>
//   element #b, parent #a                  the bytes of #b, and the place before </main>
//
// What a move means is told by each selector's first match in the whole page. So that no browser
// would find another one, nothing of it stands in a table or in formatting that may still be moved,
// or comes after something that is not known for certain; and the element's bytes mean the same at
// both places. All else stays where it is.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/match/matcher.h"
#include "rewrite/placing/placements.h"
#include "rewrite/placing/position.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

class Moves {
 public:
  // All must outlive it.
  Moves(Tree& tree, const Position& position, Placements& placements,
        std::pmr::memory_resource* memory)
      : tree_(tree), position_(position), placements_(placements), moves_(memory) {}

  // Called when `element` has been opened as the tree's top and matches the rule. `base`: see
  // ElementWatches::match().
  void match(const PlacingRule& rule, OpenElement& element, bool implied, std::uint32_t base);
  // Called when a watched element has ended. `base`: see ElementWatches::closed().
  // `is_appended_to`: a change puts content at its end.
  void closed(const OpenElement& element, ElementEnd end, std::uint32_t base, bool is_appended_to);
  // Called when the parser took elements apart that were opened as `serial` or later.
  void misnested(std::uint32_t serial);

  // Called for a script that runs where it stands: it may look for the element.
  void see_script() { give_up_unplaced(); }
  // Returns whether some element is being read. Then call the others for what it has: the tags of a
  // form, and end tags that end nothing, but might at the new place.
  bool is_in_element() const { return open_ != 0; }
  void see_form();
  void see_lone_end_tag();

  // Returns whether some place is known, and has to wait until it is known whether it stands in
  // bytes that another slot holds. Then call place() with the first of those bytes.
  bool is_waiting() const { return waiting_ != 0; }
  void place(std::uint64_t held_from);

  // Return whether some bytes of the page are held, and the first of them.
  bool holds() const { return holds_ != 0; }
  std::uint64_t held_from(std::uint64_t settled) const;
  // Returns the slot that holds them; no_slot if none does.
  SlotId holding_slot() const;
  void keep_default(SlotId slot);
  // Gives up what would hold more bytes than allowed.
  void release_what_is_too_long(std::uint64_t position);

  // Leaves elements where they are that hold the page.
  void give_up();
  // Leaves those where they are whose places are not known yet, and all that come.
  void stop();
  // Gives up all but what waits: nothing holds any bytes now.
  void end() noexcept;

 private:
  enum class Stage : std::uint8_t {
    element_awaited,
    in_element,
    place_awaited,
    place_waits,
    over,
  };
  struct Move {
    SlotId slot;
    Stage stage = Stage::element_awaited;
    Splice element;
    Splice place;
    std::uint32_t serial = 0;  // of the element
    std::uint32_t around = 0;  // of its parent
    std::uint32_t child = 0;   // its number among the children of that
    std::uint32_t parent = 0;  // of the new one; 0: not found yet
    std::uint8_t context = 0;  // ElementChanges::Fact of what is in that
    bool has_form = false;     // the element: that means nothing in another one
    bool is_in_form = false;
    bool leads_into_form = false;
    bool at_end = false;  // of the new parent
  };

  static bool holds(const Move& move) {
    return move.stage != Stage::element_awaited && move.stage != Stage::over;
  }
  template <class Test>
  void give_up_if(Test test);
  void give_up_unplaced();
  Move& of(SlotId slot);
  void count(const Move& move, std::uint32_t by);
  void set_stage(Move& move, Stage stage);
  bool is_certain(const OpenElement& element) const;
  bool is_open(std::uint32_t serial) const;
  bool is_in_form() const { return tree_.form_is_set_since(0); }
  // Return whether that is how the part can be.
  bool begin(Move& move, OpenElement& element, bool implied, std::uint32_t base);
  bool note_parent(Move& move, OpenElement& element, bool implied);
  bool place_before(Move& move, const OpenElement& element, bool implied, std::uint32_t number);
  bool end_element(Move& move, const OpenElement& element, ElementEnd end, std::uint32_t base);
  bool place_at_end(Move& move, const OpenElement& parent, ElementEnd end, std::uint32_t number);
  bool place_at(Move& move, std::uint64_t offset, std::uint32_t number);

  Tree& tree_;
  const Position& position_;
  Placements& placements_;
  std::pmr::vector<Move> moves_;  // in the order in which something of them was found
  std::uint32_t holds_ = 0;
  std::uint32_t open_ = 0;
  std::uint32_t waiting_ = 0;
  bool is_stopped_ = false;
};

}  // namespace personalize::rewrite
