#include "rewrite/match/element_matcher.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {

const std::pmr::vector<std::uint32_t>& ElementMatcher::match(OpenElement& element,
                                                             const RawTag* tag) {
  using Matcher = SlotMatcher::Compiled;
  matched_.clear();
  unsure_ = cut_off_ = 0;
  attributes_.clear();
  if (tag != nullptr) {
    attributes_.read(*tag);
  }
  has_cut_value_ = tag != nullptr && tag->is_cut();
  const auto try_it = [&](std::uint32_t step) { try_step(step, element); };
  for (const auto& attribute : attributes_.all()) {
    // The part that is cut off may hold a word that a rule asks for.
    const bool is_cut = attribute.is_cut && attribute.number <= Matcher::slot_attribute;
    if (is_cut && !(attribute.number == Matcher::id_attribute && matcher_.by_id.empty()) &&
        !(attribute.number == Matcher::class_attribute && matcher_.by_class.empty())) {
      ++cut_off_;
    }
    switch (is_cut ? Matcher::not_wanted : attribute.number) {
      case Matcher::id_attribute:
        matcher_.by_id.each(attribute.value, try_it);
        break;
      case Matcher::class_attribute:
        each_word(attribute.value,
                  [&](std::string_view word) { matcher_.by_class.each(word, try_it); });
        break;
      case Matcher::slot_attribute:
        matcher_.marked.each(ascii::trim_html_space(attribute.value),
                             [&](std::uint32_t rule) { matched_.push_back(rule); });
        break;
      default:
        break;
    }
    for (std::uint32_t step : matcher_.by_attribute[attribute.number]) {
      try_step(step, element);
    }
  }
  matcher_.each_of_type(element.name, try_it);
  for (std::uint32_t step : matcher_.everywhere) {
    try_step(step, element);
  }

  // Each rule once, however many selectors of its list match.
  std::sort(matched_.begin(), matched_.end());
  matched_.erase(std::unique(matched_.begin(), matched_.end()), matched_.end());
  return matched_;
}

void ElementMatcher::try_step(std::uint32_t number, OpenElement& element) {
  const Step& step = matcher_.steps[number];
  if (asks_for_cut_value(step)) {
    if (!step.sets_mark) {
      ++cut_off_;
    }
    return;
  }
  const auto passes_test = [&](const SimpleTest& test) { return passes(test, element); };
  if (!std::all_of(step.all.begin(), step.all.end(), passes_test)) {
    return;
  }
  if (std::any_of(step.none.begin(), step.none.end(), passes_test)) {
    return;
  }

  const ElementStack& stack = tree_.stack();
  const OpenElement* parent = stack.size() > 1 ? &stack[stack.size() - 2] : nullptr;
  const std::uint32_t parent_marks = parent == nullptr ? 0 : parent->marks;
  switch (step.combinator) {
    case CompoundSelector::Combinator::child:
      if (parent == nullptr) {
        return;
      }
      if (!marks_.parent_has(parent->marks, parent->serial, step.left_mark)) {
        return;
      }
      break;
    case CompoundSelector::Combinator::descendant:
      if (!marks_.ancestor_has(parent_marks, step.left_mark)) {
        return;
      }
      break;
    case CompoundSelector::Combinator::none:
      break;
  }
  if (asks_for_doubtful_tree(step)) {
    if (!step.sets_mark) {
      ++unsure_;
    }
    return;
  }
  if (step.sets_mark) {
    element.marks = marks_.set(parent_marks, element.marks, element.serial, step.mark);
  } else {
    matched_.push_back(step.rule);
  }
}

// Returns whether the step looks at ancestors or siblings, and the stack may differ from the tree.
bool ElementMatcher::asks_for_doubtful_tree(const Step& step) const {
  if (!step.needs_tree) {
    return false;
  }
  if (tree_.is_shaky()) {
    return true;
  }
  const auto counts = [](const SimpleTest& test) {
    return test.simple.kind == SimpleSelector::Kind::nth_child;
  };
  return tree_.has_taken_apart() && (std::any_of(step.all.begin(), step.all.end(), counts) ||
                                     std::any_of(step.none.begin(), step.none.end(), counts));
}

bool ElementMatcher::asks_for_cut_value(const Step& step) const {
  if (!has_cut_value_) {
    return false;
  }
  const auto asks = [this](const SimpleTest& test) {
    const SimpleSelector& simple = test.simple;
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
  switch (simple.kind) {
    case SimpleSelector::Kind::universal:
      return true;
    case SimpleSelector::Kind::type:
      return element.name == test.type;
    case SimpleSelector::Kind::nth_child: {
      const ElementStack& stack = tree_.stack();
      return matches_nth(simple, stack.size() > 1 ? stack[stack.size() - 2].children : 1);
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
