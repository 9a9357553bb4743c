#include "nginx/request/plans/page_plans.h"

#include "nginx/worker.h"

namespace personalize {

bool PagePlans::set_key(const Place& place, const LocationConf& location,
                        const SlotMatcher& matcher, bool has_charset) noexcept {
  fd_ = place.fd;
  key_ = {};
  key_.begin = place.begin;
  key_.end = place.end;
  key_.is_cache_entry = place.is_cache_entry;
  key_.is_gzip = place.is_gzip;
  key_.ignores_meta = has_charset;
  key_.token_limit = static_cast<std::uint32_t>(location.token_limit);
  key_.content_limit = static_cast<std::uint32_t>(location.content_limit);
  key_.slots = matcher.digest();
  if (key_.size() > main_conf(r_).plans.max) {
    count(Counter::plan_too_large);
    return false;
  }
  if (!identify_file(fd_, key_)) {
    count(Counter::plan_changed);
    return false;
  }
  return true;
}

void PagePlans::look_up(const Place& place, const LocationConf& location,
                        const SlotMatcher& matcher, bool has_charset) noexcept {
  if (!set_key(place, location, matcher, has_charset)) {
    return;
  }
  if (find_splices()) {
    result_ = Result::hit;
  } else if (!is_settled(key_)) {
    count(Counter::plan_too_new);
  } else if (worker().plans.make_splices(key_, fd_, matcher)) {
    result_ = Result::made;
  }
}

bool PagePlans::is_known(const Place& place, const LocationConf& location,
                         const SlotMatcher& matcher, bool has_charset) noexcept {
  const bool is_known = set_key(place, location, matcher, has_charset) && find_splices();
  plan_.reset();
  return is_known;
}

bool PagePlans::find_splices() noexcept {
  try {
    splices_ = main_conf(r_).plans.store->find(PlanPart::splices, key_.bytes(), memory_);
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (splices_.empty()) {
    return false;
  }
  plan_ = PagePlan::read(splices_);
  if (plan_ && key_.is_gzip == 0 && plan_->page_size() != key_.size()) {
    plan_.reset();
  }
  if (!plan_) {
    count(Counter::plan_damaged);
  }
  return plan_.has_value();
}

const CompressedPage* PagePlans::find_compressed() noexcept {
  const PlanOptions& options = main_conf(r_).plans;
  if (!plan_ || !options.compresses) {
    return nullptr;
  }
  try {
    const std::string_view bytes = options.store->find(PlanPart::compressed, key_.bytes(), memory_);
    if (bytes.empty()) {
      worker().plans.make_compressed(key_, fd_, splices_, options.level);
      return nullptr;
    }
    compressed_ = CompressedPage::read(bytes, *plan_, memory_);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  if (!compressed_) {
    count(Counter::plan_damaged);
  }
  return compressed_ ? &*compressed_ : nullptr;
}

std::string_view PagePlans::result() const noexcept {
  switch (result_) {
    case Result::none:
      break;
    case Result::made:
      return "made";
    case Result::hit:
      return "hit";
  }
  return "none";
}

void PagePlans::record() const noexcept {
  switch (result_) {
    case Result::none:
      return count(Counter::plan_none);
    case Result::made:
      return count(Counter::plan_made);
    case Result::hit:
      return count(Counter::plan_hit);
  }
}

}  // namespace personalize
