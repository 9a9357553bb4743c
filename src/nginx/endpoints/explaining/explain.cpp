#include "nginx/endpoints/explaining/explain.h"

#include <json/writer.h>

#include "nginx/endpoints/explaining/explanation.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/personalization.h"

namespace personalize {

namespace {

// Throws bad_alloc.
ngx_int_t send_json(ngx_http_request_t* r, ngx_uint_t status, const Json::Value& json) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "  ";
  builder["precision"] = 15;
  const std::string text = Json::writeString(builder, json) + "\n";
  if (!add_header(r, "Cache-Control", "no-store") ||
      !add_header(r, "X-Content-Type-Options", "nosniff")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, "application/json", copy_to_pool(r->pool, text), status);
}

ngx_int_t answer(ngx_http_request_t* r) {
  auto* explanation = find_in_pool<Explanation>(r->pool);
  if (explanation == nullptr) {
    const ngx_int_t rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
      return rc;
    }
    explanation = make_in_pool<Explanation>(r->pool, r);
  }
  Json::Value out(Json::objectValue);
  if (!explanation->error().empty()) {
    out["error"] = std::string(explanation->error());
    return send_json(r, NGX_HTTP_BAD_REQUEST, out);
  }
  if (explanation->waits_for_documents()) {
    ++r->main->count;  // finalizing the request with NGX_DONE takes one
    return NGX_DONE;
  }
  explanation->write(out);
  return send_json(r, NGX_HTTP_OK, out);
}

}  // namespace

ngx_int_t serve_explanation(ngx_http_request_t* r) {
  if (r != r->main) {
    return NGX_HTTP_NOT_FOUND;
  }
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  if (Personalization::find(r) != nullptr) {
    return NGX_HTTP_NOT_FOUND;  // reached by an internal redirect from a page
  }
  try {
    return answer(r);
  } catch (const std::exception&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
