#include "nginx/endpoints/status.h"

#include "nginx/config/configuration.h"
#include "nginx/request/response.h"
#include "nginx/worker.h"
#include "personalize/record/exposure_status.h"
#include "personalize/record/record.h"
#include "personalize/record/redis_status.h"
#include "personalize/record/switch_status.h"

namespace personalize {

namespace {

bool wants_json(ngx_http_request_t* r) {
  ngx_str_t format;
  ngx_str_t name = ngx_string("format");
  if (ngx_http_arg(r, name.data, name.len, &format) == NGX_OK) {
    return view(format) == "json";
  }
  const std::string_view accept = request_header(r, "accept");
  return accept.find("application/json") != std::string_view::npos;
}

}  // namespace

ngx_int_t serve_status(ngx_http_request_t* r) {
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  const ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) {
    return rc;
  }

  const CounterSnapshot counters = main_conf(r).counters.snapshot();
  const bool json = wants_json(r);
  try {
    PoolMemory memory(r->pool);
    std::pmr::string out(&memory);
    if (!(json ? write_json(counters, out) : write_prometheus(counters, out))) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    worker().redis_status.update();
    const auto servers = main_conf(r).redis_status.summary(memory);
    const auto& names = main_conf(r).switches.names;
    if (json) {
      out.pop_back();  // the brace that ends the object
      out += ",\"exposures\":";
      append_exposures_json(main_conf(r).exposures.snapshot(), out);
      out += ",\"switches\":";
      append_switches_json(names, worker().switches.all(), out);
      out += ",\"redis_servers\":";
      append_servers_json(servers, out);
      out += '}';
    } else {
      append_exposures_prometheus(main_conf(r).exposures.snapshot(), out);
      append_switches_prometheus(names, worker().switches.all(), out);
      append_servers_prometheus(servers, out);
    }
    if (!add_header(r, "Cache-Control", "no-store")) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return send_body(r, json ? "application/json" : "text/plain; version=0.0.4",
                     copy_to_pool(r->pool, out));
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
