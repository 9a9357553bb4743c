// Where slots have been placed on one page so far, and how often one was left alone.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <vector>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/placing/position.h"

namespace personalize::rewrite {

class Placements {
 public:
  // `reuses_slots`: some rule places its slot on every match, so that no page is ever done early.
  Placements(const Position& position, std::size_t slot_count, bool reuses_slots,
             std::pmr::memory_resource* memory)
      : position_(position),
        uses_(slot_count, Use::free, memory),
        left_(slot_count),
        reuses_slots_(reuses_slots) {}

  // Sets where place() puts splices while the present bytes are scanned.
  void set_output(std::pmr::vector<Splice>* splices) { splices_ = splices; }

  bool is_free(SlotId slot) const { return uses_[slot] == Use::free; }
  bool all_placed() const { return left_ == 0 && !reuses_slots_; }

  // Keeps a slot for a place whose end is not known yet, so that no later one gets it.
  void reserve(SlotId slot) { uses_[slot] = Use::reserved; }
  void give_back(SlotId slot) {
    if (uses_[slot] == Use::reserved) {
      uses_[slot] = Use::free;
    }
  }

  // Places a splice. If it replaces bytes, they have been held back until now.
  void place(const Splice& splice) {
    if (splice.begin == splice.end && splice.begin == position_.token_begin &&
        position_.begin_is_settled) {
      give_back(splice.slot);
      return note(Doubt::token_too_long);
    }
    place_held(splice);
  }

  // Places a splice before which nothing has been sent, whatever the present token is.
  void place_held(const Splice& splice) {
    splices_->push_back(splice);
    if (uses_[splice.slot] != Use::placed) {
      --left_;
    }
    uses_[splice.slot] = Use::placed;
  }

  // Closes a splice with an open end.
  void close(std::uint64_t offset, std::uint32_t first, std::uint32_t last) {
    splices_->push_back({offset, offset, 0, first, last, false, true});
  }

  // Places a slot that has kept its default content, now that its place is certain.
  void keep_default(SlotId slot, std::uint32_t first, std::uint32_t last) {
    const std::uint64_t offset = position_.token_end;
    splices_->push_back({offset, offset, slot, first, last, true});
    if (uses_[slot] != Use::placed) {
      --left_;
    }
    uses_[slot] = Use::placed;
  }

  // Counts a slot that was found and keeps its default content.
  void note(Doubt doubt) { ++doubts_[static_cast<std::size_t>(doubt)]; }
  std::uint32_t doubts(Doubt doubt) const { return doubts_[static_cast<std::size_t>(doubt)]; }

  // Takes the next `count` numbers in the order of the element tree (see Splice), and returns the
  // one before them.
  std::uint32_t take_numbers(std::uint32_t count) {
    std::uint32_t before = number_;
    number_ += count;
    return before;
  }

 private:
  enum class Use : std::uint8_t { free, reserved, placed };

  const Position& position_;
  std::pmr::vector<Use> uses_;  // by slot
  std::pmr::vector<Splice>* splices_ = nullptr;
  std::size_t left_;  // slots that are not placed
  std::array<std::uint32_t, std::size(all_doubts) + 1> doubts_{};
  std::uint32_t number_ = 0;
  bool reuses_slots_;
};

}  // namespace personalize::rewrite
