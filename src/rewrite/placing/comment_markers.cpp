#include "rewrite/placing/comment_markers.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "rewrite/placing/doubts.h"

namespace personalize::rewrite {

bool CommentMarkers::is_possible(std::string_view start) {
  start.remove_prefix(std::min<std::size_t>(4, start.size()));
  while (!start.empty() && ascii::is_html_space(start.front())) {
    start.remove_prefix(1);
  }
  for (std::string_view head : {"pz:", "/pz"}) {
    const std::size_t known = std::min(head.size(), start.size());
    if (start.substr(0, known) == head.substr(0, known)) {
      return true;
    }
  }
  return false;
}

std::string_view CommentMarkers::content(std::string_view comment) {
  constexpr std::string_view open = "<!--";
  constexpr std::string_view close = "-->";
  if (comment.size() < open.size() + close.size() || !is_possible(comment)) {
    return {};
  }
  if (comment.substr(comment.size() - close.size()) != close) {
    return {};
  }
  return ascii::trim_html_space(
      comment.substr(open.size(), comment.size() - open.size() - close.size()));
}

bool CommentMarkers::open(std::string_view name, std::uint64_t end) {
  if (markers_.size() == most_open) {
    return false;
  }
  SlotId slot = no_slot;
  matcher_.slots.each(name, [&slot](SlotId found) { slot = found; });
  if (slot != no_slot && !placements_.is_free(slot)) {
    slot = no_slot;
  }
  if (slot != no_slot) {
    const Doubt doubt = doubt_of_begin();
    if (doubt != Doubt::none) {
      placements_.note(doubt);
      slot = no_slot;
    }
  }
  Marker marker{0, tree_.last_serial(), placements_.take_numbers(1) + 1, slot, end, false};
  if (!tree_.stack().empty()) {
    marker.parent = tree_.stack().back().serial;
    tree_.watch_current();
  }
  markers_.push_back(marker);
  if (slot != no_slot) {
    placements_.reserve(slot);
    ++holds_;
  }
  return true;
}

Doubt CommentMarkers::doubt_of_begin() const {
  // Before <head> content would begin the body. In a part of a page nothing is known to come.
  const bool too_early = tree_.is_whole_page() && !tree_.takes_markup();
  if (too_early || tree_.formatting_waits()) {
    return Doubt::end_uncertain;
  }
  return tree_.stack().size() > 1 ? doubt_within(tree_.stack().back()) : Doubt::none;
}

void CommentMarkers::close(std::uint64_t begin) {
  if (markers_.empty()) {
    return;
  }
  const Marker marker = markers_.back();
  markers_.pop_back();
  if (marker.slot == no_slot) {
    return;
  }
  if (!marker.keeps_default) {
    --holds_;
  }
  placements_.give_back(marker.slot);

  // Only elements that end by themselves may have been left open in between.
  const ElementStack& stack = tree_.stack();
  std::size_t depth = stack.size();
  while (depth > 0 && stack[depth - 1].serial != marker.parent &&
         stack[depth - 1].has(trait::optional_end) &&
         (marker.parent == 0 || !stack[depth - 1].has(trait::implied_whole))) {
    --depth;
  }
  const bool same_place =
      depth == 0 ? marker.parent == 0 : stack[depth - 1].serial == marker.parent;
  if (!same_place || tree_.formatting_goes_on(marker.last_serial) ||
      tree_.form_is_set_since(marker.last_serial + 1)) {
    placements_.note(Doubt::end_uncertain);
  } else if (!marker.keeps_default && begin - marker.begin > most_) {
    placements_.note(Doubt::content_too_long);
  } else if (const std::uint32_t last = placements_.take_numbers(1) + 1; marker.keeps_default) {
    placements_.keep_default(marker.slot, marker.first, last);
  } else {
    placements_.place({marker.begin, begin, marker.slot, marker.first, last});
  }
}

void CommentMarkers::release(Marker& marker, Doubt doubt) {
  placements_.note(doubt);
  placements_.give_back(marker.slot);
  marker.slot = no_slot;
  if (!marker.keeps_default) {
    --holds_;
  }
}

void CommentMarkers::closed(const OpenElement& element) {
  while (!markers_.empty() && markers_.back().parent == element.serial) {
    if (markers_.back().slot != no_slot) {
      release(markers_.back(), Doubt::end_uncertain);
    }
    markers_.pop_back();
  }
}

void CommentMarkers::misnested(std::uint32_t serial) {
  for (Marker& marker : markers_) {
    if (marker.slot != no_slot && marker.parent >= serial) {
      release(marker, Doubt::end_uncertain);
    }
  }
}

void CommentMarkers::page_ended() {
  for (Marker& marker : markers_) {
    if (marker.slot != no_slot) {
      release(marker, Doubt::end_uncertain);
    }
  }
}

SlotId CommentMarkers::holding_slot() const {
  const auto marker =
      std::find_if(markers_.begin(), markers_.end(), [](const Marker& one) { return holds(one); });
  return marker == markers_.end() ? no_slot : marker->slot;
}

void CommentMarkers::keep_default(SlotId slot) {
  for (Marker& marker : markers_) {
    if (!holds(marker) || marker.slot != slot) {
      continue;
    }
    marker.keeps_default = true;
    --holds_;
  }
}

std::uint64_t CommentMarkers::held_from(std::uint64_t settled) const {
  for (const Marker& marker : markers_) {
    // Insertions may still come at the very begin of what is marked, and stand in it.
    if (holds(marker)) {
      settled = std::min(settled, marker.begin - 1);
    }
  }
  return settled;
}

void CommentMarkers::release_what_is_too_long(std::uint64_t position) {
  for (Marker& marker : markers_) {
    if (holds(marker) && position > marker.begin + most_) {
      release(marker, Doubt::content_too_long);
    }
  }
}

}  // namespace personalize::rewrite
