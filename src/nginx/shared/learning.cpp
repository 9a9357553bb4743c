#include "nginx/shared/learning.h"

#include <new>

#include "base/siphash.h"
#include "personalize/learn/lesson.h"

namespace personalize {

namespace {

constexpr std::int64_t hour_s = 3600;

std::string_view name_of(LessonKind kind) noexcept {
  switch (kind) {
    case LessonKind::view:
      return "view";
    case LessonKind::cart:
      return "cart";
    case LessonKind::order:
      return "order";
  }
  return {};
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

bool SharedLearning::admit(const NewcomerRule& rule, LessonKind kind, std::string_view visitor,
                           std::string_view item, sockaddr* address) noexcept {
  if (!is_limited(rule, address)) {
    return true;
  }
  const std::string_view where = identity_of(*address);
  const auto visitor_item = hash({name_of(kind), visitor, item});
  const auto address_item = hash({name_of(kind), where, item});
  const auto from = hash({where});
  const Lock lock(*this);
  return tables().budget.take(visitor_item, address_item, from, ngx_time());
}

bool SharedLearning::is_due(std::string_view key) noexcept {
  const auto which = hash({key});
  const Lock lock(*this);
  return tables().expiries.note(which, ngx_time(), hour_s);
}

}  // namespace personalize
