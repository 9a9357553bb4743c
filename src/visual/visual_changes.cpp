#include "personalize/visual/visual_changes.h"

#include <algorithm>
#include <limits>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/rewrite/html_value.h"
#include "personalize/rewrite/page_ends.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

namespace {

using Action = DomMutation::Action;
using Target = DomMutation::Target;
using Slot = VisualChanges::Slot;

// Returns the attribute that a mutation changes; "" for one of another kind.
std::string attribute_of(const DomMutation& mutation) {
  switch (mutation.target) {
    case Target::classes:
    case Target::class_name:
      return "class";
    case Target::attribute:
      return ascii::lowered(mutation.attribute);
    case Target::html:
    case Target::position:
      break;
  }
  return {};
}

Slot slot_of(const DomMutation& mutation, std::size_t number) {
  switch (mutation.target) {
    case Target::html:
      return {Target::html, mutation.action == Action::append, {}};
    case Target::position:
      return {Target::position, false, {}, number};
    case Target::classes:
    case Target::class_name:
    case Target::attribute:
      break;
  }
  return {Target::attribute, false, attribute_of(mutation)};
}

// Content comes before attributes, and what takes its place before what stands behind it.
unsigned rank_of(const Slot& slot) {
  return slot.target == Target::position    ? 3
         : slot.target == Target::attribute ? 2
         : slot.appends                     ? 1
                                            : 0;
}

bool is_equal(const Slot& one, const Slot& other) {
  return one.target == other.target && one.appends == other.appends &&
         one.attribute == other.attribute && one.moves == other.moves;
}

SlotRule make_rule(const VisualChange& change, const Slot& slot, SlotId id, std::size_t number) {
  SlotRule rule;
  rule.where = change.experiment->where;
  rule.slot = id;
  rule.selector = change.mutation->selector;
  rule.placement = slot.appends ? Placement::append : Placement::inner;
  rule.all = true;
  rule.attribute = slot.attribute;
  rule.change = static_cast<std::uint16_t>(number);
  return rule;
}

// Appends the rules of a change that moves an element.
void add_move(const VisualChange& change, SlotId id, std::vector<SlotRule>& rules) {
  const DomMutation& mutation = *change.mutation;
  SlotRule rule;
  rule.where = change.experiment->where;
  rule.slot = id;
  rule.placement = mutation.before.empty() ? Placement::append : Placement::before;
  for (const auto& [part, selector] : {std::pair(MovePart::element, mutation.selector),
                                       std::pair(MovePart::parent, mutation.parent),
                                       std::pair(MovePart::before, mutation.before)}) {
    if (!selector.empty()) {
      rule.move = part;
      rule.selector = selector;
      rules.push_back(rule);
    }
  }
}

// Returns why the scan cannot find what the selector matches; "" if it can.
std::string refusal_of(const std::string& selector, const Where& where) {
  if (is_one_of(selector, page_ends)) {
    return "its selector has the name of a place";
  }
  try {
    SlotRule rule;
    rule.where = where;
    rule.selector = selector;
    rule.all = true;
    const SlotMatcher compiled({""}, {rule});
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

// Returns whether the selector has a test of the attribute in brackets, or may have one.
bool looks_at(std::string_view selector, std::string_view attribute) {
  for (auto at = selector.find('['); at != std::string_view::npos;
       at = selector.find('[', at + 1)) {
    const auto name = ascii::trim(selector.substr(at + 1));
    const bool is_plain = !name.empty() && ascii::is_letter(name.front());
    if (!is_plain || ascii::equal_ignoring_case(name.substr(0, attribute.size()), attribute)) {
      return true;
    }
  }
  return false;
}

// Returns whether the selector asks for a class, or may do so.
bool asks_for_class(const std::string& selector, const std::string& name) {
  if (looks_at(selector, "class") || selector.find('\\') != std::string::npos) {
    return true;
  }
  if (std::any_of(name.begin(), name.end(), ascii::is_html_space)) {
    return selector.find('.') != std::string::npos;  // it becomes several
  }
  for (auto at = selector.find("." + name); at != std::string::npos;
       at = selector.find("." + name, at + 1)) {
    const auto end = at + 1 + name.size();
    const bool goes_on = end < selector.size() &&
                         (ascii::is_letter(selector[end]) || ascii::is_digit(selector[end]) ||
                          selector[end] == '-' || selector[end] == '_');
    if (!goes_on) {
      return true;
    }
  }
  return false;
}

bool is_move(const DomMutation& mutation) {
  return mutation.target == Target::position;
}

// Returns whether selectors may ask for what the mutation changes, but for new elements.
bool changes_selected(const DomMutation& mutation) {
  return mutation.target != Target::html && mutation.target != Target::position;
}

// Returns the identifier that a selector asks of one element, whatever stands around it; "" if it
// asks for something else.
std::string_view identifier_of(std::string_view selector) {
  const auto is_name = [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_';
  };
  const auto hash = selector.find('#');
  const bool is_one = hash != std::string_view::npos &&
                      selector.find('#', hash + 1) == std::string_view::npos &&
                      std::all_of(selector.begin(), selector.end(),
                                  [&](char c) { return is_name(c) || c == '.' || c == '#'; });
  if (!is_one) {
    return {};
  }
  const auto name = selector.substr(hash + 1);
  const auto end = std::find_if_not(name.begin(), name.end(), is_name);
  return name.substr(0, static_cast<std::size_t>(end - name.begin()));
}

// Returns whether the mutation may change what the selector matches, but for new elements.
bool decides_about(const DomMutation& mutation, const std::string& selector) {
  const bool has_classes = looks_at(selector, "class") || selector.find('.') != std::string::npos;
  switch (mutation.target) {
    case Target::classes:
      return mutation.action == Action::set ? has_classes
                                            : asks_for_class(selector, mutation.value);
    case Target::class_name:
      return has_classes;
    case Target::attribute:
      return looks_at(selector, mutation.attribute) ||
             (ascii::equal_ignoring_case(mutation.attribute, "class") && has_classes) ||
             (ascii::equal_ignoring_case(mutation.attribute, "id") &&
              selector.find('#') != std::string::npos);
    case Target::html:
    case Target::position:
      break;
  }
  return false;
}

VisualChange examine(const VisualExperiment& experiment, std::uint32_t variation,
                     const DomMutation& mutation, std::size_t number) {
  VisualChange change{&experiment, variation, &mutation, {}};
  if (number > std::numeric_limits<std::uint16_t>::max()) {
    change.refusal = "there are more than 65,536 changes";
  } else {
    change.refusal = refusal_of(mutation.selector, experiment.where);
  }
  if (mutation.target == Target::position) {
    for (const std::string* selector : {&mutation.parent, &mutation.before}) {
      if (change.refusal.empty() && !selector->empty()) {
        change.refusal = refusal_of(*selector, experiment.where);
      }
    }
  }
  const bool has_capitals = attribute_of(mutation) != mutation.attribute;
  if (change.refusal.empty() && mutation.target == Target::attribute && has_capitals) {
    change.refusal = "its attribute has capitals, which scripts keep in drawings";
  }
  if (change.refusal.empty() && mutation.target == Target::html) {
    HtmlValue value = examine_html(mutation.value);
    change.breaks_in = value.breaks_in;
    if (!value.refusal.empty()) {
      change.refusal = "of its HTML: " + value.refusal;
    }
  }
  return change;
}

}  // namespace

bool MoveOrder::add(const DomMutation& move) {
  const auto element = identifier_of(move.selector);
  const auto parent = identifier_of(move.parent);
  const auto before = identifier_of(move.before);
  const bool is_known =
      !element.empty() && !parent.empty() && (move.before.empty() || !before.empty());
  const bool depends = !is_empty_ && (!is_known || has_unknown_ || touched_.count(element) != 0 ||
                                      moved_.count(parent) != 0 || moved_.count(before) != 0 ||
                                      places_.count({parent, before}) != 0);
  is_empty_ = false;
  has_unknown_ = has_unknown_ || !is_known;
  if (!has_unknown_) {
    moved_.insert(element);
    touched_.insert({element, parent, before});
    places_.insert({parent, before});
  }
  return depends;
}

VisualChanges::VisualChanges(const std::vector<VisualExperiment>& experiments)
    : experiments_(experiments) {
  for (const VisualExperiment& experiment : experiments) {
    for (std::uint32_t i = 0; i < experiment.variations.size(); ++i) {
      MoveOrder moves(std::pmr::get_default_resource());
      for (const DomMutation& mutation : experiment.variations[i].mutations) {
        all_.push_back(examine(experiment, i, mutation, all_.size()));
        check_order(all_.back(), is_move(mutation) && moves.add(mutation));
      }
    }
  }
  add_slots();
}

// A stream matches all selectors before anything is changed. `depends_on_move`: what other
// experiments move is known when they are.
void VisualChanges::check_order(VisualChange& last, bool depends_on_move) {
  const DomMutation& mutation = *last.mutation;
  const auto decides = [&](const VisualChange& change) {
    const DomMutation& earlier = *change.mutation;
    const bool is_other_variation =
        change.experiment == last.experiment && change.variation != last.variation;
    return &change != &last && !is_other_variation && changes_selected(earlier) &&
           (decides_about(earlier, mutation.selector) || decides_about(earlier, mutation.parent) ||
            decides_about(earlier, mutation.before));
  };
  if (!last.streams()) {
    return;
  }
  if (std::any_of(all_.begin(), all_.end(), decides)) {
    last.refusal = "an earlier change may decide what its selector matches";
  } else if (depends_on_move) {
    last.refusal = "an earlier change moves an element, too, and may decide where this one goes";
  }
}

bool VisualChanges::has_js() const {
  return std::any_of(experiments_.begin(), experiments_.end(),
                     [](const VisualExperiment& one) { return one.has_js(); });
}

void VisualChanges::add_slots() {
  for (const unsigned rank : {0U, 1U, 2U, 3U}) {
    for (VisualChange& change : all_) {
      Slot slot = slot_of(*change.mutation, static_cast<std::size_t>(&change - all_.data()));
      if (!change.streams() || rank_of(slot) != rank) {
        continue;
      }
      const auto known = std::find_if(slots_.begin(), slots_.end(),
                                      [&](const Slot& one) { return is_equal(one, slot); });
      change.slot = static_cast<std::size_t>(known - slots_.begin());
      if (known == slots_.end()) {
        slots_.push_back(std::move(slot));
      }
    }
  }
}

std::vector<SlotRule> VisualChanges::rules(SlotId first) const {
  std::vector<SlotRule> rules;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    for (std::size_t number = 0; number < all_.size(); ++number) {
      const VisualChange& change = all_[number];
      // What replaces an element's content is to know what is appended.
      const bool is_known =
          change.slot == i || (rank_of(slots_[i]) == 0 && change.mutation->target == Target::html);
      if (!change.streams() || !is_known) {
        continue;
      }
      const SlotId id = first + static_cast<SlotId>(i);
      if (slots_[i].target == Target::position) {
        add_move(change, id, rules);
      } else {
        rules.push_back(make_rule(change, slots_[i], id, number));
      }
    }
  }
  SlotRule head;
  head.slot = first + static_cast<SlotId>(slots_.size());
  head.selector = "head-end";
  rules.push_back(head);
  return rules;
}

}  // namespace personalize
