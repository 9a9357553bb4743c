#include "rewrite/match/element_matcher.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {
namespace {

bool asks_for_ancestors(const CompoundTest& test) {
  const auto asks = [](const SimpleTest& one) {
    return std::any_of(one.any.begin(), one.any.end(), asks_for_ancestors);
  };
  return test.combinator == CompoundSelector::Combinator::child ||
         test.combinator == CompoundSelector::Combinator::descendant ||
         std::any_of(test.all.begin(), test.all.end(), asks) ||
         std::any_of(test.none.begin(), test.none.end(), asks);
}

}  // namespace

const std::pmr::vector<std::uint32_t>& ElementMatcher::match(OpenElement& element,
                                                             const RawTag* tag) {
  matched_.clear();
  unsure_ = cut_off_ = 0;
  attributes_.clear();
  if (tag != nullptr) {
    attributes_.read(*tag);
  }
  has_cut_value_ = tag != nullptr && tag->is_cut();
  if (element.shaky) {
    note_unknown(element);
  }
  find_candidates(element);
  // What is counted is asked for by others; and an element does not follow itself.
  const auto try_those = [&](bool counts) {
    for (const std::uint32_t number : candidates_) {
      const Step& step = matcher_.steps[number];
      if ((step.meaning == Step::Meaning::count) == counts) {
        try_step(step, element);
      }
    }
  };
  if (matcher_.knows_siblings) {
    try_those(true);
  }
  try_those(false);
  for (const std::uint32_t mark : sibling_marks_) {
    siblings_.set_mark(tree_.stack(), mark);
  }
  sibling_marks_.clear();

  sort_matched();
  return matched_;
}

const std::pmr::vector<std::uint32_t>& ElementMatcher::match_again(const OpenElement& element) {
  matched_.clear();
  each_known_step(element, Step::Meaning::rule, [this](const Step& step) {
    if (step.needs_tree) {
      matched_.push_back(step.number);
    }
  });
  sort_matched();
  return matched_;
}

// Each rule once, however many selectors of its list match.
void ElementMatcher::sort_matched() {
  std::sort(matched_.begin(), matched_.end());
  matched_.erase(std::unique(matched_.begin(), matched_.end()), matched_.end());
}

// Finds the steps that the element's name, id, classes and attributes lead to.
void ElementMatcher::find_candidates(const OpenElement& element) {
  using Matcher = SlotMatcher::Compiled;
  candidates_.clear();
  const auto add = [this](std::uint32_t step) { candidates_.push_back(step); };
  for (const auto& attribute : attributes_.all()) {
    // The part that is cut off may hold a word that a rule asks for.
    const bool is_cut = attribute.is_cut && attribute.number <= Matcher::slot_attribute;
    if (is_cut && !(attribute.number == Matcher::id_attribute && matcher_.by_id.empty()) &&
        !(attribute.number == Matcher::class_attribute && matcher_.by_class.empty())) {
      ++cut_off_;
      has_dropped_ = true;
      doubt_siblings();
    }
    switch (is_cut ? Matcher::not_wanted : attribute.number) {
      case Matcher::id_attribute:
        matcher_.by_id.each(attribute.value, add);
        break;
      case Matcher::class_attribute:
        each_word(attribute.value,
                  [&](std::string_view word) { matcher_.by_class.each(word, add); });
        break;
      case Matcher::slot_attribute:
        matcher_.marked.each(ascii::trim_html_space(attribute.value),
                             [&](std::uint32_t rule) { matched_.push_back(rule); });
        break;
      default:
        break;
    }
    const auto& steps = matcher_.by_attribute[attribute.number];
    candidates_.insert(candidates_.end(), steps.begin(), steps.end());
  }
  matcher_.each_of_type(element.name, add);
  candidates_.insert(candidates_.end(), matcher_.everywhere.begin(), matcher_.everywhere.end());
}

// Notes that the parser has put an element into the tree that match() is not asked for, or whose
// place is not the one on the stack.
void ElementMatcher::note_unknown(const OpenElement& element) {
  if (!matcher_.knows_siblings) {
    return;
  }
  const ElementStack& stack = tree_.stack();
  std::size_t above = stack.size() - 1;
  while (element.in_foster && above > 0 && !stack[above].is(Tag::table)) {
    --above;
  }
  if (above > 0) {
    siblings_.doubt(stack, above - 1);
  }
}

void ElementMatcher::mark_clone(OpenElement& element) {
  note_unknown(element);
  mark_by_type(element);
}

void ElementMatcher::mark_again(ElementStack& stack, std::size_t first) {
  // What they match by themselves stays.
  kept_marks_.clear();
  for (std::size_t i = first; i < stack.size(); ++i) {
    for (const Step& step : matcher_.steps) {
      if (step.meaning == Step::Meaning::mark && !step.needs_tree &&
          marks_.parent_has(stack[i].marks, stack[i].serial, step.number)) {
        kept_marks_.emplace_back(i, step.number);
      }
    }
  }
  auto kept = kept_marks_.begin();
  for (std::size_t i = first; i < stack.size(); ++i) {
    stack[i].marks = i == 0 ? 0 : stack[i - 1].marks;
    for (; kept != kept_marks_.end() && kept->first == i; ++kept) {
      set_mark(stack[i], kept->second);
    }
    mark_by_type(stack[i]);
  }
}

bool ElementMatcher::is_renumbered(const OpenElement& element) const {
  const auto is_other = [&](const Step& step) {
    return step.meaning == Step::Meaning::mark && step.asks_number &&
           (marks_.parent_has(element.marks, element.serial, step.number) ||
            matches_by_type(step, element));
  };
  return std::any_of(matcher_.steps.begin(), matcher_.steps.end(), is_other);
}

void ElementMatcher::mark_late(ElementStack& stack) {
  // What is counted or followed by their marks has been missed so far.
  const bool has_missed =
      std::any_of(matcher_.steps.begin(), matcher_.steps.end(), [](const Step& step) {
        const bool is_of_siblings =
            step.meaning == Step::Meaning::count || step.meaning == Step::Meaning::sibling_mark;
        return is_of_siblings && asks_for_ancestors(step);
      });
  if (has_missed) {
    doubt_children(0, stack.size() - 1);
  }
  mark_again(stack, 0);
}

void ElementMatcher::mark_by_type(OpenElement& element) {
  each_known_step(element, Step::Meaning::mark,
                  [&](const Step& step) { set_mark(element, step.number); });
}

// Returns whether it is certain that the element matches, whatever its attributes are and its
// siblings.
bool ElementMatcher::matches_by_type(const Step& step, const OpenElement& element) const {
  return !step.asks_attributes && !step.knows_siblings && !step.denies_tree &&
         matches(step, element) && !asks_for_doubtful_tree(step);
}

// Calls visit(step) for each step of the kind that the element is certain to match.
template <class Visit>
void ElementMatcher::each_known_step(const OpenElement& element, Step::Meaning meaning,
                                     Visit visit) {
  attributes_.clear();
  has_cut_value_ = false;
  const auto try_step = [&](std::uint32_t number) {
    const Step& step = matcher_.steps[number];
    if (step.meaning == meaning && matches_by_type(step, element)) {
      visit(step);
    }
  };
  matcher_.each_of_type(element.name, try_step);
  std::for_each(matcher_.everywhere.begin(), matcher_.everywhere.end(), try_step);
}

void ElementMatcher::set_mark(OpenElement& element, std::uint32_t mark) {
  const OpenElement* parent = parent_of(element);
  element.marks =
      marks_.set(parent == nullptr ? 0 : parent->marks, element.marks, element.serial, mark);
}

// `element` is on the stack.
const OpenElement* ElementMatcher::parent_of(const OpenElement& element) const {
  return &element == tree_.stack().begin() ? nullptr : &element - 1;
}

void ElementMatcher::doubt_children(std::size_t first, std::size_t last) {
  for (std::size_t i = first; matcher_.knows_siblings && i <= last; ++i) {
    siblings_.doubt(tree_.stack(), i);
  }
}

void ElementMatcher::doubt_siblings() {
  const ElementStack& stack = tree_.stack();
  if (matcher_.knows_siblings && stack.size() > 1) {
    siblings_.doubt(stack, stack.size() - 2);
  }
}

void ElementMatcher::try_step(const Step& step, OpenElement& element) {
  if (asks_for_cut_value(step)) {
    return drop(step, cut_off_);
  }
  if (!matches(step, element)) {
    return;
  }
  if (asks_for_doubtful_tree(step)) {
    return drop(step, unsure_);
  }
  switch (step.meaning) {
    case Step::Meaning::rule:
      matched_.push_back(step.number);
      break;
    case Step::Meaning::mark:
      set_mark(element, step.number);
      break;
    case Step::Meaning::sibling_mark:
      sibling_marks_.push_back(step.number);
      break;
    case Step::Meaning::count:
      siblings_.count(tree_.stack(), step.number, step.by_type ? element.name : 0);
      break;
  }
}

// Leaves out what is not certain. `count`: of rules that are left out for this reason.
void ElementMatcher::drop(const Step& step, std::uint32_t& count) {
  if (step.meaning == Step::Meaning::rule) {
    ++count;
    return;
  }
  has_dropped_ = true;
  if (step.meaning != Step::Meaning::mark) {
    doubt_siblings();
  }
}

bool ElementMatcher::matches(const CompoundTest& test, const OpenElement& element) const {
  const auto passes_test = [&](const SimpleTest& one) { return passes(one, element); };
  if (!std::all_of(test.all.begin(), test.all.end(), passes_test) ||
      std::any_of(test.none.begin(), test.none.end(), passes_test)) {
    return false;
  }
  const ElementStack& stack = tree_.stack();
  const OpenElement* parent = parent_of(element);
  switch (test.combinator) {
    case CompoundSelector::Combinator::child:
      return parent != nullptr && marks_.parent_has(parent->marks, parent->serial, test.left_mark);
    case CompoundSelector::Combinator::descendant:
      return parent != nullptr && marks_.ancestor_has(parent->marks, test.left_mark);
    case CompoundSelector::Combinator::next:
      return siblings_.follows_at_once(stack, test.left_mark);
    case CompoundSelector::Combinator::later:
      return siblings_.follows(stack, test.left_mark);
    case CompoundSelector::Combinator::none:
      break;
  }
  return true;
}

// Returns whether the step looks at ancestors or siblings, and the stack may differ from the tree.
bool ElementMatcher::asks_for_doubtful_tree(const Step& step) const {
  if (!step.needs_tree) {
    return false;
  }
  return tree_.is_displaced() || (step.knows_siblings && siblings_.is_doubtful(tree_.stack())) ||
         (step.denies_tree && (has_dropped_ || tree_.is_shaky()));
}

bool ElementMatcher::asks_for_cut_value(const CompoundTest& step) const {
  if (!has_cut_value_) {
    return false;
  }
  const auto asks = [this](const SimpleTest& test) {
    const SimpleSelector& simple = test.simple;
    const auto asks_itself = [this](const CompoundTest& one) { return asks_for_cut_value(one); };
    if (std::any_of(test.any.begin(), test.any.end(), asks_itself)) {
      return true;
    }
    const bool asks_for_value =
        simple.kind == SimpleSelector::Kind::id ||
        simple.kind == SimpleSelector::Kind::class_name ||
        (simple.kind == SimpleSelector::Kind::attribute && simple.test != AttributeTest::present);
    if (!asks_for_value) {
      return false;
    }
    const WantedAttributes::Attribute* attribute = attributes_.find(test.attribute);
    return attribute != nullptr && attribute->is_cut;
  };
  return std::any_of(step.all.begin(), step.all.end(), asks) ||
         std::any_of(step.none.begin(), step.none.end(), asks);
}

bool ElementMatcher::passes(const SimpleTest& test, const OpenElement& element) const {
  const SimpleSelector& simple = test.simple;
  const ElementStack& stack = tree_.stack();
  switch (simple.kind) {
    case SimpleSelector::Kind::universal:
      return true;
    case SimpleSelector::Kind::type:
      return element.name == test.type;
    case SimpleSelector::Kind::any:
      return std::any_of(test.any.begin(), test.any.end(),
                         [&](const CompoundTest& one) { return matches(one, element); });
    case SimpleSelector::Kind::nth_child:
    case SimpleSelector::Kind::nth_of_type: {
      const OpenElement* parent = parent_of(element);
      const std::uint32_t number =
          test.counter != SimpleTest::no_counter
              ? siblings_.number(
                    stack, test.counter,
                    simple.kind == SimpleSelector::Kind::nth_of_type ? element.name : 0)
          : parent != nullptr ? parent->children
                              : 1;
      return number != 0 && matches_nth(simple, number);
    }
    case SimpleSelector::Kind::id:
    case SimpleSelector::Kind::class_name:
    case SimpleSelector::Kind::attribute:
      break;
  }
  const WantedAttributes::Attribute* attribute = attributes_.find(test.attribute);
  return attribute != nullptr &&
         matches_value(simple, attribute->value, element.space == Namespace::html);
}

}  // namespace personalize::rewrite
