#include "nginx/endpoints/forbidden.h"

#include <json/writer.h>

#include "base/text/ascii.h"
#include "base/text/form.h"
#include "nginx/request/facts.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"

namespace personalize {

namespace {

constexpr int most_campaigns = 32;

std::string_view reason(CampaignOutcome why) noexcept {
  const bool is_capped = why == CampaignOutcome::capped || why == CampaignOutcome::group_capped;
  return is_capped ? "capped" : "stopped";
}

// Throws bad_alloc.
Json::Value find_forbidden(ngx_http_request_t* r) {
  Json::Value forbidden(Json::objectValue);
  PoolMemory memory(r->pool);
  RequestAdapter request(r);
  RequestFacts facts(r, server_conf(r), request, &memory, Identity::Issue::no);
  if (facts.forcing() != nullptr) {
    return forbidden;  // a preview shows what it forces
  }
  const Program& program = *facts.site().program;
  std::string_view arguments = view(r->args);
  for (int count = 0; !arguments.empty() && count < most_campaigns; ++count) {
    std::string_view value = ascii::take_until(arguments, '&');
    if (ascii::take_until(value, '=') != "c") {
      continue;
    }
    const std::string_view name = decode_argument(value, &memory);
    if (const auto why = facts.decision().forbidden(program.campaign(name))) {
      forbidden[std::string(name)] = std::string(reason(*why));
    }
  }
  return forbidden;
}

// Throws bad_alloc.
ngx_int_t answer(ngx_http_request_t* r) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  const std::string text = Json::writeString(builder, find_forbidden(r));
  if (!add_header(r, "Cache-Control", "no-store") ||
      !add_header(r, "X-Content-Type-Options", "nosniff")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, "application/json", copy_to_pool(r->pool, text));
}

}  // namespace

ngx_int_t serve_forbidden(ngx_http_request_t* r) {
  try {
    return answer(r);
  } catch (const std::exception&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
