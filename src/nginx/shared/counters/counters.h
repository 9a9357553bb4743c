// The counters and histograms of all workers, in shared memory.
#pragma once

#include <array>
#include <cstddef>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/counters.h"
#include "personalize/record/histograms.h"

namespace personalize {

class SharedCounters {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Return where this process counts. Workers of an old configuration that finish their work may
  // share it with new ones.
  Counters& mine() noexcept { return my_place().counters; }
  Histograms& my_histograms() noexcept { return my_place().histograms; }

  // Return the sum of all workers.
  CounterSnapshot snapshot() const noexcept;
  HistogramSnapshot histograms() const noexcept;

 private:
  // Workers beyond these share places, which costs a little time.
  static constexpr std::size_t places = 64;

  struct Place {
    Counters counters;
    Histograms histograms;
  };

  struct Places {
    std::array<Place, places> workers;
  };

  Place& my_place() noexcept { return zone_->workers[ngx_worker % places]; }

  Shared<Places> zone_;
};

}  // namespace personalize
