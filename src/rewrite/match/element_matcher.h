// Finds the rules that an element matches when it is opened.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include "rewrite/match/element.h"
#include "rewrite/match/matcher.h"
#include "rewrite/match/siblings.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

class ElementMatcher {
 public:
  // Both must outlive it. The tree's top is the element that match() is asked for.
  ElementMatcher(const SlotMatcher::Compiled& matcher, const Tree& tree,
                 std::pmr::memory_resource* memory)
      : matcher_(matcher),
        tree_(tree),
        attributes_(matcher, memory),
        marks_(matcher.mark_words, memory),
        siblings_(matcher.sibling_mark_words, memory),
        candidates_(memory),
        sibling_marks_(memory),
        kept_marks_(memory),
        matched_(memory) {}

  // Returns the rules that `element` matches, in their order; valid until the next call. Sets the
  // element's marks, for the elements in it. `tag` is its start tag, nullptr if that is implied.
  const std::pmr::vector<std::uint32_t>& match(OpenElement& element, const RawTag* tag);

  // Returns the rules that an element of the stack matches by its name, ancestors and number, after
  // its marks have been set again: more is not known any more. In their order, each once; valid
  // until the next call.
  const std::pmr::vector<std::uint32_t>& match_again(const OpenElement& element);

  // Sets the marks that are certain of an element that has no start tag of its own: its attributes
  // are not known.
  void mark_clone(OpenElement& element);
  // Sets those of elements of the stack, from `first` on, that have got other ancestors: what they
  // match by attributes and ancestors is not known any more.
  void mark_again(ElementStack& stack, std::size_t first);
  // Returns whether they are others for an element whose number has changed.
  bool is_renumbered(const OpenElement& element) const;
  // Sets those of all elements of the stack, which match() was not asked for: as mark_clone().
  void mark_late(ElementStack& stack);
  // Notes that the elements at `first` to `last` of the stack have got other children.
  void doubt_children(std::size_t first, std::size_t last);

  // Return whether some selector may match the element that would be opened next, of this name: as
  // far as can be told by the name, or by the attributes of its start tag, which may also go on
  // behind its end.
  bool wants_name(NameKey name) const { return matcher_.wants_name(expected(name)); }
  bool wants(NameKey name, std::string_view tag) const {
    return matcher_.wants(expected(name), tag);
  }

  // Returns how many selectors would have matched the last element, but depend on ancestors or
  // siblings that are not certain.
  std::uint32_t unsure() const { return unsure_; }
  // Returns how many selectors depend on a value of the last element that was cut off.
  std::uint32_t cut_off() const { return cut_off_; }

 private:
  Expected expected(NameKey name) const {
    const ElementStack& stack = tree_.stack();
    return {name, stack.empty() ? nullptr : marks_.all(stack.back().marks), siblings_.seen()};
  }
  void note_unknown(const OpenElement& element);
  void find_candidates(const OpenElement& element);
  void mark_by_type(OpenElement& element);
  bool matches_by_type(const Step& step, const OpenElement& element) const;
  template <class Visit>
  void each_known_step(const OpenElement& element, Step::Meaning meaning, Visit visit);
  void sort_matched();
  void set_mark(OpenElement& element, std::uint32_t mark);
  const OpenElement* parent_of(const OpenElement& element) const;
  void try_step(const Step& step, OpenElement& element);
  void doubt_siblings();
  void drop(const Step& step, std::uint32_t& count);
  bool asks_for_doubtful_tree(const Step& step) const;
  bool asks_for_cut_value(const CompoundTest& step) const;
  bool matches(const CompoundTest& test, const OpenElement& element) const;
  bool passes(const SimpleTest& test, const OpenElement& element) const;

  const SlotMatcher::Compiled& matcher_;
  const Tree& tree_;
  WantedAttributes attributes_;
  AncestorMarks marks_;
  Siblings siblings_;
  std::pmr::vector<std::uint32_t> candidates_;                          // steps
  std::pmr::vector<std::uint32_t> sibling_marks_;                       // of the element
  std::pmr::vector<std::pair<std::size_t, std::uint32_t>> kept_marks_;  // and whose, on the stack
  std::pmr::vector<std::uint32_t> matched_;
  std::uint32_t unsure_ = 0;
  std::uint32_t cut_off_ = 0;
  bool has_cut_value_ = false;  // of the element
  bool has_dropped_ = false;    // a mark was left out, since it was not certain
};

}  // namespace personalize::rewrite
