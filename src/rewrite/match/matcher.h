// All slots of one location, compiled to what a scan needs: which names, ids, classes and
// attributes are of interest, and what to do where they occur.
//
// Example: the rules
//
//   0: "main > .recs"      1: "#bar, aside p"
//
// become five steps, one for each compound:
//
//   step  all of    to its left           then           found by
//   0     main                            sets mark 0    by_type["main"]
//   1     .recs     parent with mark 0    rule 0         by_class["recs"]
//   2     #bar                            rule 1         by_id["bar"]
//   3     aside                           sets mark 1    by_type["aside"]
//   4     p         ancestor with mark 1  rule 1         by_type["p"]
//
// For a start tag only the steps are tried that its name, id, classes and attributes lead to, and
// of most tags none of these is of interest: tags[] has trait::wanted for main, aside and p alone,
// and `fingerprints` hold the last bytes of "recs" and "bar" (see Structure). A step that sets a
// mark leaves it to the elements in this one (AncestorMarks), so that nothing walks up the stack.
// One with '+' or '~' on its right leaves it to those that follow (Siblings). What :nth-of-type()
// asks for is counted by a step of its own, for all elements of the type: "aside >
// p:nth-of-type(2)" has a step that counts p in aside.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/match/selector.h"
#include "rewrite/tokenizer/fingerprints.h"
#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/tag.h"

namespace personalize::rewrite {

// What to do where a selector matches. data-pz-slot is a rule as well, one for each slot.
struct PlacingRule {
  SlotId slot;
  Placement placement;
  bool all;
  bool early;
  std::string attribute;  // that the content takes the place of; "" for none
  bool knows_element;     // the slot does: ElementNames
  std::optional<std::uint16_t> change = {};
  MovePart move = MovePart::none;
  bool needs_tree = false;   // whether an element matches depends on its ancestors or siblings
  bool asks_number = false;  // or on its number among these
};

// A multimap from strings to numbers, with look-ups that do not allocate.
class StringIndex {
 public:
  void add(std::string_view text, std::uint32_t number);

  // Calls visit(number) for each number of `text`, in the order in which they were added.
  template <class Visit>
  void each(std::string_view text, Visit visit) const {
    if (entries_.empty() || (lengths_ >> length_bit(text.size()) & 1) == 0) {
      return;
    }
    std::size_t slot = hash_of(text) & (slots_.size() - 1);
    for (std::uint32_t at = slots_[slot]; at != 0; at = entries_[at - 1].next) {
      const Entry& entry = entries_[at - 1];
      if (entry.text == text) {
        visit(entry.number);
      }
    }
  }

  bool empty() const { return entries_.empty(); }

  bool has(std::string_view text) const {
    bool found = false;
    each(text, [&found](std::uint32_t) { found = true; });
    return found;
  }

 private:
  struct Entry {
    std::string text;
    std::uint32_t number;
    std::uint32_t next;  // 1 + the next entry of the same slot, 0 for none
  };

  static std::size_t length_bit(std::size_t length) { return length < 63 ? length : 63; }
  static std::uint32_t hash_of(std::string_view text);
  void link(std::size_t entry);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // the first entry of each, as `next`
  std::vector<std::uint32_t> last_;   // the last
  std::uint64_t lengths_ = 0;         // which lengths occur
};

// Reads eight bytes at a time: for names of attributes and classes that is one step or two.
inline std::uint32_t StringIndex::hash_of(std::string_view text) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = text.size();
  const auto add = [&hash](std::uint64_t bytes) {
    hash = (hash ^ bytes) * factor;
    hash ^= hash >> 32;
  };
  const auto load = [](const char* p, auto& bytes) { std::memcpy(&bytes, p, sizeof bytes); };
  std::uint64_t eight = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (text.size() < 4) {
    for (const char c : text) {
      eight = eight << 8 | static_cast<unsigned char>(c);
    }
  } else if (text.size() < 8) {
    load(text.data(), first);
    load(text.data() + text.size() - 4, last);
    eight = std::uint64_t{first} << 32 | last;
  } else {
    for (std::size_t at = 0; at + 8 < text.size(); at += 8) {
      load(text.data() + at, eight);
      add(eight);
    }
    load(text.data() + text.size() - 8, eight);
  }
  add(eight);
  return static_cast<std::uint32_t>(hash);
}

struct CompoundTest;

// One condition on one element, with names resolved to this matcher's numbers.
struct SimpleTest {
  SimpleSelector simple;          // without its list
  NameKey type = 0;               // of a type selector
  std::uint32_t attribute = 0;    // number of the attribute that it looks at
  std::vector<CompoundTest> any;  // of Kind::any
  // Of what is not counted by the parser: the counter of the siblings; no_counter for none.
  std::uint32_t counter = no_counter;

  static constexpr std::uint32_t no_counter = ~std::uint32_t{0};
};

// Conditions on one element, and what is on its left: the number of a mark.
struct CompoundTest {
  using Combinator = CompoundSelector::Combinator;

  std::vector<SimpleTest> all;
  std::vector<SimpleTest> none;
  Combinator combinator = Combinator::none;
  std::uint32_t left_mark = 0;  // of ancestors or of siblings, as the combinator says

  bool looks_up() const {
    return combinator == Combinator::child || combinator == Combinator::descendant;
  }
  bool looks_back() const {
    return combinator == Combinator::next || combinator == Combinator::later;
  }
};

// One compound of one selector, and what it means that an element passes.
struct Step : CompoundTest {
  enum class Meaning : std::uint8_t {
    rule,          // rule `number` matches
    mark,          // what is in it is in an element with mark `number`
    sibling_mark,  // what follows it follows one with mark `number`
    count,         // counter `number` counts it
  };
  Meaning meaning = Meaning::rule;
  std::uint32_t number = 0;
  bool needs_tree = false;      // it looks at ancestors or siblings
  bool knows_siblings = false;  // it looks at what stands before the element, not only how much
  bool asks_attributes = false;
  bool asks_number = false;  // of the element among its siblings
  bool denies_tree = false;  // it would match by what was not seen of ancestors and siblings
  bool by_type = false;      // it counts elements of each type for themselves
};

// What is known of an element before it is opened.
struct Expected {
  NameKey name = 0;  // 0: not known
  // The marks that the element below it and the ancestors of that have, 64 a word; nullptr: not
  // known. It may end some of these, so that they are all that it can have.
  const std::uint64_t* marks = nullptr;
  // The marks that any sibling has had in the page so far; nullptr: not known.
  const std::uint64_t* sibling_marks = nullptr;
};

}  // namespace personalize::rewrite

namespace personalize {

class SlotMatcher::Compiled {
 public:
  Compiled(const std::vector<std::string>& names, const std::vector<SlotRule>& rules,
           ElementNames elements);

  // Numbers of attributes that are always looked at.
  static constexpr std::uint32_t id_attribute = 0;
  static constexpr std::uint32_t class_attribute = 1;
  static constexpr std::uint32_t slot_attribute = 2;  // data-pz-slot

  static constexpr std::uint32_t not_wanted = ~std::uint32_t{0};

  // Returns the number of an attribute, in any case, or not_wanted if no rule looks at it.
  std::uint32_t attribute(std::string_view name) const;

  // Of all words for which an attribute can be of interest.
  rewrite::Fingerprints fingerprints;

  // The traits of element names, with trait::wanted if a selector asks for the name.
  rewrite::TagIndex tags;

  std::vector<rewrite::PlacingRule> rules;
  ElementNames elements;
  std::vector<rewrite::Step> steps;
  std::vector<std::string> attributes;  // names by number, lower-case

  // Steps by the rarest thing that an element must have. Each step is in one of these.
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
  SlotId of_scripts = no_slot;  // behind those

  std::size_t slot_count = 0;
  std::size_t mark_words = 0;  // 64 marks a word
  std::size_t sibling_mark_words = 0;
  bool knows_siblings = false;  // some step does
  bool ends_are_known = true;   // no page can write one of word_ends_ in other bytes

  // Calls visit(step) for each step that is filed under this element name.
  template <class Visit>
  void each_of_type(rewrite::NameKey key, Visit visit) const {
    auto step = std::lower_bound(by_type.begin(), by_type.end(), std::make_pair(key, 0U));
    for (; step != by_type.end() && step->first == key; ++step) {
      visit(step->second);
    }
  }

  // Returns whether the tag has to be read because of its notable byte (see Structure): not if the
  // byte is in a word that only ends like one of interest, or in the name of an attribute whose
  // value is none that a rule asks for. The tag's name begins at `name`; the tag ends at `end`,
  // unless that is within a value.
  bool is_notable(const char* name, const char* byte, const char* end) const;

  // Returns whether some step may match because of an attribute of the start tag, or the tag does
  // not end where it seems to.
  bool wants(const rewrite::Expected& element, std::string_view tag) const;
  // Returns whether some step may match because of the element's name.
  bool wants_name(const rewrite::Expected& element) const;

  const rewrite::NameTable& names() const { return names_; }

 private:
  bool has_words() const { return !by_id.empty() || !by_class.empty(); }
  bool wants_value_at(std::uint32_t attribute, const char* after, const char* end) const;
  // Returns whether some step may match because of this attribute.
  bool wants_value(const rewrite::Expected& element, std::uint32_t attribute,
                   std::string_view value) const;
  bool knows_element(SlotId slot) const {
    return slot < elements.slots.size() && elements.slots[slot];
  }
  void add_rule(const SlotRule& rule);
  void add_selector(const rewrite::ComplexSelector& selector, std::uint32_t rule);
  // Adds the steps of all compounds but the last, which is returned.
  rewrite::CompoundTest compile_left(const rewrite::ComplexSelector& selector,
                                     const rewrite::CompoundTest* around);
  rewrite::CompoundTest compile(const rewrite::CompoundSelector& compound,
                                rewrite::CompoundTest test, const rewrite::CompoundTest* around);
  std::uint32_t add_counter(std::vector<rewrite::SimpleTest> all, bool by_type,
                            const rewrite::CompoundTest& around);
  void add_step(rewrite::Step step);
  void file(const rewrite::CompoundTest& test, std::uint32_t number);
  static constexpr std::uint32_t no_attribute = not_wanted;
  // `attribute`: whose name the word is.
  void want_word(std::string_view word, bool any_case, std::uint32_t attribute = no_attribute);
  rewrite::SimpleTest compile(const rewrite::SimpleSelector& simple, rewrite::NameKey type,
                              const rewrite::CompoundTest& around);
  std::uint32_t want_attribute(const std::string& name);

  // The part after the last delimiter of each word with a fingerprint, in lower case: the attribute
  // whose name it is, or no_attribute for identifiers and classes.
  rewrite::StringIndex word_ends_;
  std::uint64_t attribute_lengths_ = 0;  // which lengths the names of attributes have, as bits

  std::pmr::monotonic_buffer_resource memory_;
  rewrite::NameTable names_;
  std::uint32_t mark_count_ = 0;
  std::uint32_t sibling_mark_count_ = 0;
  std::uint32_t counter_count_ = 0;
};

}  // namespace personalize
