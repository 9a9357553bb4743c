// All slots of one location, compiled to what a scan needs: which names, identifiers, classes and
// attributes are of interest, and what to do where they are met.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite.h"
#include "rewrite/name.h"
#include "rewrite/selector.h"
#include "rewrite/structure.h"
#include "rewrite/tag.h"

namespace personalize::rewrite {

// What happens where a rule's selector matches. data-pz-slot is a rule as well, one per slot.
struct Rule {
  SlotId slot;
  Placement placement;
  bool all;
};

// Strings and the numbers that stand behind each, for look-ups without allocation.
class StringIndex {
 public:
  void add(std::string_view text, std::uint32_t number);

  // Calls visit(number) for each number of `text`.
  template <class Visit>
  void each(std::string_view text, Visit visit) const {
    if (entries_.empty() || (lengths_ >> length_bit(text.size()) & 1) == 0) return;
    std::size_t slot = hash_of(text) & (slots_.size() - 1);
    for (std::uint32_t at = slots_[slot]; at != 0; at = entries_[at - 1].next) {
      const Entry& entry = entries_[at - 1];
      if (entry.text == text) visit(entry.number);
    }
  }

  bool empty() const { return entries_.empty(); }

  // False only when the text is not there. Quick.
  bool may_have(std::string_view text) const {
    std::uint64_t filter = filter_[text.size() & 63];
    return filter != 0 && !text.empty() && (filter >> filter_bit(text) & 1) != 0;
  }

 private:
  struct Entry {
    std::string text;
    std::uint32_t number;
    std::uint32_t next;  // entry + 1 of the same slot
  };

  static unsigned filter_bit(std::string_view text) {
    auto first = static_cast<unsigned char>(text.front());
    auto last = static_cast<unsigned char>(text.back());
    return (first * 5U + last) & 63;
  }
  static std::size_t length_bit(std::size_t length) { return length < 63 ? length : 63; }
  static std::uint32_t hash_of(std::string_view text) {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash ^ (hash >> 15);
  }
  void rehash(std::size_t slots);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;
  std::uint64_t lengths_ = 0;      // which lengths occur
  std::uint64_t filter_[64] = {};  // by length: which first and last bytes
};

// One condition on one element, in the terms of this matcher.
struct Condition {
  SimpleSelector simple;
  NameKey type = 0;             // of a type selector
  std::uint32_t attribute = 0;  // number of the attribute that it looks at
};

// One compound of one selector.
struct Step {
  std::vector<Condition> all;
  std::vector<Condition> none;
  CompoundSelector::Combinator combinator = CompoundSelector::Combinator::none;
  std::uint32_t left_mark = 0;  // of the compound on the left, when there is one
  bool sets_mark = false;       // others stand on our right
  std::uint32_t mark = 0;
  std::uint32_t rule = 0;   // when none does: what has matched
  bool needs_tree = false;  // it looks at ancestors or siblings
};

}  // namespace personalize::rewrite

namespace personalize {

class SlotMatcher::Compiled {
 public:
  Compiled(const std::vector<std::string>& names, const std::vector<SlotRule>& rules);

  // Numbers of attributes that are always looked at.
  static constexpr std::uint32_t kId = 0;
  static constexpr std::uint32_t kClass = 1;
  static constexpr std::uint32_t kSlot = 2;  // data-pz-slot

  static constexpr std::uint32_t kNotWanted = ~std::uint32_t{0};

  // The number of an attribute that some rule looks at, or kNotWanted. Any case.
  std::uint32_t attribute(std::string_view name) const;

  std::vector<rewrite::Rule> rules;
  std::vector<rewrite::Step> steps;
  std::vector<std::string> attributes;  // names by number, lower-case

  // Steps by what an element must have for them. Each step is in one of them.
  rewrite::StringIndex by_id;
  rewrite::StringIndex by_class;
  std::vector<std::vector<std::uint32_t>> by_attribute;
  std::vector<std::pair<rewrite::NameKey, std::uint32_t>> by_type;  // sorted
  std::vector<std::uint32_t> everywhere;

  rewrite::StringIndex slots;   // by name, for comments: SlotId
  rewrite::StringIndex marked;  // by name, for data-pz-slot: the rule

  std::vector<SlotId> head_end;
  std::vector<SlotId> body_start;
  std::vector<SlotId> body_end;

  std::size_t slot_count = 0;
  std::size_t mark_words = 0;  // 64 marks a word
  bool counts_children = false;

  // Steps that ask for an element's type, by its name.
  template <class Visit>
  void each_of_type(rewrite::NameKey key, Visit visit) const {
    auto step = std::lower_bound(by_type.begin(), by_type.end(), std::make_pair(key, 0U));
    for (; step != by_type.end() && step->first == key; ++step) visit(step->second);
  }

  // Names of elements with what they mean, and kWanted where a selector asks for them.
  rewrite::TagIndex tags;

  // Quick answers for tags in passing; they may say yes where there is nothing, not the reverse.
  // Whether there may be one with a name of this length; at most 63.
  bool wants_attribute_of(std::size_t length) const { return attribute_kinds_[length] != kNone; }
  // `delimiters`: those that Structure calls so, of the bytes from the value on.
  bool wants_attribute(std::string_view name, std::string_view value,
                       std::uint64_t delimiters) const {
    if (attribute_kinds_[std::min<std::size_t>(name.size(), 63)] == kOnlyClass) {
      // In any case; what else the bit changes is found out when the tag is looked at in full.
      std::uint32_t head;
      std::memcpy(&head, name.data(), 4);
      return (head | 0x20202020U) == static_cast<std::uint32_t>(rewrite::pack_name("clas")) &&
             (name[4] | 0x20) == 's' && wants_class(value, delimiters);
    }
    return wants_any_attribute(name, value, delimiters);
  }

  const rewrite::NameTable& names() const { return names_; }

 private:
  bool wants_any_attribute(std::string_view name, std::string_view value,
                           std::uint64_t delimiters) const;
  bool wants_class(std::string_view value, std::uint64_t delimiters) const;
  void note_kind(const std::string& attribute_name);
  void add_rule(const SlotRule& rule);
  void add_selector(const rewrite::ComplexSelector& selector, std::uint32_t rule);
  void add_step(rewrite::Step step);
  rewrite::Condition compile(const rewrite::SimpleSelector& simple);
  std::uint32_t want_attribute(const std::string& name);

  std::pmr::monotonic_buffer_resource memory_;
  rewrite::NameTable names_;
  // By the length of its name, what is known of an attribute.
  enum AttributeKind : std::uint8_t { kNone, kOnlyClass /* and only by its words */, kSome };
  AttributeKind attribute_kinds_[64] = {};
  std::uint32_t mark_count_ = 0;
};

// The words of a value, without looking at each byte. A delimiter that is no white space divides a
// word here that is one; those are rare and looked at in full.
inline bool SlotMatcher::Compiled::wants_class(std::string_view value,
                                               std::uint64_t delimiters) const {
  if (value.size() >= rewrite::Structure::kWindow) return true;
  std::uint64_t end_bit = std::uint64_t{1} << value.size();
  std::uint64_t ends = (delimiters & (end_bit - 1)) | end_bit;
  std::size_t begin = 0;
  for (; ends != 0; ends &= ends - 1) {
    auto end = static_cast<std::size_t>(__builtin_ctzll(ends));
    if (by_class.may_have({value.data() + begin, end - begin})) return true;
    if (end < value.size() && value[end] != ' ' && !rewrite::is_space(value[end])) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace personalize
