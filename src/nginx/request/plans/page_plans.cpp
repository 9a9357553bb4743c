#include "nginx/request/plans/page_plans.h"

#include "nginx/worker.h"

namespace personalize {

PagePlans::Refused PagePlans::set_key(const Place& place, const LocationConf& location,
                                      const SlotMatcher& matcher, bool has_charset) noexcept {
  fd_ = place.fd;
  key_ = {};
  key_.begin = place.begin;
  key_.end = place.end;
  key_.is_cache_entry = place.is_cache_entry;
  key_.is_gzip = place.is_gzip;
  key_.format = plan_format;
  key_.ignores_meta = has_charset;
  key_.token_limit = static_cast<std::uint32_t>(location.token_limit);
  key_.content_limit = static_cast<std::uint32_t>(location.content_limit);
  key_.slots = matcher.digest();
  if (key_.size() > main_conf(r_).plans.max) {
    return Refused::too_large;
  }
  return identify_file(fd_, key_) ? Refused::no : Refused::unknown;
}

void PagePlans::look_up(const Place& place, const LocationConf& location,
                        const SlotMatcher& matcher, bool has_charset) noexcept {
  switch (set_key(place, location, matcher, has_charset)) {
    case Refused::no:
      break;
    case Refused::too_large:
      return count(Counter::plan_too_large);
    case Refused::unknown:
      return count(Counter::plan_changed);
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
                         const SlotMatcher& matcher) noexcept {
  if (set_key(place, location, matcher, false) != Refused::no) {
    return false;
  }
  bool is_known = find_splices();
  if (!is_known) {
    key_.ignores_meta = 1;
    is_known = find_splices();
  }
  plan_.reset();
  return is_known;
}

bool PagePlans::find_splices() noexcept {
  try {
    if (worker().plan_cache.find(key_, plan_) == PlanCache::Found::damaged) {
      count(Counter::plan_damaged);
    }
  } catch (const std::bad_alloc&) {
    // The page is scanned.
  }
  return plan_ != nullptr;
}

const CompressedPage* PagePlans::find_compressed() noexcept {
  const PlanOptions& options = main_conf(r_).plans;
  if (plan_ == nullptr || !options.compresses) {
    return nullptr;
  }
  try {
    switch (worker().plan_cache.find_compressed(*plan_)) {
      case PlanCache::Found::yes:
        break;
      case PlanCache::Found::no:
        worker().plans.make_compressed(key_, fd_, plan_->plan(), options.level);
        break;
      case PlanCache::Found::damaged:
        count(Counter::plan_damaged);
        break;
    }
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return plan_->compressed();
}

std::string_view PagePlans::find_text() noexcept {
  try {
    const bool is_read = plan_ != nullptr && worker().plan_cache.read_text(*plan_, fd_);
    return is_read ? plan_->text() : std::string_view();
  } catch (const std::bad_alloc&) {
    return {};
  }
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
