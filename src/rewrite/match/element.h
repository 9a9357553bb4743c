// What a start tag says about its element, as far as some rule of the matcher looks at it.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/match/matcher.h"
#include "rewrite/tokenizer/token.h"

namespace personalize::rewrite {

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

  // Reads those of a start tag. Values are views into the tag, or decoded copies that live until
  // the next call.
  void read(const RawTag& tag);

  const std::pmr::vector<Attribute>& all() const { return found_; }

  // nullptr when the element does not have it.
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

// Which compounds an element and its ancestors match: what selectors with combinators need.
// Elements that match none have no entry of their own and share that of the element around them.
class AncestorMarks {
 public:
  AncestorMarks(std::size_t words, std::pmr::memory_resource* memory)
      : words_(words), owners_(memory), bits_(memory) {}

  // `entry` is the parent's; `serial` the parent itself.
  bool parent_has(std::uint32_t entry, std::uint32_t serial, std::uint32_t mark) const {
    return entry != 0 && owners_[entry - 1] == serial && test(entry, false, mark);
  }
  bool ancestor_has(std::uint32_t entry, std::uint32_t mark) const {
    return entry != 0 && test(entry, true, mark);
  }

  // Notes that the element matches a compound. Its entry, a new one where it still is the parent's.
  std::uint32_t set(std::uint32_t parent_entry, std::uint32_t entry, std::uint32_t serial,
                    std::uint32_t mark);

 private:
  // Where an entry's bits begin; `all` for those of the ancestors too.
  std::size_t offset(std::size_t entry, bool all) const {
    return ((entry - 1) * 2 + (all ? 1 : 0)) * words_;
  }
  bool test(std::uint32_t entry, bool all, std::uint32_t mark) const {
    return (bits_[offset(entry, all) + mark / 64] >> (mark % 64) & 1) != 0;
  }

  std::size_t words_;
  std::pmr::vector<std::uint32_t> owners_;  // serials
  std::pmr::vector<std::uint64_t> bits_;  // each entry: the element's own, then all ancestors' too
};

}  // namespace personalize::rewrite
