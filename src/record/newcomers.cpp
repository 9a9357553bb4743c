#include "personalize/record/newcomers.h"

#include <algorithm>

#include "base/siphash.h"

namespace personalize {

namespace {

constexpr std::uint32_t remembered_s = 86400;
constexpr std::uint64_t hour_s = 3600;

// Returns the entry with the tag, or one that may be overwritten: a free one, else the least
// recently used.
template <class Set>
auto& entry_of(Set& set, std::uint32_t tag) noexcept {
  auto* best = set.data();
  for (auto& entry : set) {
    if (entry.used_s != 0 && entry.tag == tag) {
      return entry;
    }
    if (entry.used_s < best->used_s) {
      best = &entry;
    }
  }
  return *best;
}

}  // namespace

bool Newcomers::admit(std::string_view visitor, std::string_view address, std::int64_t now_s,
                      const NewcomerLimits& limits) noexcept {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
  const std::uint64_t hash = siphash(seed_low_, seed_high_, visitor);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  Visitor& known = entry_of(visitors_[hash % visitor_sets], tag);
  if (known.used_s != 0 && known.tag == tag && now < known.used_s + remembered_s) {
    known.used_s = now;
    return true;
  }

  const std::uint64_t address_hash = siphash(seed_high_, seed_low_, address);
  const auto address_tag = static_cast<std::uint32_t>(address_hash >> 32);
  Address& from = entry_of(addresses_[address_hash % address_sets], address_tag);
  const std::uint64_t full = std::uint64_t{limits.burst} * hour_s;
  if (from.used_s == 0 || from.tag != address_tag) {
    from = {address_tag, now, full};
  } else if (now > from.used_s) {
    from.credit += std::uint64_t{now - from.used_s} * limits.per_hour;
    from.used_s = now;
  }
  from.credit = std::min(from.credit, full);
  if (from.credit < hour_s) {
    return false;
  }
  from.credit -= hour_s;
  known = {tag, now};
  return true;
}

}  // namespace personalize
