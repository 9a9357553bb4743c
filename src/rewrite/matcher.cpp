#include "rewrite/matcher.h"

#include <algorithm>

namespace personalize {
namespace rewrite {

void StringIndex::add(std::string_view text, std::uint32_t number) {
  entries_.push_back({std::string(text), number, 0});
  lengths_ |= std::uint64_t{1} << length_bit(text.size());
  if (!text.empty()) filter_[text.size() & 63] |= std::uint64_t{1} << filter_bit(text);
  std::size_t slots = 16;
  while (slots < entries_.size() * 2) slots *= 2;
  rehash(slots);
}

// Entries of one slot keep the order in which they were added.
void StringIndex::rehash(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::size_t i = entries_.size(); i-- > 0;) {
    std::uint32_t& slot = slots_[hash_of(entries_[i].text) & (slots - 1)];
    entries_[i].next = slot;
    slot = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace rewrite

using rewrite::AttributeTest;
using rewrite::ComplexSelector;
using rewrite::CompoundSelector;
using rewrite::Condition;
using rewrite::SimpleSelector;
using rewrite::Step;

SlotMatcher::Compiled::Compiled(const std::vector<std::string>& slot_names,
                                const std::vector<SlotRule>& slot_rules)
    : attributes{"id", "class", "data-pz-slot"},
      slot_count(slot_names.size()),
      names_(&memory_, &rewrite::known_names()) {
  by_attribute.resize(attributes.size());
  for (const std::string& name : attributes) {
    attribute_lengths_ |= std::uint64_t{1} << std::min<std::size_t>(name.size(), 63);
  }
  for (std::size_t i = 0; i < slot_names.size(); ++i) {
    auto slot = static_cast<SlotId>(i);
    slots.add(slot_names[i], slot);
    marked.add(slot_names[i], static_cast<std::uint32_t>(rules.size()));
    rules.push_back({slot, Placement::inner, false});
    if (slot_names[i] == "head-end") head_end.push_back(slot);
    if (slot_names[i] == "body-start") body_start.push_back(slot);
    if (slot_names[i] == "body-end") body_end.push_back(slot);
  }
  for (const SlotRule& rule : slot_rules) add_rule(rule);
  std::sort(by_type.begin(), by_type.end());
}

void SlotMatcher::Compiled::add_rule(const SlotRule& rule) {
  std::vector<SlotId>* position = rule.selector == "head-end"     ? &head_end
                                  : rule.selector == "body-start" ? &body_start
                                  : rule.selector == "body-end"   ? &body_end
                                                                  : nullptr;
  if (position != nullptr) {
    if (std::find(position->begin(), position->end(), rule.slot) == position->end()) {
      position->push_back(rule.slot);
    }
    return;
  }
  auto number = static_cast<std::uint32_t>(rules.size());
  rules.push_back({rule.slot, rule.placement, rule.all});
  for (const ComplexSelector& selector : rewrite::parse_selector(rule.selector, rule.where)) {
    add_selector(selector, number);
  }
}

void SlotMatcher::Compiled::add_selector(const ComplexSelector& selector, std::uint32_t rule) {
  std::uint32_t left = 0;
  for (std::size_t i = 0; i < selector.size(); ++i) {
    const CompoundSelector& compound = selector[i];
    Step step;
    step.combinator = compound.combinator;
    step.left_mark = left;
    step.needs_tree = compound.combinator != CompoundSelector::Combinator::none;
    step.rule = rule;
    for (const SimpleSelector& simple : compound.all) step.all.push_back(compile(simple));
    for (const SimpleSelector& simple : compound.none) step.none.push_back(compile(simple));
    for (const auto* conditions : {&step.all, &step.none}) {
      for (const Condition& condition : *conditions) {
        if (condition.simple.kind != SimpleSelector::Kind::nth_child) continue;
        step.needs_tree = true;
        counts_children = true;
      }
    }
    if (i + 1 < selector.size()) {
      step.sets_mark = true;
      step.mark = left = mark_count_++;
      mark_words = left / 64 + 1;
    }
    add_step(std::move(step));
  }
}

Condition SlotMatcher::Compiled::compile(const SimpleSelector& simple) {
  Condition condition;
  condition.simple = simple;
  switch (simple.kind) {
    case SimpleSelector::Kind::type:
      condition.type = names_.key(simple.name);
      break;
    case SimpleSelector::Kind::id:
      condition.attribute = kId;
      break;
    case SimpleSelector::Kind::class_name:
      condition.attribute = kClass;
      break;
    case SimpleSelector::Kind::attribute:
      condition.attribute = want_attribute(simple.name);
      break;
    default:
      break;
  }
  return condition;
}

std::uint32_t SlotMatcher::Compiled::want_attribute(const std::string& name) {
  auto found = std::find(attributes.begin(), attributes.end(), name);
  if (found != attributes.end()) {
    return static_cast<std::uint32_t>(found - attributes.begin());
  }
  attributes.push_back(name);
  by_attribute.emplace_back();
  attribute_lengths_ |= std::uint64_t{1} << std::min<std::size_t>(name.size(), 63);
  return static_cast<std::uint32_t>(attributes.size() - 1);
}

std::uint32_t SlotMatcher::Compiled::attribute(std::string_view name) const {
  if ((attribute_lengths_ >> std::min<std::size_t>(name.size(), 63) & 1) == 0) return kNotWanted;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (rewrite::equals_ignoring_case(attributes[i], name)) return static_cast<std::uint32_t>(i);
  }
  return kNotWanted;
}

bool SlotMatcher::Compiled::wants_attribute_of_length(std::string_view name, std::string_view value,
                                                      std::uint64_t delimiters) const {
  std::uint32_t number = attribute(name);
  if (number == kNotWanted) return false;
  if (!by_attribute[number].empty()) return true;
  if (number == kClass) return !by_class.empty() && wants_class(value, delimiters);
  if (number == kId) {
    if (by_id.empty()) return false;
    bool long_or_odd = value.size() >= 64 || (delimiters << 1 << (63 - value.size())) != 0;
    return long_or_odd || by_id.may_have(value);
  }
  return number == kSlot && !marked.empty();
}

// The words of a value, without looking at each byte. A delimiter that is no white space divides a
// word here that is one; those are rare and looked at in full.
bool SlotMatcher::Compiled::wants_class(std::string_view value, std::uint64_t delimiters) const {
  if (value.size() >= 63) return true;
  std::uint64_t ends =
      (delimiters & ((std::uint64_t{1} << value.size()) - 1)) | std::uint64_t{1} << value.size();
  std::size_t begin = 0;
  for (; ends != 0; ends &= ends - 1) {
    auto end = static_cast<std::size_t>(__builtin_ctzll(ends));
    if (by_class.may_have(value.substr(begin, end - begin))) return true;
    if (end < value.size() && !rewrite::is_space(value[end])) return true;
    begin = end + 1;
  }
  return false;
}

// Files the step under the rarest thing that it asks for.
void SlotMatcher::Compiled::add_step(Step step) {
  auto number = static_cast<std::uint32_t>(steps.size());
  const Condition* best = nullptr;
  auto rank = [](const Condition& condition) {
    switch (condition.simple.kind) {
      case SimpleSelector::Kind::id:
        return 4;
      case SimpleSelector::Kind::class_name:
        return 3;
      case SimpleSelector::Kind::attribute:
        return 2;
      case SimpleSelector::Kind::type:
        return 1;
      default:
        return 0;
    }
  };
  for (const Condition& condition : step.all) {
    if (best == nullptr || rank(condition) > rank(*best)) best = &condition;
  }
  switch (best == nullptr ? 0 : rank(*best)) {
    case 4:
      by_id.add(best->simple.name, number);
      break;
    case 3:
      by_class.add(best->simple.name, number);
      break;
    case 2:
      by_attribute[best->attribute].push_back(number);
      break;
    case 1:
      by_type.emplace_back(best->type, number);
      type_filter_[filter_word(best->type)] |= std::uint64_t{1} << filter_bit(best->type);
      break;
    default:
      everywhere.push_back(number);
      break;
  }
  steps.push_back(std::move(step));
}

SlotMatcher::SlotMatcher(const std::vector<std::string>& names, const std::vector<SlotRule>& rules)
    : compiled_(std::make_unique<const Compiled>(names, rules)) {}

SlotMatcher::~SlotMatcher() = default;

}  // namespace personalize
