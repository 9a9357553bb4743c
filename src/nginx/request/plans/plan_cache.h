// The plans that a worker has used lately: copied out of the shared zone, checked, and read once.
// Texts of short pages are kept with them, so that they are not read from their file again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/request/plans/page_key.h"
#include "nginx/shared/plan_store.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

// A page's plan, with what was asked for of it so far. Requests that send it share it, also after
// the cache has dropped it.
class CachedPlan {
 public:
  // `plan`: what `splices` are read as.
  CachedPlan(const PageKey& key, std::vector<char> splices, const PagePlan& plan);
  CachedPlan(const CachedPlan&) = delete;
  CachedPlan& operator=(const CachedPlan&) = delete;

  const PageKey& key() const noexcept { return key_; }
  const PagePlan& plan() const noexcept { return plan_; }
  // Returns nullptr before set_compressed().
  const CompressedPage* compressed() const noexcept {
    return compressed_ ? &*compressed_ : nullptr;
  }
  // Returns "" before set_text().
  std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
  friend class PlanCache;

  PageKey key_;
  std::vector<char> splices_;
  PagePlan plan_;
  std::vector<char> compressed_bytes_;
  std::optional<CompressedPage> compressed_;
  std::vector<char> text_;
  std::size_t size_ = 0;
  ngx_msec_t used_at_ = 0;  // as the shared zone knows it
};

class PlanCache {
 public:
  explicit PlanCache(PlanStore& store) noexcept : store_(store) {}
  PlanCache(const PlanCache&) = delete;
  PlanCache& operator=(const PlanCache&) = delete;

  // Whether a part was found.
  enum class Found : std::uint8_t { yes, no, damaged };

  // Sets `plan` if there is one, here or in the shared zone. Throws bad_alloc, as the others do.
  Found find(const PageKey& key, std::shared_ptr<CachedPlan>& plan);
  // Finds the compressed page, if it was not found before.
  Found find_compressed(CachedPlan& plan);
  // Reads the page from its file, if it was not read before. Returns false if it cannot be read, or
  // has changed.
  bool read_text(CachedPlan& plan, ngx_fd_t fd);

 private:
  using Plans = std::list<std::shared_ptr<CachedPlan>>;

  void grow(CachedPlan& plan, std::size_t size);

  PlanStore& store_;
  Plans plans_;  // the last used first
  std::unordered_map<std::string_view, Plans::iterator> by_key_;
  std::size_t size_ = 0;
};

}  // namespace personalize
