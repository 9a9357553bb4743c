#include "nginx/request/visitor/sticky_variants.h"

#include "personalize/signals/signals.h"

namespace personalize {

namespace {

// 180 days, as long as GrowthBook's own cookie of sticky buckets lives.
constexpr std::int64_t max_age_s = 15552000;

}  // namespace

StickyVariants::StickyVariants(RequestView& request, StickyGate& gate,
                               std::pmr::memory_resource* memory)
    : gate_(gate),
      cookie_(find_cookie(request, StickyCookie::cookie_name).value_or(std::string_view()),
              memory) {}

void StickyVariants::assign(const Bucket& bucket, std::string_view variation) noexcept {
  if (gate_.is_decidable(bucket.experiment)) {
    cookie_.assign(bucket, variation);
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
