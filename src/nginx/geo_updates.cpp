#include "nginx/geo_updates.h"

namespace personalize {

namespace {

constexpr ngx_msec_t interval = 1000;

// Between the pieces of a file, so that requests have their turn.
constexpr ngx_msec_t reading_interval = 5;

}  // namespace

GeoUpdates::GeoUpdates(GeoDatabases& databases, Counters& counters, ngx_log_t* log) noexcept
    : databases_(databases), counters_(counters), log_(log) {
  timer_.bind<&GeoUpdates::on_timer>(*this, log);
  if (databases.size() != 0) {
    timer_.start(interval);
  }
}

void GeoUpdates::on_timer() noexcept {
  if (ngx_exiting) {
    return;
  }
  ngx_msec_t next = interval;
  for (std::size_t file = 0; file < databases_.size(); ++file) {
    const char* path = databases_.path(file).c_str();
    switch (databases_.update(file, static_cast<std::int64_t>(ngx_current_msec))) {
      case GeoDatabases::Change::none:
        break;
      case GeoDatabases::Change::reading:
        next = reading_interval;
        break;
      case GeoDatabases::Change::loaded:
        counters_.add(Counter::geoip_loaded);
        ngx_log_error(NGX_LOG_NOTICE, log_, 0, "personalize_geoip: %s reloaded", path);
        break;
      case GeoDatabases::Change::refused:
        counters_.add(Counter::geoip_refused);
        ngx_log_error(NGX_LOG_ERR, log_, 0,
                      "personalize_geoip: changed %s cannot be used, the previous one stays: %s",
                      path, databases_.problem(file));
        break;
    }
  }
  timer_.start(next);
}

}  // namespace personalize
