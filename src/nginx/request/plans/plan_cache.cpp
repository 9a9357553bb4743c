#include "nginx/request/plans/plan_cache.h"

#include <unistd.h>

#include <memory_resource>
#include <utility>

namespace personalize {

namespace {

// Bytes of plans in one worker. What is dropped is still in the shared zone.
constexpr std::size_t most_bytes = std::size_t{16} * 1024 * 1024;

// How exactly the shared zone knows when a plan was used last (ms).
constexpr ngx_msec_t touch_interval = 5000;

}  // namespace

// The bytes stay where they are when a vector is moved.
CachedPlan::CachedPlan(const PageKey& key, std::vector<char> splices, const PagePlan& plan)
    : key_(key),
      splices_(std::move(splices)),
      plan_(plan),
      size_(sizeof(*this) + splices_.size()),
      used_at_(ngx_current_msec) {}

PlanCache::Found PlanCache::find(const PageKey& key, std::shared_ptr<CachedPlan>& plan) {
  const auto known = by_key_.find(key.bytes());
  if (known != by_key_.end()) {
    plans_.splice(plans_.begin(), plans_, known->second);
    plan = plans_.front();
    if (ngx_current_msec - plan->used_at_ > touch_interval) {
      store_.touch(key.bytes());
      plan->used_at_ = ngx_current_msec;
    }
    return Found::yes;
  }
  std::vector<char> bytes;
  if (!store_.find(PlanPart::splices, key.bytes(), bytes)) {
    return Found::no;
  }
  const auto read = PagePlan::read({bytes.data(), bytes.size()});
  if (!read || (key.is_gzip == 0 && read->page_size() != key.size())) {
    store_.forget(key.bytes());
    return Found::damaged;
  }
  plan = std::make_shared<CachedPlan>(key, std::move(bytes), *read);
  plans_.push_front(plan);
  try {
    by_key_.emplace(plan->key_.bytes(), plans_.begin());
  } catch (const std::bad_alloc&) {
    plans_.pop_front();
    throw;
  }
  const std::size_t size = std::exchange(plan->size_, 0);
  grow(*plan, size);
  return Found::yes;
}

PlanCache::Found PlanCache::find_compressed(CachedPlan& plan) {
  if (plan.compressed_) {
    return Found::yes;
  }
  std::vector<char> bytes;
  if (!store_.find(PlanPart::compressed, plan.key_.bytes(), bytes)) {
    return Found::no;
  }
  plan.compressed_bytes_ = std::move(bytes);
  plan.compressed_ =
      CompressedPage::read({plan.compressed_bytes_.data(), plan.compressed_bytes_.size()},
                           plan.plan_, std::pmr::new_delete_resource());
  if (!plan.compressed_) {
    plan.compressed_bytes_ = {};
    store_.forget(plan.key_.bytes());
    return Found::damaged;
  }
  grow(plan, plan.compressed_bytes_.size());
  return Found::yes;
}

bool PlanCache::read_text(CachedPlan& plan, ngx_fd_t fd) {
  if (!plan.text_.empty()) {
    return true;
  }
  std::vector<char> text(plan.key_.size());
  const bool is_read = pread(fd, text.data(), text.size(), static_cast<off_t>(plan.key_.begin)) ==
                           static_cast<ssize_t>(text.size()) &&
                       is_unchanged(fd, plan.key_);
  if (is_read) {
    plan.text_ = std::move(text);
    grow(plan, plan.text_.size());
  }
  return is_read;
}

// Makes room for what a plan has grown by. The plan itself was used last.
void PlanCache::grow(CachedPlan& plan, std::size_t size) {
  const auto known = by_key_.find(plan.key_.bytes());
  if (known == by_key_.end() || known->second->get() != &plan) {
    return;  // dropped, and only in use
  }
  plan.size_ += size;
  size_ += size;
  while (size_ > most_bytes && plans_.size() > 1) {
    const CachedPlan& last = *plans_.back();
    size_ -= last.size_;
    by_key_.erase(last.key_.bytes());
    plans_.pop_back();
  }
}

}  // namespace personalize
