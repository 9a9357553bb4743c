// What workers share about events: which were written already, and when sessions began.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "nginx/shared/zone.h"
#include "personalize/record/event_budget.h"
#include "personalize/record/once_table.h"
#include "personalize/record/session_starts.h"

namespace personalize {

class SharedEvents final : private SharedZone {
 public:
  // Reserves the memory while the configuration is read; nothing else may be called without it.
  // Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Returns random bytes that stay until NGINX is stopped.
  std::string_view salt() const noexcept { return {tables().salt.data(), tables().salt.size()}; }

  // What was written once; 0 stands for an event that may be written again.
  using Mark = std::uint64_t;

  // Return the mark of an exposure or an order if this is the first time within the window, 0 if it
  // is not. The words, together, say what it is.
  Mark note_exposure(std::initializer_list<std::string_view> words, std::int64_t window_s) noexcept;
  Mark note_order(std::initializer_list<std::string_view> words) noexcept;
  // Returns whether the order was noted.
  bool has_order(std::initializer_list<std::string_view> words) noexcept;
  // Notes that the event was not written after all.
  void forget(Mark mark) noexcept;

  // Notes that the visitor is here. Returns an id of the visitor's session, which ends when nothing
  // was noted for `timeout_s`.
  std::uint64_t session(std::string_view visitor, std::int64_t timeout_s) noexcept;

  // Returns whether the visitor's browser may report so many events now. Of an id that everybody
  // can make up, the client's address has a budget as well; `address` is "" for a visitor whose id
  // is signed, or an address that is trusted.
  bool admit(std::string_view visitor, std::string_view address, std::uint32_t events) noexcept;

 private:
  struct Tables {
    std::array<std::uint64_t, 2> seed;
    std::array<char, 32> salt;
    OnceTable<65536> exposures;  // 4 MiB, half a million
    OnceTable<8192> orders;
    SessionStarts sessions;
    EventBudget budget;
  };

  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept override;
  Tables& tables() const noexcept { return *static_cast<Tables*>(area()); }
  std::uint64_t hash(std::initializer_list<std::string_view> words) const noexcept;
};

}  // namespace personalize
