#include "rewrite/placing/element_watches.h"

#include <algorithm>
#include <new>

#include "rewrite/placing/attribute_places.h"

namespace personalize::rewrite {
namespace {

// Returns whether content there is mostly sent at once, before the element's end is known.
bool is_at_start(Placement placement) {
  return placement == Placement::before || placement == Placement::prepend;
}

constexpr std::string_view link_end = "</a>";

bool is_at_end(Placement placement) {
  return placement == Placement::append || placement == Placement::after;
}

Splice make_splice(std::uint64_t begin, std::uint64_t end, SlotId slot, std::uint32_t first,
                   std::uint32_t last, std::string_view data, std::string_view ends = {}) {
  return {begin, end, slot, first, last, false, false, data, {}, ends};
}

}  // namespace

void ElementWatches::match(const PlacingRule& rule, OpenElement& element, bool implied,
                           std::uint32_t base) {
  std::string_view data;
  if (rule.knows_element && (rule.all || placements_.is_free(rule.slot))) {
    const auto read = reader_.read(implied ? nullptr : position_.tag);
    if (!read) {
      return placements_.note(Doubt::too_many_elements);
    }
    data = *read;
  }
  watch(rule, element, implied, base, data);
}

void ElementWatches::match_changes(const PlacingRule& rule,
                                   const std::pmr::vector<std::uint16_t>& changes,
                                   OpenElement& element, bool implied, std::uint32_t base) {
  const bool is_attribute = !rule.attribute.empty();
  if (is_attribute && implied) {
    return placements_.note(Doubt::end_uncertain);
  }
  std::string_view value;
  const auto data = is_attribute
                        ? changes_.read_attribute(*position_.tag, rule.attribute, changes, value)
                        : changes_.read_element(changes);
  if (!data) {
    return placements_.note(Doubt::too_many_elements);
  }
  if (is_attribute) {
    place_attribute(rule, position_, placements_, base + 3, *data, value);
  } else {
    watch(rule, element, implied, base, *data);
  }
}

void ElementWatches::watch(const PlacingRule& rule, OpenElement& element, bool implied,
                           std::uint32_t base, std::string_view data) {
  if (!rule.all && !placements_.is_free(rule.slot)) {
    return;
  }
  Doubt doubt = doubt_of_place(rule.placement, element, tree_, position_);
  // If the element begins with the token that stands in it, their places cannot be distinguished.
  if (implied && rule.placement == Placement::inner && doubt == Doubt::none) {
    doubt = Doubt::end_uncertain;
  }
  if (implied && !position_.end_is_markup) {
    doubt = Doubt::end_uncertain;
  }
  if (doubt != Doubt::none) {
    return placements_.note(doubt);
  }

  const std::uint64_t start = position_.token_begin;
  const std::uint64_t content = implied ? start : position_.token_end;
  Watch watch = watch_for(rule, element, content, data);
  const bool at_tag = rule.placement == Placement::before || rule.placement == Placement::replace;
  if (at_tag && tree_.left_link_open()) {
    watch.ends = link_end;
  } else if (at_tag && tree_.left_open()) {
    watch.ends = take_end_tags();
    if (watch.ends.empty()) {
      return placements_.note(Doubt::end_uncertain);
    }
  }
  switch (rule.placement) {
    case Placement::before:
      watch.begin = start;
      watch.first = base + 1;
      break;
    case Placement::prepend:
      watch.first = base + 5;
      break;
    case Placement::replace:
      watch.begin = start;
      watch.first = base + 2;
      watch.holds = true;
      watch.is_raw = element.has(trait::raw_text) && !rule.change;
      if (element.is(Tag::table)) {
        tree_.watch_fostering();
      }
      break;
    case Placement::inner:
      watch.first = base + 4;
      watch.holds = true;
      break;
    case Placement::append:
    case Placement::after:
      break;
  }
  const bool awaits_line_feed = rule.placement == Placement::prepend && drops_line_feed(element);
  if (awaits_line_feed) {
    if (line_feed_ != LineFeed::none && line_feed_at_ != content) {
      settle_line_feed(true);  // of the element around this one
    }
    watch.awaits_line_feed = watch.holds = true;
    line_feed_ = LineFeed::awaited;
    line_feed_at_ = content;
    tree_.await_text(true);
  } else if (is_at_start(rule.placement)) {
    if (!tree_.may_move_current()) {
      return placements_.place(make_splice(watch.begin, watch.begin, rule.slot, watch.first,
                                           watch.first, watch.data, watch.ends));
    }
    watch.holds = true;
  }
  // (What a replaced table loses to the place before it, and where a block is moved, is only known
  // at the end.)
  const bool must_wait =
      implied || element.is(Tag::table) || element.is(Tag::body) || tree_.may_move_current();
  if (rule.early && !must_wait && !awaits_line_feed) {
    place_early(watch);
  }
  if (watch.holds) {
    ++holds_;
  }
  if (watch.once) {
    placements_.reserve(rule.slot);
  }
  element.watched = true;
  watches_.push_back(watch);
}

ElementWatches::Watch ElementWatches::watch_for(const PlacingRule& rule, const OpenElement& element,
                                                std::uint64_t begin, std::string_view data) {
  Watch watch{};
  watch.placement = rule.placement;
  watch.begin = begin;
  watch.rule = &rule;
  watch.serial = element.serial;
  watch.slot = rule.slot;
  watch.once = !rule.all;
  watch.data = data;
  return watch;
}

// Looks for a line feed in what follows a start tag directly. Browsers read CR LF and CR as one,
// and drop one that is written as a reference, too: of that no more than its begin is looked at.
void ElementWatches::see_text(std::uint64_t begin, std::string_view text) {
  const auto move_behind = [this] {
    ++line_feed_at_;
    for (Watch& watch : watches_) {
      watch.begin = watch.awaits_line_feed ? line_feed_at_ : watch.begin;
    }
  };
  if (begin != line_feed_at_) {
    return settle_line_feed(true);
  }
  if (line_feed_ == LineFeed::awaited && text.front() == '\r') {
    line_feed_ = LineFeed::carriage_return;
    move_behind();
    text.remove_prefix(1);
  } else if (line_feed_ == LineFeed::awaited && text.front() == '&') {
    line_feed_ = LineFeed::ampersand;
    ++line_feed_at_;
    text.remove_prefix(1);
  }
  if (text.empty()) {
    return;
  }
  const bool is_reference =
      line_feed_ == LineFeed::ampersand && (text.front() == '#' || text.front() == 'N');
  if (line_feed_ != LineFeed::ampersand && text.front() == '\n') {
    move_behind();
  }
  settle_line_feed(!is_reference);
}

void ElementWatches::see_nothing(std::uint64_t begin, std::uint64_t end) {
  if (line_feed_ == LineFeed::awaited && begin == line_feed_at_) {
    line_feed_at_ = end;
  } else {
    settle_line_feed(true);
  }
}

// Places what has waited for the line feed.
void ElementWatches::settle_line_feed(bool is_certain) {
  line_feed_ = LineFeed::none;
  tree_.await_text(false);
  for (std::size_t i = 0; i < watches_.size();) {
    if (!watches_[i].awaits_line_feed) {
      ++i;
      continue;
    }
    if (watches_[i].keeps_default) {
      // It holds nothing, and is counted at the element's end.
      watches_[i].awaits_line_feed = false;
      watches_[i].doubt = is_certain ? Doubt::none : Doubt::end_uncertain;
      ++i;
      continue;
    }
    const Watch watch = watches_[i];
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
    --holds_;
    if (watch.once) {
      placements_.give_back(watch.slot);
    }
    if (!is_certain) {
      placements_.note(Doubt::end_uncertain);
    } else {
      placements_.place_held(
          make_splice(watch.begin, watch.begin, watch.slot, watch.first, watch.first, watch.data));
    }
  }
}

void ElementWatches::match_attribute(const PlacingRule& rule, std::uint32_t number) {
  if (!rule.all && !placements_.is_free(rule.slot)) {
    return;
  }
  std::string_view data;
  if (rule.knows_element) {
    const auto read = reader_.read(position_.tag);
    if (!read) {
      return placements_.note(Doubt::too_many_elements);
    }
    data = *read;
  }
  const std::string_view original = reader_.read_value(*position_.tag, rule.attribute);
  if (rule.attribute == "class" && original.empty()) {
    return placements_.note(Doubt::too_many_elements);
  }
  place_attribute(rule, position_, placements_, number, data, original);
}

// What a slot knows of elements otherwise is taken for a change, too.
bool ElementWatches::appends_change(const OpenElement& element) const {
  return std::any_of(watches_.begin(), watches_.end(), [&](const Watch& watch) {
    return watch.serial == element.serial && watch.placement == Placement::append &&
           !watch.data.empty();
  });
}

void ElementWatches::closed(const OpenElement& element, ElementEnd end, std::uint32_t base) {
  for (std::size_t i = 0; i < watches_.size();) {
    if (watches_[i].serial != element.serial) {
      ++i;
      continue;
    }
    const Watch watch = watches_[i];
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
    if (watch.early) {
      close_early(watch, end, base);
      continue;
    }
    if (watch.holds) {
      --holds_;
    }
    if (watch.once) {
      placements_.give_back(watch.slot);
    }
    place(watch, element, end, base);
  }
}

void ElementWatches::place(const Watch& watch, const OpenElement& element, ElementEnd end,
                           std::uint32_t base) {
  std::uint64_t end_begin = position_.token_begin;
  std::uint64_t end_end = position_.token_begin;
  if (end == ElementEnd::own_tag) {
    end_end = position_.token_end;
  }
  if (end == ElementEnd::no_content) {
    end_begin = end_end = position_.token_end;
  }
  if (end == ElementEnd::page && position_.body_end != Position::unknown &&
      !goes_behind_page(watch.placement, element, end)) {
    end_begin = end_end = position_.body_end;
  }

  Doubt doubt = watch.in_question ? Doubt::end_uncertain : watch.doubt;
  if (doubt == Doubt::none) {
    // Bytes that were let go are judged as if they were held, without a limit.
    ElementPlace judged = watch;
    judged.holds = watch.holds || watch.keeps_default;
    const std::uint64_t most = watch.keeps_default ? Position::unknown : most_;
    if (!is_at_start(watch.placement)) {
      doubt = doubt_of_end(judged, element, end, end_begin, tree_, position_, most);
    } else if (end == ElementEnd::misnested) {
      // As long as it was open the element was not moved, and now it no longer can be.
      doubt = Doubt::end_uncertain;
    } else if (end_begin - watch.begin > most) {
      doubt = Doubt::content_too_long;
    }
    // What a change replaces may be kept in a <template>.
    if (watch.rule->change && watch.placement == Placement::inner &&
        tree_.outlasts_template_since(element.serial)) {
      doubt = Doubt::end_uncertain;
    }
  }
  if (doubt != Doubt::none) {
    return placements_.note(doubt);
  }
  if (watch.keeps_default) {
    return placements_.keep_default(watch.slot, watch.first, base + 2);
  }
  // Another slot may have written these end tags before the present token already.
  const bool without_tag = end == ElementEnd::implied || end == ElementEnd::page;
  const bool is_late =
      watch.placement == Placement::after && without_tag && takes_end_tag(element, tree_);
  const bool is_link = watch.placement == Placement::after && tree_.was_left_link(element);
  const bool is_within = watch.placement == Placement::append && !element.is(Tag::body) &&
                         tree_.left_open_within(element);
  std::string_view ends = is_link ? link_end : watch.ends;
  if (is_late || is_within) {
    ends = take_end_tags(is_late ? element.name : 0);
    if (ends.empty()) {
      return placements_.note(Doubt::end_uncertain);
    }
  }
  const auto place_at = [&](std::uint64_t from, std::uint64_t to, std::uint32_t first,
                            std::uint32_t last) {
    placements_.place(make_splice(from, to, watch.slot, first, last, watch.data, ends));
  };
  switch (watch.placement) {
    case Placement::before:
    case Placement::prepend:
      return place_at(watch.begin, watch.begin, watch.first, watch.first);
    case Placement::inner:
      return place_at(watch.begin, end_begin, watch.first, base + 2);
    case Placement::replace:
      return place_at(watch.begin, end_end, watch.first, base + 3);
    case Placement::append:
      return place_at(end_begin, end_begin, base + 1, base + 1);
    case Placement::after:
      return place_at(end_end, end_end, base + 4, base + 4);
  }
}

// Returns the end tags of what the present token has closed without, and of `last`, if it is not 0,
// for one slot. None if another may have written them before the token already.
std::string_view ElementWatches::take_end_tags(NameKey last) {
  if (ends_before_ == position_.token_begin) {
    return {};
  }
  ends_before_ = position_.token_begin;
  return end_tags(last);
}

// Returns them. None if a name is not ASCII: it is not known how the page writes it.
std::string_view ElementWatches::end_tags(NameKey last) {
  const Tree::Names left = tree_.names_left_open();
  std::pmr::string tags(memory_);
  const auto add = [&](NameKey name) {
    tags += "</";
    if ((name & interned_name) != 0) {
      tags += names_.long_name(name);
    } else {
      for (std::size_t i = 0; i < length_of(name); ++i) {
        tags += static_cast<char>(name >> (8 * i));
      }
    }
    tags += '>';
  };
  std::for_each(left.names, left.names + left.count, add);
  if (last != 0) {
    add(last);
  }
  if (std::any_of(tags.begin(), tags.end(), [](char c) { return (c & 0x80) != 0; })) {
    return {};
  }
  auto* kept = static_cast<char*>(memory_->allocate(tags.size(), 1));
  return {kept, tags.copy(kept, tags.size())};
}

// Drops what the element holds as it comes.
void ElementWatches::place_early(Watch& watch) {
  watch.early = true;
  watch.holds = false;
  watch.once = false;
  ++replacing_;
  placements_.place(make_splice(watch.begin, Splice::open_end, watch.slot, watch.first, watch.first,
                                watch.data, watch.ends));
}

// Wherever the parser ends the element is its end.
void ElementWatches::close_early(const Watch& watch, ElementEnd end, std::uint32_t base) {
  --replacing_;
  const bool takes_token = end == ElementEnd::no_content ||
                           (end == ElementEnd::own_tag && watch.placement == Placement::replace);
  placements_.close(takes_token ? position_.token_end : position_.token_begin, watch.first,
                    base + (watch.placement == Placement::replace ? 3 : 2));
}

void ElementWatches::end_at_body() {
  for (std::size_t i = 0; i < watches_.size();) {
    const Watch& watch = watches_[i];
    if (!watch.early) {
      ++i;
      continue;
    }
    placements_.close(position_.token_begin, watch.first, placements_.take_numbers(1) + 1);
    --replacing_;
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void ElementWatches::end_at(std::uint64_t offset) noexcept {
  try {
    for (const Watch& watch : watches_) {
      if (watch.early) {
        placements_.close(offset, watch.first, ~std::uint32_t{0});
      }
    }
  } catch (const std::bad_alloc&) {
    // Whoever sends the page ends it where the scan did.
  }
  watches_.clear();
  holds_ = 0;
  replacing_ = 0;
}

void ElementWatches::release(Watch& watch, Doubt doubt) {
  watch.doubt = doubt;
  if (watch.holds) {
    --holds_;
  }
  watch.holds = false;
}

void ElementWatches::misnested(std::uint32_t serial) {
  for (Watch& watch : watches_) {
    if (watch.serial >= serial && watch.doubt == Doubt::none) {
      release(watch, Doubt::end_uncertain);
    }
  }
}

// What is put at an element's end stands right if the element still matches; where it began and
// what it held is somewhere else.
void ElementWatches::rearranged(std::uint32_t serial) {
  for (Watch& watch : watches_) {
    if (watch.serial < serial || watch.doubt != Doubt::none) {
      continue;
    }
    if (!is_at_end(watch.placement) || watch.rule->change) {
      release(watch, Doubt::end_uncertain);
    } else {
      watch.in_question = watch.rule->needs_tree;
    }
  }
}

void ElementWatches::renumbered(std::uint32_t serial) {
  for (Watch& watch : watches_) {
    watch.in_question = watch.in_question || (watch.serial == serial && watch.rule->asks_number);
  }
}

void ElementWatches::match_again(const PlacingRule& rule, ElementStack& stack, std::size_t index) {
  OpenElement& element = stack[index];
  const auto watch = std::find_if(watches_.begin(), watches_.end(), [&](const Watch& one) {
    return one.serial == element.serial && one.rule == &rule;
  });
  if (watch != watches_.end()) {
    watch->in_question = false;
    return;
  }
  if (!rule.all && !placements_.is_free(rule.slot)) {
    return;
  }
  // Its attributes are not known any more, nor is anything before its end within reach.
  const bool has_place = is_at_end(rule.placement) && rule.attribute.empty() && !rule.change &&
                         !rule.knows_element && !element.in_foster && index > 0;
  const OpenElement& around = rule.placement == Placement::append ? element : stack[index - 1];
  if (!has_place || doubt_within(around) != Doubt::none) {
    return placements_.note(Doubt::end_uncertain);
  }
  watches_.push_back(watch_for(rule, element, position_.token_end, {}));
  if (!rule.all) {
    placements_.reserve(rule.slot);
  }
  element.watched = true;
}

void ElementWatches::end_rearranging() {
  for (Watch& watch : watches_) {
    if (watch.in_question) {
      watch.in_question = false;
      release(watch, Doubt::end_uncertain);
    }
  }
}

// What follows the element stands where the one above it on the stack ends; and so does what would
// follow that one.
void ElementWatches::orphaned(ElementStack& stack, std::size_t index) {
  const std::uint32_t serial = stack[index].serial;
  OpenElement& above = stack[index + 1];
  for (Watch& watch : watches_) {
    if (watch.serial <= serial || watch.doubt != Doubt::none) {
      continue;
    }
    const bool is_replaced =
        watch.placement == Placement::inner || watch.placement == Placement::replace;
    const bool is_behind = watch.placement == Placement::after && watch.serial == above.serial;
    if (is_replaced || is_behind) {
      release(watch, Doubt::end_uncertain);
    }
  }
  for (Watch& watch : watches_) {
    if (watch.serial == serial && watch.placement == Placement::after) {
      watch.serial = above.serial;
      above.watched = true;
    }
  }
}

void ElementWatches::append_to_body() {
  const ElementStack& stack = tree_.stack();
  if (stack.size() < 2 || !stack[1].is(Tag::body)) {
    return;
  }
  for (std::size_t i = 0; i < watches_.size();) {
    const Watch& watch = watches_[i];
    if (watch.serial != stack[1].serial || watch.placement != Placement::append ||
        watch.doubt != Doubt::none) {
      ++i;
      continue;
    }
    const std::uint32_t number = placements_.take_numbers(1) + 1;
    placements_.place(make_splice(position_.token_begin, position_.token_begin, watch.slot, number,
                                  number, watch.data));
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::uint64_t ElementWatches::held_from(std::uint64_t settled) const {
  for (const Watch& watch : watches_) {
    if (!watch.holds) {
      continue;
    }
    // Insertions may still come at the very begin of an element's content, and stand in it.
    const bool in_element =
        watch.placement == Placement::inner || watch.placement == Placement::prepend;
    settled = std::min(settled, watch.begin - (in_element ? 1 : 0));
  }
  return settled;
}

SlotId ElementWatches::holding_slot() const {
  const auto holds = [](const Watch& watch) { return watch.holds; };
  const auto watch = std::find_if(watches_.begin(), watches_.end(), holds);
  return watch == watches_.end() ? no_slot : watch->slot;
}

void ElementWatches::keep_default(SlotId slot) {
  for (Watch& watch : watches_) {
    if (!watch.holds || watch.slot != slot) {
      continue;
    }
    watch.keeps_default = true;
    watch.holds = false;
    --holds_;
  }
}

void ElementWatches::release_what_is_too_long(std::uint64_t position) {
  if (line_feed_ != LineFeed::none && position > line_feed_at_) {
    settle_line_feed(true);
  }
  for (Watch& watch : watches_) {
    if (!watch.holds || position <= watch.begin + most_) {
      continue;
    }
    if (watch.is_raw) {
      --holds_;
      place_early(watch);
    } else {
      release(watch, Doubt::content_too_long);
    }
  }
}

}  // namespace personalize::rewrite
