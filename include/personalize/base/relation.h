// How two things that have an order can relate.
#pragma once

namespace personalize {

enum class Relation : unsigned char { equal, less, less_equal, greater, greater_equal };

// Returns whether `a` relates so to `b`. With NaN nothing does.
template <class Ordered>
constexpr bool relates(const Ordered& a, Relation relation, const Ordered& b) noexcept {
  switch (relation) {
    case Relation::equal:
      return a == b;
    case Relation::less:
      return a < b;
    case Relation::less_equal:
      return a <= b;
    case Relation::greater:
      return a > b;
    case Relation::greater_equal:
      return a >= b;
  }
  return false;
}

}  // namespace personalize
