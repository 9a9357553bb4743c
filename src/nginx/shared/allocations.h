// What pz:weights says, in shared memory: a worker that starts while Redis is unreachable takes it
// from there.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"

namespace personalize {

class SharedAllocations {
 public:
  // Longer texts are not kept.
  static constexpr std::size_t longest = 2048;

  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_allocations"); }

  // Returns the text about an experiment; "" if there is none. Throws bad_alloc.
  std::string get(std::string_view name) const;
  // Does nothing if there is no room for another experiment.
  void set(std::string_view name, std::string_view text) noexcept;

 private:
  // Never freed: names come from configurations.
  struct Entry {
    std::uint64_t hash;  // of the name; 0 is free
    std::uint32_t size;
    std::array<char, longest> text;
  };
  struct Table {
    std::array<Entry, 128> entries;
  };

  Entry* find(std::string_view name, bool may_take) const noexcept;

  Shared<Table> zone_;
};

}  // namespace personalize
