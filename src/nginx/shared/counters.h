// Counters in memory that all workers share, and that outlasts reloads.
#pragma once

#include "nginx/ngx.h"
#include "nginx/shared/block.h"
#include "personalize/record/record.h"

namespace personalize {

class SharedCounters {
 public:
  // Reserves the memory, when the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Where this process counts. Workers of an old configuration that finish their work may share it
  // with new ones.
  Counters& mine() noexcept;

  // All workers' together.
  CounterSnapshot snapshot() const noexcept;

 private:
  Counters* all() const noexcept;  // one for each of `places` workers

  SharedBlock block_;
};

}  // namespace personalize
