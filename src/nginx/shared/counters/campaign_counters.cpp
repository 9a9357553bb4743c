#include "nginx/shared/counters/campaign_counters.h"

#include "personalize/base/fnv.h"

namespace personalize {

namespace {

// Never 0. fnv1a() will do: names come from configurations, not from visitors.
std::uint64_t hash_of(std::string_view name) noexcept {
  const std::uint64_t hash = fnv1a(name);
  return hash == 0 ? 1 : hash;
}

CampaignCounts load(const std::array<std::atomic<std::uint64_t>, campaign_count_count>& shared) {
  CampaignCounts counts;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = shared[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace

void CampaignCounters::declare(const Program& program) {
  auto& hashes = hashes_.emplace_back();
  hashes.reserve(program.campaign_count());
  for (CampaignId id = 0; id < program.campaign_count(); ++id) {
    const std::string& name = program.campaign_name(id);
    const Hash hash = hash_of(name);
    const bool is_known = known_.count(hash) != 0;
    const bool is_one = is_known || (names_.size() < most && name != others);
    if (is_one && !is_known) {
      known_.insert(hash);
      names_.push_back(name);
    }
    has_rest_ = has_rest_ || !is_one;
    hashes.push_back(is_one ? hash : 0);
  }
}

CampaignCounters::Cell& CampaignCounters::take(Hash name) noexcept {
  auto& cells = zone_->cells;
  for (std::size_t i = 0; name != 0 && i < cells.size(); ++i) {
    Cell& cell = cells[(name + i) % cells.size()];
    Hash found = cell.name.load(std::memory_order_relaxed);
    if (found == 0 && cell.name.compare_exchange_strong(found, name, std::memory_order_relaxed)) {
      found = name;
    }
    if (found == name) {
      return cell;
    }
  }
  return zone_->rest;
}

const CampaignCounters::Cell* CampaignCounters::find(Hash name) const noexcept {
  const auto& cells = zone_->cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[(name + i) % cells.size()];
    const Hash found = cell.name.load(std::memory_order_relaxed);
    if (found == name) {
      return &cell;
    }
    if (found == 0) {
      return nullptr;
    }
  }
  return nullptr;
}

void CampaignCounters::add(std::uint32_t site, CampaignId campaign, CampaignCount what,
                           std::uint64_t n) noexcept {
  Cell& cell = take(hashes_[site][campaign]);
  cell.counts[static_cast<std::size_t>(what)].fetch_add(n, std::memory_order_relaxed);
}

void CampaignCounters::write(MetricsWriter& writer) const {
  writer.begin(metrics::campaigns);
  for (const std::string& name : names_) {
    const Cell* cell = find(hash_of(name));
    write_campaign(name, cell == nullptr ? CampaignCounts{} : load(cell->counts), writer);
  }
  const CampaignCounts rest = load(zone_->rest.counts);
  if (has_rest_ || rest != CampaignCounts{}) {
    write_campaign(others, rest, writer);
  }
}

}  // namespace personalize
