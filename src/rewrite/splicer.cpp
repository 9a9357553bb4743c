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
  auto unsent = queue_.begin() + static_cast<std::ptrdiff_t>(next_);
  queue_.insert(std::upper_bound(unsent, queue_.end(), splice, applies_before), splice);
}

bool Splicer::advance(std::uint64_t settled, SlotFiller& filler, SpliceOutput& output) {
  for (; next_ < queue_.size() && queue_[next_].begin <= settled; ++next_) {
    const Splice& splice = queue_[next_];
    bool vanished =
        splice.begin < position_ || (filled_first_ < splice.first && splice.last < filled_last_);
    if (vanished) {
      continue;
    }

    if (position_ < splice.begin) {
      output.pass(position_, splice.begin);
      position_ = splice.begin;
    }
    std::string_view html;
    Fill fill = filler.fill(splice.slot, html);
    if (splice.is_default) {
      continue;
    }
    if (fill == Fill::pending) {
      return false;
    }
    if (fill == Fill::none) {
      continue;
    }

    if (!html.empty()) {
      output.insert(html);
    }
    if (splice.begin < splice.end) {
      output.drop(splice.begin, splice.end);
      position_ = splice.end;
    }
    filled_first_ = splice.first;
    filled_last_ = splice.last;
  }
  if (next_ == queue_.size()) {
    queue_.clear();
    next_ = 0;
  }
  if (position_ < settled) {
    output.pass(position_, settled);
    position_ = settled;
  }
  return true;
}

}  // namespace personalize
