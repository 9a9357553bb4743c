// Since when the counters count, and what was read since.
#pragma once

#include <cstdint>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/metrics.h"

namespace personalize {

class SharedLifetime {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_lifetime"); }

  // Notes, in the master process, that a configuration is about to be used.
  void note_configuration() noexcept;

  // Writes metrics::start_time, reload_time and reloads. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  struct Times {
    std::uint64_t started_s;  // since 1970; 0 before the first configuration
    std::uint64_t read_s;
    std::uint64_t reloads;
  };

  Shared<Times> zone_;
};

}  // namespace personalize
