#include "personalize/record/newcomers.h"

#include <algorithm>

#include "base/siphash.h"

namespace personalize {

namespace {

constexpr std::uint32_t remembered_s = 86400;
constexpr std::uint64_t hour_s = 3600;

}  // namespace

bool Newcomers::admit(std::string_view visitor, std::string_view address, std::int64_t now_s,
                      const NewcomerLimits& limits) noexcept {
  const std::uint32_t now = Visitors::used_at(now_s);
  const std::uint64_t hash = siphash(seed_low_, seed_high_, visitor);
  Visitor* known = visitors_.find(hash);
  if (known != nullptr && now < known->used_s + remembered_s) {
    known->used_s = now;
    return true;
  }

  const std::uint64_t address_hash = siphash(seed_high_, seed_low_, address);
  const std::uint64_t full = std::uint64_t{limits.burst} * hour_s;
  const bool is_new = addresses_.find(address_hash) == nullptr;
  Address& from = addresses_.place(address_hash);
  if (is_new) {
    from = {Addresses::tag_of(address_hash), now, full};
  } else if (now > from.used_s) {
    from.credit += std::uint64_t{now - from.used_s} * limits.per_hour;
    from.used_s = now;
  }
  from.credit = std::min(from.credit, full);
  if (from.credit < hour_s) {
    return false;
  }
  from.credit -= hour_s;
  visitors_.place(hash) = {Visitors::tag_of(hash), now};
  return true;
}

}  // namespace personalize
