// Elements that a rule has matched: places that are known at once, and those that wait for the
// element's end.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/match/matcher.h"
#include "rewrite/placing/change_reader.h"
#include "rewrite/placing/doubts.h"
#include "rewrite/placing/element_reader.h"
#include "rewrite/placing/placements.h"
#include "rewrite/placing/position.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

class ElementWatches {
 public:
  // All must outlive it. `most`: bytes of default content that are held back.
  ElementWatches(Tree& tree, const Position& position, Placements& placements, std::uint32_t most,
                 const NameTable& names, const ElementNames& attributes,
                 std::pmr::memory_resource* memory)
      : tree_(tree),
        position_(position),
        placements_(placements),
        most_(most),
        memory_(memory),
        names_(names),
        reader_(attributes, memory),
        changes_(tree, memory),
        watches_(memory) {}

  // Called when `element` has been opened as the tree's top and matches the rule. `base` + 1 … 5
  // are its numbers in the order of the tree: before it, it, its attributes, before its content,
  // its content.
  void match(const PlacingRule& rule, OpenElement& element, bool implied, std::uint32_t base);

  // Called for a rule whose slot is an attribute, at the start tag. `number` is that of attributes.
  void match_attribute(const PlacingRule& rule, std::uint32_t number);

  // Called for rules with changes of one slot, in place of these: `changes` are the numbers.
  void match_changes(const PlacingRule& rule, const std::pmr::vector<std::uint16_t>& changes,
                     OpenElement& element, bool implied, std::uint32_t base);

  // Returns whether a slot waits to be put behind a line feed at the start of an element. Then call
  // see_text() for each piece of text.
  bool awaits_line_feed() const { return line_feed_ != LineFeed::none; }
  void see_text(std::uint64_t begin, std::string_view text);
  // And this for what stands between texts and is no token.
  void see_nothing(std::uint64_t begin, std::uint64_t end);

  // Returns whether a change puts content at the end of the element.
  bool appends_change(const OpenElement& element) const;

  // Called when a watched element has ended. `base` + 1 … 4 are the numbers of its end: after its
  // content, its content, the element, after it.
  void closed(const OpenElement& element, ElementEnd end, std::uint32_t base);
  // Called when the parser took elements apart that were opened as `serial` or later.
  void misnested(std::uint32_t serial);
  // See TreeObserver. After the first two, match_again() is to be called for each rule that
  // elements of the stack still match, or match only now, and end_rearranging() then.
  void rearranged(std::uint32_t serial);
  void renumbered(std::uint32_t serial);
  void match_again(const PlacingRule& rule, ElementStack& stack, std::size_t index);
  void end_rearranging();
  void orphaned(ElementStack& stack, std::size_t index);
  // Called at </body>: what is appended to body goes before its end tag, whatever is still open
  // there.
  void append_to_body();

  // Return whether some bytes of the page are held until their fate is known, and the first of
  // them.
  bool holds() const { return holds_ != 0; }
  std::uint64_t held_from(std::uint64_t settled) const;
  // Returns the slot that holds them; no_slot if none does.
  SlotId holding_slot() const;
  void keep_default(SlotId slot);
  // Gives up what would hold more bytes than allowed.
  void release_what_is_too_long(std::uint64_t position);

  // At the first </body>: whatever is being replaced ends there at the latest.
  void end_at_body();

  // Some element is replaced whose end is still to come.
  bool is_replacing() const { return replacing_ != 0; }

  // Gives up all. What is being replaced ends at the offset.
  void end_at(std::uint64_t offset) noexcept;

 private:
  struct Watch : ElementPlace {
    const PlacingRule* rule;
    std::uint32_t serial;  // of the element
    std::uint32_t first;   // number in tree order
    SlotId slot;
    bool once;  // the slot is reserved for it
    Doubt doubt;
    bool keeps_default;     // it has held bytes until it was known that they stay
    bool early;             // it is placed, and waits for nothing but its end
    bool awaits_line_feed;  // it is placed as soon as it is known whether there is one
    bool in_question;       // the element may not match any more
    bool is_raw;            // it is replaced, and nothing but its end tag can end it
    std::string_view data;  // see Splice
    std::string_view ends;
  };

  void watch(const PlacingRule& rule, OpenElement& element, bool implied, std::uint32_t base,
             std::string_view data);
  void place(const Watch& watch, const OpenElement& element, ElementEnd end, std::uint32_t base);
  static Watch watch_for(const PlacingRule& rule, const OpenElement& element, std::uint64_t begin,
                         std::string_view data);
  void place_early(Watch& watch);
  void close_early(const Watch& watch, ElementEnd end, std::uint32_t base);
  void release(Watch& watch, Doubt doubt);
  void settle_line_feed(bool is_certain);
  std::string_view take_end_tags(NameKey last = 0);
  std::string_view end_tags(NameKey last);

  Tree& tree_;
  const Position& position_;
  Placements& placements_;
  std::uint32_t most_;
  std::pmr::memory_resource* memory_;
  const NameTable& names_;
  ElementReader reader_;
  ChangeReader changes_;
  std::pmr::vector<Watch> watches_;
  std::uint32_t holds_ = 0;
  std::uint32_t replacing_ = 0;
  std::uint64_t ends_before_ = Position::unknown;  // the last token before which end tags are put
  // What has been seen of a line feed that may come at the start of an element.
  enum class LineFeed : std::uint8_t { none, awaited, carriage_return, ampersand };
  LineFeed line_feed_ = LineFeed::none;
  std::uint64_t line_feed_at_ = 0;  // where the next byte of it would stand
};

}  // namespace personalize::rewrite
