// The counters of all workers, in shared memory.
#pragma once

#include <array>
#include <cstddef>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/counters.h"

namespace personalize {

class SharedCounters {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Returns where this process counts. Workers of an old configuration that finish their work may
  // share it with new ones.
  Counters& mine() noexcept { return zone_->workers[ngx_worker % places]; }

  // Returns the sum of all workers.
  CounterSnapshot snapshot() const noexcept;

 private:
  // Workers beyond these share places, which costs a little time.
  static constexpr std::size_t places = 64;

  struct Places {
    std::array<Counters, places> workers;
  };

  Shared<Places> zone_;
};

}  // namespace personalize
