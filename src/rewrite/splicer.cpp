// Applying splices to a page: which bytes pass, which are dropped, what is inserted where.
#include <algorithm>

#include "personalize/rewrite/rewrite.h"

namespace personalize {
namespace {

// Compares by the order in which splices are applied: by begin; at one offset in the order of the
// element tree. Without numbers insertions come before ranges, and an outer range before an inner
// one.
bool applies_before(const Splice& a, const Splice& b) {
  if (a.begin != b.begin) {
    return a.begin < b.begin;
  }
  if (a.first != b.first) {
    return a.first < b.first;
  }
  bool a_inserts = a.begin == a.end;
  bool b_inserts = b.begin == b.end;
  if (a_inserts != b_inserts) {
    return a_inserts;
  }
  return a.end > b.end;
}

}  // namespace

void Splicer::add(const Splice& splice) {
  if (splice.closes) {
    return close(splice);
  }
  auto unsent = queue_.begin() + static_cast<std::ptrdiff_t>(next_);
  queue_.insert(std::upper_bound(unsent, queue_.end(), splice, applies_before), splice);
}

// Does nothing if the splice was not filled.
void Splicer::close(const Splice& end) {
  const auto applies = [&](Splice& open) {
    const bool is_it = open.end == Splice::open_end && open.first == end.first;
    if (is_it) {
      open.end = std::max(open.begin, end.begin);
      open.last = end.last;
    }
    return is_it;
  };
  bool is_done = applies(open_);
  for (std::size_t i = next_; i < queue_.size() && !is_done; ++i) {
    is_done = applies(queue_[i]);
  }
}

void Splicer::close_at(std::uint64_t offset) {
  const auto close = [&](Splice& open) {
    if (open.end == Splice::open_end) {
      open.end = std::max({open.begin, offset, position_});
      open.last = ~std::uint32_t{0};
    }
  };
  close(open_);
  std::for_each(queue_.begin() + static_cast<std::ptrdiff_t>(next_), queue_.end(), close);
}

// Drops what an open splice replaces, and the splices in it. Returns false if it goes on.
bool Splicer::drop_open(std::uint64_t settled, SpliceOutput& output) {
  const std::uint64_t end = std::min(open_.end, settled);
  if (position_ < end) {
    output.drop(position_, end);
    position_ = end;
  }
  if (open_.end > settled) {
    // All that is known so far stands in it.
    while (next_ < queue_.size() && queue_[next_].begin <= settled) {
      put_aside(queue_[next_++], output);
    }
    return false;
  }
  filled_first_ = open_.first;
  filled_last_ = open_.last;
  open_ = {};
  return true;
}

bool Splicer::advance(std::uint64_t settled, SlotFiller& filler, SpliceOutput& output) {
  while (!is_open() || drop_open(settled, output)) {
    if (next_ == queue_.size() || queue_[next_].begin > settled) {
      break;
    }
    if (!apply(queue_[next_], settled, filler, output)) {
      return false;
    }
    ++next_;
  }
  if (next_ == queue_.size()) {
    queue_.clear();
    next_ = 0;
  }
  if (!is_open() && position_ < settled) {
    output.pass(position_, settled);
    position_ = settled;
  }
  return true;
}

// Where the default content ends must be known.
void Splicer::surround(const Splice& splice, const SlotHtml& html, SpliceOutput& output) {
  if (splice.end == Splice::open_end) {
    return;
  }
  output.insert(SlotHtml(html.text));
  if (!html.behind.empty()) {
    Splice behind{splice.end, splice.end, splice.slot, splice.last, splice.last};
    behind.data = html.behind;
    behind.is_text = true;
    add(behind);
  }
}

// Inserts the element that the splice is the place of, if it is being moved: whatever has become of
// the place, it is not lost.
void Splicer::put_aside(const Splice& place, SpliceOutput& output) {
  const auto element = std::find(aside_.begin(), aside_.end(), place.element);
  if (place.move == Splice::Move::place && element != aside_.end()) {
    output.put_aside(*element);
    aside_.erase(element);
  }
}

// Returns whether the element's place is known to stay.
bool Splicer::can_move(const Splice& element, SlotFiller& filler) const {
  const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto place = std::find_if(first, queue_.end(), [&](const Splice& other) {
    return other.move == Splice::Move::place && other.element == element.first &&
           other.slot == element.slot;
  });
  const auto may_replace_place = [&](const Splice& other) {
    return other.move == Splice::Move::none && other.begin >= element.end &&
           other.begin != other.end && other.first < place->first &&
           (other.end == Splice::open_end || place->last < other.last) &&
           !filler.keeps_default(other.slot);
  };
  return place != queue_.end() && std::none_of(first, queue_.end(), may_replace_place);
}

// Returns false if the slot is pending.
bool Splicer::apply_move(const Splice& element, SlotFiller& filler, SpliceOutput& output) {
  if (!can_move(element, filler)) {
    return true;
  }
  SlotHtml html;
  const Fill fill = filler.fill(element, html);
  if (fill != Fill::content) {
    return fill != Fill::pending;
  }
  output.begin_aside(element.first);
  aside_.push_back(element.first);
  const std::uint64_t behind_name = element.begin + element.name_size;
  Splice mark{behind_name, behind_name, element.slot, element.first, element.first};
  mark.data = html.text;
  mark.is_text = true;
  Splice end{element.end, element.end, element.slot, element.last, element.last};
  end.move = Splice::Move::end;
  add(mark);
  add(end);
  return true;
}

// Returns false if the slot is pending.
bool Splicer::apply(const Splice& splice, std::uint64_t settled, SlotFiller& filler,
                    SpliceOutput& output) {
  bool vanished =
      splice.begin < position_ || (filled_first_ < splice.first && splice.last < filled_last_);
  if (vanished) {
    put_aside(splice, output);
    return true;
  }
  if (position_ < splice.begin) {
    output.pass(position_, splice.begin);
    position_ = splice.begin;
  }
  switch (splice.move) {
    case Splice::Move::none:
      break;
    case Splice::Move::element:
      return apply_move(Splice(splice), filler, output);
    case Splice::Move::place:
      put_aside(splice, output);
      return true;
    case Splice::Move::end:
      output.end_aside();
      return true;
  }
  if (splice.is_text) {
    output.insert(SlotHtml(splice.data));
    return true;
  }
  SlotHtml html;
  Fill fill = filler.fill(splice, html);
  if (splice.is_default || fill == Fill::none) {
    return true;
  }
  if (fill == Fill::pending) {
    return false;
  }
  const bool is_put = fill == Fill::content || splice.end != Splice::open_end;
  if (is_put && !splice.ends.empty()) {
    output.insert(SlotHtml(splice.ends));
  }
  if (fill == Fill::kept) {
    filled_first_ = splice.first;
    filled_last_ = splice.last;
  }
  if (fill == Fill::around || fill == Fill::kept) {
    surround(splice, html, output);  // the splice may not be there any more
    return true;
  }
  if (!html.text.empty()) {
    output.insert(html);
  }
  if (splice.end > settled) {
    open_ = splice;
    return true;
  }
  if (splice.begin < splice.end) {
    output.drop(splice.begin, splice.end);
    position_ = splice.end;
  }
  filled_first_ = splice.first;
  filled_last_ = splice.last;
  return true;
}

}  // namespace personalize
