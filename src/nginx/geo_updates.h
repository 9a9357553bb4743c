// Takes up new files of personalize_geoip without a reload.
#pragma once

#include "nginx/platform/event_timer.h"
#include "personalize/record/counters.h"
#include "personalize/signals/geo.h"

namespace personalize {

// Checks every second whether a file has changed. Each worker does, and one of them reads it.
class GeoUpdates {
 public:
  // All must outlive this.
  GeoUpdates(GeoDatabases& databases, Counters& counters, ngx_log_t* log) noexcept;
  GeoUpdates(const GeoUpdates&) = delete;
  GeoUpdates& operator=(const GeoUpdates&) = delete;

 private:
  void on_timer() noexcept;

  GeoDatabases& databases_;
  Counters& counters_;
  ngx_log_t* log_;
  EventTimer timer_;
};

}  // namespace personalize
