#include "nginx/request/counting/page_events.h"

#include "nginx/request/counting/request_events.h"

namespace personalize {

void write_page_events(ngx_http_request_t* r, RequestFacts& facts, Audience& audience,
                       const Exposures& exposures, bool may_have_view) noexcept {
  const bool has_view = may_have_view && RequestEvents::are_views_written();
  const bool has_exposures = exposures.any() || exposures.any_campaign();
  if (!(has_view || has_exposures) || !facts.identity().visitor().is_known() ||
      !audience.is_seen()) {
    return;
  }
  RequestEvents events(r, facts.server(), facts.request(), facts.identity(), &facts);
  exposures.for_each([&](std::string_view experiment, std::string_view variant) {
    events.write_exposure(experiment, variant);
  });
  exposures.for_each_campaign([&](std::string_view campaign, std::string_view variant) {
    events.write_campaign_exposure(campaign, variant);
  });
  if (has_view && audience.is_page_seen()) {
    events.write_view();
  }
}

}  // namespace personalize
