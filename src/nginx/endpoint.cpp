#include "nginx/endpoint.h"

#include "nginx/memory.h"
#include "nginx/response.h"
#include "personalize/render.h"

namespace personalize {

namespace {

const Asset* find_asset(std::string_view uri) {
  const auto slash = uri.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? uri : uri.substr(slash + 1);
  for (const auto& asset : assets()) {
    if (asset.name == name) {
      return &asset;
    }
  }
  return nullptr;
}

// Pages name assets with their version, so that an address never changes what it stands for.
bool is_versioned(const ngx_http_request_t* r, const Asset& asset) {
  const std::string_view arguments = view(r->args);
  return arguments.size() == asset.version.size() + 2 && arguments.substr(0, 2) == "v=" &&
         arguments.substr(2) == asset.version;
}

}  // namespace

ngx_int_t serve_endpoint(ngx_http_request_t* r) {
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) {
    return rc;
  }
  const Asset* asset = find_asset(view(r->uri));
  if (asset == nullptr) {
    return NGX_HTTP_NOT_FOUND;
  }

  r->headers_out.status = NGX_HTTP_OK;
  r->headers_out.content_length_n = static_cast<off_t>(asset->body.size());
  r->headers_out.content_type = ngx_view(asset->type);
  r->headers_out.content_type_len = asset->type.size();
  r->headers_out.charset = ngx_view("utf-8");
  const bool added =
      add_header(r, "Cache-Control",
                 is_versioned(r, *asset) ? "public, max-age=31536000, immutable"
                                         : "public, max-age=300") &&
      add_header(r, "X-Content-Type-Options", "nosniff");
  if (!added) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }

  rc = ngx_http_send_header(r);
  if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
    return rc;
  }
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
  if (buffer == nullptr) {
    return NGX_ERROR;
  }
  const ngx_str_t body = ngx_view(asset->body);
  buffer->memory = 1;
  buffer->pos = buffer->start = body.data;
  buffer->last = buffer->end = body.data + body.len;
  buffer->last_buf = 1;
  ngx_chain_t out = {buffer, nullptr};
  return ngx_http_output_filter(r, &out);
}

}  // namespace personalize
