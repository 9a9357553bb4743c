// The list of active formatting elements (WHATWG HTML, 13.2.4.3) and the adoption agency algorithm
// (13.2.6.4.7), which takes misnested formatting apart.
//
// Example: <b>1<p>2</b>3</p>. At </b> the stack is html body b p, and b is listed. <p> is the
// "furthest block": the element above b that is special. The parser makes
//
//   <b>1</b><p><b>2</b>3</p>
//
// of it: <p> moves out of b, and what it held into a clone of b. Here b is taken off the stack, its
// clone put above <p> and, in the next round, closed; <p> is shaky from then on, since it no longer
// stands where it was opened. The observer is called, since everything opened since b is
// misnested.
#include "rewrite/tree/tree.h"

#include <algorithm>

#include "personalize/base/fnv.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

void Tree::list_formatting(std::uint32_t serial, NameKey name, Tag tag, std::uint64_t attributes) {
  formatting_.push_back({serial, name, tag, attributes});
}

void Tree::insert_formatting(const StartTag& tag) {
  // "The Noah's Ark clause": of four that are the same the earliest goes.
  std::string_view written = tag.raw->text.substr(1 + tag.raw->name_length);
  // An <a> ends the one before it, so there are never three.
  bool none = written == ">" || tag.tag == Tag::a;
  std::uint64_t attributes = none ? no_attributes : fnv1a(written);
  std::size_t same = 0;
  std::size_t alike = 0;  // by its name
  std::size_t earliest = 0;
  for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i].serial != 0;) {
    if (formatting_[i].name != tag.name) {
      continue;
    }
    ++alike;
    if (formatting_[i].attributes == attributes) {
      ++same;
      earliest = i;
    }
  }
  if (tag.raw->is_cut()) {
    // It is not known whether its attributes equal another's; with few of its name, it does not
    // matter.
    attributes = tag.raw->begin;
    if (alike >= noahs_ark) {
      return give_up();
    }
  }
  if (same >= noahs_ark) {
    formatting_.erase(earliest);
  }
  insert(tag);
  list_formatting(top().serial, tag.name, tag.tag, attributes);
  if (formatting_.size() > max_depth) {
    give_up();
  }
}

void Tree::note_formatting() {
  bool none = formatting_.empty() || formatting_.back().serial == 0;
  set_formatting_waits(!none && find_serial(formatting_.back().serial) == no_element);
}

std::size_t Tree::formatting_of(std::uint32_t serial) const {
  for (std::size_t i = formatting_.size(); i-- > 0;) {
    if (formatting_[i].serial == serial) {
      return i;
    }
  }
  return no_element;
}

void Tree::remove_formatting(std::size_t index) {
  formatting_.erase(index);
  note_formatting();
}

void Tree::clear_formatting_to_marker() {
  while (!formatting_.empty()) {
    bool marker = formatting_.back().serial == 0;
    formatting_.pop_back();
    if (marker) {
      break;
    }
  }
  note_formatting();
}

bool Tree::formatting_goes_on(std::uint32_t serial) const {
  if (left_marker_ > serial || clears_formatting_) {
    return left_marker_ > serial;
  }
  return std::any_of(formatting_.begin(), formatting_.end(),
                     [serial](const Formatting& entry) { return entry.serial > serial; });
}

// As <p> in <a>1<p>2</a>, which becomes <a>1</a><p><a>2</a>: content before <p>, or at its start,
// would stay in the first <a>, or end up in the second. Not if the adoption agency would stop: at a
// marker or at what bounds scope. What holds no markup has ended before any formatting does.
bool Tree::may_move_current() const {
  const OpenElement& current = stack_.back();
  if (formatting_.empty() || !is_special(current) || current.has(trait::raw_text)) {
    return false;
  }
  const std::uint32_t formatting = formatting_.back().serial;
  if (formatting == 0) {
    return false;
  }
  for (std::size_t i = stack_.size(); i-- > 0 && stack_[i].serial != formatting;) {
    if (bounds_scope(stack_[i], Scope::normal)) {
      return false;
    }
  }
  return true;
}

void Tree::reconstruct_formatting() {
  if (!formatting_waits()) {
    return;
  }
  std::size_t first = formatting_.size();
  while (first > 0 && formatting_[first - 1].serial != 0 &&
         find_serial(formatting_[first - 1].serial) == no_element) {
    --first;
  }
  for (std::size_t i = first; i < formatting_.size() && !lost_; ++i) {
    next_shaky_ = next_is_clone_ = true;
    push(formatting_[i].name, formatting_[i].tag, Namespace::html, true);
    formatting_[i].serial = top().serial;
  }
  set_formatting_waits(false);
}

// Runs the adoption agency algorithm, for an end tag, `own`, or for an <a> or <nobr> within another
// one.
void Tree::adopt(NameKey name, bool own) {
  if (top().space == Namespace::html && top().name == name &&
      formatting_of(top().serial) == no_element) {
    pop(own ? ElementEnd::own_tag : ElementEnd::implied);
    return;
  }
  std::size_t first = no_element;  // that has come to stand elsewhere
  for (int round = 0; round < 8; ++round) {
    const std::size_t moved = adopt_once(name, own, round == 0);
    if (moved == no_element) {
      break;
    }
    first = std::min(first, moved);
  }
  if (first != no_element) {
    observer_.moved(stack_, first);
  }
}

// Runs one round of it. Returns the first element of the stack that has got another parent, or
// no_element when there is nothing more to do.
std::size_t Tree::adopt_once(NameKey name, bool own, bool is_first) {
  std::size_t entry = formatting_.size();
  while (entry > 0 && formatting_[entry - 1].serial != 0 && formatting_[entry - 1].name != name) {
    --entry;
  }
  if (entry == 0 || formatting_[entry - 1].serial == 0) {
    if (is_first) {
      end_any_other(name);
    }
    return no_element;
  }
  --entry;
  const std::size_t element = find_serial(formatting_[entry].serial);
  if (element == no_element) {
    remove_formatting(entry);
    return no_element;
  }
  for (std::size_t i = stack_.size(); i-- > element + 1;) {
    if (bounds_scope(stack_[i], Scope::normal)) {
      return no_element;
    }
  }
  std::size_t furthest = element + 1;
  while (furthest < stack_.size() && !is_special(stack_[furthest])) {
    ++furthest;
  }
  const std::uint32_t serial = formatting_[entry].serial;
  if (furthest == stack_.size()) {
    // Take it off the list first, so that it does not count as still to be reopened.
    formatting_.erase(entry);
    if (is_first && !own && stack_[element].is(Tag::a)) {
      left_link_ = serial;
    }
    pop_to(element, own && is_first);
    note_formatting();
    return no_element;
  }

  // What has lost its parent on the stack already would get the wrong one.
  const bool has_orphan =
      std::any_of(stack_.begin() + element + 1, stack_.end(),
                  [this](const OpenElement& above) { return above.serial <= last_orphan_; });
  const bool displaces = stack_[element].in_foster || has_orphan;
  if (displaces) {
    observer_.misnested(serial);
  } else {
    observer_.rearranged(serial);
  }
  std::size_t bookmark = entry;
  std::size_t node = furthest;
  std::size_t last = furthest;
  for (int inner = 1; --node > element; ++inner) {
    std::size_t listed = formatting_of(stack_[node].serial);
    if (inner > 3 && listed != no_element) {
      formatting_.erase(listed);
      if (listed < bookmark) {
        --bookmark;
      }
      listed = no_element;
    }
    if (listed == no_element) {
      take_out(node);
      --furthest;
      --last;
      continue;
    }
    // A clone takes its place, on the stack and on the list.
    if (stack_[node].watched) {
      observer_.closed(stack_[node], ElementEnd::misnested);
      stack_[node].watched = false;
    }
    stack_[node].serial = ++serial_;
    formatting_[listed].serial = stack_[node].serial;
    if (last == furthest) {
      bookmark = listed + 1;
    }
    last = node;
  }
  // The list may have shrunk below the entry: find it again.
  entry = formatting_of(serial);
  Formatting clone = formatting_[entry];
  clone.serial = ++serial_;
  formatting_.erase(entry);
  if (entry < bookmark) {
    --bookmark;
  }
  formatting_.insert(bookmark, clone);

  OpenElement reopened = stack_[element];
  reopened.serial = clone.serial;
  reopened.watched = false;
  reopened.marks = stack_[furthest].marks;
  reopened.shaky = true;
  count_shaky(reopened, 1);
  // Each has the next one as its only child; the innermost has all that the block held.
  reopened.children = stack_[furthest].children;
  for (std::size_t i = element + 1; i <= furthest; ++i) {
    stack_[i].children = 1;
  }
  stack_.insert(furthest + 1, reopened);
  take_out(element);
  const std::size_t parent = parent_for(element - 1);
  ++stack_[parent].children;
  observer_.children_moved(parent, parent);
  observer_.children_moved(element, furthest);
  if (reopened.in_foster) {
    stack_[element].in_foster = true;  // what was in it takes its place
  }
  make_shaky(element, displaces);
  note_formatting();
  return element;
}

}  // namespace personalize::rewrite
