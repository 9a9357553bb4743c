#include "rewrite/match/matcher.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/siphash.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tokenizer/structure.h"

namespace personalize {
namespace rewrite {

void StringIndex::add(std::string_view text, std::uint32_t number) {
  entries_.push_back({std::string(text), number, 0});
  lengths_ |= std::uint64_t{1} << length_bit(text.size());
  if (slots_.size() < entries_.size() * 2) {
    slots_.assign(std::max<std::size_t>(16, slots_.size() * 2), 0);
    last_.assign(slots_.size(), 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      link(i);
    }
  } else {
    link(entries_.size() - 1);
  }
}

// Entries of one slot keep the order in which they were added.
void StringIndex::link(std::size_t entry) {
  const auto number = static_cast<std::uint32_t>(entry + 1);
  const std::size_t slot = hash_of(entries_[entry].text) & (slots_.size() - 1);
  entries_[entry].next = 0;
  (last_[slot] == 0 ? slots_[slot] : entries_[last_[slot] - 1].next) = number;
  last_[slot] = number;
}

}  // namespace rewrite

using rewrite::AttributeTest;
using rewrite::ComplexSelector;
using rewrite::CompoundSelector;
using rewrite::CompoundTest;
using rewrite::NameKey;
using rewrite::SimpleSelector;
using rewrite::SimpleTest;
using rewrite::Step;

namespace {

std::uint64_t length_bit(std::string_view text) {
  return std::uint64_t{1} << std::min<std::size_t>(text.size(), 63);
}

}  // namespace

SlotMatcher::Compiled::Compiled(const std::vector<std::string>& slot_names,
                                const std::vector<SlotRule>& slot_rules, ElementNames element_names)
    : elements(std::move(element_names)),
      attributes{"id", "class", "data-pz-slot"},
      slot_count(slot_names.size()),
      names_(&memory_, &rewrite::known_names()) {
  by_attribute.resize(attributes.size());
  for (const std::string& name : attributes) {
    attribute_lengths_ |= length_bit(name);
  }
  want_word(attributes[slot_attribute], true, slot_attribute);
  for (std::size_t i = 0; i < slot_names.size(); ++i) {
    auto slot = static_cast<SlotId>(i);
    const auto is_its_attribute = [slot](const SlotRule& rule) {
      return rule.slot == slot && !rule.attribute.empty();
    };
    if (slot_names[i].empty() ||
        std::any_of(slot_rules.begin(), slot_rules.end(), is_its_attribute)) {
      continue;
    }
    slots.add(slot_names[i], slot);
    marked.add(slot_names[i], static_cast<std::uint32_t>(rules.size()));
    rules.push_back({slot, Placement::inner, false, false, {}, knows_element(slot)});
    if (slot_names[i] == "head-end") {
      head_end.push_back(slot);
    }
    if (slot_names[i] == "body-start") {
      body_start.push_back(slot);
    }
    if (slot_names[i] == "body-end") {
      body_end.push_back(slot);
    }
  }
  for (const SlotRule& rule : slot_rules) {
    add_rule(rule);
  }
  std::sort(by_type.begin(), by_type.end());
}

void SlotMatcher::Compiled::add_rule(const SlotRule& rule) {
  if (rule.of_scripts) {
    of_scripts = rule.slot;
    return;
  }
  if (rule.selector.empty() && !rule.attribute.empty()) {
    return;
  }
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
  rules.push_back({rule.slot, rule.placement, rule.all, rule.early, rule.attribute,
                   knows_element(rule.slot), rule.change, rule.move});
  for (const ComplexSelector& selector : rewrite::parse_selector(rule.selector, rule.where)) {
    add_selector(selector, number);
  }
}

void SlotMatcher::Compiled::add_selector(const ComplexSelector& selector, std::uint32_t rule) {
  Step step;
  static_cast<CompoundTest&>(step) = compile_left(selector, nullptr);
  step.number = rule;
  add_step(std::move(step));
}

// `around`: the compound that the selector stands in, with what is on the left of that.
CompoundTest SlotMatcher::Compiled::compile_left(const ComplexSelector& selector,
                                                 const CompoundTest* around) {
  CompoundTest test;
  for (std::size_t i = 0; i < selector.size(); ++i) {
    const bool is_last = i + 1 == selector.size();
    test = compile(selector[i], {{}, {}, selector[i].combinator, test.left_mark},
                   is_last ? around : nullptr);
    if (is_last) {
      break;
    }
    Step step;
    static_cast<CompoundTest&>(step) = std::move(test);
    test = {};
    test.combinator = selector[i + 1].combinator;
    if (test.looks_back()) {
      step.meaning = Step::Meaning::sibling_mark;
      step.number = test.left_mark = sibling_mark_count_++;
      sibling_mark_words = step.number / 64 + 1;
    } else {
      step.meaning = Step::Meaning::mark;
      step.number = test.left_mark = mark_count_++;
      mark_words = step.number / 64 + 1;
    }
    add_step(std::move(step));
  }
  return test;
}

CompoundTest SlotMatcher::Compiled::compile(const CompoundSelector& compound, CompoundTest test,
                                            const CompoundTest* around) {
  NameKey type = 0;
  for (const SimpleSelector& simple : compound.all) {
    type = simple.kind == SimpleSelector::Kind::type ? names_.key(simple.name) : type;
  }
  // What siblings have in common.
  CompoundTest place;
  place.combinator = test.combinator;
  place.left_mark = test.left_mark;
  if (!place.looks_up() && around != nullptr) {
    place = *around;
  }
  if (!place.looks_up()) {
    place = {};
  }
  for (const SimpleSelector& simple : compound.all) {
    test.all.push_back(compile(simple, type, place));
  }
  for (const SimpleSelector& simple : compound.none) {
    test.none.push_back(compile(simple, type, place));
  }
  return test;
}

SimpleTest SlotMatcher::Compiled::compile(const SimpleSelector& simple, NameKey type,
                                          const CompoundTest& around) {
  SimpleTest test;
  test.simple = simple;
  test.simple.list.clear();
  switch (simple.kind) {
    case SimpleSelector::Kind::type:
      test.type = names_.key(simple.name);
      break;
    case SimpleSelector::Kind::id:
      test.attribute = id_attribute;
      test.simple.test = AttributeTest::equals;
      test.simple.value = simple.name;
      break;
    case SimpleSelector::Kind::class_name:
      test.attribute = class_attribute;
      test.simple.test = AttributeTest::word;
      test.simple.value = simple.name;
      break;
    case SimpleSelector::Kind::attribute:
      test.attribute = want_attribute(simple.name);
      break;
    case SimpleSelector::Kind::any:
      for (const ComplexSelector& one : simple.list) {
        test.any.push_back(compile_left(one, &around));
      }
      break;
    case SimpleSelector::Kind::nth_of_type: {
      std::vector<SimpleTest> of;
      if (type != 0) {
        of.emplace_back();
        of.back().simple.kind = SimpleSelector::Kind::type;
        of.back().type = type;
      }
      test.counter = add_counter(std::move(of), true, around);
      break;
    }
    case SimpleSelector::Kind::nth_child:
      if (!simple.list.empty()) {
        SimpleSelector any;
        any.kind = SimpleSelector::Kind::any;
        any.list = simple.list;
        test.counter = add_counter({compile(any, 0, around)}, false, around);
      }
      break;
    case SimpleSelector::Kind::universal:
      break;
  }
  return test;
}

// Counts siblings that pass all tests, in places that have what is on the left of `around`.
std::uint32_t SlotMatcher::Compiled::add_counter(std::vector<SimpleTest> all, bool by_type,
                                                 const CompoundTest& around) {
  Step step;
  step.all = std::move(all);
  step.combinator = around.combinator;
  step.left_mark = around.left_mark;
  step.meaning = Step::Meaning::count;
  step.by_type = by_type;
  step.number = counter_count_++;
  add_step(std::move(step));
  return counter_count_ - 1;
}

std::uint32_t SlotMatcher::Compiled::want_attribute(const std::string& name) {
  auto found = std::find(attributes.begin(), attributes.end(), name);
  if (found != attributes.end()) {
    return static_cast<std::uint32_t>(found - attributes.begin());
  }
  attributes.push_back(name);
  attribute_lengths_ |= length_bit(name);
  by_attribute.emplace_back();
  return static_cast<std::uint32_t>(attributes.size() - 1);
}

std::uint32_t SlotMatcher::Compiled::attribute(std::string_view name) const {
  if ((attribute_lengths_ & length_bit(name)) == 0) {
    return not_wanted;
  }
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (ascii::equal_ignoring_case(attributes[i], name)) {
      return static_cast<std::uint32_t>(i);
    }
  }
  return not_wanted;
}

bool SlotMatcher::Compiled::wants(const rewrite::Expected& element, std::string_view tag) const {
  rewrite::AttributeWalk walk(tag, rewrite::length_of(element.name));
  rewrite::TagAttribute found;
  while (walk.next(found)) {
    std::uint32_t number = attribute(found.name);
    if (number != not_wanted && wants_value(element, number, found.value)) {
      return true;
    }
  }
  return walk.in_value();
}

namespace {

bool has_mark(const std::uint64_t* marks, std::uint32_t mark) {
  return marks == nullptr || (marks[mark / 64] >> (mark % 64) & 1) != 0;
}

// Returns whether an element that has the attribute with this value may pass.
bool may_match(const CompoundTest& step, const rewrite::Expected& element, std::uint32_t attribute,
               std::string_view value) {
  if ((step.looks_up() && !has_mark(element.marks, step.left_mark)) ||
      (step.looks_back() && !has_mark(element.sibling_marks, step.left_mark))) {
    return false;
  }
  // Returns whether it is certain that the test comes out so. In HTML some values are compared
  // without regard to case, by which more of them pass.
  const auto is_sure = [&](const SimpleTest& test, bool passes) {
    switch (test.simple.kind) {
      case SimpleSelector::Kind::type:
        return element.name != 0 && (test.type == element.name) == passes;
      case SimpleSelector::Kind::id:
      case SimpleSelector::Kind::class_name:
      case SimpleSelector::Kind::attribute:
        return test.attribute == attribute &&
               rewrite::matches_value(test.simple, value, !passes) == passes;
      case SimpleSelector::Kind::any:
        return !passes && std::none_of(test.any.begin(), test.any.end(), [&](const auto& one) {
          return may_match(one, element, attribute, value);
        });
      default:
        return false;
    }
  };
  return std::none_of(step.all.begin(), step.all.end(),
                      [&](const SimpleTest& test) { return is_sure(test, false); }) &&
         std::none_of(step.none.begin(), step.none.end(),
                      [&](const SimpleTest& test) { return is_sure(test, true); });
}

}  // namespace

bool SlotMatcher::Compiled::wants_name(const rewrite::Expected& element) const {
  bool wanted = false;
  const auto try_it = [&](std::uint32_t step) {
    wanted = wanted || may_match(steps[step], element, not_wanted, {});
  };
  each_of_type(element.name, try_it);
  std::for_each(everywhere.begin(), everywhere.end(), try_it);
  return wanted;
}

bool SlotMatcher::Compiled::wants_value(const rewrite::Expected& element, std::uint32_t attribute,
                                        std::string_view value) const {
  const std::vector<std::uint32_t>& filed = by_attribute[attribute];
  if (rewrite::needs_decoding(value)) {
    return !filed.empty() || attribute == slot_attribute ||
           (attribute == id_attribute && !by_id.empty()) ||
           (attribute == class_attribute && !by_class.empty());
  }
  bool wanted = attribute == slot_attribute && marked.has(ascii::trim_html_space(value));
  const auto try_it = [&](std::uint32_t step) {
    wanted = wanted || may_match(steps[step], element, attribute, value);
  };
  std::for_each(filed.begin(), filed.end(), try_it);
  if (attribute == id_attribute) {
    by_id.each(value, try_it);
  } else if (attribute == class_attribute) {
    rewrite::each_word(value, [&](std::string_view word) { by_class.each(word, try_it); });
  }
  return wanted;
}

namespace {

constexpr std::size_t longest_end = 64;

// Returns the part after the last delimiter.
std::string_view last_part(std::string_view bytes) {
  std::size_t begin = bytes.size();
  while (begin > 0 && !rewrite::Structure::is_delimiter(bytes[begin - 1])) {
    --begin;
  }
  return bytes.substr(begin);
}

}  // namespace

void SlotMatcher::Compiled::want_word(std::string_view word, bool any_case,
                                      std::uint32_t attribute) {
  fingerprints.add(word, any_case);
  const std::string end = ascii::lowered(last_part(word));
  ends_are_known =
      ends_are_known && rewrite::Fingerprints::has_own_bytes(word) && end.size() <= longest_end;
  word_ends_.add(end, attribute);
}

bool SlotMatcher::Compiled::is_notable(const char* name, const char* byte, const char* end) const {
  if (*byte == '\'' || !ends_are_known) {
    return true;
  }
  // The name of an attribute has no references, and one in its value is seen from the name.
  if (*byte == '&' && has_words()) {
    return true;
  }
  if (end - byte < rewrite::Fingerprints::byte_count) {
    return false;
  }
  const char* after = byte + rewrite::Fingerprints::byte_count;
  char lower[longest_end];
  std::size_t size = 0;
  for (const char* p = after; p > name && !rewrite::Structure::is_delimiter(p[-1]); --p) {
    if (size == longest_end) {
      return false;
    }
    lower[longest_end - ++size] = ascii::lower(p[-1]);
  }
  bool is_of_interest = false;
  word_ends_.each({lower + longest_end - size, size}, [&](std::uint32_t attribute) {
    is_of_interest =
        is_of_interest || attribute == no_attribute || wants_value_at(attribute, after, end);
  });
  return is_of_interest;
}

// Returns the same for what follows the name of an attribute; true if it is not written as values
// usually are.
bool SlotMatcher::Compiled::wants_value_at(std::uint32_t attribute, const char* after,
                                           const char* end) const {
  const bool is_quoted = end - after > 2 && after[0] == '=' && after[1] == '"';
  if (!is_quoted) {
    return true;
  }
  const char* value = after + 2;
  const auto* close =
      static_cast<const char*>(std::memchr(value, '"', static_cast<std::size_t>(end - value)));
  return close == nullptr ||
         wants_value({}, attribute, {value, static_cast<std::size_t>(close - value)});
}

namespace {

unsigned rank_of(const CompoundTest& test);

// Returns how rare what the test asks for is: an id is rarer than a class, an attribute, a type. Of
// alternatives the most common one counts.
unsigned rank_of(const SimpleTest& test) {
  switch (test.simple.kind) {
    case SimpleSelector::Kind::id:
      return 4;
    case SimpleSelector::Kind::class_name:
      return 3;
    case SimpleSelector::Kind::attribute:
      return 2;
    case SimpleSelector::Kind::type:
      return 1;
    case SimpleSelector::Kind::any: {
      unsigned least = 4;
      for (const CompoundTest& one : test.any) {
        least = std::min(least, rank_of(one));
      }
      return least;
    }
    default:
      return 0;
  }
}

const SimpleTest* rarest_of(const CompoundTest& test) {
  const SimpleTest* best = nullptr;
  for (const SimpleTest& one : test.all) {
    if (best == nullptr || rank_of(one) > rank_of(*best)) {
      best = &one;
    }
  }
  return best;
}

unsigned rank_of(const CompoundTest& test) {
  const SimpleTest* best = rarest_of(test);
  return best == nullptr ? 0 : rank_of(*best);
}

// What a test asks for beside the element itself, in it or in its lists.
struct Asks {
  bool tree = false;  // ancestors or siblings
  bool known_siblings = false;
  bool number = false;
  bool attributes = false;
};

void add_asks(const CompoundTest& test, Asks& asks) {
  asks.tree = asks.tree || test.combinator != CompoundSelector::Combinator::none;
  asks.known_siblings = asks.known_siblings || test.looks_back();
  for (const auto* tests : {&test.all, &test.none}) {
    for (const SimpleTest& one : *tests) {
      const bool counts = one.simple.kind == SimpleSelector::Kind::nth_child ||
                          one.simple.kind == SimpleSelector::Kind::nth_of_type;
      asks.tree = asks.tree || counts;
      asks.number = asks.number || counts;
      asks.known_siblings = asks.known_siblings || one.counter != SimpleTest::no_counter;
      asks.attributes = asks.attributes || one.simple.kind == SimpleSelector::Kind::id ||
                        one.simple.kind == SimpleSelector::Kind::class_name ||
                        one.simple.kind == SimpleSelector::Kind::attribute;
      for (const CompoundTest& alternative : one.any) {
        add_asks(alternative, asks);
      }
    }
  }
}

// Returns whether an element can pass because nothing is known of an ancestor or a sibling.
bool denies_tree(const CompoundTest& test) {
  const auto denies = [](const SimpleTest& one) {
    return one.counter != SimpleTest::no_counter ||
           std::any_of(one.any.begin(), one.any.end(), denies_tree);
  };
  const auto asks_for_tree = [](const SimpleTest& one) {
    return std::any_of(one.any.begin(), one.any.end(), [](const CompoundTest& alternative) {
      Asks asks;
      add_asks(alternative, asks);
      return asks.tree;
    });
  };
  return std::any_of(test.all.begin(), test.all.end(), denies) ||
         std::any_of(test.none.begin(), test.none.end(), denies) ||
         std::any_of(test.none.begin(), test.none.end(), asks_for_tree);
}

}  // namespace

void SlotMatcher::Compiled::add_step(Step step) {
  Asks asks;
  add_asks(step, asks);
  step.needs_tree = asks.tree || step.meaning == Step::Meaning::count;
  step.knows_siblings = asks.known_siblings;
  step.asks_attributes = asks.attributes;
  step.asks_number = asks.number;
  step.denies_tree = denies_tree(step);
  if (step.meaning == Step::Meaning::rule) {
    rewrite::PlacingRule& rule = rules[step.number];
    rule.needs_tree = rule.needs_tree || step.needs_tree;
    rule.asks_number = rule.asks_number || step.asks_number;
  }
  knows_siblings = knows_siblings || step.knows_siblings;
  steps.push_back(std::move(step));
  file(steps.back(), static_cast<std::uint32_t>(steps.size() - 1));
}

// Files the step under the rarest thing that it asks for.
void SlotMatcher::Compiled::file(const CompoundTest& test, std::uint32_t number) {
  const SimpleTest* best = rarest_of(test);
  switch (best == nullptr || rank_of(*best) == 0 ? SimpleSelector::Kind::universal
                                                 : best->simple.kind) {
    case SimpleSelector::Kind::id:
      by_id.add(best->simple.name, number);
      want_word(best->simple.name, false);
      break;
    case SimpleSelector::Kind::class_name:
      by_class.add(best->simple.name, number);
      want_word(best->simple.name, false);
      break;
    case SimpleSelector::Kind::attribute:
      by_attribute[best->attribute].push_back(number);
      want_word(best->simple.name, true, best->attribute);
      break;
    case SimpleSelector::Kind::type:
      by_type.emplace_back(best->type, number);
      if (!tags.want(best->type)) {
        tags.want_all();
      }
      break;
    case SimpleSelector::Kind::any:
      for (const CompoundTest& one : best->any) {
        file(one, number);
      }
      break;
    default:
      everywhere.push_back(number);
      tags.want_all();
      break;
  }
}

namespace {

SlotMatcher::Digest digest_of(const std::vector<std::string>& names,
                              const std::vector<SlotRule>& rules, const ElementNames& elements) {
  std::string text;  // each part with its length before it, so that no two are alike
  const auto add = [&](std::string_view part) {
    text += std::to_string(part.size());
    text += ' ';
    text += part;
  };
  for (const auto& name : names) {
    add(name);
  }
  for (const auto& rule : rules) {
    text += 'r' + std::to_string(rule.slot);
    text += 'p' + std::to_string(static_cast<int>(rule.placement));
    text += rule.all ? 'a' : 'o';
    text += rule.early ? 'e' : 'w';
    add(rule.selector);
    add(rule.attribute);
    text += rule.change ? 'c' + std::to_string(*rule.change) : "n";
    text += 'm' + std::to_string(static_cast<int>(rule.move));
    text += rule.of_scripts ? 's' : 'h';
  }
  for (const auto& name : elements.names) {
    text += 'd';
    add(name);
  }
  for (const bool knows_element : elements.slots) {
    text += knows_element ? 'k' : 'n';
  }
  return {siphash(1, 2, text), siphash(3, 4, text)};
}

}  // namespace

SlotMatcher::SlotMatcher(const std::vector<std::string>& names, const std::vector<SlotRule>& rules,
                         const ElementNames& elements)
    : compiled_(std::make_unique<const Compiled>(names, rules, elements)),
      digest_(digest_of(names, rules, elements)) {}

SlotMatcher::~SlotMatcher() = default;

std::string type_of_matches(const std::string& selector, const Where& where) {
  std::string type;
  for (const ComplexSelector& one : rewrite::parse_selector(selector, where)) {
    std::string of_one;
    for (const SimpleSelector& simple : one.back().all) {
      of_one = simple.kind == SimpleSelector::Kind::type ? simple.name : of_one;
    }
    if (of_one.empty() || (!type.empty() && of_one != type)) {
      return {};
    }
    type = of_one;
  }
  return type;
}

}  // namespace personalize
