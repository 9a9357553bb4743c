// Bounds how many visitors with new ids one client address can add to what is kept in Redis.
#pragma once

#include <cstdint>
#include <string_view>

#include "personalize/record/set_table.h"

namespace personalize {

// How many new visitors an address may bring: `burst` at once, and `per_hour` in the long run. The
// same bucket as that of NGINX's limit_req.
struct NewcomerLimits {
  std::uint32_t per_hour = 1000;
  std::uint32_t burst = 1000;
};

// Remembers the visitors that were let in recently, and a token bucket for each address. Both are
// tables of a fixed size (64 Ki visitors, 16 Ki addresses, 768 KiB) in which the least recently
// used entry makes room: a client that invents ids gets no more of them into the first table than
// the buckets allow, and a forgotten address starts with a full bucket.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class Newcomers {
 public:
  // Sets the secret of the hashes, so that clients cannot choose ids that collide. Call it before
  // first use.
  void set_seed(std::uint64_t low, std::uint64_t high) noexcept {
    seed_low_ = low;
    seed_high_ = high;
  }

  // Returns whether something may be written about the visitor: it was let in less than a day ago,
  // or the address still may bring a new one, which is then taken from its bucket. `address` is any
  // bytes that identify it; `now_s` are seconds of a clock that all callers share.
  bool admit(std::string_view visitor, std::string_view address, std::int64_t now_s,
             const NewcomerLimits& limits) noexcept;

 private:
  struct Visitor {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
  };
  struct Address {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint64_t credit = 0;  // 3600ths of a visitor
  };
  using Visitors = SetTable<Visitor, 8192>;
  using Addresses = SetTable<Address, 2048>;

  std::uint64_t seed_low_ = 0;
  std::uint64_t seed_high_ = 0;
  Visitors visitors_;
  Addresses addresses_;
};

}  // namespace personalize
