#include "nginx/shared/counters/lifetime.h"

namespace personalize {

void SharedLifetime::note_configuration() noexcept {
  const SharedZone::Lock lock(zone_);
  const auto now = static_cast<std::uint64_t>(ngx_time());
  if (zone_->started_s == 0) {
    zone_->started_s = now;
  } else {
    ++zone_->reloads;
  }
  zone_->read_s = now;
}

void SharedLifetime::write(MetricsWriter& writer) const {
  Times times;
  {
    const SharedZone::Lock lock(zone_);
    times = *zone_;
  }
  writer.begin(metrics::start_time);
  writer.add({}, times.started_s);
  writer.begin(metrics::reload_time);
  writer.add({}, times.read_s);
  writer.begin(metrics::reloads);
  writer.add({}, times.reloads);
}

}  // namespace personalize
