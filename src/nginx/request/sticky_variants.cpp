#include "nginx/request/sticky_variants.h"

#include "personalize/signals/signals.h"

namespace personalize {

namespace {

// As long as GrowthBook's own cookies of that kind: 180 days.
constexpr std::string_view attributes = "; Path=/; Max-Age=15552000; SameSite=Lax; HttpOnly";

}  // namespace

StickyVariants::StickyVariants(RequestView& request, StickyGate& gate,
                               std::pmr::memory_resource* memory)
    : gate_(gate),
      cookie_(find_cookie(request, StickyCookie::cookie_name).value_or(std::string_view()),
              memory) {}

void StickyVariants::assign(const Bucket& bucket, std::string_view variation) noexcept {
  if (gate_.is_settled(bucket.experiment)) {
    cookie_.assign(bucket, variation);
  }
}

bool StickyVariants::write(bool secure, std::pmr::string& out) const {
  if (!cookie_.is_changed()) {
    return false;
  }
  out.append(StickyCookie::cookie_name).append("=");
  cookie_.write(out);
  out.append(attributes).append(secure ? "; Secure" : "");
  return true;
}

}  // namespace personalize
