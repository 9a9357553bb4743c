// What became of each campaign, counted in shared memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/decision/program.h"
#include "personalize/record/campaign_counts.h"

namespace personalize {

// Keeps metrics::campaigns. The counts outlast reloads. A configuration can have many thousands of
// campaigns, and each would be five series in Prometheus: the first `most` are counted one by one,
// the rest together.
class CampaignCounters {
 public:
  static constexpr std::size_t most = 1000;
  static constexpr std::string_view others = "(others)";

  // Declares the campaigns of the next site, while the configuration is read. Campaigns of the same
  // name are counted together. Throws bad_alloc.
  void declare(const Program& program);
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_campaigns"); }

  // Counts for the campaign of the site that was declared as number `site`, from 0.
  void add(std::uint32_t site, CampaignId campaign, CampaignCount what,
           std::uint64_t n = 1) noexcept;

  // Writes metrics::campaigns. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  using Hash = std::uint64_t;

  // Found by the hash of the name; 0 is free. Never freed: names come from configurations.
  struct alignas(64) Cell {
    std::atomic<Hash> name;
    std::array<std::atomic<std::uint64_t>, campaign_count_count> counts;
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");

  struct Table {
    std::array<Cell, 2 * most> cells;
    Cell rest;  // of those beyond `most`, and of those for which there is no cell
  };

  Cell& take(Hash name) noexcept;
  const Cell* find(Hash name) const noexcept;

  std::vector<std::string> names_;         // that are written, each once
  std::unordered_set<Hash> known_;         // the hashes of `names_`
  std::vector<std::vector<Hash>> hashes_;  // by site and CampaignId; 0: one of the rest
  bool has_rest_ = false;
  Shared<Table> zone_;
};

}  // namespace personalize
