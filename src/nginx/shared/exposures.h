// Which variant of which experiment how many page views saw, in memory that all workers share and
// that outlasts reloads.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "nginx/shared/block.h"
#include "personalize/record/exposure_status.h"

namespace personalize {

class SharedExposures {
 public:
  // When the configuration is read: names the variants of an experiment, which are shown from then
  // on. Naming them again does nothing.
  void add(const std::string& experiment, const std::vector<std::string>& variants);
  // Reserves the memory. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // One page view. Where there is no room for more variants, it is not counted.
  void count(std::string_view experiment, std::string_view variant) noexcept;
  // Of the experiments that this configuration has.
  std::vector<ExposureCount> snapshot() const;

 private:
  // By a hash of both names; 0 is free. Never freed: names come from configurations.
  struct Cell {
    std::atomic<std::uint64_t> name;
    std::atomic<std::uint64_t> views;
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");

  Cell* cells() const noexcept { return static_cast<Cell*>(block_.memory()); }
  Cell* find(std::string_view experiment, std::string_view variant, bool may_take) const noexcept;

  std::vector<ExposureCount> named_;
  SharedBlock block_;
};

}  // namespace personalize
