// What the matcher knows of an element: the attributes that rules look at, and the compounds that
// its ancestors match.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/match/matcher.h"
#include "rewrite/tokenizer/token.h"

namespace personalize::rewrite {

// The attributes of a start tag that some rule looks at.
class WantedAttributes {
 public:
  struct Attribute {
    std::uint32_t number;  // the matcher's
    std::string_view value;
    bool is_cut;  // only the value's first bytes are known
  };

  WantedAttributes(const SlotMatcher::Compiled& matcher, std::pmr::memory_resource* memory)
      : matcher_(matcher), found_(memory), decoded_(memory) {}

  void clear() {
    found_.clear();
    decoded_.clear();
  }

  // Reads them from a start tag. Values are views into the tag, or decoded copies that live until
  // the next call.
  void read(const RawTag& tag);

  const std::pmr::vector<Attribute>& all() const { return found_; }

  // Returns nullptr if the element does not have it.
  const Attribute* find(std::uint32_t number) const {
    for (const Attribute& attribute : found_) {
      if (attribute.number == number) {
        return &attribute;
      }
    }
    return nullptr;
  }

 private:
  const SlotMatcher::Compiled& matcher_;
  std::pmr::vector<Attribute> found_;
  std::pmr::vector<std::pmr::string> decoded_;
};

// Which compounds an element and its ancestors match, as selectors with combinators need it. An
// element that matches none shares the entry of its parent. For "main > .recs" on
//
//   <main><div><p class=recs>
//
// main gets entry 1 with mark 0; div and p match no compound that sets a mark and share it. p has
// the class but is not matched: entry 1 belongs to main (`owners_`), which is not p's parent.
class AncestorMarks {
 public:
  AncestorMarks(std::size_t words, std::pmr::memory_resource* memory)
      : words_(words), owners_(memory), bits_(memory), none_(words, memory) {}

  // Returns whether the parent, which has this `serial` and `entry`, matches the compound of
  // `mark`.
  bool parent_has(std::uint32_t entry, std::uint32_t serial, std::uint32_t mark) const {
    return entry != 0 && owners_[entry - 1] == serial && test(entry, false, mark);
  }
  bool ancestor_has(std::uint32_t entry, std::uint32_t mark) const {
    return entry != 0 && test(entry, true, mark);
  }

  // Returns all marks of an element and its ancestors, which has this `entry`; valid until the next
  // set().
  const std::uint64_t* all(std::uint32_t entry) const {
    return entry == 0 ? none_.data() : &bits_[offset(entry, true)];
  }

  // Records that the element matches a compound. Returns the element's entry, which is a new one if
  // it was still the parent's.
  std::uint32_t set(std::uint32_t parent_entry, std::uint32_t entry, std::uint32_t serial,
                    std::uint32_t mark);

 private:
  // Returns where an entry's bits begin; `all` are those of the ancestors too.
  std::size_t offset(std::size_t entry, bool all) const {
    return ((entry - 1) * 2 + (all ? 1 : 0)) * words_;
  }
  bool test(std::uint32_t entry, bool all, std::uint32_t mark) const {
    return (bits_[offset(entry, all) + mark / 64] >> (mark % 64) & 1) != 0;
  }

  std::size_t words_;
  std::pmr::vector<std::uint32_t> owners_;  // serials
  std::pmr::vector<std::uint64_t> bits_;  // each entry: the element's own, then all ancestors' too
  std::pmr::vector<std::uint64_t> none_;  // of entry 0
};

}  // namespace personalize::rewrite
