#include "nginx/endpoints/endpoint.h"

#include "nginx/config/configuration.h"
#include "nginx/endpoints/answers.h"
#include "nginx/endpoints/asked_slots/slots.h"
#include "nginx/endpoints/beacon.h"
#include "nginx/endpoints/claiming/claim.h"
#include "nginx/endpoints/forbidden.h"
#include "nginx/endpoints/preview.h"
#include "nginx/platform/memory.h"
#include "nginx/request/headers/response.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

namespace {

constexpr std::string_view beacon_name = "e";
constexpr std::string_view answers_path = "answers";
constexpr std::string_view claim_name = "claim";
constexpr std::string_view forbidden_name = "may";
constexpr std::string_view slots_name = "slots";
constexpr std::string_view preview_name = "preview";

std::string_view file_name(std::string_view uri) {
  return uri.substr(uri.rfind('/') + 1);
}

// Pages refer to assets by version, so the content at an address never changes.
bool is_versioned(const ngx_http_request_t* r, const Asset& asset) {
  const std::string_view arguments = view(r->args);
  return arguments.size() == asset.version.size() + 2 && arguments.substr(0, 2) == "v=" &&
         arguments.substr(2) == asset.version;
}

}  // namespace

ngx_int_t serve_endpoint(ngx_http_request_t* r) {
  const std::string_view name = file_name(view(r->uri));
  if (name == beacon_name) {
    return serve_beacon(r);
  }
  if (name == answers_path) {
    return serve_answers(r);
  }
  if (name == claim_name) {
    return serve_claim(r);
  }
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  const ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) {
    return rc;
  }
  if (name == slots_name) {
    return serve_slots(r);
  }
  if (name == forbidden_name) {
    return serve_forbidden(r);
  }
  if (name == preview_name) {
    return serve_preview(r);
  }
  const Asset* asset = find_asset(name);
  if (asset == nullptr) {
    asset = main_conf(r).own_widgets.find_asset(name);
  }
  if (asset == nullptr) {
    return NGX_HTTP_NOT_FOUND;
  }

  const bool added = add_header(r, "Cache-Control",
                                is_versioned(r, *asset) ? "public, max-age=31536000, immutable"
                                                        : "public, max-age=300") &&
                     add_header(r, "X-Content-Type-Options", "nosniff");
  if (!added) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, asset->type, asset->body);
}

std::vector<std::string> endpoint_names(const OwnWidgets& own_widgets) {
  std::vector<std::string> names;
  for (const Asset& asset : assets()) {
    names.emplace_back(asset.name);
  }
  for (const auto name : own_widgets.asset_names()) {
    names.emplace_back(name);
  }
  for (const auto name :
       {beacon_name, answers_path, claim_name, slots_name, forbidden_name, preview_name}) {
    names.emplace_back(name);
  }
  return names;
}

}  // namespace personalize
