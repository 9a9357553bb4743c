#include "rewrite/placing/moves.h"

#include <algorithm>
#include <new>

#include "rewrite/placing/change_reader.h"
#include "rewrite/placing/doubts.h"

namespace personalize::rewrite {

Moves::Move& Moves::of(SlotId slot) {
  const auto known = std::find_if(moves_.begin(), moves_.end(),
                                  [slot](const Move& move) { return move.slot == slot; });
  if (known != moves_.end()) {
    return *known;
  }
  moves_.emplace_back().slot = slot;
  return moves_.back();
}

void Moves::count(const Move& move, std::uint32_t by) {
  holds_ += holds(move) ? by : 0;
  open_ += move.stage == Stage::in_element ? by : 0;
  waiting_ += move.stage == Stage::place_waits ? by : 0;
}

void Moves::set_stage(Move& move, Stage stage) {
  count(move, ~std::uint32_t{0});  // -1
  move.stage = stage;
  count(move, 1);
}

void Moves::match(const PlacingRule& rule, OpenElement& element, bool implied, std::uint32_t base) {
  if (is_stopped_) {
    return;
  }
  Move& move = of(rule.slot);
  if (move.stage == Stage::over) {
    return;
  }
  move.at_end = rule.placement == Placement::append;
  bool is_possible = true;
  switch (rule.move) {
    case MovePart::none:
      break;
    case MovePart::element:
      if (move.stage == Stage::element_awaited) {
        is_possible = begin(move, element, implied, base);
      }
      break;
    case MovePart::parent:
      if (move.parent == 0) {
        is_possible = note_parent(move, element, implied);
      }
      break;
    case MovePart::before:
      if (move.stage != Stage::place_waits) {
        is_possible = place_before(move, element, implied, base + 1);
      }
      break;
  }
  if (!is_possible) {
    set_stage(move, Stage::over);
  }
}

// Returns whether the element stands in body, and in the order of the page.
bool Moves::is_certain(const OpenElement& element) const {
  const ElementStack& stack = tree_.stack();
  const auto* last = stack.end() - 1;
  // (Selectors of a script find nothing in a shadow root.)
  const auto is_apart = [](const OpenElement& one) {
    return one.is(Tag::table) || one.is(Tag::template_);
  };
  return stack.size() > 1 && stack[1].is(Tag::body) && !element.shaky && !tree_.is_displaced() &&
         !tree_.may_move_current() && std::none_of(stack.begin(), last, is_apart);
}

bool Moves::is_open(std::uint32_t serial) const {
  const ElementStack& stack = tree_.stack();
  return std::any_of(stack.begin(), stack.end(),
                     [serial](const OpenElement& one) { return one.serial == serial; });
}

bool Moves::begin(Move& move, OpenElement& element, bool implied, std::uint32_t base) {
  const ElementStack& stack = tree_.stack();
  if (implied || stack.size() < 3 || !is_certain(element) || element.is(Tag::form) ||
      doubt_of_place(Placement::replace, element, tree_, position_) != Doubt::none ||
      !tree_.left_none_open()) {
    return false;
  }
  // A place in what has ended is none that is later.
  if (move.parent == element.serial || (move.parent != 0 && !is_open(move.parent))) {
    return false;
  }
  if (element.is(Tag::table)) {
    tree_.watch_fostering();
  }
  const OpenElement& parent = stack[stack.size() - 2];
  move.serial = element.serial;
  move.around = parent.serial;
  move.child = parent.children;
  move.is_in_form = is_in_form();
  move.element.begin = position_.token_begin;
  move.element.slot = move.slot;
  move.element.first = base + 2;
  move.element.move = Splice::Move::element;
  move.element.name_size = static_cast<std::uint32_t>(1 + position_.tag->name_length);
  element.watched = true;
  set_stage(move, Stage::in_element);
  return true;
}

// (What is left open at the end of body is known only there.)
bool Moves::note_parent(Move& move, OpenElement& element, bool implied) {
  const ElementStack& stack = tree_.stack();
  const bool is_end_known = !implied && !element.is(Tag::body);
  if (move.stage == Stage::in_element || !is_certain(element) || (move.at_end && !is_end_known) ||
      doubt_of_place(Placement::append, element, tree_, position_) != Doubt::none) {
    return false;
  }
  move.parent = element.serial;
  move.context = facts_of_content(stack);
  move.leads_into_form = is_in_form() || element.is(Tag::form);
  if (std::any_of(stack.begin(), stack.end(),
                  [](const OpenElement& one) { return one.is(Tag::nobr); })) {
    move.context |= ElementChanges::is_special;
  }
  element.watched = true;
  return true;
}

// The element stands before this one already if it is the next.
bool Moves::place_before(Move& move, const OpenElement& element, bool implied,
                         std::uint32_t number) {
  const ElementStack& stack = tree_.stack();
  if (move.stage != Stage::place_awaited || implied || stack.size() < 3 || !is_certain(element) ||
      element.is(Tag::table) ||
      doubt_of_place(Placement::before, element, tree_, position_) != Doubt::none ||
      !tree_.left_none_open()) {
    return false;
  }
  const OpenElement& parent = stack[stack.size() - 2];
  const bool is_next = parent.serial == move.around && parent.children == move.child + 1;
  return parent.serial == move.parent && !is_next && place_at(move, position_.token_begin, number);
}

void Moves::closed(const OpenElement& element, ElementEnd end, std::uint32_t base,
                   bool is_appended_to) {
  for (Move& move : moves_) {
    bool is_possible = true;
    if (move.stage == Stage::in_element && move.serial == element.serial) {
      is_possible = end_element(move, element, end, base);
    } else if (move.parent == element.serial && move.stage == Stage::place_awaited) {
      is_possible = move.at_end && !is_appended_to && place_at_end(move, element, end, base + 1);
    } else if (move.parent == element.serial && move.stage == Stage::element_awaited) {
      is_possible = false;
    }
    if (!is_possible) {
      set_stage(move, Stage::over);
    }
  }
}

bool Moves::end_element(Move& move, const OpenElement& element, ElementEnd end,
                        std::uint32_t base) {
  const ElementPlace whole = {Placement::replace, true, move.element.begin};
  if ((end != ElementEnd::own_tag && end != ElementEnd::no_content) ||
      doubt_of_end(whole, element, end, position_.token_begin, tree_, position_, longest_move) !=
          Doubt::none) {
    return false;
  }
  move.element.end = position_.token_end;
  move.element.last = base + 3;
  set_stage(move, Stage::place_awaited);
  return true;
}

// The element is the last one already if none has followed it.
bool Moves::place_at_end(Move& move, const OpenElement& parent, ElementEnd end,
                         std::uint32_t number) {
  const ElementPlace at_end = {Placement::append, false, 0};
  const bool is_last = parent.serial == move.around && parent.children == move.child;
  return end == ElementEnd::own_tag && !is_last && !position_.begin_is_settled &&
         tree_.left_none_open() &&
         doubt_of_end(at_end, parent, end, position_.token_begin, tree_, position_, longest_move) ==
             Doubt::none &&
         place_at(move, position_.token_begin, number);
}

bool Moves::place_at(Move& move, std::uint64_t offset, std::uint32_t number) {
  const bool means_the_same = move.parent == move.around || move.context == 0;
  const bool is_dropped = move.has_form && (move.is_in_form || move.leads_into_form);
  if (!means_the_same || is_dropped) {
    return false;
  }
  move.place.begin = move.place.end = offset;
  move.place.slot = move.slot;
  move.place.first = move.place.last = number;
  move.place.move = Splice::Move::place;
  move.place.element = move.element.first;
  set_stage(move, Stage::place_waits);
  return true;
}

void Moves::place(std::uint64_t held_from) {
  for (Move& move : moves_) {
    const bool is_held = move.element.end <= held_from && held_from < move.place.begin;
    if (move.stage == Stage::place_waits && !is_held) {
      placements_.place_held(move.element);
      placements_.place_held(move.place);
      set_stage(move, Stage::over);
    }
  }
}

void Moves::see_form() {
  for (Move& move : moves_) {
    move.has_form = move.has_form || move.stage == Stage::in_element;
  }
}

template <class Test>
void Moves::give_up_if(Test test) {
  for (Move& move : moves_) {
    if (test(move)) {
      set_stage(move, Stage::over);
    }
  }
}

void Moves::see_lone_end_tag() {
  give_up_if([](const Move& move) { return move.stage == Stage::in_element; });
}

void Moves::misnested(std::uint32_t serial) {
  give_up_if([serial](const Move& move) {
    return move.stage != Stage::place_waits && (move.serial >= serial || move.parent >= serial);
  });
}

std::uint64_t Moves::held_from(std::uint64_t settled) const {
  for (const Move& move : moves_) {
    settled = holds(move) ? std::min(settled, move.element.begin) : settled;
  }
  return settled;
}

SlotId Moves::holding_slot() const {
  const Move* first = nullptr;
  for (const Move& move : moves_) {
    if (holds(move) && (first == nullptr || move.element.begin < first->element.begin)) {
      first = &move;
    }
  }
  return first == nullptr ? no_slot : first->slot;
}

void Moves::keep_default(SlotId slot) {
  give_up_if([slot](const Move& move) { return move.slot == slot; });
}

void Moves::release_what_is_too_long(std::uint64_t position) {
  give_up_if([position](const Move& move) {
    return holds(move) && position > move.element.begin + longest_move;
  });
}

void Moves::give_up() {
  give_up_if([](const Move& move) { return holds(move); });
}

void Moves::give_up_unplaced() {
  give_up_if([](const Move& move) { return holds(move) && move.stage != Stage::place_waits; });
}

void Moves::stop() {
  give_up_unplaced();
  is_stopped_ = true;
}

void Moves::end() noexcept {
  stop();
  try {
    place(Position::unknown);
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

}  // namespace personalize::rewrite
