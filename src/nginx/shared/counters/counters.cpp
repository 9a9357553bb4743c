#include "nginx/shared/counters/counters.h"

#include <string>

namespace personalize {

void SharedCounters::add_zone(ngx_conf_t* cf) {
  // A build with other counters uses another zone.
  static const std::string name = "personalize_counters_" + std::to_string(sizeof(Place));
  zone_.add_zone(cf, name);
}

CounterSnapshot SharedCounters::snapshot() const noexcept {
  CounterSnapshot sum;
  for (const Place& place : zone_->workers) {
    sum.add(place.counters);
  }
  return sum;
}

HistogramSnapshot SharedCounters::histograms() const noexcept {
  HistogramSnapshot sum;
  for (const Place& place : zone_->workers) {
    sum.add(place.histograms);
  }
  return sum;
}

}  // namespace personalize
