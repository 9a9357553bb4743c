// Page plans in shared memory, kept by the table that also keeps documents: bounded, what was used
// least recently makes room, and nothing of it can be pinned by a worker that dies.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/shared/table_zone.h"
#include "personalize/base/config_error.h"
#include "personalize/sources/cache.h"

namespace personalize {

// What is kept of a page, each by itself.
enum class PlanPart : std::uint8_t {
  splices,     // what PlanScan::write() wrote
  compressed,  // what PageCompressor::write() wrote
};

class PlanStore final : public TableZone {
 public:
  PlanStore() noexcept : TableZone("personalize_plans") {}

  // Reserves a zone of `size` bytes while the configuration is read. Throws ConfigError, about the
  // directive at `where`, if the name is used for something else.
  void add_zone(ngx_conf_t* cf, const Where& where, std::string_view name, std::size_t size);

  // Copies the part to `bytes`. Returns false if there is none. `key` identifies the page's bytes
  // and its slots. Throws bad_alloc.
  bool find(PlanPart part, std::string_view key, std::vector<char>& bytes);

  // Notes that both parts are used.
  void touch(std::string_view key) noexcept;

  // Forgets both parts: one is damaged, and is to be made anew.
  void forget(std::string_view key) noexcept;

  // Returns whether begin() may say yes.
  bool is_missing(PlanPart part, std::string_view key) noexcept;
  // Returns whether the caller is to make the part. It is not if the part is there, or if somebody
  // said so less than `mark_ms` ago: who dies while making it hinders nobody for longer.
  bool begin(PlanPart part, std::string_view key) noexcept;
  static constexpr std::int64_t mark_ms = 5000;
  // Says that it still goes on.
  void go_on(PlanPart part, std::string_view key) noexcept;
  // Keeps the part. Returns false if it is too long for the zone, and is then as refuse().
  bool keep(PlanPart part, std::string_view key, std::string_view bytes) noexcept;
  // Has nobody make the part for some minutes.
  void refuse(PlanPart part, std::string_view key) noexcept;

 private:
  Cached copy_out(const CacheKey& key, char* buffer, std::size_t room) noexcept;
  void mark(const CacheKey& key, std::int64_t ms) noexcept;
  CacheKey key_of(PlanPart part, std::string_view key) const noexcept;
};

}  // namespace personalize
