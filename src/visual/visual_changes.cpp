#include "personalize/visual/visual_changes.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/text/ascii.h"
#include "base/text/selector.h"
#include "base/text/text.h"
#include "personalize/rewrite/html_value.h"
#include "personalize/rewrite/page_ends.h"
#include "personalize/rewrite/rewrite.h"
#include "visual/deciders.h"

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

// Returns whether a style sheet can hide what the selector matches until a script has changed it.
// What a visitor's pointer makes it match would vanish beneath it, without scripts each time; and
// what is no selector would take the rule behind it along.
bool can_hide(std::string_view selector) {
  return is_structural_selector(selector) &&
         selector.find_first_of("{}<\\/*@;") == std::string_view::npos;
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

bool is_move(const DomMutation& mutation) {
  return mutation.target == Target::position;
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

VisualChange examine(const VisualExperiment& experiment, std::uint32_t variation,
                     const DomMutation& mutation, std::size_t number) {
  VisualChange change{&experiment, variation, &mutation, {}, {}, can_hide(mutation.selector)};
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

// What other experiments decide about and move is known when it is known who takes part in them.
void check_order(VisualChange& change, std::vector<VisualChoice> deciders, bool depends_on_move) {
  if (!change.streams()) {
    return;
  }
  if (!deciders.empty() && deciders.front().experiment == change.experiment) {
    change.refusal = "an earlier change may decide what its selector matches";
  } else if (deciders.size() > Deciders::most) {
    change.refusal = "earlier changes of many experiments may decide what its selector matches";
  } else if (depends_on_move) {
    change.refusal = "an earlier change moves an element, too, and may decide where this one goes";
  } else {
    change.deciders = std::move(deciders);
  }
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
  Deciders deciders;
  for (const VisualExperiment& experiment : experiments) {
    for (std::uint32_t i = 0; i < experiment.variations.size(); ++i) {
      MoveOrder moves(std::pmr::get_default_resource());
      for (const DomMutation& mutation : experiment.variations[i].mutations) {
        VisualChange& change = all_.emplace_back(examine(experiment, i, mutation, all_.size()));
        const bool depends_on_move = is_move(mutation) && moves.add(mutation);
        check_order(change, deciders.of({&experiment, i}, mutation), depends_on_move);
        deciders.add({&experiment, i}, mutation);
      }
    }
  }
  add_slots();
}

bool VisualChanges::has_js() const {
  return std::any_of(experiments_.begin(), experiments_.end(),
                     [](const VisualExperiment& one) { return one.has_js(); });
}

void VisualChanges::add_slots() {
  for (const unsigned rank : {0U, 1U, 2U, 3U}) {
    std::map<std::string, std::size_t> by_attribute;  // but for positions
    for (std::size_t number = 0; number < all_.size(); ++number) {
      VisualChange& change = all_[number];
      Slot slot = slot_of(*change.mutation, number);
      if (!change.streams() || rank_of(slot) != rank) {
        continue;
      }
      change.slot = slots_.size();
      if (slot.target != Target::position) {
        change.slot = by_attribute.emplace(slot.attribute, slots_.size()).first->second;
      }
      if (change.slot == slots_.size()) {
        slots_.push_back(std::move(slot));
      }
    }
  }
}

std::vector<SlotRule> VisualChanges::rules(SlotId first) const {
  // What replaces an element's content is to know what is appended.
  const bool any_replaces = !slots_.empty() && rank_of(slots_.front()) == 0;
  std::vector<std::vector<std::size_t>> by_slot(slots_.size());
  for (std::size_t number = 0; number < all_.size(); ++number) {
    const VisualChange& change = all_[number];
    if (!change.streams()) {
      continue;
    }
    by_slot[change.slot].push_back(number);
    if (change.mutation->target == Target::html && any_replaces && change.slot != 0) {
      by_slot.front().push_back(number);
    }
  }
  std::vector<SlotRule> rules;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const SlotId id = first + static_cast<SlotId>(i);
    for (const std::size_t number : by_slot[i]) {
      if (slots_[i].target == Target::position) {
        add_move(all_[number], id, rules);
      } else {
        rules.push_back(make_rule(all_[number], slots_[i], id, number));
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
