#include "rewrite/match/siblings.h"

#include <algorithm>

namespace personalize::rewrite {
namespace {

std::uint32_t parent_depth(const ElementStack& stack) {
  return static_cast<std::uint32_t>(stack.size() - 2);
}

const OpenElement& parent_of(const ElementStack& stack) {
  return stack[stack.size() - 2];
}

bool has_parent(const ElementStack& stack) {
  return stack.size() > 1;
}

}  // namespace

const Siblings::Record* Siblings::find(const ElementStack& stack, std::uint32_t number,
                                       bool is_counter, NameKey name) const {
  const std::uint32_t depth = parent_depth(stack);
  for (std::size_t i = records_.size(); i-- > 0 && records_[i].depth >= depth;) {
    const Record& record = records_[i];
    if (record.number == number && record.is_counter == is_counter && record.name == name &&
        record.parent == parent_of(stack).serial) {
      return &record;
    }
  }
  return nullptr;
}

// Returns the record of the element's parent, which is a new one with zeros if there was none.
Siblings::Record& Siblings::record(const ElementStack& stack, std::uint32_t number, bool is_counter,
                                   NameKey name) {
  const Record* found = find(stack, number, is_counter, name);
  if (found != nullptr) {
    return records_[static_cast<std::size_t>(found - records_.data())];
  }
  const std::uint32_t depth = parent_depth(stack);
  const std::uint32_t parent = parent_of(stack).serial;
  while (!records_.empty() && records_.back().depth >= depth && records_.back().parent != parent) {
    records_.pop_back();
  }
  return records_.emplace_back(Record{depth, parent, number, is_counter, name, 0, 0});
}

void Siblings::set_mark(const ElementStack& stack, std::uint32_t mark) {
  if (!has_parent(stack)) {
    return;
  }
  seen_[mark / 64] |= std::uint64_t{1} << (mark % 64);
  Record& found = record(stack, mark, false, 0);
  found.last = parent_of(stack).children;
  found.first = found.first == 0 ? found.last : found.first;
}

bool Siblings::follows(const ElementStack& stack, std::uint32_t mark) const {
  const Record* found = has_parent(stack) ? find(stack, mark, false, 0) : nullptr;
  return found != nullptr && found->first < parent_of(stack).children;
}

bool Siblings::follows_at_once(const ElementStack& stack, std::uint32_t mark) const {
  const Record* found = has_parent(stack) ? find(stack, mark, false, 0) : nullptr;
  return found != nullptr && found->last + 1 == parent_of(stack).children;
}

void Siblings::count(const ElementStack& stack, std::uint32_t counter, NameKey name) {
  if (!has_parent(stack)) {
    return;
  }
  Record& found = record(stack, counter, true, name);
  if (found.last != parent_of(stack).children) {
    ++found.first;
    found.last = parent_of(stack).children;
  }
}

std::uint32_t Siblings::number(const ElementStack& stack, std::uint32_t counter,
                               NameKey name) const {
  if (!has_parent(stack)) {
    return 1;
  }
  const Record* found = find(stack, counter, true, name);
  return found == nullptr || found->last != parent_of(stack).children ? 0 : found->first;
}

void Siblings::doubt(const ElementStack& stack, std::size_t index) {
  if (all_doubtful_ || index >= stack.size()) {
    return;
  }
  if (doubtful_.size() == most_doubtful) {
    all_doubtful_ = true;
    return;
  }
  const std::uint32_t serial = stack[index].serial;
  if (std::find(doubtful_.begin(), doubtful_.end(), serial) == doubtful_.end()) {
    doubtful_.push_back(serial);
  }
}

bool Siblings::is_doubtful(const ElementStack& stack) const {
  return all_doubtful_ || (!doubtful_.empty() && has_parent(stack) &&
                           std::find(doubtful_.begin(), doubtful_.end(), parent_of(stack).serial) !=
                               doubtful_.end());
}

}  // namespace personalize::rewrite
