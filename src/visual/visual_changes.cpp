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

Slot slot_of(const DomMutation& mutation) {
  if (mutation.target == Target::html) {
    return {Target::html, mutation.action == Action::append, {}};
  }
  return {Target::attribute, false, attribute_of(mutation)};
}

// Content comes before attributes, and what takes its place before what stands behind it.
unsigned rank_of(const Slot& slot) {
  return slot.target != Target::html ? 2 : slot.appends ? 1 : 0;
}

bool is_equal(const Slot& one, const Slot& other) {
  return one.target == other.target && one.appends == other.appends &&
         one.attribute == other.attribute;
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
  if (mutation.target == Target::position) {
    change.refusal = "it moves an element";
  } else if (number > std::numeric_limits<std::uint16_t>::max()) {
    change.refusal = "there are more than 65,536 changes";
  } else {
    change.refusal = refusal_of(mutation.selector, experiment.where);
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

VisualChanges::VisualChanges(const std::vector<VisualExperiment>& experiments)
    : experiments_(experiments) {
  for (const VisualExperiment& experiment : experiments) {
    for (std::uint32_t i = 0; i < experiment.variations.size(); ++i) {
      for (const DomMutation& mutation : experiment.variations[i].mutations) {
        all_.push_back(examine(experiment, i, mutation, all_.size()));
        check_order(all_.back());
      }
    }
  }
  add_slots();
}

// A stream matches all selectors before anything is changed.
void VisualChanges::check_order(VisualChange& last) {
  const bool depends = std::any_of(all_.begin(), all_.end() - 1, [&](const VisualChange& earlier) {
    const bool is_of_others =
        earlier.experiment == last.experiment && earlier.variation != last.variation;
    return !is_of_others && decides_about(*earlier.mutation, last.mutation->selector);
  });
  if (depends && last.streams()) {
    last.refusal = "an earlier change may decide what its selector matches";
  }
}

bool VisualChanges::has_js() const {
  return std::any_of(experiments_.begin(), experiments_.end(),
                     [](const VisualExperiment& one) { return one.has_js(); });
}

void VisualChanges::add_slots() {
  for (const unsigned rank : {0U, 1U, 2U}) {
    for (VisualChange& change : all_) {
      Slot slot = slot_of(*change.mutation);
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
      if (change.streams() && is_known) {
        rules.push_back(make_rule(change, slots_[i], first + static_cast<SlotId>(i), number));
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
