#include "nginx/shared/counters.h"

#include <memory>

#include "nginx/memory.h"

namespace personalize {

namespace {

// Workers beyond that share a place, which costs a little time and no correctness.
constexpr std::size_t places = 64;
constexpr std::size_t bytes = places * sizeof(Counters) + alignof(Counters);

// A build that counts other things finds no memory of this one's.
const std::string& zone_name() {
  static const std::string name = "personalize_counters_" + std::to_string(sizeof(Counters));
  return name;
}

}  // namespace

void SharedCounters::add_zone(ngx_conf_t* cf) {
  block_.add_zone(cf, ngx_view(zone_name()), bytes);
}

Counters* SharedCounters::all() const noexcept {
  void* memory = block_.memory();
  std::size_t room = bytes;
  return static_cast<Counters*>(
      std::align(alignof(Counters), places * sizeof(Counters), memory, room));
}

Counters& SharedCounters::mine() noexcept {
  return all()[ngx_worker % places];
}

CounterSnapshot SharedCounters::snapshot() const noexcept {
  CounterSnapshot sum;
  const Counters* counters = all();
  for (std::size_t i = 0; i < places; ++i) {
    sum.add(counters[i]);
  }
  return sum;
}

}  // namespace personalize
