#include "nginx/shared/events.h"

#include "base/siphash.h"

namespace personalize {

namespace {

constexpr std::int64_t orders_window_s = std::int64_t{90} * 86400;

// Bits of a hash that OnceTable does not look at: which table a mark is of.
constexpr std::uint64_t exposure_mark = std::uint64_t{1} << 20U;
constexpr std::uint64_t order_mark = std::uint64_t{1} << 21U;
constexpr std::uint64_t marks = exposure_mark | order_mark;

}  // namespace

void SharedEvents::add_zone(ngx_conf_t* cf) {
  if (!reserve(cf, "personalize_events", zone_size(sizeof(Tables)))) {
    throw std::bad_alloc();
  }
}

bool SharedEvents::prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept {
  if (!is_fresh) {
    return true;
  }
  std::memset(area(), 0, sizeof(Tables));
  return fill_random(zone, "personalize_events", tables().seed.data(), sizeof(Tables::seed)) &&
         fill_random(zone, "personalize_events", tables().salt.data(), sizeof(Tables::salt));
}

// What precedes a word is part of the key that it is hashed with.
std::uint64_t SharedEvents::hash(std::initializer_list<std::string_view> words) const noexcept {
  std::uint64_t hash = tables().seed[0];
  for (const std::string_view word : words) {
    hash = siphash(hash, tables().seed[1], word);
  }
  return hash;
}

SharedEvents::Mark SharedEvents::note_exposure(std::initializer_list<std::string_view> words,
                                               std::int64_t window_s) noexcept {
  const Mark mark = (hash(words) & ~marks) | exposure_mark;
  const Lock lock(*this);
  return tables().exposures.note(mark, ngx_time(), window_s) ? mark : 0;
}

SharedEvents::Mark SharedEvents::note_order(
    std::initializer_list<std::string_view> words) noexcept {
  const Mark mark = (hash(words) & ~marks) | order_mark;
  const Lock lock(*this);
  return tables().orders.note(mark, ngx_time(), orders_window_s) ? mark : 0;
}

bool SharedEvents::has_order(std::initializer_list<std::string_view> words) noexcept {
  const Mark mark = (hash(words) & ~marks) | order_mark;
  const Lock lock(*this);
  return tables().orders.has(mark, ngx_time(), orders_window_s);
}

bool SharedEvents::admit(std::string_view visitor, std::string_view address,
                         std::uint32_t events) noexcept {
  const std::uint64_t who = hash({visitor});
  const std::uint64_t where = address.empty() ? 0 : hash({"address", address});
  const Lock lock(*this);
  EventBudget& budget = tables().budget;
  // The address first: ids that are made up would push others out of the table.
  return (address.empty() || budget.take(where, ngx_time(), events, EventBudget::of_address)) &&
         budget.take(who, ngx_time(), events);
}

void SharedEvents::forget(Mark mark) noexcept {
  if (mark == 0) {
    return;
  }
  const Lock lock(*this);
  if ((mark & exposure_mark) != 0) {
    tables().exposures.forget(mark);
  } else {
    tables().orders.forget(mark);
  }
}

std::uint64_t SharedEvents::session(std::string_view visitor, std::int64_t timeout_s) noexcept {
  const std::uint64_t who = hash({visitor});
  std::uint32_t began_s = 0;
  {
    const Lock lock(*this);
    began_s = tables().sessions.note(who, ngx_time(), timeout_s);
  }
  return siphash(who, tables().seed[1], {reinterpret_cast<const char*>(&began_s), sizeof(began_s)});
}

}  // namespace personalize
