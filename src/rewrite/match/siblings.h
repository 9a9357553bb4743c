// What is known of the children that open elements have had so far, as '+', '~' and counts of some
// of them ask for it.
//
// For "h2 ~ p" on
//
//   <main><h2>…</h2><div><p>…</p></div><p>
//
// main has a record that its first child had the mark of h2; div has none, so that its p does not
// match, and main's does. Records of elements that have ended go when others need their place.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "rewrite/tokenizer/name.h"
#include "rewrite/tree/element_stack.h"

namespace personalize::rewrite {

class Siblings {
 public:
  // `mark_words`: 64 marks a word.
  Siblings(std::size_t mark_words, std::pmr::memory_resource* memory)
      : records_(memory), seen_(mark_words, memory), doubtful_(memory) {}

  // The top of the stack is the element that is asked for. One without a parent has no siblings.

  // Notes that the element has the mark.
  void set_mark(const ElementStack& stack, std::uint32_t mark);
  // Return whether the element follows one with the mark, at once or at all.
  bool follows(const ElementStack& stack, std::uint32_t mark) const;
  bool follows_at_once(const ElementStack& stack, std::uint32_t mark) const;
  // Returns the marks that any element has had; valid until the next set_mark().
  const std::uint64_t* seen() const { return seen_.data(); }

  // Counts the element, once, for a counter of elements that have its name.
  void count(const ElementStack& stack, std::uint32_t counter, NameKey name);
  // Returns the element's number, from 1; 0 if it was not counted.
  std::uint32_t number(const ElementStack& stack, std::uint32_t counter, NameKey name) const;

  // Notes that not all of the children of the element at `index` of the stack are known.
  void doubt(const ElementStack& stack, std::size_t index);
  bool is_doubtful(const ElementStack& stack) const;

 private:
  struct Record {
    std::uint32_t depth;   // of the parent, on the stack; it may have come further down since
    std::uint32_t parent;  // its serial
    std::uint32_t number;  // of the mark or the counter
    bool is_counter;
    NameKey name;  // of what is counted
    // Which children had the mark first and last; or how many were counted, and which last.
    std::uint32_t first;
    std::uint32_t last;
  };
  static constexpr std::size_t most_doubtful = 32;

  const Record* find(const ElementStack& stack, std::uint32_t number, bool is_counter,
                     NameKey name) const;
  Record& record(const ElementStack& stack, std::uint32_t number, bool is_counter, NameKey name);

  std::pmr::vector<Record> records_;  // of deeper parents later
  std::pmr::vector<std::uint64_t> seen_;
  std::pmr::vector<std::uint32_t> doubtful_;  // serials
  bool all_doubtful_ = false;
};

}  // namespace personalize::rewrite
