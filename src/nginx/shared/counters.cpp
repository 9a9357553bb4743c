#include "nginx/shared/counters.h"

#include <string>

namespace personalize {

void SharedCounters::add_zone(ngx_conf_t* cf) {
  // A build with other counters uses another zone.
  static const std::string name = "personalize_counters_" + std::to_string(sizeof(Counters));
  zone_.add_zone(cf, name);
}

CounterSnapshot SharedCounters::snapshot() const noexcept {
  CounterSnapshot sum;
  for (const Counters& counters : zone_->workers) {
    sum.add(counters);
  }
  return sum;
}

}  // namespace personalize
