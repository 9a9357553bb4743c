#include "nginx/shared/learning.h"

#include <new>

#include "base/siphash.h"
#include "personalize/learn/lesson.h"

namespace personalize {

namespace {

constexpr std::int64_t hour_s = 3600;

// What a view, a cart or an order takes of the budget of an address: about what it is worth, so
// that with none of them more can be done than with the others.
constexpr std::uint32_t cost_of(LessonKind kind) noexcept {
  constexpr std::uint32_t cart = 5;
  constexpr std::uint32_t order = 10;
  return kind == LessonKind::view ? 2 : kind == LessonKind::cart ? cart : order;
}

}  // namespace

void SharedLearning::add_zone(ngx_conf_t* cf) {
  if (!reserve(cf, "personalize_learn", zone_size(sizeof(Tables)))) {
    throw std::bad_alloc();
  }
}

bool SharedLearning::prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept {
  if (!is_fresh) {
    return true;
  }
  auto& seed = (new (area()) Tables())->seed;
  return fill_random(zone, "personalize_learn", seed.data(), sizeof(seed));
}

// What precedes a word is part of the key that it is hashed with.
std::uint64_t SharedLearning::hash(std::initializer_list<std::string_view> words) const noexcept {
  std::uint64_t hash = tables().seed[0];
  for (const std::string_view word : words) {
    hash = siphash(hash, tables().seed[1], word);
  }
  return hash;
}

bool SharedLearning::admit(std::string_view visitor) noexcept {
  const auto who = hash({"visitor", visitor});
  const Lock lock(*this);
  return tables().of_visitors.take(who, ngx_time(), 1);
}

bool SharedLearning::take(LessonKind kind, std::string_view item,
                          std::string_view address) noexcept {
  const auto address_item = hash({"item", address, item});
  const auto from = hash({"address", address});
  const Lock lock(*this);
  return tables().of_addresses.take(address_item, from, cost_of(kind), ngx_time());
}

bool SharedLearning::is_due(std::string_view key) noexcept {
  const auto which = hash({key});
  const Lock lock(*this);
  return tables().expiries.note(which, ngx_time(), hour_s);
}

void SharedLearning::forget(std::string_view key) noexcept {
  const auto which = hash({key});
  const Lock lock(*this);
  tables().expiries.forget(which);
}

}  // namespace personalize
