#include "nginx/request/visitor/sticky_variants.h"

#include <new>

#include "personalize/signals/signals.h"

namespace personalize {

namespace {

// 180 days, as long as GrowthBook's own cookie of sticky buckets lives.
constexpr std::int64_t max_age_s = 15552000;

}  // namespace

StickyVariants::StickyVariants(RequestView& request, StickyGate& gate,
                               std::pmr::memory_resource* memory)
    : gate_(gate),
      memory_(memory),
      cookie_(find_cookie(request, StickyCookie::cookie_name).value_or(std::string_view()), memory),
      new_of_person_(memory) {}

void StickyVariants::take_person(std::string_view id, std::string_view variants) {
  person_ = id;
  of_person_.emplace(variants.substr(0, StickyCookie::longest), memory_);
}

void StickyVariants::assign(const Bucket& bucket, std::string_view variation) noexcept {
  StickyCookie* kept = kept_for(bucket);
  if (kept == nullptr || !gate_.is_decidable(bucket.experiment) || kept->is(bucket, variation)) {
    return;
  }
  kept->assign(bucket, variation);
  if (kept == &cookie_) {
    return;
  }
  try {
    StickyCookie one({}, memory_);
    one.assign(bucket, variation);
    one.write(new_of_person_);
  } catch (const std::bad_alloc&) {
    // It is given again on the next page.
  }
}

void StickyVariants::write(const CookieScope& scope, std::pmr::string& out) const {
  if (!cookie_.is_changed()) {
    return;
  }
  out.append(StickyCookie::cookie_name).append("=");
  cookie_.write(out);
  append_cookie_attributes(scope, max_age_s, CookieReader::server, out);
}

}  // namespace personalize
