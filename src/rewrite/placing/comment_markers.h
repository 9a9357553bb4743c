// Slots marked by a pair of comments: <!--pz:NAME--> default content <!--/pz-->.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "rewrite/match/matcher.h"
#include "rewrite/placing/placements.h"
#include "rewrite/placing/position.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

class CommentMarkers {
 public:
  static constexpr std::size_t most_open = 256;

  // All must outlive it. `most`: bytes of default content that are held back.
  CommentMarkers(const SlotMatcher::Compiled& matcher, Tree& tree, Placements& placements,
                 std::uint32_t most, std::pmr::memory_resource* memory)
      : matcher_(matcher), tree_(tree), placements_(placements), most_(most), markers_(memory) {}

  // Returns whether what is known of a comment, from "<!--" on, can be a marker.
  static bool is_possible(std::string_view start);
  // Returns what a complete comment marks, "pz:NAME" or "/pz", without white space around; empty
  // for others.
  static std::string_view content(std::string_view comment);

  // Opens a marker; its content begins at `end`. Returns false if too many are open.
  bool open(std::string_view name, std::uint64_t end);
  // Closes the innermost one; its content ends at `begin`.
  void close(std::uint64_t begin);

  // Called when the element ends, and with it what was marked in it.
  void closed(const OpenElement& element);
  // Called when the parser took elements apart that were opened as `serial` or later.
  void misnested(std::uint32_t serial);
  void page_ended();

  // Return whether some bytes of the page are held until their fate is known, and the first of
  // them.
  bool holds() const { return holds_ != 0; }
  std::uint64_t held_from(std::uint64_t settled) const;
  // Returns the slot that holds them; no_slot if none does.
  SlotId holding_slot() const;
  void keep_default(SlotId slot);
  // Gives up what would hold more bytes than allowed.
  void release_what_is_too_long(std::uint64_t position);

  void clear() {
    markers_.clear();
    holds_ = 0;
  }

 private:
  struct Marker {
    std::uint32_t parent;       // serial of the element that it stands in; 0: none
    std::uint32_t last_serial;  // of the elements before it
    std::uint32_t first;        // number in tree order
    SlotId slot;                // no_slot: a name that is not ours, or that is done with
    std::uint64_t begin;        // of its content
    bool keeps_default;         // it holds nothing any more
  };

  static bool holds(const Marker& marker) {
    return marker.slot != no_slot && !marker.keeps_default;
  }
  Doubt doubt_of_begin() const;
  void release(Marker& marker, Doubt doubt);

  const SlotMatcher::Compiled& matcher_;
  Tree& tree_;
  Placements& placements_;
  std::uint32_t most_;
  std::pmr::vector<Marker> markers_;
  std::uint32_t holds_ = 0;
};

}  // namespace personalize::rewrite
